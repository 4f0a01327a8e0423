"""Files of documents that are uploaded, and files of topic proportions that are returned.

Nothing of a request is ever a path: of a file's name, only the ending is read, for its format.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from gloctm.errors import InputError
from gloctm.files.encodings import UNDECODABLE, Encoding, byte_lines, decode_line
from gloctm.inert import CsvWriter
from gloctm.reading.builder import Record, RecordBuilder
from gloctm.reading.columns import HOW_TO_NAME, Columns
from gloctm.reading.dropped import BadRows
from gloctm.reading.formats import read_rows
from gloctm.reading.sources import SUFFIXES, SourceFile
from gloctm.server.languages import is_named

ResultFormat = Literal["csv", "jsonl"]
Rows = Iterable[tuple[str, Mapping[str, Any]]]
# The file in sentences.
_NAME = "the file"
_READ = ("jsonl", "csv", "tsv", "txt")
# gzip, zip, bzip2, xz, zstandard: a small file may unpack to one that fills all memory.
_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")


def upload_format(file_name: str) -> str:
    """Return the format of a file by the ending of its name; raise InputError if it is not read here."""
    found = SUFFIXES.get(f".{file_name[-10:].lower().rpartition('.')[2]}")
    if found not in _READ:
        raise InputError(
            "the file's name must end in .jsonl, .json, .ndjson, .csv, .tsv, or .txt for one document per line"
        )
    return found


def read_upload(
    stream: IO[bytes],
    file_format: str,
    *,
    text_column: str,
    language: Callable[[str], str],
    most: int,
    characters: int,
) -> list[Record]:
    """Read the documents of a file: texts, and ids and languages if the file has them.

    Args:
        stream: the bytes, as many as the limits of a request allow.
        file_format: from ``upload_format``.
        text_column: the column or key of the texts; ignored for ``txt``.
        language: normalizes the language of a document, or raises an InputError.
        most: number of documents at most.
        characters: of each document at most.

    Raises:
        InputError: a document can't be read or is too long, or there are too many; the message names its line.
    """
    buffered: Any = io.BufferedReader(io.BytesIO(stream.read()))
    if buffered.peek(8).startswith(_COMPRESSED):
        raise InputError("the file is compressed: unpack it first")
    bad_rows = BadRows("raise", InputError)
    encoding = Encoding.of("utf-8")
    columns = Columns(text="text" if file_format == "txt" else text_column, label=None, date=None)
    builder = RecordBuilder(columns, None, bad_rows)
    rows: Rows
    if file_format == "txt":
        rows = _lines(buffered, encoding.at(buffered.peek()))
    else:
        source = SourceFile(Path(_NAME), file_format, None)
        rows = read_rows(source, buffered, builder, encoding, bad_rows)
    records: list[Record] = []
    try:
        for record in builder.records(_with_codes(rows, language), _NAME):
            if len(records) == most:
                raise InputError(f"the file has more than {most:,} documents: split it")
            if (length := len(record["text"])) > characters:
                raise InputError(
                    f"{record['source']}: the document has {length:,} characters, and may have {characters:,}: split it"
                )
            records.append(record)
        for left_out in bad_rows.dropped:
            raise InputError(f"{left_out.source} {left_out.reason}: each document needs one")
    except InputError as error:
        # A server has no option to name an encoding, and requests are no command lines.
        message = str(error).replace(UNDECODABLE, "convert it to UTF-8").replace(HOW_TO_NAME, "")
        raise InputError(message) from None
    if not records:
        raise InputError("the file has no documents: send at least one")
    return records


def _with_codes(rows: Rows, language: Callable[[str], str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield rows with normalized languages, since a RecordBuilder remembers every spelling."""
    for where, row in rows:
        spelling = row.get("lang")
        if isinstance(spelling, str) and is_named(spelling):
            try:
                row = {**row, "lang": language(spelling)}
            except InputError as error:
                raise InputError(f"{where}: {error}") from None
        yield where, row


def _lines(stream: io.BufferedReader, encoding: Encoding) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, raw in byte_lines(_NAME, stream, encoding):
        try:
            text = decode_line(raw, encoding, number).strip()
        except UnicodeDecodeError:
            raise InputError(f"{_NAME}, line {number} is not {encoding.name} text: convert it to UTF-8") from None
        if text:
            yield f"{_NAME}, line {number}", {"text": text}


@dataclass(frozen=True)
class ResultRow:
    """A document of a file that is returned: θ is None where the model has no answer."""

    id: str
    lang: str
    text: str
    theta: Sequence[float] | None


def write_result(documents: Iterable[ResultRow], topics: Sequence[int], names: Sequence[str], form: str) -> bytes:
    """Return topic proportions as a file: ``id``, ``lang``, ``text``, ``topic``, ``name``, ``topic_0`` and so on.

    ``topic`` is the number of the largest topic and ``name`` its name.

    Args:
        documents: where θ is None, everything about topics is empty.
        topics: the number of each column of θ.
        names: the name of each.
        form: ``csv`` or ``jsonl``.
    """
    columns = ["id", "lang", "text", "topic", "name", *(f"topic_{topic}" for topic in topics)]

    def row(document: ResultRow) -> list[Any]:
        first = [document.id, document.lang, document.text]
        if document.theta is None:
            return [*first, None, None, *([None] * len(topics))]
        largest = max(range(len(topics)), key=document.theta.__getitem__)
        return [*first, topics[largest], names[largest], *document.theta]

    rows = map(row, documents)
    text = io.StringIO()
    if form == "csv":
        CsvWriter(text, columns).rows(rows)
    else:
        text.writelines(json.dumps(dict(zip(columns, each, strict=True)), ensure_ascii=False) + "\n" for each in rows)
    # JSON can bring lone surrogates, which UTF-8 can't hold: they become escapes.
    return text.getvalue().encode("utf-8", "backslashreplace")
