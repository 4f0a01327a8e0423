"""``summarize``: from a trained model, and documents, to everything that figures and pages show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.metadata import version
from typing import Any, Literal, get_args

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array, Numbers
from gloctm.checks import check_int, listed
from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError
from gloctm.evaluation import Evaluation
from gloctm.model.checks import check_model, check_vocabulary
from gloctm.model.inference import Via
from gloctm.model.labels import shared_labels
from gloctm.model.model import TopicModel
from gloctm.model.storage import HISTORY_TERMS
from gloctm.model.topics import heaviest_columns
from gloctm.model.vectors import cosines, joined_vectors, linked_topics, topic_vectors
from gloctm.model.view import TopicView, topic_names, topic_names_by_language, topic_shares, view_of
from gloctm.shards.samples import AnyCorpus, SampledCorpus, sample_of
from gloctm.summary.agreement import agreement_of_topics, doubtful_languages
from gloctm.summary.breakdowns import MAX_LABELS, by_date, by_label, checked_dates
from gloctm.summary.content import (
    DocumentTable,
    Estimate,
    LanguageSummary,
    OtherModel,
    Projection,
    Summary,
    Term,
    TopicSummary,
    TypicalDocument,
)
from gloctm.summary.documents import finder_in, typical_documents
from gloctm.summary.links import translation_links, word_directions
from gloctm.summary.map import project, similar_topics
from gloctm.summary.names import direction_of, name_of_language
from gloctm.summary.other import languages_in_common, other_model
from gloctm.summary.prevalence import contrasts, estimates, group_means
from gloctm.summary.quality import evaluation_of, quality_figures
from gloctm.summary.search import search_index
from gloctm.summary.table import MAX_LISTED, ListedDocuments
from gloctm.summary.terms import (
    counts_of_main_topics,
    frequencies_in,
    frequencies_of_topics,
    topic_terms,
    word_probabilities,
)

#: Documents per language, at most: means of this many are exact to a fraction of a percent.
MAX_DOCUMENTS = 20_000
#: Topics with a lower cosine are not called similar: at 0 they have no more in common than any two.
MIN_SIMILARITY = 0.1
_SEED = 0


@dataclass(frozen=True)
class _Sample:
    """Documents with any word of the vocabulary, or a sample of them.

    Attributes:
        corpus: they are from.
        rows: by language their rows in the corpus, ascending.
        theta: by language their topic proportions, ``(len(rows), K)``.
    """

    corpus: Corpus
    rows: dict[str, NDArray[np.int64]]
    theta: dict[str, Array]


def summarize(
    model: TopicModel,
    corpus: AnyCorpus | None = None,
    *,
    view: TopicView | None = None,
    num_words: int = 30,
    num_documents: int = 5,
    max_characters: int = 600,
    max_documents: int = MAX_DOCUMENTS,
    evaluation: Evaluation | Mapping[str, Any] | None = None,
    title: str | None = None,
    via: Via | None = None,
    other: TopicModel | None = None,
    max_listed: int = MAX_LISTED,
    projection: Projection | None = None,
) -> Summary:
    """Compute everything that figures and pages show of a model.

    Documents without any word of the vocabulary give no evidence and are left out of all means.

    Args:
        model: trained.
        corpus: documents to show the topics in. They are usually those of the training, but need only be counted over
            the model's vocabularies, in all its languages. Of a corpus in shards, at most 100,000 documents per
            language are taken, spread evenly, and the summary says so. Without them, the summary has words, likeness
            and search alone.
        view: topics renamed, merged and hidden; all of the model's as they are unless given. Words of merged topics are
            weighted by their shares in the corpus, or equally without one. Of hidden topics nothing is shown, so
            proportions sum to less than 1. Topics keep their numbers in the model.
        num_words: words per topic and language. More than 30 are seldom read, and links would be lost among them.
        num_documents: typical documents per topic and language.
        max_characters: documents are cut to this length, around the topic's words. 600 are a paragraph.
        max_documents: of a language with more documents that have a word, this many are drawn, always the same, and the
            summary says so.
        evaluation: measures of this model, from ``gloctm.evaluate`` or its ``to_dict()``. The cheap measures of topics
            that it lacks (diversity, and NPMI in the corpus) are computed here.
        title: what the model is about; made of the number of topics and the languages unless given.
        via: for a published model, the encoder that infers θ. None chooses the global one, which compares languages
            best: each local encoder normalizes the documents of its own language, which removes most of what a language
            talks about more.
        other: another model, whose topics are compared with these: of other settings, or of other documents. Both need
            a language in common, and words of one encoder or the same words.
        max_listed: documents to list with their texts and places on a map, at most; 0 for none. Of more, languages get
            the same number each, until one has no more; always the same ones. 20,000 make a page of 8 MB.
        projection: what places documents on their map: ``"umap"``, which needs the extra ``map``, or ``"topics"``, the
            topics' own map. None takes UMAP if it is installed and there are 2,000 documents to list.

    Raises:
        NotFittedError: a model is not trained.
        InputError: a setting is out of range, or the view or the evaluation is of another model. The view merges or
            hides, so the evaluation is of other topics. The corpus has other languages or vocabularies than the model,
            or an invalid date. The other model can't be compared with this one.

    Examples:
        >>> summary = summarize(model, corpus, num_words=3, num_documents=0)
        >>> len(summary.topics), [word for word, _ in summary.topics[0].words["en"]] == model.topics(3)[0]["words"]
        (12, True)
    """
    maker = Summarizer(
        model,
        corpus,
        num_words=num_words,
        num_documents=num_documents,
        max_characters=max_characters,
        max_documents=max_documents,
        evaluation=evaluation,
        title=title,
        via=via,
        other=other,
        max_listed=max_listed,
        projection=projection,
    )
    maker.check(view)
    return maker.summary(view)


class Summarizer:
    """Makes summaries of a model, of one view after another: documents are inferred once.

    Args:
        model: see ``summarize``, as all others.
        corpus: documents; they must not change.
        num_words: words per topic and language.
        num_documents: typical documents per topic and language.
        max_characters: of a typical document.
        max_documents: of a language, at most.
        evaluation: measures of this model. Summaries of views that merge or hide topics are without it.
        title: what the model is about.
        via: for a published model, the encoder that infers θ.
        other: another model to compare with.
        max_listed: documents to list, at most.
        projection: what places them on their map.

    Raises:
        NotFittedError: the model is not trained.
        InputError: see ``summarize``.

    Examples:
        >>> from gloctm import TopicView
        >>> from gloctm.summary import Summarizer
        >>> maker = Summarizer(model, corpus, num_documents=0)
        >>> view = TopicView.of(model)
        >>> [len(maker.summary(each).topics) for each in (view, view.hide(3))]
        [12, 11]
    """

    def __init__(
        self,
        model: TopicModel,
        corpus: AnyCorpus | None = None,
        *,
        num_words: int = 30,
        num_documents: int = 5,
        max_characters: int = 600,
        max_documents: int = MAX_DOCUMENTS,
        evaluation: Evaluation | Mapping[str, Any] | None = None,
        title: str | None = None,
        via: Via | None = None,
        other: TopicModel | None = None,
        max_listed: int = MAX_LISTED,
        projection: Projection | None = None,
    ) -> None:
        check_model(model, "summarize")
        if other is not None:
            check_model(other, "summarize")
            languages_in_common(model, other)
        if title is not None and not isinstance(title, str):
            raise InputError(f"title is {title!r:.60}: give a text, or None for one made of the languages")
        model.check_via(via)
        for name, value, least in [
            *(("num_words", num_words, 1), ("num_documents", num_documents, 0)),
            *(("max_characters", max_characters, 20), ("max_documents", max_documents, 2)),
            ("max_listed", max_listed, 0),
        ]:
            check_int(name, value, least)
        if projection not in (None, *get_args(Projection)):
            raise InputError(
                f"projection is {projection!r:.60}: it must be umap or topics, or None to choose by itself"
            )
        self.model = model
        self.corpus = None if corpus is None else sample_of(corpus)
        self._via: Via | None = via if model.in_context else via or "global"
        self._measured = None if evaluation is None else evaluation_of(model, evaluation)
        if self.corpus is not None:
            _check_languages(model, self.corpus)
        self._num_words = num_words
        self._num_documents = num_documents
        self._max_characters = max_characters
        self._max_documents = max_documents
        self._title = title
        self._other = other
        self._max_listed = max_listed
        self._projection = projection

    def check(self, view: TopicView | None) -> None:
        """Raise InputError unless a view is of the model, and the evaluation, if there is one, of its topics."""
        if not self.evaluated(view_of(self.model, view)):
            raise InputError(
                "the evaluation is of all the model's topics one by one, and the view merges or hides some: leave the "
                "evaluation out, or the view"
            )

    def evaluated(self, view: TopicView) -> bool:
        """Return whether a summary of a view has the evaluation that was given, or none was: it is of all topics."""
        return self._measured is None or len(view) == view.num_topics

    @cached_property
    def _sample(self) -> _Sample | None:
        """Documents with θ of all topics of the model, inferred when first needed."""
        return None if self.corpus is None else _sample(self.model, self.corpus, self._max_documents, self._via)

    @cached_property
    def _listed(self) -> ListedDocuments | None:
        """Documents to list; their places on the map are those of the model's own topics, whatever the view."""
        if self._sample is None or self.corpus is None or not self._max_listed:
            return None
        known = {code: (rows, self._sample.theta[code]) for code, rows in self._sample.rows.items()}
        infer = partial(_inferred, self.model, self.corpus, via=self._via)
        return ListedDocuments(
            self.model, self.corpus, known, infer, max_listed=self._max_listed, projection=self._projection
        )

    def proportions(self, code: str, row: int) -> Array | None:
        """Return the topic proportions of a document, of all topics of the model; None for one without words.

        Args:
            code: its language.
            row: its row in the corpus.
        """
        corpus, sample = self.corpus, self._sample
        if corpus is None or sample is None:
            raise InputError("the summary was made without a corpus: give one")
        part, rows = corpus[code], sample.rows[code]
        if part.empty_documents[row]:
            return None
        place = int(np.searchsorted(rows, row))
        if place < len(rows) and rows[place] == row:
            return np.asarray(sample.theta[code][place])
        document = part.select([row], embeddings=False)
        return np.asarray(np.asarray(self.model.transform(document, language=code, via=self._via))[0])

    def summary(self, view: TopicView | None = None) -> Summary:
        """Make the summary of a view, or of all topics as they are.

        Raises:
            InputError: the view is of another model, or a document has an invalid date.
        """
        model, corpus, via, num_words = self.model, self.corpus, self._via, self._num_words
        view = view_of(model, view)
        sample, measured = self._sample, self._measured if self.evaluated(view) else None
        codes, ids = list(model.languages_), view.numbers
        shares = None if sample is None else topic_shares(sample.theta)
        topic_word = {code: view.merge_word_scores(model, each, shares) for code, each in model.word_scores_.items()}
        mainly = None if sample is None else counts_of_main_topics(sample.theta, view.groups)
        if sample is not None:
            sample = replace(sample, theta={code: view.merge_theta(each) for code, each in sample.theta.items()})

        heaviest = {code: heaviest_columns(each, num_words) for code, each in topic_word.items()}
        words = {
            code: [[model.vocabulary_[code][column] for column in row] for row in heaviest[code].tolist()]
            for code in codes
        }
        labels = shared_labels(model.labels_, view.groups, codes)
        names, names_by_language = topic_names(view, labels, words), topic_names_by_language(view, labels, words)
        terms = {code: _terms(model, corpus, code, view, shares, heaviest[code], num_words) for code in codes}
        vectors = topic_vectors(topic_word, model.word_embeddings_)
        agreement = agreement_of_topics(vectors)
        joined = joined_vectors(vectors)
        similarity = cosines(joined, joined)
        # A vector of zeros has no direction, but a topic is always like itself.
        np.fill_diagonal(similarity, 1)
        places, similar = project(joined), similar_topics(joined)
        directions = {code: word_directions(model.word_embeddings_[code]) for code in codes}
        member_shares = view.member_shares(shares)
        prevalence, contrast = _prevalence(sample)
        documents = _documents(model, sample, words, self._num_documents, self._max_characters, view, via)

        def topic_summary(topic: int) -> TopicSummary:
            own_prevalence, own_agreement = _of_topic(prevalence, topic), _of_topic(agreement, topic, float)
            return TopicSummary(
                id=ids[topic],
                members=view.groups[topic],
                shares=member_shares[topic],
                name=names[topic],
                names=names_by_language[topic],
                labels=labels[topic],
                x=float(places[topic, 0]),
                y=float(places[topic, 1]),
                prevalence=own_prevalence,
                overall=own_prevalence and float(np.mean([each.value for each in own_prevalence.values()])),
                mainly=_of_topic(mainly, topic),
                contrast=_of_topic(contrast, topic),
                agreement=own_agreement,
                doubtful=doubtful_languages(own_agreement),
                words={
                    code: tuple(zip(words[code][topic], each[topic, heaviest[code][topic]].tolist(), strict=True))
                    for code, each in topic_word.items()
                },
                terms={code: terms[code][topic] for code in codes},
                links=tuple(translation_links({code: directions[code][heaviest[code][topic]] for code in codes})),
                similar=tuple((ids[other], cosine) for other, cosine in similar[topic] if cosine >= MIN_SIMILARITY),
                documents={code: documents[code][topic] for code in codes},
            )

        found = None if sample is None else by_label(sample.theta, _column(sample, "labels"))
        label_breakdown, num_labels = found or (None, 0)
        dates = {} if sample is None else _column(sample, "dates")
        dates = {code: checked_dates(code, each) for code, each in dates.items()}
        marked = {code: dict.fromkeys(term.word for topic in each for term in topic) for code, each in terms.items()}
        table = None if self._listed is None else self._listed.table(view, {code: list(marked[code]) for code in codes})
        return Summary(
            title=self._title or _title(len(ids), codes),
            languages=tuple(_language(model, corpus, code) for code in codes),
            about={
                "settings": dict(model.settings_),
                "seed": model.seed_,
                "encoder": model.encoder_,
                "environment": dict(model.environment_),
                "corpus_fingerprint": model.corpus_fingerprint_,
                "gloctm": version("gloctm"),
            },
            history={term: tuple(epoch[term] for epoch in model.history_) for term in HISTORY_TERMS},
            quality=quality_figures(topic_word, model.vocabulary_, corpus, measured),
            topics=tuple(map(topic_summary, range(len(ids)))),
            hidden=tuple(sorted(view.hidden)),
            inference=via or "context",
            labels=label_breakdown,
            dates=None if sample is None else by_date(sample.theta, dates),
            search={code: search_index(topic_word[code], model.vocabulary_[code], ids) for code in codes},
            sampled=None if sample is None else _sampled(sample, num_labels, table),
            similarity=tuple(map(tuple, similarity.tolist())),
            merges=tuple(
                (int(one), int(other), height, int(size)) for one, other, height, size in linked_topics(joined).tolist()
            ),
            view=view.to_dict(),
            documents=table,
            other=self._compared(ids, topic_word),
        )

    def _compared(self, ids: Sequence[int], topic_word: Mapping[str, Array]) -> OtherModel | None:
        """Compare the topics shown with those of the other model, if there is one."""
        if self._other is None:
            return None
        title = _title(self._other.num_topics_, self._other.languages_)
        return other_model(self.model, self._other, ids, topic_word, title=title, num_words=self._num_words)


