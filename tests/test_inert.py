"""Text of others where it is shown: terminals, sentences, cells of spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from command_line import run_here
from gloctm.cli.messages import inert_terminals
from gloctm.errors import InputError
from gloctm.inert import CsvWriter, as_cell, from_cell, inert, inert_json, quoted, shortened
from gloctm.progress import track
from gloctm.reading.columns import Columns
from gloctm.reading.records import read_records

HOSTILE = "\x1b[31mred\x1b]0;title\x07 \x9b31m\rover \x7f\u202eback\u2066\u2028\ud800"
ACTIVE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@given(st.text(st.characters(exclude_categories=())))
@example(HOSTILE)
def test_nothing_that_a_terminal_obeys_is_left(text):
    assert not ACTIVE.search(inert(text))
    written = json.dumps(text, ensure_ascii=False)
    assert not ACTIVE.search(inert_json(written))
    assert json.loads(inert_json(written)) == text


@pytest.mark.parametrize("text", ["a\tb\nc", "नमस्ते क्\u200dष", "می\u200cخواهم", "مرحبا\u200f!", "é 🇩🇪 雨"])
def test_text_of_any_script_stays_as_it_is(text):
    assert inert(text) == text


@given(st.text(st.characters(exclude_categories=())))
def test_cells_come_back(text):
    cell = as_cell(text)
    assert from_cell(cell) == text
    assert not re.match(r"[=+\-@\t\r]", cell) or re.fullmatch(r"[+-]?[\d.,eE+-]+", cell)


@pytest.mark.parametrize("number", [-0.5, 3, "-0.5", "+1", "-1,5", "-1e-05"])
def test_numbers_stay_numbers(number):
    assert as_cell(number) == number


TEXTS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0\ufeff") | st.sampled_from("=+-@\t\r\n'\",;"),
    min_size=1,
)


@given(st.lists(TEXTS.filter(str.strip), min_size=2, max_size=5))
@example(["=1+1", "'=1", "''-", "-0.5", '@a\r"b', "\rx", "plain"])
@settings(deadline=None, max_examples=50)
def test_documents_come_back_from_csv(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        CsvWriter(stream, ["text", "lang"]).rows([text, "en"] for text in texts)
    found = [record["text"] for record in read_records(path, quoting="csv")]
    # However a line of a cell ended, it ends in one way.
    assert [each.replace("\r\n", "\n") for each in found] == [each.replace("\r\n", "\n") for each in texts]


OTHERS = ["'=1+1", "''-", "'@a", "plain", "=2"]


@pytest.mark.parametrize(
    "heading", ["id,text,lang", '"id","text","lang"', 'id,"text",lang', '"id,",text,lang', "'id',text,lang"]
)
@pytest.mark.parametrize("quoting", ["auto", "csv"])
def test_what_other_programs_wrote_keeps_its_apostrophes(tmp_path, heading, quoting):
    path = tmp_path / "a.csv"
    path.write_text("\n".join([heading, *(f"{text},{text},en" for text in OTHERS)]) + "\n")
    assert [record["text"] for record in read_records(path, quoting=quoting)] == OTHERS


@pytest.mark.parametrize("quoting", ["auto", "csv", "none"])
def test_own_tables_are_known_however_they_are_read(tmp_path, quoting):
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        CsvWriter(stream, ["=id", "text", "lang"]).rows([text, text, "en"] for text in OTHERS)
    assert path.read_text().startswith('"\'=id",text,lang\n')
    records = list(read_records(path, quoting=quoting, columns=Columns(id="=id")))
    assert [record["text"] for record in records] == [record["id"] for record in records] == OTHERS


def test_long_messages_are_shortened():
    told = str(InputError(f"the label {'x' * 1_000_000!r} is none: give another one"))
    assert len(told) < 400
    assert told.startswith("the label 'xxx")
    assert told.endswith("is none: give another one")
    assert "more)" in told
    assert len(shortened("many words " * 100_000)) < 3100
    assert len(quoted("x" * 1_000_000)) < 400
    assert quoted(-(10**5000)) == "a number of 5,001 digits"


def test_arguments_reach_no_terminal_as_they_are(tmp_path):
    for arguments in (
        ["topics", tmp_path / "no\x1b[31m\u202esuch"],
        ["corpus", "build", tmp_path / "no\x1b[31m.csv", "-o", tmp_path / "c"],
        ["\x1b[31mnone"],
        ["topics", "--\x1b[31mnone", "x"],
        ["train", "x", "-o", "y", "--num-topics", "\x1b[31m"],
        ["serve", "x", "--name", "\x1b[31m" * 100_000],
        ["train", "x", "-o", "y", "--epochs", "9" * 5000],
    ):
        done = run_here(*arguments)
        assert done.returncode == 2
        assert not ACTIVE.search(done.stdout + done.stderr)
        assert len(done.stderr) < 5000


def test_progress_is_inert():
    stream = io.StringIO()
    with track("read\x1bing", 2, "files", stream=stream) as progress:
        progress.advance(2, note="a\x1b[31m\u202e.csv")
    assert not ACTIVE.search(stream.getvalue())


@pytest.mark.skipif(sys.platform == "win32", reason="no terminals of this kind")
def test_a_terminal_gets_text_alone_and_a_pipe_gets_everything(monkeypatch):
    own, other = pty.openpty()
    pipe = io.StringIO()
    with os.fdopen(other, "w", encoding="utf-8", errors="surrogatepass") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        monkeypatch.setattr(sys, "stderr", pipe)
        with inert_terminals():
            print(HOSTILE)
            csv.writer(sys.stdout).writerow([HOSTILE])
            print(HOSTILE, file=sys.stderr)
            assert sys.stdout.isatty()
            terminal.flush()
        assert sys.stdout is terminal
        shown = os.read(own, 100_000).decode().replace("\r\n", "\n")
    os.close(own)
    assert "red" in shown
    assert not ACTIVE.search(shown)
    assert pipe.getvalue() == HOSTILE + "\n"
