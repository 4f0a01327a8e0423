"""Pairs of words are counted and vote block by block, with the numbers that whole matrices would give."""

from __future__ import annotations

import numpy as np
import pytest

from gloctm.arrays import sum_of_rows
from gloctm.augmentation import neighbors
from gloctm.augmentation.neighbors import unit_vectors
from gloctm.context import coherence
from gloctm.context.coherence import OWN_WEIGHT, ROUNDS, WordPairs, count_word_pairs
from gloctm.context.space import directions, near_documents
from planted import planted_corpus


def word_pairs() -> WordPairs:
    corpus = planted_corpus(["en", "zh", "de"], documents={"en": 150, "zh": 90, "de": 120})
    vectors = directions({code: part.document_embeddings for code, part in corpus.items()})
    return count_word_pairs(
        {code: part.counts for code, part in corpus.items()},
        near_documents(vectors, 3),
        {code: part.word_embeddings for code, part in corpus.items()},
        {code: part.vocabulary for code, part in corpus.items()},
    )


def test_pairs_do_not_depend_on_blocks_of_words(monkeypatch):
    whole = word_pairs()
    monkeypatch.setattr(coherence, "_BLOCK_WORDS", 7)
    in_blocks = word_pairs()
    for kind in ("across", "within"):
        matrices = getattr(whole, kind)
        assert all(matrix.nnz for matrix in matrices.values())
        for key, matrix in matrices.items():
            other = getattr(in_blocks, kind)[key]
            assert (matrix != other).nnz == 0
            assert other.has_canonical_format


def test_candidates_vote_as_all_words_would():
    pairs = word_pairs()
    rng = np.random.default_rng(0)
    # A topic has few candidates in a language, or none.
    standing = {
        code: np.where(rng.random((matrix.shape[0], 4)) < [0.3, 0.1, 0.5, 0], rng.random((matrix.shape[0], 4)), 0)
        for code, matrix in pairs.within.items()
    }
    standing = {code: each.astype(np.float32) for code, each in standing.items()}

    def scaled(scores):
        return (scores / np.maximum(scores.max(axis=0), np.float32(1e-9))).astype(np.float32)

    scores = {code: scaled(each) for code, each in standing.items()}
    for _ in range(ROUNDS):
        votes = {code: OWN_WEIGHT * (pairs.within[code] @ each) for code, each in scores.items()}
        for (first, second), matrix in pairs.across.items():
            votes[first] += 0.5 * (matrix @ scores[second])
            votes[second] += 0.5 * (matrix.T @ scores[first])
        scores = {code: scaled(standing[code] * each) for code, each in votes.items()}
    found = coherence._voted(standing, pairs)
    assert all(np.array_equal(found[code], each) for code, each in scores.items())
    assert all(each.any() for each in found.values())


@pytest.mark.parametrize("rows", [1, 5, 8])
def test_vectors_are_scaled_alike_in_blocks(monkeypatch, rows):
    vectors = np.random.default_rng(0).normal(size=(rows, 6)).astype(np.float32)
    vectors[rows // 2] = 0
    whole = unit_vectors(vectors)
    monkeypatch.setattr(neighbors, "_SCALED_AT_ONCE", 2)
    assert np.array_equal(unit_vectors(vectors), whole)


@pytest.mark.parametrize("cut", [0, 1, 100, 999])
def test_sums_of_rows_do_not_depend_on_where_blocks_are_cut(cut):
    rows = np.random.default_rng(0).random((1000, 16), np.float32)
    total = sum_of_rows(rows[cut:], sum_of_rows(rows[:cut], np.zeros(16)))
    assert np.array_equal(total / 1000, rows.mean(axis=0, dtype=np.float64))
