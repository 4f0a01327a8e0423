"""Measures of topics and of topic proportions, as pure functions."""

from gloctm.metrics.alignment import nearest_document_agreement, theme_topics
from gloctm.metrics.coherence import ReferenceCounts, cross_lingual_npmi
from gloctm.metrics.diversity import topic_uniqueness

__all__ = ["ReferenceCounts", "cross_lingual_npmi", "nearest_document_agreement", "theme_topics", "topic_uniqueness"]
