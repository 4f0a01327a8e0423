"""``LanguageCorpus``: the documents of one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.embedding.encoder import Embeddings
from gloctm.text import Tokenizer


@dataclass(frozen=True, eq=False, repr=False)
class LanguageCorpus:
    """The documents of one language. Two are equal only if they are the same object: arrays have no single truth.

    Attributes:
        counts: word counts, ``(documents, vocabulary)`` CSR, int32.
        vocabulary: the word of each column.
        word_embeddings: ``(vocabulary, dimension)`` float32, or None before they are computed. One dimension for
            all languages, since neighbours are sought across them.
        document_embeddings: ``(documents, dimension)`` float32, or None. Languages may differ in dimension.
        labels: a label a document, or None.
        ids: an identifier a document; its position as text unless given.
        dates: the date of each document, as YYYY, YYYY-MM or longer ISO 8601, or None.
        texts: a raw text a document, or None. Those of a saved corpus stay in its file until they are asked for.
        tokenizer: name of the tokeniser that cut the texts. A model cuts raw texts with it later; ``whitespace``, that
            of documents which came as words, splits at spaces and changes nothing.
        own_tokenizer: the callable itself where it is the user's own; not saved.
    """

    counts: sp.csr_array
    vocabulary: Sequence[str]
    word_embeddings: Embeddings | None = None
    document_embeddings: Embeddings | None = None
    labels: Sequence[str] | None = None
    ids: Sequence[str] | None = None
    dates: Sequence[str] | None = None
    texts: Sequence[str] | None = None
    tokenizer: str = "whitespace"
    own_tokenizer: Tokenizer | None = None

    def __repr__(self) -> str:
        return f"LanguageCorpus({self.num_documents} documents, {self.num_words} words)"

    @property
    def num_documents(self) -> int:
        """How many documents there are, empty ones included."""
        return int(self.counts.shape[0])

    @property
    def num_words(self) -> int:
        """Size of the vocabulary."""
        return int(self.counts.shape[1])

    @property
    def empty_documents(self) -> NDArray[np.bool_]:
        """For each document, whether none of its words is in the vocabulary."""
        return np.asarray(np.diff(self.counts.indptr) == 0)


def document_texts(part: LanguageCorpus) -> Sequence[str]:
    """The texts to embed documents by; where there are none, each document's vocabulary words, most frequent first."""
    if part.texts is not None:
        return part.texts
    texts = []
    for row in range(part.num_documents):
        span = slice(part.counts.indptr[row], part.counts.indptr[row + 1])
        columns, values = part.counts.indices[span], part.counts.data[span]
        order = np.argsort(-values, kind="stable")
        texts.append(" ".join(part.vocabulary[column] for column in columns[order]))
    return texts
