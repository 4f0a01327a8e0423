"""Measures of topics: their diversity, and their coherence by reference corpora, dictionaries or a corpus."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError, LowCoverageWarning
from gloctm.metrics.coherence import (
    Counting,
    ReferenceCounts,
    cross_lingual_npmi_of_pairs,
    npmi,
    reference_coverage,
)
from gloctm.metrics.diversity import inverted_rank_biased_overlap, topic_diversity, topic_quality, topic_uniqueness
from gloctm.metrics.reference import Source, reference_documents, reference_file, reference_languages
from gloctm.metrics.sliding_window import c_v
from gloctm.metrics.translation import TranslationDictionary, translation_agreement
from gloctm.model.topics import top_words

if TYPE_CHECKING:
    from gloctm.model.model import TopicModel

#: Top words per topic, as published.
NUM_WORDS = 15
#: Top words per topic for topic diversity, as is usual.
DIVERSITY_WORDS = 25
# Below this share of the topics' words in a reference corpus, most pairs of words count 0 because nothing is known.
_LOW_COVERAGE = 0.5
# Below this share of them in a dictionary, agreement rests on one or two words of a topic's fifteen.
_LOW_DICTIONARY_COVERAGE = 0.1
_COUNTINGS: tuple[Counting, ...] = ("published", "document")

Pair = tuple[str, str]
Topics = Mapping[str, Sequence[Sequence[str]]]
References = Mapping[Pair, tuple[ReferenceCounts, ReferenceCounts]]
#: For each measure its values: of a language ("en"), of two ("en zh"), of one by another ("zh from en"), of "all" as
#: the one value of a measure that pools the languages.
Measures = dict[str, dict[str, float]]


def check_num_words(num_words: int, fewest: int) -> None:
    """Raise InputError unless each topic can show this many top words, and they make pairs.

    Args:
        num_words: top words per topic.
        fewest: the words of the smallest vocabulary.
    """
    if isinstance(num_words, bool) or not isinstance(num_words, Integral) or not 2 <= num_words <= fewest:
        raise InputError(
            f"num_words is {num_words!r}: it must be a whole number from 2, since coherence is of pairs of words, to "
            f"{fewest}, the size of the smallest vocabulary"
        )


def measure_topics(
    topics: Topics,
    *,
    references: References | None = None,
    dictionaries: Mapping[Pair, TranslationDictionary] | None = None,
    own: Mapping[str, ReferenceCounts] | None = None,
) -> Measures:
    """Measure diversity and coherence of topics.

    Args:
        topics: for each language the top words of each topic, best first.
        references: for pairs of languages counts of an aligned reference corpus: CNPMI by both countings and TQ of each
            pair, and within each language NPMI and the share of the topics' words that are there. These are means
            over a language's references: counts in several pairs (one file, aligned with several) are one.
        dictionaries: for pairs of languages translations from the first to the second.
        own: counts of the corpus that the topics come from, for NPMI in it.

    Raises:
        InputError: as the functions of ``gloctm.metrics``, or a reference has none of the topics' words in a language,
            so every model would have the same figures. A warning names one that has less than half of them, and a
            dictionary that has less than a tenth.

    Example:
        >>> measure_topics({"en": [["cat", "dog"], ["bread", "milk"]]})["topic_uniqueness"]
        {'en': 1.0}
    """
    found: Measures = {
        "topic_uniqueness": {code: topic_uniqueness(words) for code, words in topics.items()},
    }
    if all(len(words) > 1 for words in topics.values()):
        found["inverted_rank_biased_overlap"] = {
            code: inverted_rank_biased_overlap(words) for code, words in topics.items()
        }
    if references:
        coverage = coverage_by_references(topics, references)
        for counting in _COUNTINGS:
            values = cross_lingual_npmi_of_pairs(topics, references, counting=counting)
            found[f"cnpmi_{counting}"] = {" ".join(pair): value for pair, value in values.items()}
        uniqueness = found["topic_uniqueness"]
        found["topic_quality"] = {
            " ".join(pair): topic_quality(
                found["cnpmi_published"][" ".join(pair)], float(np.mean([uniqueness[code] for code in pair]))
            )
            for pair in references
        }
        found["npmi"] = {
            code: float(np.mean([npmi(topics[code], reference) for reference in own_references]))
            for code, own_references in _by_language(references).items()
        }
        found["reference_coverage"] = coverage
        for code, share in coverage.items():
            if share < _LOW_COVERAGE:
                # Without the share, which is among the figures: the same warning is shown once.
                warnings.warn(
                    f"reference corpora lack more than half of the topics' words in {code!r}, and pairs with these "
                    "count 0 in CNPMI and NPMI: use some whose words are cut and spelled as in the topics",
                    LowCoverageWarning,
                    stacklevel=3,
                )
    if own:
        found["npmi_in_corpus"] = {code: npmi(topics[code], counts) for code, counts in own.items()}
    for (first, second), dictionary in (dictionaries or {}).items():
        agreement = translation_agreement(topics[first], topics[second], dictionary)
        found.setdefault("translation_agreement", {})[f"{first} {second}"] = agreement.agreement
        found.setdefault("translation_coverage", {})[f"{first} {second}"] = agreement.coverage
        if agreement.coverage < _LOW_DICTIONARY_COVERAGE:
            warnings.warn(
                f"the dictionary of {first!r} and {second!r} lacks more than nine tenths of the topics' words, and "
                "agreement rests on the few others: use a larger one, of words spelled as in the topics",
                LowCoverageWarning,
                stacklevel=3,
            )
    return found


def diversity_of(model: TopicModel) -> dict[str, float]:
    """Compute topic diversity in each language, by 25 words as is usual: by as many words as TU, it is TU itself."""
    num_words = min(DIVERSITY_WORDS, *map(len, model.vocabulary_.values()))
    return {
        code: topic_diversity(top_words(model.word_scores_[code], model.vocabulary_[code], num_words))
        for code in model.languages_
    }


def c_v_by_references(topics: Topics, sources: Iterable[Source]) -> dict[str, float]:
    """Compute c_v by the references' documents in their order of words; the mean where a language is in several."""
    found: dict[str, list[float]] = {}
    for source in sources:
        for code in reference_languages(source, topics):
            documents = reference_documents(reference_file(source, code))
            found.setdefault(code, []).append(c_v(topics[code], documents))
    return {code: float(np.mean(values)) for code, values in found.items()}


