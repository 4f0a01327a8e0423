"""Charts as plotly figures.

Every text goes through ``for_plotly``, and hover through ``hovertext`` with ``hoverinfo="text"``: a ``hovertemplate``
would read ``%{…}`` in a name as a place to fill in. Axes are numbered, names are tick labels: with names as places,
two topics of one name would be one row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from plotly.graph_objects import Figure

from gloctm.plot.charts import ROW, Bars, Chart, HeatMap, Intervals, Line, Panels, SpotMap, Table
from gloctm.plot.palette import Palette, Style, colour_at, faded, legible_on
from gloctm.plot.wording import axis_name, cut, for_plotly, lines_for_plotly, widest, wrapped

# The reader's own fonts: those of the system, then any that has the script.
_FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, 'Noto Sans CJK SC', "
    "'Noto Sans CJK JP', 'Noto Sans CJK KR', 'Hiragino Sans', 'PingFang SC', 'Microsoft YaHei', 'Yu Gothic', "
    "'Malgun Gothic', 'Noto Sans Arabic', 'Geeza Pro', 'Noto Sans Thai', 'Noto Sans Devanagari', sans-serif"
)
_FONT_SIZE, _SMALL = 13, 11
# Of a column of the map's key.
_KEY = 210
# Beyond this many pixels a figure has a width of its own rather than the page's.
_PAGE = 900


def draw(chart: Chart, title: str | None, palette: Palette) -> Any:
    """A chart as a ``plotly.graph_objects.Figure``."""
    match chart:
        case Table():
            data, layout = _table(chart, palette)
        case HeatMap():
            data, layout = _heat_map(chart, palette)
        case Intervals():
            data, layout = _intervals(chart, palette)
        case Panels():
            data, layout = _panels(chart, palette)
        case Bars():
            data, layout = _bars(chart, palette)
        case SpotMap():
            data, layout = _spot_map(chart, palette)
    top = layout["margin"]["t"]
    if title:
        layout["title"] = {
            "text": for_plotly(title),
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"l": 12, "t": 14},
        }
        layout["margin"]["t"] = top + 36
        layout["height"] += 36
    layout["template"] = _template(palette)
    layout["hoverlabel"] = {"align": "left", "namelength": -1}
    return Figure({"data": data, "layout": layout})


def _template(palette: Palette) -> dict[str, Any]:
    axis = {
        "gridcolor": palette.grid,
        "linecolor": palette.grid,
        "zerolinecolor": palette.muted,
        "zeroline": False,
        "tickcolor": palette.grid,
        "title": {"font": {"size": _FONT_SIZE}},
        "automargin": True,
    }
    return {
        "layout": {
            "paper_bgcolor": palette.background,
            "plot_bgcolor": palette.background,
            "font": {"family": _FONTS, "size": _FONT_SIZE, "color": palette.foreground},
            "title": {"font": {"size": 16}},
            "colorway": list(palette.categories),
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": palette.background,
                "bordercolor": palette.muted,
                "font": {"family": _FONTS, "size": _FONT_SIZE, "color": palette.foreground},
            },
            "legend": {"bgcolor": "rgba(0,0,0,0)"},
        }
    }


def _named_axis(names: Sequence[str], title: str, **more: Any) -> dict[str, Any]:
    """An axis with a name at each place."""
    return {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [for_plotly(axis_name(name)) for name in names],
        "title": {"text": for_plotly(title), "standoff": 10},
        "showgrid": False,
        "ticks": "",
        **more,
    }


def _downwards(names: Sequence[str], title: str, **more: Any) -> dict[str, Any]:
    """An upright axis with a name at each place, the first on top."""
    return _named_axis(names, title, range=[len(names) - 0.5, -0.5], **more)


def _page_width(pixels: float) -> dict[str, Any]:
    return {"width": round(pixels)} if pixels > _PAGE else {}


def _table(chart: Table, palette: Palette) -> tuple[list[Any], dict[str, Any]]:
    cell, number = 180, 150
    heights = [max(len(wrapped(text, 21)) for text in (cut(row[0], 60), *row[1:])) for row in chart.rows]
    alignment = ["right" if right else "left" for right in chart.right_to_left]
    columns = list(zip(*chart.rows, strict=True))
    table = {
        "type": "table",
        "columnwidth": [number, *([cell] * (len(chart.header) - 1))],
        "header": {
            "values": [for_plotly(name) for name in chart.header],
            "align": alignment,
            "fill": {"color": palette.missing},
            "line": {"color": palette.grid},
            "font": {"size": _FONT_SIZE, "color": palette.foreground},
            "height": 30,
        },
        "cells": {
            "values": [
                [for_plotly(cut(text, 60)) for text in columns[0]],
                *(
                    [for_plotly(_mirrored(text) if right else text) for text in column]
                    for column, right in zip(columns[1:], chart.right_to_left[1:], strict=True)
                ),
            ],
            "align": alignment,
            "fill": {"color": palette.background},
            "line": {"color": palette.grid},
            "font": {"size": _FONT_SIZE, "color": palette.foreground},
            "height": 26,
        },
    }
    height = 50 + sum(10 + 18 * lines for lines in heights)
    wide = number + cell * (len(chart.header) - 1)
    return [table], {"height": height, "margin": _margin(10, 10, 10, 10), **_page_width(wide)}


def _mirrored(text: str) -> str:
    """A list of words read from the right: a comma at the end of a line stays at its left end."""
    return text.replace(", ", ",\u200f ")


def _heat_map(chart: HeatMap, palette: Palette) -> tuple[list[Any], dict[str, Any]]:
    stops = palette.diverging if chart.diverging else palette.sequential
    rows, columns = len(chart.rows), len(chart.columns)
    heat: dict[str, Any] = {
        "type": "heatmap",
        "x": list(range(columns)),
        "y": list(range(rows)),
        "z": [list(row) for row in chart.values],
        "zmin": chart.low,
        "zmax": chart.high,
        "colorscale": [[place / (len(stops) - 1), colour] for place, colour in enumerate(stops)],
        "hovertext": [[lines_for_plotly(lines) for lines in row] for row in chart.hover],
        "hoverinfo": "text",
        "hoverongaps": True,
        "xgap": 1,
        "ygap": 1,
        "colorbar": {
            "title": {"text": for_plotly(chart.value_title), "side": "right"},
            "thickness": 12,
            "outlinewidth": 0,
            "lenmode": "pixels",
            "len": min(240, max(120, ROW * rows)),
            "yanchor": "top",
            "y": 1,
        },
    }
    data = [heat] if chart.decimals is None else [heat, _written(chart, stops)]
    side = _beside(chart.rows)
    above = _beside(chart.columns) if chart.turned else 24
    top = max(40, above + (24 if chart.column_title else 0) + (28 if chart.note else 0) + 10)
    height = ROW * max(rows, 6) + top + 20
    layout = {
        "height": height,
        "margin": _margin(top, 10, 20, side + 30),
        "plot_bgcolor": palette.missing,
        "xaxis": _named_axis(
            chart.columns,
            chart.column_title,
            range=[-0.5, columns - 0.5],
            side="top",
            tickangle=-90 if chart.turned else 0,
        ),
        "yaxis": _downwards(chart.rows, chart.row_title),
        **_page_width(side + 140 + chart.cell * columns),
    }
    if chart.note:
        layout["annotations"] = [_note(chart.note, palette, y=1, yshift=top - 14)]
    return data, layout


def _written(chart: HeatMap, stops: tuple[str, ...]) -> dict[str, Any]:
    """The figures in the cells: points of their own, since a heat map's texts have one colour for light and dark."""
    cells = chart.written()
    span = chart.high - chart.low
    return {
        "type": "scatter",
        "mode": "text",
        "x": [column for _, column, _, _ in cells],
        "y": [row for row, _, _, _ in cells],
        "text": [text for *_, text in cells],
        "textfont": {
            "size": _SMALL,
            "color": [legible_on(colour_at(stops, (value - chart.low) / span)) for _, _, value, _ in cells],
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _intervals(chart: Intervals, palette: Palette) -> tuple[list[Any], dict[str, Any]]:
    looks = {
        "more": (palette.more, "circle"),
        "less": (palette.less, "diamond"),
        "unclear": (palette.muted, "circle-open"),
        "doubtful": (palette.muted, "x"),
    }
    traces = []
    for kind, name in chart.kinds.items():
        places = [place for place, row in enumerate(chart.rows) if row.kind == kind]
        if not places:
            continue
        rows = [chart.rows[place] for place in places]
        colour, symbol = looks[kind]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": for_plotly(name),
                "x": [row.value for row in rows],
                "y": places,
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [row.high - row.value for row in rows],
                    "arrayminus": [row.value - row.low for row in rows],
                    "thickness": 1.5,
                    "width": 3,
                    "color": colour,
                },
                "marker": {"color": colour, "symbol": symbol, "size": 9},
                "hovertext": [lines_for_plotly(row.hover) for row in rows],
                "hoverinfo": "text",
            }
        )
    names = [row.name for row in chart.rows]
    layout = {
        "height": 22 * max(len(names), 4) + 120,
        "margin": _margin(56, 20, 60, _beside(names) + 20),
        "xaxis": {
            "title": {"text": for_plotly(chart.value_title)},
            "zeroline": True,
            "ticks": "outside",
        },
        "yaxis": _downwards(names, "topic", showgrid=True),
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "showlegend": True,
    }
    return traces, layout


