"""What a model sees of documents, and the latent means μ that follow: one path for Python, evaluation and server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array
from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.passages import word_numbers
from gloctm.embedding.encoder import TextEncoder
from gloctm.errors import FileFormatError, InputError, MissingDependencyError
from gloctm.model.context_inference import (
    center_of,
    context_latent_means,
    contexts_of,
    evidence_of_words,
    sentence_directions,
)
from gloctm.model.documents import (
    are_texts,
    counts_and_further_words,
    documents_to_counts,
    documents_to_tokens,
    documents_to_words,
)
from gloctm.model.inference import Via, global_latent_means, latent_means
from gloctm.model.long_documents import means_of_documents
from gloctm.model.parameters import (
    DOCUMENT_ENCODER_NAME,
    SENTENCE_PROJECTION_NAME,
    least_evidence_name,
    local_encoder_name,
    sentence_center_name,
    word_context_name,
)
from gloctm.text.cleaning import Markup, clean_text
from gloctm.text.passages import passage_starts, split_at
from gloctm.text.phrases import SUFFIX as PHRASES

Tokenize = Callable[[str], list[str]]


@dataclass(frozen=True)
class Route:
    """How the documents of a language are inferred.

    Attributes:
        language: a normalized code.
        known: whether the model was trained on it.
        via: the encoders of a published model that are used.
        encoder: embeds words outside the model's vocabulary; None where there is none, or none is needed.
        vocabulary: the words that count in an untrained language; None for all.
    """

    language: str
    known: bool
    via: Via = "local"
    encoder: TextEncoder | None = None
    vocabulary: Sequence[str] | None = None


class Tools(Protocol):
    """What inference uses of its surroundings. A server's tools keep a deadline and bounds, a model's do not."""

    show_progress: bool

    def tokenizer(self, language: str) -> Tokenize:
        """Return the tokenizer of a language, trained or not."""

    def stop_words(self, language: str) -> frozenset[str]:
        """Return the stop words of a language."""

    def neighbors(self, language: str) -> sp.csr_array:
        """Return N_l of a trained language."""

    def link(self, language: str, words: Sequence[str], encoder: TextEncoder) -> sp.csr_array:
        """Link distinct words to the trained vocabularies: N_new, ``(words, V)``."""

    def embed(self, texts: Sequence[str], encoder: TextEncoder) -> Array:
        """Embed texts, ``(texts, dimension)``."""

    def link_vectors(self, vectors: Array) -> sp.csr_array:
        """Link words by their vectors: N_new, ``(words, V)``."""


class Trained(Protocol):
    """The parts of a trained model that inference reads."""

    vocabulary_: dict[str, list[str]]
    weights_: dict[str, Array]
    tokenizers_: dict[str, str]
    encoder_: str | None
    passage_length_: int | None
    markup_: Markup | None

    @property
    def in_context(self) -> bool:
        """Whether the model was trained by the context method."""


@dataclass(frozen=True)
class LeftOut:
    """Words outside the vocabulary that do not count.

    Attributes:
        number: how many.
        total: of how many.
        reason: the error that prevented it; None where there are more of them than may be embedded.
        words: these words, where an error prevented it.
    """

    number: int
    total: int
    reason: Exception | None = None
    words: Sequence[str] = ()


@dataclass(frozen=True)
class Evidence:
    """What a model sees of the documents of one language; of their passages, where any document is split.

    Attributes:
        language: a normalized code.
        counts: ``(documents, words)``, or ``(passages, words)``; ones where there is no vocabulary.
        words: the word of each column.
        neighbors: N, ``(words, V)``: the trained words that each word represents; None if no global encoder is used.
        local: whether the local encoder of the language is used, alone or with the global one.
        contexts: of the context method, the context vector of each word, ``(words, p)``; else None.
        sentences: of short texts by the context method, what each itself adds to its words, ``(documents, p)``; None
            where no text adds anything.
        left_out: words outside the vocabulary that do not count; None if there are none.
        by_words: how many short texts count by their words alone, since the encoder can't be had.
        reason: why it can't.
        document: for each row the document that it is a passage of, ascending; None where rows are documents.
        starts: where each passage begins in its document's text.
    """

    language: str
    counts: sp.csr_array
    words: Sequence[str]
    neighbors: sp.csr_array | None = None
    local: bool = False
    contexts: Array | None = None
    sentences: Array | None = None
    left_out: LeftOut | None = None
    by_words: int = 0
    reason: Exception | None = None
    document: NDArray[np.int64] | None = None
    starts: NDArray[np.int64] | None = None

    def rows_of(self, document: int) -> list[int]:
        """Return the rows of a document's passages; its own row where no document is split."""
        if self.document is None:
            return [document]
        found: list[int] = np.flatnonzero(self.document == document).tolist()
        return found

    def words_of(self, document: int) -> list[str]:
        """Return the distinct words of a document."""
        columns = np.unique(self.counts[self.rows_of(document)].indices)
        return [self.words[column] for column in columns.tolist()]