def _check_languages(model: TopicModel, corpus: Corpus) -> None:
    """Raise InputError unless these are documents in the model's languages, counted over its vocabularies."""
    if missing := [name_of_language(code) for code in model.languages_ if code not in corpus]:
        raise InputError(
            f"the corpus has no documents in {' and none in '.join(missing)}: give one with all languages of the model "
            f"({', '.join(model.languages_)})"
        )
    if foreign := [code for code in corpus.languages if code not in model.languages_]:
        raise InputError(
            f"the model was not trained on {foreign[0]!r}: leave it out with corpus.select({list(model.languages_)!r})"
        )
    for code in model.languages_:
        check_vocabulary(model, corpus, code)


def _sample(model: TopicModel, corpus: Corpus, max_documents: int, via: Via | None) -> _Sample:
    """Draw documents that have any word, and infer their topic proportions."""
    sample = _Sample(corpus, {}, {})
    for number, code in enumerate(model.languages_):
        rows = np.flatnonzero(~corpus[code].empty_documents)
        if len(rows) > max_documents:
            rows = np.sort(np.random.default_rng([_SEED, number]).choice(rows, max_documents, replace=False))
        sample.rows[code] = rows
        sample.theta[code] = _inferred(model, corpus, code, rows, via=via)
    return sample


