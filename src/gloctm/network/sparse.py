"""Sparse rows on a device: the only form in which documents reach the network."""

from __future__ import annotations

from dataclasses import dataclass

import scipy.sparse as sp
import torch
from torch import Tensor


@dataclass(frozen=True)
class SparseRows:
    """A batch of documents, or all of them, as compressed sparse rows of tensors.

    Attributes:
        indices: column of each nonzero, int64, rows one after the other.
        offsets: where each row begins, and where the last ends, ``(rows + 1,)`` int64.
        values: the nonzeros.
        width: number of columns.
    """

    indices: Tensor
    offsets: Tensor
    values: Tensor
    width: int

    @classmethod
    def from_scipy(
        cls, matrix: sp.csr_array, *, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
    ) -> SparseRows:
        """Copy a CSR matrix to a device."""
        return cls(
            indices=torch.as_tensor(matrix.indices).to(device, torch.int64),
            offsets=torch.as_tensor(matrix.indptr).to(device, torch.int64),
            values=torch.as_tensor(matrix.data).to(device, dtype),
            width=int(matrix.shape[1]),
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def row_of_nonzero(self) -> Tensor:
        """The row that each nonzero is in, int64."""
        return torch.repeat_interleave(self.offsets.diff(), output_size=len(self.indices))

    def take(self, rows: Tensor) -> SparseRows:
        """These rows, in this order, repeats allowed."""
        starts = self.offsets[rows]
        lengths = self.offsets[rows + 1] - starts
        offsets = torch.zeros(len(rows) + 1, dtype=torch.int64, device=rows.device)
        torch.cumsum(lengths, 0, out=offsets[1:])
        total = int(offsets[-1])
        shift = torch.repeat_interleave(starts - offsets[:-1], lengths, output_size=total)
        positions = torch.arange(total, device=rows.device) + shift
        return SparseRows(self.indices[positions], offsets, self.values[positions], self.width)
