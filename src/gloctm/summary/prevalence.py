"""How much of a topic there is: mean θ with its uncertainty, and how languages differ.

The intervals take the documents for a sample, drawn one independently of another, of all that might have been written,
and the model as given. They are Student's t intervals of a mean: mean ± t · s/√n with n − 1 degrees of freedom (Student
1908, The probable error of a mean), which for many documents is the normal approximation and for few is wider, as
it should be. θ being within [0, 1], so are they: what reaches beyond is cut off. Of a single document nothing is known
about the spread; its interval is everything. Each interval has its 95 % for itself: of 100 topics, about 5 differ
without a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import stdtrit

from gloctm.summary.content import Estimate

#: The share of intervals that hold the true mean.
CONFIDENCE = 0.95

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Means:
    """Mean θ of groups of documents.

    Attributes:
        counts: how many documents each group has, ``(G,)``.
        mean: ``(G, K)``; NaN for a group without documents.
        squared_error: the squared standard error of each mean, s²/n, ``(G, K)``; NaN with fewer than two documents.
    """

    counts: NDArray[np.int64]
    mean: Numbers
    squared_error: Numbers


def group_means(theta: NDArray[np.floating], groups: NDArray[np.integer], num_groups: int) -> Means:
    """Mean and standard error of θ in each group.

    Args:
        theta: topic proportions, ``(D, K)``.
        groups: the group of each document, from 0; −1 for a document of none, which is left out. ``(D,)``.
        num_groups: G.
    """
    chosen = np.flatnonzero(groups >= 0)
    values, codes = np.asarray(theta, np.float64)[chosen], groups[chosen]
    counts = np.bincount(codes, minlength=num_groups).astype(np.int64)
    member = sp.csr_array((np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(num_groups, len(codes)))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.asarray(member @ values) / counts[:, None]
        # By deviations, not by squares less the square of the mean, which cancel where θ hardly differs.
        squares = np.asarray(member @ np.square(values - mean[codes]))
        squared_error = np.where(counts[:, None] > 1, squares / (counts - 1.0)[:, None] / counts[:, None], np.nan)
    return Means(counts, mean, squared_error)


def intervals(means: Means) -> tuple[Numbers, Numbers]:
    """95 % intervals of the means, low and high, each ``(G, K)`` within [0, 1]; NaN for a group without documents."""
    half = _quantile((means.counts - 1.0)[:, None]) * np.sqrt(means.squared_error)
    low, high = np.clip(means.mean - half, 0, 1), np.clip(means.mean + half, 0, 1)
    alone = (means.counts == 1)[:, None]
    return np.where(alone, 0.0, low), np.where(alone, 1.0, high)


def estimates(means: Means) -> list[list[Estimate | None]]:
    """For each group and topic the mean with its interval; None for a group without documents."""
    low, high = intervals(means)
    return [
        [_estimate(*numbers) for numbers in zip(*rows, strict=True)] if count else [None] * means.mean.shape[1]
        for count, *rows in zip(means.counts, means.mean, low, high, strict=True)
    ]


def mean_estimates(parts: Sequence[Means]) -> list[list[Estimate | None]]:
    """For each group and topic the mean over languages of their mean θ, each that has documents of the group alike.

    The squared error of such a mean over L languages is Σ e_l / L², with e_l the squared standard errors of their
    means; its degrees of freedom are those of Welch and Satterthwaite, see ``contrasts``. With a single document of
    the group in any of the languages, the interval is everything from 0 to 1.

    Args:
        parts: by language the means of the same groups.

    Returns:
        None for a group without documents in every language.
    """
    counts = np.stack([part.counts for part in parts])[:, :, None]
    languages = (counts > 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(counts > 0, [part.mean for part in parts], 0).sum(axis=0) / languages
        errors = np.where(counts > 0, [part.squared_error for part in parts], 0) / np.square(languages)
        half = _half(errors, np.where(counts > 0, counts, 2))
    alone = (counts == 1).any(axis=0)
    low, high = np.where(alone, 0, np.clip(mean - half, 0, 1)), np.where(alone, 1, np.clip(mean + half, 0, 1))
    return [
        [_estimate(*numbers) for numbers in zip(*rows, strict=True)] if number else [None] * mean.shape[1]
        for number, *rows in zip(languages[:, 0], mean, low, high, strict=True)
    ]


def contrasts(means: Means) -> list[list[Estimate]]:
    """How much more of each topic each group has than the others have in the mean, each group counted alike.

    The difference is m_g − Σ_{h≠g} m_h / (G − 1), its squared error e_g + Σ_{h≠g} e_h / (G − 1)² with e the squared
    standard errors of the means, and its degrees of freedom are those of Welch and Satterthwaite (Satterthwaite 1946,
    An approximate distribution of estimates of variance components). With a single document in any group, the interval
    is everything from −1 to 1.

    Args:
        means: of two groups or more, each with documents.

    Returns:
        For each group and topic the difference with its 95 % interval.
    """
    size = len(means.counts)
    # Row g takes the mean of the others from that of g.
    weights = np.full((size, size), -1 / (size - 1))
    np.fill_diagonal(weights, 1)
    difference = weights @ means.mean
    if (means.counts < 2).any():
        low, high = np.full_like(difference, -1), np.full_like(difference, 1)
    else:
        parts = np.square(weights).T[:, :, None] * means.squared_error[:, None, :]
        half = _half(parts, means.counts[:, None, None])
        low, high = np.clip(difference - half, -1, 1), np.clip(difference + half, -1, 1)
    return [
        [_estimate(*numbers) for numbers in zip(*rows, strict=True)] for rows in zip(difference, low, high, strict=True)
    ]


def _half(parts: Numbers, counts: NDArray[np.integer]) -> Numbers:
    """Half the width of the interval of a sum of means whose squared errors are the parts, which are along axis 0."""
    squared_error = parts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = np.square(squared_error) / (np.square(parts) / (counts - 1.0)).sum(axis=0)
    # Where θ never differs within a group, there is no error, whatever the degrees of freedom.
    quantile = np.where(squared_error > 0, _quantile(np.where(np.isfinite(freedom), freedom, 1.0)), 0)
    return np.asarray(quantile * np.sqrt(squared_error))


def _quantile(freedom: NDArray[np.floating]) -> Numbers:
    return np.asarray(stdtrit(np.maximum(freedom, 1), 0.5 + CONFIDENCE / 2))


def _estimate(value: float, low: float, high: float) -> Estimate:
    # Rounding may put a mean of equal numbers beside its interval, or the sum of merged topics a little above 1.
    value = float(value)
    return Estimate(value, min(float(low), value), max(float(high), value))
