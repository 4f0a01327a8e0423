"""Rows of CSV and TSV, whatever separates the fields, and how to go on after a malformed one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gloctm.files.encodings import LONGEST_LINE, UNDECODABLE, Encoding, byte_lines, decode_anyway, decode_line
from gloctm.inert import columns_of_inert, from_cell
from gloctm.languages import is_language
from gloctm.reading.columns import Chooser
from gloctm.reading.dropped import BadRows
from gloctm.reading.quoting import NEVER_CLOSED, Line, PutBack, Quoting, RowReader
from gloctm.reading.values import cell_value

_DELIMITERS = (",", "\t", ";", "|")
_CORRECT = "correct the line"
_MISSING = "{} is a sign for a missing value, so the document has none"


def read_delimited(
    source: str,
    stream: io.BufferedReader,
    chooser: Chooser,
    *,
    usual_delimiter: str,
    quoting: Quoting,
    encoding: Encoding,
    bad_rows: BadRows,
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the place of each row of a table with a heading, and its values by column.

    An empty cell is a value that is not there, except in the column of the text, where it is an empty text. In a table
    that this package wrote, an apostrophe before what spreadsheets take as a formula is not part of a cell, see
    ``gloctm.inert``.

    Args:
        source: the file, for messages.
        stream: its bytes.
        chooser: says which columns are wanted.
        usual_delimiter: what separates the fields; another one is recognized by the heading.
        quoting: whether quotation marks quote fields.
        encoding: that of the text.
        bad_rows: collects what can't be read.
    """
    csv.field_size_limit(LONGEST_LINE)
    lines = PutBack(_decoded(source, stream, encoding))
    delimiter, names, nameless, text_of = _read_heading(source, lines, chooser, usual_delimiter, quoting, bad_rows)
    if not names:
        raise bad_rows.error(f"{source} is empty: its first line must name the columns, 'text' among them")
    chosen = chooser.choose(source, names)
    double = next((name for name in names if name and names.count(name) > 1), None)
    if double is not None:
        raise bad_rows.error(f"{source} has two columns {double!r}: name each column differently")
    text_column = chosen["text"]
    place = {field: names.index(name) for field, name in chosen.items()}
    # One column may be two things, as an id and a label.
    positions = [(name, names.index(name)) for name in dict.fromkeys(chosen.values())]
    # Their cells are numbers, or signs that there is none, of which nothing else tells.
    named = [field for field in ("label", "id") if chosen.get(field) not in (None, text_column, chosen.get("lang"))]
    rows = RowReader(lines, delimiter, quoting, len(names), place.get("lang"), place.get("id"), is_language, nameless)
    while (row := rows.next()) is not None:
        # A row of several lines is named by its last.
        where = f"{source}, line {row.lines[-1].number}"
        undecoded = next((line for line in row.lines if line.finding), None)
        if undecoded is not None:
            at = f"{source}, line {undecoded.number}"
            bad_rows.meet(at, undecoded.finding or "", UNDECODABLE, text=_written(row.lines))
        elif row.fields is None:
            cure = _CORRECT if "CSV" in row.finding else "correct or remove the line"
            bad_rows.meet(where, row.finding, cure, text=_written(row.lines))
        else:
            if row.finding:
                bad_rows.notes.add(row.finding, where, row.lines[0].text)
            fields = row.fields
            content = {name: text_of(fields[at]) for name, at in positions if fields[at] or name == text_column}
            for field in named:
                if (cell := content.get(chosen[field])) is not None and (value := cell_value(cell)) != cell:
                    if value is None:
                        bad_rows.notes.add(_MISSING.format(field), where, cell)
                        del content[chosen[field]]
                    else:
                        content[chosen[field]] = value
            yield where, content


def _decoded(source: str, stream: io.BufferedReader, encoding: Encoding) -> Iterator[Line]:
    codec = encoding.codec
    for number, raw in byte_lines(source, stream, encoding):
        try:
            # Decoding here spares a call for each line but the first.
            yield Line(number, raw.decode(codec) if number > 1 else decode_line(raw, encoding, number))
        except UnicodeDecodeError as error:
            finding = encoding.describe_failure(raw, error, number=number)
            yield Line(number, decode_anyway(raw, encoding), finding)


def _written(lines: list[Line]) -> str:
    return "".join(line.text for line in lines).strip()


def _read_heading(
    source: str, lines: PutBack, chooser: Chooser, usual: str, quoting: Quoting, bad_rows: BadRows
) -> tuple[str, list[str], int, Callable[[str], str]]:
    """Return what separates the fields, the names of the columns, how many without a name follow, and a cell's text."""
    # Blank lines before the heading are passed over, as everywhere.
    taken: list[Line] = []
    while (line := lines.pull()) is not None and not line.text.strip():
        pass
    if line is None:
        return usual, [], 0, str
    if "\r" in line.text.rstrip("\r\n") and '"' not in line.text:
        # Rows end in carriage returns, at least these.
        first, *others = re.split(r"\r(?!\n)", line.text)
        lines.put_back([Line(line.number, text, line.finding) for text in others])
        line = Line(line.number, first, line.finding)
    delimiter = usual
    if line.finding is None and (own := columns_of_inert(line.text.rstrip("\r\n"))) is not None:
        return ",", own, 0, from_cell
    if line.text.startswith("sep=") and len(line.text.strip()) == len("sep=") + 1:
        # Spreadsheets write this line for each other.
        delimiter, line = line.text[len("sep=")], lines.pull() or Line(2, "")
    elif line.finding is None:
        delimiter = _find_delimiter(line.text, usual, chooser)
    taken = [line]

    def texts() -> Iterator[str]:
        yield taken[0].text
        while (more := lines.pull()) is not None:
            taken.append(more)
            yield more.text

    try:
        names = [] if quoting == "none" else next(csv.reader(texts(), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        # The rest may be longer than a field can be.
        is_open = str(error) == "unexpected end of data" or "field limit" in str(error)
        finding = NEVER_CLOSED if is_open else "text follows a quotation mark"
        raise bad_rows.error(f"{source}, line {line.number} is not CSV ({finding}): {_CORRECT}") from None
    if quoting == "none":
        names = line.text.rstrip("\r\n").split(delimiter)
    undecoded = next((each for each in taken if each.finding), None)
    if undecoded is not None:
        # All rows depend on the heading.
        raise bad_rows.error(f"{source}, line {undecoded.number}{undecoded.finding}: {UNDECODABLE}")
    if "\0" in line.text:
        raise bad_rows.error(f"{source} has null characters in its heading, as UTF-16 looks: {UNDECODABLE}")
    names = [name.strip() for name in names]
    # Spreadsheets leave columns without a name at the end.
    named = max((at for at, name in enumerate(names, start=1) if name), default=0)
    return delimiter, names[:named], len(names) - named, str


def _find_delimiter(heading: str, usual: str, chooser: Chooser) -> str:
    """Return what separates the fields of a heading: the usual, unless only another gives a column of the text.

    If none does, return what gives most columns: a message will list them.
    """
    likeliest, most = usual, 0
    for delimiter in (usual, *_DELIMITERS):
        try:
            names = [name.strip() for name in next(csv.reader([heading], delimiter=delimiter), [])]
        except csv.Error:
            continue
        if chooser.has_text(names):
            return delimiter
        if len(names) > most:
            likeliest, most = delimiter, len(names)
    return likeliest
