"""InfoCTM's alignment of topics: mutual information between the topic representations of linked words.

The representation of a word is its column of φ, K weights; s_ij is the cosine of word i of one language and word j of
the other, over the temperature τ. With c_ij the number of ways that they are linked, P_i the words linked to i and N
the sum of all c, in both directions, the loss is

    1/N · Σ_i Σ_{j ∈ P_i} c_ij · −log( exp s_ij / (exp s_ij + n_i) ),    n_i = Σ_{j ∉ P_i} exp s_ij,

plus the same from the second language to the first, which has links of its own (Wu et al., AAAI 2023, who bound mutual
information by InfoNCE). So a linked word is told from all words that are not linked, never from others that are.

A step needs the similarity of every word with every other, which is what it takes time for. Here it is computed once
for both directions, a chunk of words at a time, and only for pairs of which one at least is linked to something; the
gradient is closed form: with w_i = Σ_j c_ij / (exp s_ij + n_i) over the linked,

    ∂/∂s_ij = w_i exp s_ij where they are not linked,  −c_ij n_i / (exp s_ij + n_i) where they are.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

# Similarities at a time on a processor, so that they stay in its cache.
CHUNK_VALUES = 250_000
_LN_2 = math.log(2)


class _Links(NamedTuple):
    """The links of one direction in a chunk.

    Attributes:
        places: of each, in the flattened chunk.
        anchors: the word that it is a link of: a row of the chunk, or a column of all.
        others: the word that is linked: a column, or a row of the chunk.
        counts: c.
        alone: 1 where the other direction does not have the link as well, else 0.
    """

    places: Tensor
    anchors: Tensor
    others: Tensor
    counts: Tensor
    alone: Tensor


class _Chunk(NamedTuple):
    """Some words of the first language with the words of the second that they are compared with.

    Attributes:
        first: the first word.
        last: one after the last.
        width: so many words of the second language, from the first on.
        there: links from the first language.
        back: links from the second.
    """

    first: int
    last: int
    width: int
    there: _Links
    back: _Links


class TopicAlignment(nn.Module):
    """The loss of a pair of languages.

    Args:
        links: c from the first language to the second, ``(V_a, V_b)``.
        links_back: c from the second to the first, ``(V_b, V_a)``.
        temperature: τ.
        device: where it will be computed.
    """

    def __init__(
        self,
        links: sp.csr_array,
        links_back: sp.csr_array,
        temperature: float,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.temperature = temperature
        there, back = sp.coo_array(links), sp.coo_array(links_back.T)
        self.total = float(there.sum() + back.sum())
        # Words that have links come first: the others are compared with these only.
        order, self._num_anchors = _anchors_first(there.row, links.shape[0])
        order_back, self._num_anchors_back = _anchors_first(back.col, links.shape[1])
        place, place_back = np.argsort(order), np.argsort(order_back)
        self._order = torch.from_numpy(order).to(device)
        self._order_back = torch.from_numpy(order_back).to(device)
        self._shape = links.shape
        self._chunks = [
            _Chunk(
                first,
                last,
                width,
                _links_in(there, back, place, place_back, first, last, width, device),
                _links_in(back, there, place, place_back, first, last, width, device, backwards=True),
            )
            for first, last, width in self._blocks(torch.device(device))
        ]
        self._scratch: dict[str, Tensor] = {}

    def _blocks(self, device: torch.device) -> list[tuple[int, int, int]]:
        blocks = []
        for first, last, width in (
            (0, self._num_anchors, self._shape[1]),
            (self._num_anchors, self._shape[0], self._num_anchors_back),
        ):
            step = max(CHUNK_VALUES // max(width, 1), 1) if device.type == "cpu" else max(last - first, 1)
            blocks += [(each, min(each + step, last), width) for each in range(first, last, step) if width]
        return blocks

    def forward(self, topic_word: Tensor, topic_word_back: Tensor) -> Tensor:
        """The loss of φ of the first and of the second language, ``(K, V_a)`` and ``(K, V_b)``."""
        words = F.normalize(topic_word.T[self._order], dim=1)
        words_back = F.normalize(topic_word_back.T[self._order_back], dim=1)
        loss: Tensor = _AlignmentLoss.apply(self, words, words_back)  # type: ignore[no-untyped-call]  # torch's
        return loss

    def scratch(self, name: str, size: int, like: Tensor) -> Tensor:
        """A flat tensor that every step uses again: new memory of this size costs more than the exponentials."""
        held = self._scratch.get(name)
        if held is None or held.dtype != like.dtype or held.device != like.device:
            held = self._scratch[name] = like.new_empty(size)
        return held

    def loss_and_gradients(self, words: Tensor, words_back: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The loss of unit vectors, linked words first, and its gradient at them."""
        memory = self.scratch("exponentials", sum((c.last - c.first) * c.width for c in self._chunks), words)
        factors = self.scratch("factors", max(((c.last - c.first) * c.width for c in self._chunks), default=0), words)
        exponentials, start = [], 0
        rest = words.new_zeros(len(words))
        rest_back = words.new_zeros(len(words_back))
        taken = []
        # Exponentials to base 2 are twice as quick.
        scaled = words_back.T / (self.temperature * _LN_2)
        for chunk in self._chunks:
            size = (chunk.last - chunk.first) * chunk.width
            flat = memory[start : start + size]
            start += size
            matrix = flat.view(-1, chunk.width)
            exponentials.append(flat)
            torch.mm(words[chunk.first : chunk.last], scaled[:, : chunk.width], out=matrix)
            similar, similar_back = flat[chunk.there.places], flat[chunk.back.places]
            matrix.exp2_()
            # What is not linked, summed without what is, rather than all less the linked: nothing cancels.
            linked = flat[chunk.there.places]
            flat[chunk.there.places] = 0
            rest[chunk.first : chunk.last] = matrix.sum(dim=1)
            flat[chunk.there.places] = linked
            linked_back = flat[chunk.back.places]
            flat[chunk.back.places] = 0
            rest_back[: self._num_anchors_back] += matrix[:, : self._num_anchors_back].sum(dim=0)
            flat[chunk.there.places] = 0
            taken.append((similar, similar_back, linked, linked_back))

        loss = words.new_zeros((), dtype=torch.float64)
        weights, weights_back = torch.zeros_like(rest), torch.zeros_like(rest_back)
        pulls = []
        for chunk, (similar, similar_back, linked, linked_back) in zip(self._chunks, taken, strict=True):
            rows = slice(chunk.first, chunk.last)
            loss_there, pull = _pull(chunk.there, similar, linked, rest[rows], weights[rows], self.total)
            loss_back, pull_back = _pull(chunk.back, similar_back, linked_back, rest_back, weights_back, self.total)
            loss = loss + loss_there + loss_back
            pulls.append((pull, pull_back))

        gradient, gradient_back = torch.zeros_like(words), torch.zeros_like(words_back)
        for chunk, flat, (_, _, linked, linked_back), (pull, pull_back) in zip(
            self._chunks, exponentials, taken, pulls, strict=True
        ):
            rows = slice(chunk.first, chunk.last)
            matrix = flat.view(-1, chunk.width)
            factor = factors[: flat.numel()].view_as(matrix)
            torch.add(weights[rows, None], weights_back[None, : chunk.width], out=factor)
            matrix *= factor
            # Both directions' links are 0 so far. One that only one direction has is among the rest of the other.
            there, back = chunk.there, chunk.back
            flat.index_add_(0, there.places, pull + there.alone * weights_back[there.others] * linked)
            flat.index_add_(0, back.places, pull_back + back.alone * weights[rows][back.others] * linked_back)
            torch.mm(matrix, words_back[: chunk.width], out=gradient[rows])
            gradient_back[: chunk.width].addmm_(matrix.T, words[rows])
        return loss.to(words.dtype), gradient / self.temperature, gradient_back / self.temperature


