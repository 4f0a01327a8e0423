"""Passages of long documents: topics are found in them, while everything else stays per document.

A document's counts are the sums of its passages' counts, its embedding is the mean of theirs and its topic proportions
are the mean of theirs, weighted by how many words each passage has.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.augmentation.neighbors import unit_vectors
from gloctm.checks import count_of
from gloctm.embedding.embed import EmbeddingRows
from gloctm.embedding.encoder import Embeddings, TextEncoder
from gloctm.errors import UnseenTextWarning
from gloctm.text.passages import LEAST_PASSAGES, text_length

# Passages whose embeddings are averaged at a time.
_BLOCK_ROWS = 8192
# Lengths of embeddings that are called 1.
_UNIT = 1e-3


@dataclass(frozen=True, eq=False, repr=False)
class Passages:
    """The passages of a language's documents, in order; a document that is not split has one.

    Attributes:
        document: for each passage the row of its document, ``(passages,)``; ascending.
        starts: where each begins in its document's text, ``(passages,)``; it ends where the next one begins.
        counts: word counts, ``(passages, vocabulary)`` CSR, int32.
        embeddings: ``(passages, dimension)`` float32, or None.

    Examples:
        >>> from gloctm import Corpus
        >>> texts = {"en": ["A train. " * 20, "A bus."], "de": ["Ein Zug. " * 20, "Ein Bus."]}
        >>> corpus = Corpus.from_texts(texts, passages=60, max_df=1.0, encoder=None)
        >>> corpus["en"].passages
        Passages(5 of 2 documents)
    """

    document: NDArray[np.int64]
    starts: NDArray[np.int64]
    counts: sp.csr_array
    embeddings: Embeddings | None = None

    def __repr__(self) -> str:
        return f"Passages({len(self)} of {self.num_documents} documents)"

    def __len__(self) -> int:
        return len(self.document)

    @property
    def num_documents(self) -> int:
        """How many documents they are of."""
        return int(self.document[-1]) + 1 if len(self) else 0

    @property
    def num_split(self) -> int:
        """How many documents have more than one passage."""
        return int((np.bincount(self.document) > 1).sum())

    @property
    def bounds(self) -> NDArray[np.int64]:
        """Where the passages of each document begin, and where the last ones end, ``(documents + 1,)``."""
        return np.searchsorted(self.document, np.arange(self.num_documents + 1))

    def document_counts(self) -> sp.csr_array:
        """Return the counts of documents: the sums of their passages'."""
        ones = np.ones(len(self), np.int32)
        return sums_by_document(sp.csr_array((ones, np.arange(len(self)), self.bounds)), self.counts)

    def document_embeddings(self) -> Embeddings:
        """Return the embeddings of documents: the means of their passages', of length 1 where theirs are."""
        assert self.embeddings is not None
        bounds, weights = self.bounds, passage_weights(self.document, word_numbers(self.counts))
        rows = EmbeddingRows(self.num_documents)
        for first, last in _blocks(bounds):
            low, high = bounds[first], bounds[last]
            own = np.asarray(self.embeddings[low:high], np.float32)
            indptr = bounds[first : last + 1] - low
            mean = sp.csr_array((weights[low:high].astype(np.float32), np.arange(high - low), indptr)) @ own
            # By document, so that the result is the same however documents are cut into blocks and shards.
            is_unit = np.isclose(np.linalg.norm(own, axis=1), 1, atol=_UNIT)
            scaled = np.logical_and.reduceat(is_unit, indptr[:-1]) & (np.diff(indptr) > 1)
            mean[scaled] = unit_vectors(mean[scaled])
            rows.extend(mean)
        return rows.finished()

    def select(self, rows: NDArray[np.integer]) -> Passages:
        """Return the passages of some documents, in this order."""
        bounds = self.bounds
        numbers = np.diff(bounds)[rows]
        chosen = np.repeat(bounds[rows] - np.cumsum(numbers) + numbers, numbers) + np.arange(numbers.sum())
        return Passages(
            document=np.repeat(np.arange(len(rows)), numbers),
            starts=self.starts[chosen],
            counts=sp.csr_array(self.counts[chosen]),
            embeddings=None if self.embeddings is None else self.embeddings[chosen],
        )


