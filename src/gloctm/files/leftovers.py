"""Unfinished files and folders next to what is written: held while somebody works on them, removed after a kill.

A file that is being written has the hidden name ``.NAME.HEX.partial`` next to its target, and a lock. A folder is
filled within a hidden folder of such a name, which holds

=============  ======================================================================
``in-use``     locked while the writer lives
``new``        the folder that is being filled; after an exchange, the one before
``old``        the one before, where folders can't be exchanged in one step
=============  ======================================================================

The first half of HEX is the machine's, since not all file systems tell other machines of locks. What a process on
another machine left, or on this one before a restart, is deleted only if nothing in it changed for a week.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, TypeVar

from gloctm.files.locks import IN_USE, is_still_at, this_machine, try_lock

R = TypeVar("R")

NEW, OLD = "new", "old"
_UNFINISHED = re.compile(r"\.(?P<name>.+)\.(?P<machine>[0-9a-f]{8})[0-9a-f]{8}\.partial")
# Nobody writes for as long without any change, and no clocks differ by as much.
_ABANDONED_SECONDS = 7 * 24 * 3600
# A folder into which thousands of files are written is not looked through for each of them.
_LISTED_SECONDS = 60
_MOST_LISTED = 100
# Names that this process holds: some file systems grant it a lock twice.
_held: set[str] = set()
_listed: dict[tuple[int, str], tuple[float, dict[str, list[Path]]]] = {}


def followed(path: str | os.PathLike[str]) -> Path:
    """Return where a path leads that is a link: what is there is replaced, and the link stays.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Path(folder, "current").symlink_to("model-7")
        ...     followed(Path(folder, "current")).name
        'model-7'
    """
    target = Path(path)
    return Path(os.path.realpath(target)) if target.is_symlink() else target


def is_within(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> bool:
    """Return whether a path leads to where another one does, or to below that, by whatever names and links.

    Example:
        >>> is_within("theta/../theta.csv", "theta.csv"), is_within("theta/a.csv", "theta"), is_within("a", "b")
        (True, True, False)
    """
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(target))


def unfinished_name(target: Path) -> Path:
    """Return an unused hidden name next to a target."""
    return target.parent / f".{target.name}.{this_machine()}{secrets.token_hex(4)}.partial"


@contextlib.contextmanager
def held_file(target: Path) -> Iterator[Path]:
    """Make an empty file next to a target, which no other process takes for a leftover while the block runs.

    The block may rename it; otherwise it is deleted.
    """
    while True:
        path = unfinished_name(target)
        name = path.name
        # "x": should the random name be taken after all, nobody's file is overwritten.
        stream = _made(path, partial(path.open, "xb"))
        # An interrupt may come at any step.
        try:
            held = try_lock(stream)
            if held and not _can_write(path):
                # On SMB, a lock keeps all but its own stream from writing.
                held = None
            if held is None:
                # Kept open, it could not be renamed everywhere.
                stream.close()
            # Another process may have taken it for a leftover before it was locked.
            elif not held or not is_still_at(stream, path):
                continue
            _held.add(name)
            yield path
            return
        finally:
            _held.discard(name)
            stream.close()
            delete(path)


def _made(path: Path, make: Callable[[], R]) -> R:
    """Make a file or folder, and leave nothing of it where an interrupt comes meanwhile."""
    try:
        return make()
    except FileExistsError:
        raise
    except BaseException:
        delete(path)
        raise


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
        path, stream = unfinished_name(target), None
        name = path.name
        _made(path, path.mkdir)
        try:
            with contextlib.suppress(FileNotFoundError):
                stream = (path / IN_USE).open("xb")
            # Another process may have taken it for a leftover before it was locked.
            if stream is None or try_lock(stream) is False or not is_still_at(stream, path / IN_USE):
                continue
            _held.add(name)
            yield path
            return
        finally:
            _held.discard(name)
            if stream is None:
                delete(path)
            else:
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

    The work of living processes stays, as does everything where the file system has no locks to distinguish them. What
    another machine made stays for a week.

    Args:
        path: the target, a file or a folder.
    """
    target = followed(path)
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
    """Return a path, once a folder that a killed process had moved aside from there is back.

    Nothing is deleted, so whoever only reads may call it.
    """
    target = followed(path)
    if not os.path.lexists(target):
        for each in _unfinished_in(target.absolute().parent).get(target.name, ()):
            with contextlib.suppress(OSError), (each / IN_USE).open("r+b") as stream:
                if try_lock(stream) is not False and is_still_at(stream, each / IN_USE):
                    _put_back(each / OLD, target)
    return Path(path)


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
            if try_lock(stream) and is_still_at(stream, path) and _is_abandoned(path):
                path.unlink()


def _remove_folder(path: Path, target: Path) -> None:
    try:
        stream = (path / IN_USE).open("r+b")
    except FileNotFoundError:
        # Made a moment ago, or deleted but for this: only if it is empty.
        path.rmdir()
        return
    with stream:
        held = try_lock(stream)
        if held is False or not is_still_at(stream, path / IN_USE):
            return
        is_of_target = path.name.startswith(f".{target.name}.")
        if is_of_target:
            _put_back(path / OLD, target)
        if held and _is_abandoned(path):
            if is_of_target:
                delete(path / OLD)
            _delete_held(path, stream)


def _put_back(old: Path, target: Path) -> None:
    """Put back a folder that was moved aside, if there is one, and nothing else in its place."""
    if not os.path.lexists(old):
        return
    if target.is_dir() and not target.is_symlink() and not os.listdir(target):
        # Made since by somebody who missed it.
        target.rmdir()
    if not os.path.lexists(target):
        os.rename(old, target)


def _is_abandoned(path: Path) -> bool:
    """Return whether an unfinished file or folder that nobody was seen to lock is nobody's."""
    found = _UNFINISHED.fullmatch(path.name)
    if found is not None and found["machine"] == this_machine():
        return True
    changed = max(each.lstat().st_mtime for each in (path, *path.rglob("*")))
    return time.time() - changed > _ABANDONED_SECONDS
