"""The loop that trains the neural baselines: batches of rows in any number of languages, one seed, Adam, checkpoints.

What a step computes is a function of the rows of each language that it is handed; everything random comes from the
seed. As in GloCTM's own training, an epoch goes once through the largest language and cycles smaller ones, so that
all models see as many documents an epoch.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.settings import comparable
from gloctm import Corpus
from gloctm.errors import InputError, TrainingError
from gloctm.network import SparseRows, linear_uniform, make_generator
from gloctm.progress import track
from gloctm.training.checkpoint import TrainingState, check_identity, read_checkpoint, write_checkpoint
from gloctm.training.device import thread_count

# For each language, which documents.
Rows = Mapping[str, Tensor]
# Documents that are inferred at once.
INFERRED_TOGETHER = 2000
# How much of a training a stop can lose.
CHECKPOINT_SECONDS = 300.0


@dataclass(frozen=True)
class TrainingPlan:
    """How long and how fast to train.

    Attributes:
        epochs: passes over the largest language.
        batch_size: documents of each language in a step.
        learning_rate: of Adam.
        betas: Adam's decays of the moments.
        decay_every: epochs after which the learning rate is multiplied by ``decay_factor``, again and again; None
            keeps it.
        decay_factor: see ``decay_every``.
        threads: of torch.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    betas: tuple[float, float] = (0.9, 0.999)
    decay_every: int | None = None
    decay_factor: float = 0.5
    threads: int = 1
    device: str = "auto"

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("batch_size", 2), ("threads", 1)):
            if getattr(self, name) < least:
                raise InputError(f"{name} is {getattr(self, name)}: it must be {least} or more")
        if self.learning_rate <= 0:
            raise InputError(f"learning_rate is {self.learning_rate}: it must be above 0")

    def learning_rate_in(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        decays = 0 if self.decay_every is None else epoch // self.decay_every
        return self.learning_rate * self.decay_factor**decays


@dataclass(frozen=True)
class TrainingRecord:
    """What is told of a training that ended.

    Attributes:
        history: for each epoch the mean of every term over documents, and of their sum as ``loss``.
        seconds: that the processor spent on it, all times that it went on from a checkpoint together: of one thread
            alone, what it takes on a machine that does nothing else. None where a checkpoint does not know.
    """

    history: list[dict[str, float]]
    seconds: float | None


def train(
    network: nn.Module,
    terms_of: Callable[[Rows], Mapping[str, Tensor]],
    corpus: Corpus,
    plan: TrainingPlan,
    *,
    generators: Mapping[str, torch.Generator],
    seed: int,
    name: str,
    settings: Mapping[str, Any],
    languages: tuple[str, ...] | None = None,
    show_progress: bool = False,
    checkpoint: Path | None = None,
) -> TrainingRecord:
    """Train a network, which is left in evaluation mode.

    Args:
        network: whose parameters are learned, on the device where ``terms_of`` computes.
        terms_of: for the rows of a batch the terms of the loss by name, which are added.
        corpus: whose documents the rows are.
        plan: see there.
        generators: those of random numbers that ``terms_of`` draws from, by a name of each.
        seed: shuffles.
        name: of the model, for messages.
        settings: everything else that the result depends on, the model's own settings and what it read: a checkpoint
            is gone on from with the very same only. Those of ``settings.FREE`` may differ.
        languages: of the corpus, those that are trained on; None takes all.
        show_progress: whether progress is shown on standard error.
        checkpoint: a file that keeps the state of the training every few minutes, and from which it goes on where
            there is one.

    Returns:
        Losses and time.

    Raises:
        InputError: a language has fewer than two documents, or the checkpoint is of another training.
        TrainingError: the loss stopped being finite.
    """
    sizes = {language: corpus[language].num_documents for language in languages or corpus.languages}
    for language, size in sizes.items():
        if size < 2:
            raise InputError(f"language {language!r} has fewer than two documents: batch norm needs two to train")
    length = max(sizes.values())
    optimizer = torch.optim.Adam(network.parameters(), lr=plan.learning_rate, betas=plan.betas, fused=True)
    shuffling = make_generator(seed, name, "shuffle")
    state = _State(network, optimizer, {**generators, "shuffling": shuffling})
    identity = {
        **comparable(settings),
        **comparable(asdict(plan)),
        "name": name,
        "seed": seed,
        "corpus": corpus.fingerprint(),
    }
    history, before = state.restore(checkpoint, identity)
    started, kept = time.process_time(), time.monotonic()

    def seconds() -> float | None:
        return None if before is None else before + time.process_time() - started

    with (
        thread_count(plan.threads),
        track(f"training {name}", plan.epochs - len(history), "epochs", show=show_progress) as progress,
    ):
        network.train()
        for epoch in range(len(history), plan.epochs):
            optimizer.param_groups[0]["lr"] = plan.learning_rate_in(epoch)
            # Summed on the device and read once an epoch: reading waits for a GPU.
            sums: dict[str, Tensor] = {}
            for batch in epoch_batches(length, plan.batch_size, shuffling):
                optimizer.zero_grad(set_to_none=True)
                terms = terms_of({language: batch % size for language, size in sizes.items()})
                loss = torch.stack(list(terms.values())).sum()
                loss.backward()  # type: ignore[no-untyped-call]  # torch's
                optimizer.step()
                for term, value in {"loss": loss, **terms}.items():
                    sums[term] = sums.get(term, 0) + value.detach().double() * len(batch)
            history.append({term: float(value) / length for term, value in sums.items()})
            if not math.isfinite(history[-1]["loss"]):
                raise TrainingError(f"the loss of {name} is not finite after epoch {epoch + 1}: lower learning_rate")
            progress.advance(note=" ".join(f"{term} {value:.2f}" for term, value in history[-1].items()))
            if checkpoint is not None and time.monotonic() - kept >= CHECKPOINT_SECONDS:
                state.write(checkpoint, TrainingRecord(history, seconds()), identity)
                kept = time.monotonic()
    if checkpoint is not None:
        state.write(checkpoint, TrainingRecord(history, seconds()), identity)
    network.eval()
    return TrainingRecord(history, seconds())


def epoch_batches(length: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """The numbers below ``length``, shuffled, in batches; a last batch of one is joined to the one before."""
    return iter(torch.split(torch.randperm(length, generator=generator), batch_sizes(length, batch_size)))


def batch_sizes(length: int, batch_size: int) -> list[int]:
    """Sizes of an epoch's batches; a last one of a single document joins the one before: batch norm needs two."""
    whole, rest = divmod(length, batch_size)
    sizes = [batch_size] * whole
    if rest == 1 and whole:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return sizes


class _State:
    """Everything that the rest of a training depends on, between two epochs."""

    def __init__(
        self, network: nn.Module, optimizer: torch.optim.Optimizer, generators: Mapping[str, torch.Generator]
    ) -> None:
        self.network, self.optimizer, self.generators = network, optimizer, generators

    def write(self, path: Path, record: TrainingRecord, identity: dict[str, Any]) -> None:
        tensors = {f"network/{name}": tensor for name, tensor in self.network.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            for key, value in self.optimizer.state[parameter].items():
                tensors[f"optimizer/{name}/{key}"] = value
        for name, generator in self.generators.items():
            tensors[f"generator/{name}"] = generator.get_state()
        if record.seconds is not None:
            tensors["seconds"] = torch.tensor(record.seconds, dtype=torch.float64)
        write_checkpoint(path, TrainingState(0, record.history, tensors, identity))

    def restore(self, path: Path | None, identity: dict[str, Any]) -> tuple[list[dict[str, float]], float | None]:
        """Go back to what a file holds, if there is one; the epochs that were done, and the seconds they took."""
        if path is None or not path.exists():
            return [], 0.0
        state = read_checkpoint(path)
        check_identity(path, state.identity, identity)
        tensors = state.tensors
        prefix = "network/"
        self.network.load_state_dict(
            {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        )
        for name, parameter in self.network.named_parameters():
            # Copies: what was read is the file itself, mapped to memory. Parameters that are not learned have none.
            self.optimizer.state[parameter] = {
                key: tensors[place].to(parameter.device, copy=True)
                for key in ("step", "exp_avg", "exp_avg_sq")
                if (place := f"optimizer/{name}/{key}") in tensors
            }
        for name, generator in self.generators.items():
            generator.set_state(tensors[f"generator/{name}"])
        return list(state.history), float(tensors["seconds"]) if "seconds" in tensors else None


@torch.no_grad()
def infer(
    counts: sp.csr_array, means: Callable[[SparseRows], Tensor], device: torch.device, *, threads: int = 1
) -> NDArray[np.float32]:
    """What a network gives for each document, ``(documents, K)``, a part of them at a time.

    Args:
        counts: of one language.
        means: gives ``(rows, K)`` for rows of counts.
        device: where the network is.
        threads: of torch.
    """
    with thread_count(threads):
        parts = [
            means(SparseRows.from_scipy(counts[first : first + INFERRED_TOGETHER], device=device)).cpu().numpy()
            for first in range(0, counts.shape[0], INFERRED_TOGETHER)
        ]
    return np.concatenate(parts)


def counts_on(corpus: Corpus, device: torch.device) -> dict[str, SparseRows]:
    """The counts of all documents on a device."""
    return {
        language: SparseRows.from_scipy(part.counts, device=device, index_dtype=torch.int32)
        for language, part in corpus.items()
    }


def seeded_linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    """A linear layer that starts as torch's own does, from a generator of its own."""
    layer = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        layer.weight.copy_(linear_uniform((outputs, inputs), inputs, generator))
        layer.bias.copy_(linear_uniform((outputs,), inputs, generator))
    return layer
