"""Corpora as sources of streamed transform, and folders of parts: whole or not there, and going on after a kill."""

from __future__ import annotations

import io
import json
import os
import tracemalloc

import numpy as np
import pyarrow.parquet
import pytest

from gloctm import Corpus, ShardedCorpus
from gloctm.corpus import read_records, shard_files
from gloctm.errors import InputError
from gloctm.export import incoming, sources, transform, transform_to
from gloctm.export.parts import PartWriter, folder_of_parts
from gloctm.reading.dropped import DroppedDocument, read_dropped
from handmade import handmade_model

VOCABULARY = {"en": ["goal", "rain", "snow", "team", "vote"], "de": ["regen", "schnee", "tor"]}


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(3)
    return handmade_model(VOCABULARY, {code: rng.normal(size=(3, len(words))) for code, words in VOCABULARY.items()})


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(1)
    tokens = {code: [list(rng.choice(words, 4)) for _ in range(23)] for code, words in VOCABULARY.items()}
    ids = {code: [f"{code}{row}" for row in range(23)] for code in VOCABULARY}
    return Corpus.from_tokens(tokens, vocabulary=VOCABULARY, ids=ids, encoder=None)


@pytest.fixture
def small_shards(monkeypatch):
    for module, name, size in [
        *((shard_files, "SHARD_DOCUMENTS", 8), (shard_files, "BLOCK_DOCUMENTS", 4), (sources, "SHARD_DOCUMENTS", 8)),
        *((incoming, "BLOCK_DOCUMENTS", 2), (sources, "BLOCKS_PER_PART", 2)),
    ]:
        monkeypatch.setattr(module, name, size)


@pytest.fixture
def sharded(corpus, tmp_path_factory, small_shards):
    return ShardedCorpus.load(corpus.save(tmp_path_factory.mktemp("shards") / "corpus", sharded=True))


def rows_of(target):
    table = pyarrow.parquet.read_table(target)
    return table["id"].to_pylist(), table["lang"].to_pylist(), np.stack(table.columns[2:], axis=1)


def test_transform_takes_shards_as_it_takes_a_corpus(model, corpus, sharded):
    found, expected = model.transform(sharded), model.transform(corpus)
    assert list(found) == ["en", "de"]
    for code in found:
        np.testing.assert_allclose(found[code], expected[code], atol=1e-6)


@pytest.mark.parametrize("in_shards", [False, True])
def test_a_corpus_is_written_language_by_language(model, corpus, sharded, tmp_path, in_shards):
    found = transform_to(model, sharded if in_shards else corpus, tmp_path / "theta.parquet")
    ids, languages, theta = rows_of(tmp_path / "theta.parquet")
    expected = model.transform(corpus)
    assert ids == [*corpus["en"].ids, *corpus["de"].ids]
    assert languages == ["en"] * 23 + ["de"] * 23
    np.testing.assert_allclose(theta, np.concatenate([expected["en"], expected["de"]]), atol=1e-6)
    assert found.documents == {"en": 23, "de": 23}


def test_a_corpus_of_other_words_is_inferred_by_its_texts(model, tmp_path, small_shards):
    texts = {"en": ["rain rain goal", "team vote", "snow"], "de": ["tor regen", "schnee", "regen regen"]}
    other = Corpus.from_texts(texts, min_df=1, max_df=1.0, encoder=None, show_progress=False)
    for each in (other, ShardedCorpus.load(other.save(tmp_path / "shards", sharded=True))):
        transform_to(model, each, tmp_path / "theta.parquet")
        expected = [model.transform(texts[code], language=code) for code in texts]
        np.testing.assert_allclose(rows_of(tmp_path / "theta.parquet")[2], np.concatenate(expected), atol=1e-6)


def write_documents(path, number):
    rng = np.random.default_rng(0)
    lines = [{"text": " ".join(rng.choice(VOCABULARY["en"], 3)), "lang": "en"} for _ in range(number)]
    lines[3] = {"text": "12 - 34"}
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return path


