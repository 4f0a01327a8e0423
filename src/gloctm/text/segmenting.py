"""Words of scripts without spaces between them, by a dictionary; words in other scripts as runs of letters."""

from __future__ import annotations

import re
from collections.abc import Callable

from gloctm.text.addresses import normalize_without_addresses
from gloctm.text.unicode import words_of

# A phrase is hardly ever that long; the time of a dictionary's search grows faster than the length.
_PHRASE = 1_000


def segmented_words(
    text: str,
    language: str,
    segment: Callable[[str], list[str]],
    script: re.Pattern[str],
    *,
    leading: str = "",
    signs: str = "",
) -> list[str]:
    """Return the words of a text.

    Args:
        text: any text.
        language: its language, a primary subtag.
        segment: cuts a run of letters into words.
        script: finds the characters that ``segment`` is for.
        leading: characters that a syllable starts with and never ends with, to cut very long runs at.
        signs: characters written after a word that are no part of it.
    """
    tokens: list[str] = []
    for run in words_of(normalize_without_addresses(text, language, spaced=False), language):
        if not script.search(run):
            tokens.append(run)
            continue
        for phrase in _phrases(run, leading):
            # A single letter is a fragment or an abbreviation.
            tokens.extend(stripped for word in segment(phrase) if len(stripped := word.strip(signs)) > 1)
    return tokens


def _phrases(run: str, leading: str) -> list[str]:
    phrases, start = [], 0
    while len(run) - start > _PHRASE:
        end = max((run.rfind(each, start + 1, start + _PHRASE) for each in leading), default=-1)
        end = end if end > start else start + _PHRASE
        phrases.append(run[start:end])
        start = end
    return [*phrases, run[start:]]
