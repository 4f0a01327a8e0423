"""The measures of each training of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError
from gloctm.estimator import GloCTM
from gloctm.evaluation import Measures, evaluate, measure_topics, own_counts
from gloctm.evaluation.topics import References, c_v_by_references, coverage_by_references, diversity_of
from gloctm.metrics.diversity import topic_quality
from gloctm.metrics.reference import Source, read_references
from gloctm.model.topics import top_words

_BY_TOPICS = (
    *("topic_uniqueness", "topic_diversity", "inverted_rank_biased_overlap"),
    *("npmi_in_corpus", "topic_quality_in_corpus"),
)
_BY_REFERENCES = ("cnpmi_published", "cnpmi_document", "topic_quality", "npmi", "c_v", "reference_coverage")
_WITHIN = ("accuracy_within", "macro_f1_within", "purity", "normalized_mutual_information")
_ACROSS = ("accuracy_across", "macro_f1_across", "purity_pooled", "normalized_mutual_information_pooled")


def measured_names(references: bool, labeled: Sequence[str]) -> list[str]:
    """Return the measures that each training will have."""
    return [
        *_BY_TOPICS,
        *(_BY_REFERENCES if references else ()),
        *(_WITHIN if labeled else ()),
        *(_ACROSS if len(labeled) > 1 else ()),
    ]


def checked_objective(objective: str | None, measured: Sequence[str]) -> str:
    """Return the measure to choose by: the one given, else the quality of topics."""
    if objective is None:
        return "topic_quality" if "topic_quality" in measured else "topic_quality_in_corpus"
    if objective not in measured:
        raise InputError(
            f"the objective is {objective!r}, which is not measured here: choose one of {', '.join(measured)}"
        )
    return objective


class Measurer:
    """Takes the measures of a model; what is the same for all models is counted once.

    Args:
        corpus: trained on.
        sources: reference corpora.
        num_words: top words per topic.
        labeled: whether to measure by labels.
    """

    def __init__(self, corpus: Corpus, sources: Sequence[Source], num_words: int, labeled: bool) -> None:
        self._corpus, self._num_words, self._labeled = corpus, num_words, labeled
        self._sources, self._own = sources, own_counts(corpus)
        self._references: References = read_references(sources, corpus.languages) if sources else {}
        # A reference without a word of a vocabulary has none of any topic's.
        coverage_by_references({code: [part.vocabulary] for code, part in corpus.items()}, self._references)

    def topics(self, model: GloCTM) -> dict[str, list[list[str]]]:
        """Return the top words of each topic, by language."""
        return self._top_words(model, model.word_scores_)

    def _top_words(self, model: GloCTM, ranked: Mapping[str, NDArray[np.float32]]) -> dict[str, list[list[str]]]:
        return {code: top_words(ranked[code], model.vocabulary_[code], self._num_words) for code in model.languages_}

    def measures(self, model: GloCTM, topics: dict[str, list[list[str]]]) -> Measures:
        """Take all measures that there is something to take by."""
        found = measure_topics(topics, references=self._references, own=self._own)
        found["topic_diversity"] = diversity_of(model)
        if self._sources:
            # Read again each time, since the order of words is not kept: seconds for millions of words.
            found["c_v"] = c_v_by_references(topics, self._sources)
        # Not as with references, where all below 0 is 0: in a corpus of short texts words that never meet make every
        # topic's NPMI negative, and all candidates would be the same.
        # By weights: coherent words are chosen by what NPMI in the corpus measures, which would then say little of K.
        by_weights = measure_topics(self._top_words(model, model.topic_word_), own=self._own)
        found["npmi_in_corpus"] = by_weights["npmi_in_corpus"]
        found["topic_quality_in_corpus"] = {
            code: topic_quality((1 + value) / 2, by_weights["topic_uniqueness"][code])
            for code, value in by_weights["npmi_in_corpus"].items()
        }
        if self._labeled:
            by_labels = evaluate(model, corpus=self._corpus, classifier="logistic", num_words=self._num_words)
            found |= {name: by_labels.measures[name] for name in (*_WITHIN, *_ACROSS) if name in by_labels.measures}
        return found