def _inferred(model: TopicModel, corpus: Corpus, code: str, rows: NDArray[np.int64], *, via: Via | None) -> Array:
    return np.asarray(model.transform(corpus[code].select(rows, embeddings=False), language=code, via=via))


def _title(num_topics: int, codes: Sequence[str]) -> str:
    count = "1 topic" if num_topics == 1 else f"{num_topics} topics"
    return f"{count} in {listed([name_of_language(code) for code in codes])}"


def _prevalence(
    sample: _Sample | None,
) -> tuple[dict[str, list[Estimate]], dict[str, list[Estimate]]] | tuple[None, None]:
    """Estimate mean θ of each language and topic, and how each language differs from the others."""
    if sample is None:
        return None, None
    theta = sample.theta
    groups = np.repeat(np.arange(len(theta)), [len(each) for each in theta.values()])
    means = group_means(np.concatenate(list(theta.values())), groups, len(theta))
    # No language of a corpus is without words, so each has an estimate.
    known = [[each for each in row if each is not None] for row in estimates(means)]
    return dict(zip(theta, known, strict=True)), dict(zip(theta, contrasts(means), strict=True))


def _documents(
    model: TopicModel,
    sample: _Sample | None,
    words: Mapping[str, list[list[str]]],
    num_documents: int,
    max_characters: int,
    view: TopicView,
    via: Via | None,
) -> dict[str, list[tuple[TypicalDocument, ...]]]:
    if sample is None:
        return {code: [()] * len(topics) for code, topics in words.items()}

    def infer(counts: sp.csr_array, code: str) -> Array:
        return view.merge_theta(np.asarray(model.transform(counts, language=code, via=via)))

    return {
        code: typical_documents(
            part := sample.corpus[code],
            rows,
            sample.theta[code],
            words[code],
            None if part.texts is None else finder_in(model, part, code),
            num_documents=num_documents,
            max_characters=max_characters,
            infer=partial(infer, code=code),
        )
        for code, rows in sample.rows.items()
    }


