"""Arrays of safetensors files: what a file says it holds is known, and checked, before any of it is read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from gloctm.arrays import Array
from gloctm.errors import FileFormatError
from gloctm.files.plain import size_of

#: The largest number that an array of a model may hold: norms of what is larger overflow in single precision.
LARGEST = 1e15
# Bytes of a header; one of a thousand languages has a tenth of that.
_MOST_HEADER = 16 * 2**20
# The types of numpy's that may meet; this package writes the first two.
_DTYPES = {
    name: np.dtype(kind) for name, kind in {"F32": "f4", "I32": "i4", "F64": "f8", "F16": "f2", "I64": "i8"}.items()
}


@dataclass(frozen=True)
class TensorFile:
    """A safetensors file, opened but not read.

    Args:
        stream: the file.
        path: for messages.

    Attributes:
        stream: the file.
        path: for messages.
        shapes: of each array.
        dtypes: of each array; None for a type that numpy does not have, or that is of no use here.
    """

    stream: BufferedReader
    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, np.dtype[Any] | None]

    @classmethod
    def of(cls, stream: BufferedReader, path: Path, cure: str) -> TensorFile:
        """Read the header of a file.

        Raises:
            FileFormatError: it is none, or does not fit the size of the file.
        """
        size = size_of(stream)
        length = int.from_bytes(stream.read(8), "little")
        shapes, dtypes, total = {}, {}, 0
        try:
            if not 2 <= length <= min(size - 8, _MOST_HEADER):
                raise ValueError(f"a header of {length} bytes")
            header = json.loads(stream.read(length))
            header.pop("__metadata__", None)
            for name, each in header.items():
                shape, (start, stop) = tuple(each["shape"]), each["data_offsets"]
                if any(type(number) is not int or number < 0 for number in (*shape, start, stop)):
                    raise ValueError(f"a shape of {name!r:.60}")
                dtype = _DTYPES.get(each["dtype"])
                if dtype is not None and stop - start != math.prod(shape) * dtype.itemsize:
                    raise ValueError(f"the size of {name!r:.60}")
                shapes[name], dtypes[name], total = shape, dtype, total + stop - start
            if total != size - 8 - length:
                raise ValueError(f"{size - 8 - length} bytes for arrays of {total}")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise FileFormatError(f"{path} is damaged ({error}): {cure}") from None
        return cls(stream, path, shapes, dtypes)

    def read(self, cure: str) -> dict[str, Array]:
        """Read all arrays."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        self.stream.seek(0)
        try:
            return dict(load(self.stream.read()))
        except (SafetensorError, ValueError, KeyError) as error:
            raise FileFormatError(f"{self.path} is damaged ({error}): {cure}") from None


def fault_of(array: Array) -> str | None:
    """Return what is wrong with the numbers of an array, a half-sentence; None if nothing is.

    Example:
        >>> fault_of(np.array([1, np.inf], np.float32)), fault_of(np.zeros(3, np.float32))
        ('holds NaN or infinite numbers', None)
    """
    if not array.size:
        return None
    # One look at all numbers: the least and the largest are NaN if any is.
    least, largest = float(array.min()), float(array.max())
    if not (math.isfinite(least) and math.isfinite(largest)):
        return "holds NaN or infinite numbers"
    if max(-least, largest) > LARGEST:
        return f"holds numbers beyond {LARGEST:g}"
    return None
