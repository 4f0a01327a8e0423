"""The reconstruction loss of a product of experts, p = softmax(BN(θ β)), with its gradient in closed form.

``gloctm.network.decoder`` has the algebra; here it is for one batch and one decoder, as baselines have it. With θ̄ the
mean of θ over the batch of B documents, G = (θ − θ̄)ᵀ(θ − θ̄), the variance of column v is β_vᵀ G β_v / B, r_v one over
the deviation, and the logits (θ − θ̄)(β ⊙ r) + shift: one product, and none of batch norm's passes over as many numbers
as there are documents times words. With A the gradient at the logits, M = (θ − θ̄)ᵀ A, and b_v = r_v³ Σ_k M_kv β_kv / B,

    ∂/∂β = M ⊙ r − G β ⊙ b,    ∂/∂θ = A (β ⊙ r)ᵀ − (θ − θ̄) β diag(b) βᵀ, less its mean over the batch.

The loss differs from that of torch's modules by rounding alone. Exponentials are to base 2, which are quicker.
Normalised logits are at most √B, so that those of a batch need no maximum taken from them first.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from gloctm.network import SparseRows, reconstruction_loss
from gloctm.network.decoder import LARGEST_BATCH, LOG2_E

# With fewer documents, the passes over β take what those over the logits save.
FEWEST_DOCUMENTS = 100


class WordNorm(Protocol):
    """A batch norm of words: the package's, whose shift is learned, or torch's, without scale and shift."""

    running_mean: Tensor
    running_var: Tensor
    eps: float
    momentum: float
    bias: Tensor | None
    training: bool

    def __call__(self, features: Tensor) -> Tensor:
        """Normalise ``(batch, words)``."""
        ...


class Memory:
    """A tensor that every step uses again: new memory of this size costs more than what is done in it."""

    def __init__(self) -> None:
        self._held: Tensor | None = None

    def take(self, size: int, like: Tensor) -> Tensor:
        """A flat tensor, whose content is of no use; what was taken before is lost."""
        if self._held is None or len(self._held) < size or self._held.dtype != like.dtype:
            self._held = like.new_empty(size)
        if self._held.device != like.device:
            self._held = like.new_empty(size)
        return self._held[:size]


def decoded_loss(theta: Tensor, topic_word: Tensor, counts: SparseRows, norm: WordNorm, memory: Memory) -> Tensor:
    """−Σ_v x_v log softmax(BN(θ β))_v, averaged over the batch; of a small or very large batch by torch's modules.

    Args:
        theta: θ, ``(batch, K)``.
        topic_word: β, ``(K, V)``.
        counts: x, ``(batch, V)``.
        norm: whose running statistics take up the batch's.
        memory: for this decoder alone; a loss must go backwards before the next is computed with it.
    """
    size = len(theta)
    if not norm.training or not FEWEST_DOCUMENTS <= size <= LARGEST_BATCH:
        return reconstruction_loss(counts, norm(theta @ topic_word))
    shift = topic_word.new_zeros(topic_word.shape[1]) if norm.bias is None else norm.bias
    # A transposed one (NMTM's) takes several times as long wherever it meets one that is not.
    topic_word = topic_word.contiguous()
    decoded: tuple[Tensor, Tensor, Tensor] = _DecodedLoss.apply(  # type: ignore[no-untyped-call]  # torch's
        theta, topic_word, shift, counts, norm.eps, memory
    )
    loss, mean, variance = decoded
    with torch.no_grad():
        norm.running_mean.lerp_(mean, norm.momentum)
        norm.running_var.lerp_(variance * (size / (size - 1)), norm.momentum)
        if isinstance(norm, nn.BatchNorm1d) and norm.num_batches_tracked is not None:
            norm.num_batches_tracked += 1
    return loss


class _DecodedLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, theta: Tensor, topic_word: Tensor, shift: Tensor, counts: SparseRows, eps: float, memory: Memory
    ) -> tuple[Tensor, Tensor, Tensor]:
        size, num_words = len(theta), topic_word.shape[1]
        mean_theta = theta.mean(dim=0)
        centred = theta - mean_theta
        gram = centred.T @ centred
        bent = gram @ topic_word
        # Rounding may leave a constant column below zero.
        variance = (bent * topic_word).sum(dim=0).div_(size).clamp_min_(0)
        scale = torch.rsqrt(variance + eps)
        scaled = topic_word * scale
        logits = memory.take(size * num_words, theta).view(size, num_words)
        torch.addmm(shift * LOG2_E, centred, scaled, alpha=LOG2_E, out=logits)
        places = counts.row_of_nonzero * num_words + counts.indices
        picked = logits.flatten()[places]
        exponentials = logits.exp2_()
        sums = exponentials.sum(dim=1)
        totals = torch.zeros_like(sums).index_add_(0, counts.row_of_nonzero, counts.values)
        loss = (totals @ sums.log() - (counts.values @ picked) * math.log(2)) / size
        mean = mean_theta @ topic_word
        ctx.save_for_backward(centred, topic_word, bent, scale, scaled, sums, totals, places)
        ctx.exponentials, ctx.values = exponentials, counts.values
        ctx.mark_non_differentiable(mean, variance)
        return loss, mean, variance

    @staticmethod
    def backward(ctx: Any, upstream: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
        centred, topic_word, bent, scale, scaled, sums, totals, places = ctx.saved_tensors
        size = len(centred)
        # The gradient at the logits, in the place of their exponentials.
        gradient = ctx.exponentials.mul_((totals / sums * (upstream / size))[:, None])
        gradient.flatten().index_add_(0, places, ctx.values * (-upstream / size))
        of_shift = gradient.sum(dim=0) if ctx.needs_input_grad[2] else None
        products = centred.T @ gradient
        bend = (products * topic_word).sum(dim=0) * scale.pow(3) / size
        of_topic_word = products.mul_(scale).sub_(bent * bend)
        of_theta = gradient @ scaled.T - centred @ ((topic_word * bend) @ topic_word.T)
        return of_theta - of_theta.mean(dim=0), of_topic_word, of_shift, None, None, None
