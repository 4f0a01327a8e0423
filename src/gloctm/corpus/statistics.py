"""Statistics of a language's documents and vocabulary, from their counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from gloctm.corpus.language import LanguageCorpus
from gloctm.text.phrases import SUFFIX as PHRASES


def frequent_words(part: LanguageCorpus, num_words: int) -> list[str]:
    """Return the words that are in most documents, most first; equals in the vocabulary's order.

    Example:
        >>> from gloctm.corpus import Corpus
        >>> corpus = Corpus.from_tokens({"en": [["red", "car"], ["red"]], "de": [["rot"], ["auto"]]}, encoder=None)
        >>> frequent_words(corpus["en"], 1)
        ['red']
    """
    frequency = np.bincount(part.counts.indices, minlength=part.num_words)
    return [part.vocabulary[column] for column in np.argsort(-frequency, kind="stable")[:num_words]]


def covered_tokens(part: LanguageCorpus) -> int:
    """Return how many words of the texts are counted; a phrase counts as many as it has parts.

    Example:
        >>> from gloctm.corpus import Corpus
        >>> corpus = Corpus.from_tokens({"en": [["red", "car"], ["red"]], "de": [["rot"], ["auto"]]}, encoder=None)
        >>> covered_tokens(corpus["en"])
        3
    """
    if not part.tokenizer.endswith(PHRASES):
        # A space is part of a word then, which a tokenizer of the user's own may return.
        return int(part.counts.sum())
    parts = np.asarray([1 + word.count(" ") for word in part.vocabulary], np.int64)
    return int(parts[part.counts.indices] @ part.counts.data)


def num_split(parts: Iterable[LanguageCorpus]) -> int:
    """Return how many documents of a language have more than one passage.

    Args:
        parts: of the language, as ``parts()`` gives them.

    Example:
        >>> from gloctm.corpus import Corpus
        >>> texts = {"en": ["A train. " * 20, "A bus."], "de": ["Ein Zug. " * 20, "Ein Bus."]}
        >>> num_split(Corpus.from_texts(texts, passages=60, max_df=1.0, encoder=None)["en"].parts())
        1
    """
    return sum(0 if part.passages is None else part.passages.num_split for part in parts)


class DocumentStatistics:
    """What the documents of a language add up to, counted a part of them at a time.

    Args:
        vocabulary: the word of each column.

    Attributes:
        frequency: in how many documents each word is, ``(vocabulary,)``.
        documents: how many there are.
        empty: how many have no word of the vocabulary.
        tokens: words of the vocabulary in all documents, repetitions counted.
        covered: words of the texts that are counted, see ``covered_tokens``.
        labels: different ones, without the empty one; None where documents have none.

    Example:
        >>> from gloctm.corpus import Corpus
        >>> corpus = Corpus.from_tokens({"en": [["red", "car"], ["red"]], "de": [["rot"], ["auto"]]}, encoder=None)
        >>> found = DocumentStatistics(corpus["en"].vocabulary)
        >>> found.add(corpus["en"])
        >>> found.tokens, found.frequent_words(1)
        (3, ['red'])
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary = vocabulary
        self.frequency: NDArray[np.int64] = np.zeros(len(vocabulary), np.int64)
        self.documents = self.empty = self.tokens = self.covered = 0
        self.labels: set[str] | None = None

    def add(self, part: LanguageCorpus) -> None:
        """Count further documents, over the same vocabulary."""
        self.frequency += np.bincount(part.counts.indices, minlength=part.num_words)
        self.documents += part.num_documents
        self.empty += int(part.empty_documents.sum())
        self.tokens += int(part.counts.sum(dtype=np.int64))
        self.covered += covered_tokens(part)
        if part.labels is not None:
            # A document without a label among others has an empty one.
            self.labels = (self.labels or set()) | (set(part.labels) - {""})

    def frequent_words(self, num_words: int) -> list[str]:
        """Return the words that are in most documents, most first; equals in the vocabulary's order."""
        return [self.vocabulary[column] for column in np.argsort(-self.frequency, kind="stable")[:num_words]]
