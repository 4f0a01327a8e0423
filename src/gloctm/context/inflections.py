"""Words that are forms of one another: a reader needs one of them in a list of a topic's words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, takewhile

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array
from gloctm.augmentation.neighbors import unit_vectors

#: Cosine of their embeddings from which two words with one beginning count as forms of one word.
SAME_WORD_COSINE = 0.75
#: The beginning must be this share of the longer word.
SHARED_BEGINNING = 0.5
#: … and at least this many letters. Leading Chinese characters must all be shared; endings written by sound may differ.
FEWEST_LETTERS = 3


def have_one_stem(first: str, second: str) -> bool:
    """Return whether two words begin alike and may be forms of one, as *price* and *prices*, or 履い and 履き."""
    head, other = _leading_chinese(first), _leading_chinese(second)
    if head or other:
        # What follows is an ending if it is written by sound: of Chinese words, every character counts.
        return head == other and all(map(_is_kana, first[len(head) :] + second[len(head) :]))
    if any(letter.isdigit() for letter in first + second):
        # Models and makes, of which each is another thing.
        return False
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
    return shared >= FEWEST_LETTERS and shared >= SHARED_BEGINNING * max(len(first), len(second))


def forms_of_one_word(
    vocabulary: Sequence[str], word_embeddings: Array, eligible: NDArray[np.bool_] | None = None
) -> sp.csr_array:
    """Return which words are forms of one another: ones at their pairs, both ways, ``(V, V)``.

    Args:
        vocabulary: the words.
        word_embeddings: ``(V, dimension)``: forms of one word mean about the same, others that begin alike do not.
        eligible: the words that are compared; all unless given.
    """
    units = unit_vectors(word_embeddings)
    by_beginning: dict[str, list[int]] = {}
    for column, word in enumerate(vocabulary):
        if eligible is not None and not eligible[column]:
            continue
        beginning = _leading_chinese(word) or word[:FEWEST_LETTERS]
        by_beginning.setdefault(beginning, []).append(column)
    pairs = [
        (first, second)
        for columns in by_beginning.values()
        for first, second in combinations(columns, 2)
        if have_one_stem(vocabulary[first], vocabulary[second])
    ]
    places = np.asarray(pairs, np.int64).reshape(-1, 2)
    places = places[np.einsum("np,np->n", units[places[:, 0]], units[places[:, 1]]) >= SAME_WORD_COSINE]
    both = np.concatenate([places, places[:, ::-1]])
    shape = (len(vocabulary), len(vocabulary))
    return sp.csr_array((np.ones(len(both), np.float32), (both[:, 0], both[:, 1])), shape=shape)


def _leading_chinese(word: str) -> str:
    """Return the Chinese characters that a word begins with."""
    return "".join(takewhile(_is_chinese_character, word))


def _is_chinese_character(letter: str) -> bool:
    return "\u3400" <= letter <= "\u9fff"


def _is_kana(letter: str) -> bool:
    return "\u3040" <= letter <= "\u30ff"
