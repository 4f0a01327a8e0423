"""Folders of unfinished work: a run that was killed goes on there, and one process at a time works in each."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gloctm.errors import InputError
from gloctm.files.leftovers import discard, followed, remove_leftovers
from gloctm.files.locks import IN_USE, is_still_at, try_lock

#: Work on a corpus that is being built, on one that is being embedded, and on a folder of topic proportions.
BUILDING, EMBEDDING, TRANSFORMING = KINDS = ("building", "embedding", "transforming")


class InUseError(InputError):
    """Another process works in a folder."""


def work_folder(target: Path, what: str) -> Path:
    """Return the hidden folder next to a target, or to where it leads, where work on it waits to be finished.

    Args:
        target: what the work is for.
        what: the kind of work, one word.

    Example:
        >>> work_folder(Path("data/corpus"), "building").name
        '.corpus.building'
    """
    place = followed(target).absolute()
    return place.parent / f".{place.name}.{what}"


def unfinished(target: Path) -> str | None:
    """Return a sentence on a folder that is missing since work on it waits, or goes on; None without such work."""
    if target.exists():
        return None
    works = [work_folder(target, what) for what in KINDS]
    waiting = [work for work in works if work.is_dir()]
    if any(map(_is_in_use, waiting)):
        return f"{target} is still being built: wait until it is done"
    if waiting:
        return f"{target} is not finished: run the command again that builds it, which goes on"
    return None


def _is_in_use(folder: Path) -> bool:
    try:
        with (folder / IN_USE).open("r+") as stream:
            return try_lock(stream) is False
    except OSError:
        # Nobody's, or somebody's whose work can't be looked at.
        return False


def files_of(folder: Path) -> set[Path]:
    """Return the files of unfinished work in a folder, which may be missing."""
    return {file for file in folder.rglob("*") if file.is_file() and file.name != IN_USE}


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[Path]:
    """Hold a folder of unfinished work, made where it is missing.

    It is deleted if the block ends well, or left nothing in it: what was done before an error or a kill stays.

    Raises:
        InUseError: another process works in it.
    """
    stream = _locked(folder)
    try:
        yield folder
    except BaseException:
        if files_of(folder):
            stream.close()
        else:
            discard(folder, stream)
        raise
    discard(folder, stream)


def _locked(folder: Path) -> IO[str]:
    """Return the lock of a folder, which is made where it is missing."""
    while True:
        remove_leftovers(folder)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            stream = (folder / IN_USE).open("a")
        except FileNotFoundError:
            continue
        if try_lock(stream) is False:
            stream.close()
            raise InUseError(
                f"another process is writing here ({folder} is in use): wait until it is done, or write elsewhere"
            )
        # Whoever held it before may have finished and deleted it meanwhile.
        if is_still_at(stream, folder / IN_USE):
            return stream
        stream.close()


def linked(file: Path, target: Path) -> None:
    """Give a file another name, in a folder that is made where it is missing; a copy where links don't exist."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)
