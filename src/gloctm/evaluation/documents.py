"""Measures of documents: what topic proportions say of labels, and whether translations are found by them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError, UnusableLabelsWarning
from gloctm.evaluation.labeled_rows import LabelsByLanguage, labeled_rows
from gloctm.evaluation.topics import Measures
from gloctm.metrics.classification import Classifier, cross_lingual_classification
from gloctm.metrics.clustering import clustering_of_languages
from gloctm.metrics.retrieval import retrieval_of_pairs

#: Documents per language that classifiers are trained on at most: an SVM's time grows with the square of their number.
MAX_TRAIN = 8000

Features = Mapping[str, NDArray[np.floating]]


def measure_documents(
    train_features: Features,
    train_labels: LabelsByLanguage,
    test_features: Features,
    test_labels: LabelsByLanguage,
    test_theta: Features,
    *,
    classifier: Classifier = "svm",
    max_train: int | None = MAX_TRAIN,
    seed: int = 0,
) -> Measures:
    """Measure what topic proportions say of labels, within each language and from each to every other.

    Args:
        train_features: for each language ``(documents, K)`` to train classifiers on: latent means, as published. With
            no language, nothing is classified.
        train_labels: their labels.
        test_features: of the documents to test classifiers on.
        test_labels: their labels.
        test_theta: their topic proportions, for purity and NMI. Where there are several languages, the documents of all
            of them pooled give measures of their own.
        classifier: see ``gloctm.metrics.classify``.
        max_train: documents per language to train classifiers on, at most; None takes all.
        seed: draws these.

    Example:
        >>> import numpy as np
        >>> rows, labels = {"en": np.eye(4).repeat(2, axis=0)}, {"en": list("aabbccdd")}
        >>> measure_documents(rows, labels, rows, labels, rows)["purity"]
        {'en': 1.0}
    """
    found: Measures = {}
    scores = {}
    if train_features:
        scores = cross_lingual_classification(
            train_features,
            train_labels,
            test_features,
            test_labels,
            classifier=classifier,
            max_train=max_train,
            seed=seed,
        )
    for (source, target), each in scores.items():
        where, what = ("within", source) if source == target else ("across", f"{target} from {source}")
        found.setdefault(f"accuracy_{where}", {})[what] = each.accuracy
        found.setdefault(f"macro_f1_{where}", {})[what] = each.macro_f1
    clusters = clustering_of_languages(test_theta, test_labels)
    for name in ("purity", "normalized_mutual_information"):
        found[name] = {code: getattr(each, name) for code, each in clusters.by_language.items()}
    if len(clusters.by_language) > 1:
        for name in ("purity", "normalized_mutual_information"):
            found[f"{name}_pooled"] = {"all": getattr(clusters.pooled, name)}
    return found


def measure_alignment(theta: Features) -> Measures:
    """Measure how well a document's translation is found by θ, from each language to every other.

    Args:
        theta: for each language ``(documents, K)``, row i the same document in each.

    Example:
        >>> import numpy as np
        >>> measure_alignment({"en": np.eye(3), "de": np.eye(3)})["retrieval_accuracy_1"]
        {'de from en': 1.0, 'en from de': 1.0}
    """
    found: Measures = {"retrieval_reciprocal_rank": {}, "retrieval_accuracy_1": {}, "retrieval_accuracy_10": {}}
    for (source, target), each in retrieval_of_pairs(theta).by_pair.items():
        what = f"{target} from {source}"
        found["retrieval_reciprocal_rank"][what] = each.mean_reciprocal_rank
        for rank in (1, 10):
            found[f"retrieval_accuracy_{rank}"][what] = each.accuracy[rank]
    return found


def measures_by_alignment(theta: Features, latent: Features, conditions: dict[str, Any]) -> Measures:
    """Measure retrieval of translations; add to the conditions how many documents there were."""
    sizes = {code: len(each) for code, each in theta.items()}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{code} {size:,}" for code, size in sizes.items())
        raise InputError(f"the languages have different numbers of documents ({listed}): aligned ones are equally many")
    # Documents without a known word all have μ = 0, and the same θ: as good as drawn by lot.
    known = np.logical_and.reduce([np.any(each != 0, axis=1) for each in latent.values()])
    if not known.any():
        raise InputError("no document has a known word in every language: retrieval of translations needs some")
    conditions["aligned_documents"] = int(known.sum())
    conditions["aligned_left_out"] = int((~known).sum())
    return measure_alignment({code: each[known] for code, each in theta.items()})


def measures_by_labels(
    corpus: Corpus,
    test: Corpus | None,
    train_means: Features,
    test_means: Features,
    test_theta: Features,
    conditions: dict[str, Any],
    classifier: Classifier,
    max_train: int | None,
    seed: int,
) -> Measures:
    """Measure by labels, where there are any; add to the conditions how."""
    labels = labels_of(corpus)
    test_labels = labels if test is None else labels_of(test)
    for name, given in (("corpus", labels), ("test corpus", test_labels)):
        if not any(label for each in given.values() for label in each):
            warnings.warn(
                f"the {name} has no labels, so no classifier was trained", UnusableLabelsWarning, stacklevel=3
            )
            if given is test_labels:
                return {}
    rows = labeled_rows(labels, None if test is None else test_labels, max_train=max_train, seed=seed)
    for code, reason in rows.reasons.items():
        what = "classifiers are not trained in it" if code in rows.test else "it is not measured by labels"
        warnings.warn(f"{reason}: {what}", UnusableLabelsWarning, stacklevel=3)
    if not rows.test:
        return {}
    conditions |= {
        "classifier": classifier,
        "train": {code: len(each) for code, each in rows.train.items()},
        "test": {code: len(each) for code, each in rows.test.items()},
        "held_out": test is None,
        "seed": seed,
    }
    return measure_documents(
        {code: train_means[code][each] for code, each in rows.train.items()},
        {code: [labels[code][row] for row in each.tolist()] for code, each in rows.train.items()},
        {code: test_means[code][each] for code, each in rows.test.items()},
        {code: [test_labels[code][row] for row in each.tolist()] for code, each in rows.test.items()},
        {code: test_theta[code][each] for code, each in rows.test.items()},
        classifier=classifier,
        # These were drawn already.
        max_train=None,
        seed=seed,
    )


def labels_of(corpus: Corpus) -> dict[str, list[str]]:
    """Return the labels of each language that has any, document by document; one without has an empty one."""
    return {code: list(part.labels) for code, part in corpus.items() if part.labels is not None}
