"""A small training loop for baselines in torch: sparse batches of counts in any number of languages, one seed, Adam."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gloctm import Corpus
from gloctm.errors import InputError, TrainingError
from gloctm.network.initialization import linear_uniform, make_generator
from gloctm.network.sparse import SparseRows
from gloctm.training import choose_device, thread_count

# Lines of progress a training writes at most, beside its last.
PROGRESS_LINES = 40
# Documents that are inferred at once.
INFERRED_TOGETHER = 2000


@dataclass(frozen=True)
class TrainingPlan:
    """How long and how fast to train.

    Attributes:
        epochs: passes over the largest language.
        batch_size: documents of each language in a step.
        learning_rate: of Adam.
        decay_every: epochs after which the learning rate is multiplied by ``decay_factor``, again and again; None
            keeps it.
        decay_factor: see ``decay_every``.
        threads: of torch.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
    """

    epochs: int
    batch_size: int
    learning_rate: float
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


class Documents:
    """The counts of all documents of a corpus on a device, and the batches of an epoch.

    Args:
        corpus: in any number of languages.
        device: where the tensors lie.
    """

    def __init__(self, corpus: Corpus, device: torch.device) -> None:
        self._counts = {}
        for language, part in corpus.items():
            if part.num_documents < 2:
                raise InputError(f"language {language!r} has fewer than two documents: training needs at least two")
            self._counts[language] = SparseRows.from_scipy(part.counts, device=device, index_dtype=torch.int32)
        self.length = max(len(rows) for rows in self._counts.values())

    def epoch(self, batch_size: int, generator: torch.Generator) -> Iterator[dict[str, SparseRows]]:
        """The batches of one epoch: index i of a shuffled range stands for document i mod D_l of each language."""
        order = torch.randperm(self.length, generator=generator)
        for indices in torch.split(order, batch_sizes(self.length, batch_size)):
            yield {
                language: rows.take((indices % len(rows)).to(rows.indices.device))
                for language, rows in self._counts.items()
            }


def batch_sizes(length: int, batch_size: int) -> list[int]:
    """Sizes of an epoch's batches; a last one of a single document joins the one before: batch norm needs two."""
    whole, rest = divmod(length, batch_size)
    sizes = [batch_size] * whole
    if rest == 1 and whole:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return sizes


def train(
    network: nn.Module,
    corpus: Corpus,
    plan: TrainingPlan,
    *,
    seed: int,
    name: str,
    show_progress: bool = False,
) -> list[dict[str, float]]:
    """Train a network; it ends in evaluation mode, on the plan's device.

    Args:
        network: called with a batch, for each language rows of counts, and for each language the generator that owns
            its random numbers; gives the terms of the loss by name, which are added.
        corpus: trained on.
        plan: see there.
        seed: of shuffling and of the generators; the network's start is its own affair.
        name: of the model, for progress and errors.
        show_progress: whether lines of progress go to standard error.

    Returns:
        For each epoch the mean of every term, and of their sum as ``loss``.

    Raises:
        TrainingError: the loss stopped being finite.
    """
    device = choose_device(plan.device)
    history: list[dict[str, float]] = []
    every = math.ceil(plan.epochs / PROGRESS_LINES)
    with thread_count(plan.threads):
        network.to(device).train()
        documents = Documents(corpus, device)
        optimizer = torch.optim.Adam(network.parameters(), lr=plan.learning_rate, fused=True)
        shuffling = make_generator(seed, "shuffling")
        generators = {language: make_generator(seed, "noise", language, device=device) for language in corpus}
        start = time.perf_counter()
        for epoch in range(plan.epochs):
            optimizer.param_groups[0]["lr"] = plan.learning_rate_in(epoch)
            history.append(_train_epoch(network, documents.epoch(plan.batch_size, shuffling), generators, optimizer))
            if not math.isfinite(history[-1]["loss"]):
                raise TrainingError(f"the loss of {name} is not finite after epoch {epoch + 1}: lower learning_rate")
            if show_progress and ((epoch + 1) % every == 0 or epoch + 1 == plan.epochs):
                terms = " ".join(f"{term} {value:.2f}" for term, value in history[-1].items())
                took = (time.perf_counter() - start) / (epoch + 1)
                print(f"{name}: epoch {epoch + 1}/{plan.epochs} {terms} ({took:.1f} s an epoch)", file=sys.stderr)
    network.eval()
    return history


def _train_epoch(
    network: nn.Module,
    batches: Iterator[dict[str, SparseRows]],
    generators: Mapping[str, torch.Generator],
    optimizer: torch.optim.Optimizer,
) -> dict[str, float]:
    # Summed on the device and read once an epoch: reading waits for a GPU.
    sums: dict[str, Tensor] = {}
    steps = 0
    for batch in batches:
        optimizer.zero_grad(set_to_none=True)
        terms = network(batch, generators)
        loss = sum(terms.values())
        loss.backward()
        optimizer.step()
        for term, value in {"loss": loss, **terms}.items():
            sums[term] = sums.get(term, 0) + value.detach().double()
        steps += 1
    return {term: float(value) / steps for term, value in sums.items()}


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


def seeded_linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    """A linear layer that starts as torch's own does, from a generator of its own."""
    layer = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        layer.weight.copy_(linear_uniform((outputs, inputs), inputs, generator))
        layer.bias.copy_(linear_uniform((outputs,), inputs, generator))
    return layer
