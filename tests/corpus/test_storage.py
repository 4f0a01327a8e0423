"""Corpora as folders: what is written comes back, and what is damaged is named."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from command_line import change_manifest
from gloctm import Corpus
from gloctm.corpus import LanguageCorpus
from gloctm.errors import FileFormatError, InputError

any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
STRANGE = ["\ud800 lone", "line\u2028line\u2029line", "next\x85line\x0b\x0c\x1c", "a\r\nb\rc\n", "\x00", "", "[", '"\\']


@st.composite
def parts(draw):
    """A sound LanguageCorpus with or without each of what it may have."""
    words = draw(st.lists(any_text.filter(bool), min_size=2, max_size=5, unique=True))
    size = draw(st.integers(1, 4))
    number = st.sampled_from([0, 0, 0, 1, 2, 2**31 - 1])
    rows = draw(st.lists(st.lists(number, min_size=len(words), max_size=len(words)), min_size=size, max_size=size))
    rows[0][0] = 1
    texts = st.lists(any_text | st.sampled_from(STRANGE), min_size=size, max_size=size)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return LanguageCorpus(
        counts=sp.csr_array(rows),
        vocabulary=words,
        word_embeddings=rng.normal(size=(len(words), 3)).astype("f4") if draw(st.booleans()) else None,
        document_embeddings=rng.normal(size=(size, 2)) if draw(st.booleans()) else None,
        labels=draw(st.none() | texts),
        ids=draw(st.none() | texts),
        texts=draw(st.none() | texts),
        tokenizer=draw(st.sampled_from(["whitespace", "unicode", "custom"])),
    )


corpora = st.builds(
    lambda languages, encoder: Corpus(languages, encoder=encoder),
    st.dictionaries(st.sampled_from(["en", "zh-Hant", "ja", "de", "pt-BR"]), parts(), min_size=2, max_size=3),
    st.none() | any_text,
)


def assert_same(loaded, corpus):
    assert loaded.languages == corpus.languages
    assert loaded.encoder == corpus.encoder
    assert loaded.fingerprint() == corpus.fingerprint()
    for language, part in corpus.items():
        same = loaded[language]
        assert isinstance(same.counts, sp.csr_array)
        assert same.counts.dtype == np.int32
        np.testing.assert_array_equal(same.counts.toarray(), part.counts.toarray())
        for name in ("vocabulary", "labels", "ids", "texts", "tokenizer"):
            assert getattr(same, name) == getattr(part, name), name
        for name in ("word_embeddings", "document_embeddings"):
            before, after = getattr(part, name), getattr(same, name)
            assert (before is None) == (after is None)
            if before is not None:
                assert after.dtype == np.float32
                np.testing.assert_array_equal(after, before)


@pytest.fixture
def corpus():
    """Two languages with everything, the second document of the first empty."""
    return Corpus(
        {
            language: LanguageCorpus(
                counts=sp.csr_array([[2, 1, 0], [0, 0, 0]]),
                vocabulary=[f"{language}{number}" for number in range(3)],
                word_embeddings=np.arange(12).reshape(3, 4) + 0.5,
                document_embeddings=np.arange(10).reshape(2, 5) + 0.5,
                labels=["x", "y"],
                ids=["7", "8"],
                texts=["first", "second"],
                tokenizer="unicode",
            )
            for language in ("zh", "en")
        },
        encoder="some encoder",
    )


@pytest.fixture(scope="module")
def _no_disk():
    """What comes back does not depend on whether it has reached the disk."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("os.fsync", lambda _: None)
        yield


@pytest.mark.usefixtures("_no_disk")
@given(corpora)
@example(
    Corpus(
        {
            language: LanguageCorpus(
                counts=sp.csr_array(([1], ([0], [0])), shape=(len(STRANGE), 2)),
                vocabulary=["\ud800", "b\u2028\x85\n"],
                labels=STRANGE,
                ids=STRANGE,
                texts=STRANGE,
            )
            for language in ("en", "de")
        }
    )
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_corpus_comes_back_as_it_was(corpus):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus"
        assert corpus.save(path) == path
        assert_same(Corpus.load(path), corpus)


def test_embeddings_are_mapped_and_counts_sparse(corpus, tmp_path):
    corpus.save(tmp_path / "corpus")
    for part in Corpus.load(str(tmp_path / "corpus")).values():
        assert sp.issparse(part.counts)
        for array in (part.word_embeddings, part.document_embeddings):
            owner = array
            while not isinstance(owner, np.memmap):
                assert isinstance(owner.base, np.ndarray), "the array was read into memory"
                owner = owner.base
            assert owner.mode == "r"


def test_a_corpus_is_saved_again_over_itself(corpus, tmp_path):
    corpus.save(tmp_path / "corpus")
    loaded = Corpus.load(tmp_path / "corpus")
    loaded.select(["en", "zh"]).save(tmp_path / "corpus")
    again = Corpus.load(tmp_path / "corpus")
    assert again.languages == ("en", "zh")
    assert_same(again.select(["zh", "en"]), corpus)
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_what_was_not_there_leaves_no_file(corpus, tmp_path):
    bare = Corpus.from_tokens({"en": [["a", "b"]], "de": [["c", "d"]]}, encoder=None)
    corpus.select(["zh", "en"]).save(tmp_path / "corpus")
    bare.save(tmp_path / "corpus")
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    files = ("counts.npz", "vocabulary.json", "documents.jsonl")
    assert names == {"corpus/corpus.json", *(f"corpus/{code}/{name}" for code in ("en", "de") for name in files)}


def test_the_manifest_says_what_is_there(corpus, tmp_path):
    manifest = json.loads((corpus.save(tmp_path / "corpus") / "corpus.json").read_text(encoding="utf-8"))
    assert manifest["format"] == "gloctm-corpus"
    assert manifest["format_version"] == 2
    assert manifest["encoder"] == "some encoder"
    assert list(manifest["languages"]) == ["zh", "en"]
    assert manifest["languages"]["en"] == {"documents": 2, "vocabulary": 3, "nonzeros": 2, "tokenizer": "unicode"}
    assert manifest["files"]["en/word_embeddings.npy"] == os.path.getsize(tmp_path / "corpus/en/word_embeddings.npy")


def test_documents_are_one_a_line(tmp_path):
    corpus = Corpus.from_tokens({"en": [["a\u2028b", "c"], ["c"]], "zh": [["水", "火"]]}, encoder=None)
    lines = (corpus.save(tmp_path / "corpus") / "en" / "documents.jsonl").read_bytes().rstrip().split(b"\n")
    assert [json.loads(line) for line in lines] == [{"id": "0", "text": "a\u2028b c"}, {"id": "1", "text": "c"}]


def test_a_foreign_folder_is_not_overwritten(corpus, tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(InputError, match="it holds files other than a corpus's; name a new folder"):
        corpus.save(tmp_path)
    assert (tmp_path / "letters.txt").read_text() == "dear"


def test_a_project_with_a_corpus_json_is_not_overwritten(corpus, tmp_path):
    files = {"corpus.json": '{"files": {}}', ".git/config": "[core]", "src.py": "print()"}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match="it holds files other than a corpus's"):
        corpus.save(tmp_path)
    assert {name: (tmp_path / name).read_text() for name in files} == files
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "corpus.json", "src.py"]


