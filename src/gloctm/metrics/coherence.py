"""Whether the words of a topic go together, judged by a reference corpus."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.errors import InputError

Counting = Literal["published", "document"]


@dataclass(frozen=True)
class ReferenceCounts:
    """How often words are in the documents of a reference corpus.

    Attributes:
        columns: for each word its column.
        counts: ``(documents, words)``, CSC.
    """

    columns: dict[str, int]
    counts: sp.csc_array

    @classmethod
    def from_documents(
        cls, documents: Iterable[Sequence[str]], words: Collection[str] | None = None
    ) -> ReferenceCounts:
        """Count the words of documents.

        Args:
            documents: each a list of words.
            words: the words to count; None counts all.
        """
        columns = {} if words is None else {word: column for column, word in enumerate(dict.fromkeys(words))}
        rows: list[int] = []
        found: list[int] = []
        number = 0
        for number, document in enumerate(documents, 1):
            for word in document:
                column = columns.setdefault(word, len(columns)) if words is None else columns.get(word)
                if column is not None:
                    rows.append(number - 1)
                    found.append(column)
        counts = sp.coo_array((np.ones(len(rows), np.int32), (rows, found)), shape=(number, len(columns)))
        return cls(columns, sp.csc_array(counts))

    @property
    def num_documents(self) -> int:
        """How many documents there are."""
        return int(self.counts.shape[0])

    def of(self, words: Sequence[str]) -> sp.csc_array:
        """``(documents, words)`` of these words; one that the corpus lacks has an empty column."""
        known = [self.columns.get(word, -1) for word in words]
        empty = sp.csc_array((self.num_documents, 1), dtype=self.counts.dtype)
        return sp.csc_array(sp.hstack([self.counts, empty], format="csc"))[:, known]


def cross_lingual_npmi(
    topics: Sequence[Sequence[str]],
    other_topics: Sequence[Sequence[str]],
    reference: ReferenceCounts,
    other_reference: ReferenceCounts,
    *,
    counting: Counting = "published",
) -> float:
    """CNPMI: normalised pointwise mutual information of each topic's words in two languages.

    Of a pair of words, one of each language, with p the share of document pairs that have both and p₁, p₂ their own
    probabilities: log(p / (p₁ p₂)) / −log p, and 0 where no pair of documents has both. It is averaged over all pairs
    of a topic's words, then over topics.

    Args:
        topics: top words of each topic in one language (15 in published results).
        other_topics: the same topics in the other.
        reference: counts of a corpus in the one language.
        other_reference: of the other, document by document aligned with it.
        counting: ``"document"`` takes shares of documents for all three probabilities, so that a pair's value is from
            −1 to 1. ``"published"`` takes a word's tokens per document for its own (p₁, p₂), as the figures that papers
            quote do: frequent words then count for less, and values may lie beyond.

    Raises:
        InputError: the numbers of topics or of documents differ, or there are none.

    References:
        Hao, Paul: Learning Multilingual Topics from Incomparable Corpora. COLING 2018. Hao, Boyd-Graber, Paul: Lessons
        from the Bible on Modern Topics. NAACL 2018.
    """
    if counting not in ("published", "document"):
        raise InputError(f"counting is {counting!r}: it must be published or document")
    if not topics or not all(topics) or not all(other_topics):
        raise InputError("coherence needs at least one topic, and a word in each")
    if len(topics) != len(other_topics):
        raise InputError(f"{len(topics)} topics in one language but {len(other_topics)} in the other: give the same")
    if reference.num_documents != other_reference.num_documents or not reference.num_documents:
        raise InputError(
            f"the reference corpora have {reference.num_documents} and {other_reference.num_documents} documents: each "
            "line of one must be aligned with the same line of the other"
        )
    words, other_words = (list(dict.fromkeys(chain(*each))) for each in (topics, other_topics))
    counts, other_counts = reference.of(words), other_reference.of(other_words)
    together = (_presence(counts).T @ _presence(other_counts)).toarray() / reference.num_documents
    own, other = (_probability(each, counting) for each in (counts, other_counts))
    values = _npmi(together, own, other)
    rows, columns = ({word: place for place, word in enumerate(each)} for each in (words, other_words))
    by_topic = [
        values[np.ix_([rows[word] for word in one], [columns[word] for word in two])].mean()
        for one, two in zip(topics, other_topics, strict=True)
    ]
    return float(np.mean(by_topic))


def _npmi(together: NDArray[np.float64], own: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    seen = together > 0
    # Words that are in all pairs of documents tell nothing new of each other, and 0/0.
    always = together >= 1
    joint = np.where(seen & ~always, together, 0.5)
    expected = np.where(seen, np.outer(own, other), 1)
    return np.where(seen & ~always, np.log(joint / expected) / -np.log(joint), 0.0)


def _presence(counts: sp.csc_array) -> sp.csc_array:
    return sp.csc_array((np.ones_like(counts.data), counts.indices, counts.indptr), shape=counts.shape)


def _probability(counts: sp.csc_array, counting: Counting) -> NDArray[np.float64]:
    total = np.diff(counts.indptr) if counting == "document" else np.asarray(counts.sum(axis=0)).ravel()
    return np.asarray(total / counts.shape[0], np.float64)
