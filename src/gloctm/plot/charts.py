"""The six kinds of figures, as numbers and words alone.

Whatever draws them finds everything here worked out: the order, the units, the ends of scales, what is shown when
something is pointed at (``hover``, by lines). Texts are as they came, not escaped and not cut; None is a missing value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal

from gloctm.plot.palette import Style
from gloctm.plot.wording import widest

Lines = tuple[str, ...]

#: Columns of a heat map that have room for figures in their cells.
MOST_WRITTEN = 12
#: Height of a heat map's row, in pixels.
ROW = 24


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes:
        header: of each column.
        rows: a text for each column; the first column names the row.
        right_to_left: for each column whether it is read from the right.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right_to_left: tuple[bool, ...]


@dataclass(frozen=True)
class HeatMap:
    """A matrix of coloured cells, the first row on top.

    Attributes:
        rows: names, top to bottom.
        columns: names, left to right.
        values: by row.
        hover: by row.
        value_title: what the colours mean, with the unit.
        row_title: what the rows are.
        column_title: what the columns are.
        low: the value of the scale's first colour.
        high: of its last.
        diverging: whether zero, in the middle, parts two hues.
        decimals: of the values that are written into the cells; None writes none.
        note: a sentence above it; may be empty.
        doubtful: the cells, by row and column, whose values have a question mark.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    hover: tuple[tuple[Lines, ...], ...]
    value_title: str
    row_title: str
    column_title: str
    low: float
    high: float
    diverging: bool
    decimals: int | None
    note: str
    doubtful: frozenset[tuple[int, int]] = frozenset()

    @property
    def cell(self) -> int:
        """Width of a column, in pixels: more where figures are written into the cells."""
        return 52 if self.decimals is not None else 24

    @property
    def turned(self) -> bool:
        """Whether the names of the columns are wider than these, so that they must be turned."""
        return 8 * widest(self.columns) > self.cell

    def written(self) -> list[tuple[int, int, float, str]]:
        """Row, column, value and text of every cell that has a figure in it."""
        if self.decimals is None:
            return []
        return [
            (row, column, value, f"{value:z.{self.decimals}f}{' ?' * ((row, column) in self.doubtful)}")
            for row, values in enumerate(self.values)
            for column, value in enumerate(values)
            if value is not None
        ]


@dataclass(frozen=True)
class Interval:
    """A value with its interval; a doubtful one is not to be taken at its word, whatever it is."""

    name: str
    value: float
    low: float
    high: float
    hover: Lines
    doubtful: bool = False

    @property
    def kind(self) -> Literal["more", "less", "unclear", "doubtful"]:
        """On which side of zero the whole interval lies."""
        if self.doubtful:
            return "doubtful"
        return "more" if self.low > 0 else "less" if self.high < 0 else "unclear"


@dataclass(frozen=True)
class Intervals:
    """Values with intervals beside zero, the first on top.

    Attributes:
        rows: top to bottom.
        value_title: what the values are, with the unit.
        kinds: what each kind of interval is called in the legend, of those that there are.
    """

    rows: tuple[Interval, ...]
    value_title: str
    kinds: dict[str, str]


@dataclass(frozen=True)
class Line:
    """A line in a panel; a None among the values interrupts it.

    Attributes:
        name: in the legend.
        style: how it is drawn.
        values: from left to right.
        hover: of each value.
        intervals: of each value the ends of its interval; none for a line without intervals.
    """

    name: str
    style: Style
    values: tuple[float | None, ...]
    hover: tuple[Lines, ...]
    intervals: tuple[tuple[float, float] | None, ...] = ()

    def reaches(self) -> list[tuple[int, float, float, float]]:
        """Place, value, and how far the interval reaches down and up from it, of every value with an interval."""
        return [
            (place, value, value - ends[0], ends[1] - value)
            for place, (value, ends) in enumerate(zip(self.values, self.intervals, strict=False))
            if value is not None and ends is not None
        ]


@dataclass(frozen=True)
class Panel:
    """One of several plots side by side."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Panels:
    """Plots that share what goes to the right.

    Attributes:
        panels: left to right, then downwards.
        places: where the values of every line stand, left to right: days, or numbers.
        place_title: what goes to the right.
        value_title: what goes up, with the unit.
        from_zero: whether the scales upwards begin at zero.
        same_scale: whether all panels have one scale upwards.
        ticks: the days that are named below, with their names; None where the places are numbers.
        legend: what the lines' names are, in the order of the legend; none for an empty one.
    """

    panels: tuple[Panel, ...]
    places: tuple[date, ...] | tuple[float, ...]
    place_title: str
    value_title: str
    from_zero: bool
    same_scale: bool
    ticks: tuple[tuple[date, str], ...] | None
    legend: tuple[tuple[str, Style], ...]

    def top(self, panel: Panel) -> float | None:
        """Where a panel's scale upwards ends; None where it begins not at zero, and is found by whatever draws it.

        It holds all values, and intervals up to half as much again: those of a few documents may reach much further,
        and would press everything else together.
        """
        if not self.from_zero:
            return None
        lines = [line for each in (self.panels if self.same_scale else (panel,)) for line in each.lines]
        highest = max((value for line in lines for value in line.values if value is not None), default=0.0)
        reached = max((value + up for line in lines for _, value, _, up in line.reaches()), default=highest)
        return 1.05 * max(highest, min(reached, 1.5 * highest)) or 1.0


@dataclass(frozen=True)
class Bar:
    """A bar, with its interval where there is one."""

    value: float
    low: float | None
    high: float | None
    hover: Lines


@dataclass(frozen=True)
class Bars:
    """Horizontal bars in groups, the first group on top.

    Attributes:
        groups: names, top to bottom.
        series: names and styles of the bars within a group, top to bottom.
        bars: by series, for each group its bar, or None.
        value_title: what the values are.
    """

    groups: tuple[str, ...]
    series: tuple[tuple[str, Style], ...]
    bars: tuple[tuple[Bar | None, ...], ...]
    value_title: str


@dataclass(frozen=True)
class Spot:
    """A circle of the map: its place, its share of the area of the largest (0 to 1), its number and name."""

    x: float
    y: float
    area: float
    number: str
    name: str
    hover: Lines


@dataclass(frozen=True)
class SpotMap:
    """Circles whose nearness means likeness.

    Attributes:
        spots: in order of their numbers.
        note: what the areas mean.
        key: whether the names stand beside the map.
    """

    spots: tuple[Spot, ...]
    note: str
    key: bool

    @property
    def diameter(self) -> float:
        """Of the largest circle, in pixels: the less, the more there are."""
        return 56 * min(1.0, math.sqrt(20 / len(self.spots)))

    @property
    def key_columns(self) -> list[tuple[Spot, ...]]:
        """The spots by columns of the key: at most five, 26 rows or more each."""
        rows = max(26, math.ceil(len(self.spots) / 5))
        return [self.spots[start : start + rows] for start in range(0, len(self.spots) if self.key else 0, rows)]


Chart = Table | HeatMap | Intervals | Panels | Bars | SpotMap
