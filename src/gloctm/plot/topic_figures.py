"""Figures of topics: their words, where they lie, how they come and go."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Unpack

from gloctm.checks import check_whole
from gloctm.errors import InputError
from gloctm.plot.charts import Line, Lines, Panel, Panels, Spot, SpotMap, Table
from gloctm.plot.drawing import Look, draw
from gloctm.plot.reading import (
    Language,
    estimate,
    languages_of,
    number,
    read_summary,
    topic_lines,
    topic_name,
    topics_of,
    warn_of_crowd,
)

_PERIOD = re.compile(r"(\d{1,4})(?:-(\d{2}))?(?:-(\d{2}))?")
_UNITS = ("year", "month", "day")


def topic_table(
    summary: Any,
    *,
    num_words: int = 8,
    languages: Iterable[str] | None = None,
    topics: Iterable[int] | None = None,
    **look: Unpack[Look],
) -> Any:
    """Topics as a table: a row a topic, a column a language, its heaviest words in the cells.

    Args:
        summary: a ``Summary`` or its mapping.
        num_words: words a cell, heaviest first; 8, which fit into two or three lines. Fewer where a summary has fewer.
        languages: codes, in the order of the columns; None takes all. The table is about 180 pixels a language wide.
        topics: numbers, in the order of the rows; None takes all.
        **look: ``title``, ``theme`` and ``backend``, see ``gloctm.plot.Look``.

    Returns:
        A ``plotly.graph_objects.Figure`` or a ``matplotlib.figure.Figure``.

    Raises:
        InputError: no summary; a language or topic that it lacks; an unknown theme or backend.
        MissingDependencyError: the library is not installed.
    """
    data = read_summary(summary)
    check_whole("num_words", num_words, 1)
    chosen = languages_of(data, languages)
    rows = [
        (topic_name(topic), *(_words(topic, language.code, num_words) for language in chosen))
        for _, topic in topics_of(data, topics)
    ]
    table = Table(
        header=("topic", *(language.name for language in chosen)),
        rows=tuple(rows),
        right_to_left=(False, *(language.right_to_left for language in chosen)),
    )
    return draw(table, **look)


def topic_map(
    summary: Any,
    *,
    topics: Iterable[int] | None = None,
    key: bool = True,
    **look: Unpack[Look],
) -> Any:
    """Topics on a plane, near each other where they are alike; the area of a circle is the topic's mean proportion.

    The areas are the means over the languages, each language counted alike. The axes mean nothing by themselves, so
    they have no ticks. Without a corpus, a summary knows no prevalence: all circles are then of one size, and the
    figure says so.

    Args:
        summary: a ``Summary`` or its mapping.
        topics: numbers; None takes all. Areas are in proportion to the largest one drawn.
        key: whether the names stand beside the map, by their numbers. Names within it would cover each other.
        **look: ``title``, ``theme`` and ``backend``, see ``gloctm.plot.Look``.

    Returns:
        A ``plotly.graph_objects.Figure`` or a ``matplotlib.figure.Figure``.

    Raises:
        InputError: no summary; a topic that it lacks; a place or prevalence that is no number; an unknown theme or
            backend.
        MissingDependencyError: the library is not installed.
    """
    data = read_summary(summary)
    chosen = [topic for _, topic in topics_of(data, topics)]
    sizes = [topic.get("overall") for topic in chosen]
    known = [
        number(size, f"the prevalence of topic {topic['id']}")
        for topic, size in zip(chosen, sizes, strict=True)
        if size is not None
    ]
    for topic, size in zip(chosen, known, strict=False):
        if size < 0:
            raise InputError(f"the prevalence of topic {topic['id']} is {size:g}: it can't be below 0")
    measured = len(known) == len(chosen)
    if known and not measured:
        missing = next(topic["id"] for topic, size in zip(chosen, sizes, strict=True) if size is None)
        raise InputError(f"topic {missing} has no prevalence, but others do: make the summary anew")
    largest = max(known, default=0.0) or 1.0
    spots = [
        Spot(
            x=number(topic["x"], f"the place of topic {topic['id']} to the right"),
            y=number(topic["y"], f"the place of topic {topic['id']} upwards"),
            area=known[place] / largest if measured else 0.25,
            number=str(topic["id"]),
            name=str(topic["name"]),
            hover=(*topic_lines(topic), *([f"mean proportion {100 * known[place]:.2f} %"] if measured else [])),
        )
        for place, topic in enumerate(chosen)
    ]
    note = (
        f"area of a circle: mean topic proportion, {100 * min(known):.1f} to {100 * max(known):.1f} %"
        if measured
        else "circles are of one size: without a corpus, proportions are not known"
    )
    return draw(SpotMap(spots=tuple(spots), note=note, key=bool(key)), **look)


def topics_over_time(
    summary: Any,
    *,
    languages: Iterable[str] | None = None,
    topics: Iterable[int] | None = None,
    same_scale: bool = True,
    intervals: bool = True,
    **look: Unpack[Look],
) -> Any:
    """The mean proportion of each topic by year, month or day, with 95 % intervals: a panel a topic, a line a language.

    The summary chose the unit, by how many documents there are. A line is interrupted where the language has no
    documents. Intervals of a few documents may reach beyond the panel.

    Args:
        summary: a ``Summary`` of a corpus with dates, or its mapping.
        languages: codes, in the order of the legend; None takes all that have dates.
        topics: numbers, in the order of the panels; None takes all. A paper has room for about nine.
        same_scale: whether all panels have one scale, so that topics side by side can be compared; without, each has
            its own, from 0, which shows the course of small topics too.
        intervals: whether they are drawn. They are told in any case when a point is pointed at.
        **look: ``title``, ``theme`` and ``backend``, see ``gloctm.plot.Look``.

    Returns:
        A ``plotly.graph_objects.Figure`` or a ``matplotlib.figure.Figure``.

    Raises:
        InputError: no summary, or one without dates; a language or topic that it lacks; a language without dates; a
            period that is no date; an unknown theme or backend.
        MissingDependencyError: the library is not installed.

    Warns:
        CrowdedFigureWarning: more languages than a reader can tell apart in a panel.
    """
    data = read_summary(summary)
    chosen = topics_of(data, topics)
    drawn = languages_of(data, languages)
    dates = data.get("dates")
    if not dates or not dates["periods"]:
        raise InputError(
            "the summary has no dates: make it with a corpus whose documents have them, "
            "for example Corpus.from_texts(..., dates=...)"
        )
    undated = [language for language in drawn if not any(dates["counts"].get(language.code) or ())]
    if undated and languages is not None:
        raise InputError(f"the documents in {undated[0].code!r} have no dates: leave the language out")
    drawn = [language for language in drawn if language not in undated]
    unit = dates["unit"]
    if unit not in _UNITS:
        raise InputError(f"the dates are by {unit!r}: they must be by year, month or day")
    warn_of_crowd(drawn)
    periods = [str(period) for period in dates["periods"]]
    panels = [
        Panel(
            title=topic_name(topic),
            lines=tuple(_over_time(dates, language, place, topic, periods, bool(intervals)) for language in drawn),
        )
        for place, topic in chosen
    ]
    chart = Panels(
        panels=tuple(panels),
        places=tuple(_first_day(period) for period in periods),
        place_title=str(unit),
        value_title="mean proportion (%)",
        from_zero=True,
        same_scale=bool(same_scale),
        ticks=_ticks([_first_day(period) for period in periods], unit),
        legend=tuple((language.name, language.style) for language in drawn),
    )
    return draw(chart, **look)


def _over_time(
    dates: Mapping[str, Any],
    language: Language,
    place: int,
    topic: Mapping[str, Any],
    periods: Sequence[str],
    with_intervals: bool,
) -> Line:
    values: list[float | None] = []
    ends: list[tuple[float, float] | None] = []
    hover: list[Lines] = []
    rows = zip(periods, dates["prevalence"][language.code][place], dates["counts"][language.code], strict=True)
    for period, entry, count in rows:
        found = estimate(entry, "mean", f"the proportion of topic {topic['id']} in {language.code!r} in {period}")
        if found is None:
            values.append(None)
            ends.append(None)
            hover.append(())
            continue
        value, low, high = (100 * each for each in found)
        values.append(value)
        ends.append((low, high))
        told = f"{value:.2f} % ({low:.2f} to {high:.2f} %)"
        documents = "1 document" if count == 1 else f"{count:,} documents"
        hover.append((topic_name(topic), f"{language.name}, {period}", told, documents))
    return Line(
        name=language.name,
        style=language.style,
        values=tuple(values),
        hover=tuple(hover),
        intervals=tuple(ends) if with_intervals else (),
    )


def _first_day(period: str) -> date:
    found = _PERIOD.fullmatch(period)
    try:
        if found:
            year, month, day = found.groups(default="1")
            return date(int(year), int(month), int(day))
    except ValueError:
        pass
    raise InputError(f"the period {period!r} is no date: it must be like 2019, 2019-05 or 2019-05-31")


def _ticks(days: Sequence[date], unit: str) -> tuple[tuple[date, str], ...]:
    """At most five days to name (three where the names are long), evenly apart by whole units."""
    if unit == "day":
        numbers = [day.toordinal() for day in days]
        step = max(1, math.ceil((max(numbers) - min(numbers)) / 2))
        named = [date.fromordinal(number) for number in range(min(numbers), max(numbers) + 1, step)]
        return tuple((day, day.isoformat()) for day in named)
    months = 12 if unit == "year" else 1
    numbers = [(12 * day.year + day.month - 1) // months for day in days]
    step = max(1, math.ceil((max(numbers) - min(numbers)) / (4 if unit == "year" else 3)))
    first = [divmod(number * months, 12) for number in range(min(numbers), max(numbers) + 1, step)]
    named = [date(year, month + 1, 1) for year, month in first]
    return tuple((day, day.isoformat()[: 4 if unit == "year" else 7]) for day in named)


def _words(topic: Mapping[str, Any], code: str, num_words: int) -> str:
    return ", ".join(str(word) for word, *_ in topic["words"].get(code, [])[:num_words])
