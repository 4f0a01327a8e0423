"""Layers that torch has not quite as the method needs them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gloctm.network.sparse import SparseRows


class ShiftBatchNorm(nn.Module):
    """Batch norm with its scale fixed at 1 and a learned shift; torch's default eps and momentum.

    Args:
        size: number of features.
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
        """Normalise ``(batch, size)``: by the batch when training, by running statistics otherwise."""
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


class SparseLinear(nn.Module):
    """A linear layer on sparse rows.

    Its weight is ``(in, out)``, the transpose of ``torch.nn.Linear``'s, so that the rows a document needs lie together.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)

    def forward(self, rows: SparseRows) -> Tensor:
        """``(batch, out)``."""
        product = F.embedding_bag(
            rows.indices,
            self.weight,
            rows.offsets,
            mode="sum",
            per_sample_weights=rows.values,
            include_last_offset=True,
        )
        return product + self.bias


def dropout(features: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """Inverted dropout from a generator of its own; ``F.dropout`` draws from the global one."""
    if rate == 0:
        return features
    keep = torch.rand(features.shape, generator=generator, device=features.device, dtype=features.dtype) >= rate
    return features * keep / (1 - rate)
