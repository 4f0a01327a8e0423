"""Stability of topics over runs: hand-made cases, all matchings tried, bounds."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.errors import InputError
from gloctm.metrics.diversity import inverted_rank_biased_overlap
from gloctm.metrics.stability import SIMILARITIES, topic_stability

topic = st.lists(st.sampled_from("abcdefgh"), min_size=3, max_size=3, unique=True)
runs_of_topics = st.lists(st.lists(topic, min_size=3, max_size=3), min_size=2, max_size=3)


def jaccard(one, other):
    return len(set(one) & set(other)) / len(set(one) | set(other))


def average_jaccard(one, other):
    return np.mean([jaccard(one[:depth], other[:depth]) for depth in range(1, len(one) + 1)])


def rank_biased(one, other, persistence=0.9):
    depths = range(1, len(one) + 1)
    shares = [len(set(one[:depth]) & set(other[:depth])) / depth for depth in depths]
    endless = shares + shares[-1:] * 1000
    return sum((1 - persistence) * persistence**place * share for place, share in enumerate(endless))


BY_NAME = {"jaccard": jaccard, "average_jaccard": average_jaccard, "rank_biased": rank_biased}


@pytest.mark.parametrize(
    ("similarity", "value"),
    [
        # abc and bad share nothing, ab and ab of three: (0 + 1 + 2/4) / 3.
        ("average_jaccard", (0 + 1 + 1 / 2) / 3),
        ("jaccard", 1 / 2),
        ("rank_biased", 0.1 * (0 + 0.9 * 1 + 0.81 * 2 / 3) + 0.729 * 2 / 3),
    ],
)
def test_two_topics_by_hand(similarity, value):
    result = topic_stability([[list("abc")], [list("bad")]], similarity=similarity)
    assert result.overall == pytest.approx(value)
    assert result.by_topic == pytest.approx((value,))


@given(topic, topic)
@settings(deadline=None)
def test_rank_biased_overlap_is_that_of_diversity(one, other):
    value = topic_stability([[one], [other]], similarity="rank_biased").overall
    assert value == pytest.approx(1 - inverted_rank_biased_overlap([one, other]))


def test_the_published_measure_is_the_default():
    runs = [[list("abc")], [list("bad")]]
    assert topic_stability(runs) == topic_stability(runs, similarity="average_jaccard")


def test_matching_is_of_all_topics_together():
    """The best match of the first topic is the only one of the second: it gives way."""
    one = [list("abcd"), list("abxy")]
    other = [list("abcx"), list("cdzw")]
    # By Jaccard: first topic 3/5 and 2/6, second 3/5 and 0. Greedy would give 3/5 + 0, all together 2/6 + 3/5.
    result = topic_stability([one, other], similarity="jaccard")
    assert result.overall == pytest.approx((1 / 3 + 3 / 5) / 2)
    assert result.by_topic == pytest.approx((1 / 3, 3 / 5))


def test_runs_count_in_pairs_and_topics_by_the_first():
    runs = [[list("ab"), list("cd")], [list("cd"), list("ab")], [list("ax"), list("yz")]]
    result = topic_stability(runs, similarity="jaccard")
    # Between the first two 1; between each and the third ab has 1/3, cd 0.
    assert result.overall == pytest.approx((1 + 1 / 6 + 1 / 6) / 3)
    assert result.by_topic == pytest.approx(((1 + 1 / 3) / 2, (1 + 0) / 2))


def test_one_match_for_all_languages():
    one = {"en": [list("ab"), list("cd")], "zh": [list("AB"), list("CD")]}
    same = {"zh": [list("CD"), list("AB")], "en": [list("cd"), list("ab")]}
    assert topic_stability([one, same]).overall == pytest.approx(1)
    # The words of each language stay, but meet others.
    crossed = {"en": [list("ab"), list("cd")], "zh": [list("CD"), list("AB")]}
    result = topic_stability([one, crossed])
    assert result.overall == pytest.approx(1 / 2)
    assert result.by_topic == pytest.approx((1 / 2, 1 / 2))
    for code in one:
        assert topic_stability([one[code], crossed[code]]).overall == pytest.approx(1)


@pytest.mark.parametrize("similarity", SIMILARITIES)
@given(runs=runs_of_topics)
@settings(deadline=None, max_examples=40)
def test_beside_all_matchings(similarity, runs):
    agreements = []
    for one, other in combinations(runs, 2):
        each = np.asarray([[BY_NAME[similarity](first, second) for second in other] for first in one])
        agreements.append(max(each[range(3), list(match)].mean() for match in permutations(range(3))))
    result = topic_stability(runs, similarity=similarity)
    assert result.overall == pytest.approx(np.mean(agreements))
    assert -1e-12 <= result.overall <= 1 + 1e-12
    if len(runs) == 2:
        assert np.mean(result.by_topic) == pytest.approx(result.overall)


@pytest.mark.parametrize("similarity", SIMILARITIES)
@given(runs=runs_of_topics, order=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_the_order_of_topics_and_runs_and_the_number_of_equal_languages_do_not_matter(similarity, runs, order):
    expected = topic_stability(runs, similarity=similarity).overall
    mixed = [order.sample(run, len(run)) for run in order.sample(runs, len(runs))]
    assert topic_stability(mixed, similarity=similarity).overall == pytest.approx(expected)
    in_two = [{"en": run, "de": run} for run in runs]
    assert topic_stability(in_two, similarity=similarity).overall == pytest.approx(expected)
    again = topic_stability([runs[0], order.sample(runs[0], 3), runs[0]], similarity=similarity)
    assert again.overall == pytest.approx(1)
    assert again.by_topic == pytest.approx((1, 1, 1))


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_nothing_shared_and_lists_of_different_length(similarity):
    assert topic_stability([[list("abc")], [list("def")]], similarity=similarity).overall == 0
    result = topic_stability([[list("abc"), list("x")], [list("x"), list("abc")]], similarity=similarity)
    assert result.overall == pytest.approx(1)
    shorter = topic_stability([[list("abc")], [list("ab")]], similarity=similarity).overall
    assert 0.6 < shorter < 1


def test_a_word_given_twice_counts_once():
    assert topic_stability([[list("aab")], [list("ab")]]).overall == pytest.approx(1)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([], "two or more runs: there are 0"),
        ([[["a"]]], "two or more runs: there are 1"),
        ([[["a"]], [["a"], ["b"]]], "run 1 has 2 topics in one language without a name but run 0 has 1"),
        ([{"en": [["a"]]}, {"de": [["a"]]}], "run 1 has topics for de but run 0 for en: give the same languages"),
        ([{"en": [["a"]]}, [["a"]]], "run 1 has topics for one language without a name but run 0 for en"),
        ([{"en": [["a"]], "de": [["a"], ["b"]]}] * 2, "run 0 has 2 topics in de but run 0 has 1"),
        ([{}, {}], "run 0 has none"),
        (
            [[["a"]], [[]]],
            r"stability \(run 1, one language without a name\) needs at least one topic, and a word in each",
        ),
        ([{"en": []}, {"en": []}], r"stability \(run 0, en\) needs at least one topic, and a word in each"),
        ([["a"], ["a"]], "needs topics as lists of words, not a string"),
    ],
)
def test_what_is_refused(runs, message):
    with pytest.raises(InputError, match=message):
        topic_stability(runs)


def test_an_unknown_similarity():
    with pytest.raises(InputError, match="similarity is 'cosine': it must be one of average_jaccard, jaccard, rank_b"):
        topic_stability([[["a"]], [["a"]]], similarity="cosine")
