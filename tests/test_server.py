"""The server: answers are the model's own, limits hold, nothing that is asked breaks it or gets beyond it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the server needs the extra serve")
pytest.importorskip("plotly", reason="its page needs the extra report")

import httpx
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gloctm import GloCTM
from gloctm.cli.serve import serve
from gloctm.errors import GloCTMError, InputError, MissingDependencyError
from gloctm.server import DEFAULT_LIMITS, Limits, create_app
from gloctm.server.access import has_token, host_name, same_origin
from gloctm.server.answers import Answers
from gloctm.server.clients import RateLimiter, client_of
from gloctm.server.inference import EXPLAINED_WORDS, SMALLEST_SHARE
from gloctm.server.languages import MOST_CODES, Languages
from gloctm.server.listening import is_loopback
from gloctm.server.schemas import SimilarResponse, TopicsResponse, TransformRequest, TransformResponse
from gloctm.server.words import WordVectors
from gloctm.server.work import BusyError, Deadline, OutOfTimeError, Workers
from gloctm.summary import summarize
from gloctm.text import as_tokenizer
from gloctm.view import TopicView
from handmade import handmade_corpus, handmade_model

WORDS = {
    "en": ["rain", "storm", "train", "station", "song", "guitar"],
    "de": ["regen", "sturm", "zug", "bahnhof", "lied", "gitarre"],
    "ja": ["雨", "嵐", "電車", "駅", "歌", "ギター"],
}
FRENCH = ["pluie", "orage", "gare", "chanson"]
TOKEN = "a-token-of-more-than-16-characters"


class Encoder:
    """Vectors for a few words, of the space of the model's own; any other word has none."""

    name, version, languages = "of-the-test", "1", frozenset(["fr"])

    def __init__(self):
        rng = np.random.default_rng(3)
        self.table = dict(zip(FRENCH, rng.normal(size=(len(FRENCH), 8)).astype("f4"), strict=True))

    def encode(self, texts):
        return np.stack([self.table.get(text, np.zeros(8, "f4")) for text in texts])


def make_model():
    rng = np.random.default_rng(1)
    beta = {code: rng.gamma(1, size=(4, len(words))) for code, words in WORDS.items()}
    model = handmade_model(WORDS, beta)
    model.tokenizers_ = {"en": "unicode", "de": "unicode", "ja": "ja-sudachi"}
    model._own_encoder = Encoder()
    return model


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture(scope="module")
def summary(model):
    return summarize(model, handmade_corpus(model), title="Weather & <script>alert(1)</script>")


@contextlib.contextmanager
def serving(model, summary=None, *, host="localhost", **settings):
    with TestClient(create_app(model, summary, **settings), base_url=f"http://{host}") as client:
        yield client


@pytest.fixture(scope="module")
def client(model, summary):
    with serving(model, summary, limits=Limits(rate=0)) as open_client:
        yield open_client


def ask(client, *documents, **more):
    return client.post("/api/transform", json={"documents": list(documents), **more})


def thetas(response):
    assert response.status_code == 200, response.text
    return np.array([document["theta"] for document in response.json()["documents"]], np.float32)


def detail(response, status):
    """The sentence of a refusal."""
    assert response.status_code == status, response.text
    [(key, sentence)] = response.json().items()
    assert key == "detail"
    assert isinstance(sentence, str)
    assert "\n" not in sentence
    assert sentence
    return sentence


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
    assert "not made for 'sw'" in response.json()["warnings"][0]


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


def test_merged_topics_are_those_of_the_view(model):
    view = TopicView.of(model).merge([0, 2], "weather").hide(3)
    texts = ["rain and storm at the station", "a song"]
    with serving(model, summarize(model, view=view)) as client:
        response = ask(client, *({"text": text, "lang": "en"} for text in texts))
        np.testing.assert_array_equal(thetas(response), view.transform(model, texts, "en"))
        assert client.get("/topics").json()["topics"][0]["name"] == "weather"


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
    monkeypatch.setattr("gloctm.server.inference.SMALLEST_SHARE", 0.0)
    names = [f"w{number:03}x" for number in range(EXPLAINED_WORDS + 40)]
    rng = np.random.default_rng(0)
    large = handmade_model(
        dict.fromkeys(("en", "de"), names), {c: rng.normal(size=(3, len(names))) for c in ("en", "de")}
    )
    answers = Answers(large, summarize(large), DEFAULT_LIMITS)
    text = " ".join([*names, *names[40:]])
    evidence = answers.inference.evidence("en", [text], None, Deadline(np.inf))
    assert set(answers.inference._shares(evidence, 0)) == set(names[40:])


