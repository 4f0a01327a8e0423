"""``summarize``: from a fitted model, and documents, to everything that pictures show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from gloctm.corpus.corpus import Corpus, check_corpus
from gloctm.errors import InputError
from gloctm.evaluation.evaluate import Evaluation
from gloctm.model.checks import check_model
from gloctm.model.inference import Via
from gloctm.model.labels import shared_labels
from gloctm.model.storage import HISTORY_TERMS
from gloctm.model.vectors import joined_vectors, topic_vectors
from gloctm.summary.agreement import agreement_of_topics, doubtful_languages
from gloctm.summary.breakdowns import MAX_LABELS, by_date, by_label, checked_dates
from gloctm.summary.checks import check_languages, check_texts_and_numbers
from gloctm.summary.content import (
    Estimate,
    LanguageSummary,
    Summary,
    TopicSummary,
    TypicalDocument,
)
from gloctm.summary.documents import typical_documents
from gloctm.summary.links import translation_links, word_directions
from gloctm.summary.map import project, similar_topics
from gloctm.summary.names import direction_of, name_of_language
from gloctm.summary.prevalence import contrasts, estimates, group_means
from gloctm.summary.quality import evaluation_of, quality_figures
from gloctm.summary.search import search_index
from gloctm.text.places import finder_of

if TYPE_CHECKING:
    from gloctm.model.model import TopicModel
    from gloctm.model.view import TopicView

#: Documents a language that are looked at, at most: means of so many are exact to a fraction of a percent.
MAX_DOCUMENTS = 20_000
#: Topics with a lower cosine are not called similar: at 0 they have no more in common than any two.
MIN_SIMILARITY = 0.1
_SEED = 0

Array = NDArray[np.float32]
Proportions = dict[str, NDArray[np.floating]]


def summarize(
    model: TopicModel,
    corpus: Corpus | None = None,
    *,
    view: TopicView | None = None,
    num_words: int = 30,
    num_documents: int = 5,
    max_characters: int = 600,
    max_documents: int = MAX_DOCUMENTS,
    evaluation: Evaluation | Mapping[str, Any] | None = None,
    title: str | None = None,
    via: Via | None = None,
) -> Summary:
    """Everything that pictures of a model show.

    Documents without any word of the vocabulary give no evidence and are left out of all means.

    Args:
        model: trained.
        corpus: documents to show the topics in: usually those trained on, but others are as good if they are counted
            over the model's vocabularies, in all its languages. None: words, likeness and search alone.
        view: topics renamed, merged and hidden; all of the model's as they are unless given. Words of merged topics are
            weighted by their shares in the corpus; without a corpus, alike. Of hidden topics nothing is shown, and
            nothing made up for: proportions sum to less than 1. Topics keep their numbers in the model.
        num_words: words shown a topic and language. 30: more are seldom read, and links would be lost among them.
        num_documents: typical documents a topic and language.
        max_characters: documents are cut to so many characters, around the topic's words. 600 are a paragraph.
        max_documents: of a language with more documents that have a word, so many are drawn, always the same, and the
            summary says so.
        evaluation: measures of this model taken already, as ``gloctm.evaluate`` or its ``to_dict()`` gives
            them; the cheap ones of the topics that it lacks (diversity, and NPMI in the corpus) are taken here.
        title: what the model is about; made of the number of topics and the languages unless given.
        via: of a published model alone: by which encoder θ is inferred. None takes the global one, since languages are
            compared by it: each local encoder normalises the documents of its own language, which takes away most of
            what a language talks about more.

    Raises:
        NotFittedError: the model is not trained.
        InputError: a setting is out of range, the view or the evaluation is of another model, the evaluation is given
            with a view that merges or hides (it is then of other topics), or the corpus has other languages or
            vocabularies than the model, or a date that is none.
    """
    from gloctm.model.view import topic_shares, view_of

    check_model(model, "summarize")
    check_texts_and_numbers(
        title,
        via,
        num_words=(num_words, 1),
        num_documents=(num_documents, 0),
        max_characters=(max_characters, 20),
        max_documents=(max_documents, 2),
    )
    model.check_via(via)
    if via is None and model.settings_["method"] == "published":
        via = "global"
    view = view_of(model, view)
    measured = None if evaluation is None else evaluation_of(model, evaluation)
    if measured is not None and len(view) < view.num_topics:
        raise InputError(
            "the evaluation is of all the model's topics one by one, and the view merges or hides some: leave the "
            "evaluation out, or the view"
        )
    if corpus is not None:
        check_corpus(corpus)
        check_languages(model, corpus)

    codes, ids = list(model.languages_), view.numbers
    looked_at = None if corpus is None else _look_at(model, corpus, max_documents, via)
    shares = None if looked_at is None else topic_shares(looked_at.theta)
    topic_word = {code: view.merge_topic_word(each, shares) for code, each in model.word_scores_.items()}
    if looked_at is not None:
        looked_at = _LookedAt(looked_at.rows, {code: view.merge_theta(each) for code, each in looked_at.theta.items()})

    heaviest = {code: np.argsort(-each, axis=1, kind="stable")[:, :num_words] for code, each in topic_word.items()}
    words = {
        code: [[model.vocabulary_[code][column] for column in row] for row in heaviest[code].tolist()] for code in codes
    }
    labels = shared_labels(model.labels_, view.groups, codes)
    # Names of one language as far as there are any: the one that has labels for most topics.
    preferred = sorted(codes, key=lambda code: -sum(code in each for each in labels))
    vectors = topic_vectors(topic_word, model.word_embeddings_)
    agreement = _by_topic(agreement_of_topics(vectors), len(ids))
    joined = joined_vectors(vectors)
    places, similar = project(joined), similar_topics(joined)
    directions = {code: word_directions(model.word_embeddings_[code]) for code in codes}
    member_shares = view.member_shares(shares)
    prevalence, contrast = _prevalence(codes, looked_at, len(ids))
    documents: dict[str, list[tuple[TypicalDocument, ...]]] = {
        code: [()] * len(ids)
        if corpus is None or looked_at is None
        else _documents(model, corpus, code, looked_at, words[code], num_documents, max_characters)
        for code in codes
    }
    topics = tuple(
        TopicSummary(
            id=ids[topic],
            members=view.groups[topic],
            shares=member_shares[topic],
            name=_name(view.name(topic), labels[topic], preferred, words[codes[0]][topic]),
            labels=labels[topic],
            x=float(places[topic, 0]),
            y=float(places[topic, 1]),
            prevalence=None if prevalence is None else {code: prevalence[code][topic] for code in codes},
            overall=None if prevalence is None else float(np.mean([prevalence[code][topic].value for code in codes])),
            contrast=None if contrast is None else {code: contrast[code][topic] for code in codes},
            agreement=agreement[topic],
            doubtful=doubtful_languages(agreement[topic]),
            words={
                code: tuple(
                    zip(words[code][topic], topic_word[code][topic, heaviest[code][topic]].tolist(), strict=True)
                )
                for code in codes
            },
            links=tuple(translation_links({code: directions[code][heaviest[code][topic]] for code in codes})),
            similar=tuple((ids[other], cosine) for other, cosine in similar[topic] if cosine >= MIN_SIMILARITY),
            documents={code: documents[code][topic] for code in codes},
        )
        for topic in range(len(ids))
    )
    label_breakdown = date_breakdown = None
    more_labels = 0
    if corpus is not None and looked_at is not None:
        if (found := by_label(looked_at.theta, _column(corpus, looked_at, "labels"))) is not None:
            label_breakdown, more_labels = found
        dates = _column(corpus, looked_at, "dates")
        date_breakdown = by_date(looked_at.theta, {code: checked_dates(code, each) for code, each in dates.items()})
    return Summary(
        title=title or _title(len(ids), codes),
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
        topics=topics,
        hidden=tuple(sorted(view.hidden)),
        inference=via or "context",
        labels=label_breakdown,
        dates=date_breakdown,
        search={code: search_index(topic_word[code], model.vocabulary_[code], ids) for code in codes},
        sampled=None if corpus is None or looked_at is None else _sampled(corpus, looked_at, more_labels),
    )


@dataclass(frozen=True)
class _LookedAt:
    """Documents with any word of the vocabulary, or a sample of them.

    Attributes:
        rows: by language which rows of the corpus they are, ascending.
        theta: by language their topic proportions, ``(len(rows), K)``.
    """

    rows: dict[str, NDArray[np.int64]]
    theta: Proportions


def _look_at(model: TopicModel, corpus: Corpus, max_documents: int, via: Via | None) -> _LookedAt:
    rows: dict[str, NDArray[np.int64]] = {}
    theta: Proportions = {}
    for number, code in enumerate(model.languages_):
        part = corpus[code]
        found = np.flatnonzero(~part.empty_documents)
        if len(found) > max_documents:
            found = np.sort(np.random.default_rng([_SEED, number]).choice(found, max_documents, replace=False))
        rows[code] = found
        inferred = model.transform(part.counts[found], language=code, via=via)
        assert not isinstance(inferred, dict)
        theta[code] = inferred
    return _LookedAt(rows, theta)


def _title(num_topics: int, codes: Sequence[str]) -> str:
    count = "1 topic" if num_topics == 1 else f"{num_topics} topics"
    return f"{count} in {_listed([name_of_language(code) for code in codes])}"


def _prevalence(
    codes: Sequence[str], looked_at: _LookedAt | None, num_topics: int
) -> tuple[dict[str, list[Estimate]], dict[str, list[Estimate]]] | tuple[None, None]:
    if looked_at is None:
        return None, None
    groups = np.concatenate([np.full(len(looked_at.rows[code]), place) for place, code in enumerate(codes)])
    means = group_means(np.concatenate([looked_at.theta[code] for code in codes]), groups, len(codes))
    # No language of a corpus is without words, so that there is an estimate for each.
    known = [[each for each in row if each is not None] for row in estimates(means)]
    assert all(len(row) == num_topics for row in known)
    return dict(zip(codes, known, strict=True)), dict(zip(codes, contrasts(means), strict=True))


def _documents(
    model: TopicModel,
    corpus: Corpus,
    code: str,
    looked_at: _LookedAt,
    words: list[list[str]],
    num_documents: int,
    max_characters: int,
) -> list[tuple[TypicalDocument, ...]]:
    part = corpus[code]
    own: Callable[[str], list[str]] | None = part.own_tokenizer or model.own_tokenizers.get(code)
    find = finder_of(code, part.tokenizer, model.vocabulary_[code], own) if part.texts is not None else None
    return typical_documents(
        part,
        looked_at.rows[code],
        looked_at.theta[code],
        words,
        find,
        num_documents=num_documents,
        max_characters=max_characters,
    )


def _by_topic(
    agreement: Mapping[str, NDArray[np.float64]] | None, num_topics: int
) -> list[dict[str, float]] | list[None]:
    if agreement is None:
        return [None] * num_topics
    return [{code: float(each[topic]) for code, each in agreement.items()} for topic in range(num_topics)]


def _name(given: str | None, labels: Mapping[str, str], codes: Sequence[str], words: Sequence[str]) -> str:
    """What to call a topic; ``codes`` in the order in which labels are preferred, ``words`` of the first language."""
    label = next((labels[code] for code in codes if code in labels), None)
    return given or label or " ".join(words[:3])


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


def _column(corpus: Corpus, looked_at: _LookedAt, name: Literal["labels", "dates"]) -> dict[str, list[str]]:
    """Labels or dates of the documents looked at; empty where there are none."""
    found = {}
    for code, rows in looked_at.rows.items():
        values = getattr(corpus[code], name)
        found[code] = [""] * len(rows) if values is None else [values[row] for row in rows.tolist()]
    return found


def _sampled(corpus: Corpus, looked_at: _LookedAt, num_labels: int) -> str | None:
    parts = [
        f"{len(rows):,} of {int((~corpus[code].empty_documents).sum()):,} documents in {name_of_language(code)}"
        for code, rows in looked_at.rows.items()
        if len(rows) < int((~corpus[code].empty_documents).sum())
    ]
    said = [f"computed from {_listed(parts)}, drawn at random"] if parts else []
    if num_labels > MAX_LABELS:
        said.append(f"the {MAX_LABELS} most frequent of {num_labels:,} labels are shown")
    sentence = "; ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else None


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
