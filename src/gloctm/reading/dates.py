"""Dates as people write them, brought to ISO 8601."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Literal, get_args

from gloctm.errors import InputError
from gloctm.reading.notes import Notes
from gloctm.reading.values import as_text

DateOrder = Literal["auto", "dmy", "mdy"]

UNREAD = "date could not be read, so the document is kept without one"
AMBIGUOUS = "date has day and month in an unknown order, so the document is kept without one (date_order says which)"

# How tables write that there is no value.
_NO_VALUE = frozenset(("", "na", "nan", "nat", "none", "null", "n/a", "#n/a", "<na>", "-"))
_TIME = r"(?:[T ]+(\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:[ap]m|z|utc|gmt|[+-]\d\d:?\d\d))?))?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})(?:\2(\d{{1,2}}){_TIME})?", re.IGNORECASE | re.ASCII)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}),?{_TIME}", re.IGNORECASE | re.ASCII)
_MONTH_AND_YEAR = re.compile(r"(\d{1,2})[-/.](\d{4})", re.ASCII)
# 2024年5月31日, 2024년 5월.
_EAST_ASIAN = re.compile(r"(\d{4}) ?[年년](?: ?(\d{1,2}) ?[月월](?: ?(\d{1,2}) ?[日일])?)?", re.ASCII)
_DASHED_MONTH = re.compile(r"(\d{1,2})-([A-Za-z]{3,9})-(\d{4}(?: .*)?)", re.ASCII)
# 16 Jan 25, 16-Jan-25.
_SHORT_YEAR = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9}\.?)[ -]'?(\d\d)", re.ASCII)
_TWELVE_HOURS = re.compile(r"[ap]m\Z", re.IGNORECASE)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)?", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_EPOCH = re.compile(r"(\d{10})(\d{3})?(?:\.\d+)?", re.ASCII)
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_CLOCK = r"(\d{1,2}:\d\d(?::\d\d)?)(?: +([a-z]{1,3}|[+-]\d{4}))?"
# May 2024; 31 May 2024; May 31, 2024; Fri May 31 12:00:00 +0000 2024.
_NAMED_MONTH = re.compile(
    rf"(?:[a-z]+,? )?(?:{_DAY},? )?{_MONTH}(?: {_DAY})?,?(?: {_CLOCK})? (\d{{4}})(?:,? {_CLOCK})?",
    re.IGNORECASE | re.ASCII,
)
_MAIL = re.compile(r"([a-z]{3}, )?\d{1,2} [a-z]{3} \d{4} \d\d:\d\d", re.IGNORECASE | re.ASCII)


def check_date_order(order: str) -> None:
    """Raise InputError unless this is an order of day and month."""
    if order not in get_args(DateOrder):
        raise InputError(f"date_order is {order!r}: it must be auto, dmy or mdy")


def as_date(value: Any, order: DateOrder = "auto") -> str | None:
    """Return a date as text: a year, a month, or an ISO 8601 date or time; None if it is missing.

    Args:
        value: text, a number, or a date of Python, numpy or pandas.
        order: of day and month where the year is last and dots do not separate them.

    Raises:
        ValueError: it is no date, or day and month can't be distinguished; the message says so.
    """
    text = as_text(value)
    return None if text is None else _read(text, order)


class DateReader:
    """Reads the dates of a column, some of which only the others explain.

    In ``auto``, a date such as 05/06/2024 can be understood once another one, such as 31/05/2024, shows the order. So
    ``read`` returns it as written, and ``settled`` returns what it means after all have been read.

    Args:
        order: of day and month.
        notes: takes the dates that can't be read.
    """

    def __init__(self, order: DateOrder, notes: Notes) -> None:
        check_date_order(order)
        self._order = order
        self._notes = notes
        self._orders: set[DateOrder] = set()
        self._waiting: dict[str, tuple[str, int]] = {}

    def read(self, value: Any, where: str) -> str | None:
        """Return a date in ISO 8601, or as written where its order is not known yet; None where there is none."""
        try:
            date = as_date(value, self._order)
        except AmbiguousDateError:
            text = str(value).strip()
            if not _is_date(text):
                self._notes.add(UNREAD, where, value)
                return None
            first, count = self._waiting.get(text, (where, 0))
            self._waiting[text] = (first, count + 1)
            return text
        except ValueError:
            self._notes.add(UNREAD, where, value)
            return None
        if self._order == "auto" and isinstance(value, str) and (shown := _order_of(value)):
            self._orders.add(shown)
        return date

    @property
    def orders(self) -> frozenset[DateOrder]:
        """The orders of day and month that dates have shown so far."""
        return frozenset(self._orders)

    @property
    def waiting(self) -> dict[str, tuple[str, int]]:
        """The dates so far whose order is not known: the place of the first of each, and how many there are."""
        return dict(self._waiting)

    def settle(self) -> Callable[[str], str]:
        """Return a function that gives the meaning of what ``read`` returned, empty where there is none."""
        if not self._waiting:
            return str
        order = only_order(self._orders)
        meaning = {text: settled_date(text, order) for text in self._waiting}
        for text, (where, count) in self._waiting.items():
            if order is None:
                self._notes.add(AMBIGUOUS, where, text, count)
        self._waiting = {}
        return lambda date: meaning.get(date, date)


def only_order(shown: Collection[DateOrder]) -> DateOrder | None:
    """Return the order of day and month of a column, None where its dates show none, or both."""
    return next(iter(shown)) if len(shown) == 1 else None


def settled_date(date: str, order: DateOrder | None) -> str:
    """Return the meaning of a date that ``DateReader.read`` returned, once the order of day and month is known.

    Args:
        date: in ISO 8601, which stays as it is; or as written, where the order was not known.
        order: that of the whole column; None where it stays unknown, and such dates become empty.

    Example:
        >>> settled_date("05/06/2024", "dmy"), settled_date("2024-05-31", "dmy"), settled_date("05/06/2024", None)
        ('2024-06-05', '2024-05-31', '')
    """
    try:
        _read(date, "auto")
    except AmbiguousDateError:
        return "" if order is None else _read(date, order) or ""
    except ValueError:
        pass
    return date


class AmbiguousDateError(ValueError):
    """Day and month of a date can't be distinguished."""


