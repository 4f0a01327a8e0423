"""Whether a document's translation has the most similar topic proportions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gloctm.checks import check_int
from gloctm.errors import InputError
from gloctm.metrics.features import checked_proportions

# Similarities held at a time: 1,024 × 4,096 take 32 MB, whatever the number of documents.
_BLOCK_ROWS = 1024
_BLOCK_COLUMNS = 4096

# Similarities, which are at most 1, that differ by no more than this are equal: sums of the same numbers come out a few
# units of the sixteenth digit apart, depending on where in a product they are.
_SAME = 1e-12


@dataclass(frozen=True)
class Retrieval:
    """How far up translations are found.

    Attributes:
        mean_reciprocal_rank: MRR, the mean of 1 / rank of the translation, above 0 and up to 1.
        accuracy: for each rank asked for, the share of documents whose translation is there or higher, from 0 to 1.

    Examples:
        >>> Retrieval(mean_reciprocal_rank=0.5, accuracy={1: 0.4, 10: 0.9}).accuracy[10]
        0.9
    """

    mean_reciprocal_rank: float
    accuracy: dict[int, float]


@dataclass(frozen=True)
class PairRetrieval:
    """Retrieval between all pairs of languages.

    Attributes:
        by_pair: ``{(from, to): retrieval}``, both directions of every pair.
        mean: over all of them.

    Examples:
        >>> found = Retrieval(0.5, {1: 0.4})
        >>> PairRetrieval({("en", "de"): found, ("de", "en"): found}, mean=found).mean.accuracy[1]
        0.4
    """

    by_pair: dict[tuple[str, str], Retrieval]
    mean: Retrieval


def translation_retrieval(theta: ArrayLike, other_theta: ArrayLike, *, ranks: Sequence[int] = (1, 10)) -> Retrieval:
    """Rank each document's translation among all documents of the other language.

    These are ranked by the Hellinger similarity to the document, Σ_k √(θ_k θ'_k), the most similar first, as nearness
    is in ``nearest_document_agreement``. Documents that are as similar as the translation share its ranks: each measure
    is its expected value over all orders of them. So proportions that tell nothing, the same for every document, score
    what drawing at random does: MRR (1 + 1/2 + … + 1/D) / D, accuracy at rank r min(r, D) / D. One-hot proportions
    (clusters) are measured fairly too.

    Args:
        theta: ``(D, K)`` of one language, rows summing to 1.
        other_theta: ``(D, K)`` of the other; row i is of the translation of row i of ``theta``.
        ranks: for which accuracy is given.

    Returns:
        MRR and the accuracy at each rank. They fall as D grows: compare at the same documents only. Time grows with D²,
        memory does not.

    Raises:
        InputError: the two have other numbers of documents or topics, rows that do not sum to 1, or a rank is below 1.

    Example:
        >>> translation_retrieval([[0.9, 0.1], [0.2, 0.8]], [[0.8, 0.2], [0.3, 0.7]]).accuracy
        {1: 1.0, 10: 1.0}
    """
    wanted = _checked_ranks(ranks)
    queries, candidates = checked_proportions(theta, "theta"), checked_proportions(other_theta, "other_theta")
    _check_aligned(queries, candidates, "theta", "other_theta")
    return _retrieval(np.sqrt(queries), np.sqrt(candidates), wanted)


def retrieval_of_pairs(theta: Mapping[str, ArrayLike], *, ranks: Sequence[int] = (1, 10)) -> PairRetrieval:
    """Compute ``translation_retrieval`` from every language to every other, and the mean over these directions.

    Args:
        theta: for each language ``(D, K)``, rows summing to 1; row i is the same document in each.
        ranks: for which accuracy is given.

    Raises:
        InputError: as in ``translation_retrieval``, or there are fewer than two languages.

    Example:
        >>> rows = [[0.9, 0.1], [0.2, 0.8]]
        >>> retrieval_of_pairs({"en": rows, "de": rows}).mean.mean_reciprocal_rank
        1.0
    """
    wanted = _checked_ranks(ranks)
    if len(theta) < 2:
        raise InputError("retrieval of translations needs at least two languages")
    roots = {}
    first = next(iter(theta))
    for language, proportions in theta.items():
        roots[language] = np.sqrt(checked_proportions(proportions, f"theta of {language!r}"))
        _check_aligned(roots[first], roots[language], f"theta of {first!r}", f"theta of {language!r}")
    by_pair = {pair: _retrieval(roots[pair[0]], roots[pair[1]], wanted) for pair in permutations(roots, 2)}
    mean = Retrieval(
        float(np.mean([each.mean_reciprocal_rank for each in by_pair.values()])),
        {rank: float(np.mean([each.accuracy[rank] for each in by_pair.values()])) for rank in wanted},
    )
    return PairRetrieval(by_pair, mean)


def _retrieval(queries: NDArray[np.float64], candidates: NDArray[np.float64], ranks: tuple[int, ...]) -> Retrieval:
    better, equal = _ahead(queries, candidates)
    # The translation and its equals share the ranks better + 1 to better + shared; any of them is as likely.
    shared = equal + 1
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, len(queries) + 1))])
    reciprocal = (harmonic[better + shared] - harmonic[better]) / shared
    accuracy = {rank: float((np.clip(rank - better, 0, shared) / shared).mean()) for rank in ranks}
    return Retrieval(float(reciprocal.mean()), accuracy)


def _ahead(
    queries: NDArray[np.float64], candidates: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count for each row the candidates that are more similar than its own, and the others that are as similar."""
    own = np.einsum("dk,dk->d", queries, candidates)
    better, equal = np.zeros(len(queries), np.int64), np.zeros(len(queries), np.int64)
    for start in range(0, len(queries), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        for begin in range(0, len(candidates), _BLOCK_COLUMNS):
            ahead = queries[rows] @ candidates[begin : begin + _BLOCK_COLUMNS].T
            ahead -= own[rows, None]
            above = np.count_nonzero(ahead > _SAME, axis=1)
            better[rows] += above
            equal[rows] += np.count_nonzero(ahead >= -_SAME, axis=1) - above
    # Its own was among the equals.
    return better, equal - 1


def _checked_ranks(ranks: Sequence[int]) -> tuple[int, ...]:
    return tuple(check_int("a rank", rank, 1) for rank in ranks)


def _check_aligned(one: NDArray[np.float64], other: NDArray[np.float64], name: str, other_name: str) -> None:
    if one.shape != other.shape:
        raise InputError(
            f"{name} has {one.shape[0]} documents and {one.shape[1]} topics but {other_name} {other.shape[0]} and "
            f"{other.shape[1]}: give the same documents in the same order, by one model"
        )
