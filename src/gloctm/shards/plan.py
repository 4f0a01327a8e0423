"""The splits of an input: stretches of files that are read and tokenized by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gloctm.errors import FileFormatError, InputError
from gloctm.files.encodings import Encoding
from gloctm.reading.parts import FilePart, cut_file
from gloctm.reading.sources import SourceFile

#: Bytes of a split. A worker holds its distinct words, and a build that was killed loses the splits begun.
SPLIT_BYTES = 2**23
# Files of a split: text files can be short, and each takes time to open.
_MOST_FILES = 10_000


@dataclass(frozen=True)
class Split:
    """Some consecutive stretches of the input.

    Attributes:
        parts: the stretches.
        states: the size of each one's file, and when it was written, in nanoseconds.
    """

    parts: tuple[FilePart, ...]
    states: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        first, *others = self.parts
        line = f", from {'row' if first.row_groups else 'line'} {first.first:,}" if first.first > 1 else ""
        return f"{first.file}{line}{f' and {len(others):,} more' if others else ''}"

    def identity(self) -> list[Any]:
        """Return what distinguishes the split from others, as JSON can hold it."""
        found: list[list[Any]] = []
        for part, state in zip(self.parts, self.states, strict=True):
            file = part.file
            assert file.path is not None
            # Its name as given is in lists of what is left out; elsewhere the same name may be another file.
            where = [str(file), str(file.path.resolve())]
            found.append([*where, *state, file.file_format, file.id, file.language, file.label])
            found[-1] += [part.start, part.end, part.first, part.row_groups]
        return found

    def check_unchanged(self) -> None:
        """Raise FileFormatError if one of its files was written since the plan was made."""
        for part, state in zip(self.parts, self.states, strict=True):
            if file_state(part.file) != state:
                raise FileFormatError(f"{part.file} changed while it was read: run the same again")


def list_splits(files: Sequence[SourceFile], encoding: Encoding, size: int = SPLIT_BYTES) -> list[Split]:
    """Return the splits of some files, in order.

    Large files are cut where that is possible, and small ones are put together.

    Args:
        files: the files.
        encoding: that of text.
        size: bytes of a split.

    Raises:
        InputError: standard input or a pipe is among the files; it can't be read again.
        FileFormatError: a file can't be read.
    """
    for file in files:
        if file.path is None or file.size is None:
            raise InputError(
                f"{file} can be read only once, and a corpus in shards needs files: write it to a file first"
            )
    splits: list[Split] = []
    held: list[tuple[FilePart, tuple[int, int]]] = []
    weight = 0
    for file in files:
        state = file_state(file)
        parts = cut_file(file, encoding, size)
        for part in parts:
            # A file that is cut has parts of its own.
            if held and (weight >= size or len(held) >= _MOST_FILES or len(parts) > 1):
                splits.append(_split(held))
                held, weight = [], 0
            held.append((part, state))
            weight += state[0]
    return [*splits, _split(held)] if held else splits


def file_state(file: SourceFile) -> tuple[int, int]:
    """Return the size of a file, and when it was written; one that is gone is an error."""
    assert file.path is not None
    try:
        status = file.path.stat()
    except OSError as error:
        raise FileFormatError(f"{file} can't be read ({error.strerror or error}): check it") from None
    return status.st_size, status.st_mtime_ns


def _split(held: Iterable[tuple[FilePart, tuple[int, int]]]) -> Split:
    parts, states = zip(*held, strict=True)
    return Split(parts, states)