# Topics and what is similar


def test_topics_are_those_of_the_model(client, model, summary):
    answer = client.get("/topics", params={"num_words": 3, "lang": "DE"}).json()
    TopicsResponse.model_validate(answer)
    for record, topic in zip(model.topics(3, lang="de"), answer["topics"], strict=True):
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
    records = model.topics(1, lang="fr", vocabulary=["pluie"])
    expected = np.array([record["weights"][0] for record in records])
    assert [each["topic"] for each in answer["topics"]] == np.argsort(-expected).tolist()
    np.testing.assert_allclose([each["score"] for each in answer["topics"]], np.sort(expected)[::-1], rtol=1e-3)


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


# Files


def upload(client, content, name="texts.jsonl", *, path="/transform/file", **fields):
    return client.post(path, files={"file": (name, content)}, data=fields)


CSV = "id,text,lang\na,rain and storm,en\nb,Regen,de\nc,nothing known,en\n"
LINES = '{"text": "rain and storm", "lang": "en", "id": "a"}\n{"text": "Regen", "lang": "de", "id": 2}\n'


@pytest.mark.parametrize("path", ["/transform/file", "/api/transform/file"])
def test_a_csv_file_becomes_another(client, model, path):
    response = upload(client, CSV, "Meine Texte.CSV", path=path, format="csv")
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'attachment; filename="topics.csv"'
    head, first, second, third = response.text.splitlines()
    assert head == "id,lang,topic_0,topic_1,topic_2,topic_3"
    for row, (text, code) in zip((first, second), (("rain and storm", "en"), ("Regen", "de")), strict=True):
        assert row.split(",")[1] == code
        np.testing.assert_allclose(np.float32(row.split(",")[2:]), model.transform([text], code)[0], rtol=1e-6)
    assert third == "c,en,,,,"


def test_json_lines_and_lines_of_text(client, model):
    rows = [json.loads(line) for line in upload(client, LINES, format="jsonl").text.splitlines()]
    assert [(row["id"], row["lang"]) for row in rows] == [("a", "en"), ("2", "de")]
    plain = upload(
        client, "\ufeffrain\n\n  storm \r\n12345\n", "lines.txt", lang="en", format="jsonl"
    ).text.splitlines()
    expected = model.transform(["rain", "storm"], "en")
    for row, theta in zip(map(json.loads, plain[:2]), expected, strict=True):
        np.testing.assert_array_equal(np.float32([row[f"topic_{topic}"] for topic in range(4)]), theta)
    assert json.loads(plain[2]) == {"id": "2", "lang": "en", **{f"topic_{topic}": None for topic in range(4)}}


def test_documents_of_a_file_in_no_known_language_are_und(client):
    assert upload(client, "text\n12345\n", "t.csv").text.splitlines()[1] == "0,und,,,,"


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "texts.csv", "empty"),
        (b"", "texts.jsonl", "no documents"),
        (b"a,b\n1,2\n", "texts.csv", "'text'"),
        (b'text\n"never closed\n', "texts.csv", "line 2"),
        (b'{"text": 3}\n', "texts.jsonl", "line 1"),
        (b'{"text"\n', "texts.jsonl", "line 1"),
        (b"[" * 100_000, "texts.json", "the file"),
        (b'{"text": "a", "lang": "no such"}\n', "texts.jsonl", "line 1"),
        (b"text\n\xff\xfe\xfd\n", "texts.csv", "UTF-8"),
        (b"\xff\xfa\n", "texts.txt", "UTF-8"),
        (b"\x1f\x8b\x08\x00" + b"\0" * 20, "texts.jsonl", "compressed"),
        (b"PK\x03\x04" + b"\0" * 20, "texts.csv", "compressed"),
        (b"PAR1", "texts.parquet", ".jsonl"),
        (b"rain", "texts", ".jsonl"),
        (b"rain", "", "file"),
    ],
)
def test_files_that_cannot_be_read(client, content, name, told):
    sentence = detail(upload(client, content, name), 422)
    assert told in sentence
    assert tempfile.gettempdir() not in sentence


