"""The topics that a server shows, which stand for the model's: as a summary has them, some merged and some hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gloctm.errors import InputError
from gloctm.model.view import TopicView
from gloctm.summary import Summary

if TYPE_CHECKING:
    from gloctm.model.model import TopicModel

Array = NDArray[np.float32]


class ShownTopics:
    """What becomes of the model's numbers where its topics are merged or hidden.

    Args:
        model: fitted.
        summary: of the model.

    Attributes:
        ids: the number of each topic, in the order of columns of θ.
        names: what each is called.

    Raises:
        InputError: the summary is of another model.
    """

    def __init__(self, model: TopicModel, summary: Summary) -> None:
        num_topics = model.num_topics_
        listed = [member for topic in summary.topics for member in topic.members]
        codes = tuple(language.code for language in summary.languages)
        if codes != tuple(model.languages_) or len(set(listed)) < len(listed) or max(listed) >= num_topics:
            raise InputError("the summary is of another model: make one with summarize(model, corpus)")
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

    def __len__(self) -> int:
        """How many there are."""
        return len(self.ids)

    def place(self, number: int) -> int:
        """Where the topic of a number stands among the columns of θ.

        Raises:
            InputError: there is no such topic, or it is shown as another or not at all.
        """
        if number in self.ids:
            return self.ids.index(number)
        for own, group in zip(self.ids, self._view.groups, strict=True):
            if number in group:
                raise InputError(f"topic {number} is merged into topic {own}: ask for that")
        raise InputError(f"topic {number} is not shown, or there is none: /topics lists those there are")

    def merge_theta(self, theta: Array) -> Array:
        """θ of the topics shown, ``(documents, topics)``: sums over members, none of hidden topics."""
        return self._view.merge_theta(theta)

    def merge_topic_word(self, topic_word: Array) -> Array:
        """β of the topics shown, ``(topics, words)``: means over members weighted by the summary's shares."""
        return self._view.merge_topic_word(topic_word, self._shares)
