"""How much memory this process held at most (Linux)."""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

from measured import kilobytes


def forget_peak() -> None:
    """Begin to measure: what was held before counts no longer, as far as the system lets itself be told."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_megabytes() -> int:
    """The largest resident set since then, in units of a million bytes; pages of mapped files count."""
    with contextlib.suppress(OSError):
        if found := kilobytes(Path("/proc/self/status").read_text(encoding="utf-8"), "VmHWM"):
            return round(found / 1e6)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)
