"""Everything that figures and pages show of a model, computed once: ``summarize(model, corpus)``."""

from gloctm.summary.content import (
    DateBreakdown,
    Estimate,
    LabelBreakdown,
    LanguageSummary,
    QualityFigure,
    SearchIndex,
    Summary,
    TopicSummary,
    TypicalDocument,
)
from gloctm.summary.summary import summarize

__all__ = [
    "DateBreakdown",
    "Estimate",
    "LabelBreakdown",
    "LanguageSummary",
    "QualityFigure",
    "SearchIndex",
    "Summary",
    "TopicSummary",
    "TypicalDocument",
    "summarize",
]
