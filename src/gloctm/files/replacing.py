"""Putting a folder in the place of another."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from gloctm.files.leftovers import delete

# Of Linux: paths are relative to the current folder; the two names change places.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def put_in_place(new: Path, target: Path, aside: Path) -> None:
    """Put a folder where another one, or none, is.

    At any moment the target is the old folder or the new one, where the system can exchange two folders. Elsewhere the
    old one is moved aside first, and a kill at that very moment leaves it there.

    Args:
        new: the folder; after an exchange, the old one is there.
        target: where it goes.
        aside: where the old folder may be moved, on the same file system; in the end nothing is there.
    """
    while True:
        if not os.path.lexists(target):
            try:
                os.rename(new, target)
                return
            except OSError:
                # Another process may have been faster.
                if not os.path.lexists(target):
                    raise
        if exchanged(new, target):
            return
        try:
            os.replace(target, aside)
            try:
                os.replace(new, target)
                break
            except OSError:
                # A reader on a machine that sees no locks of this one may have put it back meanwhile.
                if os.path.lexists(aside):
                    raise
        except BaseException:
            # An interrupt may come after either.
            if not os.path.lexists(target) and os.path.lexists(aside):
                os.replace(aside, target)
            elif not os.path.lexists(new):
                delete(aside)
            raise
    delete(aside)


def exchanged(first: Path, second: Path) -> bool:
    """Exchange two names in one step; return False where the system or the file system can't."""
    try:
        rename = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    paths = (os.fsencode(os.path.abspath(path)) for path in (first, second))
    return bool(rename(_AT_FDCWD, next(paths), _AT_FDCWD, next(paths), _RENAME_EXCHANGE) == 0)