def everything(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.filterwarnings("ignore:.*left out")
def test_a_folder_holds_the_rows_of_a_file_and_says_what_it_is(model, tmp_path, small_shards):
    source = write_documents(tmp_path / "documents.jsonl", 11)
    transform_to(model, read_records(source), tmp_path / "theta.parquet")
    transform_to(model, read_records(source), tmp_path / "theta")
    assert sorted(os.listdir(tmp_path)) == ["documents.jsonl", "theta", "theta.parquet"]
    assert sorted(os.listdir(tmp_path / "theta")) == [
        "_transform.json",
        *(f"part-0000{part}.parquet" for part in range(3)),
    ]
    one, several = rows_of(tmp_path / "theta.parquet"), rows_of(tmp_path / "theta")
    assert one[:2] == several[:2]
    np.testing.assert_array_equal(one[2], several[2])
    manifest = json.loads((tmp_path / "theta" / "_transform.json").read_text())
    assert [part["rows"] for part in manifest["parts"]] == [3, 4, 3]
    assert (manifest["rows"], manifest["documents"]) == (10, {"en": 10})
    # An older one is replaced; nobody's files are.
    transform_to(model, read_records(source), tmp_path / "theta")
    (tmp_path / "theta" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds files other than"):
        transform_to(model, read_records(source), tmp_path / "theta")


class Killed(BaseException):
    """As sudden as a kill, for this process."""


def killed_after(monkeypatch, documents):
    """Let inference end suddenly once it has seen this many documents."""
    seen = 0
    infer = transform.BlockInference._infer

    def failing(self, given, code):
        nonlocal seen
        if seen >= documents:
            raise Killed
        found = infer(self, given, code)
        seen += len(found)
        return found

    monkeypatch.setattr(transform.BlockInference, "_infer", failing)


def counted_inference(monkeypatch):
    inferred = []
    infer = transform.BlockInference._infer

    def counting(self, given, code):
        found = infer(self, given, code)
        inferred.append(len(found))
        return found

    monkeypatch.setattr(transform.BlockInference, "_infer", counting)
    return inferred


@pytest.mark.filterwarnings("ignore:.*left out")
@pytest.mark.parametrize("kind", ["files", "shards"])
def test_a_run_that_was_killed_goes_on(model, sharded, tmp_path, monkeypatch, kind):
    source = write_documents(tmp_path / "documents.jsonl", 23)

    def run(name):
        given = read_records(source) if kind == "files" else sharded
        return transform_to(model, given, tmp_path / name, dropped=tmp_path / "dropped.jsonl")

    whole = run("whole")
    listed = read_dropped(tmp_path / "dropped.jsonl")
    with monkeypatch.context() as patched:
        killed_after(patched, 13)
        with pytest.raises(Killed):
            run("theta")
    assert not (tmp_path / "theta").exists()
    with monkeypatch.context() as patched:
        inferred = counted_inference(patched)
        again = run("theta")
    # Only what no part held was inferred: parts of 4 read documents, or of 8 in shards.
    assert sum(inferred) == {"files": 22 - 11, "shards": 46 - 16}[kind]
    assert everything(tmp_path / "theta") == everything(tmp_path / "whole")
    assert again == whole
    assert read_dropped(tmp_path / "dropped.jsonl") == listed
    assert [file for file in os.listdir(tmp_path) if file.startswith(".")] == []


@pytest.mark.filterwarnings("ignore:.*left out")
@pytest.mark.parametrize("change", ["source", "model", "latent"])
def test_what_changed_since_is_made_again(model, tmp_path, monkeypatch, small_shards, change):
    source = write_documents(tmp_path / "documents.jsonl", 23)
    with monkeypatch.context() as patched:
        killed_after(patched, 13)
        with pytest.raises(Killed):
            transform_to(model, read_records(source), tmp_path / "theta")
    if change == "source":
        source.write_text(source.read_text().replace("12 - 34", "rain rain rain"))
    if change == "model":
        model = handmade_model(VOCABULARY, {code: np.ones((3, len(words))) for code, words in VOCABULARY.items()})
    latent = change == "latent"
    inferred = counted_inference(monkeypatch)
    transform_to(model, read_records(source), tmp_path / "theta", latent=latent)
    expected = 22 + (change == "source")
    assert sum(inferred) == expected
    transform_to(model, read_records(source), tmp_path / "fresh", latent=latent)
    assert everything(tmp_path / "theta") == everything(tmp_path / "fresh")


def test_a_source_that_changes_while_it_is_read_is_named(model, tmp_path, small_shards):
    source = write_documents(tmp_path / "documents.jsonl", 11)

    def change(reader):
        with source.open("a") as stream:
            stream.write('{"text": "rain", "lang": "en"}\n')

    with pytest.raises(InputError, match=r"documents\.jsonl was changed while it was read: run the same again"):
        transform_to(model, read_records(source), tmp_path / "theta", on_read=change)
    assert not (tmp_path / "theta").exists()


def test_a_folder_of_nothing_is_not_written(model, tmp_path):
    with pytest.warns(UserWarning, match="left out"), pytest.raises(InputError, match="no document could be used"):
        transform_to(model, [{"text": "12"}], tmp_path / "theta")
    assert os.listdir(tmp_path) == []


def cut_short(part):
    part.write_bytes(part.read_bytes()[:-9])


def flip_a_bit(part):
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)


@pytest.mark.parametrize("harm", [cut_short, flip_a_bit])
def test_a_part_that_was_damaged_meanwhile_is_made_again(model, tmp_path, monkeypatch, small_shards, harm):
    source = write_documents(tmp_path / "documents.jsonl", 23)
    with monkeypatch.context() as patched:
        killed_after(patched, 13)
        with pytest.raises(Killed):
            transform_to(model, read_records(source), tmp_path / "theta")
    harm(tmp_path / ".theta.transforming" / "part-00001.parquet")
    with pytest.warns(UserWarning, match="1 document was left out"):
        transform_to(model, read_records(source), tmp_path / "theta")
    stream = io.StringIO()
    with pytest.warns(UserWarning, match="1 document was left out"):
        transform_to(model, read_records(source), stream)
    assert rows_of(tmp_path / "theta")[0] == [json.loads(line)["id"] for line in stream.getvalue().splitlines()]


def test_what_parts_left_out_stays_on_disk(tmp_path):
    left_out = [DroppedDocument(f"news.jsonl, line {row}", "has no text", "", str(row)) for row in range(500)]

    tracemalloc.start()
    with folder_of_parts(tmp_path / "theta", "key", range(2), {}) as writer:
        for _ in range(40):
            with writer.part() as (_, listed):
                listed += left_out
            writer.commit({"documents": {}, "tallies": [{"left_out": list(map(str, range(500)))}]})
        again = PartWriter(tmp_path / ".theta.transforming", "key", range(2))
        held = tracemalloc.get_traced_memory()[0]
        assert (len(again.done), again.state) == (40, writer.state)
        assert list(again.left_out()) == left_out * 40
    tracemalloc.stop()
    # As objects, what 40 parts left out takes 10 MB.
    assert held < 2e6


def test_another_version_of_the_package_makes_parts_again(model, tmp_path, monkeypatch, small_shards):
    source = write_documents(tmp_path / "documents.jsonl", 23)
    with monkeypatch.context() as patched:
        killed_after(patched, 13)
        with pytest.raises(Killed):
            transform_to(model, read_records(source), tmp_path / "theta")
    monkeypatch.setattr(transform, "version", lambda name: "999")
    inferred = counted_inference(monkeypatch)
    with pytest.warns(UserWarning, match="1 document was left out"):
        transform_to(model, read_records(source), tmp_path / "theta")
    assert sum(inferred) == 22
