"""The learning rate of every step, and when training has come to its end: pure functions of the settings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from gloctm.training.settings import TrainingSettings


def total_steps(settings: TrainingSettings, steps_per_epoch: int) -> int:
    """Return how many steps training takes, unless it stops early."""
    steps = settings.epochs * steps_per_epoch
    return steps if settings.max_steps is None else min(steps, settings.max_steps)


def learning_rate_at(step: int, settings: TrainingSettings, steps_per_epoch: int) -> float:
    """Return the learning rate of a step, counted from 0.

    ``schedule="decay"``: multiplied by ``decay_factor`` every ``decay_every`` epochs, as published, or every
    ``decay_every_steps`` steps where that is given. ``schedule="cosine"``: down to 0 at the last step along half a
    cosine (Loshchilov and Hutter, 2017). Before that it rises from 0 in equal parts for ``warmup_steps`` steps.
    """
    rate = settings.learning_rate
    if settings.schedule == "cosine":
        rate *= 0.5 * (1 + math.cos(math.pi * step / total_steps(settings, steps_per_epoch)))
    else:
        every = settings.decay_every_steps or settings.decay_every * steps_per_epoch
        rate *= settings.decay_factor ** (step // every)
    if step < settings.warmup_steps:
        rate *= (step + 1) / settings.warmup_steps
    return rate


def has_converged(history: Sequence[Mapping[str, float]], settings: TrainingSettings) -> bool:
    """Return whether the last ``patience`` epochs improved the loss by less than ``min_improvement``.

    Args:
        history: the epochs so far, each with its ``loss``.
        settings: ``patience`` None never stops; ``min_improvement`` is a share of the best loss.
    """
    patience = settings.patience
    if patience is None or len(history) <= patience:
        return False
    before = min(epoch["loss"] for epoch in history[:-patience])
    since = min(epoch["loss"] for epoch in history[-patience:])
    return since > before - settings.min_improvement * abs(before)
