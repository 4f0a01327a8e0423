"""Making records of rows: the columns of each file are chosen, and values checked."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypedDict, TypeVar

from gloctm.errors import GloCTMError, InputError
from gloctm.languages import check_is_language, is_no_language, is_unidentified, normalize_language
from gloctm.reading.columns import ColumnChooser, Columns
from gloctm.reading.dates import DateOrder, DateReader
from gloctm.reading.dropped import BadRows
from gloctm.reading.json_arrays import unwrapped
from gloctm.reading.values import as_text, is_missing

# Languages are spelled in few ways; more are a column that holds something else, and are not remembered.
_REMEMBERED_SPELLINGS = 10_000
# Objects of JSON whose keys are looked at to choose the columns.
_LOOKED_AHEAD = 100
NO_TEXT = "has no text"

T = TypeVar("T")
D = TypeVar("D")


class Record(TypedDict, total=False):
    """One document.

    Attributes:
        text: the document.
        lang: its language, BCP-47 and normalized; absent where it is to be identified.
        label: a class, theme or rating; absent where it has none.
        id: its identifier; absent where it has none.
        date: ``YYYY``, ``YYYY-MM``, or a date or time as ISO 8601 writes it; absent where it has none. One whose order
            of day and month only others show stays as written, see ``RecordReader.settle_dates``.
        source: its place, for messages: ``news.jsonl, line 3``. Lines, rows and records count from one.
    """

    text: str
    lang: str
    label: str
    id: str
    date: str
    source: str


class _NoLanguage(str):
    """A code for what is in no language."""

    __slots__ = ()


class RecordBuilder:
    """Makes records of rows, which are mappings from column to value; it chooses the columns of each file or table.

    Args:
        columns: which column holds what.
        language: see ``read_records``.
        bad_rows: collects what can't be read.
        date_order: see ``read_records``.

    Attributes:
        dates: reads the dates.
        taken: the column of each field in the files so far; None where none has one.
    """

    def __init__(
        self, columns: Columns, language: str | None, bad_rows: BadRows, date_order: DateOrder = "auto"
    ) -> None:
        self._chooser = ColumnChooser(columns, language is not None, bad_rows.error, bad_rows.notes)
        identified = language is None or (isinstance(language, str) and language.strip().lower() in ("", "auto", "und"))
        self._language = None if identified else check_is_language(normalize_language(str(language)))
        self._bad_rows = bad_rows
        self.dates = DateReader(date_order, bad_rows.notes)
        # What spellings mean: a language, None for one to be identified, or what is wrong with it.
        self._spellings: dict[str, str | InputError | None] = {}
        self._chosen: dict[str, str] = {}
        self._is_table = False
        self._unseen = set(self._chooser.demanded)
        self.taken: dict[str, str | None] = dict.fromkeys(self._chooser.fields)

    def has_text(self, names: Iterable[str]) -> bool:
        """Return whether one of these columns is that of the text."""
        return self._chooser.has_text(names)

    def choose(self, source: str, names: Sequence[str]) -> dict[str, str]:
        """Choose the columns of a table that is about to be read, and return that of each field."""
        self._is_table = True
        self._unseen.difference_update(names)
        self._choose(self._chooser.of_table(source, names))
        return self._chosen

    def records(
        self, rows: Iterable[tuple[str, Mapping[str, Any]]], source: str, *, beginning: Beginning | None = None
    ) -> Iterator[Record]:
        """Yield a record for each row that makes one.

        Args:
            rows: of one file or table: the place of each, and its values by column.
            source: the file or table, for messages.
            beginning: how the file begins that the rows are a stretch of, which chooses the columns; the rows
                themselves do unless given.
        """
        all_rows: Iterator[tuple[str, Mapping[str, Any]]]
        if beginning is None:
            begun, all_rows, ended = looked_ahead(rows, _LOOKED_AHEAD, self._bad_rows.dropped)
        else:
            begun, all_rows, ended = beginning.rows, iter(rows), beginning.is_all
        if not self._is_table and begun:
            is_later = beginning is not None and not beginning.is_here
            before = self._bad_rows.notes.all()
            if ended and len(begun) == 1 and (items := self._unwrapped(*begun[0])) is not None:
                begun, all_rows = items, iter(() if is_later else items)
            self._choose_keys(source, begun)
            if is_later:
                # The file's first stretch has said so.
                self._bad_rows.notes.take_back(before)
        self._is_table = False
        unseen, text_column = self._unseen, self._chosen.get("text", "text")
        others = [(field, self._chosen[field]) for field in ("label", "id", "date") if field in self._chosen]
        for where, content in all_rows:
            if unseen:
                unseen.difference_update(content)
            text = content.get(text_column)
            if type(text) is not str:
                text = self._checked_text(content, where, text_column)
                if text is None:
                    continue
            record: Record = {"text": text}
            if self._complete(record, content, where, others):
                record["source"] = where
                yield record

    @property
    def unseen(self) -> frozenset[str]:
        """The columns that the user names and that no row so far had."""
        return frozenset(self._unseen)

    def check_all_seen(self, where: str) -> None:
        """Raise if a column that was named was in none of the rows: JSON need not have the same keys on each line."""
        check_seen(self._unseen, where, self._bad_rows.error)

    def _unwrapped(self, where: str, content: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]] | None:
        if not where.endswith((", line 1", ", item 1")):
            return None
        chosen = self._chooser.of_keys(where, list(content)).get("text", "text")
        return unwrapped(where, content, chosen if chosen in content else None, self._bad_rows)

    def _choose_keys(self, source: str, begun: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        keys = dict.fromkeys(key for _, content in begun for key in content if isinstance(key, str))
        chosen = self._chooser.of_keys(source, list(keys))
        text_column = chosen["text"]
        if text_column not in keys and not self._bad_rows.skips:
            where, content = begun[0]
            has = ", ".join(map(repr, content)) or "nothing"
            raise self._bad_rows.error(
                f"{where} has no {text_column!r}: each document needs one, and this has {has:.200}"
            )
        self._choose(chosen, keys)

    def _choose(self, chosen: dict[str, str], there: Container[str] | None = None) -> None:
        self._chosen = chosen
        for field, column in chosen.items():
            if there is None or column in there:
                self.taken[field] = column

    def _checked_text(self, content: Mapping[str, Any], where: str, column: str) -> str | None:
        value = content.get(column)
        try:
            if isinstance(value, str | bytes):
                return str(value) if isinstance(value, str) else value.decode("utf-8")
        except UnicodeDecodeError:
            pass
        # The row has no text to begin with.
        begins = ", ".join(f"{name}: {value!r:.80}" for name, value in list(content.items())[:5])
        identifier = self._identifier(content)
        if is_missing(value):
            self._bad_rows.leave_out(where, NO_TEXT, text=begins, identifier=identifier)
            return None
        # The unit of a place: the line of ``news.jsonl, line 3``.
        unit = where.rpartition(" ")[0].rpartition(" ")[2]
        finding = f": {column!r} is {value!r:.60}, not text"
        self._bad_rows.meet(where, finding, f"correct the {unit}", text=begins, identifier=identifier)
        return None

    def _complete(
        self, record: Record, content: Mapping[str, Any], where: str, others: Iterable[tuple[str, str]]
    ) -> bool:
        """Add the rest to a record that has a text; False where that is a problem."""
        if self._language is not None:
            record["lang"] = self._language
        elif "lang" in self._chosen:
            spelling = content.get(self._chosen["lang"])
            if spelling is not None:
                try:
                    language = self._spellings[spelling]
                except (KeyError, TypeError):
                    language = self._understood(spelling)
                if isinstance(language, _NoLanguage):
                    reason = f"marked {language}, which is no language"
                    identifier = self._identifier(content)
                    self._bad_rows.leave_out(where, reason, text=record["text"], identifier=identifier)
                    return False
                if isinstance(language, InputError):
                    finding, _, cure = str(language).rpartition(": ")
                    return self._refuse(record, content, where, f": {finding}", cure)
                if language is not None:
                    record["lang"] = language
        for field, column in others:
            value = content.get(column)
            if value is None:
                continue
            if field == "date":
                value = self.dates.read(value, where)
            else:
                try:
                    value = as_text(value)
                except ValueError as error:
                    if self._bad_rows.skips:
                        # No document is left out for what is optional.
                        self._bad_rows.notes.add(f"{field} is {error}, so the document has none", where, value)
                        continue
                    unread = f'--{field}-column "" (in Python, Columns({field}=None))'
                    cure = f"correct it, or leave the column unread: {unread}"
                    return self._refuse(record, content, where, f": {column!r} is {value!r:.60}, {error}", cure)
            if value is not None:
                record[field] = value  # type: ignore[literal-required]  # a field of a record
        return True

    def _understood(self, spelling: Any) -> str | InputError | None:
        meaning: str | InputError | None = None
        if not isinstance(spelling, str):
            if not is_missing(spelling):
                return InputError(f"{self._chosen['lang']!r} is {spelling!r:.60}, not text: correct it")
            return None
        if not is_unidentified(spelling):
            try:
                meaning = normalize_language(spelling)
                if is_no_language(meaning):
                    meaning = _NoLanguage(meaning)
            except InputError as error:
                meaning = error
        if len(self._spellings) < _REMEMBERED_SPELLINGS:
            self._spellings[spelling] = meaning
        return meaning

    def _refuse(self, record: Record, content: Mapping[str, Any], where: str, finding: str, cure: str) -> bool:
        self._bad_rows.meet(where, finding, cure, text=record["text"], identifier=self._identifier(content))
        return False

    def _identifier(self, content: Mapping[str, Any]) -> str | None:
        try:
            return as_text(content.get(self._chosen.get("id", "")))
        except ValueError:
            return None


@dataclass(frozen=True)
class Beginning:
    """The first rows of a file.

    Attributes:
        rows: the first rows that could be read: the place of each, and its values by column.
        is_all: whether the file has no more.
        is_here: whether the stretch of the file that is read begins with them.
    """

    rows: list[tuple[str, Mapping[str, Any]]]
    is_all: bool
    is_here: bool

    @classmethod
    def of(cls, rows: Iterable[tuple[str, Mapping[str, Any]]], *, is_here: bool) -> Beginning:
        """Return the beginning of a file's rows; an error ends it."""
        begun, _, ended = looked_ahead(rows, _LOOKED_AHEAD, [])
        return cls(begun, ended, is_here)


