"""What a model says of texts, for several threads at once: θ, and which words led there.

The numbers are those of ``GloCTM.transform`` for the same documents in one call, which gives a warning where this gives
None.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.errors import InputError, MissingDependencyError
from gloctm.languages import primary_subtag
from gloctm.model.context_inference import center_of, context_latent_means, contexts_of, encoder_of
from gloctm.model.documents import counts_and_further_words, documents_to_counts, documents_to_words
from gloctm.model.inference import Via, global_latent_means, latent_means, topic_proportions
from gloctm.model.linking import WordLinker
from gloctm.model.parameters import local_encoder_name, word_context_name
from gloctm.server.languages import Languages, called
from gloctm.server.shown import ShownTopics
from gloctm.server.words import WordVectors
from gloctm.server.work import Deadline, OutOfTimeError
from gloctm.summary.excerpts import in_utf16
from gloctm.summary.places import WordFinder
from gloctm.text import Tokenizer, stop_words
from gloctm.text.phrases import SUFFIX as PHRASES

if TYPE_CHECKING:
    from gloctm.estimator import GloCTM

#: Different words of a document that are left out in turn; of more, those that come most often.
EXPLAINED_WORDS = 200
#: Topics a word, at most.
EXPLAINED_TOPICS = 3
#: A word that raises a topic by less is not said to have led there.
SMALLEST_SHARE = 0.001

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Evidence:
    """What a model sees of the texts of one language.

    Attributes:
        language: normalised.
        counts: ``(documents, words)``; ones where there is no vocabulary.
        words: the word of each column.
        neighbors: N, ``(words, V)``: what each word stands for among all trained words; None if the language was
            trained on and only its local encoder is asked.
        local: whether the local encoder is asked, by itself or among both.
        contexts: of a model of the context method, the context vector of each word, ``(words, p)``; else None.
        note: a sentence about words that are left out; empty where none are.
    """

    language: str
    counts: sp.csr_array
    words: Sequence[str]
    neighbors: sp.csr_array | None
    local: bool
    contexts: Array | None = None
    note: str = ""


@dataclass(frozen=True)
class WordShare:
    """A word of a text and the topics it led to.

    Attributes:
        word: as the vocabulary has it.
        start: where it begins, in UTF-16 code units.
        end: where it ends.
        topics: the topic's number and weight, the largest first.
    """

    word: str
    start: int
    end: int
    topics: tuple[tuple[int, float], ...]


class Inference:
    """Asks a model, from any thread.

    Args:
        model: fitted; nothing of it is changed.
        shown: the topics that answers are about.
        new_words: see ``Limits``.
    """

    def __init__(self, model: GloCTM, shown: ShownTopics, *, new_words: int) -> None:
        self.model = model
        self.languages = Languages(model)
        self._shown = shown
        self._new_words = new_words
        self._neighbors: dict[str, sp.csr_array] = {}
        self._linking: tuple[WordLinker, WordVectors] | None = None
        # One each: linking must not wait while neighbours are sought, which may take minutes.
        self._neighbor_lock = threading.Lock()
        self._linking_lock = threading.Lock()

    def check_language(self, code: str, via: Via | None) -> str | None:
        """A sentence to go with the answer if the encoder was not made for a language; None if all is well.

        Raises:
            InputError: the model can't be asked about the language, or not in this way.
        """
        known = ", ".join(self.model.languages_)
        if self._in_context and via is not None:
            raise InputError(f"via is {via!r}, but the model has one way to infer, for all languages: leave via out")
        if code in self.model.vocabulary_:
            return None
        if via in ("local", "both"):
            raise InputError(
                f"the model was not trained on {code!r}, and has local encoders for {known} alone: leave via out"
            )
        encoder = self.model._encoder_of_words(None)
        if encoder is None:
            raise InputError(
                f"the model was not trained on {code!r}, and the encoder of its word embeddings, which would link "
                f"other languages to its own, is not known here: ask about {known}"
            )
        made_for = getattr(encoder, "languages", None)
        if made_for is not None and primary_subtag(code) not in made_for:
            return f"the encoder {encoder.name} was not made for {called(code)}: its words may not be linked well"
        return None

    def relatives(self, code: str) -> list[str]:
        """Other languages that a text taken for one may be in, as far as the model or its encoder names them.

        They share its first subtag: ``zh-Hant`` where ``zh`` was told by identification, which does not know scripts.
        """
        encoder = None
        with contextlib.suppress(MissingDependencyError):
            encoder = self.model._encoder_of_words(None)
        known = {*self.model.languages_, *(getattr(encoder, "languages", None) or ())}
        return sorted(each for each in known if each != code and primary_subtag(each) == primary_subtag(code))

    def evidence(self, code: str, texts: Sequence[str], via: Via | None, deadline: Deadline) -> Evidence:
        """What the model sees of texts in a language that ``check_language`` let pass.

        Raises:
            InputError: too many words that would have to be embedded.
            OutOfTimeError: the time is over.
        """
        cut = self.languages.tokenizer(code, deadline)
        if self._in_context and code in self.model.vocabulary_:
            return self._evidence_in_context(code, texts, cut, deadline)
        if code in self.model.vocabulary_:
            vocabulary = self.model.vocabulary_[code]
            counts = documents_to_counts(
                texts,
                language=code,
                vocabulary=vocabulary,
                tokenizer=lambda: cut,
                phrases=self.model.tokenizers_[code].endswith(PHRASES),
            )
            neighbors = None if via in (None, "local") else self.trained_neighbors(code, deadline)
            return Evidence(code, counts, vocabulary, neighbors, local=via != "global")
        presence, words = documents_to_words(
            texts, language=code, tokenizer=lambda: cut, stop_words=lambda: stop_words(code)
        )
        links = self._links(code, words, deadline)
        contexts = contexts_of(links, self.model.vocabulary_, self.model.weights_) if self._in_context else None
        return Evidence(code, presence, words, links, local=False, contexts=contexts)

    def _evidence_in_context(self, code: str, texts: Sequence[str], cut: Tokenizer, deadline: Deadline) -> Evidence:
        """What a model of the context method sees of texts in a language trained on: further words are linked."""
        model = self.model
        vocabulary = model.vocabulary_[code]
        phrases = model.tokenizers_[code].endswith(PHRASES)
        counts, further = counts_and_further_words(
            [cut(text) for text in texts], code, vocabulary, stop_words(code), phrases=phrases
        )
        known, note = len(vocabulary), ""
        if model._encoder_of_words(None) is None:
            further = []
        elif len(further) > self._new_words:
            # Those in most documents tell most; work is bounded, and the rest can do without the others.
            in_documents = np.bincount(counts.indices, minlength=counts.shape[1])[known:]
            chosen = np.sort(np.argsort(-in_documents, kind="stable")[: self._new_words])
            note = (
                f"words in {called(code)} outside the model's vocabulary are left out, {len(further) - len(chosen):,} "
                f"of {len(further):,}: a request may have {self._new_words:,} of them"
            )
            counts = sp.csr_array(counts[:, np.concatenate([np.arange(known), known + chosen])])
            further = [further[place] for place in chosen.tolist()]
        contexts = model.weights_[word_context_name(code)]
        if further:
            try:
                links = self._links(code, further, deadline)
                contexts = np.concatenate([contexts, contexts_of(links, model.vocabulary_, model.weights_)])
            except (MissingDependencyError, OSError) as error:
                note = f"words in {called(code)} outside the model's vocabulary are left out: {error}"
                further = []
        counts = sp.csr_array(counts[:, : known + len(further)])
        return Evidence(code, counts, [*vocabulary, *further], None, local=False, contexts=contexts, note=note)

    def _links(self, code: str, words: Sequence[str], deadline: Deadline) -> sp.csr_array:
        """Words of no vocabulary, linked to those trained on."""
        linker, vectors = self.linking()
        if (missing := vectors.missing(words)) > self._new_words:
            raise InputError(
                f"the texts in {code!r} have {missing:,} words to be embedded, and a request may have "
                f"{self._new_words:,}: send fewer at a time"
            )
        return linker.link_vectors(vectors(words, deadline))

    @property
    def _in_context(self) -> bool:
        return bool(self.model.settings_["method"] == "context")

    def theta(self, evidence: Evidence) -> tuple[Array, NDArray[np.bool_]]:
        """θ of the model's topics ``(documents, K)``, uniform without any evidence, and which documents have none."""
        counts, neighbors, weights = evidence.counts, evidence.neighbors, self.model.weights_
        if evidence.contexts is not None:
            center = center_of(evidence.language, self.model.vocabulary_, weights)
            means, empty = context_latent_means(counts, evidence.contexts, center, encoder_of(weights))
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
        return topic_proportions(means), np.asarray(empty, bool)

    def explain(self, evidence: Evidence, row: int, text: str, deadline: Deadline) -> list[WordShare]:
        """The words of a document that led to its topics.

        The weight of a word w in a topic k is θ_k of the document less θ_k of the same document without w, all its
        occurrences left out: how much of the topic is there because of w. The model itself is asked for both, so that
        this is exact for it; but weights do not add up to θ, since words stand in for each other: of two that say the
        same, either can go without much being lost. A document of one word is compared with the uniform θ of none.

        Args:
            evidence: what holds the document.
            row: which one it is.
            text: the document, to say where its words stand.
            deadline: until when.

        Returns:
            Occurrences in order, of words with a weight of 0.001 or more in a topic: up to three topics each, the
            largest first. At most 200 different words are tried, those that come most often; words that can't be found
            in the text, such as some dictionary forms, are not among them.
        """
        shares = self._shares(evidence, row)
        columns = evidence.counts[[row]].indices.tolist()
        name = self.model.tokenizers_.get(evidence.language)
        tokenizer = self.languages.tokenizer(evidence.language, deadline)
        find = WordFinder(
            evidence.language, tokenizer, name or tokenizer.name, [evidence.words[column] for column in columns]
        )
        places = [place for place in find(text) if place.word in shares]
        marks = in_utf16(text, [(place.start, place.end) for place in places])
        return [
            WordShare(place.word, start, end, shares[place.word])
            for place, (start, end) in zip(places, marks, strict=True)
        ]

    def _shares(self, evidence: Evidence, row: int) -> dict[str, tuple[tuple[int, float], ...]]:
        document = evidence.counts[[row]]
        order = np.argsort(-document.data, kind="stable")[:EXPLAINED_WORDS]
        # The document itself, and then it without each of these words in turn.
        variants = sp.csr_array(sp.vstack([document] * (len(order) + 1), format="csr"))
        starts = variants.indptr[1:-1]
        variants.data[starts + order] = 0
        variants.eliminate_zeros()
        theta, _ = self.theta(replace(evidence, counts=variants))
        merged = self._shown.merge_theta(theta)
        weights = merged[0] - merged[1:]
        found = {}
        for place, raised in zip(order.tolist(), weights, strict=True):
            best = np.argsort(-raised, kind="stable")[:EXPLAINED_TOPICS]
            topics = tuple(
                (self._shown.ids[topic], float(raised[topic])) for topic in best if raised[topic] >= SMALLEST_SHARE
            )
            if topics:
                found[evidence.words[int(document.indices[place])]] = topics
        return found

    def linking(self) -> tuple[WordLinker, WordVectors]:
        """What links words that no vocabulary has to those that the model was trained on.

        Raises:
            InputError: the encoder of the model's words is not known.
        """
        with self._linking_lock:
            if self._linking is None:
                encoder = self.model._encoder_of_words(None)
                if encoder is None:
                    raise InputError("the encoder of the model's word embeddings is not known here: ask for its words")
                linker = self.model._word_linker()
                self._linking = linker, WordVectors(encoder, linker.dimension)
            return self._linking

    def trained_neighbors(self, code: str, deadline: Deadline) -> sp.csr_array:
        """What each word of a language trained on stands for among all trained words; computed once."""
        if code not in self._neighbors:
            # The first to ask has them computed, which takes long for large vocabularies; others do not wait for ever.
            if not self._neighbor_lock.acquire(timeout=min(deadline.remaining(), threading.TIMEOUT_MAX)):
                raise OutOfTimeError
            try:
                self._neighbors[code] = self.model._neighbor_matrix(code)
            finally:
                self._neighbor_lock.release()
        return self._neighbors[code]
