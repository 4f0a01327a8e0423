"""A training that was stopped or killed goes on to the very same weights."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from gloctm import GloCTM
from gloctm.errors import CheckpointWarning, FileFormatError, InputError, TrainingError, TrainingInterrupted
from gloctm.files.locks import this_machine
from gloctm.training.callbacks import Callback
from gloctm.training.checkpoint import read_checkpoint, write_checkpoint
from paths import TESTS
from planted import planted_corpus

SETTINGS = {
    "method": "published",
    "num_topics": 5,
    "epochs": 3,
    "batch_size": 32,
    "dropout": 0.1,
    "schedule": "cosine",
    "threads": 1,
    "show_progress": False,
}


CONTEXT = {"num_topics": 5, "threads": 1, "show_progress": False}


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


@pytest.fixture(autouse=True)
def _interrupts_as_usual():
    """Also where this process was told to ignore them, as those in the background are."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("steps", [1, 6, 7, 8, 13])
def test_an_interrupt_loses_nothing(tmp_path, monkeypatch, uninterrupted, steps):
    path = tmp_path / "run.checkpoint"
    with monkeypatch.context() as patch:
        interrupt_after(patch, steps)
        with pytest.raises(TrainingInterrupted, match=r"resume=True") as caught:
            GloCTM(**SETTINGS).fit(corpus(), checkpoint=path)
    assert not caught.value.terminated
    state = read_checkpoint(path)
    assert len(state.history) * 7 + state.batch == steps
    assert same(GloCTM(**SETTINGS).fit(corpus(), checkpoint=path, resume=True), uninterrupted)
    # At its end it can be resumed too: nothing is left to do.
    assert same(GloCTM(**SETTINGS).fit(corpus(), checkpoint=path, resume=True), uninterrupted)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


KILLED = """
import sys
import warnings
warnings.simplefilter("ignore")
sys.path[:0] = {paths!r}
from gloctm import GloCTM
from gloctm.training import checkpoint as training
from test_checkpoint import SETTINGS, corpus

write = training.write_checkpoint

def told(*arguments):
    print("writing", flush=True)
    write(*arguments)
    print("written", flush=True)

training.write_checkpoint = told
GloCTM(**SETTINGS).fit(corpus(), checkpoint={path!r}, checkpoint_minutes=0, resume=True).save({model!r})
"""


@pytest.mark.slow
def test_a_killed_training_goes_on_bit_for_bit(tmp_path, uninterrupted):
    path, model = tmp_path / "run.checkpoint", tmp_path / "model"
    script = KILLED.format(paths=[str(TESTS), str(TESTS / "training")], path=str(path), model=str(model))
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
    with pytest.raises(FileFormatError, match="not the checkpoint"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"resume": True}, "without a checkpoint"),
        ({"checkpoint": "."}, "a folder of that name exists"),
        ({"checkpoint": "none/run"}, "does not exist"),
        ({"checkpoint": "run", "checkpoint_minutes": -1}, "0 or more"),
        ({"checkpoint": "run", "checkpoint_minutes": float("nan")}, "a finite number"),
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


class Told(Callback):
    """Notes the epochs it is told of; ends a training after some, or sends a signal."""

    def __init__(self, stop_after=None, signal_after=None):
        self.epochs, self.ends, self.stop_after, self.signal_after = [], [], stop_after, signal_after

    def on_epoch_end(self, run, epoch):
        self.epochs.append(int(epoch["epoch"]))
        if epoch["epoch"] == self.stop_after:
            run.stop()
        if epoch["epoch"] == self.signal_after:
            os.kill(os.getpid(), signal.SIGINT)

    def on_train_end(self, run):
        self.ends.append("end")

    def on_train_abort(self, run):
        self.ends.append("abort")


