"""How much of each topic there is over time and by label, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from gloctm.arrays import Array, Floats
from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError
from gloctm.model.table import Table
from gloctm.summary.breakdowns import by_date, by_label, checked_dates
from gloctm.summary.content import Estimate, Unit
from gloctm.tables.shown import ShownTopics, with_no_topic, without_evidence

# More labels than any table has: all are shown.
_ALL = 10**9
Estimates = Sequence[Sequence[Estimate | None]]


def time_table(
    corpus: Corpus, theta: Mapping[str, Array], shown: ShownTopics, threshold: float | None, period: str = "auto"
) -> Table[dict[str, Any]]:
    """Make the table of ``topics_over_time``.

    Raises:
        InputError: no document has a date, or none of such a period; an unknown period.
    """
    unit = next((each for each in get_args(Unit) if each == period), None)
    if unit is None and period != "auto":
        raise InputError(f"period is {period!r}: it must be auto, year, month or day")
    proportions, rows = _proportions(theta, shown, threshold)
    dates = {code: checked_dates(code, _column(corpus, code, "dates", each)) for code, each in rows.items()}
    found = by_date(proportions, dates, unit)
    if found is None and unit is not None and any(map(any, dates.values())):
        raise InputError(f"no date has a {period}: choose a longer period, or auto")
    if found is None:
        raise InputError("no document has a date: give a corpus with dates")
    return Table(
        {"period": name, **row}
        for place, name in enumerate(found.periods)
        for code in rows
        for row in _rows(shown, code, found.counts[code][place], found.prevalence[code], place)
    )


def label_table(
    corpus: Corpus, theta: Mapping[str, Array], shown: ShownTopics, threshold: float | None
) -> Table[dict[str, Any]]:
    """Make the table of ``topics_per_label``.

    Raises:
        InputError: no document has a label.
    """
    proportions, rows = _proportions(theta, shown, threshold)
    labels = {code: _column(corpus, code, "labels", each) for code, each in rows.items()}
    found = by_label(proportions, labels, max_labels=_ALL)
    if found is None:
        raise InputError("no document has a label: give a corpus with labels")
    breakdown = found[0]
    together = tuple(map(sum, zip(*breakdown.counts.values(), strict=True)))
    counts = {"all": together, **breakdown.counts}
    prevalence = {"all": breakdown.prevalence, **breakdown.by_language}
    return Table(
        {"label": label, **row}
        for place, label in enumerate(breakdown.values)
        for code in counts
        for row in _rows(shown, code, counts[code][place], prevalence[code], place)
    )


def _proportions(
    theta: Mapping[str, Array], shown: ShownTopics, threshold: float | None
) -> tuple[dict[str, Floats], dict[str, NDArray[np.intp]]]:
    """Return θ of the topics shown, and of no topic, in the documents that have words; and the rows of these."""
    rows = {code: np.flatnonzero(~without_evidence(each)) for code, each in theta.items()}
    merged = {code: shown.view.merge_theta(theta[code][each]) for code, each in rows.items()}
    return {code: with_no_topic(each, threshold) for code, each in merged.items()}, rows


def _column(corpus: Corpus, code: str, name: str, rows: NDArray[np.intp]) -> list[str]:
    values = getattr(corpus[code], name)
    return [""] * len(rows) if values is None else [values[row] for row in rows.tolist()]


def _rows(shown: ShownTopics, code: str, documents: int, prevalence: Estimates, group: int) -> Iterator[dict[str, Any]]:
    for place, by_group in enumerate(prevalence):
        estimate = by_group[group]
        if estimate is None:
            continue
        # Beyond the topics comes the column of no topic.
        topic = place if place < len(shown.names) else -1
        yield {
            "topic": shown.number(topic),
            "topic_name": shown.name(topic),
            "language": code,
            "documents": documents,
            "proportion": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
        }
