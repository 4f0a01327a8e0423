"""Made-up corpora in the shape of the published ones, and larger: time depends on sizes and not on what words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm import Corpus
from gloctm.augmentation import global_counts, rows_of_ones
from gloctm.corpus import LanguageCorpus


def private_code(place: int) -> str:
    """The code of a made-up language: qaa, qab, … are nobody's."""
    return f"q{chr(97 + place // 26)}{chr(97 + place % 26)}"


@dataclass(frozen=True)
class Shape:
    """Sizes of a corpus and of a model of it.

    Attributes:
        documents: of each language.
        words: of each language's vocabulary.
        distinct_words: how many each document has, on average.
        num_neighbors: k.
        num_topics: K.
        dimension: of the embeddings.
    """

    documents: tuple[int, ...]
    words: tuple[int, ...]
    distinct_words: float
    num_neighbors: int = 3
    num_topics: int = 50
    dimension: int = 512

    @property
    def dense_gigabytes(self) -> float:
        """What counts and global counts of all documents take as dense float32 arrays."""
        total = sum(self.words)
        columns = sum(documents * (words + total) for documents, words in zip(self.documents, self.words, strict=True))
        return 4 * columns / 1e9

    def corpus(self, limit: int | None = None) -> Corpus:
        """Counts with Zipf's distribution of words and random embeddings, at most ``limit`` documents a language."""
        parts = {}
        for place, (documents, words) in enumerate(zip(self.documents, self.words, strict=True)):
            generator = np.random.default_rng(place)
            number = min(documents, limit or documents)
            frequency = 1 / np.arange(10, words + 10)
            sizes = np.maximum(generator.poisson(self.distinct_words * 1.15, number), 1)
            columns = generator.choice(words, int(sizes.sum()), p=frequency / frequency.sum())
            rows = np.repeat(np.arange(number), sizes)
            counts = sp.coo_array((np.ones(len(columns), np.int32), (rows, columns)), shape=(number, words)).tocsr()
            parts[private_code(place)] = LanguageCorpus(
                counts=counts,
                vocabulary=[f"w{word}" for word in range(words)],
                word_embeddings=generator.standard_normal((words, self.dimension), np.float32),
                document_embeddings=generator.standard_normal((number, self.dimension), np.float32),
            )
        return Corpus(parts)


# Documents, vocabularies and mean number of a document's distinct words of the benchmark folders.
SHAPES = {
    "ecnews": Shape((37_480, 40_000), (5000, 5000), 10.4),
    "rakuten": Shape((20_000, 20_000), (5000, 5000), 23.4, num_neighbors=12),
}


def augment_by_chance(
    counts: Mapping[str, sp.csr_array],
    word_embeddings: Mapping[str, NDArray[np.float32]],
    num_neighbors: int,
    **_: object,
) -> dict[str, sp.csr_array]:
    """Global counts by neighbors drawn at random: as many as by search, which takes long for large vocabularies.

    It stands in for ``gloctm.augmentation.augment``; how that one should search is of no concern here.
    """
    sizes = [len(vectors) for vectors in word_embeddings.values()]
    starts = np.cumsum([0, *sizes])[:-1]
    result = {}
    for place, (language, matrix) in enumerate(counts.items()):
        generator = np.random.default_rng(place)
        words = matrix.shape[1]
        columns = [(starts[place] + np.arange(words))[:, None]]
        for other, (start, size) in enumerate(zip(starts, sizes, strict=True)):
            # Steps from a place by chance, so that no neighbor comes twice and none is the word itself.
            first = np.arange(words)[:, None] if other == place else generator.integers(size, size=(words, 1))
            columns.append(start + (first + np.arange(1, num_neighbors + 1) * max(size // 37, 1)) % size)
        result[language] = global_counts(matrix, rows_of_ones(np.concatenate(columns, axis=1), sum(sizes)))
    return result