def test_an_interrupt_at_the_end_of_an_epoch_loses_no_callback(tmp_path):
    path, first, second = tmp_path / "run.checkpoint", Told(stop_after=2, signal_after=2), Told(stop_after=2)
    with pytest.raises(TrainingInterrupted):
        GloCTM(**SETTINGS).fit(corpus(), checkpoint=path, callbacks=[first])
    resumed = GloCTM(**SETTINGS).fit(corpus(), checkpoint=path, resume=True, callbacks=[second])
    assert (first.epochs, first.ends) == ([1, 2], ["abort"])
    # What a callback has ended is at its end.
    assert (second.epochs, second.ends) == ([], ["end"])
    assert same(resumed, GloCTM(**SETTINGS).fit(corpus(), callbacks=[Told(stop_after=2)]))


def test_an_interrupt_when_all_is_done_is_not_swallowed(tmp_path, uninterrupted):
    path, told = tmp_path / "run.checkpoint", Told(signal_after=3)
    with pytest.raises(TrainingInterrupted, match="after epoch 3 of 3"):
        GloCTM(**SETTINGS).fit(corpus(), checkpoint=path, callbacks=[told])
    assert same(GloCTM(**SETTINGS).fit(corpus(), checkpoint=path, resume=True), uninterrupted)


def test_another_kind_of_device_is_refused(tmp_path):
    path = tmp_path / "run.checkpoint"
    GloCTM(**{**SETTINGS, "epochs": 1}).fit(corpus(), checkpoint=path)
    state = read_checkpoint(path)
    tensors = {name: tensor.clone() for name, tensor in state.tensors.items()}
    write_checkpoint(path, replace(state, tensors=tensors, identity={**state.identity, "device": "cuda"}))
    with pytest.raises(InputError, match="different in device"):
        GloCTM(**{**SETTINGS, "epochs": 1}).fit(corpus(), checkpoint=path, resume=True)


def test_a_checkpoint_that_lacks_parts(tmp_path):
    path = tmp_path / "run.checkpoint"
    GloCTM(**{**SETTINGS, "epochs": 1}).fit(corpus(), checkpoint=path)
    state = read_checkpoint(path)
    kept = {name: tensor.clone() for name, tensor in state.tensors.items() if not name.startswith("optimizer/")}
    write_checkpoint(path, replace(state, tensors=kept))
    with pytest.raises(FileFormatError, match="is damaged"):
        GloCTM(**{**SETTINGS, "epochs": 1}).fit(corpus(), checkpoint=path, resume=True)


def test_a_training_stopped_before_its_first_step_can_be_resumed(tmp_path):
    class Never(Callback):
        def on_train_begin(self, run):
            run.stop()

    path = tmp_path / "run.checkpoint"
    GloCTM(**SETTINGS).fit(corpus(), checkpoint=path, callbacks=[Never()])
    assert GloCTM(**SETTINGS).fit(corpus(), checkpoint=path, resume=True).history_ == []


@pytest.mark.parametrize("settings", [SETTINGS, CONTEXT], ids=["published", "context"])
@pytest.mark.parametrize("resume", [False, True])
def test_another_file_in_its_place_is_left_alone(tmp_path, resume, settings):
    path = tmp_path / "notes.txt"
    path.write_text("dear diary " * 100)
    with pytest.raises(FileFormatError, match="not the checkpoint of a training"):
        GloCTM(**settings).fit(corpus(), checkpoint=path, resume=resume)
    assert path.read_text() == "dear diary " * 100


@pytest.mark.parametrize("settings", [{**SETTINGS, "epochs": 1}, CONTEXT], ids=["published", "context"])
def test_a_checkpoint_that_a_link_leads_to_stays_there(tmp_path, settings):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "run"
    link.symlink_to("disk/run")
    for resume in (False, True):
        GloCTM(**settings).fit(corpus(), checkpoint=link, resume=resume)
        assert link.is_symlink()
        assert not (tmp_path / "disk" / "run").is_symlink()


def test_leftovers_of_another_training_are_left_alone(tmp_path):
    digits = f"{this_machine()}89abcdef"
    for name in (f".run.{digits}.partial", f".run.2.{digits}.partial", ".run.notes.partial"):
        (tmp_path / name).touch()
    GloCTM(**{**SETTINGS, "epochs": 1}).fit(corpus(), checkpoint=tmp_path / "run")
    left = {file.name for file in tmp_path.iterdir()}
    assert left == {"run", f".run.2.{digits}.partial", ".run.notes.partial"}


