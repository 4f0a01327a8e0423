"""Words of Khmer."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from gloctm.errors import import_optional
from gloctm.text.segmenting import segmented_words

_KHMER = re.compile("[\u1780-\u17d3\u17dd]")
# The sign of repetition that is written after a word.
_SIGNS = "ៗ"


class KhmerTokenizer:
    """Khmer words by khmercut's statistical model; words in other scripts as runs of letters. Nothing is downloaded."""

    name = "km-khmercut"

    def __call__(self, text: str) -> list[str]:
        """Return the words of ``text``, in order."""
        return segmented_words(text, "km", _segment(), _KHMER, signs=_SIGNS)


@lru_cache(maxsize=1)
def _segment() -> Callable[[str], list[str]]:
    khmercut = import_optional("khmercut", "Tokenizing Khmer text", "khmercut")
    cut: Callable[[str], list[str]] = khmercut.tokenize
    return cut
