"""Which documents classifiers are taught by and asked of: hand-made cases and what must always hold."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.evaluation.labeled_rows import labelled_rows

ABC = list("aaaaabbbbbccccc")


def kinds(labels, rows):
    return {code: Counter(labels[code][row] for row in each) for code, each in rows.items()}


def test_a_fifth_of_each_label_is_held_out():
    labels = {"en": ["a", "b"] * 50 + [""] * 30, "zh": list("aab") * 10}
    found = labelled_rows(labels)
    assert kinds(labels, found.asked) == {"en": {"a": 10, "b": 10}, "zh": {"a": 4, "b": 2}}
    assert kinds(labels, found.taught) == {"en": {"a": 40, "b": 40}, "zh": {"a": 16, "b": 8}}
    assert found.reasons == {}
    assert labelled_rows(labels, seed=1).asked["en"].tolist() != found.asked["en"].tolist()


def test_a_rare_label_is_taught_and_asked():
    labels = {"en": ["a"] * 58 + ["b"] * 2, "zh": ["b"] * 2 + ["a"] * 58}
    for seed in range(20):
        found = labelled_rows(labels, seed=seed)
        assert kinds(labels, found.asked) == {code: {"a": 12, "b": 1} for code in labels}
        assert kinds(labels, found.taught) == {code: {"a": 46, "b": 1} for code in labels}


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        (["a"] * 9, "all documents of 'de' have the label 'a'"),
        (["", "a", ""], "all documents of 'de' have the label 'a'"),
        (["a", "a", "a", "b"], "'de' has 4 labelled documents, too few"),
        (["a", "b", "c"], "'de' has 3 labelled documents, too few"),
        (["x", "x", "y", "y"], "'de' and 'en' have no label in common ('x' and 'a', say)"),
    ],
)
def test_one_language_is_left_out_and_the_others_stay(own, reason):
    found = labelled_rows({"de": own, "en": ABC, "zh": ABC})
    assert found.reasons["de"].startswith(reason)
    assert list(found.reasons) == ["de"]
    assert list(found.taught) == list(found.asked) == ["en", "zh"]


def test_two_languages_without_a_label_in_common():
    found = labelled_rows({"en": list("aabb"), "zh": list("ccdd")})
    assert found.taught == found.asked == {}
    assert set(found.reasons) == {"en", "zh"}


@pytest.mark.parametrize(
    ("taught", "asked", "reason"),
    [
        (ABC, [""] * 3, "the test corpus has no labels in 'de'"),
        (ABC, ["a", "", "a"], "all documents of 'de' in the test corpus have the label 'a'"),
        (ABC, ["x", "y"], "the labels of 'de' in the test corpus are none of those"),
        (["x", "y"], ["x", "y"], "'de' and 'en' have no label in common"),
        (ABC, None, "the test corpus has no labels in 'de'"),
    ],
)
def test_labels_of_the_corpus_asked(taught, asked, reason):
    others = {"en": ABC, "zh": ABC}
    found = labelled_rows({"de": taught, **others}, others if asked is None else {"de": asked, **others})
    assert found.reasons["de"].startswith(reason)
    assert list(found.reasons) == ["de"]
    assert list(found.taught) == list(found.asked) == ["en", "zh"]


def test_what_is_not_taught_can_be_asked():
    found = labelled_rows({"de": ["a"] * 9, "en": ABC}, {"de": ABC, "en": ABC, "fr": ABC})
    assert list(found.taught) == ["en"]
    assert list(found.asked) == ["de", "en", "fr"]
    assert found.reasons == {"de": "the documents of 'de' that a classifier would be taught by all have the label 'a'"}


def test_labels_are_none_of_those_taught():
    found = labelled_rows({"en": list("aabb")}, {"en": list("ccdd")})
    assert found.reasons == {"en": "the labels of 'en' in the test corpus are none of those it has in the corpus"}


def test_what_is_drawn_must_have_two_labels_as_well():
    labels = {"en": ["a"] * 96 + ["b"] * 4}
    (seed, *_) = [seed for seed in range(50) if not labelled_rows(labels, max_train=2, seed=seed).taught]
    found = labelled_rows(labels, max_train=2, seed=seed)
    assert "taught by all have the label 'a'" in found.reasons["en"]
    assert list(found.asked) == ["en"]
    assert len(labelled_rows({"en": ABC}, max_train=7).taught["en"]) == 7


labels_of_documents = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=12)


@given(
    labels=st.dictionaries(st.sampled_from(["en", "zh", "de", "ar"]), labels_of_documents),
    asked_labels=st.none() | st.dictionaries(st.sampled_from(["en", "zh", "de", "ar"]), labels_of_documents),
    max_train=st.none() | st.integers(2, 6),
    seed=st.integers(0, 20),
)
@settings(deadline=None)
def test_what_is_left_can_always_be_classified(labels, asked_labels, max_train, seed):
    found = labelled_rows(labels, asked_labels, max_train=max_train, seed=seed)
    wanted = labels if asked_labels is None else asked_labels
    taught, asked = kinds(labels, found.taught), kinds(wanted, found.asked)
    assert set(taught) <= set(asked)
    for each in [*taught.values(), *asked.values()]:
        assert len(each) >= 2
        assert "" not in each
    for source in taught.values():
        assert all(set(source) & set(target) for target in asked.values())
    for code, rows in found.taught.items():
        assert len(set(rows.tolist())) == len(rows) <= (max_train or len(rows))
        if asked_labels is None:
            assert not set(rows.tolist()) & set(found.asked[code].tolist())
    # Each language with labels is there, or it is said why not.
    with_labels = {code for code, each in wanted.items() if any(each)}
    assert with_labels == set(found.asked) | (set(found.reasons) & with_labels)
