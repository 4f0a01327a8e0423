"""The view is changed while the server runs, and topics and documents are searched by meaning."""

from __future__ import annotations

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from serving import JSON, TOKEN, ask, detail, listening, make_context_model, serving, shown, thetas
from serving import model as model
from serving import summary as summary

# First, since it skips where the server's packages lack.
# isort: split
import httpx

from gloctm import Corpus, GloCTM, TopicView
from gloctm.errors import InputError
from gloctm.server import Limits, create_app
from gloctm.server.schemas import SearchResponse
from gloctm.summary import Summarizer, summarize


@pytest.fixture(scope="module")
def demo():
    """A model of the demo and its corpus, which has labels, texts and an encoder of both."""
    corpus = Corpus.demo(["en", "de"], show_progress=False)
    return GloCTM(num_topics=12, threads=1, show_progress=False).fit(corpus), corpus


@pytest.fixture(scope="module")
def context():
    return make_context_model()


@pytest.fixture
def client(context):
    model, corpus = context
    with serving(model, Summarizer(model, corpus), title="Weather", limits=Limits(rate=0)) as open_client:
        yield open_client


@pytest.fixture(scope="module")
def searched(demo):
    with serving(demo[0], Summarizer(*demo), limits=Limits(rate=0)) as open_client:
        yield open_client


# Views


