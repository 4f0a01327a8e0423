"""Topics by label and by date."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from gloctm.arrays import Floats
from gloctm.errors import InputError
from gloctm.reading.dates import as_date
from gloctm.summary.content import DateBreakdown, Estimate, LabelBreakdown, Unit
from gloctm.summary.prevalence import estimates, group_means, mean_estimates

#: Of more labels, only the most frequent are shown: nobody reads a longer breakdown.
MAX_LABELS = 40
#: A period needs this many documents of a language to be worth a point. Where θ has a standard deviation of 0.2, the
#: 95 % interval of their mean then extends 9 points to each side; with fewer documents, noise prevails.
MIN_DOCUMENTS_PER_PERIOD = 20
# Dates are shown by day up to a quarter of a year, by month up to ten years.
_MOST_DAYS = 92
_MOST_MONTHS = 120
# Periods without documents are shown as gaps, unless a typo (0201 for 2010) would make most periods gaps.
_MOST_PERIODS = 400
# How many characters of an ISO date say each unit; finest last.
_LENGTH: Mapping[Unit, int] = {"year": 4, "month": 7, "day": 10}
_COARSER: Mapping[Unit, Unit] = {"day": "month", "month": "year"}

Proportions = Mapping[str, Floats]


def by_label(
    theta: Proportions, labels: Mapping[str, Sequence[str]], *, max_labels: int = MAX_LABELS
) -> tuple[LabelBreakdown, int] | None:
    """Compute mean θ by label: of each language, and over the languages.

    Args:
        theta: for each language ``(D, K)``, of documents with any word.
        labels: for each language the labels of these documents; empty for one without.
        max_labels: how many of the most frequent labels to show; of equals, the first in the alphabet.

    Returns:
        The breakdown, and how many labels there are in all; None where there is none.
    """
    found = {code: Counter(label for label in each if label) for code, each in labels.items()}
    total = sum(found.values(), Counter())
    if not total:
        return None
    values = sorted(total, key=lambda label: (-total[label], label))[:max_labels]
    place = {label: position for position, label in enumerate(values)}
    means = {
        code: group_means(each, np.asarray([place.get(label, -1) for label in labels[code]], np.int64), len(values))
        for code, each in theta.items()
    }
    breakdown = LabelBreakdown(
        values=tuple(values),
        counts={code: tuple(each[label] for label in values) for code, each in found.items()},
        prevalence=_by_topic(mean_estimates(list(means.values()))),
        by_language={code: _by_topic(estimates(each)) for code, each in means.items()},
        unlabeled={code: sum(not label for label in each) for code, each in labels.items()},
    )
    return breakdown, len(total)


def by_date(theta: Proportions, dates: Mapping[str, Sequence[str]], unit: Unit | None = None) -> DateBreakdown | None:
    """Compute mean θ by period, language by language.

    Args:
        theta: for each language ``(D, K)``, of documents with any word.
        dates: for each language the dates of these documents, from ``checked_dates``; empty for one without.
        unit: of the periods; that of ``choose_unit`` unless given. Dates that lack it count as none.

    Returns:
        The breakdown; None where no document has such a date. Periods follow each other
        without a gap. Where these would be more than 400, they are only those that have documents.
    """
    if unit is not None:
        dates = {code: [date if len(date) >= _LENGTH[unit] else "" for date in each] for code, each in dates.items()}
    if not any(date for each in dates.values() for date in each):
        return None
    unit, reason = choose_unit(dates) if unit is None else (unit, None)
    length = _LENGTH[unit]
    present = sorted({date[:length] for each in dates.values() for date in each if date})
    periods = _between(present[0], present[-1], unit)
    if len(periods) > _MOST_PERIODS:
        periods = present
    place = {period: position for position, period in enumerate(periods)}
    means = {
        code: group_means(
            each, np.asarray([place.get(date[:length], -1) for date in dates[code]], np.int64), len(place)
        )
        for code, each in theta.items()
    }
    return DateBreakdown(
        unit=unit,
        unit_reason=reason,
        periods=tuple(periods),
        counts={code: tuple(each.counts.tolist()) for code, each in means.items()},
        prevalence={code: _by_topic(estimates(each)) for code, each in means.items()},
        undated={code: sum(not date for date in each) for code, each in dates.items()},
    )


def choose_unit(dates: Mapping[str, Sequence[str]]) -> tuple[Unit, str | None]:
    """Choose the unit to show dates by, and say why it is coarser than the dates, if it is.

    It is the finest unit that meets three conditions, else the year. All dates have it (``2019`` has no month). There
    are not too many periods: days up to a quarter of a year, months up to ten years. And at least half of the points
    have 20 documents; a point is a period of a language with any document.

    Args:
        dates: for each language, ISO 8601; empty for a document without. At least one is not.

    Returns:
        The unit, and a sentence or None.
    """
    given = {code: [date for date in each if date] for code, each in dates.items()}
    reason = None
    for unit, coarser in _COARSER.items():
        against = _against(unit, given)
        if against is None:
            return unit, reason
        # Not worth saying where no date is that fine.
        if any(len(date) >= _LENGTH[unit] for each in given.values() for date in each):
            reason = f"By {coarser}: {against}."
    return "year", reason


def _against(unit: Unit, dates: Mapping[str, Sequence[str]]) -> str | None:
    """Say why dates are not shown by a unit; None where nothing is against it."""
    length = _LENGTH[unit]
    every = [date for each in dates.values() for date in each]
    if coarse := sum(len(date) < length for date in every):
        return f"{coarse:,} of {len(every):,} dates {'has' if coarse == 1 else 'have'} no {unit}"
    first, last = min(every), max(every)
    if unit == "day":
        begin, end = (datetime.date.fromisoformat(date[:length]) for date in (first, last))
        if (end - begin).days >= _MOST_DAYS:
            return f"the dates reach over more than {_MOST_DAYS} days"
    elif _months(last) - _months(first) >= _MOST_MONTHS:
        return f"the dates reach over more than {_MOST_MONTHS} months"
    points = [number for each in dates.values() for number in Counter(date[:length] for date in each).values()]
    if 2 * sum(number >= MIN_DOCUMENTS_PER_PERIOD for number in points) < len(points):
        return f"most {unit}s have fewer than {MIN_DOCUMENTS_PER_PERIOD} documents in a language"
    return None


def checked_dates(language: str, dates: Sequence[str]) -> list[str]:
    """Bring dates to ISO 8601, empty where there is none.

    A date with time and zone keeps the day as it is written, in its own zone.

    Raises:
        InputError: one that is no date.
    """
    checked = []
    for row, date in enumerate(dates):
        try:
            checked.append(as_date(date) or "")
        except ValueError as error:
            raise InputError(f"date {row} of {language!r} is {date!r:.60}, {error}: correct it") from None
    return checked


def _by_topic(rows: list[list[Estimate | None]]) -> tuple[tuple[Estimate | None, ...], ...]:
    """Turn rows of groups into rows of topics."""
    return tuple(zip(*rows, strict=True))


def _months(date: str) -> int:
    return int(date[:4]) * 12 + int(date[5:7]) - 1


def _between(first: str, last: str, unit: Unit) -> list[str]:
    """List all periods from the first to the last."""
    if unit == "day":
        begin, end = (datetime.date.fromisoformat(day).toordinal() for day in (first, last))
        return [datetime.date.fromordinal(day).isoformat() for day in range(begin, end + 1)]
    if unit == "month":
        months = range(_months(first), _months(last) + 1)
        return [f"{month // 12:04}-{month % 12 + 1:02}" for month in months]
    return [f"{year:04}" for year in range(int(first), int(last) + 1)]