def passages_from(num_documents: int, starts: Mapping[int, Sequence[int]], counts: sp.csr_array) -> Passages | None:
    """Return the passages of documents some of which are split; None where none is.

    Args:
        num_documents: how many documents there are.
        starts: where the passages begin, by the document's row; of documents that are split alone.
        counts: of all passages, ``(passages, vocabulary)``.
    """
    if not starts:
        return None
    numbers = np.ones(num_documents, np.int64)
    numbers[list(starts)] = [len(each) for each in starts.values()]
    places = np.zeros(int(numbers.sum()), np.int64)
    ends = np.cumsum(numbers)
    for row, each in starts.items():
        places[ends[row] - len(each) : ends[row]] = each
    return Passages(np.repeat(np.arange(num_documents), numbers), places, counts)


def passage_weights(document: NDArray[np.integer], lengths: NDArray[Any]) -> NDArray[np.float64]:
    """Return what each passage counts in its document: its share of the words, or equal shares where there are none.

    Args:
        document: for each passage the row of its document.
        lengths: of the passages, in words.

    Examples:
        >>> passage_weights(np.array([0, 0, 1, 1]), np.array([3, 1, 0, 0])).tolist()
        [0.75, 0.25, 0.5, 0.5]
    """
    total, number = np.bincount(document, lengths), np.bincount(document)
    shares = np.asarray(lengths, np.float64) / np.maximum(total, 1e-300)[document]
    return np.asarray(np.where(total[document] > 0, shares, 1 / np.maximum(number, 1)[document]), np.float64)


def word_numbers(counts: sp.csr_array) -> NDArray[np.int64]:
    """Return how many words each row of counts has."""
    return np.asarray(counts.sum(axis=1, dtype=np.int64)).ravel()


def sums_by_document(members: sp.csr_array, counts: sp.csr_array) -> sp.csr_array:
    """Return the sums of passages' counts, canonical int32 CSR, by a matrix of ones ``(documents, passages)``."""
    found = sp.csr_array(members @ counts).astype(np.int32)
    found.sort_indices()
    return found


def longer_texts(texts: Iterable[str], encoder: TextEncoder) -> int:
    """Return how many texts are longer than an encoder sees, if it says how much that is."""
    seen = getattr(encoder, "max_characters", None)
    return 0 if seen is None else sum(text_length(text) > seen for text in texts)


def warn_of_unseen(language: str, texts: Sequence[str], encoder: TextEncoder) -> None:
    """Warn if an encoder says how much of a text it sees, and some of the texts are longer."""
    warn_of_longer(language, encoder, longer_texts(texts, encoder), len(texts))


def warn_of_longer(language: str, encoder: TextEncoder, longer: int, total: int) -> None:
    """Warn if some of a language's texts are longer than an encoder sees.

    Args:
        language: whose texts they are.
        encoder: says how much it sees, where any are longer.
        longer: how many are.
        total: how many texts there are.
    """
    if longer:
        seen: int = encoder.max_characters  # type: ignore[attr-defined]  # optional in the protocol
        warnings.warn(
            f"{encoder.name} sees about {seen:,} characters of a text, and {longer:,} of "
            f"{count_of(total, 'text')} in {language!r} are longer, so the rest does not count in their "
            f"embeddings: build the corpus with passages={seen // LEAST_PASSAGES} (--passages)",
            UnseenTextWarning,
            stacklevel=4,
        )


class TextParts(Sequence[str]):
    """Some of a language's texts, or passages of them, read when they are asked for.

    Args:
        texts: of the documents.
        document: for each part the row of its document.
        starts: where it begins; it ends where the next part of the same document begins. None for whole texts.
    """

    def __init__(
        self, texts: Sequence[str], document: NDArray[np.integer], starts: NDArray[np.integer] | None = None
    ) -> None:
        self._texts = texts
        self._document = document
        self._starts = starts
        # The text read last: a long one has thousands of passages.
        self._last: tuple[int, str] = (-1, "")

    def __len__(self) -> int:
        return len(self._document)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        row = range(len(self))[row]
        document = int(self._document[row])
        last, text = self._last
        if last != document:
            text = self._texts[document]
            self._last = document, text
        if self._starts is None:
            return text
        follows = row + 1 < len(self) and self._document[row + 1] == document
        return text[int(self._starts[row]) : int(self._starts[row + 1]) if follows else None]

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        return f"TextParts({len(self)} texts)"

    def __reduce__(self) -> Any:
        return list, (list(self),)


def _blocks(bounds: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield ranges of documents with some thousand passages each, or one document with more."""
    first, total = 0, len(bounds) - 1
    while first < total:
        last = max(int(np.searchsorted(bounds, bounds[first] + _BLOCK_ROWS, side="right")) - 1, first + 1)
        yield first, min(last, total)
        first = last
