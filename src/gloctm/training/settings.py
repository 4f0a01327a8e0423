"""Checks of the estimator's settings, each a sentence that names the setting and what it may be."""

from __future__ import annotations

import math
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gloctm.checks import check_int
from gloctm.errors import InputError

if TYPE_CHECKING:
    from gloctm.augmentation.neighbors import NeighborSearch


@dataclass(frozen=True)
class TrainingSettings:
    """The settings that training needs to know; the estimator documents each."""

    num_topics: int
    num_neighbors: int
    neighbor_search: NeighborSearch
    kl_weight: float
    cka_weight: float
    local_hidden_size: int
    global_hidden_size: int
    dropout: float
    epochs: int
    max_steps: int | None
    batch_size: int
    learning_rate: float
    schedule: str
    decay_every: int
    decay_every_steps: int | None
    decay_factor: float
    warmup_steps: int
    patience: int | None
    min_improvement: float
    device: str
    threads: int | None


# setting: (lowest whole number, why)
_WHOLE = {
    "num_topics": (2, "a topic model needs at least 2 topics"),
    "num_neighbors": (0, "0 links no words"),
    "num_refinements": (0, "0 leaves topics where clusters are"),
    "local_hidden_size": (1, ""),
    "global_hidden_size": (1, ""),
    "epochs": (1, ""),
    "batch_size": (2, "batch norm needs at least 2 documents"),
    "decay_every": (1, ""),
    "warmup_steps": (0, "0 has the full rate from the first step"),
}
# The same for settings that may be None.
_WHOLE_OR_NONE = {
    "max_steps": (1, "None takes all epochs"),
    "num_near_documents": (0, "None chooses by the corpus"),
    "decay_every_steps": (1, "None counts epochs by decay_every"),
    "patience": (1, "None never stops early"),
    "threads": (1, "None leaves that to torch, or to numpy"),
}
_YES_OR_NO = ("show_progress",)
# setting: what it may be
_CHOICE = {
    "method": ("context", "published"),
    "neighbor_search": ("exact", "approximate"),
    "schedule": ("decay", "cosine"),
}
# Settings that one method has and the other has not. Those of the other are left at their defaults.
CONTEXT_SETTINGS = ("num_near_documents", "num_refinements", "temperature")
PUBLISHED_SETTINGS = tuple(
    name for name in TrainingSettings.__dataclass_fields__ if name not in ("num_topics", "threads")
)
# Settings of earlier versions that no longer exist, or mean something else now; models saved with them load without.
RETIRED = ("num_near_documents", "pooled_cka")
# setting: (lowest, whether the lowest itself is allowed, highest, whether the highest itself is allowed)
_NUMBER = {
    "kl_weight": (0.0, True, math.inf, False),
    "cka_weight": (0.0, True, math.inf, False),
    "dropout": (0.0, True, 1.0, False),
    "learning_rate": (0.0, False, math.inf, False),
    "decay_factor": (0.0, False, 1.0, True),
    "min_improvement": (0.0, True, 1.0, False),
}


def check_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as plain Python numbers, whatever kind of number they came as.

    Raises:
        InputError: for the first setting that is out of range or of the wrong type.
    """
    checked = dict(settings)
    for name, (lowest, reason) in _WHOLE.items():
        value = settings[name]
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise InputError(f"{name} is {value!r}: it must be a whole number")
        if value < lowest:
            raise InputError(f"{name} is {value}: it must be {lowest} or more" + (f" ({reason})" if reason else ""))
        checked[name] = int(value)
    for name, (low, with_low, high, with_high) in _NUMBER.items():
        value = settings[name]
        if isinstance(value, bool) or not isinstance(value, Real) or not _is_finite(value):
            raise InputError(f"{name} is {value!r}: it must be a finite number")
        value = checked[name] = float(value)
        if value < low or (value == low and not with_low) or value > high or (value == high and not with_high):
            least = f"{low:g} or more" if with_low else f"above {low:g}"
            most = "" if math.isinf(high) else f" and {'up to' if with_high else 'below'} {high:g}"
            raise InputError(f"{name} is {value:g}: it must be {least}{most}")
    for name, (lowest, reason) in _WHOLE_OR_NONE.items():
        if (value := settings[name]) is not None:
            checked[name] = check_int(name, value, lowest, f", or None ({reason})")
    for name, choices in _CHOICE.items():
        if settings[name] not in choices:
            raise InputError(f"{name} is {settings[name]!r}: it must be {' or '.join(choices)}")
    if settings["ranking"] not in (None, "coherence", "weights"):
        raise InputError(
            f"ranking is {settings['ranking']!r}: it must be coherence or weights, or None (the method's own)"
        )
    if (temperature := settings["temperature"]) is not None:
        if isinstance(temperature, bool) or not isinstance(temperature, Real) or not _is_finite(temperature):
            raise InputError(f"temperature is {temperature!r}: it must be a finite number, or None (fitted)")
        if temperature <= 0:
            raise InputError(f"temperature is {temperature:g}: it must be above 0, or None (fitted)")
        checked["temperature"] = float(temperature)
    if settings["random_state"] is not None:
        checked["random_state"] = resolve_seed(settings["random_state"])
    if not isinstance(settings["device"], str) or not re.fullmatch(r"auto|cpu|cuda(:\d+)?", settings["device"]):
        raise InputError(f"device is {settings['device']!r}: it must be 'auto', 'cpu', 'cuda' or for example 'cuda:1'")
    for name in _YES_OR_NO:
        if settings[name] not in (True, False):
            raise InputError(f"{name} is {settings[name]!r}: it must be True or False")
        checked[name] = bool(settings[name])
    return checked


def settings_of_method(settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the method has, with the ranking that is its own where none is asked for.

    Args:
        settings: checked.
        defaults: the estimator's.

    Raises:
        InputError: a setting that the method has not is other than its default.
    """
    method = settings["method"]
    foreign, other = (PUBLISHED_SETTINGS, "published") if method == "context" else (CONTEXT_SETTINGS, "context")
    for name in foreign:
        if settings[name] != defaults[name]:
            raise InputError(
                f"{name} is given, a setting of method={other!r}, but the method is {method!r}: leave {name} out, or "
                f"give method={other!r}"
            )
    ranking = settings["ranking"] or ("coherence" if method == "context" else "weights")
    return {**{name: value for name, value in settings.items() if name not in foreign}, "ranking": ranking}


def check_checkpoint(path: str | os.PathLike[str] | None, minutes: float, resume: bool) -> tuple[Path, float] | None:
    """File and minutes of a checkpoint, checked; None where none is wanted.

    Raises:
        InputError: minutes that are none, a folder in the file's place, or something to resume from nowhere.
    """
    if isinstance(minutes, bool) or not isinstance(minutes, Real) or not _is_finite(minutes) or minutes < 0:
        raise InputError(f"checkpoint_minutes is {minutes!r}: it must be a number from 0")
    if path is None:
        if resume:
            raise InputError("resume is given without a checkpoint to resume from: give checkpoint=, its file")
        return None
    target = Path(path)
    if target.is_dir():
        raise InputError(f"the checkpoint {target} is a folder: name a file")
    if not target.absolute().parent.is_dir():
        raise InputError(f"can't write the checkpoint {target}: the folder {target.parent} does not exist")
    return target, float(minutes)


def _is_finite(value: Real) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        # A whole number that no float can hold.
        return False


def resolve_seed(random_state: int | None) -> int:
    """The seed to use: the one given, or for None a fresh one."""
    if random_state is None:
        return secrets.randbelow(2**32)
    return check_int("random_state", random_state, 0, ", or None for a fresh seed")
