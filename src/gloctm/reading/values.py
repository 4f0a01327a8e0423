"""Values of columns as text: numbers, dates and times as files and tables hold them."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np


def is_missing(value: object) -> bool:
    """Return whether a value means a missing one: None, NaN, and those of numpy and pandas."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    # NaN and numpy's "not a time" differ from themselves.
    return isinstance(value, float | np.floating | np.datetime64) and bool(value != value)


def as_text(value: Any) -> str | None:
    """Return a label or id as text, None where it is missing.

    A whole number is written without a decimal point, since tables make floats of integers among which one is missing.

    Raises:
        ValueError: it is neither text nor a number nor a time; the message says so.
    """
    if isinstance(value, str):
        return value if type(value) is str else str(value)
    if is_missing(value):
        return None
    if isinstance(value, np.datetime64):
        return str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, datetime.date | datetime.time):
        return _iso(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(float(value))
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, list | tuple | dict | set) or getattr(value, "ndim", None):
        raise ValueError("neither text nor a number")
    return str(value)


def _iso(moment: datetime.date | datetime.time) -> str:
    """ISO 8601; midnight without a zone, as tables write days, is the day alone."""
    if isinstance(moment, datetime.datetime) and moment.time() == datetime.time() and moment.tzinfo is None:
        return moment.date().isoformat()
    return moment.isoformat()
