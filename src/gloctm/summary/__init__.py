"""Everything that pictures of a model show, computed once: ``summarize(model, corpus)`` gives a ``Summary``."""

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
