"""What was read otherwise than it was written, or not at all, without leaving a document out: counted by kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gloctm.files.atomic import storable

# Enough to recognize a value.
_EXCERPT = 60


@dataclass(frozen=True)
class Note:
    """Something that happened to documents that are kept.

    Attributes:
        what: what happened, as ``date could not be read``.
        count: how many times.
        source: the place of the first, as ``news.csv, line 12``.
        example: the first value.
    """

    what: str
    count: int
    source: str
    example: str

    def __str__(self) -> str:
        places = f"at {self.source}" if self.count == 1 else f"{self.count:,}, the first at {self.source}"
        return f"{self.what}: {places} ({self.example})"


class Notes:
    """Counts what happens while documents are read."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, str, str]] = {}

    def add(self, what: str, source: str, example: object, times: int = 1) -> None:
        """Count more of a kind; the first is remembered."""
        count, first, shown = self._found.get(what, (0, source, ""))
        if not count:
            text = " ".join(str(example).split())
            shown = storable(text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…")
        self._found[what] = (count + times, first, shown)

    def take_back(self, earlier: tuple[Note, ...]) -> None:
        """Go back to what ``all`` returned earlier."""
        self._found = {note.what: (note.count, note.source, note.example) for note in earlier}

    def all(self) -> tuple[Note, ...]:
        """Return all kinds, in order of appearance."""
        return tuple(Note(what, *found) for what, found in self._found.items())


def joined_notes(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return the notes of several stretches of one input, in order, as those of the whole."""
    found: dict[str, Note] = {}
    for note in notes:
        first = found.get(note.what)
        found[note.what] = note if first is None else replace(first, count=first.count + note.count)
    return tuple(found.values())


def notes_from_json(content: Iterable[dict[str, object]]) -> tuple[Note, ...]:
    """Return notes as JSON holds them."""
    return tuple(
        Note(str(each["what"]), int(str(each["count"])), str(each["source"]), str(each["example"])) for each in content
    )
