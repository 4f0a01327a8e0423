"""Figures as Vega-Lite describes them, without data and without colors: what ``gloctm.plot`` and the report page share.

A description is a Vega-Lite specification with places to fill in. Python fills them with the colors of a palette, the
page with those of its style sheet, and each with its own texts, since both word details for their own readers. There
are three kinds of places, each an object of its own:

- ``{"$": name}`` becomes the value of that name, which must be given;
- ``{"?": name}`` does as well, and is left out with its key if there is none;
- ``{"if": name, "then": part, "else": other}`` becomes one of the parts; the other may be missing.

A place of data (``"data": {"$": "rows"}``) takes a Vega-Lite data source. Names on axes and in legends are places
0, 1, … with the names in a ``labelExpr``, so two equal names remain two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LEFT_OUT = object()


def filled(part: Any, values: Mapping[str, Any]) -> Any:
    """Return a description with its places filled in.

    Args:
        part: a description, or a part of one.
        values: what goes into the places, by name.

    Raises:
        KeyError: a place that must be filled has no value.

    Examples:
        >>> filled({"mark": {"$": "mark"}, "title": {"?": "title"}}, {"mark": "bar"})
        {'mark': 'bar'}
        >>> filled([{"if": "named", "then": 1, "else": 2}, {"if": "named", "then": 3}], {"named": False})
        [2]
    """
    found = _filled(part, values)
    return None if found is _LEFT_OUT else found


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(part, list):
        return [found for found in (_filled(each, values) for each in part) if found is not _LEFT_OUT]
    if not isinstance(part, dict):
        return part
    if "$" in part:
        return values[part["$"]]
    if "?" in part:
        return values.get(part["?"], _LEFT_OUT)
    if "if" in part:
        return _filled(part.get("then" if values.get(part["if"]) else "else", _LEFT_OUT), values)
    pairs = ((key, _filled(each, values)) for key, each in part.items())
    return {key: found for key, found in pairs if found is not _LEFT_OUT}


def _place(name: str) -> dict[str, str]:
    return {"$": name}


def _perhaps(name: str) -> dict[str, str]:
    return {"?": name}


def _names(expression: str, title: str, **axis: Any) -> dict[str, Any]:
    """Return an axis with a name at each place."""
    return {
        "labelExpr": _place(expression),
        "title": _perhaps(title),
        "labelLimit": 0,
        "ticks": False,
        "domain": False,
        **axis,
    }


def _by_series(looks: str, **more: Any) -> dict[str, Any]:
    """Return the encoding that gives each ``series``, a place in their order, its look."""
    legend = {
        "title": None,
        "labelExpr": _place("series_names"),
        "labelLimit": 0,
        "symbolOpacity": 1,
        "orient": _perhaps("legend_orient"),
        "columns": _perhaps("legend_columns"),
    }
    return {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": _place("series"), "range": _place(looks)},
        "legend": {"if": "legend", "then": legend, "else": None},
        **more,
    }


# A mark shows the text of this field to the pointer, and to assistive technology.
_DETAILS = {
    "tooltip": {"field": "details", "type": "nominal"},
    "description": {"field": "details", "type": "nominal"},
}


def _number(field: str, **more: Any) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", **more}


# Estimates with their intervals, a line each, and a rule at zero. Rows: row, series, value, low, high, details.
_INTERVALS_Y = {
    "field": "row",
    "type": "ordinal",
    "scale": {"domain": _place("rows_order")},
    # A mark at zero does not touch the name before it.
    "axis": _names("row_names", "row_title", grid=True, labelPadding=10),
}
_INTERVALS = {
    "width": _place("width"),
    "height": _place("height"),
    "layer": [
        {
            "data": {"values": [{"zero": 0}]},
            "mark": {"type": "rule", "color": _place("muted"), "aria": False},
            "encoding": {"x": _number("zero")},
        },
        {
            "data": _place("rows"),
            "mark": {"type": "rule", "strokeWidth": 1.5, "aria": False},
            "encoding": {
                "x": _number(
                    "low",
                    title=_place("title"),
                    axis={"format": _perhaps("format"), "tickCount": _perhaps("ticks"), "labelAngle": 0},
                ),
                "x2": {"field": "high"},
                "y": _INTERVALS_Y,
                "color": _by_series("colors"),
            },
        },
        {
            "data": _place("rows"),
            "mark": {"type": "point", "filled": False, "size": 70, "strokeWidth": 1.5, "opacity": 1},
            "encoding": {
                "x": _number("value"),
                "y": _INTERVALS_Y,
                "color": _by_series("colors"),
                "fill": _by_series("fills"),
                "shape": _by_series("shapes"),
                **_DETAILS,
            },
        },
    ],
}

# Lines over what is in order, with bands of intervals. Rows: series, x, y, details, perhaps low and high, and few (a
# mean of few documents, drawn hollow). A missing y interrupts the line. What has no neighbor to form a band with has
# its interval as a rule: alone.
_TREND_X = _number(
    "x",
    scale={"zero": False, "nice": False, "padding": 6},
    axis={
        "title": _perhaps("x_title"),
        "labels": _perhaps("x_labels"),
        "labelFlush": False,
        "labelAngle": 0,
        "grid": True,
        "values": _perhaps("x_values"),
        "labelExpr": _perhaps("x_names"),
        "tickCount": _perhaps("x_ticks"),
    },
)
_TREND = {
    "width": _place("width"),
    "height": _place("height"),
    "title": _perhaps("panel_title"),
    "layer": [
        {
            "if": "bands",
            "then": {
                "data": _place("rows"),
                "mark": {
                    "type": "area",
                    "fillOpacity": _place("band_opacity"),
                    # Bands that cover each other are told apart by their edges.
                    "strokeOpacity": {"if": "band_edges", "then": 0.55, "else": 0},
                    "strokeWidth": 1,
                    "clip": True,
                    "aria": False,
                },
                "encoding": {
                    "x": _TREND_X,
                    "y": _number("low"),
                    "y2": {"field": "high"},
                    "color": _by_series("colors"),
                    "stroke": _by_series("colors"),
                },
            },
        },
        {
            "if": "alone",
            "then": {
                "data": _place("alone"),
                "mark": {"type": "rule", "opacity": 0.5, "clip": True, "aria": False},
                "encoding": {
                    "x": _TREND_X,
                    "y": _number("low"),
                    "y2": {"field": "high"},
                    "color": _by_series("colors"),
                },
            },
        },
        {
            "data": _place("rows"),
            "mark": {"type": "line", "strokeWidth": 1.8, "clip": True, "aria": False},
            "encoding": {
                "x": _TREND_X,
                "y": _number(
                    "y",
                    scale=_place("y_scale"),
                    axis={
                        "title": _perhaps("y_title"),
                        "tickCount": 4,
                        "format": _perhaps("format"),
                    },
                ),
                "color": _by_series("colors"),
                "strokeDash": _by_series("dashes"),
            },
        },
        {
            "data": _place("rows"),
            "mark": {
                "type": "point",
                "filled": False,
                "size": _place("point_size"),
                "strokeWidth": 1.5,
                "opacity": 1,
                "clip": True,
            },
            "encoding": {
                "x": _TREND_X,
                "y": _number("y"),
                "color": _by_series("colors"),
                "fill": _by_series("colors", condition={"test": "datum.few === true", "value": _place("background")}),
                "shape": _by_series("shapes"),
                **_DETAILS,
            },
        },
    ],
}

# Trends side by side: panels are filled trends.
_MULTIPLES = {"concat": _place("panels"), "columns": _place("columns"), "spacing": 24}


# A matrix of colored cells. Rows: row, column, details, and of those with a value: value, and with numbers in the cells
# text and ink. Cells of ``plain`` have no color: their value is missing or says nothing; with text they are written.
def _cell(channel: str, names: str, order: str, title: str, **axis: Any) -> dict[str, Any]:
    return {
        "field": channel,
        "type": "ordinal",
        "scale": {"domain": _place(order)},
        "axis": _names(names, title, **axis),
    }


_HEAT_PLACES = {
    "x": _cell(
        "column", "column_names", "columns_order", "column_title", orient="top", labelAngle=_place("column_angle")
    ),
    "y": _cell("row", "row_names", "rows_order", "row_title"),
}
_HEAT_LEGEND = {
    "titleOrient": _perhaps("legend_title_orient"),
    "titleLimit": 0,
    "orient": _perhaps("legend_orient"),
    "direction": _perhaps("legend_direction"),
    "gradientLength": _place("legend_length"),
    "format": _perhaps("format"),
    "tickCount": _perhaps("legend_ticks"),
}
_HEAT = {
    "width": _place("width"),
    "height": _place("height"),
    "layer": [
        {
            "data": _place("cells"),
            "mark": {"type": "rect", "stroke": _place("background"), "strokeWidth": 1},
            "encoding": {
                **_HEAT_PLACES,
                "color": _number(
                    "value",
                    title=_place("title"),
                    scale={
                        "domain": _place("stops"),
                        "range": _place("stop_colors"),
                        "interpolate": "rgb",
                        "clamp": True,
                    },
                    legend={"if": "legend", "then": _HEAT_LEGEND, "else": None},
                ),
                **_DETAILS,
            },
        },
        {
            "if": "plain",
            "then": {
                "data": _place("plain"),
                "mark": {
                    "type": "rect",
                    "color": _place("missing"),
                    "stroke": _place("background"),
                    "strokeWidth": 1,
                },
                "encoding": {**_HEAT_PLACES, **_DETAILS},
            },
        },
        {
            "if": "written",
            "then": {
                "data": _place("written"),
                "mark": {"type": "text", "fontSize": 11, "aria": False, "color": {"expr": "datum.ink"}},
                "encoding": {
                    **_HEAT_PLACES,
                    "text": {"field": "text", "type": "nominal"},
                    "tooltip": _DETAILS["tooltip"],
                },
            },
        },
    ],
}

# How all figures look: fonts, sizes, and where colors of the theme go.
_INK = {"labelColor": _place("foreground"), "titleColor": _place("foreground")}
_TEXT = {"labelFontSize": 12, "titleFontSize": 13, "titleFontWeight": "normal"}
_CONFIG = {
    "background": _place("background"),
    "font": _place("font"),
    "padding": _place("padding"),
    "axis": {
        **_INK,
        **_TEXT,
        **{"gridColor": _place("grid"), "domainColor": _place("grid"), "tickColor": _place("grid")},
        **{"labelLimit": 0, "titleLimit": 0, "titlePadding": 8},
    },
    "legend": {**_INK, **_TEXT, "symbolStrokeWidth": 2, "symbolLimit": 0},
    "title": {
        **{"anchor": "start", "frame": "bounds", "limit": 0, "offset": 14, "fontSize": 16, "subtitleFontSize": 12},
        **{"color": _place("foreground"), "subtitleColor": _place("muted")},
    },
    "text": {"color": _place("foreground")},
    "view": {"stroke": None},
}

#: By kind of figure, its description; ``config`` is the Vega-Lite configuration of all.
DESCRIPTIONS: Mapping[str, Mapping[str, Any]] = {
    "config": _CONFIG,
    "heat": _HEAT,
    "intervals": _INTERVALS,
    "multiples": _MULTIPLES,
    "trend": _TREND,
}
