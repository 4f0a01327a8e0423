"""A corpus of whatever documents a model is asked to train on."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gloctm.checks import caller_stacklevel
from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError

# What messages advise: merge_regions=True, date_order, --label-column.
_OPTION = re.compile(r"\b[a-z]+(?:_[a-z]+)*=|\bdate_order\b|--[a-z]+-column\b")


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
            return _built(Corpus.from_tokens, by_language, show_progress=show_progress)
        return _built(Corpus.from_texts, by_language, show_progress=show_progress)
    if isinstance(documents, Iterator):
        documents = list(documents)
    if isinstance(documents, Sequence) and documents and isinstance(documents[0], str):
        raise InputError(
            "documents are a list of texts, which does not say their languages: give a mapping from language to texts, "
            "or records with text and lang"
        )
    return _built(Corpus.from_records, documents, show_progress=show_progress)


def _built(build: Callable[..., Corpus], documents: Any, *, show_progress: bool) -> Corpus:
    """Build a corpus; its warnings point to the caller's line, and say which method takes the options they advise."""
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            return build(documents, show_progress=show_progress)
    finally:
        # The caller's own filters decide what is shown.
        for each in caught:
            if each.category.__module__ == InputError.__module__:
                message = str(each.message)
                if _OPTION.search(message):
                    message += f" (in Corpus.{build.__name__}, whose corpus fit takes)"
                warnings.warn(message, each.category, stacklevel=caller_stacklevel())
            else:
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def _is_words(document: Any) -> bool:
    return isinstance(document, Sequence) and not isinstance(document, str | bytes)
