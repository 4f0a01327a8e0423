"""The batches of an epoch, of documents that are all in memory, and what every source of batches has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from gloctm.augmentation.counts import augment
from gloctm.augmentation.neighbors import NeighborSearch
from gloctm.corpus.corpus import Corpus
from gloctm.network.network import LanguageBatch, LanguageNoise
from gloctm.network.ranks import Ranks, Share, alone
from gloctm.network.sparse import SparseRows

# Batches that are gathered at once: one gather costs about as much as one batch's would.
GATHERED_BATCHES = 32


class BatchSource(Protocol):
    """Where a training has its batches from."""

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        ...

    @property
    def length(self) -> int:
        """Documents of the largest language."""
        ...

    def epoch(
        self, batch_size: int, generator: torch.Generator, *, number: int = 0, skip: int = 0
    ) -> Iterator[dict[str, LanguageBatch]]:
        """Return the batches of one epoch.

        Args:
            batch_size: documents of each language.
            generator: shuffles, where the number of the epoch does not say the order.
            number: of the epoch, from 0.
            skip: how many batches to leave out at the beginning.
        """
        ...


def batch_sizes(length: int, batch_size: int) -> list[int]:
    """Return documents of each language in each batch of an epoch.

    A last batch of one document joins the one before, because batch norm needs two.

    Args:
        length: documents of the largest language.
        batch_size: documents of each language per step.

    Example:
        >>> batch_sizes(9, 4), batch_sizes(10, 4)
        ([4, 5], [4, 4, 2])
    """
    whole, rest = divmod(length, batch_size)
    sizes = [batch_size] * whole
    if rest == 1 and whole:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return sizes


class Batches:
    """All documents of all languages on one device, and the batches of an epoch.

    Args:
        corpus: with embeddings.
        num_neighbors: k of the augmentation.
        device: where the tensors are.
        neighbor_search: see ``gloctm.augmentation.augment``.
        show_progress: whether a long search for neighbors is shown.
        ranks: the processes that train together: batches are this one's rows.
    """

    def __init__(
        self,
        corpus: Corpus,
        num_neighbors: int,
        device: torch.device,
        *,
        neighbor_search: NeighborSearch = "exact",
        show_progress: bool = False,
        ranks: Ranks | None = None,
    ) -> None:
        counts = {language: part.counts for language, part in corpus.items()}
        words = {language: np.asarray(part.word_embeddings) for language, part in corpus.items()}
        global_counts = augment(counts, words, num_neighbors, search=neighbor_search, show_progress=show_progress)
        self._counts = {language: _DocumentRows(matrix, device) for language, matrix in counts.items()}
        self._global_counts = {language: _DocumentRows(matrix, device) for language, matrix in global_counts.items()}
        self._embeddings = {
            language: _EmbeddingRows(part.document_embeddings, device)
            for language, part in corpus.items()
            if part.document_embeddings is not None
        }
        self.device = device
        self.length = max(part.num_documents for part in corpus.values())
        self._ranks = ranks or alone()

    def epoch(
        self, batch_size: int, generator: torch.Generator, *, number: int = 0, skip: int = 0
    ) -> Iterator[dict[str, LanguageBatch]]:
        """Return the batches of one epoch: the largest language once, every smaller one cycled.

        Index i of a shuffled range is document i mod D_l of each language.

        Args:
            batch_size: documents of each language.
            generator: shuffles.
            number: not used: the order is the generator's.
            skip: how many batches to leave out at the beginning.
        """
        order = torch.randperm(self.length, generator=generator)
        sizes = batch_sizes(self.length, batch_size)
        order, sizes = order[sum(sizes[:skip]) :], sizes[skip:]
        for first in range(0, len(sizes), GATHERED_BATCHES):
            together = sizes[first : first + GATHERED_BATCHES]
            rows, order = order[: sum(together)], order[sum(together) :]
            if self._ranks.world > 1:
                parts = [batch[self._ranks.rows(len(batch))] for batch in torch.split(rows, together)]
                rows, together = torch.cat(parts), [len(part) for part in parts]
            taken = [
                (
                    language,
                    self._counts[language].batches(rows, together),
                    self._global_counts[language].batches(rows, together),
                    self._embeddings[language].batches(rows, together),
                )
                for language in self._counts
            ]
            for _ in together:
                yield {
                    language: LanguageBatch(next(counts), next(global_counts), next(embeddings))
                    for language, counts, global_counts, embeddings in taken
                }


class _DocumentRows:
    """The counts of a language's documents on a device."""

    def __init__(self, matrix: sp.csr_array, device: torch.device) -> None:
        # All documents' indices take half the memory so; those of a batch become what torch computes with.
        self._rows = SparseRows.from_scipy(matrix, device=device, index_dtype=torch.int32)
        # Known here too, so that no device has to be asked for a size.
        self._lengths = torch.as_tensor(np.diff(matrix.indptr).astype(np.int64))

    def batches(self, rows: torch.Tensor, sizes: Sequence[int]) -> Iterator[SparseRows]:
        """Return rows (modulo their number) in batches of these sizes; gathered at once, a batch is a slice."""
        chosen = rows % len(self._lengths)
        # From zero, where no row is this process's.
        ends = F.pad(self._lengths[chosen].cumsum(0), (1, 0))[torch.as_tensor(sizes).cumsum(0)].tolist()
        gathered = self._rows.take(chosen.to(self._rows.indices.device), total=ends[-1])
        return gathered.slices(sizes, ends)


class _EmbeddingRows:
    """The embeddings of a language's documents: on another device, or else where they are, which may be a disk."""

    def __init__(self, embeddings: NDArray[np.float32], device: torch.device) -> None:
        self._array = embeddings
        # A copy: torch must not be given a read-only memory map.
        self._tensor = None if device.type == "cpu" else torch.from_numpy(np.array(embeddings)).to(device)

    def batches(self, rows: torch.Tensor, sizes: Sequence[int]) -> Iterator[torch.Tensor]:
        """Return rows (modulo their number) in batches of these sizes."""
        chosen = rows % len(self._array)
        if self._tensor is None:
            gathered = torch.from_numpy(np.asarray(self._array[chosen.numpy()]))
        else:
            gathered = self._tensor[chosen.to(self._tensor.device)]
        return iter(torch.split(gathered, list(sizes)))


def draw_noise(
    batch: Mapping[str, LanguageBatch],
    num_topics: int,
    generators: Mapping[str, torch.Generator],
    share: Share | None = None,
) -> dict[str, LanguageNoise]:
    """Draw standard normal numbers for a batch, each language from a generator of its own.

    Args:
        batch: whose rows they are for.
        num_topics: K.
        generators: by language.
        share: which rows of the whole batch these are; None for all. Each process draws all rows' numbers and takes its
            own, so that generators stay the same in all processes, and the numbers for any number of them.
    """
    draws = {}
    for language, part in batch.items():
        generator = generators[language]
        shape = (2, len(part.counts) if share is None else share.batch_size, num_topics)
        local, shared = torch.randn(shape, generator=generator, device=generator.device)
        draws[language] = LanguageNoise(*(each if share is None else each[share.rows] for each in (local, shared)))
    return draws