def _is_date(text: str) -> bool:
    """Return whether a date whose day and month can't be distinguished is one at all, by its year and time."""
    try:
        return _read(text, "dmy") is not None
    except ValueError:
        return False


def _order_of(text: str) -> DateOrder | None:
    """Return the order that a date has which can be read in one order only."""
    found = _YEAR_LAST.fullmatch(text.strip())
    if found is None or found[2] == ".":
        return None
    first, second = int(found[1]), int(found[3])
    return None if first == second else "dmy" if first > 12 else "mdy" if second > 12 else None


@lru_cache(maxsize=2**14)
def _read(text: str, order: DateOrder) -> str | None:
    date = " ".join(text.split())
    if date.lower() in _NO_VALUE:
        return None
    # Tables make such numbers of a column that lacks some.
    date = re.sub(r"\A(\d{4}|\d{6}|\d{8}|\d{10}|\d{13})\.0\Z", r"\1", date)
    if _YEAR.fullmatch(date):
        return date
    try:
        found = _parse(date, order)
    except AmbiguousDateError:
        raise
    except ValueError:
        found = None
    if found is None:
        raise ValueError("not a date such as 2024, 2024-05, 2024-05-31 or 2024-05-31T18:30")
    return found


def _parse(date: str, order: DateOrder) -> str | None:
    # Czech and German writers put spaces after the dots; others, dashes around the name of the month.
    date = re.sub(r"\A(\d{1,2})\. (\d{1,2})\. (?=\d{4})", r"\1.\2.", date)
    if found := _SHORT_YEAR.fullmatch(date):
        # As POSIX reads two digits.
        date = f"{found[1]} {found[2]} {'19' if int(found[3]) >= 69 else '20'}{found[3]}"
    date = _DASHED_MONTH.sub(r"\1 \2 \3", date)
    if _ISO_TIME.match(date) and not _TWELVE_HOURS.search(date):
        # More forms of times than below, and fractions of seconds as numpy has them.
        date = re.sub(r" ?(?:UTC|GMT)$", "Z", date, flags=re.IGNORECASE)
        return _iso(datetime.datetime.fromisoformat(re.sub(r" (?=[+-]\d)", "", date)))
    if found := _YEAR_FIRST.fullmatch(date):
        year, _, month, day, time = found.groups()
        return _written(year, month, day, time)
    if found := _COMPACT.fullmatch(date):
        return _written(found[1], found[2], found[3], None)
    if found := _EAST_ASIAN.fullmatch(date):
        return _written(found[1], found[2], found[3], None) if found[2] else found[1]
    if re.fullmatch(r"\d{8}T\d{4}(?:\d\d)?Z?", date, re.ASCII):
        return _iso(datetime.datetime.fromisoformat(date))
    if found := _YEAR_LAST.fullmatch(date):
        first, separator, second, year, time = found.groups()
        if separator == "." and order == "auto":
            # Whoever writes dots puts the day first; with slashes, some put the month first.
            order = "dmy"
        if order == "auto":
            order = _order_of(date) or ("dmy" if first == second else "auto")
        if order == "auto":
            if max(int(first), int(second)) <= 12:
                raise AmbiguousDateError("a date whose day and month can't be distinguished")
            return None
        day, month = (first, second) if order == "dmy" else (second, first)
        return _written(year, month, day, time)
    if found := _MONTH_AND_YEAR.fullmatch(date):
        return _written(found[2], found[1], None, None)
    if found := _EPOCH.fullmatch(date):
        # Seconds since 1970, or thousandths.
        moment = datetime.datetime.fromtimestamp(int(found[1]), datetime.UTC)
        return moment.isoformat()
    if _MAIL.match(date):
        return _iso(parsedate_to_datetime(date))
    if found := _NAMED_MONTH.fullmatch(date):
        before, name, after, early_time, early_zone, year, time, zone = found.groups()
        if before and after:
            return None
        month = _MONTHS.index(name[:3].lower()) + 1
        moment_text = " ".join(filter(None, (early_time or time, early_zone or zone)))
        return _written(year, str(month), before or after, moment_text or None)
    return None


def _written(year: str, month: str, day: str | None, time: str | None) -> str:
    """Return a month, day or time in ISO 8601; raise ValueError if there is none such."""
    if day is None:
        datetime.date(int(year), int(month), 1)
        return f"{year}-{month:0>2}"
    date = datetime.date(int(year), int(month), int(day))
    if time is None:
        return date.isoformat()
    found = re.fullmatch(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d+))?)? ?(.*)", time)
    if found is None:
        raise ValueError(time)
    hour, minute, second, fraction, zone = found.groups()
    zone = zone.upper()
    if zone in ("AM", "PM"):
        if not 1 <= int(hour) <= 12:
            raise ValueError(time)
        hour, zone = str(int(hour) % 12 + (12 if zone == "PM" else 0)), ""
    zone = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
    clock = f"{hour:0>2}:{minute}:{second or '00'}" + (f".{fraction[:6]:0<6}" if fraction else "")
    return _iso(datetime.datetime.fromisoformat(f"{date.isoformat()}T{clock}{zone}"))


def _iso(moment: datetime.datetime) -> str:
    text = as_text(moment)
    assert text is not None
    return text
