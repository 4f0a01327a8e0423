"""Words that are forms of one another: a reader needs one of them in a list of a topic's words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gloctm.neighbors import unit_vectors

#: Cosine of their embeddings from which two words with one beginning are taken for forms of one word.
SAME_WORD_COSINE = 0.75
#: The beginning must be this share of the longer word.
SHARED_BEGINNING = 0.6
#: … and of so many letters, in scripts with letters. Of Chinese characters one is enough, if letters follow it.
FEWEST_LETTERS = 3
#: Coherent words of a topic that are looked through: more are seldom shown.
SHOWN_WORDS = 40

Array = NDArray[np.float32]


def have_one_stem(first: str, second: str) -> bool:
    """Whether two words begin alike and may be forms of one, as *price* and *prices*, or 履い and 履き."""
    shared = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        shared += 1
    if not shared:
        return False
    longer = max(len(first), len(second))
    rests = first[shared:] + second[shared:]
    if all(_is_chinese_character(letter) for letter in first[:shared]):
        # What follows is an ending if it is written by sound: of Chinese words, every character counts.
        return bool(rests) and all(_is_kana(letter) for letter in rests)
    return shared >= FEWEST_LETTERS and shared >= SHARED_BEGINNING * longer


def without_inflections(scores: Array, vocabulary: Sequence[str], word_embeddings: Array) -> Array:
    """Scores of coherent words, 0 for a word of which a topic has a better form, ``(K, V)``.

    Args:
        scores: ``(K, V)``; words with a score of 0 are no coherent words of a topic.
        vocabulary: the word of each column.
        word_embeddings: ``(V, dimension)``: forms of one word mean about the same, others that begin alike do not.
    """
    found = scores.copy()
    for topic, each in enumerate(scores):
        best = np.argsort(-each, kind="stable")[:SHOWN_WORDS]
        best = best[each[best] > 0]
        units = unit_vectors(word_embeddings[best])
        cosines = units @ units.T
        kept: list[int] = []
        for place, column in enumerate(best.tolist()):
            if any(
                cosines[place, other] >= SAME_WORD_COSINE
                and have_one_stem(vocabulary[column], vocabulary[int(best[other])])
                for other in kept
            ):
                found[topic, column] = 0
            else:
                kept.append(place)
    return found


def _is_chinese_character(letter: str) -> bool:
    return "\u3400" <= letter <= "\u9fff"


def _is_kana(letter: str) -> bool:
    return "\u3040" <= letter <= "\u30ff"
