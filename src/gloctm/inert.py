"""Text that others wrote, made harmless where it is shown: on a terminal, in a sentence, in a cell of a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from typing import IO, Any

# Control characters but tabs and line feeds, of C0 and C1; what reorders a line (Unicode TR 36), ends it, or is no
# character at all.
_ACTIVE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# What makes a spreadsheet read a cell as a formula, and what it reads as a number all the same. Apostrophes before it
# are kept apart from the one that is added.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?")
_QUOTED = re.compile(r"'+[=+\-@\t\r]")
# Longer words in a sentence are no words, and longer sentences no sentences.
_LONGEST_WORD = 300
_LONGEST_SENTENCE = 3_000


def inert(text: str) -> str:
    r"""Return a text for a terminal: what would move its cursor, color or reorder it becomes an escape.

    Example:
        >>> print(inert("red \x1b[31mlabel\x9b \u202eback"))
        red \x1b[31mlabel\x9b \u202eback
    """
    return _ACTIVE.sub(lambda found: _escape(found[0]), text)


def inert_json(text: str) -> str:
    r"""Return JSON for a terminal: the same value, with such characters as JSON's own escapes.

    Example:
        >>> print(inert_json('"\x9b"'))
        "\u009b"
    """
    return _ACTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def shortened(text: str, most: int = _LONGEST_SENTENCE) -> str:
    """Return a sentence in which words of more than 300 characters have lost their middle, and so has the whole.

    Args:
        text: the sentence.
        most: how many characters it may have.

    Example:
        >>> len(shortened("x" * 1_000_000 + " is too long: shorten it")) < 350
        True
    """
    if len(text) <= _LONGEST_WORD:
        return text
    words = (_without_middle(word, _LONGEST_WORD) for word in re.split(r"(\s+)", text))
    return _without_middle("".join(words), most)


def quoted(value: object) -> str:
    """Return a value as Python writes it, without its middle if it is long.

    Example:
        >>> quoted("de"), quoted(10**5_000)
        ("'de'", 'a number of 5,001 digits')
    """
    try:
        return _without_middle(repr(value), _LONGEST_WORD)
    except ValueError:
        # Python writes no integers of more than 4,300 digits.
        if isinstance(value, int):
            return f"a number of {int(value.bit_length() * math.log10(2)) + 1:,} digits"
        raise


def as_cell(value: Any) -> Any:
    """Return a cell of CSV: an apostrophe before what a spreadsheet would take as a formula, unless it is a number.

    Example:
        >>> as_cell("=1+1"), as_cell("-0.5"), as_cell(-0.5), as_cell("'=1")
        ("'=1+1", '-0.5', -0.5, "''=1")
    """
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def from_cell(cell: str) -> str:
    """Return the text that ``as_cell`` made a cell of.

    Example:
        >>> from_cell("'=1+1"), from_cell("''=1"), from_cell("'tis")
        ('=1+1', "'=1", "'tis")
    """
    return cell[1:] if cell[:1] == "'" and _QUOTED.match(cell) else cell


class CsvWriter:
    """Rows of CSV that are safe to open in a spreadsheet, and that reading documents gives back as they were.

    By its heading, a table with a column ``text`` is known as one of these: the first name alone is in quotation marks,
    which means nothing to others, and which others don't write.

    Args:
        stream: where to.
        columns: the heading.

    Example:
        >>> import sys
        >>> CsvWriter(sys.stdout, ["id", "score"]).rows([["=1+1", -0.5]])
        id,score
        '=1+1,-0.5
        >>> CsvWriter(sys.stdout, ["id", "text"]).rows([["=1+1", "rain"]])
        "id",text
        '=1+1,rain
    """

    def __init__(self, stream: IO[str], columns: Sequence[str]) -> None:
        self._usual = csv.writer(stream, lineterminator="\n")
        self._quoting = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
        if "text" in columns and len(columns) > 1:
            stream.write(_marked([as_cell(name) for name in columns]) + "\n")
        else:
            self.rows([columns])

    def rows(self, rows: Iterable[Iterable[Any]]) -> None:
        """Write rows, a value per column."""
        for row in rows:
            cells = [as_cell(value) for value in row]
            # Before Python 3.13, a carriage return alone is not reason enough to quote a cell.
            has_return = any(isinstance(cell, str) and "\r" in cell for cell in cells)
            (self._quoting if has_return else self._usual).writerow(cells)


def columns_of_inert(heading: str) -> list[str] | None:
    """Return the columns of a table of CSV that ``CsvWriter`` marked as its own; None for any other heading.

    Example:
        >>> columns_of_inert('"id",text')
        ['id', 'text']
        >>> columns_of_inert('"id","text"')
    """
    try:
        cells = next(csv.reader([heading]), [])
    except csv.Error:
        return None
    is_marked = len(cells) > 1 and heading == _marked(cells) != _row(cells)
    return [from_cell(cell) for cell in cells] if is_marked else None


def _marked(cells: Sequence[str]) -> str:
    return _row(cells[:1], quoting=csv.QUOTE_ALL) + "," + _row(cells[1:])


def _row(cells: Sequence[str], **how: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="", **how).writerow(cells)
    return text.getvalue()


def _escape(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode() if character > "\x7f" else f"\\x{ord(character):02x}"


def _without_middle(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    left_out = len(text) - most
    return f"{text[: most * 2 // 3]}…({left_out:,} more)…{text[-(most // 3) :]}"
