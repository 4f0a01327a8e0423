"""Corpora in shards: what is written comes back, and any part of it reads as it would be in memory."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gloctm import Corpus, LanguageCorpus, ShardedCorpus
from gloctm.corpus import Passages, shard_files
from gloctm.errors import FileFormatError, InputError

SHARD, BLOCK, WORDS = 4, 2, 5
any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
STRANGE = ["\ud800 lone", "\udfff", "line\u2028line", "next\x85\x0b", "a\r\nb\rc\n", "\x00", "", '"\\', "\ufffd"]


@pytest.fixture(autouse=True, scope="module")
def _small_shards():
    """Shards of four documents, which need not reach the disk."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", SHARD)
        monkeypatch.setattr(shard_files, "BLOCK_DOCUMENTS", BLOCK)
        monkeypatch.setattr("os.fsync", lambda _: None)
        yield


@st.composite
def parts(draw):
    """A sound LanguageCorpus with or without each of what it may have, some of its documents split and some empty."""
    size = draw(st.integers(1, 11))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    numbers = rng.choice([1, 1, 2, 4], size) if draw(st.booleans()) else np.ones(size, int)
    document = np.repeat(np.arange(size), numbers)
    counts = rng.choice([0, 0, 0, 0, 1, 2, 70_000], (len(document), WORDS)).astype(np.int32)
    counts[0, 0] = 1
    starts = np.concatenate([3 * np.arange(each) for each in numbers])
    embedded, texts = draw(st.booleans()), st.lists(any_text | st.sampled_from(STRANGE), min_size=size, max_size=size)
    vectors = rng.normal(size=(len(document), 3)).astype("f4")
    if draw(st.booleans()):
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    passages = Passages(document, starts, sp.csr_array(counts), vectors if embedded else None)
    split = len(document) > size
    return LanguageCorpus(
        counts=passages.document_counts(),
        vocabulary=draw(st.lists(any_text.filter(bool), min_size=WORDS, max_size=WORDS, unique=True)),
        word_embeddings=rng.normal(size=(WORDS, 3)).astype("f4") if draw(st.booleans()) else None,
        document_embeddings=passages.document_embeddings() if embedded else None,
        labels=draw(st.none() | texts),
        ids=draw(st.none() | texts),
        dates=draw(st.none() | st.lists(st.sampled_from(["2024", "2023-01", ""]), min_size=size, max_size=size)),
        texts=draw(st.none() | texts),
        tokenizer=draw(st.sampled_from(["whitespace", "unicode"])),
        passages=passages if split else None,
        stop_words=draw(st.sampled_from([{}, {"added": ["x"]}])),
        markup=draw(st.sampled_from([None, "auto", "keep"])),
    )


corpora = st.builds(
    lambda languages, encoder, length: Corpus(languages, encoder=encoder, passage_length=length),
    st.dictionaries(st.sampled_from(["en", "zh-Hant", "pt-BR"]), parts(), min_size=2, max_size=2),
    st.none() | any_text,
    st.none() | st.just(300),
)
quick = settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])


@contextlib.contextmanager
def in_shards(corpus):
    with tempfile.TemporaryDirectory() as folder:
        yield ShardedCorpus.load(corpus.save(Path(folder, "corpus"), sharded=True))


def assert_same_array(one, other):
    assert (one is None) == (other is None)
    if one is not None:
        assert one.dtype == other.dtype == np.float32
        np.testing.assert_array_equal(one, other)


def assert_same_part(one, other):
    assert one.counts.dtype == np.int32
    np.testing.assert_array_equal(one.counts.toarray(), other.counts.toarray())
    assert_same_array(one.word_embeddings, other.word_embeddings)
    assert_same_array(one.document_embeddings, other.document_embeddings)
    for name in ("vocabulary", "ids", "labels", "dates", "tokenizer", "stop_words", "markup"):
        assert getattr(one, name) == getattr(other, name), name
    assert (one.texts is None) == (other.texts is None)
    assert list(one.texts or ()) == list(other.texts or ())
    assert (one.passages is None) == (other.passages is None)
    if one.passages is not None:
        for name in ("document", "starts"):
            assert getattr(one.passages, name).tolist() == getattr(other.passages, name).tolist()
        np.testing.assert_array_equal(one.passages.counts.toarray(), other.passages.counts.toarray())
        assert_same_array(one.passages.embeddings, other.passages.embeddings)


