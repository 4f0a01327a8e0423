"""Sparse rows on a device: the only form in which documents reach the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import scipy.sparse as sp
import torch
from torch import Tensor


@dataclass(frozen=True)
class SparseRows:
    """A batch of documents, or all of them, as compressed sparse rows of tensors.

    Attributes:
        indices: column of each nonzero, rows one after the other; int64, or int32 where it is only kept.
        offsets: where each row begins, and where the last ends, ``(rows + 1,)`` int64.
        values: the nonzeros.
        width: number of columns.

    Example:
        >>> rows = SparseRows.from_scipy(sp.csr_array([[0, 2], [1, 1]]))
        >>> len(rows), rows.row_sums().tolist()
        (2, [2.0, 2.0])
    """

    indices: Tensor
    offsets: Tensor
    values: Tensor
    width: int

    @classmethod
    def from_scipy(
        cls,
        matrix: sp.csr_array,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        index_dtype: torch.dtype = torch.int64,
    ) -> SparseRows:
        """Copy a CSR matrix to a device."""
        return cls(
            indices=torch.as_tensor(matrix.indices).to(device, index_dtype),
            offsets=torch.as_tensor(matrix.indptr).to(device, torch.int64),
            values=torch.as_tensor(matrix.data).to(device, dtype),
            width=int(matrix.shape[1]),
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def row_of_nonzero(self) -> Tensor:
        """The row that each nonzero is in, int64."""
        return torch.repeat_interleave(self.offsets.diff(), output_size=len(self.indices))

    def row_sums(self) -> Tensor:
        """Return the sum of each row."""
        return self.values.new_zeros(len(self)).index_add_(0, self.row_of_nonzero, self.values)

    def transposed(self) -> SparseRows:
        """Return the columns as rows: of a batch, whose rows are few."""
        if self.indices.device.type == "cpu":
            # Several times as quick as sorting.
            arrays = (self.values.numpy(), self.indices.numpy(), self.offsets.numpy())
            columns = sp.csr_array(arrays, shape=(len(self), self.width)).tocsc()
            indices, offsets = (torch.from_numpy(array).to(torch.int64) for array in (columns.indices, columns.indptr))
            return SparseRows(indices, offsets, torch.from_numpy(columns.data), len(self))
        return self.transposed_by_sorting()

    def transposed_by_sorting(self) -> SparseRows:
        """Return the same on any device, without asking it for a size."""
        column, order = self.indices.sort(stable=True)
        offsets = torch.searchsorted(column, torch.arange(self.width + 1, device=column.device, dtype=column.dtype))
        return SparseRows(self.row_of_nonzero[order], offsets, self.values[order], len(self))

    @staticmethod
    def stacked(parts: Sequence[SparseRows]) -> SparseRows:
        """Return the rows of several, of one width, one after another."""
        if len(parts) == 1:
            return parts[0]
        offsets, start = [parts[0].offsets[:1]], 0
        for part in parts:
            offsets.append(part.offsets[1:] + start)
            start += len(part.indices)
        return SparseRows(
            torch.cat([part.indices for part in parts]),
            torch.cat(offsets),
            torch.cat([part.values for part in parts]),
            parts[0].width,
        )

    def take(self, rows: Tensor, *, total: int | None = None) -> SparseRows:
        """Return these rows, in this order, repeats allowed; with int64 indices.

        Args:
            rows: which.
            total: how many nonzeros they have; a device has to be asked unless it is given.
        """
        starts = self.offsets[rows]
        lengths = self.offsets[rows + 1] - starts
        offsets = torch.zeros(len(rows) + 1, dtype=torch.int64, device=rows.device)
        torch.cumsum(lengths, 0, out=offsets[1:])
        if total is None:
            total = int(offsets[-1])
        shift = torch.repeat_interleave(starts - offsets[:-1], lengths, output_size=total)
        positions = torch.arange(total, device=rows.device) + shift
        return SparseRows(self.indices[positions].to(torch.int64), offsets, self.values[positions], self.width)

    def slices(self, sizes: Sequence[int], ends: Sequence[int]) -> Iterator[SparseRows]:
        """Return the rows in parts of these sizes, whose nonzeros end at these places."""
        row = start = 0
        for size, end in zip(sizes, ends, strict=True):
            offsets = self.offsets[row : row + size + 1] - start
            yield SparseRows(self.indices[start:end], offsets, self.values[start:end], self.width)
            row, start = row + size, end
