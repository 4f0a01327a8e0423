"""The words of a language as they come in, block by block, and the counts they become when all have come.

Memory grows with the distinct words and the number of documents, not with the length of the texts: the sequences of
word numbers are in a temporary file (see Python's ``tempfile``) once they are large.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.corpus.options import ENOUGH_DOCUMENTS, VocabularySettings
from gloctm.corpus.report import CleanedDocuments
from gloctm.corpus.tokenization import Words
from gloctm.files.atomic import temporary_files
from gloctm.text.phrases import PairCounter, merge_numbers, phrase_words
from gloctm.text.vocabulary import choose_words, why_no_words

# Bytes of word numbers that are held in memory before they go to a file.
IN_MEMORY = 4 * 2**20
# With this many documents of a language, most words are in several.
FEW_DOCUMENTS = 2000


def chosen_min_df(num_documents: int) -> int:
    """Return the default ``min_df``: 1 below 2,000 documents per language, else 2.

    A word in one document links it to no other, but says what it is about. Without such words, few are left of few
    documents.
    """
    return 1 if num_documents < FEW_DOCUMENTS else 2


def counts_of(columns: NDArray[np.int32], lengths: NDArray[np.integer], size: int) -> sp.csr_array:
    """Return how often documents have each word of a vocabulary, ``(documents, size)`` canonical int32 CSR.

    Args:
        columns: the documents' words one after another, as columns of the vocabulary; -1 where it does not have them.
        lengths: how many of ``columns`` each document has.
        size: that of the vocabulary.

    Example:
        >>> counts_of(np.asarray([1, -1, 1, 0], np.int32), np.asarray([3, 1]), 2).toarray()
        array([[0, 2],
               [1, 0]], dtype=int32)
    """
    width = max(size, 1)
    document = np.repeat(np.arange(len(lengths)), lengths)
    kept = columns >= 0
    keys, values = np.unique(document[kept] * width + columns[kept], return_counts=True)
    rows, chosen = np.divmod(keys, width)
    pointers = np.concatenate([[0], np.bincount(rows, minlength=len(lengths)).cumsum()])
    return sp.csr_array(
        (values.astype(np.int32), chosen.astype(np.int32), pointers.astype(np.int64)), shape=(len(lengths), size)
    )


class WordCollection:
    """All documents of a language as sequences of word numbers; passages, where documents are split.

    Attributes:
        num_documents: how many documents there are.
        num_passages: how many passages they have, one per document that is not split.
        starts: where the passages of a document begin, by its row; of documents that are split alone.
        num_tokens: how many words they have, stop words left out.
        num_stopped: how many stop words there were.
        frequent: words left out because too many documents have them, see ``stop_frequent``.
        num_phrases: how many phrases the vocabulary has, once it is chosen; None where none were sought.
        cleaned: in how many documents something was changed before.
    """

    def __init__(self) -> None:
        self.num_documents = 0
        self.num_passages = 0
        self.starts: dict[int, list[int]] = {}
        self.num_tokens = 0
        self.num_stopped = 0
        self.frequent: list[str] = []
        self.num_phrases: int | None = None
        self.cleaned = CleanedDocuments()
        self._numbers: dict[str, int] = {}
        self._stop_words: set[int] = set()
        self._frequency = np.zeros(0, np.int64)
        self._lengths: list[NDArray[np.int32]] = []
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # open as long as this object
        weakref.finalize(self, self._file.close)

    @property
    def num_distinct(self) -> int:
        """How many distinct words there are."""
        return len(self._numbers) - len(self._stop_words)

    def min_df(self, settings: VocabularySettings) -> float:
        """Return the setting, or what the number of passages suggests."""
        return chosen_min_df(self.num_passages) if settings.min_df is None else settings.min_df

    def add(self, part: Words) -> None:
        """Add the words of a block."""
        numbers = self._numbers
        local = np.asarray([numbers.setdefault(word, len(numbers)) for word in part.words], np.int32)
        if len(numbers) > len(self._frequency):
            # Twice as long each time: growing by one word would copy everything for each.
            longer = np.zeros(2 * len(numbers), np.int64)
            longer[: len(self._frequency)] = self._frequency
            self._frequency = longer
        # Each word of a block has a number of its own, so nothing is added twice to one place.
        self._frequency[local] += part.frequency
        self._stop_words.update(local[part.stop_words].tolist())
        with temporary_files():
            self._file.write(local[part.tokens].astype("<i4").tobytes())
        self._lengths.append(part.lengths)
        self.starts.update({self.num_documents + place: starts for place, starts in part.starts.items()})
        self.num_documents += len(part.rows)
        self.num_passages += len(part.lengths)
        self.num_tokens += len(part.tokens) - (part.stopped if part.stop_words else 0)
        self.num_stopped += part.stopped
        self.cleaned += part.cleaned

    def stop_frequent(self, share: float, keep: Collection[str] = ()) -> None:
        """Treat words in more than this share of the passages as stop words, unless there are few documents."""
        if self.num_passages < ENOUGH_DOCUMENTS:
            return
        frequency = self._frequency[: len(self._numbers)]
        words = list(self._numbers)
        frequent = [
            number
            for number in np.flatnonzero(frequency > share * self.num_passages).tolist()
            if number not in self._stop_words and words[number] not in keep
        ]
        is_frequent = np.zeros(len(words), bool)
        is_frequent[frequent] = True
        stopped = sum(int(is_frequent[tokens].sum()) for tokens, _ in self._blocks())
        self._stop_words.update(frequent)
        self.frequent = [words[number] for number in frequent]
        self.num_tokens -= stopped
        self.num_stopped += stopped

    def vocabulary_and_counts(self, settings: VocabularySettings) -> tuple[list[str], sp.csr_array]:
        """Choose the vocabulary and count its words in every document.

        Returns:
            The words in order, and ``(passages, vocabulary)`` int32 CSR.
        """
        min_df = self.min_df(settings)
        words = list(self._numbers)
        frequency = self._frequency[: len(words)]
        pairs: list[tuple[int, int]] = []
        if settings.phrases:
            pairs, frequency = self._phrases(frequency, settings)
        candidates = words + phrase_words(pairs, words)
        eligible = [number for number in range(len(candidates)) if number not in self._stop_words]
        chosen = choose_words(
            [candidates[number] for number in eligible],
            frequency[eligible],
            self.num_passages,
            min_df=min_df,
            max_df=settings.max_df,
            max_size=settings.max_size,
        )
        column = {word: position for position, word in enumerate(chosen)}
        columns = np.full(len(candidates), -1, np.int32)
        columns[eligible] = [column.get(candidates[number], -1) for number in eligible]
        # Only phrases of the vocabulary are joined, as will be done with new texts.
        taken = {pair: len(words) + rank for rank, pair in enumerate(pairs) if candidates[len(words) + rank] in column}
        self.num_phrases = len(taken) if settings.phrases else None
        return chosen, self._counts(columns, taken, len(chosen), len(words))

    def why_empty(self, settings: VocabularySettings) -> str:
        """Return which setting left the vocabulary empty, and the cure, for a message."""
        kept = [number for number in range(len(self._numbers)) if number not in self._stop_words]
        return why_no_words(
            self._frequency[kept],
            self.num_passages,
            num_stopped=self.num_stopped,
            min_df=self.min_df(settings),
            max_df=settings.max_df,
        )

    def _phrases(
        self, frequency: NDArray[np.int64], settings: VocabularySettings
    ) -> tuple[list[tuple[int, int]], NDArray[np.int64]]:
        """Return the phrases, and the document frequency of words and phrases once these are joined."""
        num_words = len(frequency)
        min_df = self.min_df(settings)
        least = min_df if min_df >= 1 else min_df * self.num_passages
        stopped = np.zeros(num_words, bool)
        stopped[list(self._stop_words)] = True
        counter = PairCounter(num_words, frequency >= least, stopped)
        for tokens, lengths in self._blocks():
            counter.add(tokens, lengths)
        words = list(self._numbers)
        # A tokenizer of the user's own may give "new york" as one word, which is no phrase then.
        pairs = [pair for pair in counter.phrases() if phrase_words([pair], words)[0] not in self._numbers]
        numbers = {pair: num_words + rank for rank, pair in enumerate(pairs)}
        merged_frequency = np.zeros(num_words + len(pairs), np.int64)
        for tokens, lengths in self._blocks():
            merged, sizes = merge_numbers(tokens, lengths, numbers, num_words)
            document = np.repeat(np.arange(len(sizes)), sizes)
            distinct = np.unique(document * len(merged_frequency) + merged)
            merged_frequency += np.bincount(distinct % len(merged_frequency), minlength=len(merged_frequency))
        return pairs, merged_frequency

    def _counts(
        self, columns: NDArray[np.int32], phrases: Mapping[tuple[int, int], int], size: int, num_words: int
    ) -> sp.csr_array:
        indices, data, per_document = [], [], []
        for tokens, lengths in self._blocks():
            merged, sizes = merge_numbers(tokens, lengths, phrases, num_words)
            part = counts_of(columns[merged], sizes, size)
            indices.append(part.indices)
            data.append(part.data)
            per_document.append(np.diff(part.indptr))
        pointers = np.concatenate([[0], *per_document]).cumsum()
        empty = np.empty(0, np.int32)
        return sp.csr_array(
            (np.concatenate([empty, *data]), np.concatenate([empty, *indices]), pointers),
            shape=(self.num_passages, size),
        )

    def _blocks(self) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32]]]:
        self._file.seek(0)
        for lengths in self._lengths:
            content = self._file.read(4 * int(lengths.sum()))
            yield np.frombuffer(content, "<i4").astype(np.int32, copy=False), lengths
