"""Who may ask: names of hosts, origins of pages, the token."""

from __future__ import annotations

import base64

import pytest

from serving import TOKEN, ask, detail, serving
from serving import client as client
from serving import model as model
from serving import summary as summary

# First, since it skips where the server's packages lack.
# isort: split
from fastapi.testclient import TestClient

from gloctm.errors import InputError
from gloctm.server import Limits, create_app
from gloctm.server.access import check_name, has_token, host_name, same_origin
from gloctm.server.listening import is_loopback

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


def test_names_behind_another_server():
    assert check_name(" Topics.Example.ORG. ") == "topics.example.org"
    for wrong in ("", "https://topics.example.org", "topics.example.org:443", "topics.example.org/x", "a@b.org", "["):
        with pytest.raises(InputError, match="not the name of a server"):
            check_name(wrong)


@pytest.mark.parametrize(("host", "expected"), [("127.0.0.1", True), ("::1", True), ("0.0.0.0", False)])
def test_which_addresses_are_of_this_machine_alone(host, expected):
    assert is_loopback(host) is expected
