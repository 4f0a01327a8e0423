"""``GloCTM``: the model with the face of a scikit-learn estimator."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from gloctm.artifact import ModelArtifact, load_model, save_model, software_versions
from gloctm.corpus.corpus import Corpus, LanguageCorpus
from gloctm.documents import documents_to_counts
from gloctm.errors import EmptyDocumentWarning, FileFormatError, InputError, MissingDependencyError
from gloctm.inference import latent_means, topic_proportions
from gloctm.languages import normalize_language
from gloctm.parameters import local_encoder_name, topic_word_name
from gloctm.presets import get_preset
from gloctm.settings import check_settings, resolve_seed
from gloctm.text import Tokenizer, as_tokenizer, get_tokenizer_by_name
from gloctm.topics import topic_records

Array = NDArray[np.float32]


class GloCTM(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A neural topic model whose topics are shared by all languages of a corpus.

    Args:
        num_topics: K. 50, as published.
        num_neighbors: k of the augmentation: how many nearest words of its own and of every other language join each
            word of a document. 3, as published for news; 12 was used for reviews.
        kl_weight: λ_KL, weight of the pull of the local posterior to the global one.
        cka_weight: λ_CKA, weight of the similarity of topic proportions and document embeddings.
        local_hidden_size: width of each local encoder's two hidden layers.
        global_hidden_size: width of the global encoder's.
        dropout: rate, of the encoders' hidden layer and of θ. 0, as published.
        epochs: passes over the largest language. 150, as published for corpora of tens of thousands of documents;
            for small corpora, whose epochs are a few steps, see the preset ``demo``.
        batch_size: documents of each language in a step.
        learning_rate: of Adam, at first.
        decay_every: epochs after which the learning rate is multiplied by ``decay_factor``, again and again.
        decay_factor: see ``decay_every``.
        random_state: the seed that owns every random number. 0, so that results repeat unless asked otherwise; None
            draws a fresh one, kept in ``seed_``.
        device: ``"auto"`` (CUDA where there is any), ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        threads: threads torch may use in training; None leaves torch's choice. Results repeat bit for bit only with
            the same number.
        show_progress: whether ``fit`` shows progress on standard error.

    Attributes:
        languages_: the languages, in the corpus' order.
        vocabulary_: for each language its words.
        topic_word_: for each language β_l, ``(K, V_l)``, unnormalised.
        weights_: every trained array by name, see ``gloctm.parameters``.
        word_embeddings_: for each language ``(V_l, dimension)``.
        tokenizers_: for each language the name of its tokeniser.
        encoder_: name of the encoder of the corpus' embeddings.
        history_: the mean loss of each epoch and its terms.
        settings_: the settings the model was trained with.
        seed_: the seed that was used.
        corpus_fingerprint_: SHA-256 of the corpus.
        environment_: versions of the software that trained the model.

    Examples:
        >>> from gloctm import Corpus, GloCTM
        >>> corpus = Corpus.demo(["en", "de"], show_progress=False)
        >>> model = GloCTM(num_topics=12, epochs=2, show_progress=False).fit(corpus)
        >>> model.transform(["Der Zug hatte Verspätung."], lang="de").shape
        (1, 12)

    References:
        GloCTM: Cross-Lingual Topic Modeling via a Global Context Space. AAAI 2026.
    """

    def __init__(
        self,
        *,
        num_topics: int = 50,
        num_neighbors: int = 3,
        kl_weight: float = 4.0,
        cka_weight: float = 450.0,
        local_hidden_size: int = 100,
        global_hidden_size: int = 200,
        dropout: float = 0.0,
        epochs: int = 150,
        batch_size: int = 128,
        learning_rate: float = 2e-3,
        decay_every: int = 125,
        decay_factor: float = 0.5,
        random_state: int | None = 0,
        device: str = "auto",
        threads: int | None = None,
        show_progress: bool = True,
    ) -> None:
        self.num_topics = num_topics
        self.num_neighbors = num_neighbors
        self.kl_weight = kl_weight
        self.cka_weight = cka_weight
        self.local_hidden_size = local_hidden_size
        self.global_hidden_size = global_hidden_size
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.decay_every = decay_every
        self.decay_factor = decay_factor
        self.random_state = random_state
        self.device = device
        self.threads = threads
        self.show_progress = show_progress

    @classmethod
    def from_preset(cls, name: str, **settings: Any) -> GloCTM:
        """An estimator with a preset's settings (see ``gloctm.presets.PRESETS``), some of them replaced."""
        return cls(**{**get_preset(name), **settings})

    def fit(self, corpus: Corpus, y: None = None) -> GloCTM:
        """Train on a corpus.

        Args:
            corpus: with word and document embeddings.
            y: ignored; scikit-learn's convention.

        Returns:
            The estimator itself.

        Raises:
            InputError: a setting is out of range, or the corpus lacks embeddings or is too small for the settings.
            TrainingError: the loss stopped being finite.
        """
        if not isinstance(corpus, Corpus):
            raise InputError(f"fit takes a Corpus, not {type(corpus).__name__}: make one with Corpus.from_texts")
        settings = check_settings(self.get_params())
        seed = resolve_seed(settings["random_state"])
        for language, part in corpus.items():
            if part.word_embeddings is None or part.document_embeddings is None:
                raise InputError(
                    f"the corpus has no embeddings for {language!r}: use corpus.embed() first (gloctm corpus embed)"
                )
        try:
            from gloctm.training import TrainingSettings, train
        except ImportError as error:
            if error.name != "torch":
                raise
            raise MissingDependencyError.of("Training", "torch") from None
        own = {name: settings[name] for name in TrainingSettings.__dataclass_fields__}
        result = train(corpus, TrainingSettings(**own), seed=seed, show_progress=bool(self.show_progress))
        self._set_fitted(
            ModelArtifact(
                settings=settings,
                seed=seed,
                vocabulary={language: list(part.vocabulary) for language, part in corpus.items()},
                tokenizers={language: part.tokenizer for language, part in corpus.items()},
                weights=result.weights,
                word_embeddings={language: np.array(part.word_embeddings) for language, part in corpus.items()},
                encoder=corpus.encoder,
                history=result.history,
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
        self, documents: Any, lang: str | Sequence[str] | None = None, *, latent: bool = False
    ) -> Array | dict[str, Array]:
        """Infer the topic proportions θ of documents, by the local encoder of their language.

        Args:
            documents: of one language, a list of texts, a list of lists of words, or a matrix of counts over
                ``vocabulary_``; or a list of texts in several languages with a list of as many codes as ``lang``;
                or a mapping from language to any of the former; or a Corpus with the model's vocabulary.
            lang: the language, or one a document; left out for a mapping or a Corpus.
            latent: return the latent means μ instead of θ = softmax(μ).

        Returns:
            ``(documents, K)`` float32 in the documents' order, each row of θ summing to 1; for a mapping or a Corpus,
            one such array a language. A document without any word of the vocabulary gives no evidence: its μ is
            the prior mean 0 and its θ uniform, and an EmptyDocumentWarning says how many there are.

        Raises:
            NotFittedError: ``fit`` or ``load`` comes first.
            InputError: an unknown language, or documents that can't be read.
        """
        check_is_fitted(self, "weights_")
        if isinstance(documents, Mapping):  # a Corpus is one too
            if lang is not None:
                raise InputError("lang is given beside documents that are ordered by language already: leave it out")
            known = {code: self._known(code) for code in documents}
            counts = self._corpus_counts if isinstance(documents, Corpus) else self._counts
            return {code: self._infer(counts(documents[code], known[code]), known[code], latent) for code in documents}
        if lang is None:
            raise InputError(f"lang is missing: name the documents' language, one of {', '.join(self.languages_)}")
        if isinstance(lang, str):
            code = self._known(lang)
            return self._infer(self._counts(documents, code), code, latent)
        if isinstance(documents, str):
            raise InputError("documents are one string: give a list of texts, even for one text")
        documents = list(documents)
        known = {code: self._known(code) for code in dict.fromkeys(lang)}
        codes = [known[code] for code in lang]
        if len(codes) != len(documents):
            raise InputError(f"{len(documents)} documents but {len(codes)} languages: give one language for each")
        result = np.empty((len(documents), len(self.topic_word_[self.languages_[0]])), np.float32)
        for code in dict.fromkeys(codes):
            rows = [row for row, other in enumerate(codes) if other == code]
            result[rows] = self._infer(self._counts([documents[row] for row in rows], code), code, latent)
        return result

    def topics(
        self,
        num_words: int = 10,
        *,
        languages: Sequence[str] | None = None,
        output: Literal["records", "pandas", "polars"] = "records",
    ) -> Any:
        """The topics as a table: topic, language, words, weights.

        Args:
            num_words: words a topic and language.
            languages: which, in order; all unless given.
            output: ``"records"`` for a list of dictionaries, or ``"pandas"`` or ``"polars"`` for a data frame.
        """
        check_is_fitted(self, "weights_")
        if isinstance(languages, str):
            raise InputError(f"languages is one string: give a list, for example [{languages!r}]")
        if num_words < 1:
            raise InputError(f"num_words is {num_words}: it must be 1 or more")
        chosen = [self._known(code) for code in (self.languages_ if languages is None else languages)]
        if not chosen:
            raise InputError("languages is empty: name at least one")
        records = topic_records({code: self.topic_word_[code] for code in chosen}, self.vocabulary_, num_words)
        if output == "records":
            return records
        if output not in ("pandas", "polars"):
            raise InputError(f"output is {output!r}: it must be records, pandas or polars")
        try:
            frames = import_module(output)
        except ImportError:
            raise MissingDependencyError.of("A data frame of topics", output) from None
        return frames.DataFrame(records)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the model to a folder (see ``gloctm.artifact``); an older model there is replaced."""
        check_is_fitted(self, "weights_")
        return save_model(
            ModelArtifact(
                settings=self.settings_,
                seed=self.seed_,
                vocabulary=self.vocabulary_,
                tokenizers=self.tokenizers_,
                weights=self.weights_,
                word_embeddings=self.word_embeddings_,
                encoder=self.encoder_,
                history=self.history_,
                corpus_fingerprint=self.corpus_fingerprint_,
                environment=self.environment_,
            ),
            path,
        )

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, tokenizers: Mapping[str, Callable[[str], list[str]]] | None = None
    ) -> GloCTM:
        """Read a model that ``save`` wrote. Neither this nor ``transform`` imports torch.

        Args:
            path: the model's folder.
            tokenizers: for languages that were cut by a callable of your own, the callable.
        """
        artifact = load_model(path)
        unknown = sorted(set(artifact.settings) - set(cls().get_params()))
        if unknown:
            raise FileFormatError(f"{path} has settings unknown here ({', '.join(unknown)}): update gloctm")
        model = cls(**artifact.settings)
        try:
            check_settings(model.get_params())
        except InputError as error:
            raise FileFormatError(f"{path} is damaged: {error}; copy or train the model anew") from None
        own = {normalize_language(code): as_tokenizer(function) for code, function in (tokenizers or {}).items()}
        model._set_fitted(artifact, own)
        for code in own:
            model._known(code)
        return model

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
        self._own_tokenizers = own_tokenizers

    def _known(self, language: str) -> str:
        code = normalize_language(language)
        if code not in self.vocabulary_:
            raise InputError(
                f"the model was not trained on language {language!r}: it knows {', '.join(self.languages_)}"
            )
        return code

    def _counts(self, documents: Any, code: str) -> sp.csr_array:
        return documents_to_counts(
            documents,
            language=code,
            vocabulary=self.vocabulary_[code],
            tokenizer=lambda: self._own_tokenizers.get(code) or get_tokenizer_by_name(self.tokenizers_[code], code),
            show_progress=self.show_progress,
        )

    def _corpus_counts(self, part: LanguageCorpus, code: str) -> sp.csr_array:
        if list(part.vocabulary) != self.vocabulary_[code]:
            raise InputError(
                f"the corpus has another vocabulary for {code!r} than the model: "
                f"transform its texts, with lang={code!r}"
            )
        return part.counts

    def _infer(self, counts: sp.csr_array, code: str, latent: bool) -> Array:
        means = latent_means(counts, self.weights_, local_encoder_name(code))
        empty = np.diff(counts.indptr) == 0
        if empty.any():
            means[empty] = 0
            warnings.warn(
                f"{int(empty.sum())} of {len(means)} documents in {code!r} have no word of the model's vocabulary: "
                "their topic proportions are uniform",
                EmptyDocumentWarning,
                stacklevel=3,
            )
        return means if latent else topic_proportions(means)
