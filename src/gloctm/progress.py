"""Progress of long work: a bar with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator
from typing import IO, Any, Protocol

# Seconds between plain lines: often enough to see life in a log, seldom enough not to fill it.
PLAIN_INTERVAL = 10.0
# Columns of a terminal on which everything has room.
_WIDE = 100


class Progress(Protocol):
    """What long-running functions report to."""

    def advance(self, amount: int = 1, note: str = "", total: int | None = None) -> None:
        """``amount`` more units are done, of ``total`` as now guessed; ``note`` is shown beside the bar."""


class _Silent:
    def advance(self, amount: int = 1, note: str = "", total: int | None = None) -> None:
        pass


class _Plain:
    """One line every few seconds, and one at the end."""

    def __init__(self, description: str, total: int | None, unit: str, stream: IO[str]) -> None:
        self.description, self.total, self.unit, self.stream = description, total, unit, stream
        self.done = 0
        self.note = ""
        # Whether the total is a guess, which the end of the work alone will tell.
        self.guessed = total is None
        self.start = self.last = time.monotonic()

    def advance(self, amount: int = 1, note: str = "", total: int | None = None) -> None:
        self.done += amount
        self.note = note
        if total is not None:
            self.total, self.guessed = max(total, self.done), True
        ended = not self.guessed and self.total is not None and self.done >= self.total
        now = time.monotonic()
        if ended or now - self.last >= PLAIN_INTERVAL:
            self.last = now
            self.report(ended)

    def report(self, ended: bool) -> None:
        elapsed = max(time.monotonic() - self.start, 1e-9)
        rate = self.done / elapsed
        whole = "" if self.total is None or (ended and self.guessed) else f"/{'about ' * self.guessed}{self.total}"
        line = f"{self.description}: {self.done}{whole} {self.unit}, {_rate(rate, self.unit)}"
        if ended:
            line += f", {duration(elapsed)} in all"
        elif self.total is not None:
            line += f", {duration((self.total - self.done) / rate) if rate else '?'} left"
        print(line + (f" ({self.note})" if self.note else ""), file=self.stream, flush=True)


@contextlib.contextmanager
def track(
    description: str, total: int | None, unit: str, *, show: bool = True, stream: IO[str] | None = None
) -> Iterator[Progress]:
    """Show the progress of ``total`` units of work on ``stream`` (standard error unless given).

    Args:
        description: what is being done, in two or three words.
        total: how many units there are; None if that is unknown, or only guessed as the work goes on.
        unit: what a unit is, plural ("texts", "epochs").
        show: False reports nothing.
        stream: where to.
    """
    stream = sys.stderr if stream is None else stream
    if not show or (total is not None and total <= 0):
        yield _Silent()
        return
    if not stream.isatty():
        plain = _Plain(description, total, unit, stream)
        yield plain
        if plain.guessed and plain.done:
            plain.report(ended=True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    note_below = ""

    class Bar(RichProgress):
        # The note has a line of its own: beside the bar it would take a narrow terminal's whole width.
        def get_renderables(self) -> Iterable[Any]:
            yield self.make_tasks_table(self.tasks)
            if note_below:
                yield Text(f"  {note_below}", style="dim", overflow="ellipsis", no_wrap=True)

    console = Console(file=stream)
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=10),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        # On a narrow terminal it would cut the counts of a large corpus short.
        *([TimeElapsedColumn()] if console.width >= _WIDE else []),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )
    with bar:
        task = bar.add_task(description, total=total, rate="")

        class _OnTerminal:
            def advance(self, amount: int = 1, note: str = "", total: int | None = None) -> None:
                nonlocal note_below
                note_below = note
                speed = bar.tasks[task].speed
                bar.update(task, advance=amount, rate=_rate(speed, unit) if speed else "", total=total)

        yield _OnTerminal()
        if total is None:
            bar.update(task, total=bar.tasks[task].completed)


def _rate(rate: float, unit: str) -> str:
    return f"{rate:,.0f} {unit}/s" if rate >= 10 else f"{rate:.2g} {unit}/s"


def duration(seconds: float) -> str:
    """Seconds as people write them: ``42s``, ``3m 05s``, ``2h 10m``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"
