"""A small model behind the server, for tests: in this process, or listening at a port of its own."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import zlib
from base64 import b64decode

import numpy as np
import pytest
import scipy.sparse as sp

pytest.importorskip("fastapi", reason="the server needs the extra serve")
pytest.importorskip("vl_convert", reason="its page needs the extra report")

from fastapi.testclient import TestClient

from gloctm import Corpus, GloCTM
from gloctm.corpus import LanguageCorpus
from gloctm.server import DEFAULT_LIMITS, Limits, create_app
from gloctm.server.listening import bind, make_server, url_of
from gloctm.summary import summarize
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


def make_context_model():
    """A model of the context method over the same words, two of each theme, and the corpus it was trained on."""
    rng = np.random.default_rng(5)
    centers = np.eye(3, 8)
    themes = np.repeat(np.arange(3), 2)
    parts = {}
    for code, words in WORDS.items():
        theme_of = np.arange(30) % 3
        own = themes[None, :] == theme_of[:, None]
        parts[code] = LanguageCorpus(
            counts=sp.csr_array(np.where(own, 1 + rng.poisson(1, own.shape), rng.random(own.shape) < 0.1).astype(int)),
            vocabulary=list(words),
            word_embeddings=(centers[themes] + 0.1 * rng.normal(size=(6, 8))).astype("f4"),
            document_embeddings=(centers[theme_of] + 0.1 * rng.normal(size=(30, 8))).astype("f4"),
            texts=[f"text {row} of {code}" for row in range(30)],
        )
    corpus = Corpus(parts)
    # A high temperature, so that shares are not all 0 or 1.
    model = GloCTM(num_topics=3, temperature=0.5, threads=1, show_progress=False).fit(corpus)
    model.tokenizers_ = {"en": "unicode", "de": "unicode", "ja": "ja-sudachi"}
    model._own_encoder = Encoder()
    # Other vectors are another encoder's, as vectors are kept by its name.
    model._own_encoder.name = "of-the-test-in-context"
    vectors = (centers[[0, 0, 1, 2]] + 0.1 * rng.normal(size=(4, 8))).astype("f4")
    model._own_encoder.table = dict(zip(FRENCH, vectors, strict=True))
    return model, corpus


def made_summary(model):
    """What the page shows, its title of the kind that a page must not take for markup."""
    return summarize(model, handmade_corpus(model), title="Weather & <script>alert(1)</script>")


@contextlib.contextmanager
def serving(model, summary=None, *, host="localhost", **settings):
    with TestClient(create_app(model, summary, **settings), base_url=f"http://{host}") as client:
        yield client


# Fixtures for the modules that import them.


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture(scope="module")
def summary(model):
    return made_summary(model)


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


def upload(client, content, name="texts.jsonl", *, path="/transform/file", **fields):
    return client.post(path, files={"file": (name, content)}, data=fields)


def shown(response):
    """The summary that a page holds."""
    encoding, text = re.search(r'id="summary" data-encoding="(\w+)">(.*?)</script>', response.text, re.DOTALL).groups()
    return json.loads(zlib.decompress(b64decode(text)) if encoding == "deflate" else text)


JSON = {"content-type": "application/json"}


@contextlib.contextmanager
def listening(app, limits=DEFAULT_LIMITS, **settings):
    """The server as it runs, at a free port of this machine: its address."""
    with bind("127.0.0.1", 0) as bound:
        server = make_server(app, limits=limits, **settings)
        bound.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            yield url_of(bound)
        finally:
            server.should_exit = True
            thread.join()
