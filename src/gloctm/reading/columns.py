"""Which column, or key of JSON, holds what: by name where that is given, else by the names that are common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from typing import Protocol

from gloctm.checks import listed
from gloctm.errors import FileFormatError, InputError
from gloctm.reading.notes import Notes

#: Ends a message about a missing column of the text.
HOW_TO_NAME = ", with --text-column on the command line, columns={...} in Python"
# Columns that a message lists.
_LISTED = 20
# The usual name of each field comes first: where there is one, no other is looked for.
_COMMON: Mapping[str, tuple[str, ...]] = {
    "text": (
        *("text", "content", "body", "review", "comment", "message", "tweet", "post", "document", "sentence"),
        *("full_text", "review_text", "review_body", "reviewbody", "comment_text", "tweet_text", "article"),
    ),
    "lang": ("lang", "language", "locale", "language_code", "lang_code", "languagecode", "langcode"),
    "label": ("label", "category", "class", "topic", "labels", "sentiment", "rating", "stars"),
    "id": ("id", "doc_id", "docid", "document_id", "uuid", "guid", "_id", "id_str", "review_id", "tweet_id", "post_id"),
    "date": (
        *("date", "created_at", "published", "timestamp", "published_at", "createdat", "publishedat", "pub_date"),
        *("pubdate", "datetime", "publication_date", "created", "year"),
    ),
}


@dataclass(frozen=True)
class Columns:
    """Which column, or key of JSON, holds what.

    None for a label, an id or a date leaves it unread. Only the column of the text must be there. Another is looked for
    if it has its usual name; one that you name otherwise must be there, too. Where no column has the usual name, one
    with a common name (``review``, ``language``, ``created_at``) is taken, unless several have.

    Example:
        >>> from gloctm.corpus import as_records
        >>> [record] = as_records([{"body": "a red car", "lang": "en"}], columns=Columns(text="body"))
        >>> record["text"]
        'a red car'
    """

    text: str = "text"
    lang: str = "lang"
    label: str | None = "label"
    id: str | None = "id"
    date: str | None = "date"


_USUAL = asdict(Columns())
_RATINGS = ("rating", "stars")


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


@dataclass
class ColumnChooser:
    """Chooses the columns of tables and files of JSON.

    Attributes:
        columns: as the user names them.
        language_given: whether the language of all documents is given, so that its column does not matter.
        error: the kind of error to raise.
        notes: takes what could not be decided.
    """

    columns: Columns
    language_given: bool
    error: type[FileFormatError] | type[InputError]
    notes: Notes = field(default_factory=Notes)

    def __post_init__(self) -> None:
        self._named = {
            each: column
            for each, column in asdict(self.columns).items()
            if column is not None or each not in ("label", "id", "date")
        }
        for each, column in self._named.items():
            if not isinstance(column, str) or not column:
                raise InputError(f"the column of {each} is {column!r}: give its name")
        if self.language_given:
            del self._named["lang"]

    @property
    def fields(self) -> list[str]:
        """What is looked for, the text first."""
        return list(self._named)

    @property
    def demanded(self) -> list[str]:
        """The columns that the user names and that must be there, in addition to that of the text."""
        return [column for each, column in self._named.items() if each != "text" and column != _USUAL[each]]

    def has_text(self, names: Iterable[str]) -> bool:
        """Return whether one of these columns is that of the text."""
        listed_names = list(names)
        return self._named["text"] in listed_names or bool(self._candidates("text", listed_names))

    def of_table(self, source: str, names: Sequence[str]) -> dict[str, str]:
        """Return the column of each field that a table has.

        Raises:
            FileFormatError: it lacks that of the text or one that the user names; or InputError, see ``error``.
        """
        missing = [each for each, column in self._named.items() if column not in names]
        chosen = self._chosen(source, names)
        lacking = [
            each for each in missing if each not in chosen and (each == "text" or self._named[each] != _USUAL[each])
        ]
        if lacking:
            self._refuse(source, names, lacking)
        return chosen

    def of_keys(self, source: str, names: Sequence[str]) -> dict[str, str]:
        """Return the key of each field, of JSON whose first objects have these keys; others may come later."""
        return {**self._named, **self._chosen(source, names)}

    def _chosen(self, source: str, names: Sequence[str]) -> dict[str, str]:
        chosen = {each: column for each, column in self._named.items() if column in names}
        for each, column in self._named.items():
            if each in chosen or column != _USUAL[each]:
                continue
            candidates = [name for name in self._candidates(each, names) if name not in chosen.values()]
            if each == "label" and len(themes := [name for name in candidates if _plain(name) not in _RATINGS]) == 1:
                # What a text is about, rather than how well it was liked.
                candidates = themes
            if len(candidates) == 1:
                chosen[each] = candidates[0]
            elif candidates and each == "text":
                raise self.error(
                    f"{source} has no column 'text', but {listed(list(map(repr, candidates)))}, each of which may be "
                    f"it: name one{HOW_TO_NAME}"
                )
            elif candidates:
                what = f"column of the {_SPOKEN[each]} is not read, since several may be it (--{each}-column names one)"
                self.notes.add(what, source, ", ".join(candidates))
        # The usual order, whatever was guessed.
        return {each: chosen[each] for each in self._named if each in chosen}

    def _candidates(self, each: str, names: Sequence[str]) -> list[str]:
        """Return the columns with a common name; where one has the usual name, in whatever case, that alone."""
        if self._named[each] != _USUAL[each]:
            return []
        plain = {name: _plain(name) for name in names}
        usual, *others = _COMMON[each]
        return [name for name in names if plain[name] == usual] or [name for name in names if plain[name] in others]

    def _refuse(self, source: str, names: Sequence[str], lacking: Sequence[str]) -> None:
        shown = ", ".join(repr(name) for name in names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
        wanted = []
        for each in lacking:
            column = self._named[each]
            near = get_close_matches(column.lower(), [name.lower() for name in names], n=1, cutoff=0.7)
            meant = next((name for name in names if near and name.lower() == near[0]), None)
            wanted.append(f"no column {column!r}" + (f" (did you mean {meant!r}?)" if meant else ""))
        flags = listed([f"--{each}-column" for each in lacking])
        how = HOW_TO_NAME.replace("--text-column", flags)
        raise self.error(f"{source} has {' and '.join(wanted)}: name one of those that it has ({shown or 'none'}){how}")


_SPOKEN = {"lang": "language", "label": "label", "id": "id", "date": "date"}


def describe_columns(taken: Mapping[str, str | None]) -> str:
    """Return which columns were taken: ``columns: text ← review, language ← locale, no label, no id, no date``.

    Empty where all have their usual names.
    """
    if all(column in (None, each) for each, column in taken.items()):
        return ""
    parts = []
    for each, column in taken.items():
        spoken = _SPOKEN.get(each, each)
        parts.append(f"no {spoken}" if column is None else f"{spoken} ← {column}")
    return f"columns: {', '.join(parts)}"


class Chooser(Protocol):
    """What a reader of tables asks about columns; see ``ColumnChooser``."""

    def has_text(self, names: Iterable[str]) -> bool:
        """Return whether one of these columns is that of the text."""

    def choose(self, source: str, names: Sequence[str]) -> dict[str, str]:
        """Choose the columns of a table that is about to be read, and return that of each field."""
