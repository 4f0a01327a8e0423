"""Figures for papers and pages, drawn by Altair.

One convention holds throughout. The first argument is what the figure shows: a ``Summary`` (anything with
``to_dict()``) or its mapping. Four figures show something else: ``alignment_heatmap`` a model, which alone has the
vectors of words; ``dendrogram`` a hierarchy; ``training_curve`` a model, a summary or a history; ``quality_bars`` plain
records. All other
arguments are keywords, and ``languages``, ``topics``, ``title`` and ``theme`` mean the same everywhere. Topics keep
their numbers from the model.

Every function returns a ``Figure``, which notebooks show and which ``save`` writes as HTML, SVG, PNG or PDF. Altair
is imported when a figure is drawn, not before.
"""

from __future__ import annotations

from gloctm.plot.document_figures import document_map
from gloctm.plot.drawing import Figure, Look, Theme
from gloctm.plot.hierarchy_figures import dendrogram
from gloctm.plot.language_figures import differences, language_comparison, language_heatmap
from gloctm.plot.model_figures import alignment_heatmap, quality_bars, training_curve
from gloctm.plot.topic_figures import topic_map, topic_table, topics_over_time

__all__ = [
    "Figure",
    "Look",
    "Theme",
    "alignment_heatmap",
    "dendrogram",
    "differences",
    "document_map",
    "language_comparison",
    "language_heatmap",
    "quality_bars",
    "topic_map",
    "topic_table",
    "topics_over_time",
    "training_curve",
]
