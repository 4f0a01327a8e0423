"""The terms of the loss (GloCTM, AAAI 2026), each averaged over the batch."""

from __future__ import annotations

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


def kl_to_prior(posterior: Posterior) -> Tensor:
    """Compute KL(q ‖ N(0, 1 − 1/K)): the prior is the Laplace approximation of Dirichlet(1).

    Example:
        >>> zeros = torch.zeros(1, 2)
        >>> kl_to_prior(Posterior(zeros, zeros - 0.6931472, zeros)).round(decimals=3).abs().item()
        0.0
    """
    num_topics = posterior.mean.shape[1]
    variance = 1 - 1 / num_topics
    prior_log_variance = torch.full_like(posterior.mean, variance).log()
    return _kl(posterior.mean, posterior.log_variance, torch.zeros_like(posterior.mean), prior_log_variance)


def kl_between(first: Posterior, second: Posterior) -> Tensor:
    """Compute KL(first ‖ second) of two diagonal Gaussians.

    Example:
        >>> zeros = torch.zeros(1, 2)
        >>> kl_between(Posterior(zeros, zeros, zeros), Posterior(zeros + 1, zeros, zeros)).item()
        1.0
    """
    return _kl(first.mean, first.log_variance, second.mean, second.log_variance)


def _kl(mean: Tensor, log_variance: Tensor, other_mean: Tensor, other_log_variance: Tensor) -> Tensor:
    ratio = torch.exp(log_variance - other_log_variance)
    distance = (mean - other_mean).square() * torch.exp(-other_log_variance)
    return 0.5 * (ratio + distance - 1 - log_variance + other_log_variance).sum(dim=1).mean()


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


def _norm(matrix: Tensor) -> Tensor:
    return _root(matrix.square().sum())


def _root(square: Tensor) -> Tensor:
    return square.clamp_min(_TINY**2).sqrt()
