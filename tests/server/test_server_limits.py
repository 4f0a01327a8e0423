"""How much a server takes on: limits hold, and nothing grows with what is asked."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from serving import JSON, Encoder, ask, detail, make_model, serving, upload
from serving import client as client
from serving import model as model
from serving import summary as summary

# First, since it skips where the server's packages lack.
# isort: split
from starlette.responses import Response

from gloctm.errors import InputError, MissingDependencyError
from gloctm.languages import normalize_language
from gloctm.server import DEFAULT_LIMITS, Limits, create_app
from gloctm.server.access import RateLimiter, client_of
from gloctm.server.answers import Answers
from gloctm.server.guard import Guard
from gloctm.server.inference import WordVectors
from gloctm.server.languages import MOST_SCRIPTS, Languages
from gloctm.server.work import BusyError, Deadline, OutOfTimeError, Shares, Workers
from gloctm.summary import summarize
from gloctm.text import as_tokenizer
from handmade import handmade_model

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
    """A tokenizer that waits to be let go."""

    def __init__(self):
        self.entered, self.release = threading.Event(), threading.Event()

    def __call__(self, text):
        if text == "wait":
            self.entered.set()
            assert self.release.wait(60)
        return text.split()


def blocking_model():
    model, blocking = make_model(), Blocking()
    model.own_tokenizers["en"] = as_tokenizer(blocking)
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
    with serving(model, summary, limits=Limits(concurrent=1, queue=3, seconds=0.3)) as client:
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

        def work(deadline):
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            assert let_go.wait(60)
            with lock:
                running -= 1
            return "done"

        tasks = [asyncio.create_task(workers.run(work, f"client {number}")) for number in range(5)]
        refused, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        let_go.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        workers.stop()
        return refused, results, most

    refused, results, most = asyncio.run(scenario())
    assert all(isinstance(task.exception(), BusyError) for task in refused)
    assert [result for result in results if isinstance(result, str)] == ["done"] * 3
    assert most <= 2


def test_a_client_has_half_of_what_is_shared():
    shares = Shares(6)
    with shares.of("a", 2) as take:
        assert not shares.full("a")
        take(1)
        assert shares.full("a")
        assert not shares.full("b", 3)
        with shares.of("b", 3):
            assert shares.full("c")
        # What is done already counts, however much it is; but nobody loses the own half to it.
        take(10, anyway=True)
        assert shares.full("a")
        assert not shares.full("b", 3)
        assert shares.full("b", 4)
    assert not shares.full("a", 3)
    assert not shares.full("b", 3)
    assert not Shares(1).full("a")
    assert not Shares(5, least=5).full("a", 5)


def test_work_of_which_nobody_waits_for_the_answer_is_not_begun():
    async def scenario():
        workers = Workers(concurrent=1, queue=0, seconds=60)

        async def gone():
            return True

        with pytest.raises(BusyError):
            await workers.run(lambda _: pytest.fail("begun"), "client", gone)
        assert await workers.run(lambda _: 1, "client") == 1
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


@pytest.mark.filterwarnings("ignore::gloctm.errors.UnsegmentedLanguageWarning")
def test_spellings_of_languages_are_bounded_and_shut_nobody_out(monkeypatch):
    languages = Languages(make_model())
    asked = set()
    monkeypatch.setattr(
        "gloctm.server.languages.normalize_language", lambda code: asked.add(code) or normalize_language(code)
    )
    for number in range(3000):
        assert languages.normal(f"en-x-{number}") == "en"
        assert languages.normal(f"FR_{number % 1000:03d}-x-{number}") == "fr"
    assert asked == {"fr"}
    letters = "abcdefghijklmnopqrstuvwxyz"
    for script in itertools.islice(itertools.product(letters, repeat=4), 1000):
        with pytest.raises(InputError, match="not a language code"):
            languages.normal(f"sr-{''.join(script)}")
    for language in itertools.islice(itertools.product(letters, repeat=3), 3000):
        with contextlib.suppress(InputError):
            languages.normal(f"{''.join(language)}-Cyrl")
    with pytest.raises(InputError, match="name the language alone"):
        languages.normal("yue-Hant")
    assert len([code for code in asked if "-" in code]) == MOST_SCRIPTS
    # Whoever names a usual language, or one alone, is answered whatever others did.
    spelled = {
        "uz-Latn": "uz",
        "sr-Latn": "sr-Latn",
        "zh-TW": "zh-Hant",
        "yue": "yue",
        "ES": "es",
        "EN": "en",
        "fr-CA": "fr",
    }
    assert {code: languages.normal(code) for code in spelled} == spelled
    for code in ("ro", *(first + second for first in letters for second in letters)):
        with contextlib.suppress(InputError):
            languages.tokenizer(languages.normal(code), Deadline(np.inf))
    assert len(languages._locks) < 10


def test_regions_that_write_another_script_are_told_apart():
    languages = Languages(make_model())
    spelled = {
        "zh-TW": "zh-Hant",
        "zh-CN": "zh",
        "zh_hant_hk": "zh-Hant",
        "sr-ME": "sr-Latn",
        "pt-BR": "pt",
        " ja ": "ja",
    }
    assert {code: languages.normal(code) for code in spelled} == spelled
    chinese = Languages(SimpleNamespace(languages_=("en", "zh", "pt-BR")))
    told = {"zh-Hans": "zh", "zh-CN": "zh", "zh-Hant": "zh-Hant", "zh_TW": "zh-Hant", "pt": "pt", "pt-br-x-a": "pt-BR"}
    assert {code: chinese.normal(code) for code in told} == told
    for wrong in ("zh-yue", "zh-aaaa", "xx-yyyy", "anglish", "e", "", "no such", "en-", "qq", "../en", "x" * 2000):
        with pytest.raises(InputError, match="not a language code"):
            languages.normal(wrong)


def test_a_body_that_drips_in_is_given_up(model, summary, monkeypatch):
    monkeypatch.setattr("gloctm.server.guard.SECONDS_TO_BEGIN", 0.0)
    monkeypatch.setattr("gloctm.server.guard.BYTES_PER_SECOND", 1e9)
    sent = []

    async def scenario():
        async def receive():
            await asyncio.Event().wait()

        async def send(message):
            sent.append(message)

        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/transform", "raw_path": b"/transform", "headers": headers}
        await create_app(model, summary)({**scope, "query_string": b"", "root_path": ""}, receive, send)

    asyncio.run(scenario())
    assert sent[0]["status"] == 408
    assert "slowly" in json.loads(sent[1]["body"])["detail"]


def test_bodies_and_unsent_answers_of_a_client_leave_room_for_others(model, summary):
    # 20 kB in all, of which each address has half.
    limits = Limits(concurrent=1, queue=3, body_bytes=5000, upload_bytes=5000, rate=0)
    body = json.dumps({"documents": [{"text": "rain " * 800, "lang": "en"}]}).encode()

    async def scenario():
        app, go_on = create_app(model, summary, limits=limits), asyncio.Event()

        async def ask_from(address, begun=None):
            sent, pieces = [], [body[:4000], body[4000:]]

            async def receive():
                if begun is not None and len(pieces) == 1:
                    begun.set()
                    await go_on.wait()
                if not pieces:
                    await asyncio.Event().wait()
                return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

            async def send(message):
                sent.append(message)

            headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
            scope = {"type": "http", "method": "POST", "path": "/transform", "raw_path": b"/transform"}
            await app(
                {**scope, "headers": headers, "query_string": b"", "root_path": "", "client": (address, 1)},
                receive,
                send,
            )
            return sent[0]["status"]

        begun = [asyncio.Event() for _ in range(2)]
        slow = [asyncio.create_task(ask_from("192.0.2.1", each)) for each in begun]
        for each in begun:
            await each.wait()
        found = [await ask_from("192.0.2.1"), await ask_from("192.0.2.2")]
        go_on.set()
        return found, [await each for each in slow], await ask_from("192.0.2.1")

    assert asyncio.run(scenario()) == ([503, 200], [200, 200], 200)


@pytest.mark.parametrize("length", [0, 1, 65_536, 65_537, 200_000])
def test_answers_are_written_piece_by_piece(length):
    content, sent = bytes(range(256)) * 800, []

    async def send(message):
        sent.append(message)

    async def answer(scope, receive, send):
        await Response(content[:length])(scope, receive, send)

    guard = Guard(answer, limits=DEFAULT_LIMITS, hosts=None, token=None, workers=Workers(1, 0, 1))
    asyncio.run(guard({"type": "http", "method": "GET", "path": "/", "headers": []}, None, send))
    pieces = [message["body"] for message in sent[1:]]
    assert b"".join(pieces) == content[:length]
    assert max(map(len, pieces)) <= 65_536
    assert [message.get("more_body", False) for message in sent[1:]] == [True] * (len(pieces) - 1) + [False]


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
    with pytest.raises(MissingDependencyError, match=r'pip install "gloctm\[serve\]"'):
        create_app(model, summary)


def test_a_server_that_cannot_identify_languages_says_so(client, monkeypatch):
    def missing(_):
        raise MissingDependencyError("no py3langid")

    monkeypatch.setattr("gloctm.text.identification.identify_languages", missing)
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
