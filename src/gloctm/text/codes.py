"""Letters with digits: CO2, H1N1, 5G and MP3 are words, whole; numbers, keys and hashes are none.

A run of letters and digits is a word if it changes between the two three times at most, has no more than four digits
side by side, and with four of them (a year with a prefix or an ending) no less than two letters. Any other run is left
out whole: half of it would mean something else.
"""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache

from gloctm.text.patterns import as_ranges

# Scripts without spaces between words, and those whose particles follow a number at once: the next letter is another
# word. A mark belongs to the letter before.
_OTHER_WORDS = (
    r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Bopomofo}\p{Yi}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
)
_LETTERS = rf"(?:(?!{_OTHER_WORDS})[\p{{L}}\p{{M}}])"
_PARTS = re.compile("[0-9]+|[^0-9]+")
_MOST_PARTS = 4
_MOST_DIGITS = 4
_LONGEST = 30
# Hashes and keys may change seldom.
_HEXADECIMAL = re.compile("[0-9a-f]{8,}")
# Letters that normalized text has not, so that patterns of letters match a code as a whole.
_STAND_INS = str.maketrans("0123456789", "ＡＢＣＤＥＦＧＨＩＪ")
_DIGITS = str.maketrans("ＡＢＣＤＥＦＧＨＩＪ", "0123456789")


def has_digits(text: str) -> bool:
    """Return whether a text has any of the digits 0 to 9.

    Example:
        >>> has_digits("co2")
        True
    """
    # Ten searches for a character take a fifth of the time of one for a class.
    return (
        ("1" in text or "2" in text or "0" in text or "3" in text or "4" in text)
        or ("5" in text or "6" in text or "7" in text or "8" in text or "9" in text)
    )  # fmt: skip


def codes_of(text: str) -> list[tuple[int, int, str]]:
    """Return the runs of letters and digits in normalized text: start, end, and the word, empty where it is none.

    What follows after an apostrophe belongs to the run, but not to the word.

    Example:
        >>> codes_of("the g20's co2 since 2024, key x1a9f3b7")
        [(4, 9, 'g20'), (10, 13, 'co2'), (30, 38, '')]
    """
    ascii_only = text.isascii()
    if not _digit_at_letter(ascii_only).search(text):
        return []
    found = []
    for match in _run(ascii_only).finditer(text):
        core, start = match[1], match.start()
        if core.isdecimal() and match.end() == match.end(1):
            continue
        # Of 3.5mm, "5mm" is a part.
        is_part = start > 1 and text[start - 1] in ".,:" and text[start - 2].isdecimal()
        found.append((start, match.end(), core if _is_code(core) and not is_part else ""))
    return found


def with_stand_ins(text: str) -> str:
    """Return normalized text with letters instead of the digits of codes, and a space instead of other runs.

    Example:
        >>> with_stand_ins("co2 in 2024")
        ' coＣ  in 2024'
    """
    codes = codes_of(text)
    if not codes:
        return text
    pieces = []
    position = 0
    for start, end, word in codes:
        # An elided article is cut off by its apostrophe.
        before = "" if text[start - 1 : start] == "'" else " "
        pieces += [text[position:start], f"{before}{word.translate(_STAND_INS)} " if word else " "]
        position = end
    return "".join([*pieces, text[position:]])


def without_stand_ins(words: list[str]) -> list[str]:
    """Return words with the digits that ``with_stand_ins`` replaced.

    Example:
        >>> without_stand_ins(["coＣ", "in"])
        ['co2', 'in']
    """
    return [word.translate(_DIGITS) for word in words]


class SegmentedCodes:
    """The codes of a text that a segmenter cuts, whose pieces of them are to be passed over.

    Args:
        text: normalized text.

    Example:
        >>> codes = SegmentedCodes("mp3の")
        >>> [(codes.cover(start), codes.new_words()) for start in (0, 2, 3)]
        [(True, ['mp3']), (True, []), (False, [])]
    """

    def __init__(self, text: str) -> None:
        self._rest = deque(codes_of(text))
        self._end = 0
        self._new: list[str] = []

    def cover(self, start: int) -> bool:
        """Return whether what begins here is a part of a code; places are to be asked for in order."""
        while self._rest and self._rest[0][0] <= start:
            _, self._end, word = self._rest.popleft()
            self._new += [word] if word else []
        return start < self._end

    def new_words(self) -> list[str]:
        """Return the codes that have begun since the last call."""
        new, self._new = self._new, []
        return new


def _is_code(run: str) -> bool:
    parts = _PARTS.findall(run) if len(run) <= _LONGEST else []
    digits = [len(part) for part in parts if part.isdecimal()]
    letters = [part for part in parts if not part.isdecimal()]
    return (
        2 <= len(parts) <= _MOST_PARTS
        and all(part[0].isalpha() for part in letters)
        and max(digits) <= (_MOST_DIGITS if sum(map(len, letters)) > 1 else _MOST_DIGITS - 1)
        and not _HEXADECIMAL.fullmatch(run)
    )


@lru_cache(maxsize=2)
def _digit_at_letter(ascii_only: bool) -> re.Pattern[str]:
    letters = "[a-z]" if ascii_only else as_ranges(_LETTERS)
    return re.compile(f"[0-9](?:(?='?{letters})|(?<={letters}[0-9]))")


@lru_cache(maxsize=2)
def _run(ascii_only: bool) -> re.Pattern[str]:
    letters = "a-z" if ascii_only else as_ranges(_LETTERS)[1:-1]
    both = f"[0-9{letters}]"
    return re.compile(f"(?<!{both})([{letters}]*+[0-9]{both}*+)(?:'{both}++)*+")
