"""Purity and NMI of topics as clusters: hand-made cases, scikit-learn, bounds."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from math import log

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import homogeneity_completeness_v_measure

from gloctm.errors import InputError
from gloctm.metrics.clustering import Clustering, clustering_of_languages, normalized_mutual_information, purity

documents = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), min_size=2, max_size=30)


def theta_of(clusters) -> np.ndarray:
    """Proportions with the largest one at the cluster."""
    return 0.5 * np.eye(4)[list(clusters)] + 0.125


def test_by_hand():
    theta, labels = theta_of([0, 0, 0, 1, 1, 1]), list("aabbbb")
    assert purity(theta, labels) == pytest.approx((2 + 3) / 6)
    # Joint shares: (0, a) 1/3, (0, b) 1/6, (1, b) 1/2.
    information = 1 / 3 * log(1 / 3 / (1 / 2 * 1 / 3)) + 1 / 6 * log(1 / 6 / (1 / 2 * 2 / 3)) + 1 / 2 * log(3 / 2)
    entropies = log(2) + (1 / 3 * log(3) + 2 / 3 * log(3 / 2))
    assert normalized_mutual_information(theta, labels) == pytest.approx(2 * information / entropies)


def test_one_cluster_and_clusters_of_one():
    labels = list("aaab")
    # No largest topic: all documents are with the first.
    constant = np.full((4, 3), 1 / 3)
    assert purity(constant, labels) == pytest.approx(3 / 4)
    assert normalized_mutual_information(constant, labels) == pytest.approx(0)
    assert purity(np.eye(4), labels) == 1
    assert 0 < normalized_mutual_information(np.eye(4), labels) < 1


def test_independent_clusters_tell_nothing():
    theta, labels = theta_of([0, 0, 1, 1]), list("abab")
    assert purity(theta, labels) == pytest.approx(1 / 2)
    assert normalized_mutual_information(theta, labels) == pytest.approx(0, abs=1e-12)


@given(documents)
@settings(deadline=None)
def test_formulas(pairs):
    clusters, labels = [cluster for cluster, _ in pairs], [label for _, label in pairs]
    assume(len(set(labels)) > 1)
    theta = theta_of(clusters)
    together = Counter(pairs)
    largest = {cluster: max(together[cluster, label] for label in "abc") for cluster in clusters}
    assert purity(theta, labels) == pytest.approx(sum(largest.values()) / len(pairs))
    # With the arithmetic mean, NMI is the V-measure.
    assert normalized_mutual_information(theta, labels) == pytest.approx(
        homogeneity_completeness_v_measure(labels, clusters)[2], abs=1e-9
    )
    commonest = max(Counter(labels).values()) / len(pairs)
    assert commonest - 1e-12 <= purity(theta, labels) <= 1
    assert -1e-12 <= normalized_mutual_information(theta, labels) <= 1 + 1e-12


@given(documents, st.permutations(range(4)), st.permutations("abc"))
@settings(deadline=None)
def test_the_names_of_clusters_and_labels_do_not_matter(pairs, topics, names):
    labels = [label for _, label in pairs]
    assume(len(set(labels)) > 1)
    theta = theta_of([cluster for cluster, _ in pairs])
    renamed = ["abc".index(label) * 10 if label != "c" else 5 for label in labels]
    mixed = theta_of([topics[cluster] for cluster, _ in pairs])
    for measure in (purity, normalized_mutual_information):
        assert measure(mixed, renamed) == pytest.approx(measure(theta, labels), abs=1e-9)
        assert measure(theta, [names["abc".index(label)] for label in labels]) == pytest.approx(
            measure(theta, labels), abs=1e-9
        )


def test_groups_and_clusters_that_are_the_same():
    theta, labels = theta_of([3, 1, 0, 3]), np.asarray([7, 8, 9, 7])
    assert purity(theta, labels) == 1
    assert normalized_mutual_information(theta, labels) == pytest.approx(1)


def test_pooled_languages_show_topics_that_mean_something_else_in_each():
    labels = {"en": list("aabb"), "zh": list("bbaa")}
    theta = {code: theta_of([0, 0, 1, 1]) for code in labels}
    result = clustering_of_languages(theta, labels)
    assert list(result.by_language) == ["en", "zh"]
    for each in result.by_language.values():
        assert (each.purity, each.normalized_mutual_information) == pytest.approx((1, 1))
    pooled = (result.pooled.purity, result.pooled.normalized_mutual_information)
    assert pooled == pytest.approx((1 / 2, 0), abs=1e-9)
    labels["zh"] = labels["en"]
    assert clustering_of_languages(theta, labels).pooled == Clustering(1, pytest.approx(1))


def test_languages_are_pooled_by_documents():
    labels = {"en": list("aabbbb"), "zh": list("ab"), "de": list("ba")}
    theta = {"en": theta_of([0, 0, 0, 1, 1, 1]), "zh": theta_of([2, 2]), "de": theta_of([1, 0])}
    result = clustering_of_languages(theta, labels)
    together, joined = np.concatenate(list(theta.values())), list(chain.from_iterable(labels.values()))
    assert result.pooled == Clustering(purity(together, joined), normalized_mutual_information(together, joined))
    assert result.by_language["zh"].purity == purity(theta["zh"], labels["zh"]) == 1 / 2


@pytest.mark.parametrize(
    ("theta", "labels", "message"),
    [
        (np.eye(3), list("ab"), "the documents have 3 documents but 2 labels"),
        (np.eye(3), list("aaa"), "the documents all have the label 'a': purity and NMI need two or more"),
        (np.eye(3), ["a", None, "b"], "no label in row 1"),
        (np.eye(3), ["a", "b", ""], "no label in row 2"),
        (np.eye(3) * np.nan, list("abc"), "NaN or infinity in row 0"),
        (np.ones(3), list("abc"), r"shape \(3,\)"),
    ],
)
def test_what_is_refused(theta, labels, message):
    for measure in (purity, normalized_mutual_information):
        with pytest.raises(InputError, match=message):
            measure(theta, labels)


def test_what_is_refused_of_languages():
    two = np.eye(2)
    with pytest.raises(InputError, match="theta is empty"):
        clustering_of_languages({}, {})
    with pytest.raises(InputError, match="no labels for language 'zh': labels are there for en"):
        clustering_of_languages({"en": two, "zh": two}, {"en": ["a", "b"]})
    with pytest.raises(InputError, match=r"different numbers of topics \(en 2, zh 3\)"):
        clustering_of_languages({"en": two, "zh": np.eye(3)}, {"en": ["a", "b"], "zh": list("abc")})
    with pytest.raises(InputError, match="labels of all languages are in part text and in part numbers"):
        clustering_of_languages({"en": two, "zh": two}, {"en": ["0", "1"], "zh": [0, 1]})
    with pytest.raises(InputError, match="the documents of 'zh' have 2 documents but 1 label"):
        clustering_of_languages({"en": two, "zh": two}, {"en": ["a", "b"], "zh": ["a"]})