def coverage_by_references(topics: Topics, references: References) -> dict[str, float]:
    """Compute for each language the share of its topics' words that its references have; the mean where it has several.

    Raises:
        InputError: a reference has none of them.
    """
    found = {}
    for code, own_references in _by_language(references).items():
        shares = [reference_coverage(topics[code], reference) for reference in own_references]
        if not min(shares):
            raise InputError(
                f"a reference corpus has none of the words in {code!r}: give one in this language, with words cut and "
                "spelled as in the topics"
            )
        found[code] = float(np.mean(shares))
    return found


def _by_language(references: References) -> dict[str, list[ReferenceCounts]]:
    """Return the references of each language, each once however many pairs it is in."""
    found: dict[str, list[ReferenceCounts]] = {}
    for pair, both in references.items():
        for code, reference in zip(pair, both, strict=True):
            known = found.setdefault(code, [])
            if not any(each is reference for each in known):
                known.append(reference)
    return found


def own_counts(corpus: Corpus) -> dict[str, ReferenceCounts]:
    """Return the counts of a corpus, as a reference for the topics that come from it.

    Example:
        >>> own_counts(Corpus.demo(["en", "de"], encoder=None, show_progress=False)).keys()
        dict_keys(['en', 'de'])
    """
    return {code: as_reference(part.vocabulary, part.passage_counts) for code, part in corpus.items()}


def as_reference(vocabulary: Sequence[str], counts: sp.csr_array) -> ReferenceCounts:
    """Return counts over a vocabulary as a reference."""
    return ReferenceCounts({word: column for column, word in enumerate(vocabulary)}, counts.tocsc())
