"""What is said on standard error, and which exit code goes with it."""

from __future__ import annotations

import errno
import sys

from gloctm.errors import GloCTMError, TrainingError

INPUT_ERROR = 2
FAILURE = 1
INTERRUPTED = 130
TERMINATED = 143


def say(message: str) -> None:
    """One line for the user, on standard error; line breaks, as in a file's name, are shown as a space."""
    print(" ".join(message.splitlines()), file=sys.stderr, flush=True)


def report_error(error: Exception) -> int:
    """Say what went wrong in one sentence and return the exit code."""
    if isinstance(error, GloCTMError):
        say(f"gloctm: error: {error}")
        return FAILURE if isinstance(error, TrainingError) else INPUT_ERROR
    if isinstance(error, OSError):
        say(f"gloctm: error: {describe_os_error(error)}")
        return INPUT_ERROR
    if isinstance(error, MemoryError):
        say("gloctm: error: out of memory: use a smaller vocabulary, fewer topics or a smaller batch")
        return FAILURE
    say(f"gloctm: unexpected error: {type(error).__name__}: {error} (set GLOCTM_DEBUG=1 for the whole story)")
    return FAILURE


def describe_os_error(error: OSError) -> str:
    """A file error as a sentence with its cure."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space left on the disk{where}: free some or write elsewhere; nothing half-written was left"
    if error.errno == errno.EFBIG:
        return f"a file would grow beyond the limit set for files{where}: raise it or write elsewhere"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"permission denied{where}: choose another place or change the permissions"
    if error.errno == errno.ENOENT:
        return f"no such file or folder{where}: check the path"
    return f"{error.strerror or error}{where}"
