"""The order in which documents of a language are trained on when they are read block by block.

Documents come in an endless sequence of cycles. A cycle takes every document once: blocks in random order, a window of
blocks at a time, and the documents of a window in random order. The sequence is a function of the seed and the
language. Nothing is kept between calls, so that any place in it is found by arithmetic.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Window:
    """Some blocks whose documents are shuffled together.

    Attributes:
        start: place of its first document in the endless sequence.
        blocks: numbers of the blocks, ascending.
        order: for each of its places a document, counted through the blocks, ``(documents,)``.

    Example:
        >>> window = Order([2, 2, 2], seed=0, language="en", shuffle_documents=4).window_at(0)
        >>> len(window.blocks), sorted(window.order.tolist())
        (2, [0, 1, 2, 3])
    """

    start: int
    blocks: Rows
    order: Rows

    @property
    def end(self) -> int:
        """The place after its last document."""
        return self.start + len(self.order)


@dataclass(frozen=True, eq=False)
class _Cycle:
    """The windows of a cycle: the blocks in their order, and where windows begin among them and among documents."""

    blocks: Rows
    first_blocks: Rows
    starts: Rows


class Order:
    """The endless sequence of the documents of one language.

    Args:
        block_sizes: documents of each block, none empty.
        seed: of all random numbers.
        language: languages have orders of their own.
        shuffle_documents: the most documents of a window, which is at least one block. Windows of a cycle are of about
            one size.

    Example:
        >>> order = Order([3, 3, 2], seed=0, language="en", shuffle_documents=6)
        >>> sorted(order.take(0, 8).tolist()) == sorted(order.take(8, 8).tolist()) == list(range(8))
        True
    """

    def __init__(self, block_sizes: ArrayLike, *, seed: int, language: str, shuffle_documents: int) -> None:
        self._sizes = np.asarray(block_sizes, np.int64)
        self._seed, self._language = seed, language
        self.num_documents = int(self._sizes.sum())
        blocks_of_window = max(1, shuffle_documents // int(self._sizes.max()))
        num_windows = -(-len(self._sizes) // blocks_of_window)
        # Windows of equal numbers of blocks, rather than full ones and a small rest, which would mix fewer blocks.
        self._first_blocks = np.arange(num_windows + 1) * len(self._sizes) // num_windows
        # Windows are asked for one after another, mostly of one cycle.
        self._cycle = lru_cache(maxsize=2)(self._permuted_blocks)

    def window_at(self, place: int) -> Window:
        """Return the window that holds a place of the endless sequence."""
        number, within = divmod(place, self.num_documents)
        cycle = self._cycle(number)
        window = int(np.searchsorted(cycle.starts, within, side="right")) - 1
        blocks = np.sort(cycle.blocks[cycle.first_blocks[window] : cycle.first_blocks[window + 1]])
        size = int(cycle.starts[window + 1] - cycle.starts[window])
        order = _permutation(size, self._seed, "rows", self._language, number, window)
        return Window(number * self.num_documents + int(cycle.starts[window]), blocks, order)

    def take(self, start: int, count: int) -> Rows:
        """Return the rows of the documents at some places of the endless sequence, ``(count,)``."""
        first_rows = np.cumsum(self._sizes) - self._sizes
        found, place = [np.zeros(0, np.int64)], start
        while place < start + count:
            window = self.window_at(place)
            sizes = self._sizes[window.blocks]
            shift = np.repeat(first_rows[window.blocks] - (np.cumsum(sizes) - sizes), sizes)
            rows = window.order + shift[window.order]
            found.append(rows[place - window.start : start + count - window.start])
            place = window.end
        return np.concatenate(found)

    def _permuted_blocks(self, number: int) -> _Cycle:
        blocks = _permutation(len(self._sizes), self._seed, "blocks", self._language, number)
        ends = np.concatenate([[0], np.cumsum(self._sizes[blocks])])
        return _Cycle(blocks, self._first_blocks, ends[self._first_blocks])


def _permutation(size: int, *purpose: object) -> Rows:
    """Return the numbers below a size in a random order, a function of the purpose alone."""
    digest = hashlib.sha256("/".join(map(str, purpose)).encode()).digest()
    # Sorted raw numbers of a counter: numpy promises those to be the same in all versions, but not its permutations.
    raw = np.random.Philox(key=int.from_bytes(digest[:16], "little")).random_raw(size)
    return np.argsort(raw, kind="stable")
