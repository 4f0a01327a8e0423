"""Colors, and what distinguishes lines and bars where colors run out.

A search chose the colors of languages so that each pair stays distinct under protanopia, deuteranopia and tritanopia
(Machado, Oliveira and Fernandes, 2009). Each color contrasts 3 : 1 with the background (WCAG 2.2). The tests measure
both. A color keeps its hue from the light theme to the dark one.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Lengths of strokes and gaps: solid, dashed, dotted, and mixtures.
DASHES = ((1, 0), (7, 4), (2, 3), (8, 3, 2, 3), (14, 4), (14, 3, 2, 3))
#: Vega's names of shapes.
MARKERS = ("circle", "square", "diamond", "cross", "triangle-up", "triangle-down", "triangle-right")


@dataclass(frozen=True)
class Palette:
    """The colors of a theme, each as ``#rrggbb``.

    Attributes:
        background: of the figure.
        foreground: of text.
        muted: of text that matters less, and of what is neither more nor less than zero.
        grid: of grid lines and axes.
        missing: of a cell that has no value.
        categories: of languages or models, in order.
        sequential: from least to most, evenly apart.
        diverging: from most negative to most positive, the middle for zero.
    """

    background: str
    foreground: str
    muted: str
    grid: str
    missing: str
    categories: tuple[str, ...]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]

    @property
    def less(self) -> str:
        """The color of what is clearly below zero."""
        return self.diverging[1]

    @property
    def more(self) -> str:
        """The color of what is clearly above zero."""
        return self.diverging[-2]


PALETTES = {
    "light": Palette(
        background="#ffffff",
        foreground="#1f2328",
        muted="#656d76",
        grid="#d8dee4",
        missing="#eaeef2",
        # Blue, brick, green, pink, olive, sky, ink.
        categories=("#1b3fa8", "#a3260f", "#00794e", "#d361a0", "#a68c1d", "#2f93ff", "#211a33"),
        sequential=("#f2f6fb", "#b9d3ea", "#6fa5d3", "#2b6cb0", "#123a75"),
        diverging=("#8a3c00", "#c4610c", "#f5f5f5", "#2f6fbf", "#123f85"),
    ),
    "dark": Palette(
        background="#0d1117",
        foreground="#e6edf3",
        muted="#9198a1",
        grid="#30363d",
        missing="#21262d",
        # Blue, brick, green, pink, amber, sky, lemon.
        categories=("#5a74e6", "#c0432a", "#2aa66c", "#d565a8", "#dca63c", "#52d8f4", "#e8f85a"),
        sequential=("#141b26", "#1d3a5f", "#2b6cb0", "#6fb1ee", "#d6ecff"),
        diverging=("#ffc58a", "#d9822b", "#1c2128", "#4d94e8", "#b3d8ff"),
    ),
}


@dataclass(frozen=True)
class Style:
    """How one of several languages, models or measures is drawn.

    Attributes:
        category: its place among ``Palette.categories``.
        dash: strokes and gaps of its lines, and of the outlines of its bars.
        marker: shape of its points.
        fill: opacity of its bars within their outlines.
    """

    category: int
    dash: tuple[int, ...]
    marker: str
    fill: float


def style(position: int) -> Style:
    """Return the style of the language (or model, or measure) at a place in the order.

    The first seven have colors of their own; later ones repeat the colors with other dashes, markers and fills. Markers
    differ within the seven, too, for print without colors. The first 42 differ by color and dash alone, the first 294
    by color, dash and marker.

    Args:
        position: counted from 0, in the whole order, so that a language looks the same in every figure, whichever
            others are drawn.
    """
    cycle, category = divmod(position, len(PALETTES["light"].categories))
    return Style(
        category=category,
        dash=DASHES[cycle % len(DASHES)],
        marker=MARKERS[(category + cycle) % len(MARKERS)],
        fill=(1.0, 0.3, 0.65)[cycle % 3],
    )


def color_at(scale: tuple[str, ...], share: float) -> str:
    """Return the color at a share of the way along a scale; shares below 0 or above 1 give the ends."""
    place = min(1.0, max(0.0, share)) * (len(scale) - 1)
    index = min(int(place), len(scale) - 2)
    pairs = zip(_channels(scale[index]), _channels(scale[index + 1]), strict=True)
    mixed = [round(first + (second - first) * (place - index)) for first, second in pairs]
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def luminance(color: str) -> float:
    """Return the relative luminance of a color, 0 to 1 (WCAG 2.2)."""
    shares = [channel / 255 for channel in _channels(color)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colors, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def legible_on(color: str) -> str:
    """Return black or white, whichever is easier to read on a color."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, color))


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
