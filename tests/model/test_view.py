"""Views: topics merged, renamed and hidden, weights untouched."""

from __future__ import annotations

import copy
import json
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm import GloCTM
from gloctm.errors import FileFormatError, InputError
from gloctm.model.view import TopicView
from handmade import handmade_corpus, handmade_model
from planted import planted_corpus

K = 5
VOCABULARY = {"en": ["a", "b", "c", "d"], "zh": ["甲", "乙", "丙"]}


def made(seed=0, num_topics=K):
    rng = np.random.default_rng(seed)
    beta = {code: rng.normal(size=(num_topics, len(words))) for code, words in VOCABULARY.items()}
    return handmade_model(VOCABULARY, beta, seed=seed)


@pytest.fixture
def model():
    return made()


@pytest.fixture
def view(model):
    return TopicView.of(model)


def test_at_first_every_topic_stands_for_itself(model, view):
    assert view.groups == ((0,), (1,), (2,), (3,), (4,))
    assert (dict(view.names), view.hidden, len(view)) == ({}, frozenset(), 5)
    assert view.topics(model, 3) == model.topics(3)
    corpus = handmade_corpus(model)
    with pytest.warns(UserWarning, match="no word of the model's vocabulary"):
        found = view.transform(model, corpus)
    with pytest.warns(UserWarning, match="no word of the model's vocabulary"):
        expected = model.transform(corpus)
    for code, theta in expected.items():
        np.testing.assert_array_equal(found[code], theta)


def test_merging_calls_topics_by_their_numbers_in_the_model(view):
    merged = view.merge([3, 1]).merge([4, 2], name="late").rename(3, "early")
    assert merged.groups == ((0,), (1, 3), (2, 4))
    assert dict(merged.names) == {1: "early", 2: "late"}
    assert [merged.name(index) for index in range(3)] == [None, "early", "late"]
    # By any member; what a topic is merged with comes along, and so does the first name there is.
    both = merged.merge([4, 3])
    assert both.groups == ((0,), (1, 2, 3, 4))
    assert dict(both.names) == {1: "early"}
    assert dict(merged.merge({0, 2}).names) == {0: "late", 1: "early"}
    assert dict(merged.merge([0, 2], "new").names) == {0: "new", 1: "early"}
    # The view it came from is as it was.
    assert view.groups == ((0,), (1,), (2,), (3,), (4,))
    assert view.names == {}


def test_hiding_takes_a_whole_group_and_its_name_away(view):
    hidden = view.merge([0, 2], "gone").rename(1, "kept").hide(2)
    assert hidden.groups == ((1,), (3,), (4,))
    assert hidden.hidden == {0, 2}
    assert dict(hidden.names) == {1: "kept"}
    for change in (lambda: hidden.hide(0), lambda: hidden.rename(0, "x"), lambda: hidden.merge([0, 1])):
        with pytest.raises(InputError, match="topic 0 is hidden: start from a view that shows it"):
            change()
    several = view.merge([0, 2]).hide(0, 2, 3)
    assert (several.groups, several.hidden) == (((1,), (4,)), {0, 2, 3})
    with pytest.raises(InputError, match="a view that hides every topic shows nothing: leave one"):
        hidden.hide(1, 3, 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda view: view.merge([1]), "merging takes two topics or more that are not one already"),
        (lambda view: view.merge([1, 1]), "merging takes two topics or more"),
        (lambda view: view.merge([1, 2]).merge([2, 1]), "that are not one already"),
        (lambda view: view.merge([]), "merging takes two topics or more"),
        (lambda view: view.merge(3), "the topics to merge are 3: give a list"),
        (lambda view: view.merge("12"), "the topics to merge are '12': give a list"),
        (lambda view: view.merge([0, 5]), "topic 5 is none of the model's: they are numbered from 0 to 4"),
        (lambda view: view.merge([0, 1.0]), r"topic 1\.0 is none of the model's"),
        (lambda view: view.merge([0, True]), "topic True is none of the model's"),
        (lambda view: view.merge([0, 1], ""), "the name is empty"),
        (lambda view: view.rename(-1, "x"), "topic -1 is none of the model's"),
        (lambda view: view.rename(0, "a\nb"), "the name of topic 0 is .* one line of plain text"),
        (lambda view: view.hide(5), "topic 5 is none of the model's"),
        (lambda view: view.hide(), r"hide takes the topics' numbers one by one: view.hide\(3, 7\)"),
        (lambda view: view.hide([1, 2]), "hide takes the topics' numbers one by one"),
    ],
)
def test_changes_that_make_no_sense(view, change, message):
    with pytest.raises(InputError, match=message):
        change(view)


