"""The training loop: Adam over batches, a learning rate by steps, a history of the loss, checkpoints, callbacks."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gloctm.corpus.corpus import Corpus
from gloctm.errors import (
    CheckpointWarning,
    FileFormatError,
    InputError,
    TrainingError,
    TrainingInterrupted,
)
from gloctm.files.atomic import remove_leftovers
from gloctm.network.initialization import make_generator
from gloctm.network.network import GloCTMNetwork
from gloctm.progress import Progress, track
from gloctm.training.batches import Batches, draw_noise
from gloctm.training.callbacks import Callback, TrainingRun
from gloctm.training.checkpoint import (
    TrainingState,
    check_identity,
    is_checkpoint,
    not_a_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from gloctm.training.schedule import has_converged, learning_rate_at, total_steps
from gloctm.training.settings import TrainingSettings, resolve_seed

# What may differ between the part of a training before a checkpoint and the part after it; of the device, its kind may
# not, since generators of random numbers differ.
_FREE_TO_DIFFER = ("device", "threads")


@dataclass(frozen=True)
class Safekeeping:
    """Where and when checkpoints are written.

    Attributes:
        path: the file.
        minutes: how long at most between two; 0 writes one after every step.
        resume: go on from the checkpoint, where there is one.
    """

    path: Path
    minutes: float
    resume: bool


@dataclass(frozen=True)
class TrainingResult:
    """The trained network as arrays by name, the seed it came from, and how the loss went."""

    weights: dict[str, NDArray[np.float32]]
    seed: int
    history: list[dict[str, float]]


def choose_device(device: str) -> torch.device:
    """``"auto"`` is CUDA where there is any, else the CPU; anything else is taken at its word and checked."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"device {device!r} can't be used here ({reason}): use auto, cpu or cuda") from None
    return chosen


@contextlib.contextmanager
def thread_count(threads: int | None) -> Iterator[None]:
    """Let torch use this many threads within the block; None leaves its own choice."""
    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def train(
    corpus: Corpus,
    settings: TrainingSettings,
    *,
    seed: int | None,
    show_progress: bool,
    safekeeping: Safekeeping | None = None,
    callbacks: Sequence[Callback] = (),
) -> TrainingResult:
    """Train a network on a corpus.

    Args:
        corpus: with word and document embeddings.
        settings: see the estimator.
        seed: owns every random number: starts, shuffling, noise, dropout. None takes the checkpoint's, or a fresh one.
        show_progress: whether progress is shown on standard error.
        safekeeping: where checkpoints go; None writes none.
        callbacks: told of every epoch.

    Raises:
        InputError: the corpus is too small, or the checkpoint there is of another training or not to be resumed.
        TrainingError: the loss stopped being finite.
        TrainingInterrupted: an interrupt came; the checkpoint holds all that was done.
    """
    _check_sizes(corpus)
    device = choose_device(settings.device)
    started = _state_to_resume(safekeeping)
    if seed is None:
        seed = resolve_seed(None) if started is None else int(started.identity["random_state"])
    identity = _identity(corpus, settings, seed, device) if safekeeping is not None else {}
    if safekeeping is not None:
        if started is not None:
            check_identity(safekeeping.path, started.identity, identity)
        remove_leftovers(safekeeping.path)
    with thread_count(settings.threads):
        batches = Batches(
            corpus,
            settings.num_neighbors,
            device,
            neighbor_search=settings.neighbor_search,
            show_progress=show_progress,
        )
        loop = _Loop(corpus, batches, settings, seed, device)
        if safekeeping is not None and started is not None:
            try:
                loop.restore(started)
            except (KeyError, RuntimeError, ValueError):
                raise FileFormatError(
                    f"{safekeeping.path} is damaged, parts of it are missing: delete it to start anew"
                ) from None
        with (
            track("training", loop.num_steps - loop.step, "steps", show=show_progress) as progress,
            _interrupts(wait=safekeeping is not None) as interrupt,
        ):
            loop.run(progress, callbacks, _Keeper(safekeeping, identity), interrupt)
    return TrainingResult(
        weights=loop.weights(),
        seed=seed,
        history=loop.history,
    )


