"""What the counts of a language say about its documents and its vocabulary."""

from __future__ import annotations

import numpy as np

from gloctm.corpus.language import LanguageCorpus
from gloctm.text.phrases import SUFFIX as PHRASES


def frequent_words(part: LanguageCorpus, num_words: int) -> list[str]:
    """The words that are in most documents, most first; of equals, the one that comes first in the vocabulary."""
    frequency = np.bincount(part.counts.indices, minlength=part.num_words)
    return [part.vocabulary[column] for column in np.argsort(-frequency, kind="stable")[:num_words]]


def covered_tokens(part: LanguageCorpus) -> int:
    """How many words of the texts are counted; a phrase is as many as it has parts."""
    if not part.tokenizer.endswith(PHRASES):
        # A space is then part of a word, as of one that a tokeniser of the user's own gave.
        return int(part.counts.sum())
    parts = np.asarray([1 + word.count(" ") for word in part.vocabulary], np.int64)
    return int(parts[part.counts.indices] @ part.counts.data)
