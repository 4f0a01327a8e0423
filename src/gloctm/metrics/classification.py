"""How well a classifier that was trained on the documents of one language does in another.

Scikit-learn is imported where it is used: measures of topics do without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gloctm.checks import check_choice, check_int
from gloctm.errors import InputError
from gloctm.metrics.features import DocumentLabels, check_one_kind, checked_features, checked_labels, of_language

Classifier = Literal["svm", "logistic"]
CLASSIFIERS = ("svm", "logistic")

# Steps of logistic regression at most; on standardized features it needs a few dozen.
_MAX_ITERATIONS = 1000


@dataclass(frozen=True)
class Scores:
    """How often a classifier was right.

    Attributes:
        accuracy: the share of documents that got their own label, from 0 to 1.
        macro_f1: F1 of each label, averaged with equal weight over the labels that the documents have or were given,
            from 0 to 1.

    Examples:
        >>> Scores(accuracy=0.75, macro_f1=0.7).accuracy
        0.75
    """

    accuracy: float
    macro_f1: float


def classify(
    train_features: ArrayLike,
    train_labels: DocumentLabels,
    test_features: ArrayLike,
    test_labels: DocumentLabels,
    *,
    classifier: Classifier = "svm",
) -> Scores:
    """Train a classifier on some documents and test it on others.

    Args:
        train_features: ``(documents, dimensions)``: latent means μ, as published, or θ, or embeddings.
        train_labels: a label per document.
        test_features: ``(other documents, dimensions)``.
        test_labels: a label per document. One that the training documents lack counts as wrong.
        classifier: ``"svm"`` is scikit-learn's ``SVC`` with an RBF kernel and its default settings (C = 1,
            γ = 1 / (dimensions · variance of all features)), on the features as they are, as published.
            ``"logistic"`` is logistic regression (C = 1), faster by far; each feature is standardized by its mean and
            standard deviation over the training documents alone, and test documents of any language by those same.

    Returns:
        Accuracy and macro-F1 on the test documents. Always giving the commonest label has that label's share as its
        accuracy.

    Raises:
        InputError: features are no finite matrix or differ in their dimensions, labels are missing or too many or too
            few, the training documents have one label only, no test document has one of their labels, or the
            classifier is unknown.

    Example:
        >>> train, test = [[0, 1], [0, 2], [1, 0], [2, 0]], [[0, 3], [3, 0]]
        >>> classify(train, list("aabb"), test, list("ab"))
        Scores(accuracy=1.0, macro_f1=1.0)
    """
    trained = _train(train_features, train_labels, classifier, "the training documents")
    return trained.scores(test_features, test_labels, "the test documents")


def cross_lingual_classification(
    train: Mapping[str, ArrayLike],
    train_labels: Mapping[str, DocumentLabels],
    test: Mapping[str, ArrayLike],
    test_labels: Mapping[str, DocumentLabels],
    *,
    classifier: Classifier = "svm",
    max_train: int | None = None,
    seed: int = 0,
) -> dict[tuple[str, str], Scores]:
    """Train a classifier in each language, and test it in every language.

    Args:
        train: for each language ``(documents, dimensions)``, as in ``classify``. One classifier is trained for each
            language here.
        train_labels: for each of these languages a label per document.
        test: for each language ``(documents, dimensions)``: those of ``train`` and, if wanted, others.
        test_labels: for each of these languages a label per document.
        classifier: as in ``classify``. Standardization, where there is any, knows the training language only.
        max_train: train on this many documents per language at most, drawn without replacement: those that
            ``numpy.random.default_rng(seed).permutation(documents)`` puts first. None takes all. The SVM's time grows
            with the square of their number; 8,000 take it seconds.
        seed: of that draw.

    Returns:
        ``{(source, target): scores}``, trained in source and tested in target, source = target (a language itself)
        included.

    Raises:
        InputError: as in ``classify``; a language has no labels, or is trained in and never tested; ``max_train`` is no
            positive number.

    Example:
        >>> rows, labels = [[0, 1], [0, 2], [1, 0], [2, 0]], list("aabb")
        >>> test, test_labels = {"en": rows, "de": rows}, {"en": labels, "de": labels}
        >>> scores = cross_lingual_classification({"en": rows}, {"en": labels}, test, test_labels)
        >>> scores["en", "de"].accuracy
        1.0

    References:
        The protocol of Wu, Dong, Nguyen, Liu, Pan, Luu: InfoCTM, AAAI 2023, which later papers follow.
    """
    if not train:
        raise InputError("classification needs a language to train in: train is empty")
    untested = [language for language in train if language not in test]
    if untested:
        raise InputError(
            f"language {untested[0]!r} has training but no test documents: test has {', '.join(test) or 'no language'}"
        )
    if max_train is not None:
        max_train = check_int("max_train", max_train, 1, ", or None for all documents")
    scores = {}
    for source, features in train.items():
        name = f"the training documents of {source!r}"
        labels = of_language(train_labels, source, "training")
        trained = _train(features, labels, classifier, name, max_train=max_train, seed=seed)
        for target, matrix in test.items():
            wanted = of_language(test_labels, target, "test")
            scores[source, target] = trained.scores(matrix, wanted, f"the test documents of {target!r}")
    return scores


@dataclass(frozen=True)
class _Trained:
    """A trained classifier: what it is, its labels, its number of features, and its documents' name, for messages."""

    model: Any
    labels: list[Any]
    dimensions: int
    name: str

    def scores(self, features: ArrayLike, labels: DocumentLabels, name: str) -> Scores:
        from sklearn.metrics import accuracy_score, f1_score

        matrix = checked_features(features, name)
        wanted = checked_labels(labels, len(matrix), name)
        if matrix.shape[1] != self.dimensions:
            raise InputError(
                f"{name} have {matrix.shape[1]} dimensions but {self.name} {self.dimensions}: give the same features"
            )
        check_one_kind([self.labels[0], wanted[0]], f"{self.name} and {name}")
        if set(self.labels).isdisjoint(wanted):
            raise InputError(
                f"no label of {name} is one of {self.name}: they have {wanted[0]!r} for example, but "
                f"{self.labels[0]!r} was trained on; use the same labels in all languages"
            )
        given = self.model.predict(matrix)
        right = np.asarray(wanted)
        return Scores(float(accuracy_score(right, given)), float(f1_score(right, given, average="macro")))


def _train(
    features: ArrayLike,
    labels: DocumentLabels,
    classifier: Classifier,
    name: str,
    *,
    max_train: int | None = None,
    seed: int = 0,
) -> _Trained:
    matrix = checked_features(features, name)
    wanted = np.asarray(checked_labels(labels, len(matrix), name))
    if max_train is not None:
        rows = np.random.default_rng(seed).permutation(len(matrix))[:max_train]
        matrix, wanted = matrix[rows], wanted[rows]
    kinds: NDArray[Any] = np.unique(wanted)
    if len(kinds) < 2:
        drawn = "" if max_train is None else ", as far as drawn"
        raise InputError(f"{name} all have the label {kinds[0].item()!r}{drawn}: a classifier needs two or more labels")
    return _Trained(_untrained(classifier).fit(matrix, wanted), kinds.tolist(), matrix.shape[1], name)


def _untrained(classifier: Classifier) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    check_choice("classifier", classifier, CLASSIFIERS)
    if classifier == "svm":
        return SVC(kernel="rbf")
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=_MAX_ITERATIONS))
