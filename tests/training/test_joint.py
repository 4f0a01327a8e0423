"""Several processes that train together compute what one computes.

Two traps, by which a comparison can fail although nothing is wrong:

- The biases of the encoders' heads (``mean.bias``, ``log_variance.bias``) come before a batch norm, which takes them
  away again. Their gradient is zero, and what is computed is rounding. Adam makes steps of ± the learning rate of it,
  so these biases wander, those of each training elsewhere. Losses, gradients and θ do not depend on them. Weights after
  some steps must not be compared, and gradients only relative to the largest of all.
- In single precision, gradients at the start are 1e-4 from those in double precision, in the stock modules as in the
  closed form: heads have a tiny variance then. So exactness is shown in double precision, to 1e-9. In single precision
  the loss is compared.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys

import numpy as np
import pytest

import joint_cases
from command_line import run_process, succeeded
from gloctm import GloCTM
from gloctm.network.losses import cka_loss
from gloctm.network.ranks import alone
from gloctm.training.checkpoint import CheckpointPolicy, read_checkpoint
from joint_cases import CASES, TRAINING, as_array, computed, corpus, history, streamed, whole_batch
from paths import TESTS

# Seconds after which nothing is waited for: only what hangs takes so long.
HANGS = 900


def environment(**more):
    """With the modules of the tests at hand, and without a launcher's variables."""
    kept = {name: value for name, value in os.environ.items() if name not in ("RANK", "WORLD_SIZE")}
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**kept, "PYTHONPATH": path, **more}


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@pytest.fixture(scope="module", params=[1, 2, 3])
def found(request, tmp_path_factory):
    """What each of one, two or three processes found, and their folder; three are in a process group of their own."""
    folder = tmp_path_factory.mktemp(f"joint-{request.param}")
    if request.param == 1:
        # The same way with one process: what is exchanged elsewhere is summed here.
        return [
            {f"{name}/{key}": value for name, case in CASES.items() for key, value in computed(case, alone()).items()}
        ]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(request.param)}
    with contextlib.ExitStack() as running:
        processes = [
            running.enter_context(
                subprocess.Popen(
                    [sys.executable, joint_cases.__file__, str(folder), *(["grouped"] if request.param == 3 else [])],
                    env=environment(**shared, RANK=str(rank)),
                    stderr=subprocess.PIPE,
                    encoding="utf-8",
                )
            )
            for rank in range(request.param)
        ]
        running.callback(lambda: [process.kill() for process in processes])
        said = [process.communicate(timeout=HANGS)[1] for process in processes]
        assert [process.returncode for process in processes] == [0] * request.param, said
    return [dict(np.load(folder / f"{rank}.npz")) | {"folder": folder} for rank in range(request.param)]


@pytest.fixture
def joined(found):
    """Of several processes only."""
    if len(found) == 1:
        pytest.skip("one process alone")
    return found


def of_case(results, name):
    return {key.removeprefix(f"{name}/"): value for key, value in results.items() if key.startswith(f"{name}/")}


@pytest.mark.parametrize("name", ["plain", "wide", "dropout", "last"])
def test_losses_gradients_and_statistics_are_those_of_stock_modules(found, name):
    """In double precision: the loss to 1e-12, gradients to 1e-9; see above for why gradients are held against the
    largest.
    """
    expected = computed(CASES[name], None, fused=False)
    for results in found:
        results = of_case(results, name)
        assert results.keys() == expected.keys()
        # Of two documents, CKA is 1 and its loss nothing but rounding.
        np.testing.assert_allclose(results["terms"], expected["terms"], rtol=1e-12, atol=1e-12)
        largest = max(abs(value).max() for key, value in expected.items() if key.startswith("gradient/"))
        for key, value in expected.items():
            kind = key.partition("/")[0]
            if kind == "gradient":
                np.testing.assert_allclose(results[key], value, rtol=1e-9, atol=1e-11 * largest, err_msg=key)
            elif kind == "buffer":
                np.testing.assert_allclose(results[key], value, rtol=1e-12, atol=1e-12, err_msg=key)
            elif kind == "drawn":
                assert np.array_equal(results[key], value)


def test_losses_in_single_precision(found):
    expected = computed(CASES["single"], None)
    for results in found:
        np.testing.assert_allclose(results["single/terms"].sum(), expected["terms"].sum(), rtol=1e-6)


def test_processes_have_the_same_bits(joined):
    for key, value in joined[0].items():
        if isinstance(value, np.ndarray):
            assert all(np.array_equal(value, other[key]) for other in joined[1:]), key


