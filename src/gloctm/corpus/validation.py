"""Checks of one language's part of a corpus: every error names the language, what is wrong, and the cure."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.checks import count_of
from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.passages import Passages, TextParts, word_numbers
from gloctm.corpus.texts import StoredTexts
from gloctm.errors import InputError
from gloctm.languages import merged_language
from gloctm.reading.values import as_text


def check_language_count(languages: Collection[str]) -> None:
    """Raise InputError for fewer than two languages."""
    if len(languages) < 2:
        found = f"only {next(iter(languages))!r} was given" if languages else "none was given"
        raise InputError(f"a corpus needs at least two languages and {found}: add documents in another language")


def check_document_counts(num_documents: Mapping[str, int]) -> None:
    """Raise InputError for a language with a single document, from which nothing can be learned.

    Args:
        num_documents: by language.
    """
    for language, number in num_documents.items():
        if number < 2:
            base = merged_language(language)
            cure = "add documents or leave the language out"
            if any(other != language and merged_language(other) == base for other in num_documents):
                cure = f"merge it into {base!r} by building the corpus with merge_regions=True, or add documents"
            raise InputError(
                f"language {language!r} has one document: training needs at least two in each language; {cure}"
            )


def validate_language(language: str, part: LanguageCorpus) -> LanguageCorpus:
    """Return the part in canonical form (sorted int32 CSR counts, float32 embeddings, lists of str), or raise."""
    counts = canonical_counts(part.counts, where=f"the counts of {language!r}")
    vocabulary = check_vocabulary(language, part.vocabulary, counts.shape[1])
    documents = counts.shape[0]
    if documents == 0:
        raise InputError(f"language {language!r} has no documents: add some or leave the language out")
    if counts.nnz == 0:
        raise InputError(
            f"all {documents} documents of {language!r} are empty: none has a word of the vocabulary; "
            "check the texts and the vocabulary settings"
        )
    passages = None if part.passages is None else _passages(language, part.passages, counts)
    return dataclasses.replace(
        part,
        counts=counts,
        passages=passages,
        vocabulary=vocabulary,
        word_embeddings=checked_embeddings(
            language, "word", part.word_embeddings, counts.shape[1], "words", vocabulary
        ),
        document_embeddings=checked_embeddings(
            language, "document", part.document_embeddings, documents, "documents", None
        ),
        labels=_aligned(language, "labels", part.labels, documents),
        ids=_aligned(language, "ids", part.ids, documents) or [str(row) for row in range(documents)],
        dates=_aligned(language, "dates", part.dates, documents),
        texts=_aligned(language, "texts", part.texts, documents),
    )


def canonical_counts(counts: Any, *, where: str) -> sp.csr_array:
    """Return counts as int32 CSR with sorted indices, summed duplicates and no stored zeros.

    Raises:
        InputError: not two-dimensional, or with negative, fractional, NaN or infinite numbers.
    """
    try:
        matrix = sp.csr_array(counts, copy=True)
        # Indices out of range would not be noticed before they are used, or end the process.
        matrix.check_format(full_check=True)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{where} can't be read as a matrix ({error}): give documents × vocabulary") from None
    if matrix.ndim != 2:
        raise InputError(f"{where} have {matrix.ndim} dimensions: give documents × vocabulary")
    if matrix.dtype.kind not in "biuf":
        raise InputError(f"{where} are of type {matrix.dtype}: counts are whole numbers")
    if not np.isfinite(matrix.data).all():
        raise InputError(f"{where} hold NaN or infinite numbers: counts are whole numbers from 0 up")
    if matrix.nnz and (matrix.data.min() < 0 or (matrix.data != np.floor(matrix.data)).any()):
        raise InputError(f"{where} hold negative or fractional numbers: counts are whole numbers from 0 up")
    _check_size(matrix, where)
    if matrix.dtype == np.int32 and matrix.has_canonical_format and (not matrix.nnz or matrix.data.min() > 0):
        # Nothing to do, which for millions of documents is worth knowing.
        return matrix
    matrix = matrix.astype(np.int64)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    matrix.sort_indices()
    _check_size(matrix, where)
    return matrix.astype(np.int32)


def _check_size(matrix: sp.csr_array, where: str) -> None:
    most = np.iinfo(np.int32).max
    if matrix.nnz and matrix.data.max() > most:
        raise InputError(f"{where} hold {matrix.data.max():.0f}: counts above {most} are not taken")


def check_vocabulary(language: str, vocabulary: Sequence[str], columns: int) -> list[str]:
    """Return a vocabulary as a list of its words, or raise where it is none."""
    if isinstance(vocabulary, str):
        raise InputError(f"the vocabulary of {language!r} is one string: give a list of words")
    words = list(vocabulary)
    if not words:
        raise InputError(
            f"the vocabulary of {language!r} is empty: check the texts, or lower min_df and the stop words"
        )
    if len(words) == 1:
        raise InputError(f"the vocabulary of {language!r} has one word ({words[0]!r}): at least two are needed")
    if len(words) != columns:
        raise InputError(
            f"language {language!r} has a vocabulary of {len(words)} words but {columns} columns of counts: "
            "they must be equally many"
        )
    for position, word in enumerate(words):
        if not isinstance(word, str) or not word:
            raise InputError(f"word {position} of the vocabulary of {language!r} is {word!r}: words are non-empty text")
    if len(set(words)) != len(words):
        double = Counter(words).most_common(1)[0][0]
        raise InputError(f"the vocabulary of {language!r} has {double!r} twice: each word once")
    return words


def checked_embeddings(
    language: str, kind: str, embeddings: Any, rows: int, unit: str, names: Sequence[str] | None
) -> Any:
    """Return embeddings as float32, or raise where they are not one row of numbers per word, document or passage.

    Args:
        language: for messages.
        kind: ``"word"``, ``"document"`` or ``"passage"``, for messages.
        embeddings: ``(rows, dimension)``, or None.
        rows: how many are needed.
        unit: what a row is of, for messages.
        names: of the rows, for messages.
    """
    if embeddings is None:
        return None
    array = np.asarray(embeddings)
    check_embedding_shape(language, kind, array, rows, unit)
    if array.dtype != np.float32:
        array = array.astype(np.float32)
    # A block at a time: a memory-mapped array is never read whole.
    for start in range(0, rows, 65536):
        check_finite_rows(language, kind, array[start : start + 65536], start, names)
    return array


def check_embedding_shape(language: str, kind: str, array: NDArray[Any], rows: int, unit: str) -> None:
    """Raise unless an array has one row of numbers per word, document or passage; see ``checked_embeddings``."""
    if array.ndim != 2 or array.dtype.kind not in "fiu" or array.shape[1] == 0:
        raise InputError(
            f"{kind} embeddings of {language!r} have shape {array.shape} and type {array.dtype}: "
            f"give numbers, {unit} × dimension"
        )
    if len(array) != rows:
        raise InputError(
            f"language {language!r} has {rows} {unit} but {len(array)} {kind} embeddings: "
            f"one row per {unit[:-1]} is needed"
        )


def check_word_dimensions(dimensions: Mapping[str, int]) -> None:
    """Raise InputError if the word embeddings of languages, which are compared, differ in dimension."""
    if len(set(dimensions.values())) > 1:
        raise InputError(
            f"word embeddings differ in dimension between languages ({dict(dimensions)}): use one encoder for all"
        )


def check_finite_rows(
    language: str, kind: str, block: NDArray[Any], first: int = 0, names: Sequence[str] | None = None
) -> None:
    """Raise if rows of embeddings, of which these begin at ``first``, hold NaN or infinite numbers."""
    finite = np.isfinite(block).all(axis=1)
    if not finite.all():
        row = first + int(np.argmin(finite))
        which = f"row {row}" + (f" ({names[row]!r})" if names else "")
        raise InputError(f"{kind} embeddings of {language!r} hold NaN or infinite numbers at {which}: correct that row")


def _passages(language: str, given: Passages, documents: sp.csr_array) -> Passages:
    """Return passages in canonical form, or raise where they are not those of the documents."""
    counts = canonical_counts(given.counts, where=f"the counts of passages of {language!r}")
    document, starts = np.asarray(given.document, np.int64), np.asarray(given.starts, np.int64)
    number = documents.shape[0]
    if document.shape != (counts.shape[0],) or starts.shape != document.shape or counts.shape[1] != documents.shape[1]:
        raise InputError(
            f"the passages of {language!r} have {document.shape} documents, {starts.shape} starts and counts of shape "
            f"{counts.shape}: give one row per passage, and a column per word"
        )
    steps = np.diff(document, prepend=-1)
    if not len(document) or document[-1] != number - 1 or not ((steps == 0) | (steps == 1)).all():
        raise InputError(
            f"the passages of {language!r} are not in the order of its {number} documents, at least one of each"
        )
    if (np.where(steps == 1, starts, 0) != 0).any() or (np.diff(starts, prepend=-1)[steps == 0] <= 0).any():
        raise InputError(f"the passages of {language!r} must begin at the beginning of their documents, and ascend")
    if not np.array_equal(np.bincount(document, word_numbers(counts)).astype(np.int64), word_numbers(documents)):
        raise InputError(f"the counts of documents of {language!r} are not the sums of their passages' counts")
    vectors = checked_embeddings(language, "passage", given.embeddings, len(document), "passages", None)
    return Passages(document, starts, counts, vectors)


def _aligned(language: str, what: str, values: Sequence[Any] | None, documents: int) -> Sequence[str] | None:
    if values is None:
        return None
    if isinstance(values, str):
        raise InputError(f"the {what} of {language!r} are one string: give a list, one for each document")
    # Texts on disk stay there.
    result = values if isinstance(values, StoredTexts | TextParts) else _as_texts(language, what, values)
    if len(result) != documents:
        raise InputError(
            f"language {language!r} has {count_of(documents, 'document')} but "
            f"{count_of(len(result), what.removesuffix('s'))}: give one for each document"
        )
    return result


def _as_texts(language: str, what: str, values: Sequence[Any]) -> list[str]:
    """Return values as records have them: a missing one is empty, or for an id the position."""
    result = []
    for row, value in enumerate(values):
        try:
            text = as_text(value)
        except ValueError as error:
            one = what.removesuffix("s")
            raise InputError(
                f"the {one} of document {row} of {language!r} is {value!r:.60}, {error}: correct it"
            ) from None
        if text is None:
            text = str(row) if what == "ids" else ""
        result.append(text)
    return result
