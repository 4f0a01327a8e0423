"""The topics and numbers of answers: topics as a summary shows them, some merged and some hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gloctm.arrays import Array
from gloctm.errors import InputError
from gloctm.model.model import TopicModel
from gloctm.model.view import TopicView
from gloctm.summary import Summary
from gloctm.tables.shown import ShownTopics as TableTopics


def exact(value: float) -> float:
    """Shorten a float32 to the digits that restore it exactly."""
    return float(f"{value:.9g}")


def rounded(value: float) -> float:
    """Round to four digits, for scores."""
    return float(f"{value:.4g}")


class ShownTopics:
    """The topics of a summary, and the model's numbers for them.

    Attributes:
        ids: the number of each topic, in the order of the columns of θ.
        names: the name of each topic.

    Raises:
        InputError: the summary is of another model.
    """

    def __init__(self, model: TopicModel, summary: Summary) -> None:
        num_topics = model.num_topics_
        listed = [member for topic in summary.topics for member in topic.members]
        codes = tuple(language.code for language in summary.languages)
        if codes != tuple(model.languages_) or len(set(listed)) < len(listed) or max(listed) >= num_topics:
            raise InputError("the summary is of another model: make one with summarize(model, corpus)")
        self._model = model
        self.ids = [topic.id for topic in summary.topics]
        self.names = [topic.name for topic in summary.topics]
        self._view = replace(
            TopicView.of(model),
            groups=tuple(topic.members for topic in summary.topics),
            hidden=frozenset(range(num_topics)).difference(listed),
        )
        self._shares = np.zeros(num_topics)
        for topic in summary.topics:
            self._shares[list(topic.shares)] = list(topic.shares.values())

    def place(self, number: int) -> int:
        """Return the column of θ of a topic; raise InputError if the topic is merged, hidden or unknown."""
        if number in self.ids:
            return self.ids.index(number)
        for own, group in zip(self.ids, self._view.groups, strict=True):
            if number in group:
                raise InputError(f"topic {number} is merged into topic {own}: ask for topic {own}")
        raise InputError(f"topic {number} is not shown, or does not exist: choose one of those that /topics lists")

    def as_table(self, summary: Summary) -> TableTopics:
        """Return the topics as tables show them, with the summary's names and words."""
        scores = {code: self.merge_word_scores(each) for code, each in self._model.word_scores_.items()}
        words = {code: [[word for word, _ in topic.words[code]] for topic in summary.topics] for code in scores}
        return TableTopics(self._view, scores, words, self.names)

    def merge_theta(self, theta: Array) -> Array:
        """Return θ of the topics shown, ``(documents, topics)``: sums over members, without hidden topics."""
        return self._view.merge_theta(theta)

    def merge_word_scores(self, scores: Array) -> Array:
        """Return what orders the words of the topics shown, ``(topics, words)``, by the summary's shares."""
        return self._view.merge_word_scores(self._model, scores, self._shares)
