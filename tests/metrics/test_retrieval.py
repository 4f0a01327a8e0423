"""Retrieval of translations by topic proportions: hand-made cases, ties, blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score, top_k_accuracy_score

from gloctm.errors import InputError
from gloctm.metrics import retrieval
from gloctm.metrics.retrieval import retrieval_of_pairs, translation_retrieval


def proportions(seed: int, documents: int, topics: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(topics, 0.3), size=documents)


def test_by_hand():
    theta = np.asarray([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    other = np.asarray([[0.8, 0.2], [0.0, 1.0], [0.3, 0.7]])
    # To the first, √.8 > √.3 > 0: rank 1. To the second, (√.8 + √.2)/√2 = .949 and (√.3 + √.7)/√2 = .979, its own
    # .707: rank 3. To the third, √.2, 1, √.7: rank 2.
    result = translation_retrieval(theta, other, ranks=(1, 2, 3))
    assert result.mean_reciprocal_rank == pytest.approx((1 + 1 / 3 + 1 / 2) / 3)
    assert result.accuracy == pytest.approx({1: 1 / 3, 2: 2 / 3, 3: 1})
    # A rank beyond the documents is reached by all.
    assert translation_retrieval(theta, other).accuracy == pytest.approx({1: 1 / 3, 10: 1})


def test_the_same_proportions_on_both_sides():
    theta = proportions(0, 50)
    result = translation_retrieval(theta, theta)
    assert result.mean_reciprocal_rank == 1
    assert result.accuracy == {1: 1, 10: 1}


@pytest.mark.parametrize("documents", [1, 7, 3000])
def test_proportions_that_tell_nothing_score_as_chance_does(documents):
    theta = np.tile(np.random.default_rng(0).dirichlet(np.ones(7)), (documents, 1))
    result = translation_retrieval(theta, theta[:, ::-1])
    assert result.mean_reciprocal_rank == pytest.approx(np.mean(1 / np.arange(1, documents + 1)))
    assert result.accuracy == pytest.approx({1: 1 / documents, 10: min(10, documents) / documents})


def test_equals_share_their_ranks():
    """Clusters: three documents in one, one in the other."""
    theta = np.eye(2)[[0, 0, 0, 1]]
    result = translation_retrieval(theta, theta, ranks=[1, 2])
    assert result.mean_reciprocal_rank == pytest.approx((3 * (1 + 1 / 2 + 1 / 3) / 3 + 1) / 4)
    assert result.accuracy == pytest.approx({1: (3 * 1 / 3 + 1) / 4, 2: (3 * 2 / 3 + 1) / 4})
    # The last one's translation is in the cluster of three: rank 2, 3 or 4 by the one document that is elsewhere.
    moved = np.eye(2)[[1, 0, 0, 0]]
    result = translation_retrieval(theta, moved, ranks=[1, 2])
    by_row = [1 / 4, (1 + 1 / 2 + 1 / 3) / 3, (1 + 1 / 2 + 1 / 3) / 3, (1 / 2 + 1 / 3 + 1 / 4) / 3]
    assert result.mean_reciprocal_rank == pytest.approx(np.mean(by_row))
    assert result.accuracy == pytest.approx({1: (0 + 1 / 3 + 1 / 3 + 0) / 4, 2: (0 + 2 / 3 + 2 / 3 + 1 / 3) / 4})


@given(st.integers(0, 1000), st.integers(2, 25))
@settings(deadline=None, max_examples=30)
def test_scikit_learn_ranks_alike_where_nothing_is_equal(seed, documents):
    theta, other = proportions(seed, documents), proportions(seed + 1, documents)
    similarity = np.sqrt(theta) @ np.sqrt(other).T
    result = translation_retrieval(theta, other, ranks=(1, 2))
    expected = label_ranking_average_precision_score(np.eye(documents), similarity)
    assert result.mean_reciprocal_rank == pytest.approx(expected)
    if documents > 2:
        for rank in (1, 2):
            assert result.accuracy[rank] == pytest.approx(
                top_k_accuracy_score(np.arange(documents), similarity, k=rank)
            )


@given(st.integers(0, 1000), st.integers(1, 12), st.integers(1, 4))
@settings(deadline=None, max_examples=40)
def test_equals_are_the_mean_over_their_orders(seed, documents, topics):
    """Of clusters, where many are equal, beside each rank that the translation may have."""
    generator = np.random.default_rng(seed)
    theta, other = (np.eye(topics)[generator.integers(topics, size=documents)] for _ in range(2))
    by_row = []
    for row, similarities in enumerate(theta @ other.T):
        first = 1 + int((similarities > similarities[row]).sum())
        may_be = np.arange(first, first + int((similarities == similarities[row]).sum()))
        by_row.append([(1 / may_be).mean(), (may_be <= 1).mean(), (may_be <= 3).mean()])
    mean_reciprocal_rank, at_1, at_3 = np.mean(by_row, axis=0)
    result = translation_retrieval(theta, other, ranks=(1, 3))
    assert result.mean_reciprocal_rank == pytest.approx(mean_reciprocal_rank)
    assert result.accuracy == pytest.approx({1: at_1, 3: at_3})
    assert result.accuracy[1] <= result.accuracy[3] <= 1
    assert result.accuracy[1] <= result.mean_reciprocal_rank + 1e-12 <= 1 + 1e-11


@given(st.integers(0, 1000), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=20)
def test_the_order_of_documents_and_of_topics_does_not_matter(seed, order):
    theta, other = proportions(seed, 20), proportions(seed + 1, 20)
    expected = translation_retrieval(theta, other)
    rows, columns = order.sample(range(20), 20), order.sample(range(5), 5)
    mixed = translation_retrieval(theta[rows][:, columns], other[rows][:, columns])
    assert mixed.mean_reciprocal_rank == pytest.approx(expected.mean_reciprocal_rank)
    assert mixed.accuracy == pytest.approx(expected.accuracy)


def test_blocks_change_nothing(monkeypatch):
    theta, other = proportions(0, 53), proportions(1, 53)
    theta[10:30] = theta[10]
    other[5:25] = other[5]
    whole = translation_retrieval(theta, other)
    monkeypatch.setattr(retrieval, "_BLOCK_ROWS", 7)
    monkeypatch.setattr(retrieval, "_BLOCK_COLUMNS", 5)
    parts = translation_retrieval(theta, other)
    assert parts.mean_reciprocal_rank == pytest.approx(whole.mean_reciprocal_rank)
    assert parts.accuracy == pytest.approx(whole.accuracy)


def test_all_pairs_of_languages():
    theta = {code: proportions(seed, 30).astype(np.float32) for seed, code in enumerate(["en", "zh", "ja"])}
    result = retrieval_of_pairs(theta, ranks=(1, 5))
    assert set(result.by_pair) == {(one, other) for one in theta for other in theta if one != other}
    for (source, target), each in result.by_pair.items():
        assert each == translation_retrieval(theta[source], theta[target], ranks=(1, 5))
    assert result.mean.mean_reciprocal_rank == pytest.approx(
        np.mean([each.mean_reciprocal_rank for each in result.by_pair.values()])
    )
    assert result.mean.accuracy[5] == pytest.approx(np.mean([each.accuracy[5] for each in result.by_pair.values()]))
    assert result.mean.accuracy.keys() == {1, 5}


@pytest.mark.parametrize(
    ("theta", "other", "message"),
    [
        (np.eye(3), np.eye(3)[:2], "theta has 3 documents and 3 topics but other_theta 2 and 3"),
        (np.eye(3), np.full((3, 2), 0.5), "theta has 3 documents and 3 topics but other_theta 3 and 2"),
        (np.eye(3) - 0.1, np.eye(3), "theta are no proportions: row 0 has -0.1 as its least"),
        (np.eye(3), np.eye(3) * 2, "other_theta are no proportions: row 0 .* sums to 2"),
        (np.eye(3), np.eye(3) * np.nan, "other_theta have NaN or infinity in row 0"),
        (np.zeros((0, 3)), np.zeros((0, 3)), "at least one document"),
    ],
)
def test_what_is_refused(theta, other, message):
    with pytest.raises(InputError, match=message):
        translation_retrieval(theta, other)


def test_what_is_refused_of_languages_and_ranks():
    for rank in (0, -1, 1.5):
        with pytest.raises(InputError, match=r"a rank is .*: it must be a whole number of at least 1$"):
            translation_retrieval(np.eye(2), np.eye(2), ranks=(1, rank))
    with pytest.raises(InputError, match="at least two languages"):
        retrieval_of_pairs({"en": np.eye(2)})
    with pytest.raises(InputError, match="theta of 'en' has 2 documents and 2 topics but theta of 'zh' 1 and 2"):
        retrieval_of_pairs({"en": np.eye(2), "zh": np.eye(2)[:1]})
