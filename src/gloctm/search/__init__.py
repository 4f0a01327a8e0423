"""Choosing K and the weights by what comes of them: every candidate trained with several seeds, measured and kept."""

from gloctm.search.result import Candidate, Figure, SearchResult
from gloctm.search.run import search
from gloctm.search.space import Range
from gloctm.search.trials import Trial

__all__ = ["Candidate", "Figure", "Range", "SearchResult", "Trial", "search"]
