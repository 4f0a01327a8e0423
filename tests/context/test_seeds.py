"""Guided topics: seed words of one language pull a topic in all, and what can't be used is named."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.base import clone

from gloctm import Corpus, GloCTM
from gloctm.context.anchors import Anchors
from gloctm.context.seeds import seed_columns
from gloctm.context.topics import topic_directions
from gloctm.demo import THEMES
from gloctm.errors import InputError
from gloctm.selection.space import checked_space
from gloctm.training.seed_words import check_seed_words, seeded_topics
from planted import planted_corpus

SEEDS = {
    "en": {"trains": ["train", "railway"], "money": ["bank", "savings"], "weather": ["rain", "wind"]},
    "zh": {"trains": ["列车", "火车"], "money": ["银行", "存款"], "weather": ["气温", "天气"]},
    "ja": {"trains": ["駅", "切符"], "money": ["銀行", "貯金"], "weather": ["雲", "雨"]},
    "de": {"trains": ["bahnhof", "zug"], "money": ["bank", "geld"], "weather": ["regen", "schnee"]},
    "es": {"trains": ["tren", "estación"], "money": ["banco", "dinero"], "weather": ["lluvia", "viento"]},
}


def quiet(**settings) -> GloCTM:
    return GloCTM(**{"threads": 1, "show_progress": False, "num_topics": len(THEMES), **settings})


@pytest.fixture(scope="module")
def demo() -> Corpus:
    return Corpus.demo(show_progress=False)


@pytest.fixture(scope="module")
def planted() -> Corpus:
    return planted_corpus(["en", "de"], num_topics=5, documents=80)


def is_of(theta, labels: Sequence[str], topic: int, theme: str) -> bool:
    """Whether most documents of a topic are of a theme, and most of the theme's of the topic."""
    largest, labels = theta.argmax(axis=1), np.asarray(labels)
    of_topic = labels[largest == topic]
    return len(of_topic) > 0 and np.mean(of_topic == theme) > 0.5 and np.mean(largest[labels == theme] == topic) > 0.5


@pytest.mark.parametrize(("language", "seed"), list(zip(SEEDS, (0, 1, 2, 0, 1), strict=True)))
def test_words_of_one_language_guide_a_topic_in_all(demo, language, seed):
    numbers = {7: "trains", 2: "money", 11: "weather"}
    seed_words = {topic: {language: SEEDS[language][theme]} for topic, theme in numbers.items()}
    theta = quiet(seed_words=seed_words, random_state=seed).fit_transform(demo)
    for topic, theme in numbers.items():
        for code, part in demo.items():
            assert is_of(theta[code], part.labels, topic, theme), (theme, code)


def test_the_other_topics_are_as_good_as_without(demo):
    seed_words = {"trains": {"ja": SEEDS["ja"]["trains"]}, "money": {"es": SEEDS["es"]["money"]}}

    def purity(model: GloCTM) -> float:
        theta = model.fit_transform(demo)
        pure = 0
        for code, part in demo.items():
            largest, labels = theta[code].argmax(axis=1), np.unique(part.labels, return_inverse=True)[1]
            pure += sum(np.bincount(labels[largest == topic]).max() for topic in set(largest.tolist()))
        return pure / sum(part.num_documents for part in demo.values())

    assert purity(quiet(seed_words=seed_words)) >= purity(quiet()) - 0.01


def test_a_rare_theme_that_is_missed_is_found_by_its_seed_words(demo):
    """Three documents per language of one theme, twenty of each other."""
    parts = {}
    for code in ("en", "zh", "de"):
        part, labels = demo[code], np.asarray(demo[code].labels)
        rows = np.sort(np.concatenate([np.flatnonzero(labels != "trains"), np.flatnonzero(labels == "trains")[:3]]))
        parts[code] = dataclasses.replace(
            part,
            counts=part.counts[rows],
            document_embeddings=np.asarray(part.document_embeddings)[rows],
            labels=[part.labels[row] for row in rows],
            **{"ids": None, "texts": None},
        )
    corpus = Corpus(parts)

    def finds(model: GloCTM, topics: Sequence[int]) -> bool:
        theta = model.fit_transform(corpus)
        return any(
            all(is_of(theta[code], part.labels, topic, "trains") for code, part in corpus.items()) for topic in topics
        )

    guided = {"trains": {"en": ["train", "railway"]}}
    assert not all(finds(quiet(random_state=seed), range(12)) for seed in range(3))
    assert all(finds(quiet(random_state=seed, seed_words=guided), [0]) for seed in range(3))


