"""Words of languages that a model was not trained on, linked to the vocabularies it knows.

The encoder of the model's word embeddings embeds a new word w, which is linked to its m nearest words in every trained
vocabulary. Row w of N_new, ``(V_new, V)``, holds a_w (k·L + 1) / (m·L) at each of these. With a_w = 1, it has
the sum of a trained word's row of N_l: the global encoder gets counts of the size it knows.

Nearest is by cosine, after subtracting the mean of the trained words' unit vectors from both sides. All words of an
encoder point a little in one direction; without it there are fewer hubs, words that are near to everything.

a_w says how far the words that w is linked to are about one topic. It is the largest mean of their β less its mean over
topics, relative to the same number for trained words. Frequencies and stop words choose a vocabulary to train on. Texts
of a new language bring every word, and most are about nothing in particular.

The links of a word depend on the word alone, not on the words it is embedded with. Words of characters that an encoder
does not know have nearly equal vectors, so which of them are nearest would be chance: each such word is embedded by
itself, and compared in a fixed order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array
from gloctm.augmentation.neighbors import nearest_neighbors, unit_vectors
from gloctm.embedding.embed import embed_texts
from gloctm.embedding.encoder import Embeddings, TextEncoder
from gloctm.errors import InputError

# m. docs/lab/links.md has the figures of others.
NUM_LINKS = 8
# In a small vocabulary, at most every eighth word is linked, or each word would be near to everything.
SMALLEST_SHARE = 8
# a_w is relative to this many trained words, or up to twice as many, evenly spread: enough for a mean.
SAMPLE_WORDS = 2000
# Words embedded and linked at a time: their vectors are never all in memory.
BLOCK_WORDS = 16_384
# Words whose links are kept for the next call: about 80 MB with five languages.
MEMO_WORDS = 200_000
# What an encoder embeds together, and a product computes together, changes last bits: about 1e-7 of a similarity.
# Where the last word linked and the next are nearer to each other than this, that must not decide which is which.
CLOSE = 1e-5
# From this many new words on, embedding them takes long enough to show its progress.
LONG_WORK = 2000

# The columns that a word is linked to, ascending, none where its vector is zero; and its a_w.
Link = tuple[NDArray[np.int32], float]


class WordLinker:
    """Links words to the vocabularies of one model, and remembers the links of those it has seen.

    Args:
        word_embeddings: for each trained language ``(V_l, dimension)``; their order is that of the columns.
        topic_word: for each trained language β_l, ``(K, V_l)``, in the same order.
        num_neighbors: k of the model's training.
        num_links: m, in each language; in a small vocabulary at most an eighth of it, or k where that is more.
    """

    def __init__(
        self,
        word_embeddings: Mapping[str, Embeddings],
        topic_word: Mapping[str, Array],
        num_neighbors: int,
        *,
        num_links: int = NUM_LINKS,
    ) -> None:
        units = [unit_vectors(vectors) for vectors in word_embeddings.values()]
        sizes = [len(vectors) for vectors in units]
        together = np.concatenate(units)
        self.dimension = together.shape[1]
        self.num_words = len(together)
        self._starts = np.cumsum([0, *sizes])[:-1].tolist()
        self._center = together.mean(axis=0, dtype=np.float64).astype(np.float32)
        self._blocks = [self._centered(vectors) for vectors in units]
        self._lengths = [np.linalg.norm(block, axis=1) for block in self._blocks]
        self._links = [min(num_links, max(num_neighbors, size // SMALLEST_SHARE, 1)) for size in sizes]
        self._row_total = num_neighbors * len(sizes) + 1
        beta = np.concatenate(list(topic_word.values()), axis=1).T
        self._topic_word = beta - beta.mean(axis=1, keepdims=True)
        sample = slice(None, None, max(self.num_words // SAMPLE_WORDS, 1))
        # 1 for a model whose β are all alike: it weighs all words alike.
        self._usual = float(self._specificity(self._neighbors(together[sample])[0]).mean()) or 1.0
        self._memo: dict[str, Link] = {}
        self._memo_of: tuple[str, str] | None = None

    def link(self, words: Sequence[str], encoder: TextEncoder, *, show_progress: bool = False) -> sp.csr_array:
        """Link words: N_new, ``(words, V)``.

        Args:
            words: distinct words. Only those that are new to this object are embedded, through the cache on disk.
            encoder: embeds them. Links are remembered until another encoder is used.
            show_progress: whether to show the progress of embedding many words.

        Raises:
            InputError: the encoder's vectors have another dimension than the model's word embeddings.
        """
        identity = (encoder.name, encoder.version)
        memo = self._memo if self._memo_of == identity else {}
        rows = {word: memo[word] for word in words if word in memo}
        missing = [word for word in words if word not in rows]
        show = show_progress and len(missing) >= LONG_WORK
        for start in range(0, len(missing), BLOCK_WORDS):
            block = missing[start : start + BLOCK_WORDS]
            vectors = embed_texts(block, encoder, description="linking words", show_progress=show)
            linked = self._linked(vectors, f"the encoder {encoder.name}", _each_alone(encoder, block))
            rows.update(zip(block, linked, strict=True))
        # A new mapping, since another thread may be reading the old one.
        kept = {**memo, **rows} if len(memo) + len(missing) <= MEMO_WORDS else dict(islice(rows.items(), MEMO_WORDS))
        self._memo, self._memo_of = kept, identity
        return self._matrix([rows[word] for word in words])

    def link_vectors(self, vectors: Embeddings) -> sp.csr_array:
        """Link words by their vectors, ``(words, dimension)``: N_new, ``(words, V)``.

        Raises:
            InputError: they have another dimension than the model's word embeddings.
        """
        blocks = range(0, len(vectors), BLOCK_WORDS)
        return self._matrix(
            [row for start in blocks for row in self._linked(vectors[start : start + BLOCK_WORDS], "the corpus")]
        )

    def _linked(self, vectors: Embeddings, source: str, alone: Callable[[int], Embeddings] | None = None) -> list[Link]:
        """Link words by their vectors; ``alone`` returns that of a word embedded by itself, where that may differ."""
        if vectors.shape[1] != self.dimension:
            raise InputError(
                f"the model's word embeddings have {self.dimension} numbers but {source} gave vectors of "
                f"{vectors.shape[1]}: link words by the encoder that the model was trained with"
            )
        units = unit_vectors(vectors)
        columns, close = self._neighbors(units)
        for row in np.flatnonzero(close & units.any(axis=1)).tolist():
            columns[row] = self._nearest_of_one(units[row : row + 1] if alone is None else unit_vectors(alone(row)))
        weights = self._specificity(columns) / self._usual
        return [
            # A copy: a view would keep the whole block in memory.
            (row.copy() if unit.any() else row[:0].copy(), float(weight))
            for row, unit, weight in zip(columns, units, weights, strict=True)
        ]

    def _neighbors(self, units: Embeddings) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Find the columns of the nearest trained words, ascending, ``(words, m·L)``, and whose choice is close."""
        queries = self._centered(units)
        parts, close = [], np.zeros(len(queries), bool)
        for start, candidates, number in zip(self._starts, self._blocks, self._links, strict=True):
            near = nearest_neighbors(queries, candidates, min(number + 1, len(candidates)))
            parts.append(start + near[:, :number])
            if near.shape[1] > number:
                # A difference of similarities is that to the difference of vectors.
                last, following = (unit_vectors(candidates[near[:, place]]) for place in (number - 1, number))
                gap = np.einsum("ij,ij->i", unit_vectors(queries), last - following)
                close |= gap < CLOSE
        return np.sort(np.concatenate(parts, axis=1), axis=1).astype(np.int32), close

    def _nearest_of_one(self, unit: Embeddings) -> NDArray[np.int32]:
        """Find the columns of the words nearest to one, ascending; of equals, the lower column first."""
        query = self._centered(unit)[0]
        parts = []
        for start, candidates, lengths, number in zip(
            self._starts, self._blocks, self._lengths, self._links, strict=True
        ):
            # Not a matrix product, which may round equal rows differently, by their place.
            similarity = np.einsum("ij,j->i", candidates, query) / np.where(lengths > 0, lengths, np.float32(1))
            parts.append(start + np.argsort(-similarity, kind="stable")[:number])
        return np.sort(np.concatenate(parts)).astype(np.int32)

    def _specificity(self, columns: NDArray[np.int32]) -> Array:
        """Average β of the words at the columns, less its mean over topics, at the topic where that is largest."""
        total = np.zeros((len(columns), self._topic_word.shape[1]), np.float32)
        for column in columns.T:
            total += self._topic_word[column]
        return np.asarray(total.max(axis=1, initial=0) / columns.shape[1], np.float32)

    def _centered(self, units: Embeddings) -> Embeddings:
        # A word without a vector remains without one.
        return np.where(units.any(axis=1, keepdims=True), units - self._center, np.float32(0))

    def _matrix(self, rows: Sequence[Link]) -> sp.csr_array:
        lengths = np.fromiter((len(columns) for columns, _ in rows), np.int64, len(rows))
        weights = np.fromiter((weight for _, weight in rows), np.float32, len(rows))
        return sp.csr_array(
            (
                np.repeat(weights * np.float32(self._row_total / sum(self._links)), lengths),
                np.concatenate([np.empty(0, np.int32), *(columns for columns, _ in rows)]),
                np.concatenate([[0], np.cumsum(lengths)]),
            ),
            shape=(len(rows), self.num_words),
        )


def _each_alone(encoder: TextEncoder, words: Sequence[str]) -> Callable[[int], Embeddings]:
    return lambda row: np.asarray(encoder.encode([words[row]]), np.float32)


def linked_topic_word(links: sp.csr_array, topic_word: Mapping[str, Array]) -> Array:
    """Average for each new word the β of the trained words that it is linked to, ``(K, V_new)``.

    Args:
        links: N_new, ``(V_new, V)``.
        topic_word: for each trained language β_l, ``(K, V_l)``, in the order of the columns.
    """
    # Only which words are linked counts: a row's numbers are all alike, and may be zero.
    linked = sp.csr_array((np.ones(links.nnz, np.float32), links.indices, links.indptr), shape=links.shape)
    share = 1 / np.maximum(np.diff(links.indptr), 1)
    beta = np.concatenate(list(topic_word.values()), axis=1)
    return np.asarray((sp.diags_array(share) @ linked @ beta.T).T, np.float32)
