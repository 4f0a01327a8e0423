"""``summarize``: from a fitted model, and documents, to everything that pictures show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

import gloctm
from gloctm.artifact import HISTORY_TERMS
from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError
from gloctm.evaluation import DIVERSITY_WORDS, NUM_WORDS, Evaluation, Measures, measure_topics, own_counts
from gloctm.measure_names import name_of
from gloctm.metrics.diversity import topic_diversity
from gloctm.summary.breakdowns import MAX_LABELS, by_date, by_label, checked_dates
from gloctm.summary.content import (
    Estimate,
    LanguageSummary,
    QualityFigure,
    Summary,
    TopicSummary,
    TypicalDocument,
)
from gloctm.summary.documents import typical_documents
from gloctm.summary.links import translation_links
from gloctm.summary.map import joined_vectors, project, similar_topics, topic_vectors
from gloctm.summary.names import direction_of, name_of_language
from gloctm.summary.places import finder_of
from gloctm.summary.prevalence import contrasts, estimates, group_means
from gloctm.summary.search import search_index
from gloctm.topics import top_words

if TYPE_CHECKING:
    from gloctm.estimator import GloCTM
    from gloctm.view import TopicView

#: Documents a language that are looked at, at most: means of so many are exact to a fraction of a percent.
MAX_DOCUMENTS = 20_000
# Words of which a topic's vector on the map is made: the map does not change with how many words are shown.
_MAP_WORDS = 30
_SEED = 0
_DOCUMENT_MEASURES = ("accuracy_", "macro_f1_", "purity", "normalized_mutual_information")

Array = NDArray[np.float32]
Proportions = dict[str, NDArray[np.floating]]


def summarize(
    model: GloCTM,
    corpus: Corpus | None = None,
    *,
    view: TopicView | None = None,
    num_words: int = 30,
    num_documents: int = 5,
    max_characters: int = 600,
    max_documents: int = MAX_DOCUMENTS,
    evaluation: Evaluation | None = None,
    title: str | None = None,
) -> Summary:
    """Everything that pictures of a model show.

    Documents without any word of the vocabulary give no evidence and are left out of all means. θ is inferred by the
    global encoder (``via="global"``), since languages are compared by it: each local encoder normalises the documents
    of its own language, which takes away most of what a language talks about more. On a corpus of two languages whose
    themes were known to differ by 27 to 30 points, differences came out as 8 and 10 points by the local encoders and as
    17 and 22 by the global one: still less than they are, because θ is soft.

    Args:
        model: trained.
        corpus: documents to show the topics in: usually those trained on, but others are as good if they are counted
            over the model's vocabularies, in all its languages. None: words, likeness and search alone.
        view: topics renamed, merged and hidden; all of the model's as they are unless given. Words of merged topics are
            weighted by their shares in the corpus; without a corpus, alike. Of hidden topics nothing is shown, and
            nothing made up for: proportions sum to less than 1.
        num_words: words shown a topic and language. 30: more are seldom read, and links would be lost among them.
        num_documents: typical documents a topic and language.
        max_characters: documents are cut to so many characters, around the topic's words. 600 are a paragraph.
        max_documents: of a language with more documents that have a word, so many are drawn, always the same, and the
            summary says so.
        evaluation: measures taken already; the cheap ones of the topics that it lacks (diversity, and NPMI in the
            corpus) are taken here.
        title: what the model is about; made of the number of topics and the languages unless given.

    Raises:
        NotFittedError: the model is not trained.
        InputError: a setting is out of range, the view is of another model, or the corpus has other languages or
            vocabularies than the model, or a date that is none.
    """
    _check(model, corpus, view, evaluation, title)
    _check_numbers(
        num_words=(num_words, 1),
        num_documents=(num_documents, 0),
        max_characters=(max_characters, 20),
        max_documents=(max_documents, 2),
    )
    codes = list(model.languages_)
    num_topics = len(model.topic_word_[codes[0]])
    looked_at = None if corpus is None else _look_at(model, corpus, max_documents)
    shares = np.full(num_topics, 1 / num_topics) if looked_at is None else _shares(looked_at.theta)
    groups = tuple((topic,) for topic in range(num_topics)) if view is None else view.groups
    topic_word = dict(model.topic_word_)
    if view is not None:
        topic_word = {
            code: np.asarray(view.merge_topic_word(each, shares), np.float32) for code, each in topic_word.items()
        }
        if looked_at is not None:
            merged = {code: np.asarray(view.merge_theta(each)) for code, each in looked_at.theta.items()}
            looked_at = _LookedAt(looked_at.rows, merged)

    heaviest = {code: np.argsort(-each, axis=1, kind="stable")[:, :num_words] for code, each in topic_word.items()}
    words = {
        code: [[model.vocabulary_[code][column] for column in row] for row in heaviest[code].tolist()] for code in codes
    }
    labels = _labels(model, groups)
    vectors = joined_vectors(topic_vectors(topic_word, model.word_embeddings_, _MAP_WORDS))
    places, similar = project(vectors), similar_topics(vectors)
    prevalence, contrast = _prevalence(codes, looked_at, len(groups))
    documents: dict[str, list[tuple[TypicalDocument, ...]]] = {
        code: [()] * len(groups)
        if corpus is None or looked_at is None
        else _documents(model, corpus, code, looked_at, words[code], num_documents, max_characters)
        for code in codes
    }
    topics = tuple(
        TopicSummary(
            id=topic,
            members=tuple(int(member) for member in groups[topic]),
            name=_name(topic, view, labels[topic], codes, words),
            labels=labels[topic],
            x=float(places[topic, 0]),
            y=float(places[topic, 1]),
            prevalence=None if prevalence is None else {code: prevalence[code][topic] for code in codes},
            overall=None if prevalence is None else float(np.mean([prevalence[code][topic].value for code in codes])),
            contrast=None if contrast is None else {code: contrast[code][topic] for code in codes},
            words={
                code: tuple(
                    zip(words[code][topic], topic_word[code][topic, heaviest[code][topic]].tolist(), strict=True)
                )
                for code in codes
            },
            links=tuple(
                translation_links({code: model.word_embeddings_[code][heaviest[code][topic]] for code in codes})
            ),
            similar=tuple(similar[topic]),
            documents={code: documents[code][topic] for code in codes},
        )
        for topic in range(len(groups))
    )
    label_breakdown = date_breakdown = None
    more_labels = 0
    if corpus is not None and looked_at is not None:
        if (found := by_label(looked_at.theta, _column(corpus, looked_at, "labels"))) is not None:
            label_breakdown, more_labels = found
        dates = _column(corpus, looked_at, "dates")
        date_breakdown = by_date(looked_at.theta, {code: checked_dates(code, each) for code, each in dates.items()})
    return Summary(
        title=title or _title(len(groups), codes),
        languages=tuple(_language(model, corpus, code) for code in codes),
        about={
            "settings": dict(model.settings_),
            "seed": model.seed_,
            "encoder": model.encoder_,
            "environment": dict(model.environment_),
            "corpus_fingerprint": model.corpus_fingerprint_,
            "gloctm": gloctm.__version__,
        },
        history={term: tuple(epoch[term] for epoch in model.history_) for term in HISTORY_TERMS},
        quality=_quality(model, topic_word, corpus, evaluation),
        topics=topics,
        labels=label_breakdown,
        dates=date_breakdown,
        search={code: search_index(topic_word[code], model.vocabulary_[code]) for code in codes},
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


def _look_at(model: GloCTM, corpus: Corpus, max_documents: int) -> _LookedAt:
    rows: dict[str, NDArray[np.int64]] = {}
    theta: Proportions = {}
    for number, code in enumerate(model.languages_):
        part = corpus[code]
        found = np.flatnonzero(~part.empty_documents)
        if len(found) > max_documents:
            found = np.sort(np.random.default_rng([_SEED, number]).choice(found, max_documents, replace=False))
        rows[code] = found
        inferred = model.transform(part.counts[found], lang=code, via="global")
        assert not isinstance(inferred, dict)
        theta[code] = inferred
    return _LookedAt(rows, theta)


def _title(num_topics: int, codes: Sequence[str]) -> str:
    count = "1 topic" if num_topics == 1 else f"{num_topics} topics"
    return f"{count} in {_listed([name_of_language(code) for code in codes])}"


def _shares(theta: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float64]:
    """Mean θ of each topic, each language counted alike."""
    return np.asarray(np.mean([each.mean(axis=0, dtype=np.float64) for each in theta.values()], axis=0))


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
    model: GloCTM,
    corpus: Corpus,
    code: str,
    looked_at: _LookedAt,
    words: list[list[str]],
    num_documents: int,
    max_characters: int,
) -> list[tuple[TypicalDocument, ...]]:
    part = corpus[code]
    own: Callable[[str], list[str]] | None = part.own_tokenizer or getattr(model, "_own_tokenizers", {}).get(code)
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


def _labels(model: GloCTM, groups: Sequence[Sequence[int]]) -> list[dict[str, str]]:
    """For each shown topic its labels by language; of merged ones those that all have: one's is not that of all."""
    labels = []
    for members in groups:
        texts = {code: {model.labels_.get(code, {}).get(topic) for topic in members} for code in model.languages_}
        labels.append({code: text for code, (text, *more) in texts.items() if text is not None and not more})
    return labels


