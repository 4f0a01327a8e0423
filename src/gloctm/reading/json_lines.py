"""Rows of JSON lines, an object on each."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from gloctm.files.encodings import UNDECODABLE, Encoding, byte_lines, decode_anyway, decode_line
from gloctm.reading.dropped import BadRows


def read_json_lines(
    source: str, stream: io.BufferedReader, encoding: Encoding, bad_rows: BadRows, *, first: int = 1
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the place of each object, and its values by key; blank lines are passed over.

    Args:
        source: the file, for messages.
        stream: its bytes, or those of some of its lines.
        encoding: that of the text.
        bad_rows: collects what can't be read.
        first: the number of the first line in the stream.
    """
    loads = json.loads
    codec = encoding.codec
    for number, raw in byte_lines(source, stream, encoding, first=first):
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
            if objects := _several(line):
                yield from ((where, each) for each in objects)
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


def _several(line: str) -> list[dict[str, Any]]:
    """Return the objects of a line that has several, or a comma after each; none where it is something else."""
    decode = json.JSONDecoder().raw_decode
    found: list[dict[str, Any]] = []
    at = 0
    while rest := line[at:].lstrip(", \t\r\n"):
        try:
            content, end = decode(rest)
        except (ValueError, RecursionError):
            return []
        if type(content) is not dict:
            return []
        found.append(content)
        at = len(line) - len(rest) + end
    return found
