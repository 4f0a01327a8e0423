"""Abuse of the server: slow and endless bodies, floods, tricks with hosts and origins, nonsense instead of HTTP.

Each trial runs a server in a process of its own. While one address abuses it, another one asks, and must be answered.
So must the first one be afterward. Whatever is answered is a status that says what is wrong, never 500.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from trials.forking import Limits
from trials.frame import Kind, Trial
from trials.kinds.inputs import without_scripts
from trials.kinds.kills import Hashed

_ABUSER, _HONEST = "127.0.0.1", "127.0.0.2"
_PATIENCE = 10.0
# Seconds within which somebody else must be answered: less than those after which a slow body is given up.
_SOON = 4.0
_ASKED = json.dumps({"documents": [{"text": "The train to Bern was an hour late.", "lang": "en"}]}).encode()
_HEAD = b"POST /api/transform HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
_BOUNDARY = b"trial"


def prepare(folder: Path) -> None:
    """Make a model."""
    from gloctm import Corpus, GloCTM
    from gloctm.demo import demo_records

    records = [record for code in ("en", "de") for record in demo_records([code])[:40]]
    corpus = Corpus.from_records(records, encoder=None, show_progress=False)
    corpus = corpus.embed(Hashed(), cache=False, show_progress=False)
    GloCTM(num_topics=4, threads=1, show_progress=False).fit(corpus).save(folder / "model")


class Client:
    """One that asks in ways of its own.

    Args:
        port: of the server.
        chance: what it chooses by.
        address: from which it asks.
    """

    def __init__(self, port: int, chance: random.Random, address: str = _ABUSER) -> None:
        self.port, self.chance, self.address = port, chance, address
        self.statuses: list[int] = []
        self._open: list[socket.socket] = []

    def connect(self) -> socket.socket:
        """Return a connection that is kept until the end."""
        connection = socket.create_connection(("127.0.0.1", self.port), _PATIENCE, (self.address, 0))
        self._open.append(connection)
        return connection

    def send(self, content: bytes, *, read: bool = True) -> None:
        """Send something over a connection of its own, and note the statuses of what is answered."""
        with contextlib.suppress(OSError):
            connection = self.connect()
            connection.sendall(content)
            if read:
                self._note(connection)

    def ask(self, body: bytes = _ASKED, path: str = "/api/transform", **headers: str) -> int:
        """Send a whole request, note its status and return it; 0 if there was no answer."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE, source_address=(self.address, 0))
        status = 0
        with contextlib.suppress(OSError, http.client.HTTPException):
            asking.request("POST", path, body, {"Host": "localhost", "Content-Type": "application/json", **headers})
            status = asking.getresponse().status
            self.statuses.append(status)
        asking.close()
        return status

    def close(self) -> None:
        """Close all connections."""
        for connection in self._open:
            connection.close()

    def _note(self, connection: socket.socket) -> None:
        answer = http.client.HTTPResponse(connection)
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer.begin()
            self.statuses.append(answer.status)


# What abuses.


def _slow_bodies(client: Client) -> None:
    for _ in range(client.chance.randint(20, 60)):
        client.send(_HEAD + b"Content-Length: 999999\r\n\r\n" + b"{" * client.chance.randint(0, 9), read=False)


def _slow_heads(client: Client) -> None:
    for _ in range(client.chance.randint(20, 300)):
        client.send(_HEAD[: client.chance.randrange(len(_HEAD))], read=False)


def _unread_answers(client: Client) -> None:
    for _ in range(client.chance.randint(20, 60)):
        client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * client.chance.randint(1, 20), read=False)


def _flood(client: Client) -> None:
    for _ in range(client.chance.randint(100, 200)):
        client.ask()