def assert_same(one, other):
    assert one.languages == other.languages
    for name in ("encoder", "word_encoder", "passage_length", "report"):
        assert getattr(one, name) == getattr(other, name)
    for code, part in other.items():
        assert_same_part(one[code], part)
    assert one.fingerprint() == other.fingerprint()


@given(corpora)
@quick
def test_a_corpus_comes_back_from_shards_as_it_was(corpus):
    with in_shards(corpus) as sharded:
        assert_same(sharded.to_corpus(), corpus)
        assert_same(Corpus.load(sharded.path), corpus)
        assert sharded.languages == corpus.languages
        assert sharded.has_embeddings == corpus.has_embeddings
        cheap = ("num_documents", "num_words", "num_units", "num_empty", "has_passages", "has_texts", "has_labels")
        for code, part in corpus.items():
            for name in (*cheap, "has_dates", "has_document_embeddings", "document_dimension", "vocabulary"):
                assert getattr(sharded[code], name) == getattr(part, name), name
            assert sharded[code].num_nonzeros == part.counts.nnz


@given(corpora, st.data())
@quick
def test_any_documents_read_as_they_are_in_memory(corpus, data):
    with in_shards(corpus) as sharded:
        for ours, theirs in ((sharded, corpus), (sharded.as_passages(), corpus.as_passages())):
            for code, part in theirs.items():
                same = ours[code]
                assert same.num_documents == part.num_documents
                rows = data.draw(st.lists(st.integers(0, part.num_documents - 1), min_size=1, max_size=6))
                assert_same_part(same.take(rows), part.select(rows))
                assert_same_part(same.read(), part)
                bare = same.take(rows, texts=False, embeddings=False)
                assert (bare.texts, bare.document_embeddings) == (None, None)
                number = data.draw(st.integers(1, 12))
                assert_same_part(same.sample(number), part.sample(number))


@given(corpora, st.data())
@quick
def test_blocks_are_all_documents_in_order(corpus, data):
    with in_shards(corpus) as sharded:
        for ours, theirs in ((sharded, corpus), (sharded.as_passages(), corpus.as_passages())):
            for code, part in theirs.items():
                sizes = ours[code].block_sizes
                assert sizes.sum() == part.num_documents
                assert sizes.max() <= BLOCK
                numbers = data.draw(st.lists(st.integers(0, len(sizes) - 1), min_size=1, max_size=4))
                ends = np.cumsum(sizes)
                rows = np.concatenate([np.arange(ends[each] - sizes[each], ends[each]) for each in numbers])
                counts, embeddings = ours[code].read_blocks(numbers)
                np.testing.assert_array_equal(counts.toarray(), part.counts[rows].toarray())
                assert embeddings.dtype == np.float32
                if part.document_embeddings is None:
                    assert embeddings.shape == (len(rows), 0)
                else:
                    np.testing.assert_array_equal(embeddings, part.document_embeddings[rows])
                order = np.asarray(data.draw(st.permutations(range(len(rows)))))
                shuffled = ours[code].read_blocks(numbers, order)
                np.testing.assert_array_equal(shuffled[0].toarray(), counts[order].toarray())
                np.testing.assert_array_equal(shuffled[1], embeddings[order])


@given(corpora)
@quick
def test_parts_are_all_documents_in_order(corpus):
    with in_shards(corpus) as sharded:
        for ours, theirs in ((sharded, corpus), (sharded.as_passages(), corpus.as_passages())):
            for code, part in theirs.items():
                first = 0
                for each in ours[code].parts(texts=True, embeddings=True):
                    rows = range(first, first + each.num_documents)
                    assert_same_part(each, part.select(rows))
                    first += each.num_documents
                assert first == part.num_documents
                in_memory = [each.num_documents for each in part.parts()]
                assert sum(in_memory) == part.num_documents
                assert max(in_memory) <= SHARD


