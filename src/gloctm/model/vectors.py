"""What topics mean, as vectors: the one definition by which topics are compared with each other, words and phrases."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gloctm.augmentation.neighbors import unit_vectors

#: Heaviest words of which a topic's vector is made: beyond them β says little.
VECTOR_WORDS = 30
# Shorter differences come from rounding to single precision, and have no direction.
_SAME = 1e-6

Array = NDArray[np.float32]
Numbers = NDArray[np.float64]


def topic_vectors(
    topic_word: Mapping[str, Array], word_embeddings: Mapping[str, Array], num_words: int = VECTOR_WORDS
) -> dict[str, Array]:
    """For each language a vector of length 1 for each topic: what its heaviest words mean.

    A topic is the mean of its heaviest words' embeddings, each scaled to length 1 and weighted by max(β, 0), less the
    mean over the language's topics: that is what the topics of one language have in common whatever they mean. Without
    taking it off, all topics are alike and languages apart.

    Args:
        topic_word: for each language β_l, ``(K, V_l)``; rows may be of merged topics.
        word_embeddings: for each language ``(V_l, dimension)``, of one space. Words whose vector is zero (the encoder
            has none) are left out.
        num_words: how many of the heaviest words.

    Returns:
        For each language ``(K, dimension)``. The vector of a topic is zero where none of its heaviest words has an
        embedding, and where it does not differ from the mean of the topics, as a single topic does not.
    """
    vectors = {}
    for code, weights in topic_word.items():
        means, known = _means(weights, word_embeddings[code], num_words)
        differences = means - _mean(means[known])
        differences[~known | (np.linalg.norm(differences, axis=1) < _SAME)] = 0
        vectors[code] = np.asarray(unit_vectors(differences), np.float32)
    return vectors


def language_centres(
    topic_word: Mapping[str, Array], word_embeddings: Mapping[str, Array], num_words: int = VECTOR_WORDS
) -> dict[str, Array]:
    """For each language the mean that ``topic_vectors`` takes from its topics, ``(dimension,)``.

    To compare a word or a phrase with topics, take the centre of its language from its embedding of length 1: as it is
    done with topics. For a phrase of a language that the model was not trained on, the mean of the centres stands in.

    Args:
        topic_word: see ``topic_vectors``, as the rest.
        word_embeddings: for each language ``(V_l, dimension)``.
        num_words: how many of the heaviest words.
    """
    centres = {}
    for code, weights in topic_word.items():
        means, known = _means(weights, word_embeddings[code], num_words)
        centres[code] = np.asarray(_mean(means[known]), np.float32)
    return centres


def joined_vectors(vectors: Mapping[str, Array]) -> Array:
    """One vector for each topic: the mean over languages, each counted alike, scaled to length 1 (or zero).

    Args:
        vectors: for each language ``(K, dimension)``, as ``topic_vectors`` gives them.

    Returns:
        ``(K, dimension)``.
    """
    return np.asarray(unit_vectors(np.mean(list(vectors.values()), axis=0, dtype=np.float64)), np.float32)


def cosines(rows: NDArray[np.floating], columns: NDArray[np.floating]) -> Numbers:
    """Cosines of vectors, −1 to 1; 0 with a zero vector, which is like nothing.

    Args:
        rows: ``(n, dimension)``.
        columns: ``(m, dimension)``.

    Returns:
        ``(n, m)``.
    """
    first, second = (unit_vectors(each).astype(np.float64) for each in (rows, columns))
    return np.asarray(np.clip(first @ second.T, -1, 1))


def _means(weights: Array, embeddings: Array, num_words: int) -> tuple[Numbers, NDArray[np.bool_]]:
    """For each topic the weighted mean of its heaviest words' unit vectors, and whether any of them has one."""
    heaviest = np.argsort(-weights, axis=1, kind="stable")[:, :num_words]
    has_vector = np.any(embeddings, axis=1)[heaviest]
    taken = np.where(has_vector, np.maximum(np.take_along_axis(weights, heaviest, axis=1), 0), 0).astype(np.float64)
    # A topic without a positive weight: its words as equals.
    flat = ~taken.any(axis=1)
    taken[flat] = has_vector[flat]
    total = taken.sum(axis=1, keepdims=True)
    words = unit_vectors(embeddings)[heaviest]
    means = np.einsum("kn,knd->kd", taken / np.where(total > 0, total, 1), words)
    return means, np.asarray(total[:, 0] > 0)


def _mean(means: Numbers) -> Numbers:
    return means.mean(axis=0) if len(means) else np.zeros(means.shape[1])
