"""Neighbors of words by cosine, exact or approximate, and the counts that they add to documents."""

from gloctm.augmentation.approximate import approximate_neighbors
from gloctm.augmentation.counts import (
    augment,
    global_counts,
    neighbor_matrices,
    neighbor_matrix,
    presence,
    rows_of_ones,
)
from gloctm.augmentation.neighbors import NeighborSearch, nearest_neighbors, unit_vectors

__all__ = [
    "NeighborSearch",
    "approximate_neighbors",
    "augment",
    "global_counts",
    "nearest_neighbors",
    "neighbor_matrices",
    "neighbor_matrix",
    "presence",
    "rows_of_ones",
    "unit_vectors",
]
