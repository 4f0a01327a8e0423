"""Whether the topics, taken as clusters of documents, are the groups that labels make.

A document's cluster is its largest topic; of equals, the first. Scikit-learn is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gloctm.errors import InputError
from gloctm.metrics.features import DocumentLabels, check_one_kind, checked_features, checked_labels, of_language


@dataclass(frozen=True)
class Clustering:
    """How well clusters and labels agree.

    Attributes:
        purity: see ``purity``.
        normalized_mutual_information: see ``normalized_mutual_information``.

    Examples:
        >>> Clustering(purity=0.8, normalized_mutual_information=0.6).purity
        0.8
    """

    purity: float
    normalized_mutual_information: float


@dataclass(frozen=True)
class LanguageClustering:
    """The same for several languages.

    Attributes:
        by_language: each language by itself.
        pooled: the documents of all languages as one set, each counting the same: a topic that gathers one label in one
            language and another in the next lowers it, though it is pure within each.

    Examples:
        >>> both = Clustering(0.8, 0.6)
        >>> LanguageClustering({"en": both, "de": both}, pooled=both).by_language["de"].purity
        0.8
    """

    by_language: dict[str, Clustering]
    pooled: Clustering


def purity(theta: ArrayLike, labels: DocumentLabels) -> float:
    """Compute the share of documents with the commonest label of their cluster: (1/D) Σ_k max_c |cluster k ∩ label c|.

    Args:
        theta: ``(D, K)``: topic proportions, or anything whose largest column is the document's cluster.
        labels: a label per document, of at least two kinds.

    Returns:
        From the share of the commonest label (a single cluster, or large ones that know nothing of labels) to 1. It
        grows with the number of clusters, and is 1 when each document is alone: compare at the same K only.

    Raises:
        InputError: theta is no finite matrix, the labels are not one a document, or all the same.

    Example:
        >>> purity([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]], list("aabb"))
        0.75

    References:
        Manning, Raghavan, Schütze: Introduction to Information Retrieval. Cambridge University Press 2008, chapter 16.
    """
    clusters, kinds = _clusters_and_kinds(theta, labels, "the documents")
    return _purity(clusters, kinds)


def normalized_mutual_information(theta: ArrayLike, labels: DocumentLabels) -> float:
    """Compute NMI: 2 I(cluster; label) / (H(cluster) + H(label)), of documents' clusters and labels.

    Args:
        theta: ``(D, K)``: topic proportions, or anything whose largest column is the document's cluster.
        labels: a label per document, of at least two kinds.

    Returns:
        From 0 (a cluster tells nothing of the label) to 1 (clusters and labels are the same groups). Clusters beyond
        the number of labels lower it. It is not corrected for chance: many small clusters of few documents have some by
        chance alone.

    Raises:
        InputError: as in ``purity``.

    Example:
        >>> normalized_mutual_information([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]], list("aabb"))
        1.0

    References:
        Manning, Raghavan, Schütze: Introduction to Information Retrieval. Cambridge University Press 2008, chapter 16.
        Computed by scikit-learn's ``normalized_mutual_info_score`` with its default, the arithmetic mean.
    """
    clusters, kinds = _clusters_and_kinds(theta, labels, "the documents")
    return _normalized_mutual_information(clusters, kinds)


def clustering_of_languages(theta: Mapping[str, ArrayLike], labels: Mapping[str, DocumentLabels]) -> LanguageClustering:
    """Compute purity and NMI in each language and over all documents together.

    Args:
        theta: for each language ``(documents, K)``.
        labels: for each language a label per document; the same labels in all languages.

    Raises:
        InputError: as in ``purity``; a language has no labels, there is no language, or the languages have different
            numbers of topics.

    Example:
        >>> theta = {"en": [[0.9, 0.1], [0.2, 0.8]], "de": [[0.1, 0.9], [0.7, 0.3]]}
        >>> clustering_of_languages(theta, {"en": list("ab"), "de": list("ab")}).pooled.purity
        0.5
    """
    if not theta:
        raise InputError("purity and NMI need the documents of at least one language: theta is empty")
    clusters, kinds, topics = {}, {}, {}
    for language, proportions in theta.items():
        name = f"the documents of {language!r}"
        clusters[language], kinds[language] = _clusters_and_kinds(
            proportions, of_language(labels, language, "theta"), name
        )
        topics[language] = np.shape(proportions)[1]
    if len(set(topics.values())) > 1:
        listed = ", ".join(f"{language} {number}" for language, number in topics.items())
        raise InputError(f"the languages have different numbers of topics ({listed}): give proportions by one model")
    pooled_kinds = list(chain.from_iterable(kinds.values()))
    check_one_kind(pooled_kinds, "all languages")
    return LanguageClustering(
        {language: _clustering(clusters[language], kinds[language]) for language in theta},
        _clustering(np.concatenate(list(clusters.values())), pooled_kinds),
    )


def _clusters_and_kinds(theta: ArrayLike, labels: DocumentLabels, name: str) -> tuple[NDArray[np.int64], list[Any]]:
    proportions = checked_features(theta, name)
    kinds = checked_labels(labels, len(proportions), name)
    if len(set(kinds)) < 2:
        raise InputError(f"{name} all have the label {kinds[0]!r}: purity and NMI need two or more labels")
    return proportions.argmax(axis=1).astype(np.int64), kinds


def _clustering(clusters: NDArray[np.int64], kinds: list[Any]) -> Clustering:
    return Clustering(_purity(clusters, kinds), _normalized_mutual_information(clusters, kinds))


def _purity(clusters: NDArray[np.int64], kinds: list[Any]) -> float:
    from sklearn.metrics.cluster import contingency_matrix

    return float(contingency_matrix(kinds, clusters).max(axis=0).sum() / len(clusters))


def _normalized_mutual_information(clusters: NDArray[np.int64], kinds: list[Any]) -> float:
    from sklearn.metrics import normalized_mutual_info_score

    return float(normalized_mutual_info_score(kinds, clusters))