def _panels(chart: Panels, palette: Palette) -> tuple[list[Any], dict[str, Any]]:
    across = min(3, len(chart.panels))
    down = math.ceil(len(chart.panels) / across)
    panel, gap, below = 150.0, 56, 60
    # The names of lines stand to the right of the panels, one below the other.
    height = round(max(40 + down * (panel + gap) - gap + below, 20 * len(chart.legend) + 80))
    inner = height - 40 - below
    panel = inner / down - gap * (down - 1) / down
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"annotations": []}
    x = [place.isoformat() if isinstance(place, date) else place for place in chart.places]
    for number, each in enumerate(chart.panels):
        row, column = divmod(number, across)
        highest = chart.top(each)
        suffix = "" if number == 0 else str(number + 1)
        left = column / across + (0.02 if column else 0)
        right = (column + 1) / across - (0.05 if column + 1 < across else 0)
        top = 1 - row * (panel + gap) / inner
        last = number + across >= len(chart.panels)
        layout[f"xaxis{suffix}"] = {
            "domain": [left, right],
            "anchor": f"y{suffix}",
            "showticklabels": last,
            "title": {"text": for_plotly(chart.place_title) if last else ""},
            "ticks": "outside" if last else "",
            **({"matches": "x"} if number else {}),
            **(_date_axis(chart.ticks) if chart.ticks else {}),
        }
        layout[f"yaxis{suffix}"] = {
            "domain": [max(0.0, top - panel / inner), top],
            "anchor": f"x{suffix}",
            "title": {"text": for_plotly(chart.value_title) if column == 0 else ""},
            "nticks": 4,
            **({} if highest is None else {"range": [0, highest]}),
        }
        layout["annotations"].append(
            {
                "text": for_plotly(cut(each.title, 30)),
                "x": left,
                "y": top,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": _FONT_SIZE},
                "hovertext": for_plotly(each.title),
            }
        )
        for line in each.lines:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "name": for_plotly(line.name),
                    "legendgroup": str(chart.legend.index((line.name, line.style))) if chart.legend else "",
                    "showlegend": bool(chart.legend) and number == 0,
                    "x": x,
                    "y": list(line.values),
                    "xaxis": f"x{suffix}",
                    "yaxis": f"y{suffix}",
                    "connectgaps": False,
                    **({"error_y": _reaches(line, palette)} if line.intervals else {}),
                    "line": {"color": palette.categories[line.style.category], "dash": line.style.dash, "width": 1.8},
                    "marker": {"symbol": line.style.marker, "size": 5 if len(x) <= 60 else 3},
                    "hovertext": [lines_for_plotly(lines) for lines in line.hover],
                    "hoverinfo": "text",
                }
            )
    return traces, {
        **layout,
        "height": height,
        "width": 130 + 280 * across + (130 if chart.legend else 0),
        "margin": _margin(40, 20, below, 70),
        "showlegend": bool(chart.legend),
        "legend": {"x": 1.02, "y": 1, "xanchor": "left", "yanchor": "top", "tracegroupgap": 0},
    }