def test_a_fresh_seed_goes_on(tmp_path, monkeypatch):
    path = tmp_path / "run.checkpoint"
    settings = {**SETTINGS, "random_state": None}
    with monkeypatch.context() as patch:
        interrupt_after(patch, 8)
        with pytest.raises(TrainingInterrupted):
            GloCTM(**settings).fit(corpus(), checkpoint=path)
    resumed = GloCTM(**settings).fit(corpus(), checkpoint=path, resume=True)
    assert same(resumed, GloCTM(**{**settings, "random_state": resumed.seed_}).fit(corpus()))


def test_a_full_disk_does_not_end_the_training(tmp_path, monkeypatch, uninterrupted):
    written = []

    def full(path, state):
        written.append(path)
        if len(written) < 5:
            raise OSError(28, "No space left on device", str(path))
        write_checkpoint(path, state)

    monkeypatch.setattr("gloctm.training.checkpoint.write_checkpoint", full)
    path = tmp_path / "run.checkpoint"
    with pytest.warns(CheckpointWarning, match="No space left"):
        model = GloCTM(**SETTINGS).fit(corpus(), checkpoint=path, checkpoint_minutes=0)
    assert same(model, uninterrupted)
    assert path.exists()


def test_a_limit_of_file_size_is_an_error_of_the_system(tmp_path):
    script = """
import resource, sys
sys.path[:0] = {paths!r}
from test_checkpoint import SETTINGS, corpus
from gloctm import GloCTM
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
try:
    GloCTM(**{{**SETTINGS, "epochs": 1}}).fit(corpus(), checkpoint="run")
except OSError as error:
    print(error.errno, error.filename)
"""
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script.format(paths=[str(TESTS), str(TESTS / "training")])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.stdout.split() == [str(errno.EFBIG), "run"], finished.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_finite_is_never_kept(tmp_path):
    path = tmp_path / "run.checkpoint"
    with pytest.raises(TrainingError, match="not finite"):
        GloCTM(**{**SETTINGS, "learning_rate": 1e9}).fit(corpus(), checkpoint=path, checkpoint_minutes=0)
    if path.exists():
        assert torch.isfinite(read_checkpoint(path).tensors["epoch_sum"]).all()


def test_a_callback_is_told_steps_and_seed():
    class Looks(Callback):
        def on_epoch_end(self, run, epoch):
            self.seen = (run.step, run.total_steps, run.settings["random_state"])

    looks = Looks()
    GloCTM(**{**SETTINGS, "max_steps": 9, "random_state": 3}).fit(corpus(), callbacks=[looks])
    assert looks.seen == (9, 9, 3)
    for wrong, message in ((looks, "give a list"), ([Looks], "the class Looks"), ([print], "give objects")):
        with pytest.raises(InputError, match=message):
            GloCTM(**SETTINGS).fit(corpus(), callbacks=wrong)


# The command line, which stops itself after some steps.
COMMAND = """
import os
from gloctm.network.network import GloCTMNetwork
forward, left = GloCTMNetwork.forward, [{steps}]

def counting(self, *arguments):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), {number})
    return forward(self, *arguments)

GloCTMNetwork.forward = counting
from gloctm.cli.main import main
main()
"""


