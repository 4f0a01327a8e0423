"""``LanguageCorpus``: the documents of one language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import evenly_spread
from gloctm.checks import check_int
from gloctm.corpus import shard_files
from gloctm.corpus.passages import Passages, TextParts
from gloctm.embedding.encoder import Embeddings
from gloctm.text import Tokenizer
from gloctm.text.cleaning import Markup

#: Documents per language of a sample, at most, unless asked otherwise.
SAMPLE_DOCUMENTS = 100_000


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
        passages: those of all documents, where any is split; else None.
        stop_words: how the stop words differ from the list of the language: the words ``added`` to it, and those
            ``kept`` though they are on it. Empty where they are those of the list.
        markup: what was done about markup in the texts, ``"auto"`` or ``"keep"``, which a model does to raw texts
            later; None for documents that came as words, and texts that were not cleaned at all.

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
    passages: Passages | None = None
    stop_words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    markup: Markup | None = None

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

    @property
    def num_empty(self) -> int:
        """How many documents have no word of the vocabulary."""
        return int(self.empty_documents.sum())

    @property
    def num_units(self) -> int:
        """The number of passages; that of documents where none is split."""
        return self.num_documents if self.passages is None else len(self.passages)

    @property
    def has_passages(self) -> bool:
        """Whether any document is split."""
        return self.passages is not None

    @property
    def has_texts(self) -> bool:
        """Whether there are raw texts."""
        return self.texts is not None

    @property
    def has_labels(self) -> bool:
        """Whether documents have labels."""
        return self.labels is not None

    @property
    def has_dates(self) -> bool:
        """Whether documents have dates."""
        return self.dates is not None

    @property
    def document_dimension(self) -> int | None:
        """Dimension of the embeddings of documents; None before they are computed."""
        return None if self.document_embeddings is None else int(self.document_embeddings.shape[1])

    @property
    def has_document_embeddings(self) -> bool:
        """Whether there are embeddings of the documents, and of their passages if any document is split."""
        return self.document_embeddings is not None and (self.passages is None or self.passages.embeddings is not None)

    @property
    def passage_counts(self) -> sp.csr_array:
        """The counts of the passages; those of the documents where none is split."""
        return self.counts if self.passages is None else self.passages.counts

    def as_passages(self) -> LanguageCorpus:
        """Return the passages as documents, with their documents' labels and dates; itself where no document is split.

        The passages of a document ``a7`` that is split have the ids ``a7:0``, ``a7:1`` and so on.

        Examples:
            >>> corpus["en"].as_passages() is corpus["en"]
            True
        """
        passages = self.passages
        if passages is None:
            return self
        bounds = passages.bounds
        rows = passages.document.tolist()
        place = (np.arange(len(rows)) - bounds[passages.document]).tolist()
        is_split = (np.diff(bounds) > 1)[passages.document].tolist()
        ids = range(self.num_documents) if self.ids is None else self.ids
        named = zip(rows, place, is_split, strict=True)
        return replace(
            self,
            counts=passages.counts,
            document_embeddings=passages.embeddings,
            labels=_chosen(self.labels, rows),
            ids=[f"{ids[row]}:{number}" if split else str(ids[row]) for row, number, split in named],
            dates=_chosen(self.dates, rows),
            texts=None if self.texts is None else TextParts(self.texts, passages.document, passages.starts),
            passages=None,
        )

    def select(self, rows: Any, *, embeddings: bool = True) -> LanguageCorpus:
        """Return some of the documents, in this order, with their passages.

        Args:
            rows: the rows of the documents.
            embeddings: whether they keep the embeddings of documents, which take time and memory to copy.

        Examples:
            >>> corpus["en"].select([3, 5]).num_documents
            2
        """
        chosen = np.asarray(rows, np.int64)
        listed = chosen.tolist()
        vectors = self.document_embeddings if embeddings else None
        passages = self.passages
        if passages is not None and not embeddings:
            passages = replace(passages, embeddings=None)
        return replace(
            self,
            counts=self.counts[chosen],
            document_embeddings=None if vectors is None else vectors[chosen],
            labels=_chosen(self.labels, listed),
            ids=_chosen(self.ids, listed),
            dates=_chosen(self.dates, listed),
            texts=None if self.texts is None else TextParts(self.texts, chosen),
            passages=None if passages is None else passages.select(chosen),
        )

    def take(self, rows: Any, *, texts: bool = True, embeddings: bool = True) -> LanguageCorpus:
        """Return some of the documents as ``select`` does, with or without their texts.

        Args:
            rows: the rows of the documents.
            texts: whether they keep their texts.
            embeddings: whether they keep the embeddings of documents.

        Examples:
            >>> corpus["en"].take([3, 5], texts=False).texts is None
            True
        """
        chosen = self.select(rows, embeddings=embeddings)
        return chosen if texts else replace(chosen, texts=None)

    def sample(
        self, num_documents: int = SAMPLE_DOCUMENTS, *, texts: bool = True, embeddings: bool = True
    ) -> LanguageCorpus:
        """Return documents spread evenly over all; itself where none would be left out. Nothing is drawn.

        Args:
            num_documents: how many, at most.
            texts: whether their texts are needed.
            embeddings: whether their embeddings are needed.

        Examples:
            >>> corpus["en"].sample(3).ids
            ['en-football-01', 'en-weather-01', 'en-music-20']
        """
        number = check_int("num_documents", num_documents, 1)
        if self.num_documents <= number:
            return self
        return self.take(evenly_spread(self.num_documents, number), texts=texts, embeddings=embeddings)

    def parts(self, *, texts: bool = False, embeddings: bool = False) -> Iterator[LanguageCorpus]:
        """Yield all documents in order, at most 32,768 at a time, as a corpus in shards does; itself where they fit.

        Args:
            texts: whether their texts are needed.
            embeddings: whether their embeddings are needed.

        Examples:
            >>> [part.num_documents for part in corpus["en"].parts()]
            [240]
        """
        size = shard_files.SHARD_DOCUMENTS
        if self.num_documents <= size:
            yield self
            return
        for start in range(0, self.num_documents, size):
            rows = np.arange(start, min(start + size, self.num_documents))
            yield self.take(rows, texts=texts, embeddings=embeddings)


def recounted(
    part: LanguageCorpus, vocabulary: Sequence[str], count: Callable[[Sequence[str]], sp.csr_array]
) -> LanguageCorpus:
    """Return a language counted over another vocabulary, passages included; word embeddings are left out.

    Args:
        part: with texts.
        vocabulary: the words to count.
        count: counts them in texts, ``(texts, vocabulary)``.
    """
    texts = part.as_passages().texts
    assert texts is not None
    counts = count(texts)
    passages = None if part.passages is None else replace(part.passages, counts=counts)
    return replace(
        part,
        counts=counts if passages is None else passages.document_counts(),
        passages=passages,
        vocabulary=vocabulary,
        word_embeddings=None,
    )


def _chosen(values: Sequence[str] | None, rows: Sequence[int]) -> list[str] | None:
    return None if values is None else [values[row] for row in rows]


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
