"""Files of documents that are uploaded, and files of topic proportions that go back.

Nothing of a request is ever a path: of a file's name the ending alone is looked at, for its format.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal

from gloctm.errors import InputError
from gloctm.files.encodings import UNDECODABLE, Encoding, byte_lines, decode_line
from gloctm.reading.dropped import BadRows
from gloctm.reading.formats import read_rows
from gloctm.reading.records import Columns, Record, RecordBuilder
from gloctm.reading.sources import SUFFIXES, SourceFile
from gloctm.server.languages import is_named

ResultFormat = Literal["csv", "jsonl"]
# What sentences about a file call it.
_NAME = "the file"
_READ = ("jsonl", "csv", "tsv", "txt")
# What spreadsheets take for a formula when a cell begins with it, and what they take for a number all the same.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
# gzip, zip, bzip2, xz, zstandard: a small file may unpack to one that fills all memory.
_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")


def upload_format(file_name: str) -> str:
    """The format of a file by the ending of its name.

    Raises:
        InputError: there is none, or one that is not read here.
    """
    ending = file_name[-10:].lower().rpartition(".")[2]
    found = SUFFIXES.get(f".{ending}")
    if found not in _READ:
        raise InputError(
            "the file's name must end in .jsonl, .json, .ndjson, .csv, .tsv, or .txt for a document a line"
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
    """The documents of a file: texts, and where the file has them ids and languages.

    Args:
        stream: the file's bytes.
        file_format: from ``upload_format``: ``jsonl``, ``csv``, ``tsv``, or ``txt`` for lines of text.
        text_column: the column or key that holds the texts; of no meaning for lines of text.
        language: makes a code of what a document calls its language, or raises an InputError.
        most: documents at most.
        characters: of each.

    Raises:
        InputError: a document can't be read, or there are too many, or too long ones; the message has its line.
    """
    # Its bytes are bounded by the limits of a request.
    buffered: Any = io.BufferedReader(io.BytesIO(stream.read()))
    if buffered.peek(8).startswith(_COMPRESSED):
        raise InputError("the file is compressed: unpack it first")
    bad_rows = BadRows("raise", InputError)
    encoding = Encoding.of("utf-8")
    columns = Columns(text="text" if file_format == "txt" else text_column, label=None, date=None)
    builder = RecordBuilder(columns, None, bad_rows)
    rows: Iterable[tuple[str, Mapping[str, Any]]]
    if file_format == "txt":
        rows = _lines(buffered, encoding.at(buffered.peek(4)[:4]))
    else:
        source = SourceFile(Path(_NAME), file_format, None)
        rows = read_rows(source, buffered, builder.required, builder.optional, encoding, bad_rows)
    try:
        return _taken(builder.records(_with_codes(rows, language)), most=most, characters=characters)
    except InputError as error:
        # There are no options here to name an encoding by.
        raise InputError(str(error).replace(UNDECODABLE, "convert it to UTF-8")) from None


def _with_codes(
    rows: Iterable[tuple[str, Mapping[str, Any]]], language: Callable[[str], str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Rows whose languages are codes already: whoever reads them further remembers every spelling that there is."""
    for where, row in rows:
        spelling = row.get("lang")
        if isinstance(spelling, str) and is_named(spelling):
            try:
                row = {**row, "lang": language(spelling)}
            except InputError as error:
                raise InputError(f"{where}: {error}") from None
        yield where, row


def _taken(found: Iterable[Record], *, most: int, characters: int) -> list[Record]:
    records: list[Record] = []
    for record in found:
        if len(records) == most:
            raise InputError(f"the file has more than {most:,} documents: split it")
        if len(record["text"]) > characters:
            raise InputError(
                f"{record['source']}: the document has {len(record['text']):,} characters, and may have "
                f"{characters:,}: split it"
            )
        records.append(record)
    if not records:
        raise InputError("the file has no documents")
    return records


def _lines(stream: io.BufferedReader, encoding: Encoding) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, raw in enumerate(byte_lines(stream, encoding), start=1):
        try:
            text = decode_line(raw, encoding, number).strip()
        except UnicodeDecodeError:
            raise InputError(f"{_NAME}, line {number} is not {encoding.name} text: convert it to UTF-8") from None
        if text:
            yield f"{_NAME}, line {number}", {"text": text}


def write_result(
    ids: Sequence[str],
    languages: Sequence[str],
    theta: Sequence[Sequence[float] | None],
    topics: Sequence[int],
    form: str,
) -> bytes:
    """Topic proportions as a file: ``id``, ``lang``, ``topic_0``, …; nothing in the cells of a document without any.

    In CSV an apostrophe goes before ids that a spreadsheet would take for a formula, as is usual.

    Args:
        ids: a document each.
        languages: a document each.
        theta: a document each; None where there is no evidence.
        topics: the number of each column's.
        form: ``csv`` or ``jsonl``.
    """
    names = ["id", "lang", *(f"topic_{topic}" for topic in topics)]
    none = [None] * len(topics)
    rows = (
        [identifier, language, *(none if proportions is None else proportions)]
        for identifier, language, proportions in zip(ids, languages, theta, strict=True)
    )
    text = io.StringIO()
    if form == "csv":
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_no_formula(identifier), *others] for identifier, *others in rows)
    else:
        text.writelines(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
    # Lone surrogates, which JSON can bring but UTF-8 can't hold, are written as escapes.
    return text.getvalue().encode("utf-8", "backslashreplace")


def _no_formula(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
