"""A model for other programs: pyLDAvis, topicwizard, and tables for whatever reads Parquet or CSV."""

from gloctm.export.distributions import word_distributions
from gloctm.export.folder import tables
from gloctm.export.viewers import pyldavis, topicwizard

__all__ = ["pyldavis", "tables", "topicwizard", "word_distributions"]
