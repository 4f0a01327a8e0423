"""Repeated texts: counted in every build, dropped on request."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, overload

from gloctm.corpus.boilerplate import PieceCounter, without_boilerplate
from gloctm.corpus.duplicates import Digests, Rows, near_originals
from gloctm.errors import InputError

Duplicates = Literal["exact", "near"]


@dataclass(frozen=True)
class RepeatedTexts:
    """What the documents of a language have in common.

    Attributes:
        duplicates: how many documents of the corpus repeat an earlier one but for capitals and white space.
        boilerplate: lines and sentences that very many documents have, with the number of these.
        boilerplate_dropped: whether these were taken out of the texts.
    """

    duplicates: int = 0
    boilerplate: Mapping[str, int] = field(default_factory=dict)
    boilerplate_dropped: bool = False

    def __bool__(self) -> bool:
        return bool(self.duplicates or self.boilerplate)


@dataclass(frozen=True)
class RepeatSettings:
    """Which repeated texts are dropped; see ``TextOptions``."""

    duplicates: Duplicates | None = None
    boilerplate: bool = False

    def __bool__(self) -> bool:
        return self.duplicates is not None or self.boilerplate


class RepeatCounter:
    """Counts what a language's documents repeat, one document after another."""

    def __init__(self) -> None:
        self._digests = Digests()
        self._pieces = PieceCounter()

    def add(self, text: str) -> None:
        """Add the next document."""
        self._digests.add(text)
        self._pieces.add(text)

    def boilerplate(self) -> dict[str, int]:
        """Return lines and sentences that are boilerplate, and in how many documents."""
        return self._pieces.boilerplate()

    def found(self, dropped: Mapping[str, int] | None = None) -> RepeatedTexts:
        """Return the counts; of boilerplate those of what was dropped, if any was."""
        boilerplate = self.boilerplate() if dropped is None else dropped
        return RepeatedTexts(self._digests.num_duplicates(), boilerplate, dropped is not None)


@dataclass(frozen=True)
class Kept:
    """What is left of the documents of a language.

    Attributes:
        texts: all texts, without boilerplate if that is dropped.
        originals: for each the row of the document that it repeats; its own if it is kept.
        kind: what those that repeat one are called.
    """

    texts: Sequence[str]
    originals: Rows
    kind: str

    @property
    def rows(self) -> list[int]:
        """The rows of the documents that are kept."""
        return [row for row, original in enumerate(self.originals.tolist()) if row == original]

    def reasons(self, ids: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Yield the row of each document that is dropped, and why."""
        for row, original in enumerate(self.originals.tolist()):
            if row != original:
                yield row, f"{self.kind} of {ids[original]}"


def find_kept(texts: Sequence[str], settings: RepeatSettings, boilerplate: Collection[str]) -> Kept:
    """Find the documents of a language that are kept.

    Args:
        texts: all documents.
        settings: which of them are dropped.
        boilerplate: lines and sentences to take out.

    Example:
        >>> kept = find_kept(["One.", "one.", "Two."], RepeatSettings("exact"), ())
        >>> kept.rows, list(kept.reasons(["a", "b", "c"]))
        ([0, 2], [(1, 'duplicate of a')])
    """
    if settings.boilerplate and boilerplate:
        texts = _WithoutBoilerplate(texts, boilerplate)
    if settings.duplicates == "near":
        return Kept(texts, near_originals(texts), "near duplicate")
    digests = Digests()
    for text in texts:
        digests.add(text if settings.duplicates else "")
    return Kept(texts, digests.originals(), "duplicate")


def repeat_settings(options: Mapping[str, Any]) -> RepeatSettings:
    """Return the options that drop repeated texts, checked."""
    duplicates = options.get("drop_duplicates")
    if duplicates is not None and duplicates not in get_args(Duplicates):
        raise InputError(f"drop_duplicates is {duplicates!r}: choose 'exact' or 'near', or None to keep all documents")
    return RepeatSettings(duplicates, bool(options.get("drop_boilerplate", False)))


class _WithoutBoilerplate(Sequence[str]):
    """Texts that stay where they are, each without boilerplate when it is read."""

    def __init__(self, texts: Sequence[str], boilerplate: Collection[str]) -> None:
        self._texts = texts
        self._boilerplate = boilerplate

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        return without_boilerplate(self._texts[row], self._boilerplate)
