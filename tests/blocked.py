"""A corpus in blocks, without a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.corpus import Corpus, LanguageCorpus


class BlockedPart:
    """The documents of one language in blocks; notes which are read."""

    def __init__(self, part: LanguageCorpus, block_sizes: Sequence[int]) -> None:
        self.part = part
        self.block_sizes = np.asarray(block_sizes, np.int64)
        assert self.block_sizes.sum() == part.num_documents
        self.num_documents, self.num_words = part.num_documents, part.num_words
        self.word_embeddings = part.word_embeddings
        self.read: list[list[int]] = []

    def read_blocks(self, numbers: Sequence[int], order: NDArray[np.int64]) -> tuple[sp.csr_array, NDArray[np.float32]]:
        self.read.append(list(numbers))
        ends = np.cumsum(self.block_sizes)
        rows = np.concatenate([np.arange(ends[number] - self.block_sizes[number], ends[number]) for number in numbers])[
            order
        ]
        return self.part.counts[rows], np.asarray(self.part.document_embeddings[rows])


class BlockedCorpus(dict[str, BlockedPart]):
    """Its languages."""

    def __init__(self, corpus: Corpus, size: int) -> None:
        super().__init__(
            {
                language: BlockedPart(
                    part, [min(size, part.num_documents - at) for at in range(0, part.num_documents, size)]
                )
                for language, part in corpus.items()
            }
        )
        self._corpus = corpus

    def fingerprint(self) -> str:
        return self._corpus.fingerprint()
