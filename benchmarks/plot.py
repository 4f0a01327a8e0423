"""A small plot as SVG: panels side by side, a line each, logarithmic to the right, readable on light and on dark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP = 250, 180, 40, 40, 50, 30

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #57606a; }
.title { font-size: 13px; font-weight: 600; }
.grid { stroke: #8b949e; stroke-opacity: 0.35; }
.line { fill: none; stroke: #0969da; stroke-width: 2; }
.point { fill: #0969da; }
@media (prefers-color-scheme: dark) {
text { fill: #adbac7; }
.line { stroke: #6cb6ff; }
.point { fill: #6cb6ff; }
}
"""


@dataclass(frozen=True)
class Panel:
    """A line.

    Attributes:
        title: above it.
        axis: what goes to the right.
        points: right and up, positive.
    """

    title: str
    axis: str
    points: Sequence[tuple[float, float]]


def svg(title: str, panels: Sequence[Panel]) -> str:
    """The plot as a file's text; all panels have one scale upwards, from 0."""
    highest = max((up for panel in panels for _, up in panel.points), default=1.0)
    ticks = math.ceil(highest)
    every = min((1, 2, 5, 10, 20, 25, 50, 100), key=lambda step: abs(step - ticks / 5))
    top = math.ceil(ticks / every) * every
    width, height = len(panels) * (WIDTH + GAP) + LEFT, TOP + HEIGHT + BOTTOM
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
    ]
    for place, panel in enumerate(panels):
        lines += [
            f'<g transform="translate({LEFT + place * (WIDTH + GAP)},{TOP})">',
            *_panel(panel, top, every),
            "</g>",
        ]
    return "\n".join([*lines, "</svg>", ""])


def _panel(panel: Panel, top: int, every: int) -> Iterator[str]:
    first, last = math.log(panel.points[0][0]), math.log(panel.points[-1][0])
    yield f'<text class="title" x="0" y="-16">{escape(panel.title)}</text>'
    for tick in range(0, top + 1, every):
        y = HEIGHT * (1 - tick / top)
        yield f'<line class="grid" x1="0" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{tick}</text>'
    places = []
    for right, up in panel.points:
        x = WIDTH * (0.04 + 0.92 * (math.log(right) - first) / ((last - first) or 1))
        places.append((x, HEIGHT * (1 - up / top)))
        yield f'<text x="{x:.1f}" y="{HEIGHT + 18}" text-anchor="middle">{_short(right)}</text>'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline class="line" points="{path}"/>'
    for (x, y), (right, up) in zip(places, panel.points, strict=True):
        value = f"{_short(right)}: {up:.1f}"
        yield f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="3.5"><title>{value}</title></circle>'
    yield f'<text x="{WIDTH / 2}" y="{HEIGHT + 38}" text-anchor="middle">{escape(panel.axis)}</text>'


def _short(number: float) -> str:
    return f"{number / 1000:g}k" if number >= 1000 else f"{number:g}"


@dataclass(frozen=True)
class Bars:
    """Bars to the right, one below the other.

    Attributes:
        title: above them.
        values: what each is of, and how long it is; None where it was not measured.
        form: how values are written.
    """

    title: str
    values: Sequence[tuple[str, float | None]]
    form: str = ".3f"


NAMES, BAR, ROW = 190, 110, 20


def bars_svg(title: str, panels: Sequence[Bars]) -> str:
    """Bars of the same things side by side, each panel with its own scale from 0, their names to the left."""
    names = [name for name, _ in panels[0].values]
    width, height = NAMES + len(panels) * (BAR + 70), TOP + len(names) * ROW + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}.point {{ stroke: none; }}</style>",
    ]
    for row, name in enumerate(names):
        lines.append(f'<text x="{NAMES - 8}" y="{TOP + row * ROW + 13}" text-anchor="end">{escape(name)}</text>')
    for place, panel in enumerate(panels):
        left = NAMES + place * (BAR + 70)
        longest = max((value for _, value in panel.values if value is not None), default=1.0)
        lines.append(f'<text class="title" x="{left}" y="{TOP - 14}">{escape(panel.title)}</text>')
        for row, (_, value) in enumerate(panel.values):
            up = TOP + row * ROW
            length = 0.0 if value is None else BAR * max(value, 0.0) / longest
            written = "—" if value is None else format(value, panel.form)
            lines += [
                f'<rect class="point" x="{left}" y="{up + 2}" width="{length:.1f}" height="{ROW - 6}"/>',
                f'<text x="{left + length + 4:.1f}" y="{up + 13}">{written}</text>',
            ]
    return "\n".join([*lines, "</svg>", ""])
