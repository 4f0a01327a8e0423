"""Figures of topics: their words, their likeness, their course over time."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Unpack

from gloctm.checks import check_int
from gloctm.errors import InputError
from gloctm.plot.drawing import DETAILS, Canvas, Figure, Look, lines
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
from gloctm.plot.wording import cut, one_line, wrapped

_PERIOD = re.compile(r"(\d{1,4})(?:-(\d{2}))?(?:-(\d{2}))?")
_UNITS = ("year", "month", "day")
# Pixels of the table: widths of the first column and of the others, heights of the header and of a line.
_FIRST, _COLUMN, _HEADER, _LINE = 160, 180, 30, 18
# Width and height of the map, in pixels.
_MAP = 500


def topic_table(
    summary: Any,
    *,
    num_words: int = 8,
    languages: Iterable[str] | None = None,
    topics: Iterable[int] | None = None,
    **look: Unpack[Look],
) -> Figure:
    """Draw topics as a table: a row per topic, a column per language, its heaviest words in the cells.

    Args:
        summary: a ``Summary`` or its mapping.
        num_words: words per cell, heaviest first; 8, which fit into two or three lines. Summaries may have fewer.
        languages: codes, in the order of the columns; None draws all. Each column is 180 pixels wide.
        topics: numbers, in the order of the rows; None draws all.
        **look: ``title`` and ``theme``, see ``Look``.

    Raises:
        InputError: not a summary; a language or topic that it lacks; an unknown theme.
        MissingDependencyError: Altair is not installed.

    Examples:
        >>> from gloctm import summarize
        >>> topic_table(summarize(model, corpus), num_words=5).save("topics.svg")
    """
    data = read_summary(summary)
    check_int("num_words", num_words, 1)
    chosen = languages_of(data, languages)
    canvas = Canvas(**look)
    alt, palette = canvas.alt, canvas.palette
    header = [{"text": ["topic"], "x": 8, "y": 8}]
    header += [
        _cell([cut(language.name, 22)], _FIRST + _COLUMN * place, 8, language.right_to_left)
        for place, language in enumerate(chosen)
    ]
    cells, borders, y = [], [], _HEADER
    for _, topic in topics_of(data, topics):
        texts = [_words(topic, language, num_words) for language in chosen]
        parts = [wrapped(cut(topic_name(topic), 60), 20), *(wrapped(text, 23) for text in texts)]
        cells.append({**_cell(parts[0], 0, y + 6, False), "details": topic_name(topic)})
        for place, (language, text) in enumerate(zip(chosen, texts, strict=True)):
            cell = _cell(parts[place + 1], _FIRST + _COLUMN * place, y + 6, language.right_to_left)
            cells.append({**cell, "details": text})
        borders.append({"y": y})
        y += _LINE * max(map(len, parts)) + 10
    width = _FIRST + _COLUMN * len(chosen)
    places = {
        "x": alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width], nice=False)),
        "y": alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[y, 0], nice=False)),
    }
    style = {
        "align": alt.expr("datum.right ? 'right' : 'left'"),
        "baseline": "top",
        "lineHeight": _LINE,
        "fontSize": 13,
    }
    drawn = alt.layer(
        canvas.chart([{"y": 0, "bottom": _HEADER}])
        .mark_rect(color=palette.missing, aria=False)
        .encode(y=places["y"], y2="bottom:Q"),
        canvas.chart([*borders, {"y": y}]).mark_rule(color=palette.grid, aria=False).encode(y=places["y"]),
        canvas.chart(header).mark_text(**style, fontWeight="bold").encode(**places, text="text:N"),
        canvas.chart(cells).mark_text(**style).encode(**places, text="text:N", **DETAILS),
    )
    return canvas.finish(drawn.properties(width=width, height=y))


def topic_map(
    summary: Any,
    *,
    topics: Iterable[int] | None = None,
    key: bool = True,
    **look: Unpack[Look],
) -> Figure:
    """Draw topics on a plane, near each other if they are alike; the area of a circle is the mean proportion.

    The areas are means over the languages, each of which counts alike. The axes mean nothing by themselves, so they
    have no ticks. Without a corpus, a summary has no prevalences: all circles then have one size, and a note says so.

    Args:
        summary: a ``Summary`` or its mapping.
        topics: numbers; None draws all. Areas are in proportion to the largest one drawn.
        key: whether to list the names with their numbers next to the map. Names within it would cover each other.
        **look: ``title`` and ``theme``, see ``Look``.

    Raises:
        InputError: not a summary; a topic that it lacks; a place or prevalence that is not a number; an unknown theme.
        MissingDependencyError: Altair is not installed.

    Examples:
        >>> from gloctm import summarize
        >>> topic_map(summarize(model, corpus)).to_dict()["$schema"][:20]
        'https://vega.github.'
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
        raise InputError(f"topic {missing} has no prevalence, but others do: make the summary again")
    largest = max(known, default=0.0) or 1.0
    spots = [
        {
            "x": number(topic["x"], f"the horizontal place of topic {topic['id']}"),
            "y": number(topic["y"], f"the vertical place of topic {topic['id']}"),
            "area": known[place] / largest if measured else 0.25,
            "number": str(topic["id"]),
            "details": lines(
                [*topic_lines(topic), *([f"mean proportion {100 * known[place]:.2f} %"] if measured else [])]
            ),
        }
        for place, topic in enumerate(chosen)
    ]
    note = (
        f"area of a circle: mean topic proportion, {100 * min(known):.1f} to {100 * max(known):.1f} %"
        if measured
        else "circles have one size: without a corpus, proportions are not known"
    )
    canvas = Canvas(**look)
    alt, palette = canvas.alt, canvas.palette
    # Pixels, the fewer the more circles there are.
    diameter = 56 * min(1.0, math.sqrt(20 / len(spots)))
    base = canvas.chart(spots).encode(
        x=alt.X("x:Q", axis=_bare(alt, note), scale=alt.Scale(domain=[-1.15, 1.15])),
        y=alt.Y("y:Q", axis=_bare(alt, None), scale=alt.Scale(domain=[-1.15, 1.15])),
    )
    circles = base.mark_circle(
        color=palette.categories[-2], opacity=1, fillOpacity=0.45, stroke=palette.foreground, strokeWidth=0.6
    ).encode(size=alt.Size("area:Q", scale=alt.Scale(domain=[0, 1], range=[4, diameter**2]), legend=None), **DETAILS)
    numbers = base.mark_text(fontSize=11, aria=False, tooltip=None).encode(text="number:N", tooltip="details:N")
    drawn = alt.layer(circles, numbers).properties(width=_MAP, height=_MAP, view=alt.ViewConfig(stroke=palette.grid))
    if not key:
        return canvas.finish(drawn)
    # At most five columns of at least 26 names.
    down = max(26, math.ceil(len(chosen) / 5))
    names = [
        {"x": 210 * (place // down), "y": 18 * (place % down), "name": cut(topic_name(topic), 30)}
        for place, topic in enumerate(chosen)
    ]
    width, height = 210 * math.ceil(len(names) / down), max(_MAP, 18 * min(down, len(names)))
    listed = (
        canvas.chart(names)
        .mark_text(align="left", baseline="top", fontSize=12)
        .encode(
            x=alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width], nice=False)),
            y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False)),
            text="name:N",
        )
        .properties(width=width, height=height)
    )
    return canvas.finish(alt.hconcat(drawn, listed, spacing=16))


