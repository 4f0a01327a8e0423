"""The loop that trains the neural baselines on documents and their embeddings.

What a step computes is a function of the rows of each language that it is handed; everything random comes from the
seed. As in GloCTM's own training, an epoch goes once through the largest language and cycles smaller ones, so that
all models see as many documents an epoch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.training import batch_sizes
from gloctm.errors import InputError, TrainingError
from gloctm.network.initialization import make_generator
from gloctm.progress import track
from gloctm.training import thread_count

# For each language, which documents.
Rows = Mapping[str, Tensor]


@dataclass(frozen=True)
class Plan:
    """How long and how fast to train, by Adam.

    Attributes:
        epochs: how often the largest language is gone through.
        batch_size: documents of each language in a step.
        learning_rate: constant.
        betas: Adam's decays of the moments.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    betas: tuple[float, float] = (0.9, 0.999)


def train(
    network: nn.Module,
    loss_of: Callable[[Rows], Tensor],
    sizes: Mapping[str, int],
    plan: Plan,
    *,
    seed: int,
    name: str,
    threads: int | None = 1,
    show_progress: bool = False,
) -> list[float]:
    """Train a network, which is left in evaluation mode.

    Args:
        network: whose parameters are learned, on the device where ``loss_of`` computes.
        loss_of: the loss of a batch.
        sizes: documents of each language.
        plan: how long and how fast.
        seed: shuffles.
        name: of the model, for messages.
        threads: torch may use; None leaves its own choice.
        show_progress: whether progress is shown on standard error.

    Returns:
        The mean loss of each epoch.

    Raises:
        InputError: no language has two documents, or a setting is out of range.
        TrainingError: the loss stopped being finite.
    """
    length = max(sizes.values())
    if length < 2:
        raise InputError(f"{name} can't be trained on one document a language: batch norm needs two")
    if plan.epochs < 1 or plan.batch_size < 2:
        raise InputError(
            f"{name} was given {plan.epochs} epochs of batches of {plan.batch_size}: it needs at least one epoch and "
            "two documents a batch"
        )
    generator = make_generator(seed, name, "shuffle")
    history = []
    with thread_count(threads), track(f"training {name}", plan.epochs, "epochs", show=show_progress) as progress:
        network.train()
        optimizer = torch.optim.Adam(network.parameters(), lr=plan.learning_rate, betas=plan.betas, fused=True)
        for epoch in range(1, plan.epochs + 1):
            total = torch.zeros(())
            for batch in epoch_batches(length, plan.batch_size, generator):
                loss = loss_of({language: batch % size for language, size in sizes.items()})
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]  # torch's
                optimizer.step()
                # On the device, which is asked once an epoch only.
                total = total.to(loss.device) + loss.detach() * len(batch)
            mean = float(total) / length
            if not math.isfinite(mean):
                raise TrainingError(f"the loss of {name} became {mean} in epoch {epoch}: lower the learning rate")
            history.append(mean)
            progress.advance(note=f"loss {mean:.2f}")
        network.eval()
    return history


def epoch_batches(length: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """The numbers below ``length``, shuffled, in batches; a last batch of one is joined to the one before."""
    return iter(torch.split(torch.randperm(length, generator=generator), batch_sizes(length, batch_size)))