def test_a_corpus_that_somebody_added_to_is_not_overwritten(corpus, tmp_path):
    path = corpus.save(tmp_path / "corpus")
    (path / "en" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="it holds files other than a corpus's"):
        corpus.save(path)
    assert (path / "en" / "notes.txt").read_text() == "mine"
    assert_same(Corpus.load(path), corpus)


def cut(path):
    path.write_bytes(path.read_bytes()[:-5])


def change(name, value):
    def damage(path):
        change_manifest(path.parent, "corpus.json", **{name: value})

    return damage


DAMAGES = [
    ("corpus.json", Path.unlink, "is not a gloctm corpus: it has no corpus.json"),
    ("corpus.json", cut, "corpus.json is damaged"),
    ("corpus.json", lambda path: path.write_text("[]"), "its corpus.json is of another kind"),
    ("corpus.json", change("format", "gloctm-model"), "its corpus.json is of another kind"),
    ("corpus.json", change("format_version", 4), "was written by a newer gloctm"),
    ("corpus.json", change("format_version", "1"), "states no format version"),
    ("corpus.json", change("files", None), "lists no files"),
    ("corpus.json", change("files", {"../../etc/passwd": 1}), "outside the folder"),
    ("corpus.json", change("languages", None), "is damaged"),
    ("corpus.json", change("languages", {"en": {}, "fr": {}}), r"languages\.en\.documents is missing"),
    ("en/counts.npz", Path.unlink, "is incomplete: en/counts.npz is missing"),
    ("en/counts.npz", cut, "is damaged: en/counts.npz has"),
    ("zh/vocabulary.json", Path.unlink, "is incomplete: zh/vocabulary.json is missing"),
    ("zh/documents.jsonl", cut, "is damaged: zh/documents.jsonl has"),
    ("zh/word_embeddings.npy", cut, "is damaged: zh/word_embeddings.npy has"),
    ("zh/document_embeddings.npy", Path.unlink, "zh/document_embeddings.npy is missing"),
]


@pytest.mark.parametrize(("name", "damage", "message"), DAMAGES)
def test_a_damaged_folder_is_named(corpus, tmp_path, name, damage, message):
    path = corpus.save(tmp_path / "corpus")
    damage(path / name)
    with pytest.raises(FileFormatError, match=message):
        Corpus.load(path)


def test_a_path_without_a_corpus(tmp_path):
    with pytest.raises(FileFormatError, match="does not exist: give the folder of a saved corpus"):
        Corpus.load(tmp_path / "nothing")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileFormatError, match="is a file: give the folder"):
        Corpus.load(tmp_path / "file")
    with pytest.raises(FileFormatError, match=r"is not a gloctm corpus: it has no corpus\.json"):
        Corpus.load(tmp_path)


@pytest.mark.parametrize("name", ["counts.npz", "word_embeddings.npy", "documents.jsonl", "vocabulary.json"])
def test_bytes_changed_without_a_change_of_size(corpus, tmp_path, name):
    """What still loads is a corpus; what does not is an error of this package, never another."""
    path = corpus.save(tmp_path / "corpus") / "en" / name
    # As of before there were digests, by which any change is noticed.
    change_manifest(tmp_path / "corpus", "corpus.json", sha256=..., own_sha256=...)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(150):
        damaged = bytearray(whole)
        for position in rng.integers(len(whole), size=3):
            damaged[position] = rng.integers(256)
        path.write_bytes(damaged)
        with contextlib.suppress(FileFormatError):
            assert Corpus.load(tmp_path / "corpus").languages == ("zh", "en")
