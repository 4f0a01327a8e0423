"""What measures are called in tables and on pages; in JSON and in Python they have their keys."""

from __future__ import annotations

MEASURE_NAMES = {
    "topic_uniqueness": "TU",
    "topic_diversity": "topic diversity",
    "inverted_rank_biased_overlap": "inverted RBO",
    "cnpmi_published": "CNPMI, published counting",
    "cnpmi_document": "CNPMI, document counting",
    "topic_quality": "TQ",
    "topic_quality_in_corpus": "quality in the corpus",
    "npmi": "NPMI",
    "reference_coverage": "words in the reference corpus",
    "npmi_in_corpus": "NPMI in the corpus",
    "c_v": "c_v",
    "translation_agreement": "translation agreement",
    "translation_coverage": "words in the dictionary",
    "accuracy_within": "accuracy within languages",
    "accuracy_across": "accuracy across languages",
    "macro_f1_within": "macro-F1 within languages",
    "macro_f1_across": "macro-F1 across languages",
    "purity": "purity",
    "normalized_mutual_information": "NMI",
    "purity_pooled": "purity, languages pooled",
    "normalized_mutual_information_pooled": "NMI, languages pooled",
    "retrieval_reciprocal_rank": "translations found, MRR",
    "retrieval_accuracy_1": "translations found first",
    "retrieval_accuracy_10": "translations found in ten",
    "stability": "stability",
}


def name_of(measure: str) -> str:
    """Return what a measure is called.

    Example:
        >>> name_of("topic_uniqueness")
        'TU'
    """
    return MEASURE_NAMES.get(measure, measure.replace("_", " "))
