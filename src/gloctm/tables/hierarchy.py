"""A hierarchy of topics: which are alike, and which of those again.

Topics are compared by their vectors (``gloctm.model.vectors``): the mean over languages of the embeddings of their 30
first words, less what all topics of a language have in common. The distance of two topics is 1 − cosine. Groups are
joined by average linkage: the distance of two groups is the mean over all pairs of their topics.

On the demo's 12 themes, models of 24 and 36 topics reduced to 12 had a purity of 0.999, as before. Complete linkage and
Ward's gave the same there, and so did vectors made of θ, of β, of the words' contexts and of the document embeddings.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from gloctm.arrays import Numbers
from gloctm.checks import check_int
from gloctm.errors import InputError, PoorMergeWarning
from gloctm.model.labels import shared_labels
from gloctm.model.model import TopicModel
from gloctm.model.table import Table
from gloctm.model.vectors import joined_vectors, linked_topics, topic_vectors
from gloctm.model.view import TopicView
from gloctm.tables.shown import ShownTopics

#: Above this height, groups have little in common. In 9 models of the demo, some of 147 documents, steps within a
#: theme had heights up to 0.73; those that joined themes had 0.79 and more.
POOR_HEIGHT = 0.75


@dataclass(frozen=True, eq=False, repr=False)
class TopicHierarchy:
    """Topics joined step by step, the most similar first.

    Attributes:
        view: the topics that it joins.
        names: of these topics.
        links: the steps as scipy's ``linkage`` gives them, ``(topics − 1, 4)``: two groups, their height (the mean
            distance, 1 − cosine, of their topics), the number of topics. Groups below the number of topics are places
            in ``view``, the others earlier steps.
        labels: the name or label of each topic; None where it has none.
        sizes: the amount of each topic.

    Examples:
        >>> hierarchy = model.topic_hierarchy()
        >>> len(hierarchy.cut(number=5)), len(hierarchy.cut(height=0.0))
        (5, 12)
    """

    view: TopicView
    names: tuple[str, ...]
    links: Numbers
    labels: tuple[str | None, ...]
    sizes: tuple[float, ...]

    def __repr__(self) -> str:
        return f"TopicHierarchy({len(self.names)} topics)"

    def cut(self, *, height: float | None = None, number: int | None = None) -> TopicView:
        """Return a view that shows groups of similar topics as one.

        A group is called by the name or label of its largest topic that has one.

        Args:
            height: join groups whose height is at most this, from 0 to 2.
            number: join until this many topics are left.

        Raises:
            InputError: none of them is given, or both, or one is out of range.
        """
        most = len(self.names)
        if (height is None) == (number is None):
            raise InputError("cut takes a height or a number of topics: give one of them")
        if number is not None:
            if check_int("number", number, 1) > most:
                raise InputError(f"number is {number}, but there are {most} topics to begin with: give at most {most}")
            steps = most - number
        else:
            if isinstance(height, bool) or not isinstance(height, Real) or not float(height) >= 0:
                raise InputError(f"height is {height!r}: it must be a number of at least 0")
            steps = int(np.sum(self.links[:, 2] <= height))
        members = self._members(steps)
        groups = tuple(tuple(topic for place in each for topic in self.view.groups[place]) for each in members)
        names = {min(topics): self._name(each) for each, topics in zip(members, groups, strict=True)}
        return replace(self.view, groups=groups, names={topic: name for topic, name in names.items() if name})

    def height_of(self, topics: Iterable[int]) -> float:
        """Return the height at which topics are one group: 0 for one topic.

        Args:
            topics: their numbers in the model, all of them shown by the view that the hierarchy began with.

        Raises:
            InputError: one is not shown.

        Examples:
            >>> hierarchy = model.topic_hierarchy()
            >>> hierarchy.height_of([3]), hierarchy.height_of(range(12)) > 0.75
            (0.0, True)
        """
        wanted = {self.view.position(topic) for topic in topics}
        groups = [{place} for place in range(len(self.names))]
        for first, second, height, _ in self.links.tolist():
            if any(wanted <= group for group in groups):
                break
            groups.append(groups[int(first)] | groups[int(second)])
            if wanted <= groups[-1]:
                return float(height)
        return 0.0

    def steps(self) -> Table[dict[str, Any]]:
        """Return a table of the steps: height, the numbers of the topics joined, and how many topics are left."""
        groups = [[place] for place in range(len(self.names))]
        rows: list[dict[str, Any]] = []
        for first, second, height, _ in self.links.tolist():
            joined = sorted((groups[int(first)], groups[int(second)]))
            groups.append(joined[0] + joined[1])
            numbers, others = ([self.view.numbers[place] for place in sorted(each)] for each in joined)
            left = len(self.names) - len(rows) - 1
            rows.append({"height": height, "topics": numbers, "joined_with": others, "topics_left": left})
        return Table(rows)

    def _repr_html_(self) -> str:
        return self.steps()._repr_html_()

    def _name(self, places: list[int]) -> str | None:
        """Return what a group is called by hand: as its largest topic that is called anything."""
        own = [self.view.name(place) for place in places]
        # A label that all have in common stays as it is, by language.
        if not any(own) and len({self.labels[place] for place in places}) == 1:
            return None
        labeled = [place for place in places if self.labels[place]]
        return self.labels[max(labeled, key=lambda place: (self.sizes[place], -place))] if labeled else None

    def _members(self, steps: int) -> list[list[int]]:
        """Return the places of the topics of each group after some steps."""
        groups: dict[int, list[int]] = {place: [place] for place in range(len(self.names))}
        for step, (first, second, _, _) in enumerate(self.links[:steps].tolist()):
            groups[len(self.names) + step] = groups.pop(int(first)) + groups.pop(int(second))
        return list(groups.values())


def warn_of_poor_merges(hierarchy: TopicHierarchy, number: int, stacklevel: int) -> None:
    """Warn if a cut to a number of topics joins some that are hardly alike."""
    most, heights = len(hierarchy.names), hierarchy.links[:, 2]
    alike = int(np.sum(heights <= POOR_HEIGHT))
    if (steps := most - number) > alike:
        warnings.warn(
            f"reducing {most} topics to {number} joins some that are hardly alike, at heights up to "
            f"{heights[steps - 1]:.2f}; above {POOR_HEIGHT} they mostly are of different themes: ask for at least "
            f"{most - alike}, or look at the words of each group",
            PoorMergeWarning,
            stacklevel=stacklevel + 1,
        )


def hierarchy_of(model: TopicModel, shown: ShownTopics, shares: Numbers | None) -> TopicHierarchy:
    """Join the topics shown, see above; ``shares`` are the amounts of the model's topics."""
    links = linked_topics(joined_vectors(topic_vectors(shown.scores, model.word_embeddings_)))
    groups = shown.view.groups
    sizes = [1.0 if shares is None else float(sum(shares[topic] for topic in group)) for group in groups]
    labels = [
        shown.view.name(place) or next(iter(own.values()), None)
        for place, own in enumerate(shared_labels(model.labels_, groups, model.languages_))
    ]
    return TopicHierarchy(shown.view, tuple(shown.names), links, tuple(labels), tuple(sizes))