class _Loop:
    """A training under way: what a checkpoint keeps, and the steps."""

    def __init__(
        self, corpus: Corpus, batches: Batches, settings: TrainingSettings, seed: int, device: torch.device
    ) -> None:
        self.batches, self.settings, self.seed, self.device = batches, settings, seed, device
        self.network = GloCTMNetwork(
            {language: part.num_words for language, part in corpus.items()},
            settings.num_topics,
            local_hidden_size=settings.local_hidden_size,
            global_hidden_size=settings.global_hidden_size,
            dropout=settings.dropout,
            kl_weight=settings.kl_weight,
            cka_weight=settings.cka_weight,
            seed=seed,
        ).to(device)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=settings.learning_rate, fused=True)
        self.shuffling = make_generator(seed, "shuffling")
        self.noise = {language: make_generator(seed, "noise", language, device=device) for language in corpus}
        self.steps_per_epoch = batches.num_batches(settings.batch_size)
        self.num_steps = total_steps(settings, self.steps_per_epoch)
        self.history: list[dict[str, float]] = []
        self.batch = 0
        self.stopped = False
        # Summed on the device and read once an epoch: reading waits for a GPU.
        self.epoch_sum = torch.zeros(4, dtype=torch.float64, device=device)
        self.epoch_begin = self.shuffling.get_state()

    @property
    def step(self) -> int:
        """Steps done."""
        # An epoch that max_steps cut short counts in the history as one.
        return min(len(self.history) * self.steps_per_epoch + self.batch, self.num_steps)

    def run(
        self,
        progress: Progress,
        callbacks: Sequence[Callback],
        keeper: _Keeper,
        interrupt: Callable[[], type[KeyboardInterrupt] | None],
    ) -> None:
        """Take the steps that are left."""
        settings = {**asdict(self.settings), "random_state": self.seed}
        run = TrainingRun(settings, self.num_steps, self.step, self.weights, self.stopped)
        self.network.train()
        begun: list[Callback] = []
        try:
            for callback in callbacks:
                callback.on_train_begin(run)
                begun.append(callback)
            self._take_steps(run, progress, callbacks, keeper, interrupt)
            keeper.write(self)
        except BaseException:
            for callback in begun:
                callback.on_train_abort(run)
            raise
        for callback in callbacks:
            callback.on_train_end(run)
        if (asked := interrupt()) is not None:
            # It came when there was nothing left to do; what comes after this training is not to begin.
            raise keeper.interruption(asked, len(self.history), self.settings.epochs)

    def _take_steps(
        self,
        run: TrainingRun,
        progress: Progress,
        callbacks: Sequence[Callback],
        keeper: _Keeper,
        interrupt: Callable[[], type[KeyboardInterrupt] | None],
    ) -> None:
        note = ""
        self.stopped = run.stopped
        while self.step < self.num_steps and not self.stopped and not has_converged(self.history, self.settings):
            self.shuffling.set_state(self.epoch_begin)
            for batch in self.batches.epoch(self.settings.batch_size, self.shuffling, skip=self.batch):
                self._take_step(batch)
                ended = self.batch == self.steps_per_epoch or self.step == self.num_steps
                if ended:
                    epoch = self._end_epoch()
                    note = _note(epoch, self.settings.epochs)
                run.step = self.step
                progress.advance(note=note)
                # Before the state is kept, so that an epoch which is in it has been told, and whether one ends it.
                if ended:
                    for callback in callbacks:
                        callback.on_epoch_end(run, epoch)
                    self.stopped = run.stopped
                if asked := interrupt():
                    keeper.write(self)
                    raise keeper.interruption(asked, len(self.history), self.settings.epochs)
                if keeper.is_due():
                    keeper.write_or_warn(self)
                if ended:
                    break

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """A copy of the network's arrays by name."""
        return {name: tensor.cpu().numpy().copy() for name, tensor in self.network.state_dict().items()}

    def _take_step(self, batch: Mapping[str, Any]) -> None:
        rate = learning_rate_at(self.step, self.settings, self.steps_per_epoch)
        self.optimizer.param_groups[0]["lr"] = rate
        draws = draw_noise(batch, self.settings.num_topics, self.noise)
        self.optimizer.zero_grad(set_to_none=True)
        terms = self.network(batch, draws, self.noise)
        terms.total.backward()
        self.optimizer.step()
        self.epoch_sum += terms.detached()
        self.batch += 1

    def _end_epoch(self) -> dict[str, float]:
        number = len(self.history) + 1
        local, shared, regularization, cka = (self.epoch_sum / self.batch).tolist()
        loss = local + shared + regularization + cka
        if not np.isfinite(loss):
            raise _not_finite(number)
        epoch = {
            "epoch": number,
            "loss": loss,
            "local": local,
            "shared": shared,
            "regularization": regularization,
            "cka": cka,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
        }
        self.history.append(epoch)
        self.batch = 0
        self.epoch_sum.zero_()
        self.epoch_begin = self.shuffling.get_state()
        return epoch

    def state(self, identity: dict[str, Any]) -> TrainingState:
        """Everything that the rest of the training depends on."""
        tensors = {f"network/{name}": tensor for name, tensor in self.network.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            for key, value in self.optimizer.state[parameter].items():
                tensors[f"optimizer/{name}/{key}"] = value
        for language, generator in self.noise.items():
            tensors[f"noise/{language}"] = generator.get_state()
        tensors["shuffling"] = self.epoch_begin
        tensors["epoch_sum"] = self.epoch_sum
        return TrainingState(self.batch, list(self.history), tensors, identity, self.stopped)

    def is_finite(self) -> bool:
        """Whether the epoch under way can still come to a loss; a device is asked."""
        return bool(torch.isfinite(self.epoch_sum).all())

    def restore(self, state: TrainingState) -> None:
        """Go back to a state."""
        tensors = state.tensors
        prefix = "network/"
        weights = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        self.network.load_state_dict(weights)
        # Without a step done, the optimiser has no state. Copies: what was read is the file itself, mapped to memory.
        if state.history or state.batch:
            for name, parameter in self.network.named_parameters():
                self.optimizer.state[parameter] = {
                    key: tensors[f"optimizer/{name}/{key}"].to(self.device, copy=True)
                    for key in ("step", "exp_avg", "exp_avg_sq")
                }
        for language, generator in self.noise.items():
            generator.set_state(tensors[f"noise/{language}"])
        self.epoch_begin = tensors["shuffling"].clone()
        self.epoch_sum = tensors["epoch_sum"].to(self.device, copy=True)
        self.history, self.batch, self.stopped = list(state.history), state.batch, state.stopped


class _Keeper:
    """Writes checkpoints when they are due."""

    def __init__(self, safekeeping: Safekeeping | None, identity: dict[str, Any]) -> None:
        self._safekeeping, self._identity = safekeeping, identity
        self._last = time.monotonic()

    def is_due(self) -> bool:
        """Whether the time has come."""
        safekeeping = self._safekeeping
        return safekeeping is not None and time.monotonic() - self._last >= 60 * safekeeping.minutes

    def write(self, loop: _Loop) -> None:
        """Write a checkpoint, if any are wanted."""
        if self._safekeeping is None:
            return
        if not loop.is_finite():
            # From such a state nothing could go on; the one before is kept.
            raise _not_finite(len(loop.history) + 1)
        write_checkpoint(self._safekeeping.path, loop.state(self._identity))
        self._last = time.monotonic()

    def write_or_warn(self, loop: _Loop) -> None:
        """The same where it is not the last chance: with a full disk training goes on, and tries again later."""
        try:
            self.write(loop)
        except OSError as error:
            self._last = time.monotonic()
            assert self._safekeeping is not None
            warnings.warn(
                f"the checkpoint {self._safekeeping.path} could not be written ({error.strerror or error}): training "
                "goes on; make room, or a kill will lose what was done since the last",
                CheckpointWarning,
                stacklevel=2,
            )

    def interruption(self, kind: type[KeyboardInterrupt], epochs_done: int, epochs: int) -> TrainingInterrupted:
        """The exception that tells where the work is."""
        assert self._safekeeping is not None
        return TrainingInterrupted(
            f"training was stopped after epoch {epochs_done} of {epochs}; {self._safekeeping.path} holds all that was "
            "done: go on with resume=True",
            terminated=kind is not KeyboardInterrupt,
        )


@contextlib.contextmanager
def _interrupts(*, wait: bool) -> Iterator[Callable[[], type[KeyboardInterrupt] | None]]:
    """Have the first interrupt (Ctrl-C, SIGTERM) wait for the end of the step.

    Yields:
        What tells which kind came, if any.
    """
    came: list[type[KeyboardInterrupt]] = []
    if not wait or threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, _: object) -> None:
        came.append(KeyboardInterrupt if number == signal.SIGINT else _Termination)
        # A second one need not wait.
        signal.signal(number, before[signal.Signals(number)])

    for number, handler in before.items():
        # Somebody who has a signal ignored keeps it so, and without a handler Python does not see SIGTERM as its own.
        if callable(handler):
            signal.signal(number, note)
    try:
        yield lambda: came[0] if came else None
    finally:
        for number, handler in before.items():
            if callable(handler):
                signal.signal(number, handler)


