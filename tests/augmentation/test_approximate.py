"""Approximate search for nearest words against exact search."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import scipy.sparse as sp

from gloctm import Corpus, GloCTM
from gloctm.augmentation.approximate import WordIndex, approximate_neighbors
from gloctm.augmentation.counts import augment, neighbor_matrices, neighbor_matrix
from gloctm.augmentation.neighbors import nearest_neighbors, unit_vectors
from gloctm.errors import InputError, LowRecallWarning, MissingDependencyError


def clustered(number, seed, dimension=64, clusters=60):
    """Words around centers that all languages share."""
    centers = np.random.default_rng(99).normal(size=(clusters, dimension))
    rng = np.random.default_rng(seed)
    return (centers[rng.integers(clusters, size=number)] + 0.5 * rng.normal(size=(number, dimension))).astype("f4")


@pytest.fixture(scope="module")
def words():
    return {language: clustered(1500 + 100 * seed, seed) for seed, language in enumerate(["en", "zh", "de"])}


def test_recall_of_clustered_words(words, capsys):
    exact = neighbor_matrices(words, 5)
    found = neighbor_matrices(words, 5, search="approximate", show_progress=True)
    err = capsys.readouterr().err
    # Three languages' words put in once and looked up three times.
    assert "finding neighbors: 19200/19200 words" in err
    assert 0.95 <= float(err.rsplit("recall ", 1)[1].split()[0]) <= 1
    for language, matrix in exact.items():
        assert found[language].shape == matrix.shape
        assert (np.diff(found[language].indptr) == 16).all()
        assert (found[language].data == 1).all()
        common = found[language].multiply(matrix).sum(axis=1) - 1
        assert common.mean() / 15 >= 0.95
        # A word itself.
        start = {"en": 0, "zh": 1500, "de": 3100}[language]
        assert (found[language].toarray()[:, start : start + len(words[language])].diagonal() == 1).all()


def test_the_same_words_have_the_same_neighbors(words):
    first = neighbor_matrices(words, 4, search="approximate")
    for language in words:
        alone = neighbor_matrix(language, words, 4, search="approximate")
        np.testing.assert_array_equal(alone.indices, first[language].indices)


def test_of_copies_the_lower_come_first_and_no_word_is_its_own_neighbor():
    distinct = clustered(300, 1)
    words = {"en": np.concatenate([distinct, distinct[:100], distinct[:100]]), "de": distinct}
    found = approximate_neighbors(words, ["en", "de"], 2)
    own = found["en", "en"]
    assert own[:100].tolist() == [[300 + row, 400 + row] for row in range(100)]
    assert own[400:].tolist() == [[row, 300 + row] for row in range(100)]
    assert (own != np.arange(500)[:, None]).all()
    assert found["de", "en"][:100].tolist() == [[row, 300 + row] for row in range(100)]
    assert (found["de", "de"] != np.arange(300)[:, None]).all()


def test_zero_vectors_and_few_words():
    """What a graph does not lead to is searched for exactly."""
    rng = np.random.default_rng(0)
    words = {"en": rng.normal(size=(40, 6)).astype("f4"), "de": rng.normal(size=(9, 6)).astype("f4")}
    words["en"][3] = 0
    words["de"][[0, 5]] = 0
    for number in (1, 4, 8):
        found = approximate_neighbors(words, list(words), number)
        for (first, second), neighbors in found.items():
            expected = nearest_neighbors(words[first], words[second], number, leave_out_self=first == second)
            assert neighbors.shape == expected.shape
            np.testing.assert_array_equal(np.sort(neighbors, axis=1), np.sort(expected, axis=1))
        np.testing.assert_array_equal(found["en", "de"][3], np.arange(number))
        np.testing.assert_array_equal(found["de", "de"][0], np.arange(1, number + 1))
    everything = {language: np.zeros((7, 3), "f4") for language in ("en", "de")}
    for (first, second), neighbors in approximate_neighbors(everything, ["en", "de"], 6).items():
        expected = nearest_neighbors(everything[first], everything[second], 6, leave_out_self=first == second)
        np.testing.assert_array_equal(neighbors, expected)


@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_last_block_of_one_word(monkeypatch, number):
    monkeypatch.setattr("gloctm.augmentation.approximate.BLOCK_WORDS", 20)
    vectors = unit_vectors(np.random.default_rng(2).normal(size=(41, 5)))
    rows, values = WordIndex(vectors).nearest(vectors, number)
    np.testing.assert_array_equal(rows[:, 0], np.arange(41))
    np.testing.assert_allclose(values[:, 0], 1, atol=1e-5)
    assert (np.diff(values, axis=1) <= 0).all()


def test_recall_is_the_share_that_is_found():
    vectors = unit_vectors(np.random.default_rng(1).normal(size=(200, 8)))
    index = WordIndex(vectors)
    _, values = index.nearest(vectors, 4)
    assert index.recall(vectors, values) >= 0.95
    # The first is the word itself.
    assert index.recall(vectors, np.where(np.arange(4) < 2, values, -1)) == pytest.approx(0.5, abs=0.03)
    assert index.recall(vectors, np.where(np.arange(4) < 2, values, -1), own=True) == pytest.approx(1 / 3, abs=0.03)


def test_low_recall_is_warned_of(monkeypatch):
    # Random vectors of many dimensions have no near words to walk along.
    monkeypatch.setattr("gloctm.augmentation.approximate.ADD_EXPANSION", 4)
    monkeypatch.setattr("gloctm.augmentation.approximate.SEARCH_EXPANSION", 1)
    monkeypatch.setattr("gloctm.augmentation.approximate.LINKS", 3)
    rng = np.random.default_rng(0)
    words = {language: rng.normal(size=(2000, 64)).astype("f4") for language in ("en", "de")}
    with pytest.warns(LowRecallWarning, match=r"recall 0\.\d\d from 'en' to 'en', .*neighbor_search='exact'"):
        augment({language: sp.csr_array((1, 2000)) for language in words}, words, 3, search="approximate")


def test_a_missing_package_has_one_line(monkeypatch, words):
    monkeypatch.setitem(sys.modules, "usearch", None)
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingDependencyError, match=r"^Approximate search for neighbors needs .*pip install usearch$"):
        neighbor_matrices(words, 2, search="approximate")
    # Without neighbors nothing is searched for.
    assert neighbor_matrices(words, 0, search="approximate")["en"].nnz == 1500


def test_training_searches_as_it_is_set(monkeypatch):
    corpus = Corpus.demo(["en", "de"], show_progress=False)
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingDependencyError):
        GloCTM(method="published", num_topics=3, epochs=1, neighbor_search="approximate", show_progress=False).fit(
            corpus
        )


def test_the_setting(tmp_path):
    corpus = Corpus.demo(["en", "de"], show_progress=False)
    model = GloCTM(
        method="published", num_topics=3, epochs=1, threads=1, neighbor_search="approximate", show_progress=False
    ).fit(corpus)
    model.save(tmp_path / "model")
    loaded = GloCTM.load(tmp_path / "model")
    assert loaded.neighbor_search == loaded.settings_["neighbor_search"] == "approximate"
    exact = neighbor_matrix("de", loaded.word_embeddings_, 3)
    found = loaded.neighbors("de")
    np.testing.assert_array_equal(
        found.indices, neighbor_matrix("de", loaded.word_embeddings_, 3, search="approximate").indices
    )
    assert found.multiply(exact).nnz >= 0.95 * exact.nnz
    theta = loaded.transform(corpus, via="global")
    np.testing.assert_allclose(theta["de"].sum(axis=1), 1, rtol=1e-5)
    with pytest.raises(InputError, match="neighbor_search is 'fast': it must be exact or approximate"):
        GloCTM(method="published", neighbor_search="fast").fit(corpus)


def test_models_of_before_the_setting_are_exact(tmp_path):
    corpus = Corpus.demo(["en", "de"], show_progress=False)
    model = GloCTM(method="published", num_topics=3, epochs=1, threads=1, show_progress=False).fit(corpus)
    assert model.settings_["neighbor_search"] == "exact"
    theta = model.transform(corpus, via="global")["de"]
    del model.settings_["neighbor_search"]
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(GloCTM.load(tmp_path / "model").transform(corpus, via="global")["de"], theta)
