"""Rows of CSV and TSV, whatever separates the fields, and how to go on after a malformed one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from gloctm.files.encodings import UNDECODABLE, Encoding, byte_lines, decode_anyway, decode_line
from gloctm.reading.dropped import BadRows
from gloctm.reading.tables import check_columns

# A field can be as long as this; a quotation mark that is never closed would make one of all the rest.
_LONGEST_FIELD = 2**28
_DELIMITERS = (",", "\t", ";", "|")
# How Python's reader says that the lines end within a quotation.
_NEVER_CLOSED = "unexpected end of data"


def read_delimited(
    source: str,
    stream: io.BufferedReader,
    required: Sequence[str],
    optional: Sequence[str],
    *,
    usual_delimiter: str,
    encoding: Encoding,
    bad_rows: BadRows,
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the place of each row of a table with a heading, and its values by column.

    An empty cell is a value that is not there, except in the first column of ``required``, where it is an empty text.

    Args:
        source: the file, for messages.
        stream: its bytes.
        required: the columns that must be there, that of the text first.
        optional: the columns that are wanted where they are there.
        usual_delimiter: what separates the fields; another one is recognized by the heading.
        encoding: that of the text.
        bad_rows: collects what can't be read.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    lines = _Lines(source, stream, encoding, bad_rows)
    text_column = required[0]
    reader = csv.reader(lines, delimiter=_find_delimiter(lines, usual_delimiter, text_column), strict=True)
    try:
        # Blank lines before the heading are passed over, as everywhere.
        names = [name.strip() for name in next((names for names in reader if names), [])]
    except csv.Error as error:
        raise bad_rows.error("".join(lines.describe(error)) + ": correct the line") from None
    if lines.failure is not None:
        # In a heading of several lines, which all rows depend on.
        lines.refuse()
    if not names:
        raise bad_rows.error(f"{source} is empty: its first line must name the columns, {text_column!r} among them")
    check_columns(source, names, required, bad_rows)
    # Spreadsheets leave columns without a name at the end.
    double = next((name for name in names if name and names.count(name) > 1), None)
    if double is not None:
        raise bad_rows.error(f"{source} has two columns {double!r}: name each column differently")
    positions = [(name, names.index(name)) for name in (*required, *optional) if name in names]
    width = len(names)
    while True:
        lines.begin_row()
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            where, finding = lines.describe(error)
            bad_rows.meet(where, finding, "correct the line", text=lines.retry())
            continue
        if lines.failure is not None:
            bad_rows.meet(*lines.failure, UNDECODABLE, text=lines.text())
        elif len(row) == width:
            # A row of several lines is named by its last.
            where = f"{source}, line {lines.number}"
            yield where, {name: row[at] for name, at in positions if row[at] or name == text_column}
        elif row:
            finding = " has not as many fields as the heading"
            bad_rows.meet(f"{source}, line {lines.number}", finding, "correct or remove the line", text=lines.text())


class _Lines:
    """Lines of a table as text, that remembers those of the row being read, to begin again after a malformed one.

    Attributes:
        number: that of the line last given.
        begun: that of the first line of the row.
        failure: where a line of the row could not be decoded, and what to say of it.
    """

    def __init__(self, source: str, stream: io.BufferedReader, encoding: Encoding, bad_rows: BadRows) -> None:
        self._source = source
        self._lines = iter(byte_lines(stream, encoding))
        self._encoding = encoding
        self._bad_rows = bad_rows
        # Lines with what is wrong with them; rows are remembered only where malformed ones are skipped.
        self._row: list[tuple[str, str | None]] = []
        self._again: list[tuple[str, str | None]] = []
        self.number = 0
        self.begun = 1
        self.failure: tuple[str, str] | None = None

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        finding = None
        if self._again:
            line, finding = self._again.pop()
            self.number += 1
        else:
            raw = next(self._lines)
            self.number += 1
            try:
                line = decode_line(raw, self._encoding, self.number)
            except UnicodeDecodeError as error:
                finding = self._encoding.describe_failure(raw, error, number=self.number)
                line = decode_anyway(raw, self._encoding)
        if finding is not None:
            self.failure = self.failure or (f"{self._source}, line {self.number}", finding)
            if not self._bad_rows.skips:
                self.refuse()
        if self._bad_rows.skips:
            self._row.append((line, finding))
        return line

    def first(self) -> str:
        """Return the next line that is not blank, which will be given again; empty at the end."""
        line = next((line for line in self if line.strip()), "")
        if self.failure is not None:
            self.refuse()
        if line:
            self._again.append((line, None))
            self.number -= 1
        return line

    def begin_row(self) -> None:
        """Forget the lines of the row before."""
        self._row.clear()
        self.begun = self.number + 1
        self.failure = None

    def describe(self, error: csv.Error) -> tuple[str, str]:
        """Return the place of a malformed row, and what is wrong with it."""
        if str(error) == _NEVER_CLOSED:
            # Which the reader notices at the end of the file.
            return f"{self._source}, line {self.begun}", " is not CSV (a quotation that begins here is never closed)"
        if self._bad_rows.skips or self.number == self.begun:
            return f"{self._source}, line {self.begun}", f" is not CSV ({error})"
        return (
            f"{self._source}, line {self.number}",
            f" is not CSV ({error}, in a row that begins at line {self.begun})",
        )

    def text(self) -> str:
        """Return the row as written."""
        return "".join(line for line, _ in self._row).strip()

    def retry(self) -> str:
        """Give up only the first line of the row, which may have opened a quotation never closed; return it."""
        if not self._row:
            return ""
        self._again += reversed(self._row[1:])
        self.number -= len(self._row) - 1
        return self._row[0][0].strip()

    def refuse(self) -> NoReturn:
        """Raise for the line that could not be decoded."""
        where, finding = self.failure or (self._source, "")
        raise self._bad_rows.error(f"{where}{finding}: {UNDECODABLE}") from None


def _find_delimiter(lines: _Lines, usual: str, text_column: str) -> str:
    """Return what separates the fields of the heading: the usual, unless only another gives a column of the text.

    If none does, return what gives most columns: a message will list them.
    """
    heading = lines.first()
    if heading.startswith("sep=") and len(heading.strip()) == len("sep=") + 1:
        # Spreadsheets write this line for each other.
        next(lines)
        return heading[len("sep=")]
    likeliest, most = usual, 0
    for delimiter in (usual, *_DELIMITERS):
        try:
            names = next(csv.reader([heading], delimiter=delimiter), [])
        except csv.Error:
            continue
        if text_column in (name.strip() for name in names):
            return delimiter
        if len(names) > most:
            likeliest, most = delimiter, len(names)
    return likeliest
