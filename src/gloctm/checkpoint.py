"""A training's whole state in one file, so that it can go on where it was stopped, to the same result bit for bit.

safetensors, with the numbers that are no tensors as JSON in its metadata. Written beside and renamed: a process killed
at any moment leaves the checkpoint before.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from gloctm.errors import FileFormatError, InputError
from gloctm.files import atomic_file

FORMAT = "gloctm-checkpoint"
VERSION = 1


@dataclass(frozen=True)
class TrainingState:
    """Where a training is.

    Attributes:
        epoch: epochs done.
        batch: batches done of the epoch under way.
        history: the epochs done.
        tensors: by name: the network's, the optimiser's, states of generators (that of shuffling at the epoch's begin,
            those of noise now), sums of the epoch's losses.
        identity: what must be the same for the training to go on: settings, seed, corpus.
    """

    epoch: int
    batch: int
    history: list[dict[str, float]]
    tensors: dict[str, Tensor]
    identity: dict[str, Any]


def write_checkpoint(path: Path, state: TrainingState) -> None:
    """Write a state, in place of the one before."""
    from safetensors.torch import save

    facts = {"epoch": state.epoch, "batch": state.batch, "history": state.history, "identity": state.identity}
    metadata = {"format": FORMAT, "version": str(VERSION), "state": json.dumps(facts)}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors.items()}
    with atomic_file(path, "wb") as stream:
        stream.write(save(tensors, metadata))


def read_checkpoint(path: Path) -> TrainingState:
    """Read a state.

    Raises:
        FileFormatError: not a checkpoint, damaged, or of a newer version.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
        if metadata.get("format") != FORMAT:
            raise FileFormatError(f"{path} is not a checkpoint of a training")
        if int(metadata["version"]) > VERSION:
            raise FileFormatError(f"{path} was written by a newer version of gloctm: update it")
        facts = json.loads(metadata["state"])
        return TrainingState(facts["epoch"], facts["batch"], facts["history"], tensors, facts["identity"])
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f"{path} is damaged ({error}): delete it and start anew") from None


def check_identity(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raise InputError unless a checkpoint is of the training that is wanted."""
    different = [name for name in wanted if found.get(name) != wanted[name]]
    if different:
        told = ", ".join(
            name if name == "corpus" else f"{name} ({found.get(name)!r}, now {wanted[name]!r})" for name in different
        )
        raise InputError(
            f"{path} is of another training, different in {told}: give what it was begun with, or delete it to start "
            "anew"
        )


def remove_leftovers(path: Path) -> None:
    """Delete the unfinished files that a killed process left beside a checkpoint."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        with contextlib.suppress(OSError):
            os.unlink(leftover)
