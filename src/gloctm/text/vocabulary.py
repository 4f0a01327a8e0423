"""Vocabulary and counts of one language from its tokenized documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from gloctm.errors import InputError
from gloctm.text.phrases import merge_phrases, phrase_table


def build_vocabulary(
    documents: Iterable[Sequence[str]],
    *,
    stop_words: frozenset[str] = frozenset(),
    min_df: float = 2,
    max_df: float = 0.5,
    max_size: int | None = 5000,
) -> list[str]:
    """Choose the words that topics are made of; see ``choose_words``.

    Args:
        documents: tokenized documents.
        stop_words: words never taken.
        min_df: see ``choose_words``.
        max_df: see ``choose_words``.
        max_size: see ``choose_words``.

    Example:
        >>> build_vocabulary([["red", "car"], ["red", "house"], ["blue", "house"]], max_df=0.7)
        ['house', 'red']
    """
    check_vocabulary_settings(min_df=min_df, max_df=max_df, max_size=max_size)
    frequency: Counter[str] = Counter()
    total = 0
    for tokens in documents:
        frequency.update(set(tokens))
        total += 1
    words = [word for word in frequency if word not in stop_words]
    return choose_words(
        words, [frequency[word] for word in words], total, min_df=min_df, max_df=max_df, max_size=max_size
    )


def choose_words(
    words: Sequence[str],
    frequency: ArrayLike,
    num_documents: int,
    *,
    min_df: float = 2,
    max_df: float = 0.5,
    max_size: int | None = 5000,
) -> list[str]:
    """Choose the words that topics are made of, by document frequency.

    Args:
        words: the candidates, each once.
        frequency: in how many documents each of them is.
        num_documents: how many documents there are.
        min_df: a word must be in at least this many documents, or, below 1, in this share of them; 2 because a word in
            one document links nothing.
        max_df: a word may be in at most this share of the documents, or, above 1, in this many.
        max_size: keep this many words by document frequency; 5,000, the published size. None keeps all.

    Returns:
        The words, sorted: the order of documents has no influence.

    Raises:
        InputError: a setting is out of range.

    Example:
        >>> choose_words(["car", "red", "the"], [2, 3, 9], num_documents=10)
        ['car', 'red']
    """
    check_vocabulary_settings(min_df=min_df, max_df=max_df, max_size=max_size)
    counts = np.asarray(frequency, np.int64)
    suitable = often_enough(counts, num_documents, min_df) & seldom_enough(counts, num_documents, max_df)
    chosen = np.flatnonzero(suitable).tolist()
    kept = [(-int(counts[position]), words[position]) for position in chosen]
    kept.sort()
    return sorted(word for _, word in kept[:max_size])


def check_vocabulary_settings(*, min_df: float, max_df: float, max_size: int | None) -> None:
    """Raise InputError for a setting that is no number or out of range."""
    for name, value in (("min_df", min_df), ("max_df", max_df)):
        if not _is_number(value, Real) or not -inf < value < inf:
            raise InputError(f"{name} is {value!r}: give a number of documents, or a share of them")
    if max_size is not None and not _is_number(max_size, Integral):
        raise InputError(f"the maximal vocabulary is {max_size!r}: it must be a whole number of words, or None for all")
    if not (0 < min_df < 1 or (min_df >= 1 and min_df == int(min_df))):
        raise InputError(f"min_df is {min_df}: it must be at least 1 document, or a share of documents above 0")
    if not (0 < max_df <= 1 or (max_df > 1 and max_df == int(max_df))):
        raise InputError(
            f"max_df is {max_df}: it must be a share of documents above 0 and up to 1, or a number of documents above 1"
        )
    if max_size is not None and max_size < 2:
        raise InputError(f"the maximal vocabulary is {max_size}: it must be at least 2 words")


def why_no_words(frequency: ArrayLike, num_documents: int, *, num_stopped: int, min_df: float, max_df: float) -> str:
    """Return which setting left ``choose_words`` with nothing to choose, and the cure: the part of a message.

    Args:
        frequency: in how many documents each word that is no stop word is.
        num_documents: how many documents there are.
        num_stopped: how many stop words were left out.
        min_df: see ``choose_words``.
        max_df: see ``choose_words``.
    """
    counts = np.asarray(frequency, np.int64)
    if not len(counts):
        if num_stopped:
            return f"all {num_stopped} words of the texts are stop words: give longer texts, or fewer stop words"
        return "the texts have no words: check the texts and their language"
    left = int(often_enough(counts, num_documents, min_df).sum())
    if not left:
        most = int(counts.max())
        return (
            f"none of the {len(counts)} words is in as many documents as min_df={min_df} asks for, of {num_documents} "
            f"(at most {most} have one): lower min_df, or add documents"
        )
    return (
        f"all {left} words left by min_df={min_df} occur in more than max_df={max_df} of the {num_documents} "
        "documents: raise max_df"
    )


def often_enough(counts: NDArray[np.int64], num_documents: int, min_df: float) -> NDArray[np.bool_]:
    """Return which words are in as many documents as ``min_df`` asks for."""
    # Quotients rather than products: 0.29 * 100 is a little less than 29.
    return counts >= min_df if min_df >= 1 else counts / max(num_documents, 1) >= min_df


def seldom_enough(counts: NDArray[np.int64], num_documents: int, max_df: float) -> NDArray[np.bool_]:
    """Return which words are in no more documents than ``max_df`` allows."""
    # At least one document may always hold a word, or tiny collections would lose everything.
    few = counts / max(num_documents, 1) <= max_df if max_df <= 1 else counts <= max_df
    return np.asarray((counts == 1) | few, np.bool_)


def _is_number(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def count_tokens(
    documents: Iterable[Sequence[str]], vocabulary: Sequence[str], *, phrases: bool = False
) -> sp.csr_array:
    """Count each document's vocabulary words: ``(documents, vocabulary)`` int32 CSR; other words are passed over.

    Args:
        documents: tokenized documents.
        vocabulary: the word of each column.
        phrases: two words side by side that the vocabulary has as one ("new york") are counted as that one.

    Example:
        >>> count_tokens([["red", "car"], ["red", "red"]], ["car", "red"]).toarray()
        array([[1, 1],
               [0, 2]], dtype=int32)
    """
    position = {word: column for column, word in enumerate(vocabulary)}
    table = phrase_table(vocabulary) if phrases else {}
    pointers, columns, values = [0], [], []
    for tokens in documents:
        words = merge_phrases(tokens, table) if table else tokens
        counts = Counter(position[token] for token in words if token in position)
        for column in sorted(counts):
            columns.append(column)
            values.append(counts[column])
        pointers.append(len(columns))
    return sp.csr_array(
        (np.asarray(values, np.int32), np.asarray(columns, np.int32), np.asarray(pointers, np.int64)),
        shape=(len(pointers) - 1, len(vocabulary)),
    )