@pytest.mark.slow
def test_the_command_line_is_stopped_and_resumed(tmp_path, uninterrupted):
    corpus().save(tmp_path / "corpus")
    path, model = tmp_path / "model.checkpoint", tmp_path / "model"
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items() if name != "show_progress"]

    def run(steps, number, *more):
        script = COMMAND.format(steps=steps, number=int(number))
        command = [sys.executable, "-c", script, "train", str(tmp_path / "corpus"), "-o", str(model), *flags, *more]
        # Also where interrupts are ignored here.
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    stopped = run(3, signal.SIGINT)
    assert stopped.returncode == 130, stopped.stderr
    assert "holds all that was done: go on with --resume" in stopped.stderr
    again = run(0, 0)
    assert (again.returncode, model.exists()) == (2, False)
    assert "go on with --resume, or delete it" in again.stderr
    assert run(5, signal.SIGTERM, "--resume").returncode == 143
    assert run(4, signal.SIGKILL, "--resume", "--checkpoint-minutes=0").returncode == -signal.SIGKILL
    assert path.exists()
    assert not model.exists()
    resumed = run(0, 0, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert not path.exists()
    assert same(GloCTM.load(model), uninterrupted)
    # Nothing is there to go on from: it says so, and begins.
    fresh = run(0, 0, "--resume")
    assert f"there is no {path} to go on from" in fresh.stderr
    assert same(GloCTM.load(model), uninterrupted)


# The context method, whose state is kept after every step: near documents, then each of five rounds of refinement


def same_in_context(first: GloCTM, second: GloCTM) -> bool:
    return (
        first.settings_ == second.settings_
        and first.weights_.keys() == second.weights_.keys()
        and all(np.array_equal(array, second.weights_[name]) for name, array in first.weights_.items())
        and all(np.array_equal(array, second.word_scores_[code]) for code, array in first.word_scores_.items())
    )


@pytest.fixture(scope="module")
def uninterrupted_in_context():
    return GloCTM(**CONTEXT).fit(corpus())


def watch_refinement(monkeypatch, interrupted_at: int | None = None) -> list[int]:
    """Numbers of rounds begun; in one of them Ctrl-C comes."""
    from gloctm.context import fit

    refined, begun = fit.refined, []

    def watched(*arguments):
        begun.append(len(begun))
        if len(begun) - 1 == interrupted_at:
            os.kill(os.getpid(), signal.SIGINT)
        return refined(*arguments)

    monkeypatch.setattr(fit, "refined", watched)
    return begun


@pytest.mark.parametrize("rounds", [0, 1, 4])
def test_an_interrupt_loses_no_round_of_refinement(tmp_path, monkeypatch, uninterrupted_in_context, rounds):
    path = tmp_path / "run.checkpoint"
    with monkeypatch.context() as patch:
        watch_refinement(patch, rounds)
        with pytest.raises(KeyboardInterrupt):
            GloCTM(**CONTEXT).fit(corpus(), checkpoint=path)
    for left in (5 - rounds, 0):
        with monkeypatch.context() as patch:
            # Not sought anew.
            patch.setattr("gloctm.context.fit.near_documents", None)
            begun = watch_refinement(patch)
            resumed = GloCTM(**CONTEXT).fit(corpus(), checkpoint=path, resume=True)
        # At its end it can be resumed too: nothing is left to do.
        assert len(begun) == left
        assert same_in_context(resumed, uninterrupted_in_context)


KILLED_IN_CONTEXT = """
import sys
import warnings
warnings.simplefilter("ignore")
sys.path[:0] = {paths!r}
from gloctm import GloCTM
from gloctm.context import train
from planted import planted_corpus

atomic_path = train.atomic_path

def told(path):
    print("writing", flush=True)
    return atomic_path(path)

train.atomic_path = told
corpus = planted_corpus(("en", "de"), documents={{"en": 203, "de": 150}})
GloCTM(**{settings!r}).fit(corpus, checkpoint={path!r}, resume=True).save({model!r})
"""


def test_a_killed_training_in_context_goes_on_bit_for_bit(tmp_path, uninterrupted_in_context):
    path, model = tmp_path / "run.checkpoint", tmp_path / "model"
    paths = [str(TESTS), str(TESTS / "training")]
    script = KILLED_IN_CONTEXT.format(paths=paths, settings=CONTEXT, path=str(path), model=str(model))
    for lines in (1, 3):
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(lines)]
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert all(told)
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert same_in_context(GloCTM.load(model), uninterrupted_in_context)
    assert [file.name for file in tmp_path.iterdir() if "partial" in file.name] == []


