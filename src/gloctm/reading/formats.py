"""From the bytes of a file to its rows: JSON, CSV and TSV, Parquet, and text files with one document each."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from gloctm.files.encodings import UNDECODABLE, Encoding, decode_anyway, decode_line, whole_document
from gloctm.reading.columns import Chooser
from gloctm.reading.delimited import read_delimited
from gloctm.reading.dropped import BadRows
from gloctm.reading.json_arrays import begins_json_array, begins_spread_object, read_json_array, read_json_objects
from gloctm.reading.json_lines import read_json_lines
from gloctm.reading.quoting import Quoting
from gloctm.reading.sources import SourceFile, seekable
from gloctm.reading.tables import read_parquet

Row = tuple[str, Mapping[str, Any]]


def read_rows(
    file: SourceFile,
    stream: io.BufferedReader,
    chooser: Chooser,
    encoding: Encoding,
    bad_rows: BadRows,
    quoting: Quoting = "auto",
) -> Iterator[Row]:
    """Yield the place of each row of a file, and its values by column.

    Args:
        file: which.
        stream: its bytes.
        chooser: says which columns of a table are wanted; JSON gives all its keys.
        encoding: that of text.
        bad_rows: collects what can't be read.
        quoting: whether quotation marks quote the fields of CSV and TSV.
    """
    if file.file_format == "parquet":
        with seekable(stream) as source:
            yield from read_parquet(str(file), source, chooser, bad_rows)
        return
    beginning = stream.peek()
    encoding = encoding.at(beginning)
    if file.file_format == "jsonl" and begins_json_array(beginning, encoding):
        yield from read_json_array(str(file), stream, encoding, bad_rows)
    elif file.file_format == "jsonl" and begins_spread_object(beginning, encoding):
        yield from read_json_objects(str(file), stream, encoding, bad_rows)
    elif file.file_format == "jsonl":
        yield from read_json_lines(str(file), stream, encoding, bad_rows)
    elif file.file_format == "txt":
        yield from _read_text(file, stream, encoding, bad_rows)
    else:
        yield from read_delimited(
            str(file),
            stream,
            chooser,
            usual_delimiter="\t" if file.file_format == "tsv" else ",",
            quoting=quoting,
            encoding=encoding,
            bad_rows=bad_rows,
        )


def has_plain_lines(beginning: bytes, encoding: Encoding) -> bool:
    """Return whether a file of JSON that begins with these bytes has an object per line, each ending in a line feed.

    Args:
        beginning: the first bytes.
        encoding: that of the text.
    """
    own = encoding.at(beginning)
    others = begins_json_array(beginning, own) or begins_spread_object(beginning, own)
    return own.newline == b"\n" and not others


def _read_text(file: SourceFile, stream: io.BufferedReader, encoding: Encoding, bad_rows: BadRows) -> Iterator[Row]:
    raw = whole_document(str(file), stream)
    try:
        text = decode_line(raw, encoding, 1)
    except UnicodeDecodeError as error:
        number = raw.count(encoding.newline, 0, error.start) + 1
        finding = encoding.describe_failure(raw, error) if number == 1 else f" is not {encoding.name} text"
        bad_rows.meet(
            f"{file}, line {number}", finding, UNDECODABLE, text=decode_anyway(raw, encoding), identifier=file.id
        )
        return
    yield str(file), {"text": text, "lang": file.language, "label": file.label, "id": file.id}