def _reaches(line: Line, palette: Palette) -> dict[str, Any]:
    """The intervals of a line's values, paler than the line."""
    down, up = [0.0] * len(line.values), [0.0] * len(line.values)
    for place, _, below, above in line.reaches():
        down[place], up[place] = below, above
    return {
        "type": "data",
        "symmetric": False,
        "array": up,
        "arrayminus": down,
        "thickness": 1,
        "width": 0,
        "color": faded(palette.categories[line.style.category]),
    }


def _date_axis(ticks: Sequence[tuple[date, str]]) -> dict[str, Any]:
    return {
        "type": "date",
        "tickmode": "array",
        "tickvals": [day.isoformat() for day, _ in ticks],
        "ticktext": [for_plotly(name) for _, name in ticks],
    }


def _bars(chart: Bars, palette: Palette) -> tuple[list[Any], dict[str, Any]]:
    traces = []
    for (name, look), bars in zip(chart.series, chart.bars, strict=True):
        drawn = [(place, bar) for place, bar in enumerate(bars) if bar is not None]
        spans = [
            (0.0, 0.0) if bar.low is None or bar.high is None else (bar.value - bar.low, bar.high - bar.value)
            for _, bar in drawn
        ]
        trace: dict[str, Any] = {
            "type": "bar",
            "orientation": "h",
            "name": for_plotly(name),
            "x": [bar.value for _, bar in drawn],
            "y": [place for place, _ in drawn],
            "marker": _bar_look(look, palette),
            "hovertext": [lines_for_plotly(bar.hover) for _, bar in drawn],
            "hoverinfo": "text",
        }
        if any(bar.low is not None for _, bar in drawn):
            trace["error_x"] = {
                "type": "data",
                "symmetric": False,
                "array": [up for _, up in spans],
                "arrayminus": [down for down, _ in spans],
                "color": palette.foreground,
                "thickness": 1.2,
                "width": 3,
            }
        traces.append(trace)
    bar_height = 18 if len(chart.series) > 1 else 24
    layout = {
        "height": (bar_height * len(chart.series) + 16) * len(chart.groups)
        + 100
        + 20 * math.ceil(len(chart.series) / 6),
        "barmode": "group",
        "bargap": 0.25,
        "margin": _margin(40 + 20 * math.ceil(len(chart.series) / 6), 20, 60, _beside(chart.groups)),
        "xaxis": {"title": {"text": for_plotly(chart.value_title)}, "zeroline": True, "ticks": "outside"},
        "yaxis": _downwards(chart.groups, ""),
        "showlegend": len(chart.series) > 1,
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
    }
    return traces, layout


