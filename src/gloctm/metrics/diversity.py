"""How different the topics of a model are from one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gloctm.errors import InputError


def topic_uniqueness(topics: Sequence[Sequence[str]]) -> float:
    """TU: the mean over topics and their words of 1 / (number of topics that have the word).

    Args:
        topics: for each topic its top words (15 in published results), in one language.

    Returns:
        From 1/K (all topics the same) to 1 (no word in two topics).

    References:
        Nan, Ding, Nallapati, Xiang: Topic Modeling with Wasserstein Autoencoders. ACL 2019.
    """
    if not topics or not all(topics):
        raise InputError("topic uniqueness needs at least one topic, and a word in each")
    frequency = Counter(word for words in topics for word in set(words))
    return sum(sum(1 / frequency[word] for word in words) / len(words) for words in topics) / len(topics)