def _name(
    topic: int,
    view: TopicView | None,
    labels: Mapping[str, str],
    codes: Sequence[str],
    words: Mapping[str, Sequence[Sequence[str]]],
) -> str:
    given = None if view is None else view.name(topic)
    label = next((labels[code] for code in codes if code in labels), None)
    return given or label or " ".join(words[codes[0]][topic][:3])


def _language(model: GloCTM, corpus: Corpus | None, code: str) -> LanguageSummary:
    part = None if corpus is None else corpus[code]
    return LanguageSummary(
        code=code,
        name=name_of_language(code),
        direction=direction_of(code),
        documents=None if part is None else part.num_documents,
        words=len(model.vocabulary_[code]),
        tokens=None if part is None else int(part.counts.sum(dtype=np.int64)),
    )


def _quality(
    model: GloCTM,
    topic_word: Mapping[str, Array],
    corpus: Corpus | None,
    evaluation: Evaluation | None,
) -> tuple[QualityFigure, ...]:
    """The measures of an evaluation, and the cheap ones of the topics shown that it lacks."""
    fewest = min(map(len, model.vocabulary_.values()))

    def words_of(number: int) -> dict[str, list[list[str]]]:
        return {
            code: top_words(each, model.vocabulary_[code], min(number, fewest)) for code, each in topic_word.items()
        }

    # Of all documents, as ``gloctm evaluate`` takes them: one name, one figure.
    own = None if corpus is None else own_counts(corpus)
    measures: Measures = measure_topics(words_of(NUM_WORDS), own=own)
    measures["topic_diversity"] = {code: topic_diversity(words) for code, words in words_of(DIVERSITY_WORDS).items()}
    if evaluation is not None:
        measures |= evaluation.measures
    return tuple(
        QualityFigure(group=_group(measure), measure=name_of(measure), where=where, value=float(value))
        for measure, values in measures.items()
        for where, value in values.items()
    )