def everything(**changes):
    """Two languages of ten documents with everything, the second one's split; ``changes`` are of the first."""
    languages = {}
    for code in ("en", "de"):
        rng = np.random.default_rng(len(languages))
        document = np.repeat(np.arange(10), 2)
        counts = sp.csr_array(rng.integers(0, 3, (20, WORDS)))
        passages = Passages(document, np.tile([0, 4], 10), counts, rng.normal(size=(20, 3)).astype("f4"))
        languages[code] = LanguageCorpus(
            counts=passages.document_counts(),
            vocabulary=[f"{code}{number}" for number in range(WORDS)],
            word_embeddings=rng.normal(size=(WORDS, 3)).astype("f4"),
            document_embeddings=passages.document_embeddings(),
            labels=["sport", "news"] * 5,
            dates=["2024"] * 10,
            texts=[f"text {row} of {code}" for row in range(10)],
            passages=passages if code == "de" else None,
        )
    languages["en"] = dataclasses.replace(languages["en"], **changes)
    return Corpus(languages, encoder="some encoder")


def fingerprint_of(corpus):
    with in_shards(corpus) as sharded:
        return sharded.fingerprint()


def test_a_fingerprint_is_of_what_is_trained_on():
    corpus = everything()
    first = fingerprint_of(corpus)
    assert first == fingerprint_of(corpus)
    assert first.startswith("v3:")
    part = corpus["en"]
    others = {"ids": [f"other {row}" for row in range(10)], "labels": None, "dates": None, "texts": None}
    assert fingerprint_of(everything(**others)) == first
    counts, vectors = part.counts.copy(), part.document_embeddings.copy()
    counts.data[3] += 1
    vectors[7, 1] += 1e-6
    changed = {
        "counts": counts,
        "vocabulary": part.vocabulary[::-1],
        "document_embeddings": vectors,
        "word_embeddings": part.word_embeddings[::-1],
    }
    found = {fingerprint_of(everything(**{name: value})) for name, value in changed.items()}
    found.add(fingerprint_of(everything(document_embeddings=None)))
    found.add(fingerprint_of(corpus.take({code: range(9, -1, -1) for code in corpus})))
    found.add(fingerprint_of(corpus.as_passages()))
    split = dataclasses.replace(corpus["de"].passages, starts=np.tile([0, 5], 10))
    found.add(fingerprint_of(Corpus({**corpus, "de": dataclasses.replace(corpus["de"], passages=split)})))
    with in_shards(corpus) as sharded:
        found |= {sharded.select(["de", "en"]).fingerprint(), sharded.as_passages().fingerprint()}
    assert len(found | {first}) == 11


def test_opening_reads_the_manifest_alone():
    with in_shards(everything()) as sharded:
        for file in sharded.path.rglob("*"):
            if file.is_file() and file.name != "corpus.json":
                file.write_bytes(bytes(file.stat().st_size))
        again = ShardedCorpus.load(sharded.path)
        assert repr(again) == "ShardedCorpus(en: 10 × 5, de: 10 × 5)"
        assert again.fingerprint() == sharded.fingerprint()
        assert again.as_passages()["de"].block_sizes.tolist() == [2, 2, 2, 2, 2, 2, 2, 2, 2, 2]
        with pytest.raises(FileFormatError, match=r"de/00000\.parquet is damaged"):
            again["de"].take([0])


