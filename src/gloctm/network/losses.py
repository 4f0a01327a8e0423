"""The terms of the loss (GloCTM, AAAI 2026), each averaged over the batch."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gloctm.network.sparse import SparseRows
from gloctm.network.topic_encoder import Posterior

# Smaller products of norms count as zero, where the square root has no finite gradient.
_TINY = 1e-30


def reconstruction_loss(counts: SparseRows, logits: Tensor) -> Tensor:
    """Compute −Σ_v x_v log softmax(logits)_v, over the nonzero counts only.

    Args:
        counts: the batch's counts.
        logits: ``(batch, vocabulary)``.

    Example:
        >>> import scipy.sparse as sp
        >>> round(reconstruction_loss(SparseRows.from_scipy(sp.csr_array([[1, 1]])), torch.zeros(1, 2)).item(), 3)
        1.386
    """
    row = counts.row_of_nonzero
    normalizer = torch.logsumexp(logits, dim=1)
    picked = logits.flatten().index_select(0, row * counts.width + counts.indices)
    # Words of a document in all: what its log-normalizer is counted by.
    totals = torch.zeros_like(normalizer).index_add_(0, row, counts.values)
    return (totals @ normalizer - counts.values @ picked) / len(counts)


def kl_to_prior(posterior: Posterior, batch_size: int | None = None) -> Tensor:
    """Compute KL(q ‖ N(0, 1 − 1/K)): the prior is the Laplace approximation of Dirichlet(1).

    Args:
        posterior: of the batch, or of some of its rows.
        batch_size: documents of the whole batch, if these are only some of it.

    Example:
        >>> zeros = torch.zeros(1, 2)
        >>> kl_to_prior(Posterior(zeros, zeros - 0.6931472, zeros)).round(decimals=3).abs().item()
        0.0
    """
    num_topics = posterior.mean.shape[1]
    variance = 1 - 1 / num_topics
    prior_log_variance = torch.full_like(posterior.mean, variance).log()
    own_mean = torch.zeros_like(posterior.mean)
    return _kl(posterior.mean, posterior.log_variance, own_mean, prior_log_variance, batch_size)


def kl_between(first: Posterior, second: Posterior, batch_size: int | None = None) -> Tensor:
    """Compute KL(first ‖ second) of two diagonal Gaussians.

    Args:
        first: of the batch, or of some of its rows.
        second: of the same documents.
        batch_size: documents of the whole batch, if these are only some of it.

    Example:
        >>> zeros = torch.zeros(1, 2)
        >>> kl_between(Posterior(zeros, zeros, zeros), Posterior(zeros + 1, zeros, zeros)).item()
        1.0
    """
    return _kl(first.mean, first.log_variance, second.mean, second.log_variance, batch_size)


def _kl(
    mean: Tensor, log_variance: Tensor, other_mean: Tensor, other_log_variance: Tensor, batch_size: int | None
) -> Tensor:
    ratio = torch.exp(log_variance - other_log_variance)
    distance = (mean - other_mean).square() * torch.exp(-other_log_variance)
    divergence = (ratio + distance - 1 - log_variance + other_log_variance).sum(dim=1)
    return 0.5 * (divergence.mean() if batch_size is None else divergence.sum() / batch_size)


def cka_loss(theta: Tensor, embeddings: Tensor) -> Tensor:
    """Compute 1 − ‖SᵀT‖_F / √(‖SᵀS‖_F ‖TᵀT‖_F): a square-rooted linear CKA, in float64.

    Args:
        theta: S, ``(batch, K)``.
        embeddings: T, ``(batch, dimension)``.

    Returns:
        A float64 scalar; 1 where either side is constant over the batch.

    Example:
        >>> theta = torch.eye(3)
        >>> round(cka_loss(theta, 2 * theta).item(), 6)
        0.0
    """
    centered_theta = theta.double() - theta.double().mean(dim=0)
    centered_embeddings = embeddings.double() - embeddings.double().mean(dim=0)
    if len(theta) <= embeddings.shape[1]:
        # ‖SᵀT‖² = ⟨SSᵀ, TTᵀ⟩, ‖SᵀS‖ = ‖SSᵀ‖: documents by documents is the small form of all three.
        own_gram, other_gram = centered_theta @ centered_theta.T, centered_embeddings @ centered_embeddings.T
        cross = (own_gram * other_gram).sum()
    else:
        own_gram = centered_theta.T @ centered_theta
        other_gram = centered_embeddings.T @ centered_embeddings
        cross = (centered_theta.T @ centered_embeddings).square().sum()
    own = _norm(own_gram) * _norm(other_gram)
    return 1 - _root(cross) / own.clamp_min(_TINY).sqrt()


class CkaSums(NamedTuple):
    """What CKA needs of θ and the embeddings t of a batch, in float64; summed over processes, of the whole batch.

    Attributes:
        theta: Σθ, ``(K,)``.
        thetas: Σθθᵀ, ``(K, K)``.
        embeddings: Σt, ``(dimension,)``.
        cross: Σθtᵀ, ``(K, dimension)``.
        own: of a batch with at least half as many documents as t has dimensions, Σttᵀ, ``(dimension, dimension)``.
            Of a smaller one t itself, ``(batch, dimension)``, which takes less; other rows than own ones are zero.

    Example:
        >>> theta = torch.eye(2, dtype=torch.float64)
        >>> CkaSums.of(theta, 2 * theta, slice(0, 2), 2).cross.tolist()
        [[2.0, 0.0], [0.0, 2.0]]
    """

    theta: Tensor
    thetas: Tensor
    embeddings: Tensor
    cross: Tensor
    own: Tensor

    @classmethod
    def of(cls, theta: Tensor, embeddings: Tensor, rows: slice, batch_size: int) -> CkaSums:
        """Return the sums over some rows of a batch."""
        theta, embeddings = theta.double(), embeddings.double()
        dimension = embeddings.shape[1]
        if 2 * batch_size < dimension:
            own = embeddings.new_zeros(batch_size, dimension)
            own[rows] = embeddings
        else:
            own = embeddings.T @ embeddings
        return cls(theta.sum(dim=0), theta.T @ theta, embeddings.sum(dim=0), theta.T @ embeddings, own)


def cka_loss_jointly(theta: Tensor, embeddings: Tensor, sums: CkaSums, batch_size: int) -> Tensor:
    """Compute the CKA loss of a whole batch, with the gradient of the rows that are given.

    Args:
        theta: S of some rows, ``(rows, K)``.
        embeddings: T of the same rows, ``(rows, dimension)``.
        sums: of the whole batch.
        batch_size: documents of the whole batch.

    Returns:
        A float64 scalar, the same for any rows.

    Example:
        >>> theta = torch.eye(3)
        >>> sums = CkaSums.of(theta, 2 * theta, slice(0, 3), 3)
        >>> abs(round(cka_loss_jointly(theta[:2], 2 * theta[:2], sums, 3).item(), 6))
        0.0
    """
    theta, embeddings = theta.double(), embeddings.double()
    total = _with_gradient(theta.sum(dim=0), sums.theta)
    cross = _with_gradient(theta.T @ embeddings, sums.cross) - total[:, None] * sums.embeddings / batch_size
    own_gram = _with_gradient(theta.T @ theta, sums.thetas) - total[:, None] * total / batch_size
    mean = sums.embeddings / batch_size
    if 2 * batch_size < len(mean):
        centered = sums.own - mean
        other_gram = centered @ centered.T
    else:
        other_gram = sums.own - batch_size * mean[:, None] * mean
    own = _norm(own_gram) * _norm(other_gram)
    return 1 - _root(cross.square().sum()) / own.clamp_min(_TINY).sqrt()


def _with_gradient(own: Tensor, whole: Tensor) -> Tensor:
    """Return a sum over the whole batch that has the gradient of own rows."""
    return own + (whole - own).detach()


def _norm(matrix: Tensor) -> Tensor:
    return _root(matrix.square().sum())


def _root(square: Tensor) -> Tensor:
    return square.clamp_min(_TINY**2).sqrt()
