"""Vectors of words that no vocabulary has, by the encoder of the model's own, remembered in memory alone.

Not by the embedding cache on disk, which keeps everything: it would grow by whatever a server is asked.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gloctm.embedding.encoder import TextEncoder
from gloctm.server.work import Deadline

# Some 40 MB at 512 numbers each.
MEMO_WORDS = 20_000
# Words an encoder is given at a time: a fraction of a second.
_BATCH = 128
# Of a longer run of letters, which is no word, an encoder would take much memory to make a vector that says nothing.
LONGEST_WORD = 100

Vectors = NDArray[np.float32]


class WordVectors:
    """Embeds words, one thread at a time.

    Args:
        encoder: by what.
        dimension: of its vectors.
        memo_words: how many words are remembered, those longest not asked for forgotten first.
    """

    def __init__(self, encoder: TextEncoder, dimension: int, *, memo_words: int = MEMO_WORDS) -> None:
        self.encoder = encoder
        self._dimension = dimension
        self._memo_words = memo_words
        self._memo: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many words are remembered."""
        return len(self._memo)

    def missing(self, words: Sequence[str]) -> int:
        """How many of some different words would have to be embedded."""
        with self._lock:
            return sum(word not in self._memo for word in words)

    def __call__(self, words: Sequence[str], deadline: Deadline) -> Vectors:
        """The vectors of different words, ``(words, dimension)``; zeros for one that is too long to be one."""
        found: dict[str, Vectors] = {}
        with self._lock:
            for word in words:
                if word in self._memo:
                    self._memo.move_to_end(word)
                    found[word] = self._memo[word]
        wanted = [word for word in words if word not in found and len(word) <= LONGEST_WORD]
        for start in range(0, len(wanted), _BATCH):
            deadline.check()
            batch = wanted[start : start + _BATCH]
            with self._lock:
                encoded = np.asarray(self.encoder.encode(batch), np.float32)
                for word, vector in zip(batch, encoded, strict=True):
                    # A copy of its own: a view would keep the whole batch.
                    found[word] = self._memo[word] = vector.copy()
                while len(self._memo) > self._memo_words:
                    self._memo.popitem(last=False)
        zero = np.zeros(self._dimension, np.float32)
        vectors = [found.get(word, zero) for word in words]
        return np.stack(vectors) if vectors else np.empty((0, self._dimension), np.float32)
