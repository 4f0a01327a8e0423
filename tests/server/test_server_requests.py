"""Whatever is sent, the server answers in a sentence; its page, its headers, its description."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re

import numpy as np
import pytest

from serving import ask, detail, thetas
from serving import client as client
from serving import model as model
from serving import summary as summary

# First, since it skips where the server's packages lack.
# isort: split
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gloctm.server.schemas import TopicsResponse, TransformRequest, TransformResponse

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


def test_what_is_wrong_is_told_in_words_for_people(client):
    for body, sentence in (
        ({"documents": []}, "documents: it must not be empty"),
        ({"documents": ["rain"]}, "documents[0]: it must be an object, {…}"),
        ({"documents": [{"text": 5}]}, "documents[0].text: it must be a text"),
        ({"documents": [{}]}, "documents[0].text: it is missing"),
        ({"documents": [{"text": "a"}], "encoder": "x"}, "encoder: there is no such key here"),
        ([], "the request: it must be an object, {…}"),
    ):
        assert detail(client.post("/transform", json=body), 422) == sentence
    assert detail(client.post("/similar", json={"word": "a", "topic": 1}), 422).startswith("word and topic are given")


def test_the_place_of_what_is_wrong_is_named(client):
    assert detail(ask(client, {"text": "a", "lang": "en"}, {"txt": "b"}), 422).startswith("documents[1].text: ")


def test_halves_of_characters_and_other_oddities_are_text(client, model):
    texts = ["rain \ud800", "\x00rain\x00", "rain\u202e", "r\u00adain", "RAIN" * 1, "rain " * 3000]
    body = json.dumps({"documents": [{"text": text, "lang": "en", "id": "\udfff"} for text in texts], "explain": True})
    response = client.post("/transform", content=body, headers={"content-type": "application/json"})
    # Whether the parser of JSON takes them is its affair; nothing else may come of it.
    assert response.status_code in (200, 403, 422)
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
        "/docs/",
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
    assert "see /docs for all addresses" in detail(client.get(path), 404)


def test_other_methods_are_refused(client):
    for method, path in (("PUT", "/topics"), ("DELETE", "/"), ("GET", "/transform"), ("POST", "/topics")):
        response = client.request(method, path, headers={"content-type": "application/json"})
        assert response.status_code == 405
        assert response.headers["allow"] in response.json()["detail"]


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


@pytest.mark.parametrize("path", ["/", "/docs", "/topics", "/healthz", "/nothing", "/api/openapi.json"])
def test_every_answer_has_the_headers_of_security(client, path):
    headers = client.get(path, headers={"origin": "http://elsewhere.example"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert not [name for name in headers if name.startswith("access-control")]


def test_the_api_describes_itself(client):
    described = client.get("/api/openapi.json").json()
    assert set(described["paths"]) == {
        f"/api/{name}" for name in ("transform", "transform/file", "topics", "similar", "search", "view", "healthz")
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
    for path in ("/healthz", "/api/healthz", "/"):
        response = client.head(path)
        assert (response.status_code, response.content) == (200, b"")


def test_a_page_describes_the_api_without_scripts_or_other_hosts(client):
    response = client.get("/docs")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    style = re.search(r"<style>(.*?)</style>", response.text, re.DOTALL)[1]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    assert not re.search(r"<script|https?://(?!127\.0\.0\.1)|@import|url\(", response.text)
    described = client.get("/api/openapi.json").json()
    for path, methods in described["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}</code></h2>" in response.text
    # Fields of what is sent, with those of its documents, and what comes back.
    for told in ("explain", "Each of documents", "num_words", "text_column", "whole number", "required", "warnings"):
        assert told in response.text
    assert "Authorization" not in response.text


def test_examples_of_the_page_are_answered(client):
    page = html.unescape(client.get("/docs").text)
    bodies = re.findall(r"curl http://127\.0\.0\.1:8000(\S+) (?:(?!curl).)*?-d '(.*?)'</code>", page, re.DOTALL)
    assert [path for path, _ in bodies] == ["/api/transform", "/api/similar", "/api/search", "/api/view"]
    for path, body in bodies:
        assert client.post(path, json=json.loads(body.replace("'\\''", "'"))).status_code in (200, 403, 422)
