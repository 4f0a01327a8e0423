"""Nearest words, neighbor matrices and global counts against their plain definitions."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gloctm.augmentation import counts as augmentation
from gloctm.augmentation import neighbors
from gloctm.augmentation.counts import augment, global_counts, neighbor_matrices, neighbor_matrix, rows_of_ones
from gloctm.augmentation.neighbors import DistinctWords, nearest_neighbors, neighbors_among, neighbors_between
from gloctm.errors import InputError

LANGUAGES = ("en", "zh", "ja", "de")
# Vectors whose cosines are exact in float32, so that equals are equal: axes, their opposites, diagonals, zero.
EXACT = [
    *(sign * scale * np.eye(4)[axis] for axis in range(4) for sign in (1, -1) for scale in (0.5, 1, 4)),
    *(scale * np.asarray(signs) for signs in itertools.product((1, -1), repeat=4) for scale in (1, 2)),
    np.zeros(4),
]


def block_slices(sizes):
    """The columns of each language's block, given the vocabulary sizes in order."""
    ends = np.cumsum(sizes).tolist()
    return [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]


def exact_vectors(minimum=1, maximum=12):
    return st.lists(st.sampled_from(EXACT), min_size=minimum, max_size=maximum).map(lambda rows: np.asarray(rows, "f4"))


def cosines(queries, candidates):
    """In float64; 0 where a vector is zero."""

    def unit(vectors):
        vectors = np.asarray(vectors, np.float64)
        norms = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
        return np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)

    return unit(queries) @ unit(candidates).T


def naive_neighbors(queries, candidates, number, leave_out_self=False):
    similarity = cosines(queries, candidates)
    if leave_out_self:
        np.fill_diagonal(similarity, -np.inf)
    return np.argsort(-similarity, axis=1, kind="stable")[:, :number]


@given(queries=exact_vectors(), candidates=exact_vectors(), data=st.data())
@settings(deadline=None)
def test_neighbors_are_those_of_a_stable_sort(queries, candidates, data):
    number = data.draw(st.integers(0, len(candidates)))
    found = nearest_neighbors(queries, candidates, number)
    assert found.shape == (len(queries), number)
    np.testing.assert_array_equal(found, naive_neighbors(queries, candidates, number))


@given(words=exact_vectors(2), data=st.data())
@example(words=np.ones((5, 4), "f4"), data=None)
@example(words=np.zeros((5, 4), "f4"), data=None)
@settings(deadline=None)
def test_no_word_is_its_own_neighbor(words, data):
    number = len(words) - 1 if data is None else data.draw(st.integers(0, len(words) - 1))
    found = nearest_neighbors(words, words, number, leave_out_self=True)
    assert (found != np.arange(len(words))[:, None]).all()
    np.testing.assert_array_equal(found, naive_neighbors(words, words, number, leave_out_self=True))


@given(
    arrays(np.float32, st.tuples(st.integers(1, 30), st.just(5)), elements=st.floats(-100, 100, width=32)),
    st.integers(1, 2**32 - 1),
)
@settings(deadline=None)
def test_neighbors_of_any_vectors(candidates, seed):
    rng = np.random.default_rng(seed)
    queries = np.concatenate([candidates[:3], rng.normal(size=(4, 5)).astype("f4")])
    # Vectors too short for float32 to square count as zero vectors, whose cosines are 0.
    candidates[np.abs(candidates).max(axis=1) < 1e-15] = 0
    queries[np.abs(queries).max(axis=1) < 1e-15] = 0
    number = 1 + seed % len(candidates)
    found = nearest_neighbors(queries, candidates, number)
    similarity = cosines(queries, candidates)
    for row, best in enumerate(found):
        assert len(set(best.tolist())) == number
        np.testing.assert_allclose(similarity[row, best], np.sort(similarity[row])[::-1][:number], atol=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(2, 40))
@settings(deadline=None, max_examples=50)
def test_of_copies_the_first_comes_first(seed, size, dimension):
    """Copies tie to the last bit, wherever they stand in the matrix."""
    rng = np.random.default_rng(seed)
    distinct = rng.normal(size=(size, dimension)).astype("f4")
    copy_of = rng.integers(size, size=3 * size)
    candidates = distinct[copy_of]
    found = nearest_neighbors(distinct, candidates, len(candidates))
    for row in found:
        position = {index: rank for rank, index in enumerate(row.tolist())}
        for original in range(size):
            ranks = [position[index] for index in np.flatnonzero(copy_of == original)]
            assert (np.diff(ranks) > 0).all()


def test_length_has_no_influence():
    rng = np.random.default_rng(0)
    queries, candidates = rng.normal(size=(2, 20, 6))
    scales = 2.0 ** rng.integers(-10, 10, size=(20, 1))
    np.testing.assert_array_equal(
        nearest_neighbors(queries * scales, candidates / scales, 7), nearest_neighbors(queries, candidates, 7)
    )


