"""From the bytes of a file to its rows: JSON, CSV and TSV, Parquet, and text files with one document each."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gloctm.files.encodings import UNDECODABLE, Encoding, byte_lines, decode_anyway, decode_line
from gloctm.reading.delimited import read_delimited
from gloctm.reading.dropped import BadRows
from gloctm.reading.json_arrays import begins_json_array, read_json_array
from gloctm.reading.sources import SourceFile, seekable
from gloctm.reading.tables import read_parquet

Row = tuple[str, Mapping[str, Any]]


def read_rows(
    file: SourceFile,
    stream: io.BufferedReader,
    required: Sequence[str],
    optional: Sequence[str],
    encoding: Encoding,
    bad_rows: BadRows,
) -> Iterator[Row]:
    """Yield the place of each row of a file, and its values by column.

    Args:
        file: which.
        stream: its bytes.
        required: the columns that must be there; those of JSON are looked at a line at a time.
        optional: the columns that are wanted where they are there.
        encoding: that of text.
        bad_rows: collects what can't be read.
    """
    if file.file_format == "parquet":
        with seekable(stream) as source:
            yield from read_parquet(str(file), source, required, optional, bad_rows)
        return
    encoding = encoding.at(stream.peek(4)[:4])
    if file.file_format == "jsonl" and begins_json_array(stream.peek(), encoding):
        yield from read_json_array(str(file), stream, encoding, bad_rows)
    elif file.file_format == "jsonl":
        yield from _read_json_lines(str(file), stream, encoding, bad_rows)
    elif file.file_format == "txt":
        yield from _read_text(file, stream, encoding, bad_rows)
    else:
        usual = "\t" if file.file_format == "tsv" else ","
        yield from read_delimited(
            str(file), stream, required, optional, usual_delimiter=usual, encoding=encoding, bad_rows=bad_rows
        )


def _read_json_lines(source: str, stream: io.BufferedReader, encoding: Encoding, bad_rows: BadRows) -> Iterator[Row]:
    loads = json.loads
    codec = encoding.codec
    for number, raw in enumerate(byte_lines(stream, encoding), start=1):
        where = f"{source}, line {number}"
        try:
            # Decoding here spares a call for each line but the first.
            line = raw.decode(codec) if number > 1 else decode_line(raw, encoding, number)
            content = loads(line)
        except UnicodeDecodeError as error:
            finding = encoding.describe_failure(raw, error, number=number)
            bad_rows.meet(where, finding, UNDECODABLE, text=decode_anyway(raw, encoding).strip())
            continue
        except (ValueError, RecursionError) as error:
            if not line.strip():
                continue
            # Besides bad syntax: a number of thousands of digits, or brackets nested as deep.
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            bad_rows.meet(where, f" is not JSON ({reason})", "correct or remove the line", text=line.strip())
            continue
        if type(content) is dict:
            yield where, content
        else:
            cure = "write each document as an object with its text"
            bad_rows.meet(where, " is not a JSON object", cure, text=line.strip())


def _read_text(file: SourceFile, stream: io.BufferedReader, encoding: Encoding, bad_rows: BadRows) -> Iterator[Row]:
    raw = stream.read()
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
