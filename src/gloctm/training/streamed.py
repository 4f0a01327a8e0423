"""Batches of a corpus on disk: windows of documents are read while those before them are trained on."""

from __future__ import annotations

import time
from collections.abc import ItemsView, Iterator, Sequence, ValuesView
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from gloctm.augmentation.counts import neighbor_matrices
from gloctm.augmentation.neighbors import NeighborSearch
from gloctm.embedding.encoder import Embeddings
from gloctm.network.network import LanguageBatch
from gloctm.network.ranks import Ranks, alone
from gloctm.network.sparse import SparseRows
from gloctm.training.batches import batch_sizes
from gloctm.training.order import Order


class BlockedLanguage(Protocol):
    """The documents of one language in blocks that can be read apart, as ``ShardedLanguage`` has them."""

    @property
    def num_documents(self) -> int:
        """The number of documents."""
        ...

    @property
    def num_words(self) -> int:
        """Size of the vocabulary."""
        ...

    @property
    def word_embeddings(self) -> Embeddings | None:
        """``(vocabulary, dimension)``."""
        ...

    @property
    def block_sizes(self) -> NDArray[np.int64]:
        """Documents of each block."""
        ...

    def read_blocks(self, numbers: Sequence[int], order: NDArray[np.int64]) -> tuple[sp.csr_array, NDArray[np.float32]]:
        """Return the counts and embeddings of the documents of some blocks, in an order counted through the blocks."""
        ...


class BlockedCorpus(Protocol):
    """The languages of a corpus on disk, as ``ShardedCorpus`` has them."""

    def __iter__(self) -> Iterator[str]: ...

    def items(self) -> ItemsView[str, BlockedLanguage]:
        """Return the documents of each language."""
        ...

    def values(self) -> ValuesView[BlockedLanguage]:
        """Return the documents of each language."""
        ...

    def fingerprint(self) -> str:
        """Return a digest of all that a model can depend on."""
        ...


