"""Reading documents: from files of several formats, from tables, and from any iterable of mappings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gloctm.errors import FileFormatError, InputError
from gloctm.files.encodings import Encoding
from gloctm.languages import normalize_language
from gloctm.reading.builder import Record, RecordBuilder
from gloctm.reading.columns import Columns
from gloctm.reading.dates import DateOrder, DateReader
from gloctm.reading.dropped import BadRows, DroppedDocument, OnError
from gloctm.reading.notes import Note
from gloctm.reading.parts import FilePart, part_records
from gloctm.reading.quoting import Quoting, check_quoting
from gloctm.reading.sources import ReadProgress, SourceFile, describe_sources, list_files, total_size
from gloctm.reading.tables import in_memory_rows

_USUAL = Columns()


@dataclass(frozen=True)
class ReadSettings:
    """How files are read; see ``read_records``."""

    columns: Columns = _USUAL
    language: str | None = None
    encoding: str = "utf-8"
    on_error: OnError = "raise"
    quoting: Quoting = "auto"
    date_order: DateOrder = "auto"


class RecordReader:
    """Documents as they are read: an iterable of ``Record``, once.

    Attributes:
        origin: what they are read from, for messages.
        files: what is read; empty for what is in memory.
        settings: how files are read; None for what is in memory, and for stretches of files.
    """

    def __init__(
        self,
        records: Iterator[Record],
        progress: ReadProgress,
        bad_rows: BadRows,
        builder: RecordBuilder,
        origin: str = "the input",
        files: Sequence[SourceFile] = (),
        settings: ReadSettings | None = None,
    ) -> None:
        self.origin = origin
        self.files = files
        self.settings = settings
        self._builder = builder
        self._records: Iterator[Record] | None = records
        self._progress = progress
        self._bad_rows = bad_rows

    def __iter__(self) -> Iterator[Record]:
        if self._records is None:
            raise InputError("these documents have been read already, which goes only once: read them again")
        records, self._records = self._records, None
        return records

    @property
    def can_be_read_again(self) -> bool:
        """Whether all are in files: not in memory, and not in a pipe."""
        return self.settings is not None and all(file.size is not None for file in self.files)

    def fraction(self) -> float | None:
        """Return the share of the input that has been read, from 0 to 1; None where it is not known, as of a pipe."""
        return self._progress.fraction()

    @property
    def dropped(self) -> list[DroppedDocument]:
        """What was left out so far: documents without text and, with ``on_error="skip"``, malformed ones."""
        return self._bad_rows.dropped

    def take_dropped(self) -> list[DroppedDocument]:
        """Return what was left out since the last call and forget it, for streams whose memory must not grow."""
        dropped = self._bad_rows.dropped
        taken = dropped.copy()
        dropped.clear()
        return taken

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was read otherwise than written so far, counted by kind."""
        return self._bad_rows.notes.all()

    @property
    def columns(self) -> Mapping[str, str | None]:
        """The column of each field; None where the documents so far have none."""
        return self._builder.taken

    @property
    def unseen(self) -> frozenset[str]:
        """The columns that the user names and that no row so far had, where these could be of any."""
        return self._builder.unseen

    @property
    def dates(self) -> DateReader:
        """What the dates so far show of their order."""
        return self._builder.dates

    def settle_dates(self) -> Callable[[str], str]:
        """Return a function that gives the meaning of a date in a record, once all have been read.

        Day and month of a date such as 05/06/2024 are known from other dates of the column; until then it stays as it
        is written. A date that remains unclear becomes empty.
        """
        return self._builder.dates.settle()


