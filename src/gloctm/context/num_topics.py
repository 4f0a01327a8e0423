"""How many topics suit a corpus: a choice by coherence and stability, and a remark where a number is too large.

For a number of topics K, a sample of documents is clustered three times: all of it, and each half of it alone. With C
the NPMI of each topic's ten first words in the sample, U the share of these words that are in one topic alone, and S
the adjusted Rand index (Hubert, Arabie: Comparing Partitions, 1985) of all documents' nearest topics by the two halves,

    quality(K) = (1 + C) / 2 · U · S.

Too few topics mix themes: their words are seldom together, and the halves mix them differently. Too many split themes:
topics share words, and the halves split them differently. Stability under sampling as a sign of the right number is
from Ben-Hur, Elisseeff, Guyon: A Stability Based Method for Discovering Structure in Clustered Data (2002).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from gloctm.arrays import Array
from gloctm.checks import caller_stacklevel
from gloctm.context.space import directions, midpoints, near_documents
from gloctm.context.topics import check_different, counting_proportions, topic_directions, topic_word_log_probabilities
from gloctm.corpus.corpus import Corpus
from gloctm.errors import SmallCorpusWarning
from gloctm.metrics import ReferenceCounts, npmi, topic_uniqueness
from gloctm.progress import track
from gloctm.shards import ShardedCorpus

#: Documents per topic, of all languages together, below which topics are hard to distinguish.
DOCUMENTS_PER_TOPIC = 30
#: Documents per topic of the smallest language, by which a smaller number is proposed; half as many draw a remark.
DOCUMENTS_PER_LANGUAGE = 6
#: Documents per topic, of all languages together, for the largest number that is tried.
FEWEST_PER_TOPIC = 12
#: Documents in which numbers of topics are compared, at most: of a language, and of all.
SAMPLE_PER_LANGUAGE, SAMPLE = 3_000, 20_000
#: Numbers that are tried first: each is larger by half than the one before, from the first to at most the last.
FIRST, GROWTH, LAST = 4, 1.5, 100
#: Near documents of each other language that a document is brought together with.
NEAR = 3
#: First words of a topic that are to be coherent.
WORDS = 10


@dataclass(frozen=True)
class Quality:
    """How well a number of topics suits a corpus.

    Attributes:
        coherence: NPMI in the corpus, the mean over languages.
        uniqueness: of the topics' words, the mean over languages.
        stability: how alike the topics of two halves are.
    """

    coherence: float
    uniqueness: float
    stability: float

    @property
    def of_words(self) -> float:
        """How coherent and unique words are, 0 to 1."""
        return (1 + self.coherence) / 2 * self.uniqueness

    @property
    def overall(self) -> float:
        """All three as one number, 0 to 1."""
        return self.of_words * max(self.stability, 0.0)


def most_topics(num_documents: Mapping[str, int]) -> int:
    """Return the largest number of topics that documents of these numbers can tell apart, at least 2.

    Args:
        num_documents: by language.

    Examples:
        >>> most_topics({"en": 300, "de": 300})
        20
    """
    of_all, of_smallest = sum(num_documents.values()), min(num_documents.values())
    return max(min(of_all // DOCUMENTS_PER_TOPIC, of_smallest // DOCUMENTS_PER_LANGUAGE), 2)


def warn_of_few_documents(num_documents: Mapping[str, int], num_topics: int) -> None:
    """Warn where documents are too few for that many topics.

    Args:
        num_documents: by language.
        num_topics: K.
    """
    if (told := remark_on_few_documents(num_documents, num_topics)) is not None:
        what, better = told
        cure = "add documents"
        if better < num_topics:
            cure = f"ask for about {better} topics (num_topics={better} or num_topics='auto'), or add documents"
        message = f"{what}, too few to distinguish that many topics: {cure}"
        warnings.warn(message, SmallCorpusWarning, stacklevel=caller_stacklevel())


def remark_on_few_documents(num_documents: Mapping[str, int], num_topics: int) -> tuple[str, int] | None:
    """Return what is too little for that many topics, and a number that suits it; None where there is enough.

    Args:
        num_documents: by language.
        num_topics: K.

    Examples:
        >>> remark_on_few_documents({"en": 90, "de": 90}, 50)
        ("language 'en' has 90 documents for 50 topics", 6)
    """
    language = min(num_documents, key=lambda code: num_documents[code])
    total, fewest, better = sum(num_documents.values()), num_documents[language], most_topics(num_documents)
    if 2 * fewest < DOCUMENTS_PER_LANGUAGE * num_topics:
        return f"language {language!r} has {fewest:,} documents for {num_topics} topics", better
    if total < DOCUMENTS_PER_TOPIC * num_topics and better < num_topics:
        what = f"the corpus has {total:,} documents for {num_topics} topics, fewer than {DOCUMENTS_PER_TOPIC} per topic"
        return what, better
    return None


def chosen_num_topics(
    corpus: Corpus | ShardedCorpus, *, seed: int = 0, threads: int | None = None, show_progress: bool = False
) -> tuple[int, dict[int, Quality]]:
    """Choose the number of topics of a corpus: the one of the highest quality among those tried.

    Numbers grow by half from 4 to what the documents can tell apart, 100 at most. Then numbers between the best one and
    its neighbors are tried, and between the most coherent one and its neighbors, until there are none. Of equally good
    ones the smaller is taken.

    Args:
        corpus: with document embeddings of one encoder, in memory or in shards.
        seed: of the starts of the clusterings.
        threads: that may be used; None for all.
        show_progress: whether progress is shown on standard error.

    Returns:
        The number, and the quality of all that were tried; of none where the documents are too few for more than 2.

    Raises:
        InputError: all documents are alike.

    Examples:
        >>> chosen_num_topics(corpus)[0]
        12
    """
    numbers = [part.num_documents for part in corpus.values()]
    highest = min(sum(numbers) // FEWEST_PER_TOPIC, min(numbers) // DOCUMENTS_PER_LANGUAGE, LAST)
    if highest <= 2:
        # Halves of so few documents would say nothing.
        return 2, {}
    with threadpool_limits(limits=threads):
        quality = _Qualities(corpus, seed)
        tried: dict[int, Quality] = {}
        with track("choosing num_topics", None, "numbers", show=show_progress) as progress:

            def measure(number: int) -> None:
                if number not in tried:
                    tried[number] = quality(number)
                    progress.advance()

            best = _search(measure, tried, highest)
    return best, tried


def reason(best: int, tried: Mapping[int, Quality], least: int = 0) -> str:
    """Say in one line why a number was chosen.

    Args:
        best: the number.
        tried: what ``chosen_num_topics`` returned with it.
        least: the number that seed words need.
    """
    if least > best:
        return f"num_topics auto → {least}: seed_words ask for {least} topics, and the corpus for {best}"
    if not tried:
        return f"num_topics auto → {best}: there are too few documents for more"
    found = tried[best]
    numbers = " ".join(map(str, sorted(tried)))
    return (
        f"num_topics auto → {best}: coherence {found.coherence:.2f}, stability {found.stability:.2f}; tried {numbers}"
    )


def _search(measure: Callable[[int], None], tried: Mapping[int, Quality], highest: int) -> int:
    """Try numbers on a ladder, then between the best one and its neighbors; return the best."""
    number = min(FIRST, highest)
    while number < highest:
        measure(number)
        number = round(number * GROWTH)
    measure(highest)
    while True:
        order = sorted(tried)
        best = max(order, key=lambda each: tried[each].overall)
        # Stability jumps from number to number, so its peak may hide between two that were tried.
        most_coherent = max(order, key=lambda each: tried[each].of_words)
        between = set()
        for peak in (best, most_coherent):
            place = order.index(peak)
            below = order[place - 1] if place else min(2, peak)
            above = order[place + 1] if place + 1 < len(order) else peak
            between |= {round((below + peak) / 2), round((peak + above) / 2)}
        if between <= set(order):
            return best
        for each in sorted(between):
            measure(each)


class _Qualities:
    """Qualities of numbers of topics, in a sample of a corpus."""

    def __init__(self, corpus: Corpus | ShardedCorpus, seed: int) -> None:
        self._seed = seed
        most = min(SAMPLE_PER_LANGUAGE, max(SAMPLE // len(corpus), 1))
        sampled = {language: part.sample(most, texts=False) for language, part in corpus.items()}
        self._counts = {language: part.counts for language, part in sampled.items()}
        self._vocabulary = {language: part.vocabulary for language, part in sampled.items()}
        vectors = directions({language: np.asarray(part.document_embeddings) for language, part in sampled.items()})
        check_different(vectors, 2)
        self._points = midpoints(vectors, near_documents(vectors, NEAR))
        self._references = {
            language: ReferenceCounts({word: column for column, word in enumerate(part.vocabulary)}, each.tocsc())
            for (language, part), each in zip(sampled.items(), self._counts.values(), strict=True)
        }

    def __call__(self, number: int) -> Quality:
        topics = topic_directions(self._points, number, self._seed)
        coherence, uniqueness = [], []
        for language, counts in self._counts.items():
            beta = topic_word_log_probabilities(counts, counting_proportions(self._points[language], topics))
            vocabulary = self._vocabulary[language]
            first = np.argsort(-beta, axis=1, kind="stable")[:, :WORDS]
            words = [[vocabulary[column] for column in row] for row in first.tolist()]
            # A vocabulary of one word has no pairs.
            coherence.append(npmi(words, self._references[language]) if first.shape[1] > 1 else 0.0)
            uniqueness.append(topic_uniqueness(words))
        return Quality(float(np.mean(coherence)), float(np.mean(uniqueness)), self._stability(number))

    def _stability(self, number: int) -> float:
        nearest = []
        for half in (slice(0, None, 2), slice(1, None, 2)):
            topics = topic_directions(
                {language: each[half] for language, each in self._points.items()}, number, self._seed
            )
            nearest.append(np.concatenate([_nearest(each, topics) for each in self._points.values()]))
        return float(adjusted_rand_score(*nearest))


def _nearest(points: Array, topics: Array) -> Array:
    return np.asarray((points @ topics.T).argmax(axis=1))
