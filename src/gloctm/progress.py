"""Progress of long work: a bar on a terminal and in a notebook, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import html
import sys
import time
from collections.abc import Iterable, Iterator
from typing import IO, Any, Protocol

from gloctm.inert import inert

# Seconds between plain lines: a log shows life but does not fill up.
PLAIN_INTERVAL = 10.0
# Seconds between updates of a notebook's bar.
NOTEBOOK_INTERVAL = 0.2
# Columns of a terminal on which everything has room.
_WIDE = 100


class Progress(Protocol):
    """What long-running functions report to."""

    def advance(self, amount: int = 1, note: str = "", total: int | None = None) -> None:
        """Report ``amount`` more units of ``total``, if that is an estimate; ``note`` is shown next to the bar."""


class _Silent:
    def advance(self, amount: int = 1, note: str = "", total: int | None = None) -> None:
        pass


class _Plain:
    """One line every few seconds, and one at the end."""

    def __init__(self, description: str, total: int | None, unit: str, stream: IO[str]) -> None:
        self.description, self.total, self.unit, self.stream = description, total, unit, stream
        self.done = 0
        self.note = ""
        self.interval = PLAIN_INTERVAL
        # Whether the total is an estimate, known only once the work ends.
        self.estimated = total is None
        self.start = self.last = time.monotonic()

    def advance(self, amount: int = 1, note: str = "", total: int | None = None) -> None:
        self.done += amount
        self.note = note
        if total is not None:
            self.total, self.estimated = max(total, self.done), True
        ended = not self.estimated and self.total is not None and self.done >= self.total
        now = time.monotonic()
        if ended or now - self.last >= self.interval:
            self.last = now
            self.report(ended)

    def report(self, ended: bool) -> None:
        elapsed = max(time.monotonic() - self.start, 1e-9)
        rate = self.done / elapsed
        whole = "" if self.total is None or (ended and self.estimated) else f"/{'about ' * self.estimated}{self.total}"
        line = f"{self.description}: {self.done}{whole} {self.unit}, {_rate(rate, self.unit)}"
        if ended:
            line += f", {duration(elapsed)} total"
        elif self.total is not None:
            line += f", {duration((self.total - self.done) / rate) if rate else '?'} left"
        self.show(line + (f" ({self.note})" if self.note else ""), ended)

    def show(self, line: str, ended: bool) -> None:
        print(inert(line), file=self.stream, flush=True)


class _Notebook(_Plain):
    """The same line, with a bar, in one output of a notebook's cell."""

    def __init__(self, description: str, total: int | None, unit: str, stream: IO[str]) -> None:
        super().__init__(description, total, unit, stream)
        self.interval = NOTEBOOK_INTERVAL
        # In a notebook, IPython is loaded.
        display = sys.modules["IPython.display"].display
        self._handle = display({"text/plain": description}, raw=True, display_id=True)

    def show(self, line: str, ended: bool) -> None:
        whole = self.done if ended else self.total
        value = "" if whole is None else f' value="{self.done}" max="{whole}"'
        bar = f'<div dir="auto"><progress{value}></progress> {html.escape(line)}</div>'
        self._handle.update({"text/plain": line, "text/html": bar}, raw=True)


@contextlib.contextmanager
def track(
    description: str, total: int | None, unit: str, *, show: bool = True, stream: IO[str] | None = None
) -> Iterator[Progress]:
    """Show the progress of ``total`` units of work on ``stream``.

    Args:
        description: what is being done, in two or three words.
        total: how many units there are; None if that is unknown or only estimated as the work goes on.
        unit: what a unit is, plural ("texts", "epochs").
        show: False reports nothing.
        stream: where to; standard error or, in a notebook, the cell unless given.

    Example:
        >>> import io
        >>> stream = io.StringIO()
        >>> with track("embedding", 2, "texts", stream=stream) as progress:
        ...     progress.advance(2)
        >>> stream.getvalue().startswith("embedding: 2/2 texts")
        True
    """
    notebook = stream is None and _in_notebook()
    stream = sys.stderr if stream is None else stream
    if not show or (total is not None and total <= 0):
        yield _Silent()
    elif notebook or not stream.isatty():
        plain = (_Notebook if notebook else _Plain)(description, total, unit, stream)
        yield plain
        if plain.estimated and plain.done:
            plain.report(ended=True)
    else:
        with _terminal_bar(description, total, unit, stream) as bar:
            yield bar


def _in_notebook() -> bool:
    """Return whether a kernel runs this process, as in Jupyter, VS Code and Colab."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


@contextlib.contextmanager
def _terminal_bar(description: str, total: int | None, unit: str, stream: IO[str]) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Bar(RichProgress):
        note = ""

        # The note has a line of its own: next to the bar it would take a narrow terminal's whole width.
        def get_renderables(self) -> Iterable[Any]:
            yield self.make_tasks_table(self.tasks)
            if self.note:
                yield Text(f"  {inert(self.note)}", style="dim", overflow="ellipsis", no_wrap=True)

        def advance(self, amount: int = 1, note: str = "", total: int | None = None) -> None:  # type: ignore[override]
            self.note = note
            speed = self.tasks[0].speed
            self.update(task, advance=amount, rate=_rate(speed, unit) if speed else "", total=total)

    console = Console(file=stream)
    with Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=10),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        # On a narrow terminal it would cut the counts of a large corpus short.
        *([TimeElapsedColumn()] if console.width >= _WIDE else []),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        task = bar.add_task(inert(description), total=total, rate="")
        yield bar
        if total is None:
            bar.update(task, total=bar.tasks[0].completed)


def _rate(rate: float, unit: str) -> str:
    return f"{rate:,.0f} {unit}/s" if rate >= 10 else f"{rate:.2g} {unit}/s"


def duration(seconds: float) -> str:
    """Return seconds as people write them.

    Example:
        >>> duration(42), duration(185), duration(7800)
        ('42s', '3m 05s', '2h 10m')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"
