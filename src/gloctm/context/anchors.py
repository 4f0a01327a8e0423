"""Directions that topics start from and are pulled to: those of seed words, or of an earlier model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gloctm.arrays import Array
from gloctm.augmentation.neighbors import unit_vectors


@dataclass(frozen=True)
class Anchors:
    """Directions that some topics start from, and that keep pulling them.

    Attributes:
        topics: numbers of the topics, ``(A,)``.
        directions: of each, ``(A, p)``, rows of length 1.
        weight: of the pull, relative to a topic's documents or coherent words; 0 only starts there.
    """

    topics: NDArray[np.int64]
    directions: Array
    weight: float

    def pulled(self, topics: Array) -> Array:
        """Return the topics, ``(K, p)``, with rows of length 1: u(t + weight · direction) where there is one."""
        moved = topics.copy()
        moved[self.topics] = unit_vectors(topics[self.topics] + np.float32(self.weight) * self.directions)
        return moved
