"""Polyglot augmentation: nearest words by language, and the global counts they give a document.

For a word of language l: itself, its k nearest neighbours in its own language and its k nearest in every other.
A document's global counts are the sum of these over its distinct words (DESIGN: G = 1[X > 0] · N_l, N_l sparse).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.errors import InputError

# Rows of similarity computed at a time: 1,024 × 100,000 words in float32 are 400 MB at most.
BLOCK_ROWS = 1024


def nearest_neighbors(
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    num_neighbors: int,
    *,
    leave_out_self: bool = False,
) -> NDArray[np.int64]:
    """Indices of the nearest candidates by cosine, nearest first; of equals, the lower index first.

    Args:
        queries: ``(n, dimension)``.
        candidates: ``(m, dimension)``.
        num_neighbors: how many, at most m (m − 1 when self is left out).
        leave_out_self: queries and candidates are the same words; no word is its own neighbour.

    Returns:
        ``(n, num_neighbors)``. A zero vector has similarity 0 with everything.
    """
    normal_queries, normal_candidates = unit_vectors(queries), unit_vectors(candidates)
    copies, originals = _copies(normal_candidates)
    result = np.empty((len(queries), num_neighbors), np.int64)
    for start in range(0, len(queries), BLOCK_ROWS):
        similarity = normal_queries[start : start + BLOCK_ROWS] @ normal_candidates.T
        # A matrix product may round equal columns differently, by where they stand.
        similarity[:, copies] = similarity[:, originals]
        rows = np.arange(len(similarity))
        if leave_out_self:
            similarity[rows, start + rows] = -np.inf
        # k passes of argmax rather than a sort: k is small, and argmax takes the lowest index among equals.
        for rank in range(num_neighbors):
            best = similarity.argmax(axis=1)
            result[start : start + BLOCK_ROWS, rank] = best
            similarity[rows, best] = -np.inf
    return result


def neighbor_matrices(
    word_embeddings: Mapping[str, NDArray[np.float32]], num_neighbors: int
) -> dict[str, sp.csr_array]:
    """N_l of every language: ``(V_l, V)``, blocks in the mapping's order, k·L + 1 ones a row.

    Args:
        word_embeddings: for each language ``(V_l, dimension)``.
        num_neighbors: k. 0 links no words.

    Raises:
        InputError: k is negative or larger than some vocabulary allows.
    """
    return {language: neighbor_matrix(language, word_embeddings, num_neighbors) for language in word_embeddings}


def neighbor_matrix(
    language: str, word_embeddings: Mapping[str, NDArray[np.float32]], num_neighbors: int
) -> sp.csr_array:
    """N_l of one language, ``(V_l, V)``; see ``neighbor_matrices``."""
    _check_num_neighbors(word_embeddings, num_neighbors)
    columns = []
    start = 0
    for other, candidates in word_embeddings.items():
        own = other == language
        if own:
            columns.append(start + np.arange(len(candidates))[:, None])
        neighbors = nearest_neighbors(word_embeddings[language], candidates, num_neighbors, leave_out_self=own)
        columns.append(start + neighbors)
        start += len(candidates)
    return rows_of_ones(np.concatenate(columns, axis=1), start)


def rows_of_ones(columns: NDArray[np.int64], total: int) -> sp.csr_array:
    """A matrix ``(n, total)``, float32, with ones at the columns that each row of ``(n, m)`` names, each once."""
    indices = np.sort(columns, axis=1)
    return sp.csr_array(
        (
            np.ones(indices.size, np.float32),
            indices.ravel().astype(np.int32),
            np.arange(len(indices) + 1, dtype=np.int64) * indices.shape[1],
        ),
        shape=(len(indices), total),
    )


def _check_num_neighbors(word_embeddings: Mapping[str, NDArray[np.float32]], num_neighbors: int) -> None:
    if num_neighbors < 0:
        raise InputError(f"num_neighbors is {num_neighbors}: it must be 0 or more")
    for language, vectors in word_embeddings.items():
        if num_neighbors > len(vectors) - 1:
            raise InputError(
                f"num_neighbors is {num_neighbors} but {language!r} has a vocabulary of {len(vectors)} words: "
                f"use at most {len(vectors) - 1}, or build the corpus with a larger vocabulary "
                "(more documents, or min_df 1)"
            )


def global_counts(counts: sp.csr_array, neighbors: sp.csr_array) -> sp.csr_array:
    """G = 1[X > 0] · N_l: ``(documents, V)`` float32 CSR; an empty document's row is empty.

    Args:
        counts: ``(documents, V_l)``.
        neighbors: N_l, ``(V_l, V)``.
    """
    presence = sp.csr_array((np.ones(counts.nnz, np.float32), counts.indices, counts.indptr), shape=counts.shape)
    product = sp.csr_array(presence @ neighbors)
    product.sort_indices()
    return product


def augment(
    counts: Mapping[str, sp.csr_array], word_embeddings: Mapping[str, NDArray[np.float32]], num_neighbors: int
) -> dict[str, sp.csr_array]:
    """Global counts of every language's documents, from counts and word embeddings in one language order."""
    matrices = neighbor_matrices(word_embeddings, num_neighbors)
    return {language: global_counts(counts[language], matrices[language]) for language in counts}


def _copies(vectors: NDArray[np.float32]) -> tuple[list[int], list[int]]:
    """The rows that are the same as an earlier one, and the first such row of each."""
    first: dict[bytes, int] = {}
    pairs = [
        (row, first.setdefault(hashlib.sha256(vector.tobytes()).digest(), row)) for row, vector in enumerate(vectors)
    ]
    return [row for row, original in pairs if row != original], [original for row, original in pairs if row != original]


def unit_vectors(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows scaled to length 1; rows of zeros stay so."""
    vectors = np.asarray(vectors, np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1), np.float32)
