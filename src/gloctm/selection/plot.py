"""Points with error bars as SVG, to stand in a page.

Our own few lines, because a library that draws would weigh more than all else that a search needs, and these follow
the page into the dark.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 260, 170, 48, 30, 40
_MARGIN = 14

STYLE = """
svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
svg .title { font-weight: 600; }
svg .grid { stroke: currentColor; stroke-opacity: 0.2; }
svg .line { fill: none; stroke: #0969da; stroke-opacity: 0.5; }
svg .bar { stroke: #0969da; stroke-width: 1.5; }
svg .point { fill: #0969da; }
svg .best { fill: #d1242f; }
"""


@dataclass(frozen=True)
class Point:
    """A candidate.

    Attributes:
        right: its place from left to right: a number, or what it is called.
        up: the mean.
        deviation: length of the error bar to each side; None for none.
        series: candidates of one series are joined by a line.
        label: what is shown when it is pointed at.
        best: whether it is the best one.
    """

    right: float | str
    up: float
    deviation: float | None
    series: str
    label: str
    best: bool


def svg(title: str, axis: str, points: Sequence[Point], *, bounds: tuple[float, float] = (-math.inf, math.inf)) -> str:
    """Return a plot of one measure.

    Args:
        title: above it.
        axis: what goes to the right.
        points: at least one; their places all numbers, or else evenly apart.
        bounds: lowest and highest that the measure can be: neither the axis nor an error bar goes beyond, unless a
            mean does, which is always shown.
    """
    width, height = _LEFT + _WIDTH, _TOP + _HEIGHT + _BOTTOM
    parts = [
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)} by {escape(axis)}</title>",
        f'<g transform="translate({_LEFT},{_TOP})">',
        f'<text class="title" x="0" y="-12">{escape(title)}</text>',
        *_drawn(axis, points, bounds),
        "</g></svg>",
    ]
    return "\n".join(parts)


def _drawn(axis: str, points: Sequence[Point], bounds: tuple[float, float]) -> Iterator[str]:
    lows = [point.up - (point.deviation or 0) for point in points]
    highs = [point.up + (point.deviation or 0) for point in points]
    means = [point.up for point in points]
    ticks = _ticks(min(lows), max(highs), (min(bounds[0], *means), max(bounds[1], *means)))
    low, high = ticks[0], ticks[-1]
    places = _places([point.right for point in points])
    decimals = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))

    def y(value: float) -> float:
        return _HEIGHT * (1 - (value - low) / (high - low))

    for tick in ticks:
        yield f'<line class="grid" x1="0" x2="{_WIDTH}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        yield f'<text x="-6" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:.{decimals}f}</text>'
    for right, x in _marked(places):
        name = f"{right:g}" if isinstance(right, int | float) else right
        yield f'<text x="{x:.1f}" y="{_HEIGHT + 16}" text-anchor="middle">{escape(name)}</text>'
    yield f'<text x="{_WIDTH / 2}" y="{_HEIGHT + 34}" text-anchor="middle">{escape(axis)}</text>'
    by_series: dict[str, list[Point]] = {}
    for point in points:
        by_series.setdefault(point.series, []).append(point)
    for series in by_series.values():
        line = sorted(series, key=lambda point: places[point.right])
        if len(line) > 1:
            path = " ".join(f"{places[point.right]:.1f},{y(point.up):.1f}" for point in line)
            yield f'<polyline class="line" points="{path}"/>'
    for point in points:
        x = places[point.right]
        yield f"<g><title>{escape(point.label)}</title>"
        if point.deviation is not None:
            top, bottom = y(min(point.up + point.deviation, high)), y(max(point.up - point.deviation, low))
            yield f'<line class="bar" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'
        kind = "point best" if point.best else "point"
        yield f'<circle class="{kind}" cx="{x:.1f}" cy="{y(point.up):.1f}" r="{5 if point.best else 3.5}"/></g>'


def _places(rights: Sequence[float | str]) -> dict[float | str, float]:
    """Return where each stands, from left to right."""
    # In the order given, once each: numbers by size, names evenly.
    distinct = list(dict.fromkeys(rights))
    numbers = [right for right in distinct if isinstance(right, int | float)]
    if len(numbers) == len(distinct):
        first, last = min(numbers), max(numbers)
        span = (last - first) or 1
        return {right: _MARGIN + (_WIDTH - 2 * _MARGIN) * (right - first) / span for right in numbers}
    step = (_WIDTH - 2 * _MARGIN) / max(1, len(distinct) - 1)
    return {right: _MARGIN + step * number for number, right in enumerate(distinct)}


def _marked(places: dict[float | str, float]) -> Iterator[tuple[float | str, float]]:
    """Return the places that are named: no two so near that their names would meet."""
    last = -math.inf
    for right, x in sorted(places.items(), key=lambda place: place[1]):
        if x - last >= 28:
            last = x
            yield right, x


def _ticks(low: float, high: float, bounds: tuple[float, float] = (-math.inf, math.inf)) -> list[float]:
    """Three to seven round numbers, from at most the lowest to at least the highest, as far as the bounds allow.

    The bounds are -1, 0 and 1, which every step that is taken between them goes into. Where all lies beyond them, they
    are none.
    """
    if low > bounds[1] or high < bounds[0]:
        bounds = (-math.inf, math.inf)
    low, high = max(low, bounds[0]), min(high, bounds[1])
    if high - low < 1e-9:
        low, high = max(low - 0.01, bounds[0]), min(high + 0.01, bounds[1])
    rough = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * size for factor in (1, 2, 5, 10) if factor * size >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]