def test_names_are_labels_in_every_language_and_saved(demo, tmp_path):
    seed_words = {"Climate": {"en": ["Rain", "wind"]}, "Banking": {"de": ["Bank"], "en": ["savings"]}}
    model = quiet(seed_words=seed_words).fit(demo)
    assert model.labels_ == {code: {0: "Climate", 1: "Banking"} for code in demo.languages}
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    assert loaded.labels_ == model.labels_
    assert loaded.settings_ == model.settings_
    assert loaded.seed_words == {
        name: {code: list(words) for code, words in each.items()} for name, each in seed_words.items()
    }
    again = loaded.fit(demo)
    assert all((again.weights_[name] == each).all() for name, each in model.weights_.items())


def test_the_forms_of_one_choice_give_one_model(planted):
    words = [{"en": ["en-2-0", "en-2-1"]}, {"de": ["de-4-0"]}]
    models = [
        quiet(num_topics=5, seed_words=given).fit(planted)
        for given in (words, dict(enumerate(words)), {str(topic): each for topic, each in enumerate(words)})
    ]
    named = quiet(num_topics=5, seed_words=dict(zip(("a", "b"), words, strict=True))).fit(planted)
    for other in (*models[1:], named):
        assert all((models[0].weights_[name] == each).all() for name, each in other.weights_.items())
    theta = models[0].transform(planted)
    assert all(is_of(theta[code], part.labels, 0, "2") for code, part in planted.items())
    assert all(is_of(theta[code], part.labels, 1, "4") for code, part in planted.items())


def test_every_topic_may_be_guided(planted):
    given = [{"en": [f"en-{4 - topic}-0"]} for topic in range(5)]
    theta = quiet(num_topics=5, seed_words=given).fit_transform(planted)
    for code, part in planted.items():
        assert [is_of(theta[code], part.labels, topic, str(4 - topic)) for topic in range(5)] == [True] * 5


def test_a_phrase_is_its_words_where_the_vocabulary_has_none(demo):
    given = seeded_topics({"0": {"en": ["Railway station"]}}, 1)
    vocabulary = list(demo["en"].vocabulary)
    assert seed_columns(demo, given) == {0: {"en": [vocabulary.index("railway"), vocabulary.index("station")]}}


def test_settings_stay_as_given(planted):
    given = [{"en": ["en-1-0"]}]
    model = quiet(num_topics=5, seed_words=given)
    assert model.get_params()["seed_words"] is given
    assert clone(model).get_params() == model.get_params()
    model.fit(planted)
    assert model.seed_words is given
    assert model.settings_["seed_words"] == {"0": {"en": ["en-1-0"]}}


