"""Directions that topics start from and are pulled to: those of seed words, or of an earlier model."""

from __future__ import annotations

import hashlib
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


@dataclass(frozen=True)
class Start:
    """The topics of an earlier model, which a training starts from.

    Attributes:
        directions: of these topics in the space of the document embeddings, ``(K, dimension)``.
        weight: how strongly they keep pulling the new topics, see ``Anchors``.
    """

    directions: Array
    weight: float

    def identity(self) -> str:
        """Return what distinguishes this start from another, for a checkpoint."""
        digest = hashlib.sha256(np.ascontiguousarray(self.directions, np.float32).tobytes())
        return f"{digest.hexdigest()[:16]} with weight {self.weight:g}"

    def anchors(self, projection: Array) -> Anchors:
        """Return the topics as anchors in a space, given its projection ``(dimension, p)``."""
        directions = unit_vectors(np.asarray(self.directions @ projection, np.float32))
        return Anchors(np.arange(len(directions)), directions, self.weight)