class _AlignmentLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, alignment: TopicAlignment, words: Tensor, words_back: Tensor) -> Tensor:
        loss, gradient, gradient_back = alignment.loss_and_gradients(words, words_back)
        ctx.save_for_backward(gradient, gradient_back)
        return loss

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[None, Tensor, Tensor]:
        gradient, gradient_back = ctx.saved_tensors
        return None, upstream * gradient, upstream * gradient_back


def _pull(
    links: _Links, similar: Tensor, linked: Tensor, rest: Tensor, weights: Tensor, total: float
) -> tuple[Tensor, Tensor]:
    """The loss of links, and its gradient at their similarities; their share of w is added to ``weights``.

    Args:
        links: of one direction in a chunk.
        similar: their similarities over ln 2.
        linked: the exponentials of their similarities.
        rest: n of each anchor.
        weights: w of each anchor.
        total: N.
    """
    normalizer = linked + rest[links.anchors]
    counts = links.counts.to(similar.dtype) / total
    weights.index_add_(0, links.anchors, counts / normalizer)
    return (counts * (normalizer.log() - _LN_2 * similar)).double().sum(), -counts * rest[links.anchors] / normalizer


def _anchors_first(anchors: NDArray[np.int32], size: int) -> tuple[NDArray[np.int64], int]:
    is_anchor = np.zeros(size, bool)
    is_anchor[anchors] = True
    return np.argsort(~is_anchor, kind="stable"), int(is_anchor.sum())


def _links_in(
    links: sp.coo_array,
    others: sp.coo_array,
    place: NDArray[np.int64],
    place_back: NDArray[np.int64],
    first: int,
    last: int,
    width: int,
    device: torch.device | str,
    *,
    backwards: bool = False,
) -> _Links:
    """Links whose row, as ordered, is in a chunk; both directions' by rows and columns of the first direction."""
    rows, columns = place[links.row], place_back[links.col]
    inside = (rows >= first) & (rows < last) & (columns < width)
    rows, columns = rows[inside] - first, columns[inside]
    flat = links.row[inside].astype(np.int64) * links.shape[1] + links.col[inside]
    alone = ~np.isin(flat, others.row.astype(np.int64) * links.shape[1] + others.col)
    anchors, linked = (columns, rows) if backwards else (rows, columns)
    arrays = (rows * width + columns, anchors, linked)
    places, anchors, linked = (np.ascontiguousarray(array, np.int64) for array in arrays)
    return _Links(
        torch.from_numpy(places).to(device),
        torch.from_numpy(anchors).to(device),
        torch.from_numpy(linked).to(device),
        torch.from_numpy(links.data[inside].astype(np.float64)).to(device),
        torch.from_numpy(alone.astype(np.float32)).to(device),
    )