def _bar_look(look: Style, palette: Palette) -> dict[str, Any]:
    marker: dict[str, Any] = {"color": palette.categories[look.category]}
    if look.pattern:
        marker["pattern"] = {"shape": look.pattern, "fillmode": "overlay", "fgcolor": palette.background, "size": 6}
    return marker


def _spot_map(chart: SpotMap, palette: Palette) -> tuple[list[Any], dict[str, Any]]:
    trace = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [spot.x for spot in chart.spots],
        "y": [spot.y for spot in chart.spots],
        "text": [for_plotly(spot.number) for spot in chart.spots],
        "textposition": "middle center",
        "textfont": {"size": _SMALL, "color": palette.foreground},
        "hovertext": [lines_for_plotly(spot.hover) for spot in chart.spots],
        "hoverinfo": "text",
        "cliponaxis": False,
        "marker": {
            "size": [spot.area for spot in chart.spots],
            "sizemode": "area",
            # By plotly's rule for areas: what is 1 gets this diameter.
            "sizeref": 2 / chart.diameter**2,
            "sizemin": 2,
            "color": palette.categories[-2],
            "opacity": 0.45,
            "line": {"color": palette.foreground, "width": 0.6},
        },
    }
    blocks = chart.key_columns
    beside = 20 + _KEY * len(blocks)
    layout: dict[str, Any] = {
        "height": max(600, 18 * max(map(len, blocks), default=0) + 80),
        "width": 540 + beside,
        "margin": _margin(40, beside, 40, 20),
        "xaxis": _bare_axis(for_plotly(chart.note)),
        "yaxis": {**_bare_axis(""), "scaleanchor": "x", "constrain": "domain", "constraintoward": "top"},
        "annotations": [
            {
                "text": lines_for_plotly(f"{spot.number} {cut(spot.name, 26)}" for spot in block),
                "x": 1,
                "y": 1,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "top",
                "xshift": 16 + _KEY * column,
                "align": "left",
                "showarrow": False,
                "font": {"size": 12},
            }
            for column, block in enumerate(blocks)
        ],
    }
    return [trace], layout


def _bare_axis(title: str) -> dict[str, Any]:
    return {
        "range": [-1.15, 1.15],
        "showgrid": False,
        "showticklabels": False,
        "showline": True,
        "mirror": True,
        "title": {"text": title},
    }


def _note(text: str, palette: Palette, **place: Any) -> dict[str, Any]:
    return {
        "text": for_plotly(text),
        "x": 0,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": 12, "color": palette.muted},
        **place,
    }


def _margin(top: float, right: float, bottom: float, left: float) -> dict[str, Any]:
    return {"t": round(top), "r": round(right), "b": round(bottom), "l": round(left)}


def _beside(names: Iterable[str]) -> int:
    """Room in pixels for the longest of the names."""
    return 16 + 7 * widest(names)
