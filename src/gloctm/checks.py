"""Checks of arguments that many functions take, a sentence for each thing that can be wrong, and parts of sentences."""

from __future__ import annotations

import contextlib
import inspect
import math
import os
from collections.abc import Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from gloctm.errors import InputError
from gloctm.inert import quoted

#: The largest number of things that may be asked for: libraries below count in 32 bits.
MOST = 2**31 - 1
# Where Linux says how much memory a container may have, of either version of its control groups.
_CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def count_of(number: int, thing: str) -> str:
    """Return a number of things: ``1 document``, ``2,000 documents``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def listed(parts: Sequence[str]) -> str:
    """Join parts as a sentence does: ``"English, German and Japanese"``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def check_int(name: str, value: Any, least: int, otherwise: str = "", *, most: int = MOST) -> int:
    """Validate an integer and return it as ``int``.

    Args:
        name: what it is called; the sentence begins with it.
        value: any integer, also of numpy.
        least: the smallest value allowed.
        otherwise: what else may be given; the sentence ends with it, as ``", or None for all"``.
        most: the largest value allowed.

    Raises:
        InputError: it is no integer, too small or too large.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise InputError(f"{name} is {quoted(value)}: it must be a whole number of at least {least}{otherwise}")
    number = int(value)
    if number > most:
        raise InputError(f"{name} is {quoted(number)}: it must be at most {most:,}{otherwise}")
    return number


def check_number(
    name: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: bool = False,
    below: bool = False,
    whole: bool = False,
    otherwise: str = "",
) -> Any:
    """Validate a finite number and return it as a plain ``float``, or ``int`` where it must be whole.

    Args:
        name: what the number is called; the message begins with it.
        value: what was given.
        low: the lowest number that is allowed.
        high: the highest.
        above: exclude ``low`` itself.
        below: exclude ``high`` itself.
        whole: allow integers alone.
        otherwise: what else may be given; the message ends with it.

    Raises:
        InputError: the value is no such number, or out of range.
    """
    try:
        finite = isinstance(value, Integral if whole else Real) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        # An integer that no float can hold.
        finite = whole
    if not finite:
        raise InputError(f"{name} is {quoted(value)}: it must be a {'whole' if whole else 'finite'} number{otherwise}")
    number = int(value) if whole else float(value)
    if number < low or (above and number == low) or number > high or (below and number == high):
        ends = [] if math.isinf(low) else [f"above {low:g}" if above else f"{low:g} or more"]
        largest = f"{high:,}" if whole else f"{high:g}"
        ends += [] if math.isinf(high) else [f"{'below' if below else 'up to'} {largest}"]
        shown = quoted(number) if whole else f"{number:g}"
        raise InputError(f"{name} is {shown}: it must be {' and '.join(ends)}{otherwise}")
    return number


def check_choice(name: str, value: Any, choices: Sequence[str], otherwise: str = "") -> None:
    """Raise InputError unless a value is one of the choices.

    Args:
        name: what the value is called; the message begins with it.
        value: what was given.
        choices: the values that are allowed, two or more.
        otherwise: what else may be given; the message ends with it.
    """
    if value not in choices:
        listed = f"{', '.join(choices[:-1])} or {choices[-1]}"
        raise InputError(f"{name} is {quoted(value)}: it must be {listed}{otherwise}")


def check_memory(culprit: str, needed: float, cure: str, *, available: int | None = None) -> None:
    """Raise InputError, before anything is allocated, if something needs more memory than there is.

    Args:
        culprit: what asks for it; the sentence begins with it, as ``"num_topics is 1,000,000"``.
        needed: an estimate of the bytes.
        cure: what to do instead; the sentence ends with it.
        available: bytes; those of the machine unless given.

    Example:
        >>> check_memory("the table has 10 rows", 80, "take fewer")
    """
    available = machine_memory() if available is None else available
    if available is not None and needed > available:
        raise InputError(
            f"{culprit}, which needs about {_gigabytes(needed)} of memory, more than the {_gigabytes(available)} here: "
            f"{cure}"
        )


def machine_memory() -> int | None:
    """Return the bytes that this process may use: those of the machine, container or ``ulimit -v``; None if unknown."""
    found = []
    with contextlib.suppress(AttributeError, OSError, ValueError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for path in _CONTAINER_LIMITS:
        # Without a limit there is a word.
        with contextlib.suppress(OSError, ValueError):
            found.append(int(Path(path).read_text()))
    # Not on Windows.
    with contextlib.suppress(ImportError):
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            found.append(limit)
    return min(found, default=None)


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.0f} GB" if size >= 1e10 else f"{size / 1e9:.2g} GB"


def caller_stacklevel() -> int:
    """Return the ``stacklevel`` of a warning, given by whoever calls this, that points outside this package."""
    frame, level = inspect.currentframe(), 0
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == __package__:
        frame, level = frame.f_back, level + 1
    # The first frame is of this function.
    return max(level, 1)