def test_cka_is_that_of_the_whole_batch_and_not_a_mean_of_parts():
    """What would pass above if it were the same."""
    import torch

    vectors = whole_batch(CASES["plain"])["en"].document_embeddings
    theta = torch.softmax(vectors[:, :5].flip(1).square(), dim=1)
    parts = [cka_loss(theta[rows], vectors[rows]).item() for rows in (slice(0, 19), slice(19, 37))]
    assert abs(np.mean(parts) - cka_loss(theta, vectors).item()) > 1e-3


@pytest.mark.parametrize("reading", ["resident", "streamed"])
def test_trainings_have_the_history_of_one_process(joined, reading):
    expected = history(corpus() if reading == "resident" else streamed())
    for results in joined:
        np.testing.assert_allclose(results[reading], expected, rtol=1e-5)


def test_a_callback_of_the_first_ends_all(joined):
    for results in joined:
        assert len(results["stopped"]) == 2
        assert np.array_equal(results["stopped"], results["resident"][:2])


def test_one_that_is_interrupted_stops_all_at_one_step_and_one_goes_on(joined, tmp_path):
    path = joined[0]["folder"] / "run.checkpoint"
    for results in joined:
        assert str(results["outcome/interrupted"]) == (
            f"TrainingInterrupted: training was stopped after epoch 1 of 3; {path} holds all that was done: go on with "
            "resume=True"
        )
    state = read_checkpoint(path)
    # Seven steps per epoch.
    assert (len(state.history), state.batch) == (1, 2)
    assert not any("world" in name or "rank" in name for name in (*state.identity, *state.tensors))
    # A single process goes on from what several did.
    copied = shutil.copy(path, tmp_path / "run.checkpoint")
    resumed = history(corpus(), checkpoints=CheckpointPolicy(tmp_path / "run.checkpoint", 60.0, resume=True))
    assert copied.exists()
    np.testing.assert_allclose(resumed, history(corpus()), rtol=1e-5)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("not to be resumed", "InputError: {path} holds the state of a training: go on with resume=True, or delete it"),
        ("not finite", "TrainingError: the loss is not finite in epoch 1"),
        ("settings", "InputError: process {last} is to train otherwise than process 0, different in num_topics: give"),
        ("seed", "InputError: process {last} is to train otherwise than process 0, different in random_state: give"),
        ("corpus", "InputError: process {last} is to train otherwise than process 0, different in corpus: give all"),
        ("large", "InputError: batch_size is 5,001, but processes that train together share at most 5,000"),
    ],
)
def test_all_fail_alike(joined, case, message):
    expected = message.format(path=joined[0]["folder"] / "run.checkpoint", last=len(joined) - 1)
    for results in joined:
        assert str(results[f"outcome/{case}"]).startswith(expected)


def test_more_processes_than_documents_in_a_batch(joined):
    expected = {
        2: "nothing",
        3: "InputError: 3 processes can't share batches of 2 documents: start at most 2, or raise",
    }
    for results in joined:
        assert str(results["outcome/batches"]).startswith(expected[len(joined)])


def test_what_processes_say_to_each_other(joined):
    for results in joined:
        numbers = [str(rank) for rank in range(len(joined))]
        assert json.loads(str(results["told"])) == [*numbers, "made by 0", True]


def test_rows_are_divided_evenly():
    ranks = alone()
    for ranks.world, size in ((1, 5), (3, 37), (3, 2), (4, 4)):
        parts = np.array_split(np.arange(size), ranks.world)
        for ranks.rank, part in enumerate(parts):
            assert np.array_equal(np.arange(size)[ranks.rows(size)], part)


