"""A server of a model of the context method: one way to infer, for all languages and all words."""

from __future__ import annotations

import copy
import csv

import numpy as np
import pytest

from serving import ask, detail, make_context_model, serving, thetas, upload

# First, since it skips where the server's packages lack.
# isort: split
from gloctm.errors import MissingDependencyError
from gloctm.model.explanation import SMALLEST_SHARE
from gloctm.model.view import TopicView
from gloctm.server import Limits
from gloctm.summary import summarize

# In English, with a word of no vocabulary that the encoder knows, and one that it does not.
TEXT = "Rain, rain and pluie; unheard"


@pytest.fixture(scope="module")
def trained():
    return make_context_model()


@pytest.fixture(scope="module")
def model(trained):
    return trained[0]


@pytest.fixture(scope="module")
def summary(trained):
    return summarize(*trained)


@pytest.fixture(scope="module")
def client(model, summary):
    with serving(model, summary, limits=Limits(rate=0)) as open_client:
        yield open_client


@pytest.mark.parametrize("via", [None, "page"])
def test_theta_is_the_models_own(client, model, via):
    texts = ["Rain, rain and a storm!", "The train left the station.", "駅で電車を待つ雨の日", "ein Lied", TEXT]
    codes = ["en", "en", "ja", "de", "en"]
    documents = [{"text": text, "lang": code} for text, code in zip(texts, codes, strict=True)]
    theta = thetas(ask(client, *documents, **({"via": via} if via else {})))
    np.testing.assert_allclose(theta, model.transform(texts, codes), atol=1e-6)
    # Each is of another theme than the next.
    assert [int(each.argmax()) for each in theta[[0, 1, 3]]] == [int(theta[row].argmax()) for row in (4, 2, 3)]
    assert len(set(theta.argmax(axis=1))) == 3


def test_long_texts_are_split_as_the_model_splits_them(trained):
    model, corpus = trained
    split = copy.copy(model)
    split.passage_length_ = 60
    text = "Rain, rain and a storm! " * 5 + "The train left the station. " * 5
    with serving(split, summarize(split, corpus), limits=Limits(rate=0)) as client:
        answer = ask(client, {"text": text, "lang": "en"}, {"text": "Rain!", "lang": "en"}, explain=True)
    theta = thetas(answer)
    np.testing.assert_allclose(theta, split.transform([text, "Rain!"], "en"), atol=1e-6)
    # As sure of both themes, where the whole text is of neither.
    assert theta[0].max() < 0.7
    words = answer.json()["documents"][0]["words"]
    assert {text[word["start"] : word["end"]].lower() for word in words} >= {"rain", "train"}
    assert max(word["end"] for word in words) > 200


@pytest.mark.parametrize("via", ["local", "global", "both"])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_there_are_no_encoders_to_choose_among(client, via, lang):
    sentence = detail(ask(client, {"text": "rain", "lang": lang}, via=via), 422)
    assert sentence.startswith(f"via is {via!r}, but the model has one way to infer, for all languages: leave via out")


def test_words_of_no_vocabulary_count_in_a_language_trained_on(client, model):
    known, linked = thetas(ask(client, {"text": "guitar", "lang": "en"}, {"text": "guitar pluie", "lang": "en"}))
    assert np.abs(known - linked).max() > 0.01
    alone = ask(client, {"text": "pluie", "lang": "en"}, {"text": "unheard", "lang": "en"})
    first, second = alone.json()["documents"]
    assert int(np.argmax(first["theta"])) == int(thetas(ask(client, {"text": "rain", "lang": "en"}))[0].argmax())
    assert second["theta"] is None
    assert alone.json()["warnings"] == [
        "no vocabulary has a word of 1 of 2 documents, the first with the id 0, so words with similar vectors answer: "
        "check what it says",
        "the model knows no word of 1 of 2 documents, the first with the id 1 in English (en)",
    ]


def test_words_of_no_vocabulary_are_left_out_where_their_encoder_is_not_known(trained):
    model, corpus = make_context_model()
    model._own_encoder = None
    with serving(model, summarize(model, corpus), limits=Limits(rate=0)) as client:
        texts = ["guitar", "guitar pluie"]
        known, further = thetas(ask(client, *({"text": text, "lang": "en"} for text in texts)))
        np.testing.assert_array_equal(known, further)
        np.testing.assert_allclose(known, model.transform(["guitar"], "en")[0], atol=1e-6)
        assert "encoder of its word embeddings" in detail(ask(client, {"text": "pluie", "lang": "fr"}), 422)


def test_languages_never_trained_on_are_linked(client, model):
    texts = ["La pluie et un orage", "une chanson", "la gare"]
    theta = thetas(ask(client, *({"text": text, "lang": "fr"} for text in texts)))
    np.testing.assert_allclose(theta, model.transform(texts, "fr"), atol=1e-6)
    english = thetas(ask(client, *({"text": text, "lang": "en"} for text in ("rain storm", "song", "station"))))
    np.testing.assert_array_equal(theta.argmax(axis=1), english.argmax(axis=1))


