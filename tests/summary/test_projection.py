"""The map of documents: by topics and by UMAP; and how languages mix on it."""

from __future__ import annotations

import numpy as np
import pytest

from gloctm.errors import MissingDependencyError
from gloctm.summary import projection
from gloctm.summary.mixing import language_mixing
from gloctm.summary.projection import by_topics, place_documents


def planted(num_documents=400, num_topics=4, *, vectors=True, seed=0):
    """Documents of one topic each in two languages, whose vectors have a large part that is the language's."""
    random = np.random.default_rng(seed)
    topics = random.integers(num_topics, size=num_documents)
    theta = 0.9 * np.eye(num_topics)[topics] + 0.1 * random.dirichlet(np.ones(num_topics), num_documents)
    languages = np.repeat([0, 1], num_documents // 2)
    centers = random.normal(size=(num_topics, 20))
    embeddings = (centers[topics] + 0.4 * random.normal(size=(num_documents, 20)) + 5 * languages[:, None]).astype("f4")
    half = num_documents // 2
    rows = np.arange(half)
    parts = [(embeddings[:half], rows), (embeddings[half:], rows)] if vectors else [(None, rows), (None, rows)]
    places = np.array([[-1, 0], [1, 0], [0, 0.8], [0, -0.8]])[:num_topics]
    return theta.astype("f4"), places, parts, languages, topics


def share_of_topic(places, topics):
    from sklearn.neighbors import KDTree

    neighbors = KDTree(places).query(places, 11)[1][:, 1:]
    return (topics[neighbors] == topics[:, None]).mean()


@pytest.mark.parametrize("vectors", [True, False])
def test_documents_are_near_their_topics_and_apart_from_each_other(vectors):
    theta, topic_places, parts, languages, topics = planted(vectors=vectors)
    places = by_topics(theta, topic_places, parts)
    nearest = np.linalg.norm(places[:, None] - topic_places[None], axis=2).argmin(axis=1)
    assert (nearest == topics).mean() > 0.95
    assert len(np.unique(places, axis=0)) > 390
    assert np.abs(places).max() <= 1
    assert language_mixing(places, languages) > 0.7


def test_documents_of_one_topic_do_not_coincide():
    rows = np.arange(50)
    for parts in ([(None, rows)], [(np.random.default_rng(0).normal(size=(50, 8)).astype("f4"), rows)]):
        places, made_by = place_documents(np.ones((50, 1), np.float32), np.zeros((1, 2)), parts)
        assert made_by == "topics"
        assert len(np.unique(places, axis=0)) == 50


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_few_documents_have_places(number):
    theta = np.full((number, 3), 1 / 3, np.float32)
    vectors = np.ones((number, 4), np.float32)
    for parts in ([(None, np.arange(number))], [(vectors, np.arange(number))]):
        places, made_by = place_documents(theta, np.zeros((3, 2)), parts, None)
        assert places.shape == (number, 2)
        assert np.isfinite(places).all()
        assert made_by == "topics"


def test_hidden_topics_and_zero_vectors_do_no_harm():
    theta, topic_places, parts, *_ = planted()
    theta[:3] = 0
    parts[0][0][:5] = 0
    assert np.isfinite(by_topics(theta, topic_places, parts)).all()


def test_vectors_of_two_spaces_are_left_out():
    theta, topic_places, parts, *_ = planted()
    other = [parts[0], (parts[1][0][:, :7], parts[1][1])]
    without = [(None, rows) for _, rows in parts]
    assert np.array_equal(by_topics(theta, topic_places, other), by_topics(theta, topic_places, without))


def test_without_umap_topics_place_documents(monkeypatch):
    monkeypatch.setattr(projection, "find_spec", lambda name: None)
    monkeypatch.setattr(projection, "WORTH_UMAP", 10)
    theta, topic_places, parts, *_ = planted()
    assert place_documents(theta, topic_places, parts)[1] == "topics"
    with pytest.raises(MissingDependencyError, match=r'pip install "gloctm\[map\]"'):
        place_documents(theta, topic_places, parts, "umap")


def test_few_documents_do_not_start_umap():
    theta, topic_places, parts, *_ = planted()
    assert place_documents(theta, topic_places, parts)[1] == "topics"


@pytest.mark.parametrize("vectors", [True, False])
def test_umap_keeps_topics_together_and_mixes_languages(vectors, monkeypatch):
    pytest.importorskip("umap")
    theta, topic_places, parts, languages, topics = planted(vectors=vectors)
    # Documents that are all alike.
    theta[:30] = theta[0]
    if vectors:
        parts[0][0][:30] = parts[0][0][0]
    topics[:30] = topics[0]
    places, made_by = place_documents(theta, topic_places, parts, "umap")
    assert made_by == "umap"
    # The same again, by itself where there are documents enough.
    monkeypatch.setattr(projection, "WORTH_UMAP", 400)
    again, made_by = place_documents(theta, topic_places, parts)
    assert made_by == "umap"
    assert np.array_equal(places, again)
    assert share_of_topic(places, topics) > 0.95
    assert language_mixing(places[30:], languages[30:]) > 0.75
    assert np.abs(places).max() == pytest.approx(1)


def test_languages_mixed_at_random_and_apart():
    random = np.random.default_rng(0)
    places, languages = random.normal(size=(3000, 2)), random.choice(3, size=3000, p=[0.7, 0.2, 0.1])
    assert language_mixing(places, languages) == pytest.approx(1, abs=0.03)
    assert language_mixing(places + 100 * languages[:, None], languages) == 0
    assert language_mixing(places, np.zeros(3000, int)) is None
    assert language_mixing(np.zeros((40, 2)), np.arange(40) % 2) == pytest.approx(1, abs=0.5)


def test_mixing_looks_at_a_sample_of_many():
    random = np.random.default_rng(0)
    places, languages = random.normal(size=(60_000, 2)), random.integers(2, size=60_000)
    assert language_mixing(places, languages) == pytest.approx(1, abs=0.02)
