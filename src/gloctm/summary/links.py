"""Translations among the words that a topic shows."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from gloctm.neighbors import unit_vectors
from gloctm.summary.content import WordLink


def translation_links(vectors: Mapping[str, NDArray[np.floating]]) -> list[WordLink]:
    """Mutual nearest neighbours: words of two languages of which each is nearest to the other, by cosine.

    Mutual, since every word has a nearest one, translation or not. Pairs that have nothing in common (a cosine of 0 or
    below) are left out.

    Args:
        vectors: for each language the embeddings of the words shown, ``(n, dimension)``.

    Returns:
        Language, index of the word in its list, other language, index there, cosine: pair of languages by pair, words
        in order. Of words equally near, the first counts.
    """
    units = {code: unit_vectors(each) for code, each in vectors.items()}
    links: list[WordLink] = []
    for first, second in combinations(units, 2):
        cosine = units[first] @ units[second].T
        forth, back = cosine.argmax(axis=1), cosine.argmax(axis=0)
        for word in np.flatnonzero(back[forth] == np.arange(len(forth))).tolist():
            other = int(forth[word])
            likeness = min(float(cosine[word, other]), 1.0)
            if likeness > 0:
                links.append((first, word, second, other, likeness))
    return links
