"""Corpora as sources of streamed transform, and folders of parts: whole or not there, and going on after a kill."""

from __future__ import annotations

import copy
import gzip
import io
import json
import os
import tracemalloc
import warnings

import numpy as np
import pyarrow.parquet
import pytest

from gloctm import Corpus, GloCTM, ShardedCorpus
from gloctm.corpus import Columns, read_records, shard_files
from gloctm.embedding import ArrayEncoder
from gloctm.engine import Piece
from gloctm.errors import EmptyDocumentWarning, FileFormatError, InputError, SimilarLanguagesWarning
from gloctm.export import incoming, pieces, sources, stages, transform_to
from gloctm.export.incoming import LeftOut
from gloctm.model.inferring import BlockInference
from gloctm.reading.dropped import DroppedDocument, read_dropped
from gloctm.shards import plan
from gloctm.text import as_tokenizer
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
        *((incoming, "BLOCK_DOCUMENTS", 2), (plan, "SPLIT_BYTES", 160)),
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


def transformed(model, documents, target, **settings):
    """Into a folder of parts, in this process."""
    return transform_to(model, documents, target, **{"processes": 1, **settings})


@pytest.mark.filterwarnings("ignore:.*left out")
def test_a_folder_holds_the_rows_of_a_file_and_says_what_it_is(model, tmp_path, small_shards):
    source = write_documents(tmp_path / "documents.jsonl", 11)
    transform_to(model, read_records(source), tmp_path / "theta.parquet")
    transformed(model, read_records(source), tmp_path / "theta")
    assert sorted(os.listdir(tmp_path)) == ["documents.jsonl", "theta", "theta.parquet"]
    one, several = rows_of(tmp_path / "theta.parquet"), rows_of(tmp_path / "theta")
    assert one[:2] == several[:2]
    assert one[0] == [str(place) for place in range(11) if place != 3]
    np.testing.assert_allclose(one[2], several[2], atol=1e-6)
    manifest = json.loads((tmp_path / "theta" / "_transform.json").read_text())
    parts = [f"part-0000{part}.parquet" for part in range(len(manifest["parts"]))]
    assert sorted(os.listdir(tmp_path / "theta")) == ["_transform.json", *parts]
    assert [part["file"] for part in manifest["parts"]] == parts
    assert [part["rows"] for part in manifest["parts"]] == [
        pyarrow.parquet.read_metadata(tmp_path / "theta" / part).num_rows for part in parts
    ]
    assert len(parts) > 2
    assert (manifest["rows"], manifest["documents"]) == (10, {"en": 10})
    # An older one is replaced; nobody's files are.
    transformed(model, read_records(source), tmp_path / "theta")
    (tmp_path / "theta" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds files other than"):
        transformed(model, read_records(source), tmp_path / "theta")


def write_mixed(folder):
    """Files of every kind, some of whose documents have ids, and some of which can't be read or identified."""
    first = write_documents(folder / "a.jsonl", 9)
    lines = [json.dumps({"text": "goal snow", "lang": "en", "id": "own"}), "", "  ", "no", '{"text": null}']
    lines += [json.dumps({"text": "tor regen", "lang": "de"}), '{"text": "5 - 6", "id": "six"}', '{"text": "7 - 8"}']
    mixed = folder / "b.jsonl"
    mixed.write_text("\r\n".join(lines) + "\n\n" + json.dumps({"text": "vote", "lang": "en"}))
    packed = folder / "c.jsonl.gz"
    packed.write_bytes(gzip.compress(first.read_bytes()))
    table = folder / "d.csv"
    table.write_text('text,lang\n"rain\nsnow",en\nregen,de\n')
    array = folder / "e.json"
    array.write_text(json.dumps([{"text": "goal", "lang": "en"}, {"text": "schnee", "lang": "de"}]))
    rows = folder / "f.parquet"
    texts = pyarrow.table({"text": ["rain", "tor", "vote"], "lang": ["en", "de", "en"]})
    pyarrow.parquet.write_table(texts, rows, row_group_size=1)
    return [first, mixed, packed, table, array, rows]


@pytest.mark.filterwarnings("ignore:.*left out")
@pytest.mark.parametrize("size", [1, 60, 300, 2**23])
def test_ids_and_what_is_left_out_are_those_of_a_file_wherever_it_is_cut(model, tmp_path, monkeypatch, size):
    files = write_mixed(tmp_path)
    found = {}
    for name in ("theta.parquet", "theta"):
        monkeypatch.setattr(plan, "SPLIT_BYTES", size)
        told = []
        reader = read_records(files, on_error="skip")
        done = transformed(model, reader, tmp_path / name, dropped=tmp_path / "dropped.jsonl", on_read=told.append)
        ids, languages, _ = rows_of(tmp_path / name)
        found[name] = done, ids, languages, read_dropped(tmp_path / "dropped.jsonl"), told
    assert found["theta"] == found["theta.parquet"]
    done, ids, _, listed, _ = found["theta"]
    assert ids[8:10] == ["own", "12"]
    assert [each.id for each in listed] == ["3", None, None, "six", "14", "19"]
    assert done.num_documents == 8 + 3 + 8 + 2 + 2 + 3


class Killed(BaseException):
    """As sudden as a kill, for this process."""


def inferring_by(monkeypatch, before):
    """Let something be done before each block of documents is inferred; return the sizes of these."""
    inferred = []
    infer = BlockInference._infer

    def other(self, given, code):
        before(sum(inferred))
        found = infer(self, given, code)
        inferred.append(len(found))
        return found

    monkeypatch.setattr(BlockInference, "_infer", other)
    return inferred


def kill_after(documents):
    def before(number):
        if number >= documents:
            raise Killed

    return before


def nothing(number):
    pass


def rows_done(folder):
    return sum(pyarrow.parquet.read_metadata(file).num_rows for file in folder.glob("*.parquet"))


@pytest.mark.filterwarnings("ignore:.*left out")
@pytest.mark.parametrize("kind", ["files", "shards"])
def test_a_run_that_was_killed_goes_on(model, sharded, tmp_path, monkeypatch, kind):
    source = write_documents(tmp_path / "documents.jsonl", 23)

    def run(name):
        given = read_records(source) if kind == "files" else sharded
        return transformed(model, given, tmp_path / name, dropped=tmp_path / "dropped.jsonl")

    whole = run("whole")
    listed = read_dropped(tmp_path / "dropped.jsonl")
    with monkeypatch.context() as patched:
        inferring_by(patched, kill_after(13))
        with pytest.raises(Killed):
            run("theta")
    assert not (tmp_path / "theta").exists()
    kept = rows_done(tmp_path / ".theta.transforming" / "parts")
    assert kept > 7
    with monkeypatch.context() as patched:
        inferred = inferring_by(patched, nothing)
        again = run("theta")
    assert sum(inferred) == {"files": 22, "shards": 46}[kind] - kept
    assert everything(tmp_path / "theta") == everything(tmp_path / "whole")
    assert again == whole
    assert read_dropped(tmp_path / "dropped.jsonl") == listed
    assert [file for file in os.listdir(tmp_path) if file.startswith(".")] == []


@pytest.fixture
def killed(model, tmp_path, monkeypatch, small_shards):
    """A file of 23 documents, of which a run that was killed has done some."""
    source = write_documents(tmp_path / "documents.jsonl", 23)
    with monkeypatch.context() as patched:
        inferring_by(patched, kill_after(13))
        with pytest.raises(Killed):
            transformed(model, read_records(source), tmp_path / "theta")
    return source


@pytest.mark.filterwarnings("ignore:.*left out")
@pytest.mark.parametrize("change", ["source", "model", "latent", "version"])
def test_what_changed_since_is_made_again(model, killed, tmp_path, monkeypatch, change):
    if change == "source":
        killed.write_text(killed.read_text().replace("12 - 34", "rain rain rain"))
    if change == "model":
        model = handmade_model(VOCABULARY, {code: np.ones((3, len(words))) for code, words in VOCABULARY.items()})
    if change == "version":
        monkeypatch.setattr(stages, "version", lambda name: "999")
    latent = change == "latent"
    inferred = inferring_by(monkeypatch, nothing)
    transformed(model, read_records(killed), tmp_path / "theta", latent=latent)
    assert sum(inferred) == 22 + (change == "source")
    transformed(model, read_records(killed), tmp_path / "fresh", latent=latent)
    assert everything(tmp_path / "theta") == everything(tmp_path / "fresh")


def test_a_source_that_changes_while_it_is_read_is_named(model, tmp_path, monkeypatch, small_shards):
    source = write_documents(tmp_path / "documents.jsonl", 11)

    def change(number):
        with source.open("a") as stream:
            stream.write('{"text": "rain", "lang": "en"}\n')

    inferring_by(monkeypatch, change)
    with pytest.raises(FileFormatError, match=r"documents\.jsonl changed while it was read: run the same again"):
        transformed(model, read_records(source), tmp_path / "theta")
    assert not (tmp_path / "theta").exists()


def test_a_corpus_that_changes_while_it_is_read_is_named(model, sharded, tmp_path, monkeypatch):
    def change(number):
        with (sharded.path / "corpus.json").open("a") as stream:
            stream.write(" ")

    inferring_by(monkeypatch, change)
    with pytest.raises(InputError, match="changed while it was read: run the same again"):
        transformed(model, sharded, tmp_path / "theta")


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


@pytest.mark.filterwarnings("ignore:.*left out")
@pytest.mark.parametrize("harm", [cut_short, flip_a_bit])
def test_a_part_that_was_damaged_meanwhile_is_made_again(model, killed, tmp_path, harm):
    harm(next((tmp_path / ".theta.transforming" / "parts").glob("*.parquet")))
    transformed(model, read_records(killed), tmp_path / "theta")
    transformed(model, read_records(killed), tmp_path / "fresh")
    assert everything(tmp_path / "theta") == everything(tmp_path / "fresh")


def test_what_parts_left_out_stays_on_disk(tmp_path):
    left_out = [LeftOut(DroppedDocument("news.jsonl, line 1", "no", "x" * 50), row, row % 2 > 0) for row in range(500)]
    parts = [Piece(f"part{number}", "key", None) for number in range(40)]
    for part in parts:
        with pieces._listing(tmp_path / pieces._left_out_file(part.name)) as leave_out:
            leave_out(left_out)
    firsts = [500 * number for number in range(40)]
    tracemalloc.start()
    number = 0
    for position, document in enumerate(stages._left_out(tmp_path, parts, firsts)):
        assert document.id == (str(position) if position % 2 else None)
        number += 1
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert number == 40 * 500
    # As objects, what 40 parts left out takes 10 MB.
    assert held < 2e6


def test_a_warning_counts_the_documents_of_all_parts_once(model, tmp_path, small_shards):
    source = tmp_path / "documents.jsonl"
    texts = ["rain", "12", *["snow goal team vote"] * 8, "34", "56"]
    source.write_text("".join(json.dumps({"text": text, "lang": "en"}) + "\n" for text in texts))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        transformed(model, read_records(source), tmp_path / "theta")
    assert len(os.listdir(tmp_path / "theta")) > 3
    assert [each.category for each in caught] == [EmptyDocumentWarning]
    assert str(caught[0].message).startswith("3 of 12 documents in 'en'")
    assert caught[0].filename == __file__


def test_what_a_part_warns_of_is_said_once(tmp_path, small_shards):
    vectors = {code: np.eye(len(words), 5) for code, words in VOCABULARY.items()}
    beta = {code: np.random.default_rng(3).normal(size=(3, len(words))) for code, words in VOCABULARY.items()}
    model = handmade_model(VOCABULARY, beta, word_embeddings=vectors)
    encoder = ArrayEncoder(VOCABULARY["en"], vectors["en"])
    source = tmp_path / "documents.jsonl"
    source.write_text("".join(json.dumps({"text": "rain snow team", "lang": "en-GB"}) + "\n" for _ in range(12)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        transformed(model, read_records(source), tmp_path / "theta", encoder=encoder)
    assert len(os.listdir(tmp_path / "theta")) > 3
    assert [(each.category, each.filename) for each in caught] == [(SimilarLanguagesWarning, __file__)]


def test_a_file_that_is_named_several_times_is_numbered_through(model, tmp_path, monkeypatch):
    source = tmp_path / "documents.jsonl"
    source.write_text('{"text": "rain", "lang": "en"}\n' * 2)
    monkeypatch.setattr(plan, "SPLIT_BYTES", 40)
    transformed(model, read_records([source] * 4), tmp_path / "theta")
    assert rows_of(tmp_path / "theta")[0] == [str(place) for place in range(8)]


def test_columns_that_are_in_no_part_are_refused(model, tmp_path, small_shards):
    source = write_documents(tmp_path / "documents.jsonl", 11)
    with pytest.raises(FileFormatError, match=r"documents\.jsonl never has 'number': name a column that is there"):
        transformed(model, read_records(source, columns=Columns(id="number")), tmp_path / "theta")


def test_several_processes_are_refused_where_one_writes_or_reads(model, corpus, tmp_path):
    source = write_documents(tmp_path / "documents.jsonl", 5)
    for target in (tmp_path / "theta.csv", io.StringIO()):
        with pytest.raises(InputError, match=r"can't write .* with processes=2, since one process writes"):
            transform_to(model, read_records(source), target, processes=2)
    for documents in (corpus, [{"text": "rain", "lang": "en"}]):
        with pytest.raises(InputError, match="are transformed by one process: leave processes=2 out"):
            transform_to(model, documents, tmp_path / "theta", processes=2)
    with pytest.raises(InputError, match="there is no engine 'cluster'"):
        transform_to(model, read_records(source), tmp_path / "theta", engine="cluster")
    with pytest.raises(InputError, match="processes is 0"):
        transform_to(model, read_records(source), tmp_path / "theta.csv", processes=0)


def split_words(text):
    return [word for word in text.split() if word != "goal"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*(left out|have no word)")
def test_any_number_of_processes_writes_the_same_bytes(sharded, tmp_path, monkeypatch):
    monkeypatch.setattr(incoming, "BLOCK_DOCUMENTS", 16_384)
    vectors = {code: np.random.default_rng(2).normal(size=(len(words), 5)) for code, words in VOCABULARY.items()}
    beta = {code: np.random.default_rng(3).normal(size=(3, len(words))) for code, words in VOCABULARY.items()}
    model = handmade_model(VOCABULARY, beta, word_embeddings=vectors)
    model.tokenizers_["en"] = "mine"
    model.own_tokenizers = {"en": as_tokenizer(split_words)}
    encoder = ArrayEncoder(["pluie", "neige"], np.random.default_rng(4).normal(size=(2, 5)))
    files = write_mixed(tmp_path)
    files[0].write_text(files[0].read_text() + '{"text": "pluie neige", "lang": "fr"}\n' * 9)
    for kind in ("shards", "files"):

        def run(name, processes, kind=kind):
            given = read_records(files, on_error="skip") if kind == "files" else sharded
            done = transform_to(
                model,
                given,
                tmp_path / name,
                encoder=encoder,
                dropped=tmp_path / "dropped.jsonl",
                processes=processes,
            )
            return done, everything(tmp_path / name), read_dropped(tmp_path / "dropped.jsonl")

        serial = run("serial", 1)
        assert len(serial[1]) > 5
        assert run("theta", 2) == serial
    # Begun by one process and ended by others.
    with monkeypatch.context() as patched:
        inferring_by(patched, kill_after(13))
        with pytest.raises(Killed):
            run("again", 1)
    assert run("again", 2) == serial


@pytest.mark.slow
def test_an_error_in_another_process_is_itself(model, tmp_path, small_shards):
    source = write_documents(tmp_path / "documents.jsonl", 23)
    source.write_text(source.read_text() + "no\n")
    with pytest.raises(FileFormatError, match="line 24 is not JSON"):
        transform_to(model, read_records(source), tmp_path / "theta", processes=2)
    assert not (tmp_path / "theta").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_a_cache_holds_changes_no_byte(tmp_path, monkeypatch):
    # Short texts, whose embeddings count, with words of characters that the encoder does not know.
    demo = Corpus.demo(["en", "zh"], show_progress=False)
    model = GloCTM(num_topics=12, random_state=0, show_progress=False, threads=1).fit(demo)
    rng = np.random.default_rng(0)
    lines = []
    for row in range(240):
        code = ("en", "zh")[row % 2]
        rare = "".join(map(chr, rng.integers(0x4E00, 0x9FA0, 3)))
        lines.append({"text": f"{demo[code].texts[row][:40]} {rare}", **({"lang": code} if row % 3 else {})})
    source = tmp_path / "documents.jsonl"
    source.write_text("".join(json.dumps(each) + "\n" for each in lines))
    monkeypatch.setattr(plan, "SPLIT_BYTES", source.stat().st_size // 4)
    found = []
    for processes, cache in ((1, "a"), (1, "a"), (2, "b")):
        monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path / cache))
        transform_to(copy.deepcopy(model), read_records(source), tmp_path / "theta", processes=processes)
        found.append(everything(tmp_path / "theta"))
    assert len(found[0]) == 5
    assert found[1] == found[0]
    assert found[2] == found[0]
