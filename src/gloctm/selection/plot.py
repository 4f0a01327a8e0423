"""Charts of the page about a search: a measure by a setting, with error bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gloctm.plot.drawing import DETAILS, Canvas, adaptive_svg


@dataclass(frozen=True)
class Point:
    """A candidate.

    Attributes:
        right: its place from left to right: a number, or a name.
        up: the mean.
        deviation: length of the error bar to each side; None for none.
        series: a line joins the candidates of one series.
        label: what the reader sees when pointing at it.
        best: whether it is the best one.
    """

    right: float | str
    up: float
    deviation: float | None
    series: str
    label: str
    best: bool


def svg(title: str, axis: str, points: Sequence[Point], *, bounds: tuple[float, float] = (-math.inf, math.inf)) -> str:
    """Return the chart of one measure as SVG for a page, light or dark as the page is.

    Args:
        title: the measure.
        axis: the setting.
        points: at least one. Their places are in proportion if all are numbers, otherwise at equal distances.
        bounds: lowest and highest possible value of the measure. Neither the axis nor an error bar goes beyond, unless
            a mean does.

    Raises:
        MissingDependencyError: Altair or vl-convert-python is not installed.
    """
    canvas = Canvas(title)
    alt, palette = canvas.alt, canvas.palette
    means = [point.up for point in points]
    least, most = min(bounds[0], *means), max(bounds[1], *means)
    rows: list[dict[str, Any]] = [
        {
            "x": point.right,
            "y": point.up,
            "low": max(point.up - (point.deviation or 0), least),
            "high": min(point.up + (point.deviation or 0), most),
            "series": point.series,
            "best": point.best,
            "details": point.label,
        }
        for point in points
    ]
    low, high = min(row["low"] for row in rows), max(row["high"] for row in rows)
    if high - low < 1e-9:
        low, high = max(low - 0.01, least), min(high + 0.01, most)
    places = list(dict.fromkeys(point.right for point in points))
    numbers = [place for place in places if isinstance(place, int | float)]
    if len(numbers) == len(places):
        scale = alt.Scale(zero=False, nice=False, padding=14)
        x = alt.X("x:Q", title=axis, scale=scale, axis=alt.Axis(values=sorted(numbers), grid=False))
    else:
        scale = alt.Scale(type="point", domain=[str(place) for place in places])
        x = alt.X("x:N", title=axis, sort=None, scale=scale, axis=alt.Axis(labelAngle=0, labelOverlap=True))
        rows = [{**row, "x": str(row["x"])} for row in rows]
    y = alt.Y("y:Q", title=None, scale=alt.Scale(domain=[low, high], nice=5), axis=alt.Axis(tickCount=5))
    base = canvas.chart(rows).encode(x=x)
    chart = alt.layer(
        base.mark_line(opacity=0.5, aria=False, color=palette.more).encode(y=y, detail="series:N"),
        canvas.chart([row for row, point in zip(rows, points, strict=True) if point.deviation is not None])
        .mark_rule(strokeWidth=1.5, aria=False, color=palette.more)
        .encode(x=x, y="low:Q", y2="high:Q"),
        base.mark_point(filled=True, opacity=1).encode(
            y=y,
            color=alt.condition("datum.best", alt.value(palette.categories[1]), alt.value(palette.more)),
            size=alt.condition("datum.best", alt.value(80), alt.value(40)),
            **DETAILS,
        ),
    )
    return adaptive_svg(canvas.finish(chart.properties(width=260, height=170)), f"{title} by {axis}")
