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
    normal_queries, normal_candidates = _unit(queries), _unit(candidates)
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
    if num_neighbors < 0:
        raise InputError(f"num_neighbors is {num_neighbors}: it must be 0 or more")
    languages = list(word_embeddings)
    sizes = {language: len(word_embeddings[language]) for language in languages}
    for language, size in sizes.items():
        if num_neighbors > size - 1:
            raise InputError(
                f"num_neighbors is {num_neighbors} but {language!r} has a vocabulary of {size} words: "
                f"use at most {size - 1}, or build the corpus with a larger vocabulary (more documents, or min_df 1)"
            )
    starts = dict(zip(languages, np.cumsum([0, *sizes.values()])[:-1].tolist(), strict=True))
    total = sum(sizes.values())
    matrices = {}
    for language in languages:
        own = np.arange(sizes[language])[:, None]
        columns = [starts[language] + own]
        for other in languages:
            neighbors = nearest_neighbors(
                word_embeddings[language],
                word_embeddings[other],
                num_neighbors,
                leave_out_self=other == language,
            )
            columns.append(starts[other] + neighbors)
        indices = np.sort(np.concatenate(columns, axis=1), axis=1)
        per_row = indices.shape[1]
        matrices[language] = sp.csr_array(
            (
                np.ones(indices.size, np.float32),
                indices.ravel().astype(np.int32),
                np.arange(0, indices.size + 1, per_row, dtype=np.int64),
            ),
            shape=(sizes[language], total),
        )
    return matrices


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


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    vectors = np.asarray(vectors, np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1), np.float32)
