"""Words of Thai."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from gloctm.errors import import_optional
from gloctm.text.segmenting import segmented_words

_THAI = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e]+")
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
        return segmented_words(text, "th", _segment(), _THAI, leading=_LEADING_VOWELS, signs=_SIGNS)


@lru_cache(maxsize=1)
def _segment() -> Callable[[str], list[str]]:
    newmm = import_optional("pythainlp.tokenize.newmm", "Tokenizing Thai text", "pythainlp")
    cut: Callable[[str], list[str]] = newmm.segment
    return cut
