"""Measures of diversity: cases computed by hand, their definitions in plain loops, bounds and symmetries."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloctm.errors import InputError
from gloctm.metrics.diversity import (
    inverted_rank_biased_overlap,
    topic_diversity,
    topic_quality,
    topic_uniqueness,
)

MEASURES = [topic_uniqueness, topic_diversity, inverted_rank_biased_overlap]

topics_of_letters = st.integers(1, 5).flatmap(
    lambda size: st.lists(st.permutations("abcdefg").map(lambda words: words[:size]), min_size=2, max_size=6)
)


def plain_overlap(one, two, p):
    """RBO_EXT of two lists as the formula has it."""
    agreements = [len(set(one[:depth]) & set(two[:depth])) / depth for depth in range(1, len(one) + 1)]
    total = sum(agreement * p**depth for depth, agreement in enumerate(agreements, 1))
    return agreements[-1] * p ** len(one) + (1 - p) / p * total


def test_by_hand():
    topics = [["a", "b"], ["a", "c"], ["d", "e"]]
    assert topic_diversity(topics) == pytest.approx(5 / 6)
    assert topic_uniqueness(topics) == pytest.approx((0.75 + 0.75 + 1) / 3)
    # Of the first two lists one word is shared, at the top: agreement 1 at depth 1, 1/2 at depth 2.
    overlap = 0.5 * 0.81 + 0.1 / 0.9 * (1 * 0.9 + 0.5 * 0.81)
    assert inverted_rank_biased_overlap(topics[:2]) == pytest.approx(1 - overlap)
    # The other two pairs share nothing.
    assert inverted_rank_biased_overlap(topics) == pytest.approx(1 - overlap / 3)


@pytest.mark.parametrize(("other", "overlap"), [("badcfe", 0.859878), ("fghaij", 0.228177), ("abcdef", 1.0)])
def test_overlap_against_a_library(other, overlap):
    # rbo 0.1.3: RankingSimilarity(one, other).rbo_ext(p=0.9).
    assert inverted_rank_biased_overlap([list("abcdef"), list(other)]) == pytest.approx(1 - overlap, abs=1e-6)


@given(topics=topics_of_letters, persistence=st.floats(0.05, 0.99))
def test_overlap_against_a_loop(topics, persistence):
    expected = [plain_overlap(one, two, persistence) for one, two in combinations(topics, 2)]
    found = inverted_rank_biased_overlap(topics, persistence=persistence)
    assert found == pytest.approx(1 - sum(expected) / len(expected), abs=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
@given(topics=topics_of_letters, data=st.data())
def test_bounds_and_symmetries(measure, topics, data):
    found = measure(topics)
    lowest = 0 if measure is inverted_rank_biased_overlap else 1 / len(topics)
    assert lowest - 1e-12 <= found <= 1
    assert measure(data.draw(st.permutations(topics))) == pytest.approx(found, abs=1e-12)
    renamed = [[f"word {word}" for word in words] for words in topics]
    assert measure(renamed) == found


@given(topics=topics_of_letters)
def test_order_within_topics_matters_to_overlap_alone(topics):
    backwards = [words[::-1] for words in topics]
    for measure in (topic_uniqueness, topic_diversity):
        assert measure(backwards) == pytest.approx(measure(topics), abs=1e-12)
    assert inverted_rank_biased_overlap([["a", "b", "c"], ["a", "d", "e"]]) < inverted_rank_biased_overlap(
        [["c", "b", "a"], ["e", "d", "a"]]
    )


@given(size=st.integers(1, 20), num_topics=st.integers(2, 9), persistence=st.floats(0.05, 0.99))
def test_same_and_disjoint_topics(size, num_topics, persistence):
    same = [[f"w{rank}" for rank in range(size)]] * num_topics
    disjoint = [[f"w{topic}-{rank}" for rank in range(size)] for topic in range(num_topics)]
    for measure in (topic_uniqueness, topic_diversity):
        assert measure(same) == pytest.approx(1 / num_topics)
        assert measure(disjoint) == pytest.approx(1)
    # Exactly.
    assert inverted_rank_biased_overlap(same, persistence=persistence) == 0
    assert inverted_rank_biased_overlap(disjoint, persistence=persistence) == 1


@given(topics=topics_of_letters)
def test_uniqueness_is_diversity_where_topics_are_of_one_size(topics):
    assert topic_uniqueness(topics) == pytest.approx(topic_diversity(topics))


def test_uniqueness_and_diversity_differ_by_the_size_of_topics():
    topics = [["a"], ["a", "b", "c"]]
    assert topic_diversity(topics) == pytest.approx(3 / 4)
    assert topic_uniqueness(topics) == pytest.approx((1 / 2 + (1 / 2 + 1 + 1) / 3) / 2)


def test_quality():
    assert topic_quality(0.5, 0.8) == pytest.approx(0.4)
    assert topic_quality(-0.5, 0.8) == 0
    assert topic_quality(0.0, 1.0) == 0


@pytest.mark.parametrize("measure", MEASURES)
def test_wrong_topics(measure):
    with pytest.raises(InputError, match="at least one topic"):
        measure([])
    with pytest.raises(InputError, match="a word in each"):
        measure([["a"], []])
    with pytest.raises(InputError, match="not a string"):
        measure(["rain", "wind"])
    for wrong in (None, 3, [1, 2], [["rain"], None], {"en": [["rain"]]}, (words for words in (["rain"],))):
        with pytest.raises(InputError, match="as lists of words, one list a topic"):
            measure(wrong)


def test_wrong_input_of_overlap():
    with pytest.raises(InputError, match="at least two"):
        inverted_rank_biased_overlap([["a"]])
    with pytest.raises(InputError, match="from 1 to 2 words"):
        inverted_rank_biased_overlap([["a", "b"], ["a"]])
    with pytest.raises(InputError, match="topic 1 has 'c' twice"):
        inverted_rank_biased_overlap([["a", "b"], ["c", "c"]])
    for persistence in (0, 1, -0.1, float("nan")):
        with pytest.raises(InputError, match="persistence is"):
            inverted_rank_biased_overlap([["a"], ["b"]], persistence=persistence)
