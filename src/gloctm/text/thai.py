"""Words of Thai."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from gloctm.errors import import_optional
from gloctm.text.normalization import normalize_text, without_addresses
from gloctm.text.unicode import words_of

_THAI = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e]+")
# A phrase is hardly ever that long; the time grows faster than the length.
_PHRASE = 1_000
# A syllable may start with one of these vowels, and never ends with one.
_LEADING_VOWELS = "เแโใไ"
# The signs of repetition and abbreviation that are written after a word.
_SIGNS = "ๆฯ"


class ThaiTokenizer:
    """Thai words by PyThaiNLP's dictionary (newmm); words in other scripts as runs of letters.

    Nothing is downloaded: the dictionary comes with the package.
    """

    name = "th-newmm"

    def __call__(self, text: str) -> list[str]:
        """Return the words of ``text``, in order."""
        segment = _segment()
        tokens: list[str] = []
        for run in words_of(without_addresses(normalize_text(text, "th"), spaced=False), "th"):
            if not _THAI.search(run):
                tokens.append(run)
                continue
            for phrase in _phrases(run):
                words = (word.strip(_SIGNS) for word in segment(phrase))
                # A single letter is a fragment or an abbreviation.
                tokens.extend(word for word in words if len(word) > 1)
        return tokens


def _phrases(run: str) -> list[str]:
    phrases, start = [], 0
    while len(run) - start > _PHRASE:
        end = max(run.rfind(vowel, start + 1, start + _PHRASE) for vowel in _LEADING_VOWELS)
        end = end if end > start else start + _PHRASE
        phrases.append(run[start:end])
        start = end
    return [*phrases, run[start:]]


@lru_cache(maxsize=1)
def _segment() -> Callable[[str], list[str]]:
    newmm = import_optional("pythainlp.tokenize.newmm", "Tokenizing Thai text", "pythainlp")
    cut: Callable[[str], list[str]] = newmm.segment
    return cut
