"""What topics mean, as vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics.pairwise import cosine_similarity

from gloctm.model.vectors import cosines, joined_vectors, language_centers, topic_vectors
from planted import planted_corpus


def planted_topics(languages):
    """Weights that give each planted topic its own words."""
    corpus = planted_corpus(languages, num_topics=5)
    weights = np.repeat(np.eye(5, dtype="f4"), 12, axis=1) + 0.01
    return (
        dict.fromkeys(languages, weights),
        {code: np.asarray(corpus[code].word_embeddings) for code in languages},
    )


def test_vectors_of_a_topic_are_nearest_to_each_other_over_languages():
    vectors = topic_vectors(*planted_topics(["en", "ja", "sw"]), num_words=12)
    for first in vectors.values():
        assert np.linalg.norm(first, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
        for second in vectors.values():
            assert (first @ second.T).argmax(axis=1).tolist() == [0, 1, 2, 3, 4]


def test_what_all_words_of_a_language_share_does_not_count():
    topic_word, embeddings = planted_topics(["en", "ja"])
    apart = {"en": embeddings["en"], "ja": embeddings["ja"] + 5 * np.eye(24, dtype="f4")[0]}
    vectors = topic_vectors(topic_word, apart, num_words=12)
    assert (np.diag(vectors["en"] @ vectors["ja"].T) > 0.7).all()


def test_a_topic_without_positive_weights_has_a_vector():
    embeddings = np.eye(4, dtype="f4")
    found = topic_vectors({"en": -np.ones((2, 4), "f4")}, {"en": embeddings}, num_words=2)["en"]
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(found[1])


def test_vectors_computed_by_hand():
    topic_word = {"en": np.asarray([[3, 1, -9, 0.5], [0, 0, 2, -1]], "f4")}
    embeddings = {"en": np.asarray([[2, 0], [0, 5], [0, -1], [-1, 0]], "f4")}
    found = topic_vectors(topic_word, embeddings, num_words=2)["en"]
    # (3 · (1, 0) + (0, 1)) / 4 and (0, −1); half their difference is (0.375, 0.625).
    expected = np.asarray([0.375, 0.625]) / np.hypot(0.375, 0.625)
    assert found == pytest.approx(np.stack([expected, -expected]), abs=1e-6)
    center = language_centers(topic_word, embeddings, num_words=2)["en"]
    assert center == pytest.approx([0.375, -0.375])


def test_words_without_an_embedding_are_left_out():
    weights = np.asarray([[9, 2, 1], [0, 1, 2], [5, 0, 0]], "f4")
    embeddings = np.asarray([[0, 0], [1, 0], [0, 1]], "f4")
    found = topic_vectors({"en": weights, "de": weights[:, 1:]}, {"en": embeddings, "de": embeddings[1:]})
    # The third topic's one word has none; nor does it move the mean of the others, which are as without that word.
    without = topic_vectors({"en": weights[:2, 1:]}, {"en": embeddings[1:]})["en"]
    assert found["en"][:2] == pytest.approx(without)
    assert topic_vectors({"en": weights[2:, :1]}, {"en": embeddings[:1]})["en"].tolist() == [[0, 0]]
    # What it lacks in one language, it has by the others.
    assert joined_vectors({"en": np.zeros((1, 2)), "de": np.asarray([[0.6, 0.8]])})[0] == pytest.approx([0.6, 0.8])


def test_one_topic_differs_from_nothing():
    for topics in (1, 3):
        same = np.tile(np.asarray([[0.3, 0.7, 0.1]], "f4"), (topics, 1))
        found = topic_vectors({"en": same}, {"en": np.random.default_rng(0).normal(size=(3, 5)).astype("f4")})["en"]
        assert not found.any()


def test_languages_count_alike_in_the_mean():
    found = joined_vectors({"en": np.asarray([[1.0, 0, 0]]), "de": np.asarray([[0, 1.0, 0]])})
    assert found == pytest.approx(np.asarray([[0.5**0.5, 0.5**0.5, 0]]))


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float32, (3, 4), elements=st.integers(-8, 8)),
    arrays(np.float32, (2, 4), elements=st.integers(-8, 8)),
)
def test_cosines_are_those_of_scikit_learn_and_zero_with_nothing(rows, columns):
    found = cosines(rows, columns)
    assert found == pytest.approx(cosine_similarity(rows, columns), abs=1e-6)
    assert np.abs(found).max() <= 1
    assert not cosines(rows, np.zeros((2, 4))).any()