def test_seed_words_are_part_of_a_checkpoints_identity(planted, tmp_path):
    path = tmp_path / "run.checkpoint"
    model = quiet(num_topics=5, seed_words=[{"en": ["en-1-0"]}]).fit(planted, checkpoint=path)
    for other, name in (({"seed_words": [{"en": ["en-2-0"]}]}, "seed_words"), ({"seed_weight": 2}, "seed_weight")):
        settings = {"seed_words": [{"en": ["en-1-0"]}], **other}
        with pytest.raises(InputError, match=f"another training, different in {name} "):
            quiet(num_topics=5, **settings).fit(planted, checkpoint=path, resume=True)
    resumed = quiet(num_topics=5, seed_words={0: {"en": ["en-1-0"]}}).fit(planted, checkpoint=path, resume=True)
    assert all((resumed.weights_[name] == each).all() for name, each in model.weights_.items())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("climate", "seed_words is 'climate': give words by topic and language, for example"),
        ([["climate"]], r"seed_words of topic '0' is \['climate'\]: give its words by language"),
        ({"a": {}}, "seed_words of topic 'a' is empty"),
        ({"a": {"en": "climate"}}, "seed_words of topic 'a' in 'en' is 'climate': give a list of words"),
        ({"a": {"en": []}}, r"seed_words of topic 'a' in 'en' is \[\]: give a list of words"),
        ({"a": {"en": [1]}}, r"seed_words of topic 'a' in 'en' is \[1\]: give a list of words"),
        ({"a": {"xx": ["b"]}}, "'xx' is not a language code"),
        ({"a": {"en": ["en-0-0"]}, 1: {"en": ["en-1-0"]}}, r"by number \(1\) and by name \('a'\)"),
        ({-1: {"en": ["en-0-0"]}}, "seed_words has a topic -1: give a name, or a number from 0"),
        ({1: {"en": ["en-0-0"]}, "01": {"en": ["en-1-0"]}}, "seed_words has topic '1' twice"),
        ({7: {"en": ["en-0-0"]}}, "words for topic 7, but num_topics is 5: topics are numbered from 0 to 4"),
        ([{"en": [f"en-{topic % 5}-{topic}"]} for topic in range(6)], "words for 6 topics, but num_topics is 5"),
        ({"a": {"fr": ["mot"]}}, "words in 'fr' for 'a', but the corpus has no such language: it has en, de"),
        (
            {"a": {"en": ["en-0-00"]}},
            "'en-0-00' for 'a', which is not in the vocabulary of 'en': its nearest words are",
        ),
        ({3: {"de": ["zzz"]}}, "'zzz' for topic 3, which is not in the vocabulary of 'de': give a word of its vocab"),
        ({"a": {"en": ["en-0-0"]}, "b": {"en": ["en-0-0"]}}, "seed_words has 'en-0-0' for 'a' and for 'b': give it"),
    ],
)
def test_seed_words_that_can_not_be_used_are_named(planted, given, message):
    with pytest.raises(InputError, match=message):
        quiet(num_topics=5, seed_words=given).fit(planted)


def test_an_unknown_word_is_answered_with_words_that_mean_much_the_same(demo):
    with pytest.raises(InputError, match=r"its nearest words are .*train") as caught:
        quiet(seed_words={"trains": {"en": ["monorail"]}}).fit(demo)
    assert "'monorail' for 'trains', which is not in the vocabulary of 'en'" in str(caught.value)


def test_the_published_method_has_no_seed_words(planted):
    message = "seed_words is given, a setting of method='context', but the method is 'published'"
    with pytest.raises(InputError, match=message):
        quiet(num_topics=5, method="published", seed_words=[{"en": ["en-1-0"]}]).fit(planted)


def test_seed_words_are_not_searched_over():
    with pytest.raises(InputError, match="seed_words can't be searched over"):
        checked_space({"seed_words": [None]}, quiet().get_params())


def test_numbers_and_names():
    assert check_seed_words("seed_words", None) is check_seed_words("seed_words", {}) is None
    given = {"3": {"EN": ["a"]}, "1": {"de": ("b",)}}
    assert check_seed_words("seed_words", given) == {"3": {"en": ["a"]}, "1": {"de": ["b"]}}
    assert [(each.topic, each.label) for each in seeded_topics(given, 5)] == [(1, None), (3, None)]
    assert [str(each) for each in seeded_topics({"b": {}, "a": {}}, 2)] == ["'b'", "'a'"]


def test_anchors_pull_as_strongly_as_they_weigh():
    points = np.eye(4, dtype="f4")[np.arange(400) % 4]
    towards = np.array([[1, 1, 0, 0]], np.float32) / np.float32(np.sqrt(2))
    found = {
        weight: topic_directions({"en": points}, 4, 0, [Anchors(np.array([2]), towards, weight)])[2] @ towards[0]
        for weight in (0.0, 0.5, 4.0)
    }
    assert found[0.0] < found[0.5] < found[4.0]
    assert found[4.0] > 0.98
    free = topic_directions({"en": points}, 4, 0, [Anchors(np.array([2]), np.eye(4, dtype="f4")[[3]], 1.0)])
    assert free[2].argmax() == 3
    assert sorted(free.argmax(axis=1).tolist()) == [0, 1, 2, 3]
