"""c_v: coherence of a topic's words by the words near them, in windows that slide over texts."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.checks import check_int
from gloctm.errors import InputError
from gloctm.metrics.top_words import check_topics, checked_documents

# What is added to a probability so that its logarithm exists, in the paper and in libraries.
EPSILON = 1e-12
# Topics whose pairs of words are counted at a time, see metrics.coherence.
_TOPICS_PER_BLOCK = 8
# Words of topics found in texts before they are counted, so that memory does not grow with the texts. Each is in
# as many runs of windows as a window is wide, at most.
_BATCH = 2**16


def c_v(topics: Sequence[Sequence[str]], documents: Iterable[Sequence[str]], *, window: int = 110) -> float:
    """Compute c_v: how similar the contexts of a topic's words are, within a language.

    A window slides over each document, a word at a time; each of its places counts as one short document (boolean
    sliding window), a document shorter than the window as one. With p the share of windows that have both words and
    p₁, p₂ their own: NPMI(wᵢ, wⱼ) = log((p + ε) / (p₁ p₂)) / −log(p + ε), ε = 10⁻¹². A word's vector is its NPMI with
    every word of the topic (itself included), the topic's vector the sum of its words' (one-set segmentation). c_v is
    the mean cosine of the words' vectors and the topic's, averaged over topics.

    NPMI is 0 with a word that no window has, and of words that every window has; the cosine of a vector of zeros is 0.

    Args:
        topics: top words of each topic (10 in the paper), two or more, distinct.
        documents: of a reference corpus, each its words in their order, stop words and all; read once, one at a time.
        window: how many words a window has, 110 as published.

    Returns:
        From −1 to 1; in practice above 0, since each word's vector is part of the topic's. Known to be high for words
        that are all rare, too: not to be read without another measure.

    Raises:
        InputError: there are no topics or no words in the documents, a document is a string, a topic has fewer than
            two words or one of them twice, or ``window`` is less than 2.

    Example:
        >>> round(c_v([["cat", "dog"]], [["cat", "dog"], ["bread"]]), 6)
        1.0

    References:
        Röder, Both, Hinneburg: Exploring the Space of Topic Coherence Measures. WSDM 2015.
    """
    return float(np.mean(c_v_by_topic(topics, documents, window=window)))


def c_v_by_topic(
    topics: Sequence[Sequence[str]], documents: Iterable[Sequence[str]], *, window: int = 110
) -> NDArray[np.float64]:
    """Compute c_v of each topic, ``(K,)``; see ``c_v``, which is their mean.

    Example:
        >>> c_v_by_topic([["cat", "dog"]], [["cat", "dog"], ["bread"]]).round(6)
        array([1.])
    """
    check_topics("c_v", topics, distinct=True, least=2)
    window = check_int("window", window, 2)
    columns = {word: column for column, word in enumerate(dict.fromkeys(chain.from_iterable(topics)))}
    chosen = [np.asarray([columns[word] for word in topic]) for topic in topics]
    together = [np.zeros((len(topic), len(topic)), np.int64) for topic in topics]
    num_windows = 0
    for runs, weights in _runs(checked_documents("c_v", documents), columns, window):
        num_windows += int(weights.sum())
        for start in range(0, len(topics), _TOPICS_PER_BLOCK):
            block = slice(start, start + _TOPICS_PER_BLOCK)
            # Columns, and for each topic of the block its words' places among them.
            words, places = np.unique(np.concatenate(chosen[block]), return_inverse=True)
            part = runs[:, words]
            weighted = sp.csc_array((weights[part.indices], part.indices, part.indptr), shape=part.shape)
            counted = (part.T @ weighted).toarray()
            ends = np.cumsum([len(topic) for topic in chosen[block]])
            for total, rows in zip(together[block], np.split(places, ends[:-1]), strict=True):
                total += counted[np.ix_(rows, rows)]
    if not num_windows:
        raise InputError("c_v needs documents with words: there is none")
    return np.asarray([_mean_cosine(counts / num_windows) for counts in together], np.float64)


def _mean_cosine(joint: NDArray[np.float64]) -> float:
    """Compute c_v of one topic, from the share of windows that have each two of its words ``(n, n)``."""
    own = joint.diagonal()
    expected = np.outer(own, own)
    known = (expected > 0) & (joint < 1)
    smoothed = np.where(known, joint, 0.5) + EPSILON
    vectors = np.where(known, np.log(smoothed / np.where(known, expected, 1)) / -np.log(smoothed), 0.0)
    topic = vectors.sum(axis=0)
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(topic)
    return float(np.mean(np.where(lengths > 0, vectors @ topic, 0.0) / np.where(lengths > 0, lengths, 1)))


def _runs(
    documents: Iterable[Sequence[str]], columns: dict[str, int], window: int
) -> Iterator[tuple[sp.csc_array, NDArray[np.int64]]]:
    """Return which words are in which windows, a batch of documents at a time.

    Neighboring windows with the same words are one run: there are at most twice as many as words of topics in the
    texts, however wide a window is.

    Yields:
        ``(runs, words)``, ones where a run has a word, and ``(runs,)``, the windows of each run.
    """
    first, last, found = array("q"), array("q"), array("q")
    # Windows are numbered through all documents of a batch.
    num_windows = 0
    for document in documents:
        if not len(document):
            continue
        highest = max(len(document) - window, 0)
        for position, word in enumerate(document):
            column = columns.get(word)
            if column is not None:
                # The windows that have this place begin at most window - 1 words before it.
                first.append(num_windows + min(max(position - window + 1, 0), highest))
                last.append(num_windows + min(position, highest))
                found.append(column)
        num_windows += highest + 1
        if len(found) >= _BATCH:
            yield _joined(first, last, found, num_windows, len(columns))
            first, last, found, num_windows = array("q"), array("q"), array("q"), 0
    if num_windows:
        yield _joined(first, last, found, num_windows, len(columns))


def _joined(
    first: array[int], last: array[int], found: array[int], num_windows: int, num_words: int
) -> tuple[sp.csc_array, NDArray[np.int64]]:
    """Return the runs of windows of a batch; see ``_runs``."""
    starts, ends, words = (np.frombuffer(each, np.int64) for each in (first, last, found))
    # Stable: the windows of a word stay in the order of the texts, in which neither starts nor ends ever go back.
    order = np.argsort(words, kind="stable")
    starts, ends, words = starts[order], ends[order] + 1, words[order]
    # A window that has a word twice has it once: what an earlier occurrence covers is cut off a later one.
    again = np.flatnonzero(words[1:] == words[:-1]) + 1
    starts[again] = np.maximum(starts[again], ends[again - 1])
    left = starts < ends
    starts, ends, words = starts[left], ends[left], words[left]
    edges = np.unique(np.concatenate([starts, ends, [0, num_windows]]))
    rows = np.searchsorted(edges, starts)
    lengths = np.searchsorted(edges, ends) - rows
    offsets = np.cumsum(lengths) - lengths
    indices = np.repeat(rows - offsets, lengths) + np.arange(lengths.sum())
    indptr = np.concatenate([[0], np.cumsum(np.bincount(words, lengths, num_words).astype(np.int64))])
    ones = np.ones(len(indices), np.int64)
    return sp.csc_array((ones, indices, indptr), shape=(len(edges) - 1, num_words)), np.diff(edges)
