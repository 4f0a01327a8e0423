"""Progress: plain lines in a log, a bar on a terminal, silence when asked."""

from __future__ import annotations

import io
import itertools
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from gloctm import progress
from gloctm.progress import duration, track


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_plain_lines_with_rate_and_time_left(clock):
    stream = io.StringIO()
    with track("embedding", 1000, "texts", stream=stream) as shown:
        clock.now += 1
        shown.advance(50)
        assert stream.getvalue() == ""
        clock.now += progress.PLAIN_INTERVAL
        shown.advance(170)
        clock.now += 1
        shown.advance(30)
        clock.now += 38
        shown.advance(750)
    assert stream.getvalue().splitlines() == [
        "embedding: 220/1000 texts, 20 texts/s, 39s left",
        "embedding: 1000/1000 texts, 20 texts/s, 50s total",
    ]


def test_plain_lines_with_a_note_and_a_slow_rate(clock):
    stream = io.StringIO()
    with track("training", 4, "epochs", stream=stream) as shown:
        for loss in (3.5, 2.5, 2.0, 1.5):
            clock.now += 20
            shown.advance(note=f"loss {loss}")
    assert stream.getvalue().splitlines() == [
        "training: 1/4 epochs, 0.05 epochs/s, 1m 00s left (loss 3.5)",
        "training: 2/4 epochs, 0.05 epochs/s, 40s left (loss 2.5)",
        "training: 3/4 epochs, 0.05 epochs/s, 20s left (loss 2.0)",
        "training: 4/4 epochs, 0.05 epochs/s, 1m 20s total (loss 1.5)",
    ]


def test_work_done_at_once(clock):
    stream = io.StringIO()
    with track("cutting", 3, "texts", stream=stream) as shown:
        shown.advance(3)
    assert re.fullmatch(r"cutting: 3/3 texts, [\d,]+ texts/s, 0s total\n", stream.getvalue())


def test_nothing_done_in_a_long_time(clock):
    stream = io.StringIO()
    with track("cutting", 3, "texts", stream=stream) as shown:
        clock.now += 60
        shown.advance(0)
    assert stream.getvalue() == "cutting: 0/3 texts, 0 texts/s, ? left\n"


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
@pytest.mark.parametrize(("total", "show"), [(5, False), (0, True)])
def test_silence(stream, total, show, capfd):
    with track("work", total, "texts", show=show, stream=stream) as shown:
        shown.advance(5, note="note")
    assert stream.getvalue() == ""
    assert capfd.readouterr() == ("", "")


def test_standard_error_unless_another_stream_is_given(capsys):
    with track("work", 1, "texts") as shown:
        shown.advance()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("work: 1/1 texts")


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return Terminal()


def lines_of(terminal):
    """All lines that were ever shown, without colors and movements."""
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    return re.split(r"[\r\n]+", shown.strip())


@pytest.mark.parametrize("columns", ["80", "120"])
def test_a_bar_on_a_terminal(terminal, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    with track("embedding", 40, "texts", stream=terminal) as shown:
        for number in range(40):
            shown.advance(note=f"text {number}")
    assert all(len(line) <= int(columns) for line in lines_of(terminal))
    bar, note = lines_of(terminal)[-2:]
    assert re.fullmatch(r"embedding ━+ 40/40 [\d,]+ texts/s( \d:\d\d:\d\d)? left 0:00:00 *", bar)
    assert note.rstrip() == "  text 39"


def test_a_bar_in_a_notebook(clock, monkeypatch):
    shown = []
    output = SimpleNamespace(update=lambda content, raw: shown.append(content))
    display = SimpleNamespace(display=lambda content, raw, display_id: output)
    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    with track("embedding <b>", 4, "texts") as bar:
        for _ in range(4):
            clock.now += 0.5
            bar.advance()
    assert [content["text/plain"] for content in shown] == [
        "embedding <b>: 1/4 texts, 2 texts/s, 2s left",
        "embedding <b>: 2/4 texts, 2 texts/s, 1s left",
        "embedding <b>: 3/4 texts, 2 texts/s, 0s left",
        "embedding <b>: 4/4 texts, 2 texts/s, 2s total",
    ]
    assert [content["text/html"].partition("</progress>")[0] for content in shown] == [
        f'<div dir="auto"><progress value="{number}" max="4">' for number in range(1, 5)
    ]
    assert "embedding &lt;b&gt;: 1/4" in shown[0]["text/html"]


IN_A_KERNEL = """
from ipykernel.inprocess import InProcessKernelManager

manager = InProcessKernelManager()
manager.start_kernel()
client = manager.client()
client.start_channels()
work = "with track('cutting', None, 'texts') as bar: bar.advance(3, total=9); bar.advance(5)"
client.execute("from gloctm.progress import track\\n" + work)
while client.iopub_channel.msg_ready():
    message = client.get_iopub_msg(timeout=10)
    print(message["msg_type"], message["content"].get("data"))
"""


def test_a_bar_in_a_real_kernel():
    pytest.importorskip("ipykernel")
    finished = subprocess.run([sys.executable, "-c", IN_A_KERNEL], capture_output=True, text=True, check=True)
    kinds = [line.partition(" ")[0] for line in finished.stdout.splitlines()]
    assert "display_data" in kinds
    assert "stream" not in kinds
    updates = [line for line in finished.stdout.splitlines() if line.startswith("update_display_data")]
    assert re.search(r"'text/plain': 'cutting: 8 texts, .* texts/s, 0s total'", updates[-1])
    assert '<progress value="8" max="8">' in updates[-1]


LONGEST = [
    (
        "training",
        44_100,
        "steps",
        "epoch 150/150 loss 1234.5 = local 567.8 + global 1234.5 + KL 12.3 + CKA 123.4",
    ),
    ("embedding zh-Hant documents", 40_000, "texts", ""),
    ("tokenizing", 187_400, "texts", ""),
]


@pytest.mark.parametrize(("description", "total", "unit", "note"), LONGEST, ids=[row[0] for row in LONGEST])
def test_a_terminal_of_80_columns_cuts_nothing(terminal, monkeypatch, description, total, unit, note):
    # A look at the clock takes half a second, so that rates are like those of real work.
    now = itertools.count(step=0.5)
    monkeypatch.setattr("rich.console.monotonic", lambda: next(now))
    with track(description, total, unit, stream=terminal) as shown:
        for _ in range(10):
            shown.advance(total // 10, note=note)
    bars = [line for line in lines_of(terminal) if line.startswith(description)]
    assert all(len(line) <= 80 and "…" not in line for line in lines_of(terminal))
    for line in bars:
        assert re.search(rf"━+.* +\d+/{total} .*left (\d:\d\d:\d\d|-:--:--)", line), line
    assert any(f"{unit}/s" in line for line in bars)
    if note:
        assert lines_of(terminal)[-1].rstrip() == f"  {note}"


def test_a_note_too_long_for_the_terminal_takes_one_line(terminal):
    with track("training", 2, "steps", stream=terminal) as shown:
        shown.advance(2, note="long " * 50)
    bar, note = lines_of(terminal)[-2:]
    assert "2/2" in bar
    assert note.endswith("…")
    assert len(note) == 80


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_an_error_in_the_work_is_passed_on(stream):
    def work():
        with track("work", 2, "texts", stream=stream) as shown:
            shown.advance()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.4, "0s"),
        (42.3, "42s"),
        (59.6, "1m 00s"),
        (185, "3m 05s"),
        (3599.7, "1h 00m"),
        (7799, "2h 09m"),
        (100 * 3600, "100h 00m"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text
