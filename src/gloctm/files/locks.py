"""Locks that the system lets go of however a process ends: they distinguish unfinished work from what a kill left."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from pathlib import Path
from typing import IO, Any

#: File in a folder of unfinished work that whoever works there has locked.
IN_USE = "in-use"


def try_lock(stream: IO[Any]) -> bool | None:
    """Lock a file until it is closed, or this process ends.

    Args:
        stream: the file, open for writing, as locks over a network need it.

    Returns:
        Whether it is locked now; None where the file system has no locks.
    """
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def is_still_at(stream: IO[Any], path: Path) -> bool:
    """Return whether an open file is the one at a path, not one that was deleted or renamed meanwhile."""
    try:
        return os.path.samestat(os.fstat(stream.fileno()), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False


@cache
def this_machine() -> str:
    """Return eight hexadecimal digits of this machine, others after each of its starts where the system numbers them.

    Processes with the same digits see each other's locks on any file system that has locks.
    """
    try:
        # Containers have names of their own, but share this, as they share locks.
        number = Path("/proc/sys/kernel/random/boot_id").read_bytes()
    except OSError:
        number = platform.node().encode()
    return hashlib.sha256(number).hexdigest()[:8]
