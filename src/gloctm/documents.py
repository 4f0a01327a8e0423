"""What ``transform`` accepts as documents of a language, brought to counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from gloctm.corpus.validation import canonical_counts
from gloctm.errors import InputError
from gloctm.progress import Progress, track
from gloctm.text import count_tokens

# From this many texts on, cutting them takes long enough to show its progress.
LONG_WORK = 2000


def documents_to_counts(
    documents: Any,
    *,
    language: str,
    vocabulary: Sequence[str],
    tokenizer: Callable[[], Callable[[str], list[str]]],
    show_progress: bool = False,
) -> sp.csr_array:
    """Counts ``(documents, vocabulary)`` of documents given as counts, as lists of words, or as raw texts.

    Args:
        documents: a sparse or dense matrix of counts; or a sequence of lists of words; or a sequence of texts.
        language: for messages.
        vocabulary: the model's words of the language.
        tokenizer: gives the tokeniser; called only for raw texts, so that others need no tokeniser installed.
        show_progress: whether the progress of cutting many texts is shown.
    """
    if hasattr(documents, "columns") and hasattr(documents, "to_numpy"):
        # A data frame: iterating over it would give the names of its columns.
        documents = documents.to_numpy()
    if sp.issparse(documents) or (isinstance(documents, np.ndarray) and documents.dtype.kind in "biuf"):
        counts = canonical_counts(documents, where=f"the counts of {language!r}")
        if counts.shape[1] != len(vocabulary):
            raise InputError(
                f"the counts of {language!r} have {counts.shape[1]} columns but the model's vocabulary has "
                f"{len(vocabulary)} words: count with the model's vocabulary_[{language!r}]"
            )
        return counts
    if isinstance(documents, str | bytes):
        raise InputError("documents are one string: give a list of texts, even for one text")
    rows = list(documents)
    if all(isinstance(row, str) for row in rows):
        cut = tokenizer() if rows else str.split
        with track("cutting into words", len(rows), "texts", show=show_progress and len(rows) >= LONG_WORK) as progress:
            return count_tokens(_cut(rows, cut, progress), vocabulary)
    for position, row in enumerate(rows):
        if isinstance(row, str) or not isinstance(row, Sequence) or not all(isinstance(token, str) for token in row):
            raise InputError(
                f"document {position} is {row!r:.60}: "
                "documents are all texts, or all lists of words, or one matrix of counts"
            )
    return count_tokens(rows, vocabulary)


def _cut(texts: Sequence[str], tokenizer: Callable[[str], list[str]], progress: Progress) -> Iterator[list[str]]:
    for text in texts:
        yield tokenizer(text)
        progress.advance()
