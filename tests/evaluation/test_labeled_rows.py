"""Which documents classifiers are trained and tested on: hand-made cases and what must always hold."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.evaluation.labeled_rows import labeled_rows

ABC = list("aaaaabbbbbccccc")


def kinds(labels, rows):
    return {code: Counter(labels[code][row] for row in each) for code, each in rows.items()}


def test_a_fifth_of_each_label_is_held_out():
    labels = {"en": ["a", "b"] * 50 + [""] * 30, "zh": list("aab") * 10}
    found = labeled_rows(labels)
    assert kinds(labels, found.test) == {"en": {"a": 10, "b": 10}, "zh": {"a": 4, "b": 2}}
    assert kinds(labels, found.train) == {"en": {"a": 40, "b": 40}, "zh": {"a": 16, "b": 8}}
    assert found.reasons == {}
    assert labeled_rows(labels, seed=1).test["en"].tolist() != found.test["en"].tolist()


def test_a_rare_label_is_in_both():
    labels = {"en": ["a"] * 58 + ["b"] * 2, "zh": ["b"] * 2 + ["a"] * 58}
    for seed in range(20):
        found = labeled_rows(labels, seed=seed)
        assert kinds(labels, found.test) == {code: {"a": 12, "b": 1} for code in labels}
        assert kinds(labels, found.train) == {code: {"a": 46, "b": 1} for code in labels}


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        (["a"] * 9, "all documents of 'de' have the label 'a'"),
        (["", "a", ""], "all documents of 'de' have the label 'a'"),
        (["a", "a", "a", "b"], "'de' has 4 labeled documents, too few"),
        (["a", "b", "c"], "'de' has 3 labeled documents, too few"),
        (["x", "x", "y", "y"], "'de' and 'en' have no label in common ('x' and 'a', say)"),
    ],
)
def test_one_language_is_left_out_and_the_others_stay(own, reason):
    found = labeled_rows({"de": own, "en": ABC, "zh": ABC})
    assert found.reasons["de"].startswith(reason)
    assert list(found.reasons) == ["de"]
    assert list(found.train) == list(found.test) == ["en", "zh"]


def test_two_languages_without_a_label_in_common():
    found = labeled_rows({"en": list("aabb"), "zh": list("ccdd")})
    assert found.train == found.test == {}
    assert set(found.reasons) == {"en", "zh"}


@pytest.mark.parametrize(
    ("train", "test", "reason"),
    [
        (ABC, [""] * 3, "the test corpus has no labels in 'de'"),
        (ABC, ["a", "", "a"], "all documents of 'de' in the test corpus have the label 'a'"),
        (ABC, ["x", "y"], "the labels of 'de' in the test corpus are none of those"),
        (["x", "y"], ["x", "y"], "'de' and 'en' have no label in common"),
        (ABC, None, "the test corpus has no labels in 'de'"),
    ],
)
def test_labels_of_the_corpus_tested_on(train, test, reason):
    others = {"en": ABC, "zh": ABC}
    found = labeled_rows({"de": train, **others}, others if test is None else {"de": test, **others})
    assert found.reasons["de"].startswith(reason)
    assert list(found.reasons) == ["de"]
    assert list(found.train) == list(found.test) == ["en", "zh"]


def test_what_is_not_trained_on_can_be_tested():
    found = labeled_rows({"de": ["a"] * 9, "en": ABC}, {"de": ABC, "en": ABC, "fr": ABC})
    assert list(found.train) == ["en"]
    assert list(found.test) == ["de", "en", "fr"]
    assert found.reasons == {"de": "the documents of 'de' to train a classifier on all have the label 'a'"}


def test_labels_are_none_of_those_trained_on():
    found = labeled_rows({"en": list("aabb")}, {"en": list("ccdd")})
    assert found.reasons == {"en": "the labels of 'en' in the test corpus are none of those it has in the corpus"}


def test_what_is_drawn_must_have_two_labels_as_well():
    labels = {"en": ["a"] * 96 + ["b"] * 4}
    (seed, *_) = [seed for seed in range(50) if not labeled_rows(labels, max_train=2, seed=seed).train]
    found = labeled_rows(labels, max_train=2, seed=seed)
    assert "to train a classifier on all have the label 'a'" in found.reasons["en"]
    assert list(found.test) == ["en"]
    assert len(labeled_rows({"en": ABC}, max_train=7).train["en"]) == 7


labels_of_documents = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=12)


@given(
    labels=st.dictionaries(st.sampled_from(["en", "zh", "de", "ar"]), labels_of_documents),
    test_labels=st.none() | st.dictionaries(st.sampled_from(["en", "zh", "de", "ar"]), labels_of_documents),
    max_train=st.none() | st.integers(2, 6),
    seed=st.integers(0, 20),
)
@settings(deadline=None)
def test_what_is_left_can_always_be_classified(labels, test_labels, max_train, seed):
    found = labeled_rows(labels, test_labels, max_train=max_train, seed=seed)
    wanted = labels if test_labels is None else test_labels
    train, test = kinds(labels, found.train), kinds(wanted, found.test)
    assert set(train) <= set(test)
    for each in [*train.values(), *test.values()]:
        assert len(each) >= 2
        assert "" not in each
    for source in train.values():
        assert all(set(source) & set(target) for target in test.values())
    for code, rows in found.train.items():
        assert len(set(rows.tolist())) == len(rows) <= (max_train or len(rows))
        if test_labels is None:
            assert not set(rows.tolist()) & set(found.test[code].tolist())
    # Each language with labels is there, or it is said why not.
    with_labels = {code for code, each in wanted.items() if any(each)}
    assert with_labels == set(found.test) | (set(found.reasons) & with_labels)
