"""``TableMethods``: what ``GloCTM`` answers about topics and documents, each in one call."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterable
from typing import Any, Literal, cast

import numpy as np
import scipy.sparse as sp

from gloctm.arrays import Array, Numbers
from gloctm.checks import check_int
from gloctm.corpus.corpus import Corpus
from gloctm.errors import EmptyDocumentWarning, InputError
from gloctm.languages import normalize_languages
from gloctm.model.fitted import Encoder
from gloctm.model.inference import Via
from gloctm.model.model import TopicModel
from gloctm.model.recounting import in_words_of
from gloctm.model.table import Table
from gloctm.model.view import TopicView, topic_shares
from gloctm.shards.samples import AnyCorpus, sample_of
from gloctm.tables.breakdowns import label_table, time_table
from gloctm.tables.documents import document_table, representative_table
from gloctm.tables.hierarchy import TopicHierarchy, hierarchy_of, warn_of_poor_merges
from gloctm.tables.search import document_search, topic_search
from gloctm.tables.shown import THRESHOLD, ShownTopics, check_threshold, shown_topics, without_evidence
from gloctm.tables.topics import topic_table

# As many words as coherence is measured by.
_MEASURED_WORDS = 10
_Theta = dict[str, Array]


class TableMethods(TopicModel):
    """A model that answers about its topics and documents.

    Methods that need documents take those of ``fit`` (``corpus_``) unless they are given a corpus. Of one in shards,
    they take a sample: at most 100,000 documents per language, spread evenly (``gloctm.shards.sample_of``).
    """

    def document_topics(
        self, text: str, language: str = "auto", number: int = 3, *, view: TopicView | None = None
    ) -> Table[dict[str, Any]]:
        """Return the largest topics of a text.

        Args:
            text: the document.
            language: its language, trained or not; identified unless given.
            number: of topics.
            view: topics renamed, merged or hidden.

        Returns:
            ``topic``, ``name`` and ``proportion`` (θ), the largest first.

        Raises:
            InputError: ``text`` is no text; or see ``transform``.

        Examples:
            >>> [row["topic"] for row in model.document_topics("The train was late.", "en", 2)]  # doctest: +SKIP
            [8, 3]
        """
        if not isinstance(text, str):
            raise InputError(f"text is a {type(text).__name__}: document_topics takes one text, as a string")
        number = check_int("number", number, 1)
        shown = self._shown(view)
        theta = shown.view.transform(self, [text], language)[0]
        return Table(
            {"topic": shown.number(place), "name": shown.names[place], "proportion": float(theta[place])}
            for place in sorted(range(len(theta)), key=lambda place: -theta[place])[:number]
        )

    def document_info(
        self,
        corpus: AnyCorpus | None = None,
        *,
        language: str | Iterable[str] | None = None,
        view: TopicView | None = None,
        threshold: float | None = THRESHOLD,
        num_topics: int = 3,
        max_characters: int = 100,
    ) -> Table[dict[str, Any]]:
        """Return one row per document: its topic, how much of it that is, and its next topics.

        Args:
            corpus: the documents; those of ``fit`` unless given. Others with texts are counted in the model's words.
            language: of the documents, one or several; all unless given.
            view: topics renamed, merged or hidden.
            threshold: a document whose largest θ is smaller has no topic, −1. At 0.5, no topic outweighs all others
                together. Documents without any word of the vocabulary have none in any case. None gives all others one.
            num_topics: how many of the largest topics to list.
            max_characters: of the text.

        Returns:
            ``id``, ``language``, ``label``, ``date``, ``text``, ``topic``, ``topic_name``, ``proportion`` (the largest
            θ), and the lists ``topics`` and ``proportions``. Languages follow each other, documents are in order.

        Raises:
            InputError: a loaded model without a corpus; or one that ``transform`` refuses.

        Examples:
            >>> table = model.document_info(corpus)
            >>> len(table), table[0]["language"], table[0]["label"]
            (480, 'en', 'football')
        """
        threshold = check_threshold(threshold)
        found = self._documents(corpus, "document_info")
        theta = self._theta(found)
        return document_table(
            found,
            theta,
            self._shown(view, theta),
            languages=_languages(found, language),
            threshold=threshold,
            num_topics=num_topics,
            max_characters=max_characters,
        )

    def representative_documents(
        self,
        topic: int,
        language: str | Iterable[str] | None = None,
        number: int = 5,
        *,
        corpus: AnyCorpus | None = None,
        view: TopicView | None = None,
        max_characters: int = 300,
    ) -> Table[dict[str, Any]]:
        """Return the documents with the highest θ of a topic, those that reports show as typical.

        Documents of at least 10 words of the vocabulary, or as many as the median document has, are taken first as long
        as half of each is of the topic. Then come all of at least 3 words. Documents whose θ is below 0.1, and below
        the share of one topic among all, are left out: there may be fewer than ``number``. No two have the same text.

        Args:
            topic: its number.
            language: one or several; all unless given.
            number: of documents per language.
            corpus: see ``document_info``.
            view: see ``document_info``.
            max_characters: of the text.

        Returns:
            ``topic``, ``topic_name``, ``language``, ``id``, ``proportion``, ``label``, ``date``, ``text``.

        Raises:
            InputError: a topic that the model lacks or the view hides; a loaded model without a corpus.

        Examples:
            >>> [row["language"] for row in model.representative_documents(3, number=2, corpus=corpus)]
            ['en', 'en', 'de', 'de']
        """
        found = self._documents(corpus, "representative_documents")
        theta = self._theta(found)
        shown = self._shown(view, theta)
        return representative_table(
            found,
            theta,
            shown,
            shown.view.position(topic),
            languages=_languages(found, language),
            number=number,
            max_characters=max_characters,
            infer_counts=self._infer_counts,
        )

    def topic_info(
        self,
        corpus: AnyCorpus | None = None,
        *,
        view: TopicView | None = None,
        threshold: float | None = THRESHOLD,
        num_words: int = 10,
    ) -> Table[dict[str, Any]]:
        """Return one row per topic: its name, sizes, coherence, words, and where it is doubtful.

        Args:
            corpus: see ``document_info``. Without any, as after ``load``, numbers of documents and coherence are left
                out, and the prevalence is that in the training.
            view: see ``document_info``.
            threshold: see ``document_info``.
            num_words: words per language.

        Returns:
            ``topic``, ``name``; ``documents`` whose topic it is, in all and by language (``documents_en``);
            ``prevalence``, mean θ as in reports, by language and their mean; ``coherence``, NPMI of its first ten words
            in the documents, likewise; ``doubtful``, the languages in which it probably has another theme; and words
            (``words_en``). The last row, topic −1, counts the documents without a topic.

        Raises:
            InputError: see ``document_info``.

        Examples:
            >>> table = model.topic_info(corpus)
            >>> len(table), sum(row["documents"] for row in table), table[-1]["name"]
            (13, 480, 'no topic')
        """
        self.check_trained()
        threshold = check_threshold(threshold)
        check_int("num_words", num_words, 1)
        found = self._documents(corpus, "topic_info", needed=False)
        theta = {} if found is None else self._theta(found)
        amounts = theta if found is None or self.in_context else self._theta(found, "global")
        shown = self._shown(view, amounts, max(num_words, _MEASURED_WORDS))
        return topic_table(self, shown, found, theta, amounts, threshold=threshold, num_words=num_words)

    def topics_over_time(
        self,
        corpus: AnyCorpus | None = None,
        *,
        period: Literal["auto", "year", "month", "day"] = "auto",
        view: TopicView | None = None,
        threshold: float | None = None,
    ) -> Table[dict[str, Any]]:
        """Return how much of each topic there is in each period and language, with 95 % intervals.

        Args:
            corpus: see ``document_info``; with dates.
            period: ``"year"``, ``"month"`` or ``"day"``; documents whose dates are coarser are left out. ``"auto"`` is
                the shortest in which most languages have 20 documents, as in reports.
            view: see ``document_info``.
            threshold: see ``document_info``. A document without a topic is then all of topic −1. None, the default,
                gives mean θ, as in reports.

        Returns:
            ``period``, ``topic``, ``topic_name``, ``language``, ``documents`` of the period, ``proportion`` (mean θ),
            ``low``, ``high``. Periods without documents have no rows.

        Raises:
            InputError: no document has a date, or none of such a period; or see ``document_info``.

        Examples:
            >>> model.topics_over_time(corpus)
            Traceback (most recent call last):
            ...
            gloctm.errors.InputError: no document has a date: give a corpus with dates
        """
        found, theta, shown = self._to_compare(corpus, "topics_over_time", view)
        return time_table(found, theta, shown, check_threshold(threshold), period)

    def topics_per_label(
        self, corpus: AnyCorpus | None = None, *, view: TopicView | None = None, threshold: float | None = None
    ) -> Table[dict[str, Any]]:
        """Return how much of each topic there is in documents of each label, with 95 % intervals.

        Args:
            corpus: see ``document_info``; with labels.
            view: see ``document_info``.
            threshold: see ``topics_over_time``.

        Returns:
            ``label``, ``topic``, ``topic_name``, ``language`` (or ``"all"``, where languages count alike),
            ``documents`` of the label, ``proportion`` (mean θ), ``low``, ``high``; frequent labels first.

        Raises:
            InputError: no document has a label; or see ``document_info``.

        Examples:
            >>> table = model.topics_per_label(corpus)
            >>> max((row["proportion"], row["label"]) for row in table if row["topic"] == 0)[1]  # doctest: +SKIP
            'cooking'
        """
        found, theta, shown = self._to_compare(corpus, "topics_per_label", view)
        return label_table(found, theta, shown, check_threshold(threshold))

    def find_topics(
        self, query: str, number: int = 5, *, view: TopicView | None = None, encoder: Encoder | None = None
    ) -> Table[dict[str, Any]]:
        """Find the topics that a word or a sentence is about, in any language that the encoder knows.

        Args:
            query: some text.
            number: of topics.
            view: topics renamed, merged or hidden.
            encoder: of the model's words; see ``transform``. Without any, words of the vocabularies alone count.

        Returns:
            ``topic``, ``name``, ``score``, and what it consists of (2/3 and 1/3): ``similarity``, the cosine of the
            query and the topic, and ``word_share``, how much the query's words belong to it (``gloctm.tables.search``);
            and words of the topic. The best comes first.

        Raises:
            InputError: an empty query; or one without a known word where there is no encoder.

        Examples:
            >>> found = model.find_topics("tren a la estación")
            >>> sorted(set(found[0]["words_en"]) & {"train", "station"})
            ['station', 'train']
        """
        self.check_trained()
        return topic_search(self, query, self._shown(view), number=number, encoder=encoder)

    def find_documents(
        self,
        query: str,
        number: int = 10,
        *,
        language: str | Iterable[str] | None = None,
        corpus: AnyCorpus | None = None,
        view: TopicView | None = None,
        threshold: float | None = THRESHOLD,
        max_characters: int = 300,
        encoder: Encoder | None = None,
    ) -> Table[dict[str, Any]]:
        """Find the documents that a word or a sentence is about, in any language that the encoder knows.

        Args:
            query: some text.
            number: of documents.
            language: of the documents, one or several; all unless given.
            corpus: see ``document_info``.
            view: see ``document_info``.
            threshold: see ``document_info``.
            max_characters: of the text.
            encoder: of the documents, where the corpus keeps no name of a known one.

        Returns:
            ``id``, ``language``, ``label``, ``date``, ``text``, ``score``, ``similarity`` (the cosine of query and
            document), ``word_share`` (the share of the query's words that it has), ``topic``, ``topic_name``,
            ``proportion``. The best comes first.

        Raises:
            InputError: see ``find_topics`` and ``document_info``.

        Examples:
            >>> {row["label"] for row in model.find_documents("a rocket to the moon", 5, corpus=corpus)}
            {'space'}
        """
        found = self._documents(corpus, "find_documents")
        theta = self._theta(found)
        return document_search(
            self,
            query,
            found,
            theta,
            self._shown(view, theta),
            languages=_languages(found, language),
            number=number,
            threshold=check_threshold(threshold),
            max_characters=max_characters,
            encoder=encoder,
        )

    def topic_hierarchy(self, *, view: TopicView | None = None) -> TopicHierarchy:
        """Join topics step by step, the most similar first, by average linkage of their vectors.

        Args:
            view: the topics to begin with; all unless given.

        Returns:
            What ``cut`` turns into a view, and ``gloctm.plot.dendrogram`` draws.

        Examples:
            >>> model.topic_hierarchy().cut(number=5).groups[0][0]
            0
        """
        self.check_trained()
        return hierarchy_of(self, self._shown(view), self._training_shares())

    def reduce_topics(self, number: int, *, view: TopicView | None = None) -> TopicView:
        """Return a view of fewer topics, the most similar ones merged (``topic_hierarchy``).

        A merged topic is called by the name or label of its largest member that has one. A ``PoorMergeWarning`` says
        when some that were merged are hardly alike.

        Args:
            number: of topics that are left.
            view: the topics to begin with; all unless given.

        Raises:
            InputError: there are fewer topics to begin with.

        Examples:
            >>> len(model.reduce_topics(5))
            5
        """
        hierarchy = self.topic_hierarchy(view=view)
        reduced = hierarchy.cut(number=number)
        warn_of_poor_merges(hierarchy, number, stacklevel=2)
        return reduced

    def _documents(self, corpus: AnyCorpus | None, method: str, *, needed: bool = True) -> Any:
        """Return the corpus given, or that of ``fit``; None where there is none and none is needed."""
        self.check_trained()
        if corpus is None:
            corpus = getattr(self, "corpus_", None)
        if corpus is not None:
            return self._counted(corpus)
        if needed:
            raise InputError(
                f"{method} needs documents, and a model that was not trained just now has none: give a corpus, for "
                "example Corpus.load(path)"
            )
        return None

    def _counted(self, corpus: AnyCorpus) -> Corpus:
        """Return a corpus in memory in the words of this model; the last one that had to be made is remembered."""
        known = self.__dict__.get("_counted_corpus")
        if known is not None and known[0]() is corpus and known[1] is self.weights_:
            return cast(Corpus, known[2])
        counted = in_words_of(self, sample_of(corpus))
        if counted is not corpus:
            self._counted_corpus = weakref.ref(corpus), self.weights_, counted
        return counted

    def _theta(self, corpus: Corpus, via: Via | None = None) -> _Theta:
        """Infer θ of a corpus by language; the last one is remembered as long as it and these weights are there."""
        known = self.__dict__.get("_theta_of_corpus")
        if known is not None:
            reference, weights, remembered = known
            if reference() is corpus and weights is self.weights_ and via in remembered:
                found: _Theta = remembered[via]
                return found
            if reference() is not corpus or weights is not self.weights_:
                known = None
        with warnings.catch_warnings():
            # Tables show which documents these are.
            warnings.simplefilter("ignore", EmptyDocumentWarning)
            theta: _Theta = self.transform(corpus, via=via)  # type: ignore[assignment]  # of a corpus, by language
        if known is None:
            known = self._theta_of_corpus = weakref.ref(corpus), self.weights_, dict[Via | None, _Theta]()
        known[2][via] = theta
        return theta

    def _infer_counts(self, counts: sp.csr_array, language: str) -> Array:
        return np.asarray(self.transform(counts, language), np.float32)

    def _to_compare(
        self, corpus: AnyCorpus | None, method: str, view: TopicView | None
    ) -> tuple[Corpus, _Theta, ShownTopics]:
        """Return documents, their θ as reports compare languages by, and the topics shown."""
        found = self._documents(corpus, method)
        theta = self._theta(found, None if self.in_context else "global")
        return found, theta, self._shown(view, theta)

    def _shown(self, view: TopicView | None, theta: _Theta | None = None, num_words: int = 10) -> ShownTopics:
        if theta:
            shares = topic_shares({code: each[~without_evidence(each)] for code, each in theta.items()})
        else:
            shares = self._training_shares()
        return shown_topics(self, view, shares, num_words)

    def _training_shares(self) -> Numbers | None:
        return np.asarray(np.mean(list(self.topic_shares_.values()), axis=0)) if self.topic_shares_ else None


def _languages(corpus: Corpus, language: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the languages asked for, all of them in the corpus."""
    if language is None:
        return corpus.languages
    codes = normalize_languages([language] if isinstance(language, str) else language)
    if not codes:
        raise InputError("language is empty: name at least one, or leave it out for all")
    for code in codes:
        corpus[code]  # raises if it is not there
    return tuple(codes)
