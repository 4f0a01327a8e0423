"""The server on a real port: its connections, and the command that starts it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from serving import JSON, TOKEN, WORDS, listening, make_model, shown, thetas

# First, since it skips where the server's packages lack.
# isort: split
import httpx

from gloctm import GloCTM
from gloctm.cli.serve import serve
from gloctm.errors import GloCTMError, InputError
from gloctm.evaluation import evaluate
from gloctm.model.view import TopicView
from gloctm.server import Limits, create_app
from gloctm.server.listening import make_server
from handmade import handmade_corpus, handmade_model

# Connections


@pytest.fixture(scope="module")
def app():
    return create_app(make_model())


def connect(url, source="127.0.0.1"):
    parts = httpx.URL(url)
    return socket.create_connection((parts.host, parts.port), timeout=200, source_address=(source, 0))


def rest(connection):
    """What comes until the other side ends the connection, in whatever way."""
    found = bytearray()
    with connection, contextlib.suppress(ConnectionError):
        while part := connection.recv(100_000):
            found += part
    return bytes(found)


def is_there(url):
    return httpx.get(f"{url}healthz", timeout=200).status_code == 200


def gets_in_again(url):
    """Whether the server answers after a while, having been full."""
    for _ in range(100_000):
        connection = connect(url)
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        if rest(connection).startswith(b"HTTP/1.1 200 "):
            return True
    return False


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HTT", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-"])
def test_connections_that_send_no_whole_request_are_closed(app, monkeypatch, begun):
    monkeypatch.setattr("gloctm.server.connections.SECONDS", 0.2)
    with listening(app) as url:
        silent = [connect(url) for _ in range(5)]
        for connection in silent:
            connection.sendall(begun)
        assert is_there(url)
        assert [rest(connection) for connection in silent] == [b""] * 5


def test_after_an_answer_there_is_as_much_time_for_the_next_request(app, monkeypatch):
    monkeypatch.setattr("gloctm.server.connections.SECONDS", 0.2)
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    # Half of a second one; and a body that nobody waits for any more, the request having been refused.
    slow = b"POST /transform HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\n"
    with listening(app) as url:
        for sent, answers in ((request * 2 + request[:20], 2), (slow, 1)):
            connection = connect(url)
            connection.sendall(sent)
            assert rest(connection).count(b"HTTP/1.1 ") == answers
        assert is_there(url)


def test_a_client_that_does_not_read_its_answer_is_left(app, monkeypatch):
    monkeypatch.setattr("gloctm.server.connections.SECONDS", 0.2)
    # One connection an address: that of the client that does not read.
    with listening(app, Limits(connections=2)) as url:
        parts = httpx.URL(url)
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(200)
            connection.connect((parts.host, parts.port))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
            assert gets_in_again(url)
            assert len(rest(connection)) < 20 * len(httpx.get(url, timeout=200).content)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has more than one loopback address by itself")
def test_one_address_can_not_take_all_connections(app):
    with listening(app, Limits(connections=6)) as url:
        held = [connect(url) for _ in range(3)]
        refused = rest(connect(url))
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 1" in refused
        assert json.loads(refused.partition(b"\r\n\r\n")[2])["detail"].startswith("the server has as many")
        others = [connect(url, f"127.0.0.{number}") for number in (2, 3, 4)]
        others[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert rest(others[0]).startswith(b"HTTP/1.1 200 ")
        # Whoever ends makes room again.
        for connection in (*held, *others):
            connection.close()
        assert gets_in_again(url)


def test_slow_bodies_take_no_places(app):
    limits = Limits(concurrent=1, queue=1, rate=0)
    head = (
        b"POST /transform HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"
    )
    with listening(create_app(make_model(), limits=limits), limits) as url:
        held = [connect(url) for _ in range(20)]
        for connection in held:
            connection.sendall(head)
        asked = {"documents": [{"text": "rain", "lang": "en"}]}
        assert httpx.post(f"{url}transform", json=asked, timeout=200).status_code == 200
        for connection in held:
            connection.close()


def test_clients_of_a_server_in_front_are_told_apart_where_it_is_named(app):
    limits = Limits(rate=0.001, burst=1)

    def statuses(**settings):
        with listening(create_app(make_model(), limits=limits), limits, **settings) as url:
            asked = [{"x-forwarded-for": address} for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")]
            return [httpx.get(f"{url}topics", headers=headers, timeout=200).status_code for headers in asked]

    assert statuses(forwarded_allow_ips="127.0.0.0/8") == [200, 200, 429]
    # Whoever is not named could make up such a header.
    assert statuses() == statuses(forwarded_allow_ips="192.0.2.7") == [200, 429, 429]


@pytest.mark.parametrize("addresses", ["*", "proxy.example.org", "127.0.0.1,everybody"])
def test_servers_in_front_are_named_by_address(app, addresses):
    with pytest.raises(InputError, match="is no address: give that of the server in front"):
        make_server(app, forwarded_allow_ips=addresses)


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
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
        # A shell has what it starts in the background ignore interrupts, the tests and this process with them.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
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
    evaluation = evaluate(GloCTM.load(folder / "model"), num_words=2).to_dict()
    evaluation["measures"]["translation_agreement"] = {"en de": 0.875}
    (folder / "evaluation.json").write_text(json.dumps(evaluation), encoding="utf-8")
    arguments = ("--corpus", str(folder / "corpus"), "--evaluation", str(folder / "evaluation.json"))
    arguments += ("--compare", str(folder / "model"), "--listed", "7", "--map", "topics")
    with serving_process(folder, *arguments) as (process, url):
        with httpx.Client(base_url=url, timeout=200) as client:
            page = client.get("/")
            assert page.headers["content-type"].startswith("text/html")
            assert "0.875" in page.text
            assert shown(page)["documents"]["count"] == 7
            assert len(shown(page)["other"]["matches"]) == 3
            theta = thetas(client.post("/transform", json={"documents": [{"text": "rain song", "lang": "en"}]}))
            expected = GloCTM.load(folder / "model").transform(["rain song"], "en")
            np.testing.assert_array_equal(theta, expected)
            # A view of fewer topics, without the measures of all of them; then the former one.
            view = TopicView.of(GloCTM.load(folder / "model"))
            changed = client.post("/api/view", json=view.hide(1).to_dict()).json()
            assert [topic["id"] for topic in changed["topics"]] == [0, 2]
            assert "0.875" not in client.get("/").text
            assert client.post("/api/view", json=view.to_dict()).status_code == 200
            assert client.get("/").headers["etag"] == page.headers["etag"]
            found = client.post("/api/search", json={"query": "rain"}).json()
            assert found["documents"]
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
    model = GloCTM.load(folder / "model")
    # As the page saves it.
    view = json.dumps(TopicView.of(model).hide(0).to_dict(), ensure_ascii=False, separators=(",", ":"))
    (folder / "view.json").write_text(view, encoding="utf-8")
    arguments = ("--view", str(folder / "view.json"), "--name", "topics.example.org", "--no-edits")
    with serving_process(folder, *arguments, GLOCTM_TOKEN=TOKEN) as (process, url):
        with httpx.Client(base_url=url, timeout=200) as client:
            assert client.get("/topics").status_code == 401
            # Behind a server that encrypts, which hands on by what name it was called.
            outside = {"authorization": f"Bearer {TOKEN}", "host": "topics.example.org"}
            assert [each["topic"] for each in client.get("/topics", headers=outside).json()["topics"]] == [1, 2]
            body = {"documents": [{"text": "rain", "lang": "en"}]}
            own = {**outside, "origin": "https://topics.example.org"}
            assert client.post("/transform", json=body, headers=own).status_code == 200
            assert client.post("/api/view", json=json.loads(view), headers=own).status_code == 403
            assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 400
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
        ({"view": Path("missing")}, "missing"),
        ({"evaluation": Path("missing")}, "missing"),
        ({"via": "telepathy"}, "--via"),
        ({"projection": "globe"}, "--map"),
        ({"name": ["topics.example.org"]}, "GLOCTM_TOKEN"),
        ({"name": ["https://topics.example.org"], "token": TOKEN}, "topics.example.org"),
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
