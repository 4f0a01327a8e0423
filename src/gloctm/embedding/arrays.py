"""Vectors that the user brings: arrays, ``.npy`` files, or a table from text to vector."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gloctm.embedding.encoder import Embeddings
from gloctm.errors import FileFormatError, InputError


class ArrayEncoder:
    """An encoder that looks vectors up in an array instead of computing them.

    Args:
        texts: the text (or word) of each row.
        vectors: their vectors, ``(texts, dimension)``, or the path of a ``.npy`` file with them.
        name: what a saved corpus calls them.

    Example:
        >>> ArrayEncoder(["red", "rot"], [[1.0, 0.0], [0.9, 0.1]]).encode(["rot"])
        array([[0.9, 0.1]], dtype=float32)
    """

    def __init__(self, texts: Sequence[str], vectors: Embeddings | str | os.PathLike[str], name: str = "array") -> None:
        self._vectors = load_embeddings(vectors)
        if len(texts) != len(self._vectors):
            raise InputError(
                f"{len(texts)} texts but {len(self._vectors)} vectors: an array encoder needs one row per text"
            )
        self._rows = {text: row for row, text in enumerate(texts)}
        self.name = name
        self.version = hashlib.sha256(np.ascontiguousarray(self._vectors).tobytes()).hexdigest()[:16]

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return vectors ``(texts, dimension)``; a text that has none is an InputError."""
        missing = [text for text in texts if text not in self._rows]
        if missing:
            raise InputError(
                f"{len(missing)} texts have no vector in the array given, the first {missing[0][:40]!r}: add their rows"
            )
        return np.asarray(self._vectors[[self._rows[text] for text in texts]], np.float32)


def load_embeddings(source: Any) -> Embeddings:
    """Return a 2-D float32 array from an array or the path of a ``.npy`` file.

    Raises:
        InputError: not two-dimensional or not numbers.
        FileFormatError: the file is missing, cut short or not ``.npy``.

    Example:
        >>> load_embeddings([[1, 2], [3, 4]])
        array([[1., 2.],
               [3., 4.]], dtype=float32)
    """
    where, array = "the array", source
    if isinstance(source, str | os.PathLike):
        where, array = str(source), open_array(source)
    array = np.asarray(array)
    if array.dtype.kind not in "fiu" or array.ndim != 2:
        raise InputError(
            f"{where} has shape {array.shape} and type {array.dtype}: embeddings are a 2-D array of numbers"
        )
    return np.asarray(array, np.float32)


def open_array(path: str | os.PathLike[str], *, mapped: bool = False) -> NDArray[Any]:
    """Return the array of a ``.npy`` file.

    Args:
        path: the file.
        mapped: whether it stays on disk, to be read where it is used.

    Raises:
        FileFormatError: the file is missing, cut short or not ``.npy``.
    """
    try:
        array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except FileNotFoundError:
        raise FileFormatError(f"{path} does not exist: give the path of a .npy file") from None
    except Exception as error:  # a damaged file raises nearly anything, errors of the tokenizer included
        raise FileFormatError(f"{path} is not a readable .npy file ({error}): save it with numpy.save") from None
    if not isinstance(array, np.ndarray):
        raise FileFormatError(f"{path} holds several arrays: save the one needed with numpy.save")
    return array