def _parallel_flood(client: Client) -> None:
    threads = [threading.Thread(target=lambda: [client.ask() for _ in range(10)], daemon=True) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(_PATIENCE)


def _connections(client: Client) -> None:
    with contextlib.suppress(OSError):
        for _ in range(client.chance.randint(200, 400)):
            client.connect()


def _large_body(client: Client) -> None:
    client.ask(b'{"documents": [{"text": "' + b"x" * 50_000_000 + b'"}]}')


def _large_chunks(client: Client) -> None:
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    client.send(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 800)


def _large_files(client: Client) -> None:
    kind = client.chance.choice([b"csv", b"jsonl", b"txt", b"exe"])
    head = b'--trial\r\nContent-Disposition: form-data; name="file"; filename="a.' + kind + b'"\r\n\r\n'
    for size in (50_000_000, 19_000_000):
        body = head + b"x\n" * (size // 2) + b"\r\n--trial--\r\n"
        client.ask(body, "/api/transform/file", **{"Content-Type": "multipart/form-data; boundary=trial"})


def _forms(client: Client) -> None:
    fields = b'--trial\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    for body in (
        b"",
        b"--trial--",
        fields * 5_000,
        fields[:-3],
        b'--trial\r\nContent-Disposition: form-data; name="file"',
    ):
        client.ask(body, "/api/transform/file", **{"Content-Type": "multipart/form-data; boundary=trial"})
    client.ask(_ASKED, "/api/transform/file", **{"Content-Type": "multipart/form-data"})


def _hosts(client: Client) -> None:
    for host in (
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "[::1",
        "",
        "localhost:99999",
        "é",
    ):
        with contextlib.suppress(UnicodeError):
            if client.ask(Host=host) == 200 and host != "localhost:99999":
                client.statuses.append(-1)
    client.send(b"GET /api/topics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
    client.send(b"GET http://evil.example/api/topics HTTP/1.1\r\nHost: evil.example\r\n\r\n")


def _origins(client: Client) -> None:
    for origin in (
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "//",
    ):
        if client.ask(Origin=origin) == 200:
            client.statuses.append(-1)
    for header in ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP"):
        client.ask(**{header: "192.0.2.1, evil.example"})


def _json(client: Client) -> None:
    for body in (
        *(
            b"[" * 1_000_000,
            b'{"a":' * 300_000,
            b"9" * 1_000_000,
            b'"\\ud800"',
            b"\xff\xfe",
            b"null",
            b"",
            b"{}",
            b"[]",
        ),
        *(b'{"documents": ' + value + b"}" for value in (b"[]", b"{}", b"[[]]", b"[1]", b"null", b'[{"text": 1e999}]')),
        *(
            b'{"documents": [{"text": "a", "lang": ' + each + b"}]}"
            for each in (b'"x-private"', b'"zxx"', b'"\\u0000"', b"[]")
        ),
        b'{"documents": [' + b'{"text": "a"},' * 50_000 + b'{"text": "a"}]}',
    ):
        client.ask(body)
    for path in ("/api/similar", "/api/search", "/api/view"):
        client.ask(b'{"num": 1e999, "topic": ' + b"9" * 400 + b', "query": "\\u0000", "word": "\\ud800"}', path)


def _nonsense(client: Client) -> None:
    chance = client.chance
    for content in (
        *(chance.randbytes(chance.randint(1, 5_000)), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"\r\n" * 10_000),
        *(b"GET / HTTP/9.9\r\n\r\n", b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: y\r\n" % each for each in range(20_000)) + b"\r\n",
        _HEAD + b"Content-Length: -1\r\n\r\n{}",
        _HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        _HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
        _HEAD + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n",
        b"GET /%00%ff/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ):
        client.send(content)


ABUSES: dict[str, Callable[[Client], None]] = {
    **{"slow bodies": _slow_bodies, "large bodies": _large_body, "flood": _flood, "hosts": _hosts, "origins": _origins},
    **{"JSON": _json, "nonsense": _nonsense, "forms": _forms, "large files": _large_files, "chunks": _large_chunks},
    **{"slow heads": _slow_heads, "unread answers": _unread_answers, "connections": _connections},
    "parallel flood": _parallel_flood,
}
_TELLING = {200, 400, 401, 403, 404, 405, 408, 411, 413, 414, 415, 417, 422, 429, 431, 501, 503, 504, 505}


def run(trial: Trial) -> None:
    """Abuse a server, and look whether others are answered meanwhile and all are afterward."""
    from gloctm.text.identification import identify_languages

    # Once for all trials: a language is identified by what takes seconds to load.
    identify_languages(["once"])
    names = list(ABUSES)
    trial.part = names[trial.number % len(names)]
    ended = trial.process(lambda: _abused(trial.inputs / "model", ABUSES[trial.part], trial.random))
    if ended.how != "returned":
        return
    found = ended.value
    trial.facts.update(statuses=found["statuses"], waited=found["waited"])
    if found["meanwhile"] != 200:
        trial.fault("hang", f"somebody else is answered {found['meanwhile']} meanwhile")
    if found["after"] != 200:
        trial.fault("hang", f"the same address is answered {found['after']} after it has ended")
    for status in found["statuses"]:
        if int(status) not in _TELLING:
            trial.fault("unexpected", "what is not allowed was answered" if status == "-1" else f"status {status}")
    if found["logged"]:
        trial.fault("unexpected", found["logged"])


def _abused(path: Path, abuse: Callable[[Client], None], chance: random.Random) -> dict[str, Any]:
    from gloctm import GloCTM
    from gloctm.server import create_app
    from gloctm.server.listening import bind, make_server

    model = GloCTM.load(path)
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]  # all that is asked of it
    logging.getLogger("gloctm.server").addHandler(handler)
    with without_scripts():
        app = create_app(model, hosts=["localhost"])
    with bind("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        server = make_server(app)
        bound.listen()
        threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True).start()
        abuser, honest = Client(port, chance), Client(port, chance, _HONEST)
        first = honest.ask()
        abusing = threading.Thread(target=abuse, args=(abuser,), daemon=True)
        abusing.start()
        time.sleep(chance.uniform(0, 1))
        begun = time.monotonic()
        meanwhile = _answered(honest, _SOON)
        waited = time.monotonic() - begun
        abusing.join(_PATIENCE)
        abuser.close()
        after = _answered(Client(port, chance), _PATIENCE)
        server.should_exit = True
    statuses: dict[str, int] = {}
    for status in abuser.statuses:
        statuses[str(status)] = statuses.get(str(status), 0) + 1
    return {
        **{"meanwhile": meanwhile if first == 200 else first, "after": after, "waited": round(waited, 2)},
        **{"statuses": statuses, "logged": "\n".join(logged[:3])},
    }


def _answered(client: Client, within: float) -> int:
    """Ask as one does who is told to wait, and return the last status."""
    ends, status = time.monotonic() + within, 0
    for pause in _pauses():
        status = client.ask()
        if status not in (0, 429, 503) or time.monotonic() > ends:
            break
        time.sleep(pause)
    return status


def _pauses() -> Iterator[float]:
    while True:
        yield 0.2


KIND = Kind(
    name="server",
    about="abuse of the server",
    sizes={"sample": 1, "full": 4 * len(ABUSES), "nightly": 40 * len(ABUSES)},
    prepare=prepare,
    run=run,
    limits=Limits(seconds=40),
    warms=(
        "gloctm.estimator",
        "gloctm.server.routes",
        "gloctm.server.connections",
        "gloctm.explorer",
        "fastapi",
        "uvicorn",
        "sklearn.cluster",
        "torch",
        "py3langid",
        "vl_convert",
    ),
)
