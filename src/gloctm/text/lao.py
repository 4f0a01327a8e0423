"""Words of Lao."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from gloctm.errors import import_optional
from gloctm.text.segmenting import segmented_words

_LAO = re.compile("[\u0e81-\u0ebd\u0ec0-\u0ece\u0edc-\u0edf]")
# A syllable may start with one of these vowels, and never ends with one.
_LEADING_VOWELS = "ເແໂໃໄ"
# The signs of repetition and abbreviation that are written after a word.
_SIGNS = "ໆຯ"


class LaoTokenizer:
    """Lao words by LaoNLP's dictionary; words in other scripts as runs of letters. Nothing is downloaded."""

    name = "lo-laonlp"

    def __call__(self, text: str) -> list[str]:
        """Return the words of ``text``, in order."""
        return segmented_words(text, "lo", _segment(), _LAO, leading=_LEADING_VOWELS, signs=_SIGNS)


@lru_cache(maxsize=1)
def _segment() -> Callable[[str], list[str]]:
    laonlp = import_optional("laonlp.tokenize", "Tokenizing Lao text", "laonlp")
    cut: Callable[[str], list[str]] = laonlp.word_tokenize
    return cut
