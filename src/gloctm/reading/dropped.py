"""Documents that were left out: their place, the reason and their beginning, in a file of JSON lines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import islice
from operator import eq
from pathlib import Path
from typing import IO, Any, Literal, overload

from gloctm.errors import FileFormatError, InputError
from gloctm.files.atomic import atomic_file, storable
from gloctm.reading.notes import Notes

OnError = Literal["raise", "skip"]

# Enough to recognize a document.
EXCERPT = 80


@dataclass(frozen=True)
class DroppedDocument:
    """A document, or a line that should have been one, that is not in the corpus.

    Attributes:
        source: its place, for example ``news.csv, line 12``.
        reason: why it was dropped.
        text: its first 80 characters, or those of the line.
        id: its id, where it has one.
        language: the identified language, if it was identified.
        confidence: the confidence of that, from 0 to 1.
    """

    source: str
    reason: str
    text: str
    id: str | None = None
    language: str | None = None
    confidence: float | None = None


class BadRows:
    """Documents that can't be read: each raises an error or, if they are skipped, is noted in ``dropped``.

    Those that lack what a document needs, without being malformed, are noted in any case, and ``notes`` counts what
    was read otherwise than written.

    Args:
        on_error: ``"raise"`` or ``"skip"``.
        error: the kind of error to raise: of a file, or of something handed in.
    """

    def __init__(self, on_error: OnError, error: type[FileFormatError] | type[InputError]) -> None:
        if on_error not in ("raise", "skip"):
            raise InputError(f"on_error is {on_error!r}: choose 'raise' or 'skip'")
        self.skips = on_error == "skip"
        self.error = error
        self.notes = Notes()
        self.dropped: list[DroppedDocument] = []

    def meet(self, source: str, finding: str, cure: str, *, text: str = "", identifier: str | None = None) -> None:
        """Raise ``source`` + ``finding`` + ``cure`` as one sentence, or note the document as dropped.

        Args:
            source: its place.
            finding: what is wrong, continuing the source: it begins with a space or with ``": "``.
            cure: what to do about it.
            text: the document or line, as far as known.
            identifier: the document's id.
        """
        if not self.skips:
            raise self.error(f"{source}{finding}: {cure}") from None
        self.leave_out(source, finding.lstrip(": "), text=text, identifier=identifier)

    def leave_out(
        self, source: str, reason: str, *, text: str = "", identifier: str | None = None, language: str | None = None
    ) -> None:
        """Note a document as dropped, whatever becomes of malformed ones."""
        self.dropped.append(DroppedDocument(source, reason, text[:EXCERPT], identifier, language))


def write_dropped(target: str | os.PathLike[str] | IO[str], dropped: Iterable[DroppedDocument]) -> None:
    """Write documents as JSON lines; unknown fields are left out.

    Args:
        target: a path, written whole or not at all; or an open text stream.
        dropped: the documents.
    """
    if isinstance(target, str | os.PathLike):
        with atomic_file(Path(target)) as stream:
            stream.writelines(map(_line, dropped))
    else:
        target.writelines(map(_line, dropped))


def read_dropped(path: str | os.PathLike[str]) -> list[DroppedDocument]:
    """Read what ``write_dropped`` wrote.

    Raises:
        FileFormatError: the file is missing or is none of these.
    """
    return list(_read(path))


class DroppedFile(Sequence[DroppedDocument]):
    """What ``write_dropped`` wrote, read line by line whenever it is asked for: there may be millions.

    Args:
        path: the file.
        number: how many documents it lists.

    Raises:
        FileFormatError: the file is missing or is none of these; not before documents are asked for.
    """

    def __init__(self, path: str | os.PathLike[str], number: int) -> None:
        self._path = path
        self._number = number

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[DroppedDocument]:
        return _read(self._path)

    @overload
    def __getitem__(self, row: int) -> DroppedDocument: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[DroppedDocument, ...]: ...
    def __getitem__(self, row: int | slice) -> DroppedDocument | tuple[DroppedDocument, ...]:
        if isinstance(row, slice):
            return tuple(self)[row]
        return next(islice(self, range(len(self))[row], None))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # as a list


def _read(path: str | os.PathLike[str]) -> Iterator[DroppedDocument]:
    known = {field.name for field in fields(DroppedDocument)}
    number = 0
    try:
        with Path(path).open("rb") as stream:
            for line in stream:
                number += 1
                content = json.loads(line)
                # A later version may say more about a document.
                yield DroppedDocument(**{name: value for name, value in content.items() if name in known})
    except FileNotFoundError:
        raise FileFormatError(f"{path} does not exist: check the path") from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise FileFormatError(f"{path}, line {number} is not a dropped document: give a file that lists them") from None


def _line(document: DroppedDocument) -> str:
    content: dict[str, Any] = {name: value for name, value in asdict(document).items() if value is not None}
    return storable(json.dumps(content, ensure_ascii=False)) + "\n"