class StreamedBatches:
    """The batches of a corpus on disk, of which two windows per language are in memory.

    Global counts are gathered per batch from a table of the neighbors of each word. A word that is a neighbor of two
    words of a document is in its row twice; all that the network computes are sums, which stay the same.

    Args:
        corpus: with embeddings; only blocks are read of it.
        num_neighbors: k of the augmentation.
        device: where the tensors are.
        seed: of the order of documents.
        shuffle_documents: documents of each language that are in memory and shuffled at once (``Order``).
        neighbor_search: see ``gloctm.augmentation.augment``.
        show_progress: whether a long search for neighbors is shown.
        ranks: the processes that train together: batches are this one's rows. Each reads all windows.

    Attributes:
        length: documents of the largest language.
        waited_seconds: how long training waited for windows that were not yet read, without the first.
    """

    def __init__(
        self,
        corpus: BlockedCorpus,
        num_neighbors: int,
        device: torch.device,
        *,
        seed: int,
        shuffle_documents: int,
        neighbor_search: NeighborSearch = "exact",
        show_progress: bool = False,
        ranks: Ranks | None = None,
    ) -> None:
        words = {language: np.asarray(part.word_embeddings) for language, part in corpus.items()}
        matrices = neighbor_matrices(words, num_neighbors, search=neighbor_search, show_progress=show_progress)
        self._width = sum(part.num_words for part in corpus.values())
        # Every word has equally many neighbors.
        self._neighbors = {
            language: torch.from_numpy(matrix.indices.reshape(matrix.shape[0], -1)).to(device, torch.int64)
            for language, matrix in matrices.items()
        }
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="gloctm-reader")
        self._streams = {
            language: _Stream(
                part,
                Order(part.block_sizes, seed=seed, language=language, shuffle_documents=shuffle_documents),
                device,
                self._reader,
            )
            for language, part in corpus.items()
        }
        self._shared_ones = torch.ones(0, device=device)
        self._ranks = ranks or alone()
        self.device = device
        self.length = max(part.num_documents for part in corpus.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the thread that reads, and release what was read."""
        self._reader.shutdown(cancel_futures=True)
        for stream in self._streams.values():
            stream.forget()

    @property
    def waited_seconds(self) -> float:
        """How long training waited for windows that were not yet read, without the first."""
        return sum(stream.waited_seconds for stream in self._streams.values())

    def epoch(
        self, batch_size: int, generator: torch.Generator, *, number: int = 0, skip: int = 0
    ) -> Iterator[dict[str, LanguageBatch]]:
        """Return the batches of one epoch: the largest language once, every smaller one further along its own cycles.

        Args:
            batch_size: documents of each language.
            generator: not used: the order is a function of the seed and the number of the epoch.
            number: of the epoch, from 0.
            skip: how many batches to leave out at the beginning.
        """
        sizes = batch_sizes(self.length, batch_size)
        place = number * self.length + sum(sizes[:skip])
        for size in sizes[skip:]:
            batch, own = {}, self._ranks.rows(size)
            for language, stream in self._streams.items():
                counts, embeddings = stream.batch(place + own.start, own.stop - own.start)
                batch[language] = LanguageBatch(counts, self._global_counts(counts, language), embeddings)
            place += size
            yield batch

    def _global_counts(self, counts: SparseRows, language: str) -> SparseRows:
        """Return for each document the neighbors of its distinct words, as often as they are neighbors."""
        neighbors = self._neighbors[language]
        indices = neighbors.index_select(0, counts.indices).flatten()
        return SparseRows(indices, counts.offsets * neighbors.shape[1], self._ones(len(indices)), self._width)

    def _ones(self, number: int) -> torch.Tensor:
        """Return ones, which batches share."""
        if len(self._shared_ones) < number:
            self._shared_ones = torch.ones(2 * number, device=self.device)
        return self._shared_ones[:number]


@dataclass(frozen=True)
class _ReadWindow:
    """The documents of a window in their order, as tensors on the device, and where the nonzeros of each begin."""

    start: int
    end: int
    counts: SparseRows
    begins: NDArray[np.integer[Any]]
    embeddings: torch.Tensor

    def holds(self, place: int) -> bool:
        return self.start <= place < self.end

    def documents(self, place: int, end: int) -> tuple[SparseRows, torch.Tensor]:
        """Return counts and embeddings from a place to another, both in this window."""
        row, stop = place - self.start, end - self.start
        first, last = int(self.begins[row]), int(self.begins[stop])
        counts = SparseRows(
            self.counts.indices[first:last].to(torch.int64),
            self.counts.offsets[row : stop + 1] - first,
            self.counts.values[first:last],
            self.counts.width,
        )
        return counts, self.embeddings[row:stop]


class _Stream:
    """The documents of one language at the places of its endless order, read a window ahead."""

    def __init__(self, part: BlockedLanguage, order: Order, device: torch.device, reader: ThreadPoolExecutor) -> None:
        self._part, self._order, self._device, self._reader = part, order, device, reader
        self._current: _ReadWindow | None = None
        self._next: Future[_ReadWindow] | None = None
        self.waited_seconds = 0.0

    def batch(self, place: int, size: int) -> tuple[SparseRows, torch.Tensor]:
        """Return the counts and embeddings of the documents from a place on."""
        counts: list[SparseRows] = []
        embeddings: list[torch.Tensor] = []
        end = place + size
        # Of a small last batch, there may be no document.
        while place < end or not counts:
            window = self._window_at(place)
            some_counts, some_embeddings = window.documents(place, min(end, window.end))
            counts.append(some_counts)
            embeddings.append(some_embeddings)
            place = window.end
        return SparseRows.stacked(counts), embeddings[0] if len(embeddings) == 1 else torch.cat(embeddings)

    def _window_at(self, place: int) -> _ReadWindow:
        """Return the window of a place, and have the one after it read."""
        if self._current is not None and self._current.holds(place):
            return self._current
        is_first = self._current is None
        ahead, self._current, self._next = self._next, None, None
        started = time.perf_counter()
        found = None if ahead is None else ahead.result()
        if found is None or not found.holds(place):
            found = self._read(place)
        if not is_first:
            self.waited_seconds += time.perf_counter() - started
        self._current = found
        self._next = self._reader.submit(self._read, found.end)
        return found

    def _read(self, place: int) -> _ReadWindow:
        window = self._order.window_at(place)
        counts, embeddings = self._part.read_blocks(window.blocks.tolist(), window.order)
        return _ReadWindow(
            window.start,
            window.end,
            # What waits to be used takes half the memory so; the indices of a batch become what torch computes with.
            SparseRows.from_scipy(counts, device=self._device, index_dtype=torch.int32),
            counts.indptr,
            torch.from_numpy(np.ascontiguousarray(embeddings, np.float32)).to(self._device),
        )

    def forget(self) -> None:
        """Release what was read."""
        self._current = self._next = None
