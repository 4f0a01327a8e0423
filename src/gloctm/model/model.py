"""``TopicModel``: a trained model, which infers, shows and explains topics without torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from gloctm.arrays import Array
from gloctm.checks import check_int, count_of
from gloctm.corpus.corpus import Corpus
from gloctm.embedding.embed import get_encoders
from gloctm.errors import InputError
from gloctm.languages import normalize_language, normalize_languages
from gloctm.model.evidence import Route, evidence_of, latent_means_of
from gloctm.model.explanation import WordShare, explain_document
from gloctm.model.fitted import Encoder, FittedModel
from gloctm.model.identified import codes_of, is_to_be_identified
from gloctm.model.inference import Via
from gloctm.model.inferring import Tally, infer
from gloctm.model.labels import Labels, check_labels
from gloctm.model.linking import linked_topic_word
from gloctm.model.routes import routes_of
from gloctm.model.storage import ModelArtifact, load_model, save_model
from gloctm.model.topics import TopicTable, topic_records
from gloctm.shards.corpus import ShardedCorpus
from gloctm.text import as_tokenizer, normalize_text
from gloctm.text.places import WordFinder

#: How the words of topics are ordered.
Ranking = Literal["coherence", "weights"]


class TopicModel(FittedModel):
    """A trained model: its topics in every language, and the topic proportions of documents.

    ``TopicModel.load`` reads one for inference alone. ``GloCTM`` is the same with settings and ``fit``. No method needs
    torch. The attributes are those of ``gloctm.model.fitted.FittedModel``.

    Examples:
        >>> from gloctm import Corpus, GloCTM, TopicModel
        >>> corpus = Corpus.demo(["en", "de"], show_progress=False)
        >>> path = GloCTM(num_topics=12, show_progress=False).fit(corpus).save("build/model")
        >>> model = TopicModel.load(path)
        >>> model.transform(["Der Zug hatte Verspätung."], language="de").shape
        (1, 12)
    """

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        tokenizers: Mapping[str, Callable[[str], list[str]]] | None = None,
        encoder: Encoder | None = None,
        verify: bool | None = None,
    ) -> Self:
        """Read a model that ``save`` wrote.

        Args:
            path: the folder of the model.
            tokenizers: the callable for each language that was tokenized by a callable of your own, and for untrained
                languages where the default is not wanted.
            encoder: embeds words outside the vocabularies, where the model keeps no name of an encoder, or that of one
                that is not this package's: see ``transform``.
            verify: None compares the SHA-256 of each file when this process first reads it. True compares those of all
                files again; False compares none.

        Raises:
            FileFormatError: missing, foreign, incomplete, damaged, or written by a newer version.

        Examples:
            >>> TopicModel.load(model.save("model"))
            TopicModel(12 topics in en, de)
        """
        model, artifact = cls._unfitted(path, load_model(path, verify=verify))
        own = {normalize_language(code): as_tokenizer(function) for code, function in (tokenizers or {}).items()}
        model.set_artifact(artifact, own)
        model._own_encoder = None if encoder is None else get_encoders(encoder).words
        return model

    @classmethod
    def _unfitted(cls, path: str | os.PathLike[str], artifact: ModelArtifact) -> tuple[Self, ModelArtifact]:
        """Make the object that is to hold an artifact, and bring the artifact to what this version knows."""
        return cls(), artifact

    def save(self, path: str | os.PathLike[str], *, card: str | None = None) -> Path:
        """Write the model to a folder (see docs/reference/formats.md); an older model there is replaced.

        Args:
            path: the folder.
            card: text of the ``README.md`` of the folder. None writes none; ``GloCTM.save`` then makes one.

        Raises:
            InputError: the folder holds something other than a model, or a ``README.md`` that was changed by hand.

        Examples:
            >>> model.save("model").name
            'model'
        """
        return save_model(self.artifact(), path, card=card, own_card=card is not None)

    def transform(
        self,
        documents: Any,
        language: str | Sequence[str | None] | None = None,
        *,
        via: Via | None = None,
        latent: bool = False,
        vocabulary: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        encoder: Encoder | None = None,
    ) -> Array | dict[str, Array]:
        """Infer the topic proportions θ of documents, also in untrained languages.

        Words outside the vocabularies, of any language, are embedded and linked to their nearest neighbors in every
        trained vocabulary (docs: languages never trained on). Nothing is retrained. So a raw text in a trained language
        counts with all its words if the encoder of the model's words is known; if these say little, its embedding as a
        whole counts as well (docs: method). Counts and ready words of the vocabulary count as they are. A published
        model uses the words of its vocabulary alone, through the local encoder of a trained language; it links the
        words of other languages for its global encoder. θ of a document does not depend on the other documents.

        A long text is split into passages, as those of the training were (``passage_length_``). Its θ is the mean of
        its passages' θ, weighted by their numbers of words. Counts and lists of words are never split.

        Args:
            documents: of one language, a list of texts, a list of lists of words, or a matrix of counts over
                ``vocabulary_``; or a list of texts in several languages with one code per text as ``language``;
                or a mapping from language to any of these; or a Corpus or ShardedCorpus, or a part of one, with the
                model's vocabulary.
            language: the language, or one per document; ``"auto"`` to identify it, preferably as one of the model's;
                omitted for a mapping or a Corpus. A code that is not among
                ``languages_`` is another language; a SimilarLanguagesWarning says if it differs in region alone.
            via: of a published model alone: ``"local"``, ``"global"`` or ``"both"``: the encoder, or the mean
                of both μ. None uses the local one for trained languages, as published, and the global one for
                others. ``"both"`` compares languages best (docs: quality), at a few times the cost of
                one. A model of the context method has one way for all, and accepts None.
            latent: return the latent means μ instead of θ = softmax(μ).
            vocabulary: for an untrained language, the words that count (all but stop words unless given): the
                word of each column if the documents are counts. For several such languages, a mapping from
                language to words.
            encoder: embeds words outside the vocabularies: the encoder that embedded the model's own words, as an
                object or by name (see ``gloctm.embedding.get_encoders``). Needed only if the model keeps no name of a
                known encoder (``word_encoder_``) and ``load`` was given none.

        Returns:
            ``(documents, K)`` float32 in the order of the documents, each row of θ summing to 1; for a mapping or a
            Corpus, one such array per language. A document without any word of the vocabulary, or of an untrained
            language without any word that can be linked, gives no evidence: its μ is the prior mean 0 and its θ is
            uniform. An EmptyDocumentWarning counts them.

        Raises:
            NotFittedError: the model is not trained.
            InputError: documents that can't be read; ``via="local"`` for an untrained language; an untrained
                language if no encoder is known; or one that can't be identified.

        Examples:
            >>> model.transform(["The train was late."], language="en").shape
            (1, 12)
        """
        self.check_trained()
        if isinstance(documents, Mapping):  # a Corpus is one, too
            if language is not None:
                raise InputError("language is given, but the documents are already grouped by language: leave it out")
            spelled = dict(zip(normalize_languages(documents), documents, strict=True))
            corpus = documents if isinstance(documents, Corpus | ShardedCorpus) else None
            routes = routes_of(self, spelled, via, vocabulary, encoder, corpus)
            return {key: self._infer(documents[key], routes[code], latent) for code, key in spelled.items()}
        if language is None:
            raise InputError(
                f"language is missing: name the language of the documents, one of {', '.join(self.languages_)}, or "
                "give 'auto' to identify it"
            )
        if isinstance(language, str) and not is_to_be_identified(language):
            code = normalize_language(language)
            route = routes_of(self, [code], via, vocabulary, encoder)[code]
            return self._infer(documents, route, latent)
        if isinstance(documents, str):
            raise InputError("documents are one string: give a list of texts, even for one text")
        documents = list(documents)
        given = [language] * len(documents) if isinstance(language, str) else list(language)
        if len(given) != len(documents):
            raise InputError(
                f"{count_of(len(documents), 'document')} but {count_of(len(given), 'language')}: give one language for "
                "each document"
            )
        codes = codes_of(documents, given, self.languages_)
        routes = routes_of(self, dict.fromkeys(codes), via, vocabulary, encoder)
        result = np.empty((len(documents), self.num_topics_), np.float32)
        for code, route in routes.items():
            rows = [row for row, other in enumerate(codes) if other == code]
            result[rows] = self._infer([documents[row] for row in rows], route, latent)
        return result

    def transform_language(self, corpus: Corpus | ShardedCorpus, language: str, *, latent: bool = False) -> Array:
        """Infer θ, or μ, of one language of a corpus, trained or not, as ``transform(corpus)`` does.

        Examples:
            >>> model.transform_language(corpus, "de").shape == (corpus["de"].num_documents, 12)
            True
        """
        self.check_trained()
        code = normalize_language(language)
        route = routes_of(self, [code], None, None, None, corpus)[code]
        return self._infer(corpus[code], route, latent)

    def explain(
        self,
        text: str,
        language: str,
        *,
        via: Via | None = None,
        vocabulary: Sequence[str] | None = None,
        encoder: Encoder | None = None,
    ) -> list[WordShare]:
        """Find the words of a text that led to its topics.

        The weight of a word in a topic is θ of the text less θ of the same text without the word
        (``gloctm.model.explanation``).

        Args:
            text: the document.
            language: its language, trained or not; ``"auto"`` to identify it.
            via: see ``transform``.
            vocabulary: see ``transform``.
            encoder: see ``transform``.

        Returns:
            The occurrences of words that raise some topic by 0.001 or more, in order, each with up to three topics.
            Empty if the model knows no word of the text, or if no single word changes θ by 0.001, as in long texts
            about one topic.

        Raises:
            NotFittedError: the model is not trained.
            InputError: ``text`` is no text; or see ``transform``.

        Examples:
            >>> [share.word for share in model.explain("The train was late.", "en")][:1]
            ['train']
        """
        self.check_trained()
        if not isinstance(text, str):
            raise InputError(f"text is a {type(text).__name__}: explain takes one text, as a string")
        [code] = codes_of([text], [language], self.languages_)
        route = routes_of(self, [code], via, vocabulary, encoder)[code]
        tokenizer = self.tokenizer(code)
        evidence = evidence_of([text], route, self, self)
        tally = Tally(code, route.known)
        tally.add_left_out(evidence.left_out)
        tally.warn()
        if not latent_means_of(evidence, self.weights_, self.vocabulary_)[0].any():
            return []
        name = self.tokenizers_.get(code) or tokenizer.name
        finder = WordFinder(code, tokenizer, name, evidence.words_of(0))
        topics = range(self.num_topics_)
        return explain_document(evidence, 0, text, finder, self.theta_of, topics, markup=self.markup_)

    def topics(
        self,
        num_words: int = 10,
        *,
        language: str | None = None,
        languages: Iterable[str] | None = None,
        vocabulary: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        encoder: Encoder | None = None,
        ranking: Ranking | None = None,
        output: Literal["records", "pandas", "polars"] = "records",
    ) -> Any:
        """Return the topics as a table: topic, language, words, weights; also in untrained languages.

        In an untrained language, the weight of a word is the mean weight of the trained words that it is linked to, as
        in ``transform``.

        Args:
            num_words: words per topic and language.
            language: the one language to show.
            languages: which, in order; all trained languages unless given, and those of a ``vocabulary`` given by
                language.
            vocabulary: for an untrained language, the words to choose from; for several such languages, a mapping
                from language to words. They are normalized as a tokenizer does (lower case and so on), unless the
                language has a tokenizer of your own. Words without a vector are left out.
            encoder: see ``transform``.
            ranking: ``"weights"`` orders words by β, whatever the model's ranking; None uses the model's ranking, and
                its numbers (``word_scores_``) as weights.
            output: ``"records"`` for a list of dictionaries, which a notebook shows as a table, or ``"pandas"`` or
                ``"polars"`` for a data frame.

        Raises:
            NotFittedError: the model is not trained.
            InputError: an untrained language has no vocabulary, or no encoder is known for its words.

        Examples:
            >>> model.topics(3, language="en")[0]["words"]  # doctest: +SKIP
            ['train', 'bus', 'station']
        """
        self.check_trained()
        if isinstance(languages, str):
            raise InputError(f"languages is one string: give a list, for example [{languages!r}]")
        num_words = check_int("num_words", num_words, 1)
        if language is not None:
            if languages is not None:
                raise InputError("language and languages are both given: give one of them")
            languages = [language]
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
        routes = routes_of(self, chosen, None, vocabulary, encoder, distinct=False)
        topic_word, words = {}, {}
        for code, route in routes.items():
            topic_word[code], words[code] = self._ranked_words(route, ranked)
        table = TopicTable(topic_records(topic_word, words, num_words), labels=self.labels_)
        match output:
            case "records":
                return table
            case "pandas":
                return table.to_pandas()
            case "polars":
                return table.to_polars()
        raise InputError(f"output is {output!r}: it must be records, pandas or polars")

    def print_topics(
        self, num_words: int = 10, *, language: str | None = None, languages: Iterable[str] | None = None
    ) -> None:
        """Print the topics: a block per topic, a line per language.

        Args:
            num_words: words per topic and language.
            language: the one language to show.
            languages: which, in order; all trained languages unless given.

        Examples:
            >>> model.print_topics(3, language="en")  # doctest: +SKIP
            0
              en  train  bus  station
        """
        print(self.topics(num_words, language=language, languages=languages).as_text())

    def set_labels(self, labels: Mapping[str, Mapping[int, str] | Sequence[str]], *, replace: bool = False) -> Self:
        """Keep labels of topics with the model (``labels_``); ``gloctm.labels`` makes some.

        Args:
            labels: for each language a mapping from topic to text, or a list of one text per topic. Languages and
                topics that are not named keep their labels. Untrained languages may have labels, too.
            replace: whether topics that are not named lose their labels in the languages that are. With an empty
                mapping, a language is left without any.

        Returns:
            The model itself.

        Raises:
            NotFittedError: the model is not trained.
            InputError: a topic that the model does not have; a label that is no text, empty, of several lines or too
                long.

        Examples:
            >>> model.set_labels({"en": {0: "Travel"}}).labels_["en"][0]
            'Travel'
        """
        self.check_trained()
        given = check_labels(labels, self.num_topics_)
        kept: Labels = {}
        # Trained languages first, in their order.
        for code in dict.fromkeys((*self.languages_, *self.labels_, *given)):
            before = {} if replace and code in given else self.labels_.get(code, {})
            if texts := {**before, **given.get(code, {})}:
                kept[code] = dict(sorted(texts.items()))
        self.labels_ = kept
        return self

    def __repr__(self) -> str:
        if not hasattr(self, "weights_"):
            return f"{type(self).__name__}()"
        return f"{type(self).__name__}({self.num_topics_} topics in {', '.join(self.languages_)})"

    def _repr_html_(self) -> str:
        """Show languages, vocabulary sizes and topics in a notebook."""
        if not hasattr(self, "weights_"):
            return f"<code>{escape(repr(self))}</code>"
        sizes = ", ".join(f"{escape(code)} ({len(words):,} words)" for code, words in self.vocabulary_.items())
        html: str = self.topics()._repr_html_()
        return f"<div><b>{self.num_topics_} topics</b> in {sizes}; method {self.settings_['method']}</div>{html}"

    def _infer(self, documents: Any, route: Route, latent: bool) -> Array:
        """Infer θ, or μ, with warnings of what is amiss."""
        tally = Tally(route.language, route.known)
        found = infer(self, documents, route, tally, latent=latent)
        tally.warn(stacklevel=4)
        return found

    def _ranked_words(self, route: Route, ranked: Mapping[str, Array]) -> tuple[Array, list[str]]:
        """Return what orders the words of a language, and the words."""
        code = route.language
        if route.known:
            return ranked[code], self.vocabulary_[code]
        if route.vocabulary is None:
            raise InputError(
                f"the model was not trained on language {code!r}: it knows {', '.join(self.languages_)}; for others "
                "give vocabulary=, the words to choose from"
            )
        assert route.encoder is not None
        words: Iterable[str] = route.vocabulary
        if code not in self.own_tokenizers:
            words = (normalize_text(word, code).strip() for word in words)
        listed = [word for word in dict.fromkeys(words) if word]
        links = self.link(code, listed, route.encoder)
        linked = np.flatnonzero(np.diff(links.indptr))
        if not len(linked):
            raise InputError(f"the vocabulary of {code!r} has no word that can be linked: give words of the language")
        return linked_topic_word(links[linked], ranked), [listed[row] for row in linked]
