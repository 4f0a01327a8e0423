"""Folders of unfinished work: a run that was killed goes on there, and one process at a time works in each."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gloctm.errors import InputError

# Held by the process that works in the folder; the system lets go of it however that ends.
_LOCK = "in-use"


class InUseError(InputError):
    """Another process works in a folder."""


def work_folder(target: Path, what: str) -> Path:
    """Return the hidden folder next to a target where work on it waits to be finished.

    Args:
        target: what the work is for.
        what: the kind of work, one word.

    Example:
        >>> work_folder(Path("data/corpus"), "building").name
        '.corpus.building'
    """
    return target.absolute().parent / f".{target.absolute().name}.{what}"


def files_of(folder: Path) -> set[Path]:
    """Return the files of unfinished work in a folder, which may be missing."""
    return {file for file in folder.rglob("*") if file.is_file() and file.name != _LOCK}


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[Path]:
    """Hold a folder of unfinished work, made where it is missing.

    It is deleted if the block ends well, or left nothing in it: what was done before an error or a kill stays.

    Raises:
        InUseError: another process works in it.
    """
    with _locked(folder):
        try:
            yield folder
        except BaseException:
            if not files_of(folder):
                shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        while True:
            folder.mkdir(parents=True, exist_ok=True)
            stream = stack.enter_context((folder / _LOCK).open("a"))
            if not _lock(stream):
                raise InUseError(
                    f"another process is writing here ({folder} is in use): wait until it is done, or write elsewhere"
                )
            # Whoever held it before may have finished and deleted it meanwhile.
            if _is_same_file(stream, folder / _LOCK):
                break
        yield


def _is_same_file(stream: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _lock(stream: IO[str]) -> bool:
    """Return whether a file could be locked until it is closed; True where the system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks.
        return True
    return True


def linked(file: Path, target: Path) -> None:
    """Give a file another name, in a folder that is made where it is missing; a copy where links don't exist."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)
