"""A damaged cache never gives wrong embeddings: they are computed again, or one sentence says what is wrong."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gloctm.embedding import embed_texts
from gloctm.embedding.cache import EmbeddingCache, text_key
from gloctm.errors import CacheWarning, FileFormatError

TEXTS = [f"text {number}" for number in range(30)]


class Encoder:
    """Its vectors depend on the text alone, and it counts what it encodes."""

    def __init__(self, name="numbers", version="1"):
        self.name, self.version, self.encoded = name, version, []

    def encode(self, texts):
        self.encoded += texts
        return np.asarray([[len(text), hash(text) % 1000 / 8, int(text[5:]), -1] for text in texts], np.float32)


def embed(folder, encoder=None, texts=TEXTS):
    return embed_texts(texts, encoder or Encoder(), cache=folder, show_progress=False)


@pytest.fixture
def cached(tmp_path):
    """The right vectors, the folder of the cache, and its file."""
    vectors = embed(tmp_path / "cache")
    (file,) = (tmp_path / "cache").iterdir()
    return vectors, tmp_path / "cache", file


def change(file, statement, *values):
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(statement, values)
    connection.close()


KEYS = [text_key(text) for text in TEXTS]
DAMAGES = {
    "zeros": ("UPDATE vectors SET vector = zeroblob(length(vector))", 30),
    "short": ("UPDATE vectors SET vector = substr(vector, 1, 8)", 30),
    "longer": ("UPDATE vectors SET vector = vector || vector", 30),
    "odd": ("UPDATE vectors SET vector = substr(vector, 1, 7)", 30),
    "empty": ("UPDATE vectors SET vector = x''", 30),
    "NULL": ("UPDATE vectors SET vector = NULL", 30),
    "no digest": ("UPDATE vectors SET digest = NULL", 30),
    "a number": ("UPDATE vectors SET vector = 5", 30),
    "a text": ("UPDATE vectors SET vector = 'abcdefghijklmnop'", 30),
    "another's": ("UPDATE vectors SET vector = (SELECT vector FROM vectors LIMIT 1)", 29),
    "another's with its digest": (
        "UPDATE vectors SET (vector, digest) = (SELECT vector, digest FROM vectors LIMIT 1)",
        29,
    ),
    "one": ("UPDATE vectors SET vector = zeroblob(16) WHERE text = (SELECT text FROM vectors LIMIT 1)", 1),
    "a key": ("UPDATE vectors SET text = zeroblob(16) WHERE text = (SELECT text FROM vectors LIMIT 1)", 1),
}


@pytest.mark.parametrize(("statement", "damaged"), DAMAGES.values(), ids=DAMAGES)
def test_damaged_rows_are_computed_again_and_told_once(cached, statement, damaged):
    vectors, folder, file = cached
    change(file, statement)
    encoder = Encoder()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        np.testing.assert_array_equal(embed(folder, encoder, TEXTS[:15]), vectors[:15])
        np.testing.assert_array_equal(embed(folder, encoder), vectors)
    assert len(encoder.encoded) == damaged
    # A row under another key is simply not found.
    assert [each.category for each in told] == [CacheWarning] * ("SET text" not in statement)
    assert all(f"the embedding cache {file} has damaged rows" in str(each.message) for each in told)
    # From then on they are whole.
    again = Encoder()
    np.testing.assert_array_equal(embed(folder, again), vectors)
    assert again.encoded == []


def outcome(folder, file, vectors):
    """What embedding gives: the right vectors, a sentence that names the file, or something else."""
    try:
        return "right" if np.array_equal(embed(folder), vectors) else "wrong"
    except FileFormatError as error:
        return "told" if str(file) in str(error) else str(error)


def test_any_byte_that_changed_gives_the_right_vectors_or_one_sentence(cached):
    vectors, folder, file = cached
    whole, rng, outcomes = file.read_bytes(), random.Random(0), set()
    for _ in range(150):
        content = bytearray(whole)
        start = rng.randrange(len(content))
        stop = start + rng.choice((1, 1, 1, 4, 64, 1024))
        content[start:stop] = rng.randbytes(len(content[start:stop]))
        file.write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CacheWarning)
            outcomes.add(outcome(folder, file, vectors))
        for each in folder.iterdir():
            each.unlink()
    assert outcomes == {"right", "told"}


@pytest.mark.parametrize("size", [0, 1, 99, 100, 1024, 4095, 4096, 5000])
def test_a_file_that_was_cut_gives_the_right_vectors_or_one_sentence(cached, size):
    vectors, folder, file = cached
    os.truncate(file, size)
    assert outcome(folder, file, vectors) in ("right", "told")


def test_rows_of_another_encoder_are_not_taken(cached):
    _, folder, file = cached
    other = Encoder("others")
    EmbeddingCache(other, folder).close()
    (path,) = set(folder.iterdir()) - {file}
    shutil.copy(file, path)
    with pytest.warns(CacheWarning, match="damaged rows"):
        embed(folder, other)
    assert sorted(other.encoded) == sorted(TEXTS)


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (["PRAGMA user_version = 3"], "was written by another version of gloctm: update it, or set GLOCTM_CACHE"),
        (["PRAGMA application_id = 7"], r"can't be used \(it holds something else\)"),
        (["DROP TABLE vectors"], r"can't be used \(no such table: vectors\)"),
        (["DROP TABLE vectors", "CREATE TABLE vectors (a)"], r"can't be used \(no such column: text\)"),
        (["PRAGMA user_version = 0", "PRAGMA application_id = 0"], r"can't be used \(it holds something else\)"),
    ],
)
def test_a_file_of_others_or_of_a_newer_version_has_one_sentence(cached, statements, message):
    _, folder, file = cached
    for statement in statements:
        change(file, statement)
    before = file.read_bytes()
    with pytest.raises(FileFormatError, match=message) as raised:
        embed(folder)
    assert str(file) in str(raised.value)
    assert file.read_bytes() == before


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_has_one_sentence(cached, make):
    _, folder, file = cached
    file.unlink()
    make(file)
    with pytest.raises(FileFormatError, match=r"can't be used \(it is no file\)"):
        embed(folder)


def test_a_disk_that_can_only_be_read(cached):
    vectors, folder, file = cached
    encoder = Encoder()
    cache = EmbeddingCache(encoder, folder)
    cache._connection.execute("PRAGMA query_only = ON")
    assert len(cache.get(KEYS)) == len(vectors)
    with pytest.raises(FileFormatError, match=r"can't be used \(attempt to write a readonly database\): free space"):
        cache.put(KEYS[:1], vectors[:1])
    cache.close()
    assert file.exists()


def test_a_full_disk_has_its_own_error_and_harms_nothing(cached):
    vectors, folder, file = cached
    cache = EmbeddingCache(Encoder(), folder)
    cache._connection.execute("PRAGMA max_page_count = 1")
    keys = [text_key(str(number)) for number in range(500)]
    with pytest.raises(OSError, match="no space left on device") as raised:
        cache.put(keys, np.ones((500, 64), np.float32))
    assert raised.value.filename == str(file)
    assert cache.get(keys) == {}
    cache.close()
    encoder = Encoder()
    np.testing.assert_array_equal(embed(folder, encoder), vectors)
    assert encoder.encoded == []


def test_several_that_make_one_cache_at_once(tmp_path):
    def made(barrier):
        barrier.wait()
        cache = EmbeddingCache(Encoder(), tmp_path)
        cache.put(KEYS[:1], np.ones((1, 4), np.float32))
        found = cache.get(KEYS)
        cache.close()
        return list(found) == KEYS[:1]

    barrier = threading.Barrier(8)
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(made, [barrier] * 8))


def test_a_cache_of_the_version_before_is_told_once_and_left_alone(cached):
    vectors, folder, file = cached
    file.unlink()
    before = file.with_name(file.name.replace(".2.sqlite", ".sqlite"))
    change(before, "CREATE TABLE vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
    change(before, "INSERT INTO vectors VALUES (?, ?)", KEYS[0], np.zeros(4, np.float32).tobytes())
    content = before.read_bytes()
    with pytest.warns(CacheWarning, match=r"is a cache of an earlier version, which can't be checked") as told:
        np.testing.assert_array_equal(embed(folder), vectors)
    assert len(told) == 1
    assert str(before) in str(told[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(embed(folder), vectors)
    assert before.read_bytes() == content