def _group(measure: str) -> Any:
    if measure.startswith("retrieval_"):
        return "translations"
    return "documents" if measure.startswith(_DOCUMENT_MEASURES) else "topics"


def _column(corpus: Corpus, looked_at: _LookedAt, name: str) -> dict[str, list[str]]:
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


def _check(model: Any, corpus: Any, view: Any, evaluation: Any, title: Any) -> None:
    from gloctm.estimator import GloCTM

    if not isinstance(model, GloCTM):
        raise InputError(f"summarize takes a GloCTM, not a {type(model).__name__}: read one with GloCTM.load(path)")
    check_is_fitted(model, "weights_")
    if title is not None and not isinstance(title, str):
        raise InputError(f"title is {title!r:.60}: give a text, or None for one made of the languages")
    if evaluation is not None and not isinstance(evaluation, Evaluation):
        raise InputError(
            f"evaluation is a {type(evaluation).__name__}, not an Evaluation: make one with gloctm.evaluation.evaluate"
        )
    if view is not None:
        from gloctm.view import TopicView

        if not isinstance(view, TopicView):
            raise InputError(f"view is a {type(view).__name__}, not a TopicView: make one with TopicView.of(model)")
        view.check(model)
    if corpus is not None:
        _check_corpus(model, corpus)


def _check_corpus(model: GloCTM, corpus: Any) -> None:
    if not isinstance(corpus, Corpus):
        raise InputError(f"corpus is a {type(corpus).__name__}, not a Corpus: read one with Corpus.load(path)")
    known = ", ".join(model.languages_)
    if missing := [code for code in model.languages_ if code not in corpus]:
        raise InputError(
            f"the corpus has no documents in {missing[0]!r}: give one with all languages of the model ({known})"
        )
    if foreign := [code for code in corpus.languages if code not in model.languages_]:
        raise InputError(
            f"the model was not trained on {foreign[0]!r}: leave it out with corpus.select({list(model.languages_)!r})"
        )
    for code in model.languages_:
        if list(corpus[code].vocabulary) != model.vocabulary_[code]:
            raise InputError(
                f"the corpus has another vocabulary for {code!r} than the model: give the corpus it was trained on, or "
                "one counted with vocabulary=model.vocabulary_ (Corpus.from_tokens)"
            )


def _check_numbers(**settings: tuple[Any, int]) -> None:
    for name, (value, least) in settings.items():
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise InputError(f"{name} is {value!r}: it must be a whole number from {least}")