@pytest.mark.parametrize(
    "name",
    [
        "../../../../etc/passwd.csv",
        "/etc/passwd.csv",
        "..\\..\\windows\\system.csv",
        "file:///etc/passwd.csv",
        "a\x00b.csv",
        "x" * 5000 + ".csv",
        'a"; filename="b.csv',
        "-.csv",
    ],
)
def test_names_of_files_are_no_paths(client, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    response = upload(client, CSV, name, format="csv")
    assert response.status_code in (200, 400, 422)
    if response.status_code == 200:
        assert response.text.splitlines()[1].startswith("a,en,")
        assert response.headers["content-disposition"] == 'attachment; filename="topics.csv"'
    assert "root:" not in response.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fields", [{"format": "parquet"}, {"format": "../x"}, {"via": "up"}, {"lang": "no such"}])
def test_fields_of_an_upload_that_make_no_sense(client, fields):
    detail(upload(client, "rain\n", "a.txt", **fields), 422)


@pytest.mark.parametrize("data", [{}, {"file": "text that is no file"}])
def test_an_upload_without_a_file(client, data):
    boundary = {"content-type": "multipart/form-data; boundary=x"}
    parts = "".join(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{data[name]}\r\n' for name in data)
    assert "file" in detail(client.post("/transform/file", content=f"{parts}--x--\r\n", headers=boundary), 422)


def test_a_body_that_is_no_form(client):
    headers = {"content-type": "multipart/form-data"}
    detail(client.post("/transform/file", content=b"anything", headers=headers), 400)


def test_rows_with_formulas_and_halves_of_characters_come_back(client):
    content = b'{"text": "rain", "lang": "en", "id": "=1+1\\ud800"}\n'
    assert upload(client, content, format="csv").text.splitlines()[1].startswith("=1+1\\ud800,en,0.")


# Wrong input


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"documents": []}',
        b'{"documents": {}}',
        b'{"documents": ["rain"]}',
        b'{"documents": [{"lang": "en"}]}',
        b'{"documents": [{"text": null}]}',
        b'{"documents": [{"text": 5}]}',
        b'{"documents": [{"text": ["rain"], "lang": "en"}]}',
        b'{"documents": [{"text": "rain", "language": "en"}]}',
        b'{"documents": [{"text": "rain", "lang": "no such language"}]}',
        b'{"documents": [{"text": "rain", "lang": 3}]}',
        b'{"documents": [{"text": "rain", "lang": "en", "id": {}}]}',
        b'{"documents": [{"text": "rain", "lang": "en", "id": true}]}',
        b'{"documents": [{"text": "rain", "lang": "en", "id": ' + b"9" * 6000 + b"}]}",
        b'{"documents": [{"text": "rain", "lang": "en"}], "via": "telepathy"}',
        b'{"documents": [{"text": "rain", "lang": "fr"}], "via": "both"}',
        b'{"documents": [{"text": "rain", "lang": "en"}], "explain": "perhaps"}',
        b'{"documents": [{"text": "rain", "lang": "en"}], "encoder": "/etc/passwd"}',
        b'{"documents": [{"text": "rain", "lang": "' + b"x" * 10_000 + b'"}]}',
        b'{"documents": [' + b"1," * 200_000 + b"1]}",
        b'{"documents": [' + b'{"text":""},' * 100_000 + b'{"text":""}]}',
        b'{"documents": [{"text": "rain"' + b"".join(b',"a%d":1' % n for n in range(100_000)) + b"}]}",
    ],
)
def test_requests_that_make_no_sense_are_answered_in_a_sentence(client, body):
    response = client.post("/transform", content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    assert len(detail(response, response.status_code)) < 300


def test_of_many_errors_one_is_made():
    # Each would take more memory than what is wrong.
    for wrong in ({"documents": [1] * 1000}, {"documents": [], **{f"a{n}": 1 for n in range(1000)}}):
        with pytest.raises(ValidationError) as raised:
            TransformRequest.model_validate(wrong)
        assert raised.value.error_count() == 1


def test_the_place_of_what_is_wrong_is_named(client):
    assert detail(ask(client, {"text": "a", "lang": "en"}, {"txt": "b"}), 422).startswith("documents[1].text: ")


def test_halves_of_characters_and_other_oddities_are_text(client, model):
    texts = ["rain \ud800", "\x00rain\x00", "rain\u202e", "r\u00adain", "RAIN" * 1, "rain " * 3000]
    body = json.dumps({"documents": [{"text": text, "lang": "en", "id": "\udfff"} for text in texts], "explain": True})
    response = client.post("/transform", content=body, headers={"content-type": "application/json"})
    # Whether the parser of JSON takes them is its affair; nothing else may come of it.
    assert response.status_code in (200, 422)
    if response.status_code == 200:
        np.testing.assert_array_equal(thetas(response), model.transform(texts, "en"))


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=60), lang=st.sampled_from(["en", "de", "ja", "fr", None]))
def test_any_text_is_answered(client, model, text, lang):
    response = ask(client, {"text": text, "lang": lang}, explain=True)
    if response.status_code != 200:
        detail(response, 422)
        return
    [document] = response.json()["documents"]
    length = len(text.encode("utf-16-le")) // 2
    assert all(0 <= word["start"] < word["end"] <= length for word in document["words"])
    if document["theta"] is not None:
        np.testing.assert_allclose(thetas(response), model.transform([text], document["lang"]), atol=1e-6)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_json_must_be_called_so(client, content_type):
    # Pages of other sites may send anything else without asking first.
    response = client.post("/transform", content=b'{"documents": []}', headers={"content-type": content_type})
    assert "application/json" in detail(response, 415)
    assert "multipart" in detail(client.post("/transform/file", json={}), 415)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/topics/",
        "/../../etc/passwd",
        "/api/..%2f..%2fetc%2fpasswd",
        "/api/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/static/../../model.json",
    ],
)
def test_there_is_nothing_at_other_addresses(client, path):
    assert "openapi.json" in detail(client.get(path), 404)


