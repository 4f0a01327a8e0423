"""The measures that a summary shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from gloctm.arrays import Array
from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError
from gloctm.evaluation import (
    DIVERSITY_WORDS,
    NUM_WORDS,
    Evaluation,
    Measures,
    measure_topics,
    model_digest,
    name_of,
    own_counts,
)
from gloctm.metrics.diversity import topic_diversity
from gloctm.model.model import TopicModel
from gloctm.model.topics import top_words
from gloctm.summary.content import QualityFigure

_DOCUMENT_MEASURES = ("accuracy_", "macro_f1_", "purity", "normalized_mutual_information")


def evaluation_of(model: TopicModel, evaluation: Any) -> Evaluation:
    """Check that an evaluation is one of this model, and return it.

    Args:
        model: trained.
        evaluation: from ``gloctm.evaluate``, or its ``to_dict()``, which ``gloctm evaluate`` writes.

    Raises:
        InputError: it is no evaluation, or that of another model.
    """
    content = evaluation.to_dict() if isinstance(evaluation, Evaluation) else evaluation
    try:
        measures = {
            str(measure): {str(where): float(value) for where, value in values.items()}
            for measure, values in content["measures"].items()
        }
        conditions = dict(content["conditions"])
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        raise InputError(
            "the evaluation is none: give what gloctm evaluate wrote, or gloctm.evaluate returns"
        ) from None
    if conditions.get("model") != model_digest(model):
        raise InputError("the evaluation is of another model: evaluate this one, or leave the evaluation out")
    return Evaluation(measures, conditions)


def quality_figures(
    topic_word: Mapping[str, Array],
    vocabulary: Mapping[str, list[str]],
    corpus: Corpus | None,
    evaluation: Evaluation | None,
) -> tuple[QualityFigure, ...]:
    """Collect the measures of an evaluation, and compute the cheap ones of the topics shown that it lacks.

    Args:
        topic_word: for each language β of the topics shown.
        vocabulary: for each language the word of each column.
        corpus: for NPMI in it.
        evaluation: of these very topics.
    """
    fewest = min(map(len, vocabulary.values()))

    def words_of(number: int) -> dict[str, list[list[str]]]:
        return {code: top_words(each, vocabulary[code], min(number, fewest)) for code, each in topic_word.items()}

    # Of all documents, as in ``gloctm evaluate``: one name, one figure.
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


def _group(measure: str) -> Literal["topics", "documents", "translations"]:
    if measure.startswith("retrieval_"):
        return "translations"
    return "documents" if measure.startswith(_DOCUMENT_MEASURES) else "topics"
