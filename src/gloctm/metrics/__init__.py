"""Measures of topics and of topic proportions, as pure functions."""

from gloctm.metrics.alignment import nearest_document_agreement, theme_topics
from gloctm.metrics.classification import Scores, classify, cross_lingual_classification
from gloctm.metrics.clustering import (
    Clustering,
    LanguageClustering,
    clustering_of_languages,
    normalized_mutual_information,
    purity,
)
from gloctm.metrics.coherence import (
    ReferenceCounts,
    cross_lingual_npmi,
    cross_lingual_npmi_by_topic,
    cross_lingual_npmi_of_pairs,
    npmi,
    npmi_by_topic,
    reference_coverage,
)
from gloctm.metrics.diversity import (
    inverted_rank_biased_overlap,
    topic_diversity,
    topic_quality,
    topic_uniqueness,
)
from gloctm.metrics.reference import read_reference, read_references, reference_documents, reference_file
from gloctm.metrics.retrieval import PairRetrieval, Retrieval, retrieval_of_pairs, translation_retrieval
from gloctm.metrics.sliding_window import c_v, c_v_by_topic
from gloctm.metrics.stability import Stability, topic_stability
from gloctm.metrics.translation import (
    TranslationAgreement,
    TranslationDictionary,
    read_dictionary,
    translation_agreement,
)

__all__ = [
    "Clustering",
    "LanguageClustering",
    "PairRetrieval",
    "ReferenceCounts",
    "Retrieval",
    "Scores",
    "Stability",
    "TranslationAgreement",
    "TranslationDictionary",
    "c_v",
    "c_v_by_topic",
    "classify",
    "clustering_of_languages",
    "cross_lingual_classification",
    "cross_lingual_npmi",
    "cross_lingual_npmi_by_topic",
    "cross_lingual_npmi_of_pairs",
    "inverted_rank_biased_overlap",
    "nearest_document_agreement",
    "normalized_mutual_information",
    "npmi",
    "npmi_by_topic",
    "purity",
    "read_dictionary",
    "read_reference",
    "read_references",
    "reference_coverage",
    "reference_documents",
    "reference_file",
    "retrieval_of_pairs",
    "theme_topics",
    "topic_diversity",
    "topic_quality",
    "topic_stability",
    "topic_uniqueness",
    "translation_agreement",
    "translation_retrieval",
]
