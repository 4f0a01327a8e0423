"""Layers over a batch whose rows several processes have."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gloctm.network.layers import ShiftBatchNorm
from gloctm.network.ranks import Share


def joint_batch_norm(stack: Tensor, shifts: Tensor, share: Share) -> tuple[Tensor, Tensor, Tensor]:
    """Normalize features by the statistics of a batch of which each process has some rows.

    Sums are in float64, one exchange forwards and one backwards. The gradient of the shifts is that of own rows.

    Args:
        stack: several batch norms' features of own rows, ``(norms, rows, size)``.
        shifts: their learned shifts, ``(norms, size)``.
        share: which rows these are.

    Returns:
        The normalized features, and the mean and the variance (biased) of the whole batch, ``(norms, size)`` each.

    Example:
        >>> from gloctm.network.ranks import alone
        >>> stack = torch.tensor([[[0.0, 1.0], [2.0, 3.0]]])
        >>> joint_batch_norm(stack, torch.zeros(1, 2), Share(alone(), 2))[0].round().tolist()
        [[[-1.0, -1.0], [1.0, 1.0]]]
    """
    normalized, mean, variance = _JointBatchNorm.apply(share, stack, shifts)  # type: ignore[no-untyped-call]
    return normalized, mean, variance


class _JointBatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, share: Share, stack: Tensor, shifts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        exact = stack.double()
        sums = share.ranks.sum_(torch.stack([exact.sum(dim=1), exact.square().sum(dim=1)]))
        mean, square = sums / share.batch_size
        variance = (square - mean.square()).clamp_min(0)
        scale = torch.rsqrt(variance + ShiftBatchNorm.eps)
        normalized = (exact - mean[:, None]) * scale[:, None]
        ctx.save_for_backward(normalized, scale)
        ctx.share = share
        mean, variance = mean.to(stack.dtype), variance.to(stack.dtype)
        ctx.mark_non_differentiable(mean, variance)
        return (normalized + shifts[:, None]).to(stack.dtype), mean, variance

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Any) -> tuple[None, Tensor, Tensor]:
        normalized, scale = ctx.saved_tensors
        exact = gradient.double()
        own = torch.stack([exact.sum(dim=1), (exact * normalized).sum(dim=1)])
        constant, slope = ctx.share.ranks.sum_(own.clone())[:, :, None] / ctx.share.batch_size
        features = scale[:, None] * (exact - constant - normalized * slope)
        return None, features.to(gradient.dtype), own[0].to(gradient.dtype)
