"""Everything that figures and pages show of a model, computed once: ``summarize(model, corpus)``."""

from gloctm.summary.content import (
    DateBreakdown,
    DocumentTable,
    Estimate,
    LabelBreakdown,
    LanguageSummary,
    OtherModel,
    QualityFigure,
    SearchIndex,
    Summary,
    Term,
    TopicSummary,
    TypicalDocument,
)
from gloctm.summary.differences import compare_groups
from gloctm.summary.summary import Summarizer, summarize

__all__ = [
    "DateBreakdown",
    "DocumentTable",
    "Estimate",
    "LabelBreakdown",
    "LanguageSummary",
    "OtherModel",
    "QualityFigure",
    "SearchIndex",
    "Summarizer",
    "Summary",
    "Term",
    "TopicSummary",
    "TypicalDocument",
    "compare_groups",
    "summarize",
]