@pytest.mark.parametrize(
    ("words", "lang"), [(["rain", "storm", "rain", "guitar", "pluie"], "en"), (["pluie", "orage", "chanson"], "fr")]
)
def test_weights_are_what_is_lost_without_the_word(client, model, words, lang):
    def theta(kept):
        return model.transform([" ".join(kept)], lang)[0]

    response = ask(client, {"text": " ".join(words), "lang": lang}, explain=True)
    found = response.json()["documents"][0]["words"]
    told = {word["word"]: dict(word["topics"]) for word in found}
    for word in set(words):
        weights = theta(words) - theta([other for other in words if other != word])
        most = sorted((topic for topic in range(3) if weights[topic] >= SMALLEST_SHARE), key=lambda k: -weights[k])
        assert most
        assert list(told[word]) == most
        np.testing.assert_allclose(list(told[word].values()), weights[most], atol=1e-5, rtol=1e-3)
    assert [word["word"] for word in found] == words


def test_a_view_is_served(trained):
    model, corpus = trained
    view = TopicView.of(model).merge([0, 2], "both")
    with serving(model, summarize(model, corpus, view=view), limits=Limits(rate=0)) as client:
        response = ask(client, {"text": TEXT, "lang": "en"}, explain=True)
        assert response.json()["topics"] == [0, 1]
        np.testing.assert_allclose(thetas(response), view.transform(model, [TEXT], "en"), atol=1e-6)


def test_topics_and_what_is_similar_go_by_the_ranking(client, model):
    topics = client.get("/topics", params={"num_words": 6, "lang": "en"}).json()["topics"]
    for record, topic in zip(model.topics(6, language="en"), topics, strict=True):
        words, weights = zip(*topic["words"]["en"], strict=True)
        assert list(words) == record["words"]
        np.testing.assert_array_equal(np.float32(weights), record["weights"])
    scores = model.word_scores_["en"][:, 1]
    answer = client.post("/similar", json={"word": "storm"}).json()
    assert [each["topic"] for each in answer["topics"]] == np.argsort(-scores).tolist()
    np.testing.assert_allclose([each["score"] for each in answer["topics"]], np.sort(scores)[::-1], rtol=1e-3)
    text = client.post("/similar", json={"text": TEXT, "lang": "en", "num": 3}).json()
    theta = model.transform([TEXT], "en")[0]
    assert [each["topic"] for each in text["topics"]] == np.argsort(-theta).tolist()


def test_a_file_is_inferred_the_same_way(client, model):
    response = upload(client, f"{TEXT}\nstorm\n", "a.txt", lang="en", via="page")
    head, *rows = csv.reader(response.text.splitlines())
    assert ",".join(head) == "id,lang,text,topic,name,topic_0,topic_1,topic_2"
    theta = np.array([row[5:] for row in rows], np.float32)
    np.testing.assert_allclose(theta, model.transform([TEXT, "storm"], "en"), atol=1e-6)
    assert "one way to infer" in detail(upload(client, "rain\n", "a.txt", lang="en", via="global"), 422)


def test_words_to_be_embedded_are_limited_in_every_language(model, summary):
    with serving(model, summary, limits=Limits(rate=0, new_words=2)) as client:
        assert "3 words" in detail(ask(client, {"text": "chanson orage gare", "lang": "fr"}), 422)
        # Of a language trained on what is known counts, and of other words those in most texts.
        texts = ["rain chanson gare", "storm gare orage", "song"]
        response = ask(client, *({"text": text, "lang": "en"} for text in texts))
        assert response.json()["warnings"] == [
            "words in English (en) outside the model's vocabulary are left out, 1 of 3: a request may have 2 of them"
        ]
        expected = model.transform(["rain chanson gare", "storm gare", "song"], "en")
        np.testing.assert_allclose(thetas(response), expected, atol=1e-6)
        assert ask(client, {"text": "rain storm train station", "lang": "en"}).json()["warnings"] == []


@pytest.mark.parametrize("error", [MissingDependencyError("it needs a package"), OSError("no model file")])
def test_words_that_can_not_be_embedded_are_left_out(trained, error, monkeypatch):
    model, corpus = make_context_model()
    summary = summarize(model, corpus)

    def encode(texts):
        raise error

    monkeypatch.setattr(model._own_encoder, "encode", encode)
    with serving(model, summary, limits=Limits(rate=0)) as client:
        response = ask(client, {"text": "guitar pluie", "lang": "en"}, explain=True)
        np.testing.assert_allclose(thetas(response), model.transform([["guitar"]], "en"), atol=1e-6)
        assert response.json()["warnings"] == [
            f"words in English (en) outside the model's vocabulary are left out: {error}"
        ]


def test_the_page_says_how_proportions_were_inferred(client, summary):
    assert summary.inference == "context"
    assert "in the space of contexts that all languages share" in client.get("/").text


def test_texts_without_a_known_word_are_warned_of(client):
    response = ask(client, {"text": "pluie", "lang": "en"}, {"text": "rain", "lang": "en"})
    assert response.json()["warnings"] == [
        "no vocabulary has a word of 1 of 2 documents, the first with the id 0, so words with similar vectors answer: "
        "check what it says"
    ]
    assert ask(client, {"text": "pluie", "lang": "fr"}).json()["warnings"] == []
