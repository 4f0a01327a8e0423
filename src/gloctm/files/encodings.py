"""How bytes become lines of text, whatever the encoding."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from gloctm.errors import FileFormatError, InputError

# Bytes that a file of one of these encodings may begin with, and what it then is; the longer ones first.
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}

# Python's codecs for names in addresses and for text in programs, which no file is written in.
_NOT_OF_FILES = ("idna", "punycode", "raw_unicode_escape", "unicode_escape")

# How much is read at a time of encodings whose lines can't be found byte by byte.
_CHUNK = 2**20
#: Bytes of a line or a document, and characters of one that spans lines: nothing else bounds what an archive of some
#: kilobytes unpacks to. A character may take four bytes of memory, in the line and once more in what it says.
LONGEST_LINE = 2**26


@dataclass(frozen=True)
class Encoding:
    """An encoding of text.

    Attributes:
        name: for messages, as in ``UTF-8``.
        codec: Python's name for it, with the order of the bytes where that matters.
        newline: a line feed in it.
    """

    name: str
    codec: str
    newline: bytes

    @classmethod
    def of(cls, encoding: str) -> Encoding:
        """Return the encoding of a name such as ``utf-8``, ``cp1252`` or ``utf-16``.

        Raises:
            InputError: there is no such encoding.
        """
        try:
            codec = codecs.lookup(encoding).name
            if codec.replace("-", "_") in _NOT_OF_FILES:
                raise LookupError(codec)
            if codec == "utf-8-sig":
                # The mark at the beginning is dropped in any case, and only there.
                codec = "utf-8"
            # A codec that marks the beginning marks each text it is given.
            mark = "".encode(codec)
            newline = "\n".encode(codec)[len(mark) :]
        except (LookupError, ValueError, TypeError):
            # A ValueError: the name holds a null character, or the codec refuses everything.
            raise InputError(
                f"{encoding!r} is not an encoding of text: use one such as utf-8, utf-16, cp1252, gb18030 or shift_jis"
            ) from None
        return cls(codec.replace("_", "-").upper(), codec, newline)

    def at(self, beginning: bytes) -> Encoding:
        """Return the encoding of a stream that begins so, and what ends its lines.

        UTF-16 and UTF-32 give their byte order there, and are known by it where UTF-8 is expected, which never begins
        so: spreadsheets write their "Unicode text" like this. Lines that end in carriage returns alone, as old
        spreadsheets write them, are known by a beginning that has these and no line feed.
        """
        codec, newline = self.codec, self.newline
        if codec == "utf-8" and (marked := _marked(beginning)):
            return Encoding.of(marked[: len("utf-16")]).at(beginning)
        if codec in ("utf-16", "utf-32"):
            codec = f"{self.codec}-{sys.byteorder[0]}e"
            for mark, marked in _BYTE_ORDER_MARKS.items():
                if marked.startswith(self.codec) and beginning.startswith(mark):
                    codec = marked
            newline = "\n".encode(codec)
        mark = "".encode(codec)
        returned = "\r".encode(codec)[len(mark) :]
        # One at the very end may be half of an ending of two characters.
        if _is_in(returned, beginning[: -len(returned)]) and not _is_in(newline, beginning):
            newline = returned
        return Encoding(self.name, codec, newline)

    def describe_failure(self, line: bytes, error: UnicodeDecodeError, *, number: int = 1) -> str:
        """Return what is wrong with a line that is not in this encoding, continuing ``FILE, line N``."""
        finding = f" is not {self.name} text (byte {error.start + 1} of the line)"
        for mark, codec in _BYTE_ORDER_MARKS.items():
            if number == 1 and self.codec == "utf-8" and line.startswith(mark):
                return f"{finding} but looks like {codec[:6].upper()}"
        return finding


def _marked(beginning: bytes) -> str | None:
    return next((codec for mark, codec in _BYTE_ORDER_MARKS.items() if beginning.startswith(mark)), None)


def _is_in(character: bytes, text: bytes) -> bool:
    """Return whether a text has a character, whose bytes are at a multiple of their number."""
    at = text.find(character)
    while at >= 0 and at % len(character):
        at = text.find(character, at + 1)
    return at >= 0


UNDECODABLE = "convert the file, or name its encoding with --encoding, such as cp1252 or utf-16"


def byte_lines(source: str, stream: BinaryIO, encoding: Encoding, *, first: int = 1) -> Iterator[tuple[int, bytes]]:
    """Yield the number of each line and its bytes, the end kept; only a line feed, or what ``at`` found, ends one.

    Args:
        source: the file, for messages.
        stream: where from; read as it goes.
        encoding: that of the stream, see ``Encoding.at``.
        first: the number of the first line in the stream.

    Raises:
        FileFormatError: a line is longer than ``LONGEST_LINE``.
    """
    if encoding.newline == b"\n":
        lines = iter(partial(stream.readline, LONGEST_LINE + 1), b"")
    else:
        lines = _split_lines(stream, encoding.newline)
    for number, line in enumerate(lines, start=first):
        if len(line) > LONGEST_LINE:
            raise FileFormatError(
                f"{source}, line {number} is longer than {LONGEST_LINE:,} bytes: write a document per line, or split it"
            )
        yield number, line


def whole_document(source: str, stream: BinaryIO) -> bytes:
    """Return the rest of a stream, which is one document.

    Raises:
        FileFormatError: it is longer than ``LONGEST_LINE``.
    """
    raw = stream.read(LONGEST_LINE + 1)
    if len(raw) > LONGEST_LINE:
        raise FileFormatError(f"{source} is longer than {LONGEST_LINE:,} bytes and one document: split it")
    return raw


def decode_line(line: bytes, encoding: Encoding, number: int) -> str:
    """Return a line as text; a byte order mark before the first one is dropped.

    Raises:
        UnicodeDecodeError: it is not in this encoding.
    """
    text = line.decode(encoding.codec)
    return text.removeprefix("\ufeff") if number == 1 else text


def decode_anyway(line: bytes, encoding: Encoding) -> str:
    """Return a line that is not in this encoding as text nevertheless, to recognize it by."""
    return line.decode(encoding.codec, "replace")


def decoded_lines(source: Path, stream: Iterable[bytes]) -> Iterator[str]:
    """Yield lines of UTF-8, their ends kept; only a line feed ends one, and a byte order mark is dropped.

    Raises:
        FileFormatError: a line is not UTF-8; the message has its number.
    """
    encoding = Encoding.of("utf-8")
    for number, line in enumerate(stream, start=1):
        try:
            yield decode_line(line, encoding, number)
        except UnicodeDecodeError as error:
            raise FileFormatError(
                f"{source}, line {number}{encoding.describe_failure(line, error, number=number)}: convert the file"
            ) from None


def _split_lines(stream: BinaryIO, newline: bytes) -> Iterator[bytes]:
    """Yield lines that end in these bytes, at a multiple of their number."""
    width = len(newline)
    buffer = bytearray()
    searched = 0
    while chunk := stream.read(_CHUNK):
        buffer += chunk
        begin = 0
        while (found := buffer.find(newline, searched)) >= 0:
            if found % width:
                searched = found + 1
                continue
            searched = found + width
            yield bytes(buffer[begin:searched])
            begin = searched
        del buffer[:begin]
        if len(buffer) > LONGEST_LINE:
            break
        searched = max(0, len(buffer) - width + 1)
    if buffer:
        yield bytes(buffer)
