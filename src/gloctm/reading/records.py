"""Reading documents: from files of several formats, from tables, and from any iterable of mappings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypedDict

from gloctm.errors import FileFormatError, InputError
from gloctm.files.encodings import Encoding
from gloctm.languages import normalize_language
from gloctm.reading.dropped import BadRows, DroppedDocument, OnError
from gloctm.reading.formats import read_rows
from gloctm.reading.sources import UNIDENTIFIED, ReadProgress, describe_sources, list_files, opened, total_size
from gloctm.reading.tables import in_memory_rows
from gloctm.reading.values import as_date, as_text, is_missing

# Languages are spelled in few ways; more are a column that holds something else, and are not remembered.
_REMEMBERED_SPELLINGS = 10_000


class Record(TypedDict, total=False):
    """One document.

    Attributes:
        text: the document.
        lang: its language, BCP-47 and normalized; absent where it is to be identified.
        label: a class, theme or rating; absent where it has none.
        id: its identifier; absent where it has none.
        date: ``YYYY``, ``YYYY-MM``, or a date or time as ISO 8601 writes it; absent where it has none.
        source: its place, for messages: ``news.jsonl, line 3``. Lines, rows and records count from one.
    """

    text: str
    lang: str
    label: str
    id: str
    date: str
    source: str


@dataclass(frozen=True)
class Columns:
    """Which column, or key of JSON, holds what.

    None for a label, an id or a date leaves it unread. Only the column of the text must be there. Another is looked for
    if it has its usual name; one that you name otherwise must be there, too.

    Example:
        >>> [record] = as_records([{"body": "a red car", "lang": "en"}], columns=Columns(text="body"))
        >>> record["text"]
        'a red car'
    """

    text: str = "text"
    lang: str = "lang"
    label: str | None = "label"
    id: str | None = "id"
    date: str | None = "date"


class RecordReader:
    """Documents as they are read: an iterable of ``Record``, once."""

    def __init__(
        self, records: Iterator[Record], progress: ReadProgress, bad_rows: BadRows, origin: str = "the input"
    ) -> None:
        self.origin = origin
        self._records: Iterator[Record] | None = records
        self._progress = progress
        self._bad_rows = bad_rows

    def __iter__(self) -> Iterator[Record]:
        if self._records is None:
            raise InputError("these documents have been read already, which goes only once: read them again")
        records, self._records = self._records, None
        return records

    def fraction(self) -> float | None:
        """Return the share of the input that has been read, from 0 to 1; None where it is not known, as of a pipe."""
        return self._progress.fraction()

    @property
    def dropped(self) -> list[DroppedDocument]:
        """What was left out so far; nothing ever is unless ``on_error="skip"``."""
        return self._bad_rows.dropped


def read_records(
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    columns: Columns = Columns(),
    language: str | None = None,
    encoding: str = "utf-8",
    file_format: str | None = None,
    on_error: OnError = "raise",
) -> RecordReader:
    r"""Read documents from files, a line or row at a time.

    JSON lines (``.jsonl``, ``.ndjson``, ``.json``), CSV and TSV with a heading line, Parquet, text files; each also
    compressed with gzip, which its first bytes tell. Of a folder all files are read, in sorted order. In a folder of
    text files each is a document: its subfolder names its language (or is called ``auto``), folders below that are its
    label, and its path is its id.

    Args:
        sources: a path or several, of files or folders; ``"-"`` is standard input.
        columns: which column or key holds what.
        language: the language of all documents; ``"auto"`` leaves all to be identified. By each document unless given.
            Subfolders of text files are then their labels.
        encoding: that of text; Parquet has its own.
        file_format: ``jsonl``, ``csv``, ``tsv``, ``parquet`` or ``txt``; by the ending of each file unless given, and
            ``jsonl`` for standard input.
        on_error: what becomes of a document that can't be read: ``"raise"`` ends the reading, ``"skip"`` notes it in
            ``dropped`` and goes on. What concerns a whole file, such as a missing column, is an error in any case.

    Raises:
        FileFormatError: a file is missing or damaged, or a line can't be read; the message names both. Some errors come
            with this call and others as the documents are read.
        InputError: a setting makes no sense.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "news.csv")
        ...     _ = path.write_text("text,lang\na red car,EN\n", encoding="utf-8")
        ...     [record] = read_records(path)
        >>> record["text"], record["lang"]
        ('a red car', 'en')
    """
    bad_rows = BadRows(on_error, FileFormatError)
    builder = RecordBuilder(columns, language, bad_rows)
    # A text file has no columns that could be named otherwise.
    text_builder = RecordBuilder(Columns(), language, bad_rows)
    checked_encoding = Encoding.of(encoding)
    files = list_files(sources, file_format=file_format, language_given=language is not None)
    progress = ReadProgress(total_size(files))

    def records() -> Iterator[Record]:
        for file in files:
            made_by = text_builder if file.file_format == "txt" else builder
            with opened(file, progress) as stream:
                rows = read_rows(file, stream, made_by.required, made_by.optional, checked_encoding, bad_rows)
                yield from made_by.records(rows)
        tables = [str(file) for file in files if file.file_format != "txt"]
        if tables:
            builder.check_all_seen(" and ".join(tables[:3]))

    return RecordReader(records(), progress, bad_rows, describe_sources(sources))


def as_records(
    documents: Any,
    *,
    columns: Columns = Columns(),
    language: str | None = None,
    on_error: OnError = "raise",
) -> RecordReader:
    """Read documents that are in memory, or that something hands out one by one.

    Args:
        documents: mappings with the keys ``text`` and where wanted ``lang``, ``label``, ``id``, ``date``; a data frame
            of pandas or polars; a table of Arrow; a data set of Hugging Face's ``datasets``.
        columns: which column or key holds what.
        language: see ``read_records``.
        on_error: see ``read_records``.

    Raises:
        InputError: these are no documents, or one can't be read; the message has its number, counted from one. Or
            settings are given with a ``RecordReader``, which has its own.
        MissingDependencyError: a table needs a package that is not installed.

    Example:
        >>> list(as_records([{"text": "a red car", "lang": "en"}]))
        [{'text': 'a red car', 'lang': 'en', 'source': 'record 1'}]
    """
    if isinstance(documents, RecordReader):
        if columns != Columns() or language is not None or on_error != "raise":
            raise InputError(
                "columns, language and on_error have no effect on documents that read_records reads: give them there"
            )
        return documents
    bad_rows = BadRows(on_error, InputError)
    builder = RecordBuilder(columns, language, bad_rows)
    rows, total = in_memory_rows(documents, builder.required, builder.optional, bad_rows)
    progress = ReadProgress(total)

    def counted() -> Iterator[tuple[str, Mapping[str, Any]]]:
        for row in rows:
            progress.finished += 1
            yield row

    def records() -> Iterator[Record]:
        yield from builder.records(counted())
        builder.check_all_seen("the documents")

    return RecordReader(records(), progress, bad_rows)


class RecordBuilder:
    """Makes records of rows, which are mappings from column to value.

    Args:
        columns: which column holds what.
        language: see ``read_records``.
        bad_rows: collects what can't be read.

    Attributes:
        required: the columns that must be there.
        optional: those that are used where they are.
    """

    def __init__(self, columns: Columns, language: str | None, bad_rows: BadRows) -> None:
        chosen = {
            field: column
            for field, column in asdict(columns).items()
            if column is not None or field not in ("label", "id", "date")
        }
        for field, column in chosen.items():
            if not isinstance(column, str) or not column:
                raise InputError(f"the column of {field} is {column!r}: give its name")
        if language is not None:
            del chosen["lang"]
        usual = asdict(Columns())
        self.required = [name for field, name in chosen.items() if field == "text" or name != usual[field]]
        self.optional = [name for name in chosen.values() if name not in self.required]
        self._text = columns.text
        self._lang = None if language is not None else columns.lang
        self._others = [(field, chosen[field]) for field in ("label", "id", "date") if field in chosen]
        self._language = None if language is None or _is_unidentified(language) else normalize_language(language)
        self._bad_rows = bad_rows
        # What spellings mean: a language, None for one to be identified, or the error that one is.
        self._spellings: dict[str, str | InputError | None] = {}
        self._unseen = {name for name in self.required if name != columns.text}

    def records(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Record]:
        """Yield a record for each row that makes one.

        Args:
            rows: the place of each, and its values by column.
        """
        unseen = self._unseen
        for where, content in rows:
            if unseen:
                unseen.difference_update(content)
            text = content.get(self._text)
            if type(text) is not str:
                text = self._checked_text(content, where)
                if text is None:
                    continue
            record: Record = {"text": text}
            if self._complete(record, content, where):
                record["source"] = where
                yield record

    def check_all_seen(self, where: str) -> None:
        """Raise if a column that was named was in none of the rows: JSON need not have the same keys on each line."""
        for name in sorted(self._unseen):
            raise self._bad_rows.error(f"{where} never has {name!r}: name a column that is there")

    def _checked_text(self, content: Mapping[str, Any], where: str) -> str | None:
        value = content.get(self._text)
        try:
            if isinstance(value, str | bytes):
                return str(value) if isinstance(value, str) else value.decode("utf-8")
        except UnicodeDecodeError:
            pass
        if self._text not in content:
            keys = ", ".join(map(repr, content)) or "nothing"
            finding, cure = f" has no {self._text!r}", f"each document needs one, and this has {keys:.200}"
        else:
            shown = "missing" if is_missing(value) else f"{value!r:.60}, not text"
            # The unit of a place: the line of ``news.jsonl, line 3``.
            unit = where.rpartition(" ")[0].rpartition(" ")[2]
            finding, cure = f": {self._text!r} is {shown}", f"correct the {unit}"
        # The row has no text to begin with.
        begins = ", ".join(f"{name}: {value!r:.80}" for name, value in list(content.items())[:5])
        self._bad_rows.meet(where, finding, cure, text=begins, identifier=self._identifier(content))
        return None

    def _complete(self, record: Record, content: Mapping[str, Any], where: str) -> bool:
        """Add the rest to a record that has a text; False where that is a problem."""
        if self._language is not None:
            record["lang"] = self._language
        elif self._lang is not None:
            spelling = content.get(self._lang)
            if spelling is not None:
                try:
                    language = self._spellings[spelling]
                except (KeyError, TypeError):
                    language = self._understood(spelling)
                if isinstance(language, InputError):
                    finding, _, cure = str(language).rpartition(": ")
                    return self._refuse(record, content, where, f": {finding}", cure)
                if language is not None:
                    record["lang"] = language
        for field, column in self._others:
            value = content.get(column)
            if value is None:
                continue
            try:
                value = as_date(value) if field == "date" else as_text(value)
            except ValueError as error:
                cure = f'correct it, or leave the column unread: --{field}-column "" (in Python, Columns({field}=None))'
                return self._refuse(record, content, where, f": {column!r} is {value!r:.60}, {error}", cure)
            if value is not None:
                record[field] = value
        return True

    def _understood(self, spelling: Any) -> str | InputError | None:
        meaning: str | InputError | None = None
        if not isinstance(spelling, str):
            if not is_missing(spelling):
                return InputError(f"{self._lang!r} is {spelling!r:.60}, not text: correct it")
            return None
        if not _is_unidentified(spelling):
            try:
                meaning = normalize_language(spelling)
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
            return as_text(content.get(dict(self._others).get("id", "")))
        except ValueError:
            return None


def group_records(records: Iterable[Record]) -> dict[str, Any]:
    """Return the ``texts``, ``labels`` and ``ids`` of documents, each by language.

    A document without a label where others of its language have one is labeled ``""``; one without an id gets
    its position within its language.

    Raises:
        InputError: a document has no language, or none that there is.
    """
    texts: dict[str, list[str]] = {}
    labels: dict[str, list[str]] = {}
    ids: dict[str, list[str]] = {}
    normal: dict[str, str] = {}
    for number, record in enumerate(records, start=1):
        if "lang" not in record:
            raise InputError(f"{record.get('source', f'document {number}')} has no 'lang': say its language")
        spelling = record["lang"]
        if spelling not in normal:
            normal[spelling] = normalize_language(spelling)
        language = normal[spelling]
        texts.setdefault(language, []).append(record["text"])
        labels.setdefault(language, []).append(record.get("label", ""))
        ids.setdefault(language, []).append(record.get("id", str(len(texts[language]) - 1)))
    return {"texts": texts, "labels": {code: part for code, part in labels.items() if any(part)}, "ids": ids}


def _is_unidentified(language: object) -> bool:
    return isinstance(language, str) and language.strip().lower() in UNIDENTIFIED