def evidence_of(
    documents: Any, route: Route, model: Trained, tools: Tools, *, most_further: int | None = None
) -> Evidence:
    """Bring documents of one language to what the model can read.

    Args:
        documents: texts, lists of words, counts, or a LanguageCorpus.
        route: how the language is inferred.
        model: the trained model.
        tools: tokenizers, neighbors and links.
        most_further: how many words outside a trained vocabulary are linked at most; None for all.

    Raises:
        InputError: documents that can't be read.
    """
    if isinstance(documents, Iterator):
        # They are read more than once.
        documents = list(documents)
    if model.markup_ is not None and are_texts(documents):
        # Before they are split: a tag may be long.
        documents = [clean_text(text, route.language, markup=model.markup_).text for text in documents]
    rows, document, starts = _passages(documents, model.passage_length_)
    evidence = _evidence_of_rows(rows, route, model, tools, most_further)
    if document is None:
        return evidence
    sentences = evidence.sentences
    if sentences is not None:
        # A passage has its document around it: what a short last one says as a whole is no topic of that.
        sentences = np.where((np.bincount(document)[document] == 1)[:, None], sentences, np.float32(0))
    return replace(evidence, sentences=sentences, document=document, starts=starts)


def _passages(documents: Any, length: int | None) -> tuple[Any, NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Return what rows of evidence are made of, and the document of each row and where it begins, if any is split."""
    if isinstance(documents, LanguageCorpus):
        if (passages := documents.passages) is None:
            return documents, None, None
        return documents.as_passages(), passages.document, passages.starts
    if length is None or not are_texts(documents):
        return documents, None, None
    found = [passage_starts(text, length) for text in documents]
    numbers = np.asarray([len(each) for each in found], np.int64)
    if (numbers == 1).all():
        return documents, None, None
    parts = [part for text, each in zip(documents, found, strict=True) for part in split_at(text, each)]
    return parts, np.repeat(np.arange(len(found)), numbers), np.concatenate([np.asarray(each) for each in found])


def _evidence_of_rows(documents: Any, route: Route, model: Trained, tools: Tools, most_further: int | None) -> Evidence:
    """Bring documents that are not split, or passages, to what the model can read."""
    code = route.language
    if not route.known:
        counts, words, links = _linked(documents, route, tools)
        contexts = contexts_of(links, model.vocabulary_, model.weights_) if model.in_context else None
        return Evidence(code, counts, words, links, contexts=contexts)
    vocabulary = model.vocabulary_[code]
    phrases = model.tokenizers_[code].endswith(PHRASES)
    if model.in_context:
        contexts = model.weights_[word_context_name(code)]
        if route.encoder is not None and are_texts(documents):
            return _with_further_words(documents, route, model, tools, contexts, phrases, most_further)
        return Evidence(code, _known_counts(documents, code, vocabulary, phrases, tools), vocabulary, contexts=contexts)
    counts = _known_counts(documents, code, vocabulary, phrases, tools)
    neighbors = None if route.via == "local" else tools.neighbors(code)
    return Evidence(code, counts, vocabulary, neighbors, local=route.via != "global")


def latent_means_of(
    evidence: Evidence, weights: Mapping[str, Array], languages: Mapping[str, object]
) -> tuple[Array, NDArray[np.bool_]]:
    """Infer μ of documents; of one that is split, from those of its passages (``gloctm.model.long_documents``).

    Args:
        evidence: what the model sees of them.
        weights: the trained arrays by name.
        languages: of the model, in order.

    Returns:
        μ, ``(documents, K)`` float32, 0 in documents without evidence; and which documents those are.
    """
    counts, neighbors = evidence.counts, evidence.neighbors
    if evidence.contexts is not None:
        center = center_of(evidence.language, languages, weights)
        means, empty = context_latent_means(
            counts, evidence.contexts, center, weights[DOCUMENT_ENCODER_NAME], evidence.sentences
        )
    elif neighbors is None:
        means = latent_means(counts, weights, local_encoder_name(evidence.language))
        empty = np.diff(counts.indptr) == 0
    else:
        means = global_latent_means(counts, neighbors, weights)
        if evidence.local:
            means += latent_means(counts, weights, local_encoder_name(evidence.language))
            means /= 2
        empty = counts @ (np.diff(neighbors.indptr) > 0) == 0
    means[empty] = 0
    if evidence.document is not None:
        means, empty = means_of_documents(means, np.asarray(empty, bool), evidence.document, word_numbers(counts))
    if not np.isfinite(means).all():
        raise FileFormatError(
            f"the model gives no finite numbers for documents in {evidence.language!r}: its weights are damaged or "
            "were never of use; train it again"
        )
    return means, np.asarray(empty, bool)


def _known_counts(documents: Any, code: str, vocabulary: Sequence[str], phrases: bool, tools: Tools) -> sp.csr_array:
    """Count the words of a trained vocabulary."""
    if isinstance(documents, LanguageCorpus):
        if list(documents.vocabulary) != vocabulary:
            raise InputError(
                f"the corpus has another vocabulary for {code!r} than the model: "
                f"transform its texts, with language={code!r}"
            )
        return documents.counts
    return documents_to_counts(
        documents,
        language=code,
        vocabulary=vocabulary,
        tokenizer=lambda: tools.tokenizer(code),
        phrases=phrases,
        show_progress=tools.show_progress,
    )


def _with_further_words(
    texts: Sequence[str],
    route: Route,
    model: Trained,
    tools: Tools,
    contexts: Array,
    phrases: bool,
    most_further: int | None,
) -> Evidence:
    """Count all words of texts in a trained language: those of the vocabulary, and further ones by their links."""
    code, vocabulary, encoder = route.language, model.vocabulary_[route.language], route.encoder
    assert encoder is not None
    texts = list(texts)
    tokens = list(documents_to_tokens(texts, lambda: tools.tokenizer(code), show_progress=tools.show_progress))
    counts, further = counts_and_further_words(tokens, code, vocabulary, tools.stop_words(code), phrases=phrases)
    known, total, left_out = len(vocabulary), len(further), None
    if most_further is not None and total > most_further:
        # Words of most documents say most; the work is bounded, and the others can be spared.
        in_documents = np.bincount(counts.indices, minlength=counts.shape[1])[known:]
        chosen = np.sort(np.argsort(-in_documents, kind="stable")[:most_further])
        left_out = LeftOut(total - len(chosen), total)
        counts = sp.csr_array(counts[:, np.concatenate([np.arange(known), known + chosen])])
        further = [further[place] for place in chosen.tolist()]
    links = None
    if further:
        links, failure = _tried(lambda: tools.link(code, further, encoder), encoder)
        if links is not None:
            contexts = np.concatenate([contexts, contexts_of(links, model.vocabulary_, model.weights_)])
        else:
            left_out, further = LeftOut(total, total, failure, further), []
    counts = sp.csr_array(counts[:, : known + len(further)])
    # A text of one word is that word.
    several = np.array([len(words) > 1 for words in tokens], bool)
    sentences, by_words, reason = None, 0, None
    if SENTENCE_PROJECTION_NAME in model.weights_ and encoder.name == model.encoder_:
        found = _sentences(texts, several, code, counts, contexts, encoder, model.weights_, tools)
        sentences, by_words, reason = found
    return Evidence(
        code,
        counts,
        [*vocabulary, *further],
        contexts=contexts,
        sentences=sentences,
        left_out=left_out,
        by_words=by_words,
        reason=reason,
    )


def _tried(work: Callable[[], Any], encoder: TextEncoder) -> tuple[Any, Exception | None]:
    """Return what work by an encoder gives, or None and why its package, its files or its hub are out of reach."""
    try:
        _ = encoder.version
    except (InputError, MissingDependencyError, OSError) as error:
        return None, error
    try:
        return work(), None
    except (MissingDependencyError, OSError) as error:
        return None, error


def _sentences(
    texts: Sequence[str],
    several: NDArray[np.bool_],
    code: str,
    counts: sp.csr_array,
    contexts: Array,
    encoder: TextEncoder,
    weights: Mapping[str, Array],
    tools: Tools,
) -> tuple[Array | None, int, Exception | None]:
    """Compute what texts of several words themselves add to these, ``(texts, p)``; None where all words stand alone.

    Where the encoder can't be had, how many texts lack it, and why, come with it.
    """
    evidence = evidence_of_words(counts, contexts)
    lacking = np.where(several & (evidence > 0), np.maximum(weights[least_evidence_name(code)] - evidence, 0), 0)
    rows = np.flatnonzero(lacking)
    if not len(rows):
        return None, 0, None
    embeddings, failure = _tried(lambda: tools.embed([texts[row] for row in rows.tolist()], encoder), encoder)
    if embeddings is None:
        return None, len(rows), failure
    projection = weights[SENTENCE_PROJECTION_NAME]
    if embeddings.shape[1] != len(projection):
        raise InputError(
            f"the model's embeddings have {len(projection)} numbers but the encoder {encoder.name} gave vectors of "
            f"{embeddings.shape[1]}: give the encoder that the model was trained with"
        )
    found = np.zeros((len(texts), projection.shape[1]), np.float32)
    own = sentence_directions(embeddings, weights[sentence_center_name(code)], projection)
    found[rows] = lacking[rows, None] * own
    return found, 0, None


def _linked(documents: Any, route: Route, tools: Tools) -> tuple[sp.csr_array, Sequence[str], sp.csr_array]:
    """Count the words of an untrained language: counts, words, and N_new of the words."""
    code = route.language
    if isinstance(documents, LanguageCorpus):
        counts, words = documents.counts, list(documents.vocabulary)
        if route.encoder is None:
            return counts, words, tools.link_vectors(np.asarray(documents.word_embeddings))
    elif route.vocabulary is not None:
        words = list(route.vocabulary)
        counts = documents_to_counts(
            documents,
            language=code,
            vocabulary=words,
            tokenizer=lambda: tools.tokenizer(code),
            own=False,
            show_progress=tools.show_progress,
        )
    else:
        counts, words = documents_to_words(
            documents,
            language=code,
            tokenizer=lambda: tools.tokenizer(code),
            stop_words=lambda: tools.stop_words(code),
            show_progress=tools.show_progress,
        )
    assert route.encoder is not None
    return counts, words, tools.link(code, words, route.encoder)
