"""What all figures share: the canvas that draws them and the ``Figure`` that shows and saves them."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypedDict, get_args

import numpy as np
import regex

from gloctm.descriptions import DESCRIPTIONS, filled
from gloctm.errors import InputError, MissingDependencyError
from gloctm.files.atomic import atomic_file
from gloctm.plot.palette import PALETTES, Palette, Style, color_at, legible_on
from gloctm.plot.wording import axis_name, cut, one_line, widest

Theme = Literal["light", "dark"]

# Arial and Liberation Sans have the same widths, so figures look alike on most machines.
_FONTS = "Arial, 'Liberation Sans', 'Noto Sans', sans-serif"
# Pixels around a figure.
_PADDING = 12
# The fonts before these in texts with letters of a script; by itself, a converter takes any that has the letters.
_SCRIPTS = (
    (regex.compile(r"[\p{Hiragana}\p{Katakana}]"), "'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic'"),
    (regex.compile(r"\p{Hangul}"), "'Noto Sans CJK KR', 'Apple SD Gothic Neo', 'Malgun Gothic'"),
    (regex.compile(r"\p{Han}"), "'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei'"),
    (regex.compile(r"\p{Arabic}"), "'Noto Sans Arabic', 'Geeza Pro', 'DejaVu Sans'"),
    (regex.compile(r"\p{Thai}"), "'Noto Sans Thai', 'Thonburi', 'Leelawadee UI'"),
    (regex.compile(r"\p{Devanagari}"), "'Noto Sans Devanagari', 'Kohinoor Devanagari', 'Nirmala UI'"),
)
# Heat maps with more columns than these have no numbers in their cells.
_MOST_WRITTEN = 12
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>body {{ background: {background}; }} #vg-tooltip-element {{ white-space: pre-line; }}</style>
<script>{bundle}</script>
</head>
<body>
<div id="figure"></div>
<script>vegaEmbed("#figure", {spec}, {options});</script>
</body>
</html>
"""


class Look(TypedDict, total=False):
    """How a figure looks: the keywords that every function accepts.

    Attributes:
        title: above the figure; none by default, since papers have captions.
        theme: ``"light"`` (the default) or ``"dark"``.

    Examples:
        >>> look: Look = {"title": "Topics", "theme": "dark"}
        >>> sorted(look)
        ['theme', 'title']
    """

    title: str | None
    theme: Theme


