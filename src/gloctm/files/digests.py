"""SHA-256 of files: what a manifest lists, and whether a file still is what was listed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from gloctm.errors import FileFormatError

# Files that this process found as listed: path, SHA-256, and what changes when a file is replaced or written to.
_verified: set[tuple[str, str, int, int, int]] = set()


def file_sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "empty")
        ...     path.touch()
        ...     file_sha256(path)[:8]
        'e3b0c442'
    """
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_file(path: Path, sha256: str, *, cure: str) -> None:
    """Check that a file has the SHA-256 that its manifest lists; once per file and process.

    Args:
        path: the file.
        sha256: what the manifest lists.
        cure: what to do about a damaged or missing file; the sentence ends with it.

    Raises:
        FileFormatError: the file is missing, or its bytes are others.
    """
    try:
        status = path.stat()
        key = (os.path.abspath(path), sha256, status.st_ino, status.st_size, status.st_mtime_ns)
        if key in _verified:
            return
        found = file_sha256(path)
    except FileNotFoundError:
        raise FileFormatError(f"{path} is missing: {cure}") from None
    if found != sha256:
        raise FileFormatError(f"{path} is damaged (its SHA-256 differs): {cure}")
    _verified.add(key)
