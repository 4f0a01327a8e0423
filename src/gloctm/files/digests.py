"""SHA-256 of files: what a manifest lists, and whether a file still is what was listed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

from gloctm.errors import FileFormatError
from gloctm.files.plain import open_plain

#: Key of a JSON object's own SHA-256.
OWN_SHA256 = "own_sha256"
#: What stands for a file's SHA-256 within the file while it is computed.
UNSEALED = "0" * 64

# Files that this process found as listed: path, SHA-256, and what changes when a file is replaced or written to.
_verified: set[tuple[str, str, int, int, int, int]] = set()
_BLOCK = 2**20
# What safetensors itself takes at most, and a little more.
_MOST_HEADER = 2**27


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


def open_checked(path: Path, sha256: str, *, cure: str, again: bool = False) -> BufferedReader:
    """Open a plain file that has the SHA-256 that its manifest lists, computed once per file and process.

    Args:
        path: the file.
        sha256: what the manifest lists.
        cure: what to do about a damaged or missing file; the sentence ends with it.
        again: whether it is computed even if this process did so before.

    Raises:
        FileFormatError: the file is missing or no plain file, or its bytes are others.
    """
    try:
        stream = open_plain(path)
    except FileNotFoundError:
        raise FileFormatError(f"{path} is missing: {cure}") from None
    try:
        status = os.fstat(stream.fileno())
        key = (os.path.abspath(path), sha256, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if again or key not in _verified:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
            if found != sha256:
                raise FileFormatError(f"{path} is damaged (its SHA-256 differs): {cure}")
            stream.seek(0)
            _verified.add(key)
    except BaseException:
        stream.close()
        raise
    return stream


def check_file(path: Path, sha256: str, *, cure: str, again: bool = False) -> None:
    """Check that a file has the SHA-256 that its manifest lists; see ``open_checked``."""
    open_checked(path, sha256, cure=cure, again=again).close()


def own_sha256(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON object as it is read, without that number itself.

    Example:
        >>> own_sha256({"a": 1, "own_sha256": "whatever"}) == own_sha256({"a": 1})
        True
    """
    plain = {name: value for name, value in content.items() if name != OWN_SHA256}
    return hashlib.sha256(json.dumps(plain, separators=(",", ":")).encode()).hexdigest()


def with_own_sha256(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be written as a JSON object with the SHA-256 of what will be read."""
    return {**content, OWN_SHA256: own_sha256(json.loads(json.dumps(content)))}


def has_changed(content: Mapping[str, Any]) -> bool:
    """Return whether a JSON object states a SHA-256 that is not its own; one of before there was one states none."""
    return OWN_SHA256 in content and content[OWN_SHA256] != own_sha256(content)


def seal_file(path: Path) -> None:
    """Write the SHA-256 of a safetensors file into its metadata, where it has ``UNSEALED`` as ``sha256``."""
    with path.open("r+b") as stream:
        place = _place_in_header(stream, UNSEALED)
        assert place is not None
        digest = _sha256_without(stream, place)
        stream.seek(place)
        stream.write(digest.encode())


def check_seal(stream: BufferedReader, sha256: str | None) -> bool:
    """Return whether a safetensors file has the SHA-256 that its metadata states; True where it states none."""
    if sha256 is None:
        return True
    place = _place_in_header(stream, sha256)
    return place is not None and _sha256_without(stream, place) == sha256


def _place_in_header(stream: IO[bytes], value: str) -> int | None:
    stream.seek(0)
    size = int.from_bytes(stream.read(8), "little")
    place = stream.read(min(size, _MOST_HEADER)).find(f'"sha256":"{value}"'.encode())
    return None if place < 0 else 8 + place + len('"sha256":"')


def _sha256_without(stream: IO[bytes], place: int) -> str:
    """Return the SHA-256 of a file that has ``UNSEALED`` at a place."""
    digest = hashlib.sha256()
    stream.seek(0)
    digest.update(stream.read(place) + UNSEALED.encode())
    stream.seek(place + len(UNSEALED))
    while block := stream.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
