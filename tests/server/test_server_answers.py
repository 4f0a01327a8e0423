"""What a server says is what the model says: topics, the words that led there, what is similar."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from serving import WORDS, ask, detail, make_model, serving, thetas, upload
from serving import client as client
from serving import model as model
from serving import summary as summary

# First, since it skips where the server's packages lack.
# isort: split
from gloctm.model.explanation import EXPLAINED_WORDS, SMALLEST_SHARE
from gloctm.model.view import TopicView
from gloctm.server import DEFAULT_LIMITS
from gloctm.server.answers import Answers
from gloctm.server.languages import Languages
from gloctm.server.schemas import SimilarResponse, TopicsResponse, TransformResponse
from gloctm.server.work import Deadline
from gloctm.summary import summarize
from handmade import handmade_corpus, handmade_model

# What the model says


@pytest.mark.parametrize("via", [None, "local", "global", "both"])
def test_theta_is_the_models_own_bit_for_bit(client, model, via):
    texts = ["Rain, rain and a storm!", "The train left the station.", "駅で電車を待つ雨の日", "ein Lied"]
    codes = ["en", "en", "ja", "de"]
    documents = [{"text": text, "lang": code} for text, code in zip(texts, codes, strict=True)]
    response = ask(client, *documents, **({"via": via} if via else {}))
    np.testing.assert_array_equal(thetas(response), model.transform(texts, codes, via=via))
    TransformResponse.model_validate(response.json())


@pytest.mark.parametrize("path", ["/transform", "/api/transform"])
def test_ids_come_back_or_are_positions(client, path):
    documents = [{"text": "rain", "lang": "en", "id": identifier} for identifier in ("a", 7, None)]
    found = client.post(path, json={"documents": documents}).json()["documents"]
    assert [document["id"] for document in found] == ["a", "7", "2"]
    assert [document["words"] for document in found] == [[], [], []]


def test_languages_never_trained_on_are_linked_by_the_encoder(client, model):
    texts = ["La pluie et un orage", "une chanson à la gare"]
    response = ask(client, *({"text": text, "lang": "fr"} for text in texts))
    np.testing.assert_allclose(thetas(response), model.transform(texts, "fr"), atol=1e-6)
    assert response.json()["warnings"] == []


def test_a_language_the_encoder_was_not_made_for_is_warned_of(client):
    response = ask(client, {"text": "pluie", "lang": "sw"})
    assert "does not support Swahili (sw)" in response.json()["warnings"][0]


def test_languages_are_identified_as_the_model_spells_them(model):
    other = make_model()
    for attribute in ("vocabulary_", "tokenizers_", "topic_word_", "word_embeddings_"):
        each = getattr(other, attribute)
        setattr(other, attribute, {code.replace("en", "en-GB"): value for code, value in each.items()})
    other.languages_ = ("en-GB", "de", "ja")
    other.weights_ = {name.replace("en.", "en-GB."): array for name, array in other.weights_.items()}
    answers = Languages(other)
    [(code, confidence)] = answers.identified(["The train left the station in the rain today."], Deadline(np.inf))
    assert code == "en-GB"
    assert confidence > 0.9


def test_documents_in_no_known_language_are_kept_on_request(client, model):
    documents = [{"text": "rain and storm", "lang": "en", "id": "a"}, {"text": "12345", "id": "b"}]
    assert "the language of documents[1] can't be identified" in detail(ask(client, *documents), 422)
    answer = ask(client, *documents, keep_unidentified=True).json()
    TransformResponse.model_validate(answer)
    known, unknown = answer["documents"]
    np.testing.assert_array_equal(np.float32(known["theta"]), model.transform(["rain and storm"], "en")[0])
    assert unknown == {"id": "b", "lang": "und", "theta": None, "words": []}
    assert answer["warnings"] == [
        "the language can't be identified of 1 of 2 documents, the first with the id b; topics are missing (und): name "
        "it"
    ]


@pytest.mark.parametrize(("name", "code"), [("English", "en"), (" deutsch ", "de"), ("日本語", "ja"), ("French", "fr")])
def test_languages_may_be_named_as_in_files(client, name, code):
    assert ask(client, {"text": "rain Regen 雨 pluie", "lang": name}).json()["documents"][0]["lang"] == code


def test_a_missing_or_null_language_is_identified(client, model):
    text = "The train left the station in the rain, and everybody sang a song."
    for lang in ({}, {"lang": None}, {"lang": "auto"}):
        response = ask(client, {"text": text, **lang})
        assert response.json()["documents"][0]["lang"] == "en"
        np.testing.assert_array_equal(thetas(response), model.transform([text], "en"))


def test_a_language_that_cannot_be_told_is_not_guessed(client):
    sentence = detail(ask(client, {"text": "rain", "lang": "en"}, {"text": "12345 !!"}), 422)
    assert "documents[1]" in sentence
    assert "lang" in sentence


def test_a_text_without_known_words_has_no_theta(client):
    response = ask(client, {"text": "nothing known", "lang": "en"}, {"text": "", "lang": "de"}, explain=True)
    assert [(each["theta"], each["words"]) for each in response.json()["documents"]] == [(None, []), (None, [])]
    assert response.json()["warnings"] == [
        "the model knows no word of 1 of 2 documents, the first with the id 0 in English (en)",
        "the model knows no word of 1 of 2 documents, the first with the id 1 in German (de)",
    ]


def test_a_text_taken_for_a_language_may_be_in_another(summary):
    model = make_model()
    model._own_encoder.languages = frozenset({"fr", "en-Shaw"})
    with serving(model, summary) as client:
        text = "Everybody wanted nothing but this, and they said that it was well known."
        [sentence] = ask(client, {"text": text}).json()["warnings"]
        assert sentence.startswith("the model knows no word of the text, identified as English (en): name the language")
        assert sentence.endswith("(en-Shaw)")
        assert ask(client, {"text": text, "lang": "en"}).json()["warnings"] == [
            "the model knows no word of the text in English (en)"
        ]


@pytest.fixture(scope="module")
def merged(model):
    """Topics 1 and 2 as one, topic 0 hidden: what is shown are topics 1 and 3."""
    return TopicView.of(model).merge([1, 2], "weather").hide(0)


@pytest.fixture(scope="module")
def merged_summary(model, merged):
    return summarize(model, handmade_corpus(model), view=merged)


def test_merged_topics_are_those_of_the_view_by_their_numbers_in_the_model(model, merged, merged_summary):
    texts = ["rain and storm at the station", "a song"]
    with serving(model, merged_summary) as client:
        response = ask(client, *({"text": text, "lang": "en"} for text in texts), explain=True)
        assert response.json()["topics"] == [1, 3]
        np.testing.assert_array_equal(thetas(response), merged.transform(model, texts, "en"))
        explained = [word["topics"] for document in response.json()["documents"] for word in document["words"]]
        assert {number for topics in explained for number, _ in topics} <= {1, 3}
        assert [(each["topic"], each["name"]) for each in client.get("/topics").json()["topics"]] == [
            (1, "weather"),
            (3, merged_summary.topics[1].name),
        ]
        head = upload(client, "rain\n", "a.txt", lang="en").text.splitlines()[0]
        assert head == '"id",lang,text,topic,name,topic_1,topic_3'


def test_merged_words_weigh_the_same_wherever_they_are_told(model, merged, merged_summary):
    shares = merged_summary.topics[0].shares
    assert 0.5 not in shares.values()
    beta = {
        code: np.stack([shares[1] * each[1] + shares[2] * each[2], each[3]]) for code, each in model.topic_word_.items()
    }
    with serving(model, merged_summary) as client:
        listed = client.get("/topics?num_words=6").json()["topics"]
        np.testing.assert_allclose(dict(listed[0]["words"]["en"])["storm"], beta["en"][0, 1], rtol=1e-6)
        similar = client.post("/similar", json={"word": "storm"}).json()["topics"]
        assert {each["topic"]: each["score"] for each in similar} == pytest.approx(
            dict(zip([1, 3], beta["en"][:, 1], strict=True)), rel=1e-3
        )
        # Of hidden topics no word comes back, however much a text is about them.
        text = client.post("/similar", json={"text": "rain storm", "lang": "en", "num": 3}).json()
        expected = merged.transform(model, ["rain storm"], "en")[0] @ beta["de"]
        assert [word for word, _ in text["words"]["de"]] == [WORDS["de"][place] for place in np.argsort(-expected)[:3]]
        assert [score for _, score in text["words"]["de"]] == pytest.approx(np.sort(expected)[:-4:-1], rel=1e-3)


def test_similar_to_a_merged_topic(model, merged_summary):
    with serving(model, merged_summary) as client:
        for topic, own in zip((1, 3), merged_summary.topics, strict=True):
            answer = client.post("/similar", json={"topic": topic}).json()
            found = [(each["topic"], each["score"]) for each in answer["topics"]]
            assert found == [(other, pytest.approx(cosine, rel=1e-3)) for other, cosine in own.similar]
        assert "merged into topic 1" in detail(client.post("/similar", json={"topic": 2}), 422)
        assert "topic 0 is not shown" in detail(client.post("/similar", json={"topic": 0}), 422)


@pytest.mark.parametrize("via", ["global", "local", "both"])
def test_the_pages_encoder_is_asked_for_by_name(model, via):
    with serving(model, summarize(model, via=via)) as client:
        documents = [{"text": "rain and a storm", "lang": "en"}, {"text": "la pluie", "lang": "fr"}]
        found = thetas(ask(client, *documents, via="page"))
        np.testing.assert_array_equal(found[:1], model.transform(["rain and a storm"], "en", via=via))
        # A language not trained on has one encoder, whatever the page was made by.
        np.testing.assert_allclose(found[1:], model.transform(["la pluie"], "fr"), atol=1e-6)
        np.testing.assert_array_equal(thetas(ask(client, documents[0])), model.transform(["rain and a storm"], "en"))


def test_concurrent_requests_get_the_same_answers(client, model):
    texts = {
        "en": "The train left the station in the rain.",
        "ja": "駅で電車を待つ雨の日",
        "fr": "la pluie, un orage",
        "de": "Regen am Bahnhof",
    }
    jobs = [(code, via) for code in texts for via in (None, "global")] * 4
    expected = {job: thetas(ask(client, {"text": texts[job[0]], "lang": job[0]}, via=job[1])) for job in jobs}
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda job: thetas(ask(client, {"text": texts[job[0]], "lang": job[0]}, via=job[1])), jobs)
        for job, theta in zip(jobs, answers, strict=True):
            np.testing.assert_array_equal(theta, expected[job])
            np.testing.assert_allclose(theta, model.transform([texts[job[0]]], job[0], via=job[1]), atol=1e-6)


# Which words led there


def defined_shares(model, words, lang, via=None):
    """The definition: θ of the document less θ of it without a word, for each of its words."""

    def theta(kept):
        return model.transform([kept], lang, via=via)[0] if kept else np.full(4, 0.25, np.float32)

    whole = theta(words)
    return {word: whole - theta([other for other in words if other != word]) for word in set(words)}


@pytest.mark.parametrize(
    ("words", "lang", "via"),
    [
        (["rain", "storm", "rain", "train", "song"], "en", None),
        (["rain", "storm", "train"], "en", "global"),
        (["rain", "storm", "rain", "guitar"], "en", "both"),
        (["pluie", "orage", "chanson"], "fr", None),
        (["guitar"], "en", None),
    ],
)
def test_weights_are_what_is_lost_without_the_word(client, model, words, lang, via):
    expected = defined_shares(model, words, lang, via)
    response = ask(client, {"text": " ".join(words), "lang": lang}, explain=True, via=via)
    found = response.json()["documents"][0]["words"]
    told = {word["word"]: dict(word["topics"]) for word in found}
    for word, weights in expected.items():
        most = sorted((topic for topic in range(4) if weights[topic] >= SMALLEST_SHARE), key=lambda k: -weights[k])[:3]
        assert list(told.get(word, {})) == most
        np.testing.assert_allclose(list(told.get(word, {}).values()), weights[most], atol=1e-5, rtol=1e-3)
    assert [word["word"] for word in found] == [word for word in words if word in told]


def test_places_of_words_are_in_utf16(client):
    text = "😀 RAIN — 😀 storm, <b>rain</b>"
    words = ask(client, {"text": text, "lang": "en"}, explain=True).json()["documents"][0]["words"]
    units = text.encode("utf-16-le")
    assert {word["word"] for word in words} == {"rain", "storm"}
    for word in words:
        assert units[2 * word["start"] : 2 * word["end"]].decode("utf-16-le").lower() == word["word"]


def test_a_long_text_is_explained_by_its_most_frequent_words(monkeypatch):
    # Of so many words none counts for much.
    monkeypatch.setattr("gloctm.model.explanation.SMALLEST_SHARE", 0.0)
    names = [f"w{number:03}x" for number in range(EXPLAINED_WORDS + 40)]
    rng = np.random.default_rng(0)
    large = handmade_model(
        dict.fromkeys(("en", "de"), names), {c: rng.normal(size=(3, len(names))) for c in ("en", "de")}
    )
    answers = Answers(large, summarize(large), DEFAULT_LIMITS)
    text = " ".join([*names, *names[40:]])
    deadline = Deadline(np.inf)
    evidence = answers.inference.evidence("en", [text], None, deadline)
    found = answers.inference.explain(evidence, 0, text, deadline)
    assert {share.word for share in found} == set(names[40:])


# Topics and what is similar


def test_topics_are_those_of_the_model(client, model, summary):
    answer = client.get("/topics", params={"num_words": 3, "lang": "DE"}).json()
    TopicsResponse.model_validate(answer)
    for record, topic in zip(model.topics(3, language="de"), answer["topics"], strict=True):
        assert list(topic["words"]) == ["de"]
        assert [word for word, _ in topic["words"]["de"]] == record["words"]
        np.testing.assert_array_equal(np.float32([weight for _, weight in topic["words"]["de"]]), record["weights"])
    assert client.get("/api/topics").json()["topics"][1]["name"] == summary.topics[1].name


@pytest.mark.parametrize(
    ("query", "told"),
    [("num_words=0", "num_words"), ("num_words=1000000", "num_words"), ("num_words=x", "num_words"), ("lang=fr", "fr")],
)
def test_topics_that_there_are_not(client, query, told):
    assert told in detail(client.get(f"/topics?{query}"), 422)


def test_similar_to_a_topic(client, summary):
    answer = client.post("/similar", json={"topic": 2, "num": 2}).json()
    SimilarResponse.model_validate(answer)
    assert [each["topic"] for each in answer["topics"]] == [topic for topic, _ in summary.topics[2].similar[:2]]
    assert [word for word, _ in answer["words"]["de"]] == [word for word, _ in summary.topics[2].words["de"][:2]]


def test_similar_to_a_word_of_a_vocabulary(client, model):
    for asked in ({"word": "STORM"}, {"word": "storm", "lang": "en"}):
        answer = client.post("/api/similar", json={**asked, "num": 4}).json()
        beta = model.topic_word_["en"][:, 1]
        assert [each["topic"] for each in answer["topics"]] == np.argsort(-beta).tolist()
        np.testing.assert_allclose([each["score"] for each in answer["topics"]], np.sort(beta)[::-1], rtol=1e-3)
        own, other = model.word_embeddings_["en"][1], model.word_embeddings_["de"]
        cosine = other @ own / np.linalg.norm(other, axis=1) / np.linalg.norm(own)
        assert [word for word, _ in answer["words"]["de"]] == [WORDS["de"][place] for place in np.argsort(-cosine)[:4]]
        assert "storm" not in [word for word, _ in answer["words"]["en"]]


def test_similar_to_a_word_of_no_vocabulary(client, model):
    answer = client.post("/similar", json={"word": "Pluie", "lang": "fr", "num": 4}).json()
    records = model.topics(1, language="fr", vocabulary=["pluie"])
    expected = np.array([record["weights"][0] for record in records])
    assert [each["topic"] for each in answer["topics"]] == np.argsort(-expected).tolist()
    np.testing.assert_allclose([each["score"] for each in answer["topics"]], np.sort(expected)[::-1], rtol=1e-3)
    assert "no vocabulary" in answer["warnings"][-1]


def test_similar_words_of_a_language_to_be_identified_are_of_all(client):
    expected = client.post("/similar", json={"word": "storm"}).json()
    assert client.post("/similar", json={"word": "storm", "lang": "auto"}).json() == expected
    assert expected["warnings"] == []


def test_similar_to_a_text(client, model):
    text = "rain at the station"
    answer = client.post("/similar", json={"text": text, "lang": "en", "num": 3}).json()
    theta = model.transform([text], "en")[0]
    assert [each["topic"] for each in answer["topics"]] == np.argsort(-theta)[:3].tolist()
    expected = np.argsort(-(theta @ model.topic_word_["ja"]))[:3]
    assert [word for word, _ in answer["words"]["ja"]] == [WORDS["ja"][place] for place in expected]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "a", "word": "b"},
        {"topic": -1},
        {"topic": 4},
        {"topic": "1"},
        {"topic": True},
        {"topic": 1, "lang": "en"},
        {"word": ""},
        {"word": "x" * 101},
        {"word": "unheard"},
        {"word": "unheard", "lang": "en"},
        {"word": "pluie", "lang": "no such"},
        {"text": "nothing known", "lang": "en"},
        {"text": "12 34"},
        {"topic": 1, "num": 0},
        {"topic": 1, "num": 101},
    ],
)
def test_similar_to_what_there_is_not(client, body):
    detail(client.post("/similar", json=body), 422)