def test_views_that_are_none(view):
    facts = {**view.__dict__}
    for groups, hidden in [
        (((0, 1),), {2, 3}),
        (((0, 1), (1, 2, 3, 4)), set()),
        (((0, 1, 2, 3, 4), ()), set()),
        (((0, 1, 2), (3, 4)), {4}),
        (((0, 1, 2, 3, 4, 5),), set()),
    ]:
        with pytest.raises(InputError, match="each of the 5 topics exactly once"):
            TopicView(**{**facts, "groups": groups, "hidden": frozenset(hidden)})
    with pytest.raises(InputError, match="a view names topic 1, which is hidden or not the first of its group"):
        TopicView(**{**facts, "groups": ((0, 1), (2, 3, 4)), "names": {1: "x"}})
    with pytest.raises(TypeError):
        view.names[0] = "x"
    with pytest.raises(AttributeError):
        view.groups = ()


def test_theta_of_a_merged_topic_is_the_sum(view):
    theta = np.array([[0.1, 0.2, 0.3, 0.15, 0.25], [1, 0, 0, 0, 0]], np.float32)
    merged = view.merge([3, 1]).hide(2)
    np.testing.assert_allclose(merged.merge_theta(theta), [[0.1, 0.35, 0.25], [1, 0, 0]], atol=1e-7)
    assert merged.merge_theta(theta).dtype == np.float32
    np.testing.assert_array_equal(view.merge_theta(theta), theta)
    for wrong in (theta[:, :4], theta[0]):
        with pytest.raises(InputError, match="it must have a column for each of the 5 topics"):
            view.merge_theta(wrong)


def test_beta_of_a_merged_topic_is_the_mean_weighted_by_shares(view):
    beta = np.arange(10, dtype=np.float32).reshape(5, 2) / 3
    merged = view.merge([3, 1]).hide(2)
    found = merged.merge_topic_word(beta, [0.5, 0.3, 0.1, 0.1, 0])
    np.testing.assert_allclose(found[1], 0.75 * beta[1] + 0.25 * beta[3], rtol=1e-6)
    # What is not merged is β, bit for bit.
    np.testing.assert_array_equal(found[[0, 2]], beta[[0, 4]])
    np.testing.assert_allclose(merged.merge_topic_word(beta)[1], (beta[1] + beta[3]) / 2, rtol=1e-6)
    np.testing.assert_allclose(merged.merge_topic_word(beta, np.zeros(5))[1], (beta[1] + beta[3]) / 2, rtol=1e-6)
    assert merged.member_shares([0.5, 0.3, 0.1, 0.1, 0]) == [
        {0: 1},
        {1: pytest.approx(0.75), 3: pytest.approx(0.25)},
        {4: 1},
    ]
    for wrong, message in [
        ([1, 2], "shares have shape"),
        ([1, 1, 1, 1, -1], "negative"),
        ([1, 1, 1, 1, np.nan], "NaN"),
    ]:
        with pytest.raises(InputError, match=message):
            merged.merge_topic_word(beta, wrong)
    with pytest.raises(InputError, match="it must have a row for each of 5 topics"):
        merged.merge_topic_word(beta[:4])


