"""Topics as tables: which words each topic puts first, language by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray


class TopicRecord(TypedDict):
    """One topic in one language: its words, heaviest first, and their weights β."""

    topic: int
    language: str
    words: list[str]
    weights: list[float]


def top_words(topic_word: NDArray[np.float32], vocabulary: Sequence[str], num_words: int) -> list[list[str]]:
    """For each topic its heaviest words; of equals, the one that comes first in the vocabulary.

    Args:
        topic_word: β_l, ``(K, V_l)``.
        vocabulary: the word of each column.
        num_words: how many; all if there are fewer.
    """
    return [[vocabulary[column] for column in row] for row in _top_columns(topic_word, num_words)]


def topic_records(
    topic_word: Mapping[str, NDArray[np.float32]], vocabulary: Mapping[str, Sequence[str]], num_words: int
) -> list[TopicRecord]:
    """A record for each topic and language, topics in order and languages in the mapping's order within a topic."""
    columns = {language: _top_columns(weights, num_words) for language, weights in topic_word.items()}
    num_topics = len(next(iter(topic_word.values())))
    return [
        TopicRecord(
            topic=topic,
            language=language,
            words=[vocabulary[language][column] for column in columns[language][topic]],
            weights=[float(topic_word[language][topic, column]) for column in columns[language][topic]],
        )
        for topic in range(num_topics)
        for language in topic_word
    ]


def _top_columns(topic_word: NDArray[np.float32], num_words: int) -> NDArray[np.int64]:
    return np.argsort(-topic_word, axis=1, kind="stable")[:, :num_words]