# The command line under torchrun. In the midst of an epoch, a process ends itself or terminates torchrun, if so asked.
COMMAND = """
import os, signal
from gloctm.training.loop import TrainingLoop
take_step, kills, terminates = TrainingLoop.take_step, {kills!r}, {terminates!r}

def dying(self, batch):
    now = [int(os.environ["RANK"]), self.step]
    if now == kills and os.environ["TORCHELASTIC_RESTART_COUNT"] == "0":
        os.kill(os.getpid(), signal.SIGKILL)
    if now == terminates:
        os.kill(os.getppid(), signal.SIGTERM)
    return take_step(self, batch)

TrainingLoop.take_step = dying
from gloctm.cli.main import main
main()
"""
FLAGS = [
    *("--method=published", "--no-progress"),
    *(f"--{name.replace('_', '-')}={value}" for name, value in TRAINING.items()),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("torchrun")
    corpus().save(folder / "corpus")
    return folder


def torchrun(target, *arguments, kills=(), terminates=(), restarts=0, source="corpus", flags=FLAGS):
    """Train by two processes; return the exit code of torchrun and what each process said on standard error."""
    logs = target.with_name(f"{target.name}-logs")
    script = target.with_name(f"{target.name}.py")
    script.write_text(COMMAND.format(kills=list(kills), terminates=list(terminates)))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", f"--max-restarts={restarts}"]
    launched = [*launcher, "--redirects=3", f"--log-dir={logs}", str(script)]
    train = ["train", str(target.parent / source), "-o", str(target), *flags, *arguments]
    result = subprocess.run([*launched, *train], env=environment(), capture_output=True, timeout=HANGS, check=False)
    said = {path.parent.name: path.read_text() for path in sorted(logs.rglob("stderr.log"))}
    shutil.rmtree(logs)
    return result.returncode, said


@pytest.fixture(scope="module")
def one(folder):
    succeeded(run_process("train", folder / "corpus", "-o", folder / "one", *FLAGS, env=environment()))
    return as_array(GloCTM.load(folder / "one").history_)


@pytest.mark.slow
def test_the_command_line_trains_by_two_processes_and_comes_to_what_one_comes_to(folder, one):
    code, said = torchrun(folder / "two")
    assert code == 0, said
    lines = said["0"].splitlines()
    assert lines[0] == "training in 2 processes; one of them does all that comes before and after"
    assert lines[-1] == f"model written to {folder / 'two'}"
    assert said["1"] == ""
    np.testing.assert_allclose(as_array(GloCTM.load(folder / "two").history_), one, rtol=1e-5)
    assert not (folder / "two.checkpoint").exists()


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1])
def test_where_one_is_killed_the_other_says_so_and_one_or_two_go_on(folder, one, killed):
    target = folder / f"killed-{killed}"
    code, said = torchrun(target, "--checkpoint-minutes=0", kills=(killed, 9))
    assert code != 0
    told = said[str(1 - killed)].splitlines()
    assert told[-1] == (
        "gloctm: error: one of the 2 processes that train together ended or can't be reached: start them again with "
        "--resume, which goes on from the last checkpoint"
    )
    assert told[:-1] == (
        [] if killed == 0 else ["training in 2 processes; one of them does all that comes before and after"]
    )
    assert read_checkpoint(folder / f"{target.name}.checkpoint").batch == 2
    assert not target.exists()
    if killed == 0:
        succeeded(run_process("train", folder / "corpus", "-o", target, *FLAGS, "--resume", env=environment()))
    else:
        code, said = torchrun(target, "--resume")
        assert code == 0, said
    np.testing.assert_allclose(as_array(GloCTM.load(target).history_), one, rtol=1e-5)


@pytest.mark.slow
def test_torchrun_starts_again_and_training_goes_on(folder, one):
    code, said = torchrun(folder / "restarted", "--checkpoint-minutes=0", kills=(1, 9), restarts=1)
    assert code == 0, said
    np.testing.assert_allclose(as_array(GloCTM.load(folder / "restarted").history_), one, rtol=1e-5)
    assert not (folder / "restarted.checkpoint").exists()


@pytest.mark.slow
def test_where_torchrun_is_terminated_all_stop_and_the_first_says_so(folder):
    target = folder / "stopped"
    code, said = torchrun(target, "--epochs=100000", terminates=(1, 9))
    assert code != 0
    checkpoint = folder / "stopped.checkpoint"
    done = len(read_checkpoint(checkpoint).history)
    assert said["0"].splitlines()[1:] == [
        f"gloctm: training was stopped after epoch {done} of 100000; {checkpoint} holds all that was done: go on with "
        "--resume"
    ]
    assert said["1"] == ""


@pytest.mark.slow
def test_the_default_method_trains_in_one_process_while_the_other_waits(folder, tmp_path):
    method = ("--method=context", "--num-topics=5", "--threads=1", "--no-progress")
    code, said = torchrun(folder / "context", flags=method)
    assert code == 0, said
    waits = "the method 'context' trains in one of the 2 processes (--method published in all of them)"
    assert said == {"0": f"{waits}\nmodel written to {folder / 'context'}\n", "1": ""}
    succeeded(run_process("train", folder / "corpus", "-o", tmp_path / "alone", *method))
    found, expected = GloCTM.load(folder / "context").weights_, GloCTM.load(tmp_path / "alone").weights_
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


@pytest.mark.slow
def test_what_two_processes_can_not_do_is_one_sentence(folder):
    (folder / "documents.jsonl").write_text("")
    code, said = torchrun(folder / "refused", source="documents.jsonl")
    assert code != 0
    assert [line for each in said.values() for line in each.splitlines()] == [
        f"gloctm: error: {folder / 'documents.jsonl'} is not a corpus folder, and processes that train together do not "
        "build one: use gloctm corpus build first"
    ]
