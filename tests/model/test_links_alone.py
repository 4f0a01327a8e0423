"""Links of a word depend on the word alone, whatever it is embedded with: nearly equal vectors are no lottery."""

from __future__ import annotations

import numpy as np
import pytest

from gloctm.model import linking
from gloctm.model.linking import WordLinker

DIMENSION = 32


class Rounding:
    """An encoder that, as real ones do, rounds otherwise in each batch; it knows few characters."""

    name, version = "rounding", "1"

    def encode(self, texts):
        vectors = np.stack([self.exact(text) for text in texts])
        noise = np.random.default_rng([len(texts), *map(ord, "".join(texts))])
        return (vectors + noise.normal(scale=1e-8, size=vectors.shape)).astype(np.float32)

    def exact(self, text):
        # All words of unknown characters are alike.
        known = text if text.isascii() else "?" * len(text)
        vector = np.random.default_rng(list(map(ord, known))).normal(size=DIMENSION)
        return vector / np.linalg.norm(vector)


@pytest.fixture
def linker(monkeypatch, tmp_path):
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path))
    encoder = Rounding()
    rare = [chr(0x20000 + number) for number in range(40)]
    vocabulary = {"en": [f"word{number}" for number in range(200)], "zh": [*rare, *(f"zi{n}" for n in range(160))]}
    embeddings = {code: encoder.encode(words) for code, words in vocabulary.items()}
    beta = {code: np.random.default_rng(0).normal(size=(4, 200)).astype(np.float32) for code in vocabulary}
    return lambda: WordLinker(embeddings, beta, 3)


def links_in_batches(linker, words, size, cache):
    cache.setenv("GLOCTM_CACHE", f"{size}")
    found = [linker.link(words[start : start + size], Rounding()).toarray() for start in range(0, len(words), size)]
    return np.concatenate(found)


WORDS = [*(chr(0x21000 + number) for number in range(30)), *(f"new{number}" for number in range(60))]


def test_words_of_unknown_characters_have_the_same_links_in_every_batch(linker, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    whole = links_in_batches(linker(), WORDS, len(WORDS), monkeypatch)
    for size in (1, 7, 31):
        np.testing.assert_array_equal(links_in_batches(linker(), WORDS, size, monkeypatch), whole)


def test_only_a_close_choice_costs_an_encoding(linker, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    encoder, asked = Rounding(), []
    encode = encoder.encode
    monkeypatch.setattr(encoder, "encode", lambda texts: asked.append(len(texts)) or encode(texts), raising=False)
    linker().link(WORDS, encoder)
    # Those of unknown characters, and any to which these are the last that is near.
    assert 30 <= asked.count(1) < 40
    assert max(asked) == len(WORDS)


def test_vectors_that_are_given_are_linked_one_way(linker):
    vectors = Rounding().encode(WORDS)
    whole = linker().link_vectors(vectors).toarray()
    parts = [linker().link_vectors(vectors[start : start + 7]).toarray() for start in range(0, len(WORDS), 7)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_without_that_it_would_be_chance(linker, monkeypatch, tmp_path):
    # What the tests above would find.
    monkeypatch.setattr(linking, "CLOSE", -1)
    monkeypatch.chdir(tmp_path)
    first, second = (links_in_batches(linker(), WORDS, size, monkeypatch) for size in (len(WORDS), 7))
    assert (first != second).any()