def test_other_methods_are_refused(client):
    for method, path in (("PUT", "/topics"), ("DELETE", "/"), ("GET", "/transform"), ("POST", "/topics")):
        response = client.request(method, path, headers={"content-type": "application/json"})
        assert response.status_code == 405
        assert response.json()["detail"]


# The page


def test_the_page_is_the_explorer_with_its_policy(client, summary):
    response = client.get("/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert 'data-live="true"' in response.text
    assert "<script>alert(1)</script>" not in response.text
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in response.headers["content-security-policy"]
    again = client.get("/", headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/topics", "/healthz", "/nothing", "/api/openapi.json"])
def test_every_answer_has_the_headers_of_security(client, path):
    headers = client.get(path, headers={"origin": "http://elsewhere.example"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert not [name for name in headers if name.startswith("access-control")]


def test_texts_of_documents_come_back_as_json_alone(client):
    response = upload(client, '{"text": "rain", "lang": "en", "id": "<script>alert(1)</script>"}\n', format="jsonl")
    assert response.headers["content-disposition"].startswith("attachment")
    assert not response.headers["content-type"].startswith("text/html")


def test_the_api_describes_itself(client):
    described = client.get("/api/openapi.json").json()
    assert set(described["paths"]) == {
        f"/api/{name}" for name in ("transform", "transform/file", "topics", "similar", "healthz")
    }
    for model_of, name in ((TransformResponse, "TransformResponse"), (TopicsResponse, "TopicsResponse")):
        [example] = described["components"]["schemas"][name]["examples"]
        model_of.model_validate(example)
    [example] = described["components"]["schemas"]["TransformRequest"]["examples"]
    assert ask(client, *example["documents"]).status_code == 200
    assert "no-cdn" not in json.dumps(described)
    assert all(len(operation["responses"]) > 2 for operation in described["paths"]["/api/transform"].values())


def test_the_server_is_there(client):
    assert client.get("/healthz").json() == client.get("/api/healthz").json() == {"status": "ok"}


# Who may ask


def test_without_a_token_only_names_of_this_machine_are_answered(model, summary):
    app = create_app(model, summary)
    for host, status in (
        ("localhost", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("LOCALHOST.", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("127.0.0.1@evil.example", 400),
        ("", 400),
    ):
        response = TestClient(app, base_url="http://localhost").get("/healthz", headers={"host": host})
        assert response.status_code == status, host
    named = TestClient(create_app(model, summary, hosts=["topics.example"]), base_url="http://topics.example")
    assert named.get("/healthz").status_code == 200
    assert named.get("/healthz", headers={"host": "localhost"}).status_code == 400


def test_pages_of_other_sites_are_not_answered(client):
    document = {"documents": [{"text": "rain", "lang": "en"}]}
    for origin, status in (
        ("http://localhost", 200),
        ("http://evil.example", 403),
        ("http://localhost:81", 403),
        ("null", 403),
        ("http://[", 403),
    ):
        assert client.post("/transform", json=document, headers={"origin": origin}).status_code == status


def basic(password):
    return f"Basic {base64.b64encode(f'anyone:{password}'.encode()).decode()}"


def test_a_token_is_asked_for_everywhere(model, summary):
    with serving(model, summary, token=TOKEN, host="topics.example", limits=Limits(rate=0)) as client:
        for path in ("/", "/topics", "/api/topics", "/api/openapi.json", "/nothing"):
            for wrong in (None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, basic("x")):
                response = client.get(path, headers={} if wrong is None else {"authorization": wrong})
                assert "token" in detail(response, 401)
                # Only for the page does a browser open a dialog.
                assert response.headers["www-authenticate"].startswith("Basic" if path == "/" else "Bearer")
        assert ask(client, {"text": "rain", "lang": "en"}).status_code == 401
        for right in (f"Bearer {TOKEN}", f"bearer  {TOKEN}", basic(TOKEN)):
            assert client.get("/", headers={"authorization": right}).status_code == 200
            assert client.get("/topics", headers={"authorization": right}).status_code == 200
        assert client.get("/healthz").status_code == 200
        described = client.get("/api/openapi.json", headers={"authorization": basic(TOKEN)}).json()
        assert described["paths"]["/api/transform"]["post"]["security"]
        assert "security" not in described["paths"]["/api/healthz"]["get"]


@pytest.mark.parametrize(
    "token", ["", "short", "with spaces in the token", "mit-Umlaut-ä-oder-anderem", "new\nline" * 4]
)
def test_tokens_that_could_be_guessed_or_not_be_sent_are_refused(model, summary, token):
    with pytest.raises(InputError, match="the token"):
        create_app(model, summary, token=token)


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic /////w==", "Digest x", "Bearer \udcff", "\x00"])
def test_headers_without_the_token(header):
    assert not has_token(header, TOKEN)


def test_names_and_origins():
    assert host_name("[::1]:80") == "::1"
    assert host_name("[") == ""
    assert same_origin(None, None)
    assert not same_origin("http://a", None)
    assert same_origin("https://A.example:8443", "a.example:8443")


@pytest.mark.parametrize(("host", "expected"), [("127.0.0.1", True), ("::1", True), ("0.0.0.0", False)])
def test_which_addresses_are_of_this_machine_alone(host, expected):
    assert is_loopback(host) is expected


# How much


def test_bodies_that_are_too_large_are_refused_as_they_come(model, summary):
    limits = Limits(body_bytes=1000, upload_bytes=5000)
    with serving(model, summary, limits=limits) as client:
        large = json.dumps({"documents": [{"text": "rain " * 300, "lang": "en"}]}).encode()
        assert "1,000 bytes" in detail(client.post("/transform", content=large, headers=JSON), 413)
        sent = 0

        def chunks():
            nonlocal sent
            for start in range(0, len(large), 100):
                sent += 100
                yield large[start : start + 100]

        detail(client.post("/transform", content=chunks(), headers=JSON), 413)
        assert "5,000 bytes" in detail(upload(client, b"x" * 6000, "a.txt"), 413)
        detail(client.post("/transform", content=b"{}", headers={**JSON, "content-length": "9" * 30}), 413)
        assert ask(client, {"text": "rain", "lang": "en"}).status_code == 200


JSON = {"content-type": "application/json"}


def test_requests_beyond_a_limit_say_which(model, summary):
    limits = Limits(documents=3, upload_documents=2, characters=50, explained=1, new_words=2, rate=0)
    rain = {"text": "rain", "lang": "en"}
    with serving(model, summary, limits=limits) as client:
        assert ask(client, rain, rain, rain).status_code == 200
        assert "4 documents" in detail(ask(client, *[rain] * 4), 413)
        assert "documents[1]" in detail(ask(client, rain, {"text": "x" * 51}), 413)
        assert "explain" in detail(ask(client, rain, rain, explain=True), 413)
        assert "3 words" in detail(ask(client, {"text": "pluie orage gare", "lang": "fr"}), 422)
        assert "more than 2" in detail(upload(client, "rain\n" * 3, "a.txt"), 422)
        assert "line 2" in detail(upload(client, "rain\n" + "x" * 51, "a.txt"), 422)
        detail(client.post("/similar", json={"text": "x" * 51}), 413)


def test_a_client_that_asks_too_often_has_to_wait(model, summary):
    with serving(model, summary, limits=Limits(rate=0.001, burst=2)) as client:
        assert [client.get("/topics").status_code for _ in range(2)] == [200, 200]
        for _ in range(3):
            response = client.get("/topics")
            detail(response, 429)
            assert 900 < int(response.headers["retry-after"]) <= 1000
        assert client.get("/healthz").status_code == 200


def test_buckets_fill_steadily_and_are_bounded():
    now = 0.0
    limiter = RateLimiter(2.0, 3, clock=lambda: now, most_clients=2)
    assert [limiter.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    now = 0.5
    assert [limiter.wait("a"), limiter.wait("a")] == [0, 0.5]
    now = 100.0
    assert [limiter.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limiter.wait("b") == limiter.wait("c") == 0
    assert len(limiter) == 2
    assert RateLimiter(0, 1).wait("a") == 0


def test_addresses_of_one_household_are_one_client():
    assert client_of("2001:db8::1") == client_of("2001:db8::ffff:1") != client_of("2001:db8:0:1::1")
    assert client_of("::ffff:192.0.2.1") == client_of("192.0.2.1") != client_of("192.0.2.2")
    assert client_of("fe80::1%eth0") == client_of("fe80::2")
    assert client_of(None) == ""


class Blocking:
    """A tokeniser that waits to be let go."""

    def __init__(self):
        self.entered, self.release = threading.Event(), threading.Event()

    def __call__(self, text):
        if text == "wait":
            self.entered.set()
            assert self.release.wait(60)
        return text.split()


def blocking_model():
    model, blocking = make_model(), Blocking()
    model._own_tokenizers["en"] = as_tokenizer(blocking)
    return model, blocking


def test_a_full_server_says_so_and_goes_on(summary):
    model, blocking = blocking_model()
    with (
        serving(model, summary, limits=Limits(concurrent=1, queue=0, rate=0)) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(ask, client, {"text": "wait", "lang": "en"}, {"text": "rain", "lang": "en"})
        assert blocking.entered.wait(60)
        busy = ask(client, {"text": "regen", "lang": "de"})
        detail(busy, 503)
        assert busy.headers["retry-after"] == "1"
        # What takes no work is answered all the while.
        assert client.get("/topics").status_code == client.get("/").status_code == 200
        blocking.release.set()
        assert first.result(60).status_code == 200
        assert ask(client, {"text": "regen", "lang": "de"}).status_code == 200


def test_an_answer_that_takes_too_long_is_given_up_but_its_thread_is_counted(summary):
    model, blocking = blocking_model()
    with serving(model, summary, limits=Limits(concurrent=1, queue=1, seconds=0.3)) as client:
        sentence = detail(ask(client, {"text": "wait", "lang": "en"}, {"text": "rain", "lang": "en"}), 504)
        assert "longer" in sentence
        # The thread can't be stopped: until it ends nothing else gets its place.
        detail(ask(client, {"text": "regen", "lang": "de"}), 503)
        blocking.release.set()


def test_workers_keep_to_their_number():
    async def scenario():
        workers = Workers(concurrent=2, queue=1, seconds=60)
        running, most, let_go = 0, 0, threading.Event()
        lock = threading.Lock()

        def work():
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            assert let_go.wait(60)
            with lock:
                running -= 1
            return "done"

        async def request():
            with workers.place() as deadline:
                return await workers.run(work, deadline)

        tasks = [asyncio.create_task(request()) for _ in range(5)]
        refused, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        let_go.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        workers.stop()
        return refused, results, most

    refused, results, most = asyncio.run(scenario())
    assert all(isinstance(task.exception(), BusyError) for task in refused)
    assert [result for result in results if isinstance(result, str)] == ["done"] * 3
    assert most <= 2


def test_work_of_which_nobody_waits_for_the_answer_is_not_begun():
    async def scenario():
        workers = Workers(concurrent=1, queue=0, seconds=60)

        async def gone():
            return True

        with workers.place() as deadline, pytest.raises(BusyError):
            await workers.run(lambda: pytest.fail("begun"), deadline, gone)
        with workers.place() as deadline:
            assert await workers.run(lambda: 1, deadline) == 1
        workers.stop()

    asyncio.run(scenario())


def test_work_ends_at_its_deadline_or_with_the_server():
    stopping = threading.Event()
    Deadline(np.inf, stopping).check()
    stopping.set()
    for deadline in (Deadline(0.0), Deadline(np.inf, stopping)):
        with pytest.raises(OutOfTimeError):
            deadline.check()
    model = make_model()
    inference = Answers(model, summarize(model), DEFAULT_LIMITS).inference
    for code in ("en", "fr"):
        with pytest.raises(OutOfTimeError):
            inference.evidence(code, ["pluie"], None, Deadline(0.0))


def test_a_failure_of_ours_is_one_sentence_and_in_the_log(model, summary, monkeypatch, caplog):
    def fail(*_, **__):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Answers, "topics", fail)
    with serving(model, summary) as client:
        assert "secret" not in detail(client.get("/topics"), 500)
        assert client.get("/healthz").status_code == 200
    assert "secret" in caplog.text


def test_nothing_grows_with_what_is_asked():
    vectors = WordVectors(Encoder(), 8, memo_words=10)
    for number in range(30):
        assert vectors([f"word{number}", "pluie"], Deadline(np.inf)).shape == (2, 8)
    assert len(vectors) == 10
    assert not vectors(["x" * 101], Deadline(np.inf)).any()
    assert vectors([], Deadline(np.inf)).shape == (0, 8)
    languages = Languages(make_model())
    # With the model's own three it is full then, whether codes are ones or not.
    for number in range(MOST_CODES - 3):
        with contextlib.suppress(InputError):
            languages.normal(f"en-x-{number}" if number % 2 else f"no-such-{number}")
    with pytest.raises(InputError, match="more than the server deals with"):
        languages.normal("fr")
    assert languages.normal("de") == "de"


@pytest.mark.parametrize(
    "given",
    [
        {"documents": 0},
        {"documents": 20_001},
        {"queue": -1},
        {"rate": -1},
        {"seconds": 0},
        {"seconds": np.inf},
        {"burst": 1.5},
    ],
)
def test_limits_that_make_no_sense(given):
    with pytest.raises(InputError, match=f"^{next(iter(given))} is "):
        Limits(**given)


def test_a_summary_of_another_model_is_refused(model, summary):
    other = handmade_model({"en": ["a", "b"], "fr": ["c", "d"]}, {code: np.ones((2, 2)) for code in ("en", "fr")})
    with pytest.raises(InputError, match="another model"):
        create_app(other, summary)
    with pytest.raises(InputError, match="GloCTM"):
        create_app("model")
    with pytest.raises(InputError, match="summary is a dict"):
        create_app(model, {"title": "x"})
    with pytest.raises(InputError, match="hosts"):
        create_app(model, summary, hosts="localhost")


def test_without_its_packages_the_server_says_what_to_install(model, summary, monkeypatch):
    monkeypatch.setattr("gloctm.server.app.find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match="pip install fastapi uvicorn python-multipart"):
        create_app(model, summary)


def test_a_server_that_cannot_identify_languages_says_so(client, monkeypatch):
    def missing(_):
        raise MissingDependencyError("no py3langid")

    monkeypatch.setattr("gloctm.corpus.identification.identify_languages", missing)
    assert "lang" in detail(ask(client, {"text": "rain"}), 422)
    assert ask(client, {"text": "rain", "lang": "en"}).status_code == 200


def test_a_model_of_own_vectors_is_asked_about_its_own_languages_alone(summary):
    model = make_model()
    model._own_encoder = None
    with serving(model, summary, title="Mine") as client:
        assert "en, de, ja" in detail(ask(client, {"text": "pluie", "lang": "fr"}), 422)
        detail(client.post("/similar", json={"word": "pluie"}), 422)
        assert ask(client, {"text": "rain", "lang": "en"}).status_code == 200
        assert "<title>Mine</title>" in client.get("/").text


# The command


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("served")
    model = handmade_model(
        {code: WORDS[code] for code in ("en", "de")},
        {code: np.random.default_rng(1).gamma(1, size=(3, 6)) for code in ("en", "de")},
    )
    model.save(path / "model")
    handmade_corpus(model).save(path / "corpus")
    return path


@contextlib.contextmanager
def serving_process(folder, *arguments, **environment):
    """The command as a process, and its address; killed if need be."""
    environment = {**{name: value for name, value in os.environ.items() if name != "GLOCTM_TOKEN"}, **environment}
    command = [sys.executable, "-m", "gloctm", "serve", str(folder / "model"), "--port", "0", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment
    )
    # Bounds the waiting for its first line, too.
    timer = threading.Timer(300, process.kill)
    timer.start()
    try:
        line = process.stderr.readline()
        found = re.fullmatch(r"listening at (http://\S+/) \(Ctrl-C ends it\)\n", line)
        assert found, line
        yield process, found[1]
    finally:
        timer.cancel()
        process.kill()
        process.communicate()


def end(process, sent, code):
    """End a process in order."""
    process.send_signal(sent)
    output, messages = process.communicate(timeout=200)
    assert process.returncode == code, messages
    assert output == ""
    assert "Traceback" not in messages


def test_the_command_serves_until_interrupted(folder):
    with serving_process(folder, "--corpus", str(folder / "corpus")) as (process, url):
        with httpx.Client(base_url=url, timeout=200) as client:
            assert client.get("/").headers["content-type"].startswith("text/html")
            theta = thetas(client.post("/transform", json={"documents": [{"text": "rain song", "lang": "en"}]}))
            expected = GloCTM.load(folder / "model").transform(["rain song"], "en")
            np.testing.assert_array_equal(theta, expected)
            assert client.get("/topics", headers={"host": "evil.example"}).status_code == 400
            assert "server" not in client.get("/healthz").headers
            # Chunks beyond the limit, over a real connection.
            many = (b" " * 100_000 for _ in range(30))
            assert client.post("/transform", content=many, headers=JSON).status_code == 413
        address = (httpx.URL(url).host, httpx.URL(url).port)
        post = b"POST /transform HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        for garbage in (
            b"\x00\xff\xfe garbage\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            post + b"Content-Length: x\r\n\r\n",
            post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ):
            with socket.create_connection(address, timeout=200) as connection, contextlib.suppress(ConnectionError):
                connection.sendall(garbage)
                answer = connection.recv(100)
                assert not answer or answer.startswith(b"HTTP/1.1 4")
        assert httpx.get(f"{url}healthz", timeout=200).status_code == 200
        end(process, signal.SIGINT, 130)


def test_the_command_wants_its_token_loads_no_torch_and_can_be_terminated(folder):
    with serving_process(folder, GLOCTM_TOKEN=TOKEN) as (process, url):
        with httpx.Client(base_url=url, timeout=200) as client:
            assert client.get("/topics").status_code == 401
            assert client.get("/topics", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
            assert client.get("/healthz").status_code == 200
        maps = f"/proc/{process.pid}/maps"
        if os.path.exists(maps):
            with open(maps, encoding="utf-8") as loaded:
                assert "libtorch" not in loaded.read()
        end(process, signal.SIGTERM, 143)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"host": "0.0.0.0"}, "GLOCTM_TOKEN"),
        ({"host": "0.0.0.0", "token": ""}, "GLOCTM_TOKEN"),
        ({"host": "0.0.0.0", "token": "short"}, "16"),
        ({"token": "short"}, "16"),
        ({"host": "no.such.host.invalid"}, "no.such.host.invalid"),
        ({"documents": 0}, "documents is 0"),
        ({"corpus": Path("missing")}, "missing"),
    ],
)
def test_the_command_refuses_in_a_sentence(folder, settings, told):
    with pytest.raises(GloCTMError, match=told):
        serve(folder / "model", **{"port": 0, **settings})


def test_a_port_that_is_taken_is_told_before_anything_is_read(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} .* --port"):
            serve(tmp_path / "no model", port=port)
