"""The embeddings that a baseline needs of a corpus, checked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gloctm import Corpus
from gloctm.errors import InputError

Array = NDArray[np.float32]


def document_embeddings(corpus: Corpus, model: str, *, dimension: int | None = None) -> dict[str, Array]:
    """The document embeddings of every language, ``(documents, dimension)``, which may lie on disk.

    Args:
        corpus: whose.
        model: who asks, for the message.
        dimension: that of training; None takes that of the first language.

    Raises:
        InputError: a language has none, or of another dimension.
    """
    found: dict[str, Array] = {}
    for language, part in corpus.items():
        if part.document_embeddings is None:
            raise InputError(
                f"{model} reads document embeddings and the corpus has none for {language!r}: add them with "
                "corpus.embed() or corpus.with_embeddings()"
            )
        own = part.document_embeddings.shape[1]
        dimension = own if dimension is None else dimension
        if own != dimension:
            raise InputError(
                f"{model} needs the document embeddings of all languages from one encoder, but those of {language!r} "
                f"have {own} dimensions instead of {dimension}: embed all documents with the same encoder"
            )
        found[language] = part.document_embeddings
    return found


def word_embeddings(corpus: Corpus, model: str) -> dict[str, Array]:
    """The word embeddings of every language, ``(vocabulary, dimension)``.

    Raises:
        InputError: a language has none.
    """
    found: dict[str, Array] = {}
    for language, part in corpus.items():
        if part.word_embeddings is None:
            raise InputError(
                f"{model} compares topics by word embeddings and the corpus has none for {language!r}: add them with "
                "corpus.embed() or corpus.with_embeddings()"
            )
        found[language] = part.word_embeddings
    return found


def unit_rows(vectors: Array) -> Array:
    """Each row divided by its length; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def centred_rows(vectors: Array) -> Array:
    """Unit rows less their mean, again of length 1.

    What all vectors of a language have in common, its own place in the embedding space foremost, would otherwise count
    as likeness.
    """
    rows = unit_rows(vectors)
    return unit_rows(rows - rows.mean(axis=0))