def test_a_zero_vector_is_at_right_angles_to_all():
    candidates = np.asarray([[-1, 0], [0, 0], [1, 0], [0, 0]], "f4")
    queries = np.asarray([[0, 0], [2, 0]], "f4")
    assert nearest_neighbors(queries, candidates, 4).tolist() == [[0, 1, 2, 3], [2, 1, 3, 0]]


def test_the_layout_in_memory_has_no_influence():
    rng = np.random.default_rng(2)
    words = rng.normal(size=(9, 5)).astype("f4")
    for other in (np.asfortranarray(words), np.repeat(words, 2, axis=1)[:, ::2], words.astype("f8")):
        np.testing.assert_array_equal(nearest_neighbors(other, other, 4), nearest_neighbors(words, words, 4))


@given(words=exact_vectors(2, 15), others=exact_vectors(1, 15), tile=st.integers(1, 16), data=st.data())
@settings(deadline=None)
def test_tiles_have_no_influence(words, others, tile, data):
    number = data.draw(st.integers(0, len(words) - 1))
    across = data.draw(st.integers(0, min(len(words), len(others))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbors, "TILE_WORDS", tile)
        own = neighbors_among(words, number)
        there, back = neighbors_between(words, others, across)
    np.testing.assert_array_equal(own, naive_neighbors(words, words, number, leave_out_self=True))
    np.testing.assert_array_equal(there, naive_neighbors(words, others, across))
    np.testing.assert_array_equal(back, naive_neighbors(others, words, across))


@pytest.mark.parametrize("tile", [7, 64, 100, 1024])
@pytest.mark.parametrize("number", [1, 3, 12, 80])
def test_many_words_in_tiles(monkeypatch, tile, number):
    """More candidates than groups, so that most are passed over unseen."""
    rng = np.random.default_rng(number)
    # Small whole numbers on axes of their own: cosines are exact, and equals are many.
    first = np.eye(16)[rng.integers(16, size=500)] * rng.choice([-1, 1], size=(500, 1))
    second = rng.choice([-1.0, 1.0], size=(300, 16))
    monkeypatch.setattr(neighbors, "TILE_WORDS", tile)
    there, back = neighbors_between(first.astype("f4"), second.astype("f4"), number)
    np.testing.assert_array_equal(there, naive_neighbors(first, second, number))
    np.testing.assert_array_equal(back, naive_neighbors(second, first, number))
    found = neighbors_among(second.astype("f4"), number)
    np.testing.assert_array_equal(found, naive_neighbors(second, second, number, leave_out_self=True))


@pytest.mark.parametrize("order", [1, -1])
def test_words_in_the_order_of_their_similarity(monkeypatch, order):
    monkeypatch.setattr(neighbors, "TILE_WORDS", 32)
    angles = np.linspace(0, np.pi / 2, 300)[::order]
    words = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("f4")
    expected = np.arange(300)[::order][:5]
    assert nearest_neighbors(words[expected[:1]], words, 5).tolist() == [expected.tolist()]
    assert neighbors_between(words, words[expected[:1]], 1)[1].tolist() == [[expected[0]]]


def test_minus_zero_is_zero():
    words = np.asarray([[0.6, 0.0, -0.0], [0.6, -0.0, 0.0], [0.6, 0.0, 0.0]], "f4")
    assert len(DistinctWords.of(words).vectors) == 1
    assert neighbors_among(words, 2).tolist() == [[1, 2], [0, 2], [0, 1]]


def test_all_pairs_are_told_of():
    rng = np.random.default_rng(0)
    words = {"en": rng.normal(size=(40, 4)), "de": np.repeat(rng.normal(size=(5, 4)), 6, axis=0)}
    told = []

    class Told:
        def advance(self, amount=1, note="", total=None):
            told.append(amount)

    neighbors_among(words["de"], 2, progress=Told())
    assert sum(told) == 30 * 30
    neighbors_between(words["en"], words["de"], 2, progress=Told())
    assert sum(told) == 30 * 30 + 2 * 40 * 30


def peak_bytes(work):
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("alike", [False, True])
def test_memory_does_not_grow_with_the_square_of_the_vocabulary(alike):
    """12,000 × 12,000 similarities would be 576 MB; whether no two are equal, or nearly all."""
    rng = np.random.default_rng(0)
    words = rng.normal(size=(12_000, 4)).astype("f4")
    # In dimensions of their own: all cosines of the two are 0.
    first, second = np.zeros((12_000, 8), "f4"), np.zeros((12_000, 8), "f4")
    first[:, :4], second[:, 4 if alike else 0 : 8 if alike else 4] = words, words[::-1]
    assert peak_bytes(lambda: neighbors_between(first, second, 3)) < 128e6
    if not alike:
        assert peak_bytes(lambda: neighbors_among(first, 3)) < 128e6


def test_memory_of_many_copies():
    words = np.repeat(np.eye(4, dtype="f4"), 2000, axis=0)
    found = []
    assert peak_bytes(lambda: found.append(neighbors_among(words, 20))) < 128e6
    assert found[0][[0, 1, 2000]].tolist() == [
        list(range(1, 21)),
        [0, *range(2, 21)],
        list(range(2001, 2021)),
    ]


def test_more_words_than_a_tile():
    number = neighbors.TILE_WORDS + 300
    angles = np.linspace(0, np.pi / 2, number)
    words = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = nearest_neighbors(words, words, 2, leave_out_self=True)
    # On an arc, the neighbors are those before and after.
    rows = np.arange(1, number - 1)
    np.testing.assert_array_equal(np.sort(found[rows], axis=1), np.stack([rows - 1, rows + 1], axis=1))
    assert sorted(found[0]) == [1, 2]


@st.composite
def vocabularies(draw, languages=None):
    """Word embeddings in 2 to 4 languages, and a k that they allow."""
    chosen = LANGUAGES[: draw(st.integers(2, 4))] if languages is None else languages
    words = {language: draw(exact_vectors(2, 6)) for language in chosen}
    return words, draw(st.integers(0, min(map(len, words.values())) - 1))


@given(vocabularies())
@settings(deadline=None)
def test_neighbor_matrices(made):
    words, number = made
    matrices = neighbor_matrices(words, number)
    assert list(matrices) == list(words)
    blocks = dict(zip(words, block_slices([len(vectors) for vectors in words.values()]), strict=True))
    for language, matrix in matrices.items():
        assert sp.issparse(matrix)
        dense = matrix.toarray()
        assert dense.shape == (len(words[language]), sum(map(len, words.values())))
        assert ((dense == 0) | (dense == 1)).all()
        assert (dense.sum(axis=1) == number * len(words) + 1).all()
        assert (np.diff(matrix.indptr) == number * len(words) + 1).all()
        for other, block in blocks.items():
            neighbors = naive_neighbors(words[language], words[other], number, leave_out_self=other == language)
            for row, expected in enumerate(neighbors):
                columns = set(expected.tolist()) | ({row} if other == language else set())
                assert set(np.flatnonzero(dense[row, block]).tolist()) == columns


def test_one_language_alone_and_its_errors():
    rng = np.random.default_rng(5)
    words = {language: rng.normal(size=(6 + row, 4)).astype("f4") for row, language in enumerate(LANGUAGES)}
    for language, matrix in neighbor_matrices(words, 2).items():
        np.testing.assert_array_equal(neighbor_matrix(language, words, 2).toarray(), matrix.toarray())
    # Bit for bit also where products are rounded: the same are made for one language as for all.
    words = {language: rng.normal(size=(150 + row, 40)).astype("f4") for row, language in enumerate(LANGUAGES)}
    for language, matrix in neighbor_matrices(words, 9).items():
        np.testing.assert_array_equal(neighbor_matrix(language, words, 9).indices, matrix.indices)
    words = {language: vectors[:6] for language, vectors in words.items()}
    with pytest.raises(InputError, match="num_neighbors is 6 but 'en' has a vocabulary of 6 words"):
        neighbor_matrix("de", words, 6)


def test_rows_of_ones():
    matrix = rows_of_ones(np.asarray([[3, 0], [1, 2]]), 5)
    assert matrix.toarray().tolist() == [[1, 0, 0, 1, 0], [0, 1, 1, 0, 0]]
    assert matrix.has_sorted_indices
    assert rows_of_ones(np.empty((0, 4), np.int64), 3).shape == (0, 3)
    assert rows_of_ones(np.empty((2, 0), np.int64), 3).toarray().tolist() == [[0] * 3] * 2


@pytest.mark.parametrize("number_of_languages", [2, 3, 4])
def test_no_neighbors_link_nothing(number_of_languages):
    words = {language: np.ones((3, 2), "f4") for language in LANGUAGES[:number_of_languages]}
    matrices = neighbor_matrices(words, 0)
    stacked = sp.vstack(list(matrices.values())).toarray()
    np.testing.assert_array_equal(stacked, np.eye(3 * number_of_languages))


@given(vocabularies(), st.data())
@settings(deadline=None)
def test_global_counts_are_the_product(made, data):
    words, number = made
    counts = {
        language: sp.csr_array(data.draw(arrays(np.int32, (3, len(vectors)), elements=st.sampled_from([0, 0, 1, 5]))))
        for language, vectors in words.items()
    }
    for part in counts.values():
        part.eliminate_zeros()
    result = augment(counts, words, number)
    matrices = neighbor_matrices(words, number)
    assert list(result) == list(words)
    for language, made_counts in result.items():
        assert isinstance(made_counts, sp.csr_array)
        assert made_counts.dtype == np.float32
        assert made_counts.has_sorted_indices
        expected = (counts[language].toarray() > 0).astype(int) @ matrices[language].toarray()
        np.testing.assert_array_equal(made_counts.toarray(), expected)


def test_repeated_words_count_once_and_empty_documents_stay_empty():
    words = {
        "en": np.asarray([[1, 0], [0, 1], [1, 0.1]], "f4"),
        "de": np.asarray([[0, 2], [2, 0]], "f4"),
    }
    counts = sp.csr_array(np.asarray([[1, 0, 0], [9, 0, 0], [0, 0, 0], [1, 2, 0]]))
    (matrix, _) = neighbor_matrices(words, 1).values()
    # Words 0 and 2 are each other's neighbors, and word 2 is that of word 1; in German 1 for both, 0 for word 1.
    assert matrix.toarray().tolist() == [[1, 0, 1, 0, 1], [0, 1, 1, 1, 0], [1, 0, 1, 0, 1]]
    result = global_counts(counts, matrix)
    assert result.toarray().tolist() == [[1, 0, 1, 0, 1], [1, 0, 1, 0, 1], [0] * 5, [1, 1, 2, 1, 1]]
    assert np.diff(result.indptr).tolist() == [3, 3, 0, 5]


def test_global_counts_stay_sparse_where_dense_ones_would_not_fit():
    documents, vocabulary = 200_000, 50_000
    counts = sp.csr_array(([1, 1], ([0, documents - 1], [0, vocabulary - 1])), shape=(documents, vocabulary))
    neighbors = sp.csr_array(sp.eye_array(vocabulary, 3 * vocabulary, dtype=np.float32))
    result = global_counts(counts, neighbors)
    assert result.shape == (documents, 3 * vocabulary)
    assert result.nnz == 2


@pytest.mark.parametrize("index_type", [np.int32, np.int64])
def test_global_counts_have_narrow_indices(index_type):
    """Whatever those of the counts are: memory is two thirds."""
    words = {"en": np.eye(3, dtype="f4"), "de": np.eye(3, dtype="f4")}
    counts = sp.csr_array(np.asarray([[1, 0, 2], [0, 0, 0]]))
    counts.indices, counts.indptr = counts.indices.astype(index_type), counts.indptr.astype(index_type)
    result = augment({"en": counts, "de": counts}, words, 1)["en"]
    assert result.indices.dtype == np.int32
    assert result.indptr.dtype == np.int32
    assert result.toarray().tolist() == [[2, 1, 1, 1, 0, 1], [0] * 6]


def test_progress_of_long_work_alone(monkeypatch, capsys):
    words = {language: np.eye(5, dtype="f4") for language in LANGUAGES}
    neighbor_matrices(words, 2, show_progress=True)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(augmentation, "LONG_WORK", 100)
    neighbor_matrices(words, 2)
    assert capsys.readouterr().err == ""
    neighbor_matrices(words, 2, show_progress=True)
    # 4 languages' 20 words with each other.
    assert "finding neighbors: 400/400 pairs of words" in capsys.readouterr().err


def test_the_order_of_languages_moves_blocks_only():
    rng = np.random.default_rng(3)
    words = {language: rng.normal(size=(5 + row, 4)).astype("f4") for row, language in enumerate(LANGUAGES)}
    turned = dict(reversed(words.items()))
    first, second = neighbor_matrices(words, 3), neighbor_matrices(turned, 3)
    blocks = dict(zip(words, block_slices([len(v) for v in words.values()]), strict=True))
    moved = dict(zip(turned, block_slices([len(v) for v in turned.values()]), strict=True))
    for language, other in itertools.product(words, repeat=2):
        np.testing.assert_array_equal(
            first[language].toarray()[:, blocks[other]], second[language].toarray()[:, moved[other]]
        )


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (-1, "num_neighbors is -1: it must be 0 or more"),
        (
            3,
            "num_neighbors is 3 but 'zh' has a vocabulary of 3 words: use at most 2, or build the corpus with a larger "
            r"vocabulary \(more documents, or min_df 1\)",
        ),
    ],
)
def test_a_number_of_neighbors_that_can_not_be(number, message):
    with pytest.raises(InputError, match=message):
        neighbor_matrices({"en": np.ones((9, 2), "f4"), "zh": np.ones((3, 2), "f4")}, number)


def test_blocks_by_size():
    assert block_slices([3, 1, 2]) == [slice(0, 3), slice(3, 4), slice(4, 6)]