def test_words_of_a_merged_topic_are_the_best_of_its_members(view):
    model = SimpleNamespace(coherent_words_={"en": ...})
    scores = np.full((5, 6), -0.4, np.float32)
    scores[1, :3], scores[3, 2:5] = [1, 0.6, 0.3], [0.9, 1, 0.8]
    scores[3, 5], scores[1, 0] = -0.1, 1
    merged = view.merge([3, 1]).hide(2)
    found = merged.merge_word_scores(model, scores, [0.5, 0.3, 0.1, 0.1, 0])
    # Member 1 in full, member 3 by a third, and what is coherent in none by its greater number.
    np.testing.assert_allclose(found[1], [1, 0.6, 0.3, 1 / 3, 0.8 / 3, -0.1], rtol=1e-6)
    np.testing.assert_array_equal(found[[0, 2]], scores[[0, 4]])
    np.testing.assert_allclose(merged.merge_word_scores(model, scores)[1], [1, 0.6, 0.9, 1, 0.8, -0.1], rtol=1e-6)
    # Words of a member that does not occur come last, but before those of none.
    rare = merged.merge_word_scores(model, scores, [0, 1, 0, 0, 0])[1]
    assert rare[:3].tolist() == scores[1, :3].tolist()
    assert 0 < rare[4] < rare[3] < 1e-3
    # By weights, the scores are β.
    by_weights = SimpleNamespace(coherent_words_={})
    np.testing.assert_array_equal(merged.merge_word_scores(by_weights, scores), merged.merge_topic_word(scores))


@st.composite
def merges(draw):
    return draw(st.lists(st.lists(st.integers(0, K - 1), min_size=2, max_size=K, unique=True), max_size=3))


@settings(deadline=None)
@given(merges(), st.integers(0, 2**32 - 1))
def test_the_decoder_sees_the_same_where_proportions_are_as_the_shares(changes, seed):
    """θ β of documents whose members stand in the ratio of the shares does not change by merging."""
    rng = np.random.default_rng(seed)
    view = TopicView(tuple((topic,) for topic in range(K)), {}, frozenset(), K, "", 0, "")
    for topics in changes:
        if len({view._group(topic) for topic in topics}) > 1:
            view = view.merge(topics)
    beta, shares = rng.normal(size=(K, 6)).astype("f4"), rng.uniform(0.1, 1, K)
    theta = np.empty((3, K))
    for group in view.groups:
        theta[:, list(group)] = rng.uniform(size=(3, 1)) * shares[list(group)]
    theta /= theta.sum(axis=1, keepdims=True)
    merged = view.merge_theta(theta) @ view.merge_topic_word(beta, shares)
    np.testing.assert_allclose(merged, theta @ beta, atol=1e-5)
    np.testing.assert_allclose(view.merge_theta(theta).sum(axis=1), 1, atol=1e-6)


def test_topics_and_proportions_of_a_view(model, view):
    merged = view.merge([0, 4], "both").hide(2)
    shares = np.array([3, 1, 1, 1, 1])
    records = merged.topics(model, 2, languages=["zh"], shares=shares)
    assert [record["topic"] for record in records] == [0, 1, 3] == list(merged.numbers)
    beta = (3 * model.topic_word_["zh"][0] + model.topic_word_["zh"][4]) / 4
    order = np.argsort(-beta)[:2]
    assert records[0]["words"] == [VOCABULARY["zh"][column] for column in order]
    np.testing.assert_allclose(records[0]["weights"], beta[order], rtol=1e-6)
    assert records[1]["words"] == model.topics(2, language="zh")[1]["words"]
    theta = model.transform(["a b b", "c d"], language="en")
    np.testing.assert_array_equal(
        merged.transform(model, ["a b b", "c d"], "en", via="local"), merged.merge_theta(theta)
    )
    with pytest.raises(InputError, match="latent means of topics do not add up"):
        merged.transform(model, ["a"], "en", latent=True)
    with pytest.raises(InputError, match="num_words is 0"):
        merged.topics(model, 0)
    with pytest.raises(InputError, match="not trained on language 'fr'"):
        merged.topics(model, 2, languages=["fr"])


def test_a_view_of_a_model_of_the_context_method():
    corpus = planted_corpus(["en", "de"], num_topics=4, documents=60)
    model = GloCTM(num_topics=4, threads=1, show_progress=False).fit(corpus)
    view = TopicView.of(model)
    assert view.topics(model, 6) == model.topics(6)
    merged = view.merge([0, 3]).hide(2)
    records = merged.topics(model, 6, languages=["en"], shares=[3, 1, 1, 1])
    first, last = model.word_scores_["en"][[0, 3]]
    scores = np.maximum(first, np.where(last > 0, last / 3, last))
    order = np.argsort(-scores, kind="stable")[:6]
    assert records[0]["words"] == [model.vocabulary_["en"][column] for column in order]
    assert records[1]["words"] == model.topics(6, language="en")[1]["words"]
    found = merged.transform(model, corpus)
    for code, theta in model.transform(corpus).items():
        np.testing.assert_array_equal(found[code], merged.merge_theta(theta))
    with pytest.raises(InputError, match="the model has one way to infer"):
        merged.transform(model, corpus, via="global")


