"""Rows of delimited text, with quotation marks that quote a field or are part of the text.

CSV quotes fields; most TSV of this field does not. A quotation mark that is text opens a quotation that ends rows
later, and a reader that believes it makes one row of all these. So whether a quotation spans lines is decided by the
lines: where these are rows themselves, with as many fields as the heading, a language and an id, the mark is text.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from gloctm.errors import InputError
from gloctm.files.encodings import LONGEST_LINE

Quoting = Literal["auto", "none", "csv"]

# After this many lines that are rows each, a quotation that goes on is none.
_ENOUGH_ROWS = 8
_LONE_RETURN = re.compile(r"\r(?!\n|$)")
NEVER_CLOSED = "a quotation that begins here is never closed"
SPANNING = "cell spans lines"
LITERAL = "quotation mark is read as text, since the lines that it would join are rows"
WRONG_WIDTH = " has not as many fields as the heading"
_NO_QUOTATION = "text follows the quotation mark that closes a field"


def check_quoting(quoting: str) -> None:
    """Raise InputError unless this is a way of quoting."""
    if quoting not in get_args(Quoting):
        raise InputError(f"quoting is {quoting!r}: it must be auto, none or csv")


class Line(NamedTuple):
    """A line of a table: its number from one, the text with its end, and what is wrong with its bytes, if anything."""

    number: int
    text: str
    finding: str | None = None


class Row(NamedTuple):
    """A row: its fields, None where it is malformed; the lines it was read from; and what is to be said of it."""

    fields: list[str] | None
    lines: list[Line]
    finding: str = ""


class PutBack:
    """Lines that can be put back, to be given again."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._again: list[Line] = []

    def pull(self) -> Line | None:
        """Return the next line; None at the end."""
        return self._again.pop() if self._again else next(self._lines, None)

    def put_back(self, lines: Sequence[Line]) -> None:
        """Give these lines again, in this order, before all others."""
        self._again += reversed(lines)


