"""A training that was stopped or killed goes on to the very same weights."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from gloctm import GloCTM
from gloctm.checkpoint import read_checkpoint
from gloctm.errors import FileFormatError, InputError, TrainingInterrupted
from planted import planted_corpus

pytestmark = pytest.mark.filterwarnings("ignore::gloctm.errors.ShortTrainingWarning")

SETTINGS = {
    "num_topics": 5,
    "epochs": 3,
    "batch_size": 32,
    "dropout": 0.1,
    "schedule": "cosine",
    "threads": 1,
    "show_progress": False,
}


def corpus():
    return planted_corpus(("en", "de"), documents={"en": 203, "de": 150})


def same(first: GloCTM, second: GloCTM) -> bool:
    return first.history_ == second.history_ and all(
        np.array_equal(first.weights_[name], second.weights_[name]) for name in first.weights_
    )


@pytest.fixture(scope="module")
def uninterrupted():
    return GloCTM(**SETTINGS).fit(corpus())


def interrupt_after(monkeypatch, steps: int) -> None:
    """Have Ctrl-C come in the midst of a step."""
    from gloctm.network.network import GloCTMNetwork

    original, count = GloCTMNetwork.forward, 0

    def forward(self, *arguments, **named):
        nonlocal count
        count += 1
        if count == steps:
            os.kill(os.getpid(), signal.SIGINT)
        return original(self, *arguments, **named)

    monkeypatch.setattr(GloCTMNetwork, "forward", forward)


@pytest.mark.parametrize("steps", [1, 6, 7, 8, 13])
def test_an_interrupt_loses_nothing(tmp_path, monkeypatch, uninterrupted, steps):
    path = tmp_path / "run.checkpoint"
    with monkeypatch.context() as patch:
        interrupt_after(patch, steps)
        with pytest.raises(TrainingInterrupted, match=r"resume=True") as caught:
            GloCTM(**SETTINGS).fit(corpus(), checkpoint=path)
    assert not caught.value.terminated
    state = read_checkpoint(path)
    assert state.epoch * 7 + state.batch == steps
    assert same(GloCTM(**SETTINGS).fit(corpus(), checkpoint=path, resume=True), uninterrupted)
    # At its end it can be resumed too: nothing is left to do.
    assert same(GloCTM(**SETTINGS).fit(corpus(), checkpoint=path, resume=True), uninterrupted)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


KILLED = """
import sys
import warnings
warnings.simplefilter("ignore")
sys.path[:0] = {paths!r}
from gloctm import GloCTM, training
from test_checkpoint import SETTINGS, corpus

write = training.write_checkpoint

def told(*arguments):
    print("writing", flush=True)
    write(*arguments)
    print("written", flush=True)

training.write_checkpoint = told
GloCTM(**SETTINGS).fit(corpus(), checkpoint={path!r}, checkpoint_minutes=0, resume=True).save({model!r})
"""


def test_a_killed_training_goes_on_bit_for_bit(tmp_path, uninterrupted):
    path, model = tmp_path / "run.checkpoint", tmp_path / "model"
    script = KILLED.format(paths=[str(Path(__file__).parent)], path=str(path), model=str(model))
    # Lines of "writing" and "written" after which it is killed: amid the writing of a checkpoint, and amid a step.
    for lines in (1, 8, 5):
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(lines)]
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert all(told)
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert same(GloCTM.load(model), uninterrupted)
    assert [file.name for file in tmp_path.iterdir() if "partial" in file.name] == []


def test_a_checkpoint_is_not_overwritten_by_mistake(tmp_path, monkeypatch):
    path = tmp_path / "run.checkpoint"
    GloCTM(**{**SETTINGS, "epochs": 1}).fit(corpus(), checkpoint=path)
    content = path.read_bytes()
    with pytest.raises(InputError, match=r"resume=True, or delete"):
        GloCTM(**{**SETTINGS, "epochs": 1}).fit(corpus(), checkpoint=path)
    for change, name in (({"num_topics": 6}, "num_topics"), ({"random_state": 1}, "random_state")):
        with pytest.raises(InputError, match=f"another training, different in {name}"):
            GloCTM(**{**SETTINGS, "epochs": 1, **change}).fit(corpus(), checkpoint=path, resume=True)
    other = planted_corpus(("en", "de"), documents={"en": 203, "de": 150}, seed=1)
    with pytest.raises(InputError, match="different in corpus"):
        GloCTM(**{**SETTINGS, "epochs": 1}).fit(other, checkpoint=path, resume=True)
    assert path.read_bytes() == content


@pytest.mark.parametrize("cut", [0, 5, 1000, -1])
def test_a_damaged_checkpoint_is_named(tmp_path, cut):
    path = tmp_path / "run.checkpoint"
    GloCTM(**{**SETTINGS, "epochs": 1}).fit(corpus(), checkpoint=path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FileFormatError, match="damaged"):
        GloCTM(**{**SETTINGS, "epochs": 1}).fit(corpus(), checkpoint=path, resume=True)


def test_another_safetensors_file_is_no_checkpoint(tmp_path):
    from safetensors.numpy import save_file

    path = tmp_path / "other.safetensors"
    save_file({"a": np.ones(3)}, path)
    with pytest.raises(FileFormatError, match="not a checkpoint"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"resume": True}, "without a checkpoint"),
        ({"checkpoint": "."}, "is a folder"),
        ({"checkpoint": "none/run"}, "does not exist"),
        ({"checkpoint": "run", "checkpoint_minutes": -1}, "from 0"),
        ({"checkpoint": "run", "checkpoint_minutes": float("nan")}, "from 0"),
    ],
)
def test_wrong_arguments(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        GloCTM(**SETTINGS).fit(corpus(), **arguments)
    assert list(tmp_path.iterdir()) == []


def test_training_in_another_thread_keeps_checkpoints_too(tmp_path, uninterrupted):
    path, models = tmp_path / "run.checkpoint", []
    thread = threading.Thread(target=lambda: models.append(GloCTM(**SETTINGS).fit(corpus(), checkpoint=path)))
    thread.start()
    thread.join()
    assert same(models[0], uninterrupted)
    assert path.exists()


COMMAND = "import gloctm.progress as p; p.PLAIN_INTERVAL = 0; from gloctm.cli.main import main; main()"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_command_line_is_stopped_and_resumed(tmp_path, uninterrupted, number, code):
    corpus().save(tmp_path / "corpus")
    path, model = tmp_path / "model.checkpoint", tmp_path / "model"
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items() if name != "show_progress"]
    command = [sys.executable, "-c", COMMAND, "train", str(tmp_path / "corpus"), "-o", str(model), *flags]
    # An interrupt amid the very last step would find nothing to be resumed.
    with subprocess.Popen(
        [*command, "--epochs=2000"],
        stderr=subprocess.PIPE,
        text=True,
        # Also where interrupts are ignored here.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith("training:"))
        process.send_signal(number)
        *_, message = process.stderr
    assert process.returncode == code, message
    assert "holds all that was done: go on with --resume" in message
    assert path.exists()
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (again.returncode, model.exists()) == (2, False)
    assert "go on with --resume, or delete it" in again.stderr
    if number == signal.SIGINT:
        path.unlink()
        resumed = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)
        assert resumed.returncode == 0, resumed.stderr
        assert f"there is no {path} to go on from" in resumed.stderr
        assert not path.exists()
        assert same(GloCTM.load(model), uninterrupted)
