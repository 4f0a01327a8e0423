"""Choice of K and of weights by their results: every candidate is trained with several seeds, measured and kept."""

from gloctm.selection.result import Candidate, MeanOverSeeds, SearchResult
from gloctm.selection.run import search
from gloctm.selection.space import Range
from gloctm.selection.trials import Trial

__all__ = ["Candidate", "MeanOverSeeds", "Range", "SearchResult", "Trial", "search"]
