"""The training loop: Adam over batches, a learning rate by steps, a history of the loss, callbacks, its whole state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gloctm.errors import TrainingError
from gloctm.network.initialization import make_generator
from gloctm.network.network import GloCTMNetwork
from gloctm.network.ranks import Ranks, Share, alone
from gloctm.progress import Progress
from gloctm.training.batches import BatchSource, batch_sizes, draw_noise
from gloctm.training.callbacks import Callback, TrainingRun
from gloctm.training.checkpoint import CheckpointWriter, TrainingState
from gloctm.training.interrupts import Stop
from gloctm.training.schedule import has_converged, learning_rate_at, total_steps
from gloctm.training.settings import TrainingSettings


class TrainingLoop:
    """The steps of a training, and the state that a checkpoint keeps.

    Args:
        vocabulary_sizes: of each language, in the order of the corpus.
        batches: of the corpus, on the device to train on.
        settings: see ``GloCTM``.
        seed: owns every random number.
        identity: what must be the same for the training to go on.
        ranks: the processes that train together, all of which have the same state after every step; None for one.
    """

    def __init__(
        self,
        vocabulary_sizes: Mapping[str, int],
        batches: BatchSource,
        settings: TrainingSettings,
        seed: int,
        identity: Mapping[str, Any],
        ranks: Ranks | None = None,
    ) -> None:
        self.ranks = ranks or alone()
        self.batches, self.settings, self.seed, self.identity = batches, settings, seed, identity
        device = self.device = batches.device
        self.network = GloCTMNetwork(
            vocabulary_sizes,
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
        self.noise = {language: make_generator(seed, "noise", language, device=device) for language in vocabulary_sizes}
        self.batch_sizes = batch_sizes(batches.length, settings.batch_size)
        self.steps_per_epoch = len(self.batch_sizes)
        self.num_steps = total_steps(settings, self.steps_per_epoch)
        self.history: list[dict[str, float]] = []
        self.batch = 0
        self.stopped = False
        # Summed on the device and read once an epoch: reading waits for a GPU.
        self.epoch_sum = torch.zeros(4, dtype=torch.float64, device=device)
        self.epoch_begin = self.shuffling.get_state()

    @property
    def step(self) -> int:
        """The steps done."""
        # An epoch that max_steps cut short counts in the history as one.
        return min(len(self.history) * self.steps_per_epoch + self.batch, self.num_steps)

    def run(
        self,
        progress: Progress,
        callbacks: Sequence[Callback],
        writer: CheckpointWriter,
        stop: Stop,
    ) -> None:
        """Take the steps that are left.

        Args:
            progress: advanced after every step.
            callbacks: called after every epoch.
            writer: writes checkpoints.
            stop: asked after every step whether to stop, and how.
        """
        settings = {**asdict(self.settings), "random_state": self.seed}
        run = TrainingRun(settings, self.num_steps, self.step, self.weights, self.stopped)
        self.network.train()
        begun: list[Callback] = []
        try:
            for callback in callbacks:
                callback.on_train_begin(run)
                begun.append(callback)
            self._take_steps(run, progress, callbacks, writer, stop)
            writer.write()
        except BaseException:
            for callback in begun:
                callback.on_train_abort(run)
            raise
        for callback in callbacks:
            callback.on_train_end(run)
        # An interrupt may come when nothing is left to do; what follows this training is not to begin.
        self._end_if_stopped(stop, writer)

    def _take_steps(
        self, run: TrainingRun, progress: Progress, callbacks: Sequence[Callback], writer: CheckpointWriter, stop: Stop
    ) -> None:
        note = ""
        self.stopped = self.ranks.any(run.stopped)
        while self.step < self.num_steps and not self.stopped and not has_converged(self.history, self.settings):
            self.shuffling.set_state(self.epoch_begin)
            epoch_of_batches = self.batches.epoch(
                self.settings.batch_size, self.shuffling, number=len(self.history), skip=self.batch
            )
            for batch in epoch_of_batches:
                self.take_step(batch)
                ended = self.batch == self.steps_per_epoch or self.step == self.num_steps
                if ended:
                    epoch = self._end_epoch()
                    note = f"epoch {len(self.history)} of {self.settings.epochs}"
                run.step = self.step
                progress.advance(note=note)
                # Before the state is kept: callbacks have then seen every epoch that is in it, and may have ended it.
                if ended:
                    for callback in callbacks:
                        callback.on_epoch_end(run, epoch)
                    # Only the first of several processes has callbacks.
                    self.stopped = run.stopped = self.ranks.any(run.stopped)
                self._end_if_stopped(stop, writer, write=True)
                if writer.is_due():
                    writer.write_or_warn()
                if ended:
                    break

    def _end_if_stopped(self, stop: Stop, writer: CheckpointWriter, *, write: bool = False) -> None:
        if (kind := stop()) is not None:
            if write:
                writer.write()
            raise writer.interruption(kind, f"epoch {len(self.history)} of {self.settings.epochs}")

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Return a copy of the network's arrays by name."""
        return {name: tensor.cpu().numpy().copy() for name, tensor in self.network.state_dict().items()}

    def take_step(self, batch: Mapping[str, Any]) -> None:
        """Take one step: a batch, its loss, its gradient and what Adam makes of it."""
        rate = learning_rate_at(self.step, self.settings, self.steps_per_epoch)
        self.optimizer.param_groups[0]["lr"] = rate
        share = Share(self.ranks, self.batch_sizes[self.batch]) if self.ranks.world > 1 else None
        draws = draw_noise(batch, self.settings.num_topics, self.noise, share)
        self.optimizer.zero_grad(set_to_none=True)
        terms = self.network(batch, draws, self.noise, share)
        terms.total.backward()
        if share is not None:
            self._sum_gradients()
        self.optimizer.step()
        self.epoch_sum += self.ranks.sum_(terms.detached())
        self.batch += 1

    def _sum_gradients(self) -> None:
        """Sum the gradients over all processes; the same bits in each, so that their weights stay the same."""
        gradients = [parameter.grad for parameter in self.network.parameters() if parameter.grad is not None]
        for own, whole in zip(gradients, self.ranks.sum_each(gradients), strict=True):
            own.copy_(whole)

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

    def state(self) -> TrainingState:
        """Return everything that the rest of the training depends on.

        Raises:
            TrainingError: the loss is no longer finite, so nothing could go on from here.
        """
        if not bool(torch.isfinite(self.epoch_sum).all()):
            raise _not_finite(len(self.history) + 1)
        tensors = {f"network/{name}": tensor for name, tensor in self.network.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            for key, value in self.optimizer.state[parameter].items():
                tensors[f"optimizer/{name}/{key}"] = value
        for language, generator in self.noise.items():
            tensors[f"noise/{language}"] = generator.get_state()
        tensors["shuffling"] = self.epoch_begin
        tensors["epoch_sum"] = self.epoch_sum
        return TrainingState(self.batch, list(self.history), tensors, dict(self.identity), self.stopped)

    def restore(self, state: TrainingState) -> None:
        """Go back to a state."""
        tensors = state.tensors
        prefix = "network/"
        weights = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        self.network.load_state_dict(weights)
        # Without a step done, the optimizer has no state. Copies: what was read is the file itself, mapped to memory.
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


def _not_finite(epoch: int) -> TrainingError:
    return TrainingError(f"the loss is not finite in epoch {epoch}: lower the learning rate or the weights")
