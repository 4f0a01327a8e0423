"""Charts as matplotlib figures, made without pyplot: no window, no state shared with a program's own figures.

Sizes are about those of the plotly figures at 96 pixels an inch. Every text goes through ``for_matplotlib``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.text import Text

from gloctm.plot.charts import ROW, Bars, Chart, HeatMap, Intervals, Panels, SpotMap, Table
from gloctm.plot.palette import Palette, Style, colour_at, legible_on
from gloctm.plot.wording import axis_name, cut, for_matplotlib, widest, wrapped

# In order of preference; DejaVu Sans comes with matplotlib.
_FONTS = (
    *("Noto Sans", "Helvetica Neue", "Segoe UI", "Arial", "Liberation Sans"),
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans CJK TC", "Source Han Sans SC"),
    *("Hiragino Sans", "PingFang SC", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Apple SD Gothic Neo"),
    *("WenQuanYi Zen Hei", "IPAexGothic", "IPAGothic", "NanumGothic", "Noto Sans Arabic", "Noto Naskh Arabic"),
    *("Geeza Pro", "Noto Sans Hebrew", "Noto Sans Thai", "Noto Sans Devanagari", "Noto Sans Bengali"),
    *("Noto Sans Tamil", "Noto Sans Georgian", "Noto Sans Armenian", "Arial Unicode MS"),
)
_LAST = "DejaVu Sans"
_INCH = 96
_FONT_SIZE, _SMALL = 9.5, 8.0
# Width in pixels of figures that on a page would take all of it.
_PAGE = 720
_DASHES = {
    "solid": "-",
    "dash": (0, (5, 2)),
    "dot": (0, (1, 1.5)),
    "dashdot": (0, (5, 2, 1, 2)),
    "longdash": (0, (9, 3)),
    "longdashdot": (0, (9, 3, 1, 3)),
}
_MARKERS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "cross": "P",
    "x": "X",
    "triangle-up": "^",
    "star": "*",
}


def draw(chart: Chart, title: str | None, palette: Palette) -> Any:
    """A chart as a ``matplotlib.figure.Figure``."""
    figure = Figure(figsize=(_PAGE / _INCH, 1), layout="constrained", facecolor=palette.background)
    match chart:
        case Table():
            _table(figure, chart, palette)
        case HeatMap():
            _heat_map(figure, chart, palette)
        case Intervals():
            _intervals(figure, chart, palette)
        case Panels():
            _panels(figure, chart, palette)
        case Bars():
            _bars(figure, chart, palette)
        case SpotMap():
            _spot_map(figure, chart, palette)
    if title:
        across, up = figure.get_size_inches()
        taller = up + 36 / _INCH
        figure.set_size_inches(across, taller)
        figure.suptitle(for_matplotlib(title), fontsize=12, color=palette.foreground, x=0.01, ha="left")
        if isinstance(chart, Table):
            figure.axes[0].set_position((0, 0, 1, up / taller))
    texts = figure.findobj(Text)
    fonts = _fonts({letter for text in texts for letter in text.get_text()})
    for text in texts:
        text.set_fontfamily(fonts)
    for axes in figure.axes:
        # For ticks that are made when the figure is drawn.
        axes.tick_params(labelfontfamily=fonts)
    return figure


def _fonts(letters: set[str]) -> list[str]:
    """The fonts that together have the letters: those that are installed, and no more than it takes.

    Matplotlib looks through all fonts that a text names, each time that it draws the text.
    """
    installed = set(font_manager.fontManager.get_font_names())
    missing, chosen = {ord(letter) for letter in letters}, list[str]()
    for name in _FONTS:
        if name in installed:
            font = font_manager.get_font(font_manager.findfont(name))
            found = {letter for letter in missing if font.get_char_index(letter)}
            if found or not chosen:
                chosen.append(name)
            missing -= found
    return [*chosen, _LAST]


def _size(figure: Any, across: float, up: float) -> None:
    figure.set_size_inches(across / _INCH, up / _INCH)


def _axes(figure: Any, palette: Palette, place: Any = None) -> Any:
    axes = figure.add_subplot(111 if place is None else place)
    axes.set_facecolor(palette.background)
    for spine in axes.spines.values():
        spine.set_color(palette.grid)
    axes.tick_params(labelcolor=palette.foreground, color=palette.grid, labelsize=_FONT_SIZE - 0.5, length=3)
    axes.set_axisbelow(True)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_color(palette.foreground)
        axis.label.set_size(_FONT_SIZE)
    return axes


def _bare(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _names(axis: Any, names: Sequence[str], **more: Any) -> None:
    axis.set_ticks(range(len(names)), [for_matplotlib(axis_name(name)) for name in names], **more)


def _table(figure: Any, chart: Table, palette: Palette) -> None:
    cell, number, line, padding = 180.0, 150.0, 17.0, 12.0
    widths = [number] + [cell] * (len(chart.header) - 1)
    rows = [
        [wrapped(text, 22) if column else wrapped(cut(text, 60), 18) for column, text in enumerate(row)]
        for row in (chart.header, *chart.rows)
    ]
    heights = [padding + line * max(map(len, row)) for row in rows]
    _size(figure, sum(widths), sum(heights) + 4)
    # Nothing to lay out: in the axes, as in the figure, a unit is a pixel.
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, sum(widths))
    axes.set_ylim(sum(heights) + 4, 0)
    top = 0.0
    for place, (row, height) in enumerate(zip(rows, heights, strict=True)):
        left = 0.0
        for lines, right_to_left, wide in zip(row, chart.right_to_left, widths, strict=True):
            for number_of_line, text in enumerate(lines):
                axes.text(
                    left + (wide - 8 if right_to_left else 8),
                    # A line's own text, since fonts differ in how far apart they want lines.
                    top + padding / 2 + line * (number_of_line + 0.75),
                    for_matplotlib(text),
                    ha="right" if right_to_left else "left",
                    va="baseline",
                    fontsize=_FONT_SIZE,
                    fontweight="normal" if place else "bold",
                    color=palette.foreground,
                )
            left += wide
        top += height
        axes.axhline(top, color=palette.grid if place else palette.muted, linewidth=0.8)


def _heat_map(figure: Any, chart: HeatMap, palette: Palette) -> None:
    stops = palette.diverging if chart.diverging else palette.sequential
    colormap = LinearSegmentedColormap.from_list("gloctm", list(stops)).with_extremes(bad=palette.missing)
    rows, columns = len(chart.rows), len(chart.columns)
    above = 24 + 7 * widest(chart.columns) if chart.turned else 24
    above += 24 * (bool(chart.column_title) + bool(chart.note))
    _size(figure, max(420, 340 + chart.cell * columns), ROW * max(rows, 6) + above)
    axes = _axes(figure, palette)
    cells = [[math.nan if value is None else value for value in row] for row in chart.values]
    # As cells rather than as a picture: sharp at any size.
    mesh = axes.pcolormesh(
        [place - 0.5 for place in range(columns + 1)],
        [place - 0.5 for place in range(rows + 1)],
        cells,
        cmap=colormap,
        vmin=chart.low,
        vmax=chart.high,
        edgecolors=palette.background,
        linewidth=0.6,
    )
    axes.set_ylim(rows - 0.5, -0.5)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    _names(axes.xaxis, chart.columns, rotation=90 if chart.turned else 0)
    _names(axes.yaxis, chart.rows)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlabel(for_matplotlib(chart.column_title))
    axes.set_ylabel(for_matplotlib(chart.row_title))
    span = chart.high - chart.low
    for row, column, value, text in chart.written():
        ink = legible_on(colour_at(stops, (value - chart.low) / span))
        axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=_SMALL)
    bar = figure.colorbar(mesh, ax=axes, shrink=min(1.0, 240 / (ROW * rows)), aspect=20, anchor=(0, 1), pad=0.02)
    bar.set_label(for_matplotlib(chart.value_title), color=palette.foreground, fontsize=_FONT_SIZE)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=palette.foreground, labelsize=_SMALL)
    if chart.note:
        axes.set_title(for_matplotlib(chart.note), fontsize=_FONT_SIZE - 0.5, color=palette.muted, loc="left")


def _intervals(figure: Any, chart: Intervals, palette: Palette) -> None:
    _size(figure, _PAGE, 22 * max(len(chart.rows), 4) + 120)
    axes = _axes(figure, palette)
    _bare(axes)
    looks = {
        "more": (palette.more, "o", palette.more),
        "less": (palette.less, "D", palette.less),
        "unclear": (palette.muted, "o", palette.background),
        "doubtful": (palette.muted, "x", palette.muted),
    }
    axes.axvline(0, color=palette.muted, linewidth=1)
    axes.grid(axis="both", color=palette.grid, linewidth=0.6)
    drawn = 0
    for kind, name in chart.kinds.items():
        places = [place for place, row in enumerate(chart.rows) if row.kind == kind]
        if not places:
            continue
        drawn += 1
        rows = [chart.rows[place] for place in places]
        colour, marker, fill = looks[kind]
        axes.errorbar(
            [row.value for row in rows],
            places,
            xerr=[[row.value - row.low for row in rows], [row.high - row.value for row in rows]],
            fmt=marker,
            color=colour,
            markerfacecolor=fill,
            markersize=5.5,
            elinewidth=1.3,
            capsize=2,
            label=for_matplotlib(name),
        )
    axes.set_ylim(len(chart.rows) - 0.5, -0.5)
    _names(axes.yaxis, [row.name for row in chart.rows])
    axes.set_xlabel(for_matplotlib(chart.value_title))
    axes.set_ylabel("topic")
    _legend(figure, axes, palette, drawn)


def _legend(figure: Any, axes: Any, palette: Palette, entries: int, *, right: bool = False) -> None:
    figure.legend(
        *axes.get_legend_handles_labels(),
        # Above, it would stand in the title's place.
        loc="outside right center" if right else "outside lower left",
        ncols=math.ceil(entries / 40) if right else min(4, entries),
        frameon=False,
        fontsize=_FONT_SIZE - 0.5,
        labelcolor=palette.foreground,
    )


def _panels(figure: Any, chart: Panels, palette: Palette) -> None:
    across = min(3, len(chart.panels))
    down = math.ceil(len(chart.panels) / across)
    _size(
        figure, 260 * max(across, 2) + (160 if chart.legend else 0), max(205 * down + 30, 16 * len(chart.legend) + 60)
    )
    grid = figure.add_gridspec(down, across)
    first = None
    for number, panel in enumerate(chart.panels):
        row, column = divmod(number, across)
        axes = _axes(figure, palette, grid[row, column])
        _bare(axes)
        axes.grid(color=palette.grid, linewidth=0.6)
        for line in panel.lines:
            axes.plot(
                chart.places,
                [math.nan if value is None else value for value in line.values],
                color=palette.categories[line.style.category],
                linestyle=_DASHES[line.style.dash],
                marker=_MARKERS[line.style.marker],
                markersize=3.2 if len(chart.places) <= 60 else 1.5,
                linewidth=1.3,
                label=for_matplotlib(line.name),
            )
            reaches = line.reaches()
            if reaches:
                axes.errorbar(
                    [chart.places[place] for place, *_ in reaches],
                    [value for _, value, _, _ in reaches],
                    yerr=[[down for _, _, down, _ in reaches], [up for *_, up in reaches]],
                    fmt="none",
                    ecolor=f"{palette.categories[line.style.category]}80",
                    elinewidth=0.8,
                )
        highest = chart.top(panel)
        if highest is not None:
            axes.set_ylim(0, highest)
        axes.set_title(for_matplotlib(cut(panel.title, 32)), fontsize=_FONT_SIZE, color=palette.foreground, loc="left")
        axes.locator_params(axis="y", nbins=4)
        if number + across >= len(chart.panels):
            axes.set_xlabel(for_matplotlib(chart.place_title))
        if column == 0:
            axes.set_ylabel(for_matplotlib(chart.value_title))
        if chart.ticks:
            axes.set_xticks(*zip(*chart.ticks, strict=True))
        first = first or axes
    if chart.legend:
        _legend(figure, first, palette, len(chart.legend), right=True)


def _bars(figure: Any, chart: Bars, palette: Palette) -> None:
    height = (18 if len(chart.series) > 1 else 24) * len(chart.series) + 16
    _size(figure, _PAGE, height * len(chart.groups) + 110)
    axes = _axes(figure, palette)
    _bare(axes)
    axes.grid(axis="x", color=palette.grid, linewidth=0.6)
    axes.axvline(0, color=palette.muted, linewidth=1)
    thick = 0.75 / len(chart.series)
    for number, ((name, look), bars) in enumerate(zip(chart.series, chart.bars, strict=True)):
        drawn = [(place, bar) for place, bar in enumerate(bars) if bar is not None]
        places = [place - 0.375 + thick * (number + 0.5) for place, _ in drawn]
        axes.barh(
            places,
            [bar.value for _, bar in drawn],
            height=thick,
            label=for_matplotlib(name),
            edgecolor=palette.background,
            linewidth=0.4,
            **_bar_look(look, palette),
        )
        spans = [(place, bar) for place, (_, bar) in zip(places, drawn, strict=True) if bar.low is not None]
        if spans:
            axes.errorbar(
                [bar.value for _, bar in spans],
                [place for place, _ in spans],
                xerr=[
                    [bar.value - bar.low for _, bar in spans if bar.low is not None],
                    [bar.high - bar.value for _, bar in spans if bar.high is not None],
                ],
                fmt="none",
                ecolor=palette.foreground,
                elinewidth=1,
                capsize=2,
            )
    axes.set_ylim(len(chart.groups) - 0.5, -0.5)
    _names(axes.yaxis, chart.groups)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(for_matplotlib(chart.value_title))
    if len(chart.series) > 1:
        _legend(figure, axes, palette, len(chart.series))


def _bar_look(look: Style, palette: Palette) -> dict[str, Any]:
    # Doubled, hatches are as dense as plotly's patterns.
    return {"color": palette.categories[look.category], "hatch": look.pattern * 2 or None}


def _spot_map(figure: Any, chart: SpotMap, palette: Palette) -> None:
    blocks = chart.key_columns
    up = max(560, 18 * max(map(len, blocks), default=0) + 60)
    _size(figure, 520 + 200 * len(blocks), up)
    grid = figure.add_gridspec(1, 1 + len(blocks), width_ratios=[500, *([200] * len(blocks))])
    axes = _axes(figure, palette, grid[0, 0])
    diameter = chart.diameter * 72 / _INCH
    axes.scatter(
        [spot.x for spot in chart.spots],
        [spot.y for spot in chart.spots],
        s=[max(spot.area * diameter**2, 6) for spot in chart.spots],
        color=palette.categories[-2],
        alpha=0.45,
        linewidth=0.6,
        edgecolor=palette.foreground,
    )
    for spot in chart.spots:
        axes.annotate(
            for_matplotlib(spot.number),
            (spot.x, spot.y),
            ha="center",
            va="center",
            fontsize=_SMALL,
            color=palette.foreground,
        )
    axes.set_xlim(-1.15, 1.15)
    axes.set_ylim(-1.15, 1.15)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_aspect("equal", anchor="N")
    axes.set_xlabel(for_matplotlib(chart.note))
    for column, block in enumerate(blocks, start=1):
        beside = figure.add_subplot(grid[0, column])
        beside.set_axis_off()
        beside.set_ylim(max(26, *map(len, blocks)), 0)
        for row, spot in enumerate(block):
            beside.text(
                0,
                row + 0.5,
                for_matplotlib(f"{spot.number} {cut(spot.name, 26)}"),
                va="center",
                ha="left",
                fontsize=_FONT_SIZE - 0.5,
                color=palette.foreground,
            )
