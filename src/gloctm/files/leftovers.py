"""Unfinished files and folders next to what is written: held while somebody works on them, removed after a kill.

A file that is being written has the hidden name ``.NAME.HEX.partial`` next to its target, and a lock. A folder is
filled within a hidden folder of such a name, which holds

=============  ======================================================================
``in-use``     locked while the writer lives
``new``        the folder that is being filled; after an exchange, the one before
``old``        the one before, where folders can't be exchanged in one step
=============  ======================================================================
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gloctm.files.locks import IN_USE, is_still_at, try_lock

NEW, OLD = "new", "old"
_UNFINISHED = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{16}\.partial")
# A folder into which thousands of files are written is not looked through for each of them.
_LISTED_SECONDS = 60
_MOST_LISTED = 100
# Names that this process holds: some file systems grant it a lock twice.
_held: set[str] = set()
_listed: dict[tuple[int, str], tuple[float, dict[str, list[Path]]]] = {}


def unfinished_name(target: Path) -> Path:
    """Return an unused hidden name next to a target."""
    return target.parent / f".{target.name}.{secrets.token_hex(8)}.partial"


@contextlib.contextmanager
def held_file(target: Path) -> Iterator[Path]:
    """Make an empty file next to a target, which no other process takes for a leftover while the block runs.

    What becomes of it is the block's affair.
    """
    while True:
        path = unfinished_name(target)
        # "x": should the random name be taken after all, nobody's file is overwritten.
        stream = path.open("xb")
        held = try_lock(stream)
        if held and not _can_write(path):
            # On SMB, a lock keeps all but its own stream from writing.
            held = None
        if held is None:
            # Kept open, it could not be renamed everywhere.
            stream.close()
            break
        # Another process may have taken it for a leftover before it was locked.
        if held and is_still_at(stream, path):
            break
        stream.close()
    _held.add(path.name)
    try:
        yield path
    finally:
        _held.discard(path.name)
        stream.close()


def _can_write(path: Path) -> bool:
    try:
        with path.open("r+b") as other:
            other.write(b"x")
            other.truncate(0)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN)
    return True


@contextlib.contextmanager
def held_folder(target: Path) -> Iterator[Path]:
    """Make a folder next to a target, held while the block runs and then deleted.

    It stays if an ``old`` folder is left in it: then that has not been replaced, nor put back.
    """
    while True:
        path = unfinished_name(target)
        path.mkdir()
        try:
            stream = (path / IN_USE).open("xb")
        except FileNotFoundError:
            # Taken for a leftover before it was locked.
            continue
        except OSError:
            path.rmdir()
            raise
        if try_lock(stream) is not False and is_still_at(stream, path / IN_USE):
            break
        stream.close()
    _held.add(path.name)
    try:
        yield path
    finally:
        _held.discard(path.name)
        _delete_held(path, stream)


def discard(folder: Path, stream: IO[bytes] | IO[str]) -> None:
    """Delete a folder of work that is done, all at once for others, who may begin there again.

    Args:
        folder: it holds ``in-use``.
        stream: that file, locked; it is closed.
    """
    aside = unfinished_name(folder)
    try:
        os.rename(folder, aside)
    except OSError:
        # Some systems don't rename a folder with an open file.
        aside = folder
    _delete_held(aside, stream)


def _delete_held(folder: Path, stream: IO[bytes] | IO[str]) -> None:
    """Delete a held folder, its lock last: what a kill leaves of it is known for a leftover."""
    with contextlib.suppress(OSError):
        with stream:
            for entry in list(folder.iterdir()):
                if entry.name not in (IN_USE, OLD):
                    delete(entry)
        if os.listdir(folder) == [IN_USE]:
            (folder / IN_USE).unlink()
            folder.rmdir()


def delete(path: Path) -> None:
    """Delete a file, a link or a folder, as far as that is possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Delete what killed processes left next to a target, and put back what they had moved aside.

    The work of living processes stays, as does everything where the file system has no locks to distinguish them.

    Args:
        path: the target, a file or a folder.
    """
    target = Path(path)
    for name, paths in _unfinished_in(target.absolute().parent).items():
        # Of folders of work on the target, too, that were being deleted.
        if name == target.name or re.fullmatch(rf"\.{re.escape(target.name)}\.[a-z]+", name):
            for each in paths:
                with contextlib.suppress(OSError):
                    _remove(each, target)


def remove_leftover_files(target: Path) -> None:
    """Do the same for a file; its folder is looked through once a minute at most, however many files it gets."""
    parent = target.absolute().parent
    key, now = (os.getpid(), str(parent)), time.monotonic()
    looked, found = _listed.get(key, (0.0, {}))
    if key not in _listed or now - looked > _LISTED_SECONDS:
        if len(_listed) >= _MOST_LISTED:
            _listed.clear()
        found = _unfinished_in(parent)
        _listed[key] = now, found
    for each in found.pop(target.name, ()):
        with contextlib.suppress(OSError):
            _remove(each, target)


def restored(path: str | os.PathLike[str]) -> Path:
    """Return a path, once a folder that a killed process had moved aside from there is back."""
    target = Path(path)
    if not os.path.lexists(target):
        remove_leftovers(target)
    return target


def _unfinished_in(folder: Path) -> dict[str, list[Path]]:
    """Return the unfinished files and folders in a folder by the names of their targets."""
    found: dict[str, list[Path]] = {}
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in _held or not entry.name.endswith(".partial"):
                continue
            if match := _UNFINISHED.fullmatch(entry.name):
                found.setdefault(match["name"], []).append(Path(entry.path))
    return found


def _remove(path: Path, target: Path) -> None:
    """Delete an unfinished file or folder, unless somebody works on it."""
    if path.is_symlink():
        return
    if path.is_dir():
        _remove_folder(path, target)
    elif path.is_file():
        with path.open("r+b") as stream:
            if try_lock(stream) and is_still_at(stream, path):
                path.unlink()


def _remove_folder(path: Path, target: Path) -> None:
    try:
        stream = (path / IN_USE).open("r+b")
    except FileNotFoundError:
        # Made a moment ago, or deleted but for this: only if it is empty.
        path.rmdir()
        return
    held = try_lock(stream)
    if held is False or not is_still_at(stream, path / IN_USE):
        stream.close()
        return
    if os.path.lexists(path / OLD) and path.name.startswith(f".{target.name}."):
        if target.is_dir() and not target.is_symlink() and not os.listdir(target):
            # Made since by somebody who missed it.
            target.rmdir()
        if not os.path.lexists(target):
            os.rename(path / OLD, target)
        elif held:
            delete(path / OLD)
    if held:
        _delete_held(path, stream)
    else:
        stream.close()
