"""What topics mean, as vectors: the one definition that compares topics with each other, with words and phrases."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gloctm.arrays import Array, Floats, Numbers
from gloctm.augmentation.neighbors import unit_vectors
from gloctm.model.topics import heaviest_columns

#: Heaviest words that make up a topic's vector: beyond them β says little.
VECTOR_WORDS = 30
# Shorter differences come from rounding to single precision, and have no direction.
_SAME = 1e-6


def topic_vectors(
    topic_word: Mapping[str, Array], word_embeddings: Mapping[str, Array], num_words: int = VECTOR_WORDS
) -> dict[str, Array]:
    """Make for each language a vector of length 1 per topic, from its heaviest words.

    A topic's vector is the mean of its heaviest words' embeddings, each scaled to length 1 and weighted by max(β, 0).
    The mean over the language's topics is subtracted. All topics of a language have it in common, whatever they mean.

    Args:
        topic_word: for each language β_l, ``(K, V_l)``; rows may be of merged topics.
        word_embeddings: for each language ``(V_l, dimension)``, of one space. Words whose vector is zero (the encoder
            has none) are left out.
        num_words: how many of the heaviest words.

    Returns:
        For each language ``(K, dimension)``. A topic's vector is zero where none of its heaviest words has an
        embedding. It is also zero where it equals the mean of the topics, as that of a single topic does.
    """
    vectors = {}
    for code, weights in topic_word.items():
        means, known = _means(weights, word_embeddings[code], num_words)
        differences = means - _mean(means[known])
        differences[~known | (np.linalg.norm(differences, axis=1) < _SAME)] = 0
        vectors[code] = np.asarray(unit_vectors(differences), np.float32)
    return vectors


def language_centers(
    topic_word: Mapping[str, Array], word_embeddings: Mapping[str, Array], num_words: int = VECTOR_WORDS
) -> dict[str, Array]:
    """Return for each language the mean that ``topic_vectors`` subtracts from its topics, ``(dimension,)``.

    To compare a word or a phrase with topics, subtract the center of its language from its embedding of length 1. For a
    language that the model was not trained on, use the mean of the centers.

    Args:
        topic_word: see ``topic_vectors``.
        word_embeddings: see ``topic_vectors``.
        num_words: see ``topic_vectors``.
    """
    centers = {}
    for code, weights in topic_word.items():
        means, known = _means(weights, word_embeddings[code], num_words)
        centers[code] = np.asarray(_mean(means[known]), np.float32)
    return centers


def joined_vectors(vectors: Mapping[str, Array]) -> Array:
    """Average topics' vectors over languages, each counted alike, and scale them to length 1 (or zero).

    Args:
        vectors: for each language ``(K, dimension)``, from ``topic_vectors``.
    """
    return np.asarray(unit_vectors(np.mean(list(vectors.values()), axis=0, dtype=np.float64)), np.float32)


def cosines(rows: Floats, columns: Floats) -> Numbers:
    """Compute the cosines of vectors ``(n, dimension)`` and ``(m, dimension)``: ``(n, m)``, 0 with a zero vector."""
    first, second = (unit_vectors(each).astype(np.float64) for each in (rows, columns))
    return np.asarray(np.clip(first @ second.T, -1, 1))


def linked_topics(vectors: Floats) -> Numbers:
    """Join topics step by step, the most similar first: average linkage of the distances 1 − cosine.

    Args:
        vectors: a topic per row, ``(K, dimension)``.

    Returns:
        The steps as scipy's ``linkage`` gives them, ``(K − 1, 4)``: two groups, their height (the mean distance of
        their topics), the number of topics. Groups below K are rows, the others earlier steps.

    Examples:
        >>> import numpy as np
        >>> linked_topics(np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]))[0].round(2).tolist()
        [1.0, 2.0, 0.2, 2.0]
    """
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    if len(vectors) < 2:
        return np.empty((0, 4))
    distances = 1 - cosines(vectors, vectors)
    np.fill_diagonal(distances, 0)
    return np.asarray(linkage(squareform(distances, checks=False), "average"))


def _means(weights: Array, embeddings: Array, num_words: int) -> tuple[Numbers, NDArray[np.bool_]]:
    """Average each topic's heaviest words' unit vectors by weight; and say whether any of them has one."""
    heaviest = heaviest_columns(weights, num_words)
    has_vector = np.any(embeddings, axis=1)[heaviest]
    taken = np.where(has_vector, np.maximum(np.take_along_axis(weights, heaviest, axis=1), 0), 0).astype(np.float64)
    # Without a positive weight, words count alike.
    flat = ~taken.any(axis=1)
    taken[flat] = has_vector[flat]
    total = taken.sum(axis=1, keepdims=True)
    words = unit_vectors(embeddings)[heaviest]
    means = np.einsum("kn,knd->kd", taken / np.where(total > 0, total, 1), words)
    return means, np.asarray(total[:, 0] > 0)


def _mean(means: Numbers) -> Numbers:
    return means.mean(axis=0) if len(means) else np.zeros(means.shape[1])
