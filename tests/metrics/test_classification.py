"""Classifiers across languages: scikit-learn done by hand, chance, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.svm import SVC

from gloctm.errors import InputError
from gloctm.metrics.classification import Scores, classify, cross_lingual_classification

THEMES = np.asarray(["sea", "sky", "wood"])


def blobs(seed: int, documents: int = 60, *, shift: float = 0.0, noise: float = 1.0):
    """Features around a corner for each theme, and the themes."""
    generator = np.random.default_rng(seed)
    rows = generator.integers(3, size=documents)
    rows[:3] = range(3)
    features = 2 * np.eye(3, 4)[rows] + noise * generator.normal(size=(documents, 4)) + shift
    return features.astype(np.float32), THEMES[rows]


def test_svm_is_the_one_of_scikit_learn():
    (train, train_labels), (test, wanted) = blobs(0), blobs(1)
    given_labels = SVC(kernel="rbf").fit(train, train_labels).predict(test)
    scores = classify(train, list(train_labels), test, wanted)
    assert scores.accuracy == pytest.approx((given_labels == wanted).mean(), abs=1e-12)
    assert scores.macro_f1 == pytest.approx(f1_score(wanted, given_labels, average="macro"), abs=1e-12)
    assert 0.5 < scores.accuracy < 1


def test_logistic_regression_is_standardized_by_the_training_documents_alone():
    (train, train_labels), (test, wanted) = blobs(0), blobs(1, shift=1.5)
    train[:, 0] *= 100
    test[:, 0] *= 100
    mean, deviation = train.mean(axis=0, dtype=float), train.std(axis=0, dtype=float)
    model = LogisticRegression(max_iter=1000).fit((train - mean) / deviation, train_labels)
    right = model.predict((test - mean) / deviation) == wanted
    scores = classify(train, train_labels, test, wanted, classifier="logistic")
    assert scores.accuracy == pytest.approx(right.mean(), abs=1e-12)
    # By the mean of the test documents, it would be another figure: the case tells.
    centered = model.predict((test - test.mean(axis=0)) / test.std(axis=0)) == wanted
    assert centered.mean() != right.mean()


@pytest.mark.parametrize("classifier", ["svm", "logistic"])
def test_scores_by_hand(classifier):
    """Two corners, each document at one: the answers are plain, and a label that was not trained on counts as wrong."""
    corners = np.repeat([[0.0, 1.0], [1.0, 0.0]], 5, axis=0)
    train_labels = ["a"] * 5 + ["b"] * 5
    test_rows = [[0.0, 1.0]] * 3 + [[1.0, 0.0]] * 2
    assert classify(corners, train_labels, test_rows, list("aaabb"), classifier=classifier) == Scores(1.0, 1.0)
    # Given a a a b b. a: 2 right of 3 given and 2 there: F1 4/5. b: 1 of 2 and 2: 1/2. c: 0.
    scores = classify(corners, train_labels, test_rows, list("aabbc"), classifier=classifier)
    assert scores.accuracy == pytest.approx(3 / 5)
    assert scores.macro_f1 == pytest.approx((4 / 5 + 1 / 2 + 0) / 3)


@pytest.mark.parametrize("classifier", ["svm", "logistic"])
def test_features_that_tell_nothing_score_the_commonest_label(classifier):
    train_labels = list("aab")
    scores = classify(np.ones((3, 2)), train_labels, np.ones((4, 2)), list("abbb"), classifier=classifier)
    assert scores.accuracy == pytest.approx(1 / 4)


@given(st.integers(0, 1000), st.sampled_from(["svm", "logistic"]))
@settings(deadline=None, max_examples=20)
def test_scores_are_shares_and_the_names_of_labels_do_not_matter(seed, classifier):
    (train, train_labels), (test, wanted) = blobs(seed, 30), blobs(seed + 1, 20, noise=3)
    scores = classify(train, train_labels, test, wanted, classifier=classifier)
    assert 0 <= scores.macro_f1 <= 1
    assert 0 <= scores.accuracy <= 1
    assert scores.accuracy * 20 == pytest.approx(round(scores.accuracy * 20))
    numbers = {theme: number for number, theme in enumerate(THEMES)}
    by_number = classify(
        train,
        [numbers[theme] for theme in train_labels],
        test,
        [numbers[theme] for theme in wanted],
        classifier=classifier,
    )
    assert by_number == scores


def languages(codes=("en", "zh", "de")):
    parts = {code: (blobs(number), blobs(number + 10)) for number, code in enumerate(codes)}
    return (
        {code: train[0] for code, (train, _) in parts.items()},
        {code: train[1] for code, (train, _) in parts.items()},
        {code: test[0] for code, (_, test) in parts.items()},
        {code: test[1] for code, (_, test) in parts.items()},
    )


def test_every_language_is_trained_and_tested_in():
    train, train_labels, test, test_labels = languages()
    scores = cross_lingual_classification(train, train_labels, test, test_labels)
    assert list(scores) == [(source, target) for source in train for target in test]
    for (source, target), each in scores.items():
        assert each == classify(train[source], train_labels[source], test[target], test_labels[target])


def test_a_language_that_is_only_tested_in():
    train, train_labels, test, test_labels = languages()
    del train["de"]
    scores = cross_lingual_classification(train, train_labels, test, test_labels, classifier="logistic")
    assert set(scores) == {(source, target) for source in ("en", "zh") for target in ("en", "zh", "de")}


@pytest.mark.parametrize("seed", [0, 7])
def test_the_documents_drawn(seed):
    train, train_labels, test, test_labels = languages()
    scores = cross_lingual_classification(train, train_labels, test, test_labels, max_train=20, seed=seed)
    rows = np.random.default_rng(seed).permutation(60)[:20]
    for (source, target), each in scores.items():
        model = SVC(kernel="rbf").fit(train[source][rows], train_labels[source][rows])
        assert each.accuracy == pytest.approx((model.predict(test[target]) == test_labels[target]).mean())
    assert scores != cross_lingual_classification(train, train_labels, test, test_labels)
    # More than there are: all.
    many = cross_lingual_classification(train, train_labels, test, test_labels, max_train=1000, classifier="logistic")
    every = cross_lingual_classification(train, train_labels, test, test_labels, classifier="logistic")
    assert {pair: each.accuracy for pair, each in many.items()} == {pair: each.accuracy for pair, each in every.items()}


GOOD = np.eye(4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((GOOD, list("aab"), GOOD, list("aabb")), "the training documents have 4 documents but 3 labels"),
        ((GOOD, list("aabb"), GOOD, list("aabbb")), "the test documents have 4 documents but 5 labels"),
        ((GOOD, list("aaaa"), GOOD, list("aabb")), "all have the label 'a'"),
        ((GOOD, ["a", "b", None, "b"], GOOD, list("aabb")), "the training documents have no label in row 2"),
        ((GOOD, [0, 1, np.nan, 1], GOOD, [0, 1, 0, 1]), "the training documents have no label in row 2"),
        ((GOOD, ["a", "b", 1, "b"], GOOD, list("aabb")), "in part text and in part numbers"),
        ((GOOD, [0, 1, 0, 1], GOOD, list("0101")), "in part text and in part numbers"),
        ((GOOD, list("aabb"), GOOD, list("AABB")), "no label of the test documents is one of the training documents"),
        ((GOOD, list("aabb"), GOOD[:, :3], list("aabb")), "have 3 dimensions but the training documents 4"),
        ((GOOD * np.nan, list("aabb"), GOOD, list("aabb")), "the training documents have NaN or infinity in row 0"),
        ((GOOD, list("aabb"), np.diag([1, 1, np.inf, 1]), list("aabb")), "the test documents have NaN .* row 2"),
        ((GOOD[0], list("aabb"), GOOD, list("aabb")), r"have shape \(4,\)"),
        ((GOOD[:0], [], GOOD, list("aabb")), "at least one document"),
        (("words", list("aabb"), GOOD, list("aabb")), "no matrix of numbers"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        classify(*arguments)


def test_what_is_refused_of_languages():
    train, train_labels, test, test_labels = languages()
    arguments = (train, train_labels, test, test_labels)
    with pytest.raises(InputError, match="classifier is 'forest': it must be svm or logistic"):
        cross_lingual_classification(*arguments, classifier="forest")
    with pytest.raises(InputError, match="training have documents but no labels for language 'zh'"):
        cross_lingual_classification(train, {"en": train_labels["en"]}, test, test_labels)
    with pytest.raises(InputError, match="test have documents but no labels for language 'en'"):
        cross_lingual_classification(train, train_labels, test, {})
    with pytest.raises(InputError, match="language 'zh' has training but no test documents: test has en, ja"):
        cross_lingual_classification(train, train_labels, {"en": test["en"], "ja": test["zh"]}, test_labels)
    with pytest.raises(InputError, match="train is empty"):
        cross_lingual_classification({}, {}, test, test_labels)
    for number in (0, -1, 2.5):
        with pytest.raises(InputError, match="max_train is"):
            cross_lingual_classification(*arguments, max_train=number)
    with pytest.raises(InputError, match=r"'en' all have the label .*, as far as drawn"):
        cross_lingual_classification(*arguments, max_train=1)
