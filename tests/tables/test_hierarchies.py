"""Topics joined to fewer, and models compared."""

from __future__ import annotations

import copy
import dataclasses
import warnings
from collections import Counter

import numpy as np
import pytest

from gloctm import Corpus, GloCTM, TopicView, compare
from gloctm.errors import InputError, PoorMergeWarning
from planted import planted_corpus


@pytest.fixture(scope="module")
def many(corpus):
    """Twice as many topics as themes."""
    return GloCTM(num_topics=24, threads=1, show_progress=False).fit(corpus)


def purity(table):
    by_topic = {}
    for row in table:
        by_topic.setdefault(row["topic"], Counter())[row["label"]] += 1
    return sum(labels.most_common(1)[0][1] for labels in by_topic.values()) / len(table)


def test_topics_are_reduced_to_the_themes(many):
    view = many.reduce_topics(12)
    assert len(view) == 12
    table = many.document_info(view=view, threshold=None)
    assert purity(table) > 0.99
    assert len({row["topic"] for row in table}) == 12
    # Fewer, from there.
    assert len(many.reduce_topics(4, view=view)) == 4


def test_a_hierarchy_is_cut_at_any_height(many):
    hierarchy = many.topic_hierarchy()
    heights = hierarchy.links[:, 2]
    assert (np.diff(heights) >= -1e-12).all()
    for steps in (0, 5, 23):
        height = 0.0 if steps == 0 else float(heights[steps - 1])
        assert hierarchy.cut(height=height).groups == hierarchy.cut(number=24 - steps).groups
    assert hierarchy.cut(number=24).groups == TopicView.of(many).groups
    [everything] = hierarchy.cut(height=2).groups
    assert everything == tuple(range(24))
    table = hierarchy.steps()
    assert [row["topics_left"] for row in table] == list(range(23, 0, -1))
    assert [row["height"] for row in table] == heights.tolist()
    assert sorted(table[-1]["topics"] + table[-1]["joined_with"]) == list(range(24))
    assert "<table>" in hierarchy._repr_html_()


def test_a_group_is_called_as_its_largest_member_that_has_a_name(model):
    hierarchy = model.topic_hierarchy()
    group = next(each for each in hierarchy.cut(number=6).groups if len(each) > 1)
    size = np.mean(list(model.topic_shares_.values()), axis=0)
    small, large = sorted(group, key=lambda topic: size[topic])[:2]
    view = TopicView.of(model).rename(small, "small").rename(large, "large")
    assert model.reduce_topics(6, view=view).names == {group[0]: "large"}
    assert model.reduce_topics(6, view=TopicView.of(model).rename(small, "small")).names == {group[0]: "small"}


def test_labels_of_a_model_stay_with_its_groups(model):
    labeled = copy.copy(model)
    group = next(each for each in model.reduce_topics(6).groups if len(each) > 1)
    labeled.labels_ = {"en": {group[1]: "Books"}}
    view = labeled.reduce_topics(6)
    assert view.names == {group[0]: "Books"}
    assert "Books" in [row["name"] for row in labeled.topic_info(view=view)]
    # One that all have needs no name: there is one for each language.
    labeled.labels_ = {code: dict.fromkeys(group, f"Books {code}") for code in ("en", "de")}
    assert labeled.reduce_topics(6).names == {}


def test_a_poor_merge_is_said(model, many):
    with pytest.warns(
        PoorMergeWarning, match=r"reducing 12 topics to 4 joins .* heights up to .* at least 12, "
    ) as said:
        model.reduce_topics(4)
    assert said[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error", PoorMergeWarning)
        many.reduce_topics(12)


def test_a_view_prints_its_groups(model):
    view = TopicView.of(model).merge([1, 4], "Both").merge(range(5, 12)).hide(3)
    assert str(view) == "TopicView of 12 topics: 0; 1 4 (Both); 2; 5 6 7 8 9 10 11; hidden: 3"


def test_hidden_topics_stay_hidden(model):
    view = model.reduce_topics(5, view=TopicView.of(model).hide(3))
    assert view.hidden == {3}
    assert len(view) == 5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "give one of them"),
        ({"height": 1, "number": 2}, "give one of them"),
        ({"number": 13}, "number is 13, but there are 12 topics to begin with"),
        ({"number": 0}, "number is 0"),
        ({"height": -1}, "height is -1"),
        ({"height": "low"}, "height is 'low'"),
    ],
)
def test_a_cut_is_checked(model, given, message):
    with pytest.raises(InputError, match=message):
        model.topic_hierarchy().cut(**given)


def test_one_topic_has_no_steps(model):
    view = model.reduce_topics(1)
    assert model.topic_hierarchy(view=view).links.shape == (0, 4)
    assert model.reduce_topics(1, view=view).groups == view.groups


def test_models_of_other_seeds_have_the_same_topics(model, corpus, theme_of):
    other = GloCTM(num_topics=12, random_state=7, threads=1, show_progress=False).fit(corpus)
    table = compare(model, other)
    themes = Counter()
    for row in other.document_info():
        themes[row["topic"], row["label"]] += 1
    for row in table:
        assert row["similarity"] > 0.9
        theme = max((count, label) for (topic, label), count in themes.items() if topic == row["other_topic"])[1]
        assert theme == theme_of[row["topic"]]
        words = model.topics(10, language="en")[row["topic"]]["words"]
        assert sorted(row["shared_en"] + row["only_en"]) == sorted(words)
    assert len({row["other_topic"] for row in table}) == 12


def test_topics_left_without_a_match_are_listed(model, many):
    table = compare(model, many)
    assert len(table) == 24
    assert [row["topic"] for row in table[:12]] == list(range(12))
    assert all(row["topic"] is None and row["other_topic"] is not None for row in table[12:])
    back = compare(many, model)
    assert {(row["topic"], row["other_topic"]) for row in back} == {(row["other_topic"], row["topic"]) for row in table}


def test_models_of_own_vectors_are_compared_by_words():
    planted = planted_corpus(("en", "de"), documents=60)
    first, second = (
        GloCTM(num_topics=5, random_state=seed, threads=1, show_progress=False).fit(planted) for seed in (0, 1)
    )
    assert all(row["similarity"] > 0.4 for row in compare(first, second))
    assert all(row["similarity"] == 1 for row in compare(first, first))
    assert compare(first, first, view=first.reduce_topics(4))[-1]["topic"] is None


def test_models_without_a_common_language_are_refused():
    models = [
        GloCTM(num_topics=3, threads=1, show_progress=False).fit(planted_corpus(codes, documents=60))
        for codes in (("en", "de"), ("fr", "es"))
    ]
    with pytest.raises(InputError, match="no language in common: one is of en, de, the other of fr, es"):
        compare(*models)
    with pytest.raises(InputError, match="compare takes a GloCTM, not a str"):
        compare(models[0], "model")


def test_models_without_a_common_word_and_encoder_are_refused():
    planted = planted_corpus(("en", "de"), documents=60)
    other = Corpus(
        {
            code: dataclasses.replace(part, vocabulary=[f"{word}x" for word in part.vocabulary])
            for code, part in planted.items()
        }
    )
    models = [GloCTM(num_topics=3, threads=1, show_progress=False).fit(each) for each in (planted, other)]
    with pytest.raises(InputError, match="can't be compared: they have no word of English and German in common, and"):
        compare(*models)
