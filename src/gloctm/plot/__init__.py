"""Figures for papers and pages: each a plotly figure, or a matplotlib one where ``backend="matplotlib"`` is asked for.

One convention holds throughout. What is drawn comes first: a ``Summary`` (anything with ``to_dict()``) or its mapping.
Three figures are of something else: ``alignment_heatmap`` of a model, which alone has the vectors of words,
``training_curve`` of a model, a summary or a history, and ``quality_bars`` of plain records. Everything after that is
given by name, and ``languages``, ``topics`` and what is in ``Look`` (``title``, ``theme``, ``backend``) mean the same
everywhere. Topics are called by their numbers in the model.

Each figure is first described by numbers and words alone (``charts.py``), whatever draws it; two small modules draw the
six kinds of such descriptions, one with plotly, one with matplotlib. So both show the same numbers, and a figure is
worked out once. (Translating plotly's figures would mean to understand plotly's defaults, and two drawings a figure
would drift apart.) Neither library is imported before it draws.
"""

from __future__ import annotations

from gloctm.plot.drawing import Backend, Look, Theme
from gloctm.plot.language_figures import language_comparison, language_heatmap
from gloctm.plot.model_figures import alignment_heatmap, quality_bars, training_curve
from gloctm.plot.topic_figures import topic_map, topic_table, topics_over_time

__all__ = [
    "Backend",
    "Look",
    "Theme",
    "alignment_heatmap",
    "language_comparison",
    "language_heatmap",
    "quality_bars",
    "topic_map",
    "topic_table",
    "topics_over_time",
    "training_curve",
]
