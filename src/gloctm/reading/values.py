"""Values of columns as text: numbers, dates and times as files and tables hold them."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import Any

_DAY_FIRST = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_YEAR_OR_MONTH = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2]))?")
# fromisoformat() also takes weeks (2019-W05) and dates without hyphens, and any character between date and time.
_BEGINS_WITH_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}($|[T ][0-9])")


def is_missing(value: object) -> bool:
    """Return whether a value means a missing one: None, NaN, and those of pandas."""
    if value is None:
        return True
    if isinstance(value, float):
        return value != value
    return type(value).__name__ in ("NAType", "NaTType")


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
    if isinstance(value, datetime.date | datetime.time):
        return _iso(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(float(value))
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, list | tuple | dict | set) or getattr(value, "ndim", None):
        raise ValueError("neither text nor a number")
    return str(value)


def as_date(value: Any) -> str | None:
    """Return a date as text: a year, a month, or an ISO 8601 date or time; None if it is missing or empty.

    Dates with dots, 31.5.2024, are understood.

    Raises:
        ValueError: it is none of these; the message says so.
    """
    text = as_text(value)
    return None if text is None else _checked_date(text)


@lru_cache(maxsize=2**14)
def _checked_date(text: str) -> str | None:
    date = text.strip()
    if not date or _YEAR_OR_MONTH.fullmatch(date):
        return date or None
    if dotted := _DAY_FIRST.fullmatch(date):
        # Whoever writes dots puts the day first; with slashes, some put the month first.
        day, month, year = dotted.groups()
        date = f"{year}-{month:0>2}-{day:0>2}"
    try:
        if _BEGINS_WITH_DATE.match(date):
            return _iso(datetime.datetime.fromisoformat(date))
    except ValueError:
        pass
    raise ValueError("not a date such as 2024, 2024-05, 2024-05-31 or 2024-05-31T18:30")


def _iso(moment: datetime.date | datetime.time) -> str:
    """ISO 8601; midnight without a zone, as tables write days, is the day alone."""
    if isinstance(moment, datetime.datetime) and moment.time() == datetime.time() and moment.tzinfo is None:
        return moment.date().isoformat()
    return moment.isoformat()
