"""What the measures of documents take, checked: a row of features and a label per document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gloctm.checks import count_of
from gloctm.errors import InputError

# DocumentLabels of documents: text or whole numbers, one kind throughout.
DocumentLabels = Sequence[Any] | NDArray[Any]

# How far a row of proportions may be from summing to 1: single precision and rounded files come near enough.
_SUM_TOLERANCE = 1e-3


def checked_features(features: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return a row per document, in double precision.

    Args:
        features: ``(documents, dimensions)``: topic proportions, latent means, embeddings.
        name: what they are, for messages.

    Raises:
        InputError: it is no matrix of numbers, is empty, or holds NaN or infinity.
    """
    try:
        matrix = np.asarray(features, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} are no matrix of numbers: give an array of documents × dimensions") from None
    if matrix.ndim != 2:
        raise InputError(f"{name} have shape {matrix.shape}: give an array of documents × dimensions")
    if 0 in matrix.shape:
        raise InputError(f"{name} have shape {matrix.shape}: give at least one document and one dimension")
    finite = np.isfinite(matrix).all(axis=1)
    if not finite.all():
        raise InputError(f"{name} have NaN or infinity in row {int(finite.argmin())}: leave such documents out")
    return matrix


def checked_proportions(theta: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return the same for topic proportions.

    Raises:
        InputError: also if one is negative, or a row does not sum to 1.
    """
    proportions = checked_features(theta, name)
    sums = proportions.sum(axis=1)
    proper = (proportions >= 0).all(axis=1) & (np.abs(sums - 1) <= _SUM_TOLERANCE)
    if not proper.all():
        row = int(proper.argmin())
        raise InputError(
            f"{name} are no proportions: row {row} has {proportions[row].min():.3g} as its least and sums to "
            f"{sums[row]:.6g}; give rows that are never negative and sum to 1, not latent means"
        )
    return proportions


def checked_labels(labels: DocumentLabels, num_documents: int, name: str) -> list[Any]:
    """Return a label per document.

    Args:
        labels: text or numbers.
        num_documents: how many there must be.
        name: whose labels they are, for messages.

    Raises:
        InputError: there are more or fewer, one is missing or empty, or some are text and some numbers.
    """
    listed: list[Any] = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
    if len(listed) != num_documents:
        counts = f"{count_of(num_documents, 'document')} but {count_of(len(listed), 'label')}"
        raise InputError(f"{name} have {counts}: give one per document")
    for row, label in enumerate(listed):
        # NaN, as tables have for a missing label, is not equal to itself; a corpus has an empty one there.
        if label is None or label != label or label == "":
            raise InputError(f"{name} have no label in row {row}: leave documents without a label out")
    check_one_kind(listed, name)
    return listed


def check_one_kind(labels: Sequence[Any], name: str) -> None:
    """Raise InputError if some labels are text and some numbers, as where two files were read in two ways."""
    if len({isinstance(label, str) for label in labels}) > 1:
        raise InputError(f"the labels of {name} are in part text and in part numbers: make all of them text")


def of_language(labels: Mapping[str, DocumentLabels], language: str, name: str) -> DocumentLabels:
    """Return the labels of a language.

    Raises:
        InputError: there are none.
    """
    if language not in labels:
        known = ", ".join(labels) or "none"
        raise InputError(f"{name} have documents but no labels for language {language!r}: labels are there for {known}")
    return labels[language]
