"""Charts of the documentation as SVG, readable on light and on dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gloctm.plot.drawing import DETAILS, Canvas, adaptive_svg
from gloctm.plot.palette import color_at, legible_on

# How numbers on an axis are written.
_THOUSANDS = "datum.value < 1000 ? datum.value : datum.value < 1e6 ? datum.value / 1000 + 'k' : datum.value / 1e6 + 'M'"


@dataclass(frozen=True)
class Panel:
    """A line.

    Attributes:
        title: above it.
        axis: what goes to the right, on a logarithmic scale.
        points: right and up, positive.
    """

    title: str
    axis: str
    points: Sequence[tuple[float, float]]


def svg(title: str, panels: Sequence[Panel]) -> str:
    """Return the panels side by side; all have one scale upwards, from 0."""
    canvas = Canvas()
    alt, color = canvas.alt, canvas.palette.more
    top = max((up for panel in panels for _, up in panel.points), default=1.0)

    def drawn(panel: Panel) -> object:
        rows = [{"x": x, "y": y, "details": f"{_short(x)}: {y:.1f}"} for x, y in panel.points]
        named = [x for x, _ in panel.points]
        names = alt.Axis(
            values=named, labelExpr="datum.value < 1000 ? datum.value : datum.value / 1000 + 'k'", grid=False
        )
        base = canvas.chart(rows).encode(
            x=alt.X("x:Q", title=panel.axis, scale=alt.Scale(type="log", nice=False, padding=10), axis=names),
            y=alt.Y("y:Q", title=None, scale=alt.Scale(domain=[0, top], nice=5), axis=alt.Axis(tickCount=5)),
        )
        line = base.mark_line(color=color, aria=False)
        points = base.mark_point(filled=True, color=color, size=40, opacity=1).encode(**DETAILS)
        return alt.layer(line, points).properties(width=250, height=180, title=_heading(alt, panel.title))

    return adaptive_svg(canvas.finish(alt.hconcat(*map(drawn, panels))), title) + "\n"


@dataclass(frozen=True)
class Bars:
    """Bars to the right, one below the other.

    Attributes:
        title: above them.
        values: name and length of each; None if it was not measured.
        form: how values are written.
    """

    title: str
    values: Sequence[tuple[str, float | None]]
    form: str = ".3f"


def bars_svg(title: str, panels: Sequence[Bars]) -> str:
    """Return bars of the same things side by side; each panel has its own scale from 0, the first has the names."""
    canvas = Canvas()
    alt, color = canvas.alt, canvas.palette.more
    drawn = []
    for place, panel in enumerate(panels):
        rows = [
            {
                "row": row,
                "length": max(value or 0.0, 0.0),
                "text": "—" if value is None else format(value, panel.form),
            }
            for row, (_, value) in enumerate(panel.values)
        ]
        longest = max((row["length"] for row in rows), default=0.0) or 1.0
        names = canvas.names([name for name, _ in panel.values], labels=place == 0)
        base = canvas.chart(rows).encode(
            x=alt.X("length:Q", axis=None, scale=alt.Scale(domain=[0, longest], nice=False)),
            y=alt.Y("row:O", **names),
        )
        bars = base.mark_bar(color=color, height=14, aria=False)
        texts = base.mark_text(align="left", dx=4, aria=False).encode(text="text:N")
        chart = alt.layer(bars, texts).properties(width=110, height=alt.Step(20), title=_heading(alt, panel.title))
        drawn.append(chart)
    return adaptive_svg(canvas.finish(alt.hconcat(*drawn, spacing=56)), title) + "\n"


@dataclass(frozen=True)
class Lines:
    """Several lines.

    Attributes:
        title: above them.
        axis: what goes to the right, on a logarithmic scale.
        series: by name the points of a line, right and up, positive.
        log: whether the scale upwards is logarithmic, too; else it begins at 0.
    """

    title: str
    axis: str
    series: Mapping[str, Sequence[tuple[float, float]]]
    log: bool = False


def lines_svg(title: str, panels: Sequence[Lines]) -> str:
    """Return the panels side by side, with one legend; each has its own scale upwards. Nothing is an empty picture."""
    canvas = Canvas()
    alt, names = canvas.alt, list(dict.fromkeys(name for panel in panels for name in panel.series))
    if not names:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"></svg>\n'
    colors = canvas.by_series("Color", names, [*canvas.palette.categories][: len(names)], orient="right")

    def drawn(panel: Lines) -> object:
        rows = [
            {"series": names.index(name), "x": x, "y": y, "details": f"{name}, {_short(x)}: {y:,.0f}"}
            for name, points in panel.series.items()
            for x, y in points
        ]
        across = alt.Axis(values=sorted({row["x"] for row in rows}), labelExpr=_THOUSANDS, grid=False)
        scale = alt.Scale(type="log", nice=True) if panel.log else alt.Scale(zero=True, nice=5)
        upwards = alt.Axis(values=[10**power for power in range(-3, 10)]) if panel.log else alt.Axis(tickCount=5)
        base = canvas.chart(rows).encode(
            x=alt.X("x:Q", title=panel.axis, scale=alt.Scale(type="log", nice=False, padding=10), axis=across),
            y=alt.Y("y:Q", title=None, scale=scale, axis=upwards),
            color=colors,
        )
        points = base.mark_point(filled=True, size=40, opacity=1).encode(**DETAILS)
        chart = alt.layer(base.mark_line(aria=False), points)
        return chart.properties(width=250, height=220, title=_heading(alt, panel.title))

    return adaptive_svg(canvas.finish(alt.hconcat(*map(drawn, panels))), title) + "\n"


@dataclass(frozen=True)
class Standing:
    """Models by measures.

    Attributes:
        title: above the cells.
        rows: names of models, top to bottom, and their value by each measure; None where there is none.
        columns: names of measures, left to right, and how their values are written.
    """

    title: str
    rows: Sequence[tuple[str, Sequence[float | None]]]
    columns: Sequence[tuple[str, str]]


def standing_svg(title: str, panels: Sequence[Standing]) -> str:
    """Return cells of the panels, one below the other: darker ones are better among those of their column."""
    canvas = Canvas()
    alt, stops = canvas.alt, list(canvas.palette.sequential)

    def drawn(panel: Standing) -> object:
        cells = []
        for column, (_, form) in enumerate(panel.columns):
            known = [values[column] for _, values in panel.rows if values[column] is not None]
            low, high = (min(known), max(known)) if known else (0.0, 0.0)
            for row, (_, values) in enumerate(panel.rows):
                value = values[column]
                if value is not None:
                    share = (value - low) / (high - low) if high > low else 1.0
                    ink = legible_on(color_at(stops, share))
                    cells.append({"row": row, "column": column, "share": share, "text": f"{value:{form}}", "ink": ink})
        names = canvas.names([name for name, _ in panel.rows])
        measures = canvas.names([name for name, _ in panel.columns], orient="top", labelAngle=-45)
        base = canvas.chart(cells).encode(x=alt.X("column:O", **measures), y=alt.Y("row:O", **names))
        scale = alt.Scale(domain=[each / (len(stops) - 1) for each in range(len(stops))], range=stops)
        rectangles = base.mark_rect(aria=False).encode(color=alt.Color("share:Q", scale=scale, legend=None))
        texts = base.mark_text(aria=False, fontSize=11).encode(
            text="text:N", color=alt.Color("ink:N", scale=None, legend=None)
        )
        chart = alt.layer(rectangles, texts).resolve_scale(color="independent")
        return chart.properties(width=alt.Step(48), height=alt.Step(22), title=_heading(alt, panel.title))

    return adaptive_svg(canvas.finish(alt.vconcat(*map(drawn, panels), spacing=24)), title) + "\n"


@dataclass(frozen=True)
class Changes:
    """What changes of settings, one at a time, do to a measure.

    Attributes:
        title: above the rows.
        axis: the measure.
        usual: its value without a change.
        rows: names of settings, top to bottom, and the measure with each smaller and larger; None if not measured.
    """

    title: str
    axis: str
    usual: float
    rows: Sequence[tuple[str, float | None, float | None]]


def changes_svg(title: str, panels: Sequence[Changes]) -> str:
    """Return the panels side by side: a row per setting, a point each for smaller and larger, a line for neither."""
    canvas = Canvas()
    alt, names = canvas.alt, ("half as large", "half as large again")
    colors = canvas.by_series("Color", names, canvas.palette.categories[:2], orient="bottom")
    shapes = canvas.by_series("Shape", names, ("triangle-left", "triangle-right"), orient="bottom")

    def drawn(place: int, panel: Changes) -> object:
        points = [
            {"row": row, "series": series, "value": value, "details": f"{name}, {names[series]}: {value:.4f}"}
            for row, (name, *values) in enumerate(panel.rows)
            for series, value in enumerate(values)
            if value is not None
        ]
        listed = canvas.names([name for name, *_ in panel.rows], labels=place == 0)
        right = alt.X("value:Q", title=panel.axis, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(tickCount=4))
        marks = canvas.chart(points).mark_point(filled=True, size=60, opacity=1)
        marks = marks.encode(x=right, y=alt.Y("row:O", **listed), color=colors, shape=shapes, **DETAILS)
        line = canvas.chart([{"value": panel.usual}]).mark_rule(color=canvas.palette.muted, aria=False)
        return alt.layer(line.encode(x="value:Q"), marks).properties(
            width=220, height=alt.Step(18), title=_heading(alt, panel.title)
        )

    charts = [drawn(place, panel) for place, panel in enumerate(panels)]
    return adaptive_svg(canvas.finish(alt.hconcat(*charts, spacing=30)), title) + "\n"


def _heading(alt: Any, text: str) -> Any:
    return alt.Title(text, fontSize=13, frame="group")


def _short(number: float) -> str:
    if number >= 1_000_000:
        return f"{number / 1_000_000:g}M"
    return f"{number / 1000:g}k" if number >= 1000 else f"{number:g}"