def _bare(alt: Any, title: str | None) -> Any:
    return alt.Axis(labels=False, ticks=False, grid=False, domain=False, title=title)


def topics_over_time(
    summary: Any,
    *,
    languages: Iterable[str] | None = None,
    topics: Iterable[int] | None = None,
    same_scale: bool = True,
    intervals: bool = True,
    **look: Unpack[Look],
) -> Figure:
    """Draw the mean proportion of topics over time, with 95 % intervals: a panel per topic, a line per language.

    The intervals are bands, and vertical lines at periods with none next to them. The summary chose the unit (year,
    month or day) by the number of documents. A line is interrupted where the language has no documents. A single
    document has no interval in the panel: it would reach from 0 to 100 %.

    Args:
        summary: a ``Summary`` of a corpus with dates, or its mapping.
        languages: codes, in the order of the legend; None draws all that have dates.
        topics: numbers, in the order of the panels; None draws all. A paper has room for about nine.
        same_scale: whether all panels have one scale, for comparisons between topics; otherwise each has its own, from
            0, which shows the course of small topics, too.
        intervals: whether to draw them. The reader sees them in any case when pointing at a mark.
        **look: ``title`` and ``theme``, see ``Look``.

    Raises:
        InputError: not a summary, or one without dates; a language or topic that it lacks; a language without dates; a
            period that is not a date; an unknown theme.
        MissingDependencyError: Altair is not installed.

    Warns:
        CrowdedFigureWarning: more languages than a reader can distinguish in a panel.

    Examples:
        >>> from gloctm import summarize
        >>> topics_over_time(summarize(model, corpus))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        gloctm.errors.InputError: ...
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
    days = [_first_day(period) for period in periods]
    panels = [
        (
            topic_name(topic),
            [
                row
                for series, language in enumerate(drawn)
                for row in _over_time(dates, language, place, topic, series, days, bool(intervals))
            ],
        )
        for place, topic in chosen
    ]
    tops = [_top(rows) for _, rows in panels]
    if same_scale:
        tops = [_top([row for _, rows in panels for row in rows])] * len(panels)
    ticks = _ticks(days, unit)
    return Canvas(**look).panels(
        panels,
        [(language.name, language.style) for language in drawn],
        titles=(str(unit), "mean proportion (%)"),
        ticks=([day.toordinal() for day, _ in ticks], [name for _, name in ticks]),
        tops=tops,
    )


def _over_time(
    dates: Mapping[str, Any],
    language: Language,
    place: int,
    topic: Mapping[str, Any],
    series: int,
    days: Sequence[date],
    with_intervals: bool,
) -> Iterator[dict[str, Any]]:
    entries, counts = dates["prevalence"][language.code][place], dates["counts"][language.code]
    for period, day, entry, count in zip(dates["periods"], days, entries, counts, strict=True):
        what = f"the proportion of topic {topic['id']} in {language.code!r} in {period}"
        found = estimate(entry, "mean", what)
        row: dict[str, Any] = {"series": series, "x": day.toordinal(), "y": None}
        if found is not None:
            value, low, high = (100 * each for each in found)
            share = f"{value:.2f} % ({low:.2f} to {high:.2f} %)"
            documents = "1 document" if count == 1 else f"{count:,} documents"
            row |= {"y": value, "details": lines((topic_name(topic), f"{language.name}, {period}", share, documents))}
            row |= {"low": low, "high": high} if with_intervals and count > 1 else {}
        yield row


def _top(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return where a scale from 0 ends: above all values and intervals."""
    reached = (row.get("high", row["y"]) for row in rows if row["y"] is not None)
    return 1.05 * max(reached, default=0.0) or 1.0


def _first_day(period: str) -> date:
    found = _PERIOD.fullmatch(period)
    try:
        if found:
            year, month, day = found.groups(default="1")
            return date(int(year), int(month), int(day))
    except ValueError:
        pass
    raise InputError(f"the period {period!r} is not a date: it must be like 2019, 2019-05 or 2019-05-31")


def _ticks(days: Sequence[date], unit: str) -> tuple[tuple[date, str], ...]:
    """Return at most five days to name (three if the names are long), evenly apart by whole units."""
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


def _words(topic: Mapping[str, Any], language: Language, num_words: int) -> str:
    # A comma at the end of a line of right-to-left words stays at its left end.
    comma = ",\u200f " if language.right_to_left else ", "
    return comma.join(one_line(str(word)) for word, *_ in topic["words"].get(language.code, [])[:num_words])


def _cell(text: Sequence[str], x: float, y: float, right: bool) -> dict[str, Any]:
    """Return the text of a cell of the table, at its right side if it is read from the right."""
    return {"text": list(text), "x": x + (_COLUMN - 8 if right else 8), "y": y, "right": right}
