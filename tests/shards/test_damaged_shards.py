"""Damage of a corpus in shards: one sentence names the file and the cure, and nothing is read in silence."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_line import assert_refuses, cut, limited
from gloctm import Corpus, LanguageCorpus, ShardedCorpus
from gloctm.corpus import BuildReport, Passages, shard_files
from gloctm.corpus.shard_files import ShardRows, write_shard, write_shard_embeddings
from gloctm.corpus.shard_manifest import describe_language, write_manifest
from gloctm.errors import FileFormatError, InputError
from gloctm.files.digests import file_sha256
from gloctm.files.manifest import write_manifest as write_signed
from gloctm.reading.dropped import DroppedDocument

CURE = "copy it again, or build the corpus again"
SHARD_FILES = tuple(f"de/00001.{ending}" for ending in ("parquet", "passages.parquet", "npy"))
FILES = (*SHARD_FILES, "de/vocabulary.json", "de/word_embeddings.npy", "dropped.jsonl")


@pytest.fixture(autouse=True, scope="module")
def _small_shards():
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", 4)
        monkeypatch.setattr(shard_files, "BLOCK_DOCUMENTS", 2)
        monkeypatch.setattr("os.fsync", lambda _: None)
        yield


def made(seed=0):
    """Two languages of six documents that are split, with everything."""
    languages = {}
    for number, code in enumerate(("en", "de")):
        rng = np.random.default_rng([seed, number])
        counts = sp.csr_array(rng.integers(1, 9, (12, 5)))
        vectors = rng.normal(size=(12, 3)).astype("f4")
        passages = Passages(np.repeat(np.arange(6), 2), np.tile([0, 4], 6), counts, vectors)
        languages[code] = LanguageCorpus(
            counts=passages.document_counts(),
            vocabulary=[f"{code}{column}" for column in range(5)],
            word_embeddings=rng.normal(size=(5, 3)).astype("f4"),
            document_embeddings=passages.document_embeddings(),
            labels=["sport", "news"] * 3,
            texts=[f"text {seed} {row}" for row in range(6)],
            passages=passages,
        )
    return Corpus(languages, report=BuildReport(dropped=(DroppedDocument("a.csv, line 3", "has no text", ""),)))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return made().save(tmp_path_factory.mktemp("kept") / "corpus", sharded=True)


@pytest.fixture
def folder(kept, tmp_path):
    return shutil.copytree(kept, tmp_path / "corpus")


def read_everything(folder):
    return ShardedCorpus.load(folder).to_corpus()


def refused(folder, *parts):
    """Reading fails by this error alone, in whatever way the corpus is opened."""
    for read in (Corpus.load, read_everything):
        with pytest.raises(FileFormatError) as caught:
            read(folder)
        message = str(caught.value)
        assert "\n" not in message
        for part in parts:
            assert part in message


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(folder, name):
    (folder / name).unlink()
    refused(folder, f"{folder} is incomplete: {name} is missing", "copy or make the corpus again")


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short(folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-7])
    refused(folder, f"{name} has {len(content) - 7} bytes instead of {len(content)}")


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_anywhere(folder, name):
    content = (folder / name).read_bytes()
    for position in np.linspace(0, len(content) - 1, 12).astype(int):
        damaged = bytearray(content)
        damaged[position] ^= 4
        (folder / name).write_bytes(damaged)
        refused(folder, str(folder / name), "is damaged", "again")


@pytest.mark.parametrize("name", SHARD_FILES)
def test_a_file_of_another_corpus(folder, tmp_path, name):
    foreign = (made(seed=1).save(tmp_path / "foreign", sharded=True) / name).read_bytes()
    (folder / name).write_bytes(foreign)
    # Of whatever size: the manifest is told that it is right.
    manifest = json.loads((folder / "corpus.json").read_text())
    manifest["files"][name] = len(foreign)
    write_signed(folder / "corpus.json", manifest)
    refused(folder, f"{folder / name} is damaged (its SHA-256 differs): {CURE}")


@pytest.mark.parametrize("name", SHARD_FILES)
def test_two_shards_in_each_others_place(folder, name):
    other = folder / name.replace("00001", "00000")
    mine, theirs = (folder / name).read_bytes(), other.read_bytes()
    (folder / name).write_bytes(theirs)
    other.write_bytes(mine)
    refused(folder, "bytes instead of")


@pytest.mark.parametrize("name", SHARD_FILES)
def test_damage_once_the_corpus_is_open(folder, name):
    part = ShardedCorpus.load(folder)["de"]
    before = part.take([5])
    path = folder / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(FileFormatError, match=re.escape(f"{path} is damaged (its SHA-256 differs): {CURE}")):
        part.take([5])
    with pytest.raises(FileFormatError, match=r"00001.* is damaged"):
        part.as_passages().read_blocks([2])[0].toarray(), part.as_passages().take([9])
    # Documents of other shards are as sound as before.
    assert part.take([0]).num_documents == 1
    path.unlink()
    with pytest.raises(FileFormatError, match=re.escape(f"{path} is missing: {CURE}")):
        part.take([5])
    path.write_bytes(content)
    np.testing.assert_array_equal(part.take([5]).document_embeddings, before.document_embeddings)


def signed(folder, name):
    """Let the manifest state what a file now is."""
    manifest = json.loads((folder / "corpus.json").read_text())
    manifest["files"][name] = (folder / name).stat().st_size
    manifest["sha256"][name] = file_sha256(folder / name)
    write_signed(folder / "corpus.json", manifest)


def without(name):
    return lambda table: table.drop_columns([name])


def with_words(words):
    def change(table):
        column = pa.array([words] * table.num_rows, pa.list_(pa.int32()))
        return table.set_column(table.column_names.index("words"), "words", column)

    return change


SIGNED = [
    ("de/00001.parquet", without("counts"), "is damaged"),
    ("de/00001.parquet", without("words"), "is damaged"),
    ("de/00001.parquet", lambda table: table.slice(1), "has 1 rows instead of 2"),
    ("de/00001.parquet", with_words([0, 1, 2, 3, 9]), "is of another corpus (its words are not of this vocabulary)"),
    ("de/00001.parquet", with_words([-1, 1, 2, 3, 4]), "is of another corpus"),
    ("de/00001.parquet", with_words([1]), "is damaged (it has not one count per word)"),
    ("de/00001.parquet", lambda table: table.replace_schema_metadata({}), "is damaged"),
    ("de/00001.parquet", without("text"), "it has no column text"),
    ("de/00001.parquet", without("id"), "it has no column id"),
    ("de/00001.passages.parquet", without("start"), "is damaged"),
    ("de/00001.passages.parquet", lambda table: table.take([3, 2, 1, 0]), "not in the order of documents"),
]


@pytest.mark.parametrize(("name", "change", "message"), SIGNED)
def test_a_parquet_file_of_another_kind(folder, name, change, message):
    table = change(pq.read_table(folder / name))
    pq.write_table(table, folder / name, row_group_size=2, use_dictionary=["label", "date"])
    signed(folder, name)
    refused(folder, f"{folder / name}", message, CURE)


@pytest.mark.parametrize("array", [np.ones((3, 3), "f4"), np.ones((4, 3)), np.ones((4, 3), "f4", order="F")], ids=str)
def test_embeddings_of_another_shape_or_type(folder, array):
    np.save(folder / "de" / "00001.npy", array)
    signed(folder, "de/00001.npy")
    refused(folder, f"{folder / 'de/00001.npy'} is damaged", CURE)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"nothing of the kind" * 50])
@pytest.mark.parametrize("name", SHARD_FILES)
def test_a_file_that_is_none(folder, name, content):
    (folder / name).write_bytes(content)
    signed(folder, name)
    refused(folder, f"{folder / name} is damaged", CURE)


def change(folder, path, value):
    """Set a value in the manifest; ``...`` takes it out."""
    manifest = json.loads((folder / "corpus.json").read_text())
    *above, last = path
    place = manifest
    for key in above:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    write_signed(folder / "corpus.json", manifest)


LANGUAGE = ("languages", "de")
SHARD = (*LANGUAGE, "shards", 0)
MANIFESTS = [
    (("format_version",), 4, "was written by a newer gloctm (format 4, this one reads up to 3): update gloctm"),
    (("languages",), {}, "is damaged"),
    (("languages",), None, "is damaged"),
    (("sha256",), ..., "is damaged"),
    (("sha256", "de/00001.npy"), ..., "has no size or no SHA-256 of de/00001.npy"),
    (("files", "de/00001.npy"), ..., "has no size or no SHA-256 of de/00001.npy"),
    (("shard_documents",), ..., "is damaged"),
    (("shard_documents",), 3, "the shards of 'en' have other than 3 documents"),
    (("shard_documents",), "4", "is damaged"),
    (("block_documents",), 0, "is damaged"),
    (("block_documents",), 2**53 + 1, "is damaged"),
    (("block_documents",), 2**53, "blocks have other than 9,007,199,254,740,992 rows"),
    (("block_documents",), 1, "blocks have other than 1 rows"),
    ((*LANGUAGE, "dimension"), 10**30, "is damaged"),
    ((*LANGUAGE, "dimension"), 2**53, "de/00000.npy is damaged (the manifest has more than it holds)"),
    ((*LANGUAGE, "shards"), [], "is damaged"),
    ((*LANGUAGE, "shards"), ..., "is damaged"),
    ((*LANGUAGE, "documents"), 7, "the numbers of 'de' in its manifest contradict"),
    ((*LANGUAGE, "columns"), ["id"], "the numbers of 'de' in its manifest contradict"),
    ((*LANGUAGE, "vocabulary"), 6, "is of another corpus"),
    ((*LANGUAGE, "vocabulary_sha256"), "0", "vocabulary_sha256 should match pattern"),
    ((*LANGUAGE, "vocabulary_sha256"), "0" * 64, "vocabulary.json is damaged (its words are others)"),
    ((*LANGUAGE, "dimension"), None, "differ in kind"),
    ((*LANGUAGE, "dimension"), "3", "is damaged"),
    ((*LANGUAGE, "embedding_dtype"), "object", "embedding_dtype should be 'float32' or 'float16'"),
    ((*SHARD, "documents"), -1, "is damaged"),
    ((*SHARD, "documents"), 5, "the shards of 'de' have other than 4 documents"),
    ((*SHARD, "content"), 3, "is damaged"),
    ((*SHARD, "embeddings"), None, "differ in kind"),
    ((*SHARD, "columns"), ["text"], "contradict"),
    ((*SHARD, "passages"), False, "differ in kind"),
    ((*SHARD, "units"), ..., "is damaged"),
    ((*SHARD, "nonzeros"), 10**9, "contradict"),
]


@pytest.mark.parametrize(("path", "value", "message"), MANIFESTS, ids=str)
def test_a_manifest_that_is_not_sound(folder, path, value, message):
    change(folder, path, value)
    refused(folder, str(folder), message)


def places(content, path=()):
    """All places in JSON."""
    if isinstance(content, dict | list):
        for key in content if isinstance(content, dict) else range(len(content)):
            yield (*path, key)
            yield from places(content[key], (*path, key))


@given(st.data())
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
def test_a_manifest_with_anything_anywhere(kept, data):
    """It loads, or is refused; never another error, and never other documents."""
    manifest = kept / "corpus.json"
    whole = manifest.read_text()
    path = data.draw(st.sampled_from(list(places(json.loads(whole)))))
    anything = st.sampled_from([None, True, -1, 0, 1, 2.5, 2**53, 10**30, "", "x", [], [1], {}, {"x": 1}, ...])
    try:
        change(kept, path, data.draw(anything))
        found = read_everything(kept)
        assert found["en"].ids == [str(row) for row in range(6)]
        assert found["en"].num_documents == 6
    except FileFormatError:
        pass
    finally:
        manifest.write_text(whole)


def test_more_counts_than_there_can_be(folder):
    """They would be allocated before it is known that they are not there."""
    listed = json.loads((folder / "corpus.json").read_text())["languages"]["de"]
    more = listed["shards"][0]["documents"] * listed["vocabulary"] + 1 - listed["shards"][0]["nonzeros"]
    change(folder, (*SHARD[:-1], 0, "nonzeros"), listed["shards"][0]["nonzeros"] + more)
    change(folder, (*LANGUAGE, "nonzeros"), listed["nonzeros"] + more)
    refused(folder, "its manifest has more counts of 'de' than words")


def test_texts_that_would_be_unpacked_for_each_row(folder, monkeypatch):
    name = "en/00000.parquet"
    table = pq.read_table(folder / name)
    for repeated in (["label", "date"], ["label", "date", "text"]):
        pq.write_table(table, folder / name, row_group_size=2, use_dictionary=repeated)
        signed(folder, name)
        if "text" not in repeated:
            assert read_everything(folder)["en"].num_documents == 6
    refused(folder, f"{name} is damaged (its column 'text' is in another encoding)")
    delta = {"text": "DELTA_BYTE_ARRAY"}
    pq.write_table(table, folder / name, row_group_size=2, use_dictionary=["label", "date"], column_encoding=delta)
    signed(folder, name)
    refused(folder, f"{name} is damaged (its column 'text' is in another encoding)")
    pq.write_table(table, folder / name, row_group_size=2, use_dictionary=False)
    signed(folder, name)
    monkeypatch.setattr("gloctm.files.arrow._MOST_UNPACKED", 1)
    monkeypatch.setattr("gloctm.files.arrow._MOST_RATIO", 0)
    refused(folder, "en/00000.parquet is damaged (its column", "bytes of memory")


def test_on_the_command_line(folder):
    cut("en/00000.parquet")(folder)
    for arguments in (("corpus", "info", folder), ("train", folder, "-o", folder.parent / "model")):
        assert_refuses(folder.parent, arguments, f"{folder} is damaged: en/00000.parquet has", "make the corpus again")


def rows_of(counts, **changes):
    number = counts.shape[0]
    given = {"ids": [str(row) for row in range(number)], "labels": None, "dates": None, "texts": None} | changes
    return ShardRows(counts=counts, **given)


def test_embeddings_that_are_no_numbers(tmp_path):
    vectors = np.ones((4, 3), np.float32)
    vectors[2, 1] = np.nan
    message = r"embeddings of shard .*/00007 hold NaN or infinite numbers as float32 at row 2: correct that row$"
    with pytest.raises(InputError, match=message):
        write_shard_embeddings(tmp_path, 7, vectors)
    with pytest.raises(InputError, match="as float16 at row 0: correct that row, or keep them as float32"):
        write_shard_embeddings(tmp_path, 7, np.full((4, 3), 1e6, np.float32), "float16")
    assert list(tmp_path.iterdir()) == []


def test_half_precision_is_half_the_size(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(6, 8)).astype("f4")
    corpus = made().as_passages()
    parts = {}
    for code, part in corpus.items():
        (tmp_path / code).mkdir()
        rows = rows_of(part.counts[:4])
        digest = write_shard_embeddings(tmp_path / code, 0, vectors[:4], "float16")
        assert digest == write_shard_embeddings(tmp_path / code, 0, vectors[:4].astype("f2").astype("f4"), "float16")
        (tmp_path / code / "vocabulary.json").write_text(json.dumps(part.vocabulary))
        entry = write_shard(tmp_path / code, 0, rows)
        entry = type(entry).from_json({**entry.as_json(), "embeddings": digest})
        parts[code] = describe_language(tmp_path / code, [entry], tokenizer="unicode")
    write_manifest(tmp_path, parts, encoder="some encoder")
    sharded = ShardedCorpus.load(tmp_path)
    assert (sharded["en"].document_dimension, sharded["en"].has_word_embeddings) == (8, False)
    blocks = sharded["en"].read_blocks([1, 0])[1][[2, 3, 0, 1]]
    for embeddings in (blocks, sharded.to_corpus()["en"].document_embeddings):
        assert embeddings.dtype == np.float32
        np.testing.assert_allclose(embeddings, vectors[:4], rtol=1e-3, atol=1e-3)
    assert (tmp_path / "en" / "00000.npy").stat().st_size < 4 * 8 * 2 + 200


def test_shards_that_do_not_go_together(tmp_path):
    counts = sp.csr_array(np.eye(4, dtype=np.int32))
    (tmp_path / "vocabulary.json").write_text('["a", "b", "c", "d"]')
    entries = [write_shard(tmp_path, 0, rows_of(counts)), write_shard(tmp_path, 1, rows_of(counts, texts=["t"] * 4))]
    with pytest.raises(InputError, match=r"the shards of .* differ in their columns, passages or embeddings"):
        describe_language(tmp_path, entries)
    short = write_shard(tmp_path, 0, rows_of(counts[:3]))
    entry = describe_language(tmp_path, [short, entries[0]])
    with pytest.raises(FileFormatError, match="the shards of 'en' have other than 4 documents"):
        write_manifest(tmp_path, {"en": entry})
    assert not (tmp_path / "corpus.json").exists()


def test_files_that_begin_with_a_dot_are_not_listed(folder):
    (folder / ".notes").mkdir()
    (folder / ".notes" / "a.json").write_text("{}")
    entries = {code: part._entry for code, part in ShardedCorpus.load(folder).items()}
    write_manifest(folder, entries, sha256={"en/vocabulary.json": "known"})
    manifest = json.loads((folder / "corpus.json").read_text())
    assert not any(name.startswith(".") for name in manifest["files"])
    assert "corpus.json" not in manifest["files"]
    assert manifest["files"].keys() == manifest["sha256"].keys()
    assert manifest["sha256"]["en/vocabulary.json"] == "known"


def test_a_full_disk_leaves_what_was_there(kept, tmp_path):
    script = "import sys; from gloctm import Corpus; Corpus.load(sys.argv[1]).save(sys.argv[2], sharded=True)"
    target = made(seed=1).save(tmp_path / "target", sharded=True)
    before = Corpus.load(target).fingerprint()
    command = [sys.executable, "-c", script, str(kept), str(target)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, **limited(600))
    assert ended.returncode == 1
    assert "OSError" in ended.stderr.splitlines()[-1]
    assert Corpus.load(target).fingerprint() == before
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_pyarrow_is_missing(kept, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    message = re.escape("needs pyarrow, not installed here: pip install pyarrow")
    sharded = ShardedCorpus.load(kept)
    with pytest.raises(ImportError, match=f"Reading a corpus in shards {message}"):
        sharded["en"].take([0])
    with pytest.raises(ImportError, match=f"Writing a corpus in shards {message}"):
        made().save(tmp_path / "corpus", sharded=True)
    assert list(tmp_path.iterdir()) == []
