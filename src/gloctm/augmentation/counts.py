"""Polyglot augmentation: nearest words by language, and the global counts they give a document.

For a word of language l: itself, its k nearest neighbors in its own language and its k nearest in every other.
A document's global counts are the sum of these over its distinct words: G = 1[X > 0] · N_l, where N_l is sparse.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.augmentation.neighbors import NeighborSearch, neighbors_among, neighbors_between
from gloctm.checks import check_number
from gloctm.errors import InputError
from gloctm.progress import track

# From this many comparisons of two words on, a search takes some ten seconds, long enough to show its progress.
LONG_WORK = 1_000_000_000


def neighbor_matrices(
    word_embeddings: Mapping[str, NDArray[np.float32]],
    num_neighbors: int,
    *,
    search: NeighborSearch = "exact",
    show_progress: bool = False,
) -> dict[str, sp.csr_array]:
    """Return N_l of every language: ``(V_l, V)``, blocks in the mapping's order, k·L + 1 ones per row.

    Args:
        word_embeddings: for each language ``(V_l, dimension)``.
        num_neighbors: k. 0 links no words.
        search: ``"exact"``, as published, or ``"approximate"`` (see ``gloctm.augmentation.approximate``), for hundreds
            of thousands of words; slower for thousands.
        show_progress: whether progress is shown where it takes long, and the recall of approximate search.

    Raises:
        InputError: k is negative or larger than some vocabulary allows.
        MissingDependencyError: approximate search without the package for it.

    Example:
        >>> vectors = {"en": np.eye(3, dtype="f4"), "de": np.eye(3, dtype="f4")}
        >>> neighbor_matrices(vectors, 1)["en"].toarray()[0]
        array([1., 1., 0., 1., 0., 0.], dtype=float32)
    """
    return _matrices(word_embeddings, list(word_embeddings), num_neighbors, search, show_progress)


def neighbor_matrix(
    language: str,
    word_embeddings: Mapping[str, NDArray[np.float32]],
    num_neighbors: int,
    *,
    search: NeighborSearch = "exact",
    show_progress: bool = False,
) -> sp.csr_array:
    """Return N_l of one language, ``(V_l, V)``, as ``neighbor_matrices`` does, bit for bit.

    Example:
        >>> vectors = {"en": np.eye(3, dtype="f4"), "de": np.eye(3, dtype="f4")}
        >>> neighbor_matrix("de", vectors, 1).shape
        (3, 6)
    """
    return _matrices(word_embeddings, [language], num_neighbors, search, show_progress)[language]


def _matrices(
    word_embeddings: Mapping[str, NDArray[np.float32]],
    wanted: Collection[str],
    num_neighbors: int,
    search: NeighborSearch,
    show_progress: bool,
) -> dict[str, sp.csr_array]:
    _check_num_neighbors(word_embeddings, num_neighbors)
    if search == "approximate" and num_neighbors:
        from gloctm.augmentation.approximate import approximate_neighbors

        neighbors = approximate_neighbors(word_embeddings, wanted, num_neighbors, show_progress=show_progress)
    else:
        neighbors = _exact_neighbors(word_embeddings, wanted, num_neighbors, show_progress)
    sizes = [len(vectors) for vectors in word_embeddings.values()]
    starts = dict(zip(word_embeddings, np.cumsum([0, *sizes]).tolist(), strict=False))
    matrices = {}
    for language in wanted:
        own = starts[language] + np.arange(len(word_embeddings[language]))[:, None]
        linked = [start + neighbors.pop((language, other)) for other, start in starts.items()]
        matrices[language] = rows_of_ones(np.concatenate([own, *linked], axis=1), sum(sizes))
    return matrices


def _exact_neighbors(
    word_embeddings: Mapping[str, NDArray[np.float32]], wanted: Collection[str], num_neighbors: int, show_progress: bool
) -> dict[tuple[str, str], NDArray[np.int64]]:
    """Find, for each language wanted and each language, the nearest words of the second to those of the first."""
    languages = list(word_embeddings)
    # The same product of the same matrices, whatever is wanted: another might be rounded differently.
    pairs = [
        (first, second)
        for place, first in enumerate(languages)
        for second in languages[place:]
        if first in wanted or second in wanted
    ]
    sizes = {language: len(vectors) for language, vectors in word_embeddings.items()}
    comparisons = sum(sizes[first] * sizes[second] * (1 if first == second else 2) for first, second in pairs)
    found = {}
    show = show_progress and num_neighbors > 0 and comparisons >= LONG_WORK
    with track("finding neighbors", comparisons, "pairs of words", show=show) as progress:
        for first, second in pairs:
            vectors = word_embeddings[first]
            if first == second:
                found[first, first] = neighbors_among(vectors, num_neighbors, progress=progress)
                continue
            both = neighbors_between(vectors, word_embeddings[second], num_neighbors, progress=progress)
            found.update({(first, second): both[0], (second, first): both[1]})
    return found


def rows_of_ones(columns: NDArray[np.int64], total: int) -> sp.csr_array:
    """Return a float32 matrix ``(n, total)`` with ones at the columns that each row of ``(n, m)`` names, each once.

    Examples:
        >>> rows_of_ones(np.array([[2, 0]]), 3).toarray().tolist()
        [[1.0, 0.0, 1.0]]
    """
    index_type = _index_type(columns.size, total)
    indices = np.sort(columns.astype(index_type), axis=1)
    indptr = (np.arange(len(indices) + 1) * indices.shape[1]).astype(index_type)
    return sp.csr_array((np.ones(indices.size, np.float32), indices.ravel(), indptr), shape=(len(indices), total))


def _check_num_neighbors(word_embeddings: Mapping[str, NDArray[np.float32]], num_neighbors: int) -> None:
    check_number("num_neighbors", num_neighbors, 0, whole=True)
    for language, vectors in word_embeddings.items():
        if num_neighbors > len(vectors) - 1:
            raise InputError(
                f"num_neighbors is {num_neighbors} but {language!r} has a vocabulary of {len(vectors)} words: "
                f"use at most {len(vectors) - 1}, or build the corpus with a larger vocabulary "
                "(more documents, or min_df 1)"
            )


def global_counts(counts: sp.csr_array, neighbors: sp.csr_array) -> sp.csr_array:
    """Compute G = 1[X > 0] · N_l: ``(documents, V)`` float32 CSR; an empty document's row is empty.

    Args:
        counts: ``(documents, V_l)``.
        neighbors: N_l, ``(V_l, V)``.

    Example:
        >>> counts = sp.csr_array(np.array([[2, 0], [1, 1]]))
        >>> global_counts(counts, sp.csr_array(np.eye(2, 4, dtype="f4"))).toarray()
        array([[1., 0., 0., 0.],
               [1., 1., 0., 0.]], dtype=float32)
    """
    product = sp.csr_array(presence(counts) @ neighbors)
    product.sort_indices()
    return product


def presence(counts: sp.csr_array) -> sp.csr_array:
    """Return 1[X > 0], float32.

    Examples:
        >>> presence(sp.csr_array([[2, 0, 1]])).toarray().tolist()
        [[1.0, 0.0, 1.0]]
    """
    # A product has the wider of its factors' indices: by way of narrow ones it takes two thirds of the memory.
    index_type = _index_type(counts.nnz, *counts.shape)
    indices, indptr = counts.indices.astype(index_type, copy=False), counts.indptr.astype(index_type, copy=False)
    return sp.csr_array((np.ones(counts.nnz, np.float32), indices, indptr), shape=counts.shape)


def _index_type(*numbers: int) -> type[np.int32]:
    """Return the narrowest type of index that holds these numbers and that scipy knows."""
    # For the type checker, of which scipy's types want to know one alone.
    return np.int32 if max(numbers) <= np.iinfo(np.int32).max else cast("type[np.int32]", np.int64)


def augment(
    counts: Mapping[str, sp.csr_array],
    word_embeddings: Mapping[str, NDArray[np.float32]],
    num_neighbors: int,
    *,
    search: NeighborSearch = "exact",
    show_progress: bool = False,
) -> dict[str, sp.csr_array]:
    """Return global counts of every language's documents, from counts and word embeddings in one language order.

    The other arguments and what they raise are those of ``neighbor_matrices``.

    Example:
        >>> counts = {"en": sp.csr_array(np.array([[1, 0]])), "de": sp.csr_array(np.array([[0, 2]]))}
        >>> vectors = {"en": np.eye(2, dtype="f4"), "de": np.eye(2, dtype="f4")}
        >>> augment(counts, vectors, 1)["en"].toarray()
        array([[1., 1., 1., 0.]], dtype=float32)
    """
    matrices = neighbor_matrices(word_embeddings, num_neighbors, search=search, show_progress=show_progress)
    return {language: global_counts(counts[language], matrices.pop(language)) for language in counts}
