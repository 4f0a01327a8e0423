"""One row per topic: its size in every language, its words, and whether they go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gloctm.arrays import Array
from gloctm.corpus.corpus import Corpus
from gloctm.evaluation import own_counts
from gloctm.metrics import npmi
from gloctm.model.model import TopicModel
from gloctm.model.table import Table
from gloctm.model.vectors import topic_vectors
from gloctm.summary.agreement import doubtful_by_topic
from gloctm.tables.shown import NO_TOPIC, NO_TOPIC_NAME, ShownTopics, main_topics, without_evidence

# Words whose coherence is measured, as in evaluations of topics.
_COHERENCE_WORDS = 10


def topic_table(
    model: TopicModel,
    shown: ShownTopics,
    corpus: Corpus | None,
    theta: Mapping[str, Array],
    amounts: Mapping[str, Array],
    *,
    threshold: float | None,
    num_words: int,
) -> Table[dict[str, Any]]:
    """Make the table of ``topic_info``.

    Args:
        model: trained.
        shown: its topics, with enough words for the coherence.
        corpus: the documents; None leaves out numbers of documents and coherence.
        theta: for each language of the corpus θ of all the model's topics, as ``transform`` infers it.
        amounts: the same as reports compare languages by.
        threshold: see ``main_topics``.
        num_words: words per language.
    """
    places = range(len(shown.names))
    rows: list[dict[str, Any]] = [{"topic": shown.number(place), "name": shown.names[place]} for place in places]
    if corpus is not None:
        rows.append({"topic": NO_TOPIC, "name": NO_TOPIC_NAME})
        main = {
            code: main_topics(shown.view.merge_theta(each), without_evidence(each), threshold)
            for code, each in theta.items()
        }
        # The last row counts the documents without a topic.
        sizes = {code: np.bincount(each % len(rows), minlength=len(rows)).tolist() for code, each in main.items()}
        for place, row in enumerate(rows):
            row["documents"] = sum(each[place] for each in sizes.values())
            row |= {f"documents_{code}": each[place] for code, each in sizes.items()}
    _add(rows, "prevalence", _prevalence(model, shown, amounts))
    if corpus is not None:
        _add(rows, "coherence", _coherence(shown, corpus))
    doubtful = doubtful_by_topic(topic_vectors(shown.scores, model.word_embeddings_))
    for place, row in enumerate(rows):
        known = place < len(shown.names)
        row["doubtful"] = list(doubtful[place]) if known else []
        row |= {f"words_{code}": each[place][:num_words] if known else [] for code, each in shown.words.items()}
    return Table(rows)


def _add(rows: list[dict[str, Any]], name: str, values: Mapping[str, list[float]]) -> None:
    """Add a column for the mean over languages, and one for each; empty for no topic."""
    for place, row in enumerate(rows) if values else ():
        own = {code: each[place] if place < len(each) else None for code, each in values.items()}
        known = [value for value in own.values() if value is not None]
        row[name] = float(np.mean(known)) if known else None
        row |= {f"{name}_{code}": each for code, each in own.items()}


def _prevalence(model: TopicModel, shown: ShownTopics, amounts: Mapping[str, Array]) -> dict[str, list[float]]:
    """Average θ over documents that have words: these, or those of the training, whose means the model keeps."""
    if not amounts:
        kept = {code: np.asarray([each]) for code, each in model.topic_shares_.items()}
        return {code: shown.view.merge_theta(each)[0].tolist() for code, each in kept.items()}
    return {
        code: shown.view.merge_theta(each[~without_evidence(each)]).mean(axis=0, dtype=np.float64).tolist()
        for code, each in amounts.items()
    }


def _coherence(shown: ShownTopics, corpus: Corpus) -> dict[str, list[float]]:
    """Compute NPMI of each topic's first ten words in the documents, in languages whose words are counted there."""
    counts = own_counts(corpus)
    return {
        code: [npmi([words[:_COHERENCE_WORDS]], counts[code]) if len(words) > 1 else 0.0 for words in topics]
        for code, topics in shown.words.items()
        if code in counts
    }