def test_a_view_that_the_page_saves_is_shown_from_then_on(client, context, tmp_path):
    model, corpus = context
    before = client.get("/")
    content = shown(before)["view"]
    assert ask(client, {"text": "rain", "lang": "en"}).json()["topics"] == [0, 1, 2]
    content |= {"groups": [[2, 0]], "names": {"0": "Wetter 天気"}, "hidden": [1]}
    answer = client.post("/api/view", json=content)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    path = tmp_path / "view.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    view = TopicView.load(path)
    expected = json.loads(json.dumps(summarize(model, corpus, view=view, title="Weather").to_dict()))
    found = answer.json()
    # The page has its documents already.
    assert found.pop("documents")["count"] == len(expected.pop("documents")["ids"])
    assert found == expected
    # The page and the API have the new view; a browser that has the former page gets it.
    after = client.get("/", headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert shown(after) == answer.json()
    texts = ["rain, a storm and a song", "the train"]
    response = ask(client, *({"text": text, "lang": "en"} for text in texts))
    np.testing.assert_allclose(thetas(response), view.transform(model, texts, "en"), atol=1e-6)
    assert response.json()["topics"] == [0]
    assert [topic["name"] for topic in client.get("/api/topics").json()["topics"]] == ["Wetter 天気"]
    assert "merged into topic 0" in detail(client.post("/similar", json={"topic": 2}), 422)
    assert client.post("/api/search", json={"query": "rain"}).json()["topics"][0]["name"] == "Wetter 天気"
    # And back.
    plain = TopicView.of(model).to_dict()
    assert client.post("/view", json=plain).json()["topics"][1]["id"] == 1
    assert ask(client, {"text": "rain", "lang": "en"}).json()["topics"] == [0, 1, 2]


def test_documents_are_not_inferred_again_for_a_view(context, monkeypatch):
    model, corpus = context
    with serving(model, Summarizer(model, corpus)) as client:
        monkeypatch.setattr(GloCTM, "transform", None)
        content = TopicView.of(model).hide(0).to_dict()
        found = client.post("/api/view", json=content).json()
    assert sum(topic["mainly"]["en"] for topic in found["topics"]) == 20
    assert found["documents"]["count"] == 90


def test_without_documents_a_view_is_of_words(model):
    with serving(model) as client:
        found = client.post("/api/view", json=TopicView.of(model).rename(1, "Trains").to_dict()).json()
        assert [topic["names"]["de"] for topic in found["topics"]][1] == "Trains"
        assert found["topics"][0]["prevalence"] is None
    with serving(model, view=TopicView.of(model).hide(2)) as client:
        assert shown(client.get("/"))["hidden"] == [2]


def test_an_edit_of_a_view_that_is_no_longer_shown_is_refused(client, context):
    own = TopicView.of(context[0])
    first, second = own.rename(1, "AAA"), own.rename(2, "BBB")

    def changes(view):
        return {name: view.to_dict()[name] for name in ("groups", "names", "hidden")}

    assert client.post("/api/view", json={**first.to_dict(), "changes": changes(own)}).status_code == 200
    before = client.get("/").headers["etag"]
    refused = client.post("/api/view", json={**second.to_dict(), "changes": changes(own)})
    assert refused.status_code == 409
    assert "changed by someone else meanwhile" in refused.json()["detail"]
    assert refused.json()["view"] == first.to_dict()
    assert client.get("/").headers["etag"] == before
    both = first.rename(2, "BBB")
    found = client.post("/api/view", json={**both.to_dict(), "changes": changes(first)}).json()
    assert [topic["name"] for topic in found["topics"]][1:] == ["AAA", "BBB"]
    # The order of lists does not matter; who names no view replaces any.
    shuffled = {**changes(both), "groups": [[2], [0], [1]]}
    assert client.post("/api/view", json={**both.to_dict(), "changes": shuffled}).status_code == 200
    wrong = {**changes(both), "groups": [[0]]}
    assert "exactly once" in detail(client.post("/api/view", json={**both.to_dict(), "changes": wrong}), 422)
    assert client.post("/api/view", json=own.to_dict()).json()["view"]["names"] == {}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"topics_fingerprint": "0" * 64}, "the view is of another model, one with other topics"),
        ({"corpus_fingerprint": "other"}, "of another model, one of another corpus"),
        ({"seed": 7}, "of another model, one of seed 7"),
        ({"num_topics": 10**12}, "the view is one of 1000000000000 topics, and this model has 3"),
        ({"num_topics": "3"}, "num_topics: it must be a whole number"),
        ({"groups": [[0], [1]]}, "must have each of the 3 topics exactly once"),
        ({"groups": [[0], [1], [2], [2]]}, "must have each of the 3 topics exactly once"),
        ({"groups": [[0], [], [1, 2]]}, "exactly once"),
        ({"groups": [], "hidden": [0, 1, 2]}, "hides every topic"),
        ({"groups": [["a"]]}, r"groups\[0\]\[0\]: it must be a whole number"),
        ({"names": {"1": "two\nlines"}}, "one line of plain text"),
        ({"names": {"1": "x" * 201}}, "200 at most"),
        ({"names": {"one": "Trains"}}, "damaged"),
        ({"names": {"5": "Trains"}}, "names topic 5, which is hidden or not the first"),
        ({"names": {"1": 5}}, "names.1: it must be a text"),
        ({"format": "other"}, "is not the file of a view"),
        ({"format_version": 99}, "a newer gloctm"),
    ],
)
def test_what_is_no_view_of_the_model_is_refused_and_changes_nothing(context, client, change, sentence):
    before = client.get("/").headers["etag"]
    found = detail(client.post("/api/view", json={**TopicView.of(context[0]).to_dict(), **change}), 422)
    assert re.search(sentence, found)
    assert client.get("/").headers["etag"] == before


def test_a_part_that_is_missing_is_named(client, context):
    content = TopicView.of(context[0]).to_dict()
    del content["hidden"]
    assert detail(client.post("/api/view", json=content), 422) == "hidden: it is missing"
    assert "must be application/json" in detail(client.post("/api/view", content=b"{}"), 415)
    assert "it must be an object" in detail(client.post("/api/view", content=b"[]", headers=JSON), 422)


def test_views_are_bounded_and_need_the_token(context):
    model, corpus = context
    content = TopicView.of(model).to_dict()
    with serving(model, Summarizer(model, corpus), token=TOKEN, limits=Limits(body_bytes=2000)) as client:
        assert "needs a token" in detail(client.post("/api/view", json=content), 401)
        headers = {"authorization": f"Bearer {TOKEN}"}
        assert client.post("/api/view", json=content, headers=headers).status_code == 200
        large = {**content, "hidden": [0] * 2000}
        assert "2,000 bytes" in detail(client.post("/api/view", json=large, headers=headers), 413)
        foreign = {**headers, "origin": "http://elsewhere.example"}
        assert "another site" in detail(client.post("/api/view", json=content, headers=foreign), 403)