def _terms(
    model: TopicModel,
    corpus: Corpus | None,
    code: str,
    view: TopicView,
    shares: Numbers | None,
    heaviest: NDArray[np.int64],
    num_words: int,
) -> list[tuple[Term, ...]]:
    """Collect the terms of a language; without a corpus, the model's own shares of topics stand for it."""
    probabilities = word_probabilities(model.topic_word_[code])
    frequencies = (
        frequencies_of_topics(probabilities, model.topic_shares_.get(code))
        if corpus is None
        else frequencies_in(corpus[code].counts)
    )
    merged = view.merge_topic_word(probabilities, shares)
    return topic_terms(list(heaviest), merged, frequencies, model.vocabulary_[code], num_words)


def _of_topic(found: Mapping[str, Any] | None, topic: int, kind: Callable[[Any], Any] = lambda each: each) -> Any:
    """Take a topic's values, by language."""
    return None if found is None else {code: kind(each[topic]) for code, each in found.items()}


def _language(model: TopicModel, corpus: Corpus | None, code: str) -> LanguageSummary:
    part = None if corpus is None else corpus[code]
    return LanguageSummary(
        code=code,
        name=name_of_language(code),
        direction=direction_of(code),
        documents=None if part is None else part.num_documents,
        words=len(model.vocabulary_[code]),
        tokens=None if part is None else int(part.counts.sum(dtype=np.int64)),
    )


