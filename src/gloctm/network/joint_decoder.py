"""Both decoders in closed form over a batch whose rows several processes have.

As in ``gloctm.network.decoder``, but what is taken over the batch comes from all processes. With C the covariance of θ
over the whole batch, the variance of column v is β_vᵀ C β_v, so that logits and losses need nothing more. Backwards,
with A the gradient at the logits of own rows, r one over the standard deviations, R = A ⊙ r, B the size of the whole
batch, and M = (θ − θ̄)ᵀ R,

    s_v = Σ_k M_kv β_kv / B, and a_v = Σ_b A_bv / B, both summed over all processes,
    ∂/∂β = M − (θ − θ̄)ᵀ(θ − θ̄)β ⊙ r² ⊙ s, and ∂/∂θ = Rβᵀ − (θ − θ̄) β diag(r² ⊙ s) βᵀ − (r ⊙ a)βᵀ.

A constant in ∂/∂β and the mean of ∂/∂θ fall away once the gradients of all processes are summed, as they have to be.
Nothing of the size of the logits is exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gloctm.network.decoder import (
    LOG2_E,
    Chunk,
    DecoderLayout,
    Nonzeros,
    Reconstruction,
    Workspace,
    by_language,
    decode,
    reconstruction,
)
from gloctm.network.ranks import Share


class Moments(NamedTuple):
    """Mean and covariance of θ over a whole batch, by every encoder, in float64.

    Attributes:
        mean: ``(2L, K)``: of the local encoders, then of the global one.
        covariance: biased, ``(2L, K, K)``.

    Example:
        >>> thetas = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]], dtype=torch.float64)
        >>> Moments.of(thetas.sum(dim=1), thetas.mT @ thetas, 2).covariance.tolist()
        [[[0.25, -0.25], [-0.25, 0.25]]]
    """

    mean: Tensor
    covariance: Tensor

    @classmethod
    def of(cls, sums: Tensor, products: Tensor, batch_size: int) -> Moments:
        """Return them from Σθ, ``(2L, K)``, and Σθθᵀ, ``(2L, K, K)``."""
        mean = sums / batch_size
        return cls(mean, products / batch_size - mean[:, :, None] * mean[:, None])


def reconstruct_jointly(
    local_thetas: Sequence[Tensor],
    global_thetas: Sequence[Tensor],
    topic_word: Sequence[Tensor],
    local_shifts: Sequence[Tensor],
    global_shift: Tensor,
    nonzeros: Nonzeros,
    layout: DecoderLayout,
    workspace: Workspace,
    moments: Moments,
    share: Share,
) -> Reconstruction:
    """Return the parts of the reconstruction losses that own rows have; their sum over processes is the loss.

    Args:
        local_thetas: θ of each language's own rows by its local encoder, ``(rows, K)``.
        global_thetas: θ of the same by the global encoder.
        topic_word: β_l, ``(K, V_l)``.
        local_shifts: learned shift of each local decoder's batch norm, ``(V_l,)``.
        global_shift: that of the global one, ``(V,)``.
        nonzeros: the counts of own rows.
        layout: of this number of rows.
        workspace: its content is lost; a loss must go backwards before the next is computed with it.
        moments: of θ over the whole batch.
        share: which rows these are.
    """
    local, shared, mean, variance = _JointReconstructionLoss.apply(  # type: ignore[no-untyped-call]
        *(nonzeros, layout, workspace, moments, share),
        *(*local_thetas, *global_thetas, *topic_word, *local_shifts, global_shift),
    )
    return reconstruction(local, shared, mean, variance, layout, [len(shift) for shift in local_shifts])


class _JointReconstructionLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        nonzeros: Nonzeros,
        layout: DecoderLayout,
        workspace: Workspace,
        moments: Moments,
        share: Share,
        *tensors: Tensor,
    ) -> tuple[Tensor, ...]:
        number = layout.num_languages
        topic_word, local_shifts, global_shift = tensors[2 * number : 3 * number], tensors[3 * number : -1], tensors[-1]
        theta = torch.stack(tensors[: 2 * number])
        centered_theta = (theta.double() - moments.mean[:, None]).to(theta.dtype)
        centered = [each.flatten(0, 1).T.contiguous() for each in by_language(centered_theta, number)]
        means = by_language(moments.mean.to(theta.dtype), number)
        covariances = by_language(moments.covariance.to(theta.dtype), number)

        def variance_of(chunk: Chunk, _product: Tensor, _squares: Tensor, out: Tensor) -> None:
            beta = topic_word[chunk.language][:, chunk.first : chunk.last]
            torch.sum((covariances[chunk.language] @ beta).mul_(beta), dim=1, keepdim=True, out=out)
            # Rounding may leave a constant column below zero.
            out.clamp_min_(0)

        logits, sums, mean, variance, scale, _ = decode(
            centered, means, topic_word, local_shifts, global_shift, layout, workspace, variance_of
        )
        log_normalizers = (nonzeros.totals * sums.log()).sum(dim=1)
        evidence = nonzeros.values * logits[nonzeros.logits]
        local_evidence = (evidence * nonzeros.is_local).sum()
        local = (log_normalizers[:number].sum() - local_evidence / LOG2_E) / share.batch_size
        shared = (log_normalizers[number:].sum() - (evidence.sum() - local_evidence) / LOG2_E) / share.batch_size
        ctx.save_for_backward(sums, scale, *centered, *topic_word)
        ctx.nonzeros, ctx.layout, ctx.workspace, ctx.share = nonzeros, layout, workspace, share
        ctx.use = workspace.begin()
        ctx.mark_non_differentiable(mean, variance)
        return local, shared, mean, variance

    @staticmethod
    def backward(ctx: Any, local_gradient: Tensor, shared_gradient: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
        nonzeros, layout, workspace, share = ctx.nonzeros, ctx.layout, ctx.workspace, ctx.share
        workspace.end(ctx.use)
        number, decodings, rows = layout.num_languages, layout.num_decodings, layout.batch_size
        sums, scale, *rest = ctx.saved_tensors
        centered, topic_word = rest[:number], rest[number:]
        num_topics = len(topic_word[0])
        gradients = torch.stack([local_gradient] * number + [shared_gradient] * number)[:, None] / share.batch_size
        weights = by_language(gradients * nonzeros.totals / sums, number)
        counted = nonzeros.values * torch.where(nonzeros.is_local, local_gradient, shared_gradient) / share.batch_size

        logits = workspace.take("logits", decodings * rows * layout.num_columns, sums)
        # The gradient at the logits, times r, in their place.
        constant = torch.zeros_like(scale).index_add_(0, nonzeros.statistics, counted, alpha=-1)
        for chunk in layout.chunks:
            chunk_logits = layout.logits_of(logits, chunk)
            chunk_logits.exp2_().mul_(weights[chunk.language][:, :, None])
            layout.statistics_of(constant, chunk).add_(chunk_logits.sum(dim=1, keepdim=True))
            chunk_logits.mul_(layout.statistics_of(scale, chunk))
        logits.index_add_(0, nonzeros.logits, counted * scale[nonzeros.statistics], alpha=-1)

        gradient_theta = sums.new_zeros(number, num_topics, decodings * rows)
        gradient_beta = [torch.empty_like(beta) for beta in topic_word]
        gradient_local_shift = [sums.new_empty(beta.shape[1]) for beta in topic_word]
        gradient_global_shift = sums.new_empty(layout.num_columns)
        slope = torch.empty_like(scale)
        # Of each language (decodings, K, rows), as bmm takes it.
        by_decoding = [each.view(num_topics, decodings, rows).transpose(0, 1) for each in centered]
        for chunk in layout.chunks:
            language, part = chunk.language, slice(chunk.first, chunk.last)
            beta, gradient = topic_word[language][:, part], layout.logits_of(logits, chunk)
            gradient_theta[language].addmm_(beta, gradient.flatten(0, 1).T)
            products = torch.bmm(by_decoding[language], gradient)
            torch.sum(products, dim=0, out=gradient_beta[language][:, part])
            torch.sum(products.mul_(beta), dim=1, keepdim=True, out=layout.statistics_of(slope, chunk))
            chunk_constant = layout.statistics_of(constant, chunk)[:, 0]
            gradient_local_shift[language][part] = chunk_constant[0]
            gradient_global_shift[chunk.column : chunk.column + chunk.width] = chunk_constant[1:].sum(dim=0)

        slope, constant = share.ranks.sum_(torch.stack([slope, constant])) / share.batch_size
        slope.mul_(scale.square())
        constant.mul_(scale)
        squares = [each @ each.mT for each in by_decoding]
        bent = sums.new_zeros(number, decodings, num_topics, num_topics)
        moved = sums.new_zeros(number, decodings, num_topics)
        for chunk in layout.chunks:
            language, part = chunk.language, slice(chunk.first, chunk.last)
            beta, bend = topic_word[language][:, part], layout.statistics_of(slope, chunk)
            gradient_beta[language][:, part] -= (squares[language] @ beta).mul_(bend).sum(dim=0)
            bent[language] += (beta * bend) @ beta.T
            moved[language] += layout.statistics_of(constant, chunk)[:, 0] @ beta.T
        theta = gradient_theta.view(number, num_topics, decodings, rows).permute(0, 2, 3, 1)
        theta = theta - torch.stack(by_decoding).mT @ bent - moved[:, :, None]
        return (
            *(None, None, None, None, None),
            *theta[:, 0],
            *theta[:, 1:].sum(dim=0),
            *gradient_beta,
            *gradient_local_shift,
            gradient_global_shift,
        )