def test_nothing_done_with_a_view_changes_the_model(model):
    before = {name: array.tobytes() for name, array in model.weights_.items()}
    beta = {code: array.tobytes() for code, array in model.topic_word_.items()}
    view = TopicView.of(model).merge([0, 1, 2], "much").rename(4, "last").hide(3)
    corpus = handmade_corpus(model)
    counts = {code: part.counts[[0, 2]] for code, part in corpus.items()}
    theta = view.transform(model, counts)
    theta["en"][:] = 7
    merged = view.merge_topic_word(model.topic_word_["en"])
    merged[:] = 7
    view.merge_theta(model.transform(counts)["en"])
    view.topics(model)
    TopicView.of(model).merge_topic_word(model.topic_word_["en"])[:] = 7
    assert {name: array.tobytes() for name, array in model.weights_.items()} == before
    assert {code: array.tobytes() for code, array in model.topic_word_.items()} == beta


def test_a_view_is_saved_and_read(model, view, tmp_path):
    made_view = view.merge([1, 3], '"quoted" <b> | 天气').hide(4)
    path = made_view.save(tmp_path / "view.json")
    assert TopicView.load(path) == made_view
    assert hash(TopicView.load(path)) == hash(made_view)
    TopicView.load(path).check(model)
    view.save(path)
    assert TopicView.load(path) == view != made_view
    assert [file.name for file in tmp_path.iterdir()] == ["view.json"]
    # As joblib hands it to another process.
    assert pickle.loads(pickle.dumps(made_view)) == copy.deepcopy(made_view) == made_view  # noqa: S301
    with pytest.raises(InputError, match="does not exist"):
        view.save(tmp_path / "nowhere" / "view.json")


def test_a_view_of_another_model_is_refused(model, view, monkeypatch):
    assert view.topics(made(), 2)
    otherwise = made()
    otherwise.topic_word_ = {code: array + np.float32(1e-6) for code, array in otherwise.topic_word_.items()}
    elsewhere = made()
    elsewhere.corpus_fingerprint_ = "0" * 64
    for other, message in [
        (made(num_topics=4), "one of 5 topics, and this has 4"),
        (made(seed=1), "one of seed 0, and this has 1"),
        (elsewhere, "one of another corpus"),
        (otherwise, "one with other topics"),
    ]:
        for use in (lambda other=other: view.topics(other), lambda other=other: view.transform(other, ["a"], "en")):
            with pytest.raises(InputError, match=f"the view is of another model, {message}: make one with"):
                use()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "gloctm-model"}, "is not the file of a view"),
        ({"format_version": 2}, r"written by a newer gloctm \(format 2\): update gloctm"),
        ({"format_version": "1"}, r"is damaged \(its format_version is .1.\): make the view again"),
        ({"groups": [[0, 1]]}, "is damaged"),
        ({"groups": 3}, "is damaged"),
        ({"groups": [[0, 1, 2, 3, "4"]]}, "is damaged"),
        ({"names": {"x": "y"}}, "is damaged"),
        ({"names": {"0": ""}}, "is damaged"),
        ({"names": []}, "is damaged"),
        ({"hidden": [0.0]}, "is damaged"),
        ({"num_topics": True}, "is damaged"),
        ({"seed": None}, "is damaged"),
    ],
)
def test_damaged_files(view, tmp_path, changes, message):
    path = view.save(tmp_path / "view.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(FileFormatError, match=message):
        TopicView.load(path)


def test_files_that_are_no_view(tmp_path):
    (tmp_path / "text").write_text("weather")
    (tmp_path / "list").write_text("[]")
    for name, message in [
        ("text", "is damaged: not valid JSON"),
        ("list", "is not the file of a view"),
        ("none", "check its"),
    ]:
        with pytest.raises(FileFormatError, match=message):
            TopicView.load(tmp_path / name)
