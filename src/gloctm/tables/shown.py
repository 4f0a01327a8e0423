"""The topics that tables show, and the documents that have none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gloctm.arrays import Array, Floats, Numbers
from gloctm.checks import check_int
from gloctm.errors import InputError
from gloctm.model.labels import shared_labels
from gloctm.model.model import TopicModel
from gloctm.model.topics import top_words
from gloctm.model.view import TopicView, topic_names, view_of

#: The number and the name that tables give documents without a topic.
NO_TOPIC = -1
NO_TOPIC_NAME = "no topic"
#: A document has no topic if no topic has half of it: each is outweighed by all others together. With as many topics as
#: themes, fewer than 1 % of the demo's documents have none by this, and a quarter of those of themes left out of the
#: training (docs/guides/topics-at-work.md).
THRESHOLD = 0.5


# Proportions that differ by less are the same.
_SAME = 1e-6


@dataclass(frozen=True)
class ShownTopics:
    """The topics of a view.

    Attributes:
        view: which of the model's topics they are.
        scores: for each language what orders their words, ``(topics, V_l)``.
        words: for each language the words of each topic, best first.
        names: the name of each topic.
    """

    view: TopicView
    scores: Mapping[str, Array]
    words: Mapping[str, list[list[str]]]
    names: list[str]

    def number(self, place: int) -> int:
        """Return the number of the topic at a place of the view; −1 is no topic."""
        return NO_TOPIC if place < 0 else self.view.numbers[place]

    def name(self, place: int) -> str:
        """Return the name of the topic at a place of the view; −1 is no topic."""
        return NO_TOPIC_NAME if place < 0 else self.names[place]


def shown_topics(
    model: TopicModel, view: TopicView | None, shares: Numbers | None = None, num_words: int = 10
) -> ShownTopics:
    """Return the topics of a view, or all.

    Args:
        model: trained.
        view: the model's; None for all topics as they are.
        shares: the amount of each of the K topics, by which words of merged ones are weighted.
        num_words: words per topic and language.
    """
    check_int("num_words", num_words, 1)
    view = view_of(model, view)
    scores = {code: view.merge_word_scores(model, each, shares) for code, each in model.word_scores_.items()}
    words = {code: top_words(each, model.vocabulary_[code], num_words) for code, each in scores.items()}
    labels = shared_labels(model.labels_, view.groups, model.languages_)
    return ShownTopics(view, scores, words, topic_names(view, labels, words))


def check_threshold(threshold: Any) -> float | None:
    """Validate a threshold on θ and return it as ``float``, or None."""
    if threshold is None:
        return None
    if isinstance(threshold, bool) or not isinstance(threshold, Real) or not 0 <= float(threshold) <= 1:
        raise InputError(f"threshold is {threshold!r}: it must be a number from 0 to 1, or None")
    return float(threshold)


def without_evidence(theta: Array) -> NDArray[np.bool_]:
    """Say which documents have no word that a model knows: their θ over all its topics is uniform."""
    return np.asarray((np.ptp(theta, axis=1) < _SAME) & (theta.shape[1] > 1))


def main_topics(theta: Floats, empty: NDArray[np.bool_], threshold: float | None) -> NDArray[np.int64]:
    """Return the place of each document's largest topic, −1 where it has none.

    Args:
        theta: of the topics shown, ``(documents, topics)``.
        empty: which documents have no word.
        threshold: a document whose largest θ is smaller has no topic; None gives each with a word one.
    """
    none = empty if threshold is None else empty | (theta.max(axis=1) < threshold)
    return np.where(none, -1, theta.argmax(axis=1))


def with_no_topic(theta: Floats, threshold: float | None) -> Floats:
    """Add a column for no topic, which has all of each document whose largest θ is below a threshold."""
    if threshold is None:
        return theta
    none = theta.max(axis=1, keepdims=True) < threshold
    return np.concatenate([np.where(none, 0, theta), none], axis=1)
