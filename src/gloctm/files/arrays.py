"""Arrays of ``.npy`` and ``.npz`` files: their headers are checked before anything is read or allocated."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from gloctm.errors import FileFormatError
from gloctm.files.plain import size_of

#: The most numbers of a row of embeddings: real ones have some thousands.
MOST_DIMENSIONS = 2**20
# An archive that unpacks to more than this, and to more than a multiple of its size, is no counts of documents, unless
# its manifest has their number.
_MOST_UNPACKED, _MOST_RATIO = 2**28, 200


@dataclass(frozen=True)
class ArrayHeader:
    """What an ``.npy`` file says it holds.

    Attributes:
        shape: of the array.
        fortran: whether columns come first.
        dtype: of the numbers.
        offset: where they begin.
    """

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    offset: int

    @classmethod
    def of(cls, stream: IO[bytes], size: int) -> ArrayHeader:
        """Read the header of a file of this size; a ValueError if it is none, or does not fit the size."""
        version = npy.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version} of the format")
        shape, fortran, dtype = (npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0)(stream)
        found = cls(shape, fortran, dtype, stream.tell())
        if dtype.hasobject or any(number < 0 for number in shape):
            raise ValueError(f"shape {shape} of {dtype}")
        if found.offset + found.num_bytes != size:
            raise ValueError(f"{size} bytes for shape {shape} of {dtype}")
        return found

    @property
    def num_bytes(self) -> int:
        """How many bytes the numbers take."""
        return math.prod(self.shape) * self.dtype.itemsize


def map_array(stream: BufferedReader, path: Path, cure: str) -> NDArray[Any]:
    """Return the array of an open ``.npy`` file, which stays on disk.

    Args:
        stream: the file; it may be closed afterward.
        path: for messages.
        cure: what to do about damage; ends the sentence.

    Raises:
        FileFormatError: it is no ``.npy`` file, or not of the size that its header says.
    """
    try:
        header = ArrayHeader.of(stream, size_of(stream))
        if header.shape and header.shape[-1] > MOST_DIMENSIONS:
            raise ValueError(f"rows of {header.shape[-1]:,} numbers")
        if not header.num_bytes:
            return np.empty(header.shape, header.dtype)
        order: Literal["F", "C"] = "F" if header.fortran else "C"
        return np.memmap(stream, header.dtype, "r", header.offset, header.shape, order)
    except Exception as error:  # a damaged header raises nearly anything, errors of the tokenizer included
        raise FileFormatError(f"{path} is damaged ({error}): {cure}") from None


class Archive:
    """An ``.npz`` file whose headers have been read, but none of its arrays.

    Args:
        stream: the file.
        path: for messages.
        cure: what to do about damage; ends the sentence.

    Raises:
        FileFormatError: it is no such file, or an array is not of the size that its header says.
    """

    def __init__(self, stream: BufferedReader, path: Path, cure: str) -> None:
        self._stream, self._path, self._cure = stream, path, cure
        self.headers: Mapping[str, ArrayHeader]
        try:
            with zipfile.ZipFile(stream) as archive:
                members = {each.filename.removesuffix(".npy"): each for each in archive.infolist()}
                if len(members) < len(archive.infolist()):
                    raise ValueError("a name twice")
                found = {}
                for name, member in members.items():
                    with archive.open(member) as content:
                        found[name] = ArrayHeader.of(content, member.file_size)
                self.headers = found
        except Exception as error:  # a damaged archive raises nearly anything: zlib.error, NotImplementedError, ...
            raise self.fault(error) from None

    def check(self, sound: bool, *, counted: bool) -> None:
        """Raise FileFormatError unless the headers are sound, and the archive is none that unpacks to far too much.

        Args:
            sound: whether the headers are those that were expected.
            counted: whether their sizes were known, rather than taken from the headers.
        """
        if not sound:
            listed = ", ".join(f"{name} {each.shape} of {each.dtype}" for name, each in self.headers.items())
            raise self.fault(f"it holds {listed:.200}")
        total = sum(each.num_bytes for each in self.headers.values())
        if not counted and total > max(_MOST_UNPACKED, _MOST_RATIO * size_of(self._stream)):
            raise self.fault(f"it would take {total:,} bytes")

    def read(self) -> dict[str, NDArray[Any]]:
        """Read all arrays."""
        self._stream.seek(0)
        try:
            with np.load(self._stream, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in self.headers}
        except Exception as error:  # as above
            raise self.fault(error) from None

    def fault(self, reason: object) -> FileFormatError:
        """Return the error for a reason."""
        return FileFormatError(f"{self._path} is damaged ({reason}): {self._cure}")
