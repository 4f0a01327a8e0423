"""Where each word of a vocabulary is heaviest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gloctm.arrays import Array
from gloctm.summary.content import SearchIndex

#: Topics per word.
NUM_TOPICS = 3


def search_index(
    topic_word: Array, vocabulary: Sequence[str], ids: Sequence[int], num_topics: int = NUM_TOPICS
) -> SearchIndex:
    """Find for each word the topics where its β is greatest.

    Args:
        topic_word: β_l, ``(K, V_l)``.
        vocabulary: the word of each column.
        ids: the number of the topic of each row.
        num_topics: how many, or all if there are fewer; of equals, the first.
    """
    order = np.argsort(-topic_word, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(topic_word.shape[1])[None, :], axis=1)
    # A row per word: rows that are next to each other in memory are sorted in half the time.
    topics = np.argsort(-np.ascontiguousarray(topic_word.T), axis=1, kind="stable")[:, :num_topics].T
    parts = (np.asarray(ids)[topics], *(np.take_along_axis(each, topics, axis=0) for each in (ranks, topic_word)))
    columns = zip(*(part.T.tolist() for part in parts), strict=True)
    return SearchIndex(tuple(vocabulary), tuple(tuple(zip(*each, strict=True)) for each in columns))
