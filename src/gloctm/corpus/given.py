"""A corpus of whatever documents a model is asked to train on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError


def as_corpus(documents: Any, *, show_progress: bool = True) -> Corpus:
    """Return documents as a corpus with embeddings, built with default options.

    Args:
        documents: a Corpus, which remains as it is unless it has no embeddings at all; a mapping from language to
            texts, or to lists of words; or a data frame or mappings, as for ``Corpus.from_records``.
        show_progress: whether progress is shown.

    Raises:
        InputError: these are no documents, or not by language.
    """
    if isinstance(documents, Corpus):
        bare = all(part.word_embeddings is None and part.document_embeddings is None for part in documents.values())
        return documents.embed(show_progress=show_progress) if bare else documents
    if isinstance(documents, str | bytes | os.PathLike):
        raise InputError(
            f"{documents!r:.60} is no documents: read files with Corpus.from_files, or a saved corpus with Corpus.load"
        )
    if isinstance(documents, Mapping):
        by_language = {code: part if isinstance(part, Sequence) else list(part) for code, part in documents.items()}
        if any(_is_words(part[0]) for part in by_language.values() if len(part)):
            return Corpus.from_tokens(by_language, show_progress=show_progress)
        return Corpus.from_texts(by_language, show_progress=show_progress)
    if isinstance(documents, Iterator):
        documents = list(documents)
    if isinstance(documents, Sequence) and documents and isinstance(documents[0], str):
        raise InputError(
            "documents are a list of texts, which does not say their languages: give a mapping from language to texts, "
            "or records with text and lang"
        )
    return Corpus.from_records(documents, show_progress=show_progress)


def _is_words(document: Any) -> bool:
    return isinstance(document, Sequence) and not isinstance(document, str | bytes)