def check_seen(unseen: Iterable[str], where: str, error: type[GloCTMError]) -> None:
    """Raise an error about the columns that the user names and that ``where`` never has, if there are any."""
    for name in sorted(unseen):
        raise error(f"{where} never has {name!r}: name a column that is there")


def looked_ahead(rows: Iterable[T], most: int, dropped: list[D]) -> tuple[list[T], Iterator[T], bool]:
    """Return the first few of an iterable, an iterator over all, and whether there are no more than these.

    An error that comes among the first few comes from the iterator after those before it, and what is dropped among
    them is added in its place.

    Args:
        rows: the iterable.
        most: how many are the first few.
        dropped: where the iterable adds what it drops.
    """
    iterator = iter(rows)
    begun: list[tuple[T, int]] = []
    failure: GloCTMError | None = None
    at = len(dropped)
    try:
        for row in islice(iterator, most):
            begun.append((row, len(dropped)))
    except GloCTMError as error:
        failure = error
    held = dropped[at:]
    del dropped[at:]

    def all_rows() -> Iterator[T]:
        given = 0
        for row, until in begun:
            dropped.extend(held[given : until - at])
            given = until - at
            yield row
        dropped.extend(held[given:])
        if failure is not None:
            raise failure
        yield from iterator

    return [row for row, _ in begun], all_rows(), failure is None and len(begun) < most
