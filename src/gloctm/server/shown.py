"""The topics that a server shows, which stand for the model's: as a summary has them, some merged and some hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gloctm.errors import InputError
from gloctm.summary import Summary

if TYPE_CHECKING:
    from gloctm.estimator import GloCTM

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

    def __init__(self, model: GloCTM, summary: Summary) -> None:
        num_topics = len(model.topic_word_[model.languages_[0]])
        listed = [member for topic in summary.topics for member in topic.members]
        codes = tuple(language.code for language in summary.languages)
        if codes != tuple(model.languages_) or len(set(listed)) < len(listed) or max(listed) >= num_topics:
            raise InputError("the summary is of another model: make one with summarize(model, corpus)")
        self.ids = [topic.id for topic in summary.topics]
        self.names = [topic.name for topic in summary.topics]
        self._groups = [list(topic.members) for topic in summary.topics]
        self._shares = [[topic.shares[member] for member in topic.members] for topic in summary.topics]
        self._all_alone = self._groups == [[topic] for topic in range(num_topics)]

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
        for own, group in zip(self.ids, self._groups, strict=True):
            if number in group:
                raise InputError(f"topic {number} is merged into topic {own}: ask for that")
        raise InputError(f"topic {number} is not shown, or there is none: /topics lists those there are")

    def merge_theta(self, theta: Array) -> Array:
        """θ of the topics shown, ``(documents, topics)``: sums over members, none of hidden topics."""
        if self._all_alone:
            return theta
        columns = [theta[:, group].sum(axis=1, dtype=np.float64) for group in self._groups]
        return np.stack(columns, axis=1).astype(np.float32)

    def merge_topic_word(self, topic_word: Array) -> Array:
        """β of the topics shown, ``(topics, words)``: means over members weighted by the summary's shares."""
        if self._all_alone:
            return topic_word
        rows = [_mean(topic_word, group, shares) for group, shares in zip(self._groups, self._shares, strict=True)]
        return np.stack(rows).astype(np.float32)


def _mean(topic_word: Array, group: Sequence[int], shares: Sequence[float]) -> NDArray[np.floating]:
    if len(group) == 1:
        # As it is, bit for bit.
        return np.asarray(topic_word[group[0]])
    return np.asarray(np.asarray(shares) @ topic_word[list(group)].astype(np.float64))
