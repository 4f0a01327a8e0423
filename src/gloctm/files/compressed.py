"""Files of text that may be compressed with gzip, xz or bzip2."""

from __future__ import annotations

import contextlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from gloctm.errors import FileFormatError, InputError

#: What a compressed file begins with, by how its name ends.
COMPRESSIONS = {".gz": b"\x1f\x8b", ".xz": b"\xfd7zXZ\x00", ".bz2": b"BZh"}


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacked: by the ending of its name or, where that says nothing, by its first bytes."""
    with reading(path), contextlib.ExitStack() as stack:
        raw = stack.enter_context(path.open("rb"))
        beginning = raw.peek(8)
        compression = path.suffix
        if compression not in COMPRESSIONS:
            compression = next((name for name, mark in COMPRESSIONS.items() if beginning.startswith(mark)), "")
        unpacked: object = raw
        if compression and not beginning:
            raise FileFormatError(f"{path} is empty, not even an archive: get the file again")
        # Imported here, since a Python may have been built without one of them.
        if compression == ".gz":
            import gzip

            unpacked = stack.enter_context(gzip.GzipFile(fileobj=raw))
        elif compression == ".xz":
            import lzma

            unpacked = stack.enter_context(lzma.LZMAFile(raw))
        elif compression == ".bz2":
            import bz2

            unpacked = stack.enter_context(bz2.BZ2File(raw))
        # A buffer around an archive, whose own hands out lines one by one through Python.
        yield raw if unpacked is raw else io.BufferedReader(cast(io.RawIOBase, unpacked), 2**16)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise errors of reading a file as the package's."""
    try:
        yield
    except FileNotFoundError:
        raise FileFormatError(f"{path} does not exist: check its name") from None
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from None
    except ImportError as error:
        raise InputError(f"{path} can't be unpacked by this Python ({error}): unpack it first") from None
    except Exception as error:
        # By its name, since the module may be missing.
        if type(error).__name__ != "LZMAError":
            raise
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> FileFormatError:
    if isinstance(error, OSError) and error.errno is not None:
        return FileFormatError(f"{path} can't be read ({error.strerror}): give a file that can")
    return FileFormatError(f"{path} is damaged, cut short or not what its name says ({error}): get the file again")
