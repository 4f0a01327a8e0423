"""Topics by label and by date."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gloctm.corpus.values import as_date
from gloctm.errors import InputError
from gloctm.summary.content import DateBreakdown, LabelBreakdown, Unit
from gloctm.summary.prevalence import estimates, group_means

#: More labels than this are no breakdown that anybody reads: the most frequent are shown.
MAX_LABELS = 40
# Dates are shown by day up to a quarter of a year, by month up to ten years.
_MOST_DAYS = 92
_MOST_MONTHS = 120
# Periods without documents are shown as gaps, unless a slip (0201 for 2010) would make them the most.
_MOST_PERIODS = 400
# How much of an ISO date says each unit; finest last.
_LENGTH: Mapping[Unit, int] = {"year": 4, "month": 7, "day": 10}

Proportions = Mapping[str, NDArray[np.floating]]


def by_label(
    theta: Proportions, labels: Mapping[str, Sequence[str]], *, max_labels: int = MAX_LABELS
) -> tuple[LabelBreakdown, int] | None:
    """Mean θ by label, documents of all languages together.

    Args:
        theta: for each language ``(D, K)``, of documents with any word.
        labels: for each language the labels of these documents; empty for one without.
        max_labels: show so many, the most frequent; of equals, the first in the alphabet.

    Returns:
        The breakdown, and how many labels there are in all; None where there is none.
    """
    found = {code: Counter(label for label in each if label) for code, each in labels.items()}
    total = sum(found.values(), Counter())
    if not total:
        return None
    values = sorted(total, key=lambda label: (-total[label], label))[:max_labels]
    place = {label: position for position, label in enumerate(values)}
    groups = np.asarray([place.get(label, -1) for code in theta for label in labels[code]], np.int64)
    means = group_means(np.concatenate(list(theta.values())), groups, len(values))
    by_topic = zip(*estimates(means), strict=True)
    breakdown = LabelBreakdown(
        values=tuple(values),
        counts={code: tuple(each[label] for label in values) for code, each in found.items()},
        prevalence=tuple(by_topic),
    )
    return breakdown, len(total)


def by_date(theta: Proportions, dates: Mapping[str, Sequence[str]]) -> DateBreakdown | None:
    """Mean θ by period, language by language.

    Args:
        theta: for each language ``(D, K)``, of documents with any word.
        dates: for each language the dates of these documents, as ``checked_dates`` gives them; empty for one without.

    Returns:
        The breakdown by the unit of ``choose_unit``; periods follow each other without a gap, or are those that have
        documents where that would be more than 400. None where no document has a date.
    """
    given = sorted({date for each in dates.values() for date in each if date})
    if not given:
        return None
    unit = choose_unit(given)
    length = _LENGTH[unit]
    present = sorted({date[:length] for date in given})
    periods = _between(present[0], present[-1], unit)
    if len(periods) > _MOST_PERIODS:
        periods = present
    place = {period: position for position, period in enumerate(periods)}
    counts, prevalence = {}, {}
    for code, each in theta.items():
        groups = np.asarray([place[date[:length]] if date else -1 for date in dates[code]], np.int64)
        means = group_means(each, groups, len(periods))
        counts[code] = tuple(means.counts.tolist())
        prevalence[code] = tuple(
            tuple(mean if count else None for mean, count in zip(row, counts[code], strict=True))
            for row in means.mean.T.tolist()
        )
    return DateBreakdown(unit=unit, periods=tuple(periods), counts=counts, prevalence=prevalence)


def choose_unit(dates: Sequence[str]) -> Unit:
    """The unit to show dates by: day up to a quarter of a year, month up to ten years, else year.

    It is never finer than the coarsest of the dates: to which month a document of ``2019`` belongs nobody knows.

    Args:
        dates: ISO 8601, at least one.
    """
    precision = min(map(len, dates))
    first, last = min(dates), max(dates)
    if precision >= _LENGTH["day"]:
        begin, end = (datetime.date.fromisoformat(date[:10]) for date in (first, last))
        if (end - begin).days < _MOST_DAYS:
            return "day"
    if precision >= _LENGTH["month"] and _months(last) - _months(first) < _MOST_MONTHS:
        return "month"
    return "year"


def checked_dates(language: str, dates: Sequence[str]) -> list[str]:
    """Dates as ISO 8601, empty where there is none.

    Of a date with time and zone, the day is that in its own zone, as it is written.

    Raises:
        InputError: one that is no date.
    """
    checked = []
    for row, date in enumerate(dates):
        try:
            checked.append(as_date(date) or "")
        except ValueError as error:
            raise InputError(f"date {row} of {language!r} is {date!r:.60}, {error}: mend it") from None
    return checked


def _months(date: str) -> int:
    return int(date[:4]) * 12 + int(date[5:7]) - 1


def _between(first: str, last: str, unit: Unit) -> list[str]:
    """All periods from the first to the last."""
    if unit == "day":
        begin, end = (datetime.date.fromisoformat(day).toordinal() for day in (first, last))
        return [datetime.date.fromordinal(day).isoformat() for day in range(begin, end + 1)]
    if unit == "month":
        months = range(_months(first), _months(last) + 1)
        return [f"{month // 12:04}-{month % 12 + 1:02}" for month in months]
    return [f"{year:04}" for year in range(int(first), int(last) + 1)]
