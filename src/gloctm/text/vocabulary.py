"""Vocabulary and counts of one language from its tokenised documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import scipy.sparse as sp

from gloctm.errors import InputError


def build_vocabulary(
    documents: Iterable[Sequence[str]],
    *,
    stop_words: frozenset[str] = frozenset(),
    min_df: int = 2,
    max_df: float = 0.5,
    max_size: int | None = 5000,
) -> list[str]:
    """Choose the words that topics are made of.

    Args:
        documents: tokenised documents.
        stop_words: words never taken.
        min_df: a word must be in at least this many documents; 2 because a word in one document links nothing.
        max_df: a word may be in at most this share of the documents (0 to 1).
        max_size: keep this many words by document frequency; 5,000, the published size. None keeps all.

    Returns:
        The words, sorted, so that the order of documents has no influence.
    """
    if min_df < 1:
        raise InputError(f"min_df is {min_df}: it must be at least 1 document")
    if not 0 < max_df <= 1:
        raise InputError(f"max_df is {max_df}: it must be a share of documents above 0 and up to 1")
    if max_size is not None and max_size < 2:
        raise InputError(f"the maximal vocabulary is {max_size}: it must be at least 2 words")
    frequency: Counter[str] = Counter()
    total = 0
    for tokens in documents:
        frequency.update(set(tokens))
        total += 1
    kept = [
        word
        for word, count in frequency.items()
        # At least one document may always hold a word, or tiny collections would lose everything.
        # A quotient rather than max_df * total, which for 0.29 of 100 is a little less than 29.
        if min_df <= count and (count == 1 or count / total <= max_df) and word not in stop_words
    ]
    kept.sort(key=lambda word: (-frequency[word], word))
    return sorted(kept[:max_size])


def count_tokens(documents: Iterable[Sequence[str]], vocabulary: Sequence[str]) -> sp.csr_array:
    """Count each document's vocabulary words: ``(documents, vocabulary)`` int32 CSR; other words are passed over."""
    position = {word: column for column, word in enumerate(vocabulary)}
    pointers, columns, values = [0], [], []
    for tokens in documents:
        counts = Counter(position[token] for token in tokens if token in position)
        for column in sorted(counts):
            columns.append(column)
            values.append(counts[column])
        pointers.append(len(columns))
    return sp.csr_array(
        (np.asarray(values, np.int32), np.asarray(columns, np.int32), np.asarray(pointers, np.int64)),
        shape=(len(pointers) - 1, len(vocabulary)),
    )
