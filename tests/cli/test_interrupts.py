"""What is interrupted, terminated or killed leaves nothing half-written."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from command_line import command, make_records, run_here, start, succeeded
from gloctm import GloCTM


@pytest.mark.parametrize(("asked", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_training_goes_on_where_it_was_stopped(tmp_path, corpus, model, asked, code):
    # It is stopped in its third round of refinement.
    script = f"""
import os, signal
import gloctm.context.fit as fit
rounds, refined = [], fit.refined
def stopping(*arguments):
    rounds.append(None)
    if len(rounds) == 3:
        os.kill(os.getpid(), signal.{asked})
    return refined(*arguments)
fit.refined = stopping
from gloctm.cli.main import main
main()
"""
    target, flags = tmp_path / "model", ("--num-topics=3", "--threads=1", "-q")
    with start(sys.executable, "-c", script, "train", str(corpus), "-o", str(target), *flags) as process:
        output, messages = process.communicate(timeout=100)
    checkpoint = tmp_path / "model.checkpoint"
    assert (process.returncode, output) == (code, "")
    remark, said = messages.splitlines()
    assert remark.startswith("gloctm: warning: the corpus has 40 documents for 3 topics")
    assert said == f"gloctm: training was stopped; {checkpoint} holds all steps that were done: go on with --resume"
    assert os.listdir(tmp_path) == ["model.checkpoint"]
    succeeded(run_here("train", corpus, "-o", target, *flags, "--resume"))
    assert os.listdir(tmp_path) == ["model"]
    resumed, whole = GloCTM.load(target), GloCTM.load(model)
    for name, array in whole.weights_.items():
        np.testing.assert_array_equal(resumed.weights_[name], array)


def test_an_interrupted_training_leaves_all_as_it_was(tmp_path, corpus, model):
    # Progress is reported at every step, so that the first line tells when to interrupt.
    script = "import gloctm.progress; gloctm.progress.PLAIN_INTERVAL = 0; from gloctm.cli.main import main; main()"
    older = shutil.copytree(model, tmp_path / "model")
    before = {path: path.read_bytes() for path in older.iterdir()}
    flags = ("--method=published", "--epochs=1000000", "--num-topics=2", "--threads=1")
    with start(sys.executable, "-c", script, "train", str(corpus), "-o", str(older), *flags) as process:
        assert process.stderr.readline().startswith("training: 1/1000000 steps")
        process.send_signal(signal.SIGINT)
        output, messages = process.communicate(timeout=100)
    assert process.returncode == 130
    assert output == ""
    *progress, last = messages.splitlines()
    assert all(line.startswith("training: ") for line in progress)
    checkpoint = tmp_path / "model.checkpoint"
    stopped = r"training was stopped after epoch \d+ of 1000000; (.+) holds all that was done: go on with --resume"
    found = re.fullmatch(f"gloctm: {stopped}", last)
    assert found is not None, last
    assert found[1] == str(checkpoint)
    assert set(tmp_path.rglob("*")) == {older, checkpoint, *before}
    assert {path: path.read_bytes() for path in older.iterdir()} == before


INTERRUPTED = (130, "gloctm: interrupted; nothing was written")


TERMINATED = (143, "gloctm: terminated; nothing was written")


ENDS = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


@pytest.mark.parametrize("asked", ENDS)
def test_an_interrupted_build_leaves_nothing_behind(tmp_path, asked):
    source = tmp_path / "documents.jsonl"
    os.mkfifo(source)
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    # Opening the pipe waits until the process reads it, and the process then waits for documents that never come.
    arguments = command("corpus", "build", source, "-o", tmp_path / "corpus")
    with start(*arguments, env=environment) as process, source.open("w"):
        process.send_signal(asked)
        output, messages = process.communicate(timeout=100)
    assert (process.returncode, output, messages) == (ENDS[asked][0], "", f"{ENDS[asked][1]}\n")
    assert set(tmp_path.rglob("*")) == {source, tmp_path / "temporary"}


def workers_of(process):
    """The processes that a process has started, but those that Python watches over its resources by."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [child for child in children if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="child processes are found in Linux's /proc")
@pytest.mark.parametrize("asked", ENDS)
def test_an_interrupted_build_in_several_processes_leaves_nothing_behind(tmp_path, corpus, asked):
    older = shutil.copytree(corpus, tmp_path / "corpus")
    source = tmp_path / "documents.jsonl"
    os.mkfifo(source)
    (tmp_path / "temporary").mkdir()
    before = {path: path.read_bytes() for path in older.rglob("*") if path.is_file()}
    paths = set(tmp_path.rglob("*"))
    # Progress is reported for every block of documents.
    script = "import gloctm.progress; gloctm.progress.PLAIN_INTERVAL = 0; from gloctm.cli.main import main; main()"
    arguments = ("corpus", "build", str(source), "-o", str(older), "--encoder=none", "--processes=2")
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    with start(sys.executable, "-c", script, *arguments, env=environment) as process, source.open("w") as stream:
        # Two windows of eight blocks: of the first all are waited for, the second is worked on.
        for number in range(16_500):
            stream.write(json.dumps({"text": f"river boat {number}", "lang": "en"}) + "\n")
        stream.flush()
        while not process.stderr.readline().startswith("tokenizing: 8000 texts"):
            assert process.poll() is None
        assert len(workers_of(process)) == 2
        process.send_signal(asked)
        # Its workers hold these pipes, too: that they end means that the workers have.
        output, messages = process.communicate(timeout=100)
    assert (process.returncode, output, messages.splitlines()[-1]) == (ENDS[asked][0], "", ENDS[asked][1])
    assert all(line.startswith("tokenizing: ") for line in messages.splitlines()[:-1])
    assert set(tmp_path.rglob("*")) == paths
    assert {path: path.read_bytes() for path in older.rglob("*") if path.is_file()} == before


def test_a_killed_build_leaves_no_corpus(tmp_path):
    source = tmp_path / "documents.jsonl"
    os.mkfifo(source)
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    arguments = command("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none")
    with start(*arguments, env=environment) as process, source.open("w") as stream:
        stream.writelines(json.dumps(record) + "\n" for record in make_records())
        stream.flush()
        process.kill()
        output, messages = process.communicate(timeout=100)
    assert (process.returncode, output, messages) == (-signal.SIGKILL, "", "")
    # Temporary files have no name, so that they go with the process.
    assert set(tmp_path.rglob("*")) == {source, tmp_path / "temporary"}


def test_a_build_that_is_terminated_while_it_writes_leaves_nothing_behind(tmp_path, documents):
    # It ends itself in the midst of writing the folder.
    script = """
import os, signal
import gloctm.corpus.storage as storage
storage.write_json = lambda *_: os.kill(os.getpid(), signal.SIGTERM)
from gloctm.cli.main import main
main()
"""
    arguments = ("corpus", "build", str(documents), "-o", str(tmp_path / "corpus"), "--encoder=none", "-q")
    with start(sys.executable, "-c", script, *arguments) as process:
        output, messages = process.communicate(timeout=100)
    assert (process.returncode, output, messages) == (TERMINATED[0], "", f"{TERMINATED[1]}\n")
    assert os.listdir(tmp_path) == []
