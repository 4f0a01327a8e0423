"""Statistics of a language's documents and vocabulary, from their counts."""

from __future__ import annotations

import numpy as np

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
