"""Both decoders and their reconstruction losses at once, with the gradient in closed form.

The batch norm of a decoder is algebra: with θ̄ the batch mean of θ, and r_v one over the standard deviation of column v,

    BN(θβ) = (θ − θ̄)β ⊙ r + shift,

and the loss −Σ x_v log softmax(BN(θβ))_v needs of its logits their log-sum-exp and those at the few nonzero counts.
With A the gradient at the logits (what softmax gives, less the counts), P = (θ − θ̄)β and s_v the batch mean of
A_v P_v r_v,

    ∂/∂P = r ⊙ (A − P ⊙ r ⊙ s) + a constant a column,

where the constant falls away: θ − θ̄ sums to zero over the batch. (The gradient of batch norm: Ioffe and Szegedy, 2015.)

The batches that are decoded by β_l, *decodings* here, are the local one of language l and the global ones of every
language: one product for all of them, forwards, and two, backwards. Columns are worked on in chunks that stay in the
processor's cache, and the only thing kept from forwards to backwards is the logits. Exponentials are to base 2, which
are quicker; 1/ln 2 goes into r and the shift.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gloctm.network.layers import ShiftBatchNorm
from gloctm.network.sparse import SparseRows

# Columns at a time on a processor: with (L + 1) · 128 rows, a chunk and its scratch fit in the second-level cache.
CHUNK_VALUES = 400_000
# Documents of a language, above which a sum of exponentials could be more than single precision holds: it does e⁸⁸, of
# which √batch takes 71 and a hundred million words 18.
LARGEST_BATCH = 5000
#: What logits are multiplied by for exponentials to base 2.
LOG2_E = 1 / math.log(2)


class Reconstruction(NamedTuple):
    """What decoding a batch gives.

    Attributes:
        local: reconstruction loss of the local decoders, summed over languages, averaged over the batch.
        shared: the same of the global decoder.
        local_statistics: for each language, mean and variance (biased) of the batch, ``(2, V_l)``.
        shared_statistics: for each language the same of the global decoder, ``(2, V)``.
    """

    local: Tensor
    shared: Tensor
    local_statistics: list[Tensor]
    shared_statistics: list[Tensor]


@dataclass(frozen=True)
class Chunk:
    """Some columns of one language's block of words.

    Attributes:
        language: place of the language.
        first: first column, within the language's words.
        last: one after the last.
        column: the first column, within the words of all languages.
    """

    language: int
    first: int
    last: int
    column: int

    @property
    def width(self) -> int:
        """How many columns."""
        return self.last - self.first


class DecoderLayout:
    """Where the logits of a batch are in memory: chunk after chunk, and in each ``(decodings, batch, columns)``.

    Args:
        vocabulary_sizes: V_l of each language.
        batch_size: documents of each language.
        device: where the tensors are. Only on a processor are there several chunks per language.
    """

    def __init__(self, vocabulary_sizes: Sequence[int], batch_size: int, device: torch.device) -> None:
        self.num_languages = len(vocabulary_sizes)
        self.num_decodings = self.num_languages + 1
        self.batch_size = batch_size
        self.num_columns = sum(vocabulary_sizes)
        rows = self.num_decodings * batch_size
        # One of several processes may have no row of a small last batch.
        largest = max(CHUNK_VALUES // max(rows, 1), 1) if device.type == "cpu" else max(vocabulary_sizes)
        self.chunks = list(_chunks(vocabulary_sizes, largest))
        self.largest_chunk = rows * max(chunk.width for chunk in self.chunks)
        first = torch.tensor([chunk.column for chunk in self.chunks])
        width = torch.tensor([chunk.width for chunk in self.chunks])
        self._first_column = torch.repeat_interleave(first, width).to(device)
        self._width = torch.repeat_interleave(width, width).to(device)
        self._within = torch.arange(self.num_columns, device=device) - self._first_column

    def logits_of(self, buffer: Tensor, chunk: Chunk) -> Tensor:
        """Return a chunk's logits, ``(decodings, batch, columns)``, in a buffer of all."""
        return self._part(buffer, chunk, self.num_decodings, self.batch_size)

    def statistics_of(self, buffer: Tensor, chunk: Chunk) -> Tensor:
        """Return a number for each decoding and column of a chunk, ``(decodings, 1, columns)``, in a buffer of all."""
        return self._part(buffer, chunk, self.num_decodings, 1)

    def logit_positions(self, decodings: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Return where in a buffer of logits those of a document and a word are."""
        return self._positions(decodings * self.batch_size + rows, self.batch_size, columns)

    def statistic_positions(self, decodings: Tensor, columns: Tensor) -> Tensor:
        """Return where in a buffer of numbers by decoding and column those of a word are."""
        return self._positions(decodings, 1, columns)

    def _part(self, buffer: Tensor, chunk: Chunk, *rows: int) -> Tensor:
        before = math.prod(rows)
        part = buffer[before * chunk.column : before * (chunk.column + chunk.width)]
        return part.view(*rows, chunk.width)

    def _positions(self, rows: Tensor, rows_a_decoding: int, columns: Tensor) -> Tensor:
        start = self._first_column[columns] * (self.num_decodings * rows_a_decoding)
        return start + rows * self._width[columns] + self._within[columns]


def _chunks(vocabulary_sizes: Sequence[int], largest: int) -> Iterator[Chunk]:
    column = 0
    for language, size in enumerate(vocabulary_sizes):
        step = math.ceil(size / math.ceil(size / largest))
        for first in range(0, size, step):
            yield Chunk(language, first, min(first + step, size), column + first)
        column += size


class Nonzeros(NamedTuple):
    """The nonzero counts of a batch, those of local and of global counts one after another.

    Attributes:
        values: the counts.
        is_local: whether each is a local count.
        logits: its place in a buffer of logits.
        statistics: its place in a buffer of numbers by decoding and column.
        totals: words of each document, ``(2L, batch)``: by local counts, then by global counts.
    """

    values: Tensor
    is_local: Tensor
    logits: Tensor
    statistics: Tensor
    totals: Tensor

    @classmethod
    def of(cls, counts: Sequence[SparseRows], global_counts: Sequence[SparseRows], layout: DecoderLayout) -> Nonzeros:
        """Gather them from the counts of every language."""
        both = [*counts, *global_counts]
        columns, decodings, start = [], [], 0
        for place, rows in enumerate(both):
            is_local = place < len(counts)
            columns.append(rows.indices + start if is_local else rows.indices)
            decodings.append(torch.full_like(rows.indices, 0 if is_local else place - len(counts) + 1))
            start += rows.width
        values = torch.cat([rows.values for rows in both])
        row = torch.cat([rows.row_of_nonzero for rows in both])
        column, decoding = torch.cat(columns), torch.cat(decodings)
        totals = torch.stack([rows.row_sums() for rows in both])
        return cls(
            values=values,
            is_local=decoding == 0,
            logits=layout.logit_positions(decoding, row, column),
            statistics=layout.statistic_positions(decoding, column),
            totals=totals,
        )


class Workspace:
    """Memory that a training step uses again: what is kept from forwards to backwards, and scratch."""

    def __init__(self) -> None:
        self._tensors: dict[str, Tensor] = {}
        self.uses = 0

    def take(self, name: str, size: int, like: Tensor) -> Tensor:
        """Return a flat tensor of this size, its content whatever it was."""
        held = self._tensors.get(name)
        if held is None or len(held) < size or held.dtype != like.dtype or held.device != like.device:
            held = self._tensors[name] = like.new_empty(size)
        return held[:size]

    def begin(self) -> int:
        """Return the number of the use that begins forwards."""
        self.uses += 1
        return self.uses

    def end(self, use: int) -> None:
        """Begin to go backwards in a use, which has to be the last that began."""
        if use != self.uses:
            raise RuntimeError("the workspace was used again before this loss went backwards")
        self.uses += 1


def reconstruct(
    local_thetas: Sequence[Tensor],
    global_thetas: Sequence[Tensor],
    topic_word: Sequence[Tensor],
    local_shifts: Sequence[Tensor],
    global_shift: Tensor,
    nonzeros: Nonzeros,
    layout: DecoderLayout,
    workspace: Workspace,
) -> Reconstruction:
    """Return the reconstruction losses of a batch by batch statistics, as in training.

    Args:
        local_thetas: θ of each language's documents by its local encoder, ``(batch, K)``.
        global_thetas: θ of the same by the global encoder.
        topic_word: β_l, ``(K, V_l)``.
        local_shifts: learned shift of each local decoder's batch norm, ``(V_l,)``.
        global_shift: that of the global one, ``(V,)``.
        nonzeros: the batch's counts.
        layout: of this batch size.
        workspace: its content is lost; a loss must go backwards before the next is computed with it.
    """
    local, shared, mean, variance = _ReconstructionLoss.apply(  # type: ignore[no-untyped-call]
        nonzeros, layout, workspace, *local_thetas, *global_thetas, *topic_word, *local_shifts, global_shift
    )
    return reconstruction(local, shared, mean, variance, layout, [len(shift) for shift in local_shifts])


def reconstruction(
    local: Tensor, shared: Tensor, mean: Tensor, variance: Tensor, layout: DecoderLayout, sizes: list[int]
) -> Reconstruction:
    """Return the losses with the statistics by language, which were computed by chunk.

    Args:
        local: loss of the local decoders.
        shared: loss of the global one.
        mean: of every decoding and column, a buffer of the layout.
        variance: the same.
        layout: of the batch.
        sizes: V_l of each language.
    """
    by_decoding = []
    for buffer in (mean, variance):
        parts = [layout.statistics_of(buffer, chunk)[:, 0] for chunk in layout.chunks]
        by_decoding.append(torch.cat(parts, dim=1))
    statistics = torch.stack(by_decoding, dim=1)
    return Reconstruction(local, shared, list(torch.split(statistics[0], sizes, dim=1)), list(statistics[1:]))


def decode(
    centered: Sequence[Tensor],
    means: Sequence[Tensor],
    topic_word: Sequence[Tensor],
    local_shifts: Sequence[Tensor],
    global_shift: Tensor,
    layout: DecoderLayout,
    workspace: Workspace,
    variance_of: Callable[[Chunk, Tensor, Tensor, Tensor], None],
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Compute the logits of all decodings, normalized over the batch, and the sums of their exponentials.

    Args:
        centered: θ less its mean, of each language by decoding, ``(K, (L + 1)·B)``.
        means: the mean of θ, of each language by decoding, ``(L + 1, K)``.
        topic_word: β_l, ``(K, V_l)``.
        local_shifts: learned shift of each local decoder's batch norm, ``(V_l,)``.
        global_shift: that of the global one, ``(V,)``.
        layout: of this batch size.
        workspace: holds the logits.
        variance_of: writes the variance of a chunk's columns to its last argument, from the chunk, its centered
            products θβ and room of their size.

    Returns:
        The logits to base 2, less the highest shift; ``(2L, B)`` sums of their exponentials; and by decoding and column
        the mean, the variance, one over the standard deviation, and the shift.
    """
    number, like = layout.num_languages, centered[0]
    # No exponential can overflow, nor their sum: a column has a standard deviation of 1 at most, so none of its
    # logits is beyond √batch of the shift, and the batch is not above LARGEST_BATCH.
    highest = torch.stack([*(shift.max() for shift in local_shifts), *[global_shift.max()] * number])
    tops = by_language(highest, number)
    statistics = layout.num_decodings * layout.num_columns
    logits = workspace.take("logits", layout.num_decodings * layout.batch_size * layout.num_columns, like)
    scratch = workspace.take("scratch", layout.largest_chunk, like)
    mean, variance, scale, shift = (like.new_empty(statistics) for _ in range(4))
    sums = like.new_zeros(2 * number, layout.batch_size)
    for chunk in layout.chunks:
        language, part = chunk.language, slice(chunk.first, chunk.last)
        beta = topic_word[language][:, part]
        chunk_logits = layout.logits_of(logits, chunk)
        product = scratch[: chunk_logits.numel()].view_as(chunk_logits)
        chunk_scale, chunk_shift = layout.statistics_of(scale, chunk), layout.statistics_of(shift, chunk)
        chunk_variance = layout.statistics_of(variance, chunk)
        torch.mm(centered[language].T, beta, out=product.flatten(0, 1))
        torch.mm(means[language], beta, out=layout.statistics_of(mean, chunk)[:, 0])
        variance_of(chunk, product, chunk_logits, chunk_variance)
        torch.rsqrt(chunk_variance + ShiftBatchNorm.eps, out=chunk_scale)
        chunk_shift[0] = local_shifts[language][part]
        chunk_shift[1:] = global_shift[chunk.column : chunk.column + chunk.width]
        chunk_shift -= tops[language][:, None, None]
        torch.addcmul(chunk_shift * LOG2_E, product, chunk_scale * LOG2_E, out=chunk_logits)
        chunk_sums = torch.exp2(chunk_logits, out=product).sum(dim=2)
        sums[language] += chunk_sums[0]
        sums[number:] += chunk_sums[1:]
    return logits, sums, mean, variance, scale, shift


class _ReconstructionLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, nonzeros: Nonzeros, layout: DecoderLayout, workspace: Workspace, *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        number = layout.num_languages
        topic_word, local_shifts, global_shift = tensors[2 * number : 3 * number], tensors[3 * number : -1], tensors[-1]
        theta = torch.stack(tensors[: 2 * number])
        mean_theta = theta.mean(dim=1, keepdim=True)
        # Topics by documents: products are a fifth quicker with this side contiguous.
        centered = [each.flatten(0, 1).T.contiguous() for each in by_language(theta - mean_theta, number)]
        means = by_language(mean_theta[:, 0], number)
        averaging = theta.new_full((layout.num_decodings, 1, layout.batch_size), 1 / layout.batch_size)

        def variance_of(chunk: Chunk, product: Tensor, squares: Tensor, out: Tensor) -> None:
            torch.mul(product, product, out=squares)
            torch.bmm(averaging, squares, out=out)

        logits, sums, mean, variance, scale, shift = decode(
            centered, means, topic_word, local_shifts, global_shift, layout, workspace, variance_of
        )
        picked = logits[nonzeros.logits]
        log_normalizers = (nonzeros.totals * sums.log()).sum(dim=1)
        evidence = nonzeros.values * picked
        local_evidence = (evidence * nonzeros.is_local).sum()
        local = (log_normalizers[:number].sum() - local_evidence / LOG2_E) / layout.batch_size
        shared = (log_normalizers[number:].sum() - (evidence.sum() - local_evidence) / LOG2_E) / layout.batch_size
        ctx.save_for_backward(sums, scale, shift, picked, *centered, *topic_word)
        ctx.nonzeros, ctx.layout, ctx.workspace = nonzeros, layout, workspace
        ctx.use = workspace.begin()
        ctx.mark_non_differentiable(mean, variance)
        return local, shared, mean, variance

    @staticmethod
    def backward(ctx: Any, local_gradient: Tensor, shared_gradient: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
        nonzeros, layout, workspace = ctx.nonzeros, ctx.layout, ctx.workspace
        workspace.end(ctx.use)
        number = layout.num_languages
        sums, scale, shift, picked, *rest = ctx.saved_tensors
        centered, topic_word = rest[:number], rest[number:]
        num_topics = len(topic_word[0])
        gradients = torch.stack([local_gradient] * number + [shared_gradient] * number)[:, None] / layout.batch_size
        # What the exponentials are to be multiplied by to give the gradient at the logits, but for the counts.
        weights = by_language(gradients * nonzeros.totals / sums, number)
        counted = nonzeros.values * torch.where(nonzeros.is_local, local_gradient, shared_gradient) / layout.batch_size

        logits = workspace.take("logits", layout.num_decodings * layout.batch_size * layout.num_columns, sums)
        scratch = workspace.take("scratch", layout.largest_chunk, sums)
        more_scratch = workspace.take("more scratch", layout.largest_chunk, sums)
        gradient_shift = torch.zeros_like(scale).index_add_(0, nonzeros.statistics, counted, alpha=-1)
        slope = torch.zeros_like(scale).index_add_(0, nonzeros.statistics, counted * picked, alpha=-1)
        summing = sums.new_ones(layout.num_decodings, 1, layout.batch_size)
        for chunk in layout.chunks:
            chunk_logits = layout.logits_of(logits, chunk)
            gradient = scratch[: chunk_logits.numel()].view_as(chunk_logits)
            product = more_scratch[: chunk_logits.numel()].view_as(chunk_logits)
            chunk_slope, chunk_shift = layout.statistics_of(slope, chunk), layout.statistics_of(shift, chunk)
            chunk_gradient_shift = layout.statistics_of(gradient_shift, chunk)
            torch.exp2(chunk_logits, out=gradient).mul_(weights[chunk.language][:, :, None])
            chunk_gradient_shift += torch.bmm(summing, gradient)
            torch.mul(gradient, chunk_logits, out=product)
            chunk_slope += torch.bmm(summing, product)
            # From logits to base 2 with their shift to P ⊙ r.
            chunk_slope /= LOG2_E
            chunk_slope -= chunk_shift * chunk_gradient_shift
            gradient.addcmul_(chunk_logits, chunk_slope / (layout.batch_size * LOG2_E), value=-1)
            torch.mul(gradient, layout.statistics_of(scale, chunk), out=chunk_logits)
        logits.index_add_(0, nonzeros.logits, counted * scale[nonzeros.statistics], alpha=-1)

        gradient_theta = sums.new_zeros(number, num_topics, layout.num_decodings * layout.batch_size)
        gradient_beta = [torch.empty_like(beta) for beta in topic_word]
        gradient_local_shift = [sums.new_empty(beta.shape[1]) for beta in topic_word]
        gradient_global_shift = sums.new_empty(layout.num_columns)
        for chunk in layout.chunks:
            language, part = chunk.language, slice(chunk.first, chunk.last)
            gradient = layout.logits_of(logits, chunk).flatten(0, 1)
            gradient_theta[language].addmm_(topic_word[language][:, part], gradient.T)
            torch.mm(centered[language], gradient, out=gradient_beta[language][:, part])
            chunk_gradient_shift = layout.statistics_of(gradient_shift, chunk)[:, 0]
            gradient_local_shift[language][part] = chunk_gradient_shift[0]
            gradient_global_shift[chunk.column : chunk.column + chunk.width] = chunk_gradient_shift[1:].sum(dim=0)
        by_decoding = gradient_theta.transpose(1, 2).reshape(
            number, layout.num_decodings, layout.batch_size, num_topics
        )
        by_decoding -= by_decoding.mean(dim=2, keepdim=True)
        return (
            *(None, None, None),
            *by_decoding[:, 0],
            *by_decoding[:, 1:].sum(dim=0),
            *gradient_beta,
            *gradient_local_shift,
            gradient_global_shift,
        )


def by_language(values: Tensor, number: int) -> list[Tensor]:
    """Rearrange ``(2L, …)``, local then global, to the L + 1 decodings of each language."""
    return [torch.cat([values[language : language + 1], values[number:]]) for language in range(number)]
