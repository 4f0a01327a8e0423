"""Nearest words by cosine: exact search in bounded memory.

Tiles of words are multiplied with tiles of words, and the best of each word so far are kept. Two vocabularies are
nearest to each other by one product: a tile tells the neighbors of its rows and of its columns.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gloctm.progress import Progress

# Words of a tile's side. Its similarities are 4 MB, which stay in the processor's cache while the best are taken out of
# them. With all that is made of them, even where all are equal, it is less than 128 MB beyond vectors and results.
TILE_WORDS = 1024
# Members of groups of equal vectors that are put in order at a time.
_ORDERED_AT_ONCE = 2**20
# Vectors that are scaled to length 1 at a time.
_SCALED_AT_ONCE = 4096

Vectors = NDArray[np.float32]
Indices = NDArray[np.int64]
# How neighbors are searched for: by comparing all words, or along a graph of near words.
NeighborSearch = Literal["exact", "approximate"]


def nearest_neighbors(
    queries: Vectors,
    candidates: Vectors,
    num_neighbors: int,
    *,
    leave_out_self: bool = False,
    progress: Progress | None = None,
) -> Indices:
    """Return indices of the nearest candidates by cosine, nearest first; of equals, the lower index first.

    Args:
        queries: ``(n, dimension)``.
        candidates: ``(m, dimension)``.
        num_neighbors: how many, at most m (m − 1 when self is left out).
        leave_out_self: queries and candidates are the same words; no word is its own neighbor.
        progress: advanced by every pair of words that is compared, both ways.

    Returns:
        ``(n, num_neighbors)``. A zero vector has similarity 0 with everything.

    Example:
        >>> words = np.array([[1, 0], [0, 1]], "f4")
        >>> nearest_neighbors(np.array([[3, 1]], "f4"), words, 2)
        array([[0, 1]])
    """
    if leave_out_self:
        return neighbors_among(candidates, num_neighbors, progress=progress)
    return _search(DistinctWords.of(queries), DistinctWords.of(candidates), num_neighbors, 0, progress)[0]


def neighbors_among(words: Vectors, num_neighbors: int, *, progress: Progress | None = None) -> Indices:
    """Find the nearest other words of each word, as ``nearest_neighbors`` does, with half of the products.

    Args:
        words: ``(n, dimension)``.
        num_neighbors: how many, at most n − 1.
        progress: advanced by every pair of words that is compared, both ways.

    Returns:
        ``(n, num_neighbors)``.
    """
    distinct = DistinctWords.of(words)
    vectors = distinct.vectors
    size = len(vectors)
    # One more than wanted, since a word is nearest to itself.
    best = _Best(size, min(num_neighbors + 1, size))
    tile = np.empty((TILE_WORDS, TILE_WORDS), np.float32)
    for row in range(0, size if num_neighbors else 0, TILE_WORDS):
        for column in range(row, size, TILE_WORDS):
            similarity = _product(vectors[row : row + TILE_WORDS], vectors[column : column + TILE_WORDS], tile)
            best.update(row, similarity, column)
            if column > row:
                best.update(column, similarity, row, by_columns=True)
            _advance(progress, similarity.size * (2 if column > row else 1))
    _advance(progress, len(words) ** 2 - (size**2 if num_neighbors else 0))
    return distinct_to_words(best.indices, best.values, distinct, distinct, num_neighbors, leave_out_self=True)


def neighbors_between(
    first: Vectors, second: Vectors, num_neighbors: int, *, progress: Progress | None = None
) -> tuple[Indices, Indices]:
    """Find the nearest words of two vocabularies to each other, as ``nearest_neighbors`` does, by one product for both.

    Args:
        first: ``(n, dimension)``.
        second: ``(m, dimension)``.
        num_neighbors: how many, at most the smaller of n and m.
        progress: advanced by every pair of words that is compared, both ways.

    Returns:
        For each word of the first the nearest of the second, ``(n, num_neighbors)``, and for each of the second the
        nearest of the first, ``(m, num_neighbors)``.
    """
    return _search(DistinctWords.of(first), DistinctWords.of(second), num_neighbors, num_neighbors, progress)


@dataclass(frozen=True)
class DistinctWords:
    """Words with equal vectors taken together: a product may round equal columns differently, by their place.

    Attributes:
        vectors: ``(distinct, dimension)``, each of length 1 or 0, in the order in which they first come.
        row_of: for each word the row of its vector.
        members: the words of each row, ascending, row after row.
        starts: where each row's members begin; ``(distinct + 1,)``.
    """

    vectors: Vectors
    row_of: Indices
    members: Indices
    starts: Indices

    @classmethod
    def of(cls, words: Vectors) -> DistinctWords:
        """Return the words with these vectors, ``(words, dimension)``."""
        vectors = unit_vectors(words)
        rows: dict[bytes, int] = {}
        row_of = np.fromiter(
            (rows.setdefault(hashlib.sha256(vector.data).digest(), len(rows)) for vector in vectors),
            np.int64,
            len(vectors),
        )
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(np.bincount(row_of, minlength=len(rows)), out=starts[1:])
        members = np.argsort(row_of, kind="stable")
        return cls(vectors[members[starts[:-1]]] if len(rows) < len(vectors) else vectors, row_of, members, starts)


class _Best:
    """The nearest candidates of each query so far.

    Candidates come in ascending order, so that of equals those that are held are the lower.
    """

    def __init__(self, num_queries: int, number: int) -> None:
        self.values = np.full((num_queries, number), -np.inf, np.float32)
        self.indices = np.zeros((num_queries, number), np.int64)

    def update(self, start: int, similarity: NDArray[np.float32], first: int, *, by_columns: bool = False) -> None:
        """Take in the similarities of some queries and some candidates.

        Args:
            start: the first query.
            similarity: ``(queries, candidates)``; by columns, ``(candidates, queries)``.
            first: the first candidate.
            by_columns: whether the queries are the columns.
        """
        number = self.values.shape[1]
        queries = slice(start, start + similarity.shape[1 if by_columns else 0])
        held_values, held_indices = self.values[queries], self.indices[queries]
        if not held_values.size:
            return
        # What is no better than the least that is held can't come in, nor what is below k others of the tile.
        bound = np.maximum(
            np.nextafter(held_values[:, -1], np.float32(np.inf)), _lower_bound(similarity, number, by_columns)
        )
        found = np.flatnonzero(similarity >= (bound if by_columns else bound[:, None]))
        if not found.size:
            return
        values = similarity.ravel()[found]
        rows, columns = np.divmod(found, similarity.shape[1])
        if by_columns:
            # A stable sort of short numbers takes linear time.
            order = np.argsort(columns.astype(np.uint16), kind="stable")
            rows, columns, values = columns[order], rows[order], values[order]
        begins = np.flatnonzero(np.diff(rows, prepend=-1))
        lengths = np.diff(begins, append=len(rows))
        changed = rows[begins]
        width = number + int(lengths.max())
        all_values = np.full((len(changed), width), -np.inf, np.float32)
        all_indices = np.zeros((len(changed), width), np.int64)
        all_values[:, :number], all_indices[:, :number] = held_values[changed], held_indices[changed]
        places = np.repeat(np.arange(len(changed)) * width + number - begins, lengths) + np.arange(len(rows))
        all_values.ravel()[places], all_indices.ravel()[places] = values, columns + first
        best = np.argsort(-all_values, axis=1, kind="stable")[:, :number]
        held_values[changed] = np.take_along_axis(all_values, best, axis=1)
        held_indices[changed] = np.take_along_axis(all_indices, best, axis=1)


def _lower_bound(similarity: NDArray[np.float32], number: int, by_columns: bool) -> NDArray[np.float32]:
    """Return for each query a similarity that at least ``number`` candidates of the tile reach."""
    # The best of each group of candidates; the numberth of these is near to the numberth of all.
    size = similarity.shape[0 if by_columns else 1]
    groups = min(size, max(64, 4 * number))
    if groups < number:
        return np.full(similarity.shape[1 if by_columns else 0], -np.inf, np.float32)
    whole = size // groups * groups
    if by_columns:
        highest = similarity[:whole].reshape(-1, groups, similarity.shape[1]).max(axis=0).T
    else:
        highest = similarity[:, :whole].reshape(len(similarity), -1, groups).max(axis=1)
    return np.asarray(np.partition(highest, -number, axis=1)[:, -number], np.float32)


def _search(
    first: DistinctWords, second: DistinctWords, for_first: int, for_second: int, progress: Progress | None
) -> tuple[Indices, Indices]:
    """Find the nearest words of the second to each of the first, and of the first to each of the second."""
    size, other_size = len(first.vectors), len(second.vectors)
    # Of distinct vectors there may be fewer than neighbors wanted.
    best = _Best(size, min(for_first, other_size))
    other_best = _Best(other_size, min(for_second, size))
    tile = np.empty((TILE_WORDS, TILE_WORDS), np.float32)
    wanted = bool(for_first or for_second)
    for row in range(0, size if wanted else 0, TILE_WORDS):
        for column in range(0, other_size, TILE_WORDS):
            rows, columns = first.vectors[row : row + TILE_WORDS], second.vectors[column : column + TILE_WORDS]
            similarity = _product(rows, columns, tile)
            best.update(row, similarity, column)
            other_best.update(column, similarity, row, by_columns=True)
            _advance(progress, 2 * similarity.size)
    _advance(progress, 2 * (len(first.row_of) * len(second.row_of) - (size * other_size if wanted else 0)))
    return (
        distinct_to_words(best.indices, best.values, first, second, for_first),
        distinct_to_words(other_best.indices, other_best.values, second, first, for_second),
    )


def _product(rows: Vectors, columns: Vectors, tile: NDArray[np.float32]) -> NDArray[np.float32]:
    # Into the same memory each time: asking for fresh pages takes about as long as reading them.
    out = tile.ravel()[: len(rows) * len(columns)].reshape(len(rows), len(columns))
    return np.matmul(rows, columns.T, out=out)


def _advance(progress: Progress | None, amount: int) -> None:
    if progress is not None and amount:
        progress.advance(amount)


def distinct_to_words(
    rows: Indices,
    values: NDArray[np.float32],
    queries: DistinctWords,
    candidates: DistinctWords,
    num_neighbors: int,
    *,
    leave_out_self: bool = False,
) -> Indices:
    """Return the nearest words, from the nearest distinct vectors.

    Args:
        rows: for each distinct vector of the queries the rows of the nearest of the candidates,
            ``(distinct, num_neighbors)``; one column more where self is left out; fewer if there are no more.
        values: their similarities.
        queries: whose neighbors.
        candidates: the neighbors.
        num_neighbors: how many.
        leave_out_self: queries and candidates are the same; no word is its own neighbor.

    Returns:
        ``(queries, num_neighbors)``, by similarity; of equals, the lower index first.
    """
    number = len(queries.row_of)
    result = np.empty((number, num_neighbors), np.int64)
    if not result.size:
        return result
    sizes = np.diff(candidates.starts)
    # Of the words with one vector no more can be wanted.
    members = np.arange(min(num_neighbors + int(leave_out_self), int(sizes.max())))
    block = max(_ORDERED_AT_ONCE // (rows.shape[1] * len(members)), 1)
    for start in range(0, number, block):
        queried = queries.row_of[start : start + block]
        near = rows[queried]
        inside = members < sizes[near][:, :, None]
        words = candidates.members[np.where(inside, candidates.starts[near][:, :, None] + members, 0)]
        similarity = np.where(inside, values[queried][:, :, None], -np.inf)
        if leave_out_self:
            similarity[words == np.arange(start, start + len(queried))[:, None, None]] = -np.inf
        words, similarity = words.reshape(len(queried), -1), similarity.reshape(len(queried), -1)
        order = np.lexsort((words, -similarity), axis=1)[:, :num_neighbors]
        result[start : start + block] = np.take_along_axis(words, order, axis=1)
    return result


def unit_vectors(vectors: NDArray[np.floating]) -> Vectors:
    """Return the rows scaled to length 1; rows of zeros stay so.

    Example:
        >>> unit_vectors(np.array([[3, 4], [0, 0]]))
        array([[0.6, 0.8],
               [0. , 0. ]], dtype=float32)
    """
    vectors = np.ascontiguousarray(vectors, np.float32)
    found = np.empty_like(vectors)
    # Block by block: whole, squares and quotients would take the memory of the vectors twice more.
    for start in range(0, len(vectors), _SCALED_AT_ONCE):
        rows = slice(start, start + _SCALED_AT_ONCE)
        norms = np.linalg.norm(vectors[rows], axis=1, keepdims=True)
        np.divide(vectors[rows], np.where(norms > 0, norms, np.float32(1)), out=found[rows])
    # Adding zero makes −0 the same as 0, to the last bit.
    found += np.float32(0)
    return found
