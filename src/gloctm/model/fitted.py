"""The parts of a trained model, and what inference builds of them when it is first needed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError

from gloctm.arrays import Array, sum_of_rows
from gloctm.augmentation.counts import neighbor_matrix
from gloctm.corpus.language import LanguageCorpus
from gloctm.embedding.embed import embed_texts, get_encoders
from gloctm.embedding.encoder import EncoderPair, TextEncoder
from gloctm.embedding.named import RefusedEncoder, encoder_named
from gloctm.errors import InputError
from gloctm.model.documents import LONG_WORK, documents_to_counts
from gloctm.model.evidence import Evidence, Route, evidence_of, latent_means_of
from gloctm.model.inference import Via, check_via, topic_proportions
from gloctm.model.labels import Labels
from gloctm.model.linking import WordLinker
from gloctm.model.parameters import topic_word_name
from gloctm.model.storage import ModelArtifact
from gloctm.model.word_scores import word_scores
from gloctm.text import Tokenizer, get_tokenizer, get_tokenizer_by_name
from gloctm.text.cleaning import CleaningTokenizer
from gloctm.text.phrases import SUFFIX as PHRASES
from gloctm.text.stopwords import stop_words_with

Encoder = str | TextEncoder | EncoderPair
# Threads that share a model compute its neighbors and its links once; neither waits for the other. Locks of all models
# together, since a lock in the model could not be copied.
_NEIGHBORS_LOCK = threading.Lock()
_LINKER_LOCK = threading.Lock()


class InParts(Protocol):
    """The documents of one language, in memory or in shards."""

    def parts(self) -> Iterator[LanguageCorpus]:
        """Yield all documents, some thousands at a time."""


class FittedModel:
    """A trained model as its parts, with the tools that other rooms use: encoders, tokenizers, counts and links.

    Attributes:
        languages_: the languages, in the order of the corpus.
        vocabulary_: for each language its words.
        topic_word_: for each language β_l, ``(K, V_l)``: log p(w | k) of the context method, unnormalized weights of
            the published one.
        word_scores_: for each language the numbers that order the words of topics, ``(K, V_l)``, the highest first:
            see ``gloctm.model.word_scores``. β itself where the ranking is by weights.
        coherent_words_: for each language the scores of coherent words, ``(K, V_l)``; empty where the ranking is by
            weights.
        weights_: every trained array by name, see ``gloctm.model.parameters``.
        word_embeddings_: for each language ``(V_l, dimension)``.
        tokenizers_: for each language the name of its tokenizer.
        markup_: what is done about markup in raw texts, as was done in training: ``"auto"``, ``"keep"``, or None for
            a model of ready words, and for models from before texts were cleaned.
        encoder_: name of the encoder of the corpus' embeddings.
        word_encoder_: name of the encoder of the word embeddings, which links words of further languages to these; None
            where they are your own vectors.
        history_: the mean loss of each epoch and its terms; empty for the context method, which has none.
        settings_: the settings of its method that the model was trained with, as given or as chosen by the corpus.
        chosen_: names of the settings that were chosen by the corpus.
        seed_: the seed that was used.
        corpus_fingerprint_: SHA-256 of the corpus.
        passage_length_: length of the passages that long texts are split into; None keeps texts whole.
        environment_: versions of the software that trained the model.
        labels_: for each language the labels of topics, ``{language: {topic: text}}``, as given to ``set_labels``.
        stop_words_: for the languages whose stop words are not those of the list, how they differ.
        topic_shares_: for each language the mean θ of the documents trained on, K numbers; empty in models from before
            they were kept.
        caches_texts: whether embeddings of short texts are kept on disk.
    """

    show_progress: bool = True
    caches_texts: bool = True
    labels_: Labels

    def artifact(self) -> ModelArtifact:
        """Return everything that a saved model consists of.

        Examples:
            >>> sorted(model.artifact().vocabulary)
            ['de', 'en']
        """
        self.check_trained()
        return ModelArtifact(
            settings=self.settings_,
            seed=self.seed_,
            vocabulary=self.vocabulary_,
            tokenizers=self.tokenizers_,
            weights=self.weights_,
            word_embeddings=self.word_embeddings_,
            encoder=self.encoder_,
            word_encoder=self.word_encoder_,
            history=self.history_,
            corpus_fingerprint=self.corpus_fingerprint_,
            passage_length=self.passage_length_,
            environment=self.environment_,
            labels=self.labels_,
            coherent_words=self.coherent_words_,
            topic_shares=self.topic_shares_,
            stop_words=self.stop_words_,
            markup=self.markup_,
            chosen=self.chosen_,
        )

    def set_artifact(self, artifact: ModelArtifact, own_tokenizers: Mapping[str, Tokenizer] | None = None) -> None:
        """Become the model that an artifact holds.

        Args:
            artifact: everything that a saved model consists of.
            own_tokenizers: the tokenizers of your own, by language; they are not saved.

        Examples:
            >>> from gloctm import TopicModel
            >>> copied = TopicModel()
            >>> copied.set_artifact(model.artifact())
            >>> copied.num_topics_
            12
        """
        self.settings_ = artifact.settings
        self.languages_ = tuple(artifact.vocabulary)
        self.vocabulary_ = artifact.vocabulary
        self.weights_ = artifact.weights
        self.topic_word_ = {code: artifact.weights[topic_word_name(code)] for code in artifact.vocabulary}
        self.word_embeddings_ = artifact.word_embeddings
        self.tokenizers_ = artifact.tokenizers
        self.encoder_ = artifact.encoder
        self.history_ = artifact.history
        self.seed_ = artifact.seed
        self.corpus_fingerprint_ = artifact.corpus_fingerprint
        self.passage_length_ = artifact.passage_length
        self.environment_ = artifact.environment
        self.word_encoder_ = artifact.word_encoder
        self.labels_ = artifact.labels
        self.coherent_words_ = artifact.coherent_words
        self.topic_shares_ = artifact.topic_shares
        self.stop_words_ = artifact.stop_words
        self.markup_ = artifact.markup
        self.chosen_ = artifact.chosen
        self.word_scores_ = word_scores(self.topic_word_, artifact.coherent_words)
        self.own_tokenizers = dict(own_tokenizers or {})
        self._own_encoder: TextEncoder | None = None
        self._known_encoder: TextEncoder | None = None
        self._neighbors: dict[str, sp.csr_array] = {}
        self._linker: WordLinker | None = None
        # Documents of a former training are not those of this model.
        for name in ("corpus_", "changes_"):
            self.__dict__.pop(name, None)

    def __getstate__(self) -> Any:
        inherited = super().__getstate__()
        state = dict(inherited) if isinstance(inherited, Mapping) else {}
        if "_neighbors" in state:
            # What can be computed again is not copied.
            state.update(_neighbors={}, _linker=None, _known_encoder=None)
        # Nor are the documents of a training, which may be far larger than the model, and what is remembered of them.
        for name in ("corpus_", "_theta_of_corpus", "_counted_corpus"):
            state.pop(name, None)
        return state

    def check_trained(self) -> None:
        """Raise NotFittedError unless the model is trained.

        Examples:
            >>> model.check_trained()
        """
        if not hasattr(self, "weights_"):
            cure = "call fit(corpus), or load" if hasattr(self, "fit") else "load"
            raise NotFittedError(f"This {type(self).__name__} instance is not fitted yet: {cure} a saved model")

    @property
    def num_topics_(self) -> int:
        """K, the number of topics."""
        return len(self.topic_word_[self.languages_[0]])

    @property
    def in_context(self) -> bool:
        """Whether the model was trained by the context method."""
        return bool(self.settings_["method"] == "context")

    def check_via(self, via: Any) -> None:
        """Raise InputError unless the model has this encoder, or it is None.

        Examples:
            >>> model.check_via(None)
        """
        check_via(via)
        if via is not None and self.in_context:
            raise InputError(
                f"via is {via!r}, but the model has one way to infer, for all languages: leave via out (it chooses "
                "among the encoders of models trained by method='published')"
            )

    def inferred_by(self, language: str, via: Via | None) -> str:
        """Name what infers a language, for the record: an encoder, or ``"context"``.

        Examples:
            >>> model.inferred_by("en", None)
            'context'
        """
        if self.in_context:
            return "context"
        return (via or "local") if language in self.languages_ else "global"

    def encoder_of_words(self, encoder: Encoder | None = None) -> TextEncoder | None:
        """Return the encoder of the model's words: a given one, else that of ``load`` or of the model; or None.

        One that the model alone names, and that is none of this package's, raises InputError when it is used.

        Examples:
            >>> model.encoder_of_words().name
            'usem3'
        """
        if encoder is not None:
            return get_encoders(encoder).words
        if self._own_encoder is not None:
            return self._own_encoder
        # Kept, since it takes a second to load; one that was refused may be given later.
        if isinstance(self._known_encoder, RefusedEncoder | None) and self.word_encoder_ is not None:
            with contextlib.suppress(InputError):
                self._known_encoder = encoder_named(self.word_encoder_)
        return self._known_encoder

    def tokenizer(self, language: str) -> Tokenizer:
        """Return the tokenizer of a language, trained or not; it cleans texts as those of the training were cleaned.

        Examples:
            >>> model.tokenizer("en")("Late <b>tr</b>ains")
            ['late', 'trains']
        """
        if language in self.own_tokenizers:
            tokenizer = self.own_tokenizers[language]
        elif language in self.tokenizers_:
            tokenizer = get_tokenizer_by_name(self.tokenizers_[language], language)
        else:
            tokenizer = get_tokenizer(language)
        return tokenizer if self.markup_ is None else CleaningTokenizer(tokenizer, language, self.markup_)

    def stop_words(self, language: str) -> frozenset[str]:
        """Return the stop words of a language: those that the corpus was built with, or else those of the list.

        Examples:
            >>> "the" in model.stop_words("en")
            True
        """
        return stop_words_with(language, self.stop_words_.get(language, {}))

    def counts(self, documents: Any, language: str) -> sp.csr_array:
        """Count the words of the vocabulary in documents of a trained language, ``(documents, V_l)``.

        Examples:
            >>> int(model.counts(["The train and the other train."], "en").sum())
            2
        """
        return documents_to_counts(
            documents,
            language=language,
            vocabulary=self.vocabulary_[language],
            tokenizer=lambda: self.tokenizer(language),
            phrases=self.tokenizers_[language].endswith(PHRASES),
            show_progress=self.show_progress,
        )

    def neighbors(self, language: str) -> sp.csr_array:
        """Return N_l of a trained language of a published model, as it was in training; computed once.

        Examples:
            >>> model.neighbors("en").shape[1] == sum(map(len, model.vocabulary_.values()))  # doctest: +SKIP
            True
        """
        with _NEIGHBORS_LOCK:
            if language not in self._neighbors:
                self._neighbors[language] = neighbor_matrix(
                    language,
                    self.word_embeddings_,
                    self.settings_["num_neighbors"],
                    # Older models do not have the choice.
                    search=self.settings_.get("neighbor_search", "exact"),
                    show_progress=self.show_progress,
                )
            return self._neighbors[language]

    def word_linker(self) -> WordLinker:
        """Return what links words to the trained vocabularies; made once.

        Examples:
            >>> model.word_linker().num_words == sum(map(len, model.vocabulary_.values()))
            True
        """
        with _LINKER_LOCK:
            if self._linker is None:
                # A model of the context method links as a published model of its default k does.
                number = self.settings_.get("num_neighbors", 3)
                self._linker = WordLinker(self.word_embeddings_, self.topic_word_, number)
            return self._linker

    def link(self, language: str, words: Sequence[str], encoder: TextEncoder) -> sp.csr_array:
        """Link distinct words to the trained vocabularies: N_new, ``(words, V)``; links are kept.

        Examples:
            >>> model.link("fr", ["gare"], model.encoder_of_words()).shape[0]
            1
        """
        return self.word_linker().link(words, encoder, show_progress=self.show_progress)

    def embed(self, texts: Sequence[str], encoder: TextEncoder) -> Array:
        """Embed texts, ``(texts, dimension)``.

        Examples:
            >>> model.embed(["The train was late."], model.encoder_of_words()).shape
            (1, 512)
        """
        show = self.show_progress and len(texts) >= LONG_WORK
        return np.asarray(embed_texts(texts, encoder, cache=self.caches_texts, show_progress=show), np.float32)

    def link_vectors(self, vectors: Array) -> sp.csr_array:
        """Link words by their vectors: N_new, ``(words, V)``.

        Examples:
            >>> model.link_vectors(model.word_embeddings_["en"][:2]).shape[0]
            2
        """
        return self.word_linker().link_vectors(vectors)

    def theta_of(self, evidence: Evidence) -> Array:
        """Infer θ of evidence, uniform where there is none.

        Examples:
            >>> from gloctm.model.evidence import Route, evidence_of
            >>> model.theta_of(evidence_of([["train"]], Route("en", known=True), model, model)).shape
            (1, 12)
        """
        return topic_proportions(latent_means_of(evidence, self.weights_, self.vocabulary_)[0])

    def shares_in(self, corpus: Mapping[str, InParts]) -> dict[str, list[float]]:
        """Average θ over the documents of each trained language that have words, for K shares per language.

        Args:
            corpus: over the model's vocabularies, with every language of the model. It is read part by part.

        Examples:
            >>> round(sum(model.shares_in(corpus)["de"]), 3)
            1.0
        """
        shares = {}
        for code in self.languages_:
            route = Route(code, known=True, via="local" if self.in_context else "global")
            total, number = np.zeros(self.num_topics_), 0
            for part in corpus[code].parts():
                means, empty = latent_means_of(evidence_of(part, route, self, self), self.weights_, self.vocabulary_)
                theta = topic_proportions(means[~empty])
                total, number = sum_of_rows(theta, total), number + len(theta)
            # Without any word there is nothing to tell topics apart by.
            mean = total / number if number else topic_proportions(np.zeros((1, len(total)), np.float32))[0]
            shares[code] = mean.astype(float).tolist()
        return shares
