"""Layers that torch has not quite as the method needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gloctm.network.sparse import SparseRows


class ShiftBatchNorm(nn.Module):
    """Batch norm with its scale fixed at 1 and a learned shift; torch's default eps and momentum.

    Args:
        size: number of features.

    Example:
        >>> import torch
        >>> ShiftBatchNorm(2)(torch.tensor([[0.0, 1.0], [2.0, 3.0]])).round().tolist()
        [[-1.0, -1.0], [1.0, 1.0]]
    """

    eps = 1e-5
    momentum = 0.1
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(size))
        self.register_buffer("running_mean", torch.zeros(size))
        self.register_buffer("running_var", torch.ones(size))

    def forward(self, features: Tensor) -> Tensor:
        """Normalize ``(batch, size)``: by the batch when training, by running statistics otherwise."""
        return F.batch_norm(
            features,
            self.running_mean,
            self.running_var,
            None,
            self.bias,
            training=self.training,
            momentum=self.momentum,
            eps=self.eps,
        )

    @torch.no_grad()
    def track(self, mean: Tensor, variance: Tensor, batch_size: int) -> None:
        """Take a batch's mean and variance (biased) into the running statistics, which hold the unbiased one."""
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (batch_size / (batch_size - 1)), self.momentum)


class SparseLinear(nn.Module):
    """A linear layer on sparse rows.

    Its weight is ``(in, out)``, the transpose of ``torch.nn.Linear``'s, so that a document's rows are adjacent.

    Example:
        >>> import scipy.sparse as sp
        >>> import torch
        >>> rows = SparseRows.from_scipy(sp.csr_array([[1, 2]]))
        >>> SparseLinear(torch.ones(2, 1), torch.zeros(1))(rows).tolist()
        [[3.0]]
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)

    def forward(self, rows: SparseRows) -> Tensor:
        """Return ``(batch, out)``."""
        return _sparse_product(rows, self.weight) + self.bias


def dropout(features: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """Apply inverted dropout from a generator of its own; ``F.dropout`` draws from the global one.

    Examples:
        >>> dropout(torch.ones(2), 0.0, None).tolist()
        [1.0, 1.0]
    """
    if rate == 0:
        return features
    return drop(features, keep_mask(features.shape, rate, generator, features), rate)


def keep_mask(shape: Sequence[int], rate: float, generator: torch.Generator | None, like: Tensor) -> Tensor:
    """Draw which values dropout keeps.

    Args:
        shape: of the values.
        rate: the share that is dropped.
        generator: draws.
        like: a tensor of the device and the type of the values.

    Examples:
        >>> keep_mask((3,), 0.0, None, torch.ones(1)).tolist()
        [True, True, True]
    """
    return torch.rand(shape, generator=generator, device=like.device, dtype=like.dtype) >= rate


def drop(features: Tensor, keep: Tensor, rate: float) -> Tensor:
    """Apply inverted dropout by a mask.

    Examples:
        >>> drop(torch.ones(2), torch.tensor([True, False]), 0.5).tolist()
        [2.0, 0.0]
    """
    return features * keep / (1 - rate)


def _sparse_product(rows: SparseRows, weight: Tensor) -> Tensor:
    product: Tensor = _SparseProduct.apply(rows, weight)  # type: ignore[no-untyped-call]
    return product


class _SparseProduct(torch.autograd.Function):
    """Rows times a weight. Torch's own gradient of ``embedding_bag`` takes several times as long."""

    @staticmethod
    def forward(ctx: Any, rows: SparseRows, weight: Tensor) -> Tensor:
        ctx.rows = rows
        return _bags(rows, weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:
        return None, _bags(ctx.rows.transposed(), gradient.contiguous())


def _bags(rows: SparseRows, weight: Tensor) -> Tensor:
    return F.embedding_bag(
        rows.indices, weight, rows.offsets, mode="sum", per_sample_weights=rows.values, include_last_offset=True
    )
