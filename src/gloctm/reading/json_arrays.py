"""Rows of JSON that is not an object on each line: an array of objects, or objects that span lines."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gloctm.files.encodings import LONGEST_LINE, UNDECODABLE, Encoding
from gloctm.reading.dropped import BadRows

# A line of JSON lines is an object, so none begins like this.
_BEGINNING = re.compile(r"\ufeff?\s*\[\s*\{")
_OBJECT = re.compile(r"\ufeff?\s*(\{[^\r\n]*)[\r\n]+\s*(\S)")
_CURE = "write each document as an object with its text"
_SPACE = re.compile(r"[ \t\r\n]*")
_CHUNK = 2**16
# Characters of a literal or an escape, more than any has.
_LONGEST_WORD = 16


def begins_json_array(beginning: bytes, encoding: Encoding) -> bool:
    """Return whether a file that begins with these bytes is an array of objects rather than lines of them."""
    text = codecs.getincrementaldecoder(encoding.codec)("replace").decode(beginning)
    return _BEGINNING.match(text) is not None


def begins_spread_object(beginning: bytes, encoding: Encoding) -> bool:
    """Return whether a file that begins with these bytes has an object that goes on after its first line."""
    text = codecs.getincrementaldecoder(encoding.codec)("replace").decode(beginning)
    if (found := _OBJECT.match(text)) is None:
        return False
    first, following = found[1].rstrip(), found[2]
    if not _cut_short(first) or (following == "{" and not first.endswith("[")):
        # Another object on the next line is the next of JSON lines.
        return False
    return not _fails_at(text[found.start(1) :], found.start(2) - found.start(1))


def _cut_short(text: str) -> bool:
    """Return whether text is JSON that lacks nothing but its end."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text)
    except (ValueError, RecursionError):
        return False
    return False


def _fails_at(text: str, position: int) -> bool:
    """Return whether the object that text begins with is malformed from here on, whatever may follow the text."""
    try:
        json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        return error.pos == position and not error.msg.startswith("Unterminated")
    except (ValueError, RecursionError):
        return True
    return False


def read_json_objects(
    source: str, stream: io.BufferedReader, encoding: Encoding, bad_rows: BadRows
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the place of each of several objects, one after another, and its values by key; see ``read_json_array``."""
    text = _Text(source, stream, encoding, bad_rows)
    number = 0
    while text.next():
        number += 1
        where = f"{source}, item {number}"
        item, written = text.item(where)
        if isinstance(item, dict):
            yield where, item
        else:
            bad_rows.meet(where, " is not a JSON object", _CURE, text=written)


def unwrapped(
    where: str, content: Mapping[str, Any], text: str | None, bad_rows: BadRows
) -> list[tuple[str, Mapping[str, Any]]] | None:
    """Return the rows of the one list that the only object of a file wraps; None where it wraps none.

    Args:
        where: the place of the object.
        content: the object.
        text: the key of the text; None if the object has none.
        bad_rows: raises if it is not clear which list holds the documents.
    """
    source = where.rpartition(", ")[0]
    if text is not None:
        if isinstance(content[text], list | dict):
            raise bad_rows.error(
                f"{source} is one object with the values of each column: write one object per document, as "
                "to_json(orient='records', lines=True) of pandas does"
            )
        return None
    lists = [key for key, value in content.items() if isinstance(value, list) and value and isinstance(value[0], dict)]
    if len(lists) > 1:
        raise bad_rows.error(
            f"{source} is one object with several lists ({', '.join(map(repr, lists))}): write the documents as one "
            "array, or as an object on each line"
        )
    if not lists:
        return None
    rows: list[tuple[str, Mapping[str, Any]]] = []
    for number, item in enumerate(content[lists[0]], start=1):
        place = f"{source}, {lists[0]!r}, item {number}"
        if isinstance(item, dict):
            rows.append((place, item))
        else:
            bad_rows.meet(place, " is not a JSON object", _CURE, text=str(item))
    return rows


def read_json_array(
    source: str, stream: io.BufferedReader, encoding: Encoding, bad_rows: BadRows
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the place of each object of an array, and its values by key; items count from one.

    The array is read piece by piece: memory holds an item and a little more. An item that is not JSON is an error in
    any case, since nothing after it has a known place.

    Args:
        source: the file, for messages.
        stream: its bytes.
        encoding: that of the text.
        bad_rows: collects what is no object.
    """
    text = _Text(source, stream, encoding, bad_rows)
    text.skip(1)
    number = 0
    while text.next() != "]":
        if number:
            if text.next() != ",":
                raise text.error(f"{source}, item {number} is followed by no comma: correct the file")
            text.skip(1)
            if text.next() == "]":
                # Programs that write one item after another leave a comma after the last.
                break
        number += 1
        where = f"{source}, item {number}"
        item, written = text.item(where)
        if isinstance(item, dict):
            yield where, item
        else:
            bad_rows.meet(where, " is not a JSON object", _CURE, text=written)
    text.skip(1)
    if text.next():
        raise text.error(f"{source} goes on after the end of its JSON array: give one array, or an object on each line")


class _Text:
    """The text of a stream, of which only what has not been used is held."""

    def __init__(self, source: str, stream: io.BufferedReader, encoding: Encoding, bad_rows: BadRows) -> None:
        self.error = bad_rows.error
        self._source = source
        self._stream = stream
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding.codec)()
        self._decode = json.JSONDecoder().raw_decode
        self._held = ""
        self._at = 0
        self._ended = False
        self._read(_CHUNK)
        self._held = self._held.removeprefix("\ufeff")

    def next(self) -> str:
        """Return the next character that is no white space, which stays where it is; empty at the end."""
        while True:
            found = _SPACE.match(self._held, self._at)
            self._at = self._at if found is None else found.end()
            if self._at < len(self._held) or self._ended:
                return self._held[self._at : self._at + 1]
            self._read(_CHUNK)

    def skip(self, characters: int) -> None:
        """Skip white space and then this many characters."""
        self.next()
        self._at += characters

    def item(self, where: str) -> tuple[Any, str]:
        """Return the next item, and how it begins."""
        self.next()
        size = _CHUNK
        while True:
            try:
                item, end = self._decode(self._held, self._at)
                # A number that the text held so far ends with may go on.
                if end < len(self._held) or self._ended:
                    written, self._at = self._held[self._at : min(end, self._at + 100)], end
                    return item, written
                reason = ""
            except json.JSONDecodeError as error:
                # What follows may complete a string, or what is malformed at the very end.
                is_open = error.msg.startswith("Unterminated") or error.pos > len(self._held) - _LONGEST_WORD
                reason = "" if is_open and not self._ended else error.msg
            except (ValueError, RecursionError) as error:
                reason = str(error)
            is_long = len(self._held) - self._at > LONGEST_LINE
            if is_long and not reason:
                raise self.error(f"{where} is longer than {LONGEST_LINE:,} characters: split it")
            if self._ended or is_long:
                raise self.error(f"{where} is not JSON ({reason}): correct the file")
            self._read(size)
            size = min(2 * size, LONGEST_LINE // 4)

    def _read(self, size: int) -> None:
        self._held, self._at = self._held[self._at :], 0
        raw = self._stream.read(size)
        self._ended = not raw
        try:
            self._held += self._decoder.decode(raw, final=self._ended)
        except UnicodeDecodeError:
            raise self.error(f"{self._source} is not {self._encoding.name} text: {UNDECODABLE}") from None
