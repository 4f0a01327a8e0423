"""Topics of two models compared: how similar they are, and which of them match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gloctm.arrays import Array, Numbers
from gloctm.checks import listed
from gloctm.errors import InputError
from gloctm.metrics.stability import similarities_of_topics
from gloctm.model.checks import check_model
from gloctm.model.labels import shared_labels
from gloctm.model.model import TopicModel
from gloctm.model.topics import top_words
from gloctm.model.vectors import cosines, joined_vectors, topic_vectors
from gloctm.model.view import TopicView, topic_names, topic_names_by_language
from gloctm.summary.content import OtherModel
from gloctm.summary.names import name_of_language

#: Words per topic and language that are compared where the models' words have no vectors of one encoder.
COMPARED_WORDS = 10


def languages_in_common(model: TopicModel, other: TopicModel) -> list[str]:
    """List the languages that both models have, in the order of the first.

    Raises:
        InputError: there is none.
    """
    codes = [code for code in model.languages_ if code in other.languages_]
    if not codes:
        raise InputError(
            f"the models have no language in common: one is of {', '.join(model.languages_)}, the other of "
            f"{', '.join(other.languages_)}"
        )
    return codes


def similarity_of_models(
    model: TopicModel,
    other: TopicModel,
    scores: Mapping[str, Array],
    other_scores: Mapping[str, Array],
    num_words: int = COMPARED_WORDS,
) -> Numbers:
    """Compute how similar each topic of a model is to each of another.

    It is the cosine of the topics' vectors (``gloctm.model.vectors``) if one encoder embedded the words of both models.
    Otherwise it is the average Jaccard index of their first words, the mean over the languages in common
    (``gloctm.metrics.topic_stability``).

    Args:
        model: trained.
        other: another, with at least one language in common.
        scores: for each language what orders the words of the topics shown, ``(topics, V_l)``.
        other_scores: the same of ``other``.
        num_words: first words per topic and language that are compared.

    Returns:
        ``(topics, topics of other)``.

    Raises:
        InputError: the models have no language in common, or no word and no encoder.
    """
    codes = languages_in_common(model, other)
    if model.word_encoder_ is not None and model.word_encoder_ == other.word_encoder_:
        vectors, others = (
            joined_vectors(topic_vectors({code: each[code] for code in codes}, own.word_embeddings_))
            for own, each in ((model, scores), (other, other_scores))
        )
        return cosines(vectors, others)
    if all(set(model.vocabulary_[code]).isdisjoint(other.vocabulary_[code]) for code in codes):
        names = listed([name_of_language(code) for code in codes])
        raise InputError(
            f"the models can't be compared: they have no word of {names} in common, and no encoder is known that "
            "embedded the words of both"
        )
    by_language = [
        similarities_of_topics(
            top_words(scores[code], model.vocabulary_[code], num_words),
            top_words(other_scores[code], other.vocabulary_[code], num_words),
        )
        for code in codes
    ]
    return np.asarray(np.mean(by_language, axis=0))


def matches_of(similarity: Numbers) -> list[tuple[int, int]]:
    """Match rows and columns one to one so that their similarities sum to the most (Hungarian method)."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(similarity, maximize=True)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def other_model(
    model: TopicModel,
    other: TopicModel,
    ids: Sequence[int],
    scores: Mapping[str, Array],
    *,
    title: str,
    num_words: int,
) -> OtherModel:
    """Compare the topics shown of a model with all topics of another.

    Args:
        model: trained.
        other: another.
        ids: the number of each topic shown.
        scores: for each language what orders their words.
        title: of the other model.
        num_words: words of its topics per language.

    Raises:
        InputError: see ``similarity_of_models``.
    """
    check_model(other, "summarize")
    similarity = similarity_of_models(model, other, scores, other.word_scores_)
    matches = sorted(
        ((ids[row], column, float(similarity[row, column])) for row, column in matches_of(similarity)),
        key=lambda match: -match[2],
    )
    view = TopicView.of(other)
    words = {code: top_words(each, other.vocabulary_[code], num_words) for code, each in other.word_scores_.items()}
    labels = shared_labels(other.labels_, view.groups, other.languages_)
    names, by_language = topic_names(view, labels, words), topic_names_by_language(view, labels, words)
    topics = tuple(
        {
            "number": topic,
            "name": names[topic],
            "names": by_language[topic],
            "words": {code: tuple(each[topic]) for code, each in words.items()},
        }
        for topic in view.numbers
    )
    return OtherModel(title, tuple(other.languages_), topics, tuple(matches), tuple(map(tuple, similarity.tolist())))
