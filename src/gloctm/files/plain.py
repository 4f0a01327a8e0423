"""Opening files that are input: plain files alone, never what a link, a pipe or a device leads to."""

from __future__ import annotations

import json
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Any

from gloctm.errors import FileFormatError

#: Bytes of JSON that are read without further reason: manifests of the largest corpora have a fraction of that.
MOST_JSON = 64 * 2**20

# A mean of this many bytes per word is far beyond any vocabulary.
_WORD_BYTES = 1024

_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


def check_plain(path: str | os.PathLike[str], status: os.stat_result) -> None:
    """Raise FileFormatError unless a status, of ``os.lstat`` or ``os.fstat``, is that of a plain file."""
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise FileFormatError(f"{path} is {kind}, not a plain file: put the file itself in its place")


def open_plain(path: str | os.PathLike[str]) -> BufferedReader:
    """Open a plain file for reading bytes, without following a link or waiting at a pipe.

    Raises:
        FileFormatError: it is something else than a plain file.
        OSError: it is missing, or can't be read.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = pathlib.Path(folder, "file").write_bytes(b"content")
        ...     with open_plain(pathlib.Path(folder, "file")) as stream:
        ...         stream.read()
        b'content'
    """
    # Before it is opened, since opening some devices does something.
    check_plain(path, os.lstat(path))
    # Should it have been replaced meanwhile, opening neither follows a link nor waits.
    flags = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK"))
    stream = open(path, "rb", opener=lambda name, usual: os.open(name, usual | flags))  # noqa: SIM115  # returned
    try:
        check_plain(path, os.fstat(stream.fileno()))
    except BaseException:
        stream.close()
        raise
    return stream


def most_json_of(words: int) -> int:
    """Return how many bytes of JSON the lists of these words may have."""
    return MOST_JSON + _WORD_BYTES * words


def size_of(stream: BufferedReader) -> int:
    """Return the size of an open file in bytes."""
    return os.fstat(stream.fileno()).st_size


def read_json_stream(stream: BufferedReader, path: Path, cure: str, most: int = MOST_JSON) -> Any:
    """Read an open file of JSON.

    Args:
        stream: the file.
        path: for messages.
        cure: what to do about damage; ends the sentence.
        most: bytes; a larger file is not read.

    Raises:
        FileFormatError: it is larger, or no JSON.
    """
    if (size := size_of(stream)) > most:
        raise FileFormatError(f"{path} is damaged: it has more than {most:,} bytes; {cure}")
    try:
        return json.loads(stream.read(size).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path} is damaged: not valid JSON ({error}); {cure}") from None


def read_plain_json(path: Path, cure: str = "copy it again", most: int = MOST_JSON) -> Any:
    """Read a plain file of JSON.

    Args:
        path: the file.
        cure: what to do about damage; ends the sentence.
        most: bytes; a larger file is not read.

    Raises:
        FileFormatError: it is missing, no plain file, larger, or no JSON.
    """
    try:
        with open_plain(path) as stream:
            return read_json_stream(stream, path, cure, most)
    except FileNotFoundError:
        raise FileFormatError(f"{path.parent} is incomplete: {path.name} is missing; {cure}") from None