class _Termination(KeyboardInterrupt):
    """Another program asked to end."""


def _state_to_resume(safekeeping: Safekeeping | None) -> TrainingState | None:
    if safekeeping is None:
        return None
    if not safekeeping.path.exists():
        return None
    if not is_checkpoint(safekeeping.path):
        raise not_a_checkpoint(safekeeping.path)
    if not safekeeping.resume:
        raise InputError(
            f"{safekeeping.path} holds the state of a training: go on with resume=True, or delete it to start anew"
        )
    return read_checkpoint(safekeeping.path)


def _identity(corpus: Corpus, settings: TrainingSettings, seed: int, device: torch.device) -> dict[str, Any]:
    kept = {name: value for name, value in asdict(settings).items() if name not in _FREE_TO_DIFFER}
    return {**kept, "random_state": seed, "device": device.type, "corpus": corpus.fingerprint()}


def _not_finite(epoch: int) -> TrainingError:
    return TrainingError(f"the loss is not finite in epoch {epoch}: lower the learning rate or the weights")


def _check_sizes(corpus: Corpus) -> None:
    for language, part in corpus.items():
        if part.num_documents < 2:
            # Its batches would be copies of the one document, and batch norm would learn a variance of zero.
            raise InputError(f"language {language!r} has one document: training needs at least two in each language")


def _note(epoch: Mapping[str, float], epochs: int) -> str:
    return (
        f"epoch {epoch['epoch']:.0f}/{epochs} loss {epoch['loss']:.1f} = local {epoch['local']:.1f} + global "
        f"{epoch['shared']:.1f} + KL {epoch['regularization']:.1f} + CKA {epoch['cka']:.1f}"
    )
