"""Reading documents from JSON lines and CSV: columns ``text``, ``lang`` and, where present, ``label`` and ``id``."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypedDict

from gloctm.errors import FileFormatError, InputError
from gloctm.languages import normalize_language


class Record(TypedDict, total=False):
    """One document as files hold it."""

    text: str
    lang: str
    label: str
    id: str


def read_records(path: str | os.PathLike[str]) -> Iterator[Record]:
    """Yield the documents of a file: ``.csv`` or ``.tsv`` as tables with a heading, ``.jsonl`` as JSON lines.

    Raises:
        FileFormatError: the file is missing or not UTF-8, or a line is malformed; the message has its number.
    """
    source = Path(path)
    if source.is_dir():
        raise FileFormatError(f"{source} is a folder: give a JSON lines or CSV file")
    reader = _READERS.get(source.suffix.lower())
    if reader is None:
        raise FileFormatError(f"{source} is none of {', '.join(_READERS)}: name the file by what it holds")
    try:
        with source.open("rb") as stream:
            yield from reader(source, decoded_lines(source, stream))
    except FileNotFoundError:
        raise FileFormatError(f"{source} does not exist: check the path") from None


def decoded_lines(source: Path, stream: Iterable[bytes]) -> Iterator[str]:
    """Lines of UTF-8, their ends kept; only a line feed ends one, and a byte order mark is dropped.

    Raises:
        FileFormatError: a line is not UTF-8; the message has its number.
    """
    for number, line in enumerate(stream, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise FileFormatError(
                f"{source}, line {number} is not UTF-8 text (byte {error.start + 1} of the line): convert the file"
            ) from None


def group_records(records: Iterable[Record]) -> dict[str, Any]:
    """Group documents by language into the ``texts``, ``labels`` and ``ids`` that ``Corpus.from_texts`` takes.

    A document without a label where others of its language have one is labelled ``""``; one without an id gets
    its position within its language.
    """
    texts: dict[str, list[str]] = {}
    labels: dict[str, list[str]] = {}
    ids: dict[str, list[str]] = {}
    normal: dict[str, str] = {}
    for record in records:
        spelling = record["lang"]
        if spelling not in normal:
            normal[spelling] = normalize_language(spelling)
        language = normal[spelling]
        texts.setdefault(language, []).append(record["text"])
        labels.setdefault(language, []).append(record.get("label", ""))
        ids.setdefault(language, []).append(record.get("id", str(len(texts[language]) - 1)))
    return {"texts": texts, "labels": {code: part for code, part in labels.items() if any(part)}, "ids": ids}


def _read_json_lines(source: Path, stream: Iterable[str]) -> Iterator[Record]:
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        where = f"{source}, line {number}"
        try:
            content = json.loads(line)
        except (ValueError, RecursionError) as error:
            # Besides bad syntax: a number of thousands of digits, or brackets nested as deep.
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise FileFormatError(f"{where} is not JSON ({reason}): mend or remove the line") from None
        if not isinstance(content, dict):
            raise FileFormatError(f"{where} is not a JSON object: each line needs text and lang")
        yield _record(content, where)


def _read_table(source: Path, stream: Iterable[str]) -> Iterator[Record]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    reader = csv.DictReader(stream, delimiter="\t" if source.suffix.lower() == ".tsv" else ",", strict=True)
    try:
        names = reader.fieldnames or []
        missing = [column for column in ("text", "lang") if column not in names]
        if len(names) == 1 and ";" in names[0]:
            raise FileFormatError(f"{source} is separated by semicolons: save it with commas, or with tabs as .tsv")
        if missing:
            raise FileFormatError(
                f"{source} has no column {' and no column '.join(missing)}: "
                "its first line must name the columns text and lang"
            )
        # Spreadsheets leave columns without a name at the end.
        double = next((name for name in names if name and list(names).count(name) > 1), None)
        if double is not None:
            raise FileFormatError(f"{source} has two columns {double!r}: name each column differently")
        for row in reader:
            # DictReader's own line_num stays behind at blank lines and at errors.
            where = f"{source}, line {reader.reader.line_num}"
            if None in row or None in row.values():
                raise FileFormatError(f"{where} has not as many fields as the heading: mend or remove the line")
            yield _record({name: value for name, value in row.items() if value or name in ("text", "lang")}, where)
    except csv.Error as error:
        raise FileFormatError(f"{source}, line {reader.reader.line_num} is not CSV ({error}): mend the line") from None


def _record(content: dict[str, Any], where: str) -> Record:
    record: Record = {}
    for name in ("text", "lang"):
        if name not in content:
            raise FileFormatError(f"{where} has no {name!r}: each document needs text and lang")
        if not isinstance(content[name], str):
            raise FileFormatError(f"{where}: {name!r} is {content[name]!r}, not text: mend the line")
    record["text"] = content["text"]
    record["lang"] = content["lang"]
    try:
        normalize_language(content["lang"])
    except InputError as error:
        raise FileFormatError(f"{where}: {error}") from None
    if content.get("label") is not None:
        record["label"] = str(content["label"])
    if content.get("id") is not None:
        record["id"] = str(content["id"])
    return record


_READERS = {
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".json": _read_json_lines,
    ".csv": _read_table,
    ".tsv": _read_table,
}
