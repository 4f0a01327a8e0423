"""The part of a text that is shown, and marks in the units of JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from gloctm.summary.content import Mark
from gloctm.text.passages import belong_together

#: Replaces what is left out.
ELLIPSIS = "…"
# How far from the cut a space is sought.
_SEEK = 40


def excerpt(text: str, marks: Sequence[Mark], max_characters: int) -> tuple[str, list[Mark], bool]:
    """Cut a text to the part with the most marks, with an ellipsis for what is left out.

    The part begins and ends at a space if there is one near, and never within a character as readers see it. Of parts
    with equally many marks it is the first, with as much text before the marks as after.

    Args:
        text: any text.
        marks: places in it, in order, in characters (not yet UTF-16).
        max_characters: at least 3, ellipses included.

    Returns:
        The excerpt, the marks that are wholly in it, and whether the text was cut.
    """
    if len(text) <= max_characters:
        return text, list(marks), False
    width = max_characters - 2 * len(ELLIPSIS)
    first, last = _densest(marks, width)
    start = min(max(first - (width - (last - first)) // 2, 0), len(text) - width)
    end = start + width
    # At one end of the text there is no ellipsis, and room for one character more; it is not worth the trouble.
    start, end = _later(text, start, min(first, end)), _earlier(text, end, max(last, start))
    before, after = ELLIPSIS if start else "", ELLIPSIS if end < len(text) else ""
    shift = len(before) - start
    kept = [(begin + shift, stop + shift) for begin, stop in marks if start <= begin and stop <= end]
    return f"{before}{text[start:end]}{after}", kept, True


def beginning(text: str, max_characters: int) -> tuple[str, bool]:
    """Cut a text to its beginning, with an ellipsis for the rest, at a space if there is one near.

    Args:
        text: any text.
        max_characters: at least 2, the ellipsis included.

    Returns:
        The beginning, and whether the text was cut.

    Examples:
        >>> beginning("The train was late.", 12)
        ('The train…', True)
    """
    if len(text) <= max_characters:
        return text, False
    end = _earlier(text, max(max_characters - len(ELLIPSIS), 1), 1)
    return text[:end].rstrip() + ELLIPSIS, True


def in_utf16(text: str, marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Convert places in characters to places in UTF-16 code units, which JavaScript counts in."""
    if not text or max(text) < "\U00010000":
        return tuple(marks)
    units = list(accumulate((1 + (character >= "\U00010000") for character in text), initial=0))
    return tuple((units[start], units[end]) for start, end in marks)


def _densest(marks: Sequence[Mark], width: int) -> Mark:
    """Find the stretch of at most ``width`` characters with the most marks; the beginning if there are none."""
    best, most, begin = (0, 0), 0, 0
    for end, (_, stop) in enumerate(marks):
        while stop - marks[begin][0] > width and begin < end:
            begin += 1
        if stop - marks[begin][0] <= width and end - begin + 1 > most:
            best, most = (marks[begin][0], stop), end - begin + 1
    return best


def _later(text: str, start: int, limit: int) -> int:
    """Move the beginning after the next space, else between two characters, and not after the limit."""
    if start == 0:
        return 0
    for place in range(start, min(limit, start + _SEEK) + 1):
        if text[place - 1].isspace() and not text[place : place + 1].isspace():
            return place
    while start < limit and belong_together(text, start):
        start += 1
    return start


def _earlier(text: str, end: int, limit: int) -> int:
    """Move the end before the last space, else between two characters, and not before the limit."""
    if end == len(text):
        return end
    for place in range(end, max(limit, end - _SEEK) - 1, -1):
        if text[place].isspace() and not text[place - 1 : place].isspace():
            return place
    while end > limit and belong_together(text, end):
        end -= 1
    return end
