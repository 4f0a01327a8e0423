"""Checks of arguments that many functions take: one sentence for each thing that can be wrong."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from gloctm.errors import InputError


def check_int(name: str, value: Any, least: int, otherwise: str = "") -> int:
    """Validate an integer and return it as ``int``.

    Args:
        name: what it is called; the sentence begins with it.
        value: any integer, also of numpy.
        least: the smallest value allowed.
        otherwise: what else may be given; the sentence ends with it, as ``", or None for all"``.

    Raises:
        InputError: it is no integer, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise InputError(f"{name} is {value!r}: it must be a whole number from {least}{otherwise}")
    return int(value)
