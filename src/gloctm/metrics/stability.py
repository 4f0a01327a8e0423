"""Whether trainings that differ in nothing but the seed find the same topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.errors import InputError
from gloctm.metrics.top_words import check_topics

Similarity = Literal["average_jaccard", "jaccard", "rank_biased"]
SIMILARITIES = ("average_jaccard", "jaccard", "rank_biased")

# A model's topics: for each language the top words of each topic, or those of one language alone.
Topics = Mapping[str, Sequence[Sequence[str]]] | Sequence[Sequence[str]]

# Rank-biased overlap: how much less each further rank counts. At 0.9, the first ten make up 86 % of an endless list's.
_PERSISTENCE = 0.9


@dataclass(frozen=True)
class Stability:
    """How alike the topics of several runs are.

    Attributes:
        overall: the mean similarity of matched topics over all pairs of runs, from 0 to 1.
        by_topic: for each topic of the first run the mean similarity of its matches in the other runs, from 0 to 1.

    Examples:
        >>> Stability(overall=0.6, by_topic=(0.5, 0.7)).overall
        0.6
    """

    overall: float
    by_topic: tuple[float, ...]


def topic_stability(runs: Sequence[Topics], *, similarity: Similarity = "average_jaccard") -> Stability:
    """Return how alike the topics of several runs are, each topic with its match.

    The topics of two runs are matched one to one so that the similarities of matches sum to the most (Hungarian
    method); their mean is the agreement of the two runs, and the mean agreement of all pairs of runs is the stability.
    With several languages, the similarity of two topics is the mean over languages, and a match holds for all of them:
    a topic whose words stay but meet other words in the other language counts as changed.

    Args:
        runs: at least two: for each, a mapping from language to the top words of each topic, best first; or one list of
            topics, where there is one language. All with the same languages and the same number of topics.
        similarity: of two lists, of which R_d and S_d are the first d words, with t the longest list:
            ``"average_jaccard"``, as published: the mean over d = 1 … t of #(R_d ∩ S_d) / #(R_d ∪ S_d), so that words
            far up count for more. ``"jaccard"``: #(R ∩ S) / #(R ∪ S) of all words, whatever their order.
            ``"rank_biased"``: rank-biased overlap in its extrapolated form, with A_d = #(R_d ∩ S_d) / d and p = 0.9:
            (1 − p) Σ_d p^(d − 1) A_d + p^t A_t; 1 minus it is ``inverted_rank_biased_overlap`` of the two lists. Of
            lists of different length, the shorter one stays as it is at greater depths d, which are the longer one's.

    Returns:
        From 0 (no word shared by any match) to 1 (the same topics, in any order). Values by different similarities or
        numbers of words do not compare, nor do different K.

    Raises:
        InputError: fewer than two runs, other languages or numbers of topics in one than in another, a topic without
            words, or an unknown similarity.

    Example:
        >>> topics = [["cat", "dog"], ["bread", "milk"]]
        >>> topic_stability([topics, topics[::-1]]).overall
        1.0

    References:
        Greene, O'Callaghan, Cunningham: How Many Topics? Stability Analysis for Topic Models. ECML PKDD 2014. Webber,
        Moffat, Zobel: A Similarity Measure for Indefinite Rankings. ACM TOIS 2010 (rank-biased overlap).
    """
    from scipy.optimize import linear_sum_assignment

    if similarity not in SIMILARITIES:
        raise InputError(f"similarity is {similarity!r}: it must be one of {', '.join(SIMILARITIES)}")
    by_run = _checked_runs(runs)
    agreements = []
    of_first = []
    for one, other in combinations(range(len(by_run)), 2):
        similarities = np.mean(
            [
                similarities_of_topics(topics, by_run[other][language], similarity)
                for language, topics in by_run[one].items()
            ],
            axis=0,
        )
        rows, columns = linear_sum_assignment(similarities, maximize=True)
        # Rows come sorted: the matches are in the order of the first of the two runs.
        matched = similarities[rows, columns]
        agreements.append(matched.mean())
        if one == 0:
            of_first.append(matched)
    return Stability(float(np.mean(agreements)), tuple(np.mean(of_first, axis=0).tolist()))


def _checked_runs(runs: Sequence[Topics]) -> list[dict[str, Sequence[Sequence[str]]]]:
    if len(runs) < 2:
        raise InputError(f"stability needs the topics of two or more runs: there are {len(runs)}")
    # A list of topics is of a language without a name.
    by_run = [dict(run) if isinstance(run, Mapping) else {"": run} for run in runs]
    first = by_run[0]
    if not first:
        raise InputError("stability needs topics in at least one language: run 0 has none")
    num_topics = len(next(iter(first.values())))
    for number, run in enumerate(by_run):
        if run.keys() != first.keys():
            raise InputError(
                f"run {number} has topics for {_listed(run)} but run 0 for {_listed(first)}: give the same languages"
            )
        for language, topics in run.items():
            check_topics(f"stability (run {number}, {_listed([language])})", topics)
            if len(topics) != num_topics:
                raise InputError(
                    f"run {number} has {len(topics)} topics in {_listed([language])} but run 0 has {num_topics}: runs "
                    "must differ in nothing but the seed"
                )
    return by_run


def _listed(languages: Mapping[str, object] | Sequence[str]) -> str:
    return ", ".join(language or "one language without a name" for language in languages) or "no language"


def similarities_of_topics(
    topics: Sequence[Sequence[str]],
    other_topics: Sequence[Sequence[str]],
    similarity: Similarity = "average_jaccard",
) -> NDArray[np.float64]:
    """Return the similarity of each topic with each other one, ``(topics, other topics)``; see ``topic_stability``."""
    columns: dict[str, int] = {}
    ranked, other_ranked = (
        [[columns.setdefault(word, len(columns)) for word in dict.fromkeys(words)] for words in each]
        for each in (topics, other_topics)
    )
    longest = max(map(len, (*ranked, *other_ranked)))
    depths = [longest] if similarity == "jaccard" else range(1, longest + 1)
    total = np.zeros((len(topics), len(other_topics)))
    weights = 0.0
    for depth in depths:
        one, other = (_presence(each, depth, len(columns)) for each in (ranked, other_ranked))
        shared = (one @ other.T).toarray()
        sizes, other_sizes = (np.asarray(each.sum(axis=1)) for each in (one, other))
        if similarity == "rank_biased":
            weight = (1 - _PERSISTENCE) * _PERSISTENCE ** (depth - 1)
            if depth == longest:
                # The agreement seen there is taken to go on for ever.
                weight += _PERSISTENCE**depth
            # The longer of the two, which is the depth unless both lists have ended before.
            value = shared / np.maximum.outer(sizes, other_sizes)
        else:
            weight = 1.0
            value = shared / (np.add.outer(sizes, other_sizes) - shared)
        total += weight * value
        weights += weight
    return total / weights


def _presence(ranked: Sequence[Sequence[int]], depth: int, num_words: int) -> sp.csr_array:
    """Return ``(K, words)``: ones at the first words of each topic."""
    cut = [words[:depth] for words in ranked]
    starts = np.cumsum([0, *map(len, cut)])
    found = np.concatenate([np.asarray(words, np.int64) for words in cut])
    return sp.csr_array((np.ones(len(found)), found, starts), shape=(len(ranked), num_words))
