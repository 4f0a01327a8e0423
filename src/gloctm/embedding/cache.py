"""Embeddings already computed, kept on disk: a text is encoded once, and an interrupted run goes on where it was.

One SQLite file per encoder (name and version), each row the digest of a text, its float32 vector, and a digest of both,
by which damage is noticed. SQLite because it is in the standard library, safe against interruption, and shared by
processes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gloctm.checks import caller_stacklevel
from gloctm.embedding.encoder import Embeddings, TextEncoder
from gloctm.errors import CacheWarning, FileFormatError, InputError
from gloctm.files.cache import default_cache_folder

# SQLite's oldest limit on the variables of one statement is 999.
_LOOKUP = 900
# What a file of this package states, and of which version. The first had no digests, and stated neither.
_APPLICATION, _VERSION = 0x476C6F43, 2
# Longer ones are damage: no encoder has a million dimensions.
_LONGEST_BYTES = 4 * 2**20

# Files of which damage has been told: once in a process, for all languages.
_said_damaged: set[Path] = set()


class EmbeddingCache:
    """The vectors of one encoder on disk.

    A row is handed out only if it is what was put there, for that text, by that encoder: every row has a digest of all
    three. Of others there is a warning, once; their texts are to be encoded again. A file of the version before, whose
    rows have no digests, is not read.

    Args:
        encoder: whose vectors they are; its name and version choose the file.
        folder: where the file is; ``default_cache_folder()`` unless given.

    Raises:
        InputError: the folder can't be made.
        FileFormatError: the file is another program's, of a newer version, damaged as a whole, or can't be written.

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
        identity = hashlib.sha256(f"{encoder.name}\n{encoder.version}".encode()).digest()
        self._identity = identity
        label = re.sub(r"[^A-Za-z0-9.]+", "-", encoder.name).strip("-")[-48:]
        folder = default_cache_folder() if folder is None else Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"the embedding cache can't be kept in {folder} ({error.strerror}): set GLOCTM_CACHE to another folder"
            ) from None
        name = f"{label}-{identity.hex()[:16]}"
        self.path = folder / f"{name}.{_VERSION}.sqlite"
        is_new = not self.path.exists()
        if not is_new and not self.path.is_file():
            raise self._unusable("it is no file")
        with self._errors():
            self._connection = sqlite3.connect(self.path, timeout=60)
            # A damaged row may have any type, and claim any length.
            self._connection.text_factory = bytes
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_BYTES)
            self._open()
        if is_new and (before := folder / f"{name}.sqlite").is_file():
            warnings.warn(
                f"{before} is a cache of an earlier version, which can't be checked for damage, so its texts are "
                "embedded again: it may be deleted",
                CacheWarning,
                stacklevel=caller_stacklevel(),
            )

    def _open(self) -> None:
        """Make the table where there is none yet."""
        if self._stated() == (0, 0):
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                # Another process may have been faster.
                if self._stated() == (0, 0):
                    if self._connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None:
                        raise self._unusable("it holds something else")
                    self._connection.execute(
                        "CREATE TABLE vectors (text BLOB PRIMARY KEY, vector BLOB, digest BLOB) WITHOUT ROWID"
                    )
                    self._connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                    self._connection.execute(f"PRAGMA user_version = {_VERSION}")
        application, version = self._stated()
        if application != _APPLICATION:
            raise self._unusable("it holds something else")
        if version != _VERSION:
            raise FileFormatError(
                f"the embedding cache {self.path} was written by another version of gloctm: update it, or set "
                "GLOCTM_CACHE to another folder"
            )

    def _stated(self) -> tuple[int, int]:
        """Return which program's file it is, and of which version; zeros for one that is empty."""
        application, version = (
            int(self._connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")
        )
        return application, version

    def _unusable(self, why: object) -> FileFormatError:
        # It may quote a damaged file.
        said = "".join(character for character in str(why)[:80] if character.isprintable())
        return FileFormatError(
            f"the embedding cache {self.path} can't be used ({said}): free space on its disk, delete it, or set "
            "GLOCTM_CACHE to another folder"
        )

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (UnicodeDecodeError, MemoryError):
            # Of what SQLite says about damage.
            raise self._unusable("it is damaged") from None
        except sqlite3.Error as error:
            if "locked" in str(error):
                raise FileFormatError(
                    f"the embedding cache {self.path} is being written by another process: wait until it is done"
                ) from None
            if "disk is full" in str(error):
                raise OSError(28, "no space left on device", str(self.path)) from None
            raise self._unusable(error) from None

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Embeddings]:
        """Return the vectors that have been stored, of the texts with these keys (see ``text_key``)."""
        keys = list(keys)
        found: dict[bytes, Embeddings] = {}
        damaged = 0
        with self._errors():
            for start in range(0, len(keys), _LOOKUP):
                part = keys[start : start + _LOOKUP]
                query = f"SELECT text, vector, digest FROM vectors WHERE text IN ({','.join('?' * len(part))})"
                for key, vector, digest in self._connection.execute(query, part):
                    if self._is_sound(key, vector, digest):
                        found[key] = np.frombuffer(vector, np.float32)
                    else:
                        damaged += 1
        if damaged and self.path not in _said_damaged:
            _said_damaged.add(self.path)
            warnings.warn(
                f"the embedding cache {self.path} has damaged rows, whose texts are embedded again: its disk may be "
                "failing",
                CacheWarning,
                stacklevel=caller_stacklevel(),
            )
        return found

    def put(self, keys: Sequence[bytes], vectors: Embeddings) -> None:
        """Store vectors by the keys of their texts, committed before this returns."""
        stored = (np.ascontiguousarray(vector, np.float32).tobytes() for vector in vectors)
        rows = [(key, vector, self._digest(key, vector)) for key, vector in zip(keys, stored, strict=True)]
        with self._errors(), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def _is_sound(self, key: Any, vector: Any, digest: Any) -> bool:
        # SQLite holds any type in any column.
        if not (isinstance(key, bytes) and isinstance(vector, bytes) and isinstance(digest, bytes)):
            return False
        return digest == self._digest(key, vector)

    def _digest(self, key: bytes, vector: bytes) -> bytes:
        # The length first, so that no two rows are the same bytes.
        content = len(vector).to_bytes(8, "little") + vector + key
        return hashlib.blake2b(content, digest_size=16, key=self._identity).digest()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def text_key(text: str) -> bytes:
    """Return the key of a text in the cache: 16 bytes of a digest."""
    # Lone surrogates are legal in a Python string and must not break the cache.
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