def _column(sample: _Sample, name: Literal["labels", "dates"]) -> dict[str, list[str]]:
    """Take labels or dates of the documents; empty where there are none."""
    found = {}
    for code, rows in sample.rows.items():
        values = getattr(sample.corpus[code], name)
        found[code] = [""] * len(rows) if values is None else [values[row] for row in rows.tolist()]
    return found


def _sampled(sample: _Sample, num_labels: int, table: DocumentTable | None) -> str | None:
    totals = {code: int((~sample.corpus[code].empty_documents).sum()) for code in sample.rows}
    parts = [
        f"{len(rows):,} of {totals[code]:,} documents in {name_of_language(code)}"
        for code, rows in sample.rows.items()
        if len(rows) < totals[code]
    ]
    said = [f"computed from {listed(parts)}, drawn at random"] if parts else []
    if isinstance(sample.corpus, SampledCorpus):
        said.insert(0, f"the documents are a sample: {sample.corpus.describe()}")
    if num_labels > MAX_LABELS:
        said.append(f"the {MAX_LABELS} most frequent of {num_labels:,} labels are shown")
    if table is not None and len(table.ids) < sum(table.totals.values()):
        said.append(f"{len(table.ids):,} of {sum(table.totals.values()):,} documents are listed, drawn at random")
    sentence = "; ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else None
