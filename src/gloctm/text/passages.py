r"""Passages: where a long text is split, by sentences, in any script.

Lengths are in characters, of which an ideograph, a kana or a syllable of Hangul counts as three, since it says about as
much as three letters. (The built-in corpus has the same themes in 188 characters per English text, 205 per German, 68
per Japanese and 55 per Chinese one.)
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

#: The longest passage, unless another length is asked for: some 160 words of English.
PASSAGE_LENGTH = 1000
#: A text is split if it is longer than this many passages: halves of a text that is hardly too long say less than it.
LEAST_PASSAGES = 2
#: How many characters a wide one, as above, counts for.
WIDE_LENGTH = 3

# Where texts are split, the best places first: after blank lines, sentences, lines and clauses, words. A full stop ends
# no sentence within a number or an address, nor before a small letter; "。" and others need no space after them. Each
# pattern begins where a run of its characters does, or long runs would be read again and again.
_ENDS = ".!?\u2026"
_ENDS_WITHOUT_SPACE = (
    "\u3002\uff01\uff1f\uff0e\uff61"  # Chinese, Japanese
    "\u061f\u06d4\u0700-\u0702\u0964\u0965\u0589\u1362\u1367\u1368"  # Arabic, Syriac, Devanagari, Armenian, Ethiopic
    "\u104a\u104b\u17d4\u17d5\u0f0d\u0f0e\u1803\u1809"  # Burmese, Khmer, Tibetan, Mongolian
)
_PAUSES = ",;:"
_PAUSES_WITHOUT_SPACE = "\uff0c\u3001\uff1b\uff1a\u060c\u061b\u1363-\u1366"
_CLOSING = "[\"'\\u201d\\u2019\\u00bb\\u203a)\\]}\\u300d\\u300f\\uff09\\u3011\\u300b\\u3009]*"
_SMALL = "a-z\u00df-\u00f6\u00f8-\u00ff\u03ac-\u03ce\u0430-\u045f"
_BREAKS = tuple(
    map(
        re.compile,
        (
            r"(?<!\s)\s*\n\s*\n\s*",
            rf"(?<![{_ENDS}])[{_ENDS}]+{_CLOSING}\s+(?![{_SMALL}\s])|[{_ENDS_WITHOUT_SPACE}]+{_CLOSING}\s*",
            rf"(?<!\s)\s*\n\s*|(?<![{_PAUSES}])[{_PAUSES}]+{_CLOSING}\s+|[{_PAUSES_WITHOUT_SPACE}]+{_CLOSING}\s*",
            r"\s+",
        ),
    )
)
# Blocks of Unicode whose characters count as wide: kana, ideographs, syllables of Hangul.
_WIDE = (
    *((0x3040, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF)),
    *((0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
)


def text_length(text: str) -> int:
    """Return the length of a text, a wide character counting as three.

    Examples:
        >>> text_length("red"), text_length("红色")
        (3, 6)
    """
    return len(text) if text.isascii() else int(_lengths(text).sum(dtype=np.int64))


def passage_starts(text: str, length: int) -> list[int]:
    """Return where the passages of a text begin: the first at 0, each ending where the next begins.

    A text of at most two lengths is one passage. The passages of a longer one are about equally long, and none is
    longer than ``length`` unless it is a single character with all its marks. They end at a blank line if possible,
    else at the end of a sentence, a line or a clause, at a space, or between two characters.

    Args:
        text: any text.
        length: of the longest passage, in the characters of ``text_length``.

    Examples:
        >>> passage_starts("One. Two. Three. Four.", 10)
        [0, 5, 10, 17]
    """
    if len(text) * WIDE_LENGTH <= LEAST_PASSAGES * length:
        return [0]
    sizes = np.ones(len(text), np.uint8) if text.isascii() else _lengths(text)
    total = int(sizes.sum(dtype=np.int64))
    if total <= LEAST_PASSAGES * length:
        return [0]
    # What precedes each character.
    before = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    breaks = [_places(text, pattern) for pattern in _BREAKS]
    starts = [0]
    while (rest := total - int(before[starts[-1]])) > length:
        starts.append(_end(text, starts[-1], rest / -(-rest // length), length, before, breaks))
        if starts[-1] == len(text):
            starts.pop()
            break
    return starts


def split_at(text: str, starts: list[int]) -> list[str]:
    """Return the passages of a text that begin there.

    Examples:
        >>> split_at("One. Two.", [0, 5])
        ['One. ', 'Two.']
    """
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def belong_together(text: str, place: int) -> bool:
    """Whether a reader sees what is before and after a place as one character.

    Examples:
        >>> belong_together("e\u0301", 1), belong_together("et", 1)
        (True, False)
    """
    before, after = text[place - 1], text[place]
    joiners = "\u200c\u200d"
    return (
        unicodedata.category(after).startswith("M")
        or before in joiners
        or after in joiners
        # Skin colors, and the letters of which flags are made.
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or all("\U0001f1e6" <= each <= "\U0001f1ff" for each in (before, after))
    )


def _end(
    text: str, start: int, aim: float, length: int, before: NDArray[np.int64], breaks: list[NDArray[np.int64]]
) -> int:
    """Return the best place to end a passage: of the best kind there is from half of the aim on, the nearest to it."""
    begin = int(before[start])
    wanted = begin + aim
    # Whole numbers: for others, all of what precedes would be converted each time.
    first = int(np.searchsorted(before, ceil(begin + aim / 2), side="left"))
    last = int(np.searchsorted(before, begin + length, side="right")) - 1
    for places in breaks:
        low, high = np.searchsorted(places, [first, last + 1])
        if low < high:
            candidates = places[low:high]
            return int(candidates[np.abs(before[candidates] - wanted).argmin()])
    end = max(int(np.searchsorted(before, floor(wanted), side="right")) - 1, start + 1)
    while end > start + 1 and belong_together(text, end):
        end -= 1
    if end == start + 1:
        while end < len(text) and belong_together(text, end):
            end += 1
    return end


def _places(text: str, pattern: re.Pattern[str]) -> NDArray[np.int64]:
    return np.fromiter((match.end() for match in pattern.finditer(text)), np.int64)


def _lengths(text: str) -> NDArray[np.uint8]:
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    wide = np.zeros(len(points), bool)
    for first, last in _WIDE:
        wide |= (points >= first) & (points <= last)
    return np.where(wide, WIDE_LENGTH, 1).astype(np.uint8)
