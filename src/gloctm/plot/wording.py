"""Names and words as they may stand in a figure: on one line, not too long, and never taken for markup."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from html import escape

import regex

_ELLIPSIS = "…"
# Letters' width beyond which a name beside an axis is cut.
_LONGEST = 34
# What would break a line, end an SVG file's validity or turn round the text that follows.
_UNSEEN = regex.compile(r"[\s\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]+")


def one_line(text: str) -> str:
    """A text without line breaks, control characters and overrides of direction, runs of these being one space."""
    return str(_UNSEEN.sub(" ", text)).strip()


def width(text: str) -> int:
    """How wide a text is, in the width of a Latin letter: CJK takes two, a mark on a letter nothing."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text
    )


def cut(text: str, limit: int) -> str:
    """A text of at most ``limit`` letters' width, an ellipsis in place of what was cut off.

    It is cut between characters as readers see them (grapheme clusters), so that no accent, vowel mark or part of an
    emoji is left behind.
    """
    whole = one_line(text)
    if width(whole) <= limit:
        return whole
    kept, room = "", limit - width(_ELLIPSIS)
    for character in regex.findall(r"\X", whole):
        if width(kept + character) > room:
            break
        kept += character
    return kept.rstrip() + _ELLIPSIS


def axis_name(text: str) -> str:
    """A name as it stands beside an axis."""
    return cut(text, _LONGEST)


def widest(names: Iterable[str]) -> int:
    """The width of the widest of these names beside an axis; 0 without any."""
    return max((width(axis_name(name)) for name in names), default=0)


def wrapped(text: str, limit: int) -> list[str]:
    """The lines of a text broken at spaces, each of at most ``limit`` letters' width; a longer word is cut."""
    lines: list[str] = []
    taken = limit
    for word in one_line(text).split(" "):
        needed = width(word)
        if taken + 1 + needed <= limit:
            lines[-1] += " " + word
            taken += 1 + needed
        else:
            lines.append(cut(word, limit))
            taken = needed
    return lines


def for_plotly(text: str) -> str:
    """A text that plotly shows as it is.

    Plotly takes ``<b>``, ``<a href=…>``, ``<br>`` and the like in names, titles and hover for markup and decodes
    entities, so ``&``, ``<`` and ``>`` are written as entities; so is ``$``, between two of which it would set TeX on a
    page that has MathJax.
    """
    return escape(one_line(text), quote=False).replace("$", "&#36;")


def lines_for_plotly(lines: Iterable[str]) -> str:
    """Several lines that plotly shows below each other, each as it is."""
    return "<br>".join(for_plotly(line) for line in lines)


def for_matplotlib(text: str) -> str:
    """A text that matplotlib shows as it is: a dollar sign would begin a formula."""
    return one_line(text).replace("$", r"\$")