class Figure:
    """A drawn figure, which notebooks show.

    Attributes:
        chart: the Altair chart, for changes of your own: ``Figure(figure.chart.properties(...))``.

    Examples:
        >>> from gloctm import plot, summarize
        >>> plot.topic_map(summarize(model, corpus)).save("map.svg")
    """

    def __init__(self, chart: Any) -> None:
        self.chart = chart

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as a Vega-Lite specification with its data."""
        content: dict[str, Any] = self.chart.to_dict()
        return content

    def to_svg(self) -> str:
        """Return the figure as SVG, which shows details when the reader points at a mark.

        Raises:
            MissingDependencyError: vl-convert-python is not installed.
        """
        spec = self.to_dict()
        digest = hashlib.sha256(json.dumps(spec).encode()).hexdigest()[:8]
        return _readable(_library("vl_convert").vegalite_to_svg(spec), digest)

    def to_html(self) -> str:
        """Return the figure as an HTML page that loads nothing from the network.

        Raises:
            MissingDependencyError: vl-convert-python is not installed.
        """
        bundle, spec = _library("vl_convert").javascript_bundle(), self.to_dict()
        title = spec.get("title", "Figure")
        background = spec.get("config", {}).get("background", "#ffffff")
        dark = background == PALETTES["dark"].background
        actions = {"export": True, "source": False, "compiled": False, "editor": False}
        return _PAGE.format(
            title=escape(str(title["text"] if isinstance(title, dict) else title)),
            background=escape(background),
            bundle=bundle,
            # A name with "</script>" must not end the script.
            spec=json.dumps(spec).replace("<", "\\u003c"),
            options=json.dumps({"actions": actions, "tooltip": {"theme": "dark" if dark else "light"}}),
        )

    def save(self, path: str | os.PathLike[str], *, ppi: float = 200) -> None:
        """Write the figure to a file; the ending chooses the format.

        Args:
            path: ends in ``.html``, ``.svg``, ``.png`` or ``.pdf``. Letters stay letters in SVG and PDF.
            ppi: pixels per inch of a PNG.

        Raises:
            InputError: another ending, or a ``ppi`` that is not positive.
            MissingDependencyError: vl-convert-python is not installed.
        """
        file = Path(path)
        if not (isinstance(ppi, int | float) and 0 < ppi < math.inf):
            raise InputError(f"ppi is {ppi!r}: it must be a positive number")
        match file.suffix.lower():
            case ".html":
                content = self.to_html().encode()
            case ".svg":
                content = self.to_svg().encode()
            case ".png":
                content = _library("vl_convert").svg_to_png(self.to_svg(), ppi=ppi)
            case ".pdf":
                content = _library("vl_convert").svg_to_pdf(self.to_svg())
            case _:
                raise InputError(f"{file} has no known ending: it must end in .html, .svg, .png or .pdf")
        with atomic_file(file, "wb") as stream:
            stream.write(content)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        spec = self.to_dict()
        version = spec["$schema"].rpartition("/v")[2].partition(".")[0]
        return {f"application/vnd.vegalite.v{version}+json": spec, "text/html": self.to_svg()}


class Canvas:
    """What draws one figure: Altair, the palette of the theme, and the parts that several figures have.

    Raises:
        InputError: an unknown theme, or a title that is not a text.
        MissingDependencyError: Altair is not installed.
    """

    def __init__(self, title: str | None = None, theme: str = "light") -> None:
        if title is not None and not isinstance(title, str):
            raise InputError(f"title is {title!r}: it must be a text, or None for no title")
        if theme not in get_args(Theme):
            raise InputError(f"theme is {theme!r}: it must be light or dark")
        self.alt, self.title, self.palette = _library("altair"), title, PALETTES[theme]

    def chart(self, rows: Iterable[Mapping[str, Any]]) -> Any:
        """Return a chart of rows, without marks yet."""
        return self.alt.Chart(self.alt.InlineData(values=list(rows)))

    def finish(self, chart: Any, *, note: str = "") -> Figure:
        """Return the figure of a chart, with the title, a note and the colors of the theme."""
        alt, palette = self.alt, self.palette
        text, below = one_line(self.title or ""), one_line(note)
        if text:
            chart = chart.properties(title=alt.Title(text, subtitle=below) if below else alt.Title(text))
        elif below:
            chart = chart.properties(title=alt.Title(below, fontSize=12, fontWeight="normal", color=palette.muted))
        return Figure(chart.configure(**config(palette)))

    def names(self, names: Sequence[str], title: str | None = None, **axis: Any) -> dict[str, Any]:
        """Return scale and axis with a name at each place 0, 1, ...; two equal names remain two places."""
        return {
            "scale": self.alt.Scale(domain=list(range(len(names)))),
            "axis": self.alt.Axis(
                labelExpr=nth(map(axis_name, names)), title=title, labelLimit=0, ticks=False, domain=False, **axis
            ),
        }

    def by_series(self, channel: str, names: Sequence[str], looks: Iterable[Any], **legend: Any) -> Any:
        """Return the encoding that gives each ``series``, a place among the names, its look; no legend for one name."""
        alt = self.alt
        shown = {"title": None, "labelExpr": nth(map(axis_name, names)), "labelLimit": 0, "symbolOpacity": 1, **legend}
        return getattr(alt, channel)(
            "series:N",
            scale=alt.Scale(domain=list(range(len(names))), range=list(looks)),
            legend=alt.Legend(**shown) if len(names) > 1 or legend else None,
        )

    def heat_map(
        self,
        rows: Sequence[str],
        columns: Sequence[str],
        values: Sequence[Sequence[float | None]],
        details: Sequence[Sequence[Sequence[str]]],
        *,
        titles: tuple[str, str, str],
        ends: tuple[float, float],
        decimals: int,
        doubtful: Iterable[tuple[int, int]] = (),
        note: str = "",
    ) -> Figure:
        """Return a matrix of colored cells, the first row on top; a missing value is gray.

        Args:
            rows: names, top to bottom.
            columns: names, left to right.
            values: by row.
            details: the lines about each cell, by row.
            titles: of the rows, of the columns, and of the colors.
            ends: values of the first and the last color. Two hues part at zero where the first is negative.
            decimals: of the numbers in the cells, which up to 12 columns have.
            doubtful: row and column of the cells that have a question mark.
            note: a sentence above the matrix.
        """
        marked = set(doubtful)
        stops = self.palette.diverging if ends[0] < 0 else self.palette.sequential
        domain = _stops(ends, [value for row in values for value in row if value is not None], len(stops))
        written = len(columns) <= _MOST_WRITTEN
        cells: list[dict[str, Any]] = []
        missing: list[dict[str, Any]] = []
        for (row, each), lines_of_row in zip(enumerate(values), details, strict=True):
            for (column, value), about in zip(enumerate(each), lines_of_row, strict=True):
                cell = {"row": row, "column": column, "details": lines(about)}
                if value is None:
                    missing.append(cell)
                    continue
                cells.append({**cell, "value": value})
                if written:
                    mark = " ?" if (row, column) in marked else ""
                    ink = legible_on(color_at(stops, float(np.interp(value, domain, np.linspace(0, 1, len(stops))))))
                    cells[-1] |= {"text": f"{value:z.{decimals}f}{mark}", "ink": ink}
        step = 52 if written else 24
        chart = self.described(
            "heat",
            width={"step": step},
            height={"step": 24},
            cells=cells,
            plain=missing,
            written=cells if written else [],
            row_names=nth(map(axis_name, rows)),
            rows_order=list(range(len(rows))),
            row_title=titles[0],
            column_names=nth(map(axis_name, columns)),
            columns_order=list(range(len(columns))),
            column_title=titles[1] or None,
            column_angle=-90 if 7 * widest(columns) > step else 0,
            title=titles[2],
            stops=domain,
            stop_colors=list(stops),
            legend=bool(cells),
            legend_title_orient="right",
            legend_length=min(240, max(120, 24 * len(rows))),
        )
        return self.finish(chart, note=note)

    def panels(
        self,
        panels: Sequence[tuple[str, Sequence[Mapping[str, Any]]]],
        styles: Sequence[tuple[str, Style]],
        *,
        titles: tuple[str, str],
        ticks: tuple[Sequence[float], Sequence[str]] | None = None,
        tops: Sequence[float] | None = None,
    ) -> Figure:
        """Return plots side by side, at most three in a row, with a line per series.

        Args:
            panels: title and rows of each: ``series`` (its place among the styles), ``x``, ``y``, ``details``, and
                perhaps ``low`` and ``high``. A missing ``y`` interrupts the line.
            styles: name and style of each series.
            titles: of what goes right, and of what goes up.
            ticks: places that are named, with their names; None leaves that to the drawing.
            tops: for each panel where its scale ends, which begins at 0; None fits the scales to the values.
        """
        across = min(3, len(panels))
        named = nth(map(axis_name, (name for name, _ in styles)))
        drawn = []
        for number, (name, rows) in enumerate(panels):
            last = number + across >= len(panels)
            alone = without_band(rows)
            drawn.append(
                {
                    "rows": rows,
                    "bands": any(row.get("low") is not None for row in rows),
                    "alone": alone,
                    # Bands of several series cover each other.
                    "band_opacity": 0.16 if len(styles) == 1 else 0.08 if len(styles) < 5 else 0.04,
                    "band_edges": len(styles) > 1,
                    "panel_title": {"text": cut(name, 30), "fontSize": 13, "fontWeight": "normal", "offset": 6},
                    "width": 220,
                    "height": 150,
                    "series": list(range(len(styles))),
                    "series_names": named,
                    "colors": [self.palette.categories[each.category] for _, each in styles],
                    "dashes": [each.dash for _, each in styles],
                    "shapes": [each.marker for _, each in styles],
                    "legend": len(styles) > 1 or tops is not None,
                    "legend_orient": "right",
                    "point_size": 30 if len(rows) <= 60 * len(styles) else 12,
                    "x_title": titles[0] if last else None,
                    "x_labels": last,
                    "y_title": None if number % across else titles[1],
                    "y_scale": {"zero": False} if tops is None else {"domain": [0, tops[number]], "nice": False},
                    **(
                        {"x_values": list(ticks[0]), "x_names": nth(ticks[1], _place_in(ticks[0]))}
                        if ticks
                        else {"x_ticks": 5}
                    ),
                }
            )
        return self.finish(self.described("multiples", panels=[("trend", values) for values in drawn], columns=across))

    def described(self, kind: str, **values: Any) -> Any:
        """Return the chart of a description, filled with values and the colors of the theme.

        Rows are given as lists. Panels, as pairs of a kind and its values, become filled descriptions.
        """
        palette = self.palette
        colors = {part: getattr(palette, part) for part in ("background", "foreground", "muted", "grid", "missing")}
        whole = filled(DESCRIPTIONS[kind], {**colors, **values, "panels": ()})
        if kind != "multiples":
            return self._assembled(whole)
        charts = [self.described(inner, **within) for inner, within in values["panels"]]
        return self.alt.concat(*charts, columns=whole["columns"], spacing=whole["spacing"])

    def _assembled(self, spec: Mapping[str, Any]) -> Any:
        """Return an Altair chart of a specification whose data are lists of rows or sources with values."""
        alt, rest = self.alt, {key: value for key, value in spec.items() if key not in ("layer", "data")}
        if "layer" in spec:
            return alt.layer(*map(self._assembled, spec["layer"])).properties(**rest)
        data = spec["data"]
        chart = alt.Chart.from_dict(rest, validate=False)
        chart.data = alt.InlineData(values=list(data["values"] if isinstance(data, Mapping) else data))
        return chart


def without_band(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows with an interval that have no neighbor in their series to form a band with."""
    found = []
    for series in {row["series"]: None for row in rows}:
        line = [row for row in rows if row["series"] == series]
        ends = [row.get("low") is not None for row in line]
        for row, before, here, after in zip(line, [False, *ends], ends, [*ends[1:], False], strict=False):
            if here and not before and not after:
                found.append(row)
    return found


