"""The measures of topics and of proportions: hand-made cases and bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.errors import InputError
from gloctm.metrics import alignment, nearest_document_agreement, theme_topics, topic_uniqueness

topics = st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=4, max_size=4, unique=True), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["ab", "cd"], 1),
        (["ab", "ab"], 1 / 2),
        (["ab", "ba", "ab"], 1 / 3),
        (["ab", "ac"], 3 / 4),
        (["abc", "abd", "aef"], ((1 / 3 + 1 / 2 + 1) + (1 / 3 + 1 / 2 + 1) + (1 / 3 + 1 + 1)) / 9),
        (["ab"], 1),
        (["a", "bcd"], 1),
        (["a", "ab"], (1 / 2 + (1 / 2 + 1) / 2) / 2),
    ],
)
def test_topic_uniqueness_by_hand(words, value):
    assert topic_uniqueness([list(topic) for topic in words]) == pytest.approx(value)


@given(topics)
@settings(deadline=None)
def test_topic_uniqueness_is_between_one_over_k_and_one(words):
    value = topic_uniqueness(words)
    assert 1 / len(words) - 1e-12 <= value <= 1 + 1e-12
    assert topic_uniqueness(words[:1] * 5) == pytest.approx(1 / 5)
    # It is 1 exactly where no word is in two topics.
    assert math.isclose(value, 1) == (len({word for topic in words for word in topic}) == sum(map(len, words)))


@given(topics, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_topic_uniqueness_knows_no_order(words, order):
    mixed = [order.sample(topic, len(topic)) for topic in words]
    order.shuffle(mixed)
    assert topic_uniqueness(mixed) == pytest.approx(topic_uniqueness(words))


@pytest.mark.parametrize("words", [[], [[]], [["a"], []]])
def test_topic_uniqueness_of_nothing(words):
    with pytest.raises(InputError, match="topic uniqueness needs at least one topic, and a word in each"):
        topic_uniqueness(words)


def test_themes_with_a_topic_of_their_own():
    labels = {"en": ["sea", "sky", "sea", "wood"], "de": ["sky", "wood", "sea"]}
    theta = {
        "en": np.asarray([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8]]),
        "de": np.asarray([[0.1, 0.9, 0.0], [0.2, 0.2, 0.6], [0.9, 0.1, 0.0]]),
    }
    assert theme_topics(theta, labels) == {"sea": 0, "sky": 1, "wood": 2}
    # In German, sky has its most elsewhere.
    theta["de"][0] = [0.0, 0.4, 0.6]
    assert theme_topics(theta, labels) == {"sea": 0}


def test_two_themes_at_one_topic():
    """The theme that has more of the topic owns it, and the other owns none."""
    theta = np.asarray([[0.9, 0.1], [0.8, 0.2]])
    labels = ["more", "less"]
    assert theme_topics({"en": theta, "de": theta}, {"en": labels, "de": labels}) == {"more": 0}
    # Not the same theme in both languages: neither.
    assert theme_topics({"en": theta, "de": theta[::-1]}, {"en": labels, "de": labels}) == {}


def test_a_theme_that_a_language_lacks_owns_nothing():
    theta = {"en": np.eye(2), "de": np.eye(2)[:1]}
    assert theme_topics(theta, {"en": ["a", "b"], "de": ["a"]}) == {"a": 0}
    assert theme_topics(dict(reversed(theta.items())), {"en": ["a", "b"], "de": ["a"]}) == {"a": 0}


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 5))
@settings(deadline=None)
def test_no_topic_has_two_owners(seed, themes, num_topics):
    rng = np.random.default_rng(seed)
    labels = {language: [str(row) for row in rng.integers(themes, size=12)] for language in ("en", "de", "zh")}
    owned = theme_topics({code: rng.dirichlet(np.ones(num_topics), size=12) for code in labels}, labels)
    assert len(set(owned.values())) == len(owned)
    assert all(0 <= topic < num_topics for topic in owned.values())
    assert all(theme in part for theme in owned for part in labels.values())


def test_agreement_by_hand():
    theta = {
        "en": np.asarray([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.5, 0.5]]),
        "de": np.asarray([[0.1, 0.9], [1.0, 0.0]]),
    }
    labels = {"en": ["x", "y", "y", "y"], "de": ["y", "x"]}
    # From English the nearest are x, y, y, y (of [0.6, 0.4], too: 0.84 against 0.77); from German, y and x.
    assert nearest_document_agreement(theta, labels) == {("en", "de"): 1.0, ("de", "en"): 1.0}
    labels["en"] = ["x", "x", "y", "x"]
    assert nearest_document_agreement(theta, labels) == {("en", "de"): 0.5, ("de", "en"): 0.5}


def test_nearness_is_by_hellinger_distance():
    """Not by angle or Euclidean distance, by which the second document of German would be the nearer."""
    theta = {"en": np.asarray([[0.5, 0.5, 0.0]]), "de": np.asarray([[0.8, 0.2, 0.0], [0.4, 0.4, 0.2]])}
    assert np.linalg.norm(theta["en"] - theta["de"], axis=1).argmin() == 1
    labels = {"en": ["x"], "de": ["x", "y"]}
    assert nearest_document_agreement(theta, labels)["en", "de"] == 1.0


def test_agreement_of_every_ordered_pair():
    theta = {code: np.eye(3) for code in ("en", "de", "zh")}
    labels = {"en": list("abc"), "de": list("abc"), "zh": list("abd")}
    shares = nearest_document_agreement(theta, labels)
    assert shares == {
        ("en", "de"): 1,
        ("de", "en"): 1,
        ("en", "zh"): pytest.approx(2 / 3),
        ("de", "zh"): pytest.approx(2 / 3),
        ("zh", "en"): pytest.approx(2 / 3),
        ("zh", "de"): pytest.approx(2 / 3),
    }


def test_agreement_by_blocks_is_the_same(monkeypatch):
    rng = np.random.default_rng(0)
    theta = {code: rng.dirichlet(np.ones(4), size=23) for code in ("en", "de")}
    labels = {code: [str(row) for row in rng.integers(3, size=23)] for code in theta}
    whole = nearest_document_agreement(theta, labels)
    monkeypatch.setattr(alignment, "BLOCK_ROWS", 5)
    assert nearest_document_agreement(theta, labels) == whole


def test_agreement_needs_two_languages():
    with pytest.raises(InputError, match="agreement between languages needs at least two of them"):
        nearest_document_agreement({"en": np.eye(2)}, {"en": ["a", "b"]})


BOTH = (theme_topics, nearest_document_agreement)


@pytest.mark.parametrize("measure", BOTH)
@pytest.mark.parametrize(
    ("theta", "labels", "message"),
    [
        ({"en": np.full((2, 2), np.nan)}, {}, "theta of 'en' have NaN or infinity in row 0"),
        ({"en": np.asarray([[2.0, -1.0], [0.5, 0.5]])}, {}, "theta of 'en' are no proportions: row 0 has -1"),
        ({"en": np.asarray([[0.5, 0.2], [0.5, 0.5]])}, {}, "row 0 has 0.2 as its least and sums to 0.7"),
        ({"en": np.eye(3)}, {"en": list("abc")}, r"different numbers of topics \(en 3, de 2\)"),
        ({}, {"en": ["a"]}, "theta of 'en' have 2 documents but 1 label:"),
        ({}, {"en": ["a", "b", "a"]}, "theta of 'en' have 2 documents but 3 labels"),
        ({}, {"en": ["a", ""]}, "theta of 'en' have no label in row 1: leave documents without a label out"),
        ({}, {"en": [None, "a"]}, "theta of 'en' have no label in row 0"),
        ({}, {"en": [0, 1]}, "labels of all languages are in part text and in part numbers"),
    ],
)
def test_what_alignment_refuses(measure, theta, labels, message):
    good = {"en": np.eye(2), "de": np.eye(2)}
    with pytest.raises(InputError, match=message):
        measure({**good, **theta}, {**dict.fromkeys(good, ("a", "b")), **labels})


@pytest.mark.parametrize("measure", BOTH)
def test_what_alignment_refuses_of_languages(measure):
    with pytest.raises(InputError, match="theta is empty"):
        measure({}, {})
    with pytest.raises(InputError, match="no labels for language 'de': labels are there for en"):
        measure({"en": np.eye(2), "de": np.eye(2)}, {"en": ["a", "b"]})