def test_a_checkpoint_of_the_context_method_is_not_overwritten_by_mistake(tmp_path):
    path = tmp_path / "run.checkpoint"
    GloCTM(**CONTEXT).fit(corpus(), checkpoint=path)
    content = path.read_bytes()
    with pytest.raises(InputError, match=r"resume=True, or delete"):
        GloCTM(**CONTEXT).fit(corpus(), checkpoint=path)
    for name, value in (
        *(("num_topics", 6), ("random_state", 1), ("ranking", "weights"), ("temperature", 0.1)),
        *(("num_near_documents", 4), ("num_refinements", 6)),
    ):
        with pytest.raises(InputError, match=f"another training, different in {name} "):
            GloCTM(**{**CONTEXT, name: value}).fit(corpus(), checkpoint=path, resume=True)
    other = planted_corpus(("en", "de"), documents={"en": 203, "de": 150}, seed=1)
    with pytest.raises(InputError, match="different in corpus: "):
        GloCTM(**CONTEXT).fit(other, checkpoint=path, resume=True)
    assert path.read_bytes() == content
    # What changes no result may differ.
    GloCTM(**{**CONTEXT, "threads": None}).fit(corpus(), checkpoint=path, resume=True)


@pytest.mark.parametrize("cut", [0, 5, 1000, -1])
def test_a_damaged_checkpoint_of_the_context_method_is_named(tmp_path, cut):
    path = tmp_path / "run.checkpoint"
    GloCTM(**CONTEXT).fit(corpus(), checkpoint=path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FileFormatError, match="damaged"):
        GloCTM(**CONTEXT).fit(corpus(), checkpoint=path, resume=True)


def test_a_checkpoint_of_the_other_method_is_refused(tmp_path):
    published, context = {**SETTINGS, "epochs": 1}, CONTEXT
    for number, (first, second) in enumerate(((published, context), (context, published))):
        path = tmp_path / f"{number}.checkpoint"
        GloCTM(**first).fit(corpus(), checkpoint=path)
        content = path.read_bytes()
        with pytest.raises(FileFormatError, match=r"is not the checkpoint of a training.*name another file, or delete"):
            GloCTM(**second).fit(corpus(), checkpoint=path, resume=True)
        assert path.read_bytes() == content


def test_a_fresh_seed_of_the_context_method_goes_on(tmp_path, monkeypatch):
    path, settings = tmp_path / "run.checkpoint", {**CONTEXT, "random_state": None}
    with monkeypatch.context() as patch:
        watch_refinement(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            GloCTM(**settings).fit(corpus(), checkpoint=path)
    resumed = GloCTM(**settings).fit(corpus(), checkpoint=path, resume=True)
    again = GloCTM(**{**settings, "random_state": resumed.seed_}).fit(corpus())
    assert {**resumed.settings_, "random_state": resumed.seed_} == again.settings_
    assert all(np.array_equal(array, again.weights_[name]) for name, array in resumed.weights_.items())


def test_the_command_line_resumes_the_context_method(tmp_path, uninterrupted_in_context):
    corpus().save(tmp_path / "corpus")
    path, model = tmp_path / "model.checkpoint", tmp_path / "model"
    script = """
import os, signal
from gloctm.context import fit
refined = fit.refined

def interrupted(*arguments):
    if {stop}:
        os.kill(os.getpid(), signal.SIGINT)
    return refined(*arguments)

fit.refined = interrupted
from gloctm.cli.main import main
main()
"""
    command = ["train", str(tmp_path / "corpus"), "-o", str(model), "--num-topics=5", "--threads=1", "-q"]

    def run(stop, *more):
        return subprocess.run(
            [sys.executable, "-c", script.format(stop=stop), *command, *more],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    stopped = run(True)
    assert stopped.returncode == 130, stopped.stderr
    assert (path.exists(), model.exists()) == (True, False)
    again = run(False)
    assert again.returncode == 2
    assert "go on with --resume, or delete it" in again.stderr
    resumed = run(False, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert not path.exists()
    assert same_in_context(GloCTM.load(model), uninterrupted_in_context)
