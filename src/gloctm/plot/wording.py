"""Names and words as figures show them: on one line, and not too long."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import regex

_ELLIPSIS = "…"
# A name next to an axis that is wider than these letters is cut.
_LONGEST = 34
# What would break a line, make an SVG file invalid or reverse the text that follows.
_UNSEEN = regex.compile(r"[\s\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]+")


def one_line(text: str) -> str:
    """Return a text whose line breaks, control characters and direction overrides have become single spaces."""
    return str(_UNSEEN.sub(" ", text)).strip()


def width(text: str) -> int:
    """Return how wide a text is, in Latin letters: CJK letters count two, combining marks nothing."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text
    )


def cut(text: str, limit: int) -> str:
    """Return a text of at most ``limit`` letters' width, with an ellipsis in place of what was cut off.

    The cut is between characters as readers see them (grapheme clusters), so it splits no accent and no emoji.
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
    """Return a name as it appears next to an axis."""
    return cut(text, _LONGEST)


def widest(names: Iterable[str]) -> int:
    """Return the width of the widest of these names next to an axis; 0 without names."""
    return max((width(axis_name(name)) for name in names), default=0)


def wrapped(text: str, limit: int) -> list[str]:
    """Return the lines of a text, broken at spaces, each at most ``limit`` letters wide; a longer word is cut."""
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
