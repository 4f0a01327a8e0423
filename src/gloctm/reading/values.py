"""Values of columns as text: numbers, dates and times as files and tables hold them."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

import numpy as np

# As pandas writes and reads them, and R; in lower case, a none may be a class.
_SIGNS_OF_MISSING = frozenset(("NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NaT", "NULL", "null", "None"))
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.0")


def is_missing(value: object) -> bool:
    """Return whether a value means a missing one: None, NaN, and those of numpy and pandas."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    # NaN and numpy's "not a time" differ from themselves.
    return isinstance(value, float | Decimal | np.floating | np.datetime64) and bool(value != value)


def cell_value(cell: str) -> str | None:
    """Return what a cell of CSV says, None where it says that there is no value, as R and pandas write that.

    A whole number is written without a decimal point, as in ``as_text``.

    Example:
        >>> cell_value("3.0"), cell_value("sport"), cell_value("NaN")
        ('3', 'sport', None)
    """
    value = cell.strip()
    if value in _SIGNS_OF_MISSING:
        return None
    return value[:-2] if value.endswith(".0") and _WHOLE.fullmatch(value) else cell


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
    if isinstance(value, Decimal) and abs(value) < 2**53 and value == int(value):
        # Databases have these.
        return str(int(value))
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
