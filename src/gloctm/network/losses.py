"""The terms of the loss (DESIGN §1, "Loss"), each averaged over the batch."""

from __future__ import annotations

import torch
from torch import Tensor

from gloctm.network.sparse import SparseRows
from gloctm.network.topic_encoder import Posterior

# Smaller products of norms are taken for zero, where the square root has no finite gradient.
_TINY = 1e-30


def reconstruction_loss(counts: SparseRows, logits: Tensor) -> Tensor:
    """−Σ_v x_v log softmax(logits)_v, over the nonzero counts only.

    Args:
        counts: the batch's counts.
        logits: ``(batch, vocabulary)``.
    """
    row = counts.row_of_nonzero
    normalizer = torch.logsumexp(logits, dim=1)
    picked = logits.flatten().index_select(0, row * counts.width + counts.indices)
    # Words of a document in all: what its log-normaliser is counted by.
    totals = torch.zeros_like(normalizer).index_add_(0, row, counts.values)
    return (totals @ normalizer - counts.values @ picked) / len(counts)


def kl_to_prior(posterior: Posterior) -> Tensor:
    """KL(q ‖ N(0, 1 − 1/K)): the prior is the Laplace approximation of Dirichlet(1)."""
    num_topics = posterior.mean.shape[1]
    variance = 1 - 1 / num_topics
    prior_log_variance = torch.full_like(posterior.mean, variance).log()
    return _kl(posterior.mean, posterior.log_variance, torch.zeros_like(posterior.mean), prior_log_variance)


def kl_between(first: Posterior, second: Posterior) -> Tensor:
    """KL(first ‖ second) of two diagonal Gaussians."""
    return _kl(first.mean, first.log_variance, second.mean, second.log_variance)


def _kl(mean: Tensor, log_variance: Tensor, other_mean: Tensor, other_log_variance: Tensor) -> Tensor:
    ratio = torch.exp(log_variance - other_log_variance)
    distance = (mean - other_mean).square() * torch.exp(-other_log_variance)
    return 0.5 * (ratio + distance - 1 - log_variance + other_log_variance).sum(dim=1).mean()


def cka_loss(theta: Tensor, embeddings: Tensor) -> Tensor:
    """1 − ‖SᵀT‖_F / √(‖SᵀS‖_F ‖TᵀT‖_F): a square-rooted linear CKA, computed in float64.

    Args:
        theta: S, ``(batch, K)``.
        embeddings: T, ``(batch, dimension)``.

    Returns:
        A float64 scalar; 1 where either side is constant over the batch.
    """
    centred_theta = theta.double() - theta.double().mean(dim=0)
    centred_embeddings = embeddings.double() - embeddings.double().mean(dim=0)
    cross = _norm(centred_theta.T @ centred_embeddings)
    own = _norm(_smaller_gram(centred_theta)) * _norm(_smaller_gram(centred_embeddings))
    return 1 - cross / own.clamp_min(_TINY).sqrt()


def _smaller_gram(matrix: Tensor) -> Tensor:
    """MᵀM or MMᵀ, whichever is smaller: their Frobenius norms are equal."""
    return matrix.T @ matrix if matrix.shape[1] < matrix.shape[0] else matrix @ matrix.T


def _norm(matrix: Tensor) -> Tensor:
    return matrix.square().sum().clamp_min(_TINY**2).sqrt()