def test_a_server_may_take_no_views(model, summary):
    content = TopicView.of(model).to_dict()
    with serving(model, edits=False) as client:
        assert "can't be changed: save the view as a file" in detail(client.post("/api/view", json=content), 403)
    with serving(model, summary) as client:
        assert "a ready summary" in detail(client.post("/api/view", json=content), 403)


def test_summaries_of_another_model_are_refused(model, context, summary):
    with pytest.raises(InputError, match="the summary is of another model"):
        create_app(model, Summarizer(context[0]))
    with pytest.raises(InputError, match="a ready summary, which has its own"):
        create_app(model, summary, view=TopicView.of(model))
    with pytest.raises(InputError, match="the view is of another model"):
        create_app(model, view=TopicView.of(context[0]))


def test_a_view_in_the_making_keeps_no_one_waiting(context, monkeypatch):
    model, corpus = context
    begun, go_on = threading.Event(), threading.Event()
    maker = Summarizer(model, corpus)
    make, views = Summarizer.summary, []

    def waiting(self, view=None):
        if view is not None:
            views.append(view)
            begun.set()
            assert go_on.wait(20)
        return make(self, view)

    # One thread for all other requests: a view must not take it.
    limits = Limits(concurrent=1, queue=4, rate=0)
    app = create_app(model, maker, limits=limits)
    monkeypatch.setattr(Summarizer, "summary", waiting)
    first, second = TopicView.of(model).hide(1), TopicView.of(model).hide(2)
    with listening(app, limits) as url, httpx.Client(base_url=url, timeout=20) as client, ThreadPoolExecutor(2) as pool:
        one = pool.submit(client.post, "/api/view", json=first.to_dict())
        assert begun.wait(20)
        assert ask(client, {"text": "rain", "lang": "en"}).json()["topics"] == [0, 1, 2]
        two = pool.submit(client.post, "/api/view", json=second.to_dict())
        assert client.get("/api/topics").status_code == 200
        go_on.set()
        assert [one.result().json()["hidden"], two.result().json()["hidden"]] == [[1], [2]]
        # One after the other, the last one is shown.
        assert views == [first, second]
        assert [topic["topic"] for topic in client.get("/api/topics").json()["topics"]] == [0, 1]


def test_a_view_that_takes_too_long_is_not_shown(context, monkeypatch):
    model, corpus = context
    go_on, make = threading.Event(), Summarizer.summary
    with serving(model, Summarizer(model, corpus), limits=Limits(seconds=1.5)) as client:

        def waiting(self, view=None):
            go_on.wait(20)
            return make(self, view)

        monkeypatch.setattr(Summarizer, "summary", waiting)
        before = client.get("/").headers["etag"]
        content = TopicView.of(model).hide(1).to_dict()
        assert "takes longer than the server allows" in detail(client.post("/api/view", json=content), 504)
        monkeypatch.undo()
        go_on.set()
        # The next view waits until the former work has ended.
        found = client.post("/api/view", json=TopicView.of(model).to_dict())
        assert found.status_code == 200
        assert client.get("/").headers["etag"] == before


# Search


def test_topics_and_documents_are_those_of_python(searched, demo):
    model, corpus = demo
    for query in ("a train that is late", "eine Rakete zum Mond", "el partido de fútbol"):
        response = searched.post("/api/search", json={"query": query, "num": 3})
        found = response.json()
        SearchResponse.model_validate(found)
        assert (found["by"], found["warnings"]) == ("meaning", [])
        topics = model.find_topics(query, 3)
        assert [(row["topic"], row["name"]) for row in topics] == [
            (topic["topic"], topic["name"]) for topic in found["topics"]
        ]
        for row, topic in zip(topics, found["topics"], strict=True):
            for number in ("score", "similarity", "word_share"):
                assert topic[number] == pytest.approx(row[number], rel=2e-3, abs=1e-6)
        documents = model.find_documents(query, 3, corpus=corpus)
        for row, document in zip(documents, found["documents"], strict=True):
            for name, other in {"id": "id", "language": "lang", "text": "text", "label": "label"}.items():
                assert document[other] == row[name]
            assert document["score"] == pytest.approx(row["score"], rel=2e-3)
            assert document["proportion"] == pytest.approx(row["proportion"], abs=1e-3)
            assert document["topic"] == (None if row["topic"] < 0 else row["topic"])


