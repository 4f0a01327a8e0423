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
    """The documents of one language; two are equal only if they are the same object.

    Attributes:
        counts: word counts, ``(documents, vocabulary)`` CSR, int32.
        vocabulary: the word of each column.
        word_embeddings: ``(vocabulary, dimension)`` float32, or None before they are computed. One dimension for
            all languages, since words have neighbors in the others.
        document_embeddings: ``(documents, dimension)`` float32, or None. Languages may differ in dimension.
        labels: a label per document, or None.
        ids: an identifier per document; its position as text unless given.
        dates: the date of each document, as YYYY, YYYY-MM or longer ISO 8601, or None.
        texts: a raw text per document, or None. Those of a saved corpus stay in its file until they are read.
        tokenizer: name of the tokenizer of the texts, which a model uses for raw texts later. ``whitespace``, for
            documents that came as words, splits at spaces and changes nothing.
        own_tokenizer: the callable itself where it is the user's own; not saved.

    Example:
        >>> from gloctm.corpus import LanguageCorpus
        >>> part = LanguageCorpus(counts=[[1, 1], [2, 0], [0, 0]], vocabulary=["car", "red"])
        >>> other = LanguageCorpus(counts=[[1, 0], [0, 2]], vocabulary=["auto", "rot"])
        >>> from gloctm import Corpus
        >>> Corpus({"en": part, "de": other})["en"].empty_documents
        array([False, False,  True])
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
        """The number of documents, empty ones included."""
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
    """Return the texts to embed documents by: raw texts or else each document's words, most frequent first.

    Example:
        >>> import numpy as np, scipy.sparse as sp
        >>> counts = sp.csr_array(np.asarray([[1, 2], [1, 0]], np.int32))
        >>> document_texts(LanguageCorpus(counts=counts, vocabulary=["car", "red"]))
        ['red car', 'car']
    """
    if part.texts is not None:
        return part.texts
    texts = []
    for row in range(part.num_documents):
        span = slice(part.counts.indptr[row], part.counts.indptr[row + 1])
        columns, values = part.counts.indices[span], part.counts.data[span]
        order = np.argsort(-values, kind="stable")
        texts.append(" ".join(part.vocabulary[column] for column in columns[order]))
    return texts
