"""Hyphens at the ends of lines: words that were divided there are made whole."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from gloctm.languages import primary_subtag
from gloctm.text.markup import Edit

# What stands between the parts of pairs such as "Bahn- und Busverkehr", of which the first keeps its hyphen.
_BETWEEN = {
    "af": "en of",
    "bg": "и или",
    "ca": "i o",
    "cs": "a i nebo či",
    "cy": "a ac neu",
    "da": "og eller samt til",
    "de": "und oder bzw sowie als bis wie noch aber beziehungsweise",
    "el": "και ή",
    "en": "and or to but nor versus vs",
    "es": "y e o u",
    "et": "ja või ning",
    "eu": "eta edo",
    "fi": "ja tai sekä eli",
    "fo": "og ella",
    "fr": "et ou",
    "fy": "en of",
    "ga": "agus nó",
    "gl": "e ou",
    "hr": "i ili",
    "hu": "és vagy meg illetve",
    "is": "og eða",
    "it": "e ed o",
    "lb": "an oder",
    "lt": "ir ar bei",
    "lv": "un vai",
    "mk": "и или",
    "nb": "og eller samt til",
    "nds": "un oder",
    "nl": "en of",
    "nn": "og eller samt til",
    "no": "og eller samt til",
    "pl": "i oraz lub albo",
    "pt": "e ou",
    "ro": "și şi sau",
    "ru": "и или",
    "sk": "a i alebo či",
    "sl": "in ali",
    "sq": "dhe ose",
    "sr": "i ili и или",
    "sv": "och eller samt till",
    "tr": "ve veya",
    "uk": "і й та або чи",
}
# Words that a hyphen joins to the one before, and that no divided word ends with: "peut-être", "кто-нибудь".
_ATTACHED = {
    "fr": "elle elles il ils moi même mêmes nous vous être",
    "ru": "либо нибудь прежнему таки",
    "uk": "небудь",
}
# A line breaks once, at its end and before the next one begins there may be spaces.
_BREAK = r"[ \t\u00a0]*(?:\r\n?|[\n\u2028\v\f])[ \t\u00a0]*"
_LETTER = r"[^\W\d_]"
# The hyphen and its like; signs that are written for nothing else, as text recognition gives them, and the soft hyphen.
_HYPHENS = "\\-\u2010\u2e17"
_DIVISIONS = "\u00ac\u00ad"
# Most hyphens are the first: a pattern that begins with one character is sought much faster than one with several.
_MARK = re.compile(rf"-{_BREAK}")
_OTHER_MARK = re.compile(f"[{_HYPHENS}{_DIVISIONS}]{_BREAK}")
_WITH_HYPHENS = re.compile(rf"{_LETTER}+(?:[{_HYPHENS}]{_LETTER}+)+")
# A word is no longer; the search must not begin anew at each letter.
_LONGEST = 60


def line_end_hyphens(text: str, language: str = "und") -> list[Edit]:
    r"""Return the hyphens that divide words at the ends of lines, with the line's end, to be left out.

    A hyphen stays before a capital, after capitals (EU-weit), after a single letter, and where the text has the word
    with this hyphen within a line. It stays before "and" and "or", in 40 languages: Bahn- und Busverkehr.

    Args:
        text: any text.
        language: a normalized code.

    Example:
        >>> line_end_hyphens("Die Wirt-\nschaft wächst", "de")
        [(8, 10, '')]
    """
    if not may_have_line_end_hyphens(text):
        return []
    found = []
    pattern = _division(primary_subtag(language))
    within_lines: set[str] | None = None
    for match in pattern.finditer(text):
        if match["hyphen"] in _DIVISIONS:
            found.append((match.start(), match.end(), ""))
            continue
        before, after = _word_before(text, match.start()), _word_after(text, match.end())
        if len(before) < 2 or before.isupper() or not _is_small(after[0]):
            continue
        if within_lines is None:
            within_lines = _pairs_within_lines(text)
        if f"{before} {after}".lower() not in within_lines:
            found.append((match.start(), match.end(), ""))
    return found


def may_have_line_end_hyphens(text: str) -> bool:
    r"""Return False, quickly, for a text that has none.

    Example:
        >>> may_have_line_end_hyphens("a well-known\nword")
        False
    """
    return bool(("-" in text and _MARK.search(text)) or (not text.isascii() and _OTHER_MARK.search(text)))


def _pairs_within_lines(text: str) -> set[str]:
    """Return the neighboring words that a hyphen joins within a line, each pair with a space."""
    pairs: set[str] = set()
    for match in _WITH_HYPHENS.finditer(text):
        words = re.split(f"[{_HYPHENS}]", match[0].lower())
        pairs.update(f"{one} {other}" for one, other in pairwise(words))
    return pairs


@lru_cache(maxsize=64)
def _division(code: str) -> re.Pattern[str]:
    between = "|".join((*_BETWEEN.get(code, "").split(), *_ATTACHED.get(code, "").split()))
    unlike = rf"(?!(?:{between})(?!\w))" if between else ""
    return re.compile(rf"(?<={_LETTER})(?P<hyphen>[{_HYPHENS}{_DIVISIONS}]){_BREAK}{unlike}(?={_LETTER})")


def _is_small(letter: str) -> bool:
    """Return whether a letter is lower case; those of scripts that have one case, and that divide words, are."""
    return letter.islower() or "\u10d0" <= letter <= "\u10ff"


def _word_before(text: str, end: int) -> str:
    start = end
    while start > max(0, end - _LONGEST) and text[start - 1].isalpha():
        start -= 1
    return text[start:end]


def _word_after(text: str, start: int) -> str:
    end = start
    while end < min(len(text), start + _LONGEST) and text[end].isalpha():
        end += 1
    return text[start:end]