@dataclass
class RowReader:
    """Reads the rows of a table below its heading.

    Attributes:
        lines: the lines.
        delimiter: what separates fields.
        quoting: whether quotation marks quote: ``auto`` decides by the lines.
        width: how many fields the heading has.
        language: the position of the language among them, if there is one.
        identifier: the position of the id.
        is_language: whether a text names a language.
        nameless: how many columns without a name the heading has at its end.
    """

    lines: PutBack
    delimiter: str
    quoting: Quoting
    width: int
    language: int | None
    identifier: int | None
    is_language: Callable[[str], bool]
    nameless: int = 0

    def next(self) -> Row | None:
        """Return the next row that is not blank; None at the end."""
        while (line := self.lines.pull()) is not None:
            text = line.text.rstrip("\r\n")
            if not text:
                continue
            if self.quoting == "none" or '"' not in text:
                fields = self._trimmed(text.split(self.delimiter))
                if len(fields) != self.width and (pieces := self._rows_between_returns(line)):
                    self.lines.put_back(pieces)
                    continue
                return self._checked(fields, [line])
            if (quoted := self._quoted_within(line)) is not None:
                return Row(quoted, [line])
            return self._quoted_as_csv(line) if self.quoting == "csv" else self._quoted_or_not(line)
        return None

    def _quoted_within(self, line: Line) -> list[str] | None:
        """Return the fields of a line that is a row of CSV by itself, as most are; else None."""
        try:
            fields = self._trimmed(next(csv.reader((line.text,), delimiter=self.delimiter, strict=True)))
        except csv.Error:
            return None
        return fields if self._fits(fields) else None

    def _quoted_as_csv(self, line: Line) -> Row:
        fields, taken, finding = self._quoted(line)
        if fields is None:
            self.lines.put_back(taken[1:])
            return Row(None, taken[:1], f" is not CSV ({finding})")
        return self._checked(self._trimmed(fields), taken)

    def _quoted_or_not(self, line: Line) -> Row:
        fields, taken, finding = self._quoted(line)
        fields = None if fields is None else self._trimmed(fields)
        plain = self._plain(line)
        if fields is not None and self._fits(fields) and not (len(taken) > 1 and self._are_rows(taken)):
            return Row(fields, taken, SPANNING if len(taken) > 1 else "")
        if plain is not None and self._fits(plain):
            self.lines.put_back(taken[1:])
            return Row(plain, taken[:1], LITERAL if len(taken) > 1 else "")
        if len(taken) == 1 and (other := self._otherwise_quoted(line)) is not None:
            return Row(other, taken)
        if fields is not None and len(fields) == self.width:
            # With a language that is none, of which the reader will tell.
            return Row(fields, taken)
        self.lines.put_back(taken[1:])
        if pieces := self._rows_between_returns(line):
            self.lines.put_back(pieces[1:])
            return Row(self._plain(pieces[0]), [pieces[0]])
        if fields is None:
            return Row(None, taken[:1], f" is not CSV ({finding})")
        return Row(None, taken[:1], WRONG_WIDTH)

    def _quoted(self, first: Line) -> tuple[list[str] | None, list[Line], str]:
        """Return the fields as CSV has them, None where it is none; the lines taken; and what is wrong."""
        taken = [first]
        finding = NEVER_CLOSED

        def texts() -> Iterator[str]:
            nonlocal finding
            size = len(first.text)
            yield first.text
            # A quotation mark that is never closed would make a field of all the rest.
            while size <= LONGEST_LINE:
                if (
                    self.quoting == "auto"
                    and len(taken) == 1 + _ENOUGH_ROWS
                    and self._are_rows(taken, all_of_them=True)
                ):
                    return
                line = self.lines.pull()
                if line is None:
                    return
                taken.append(line)
                size += len(line.text)
                yield line.text

        try:
            return next(csv.reader(texts(), delimiter=self.delimiter, strict=True)), taken, ""
        except csv.Error as error:
            if "field limit" in str(error):
                finding = f"a field is longer than {LONGEST_LINE:,} characters"
            elif str(error) != "unexpected end of data":
                finding = _NO_QUOTATION
                if len(taken) > 1:
                    finding += f" in line {taken[-1].number}, in a row that begins here"
        return None, taken, finding

    def _otherwise_quoted(self, line: Line) -> list[str] | None:
        """Return the fields of a line by how some quote: after a space, with text behind, or with backslashes."""
        for settings in ({"skipinitialspace": True}, {"strict": False}, {"escapechar": "\\", "doublequote": False}):
            try:
                fields = self._trimmed(next(csv.reader([line.text], delimiter=self.delimiter, **settings)))
            except csv.Error:
                continue
            if self._fits(fields):
                return fields
        return None

    def _plain(self, line: Line) -> list[str] | None:
        fields = self._trimmed(line.text.rstrip("\r\n").split(self.delimiter))
        return fields if len(fields) == self.width else None

    def _trimmed(self, fields: list[str]) -> list[str]:
        """Drop surplus empty fields at the end, as spreadsheets leave there, and those of columns without a name."""
        if len(fields) > self.width and not any(field.strip() for field in fields[self.width + self.nameless :]):
            return fields[: self.width]
        return fields

    def _checked(self, fields: list[str], taken: list[Line]) -> Row:
        if len(fields) == self.width:
            return Row(fields, taken, SPANNING if len(taken) > 1 else "")
        self.lines.put_back(taken[1:])
        return Row(None, taken[:1], WRONG_WIDTH)

    def _fits(self, fields: Sequence[str]) -> bool:
        """Whether these are as many fields as the heading's, the language among them one or empty."""
        if len(fields) != self.width:
            return False
        language = "" if self.language is None else fields[self.language].strip()
        return not language or self.is_language(language)

    def _are_rows(self, taken: Sequence[Line], *, all_of_them: bool = False) -> bool:
        """Whether the lines of a quotation are rows by themselves, so that the mark that begins it is text."""
        first = self._plain(taken[0])
        if first is None or not self._fits(first):
            return False
        if self.width == 1:
            # Nothing tells but what is usual.
            return self.delimiter == "\t"
        lines = [line for line in taken[1:] if line.text.strip()]
        rows = [row for line in lines if (row := self._plain(line)) is not None and self._fits(row)]
        proven = sum(self._is_proven(row, first) for row in rows)
        if all_of_them:
            return proven == len(lines)
        return proven >= len(lines) / 2

    def _is_proven(self, row: Sequence[str], first: Sequence[str]) -> bool:
        """Whether more than the number of its fields says that this is a row; prose has commas, but hardly tabs."""
        if self.delimiter == "\t" or (self.language is not None and row[self.language].strip()):
            return True
        if self.identifier is None:
            return False
        mine, other = row[self.identifier], first[self.identifier]
        return mine != other and mine.isdigit() and other.isdigit()

    def _rows_between_returns(self, line: Line) -> list[Line]:
        """Return the rows of a line in which carriage returns end rows; none where they don't."""
        if self.quoting == "csv" or not _LONE_RETURN.search(line.text):
            return []
        pieces = [Line(line.number, text, line.finding) for text in _LONE_RETURN.split(line.text) if text.strip()]
        rows = [self._plain(piece) for piece in pieces]
        return pieces if all(row is not None and self._fits(row) for row in rows) else []
