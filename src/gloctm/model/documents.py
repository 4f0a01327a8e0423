"""Documents of a language, as ``transform`` accepts them, brought to counts."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from gloctm.corpus.validation import canonical_counts
from gloctm.errors import InputError
from gloctm.languages import normalize_language
from gloctm.progress import track
from gloctm.text import count_tokens

# From this many texts or characters on, tokenizing takes long enough to show its progress.
LONG_WORK = 2000
_MANY_CHARACTERS = 500_000


def documents_to_counts(
    documents: Any,
    *,
    language: str,
    vocabulary: Sequence[str],
    tokenizer: Callable[[], Callable[[str], list[str]]],
    phrases: bool = False,
    own: bool = True,
    show_progress: bool = False,
) -> sp.csr_array:
    """Count the words of documents: ``(documents, vocabulary)``.

    Args:
        documents: a sparse or dense matrix of counts; or a sequence of lists of words; or a sequence of texts.
        language: for messages.
        vocabulary: the words that count.
        tokenizer: returns the tokenizer; called only for raw texts, so that others need no tokenizer installed.
        phrases: whether adjacent words are counted as the phrases that the vocabulary has.
        own: whether it is the model's own vocabulary, for messages.
        show_progress: whether to show the progress of tokenizing many texts.
    """
    if not _is_matrix(documents):
        words = documents_to_tokens(documents, tokenizer, show_progress=show_progress)
        return count_tokens(words, vocabulary, phrases=phrases)
    matrix = canonical_counts(_values(documents), where=f"the counts of {language!r}")
    if matrix.shape[1] != len(vocabulary):
        which, cure = "the", "give the word of each column"
        if own:
            which, cure = "the model's", f"count with the model's vocabulary_[{language!r}]"
        raise InputError(
            f"the counts of {language!r} have {matrix.shape[1]} columns but {which} vocabulary has {len(vocabulary)} "
            f"words: {cure}"
        )
    return matrix


def counts_and_further_words(
    tokens: Sequence[Sequence[str]],
    language: str,
    vocabulary: Sequence[str],
    left_out: frozenset[str],
    *,
    phrases: bool = False,
) -> tuple[sp.csr_array, list[str]]:
    """Count the words of a vocabulary in documents, and mark the presence of words outside it.

    Args:
        tokens: for each document its words.
        language: for messages.
        vocabulary: of the model.
        left_out: words that do not count outside the vocabulary.
        phrases: whether adjacent words are counted as the phrases that the vocabulary has.

    Returns:
        ``(documents, words)``, columns of the vocabulary first, then of further words, and the further words.
    """
    counts = count_tokens(tokens, vocabulary, phrases=phrases)
    not_further = left_out.union(vocabulary)
    rest = [[word for word in each if word not in not_further] for each in tokens]
    presence, further = documents_to_words(rest, language=language, tokenizer=lambda: str.split, stop_words=frozenset)
    return sp.csr_array(sp.hstack([counts, presence], format="csr")), further


def documents_to_words(
    documents: Any,
    *,
    language: str,
    tokenizer: Callable[[], Callable[[str], list[str]]],
    stop_words: Callable[[], frozenset[str]],
    show_progress: bool = False,
) -> tuple[sp.csr_array, list[str]]:
    """Mark the presence of words in documents, where no vocabulary says which words count.

    Args:
        documents: a sequence of lists of words, which remain as they are; or a sequence of texts.
        language: for messages.
        tokenizer: returns the tokenizer; called only for raw texts.
        stop_words: returns the words that are left out; called only for raw texts.
        show_progress: whether to show the progress of tokenizing many texts.

    Returns:
        Ones where a document has a word, ``(documents, words)`` int32 CSR, and the words in order of appearance.

    Raises:
        InputError: the documents are counts of unknown words, or can't be read.
    """
    if _is_matrix(documents):
        raise InputError(
            f"the counts of {language!r} don't say which words they count, and the model has no vocabulary of "
            f"{language!r}: give vocabulary=, the word of each column"
        )
    left_out: frozenset[str] = frozenset()

    def cutter() -> Callable[[str], list[str]]:
        nonlocal left_out
        left_out = stop_words()
        return tokenizer()

    position: dict[str, int] = {}
    # Only numbers are kept: documents as lists of words would take many times the memory.
    columns, pointers = array("i"), array("q", [0])
    for tokens in documents_to_tokens(documents, cutter, show_progress=show_progress):
        distinct = {position.setdefault(token, len(position)) for token in tokens if token and token not in left_out}
        columns.extend(sorted(distinct))
        pointers.append(len(columns))
    presence = sp.csr_array(
        (np.ones(len(columns), np.int32), np.asarray(columns, np.int32), np.asarray(pointers, np.int64)),
        shape=(len(pointers) - 1, len(position)),
    )
    return presence, list(position)


def vocabularies(
    vocabulary: Any, languages: Sequence[str], known: Sequence[str], *, distinct: bool = True
) -> dict[str, list[str]]:
    """Check the words given for untrained languages, and return them by language.

    Args:
        vocabulary: a mapping from language to words, the words alone where there is one such language, or None.
        languages: the untrained languages asked for.
        known: the trained ones.
        distinct: whether no word may occur twice, as in the words of columns.

    Raises:
        InputError: words of a language that is not asked for or has its own, a word twice, or something else.
    """
    if vocabulary is None:
        return {}
    if not isinstance(vocabulary, Mapping):
        if len(languages) != 1:
            reason = "several languages need them" if languages else "no language needs them"
            raise InputError(f"vocabulary is a list of words but {reason}: give a mapping from language to words")
        vocabulary = {languages[0]: vocabulary}
    result = {}
    for given, words in vocabulary.items():
        code = normalize_language(given)
        if code in known:
            raise InputError(f"vocabulary is given for {code!r}, of which the model has its own: leave it out")
        if code not in languages:
            raise InputError(f"vocabulary is given for {code!r}, which is not asked for: leave it out")
        if code in result:
            raise InputError(f"vocabulary is given for {code!r} twice: give it once")
        result[code] = _vocabulary(code, words, distinct)
    return result


def _vocabulary(language: str, words: Any, distinct: bool) -> list[str]:
    if isinstance(words, str) or not isinstance(words, Iterable):
        found = "one string" if isinstance(words, str) else repr(words)
        raise InputError(f"the vocabulary of {language!r} is {found}: give a list of words")
    listed = list(words)
    for position, word in enumerate(listed):
        if not isinstance(word, str) or not word:
            raise InputError(f"word {position} of the vocabulary of {language!r} is {word!r}: words are non-empty text")
    if distinct and len(set(listed)) < len(listed):
        twice = next(word for word, number in Counter(listed).items() if number > 1)
        raise InputError(f"the vocabulary of {language!r} has {twice!r} twice: each word once")
    return listed


def are_texts(documents: Any) -> bool:
    """Whether documents are a list of raw texts, rather than of words, or counts."""
    if isinstance(documents, str | bytes) or not isinstance(documents, Iterable) or _is_matrix(documents):
        return False
    rows = list(_values(documents))
    return bool(rows) and all(isinstance(row, str) for row in rows)


def documents_to_tokens(
    documents: Any, tokenizer: Callable[[], Callable[[str], list[str]]], *, show_progress: bool = False
) -> Iterator[Sequence[str]]:
    """Yield the words of each document, in order.

    Args:
        documents: a sequence of lists of words, which remain as they are; or a sequence of texts.
        tokenizer: returns the tokenizer; called only for raw texts.
        show_progress: whether to show the progress of tokenizing many texts.
    """
    documents = _values(documents)
    if isinstance(documents, str | bytes):
        raise InputError("documents are one string: give a list of texts, even for one text")
    rows = list(documents)
    if all(isinstance(row, str) for row in rows):
        cut = tokenizer() if rows else str.split
        takes_long = len(rows) >= LONG_WORK or sum(map(len, rows)) >= _MANY_CHARACTERS
        with track("tokenizing", len(rows), "texts", show=show_progress and takes_long) as progress:
            for text in rows:
                yield cut(text)
                progress.advance()
        return
    for position, row in enumerate(rows):
        if isinstance(row, str) or not isinstance(row, Sequence) or not all(isinstance(token, str) for token in row):
            raise InputError(
                f"document {position} is {row!r:.60}: "
                "documents are all texts, or all lists of words, or one matrix of counts"
            )
    yield from rows


def _values(documents: Any) -> Any:
    """Turn a data frame into its values: iterating over it would give the names of its columns."""
    is_frame = hasattr(documents, "columns") and hasattr(documents, "to_numpy")
    return documents.to_numpy() if is_frame else documents


def _is_matrix(documents: Any) -> bool:
    documents = _values(documents)
    return sp.issparse(documents) or (isinstance(documents, np.ndarray) and documents.dtype.kind in "biuf")
