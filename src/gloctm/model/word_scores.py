"""The words that topics show: coherent ones first, all others by their weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import expit

from gloctm.arrays import Array


def word_scores(topic_word: Mapping[str, Array], coherent: Mapping[str, Array]) -> dict[str, Array]:
    """Return for each language the numbers that order the words of each topic, ``(K, V_l)``, the highest first.

    Coherent words have their scores, above 0 and up to 1. All others have numbers between −1 and 0, by their
    standardized weights. Without coherent words, the numbers are β itself.

    Args:
        topic_word: for each language β_l, ``(K, V_l)``.
        coherent: for each language the scores of coherent words, ``(K, V_l)``, 0 for all others; or nothing.
    """
    if not coherent:
        return dict(topic_word)
    found = {}
    for language, beta in topic_word.items():
        own = coherent[language]
        # Relative to the logarithm of the mean: the mean of logarithms would favor words that only some topics have.
        relevance = beta - np.log(np.exp(beta - beta.max(axis=0)).mean(axis=0)) - beta.max(axis=0)
        relevance /= np.maximum(relevance.std(axis=1, keepdims=True), np.float32(1e-9))
        found[language] = np.asarray(np.where(own > 0, own, expit(relevance) - 1), np.float32)
    return found