def test_what_a_shard_holds_is_read_by_others():
    with in_shards(everything()) as sharded:
        names = sorted(path.name for path in (sharded.path / "en").iterdir())
        assert names == sorted(
            ["vocabulary.json", "word_embeddings.npy"]
            + [f"0000{number}.{ending}" for number in range(3) for ending in ("npy", "parquet")]
        )
        table = pq.read_table(sharded.path / "en" / "00001.parquet")
        assert table.column_names == ["id", "label", "date", "text", "words", "counts"]
        assert table.column("text").to_pylist()[0] == "text 4 of en"
        counts = sharded["en"].take([4]).counts
        assert table.column("words").to_pylist()[0] == counts.indices.tolist()
        assert table.column("counts").to_pylist()[0] == counts.data.tolist()
        assert pq.ParquetFile(sharded.path / "en" / "00000.parquet").num_row_groups == SHARD // BLOCK
        assert np.load(sharded.path / "en" / "00002.npy").shape == (2, 3)
        assert pq.read_table(sharded.path / "de" / "00002.passages.parquet").num_rows == 4


def test_a_lone_surrogate_stays_beside_a_text_for_others():
    texts = ["plain"] * 6 + ["\udc00 lone"] + ["plain"] * 3
    with in_shards(everything(texts=texts)) as sharded:
        table = pq.read_table(sharded.path / "en" / "00001.parquet")
        assert table.column("text").to_pylist() == ["plain", "plain", "\ufffd lone", "plain"]
        assert "text_bytes" not in pq.read_schema(sharded.path / "en" / "00000.parquet").names
        assert sharded["en"].take([6]).texts == ["\udc00 lone"]


def test_a_corpus_of_either_kind_replaces_the_other(tmp_path):
    corpus, path = everything(), tmp_path / "corpus"
    for sharded in (False, True, True, False):
        assert corpus.save(path, sharded=sharded) == path
        version = json.loads((path / "corpus.json").read_text(encoding="utf-8"))["format_version"]
        assert version == (3 if sharded else 2)
        assert_same(Corpus.load(path), corpus)
        assert (path / "en" / "00000.parquet").exists() == sharded
    with pytest.raises(FileFormatError, match=r"is not in shards: read it with Corpus\.load"):
        ShardedCorpus.load(path)


def test_a_sample_is_spread_evenly_and_equal_in_memory():
    corpus = everything()
    with in_shards(corpus) as sharded:
        assert_same(sharded.sample(4), corpus.sample(4))
        assert sharded.sample(4)["en"].ids == ["0", "3", "6", "9"]
        assert corpus.sample(10) is corpus
        assert corpus["de"].sample(11) is corpus["de"]
        assert sharded.sample(4, texts=False)["en"].texts is None
        assert corpus.sample(4, embeddings=False)["en"].document_embeddings is None
        assert_same(sharded.take({"de": [9, 0], "en": [1]}), corpus.take({"de": [9, 0], "en": [1]}))


REFUSED = [
    ([], r"rows have shape \(0,\)"),
    ([[1]], r"rows have shape \(1, 1\)"),
    ([0.5], "rows have shape .* and type float64"),
    ([3, 10], "row 10 is asked for: rows go from 0 to 9"),
    ([-1], "row -1 is asked for"),
]


@pytest.mark.parametrize(("rows", "message"), REFUSED)
def test_rows_that_are_none(rows, message):
    with in_shards(everything()) as sharded, pytest.raises(InputError, match=message):
        sharded["en"].take(rows)


def test_blocks_that_are_none():
    with in_shards(everything()) as sharded, pytest.raises(InputError, match=r"blocks .* give some from 0 to 4"):
        sharded["en"].read_blocks([5])


def test_documents_embedded_without_their_passages(tmp_path):
    corpus = everything()
    part = corpus["de"]
    bare = dataclasses.replace(part, passages=dataclasses.replace(part.passages, embeddings=None))
    with pytest.raises(InputError, match="'de' has embeddings of documents but not of their passages"):
        Corpus({**corpus, "de": bare}).save(tmp_path / "corpus", sharded=True)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_language():
    with in_shards(everything()) as sharded:
        with pytest.raises(InputError, match="the corpus has no language 'fr': it has en, de"):
            sharded["fr"]
        assert sharded.get("fr") is None
        assert "EN" in sharded
        with pytest.raises(InputError, match="a corpus needs at least two languages"):
            sharded.select(["en"])
