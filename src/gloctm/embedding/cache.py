"""Embeddings already computed, kept on disk: a text is encoded once, and an interrupted run goes on where it was.

One SQLite file per encoder (name and version), each row a text's digest and its float32 vector. SQLite because it
is in the standard library, safe against interruption, and shared by processes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from gloctm.embedding.encoder import Embeddings, TextEncoder
from gloctm.errors import FileFormatError, InputError
from gloctm.files.cache import default_cache_folder

# SQLite's oldest limit on the variables of one statement is 999.
_LOOKUP = 900


class EmbeddingCache:
    """The vectors of one encoder on disk.

    Args:
        encoder: whose vectors they are; its name and version choose the file.
        folder: where the file is; ``default_cache_folder()`` unless given.

    Example:
        >>> import tempfile
        >>> from gloctm.embedding import ArrayEncoder
        >>> encoder = ArrayEncoder(["red"], [[1.0, 0.0]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     cache = EmbeddingCache(encoder, folder)
        ...     cache.put([text_key("red")], encoder.encode(["red"]))
        ...     cache.get([text_key("red")])[text_key("red")].tolist()
        ...     cache.close()
        [1.0, 0.0]
    """

    def __init__(self, encoder: TextEncoder, folder: str | os.PathLike[str] | None = None) -> None:
        identity = f"{encoder.name}\n{encoder.version}"
        label = re.sub(r"[^A-Za-z0-9.]+", "-", encoder.name).strip("-")[-48:]
        folder = default_cache_folder() if folder is None else Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"the embedding cache can't be kept in {folder} ({error.strerror}): set GLOCTM_CACHE to another folder"
            ) from None
        self.path = folder / f"{label}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.sqlite"
        with self._errors():
            self._connection = sqlite3.connect(self.path, timeout=60)
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
            )

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise FileFormatError(
                    f"the embedding cache {self.path} is being written by another process: wait until it is done"
                ) from None
            if "disk is full" in str(error):
                raise OSError(28, "no space left on device", str(self.path)) from None
            raise FileFormatError(
                f"the embedding cache {self.path} can't be used ({error}): "
                "free space on its disk, delete it, or set GLOCTM_CACHE to another folder"
            ) from None

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Embeddings]:
        """Return the vectors that have been stored, of the texts with these keys (see ``text_key``)."""
        keys = list(keys)
        found: dict[bytes, Embeddings] = {}
        with self._errors():
            for start in range(0, len(keys), _LOOKUP):
                part = keys[start : start + _LOOKUP]
                query = f"SELECT text, vector FROM vectors WHERE text IN ({','.join('?' * len(part))})"
                for key, vector in self._connection.execute(query, part):
                    found[key] = np.frombuffer(vector, np.float32)
        return found

    def put(self, keys: Sequence[bytes], vectors: Embeddings) -> None:
        """Store vectors by the keys of their texts, committed before this returns."""
        rows = [(key, vector.tobytes()) for key, vector in zip(keys, vectors, strict=True)]
        with self._errors(), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def text_key(text: str) -> bytes:
    """Return the key of a text in the cache: 16 bytes of a digest."""
    # Lone surrogates are legal in a Python string and must not break the cache.
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
