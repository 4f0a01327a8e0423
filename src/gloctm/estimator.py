"""``GloCTM``: the model with the face of a scikit-learn estimator."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from gloctm.augmentation.augment import neighbor_matrix
from gloctm.augmentation.neighbors import NeighborSearch
from gloctm.checks import check_whole
from gloctm.context.train import Trained, coherent_words, train_in_context
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.language import LanguageCorpus
from gloctm.embedding.embed import get_encoder_by_name, get_encoders, warn_of_unknown_language
from gloctm.embedding.encoder import EncoderPair, TextEncoder
from gloctm.errors import (
    EmptyDocumentWarning,
    FileFormatError,
    InputError,
    MissingDependencyError,
    TrainingInterrupted,
    UnknownWordsWarning,
)
from gloctm.labels import Labels, check_labels
from gloctm.languages import normalize_language, normalize_languages
from gloctm.model.context_inference import center_of, context_latent_means, contexts_of, encoder_of
from gloctm.model.documents import (
    are_texts,
    counts_and_further_words,
    documents_to_counts,
    documents_to_tokens,
    documents_to_words,
    vocabularies,
)
from gloctm.model.inference import Via, check_via_of, global_latent_means, latent_means, topic_proportions
from gloctm.model.linking import WordLinker, linked_topic_word
from gloctm.model.parameters import local_encoder_name, topic_word_name, word_context_name
from gloctm.model.storage import ModelArtifact, load_model, save_model, software_versions
from gloctm.model.topics import topic_records
from gloctm.model.word_scores import word_scores
from gloctm.text import (
    Tokenizer,
    as_tokenizer,
    get_tokenizer,
    get_tokenizer_by_name,
    normalize_text,
    stop_words,
)
from gloctm.text.phrases import SUFFIX as PHRASES
from gloctm.training.presets import get_preset
from gloctm.training.settings import (
    RETIRED,
    TrainingSettings,
    check_checkpoint,
    check_settings,
    resolve_seed,
    settings_of_method,
)

if TYPE_CHECKING:
    from gloctm.evaluation.evaluate import Evaluation
    from gloctm.model.view import TopicView
    from gloctm.training.callbacks import Callback

Array = NDArray[np.float32]
Encoder = str | TextEncoder | EncoderPair
#: By what the words of topics are ordered.
Ranking = Literal["coherence", "weights"]


@dataclass(frozen=True)
class _Route:
    """How the documents of a language come to their topics.

    Attributes:
        language: whose.
        through: the local encoder of the language, the global encoder, or both.
        known: whether the language was trained on.
        encoder: embeds the words of a language that was not; None where their vectors come with a corpus.
        vocabulary: the words that count in such a language; None for all.
    """

    language: str
    through: Via
    known: bool
    encoder: TextEncoder | None = None
    vocabulary: list[str] | None = None


class GloCTM(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A topic model whose topics are shared by all languages of a corpus.

    There are two methods. ``"context"``, the default, finds topics in a space of contexts that all languages share, in
    closed form (``gloctm.context``, docs/method.md): in seconds to minutes, without torch, by document embeddings of
    one multilingual encoder. ``"published"`` trains the neural network of the paper, as the presets of its experiments
    do (``from_preset``). Settings of one method are refused by the other.

    Args:
        num_topics: K. 50, as published.
        method: ``"context"`` or ``"published"``.
        ranking: by what the words of topics are ordered wherever they are shown: ``"coherence"``, how well they go
            together in the corpus trained on (``gloctm.context.coherence``), or ``"weights"``, β alone, as published.
            None is the method's own: coherence in the context space, weights as published.
        num_near_documents: of the context method: how many nearest documents of every other language a document is
            brought together with. None chooses: the smallest language's documents over twice K, from 3 to 10. 0 leaves
            documents where they are: topics are then more of one language.
        num_refinements: of the context method: how often topics are moved towards their coherent words. 5, from which
            on figures hardly change; 0 leaves them at the centers of clusters.
        temperature: of the context method: θ = softmax(μ / temperature). None fits it, so that θ is as sure of a
            topic as a document's words and its embedding agree on it.
        num_neighbors: k of the augmentation, as all that follow of the published method: how many nearest words of its
            own and of every other language join each word of a document. 3, as published for news; 12 was used for
            reviews.
        neighbor_search: ``"exact"``, as published: all words are compared. Or ``"approximate"``, for vocabularies of
            hundreds of thousands of words: along a graph of near words, which needs the package ``usearch``; how many
            neighbours it finds is shown with the progress, and warned of where they are too few.
        kl_weight: λ_KL, weight of the pull of the local posterior to the global one.
        cka_weight: λ_CKA, weight of the similarity of topic proportions and document embeddings.
        local_hidden_size: width of each local encoder's two hidden layers.
        global_hidden_size: width of the global encoder's.
        dropout: rate, of the encoders' hidden layer and of θ. 0, as published.
        epochs: passes over the largest language. 150, as published for corpora of tens of thousands of documents.
        batch_size: documents of each language in a step.
        learning_rate: of Adam, at first.
        max_steps: end after so many steps, if the epochs are not over before; None takes all epochs.
        schedule: ``"decay"``, as published: the learning rate is multiplied by ``decay_factor`` now and then; or
            ``"cosine"``: it goes down to 0 at the last step along half a cosine.
        decay_every: epochs after which the learning rate is multiplied by ``decay_factor``, again and again.
        decay_every_steps: the same in steps, instead of epochs; None goes by ``decay_every``.
        decay_factor: see ``decay_every``.
        warmup_steps: steps in which the learning rate rises from 0. 0, as published.
        patience: stop once the loss has been no better than before for so many epochs; None, as published, never does.
        min_improvement: the share of its best by which the loss must be better to count.
        random_state: of both methods: the seed that owns every random number. 0, so that results repeat unless asked
            otherwise; None draws a fresh one, kept in ``seed_``.
        device: ``"auto"`` (CUDA where there is any), ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        threads: of both methods: threads that training may use; None leaves that to torch, or to numpy. Results repeat
            bit for bit only with the same number.
        show_progress: of both methods: whether ``fit`` shows progress on standard error.

    Attributes:
        languages_: the languages, in the corpus' order.
        vocabulary_: for each language its words.
        topic_word_: for each language β_l, ``(K, V_l)``: log p(w | k) of the context method, of the published one
            unnormalized weights.
        word_scores_: for each language the numbers by which words of topics are shown, ``(K, V_l)``, the highest first:
            by the ranking, see ``gloctm.model.word_scores``; β itself where that is by weights.
        weights_: every trained array by name, see ``gloctm.model.parameters``.
        word_embeddings_: for each language ``(V_l, dimension)``.
        tokenizers_: for each language the name of its tokeniser.
        encoder_: name of the encoder of the corpus' embeddings.
        word_encoder_: name of the encoder of the word embeddings, by which words of further languages are linked to
            these; None where they are your own vectors.
        history_: the mean loss of each epoch and its terms; empty for the context method, which has none.
        settings_: the settings of its method that the model was trained with, as given or as chosen by the corpus.
        seed_: the seed that was used.
        corpus_fingerprint_: SHA-256 of the corpus.
        environment_: versions of the software that trained the model.
        labels_: for each language the labels of topics, ``{language: {topic: text}}``, as given to ``set_labels``.

    Examples:
        >>> from gloctm import Corpus, GloCTM
        >>> corpus = Corpus.demo(["en", "de"], show_progress=False)
        >>> model = GloCTM(num_topics=12, show_progress=False).fit(corpus)
        >>> model.transform(["Der Zug hatte Verspätung."], lang="de").shape
        (1, 12)

    References:
        GloCTM: Cross-Lingual Topic Modeling via a Global Context Space. AAAI 2026.
    """

    labels_: Labels

    def __init__(
        self,
        *,
        num_topics: int = 50,
        method: Literal["context", "published"] = "context",
        ranking: Ranking | None = None,
        num_near_documents: int | None = None,
        num_refinements: int = 5,
        temperature: float | None = None,
        num_neighbors: int = 3,
        neighbor_search: NeighborSearch = "exact",
        kl_weight: float = 4.0,
        cka_weight: float = 450.0,
        local_hidden_size: int = 100,
        global_hidden_size: int = 200,
        dropout: float = 0.0,
        epochs: int = 150,
        max_steps: int | None = None,
        batch_size: int = 128,
        learning_rate: float = 2e-3,
        schedule: Literal["decay", "cosine"] = "decay",
        decay_every: int = 125,
        decay_every_steps: int | None = None,
        decay_factor: float = 0.5,
        warmup_steps: int = 0,
        patience: int | None = None,
        min_improvement: float = 1e-3,
        random_state: int | None = 0,
        device: str = "auto",
        threads: int | None = None,
        show_progress: bool = True,
    ) -> None:
        self.num_topics = num_topics
        self.method = method
        self.ranking = ranking
        self.num_near_documents = num_near_documents
        self.num_refinements = num_refinements
        self.temperature = temperature
        self.num_neighbors = num_neighbors
        self.neighbor_search = neighbor_search
        self.kl_weight = kl_weight
        self.cka_weight = cka_weight
        self.local_hidden_size = local_hidden_size
        self.global_hidden_size = global_hidden_size
        self.dropout = dropout
        self.epochs = epochs
        self.max_steps = max_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.decay_every = decay_every
        self.decay_every_steps = decay_every_steps
        self.decay_factor = decay_factor
        self.warmup_steps = warmup_steps
        self.patience = patience
        self.min_improvement = min_improvement
        self.random_state = random_state
        self.device = device
        self.threads = threads
        self.show_progress = show_progress

    @classmethod
    def from_preset(cls, name: str, **settings: Any) -> GloCTM:
        """An estimator with a preset's settings (see ``gloctm.training.presets.PRESETS``), some of them replaced."""
        return cls(**{**get_preset(name), **settings})

    def fit(
        self,
        corpus: Corpus,
        y: None = None,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_minutes: float = 5.0,
        resume: bool = False,
        callbacks: Sequence[Callback] = (),
    ) -> GloCTM:
        """Train on a corpus.

        Args:
            corpus: with word and document embeddings.
            y: ignored; scikit-learn's convention.
            checkpoint: a file in which the state of the training is kept, so that it can go on where it was stopped
                or killed, to the same weights bit for bit (on a processor, with as many threads; CUDA sums in no fixed
                order). It stays when the training has ended, at its end: delete it once the model is saved. None keeps
                nothing.
            checkpoint_minutes: of the published method: how long at most between two writings of it: what a kill can
                lose. 5, since one takes a second or so. An interrupt (Ctrl-C) waits for the end of the step and loses
                nothing. The context method writes after each of its steps, which take seconds to a few minutes.
            resume: go on from the checkpoint, if there is one. Without it, one that is there is an error, so that it is
                not lost by mistake.
            callbacks: of the published method: called after every epoch; see ``gloctm.training.callbacks``.

        Returns:
            The estimator itself.

        Raises:
            InputError: a setting is out of range; the corpus lacks embeddings or is too small for the settings; the
                checkpoint is of another training.
            FileFormatError: the checkpoint is damaged or no checkpoint.
            TrainingError: the loss stopped being finite.
            TrainingInterrupted: an interrupt came, after which the training can go on from its checkpoint.
        """
        if not isinstance(corpus, Corpus):
            raise InputError(f"fit takes a Corpus, not {type(corpus).__name__}: make one with Corpus.from_texts")
        settings = settings_of_method(check_settings(self.get_params()), type(self)().get_params())
        keeping = check_checkpoint(checkpoint, checkpoint_minutes, resume)
        if callbacks:
            from gloctm.training.callbacks import check_callbacks

            check_callbacks(callbacks)
        for language, part in corpus.items():
            if part.word_embeddings is None or part.document_embeddings is None:
                raise InputError(
                    f"the corpus has no embeddings for {language!r}: use corpus.embed() first (gloctm corpus embed)"
                )
        if settings["method"] == "context":
            if callbacks:
                raise InputError(
                    "callbacks are given, but the method 'context' has no epochs to tell them of: leave them out, or "
                    "give method='published'"
                )
            try:
                found = train_in_context(
                    corpus, settings, keeping, resume=resume, show_progress=bool(self.show_progress)
                )
            except KeyboardInterrupt as interrupt:
                if keeping is None or not keeping[0].exists():
                    raise
                raise TrainingInterrupted(
                    f"training was stopped; {keeping[0]} holds all steps that were done: go on with resume=True",
                    terminated=type(interrupt) is not KeyboardInterrupt,
                ) from None
        else:
            found = _trained_as_published(
                corpus, settings, keeping, resume=resume, show_progress=bool(self.show_progress), callbacks=callbacks
            )
        self._set_fitted(
            ModelArtifact(
                settings=found.settings,
                seed=found.seed,
                vocabulary={language: list(part.vocabulary) for language, part in corpus.items()},
                tokenizers={language: part.tokenizer for language, part in corpus.items()},
                weights=found.weights,
                coherent_words=found.coherent_words,
                word_embeddings={language: np.array(part.word_embeddings) for language, part in corpus.items()},
                encoder=corpus.encoder,
                word_encoder=corpus.word_encoder,
                history=found.history,
                corpus_fingerprint=corpus.fingerprint(),
                environment=software_versions(),
            ),
            {language: part.own_tokenizer for language, part in corpus.items() if part.own_tokenizer is not None},
        )
        return self

    def fit_transform(self, corpus: Corpus, y: None = None) -> dict[str, Array]:
        """Train on a corpus and return the topic proportions of its documents, by language."""
        result = self.fit(corpus).transform(corpus)
        assert isinstance(result, dict)
        return result

    def transform(
        self,
        documents: Any,
        lang: str | Sequence[str] | None = None,
        *,
        via: Via | None = None,
        latent: bool = False,
        vocabulary: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        encoder: Encoder | None = None,
    ) -> Array | dict[str, Array]:
        """Infer the topic proportions θ of documents, also in languages that the model was not trained on.

        Words that the model was not trained on, of any language, are embedded and linked to their nearest neighbours in
        every trained vocabulary (``gloctm.model.linking``); nothing is retrained. So a raw text in a trained language
        counts with all its words, where the encoder of the model's words is known; counts and ready words of the
        vocabulary count as they are. A published model takes the words of its vocabulary alone, by the local encoder of
        a language trained on, and links those of others for its global one. A document's θ does not depend on the other
        documents.

        Args:
            documents: of one language, a list of texts, a list of lists of words, or a matrix of counts over
                ``vocabulary_``; or a list of texts in several languages with a list of as many codes as ``lang``;
                or a mapping from language to any of the former; or a Corpus with the model's vocabulary.
            lang: the language, or one a document; left out for a mapping or a Corpus. A code that is not among
                ``languages_`` is another language, also where it differs in script or region alone.
            via: of a published model alone: ``"local"``, ``"global"`` or ``"both"``: by which encoder, or by the mean
                of their μ. None takes the local one for languages trained on, as published, and the global one for
                others. Both serve best what is compared across languages (docs/quality.md), at a few times the cost of
                one. A model of the context method has one way for all, and takes None.
            latent: return the latent means μ instead of θ = softmax(μ).
            vocabulary: for a language not trained on, the words that count (all but stop words unless given): the
                word of each column where the documents are counts. With several such languages, a mapping from
                language to words.
            encoder: for languages not trained on, embeds their words: the encoder that the model's own words were
                embedded with, as an object or by its name (see ``gloctm.embedding.get_encoders``). Needed only where
                neither the model keeps a name of this package's (``word_encoder_``) nor ``load`` was given one.

        Returns:
            ``(documents, K)`` float32 in the documents' order, each row of θ summing to 1; for a mapping or a Corpus,
            one such array a language. A document without any word of the vocabulary, or of another language without
            any that can be linked, gives no evidence: its μ is the prior mean 0 and its θ uniform, and an
            EmptyDocumentWarning says how many there are.

        Raises:
            NotFittedError: ``fit`` or ``load`` comes first.
            InputError: documents that can't be read; ``via="local"`` for a language not trained on, or one whose
                words no encoder is known for.
        """
        check_is_fitted(self, "weights_")
        if isinstance(documents, Mapping):  # a Corpus is one too
            if lang is not None:
                raise InputError("lang is given beside documents that are ordered by language already: leave it out")
            spelled = dict(zip(normalize_languages(documents), documents, strict=True))
            corpus = documents if isinstance(documents, Corpus) else None
            routes = self._routes(spelled, via, vocabulary, encoder, corpus)
            return {given: self._infer(documents[given], routes[code], latent) for code, given in spelled.items()}
        if lang is None:
            raise InputError(f"lang is missing: name the documents' language, one of {', '.join(self.languages_)}")
        if isinstance(lang, str):
            code = normalize_language(lang)
            return self._infer(documents, self._routes([code], via, vocabulary, encoder)[code], latent)
        if isinstance(documents, str):
            raise InputError("documents are one string: give a list of texts, even for one text")
        documents = list(documents)
        normal = {given: normalize_language(given) for given in dict.fromkeys(lang)}
        codes = [normal[given] for given in lang]
        if len(codes) != len(documents):
            raise InputError(f"{len(documents)} documents but {len(codes)} languages: give one language for each")
        routes = self._routes(dict.fromkeys(codes), via, vocabulary, encoder)
        result = np.empty((len(documents), len(self.topic_word_[self.languages_[0]])), np.float32)
        for code, route in routes.items():
            rows = [row for row, other in enumerate(codes) if other == code]
            result[rows] = self._infer([documents[row] for row in rows], route, latent)
        return result

    def topics(
        self,
        num_words: int = 10,
        *,
        lang: str | None = None,
        languages: Iterable[str] | None = None,
        vocabulary: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        encoder: Encoder | None = None,
        ranking: Ranking | None = None,
        output: Literal["records", "pandas", "polars"] = "records",
    ) -> Any:
        """The topics as a table: topic, language, words, weights; also in languages that the model was not trained on.

        In a language not trained on, a word's weight is the mean of those of the trained words that it is linked to,
        those that ``transform`` takes for it.

        Args:
            num_words: words a topic and language.
            lang: the one language to show.
            languages: which, in order; all that were trained on unless given, and those of a ``vocabulary`` given by
                language.
            vocabulary: for a language not trained on, the words to choose from; with several such languages, a mapping
                from language to words. They are brought to the form in which a tokeniser gives them (lower case and so
                on), but for a language with a tokeniser of your own. Words that the encoder has no vector for are left
                out.
            encoder: see ``transform``.
            ranking: ``"weights"`` orders words by β, whatever the model's ranking; None takes that, and its numbers
                (``word_scores_``) as weights.
            output: ``"records"`` for a list of dictionaries, or ``"pandas"`` or ``"polars"`` for a data frame.

        Raises:
            InputError: a language that was not trained on has no vocabulary, or no encoder is known for its words.
        """
        check_is_fitted(self, "weights_")
        if isinstance(languages, str):
            raise InputError(f"languages is one string: give a list, for example [{languages!r}]")
        num_words = check_whole("num_words", num_words, 1)
        if lang is not None:
            if languages is not None:
                raise InputError("lang and languages are both given: give one of them")
            languages = [lang]
        if languages is None:
            further = normalize_languages(vocabulary) if isinstance(vocabulary, Mapping) else ()
            languages = dict.fromkeys([*self.languages_, *further])
        chosen = normalize_languages(languages)
        if not chosen:
            raise InputError("languages is empty: name at least one")
        if ranking not in (None, "coherence", "weights"):
            raise InputError(f"ranking is {ranking!r}: it must be coherence or weights, or None (the model's own)")
        if ranking == "coherence" and not self.coherent_words_:
            raise InputError("ranking is 'coherence', but the model was trained with ranking='weights': leave it out")
        ranked = self.topic_word_ if ranking == "weights" else self.word_scores_
        routes = self._routes(chosen, None, vocabulary, encoder, distinct=False)
        topic_word, words = {}, {}
        for code, route in routes.items():
            topic_word[code], words[code] = self._topic_word(route, ranked)
        records = topic_records(topic_word, words, num_words)
        if output == "records":
            return records
        if output not in ("pandas", "polars"):
            raise InputError(f"output is {output!r}: it must be records, pandas or polars")
        try:
            frames = import_module(output)
        except ImportError:
            raise MissingDependencyError.of("A data frame of topics", output) from None
        return frames.DataFrame(records)

    def set_labels(self, labels: Mapping[str, Mapping[int, str] | Sequence[str]], *, replace: bool = False) -> GloCTM:
        """Keep labels of topics with the model (``labels_``); ``gloctm.labels`` makes some.

        Args:
            labels: for each language a mapping from topic to text, or a list of one text for every topic. Languages and
                topics that are not named keep their labels. Languages that the model was not trained on may have labels
                too.
            replace: whether topics that are not named lose their labels in the languages that are: with an empty
                mapping, a language is left without any.

        Returns:
            The model itself.

        Raises:
            InputError: a topic that the model has not; a label that is no text, empty, of several lines or too long.
        """
        check_is_fitted(self, "weights_")
        given = check_labels(labels, len(self.topic_word_[self.languages_[0]]))
        kept: Labels = {}
        # Those of the languages trained on first, in their order.
        for code in dict.fromkeys((*self.languages_, *self.labels_, *given)):
            before = {} if replace and code in given else self.labels_.get(code, {})
            if texts := {**before, **given.get(code, {})}:
                kept[code] = dict(sorted(texts.items()))
        self.labels_ = kept
        return self

    def save(self, path: str | os.PathLike[str], *, card: str | None = None) -> Path:
        """Write the model to a folder (see ``gloctm.model.storage``); an older model there is replaced.

        Args:
            path: the folder.
            card: text of the folder's ``README.md``: by ``gloctm.export.card.model_card(self, title=...)``, or one of
                your own. None makes one; a ``README.md`` that was changed by hand is then not replaced.

        Raises:
            InputError: the folder holds something else than a model, or a ``README.md`` that was changed by hand.
        """
        from gloctm.export.card import model_card

        check_is_fitted(self, "weights_")
        own = card is not None
        return save_model(self._artifact(), path, card=card if own else model_card(self), own_card=own)

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        corpus: Corpus | None = None,
        view: TopicView | None = None,
        title: str | None = None,
        num_words: int = 30,
        num_documents: int = 5,
        evaluation: Evaluation | Mapping[str, Any] | None = None,
        via: Via | None = None,
    ) -> Path:
        """Write a page to explore the topics: one file of HTML, which needs no network and no server.

        Args:
            path: the file, its name ending in ``.html``.
            corpus: usually the one trained on: for the documents behind the topics and how much of each topic there is
                in each language, by label and over time where it has labels and dates. Some of its texts are in the
                page. None shows words alone.
            view: topics renamed, merged or hidden.
            title: of the page; None makes one of topics and languages.
            num_words: words a topic and language.
            num_documents: documents a topic and language.
            evaluation: what ``gloctm.evaluate`` measured of this model, to be shown; None measures what is
                quickly had.
            via: of a published model alone: by which encoder topic proportions are inferred. None takes the global one,
                by which languages are compared best. The page says which.

        Raises:
            InputError: a name that is none of a page, a corpus with another vocabulary, a view or an evaluation of
                another model, or an evaluation with a view that merges or hides topics.
            MissingDependencyError: without plotly or jinja2.
        """
        from gloctm.explorer import check_report_target, write_report
        from gloctm.summary import summarize

        check_is_fitted(self, "weights_")
        check_report_target(path)
        summary = summarize(
            self,
            corpus,
            view=view,
            title=title,
            num_words=num_words,
            num_documents=num_documents,
            evaluation=evaluation,
            via=via,
        )
        return write_report(summary, path)

    def push_to_hub(
        self,
        repo_id: str,
        *,
        private: bool = False,
        token: str | None = None,
        commit_message: str = "Upload a GloCTM model",
        revision: str | None = None,
        card: str | None = None,
    ) -> str:
        """Put the model on the Hugging Face Hub, as one commit; see ``gloctm.export.hub.push_to_hub``.

        Args:
            repo_id: the repository, ``"organisation/name"``; made where there is none.
            private: whether a repository that is made is private.
            token: an access token; None takes the one that ``hf auth login`` kept.
            commit_message: of the commit.
            revision: the branch, made where there is none; None for the main one.
            card: text of the repository's ``README.md``; None makes one, unless there is one that somebody wrote.

        Returns:
            The address of the commit.
        """
        from gloctm.export.hub import push_to_hub

        return push_to_hub(
            self,
            repo_id,
            private=private,
            token=token,
            commit_message=commit_message,
            revision=revision,
            card=card,
        )

    @classmethod
    def from_pretrained(
        cls,
        name: str | os.PathLike[str],
        *,
        revision: str | None = None,
        token: str | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        tokenizers: Mapping[str, Callable[[str], list[str]]] | None = None,
        encoder: Encoder | None = None,
    ) -> GloCTM:
        """Read a model from a folder, or from the Hugging Face Hub, where ``push_to_hub`` put it.

        Args:
            name: a folder, or else a repository, ``"organisation/name"``. A folder of that name comes first.
            revision: branch, tag or commit of a repository; None for the newest of its main branch.
            token: an access token, for private ones; None takes the one that ``hf auth login`` kept.
            cache_dir: where files from the Hub are kept for the next time; None for huggingface_hub's usual place.
            tokenizers: see ``load``.
            encoder: see ``load``.

        Raises:
            InputError: there is no such repository or revision, it may not be read, or the Hub can't be reached.
            FileFormatError: it is no model of this package, or damaged.
            MissingDependencyError: huggingface_hub is not installed.
        """
        folder = Path(name)
        if folder.is_dir():
            if revision is not None:
                raise InputError(f"{folder} is a folder, which has no revisions: leave revision out")
            return cls.load(folder, tokenizers=tokenizers, encoder=encoder)
        from gloctm.export.hub import downloaded_model

        with downloaded_model(os.fspath(name), revision=revision, token=token, cache_dir=cache_dir) as downloaded:
            return cls.load(downloaded, tokenizers=tokenizers, encoder=encoder)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        tokenizers: Mapping[str, Callable[[str], list[str]]] | None = None,
        encoder: Encoder | None = None,
    ) -> GloCTM:
        """Read a model that ``save`` wrote. This needs no torch, and ``transform`` only if the words' encoder does.

        Args:
            path: the model's folder.
            tokenizers: for languages that were cut by a callable of your own, the callable; and for languages not
                trained on, where the default is not wanted.
            encoder: embeds the words of languages not trained on, where the model does not say by what: see
                ``transform``.
        """
        artifact = load_model(path)
        # Models of before there was a choice were trained as published.
        if "method" not in artifact.settings:
            kept = {name: value for name, value in artifact.settings.items() if name not in RETIRED}
            artifact = replace(artifact, settings={"method": "published", "ranking": "weights", **kept})
        unknown = sorted(set(artifact.settings) - set(cls().get_params()))
        if unknown:
            raise FileFormatError(
                f"{path} was saved by another version of gloctm, with settings unknown here ({', '.join(unknown)}): "
                "take that version, or train the model anew"
            )
        model = cls(**artifact.settings)
        try:
            check_settings(model.get_params())
        except InputError as error:
            raise FileFormatError(f"{path} is damaged: {error}; copy or train the model anew") from None
        own = {normalize_language(code): as_tokenizer(function) for code, function in (tokenizers or {}).items()}
        model._set_fitted(artifact, own)
        model._own_encoder = None if encoder is None else get_encoders(encoder).words
        return model

    def _artifact(self) -> ModelArtifact:
        """Everything that a saved model consists of."""
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
            environment=self.environment_,
            labels=self.labels_,
            coherent_words=self.coherent_words_,
        )

    def _set_fitted(self, artifact: ModelArtifact, own_tokenizers: dict[str, Tokenizer]) -> None:
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
        self.environment_ = artifact.environment
        self.word_encoder_ = artifact.word_encoder
        self.labels_ = artifact.labels
        self.coherent_words_ = artifact.coherent_words
        self.word_scores_ = word_scores(self.topic_word_, artifact.coherent_words)
        self._own_tokenizers = own_tokenizers
        self._own_encoder: TextEncoder | None = None
        self._forget()

    def _forget(self) -> None:
        """Let go of what is kept between calls and can be had again."""
        self._neighbors: dict[str, sp.csr_array] = {}
        self._linker: WordLinker | None = None

    def __getstate__(self) -> Any:
        state = dict(super().__getstate__())
        if "_neighbors" in state:
            state.update(_neighbors={}, _linker=None)
        return state

    def _routes(
        self,
        codes: Iterable[str],
        via: str | None,
        vocabulary: Any,
        encoder: Encoder | None,
        corpus: Corpus | None = None,
        distinct: bool = True,
    ) -> dict[str, _Route]:
        """For each language how its documents are dealt with; whatever is amiss is noticed here, before any work."""
        check_via_of(self, via)
        in_context = self._in_context
        codes = list(codes)
        others = [code for code in codes if code not in self.vocabulary_]
        given = vocabularies(vocabulary, others, self.languages_, distinct=distinct)
        routes = {}
        for code in codes:
            if code in self.vocabulary_:
                # What a language trained on has beyond the vocabulary is linked if it can be.
                further = self._encoder_of_words(encoder) if in_context else None
                routes[code] = _Route(code, cast(Via, via or "local"), known=True, encoder=further)
                continue
            if via in ("local", "both"):
                raise InputError(
                    f"the model was not trained on language {code!r}: it knows {', '.join(self.languages_)}, and has "
                    "local encoders for these alone; leave via out, or take via='global'"
                )
            # A corpus' own vectors are taken if they are by the model's encoder, or both are the user's own.
            has_vectors = corpus is not None and corpus[code].word_embeddings is not None
            if has_vectors and encoder is None and corpus is not None and corpus.word_encoder == self.word_encoder_:
                routes[code] = _Route(code, "global", known=False)
            else:
                chosen = self._word_encoder(code, encoder)
                warn_of_unknown_language(code, [chosen])
                routes[code] = _Route(code, "global", known=False, encoder=chosen, vocabulary=given.get(code))
        return routes

    def _encoder_of_words(self, given: Encoder | None) -> TextEncoder | None:
        """The encoder of the model's words: one that is given, else as ``load`` or the model itself says; or None."""
        if given is not None:
            return get_encoders(given).words
        if self._own_encoder is not None:
            return self._own_encoder
        if self.word_encoder_ is None:
            return None
        try:
            return get_encoder_by_name(self.word_encoder_)
        except InputError:
            return None

    def _word_encoder(self, language: str, given: Encoder | None) -> TextEncoder:
        found = self._encoder_of_words(given)
        if found is not None:
            return found
        name = self.word_encoder_
        what = "own vectors, of an encoder not known" if name is None else f"{name}, which is none of this package's"
        raise InputError(
            f"the model was not trained on language {language!r}: it knows {', '.join(self.languages_)}, and to link "
            f"others to these it needs the encoder of its word embeddings ({what}): give it as "
            "transform(..., encoder=...) or GloCTM.load(path, encoder=...)"
        )

    def _infer(self, documents: Any, route: _Route, latent: bool) -> Array:
        code = route.language
        if self._in_context:
            means, empty = self._infer_in_context(documents, route)
            return self._checked(means, empty, route, latent)
        if route.known:
            is_part = isinstance(documents, LanguageCorpus)
            counts = self._corpus_counts(documents, code) if is_part else self._counts(documents, code)
            neighbors = self._neighbor_matrix(code) if route.through != "local" else None
        else:
            counts, neighbors = self._linked(documents, route)
        if neighbors is None:
            means = latent_means(counts, self.weights_, local_encoder_name(code))
            empty = np.diff(counts.indptr) == 0
        else:
            means = global_latent_means(counts, neighbors, self.weights_)
            if route.through == "both":
                means += latent_means(counts, self.weights_, local_encoder_name(code))
                means /= 2
            empty = counts @ (np.diff(neighbors.indptr) > 0) == 0
        return self._checked(means, empty, route, latent)

    def _checked(self, means: Array, empty: NDArray[np.bool_], route: _Route, latent: bool) -> Array:
        """θ, or μ, with a warning where there are documents without any evidence."""
        if empty.any():
            means[empty] = 0
            what = "of the model's vocabulary" if route.known else "that can be linked to the model's vocabularies"
            warnings.warn(
                f"{int(empty.sum())} of {len(means)} documents in {route.language!r} have no word {what}: "
                "their topic proportions are uniform",
                EmptyDocumentWarning,
                stacklevel=4,
            )
        return means if latent else topic_proportions(means)

    @property
    def _in_context(self) -> bool:
        return bool(self.settings_["method"] == "context")

    def _infer_in_context(self, documents: Any, route: _Route) -> tuple[Array, NDArray[np.bool_]]:
        """μ of documents, and which have no word that says anything."""
        code = route.language
        if isinstance(documents, Iterator):
            # It is looked at more than once.
            documents = list(documents)
        if not route.known:
            counts, links = self._linked(documents, route)
            contexts = contexts_of(links, self.vocabulary_, self.weights_)
        else:
            contexts = self.weights_[word_context_name(code)]
            if isinstance(documents, LanguageCorpus):
                counts = self._corpus_counts(documents, code)
            elif route.encoder is None or not are_texts(documents):
                counts = self._counts(documents, code)
            else:
                counts, further = self._all_words(documents, code)
                if further:
                    contexts = np.concatenate([contexts, self._contexts_of_further(further, route)])
        return context_latent_means(
            counts, contexts, center_of(code, self.vocabulary_, self.weights_), encoder_of(self.weights_)
        )

    def _contexts_of_further(self, words: list[str], route: _Route) -> Array:
        """Context vectors of words beyond a trained vocabulary; zeros, with a warning, without their encoder."""
        assert route.encoder is not None
        try:
            links = self._word_linker().link(words, route.encoder, show_progress=self.show_progress)
        except (MissingDependencyError, OSError) as error:
            warnings.warn(
                f"{len(words):,} words in {route.language!r} outside the model's vocabulary are left out: {error}",
                UnknownWordsWarning,
                stacklevel=5,
            )
            return np.zeros((len(words), self.weights_[word_context_name(route.language)].shape[1]), np.float32)
        return contexts_of(links, self.vocabulary_, self.weights_)

    def _all_words(self, texts: Sequence[str], code: str) -> tuple[sp.csr_array, list[str]]:
        """Which words are in which text, columns of the vocabulary first, and the words beyond it."""
        words = list(documents_to_tokens(texts, self._tokenizer_of_known(code), show_progress=self.show_progress))
        phrases = self.tokenizers_[code].endswith(PHRASES)
        return counts_and_further_words(words, code, self.vocabulary_[code], stop_words(code), phrases=phrases)

    def _tokenizer_of_known(self, code: str) -> Tokenizer:
        """The tokeniser of a language trained on."""
        return self._own_tokenizers.get(code) or get_tokenizer_by_name(self.tokenizers_[code], code)

    def _counts(self, documents: Any, code: str) -> sp.csr_array:
        return documents_to_counts(
            documents,
            language=code,
            vocabulary=self.vocabulary_[code],
            tokenizer=lambda: self._tokenizer_of_known(code),
            phrases=self.tokenizers_[code].endswith(PHRASES),
            show_progress=self.show_progress,
        )

    def _corpus_counts(self, part: LanguageCorpus, code: str) -> sp.csr_array:
        if list(part.vocabulary) != self.vocabulary_[code]:
            raise InputError(
                f"the corpus has another vocabulary for {code!r} than the model: "
                f"transform its texts, with lang={code!r}"
            )
        return part.counts

    def _neighbor_matrix(self, code: str) -> sp.csr_array:
        """N_l of a language trained on, as it was in training."""
        if code not in self._neighbors:
            self._neighbors[code] = neighbor_matrix(
                code,
                self.word_embeddings_,
                self.settings_["num_neighbors"],
                # Models of before there was a choice do not have it.
                search=self.settings_.get("neighbor_search", "exact"),
                show_progress=self.show_progress,
            )
        return self._neighbors[code]

    def _word_linker(self) -> WordLinker:
        if self._linker is None:
            # Those of the context method are linked as those of a published model of its default k.
            number = self.settings_.get("num_neighbors", 3)
            self._linker = WordLinker(self.word_embeddings_, self.topic_word_, number)
        return self._linker

    def _linked(self, documents: Any, route: _Route) -> tuple[sp.csr_array, sp.csr_array]:
        """Counts of a language not trained on, and N_new of the words counted."""
        code, linker = route.language, self._word_linker()
        if isinstance(documents, LanguageCorpus):
            counts, words = documents.counts, list(documents.vocabulary)
            if route.encoder is None:
                return counts, linker.link_vectors(np.asarray(documents.word_embeddings))
        elif route.vocabulary is not None:
            words = route.vocabulary
            counts = documents_to_counts(
                documents,
                language=code,
                vocabulary=words,
                tokenizer=lambda: self._tokenizer_of(code),
                own=False,
                show_progress=self.show_progress,
            )
        else:
            counts, words = documents_to_words(
                documents,
                language=code,
                tokenizer=lambda: self._tokenizer_of(code),
                stop_words=lambda: stop_words(code),
                show_progress=self.show_progress,
            )
        assert route.encoder is not None
        return counts, linker.link(words, route.encoder, show_progress=self.show_progress)

    def _tokenizer_of(self, code: str) -> Tokenizer:
        """The tokeniser of a language not trained on."""
        return self._own_tokenizers.get(code) or get_tokenizer(code)

    def _topic_word(self, route: _Route, ranked: Mapping[str, Array]) -> tuple[Array, list[str]]:
        """What words of a language are ranked by, and the words."""
        code = route.language
        if route.known:
            return ranked[code], self.vocabulary_[code]
        if route.vocabulary is None:
            raise InputError(
                f"the model was not trained on language {code!r}: it knows {', '.join(self.languages_)}; for others "
                "give vocabulary=, the words to choose from"
            )
        assert route.encoder is not None
        words = route.vocabulary
        if code not in self._own_tokenizers:
            words = [normalize_text(word, code).strip() for word in words]
        words = [word for word in dict.fromkeys(words) if word]
        links = self._word_linker().link(words, route.encoder, show_progress=self.show_progress)
        linked = np.flatnonzero(np.diff(links.indptr))
        if not len(linked):
            raise InputError(f"the vocabulary of {code!r} has no word that can be linked: give words of the language")
        return linked_topic_word(links[linked], ranked), [words[row] for row in linked]


def _trained_as_published(
    corpus: Corpus,
    settings: dict[str, Any],
    keeping: tuple[Path, float] | None,
    *,
    resume: bool,
    show_progress: bool,
    callbacks: Sequence[Callback],
) -> Trained:
    """Train the network of the paper."""
    try:
        from gloctm.training.train import Safekeeping, train
    except ImportError as error:
        if error.name != "torch":
            raise
        raise MissingDependencyError.of("Training by the published method", "torch") from None
    given = settings["random_state"]
    result = train(
        corpus,
        TrainingSettings(**{name: settings[name] for name in TrainingSettings.__dataclass_fields__}),
        seed=None if given is None else resolve_seed(given),
        show_progress=show_progress,
        safekeeping=None if keeping is None else Safekeeping(*keeping, resume=resume),
        callbacks=callbacks,
    )
    coherent = {}
    if settings["ranking"] == "coherence":
        topic_word = {language: result.weights[topic_word_name(language)] for language in corpus}
        coherent = coherent_words(corpus, topic_word, show_progress=show_progress)
    return Trained(settings, result.seed, result.weights, coherent, result.history)
