"""How well languages mix on a map of documents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gloctm.arrays import Floats

#: Neighbors that are looked at per document.
NUM_NEIGHBORS = 15
#: Documents that are looked at, at most: a share of so many is exact to a percent.
MAX_POINTS = 20_000
_SEED = 0


def language_mixing(places: Floats, languages: NDArray[np.integer]) -> float | None:
    """Return the share of other languages among documents' nearest neighbors, over that of languages mixed at random.

    Of 15 neighbors, or as many as there are. If languages have 3 and 1 of 4 documents, half of the neighbors are to
    be expected of another language: 1 of 3 for each of the three, 3 of 3 for the one.

    Args:
        places: of documents on a map, ``(n, 2)``. Of more than 20,000, a sample is looked at.
        languages: of each, a number.

    Returns:
        0 if every language is by itself, 1 if they are mixed at random. Slightly more is possible. None for documents
        of one language.

    Examples:
        >>> language_mixing(np.array([[0, 0], [0, 1], [9, 0], [9, 1]]), np.array([0, 1, 0, 1]))
        1.0
    """
    from sklearn.neighbors import KDTree

    if len(languages) > MAX_POINTS:
        rows = np.random.default_rng(_SEED).choice(len(languages), MAX_POINTS, replace=False)
        places, languages = places[rows], languages[rows]
    counts = np.unique(languages, return_counts=True)[1]
    size = len(languages)
    if len(counts) < 2:
        return None
    expected = (counts * (size - counts)).sum() / (size * (size - 1))
    neighbors = _neighbors(KDTree(places), places, min(NUM_NEIGHBORS, size - 1))
    return float((languages[neighbors] != languages[:, None]).mean() / expected)


def _neighbors(tree: object, places: Floats, number: int) -> NDArray[np.int64]:
    """Return for each point its nearest neighbors without itself."""
    found = tree.query(places, number + 1, return_distance=False)  # type: ignore[attr-defined]
    # Of points at the same place, itself may be anywhere among them or not at all.
    own = found == np.arange(len(places))[:, None]
    own[~own.any(axis=1), -1] = True
    return np.asarray(found[~own].reshape(len(places), number), np.int64)