def _stops(ends: tuple[float, float], values: Sequence[float], number: int) -> list[float]:
    """Return where on the scale its colors are.

    They are evenly apart. Where a few values are far above the others, which would then all have one color, the steps
    of a scale of one hue grow with the values instead.
    """
    low, span = ends[0], ends[1] - ends[0]
    shares = np.linspace(0, 1, number)
    if low >= 0 and values and span > 3 * (float(np.quantile(values, 0.9)) - low):
        shares = shares**2
    return [float(low + span * share) for share in shares]


#: Encodings by which a mark shows the text of its field ``details``.
DETAILS = {"tooltip": "details:N", "description": "details:N"}


def lines(parts: Iterable[str]) -> str:
    """Return the lines that are shown when the reader points at a mark."""
    return "\n".join(map(one_line, parts))


def config(palette: Palette) -> dict[str, Any]:
    """Return the Vega-Lite configuration of a palette."""
    colors = {part: getattr(palette, part) for part in ("background", "foreground", "muted", "grid")}
    found: dict[str, Any] = filled(DESCRIPTIONS["config"], {**colors, "font": _FONTS, "padding": _PADDING})
    return found


def adaptive_svg(figure: Figure, label: str) -> str:
    """Return a labeled figure of the light theme as SVG that follows the reader into the dark theme."""
    light, dark = PALETTES["light"], PALETTES["dark"]
    parts = ("foreground", "muted", "grid", "background", "more", "less")
    pairs = [(getattr(light, part), getattr(dark, part)) for part in parts]
    pairs += zip(light.categories, dark.categories, strict=True)
    rules = "".join(f'[{part}="{old}"]{{{part}:{new}}}' for old, new in pairs for part in ("fill", "stroke"))
    # Names at the left are wider in some readers' fonts than in those that were measured.
    padding = {**dict.fromkeys(("left", "top", "right", "bottom"), _PADDING), "left": 4 * _PADDING}
    head, end, rest = Figure(figure.chart.properties(padding=padding)).to_svg().partition(">")
    style = f"<style>@media (prefers-color-scheme: dark){{{rules}}}</style>"
    return f'{head} role="img"{end}<title>{escape(label)}</title>{style}{rest}'