def test_documents_of_one_language(searched):
    found = searched.post("/api/search", json={"query": "music", "lang": "German", "num": 4}).json()
    assert [document["lang"] for document in found["documents"]] == ["de"] * 4
    assert "no documents in French (fr): choose among en, de" in detail(
        searched.post("/api/search", json={"query": "music", "lang": "fr"}), 422
    )


def test_a_query_without_meaning_is_said_to_be_one(searched):
    found = searched.post("/api/search", json={"query": "qzxv wqkj"}).json()
    assert len(found["topics"]) == 10
    assert "no topic is clearly about 'qzxv wqkj'" in found["warnings"][0]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "query: it is missing"),
        ({"query": ""}, "query: it must not be empty|query: string should have at least 1"),
        ({"query": "  "}, "query: it must not be empty|query: string should have at least 1"),
        ({"query": "x" * 1001}, "query: string should have at most 1000"),
        ({"query": 5}, "query: it must be a text"),
        ({"query": "rain", "num": 0}, "num: it is too small"),
        ({"query": "rain", "num": 51}, "num: it is too large"),
        ({"query": "rain", "number": 5}, "number: there is no such key"),
        ({"query": "rain", "lang": "nonsense!"}, "is not a language code"),
    ],
)
def test_queries_are_checked(client, body, sentence):
    assert re.search(sentence, detail(client.post("/api/search", json=body), 422))


def test_without_an_encoder_words_alone_are_compared(context):
    model, corpus = context
    own, model._own_encoder = model._own_encoder, None
    try:
        with serving(model, Summarizer(model, corpus)) as client:
            found = client.post("/api/search", json={"query": "rain and a storm"}).json()
            SearchResponse.model_validate(found)
            assert found["by"] == "words"
            assert found["topics"][0]["similarity"] is None
            assert found["topics"][0]["word_share"] == found["topics"][0]["score"] > 0.5
            assert "not meaning" in found["warnings"][0]
            assert {document["word_share"] for document in found["documents"]} <= {0.5, 1}
            sentence = detail(client.post("/api/search", json={"query": "nothing known"}), 422)
            assert "no vocabulary has a word of 'nothing known', and the encoder" in sentence
    finally:
        model._own_encoder = own


def test_documents_without_vectors_of_the_encoder_are_compared_by_words(client):
    found = client.post("/api/search", json={"query": "Regen"}).json()
    assert found["by"] == "meaning"
    assert all(document["similarity"] is None for document in found["documents"])
    assert any("documents are compared by words" in sentence for sentence in found["warnings"])


def test_without_a_corpus_topics_alone_are_found(model):
    with serving(model) as client:
        found = client.post("/api/search", json={"query": "rain"}).json()
    assert found["documents"] is None
    assert any("no documents to search" in sentence for sentence in found["warnings"])
    assert len(found["topics"]) == 4


def test_documents_beyond_the_sample_have_their_topics(demo):
    model, corpus = demo
    maker = Summarizer(model, corpus, max_documents=5)
    with serving(model, maker, limits=Limits(rate=0)) as client:
        [document] = client.post("/api/search", json={"query": "late train", "num": 1}).json()["documents"]
    row = corpus[document["lang"]].ids.index(document["id"])
    theta = model.transform(corpus[document["lang"]], language=document["lang"])[row]
    assert document["topic"] == theta.argmax()
    assert document["proportion"] == pytest.approx(theta.max(), abs=1e-3)