def read_records(
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    columns: Columns = _USUAL,
    language: str | None = None,
    encoding: str = "utf-8",
    file_format: str | None = None,
    on_error: OnError = "raise",
    quoting: Quoting = "auto",
    date_order: DateOrder = "auto",
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
            ``dropped`` and goes on. What concerns a whole file, such as a missing column, is an error in any case. A
            document without a text is always noted there.
        quoting: whether quotation marks quote the fields of CSV and TSV: ``csv`` or ``none``; ``auto`` decides by the
            lines.
        date_order: of day and month in dates such as 05/31/2024: ``dmy`` or ``mdy``; ``auto`` decides by the dates.

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
    settings = ReadSettings(columns, language, encoding, on_error, quoting, date_order)
    files = list_files(sources, file_format=file_format, language_given=language is not None)
    return _read(list(map(FilePart, files)), settings, describe_sources(sources), whole=True)


def read_parts(parts: Sequence[FilePart], settings: ReadSettings) -> RecordReader:
    """Read documents from stretches of files as ``read_records`` reads the files, places included.

    Whether named columns are there at all, and the order of dates, only all stretches together show: see ``unseen``
    and ``dates`` of the reader.

    Args:
        parts: in order.
        settings: how to read them.
    """
    return _read(parts, settings, "the input", whole=False)


def _read(parts: Sequence[FilePart], settings: ReadSettings, origin: str, *, whole: bool) -> RecordReader:
    bad_rows = BadRows(settings.on_error, FileFormatError)
    builder = RecordBuilder(settings.columns, settings.language, bad_rows, settings.date_order)
    check_quoting(settings.quoting)
    # A text file has no columns that could be named otherwise.
    text_builder = RecordBuilder(Columns(), settings.language, bad_rows)
    encoding = Encoding.of(settings.encoding)
    files = [part.file for part in parts]
    progress = ReadProgress(total_size(files))

    def records() -> Iterator[Record]:
        for part in parts:
            made_by = text_builder if part.file.file_format == "txt" else builder
            yield from part_records(part, progress, made_by, encoding, bad_rows, settings.quoting)
        tables = tables_in(files)
        if whole and tables:
            builder.check_all_seen(tables)

    return RecordReader(records(), progress, bad_rows, builder, origin, files, settings if whole else None)


def tables_in(files: Iterable[SourceFile]) -> str:
    """Return the first files that have columns, for a message; empty where none has."""
    tables = (str(file) for file in files if file.file_format != "txt")
    return " and ".join(islice(tables, 3))


def as_records(
    documents: Any,
    *,
    columns: Columns = _USUAL,
    language: str | None = None,
    on_error: OnError = "raise",
    date_order: DateOrder = "auto",
) -> RecordReader:
    """Read documents that are in memory, or that something hands out one by one.

    Args:
        documents: mappings with the keys ``text`` and where wanted ``lang``, ``label``, ``id``, ``date``; a data frame
            of pandas or polars; a table of Arrow; a data set of Hugging Face's ``datasets``.
        columns: which column or key holds what.
        language: see ``read_records``.
        on_error: see ``read_records``.
        date_order: see ``read_records``.

    Raises:
        InputError: these are no documents, or one can't be read; the message has its number, counted from one. Or
            settings are given with a ``RecordReader``, which has its own.
        MissingDependencyError: a table needs a package that is not installed.

    Example:
        >>> list(as_records([{"text": "a red car", "lang": "en"}]))
        [{'text': 'a red car', 'lang': 'en', 'source': 'record 1'}]
    """
    if isinstance(documents, RecordReader):
        if columns != Columns() or language is not None or on_error != "raise" or date_order != "auto":
            raise InputError(
                "columns, language, on_error and date_order have no effect on documents that read_records reads: give "
                "them there"
            )
        return documents
    bad_rows = BadRows(on_error, InputError)
    builder = RecordBuilder(columns, language, bad_rows, date_order)
    rows, total = in_memory_rows(documents, builder, bad_rows)
    progress = ReadProgress(total)

    def counted() -> Iterator[tuple[str, Mapping[str, Any]]]:
        for row in rows:
            progress.finished += 1
            yield row

    def records() -> Iterator[Record]:
        yield from builder.records(counted(), "the documents")
        builder.check_all_seen("the documents")

    return RecordReader(records(), progress, bad_rows, builder)


def group_records(records: Iterable[Record]) -> dict[str, Any]:
    """Return the ``texts``, ``labels`` and ``ids`` of documents, each by language.

    A document without a label where others of its language have one is labeled ``""``; one without an id gets
    its position among all.

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
        ids.setdefault(language, []).append(record.get("id", str(number - 1)))
    return {"texts": texts, "labels": {code: part for code, part in labels.items() if any(part)}, "ids": ids}
