"""How different the topics of a model are from one another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from gloctm.errors import InputError
from gloctm.metrics.top_words import check_topics


def topic_uniqueness(topics: Sequence[Sequence[str]]) -> float:
    """Compute TU: the mean over topics and their words of 1 / (number of topics that have the word).

    Args:
        topics: for each topic its top words (15 in published results), in one language.

    Returns:
        From 1/K (all topics the same) to 1 (no word in two topics).

    Example:
        >>> topic_uniqueness([["cat", "dog"], ["cat", "bread"]])
        0.75

    References:
        Nan, Ding, Nallapati, Xiang: Topic Modeling with Wasserstein Autoencoders. ACL 2019.
    """
    check_topics("topic uniqueness", topics)
    frequency = Counter(word for words in topics for word in set(words))
    return sum(sum(1 / frequency[word] for word in words) / len(words) for words in topics) / len(topics)


def topic_diversity(topics: Sequence[Sequence[str]]) -> float:
    """Compute TD: the share of distinct words among the top words of all topics.

    Args:
        topics: for each topic its top words (25 in the paper), in one language.

    Returns:
        From 1/K (all topics the same) to 1 (no word twice). With as many words in every topic, and none twice in a
        topic, it is topic uniqueness: a word of m topics counts m · (1/m) there and once here.

    Raises:
        InputError: there are no topics, or one has no words.

    Example:
        >>> topic_diversity([["cat", "dog"], ["cat", "bread"]])
        0.75

    References:
        Dieng, Ruiz, Blei: Topic Modeling in Embedding Spaces. TACL 2020.
    """
    check_topics("topic diversity", topics)
    return len({word for words in topics for word in words}) / sum(len(words) for words in topics)


def inverted_rank_biased_overlap(topics: Sequence[Sequence[str]], *, persistence: float = 0.9) -> float:
    """Compute IRBO: 1 − the mean rank-biased overlap of two topics, over all pairs of them.

    Words high in both lists weigh most. Of two lists of n words, with X_d the number of words that the first d of both
    share and p the persistence, the overlap is the extrapolated form, RBO_EXT:
    (X_n / n) pⁿ + (1 − p)/p Σ_{d=1…n} (X_d / d) pᵈ. It takes the agreement seen at depth n to go on for ever, so that
    lists that are the same have exactly 1. (The sum alone, truncated at n, would give them 1 − pⁿ: 0.79 for 15 words.)

    Args:
        topics: two or more, for each its top words, the best first; the same number for each, none twice in a topic.
        persistence: p, above 0 and below 1: how likely somebody who reads the lists is to read on after each word. 0.9
            is what the field takes; the first ten words then have 86 % of the weight.

    Returns:
        From 0 (all topics the same, in the same order) to 1 (no word in two topics).

    Raises:
        InputError: fewer than two topics, different numbers of words, a word twice in a topic, or ``persistence`` out
            of range.

    Example:
        >>> inverted_rank_biased_overlap([["cat", "dog"], ["bread", "milk"]])
        1.0

    References:
        Webber, Moffat, Zobel: A Similarity Measure for Indefinite Rankings. ACM TOIS 2010 (equation for RBO_EXT).
        Bianchi, Terragni, Hovy: Pre-training is a Hot Topic. ACL 2021. Terragni, Fersini, Messina: Word
        Embedding-based Topic Similarity Measures. NLDB 2021.
    """
    check_topics("inverted rank-biased overlap", topics, distinct=True)
    if len(topics) < 2:
        raise InputError("inverted rank-biased overlap compares topics: give at least two")
    if not 0 < persistence < 1:
        raise InputError(f"persistence is {persistence!r}: it must be above 0 and below 1")
    depth = len(topics[0])
    if any(len(words) != depth for words in topics):
        least, most = (bound(len(words) for words in topics) for bound in (min, max))
        raise InputError(
            f"topics have from {least} to {most} words: inverted rank-biased overlap needs as many of each"
        )
    # A word that two lists share adds to X_d from the lower of its two ranks on. So no pair need be looked at: with a
    # word's ranks in order, the t-th (from 0) is the lower one in t pairs.
    ranks = defaultdict(list)
    for words in topics:
        for rank, word in enumerate(words):
            ranks[word].append(rank)
    shared = np.zeros(depth, np.int64)
    for found in ranks.values():
        for before, rank in enumerate(sorted(found)):
            shared[rank] += before
    depths = np.arange(1, depth + 1)
    gains = (1 - persistence) * persistence ** (depths - 1) / depths
    weights = np.cumsum(gains[::-1])[::-1] + persistence**depth / depth
    num_pairs = len(topics) * (len(topics) - 1) // 2
    # The weights sum to 1 but for rounding; dividing by their sum makes equal lists exactly 1.
    return float(1 - (shared @ weights) / (np.full(depth, num_pairs) @ weights))


def topic_quality(coherence: float, uniqueness: float) -> float:
    """Compute TQ: max(CNPMI, 0) · TU, coherence and diversity in one number.

    Args:
        coherence: CNPMI of a pair of languages. With several pairs, TQ is taken of each, and the figure is their mean.
        uniqueness: TU, the mean of the languages that the coherence is of.

    Returns:
        From 0 (incoherent) to 1.

    Example:
        >>> topic_quality(0.5, 0.8)
        0.4
    """
    return max(float(coherence), 0.0) * float(uniqueness)