def _readable(svg: str, digest: str) -> str:
    """Return SVG with the fonts of its scripts, descriptions that browsers show, and ids of its own.

    All figures of a notebook are on one page, where an id means the first element that has it.
    """
    ids: dict[str, str] = {}
    svg = regex.sub(
        r'(?<=<\w+ id="|="url\(#)(gradient_|clip)\d+',
        lambda found: found[1] + ids.setdefault(found[0], f"{digest}_{len(ids)}"),
        svg,
    )
    svg = regex.sub(
        r'(<path aria-label="([^"]*)"[^>]*role="graphics-symbol"[^>]*)/>', r"\1><title>\2</title></path>", svg
    )
    return str(regex.sub(r'(<text[^>]*font-family=")([^>]*>)([^<]+)', _with_fonts, svg))


def _with_fonts(text: Any) -> str:
    more = (fonts for letters, fonts in _SCRIPTS if letters.search(text[3]))
    return "".join((text[1], *(f"{fonts}, " for fonts in more), text[2], text[3]))


def nth(names: Iterable[str], place: str = "datum.value") -> str:
    """Return the Vega expression for the name at a place."""
    return f"{json.dumps(list(names))}[{place}]"


def _place_in(values: Sequence[float]) -> str:
    return f"indexof({json.dumps(list(values))}, datum.value)"


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        package = {"vl_convert": "vl-convert-python"}.get(name, name)
        raise MissingDependencyError.of("Drawing a figure", package) from None
