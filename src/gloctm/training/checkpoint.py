"""A training's whole state in one file, so that it can go on where it was stopped, to the same result bit for bit.

safetensors, with the numbers that are no tensors as JSON in its metadata. Written beside and renamed: a process killed
at any moment leaves the checkpoint before.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from gloctm.errors import FileFormatError, InputError
from gloctm.files.atomic import atomic_path

FORMAT = "gloctm-checkpoint"
VERSION = 1
# A history of a million epochs is far shorter.
_LONGEST_HEADER = 1 << 30


@dataclass(frozen=True)
class TrainingState:
    """Where a training is.

    Attributes:
        batch: batches done of the epoch under way.
        history: the epochs done.
        tensors: by name: the network's, the optimiser's, states of generators (that of shuffling at the epoch's begin,
            those of noise now), sums of the epoch's losses.
        identity: what must be the same for the training to go on: settings, seed, corpus, kind of device.
        stopped: whether a callback has ended it.
    """

    batch: int
    history: list[dict[str, float]]
    tensors: dict[str, Tensor]
    identity: dict[str, Any]
    stopped: bool = False


def write_checkpoint(path: Path, state: TrainingState) -> None:
    """Write a state, in place of the one before."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    facts = {
        "batch": state.batch,
        "history": state.history,
        "identity": state.identity,
        "stopped": state.stopped,
    }
    metadata = {"format": FORMAT, "version": str(VERSION), "state": json.dumps(facts)}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors.items()}
    with atomic_path(path) as temporary:
        try:
            # From where the tensors are: as bytes first, it would take their size in memory once more.
            save_file(tensors, temporary, metadata)
        except SafetensorError as error:
            raise _as_os_error(error, path) from None


def _as_os_error(error: Exception, path: Path) -> OSError:
    """What safetensors says of a file that could not be written, as the operating system's error that it was."""
    number = re.search(r"os error (\d+)", str(error))
    code = int(number[1]) if number else errno.EIO
    return OSError(code, os.strerror(code), str(path))


def is_checkpoint(path: Path) -> bool:
    """Whether a file begins as a checkpoint does; it may be damaged."""
    with path.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        header = stream.read(min(size, _LONGEST_HEADER))
    return f'"format":"{FORMAT}"'.encode() in header.replace(b" ", b"")


def not_a_checkpoint(path: Path) -> FileFormatError:
    """The error for a file that is none."""
    return FileFormatError(
        f"{path} is not the checkpoint of a training, or is damaged: name another file, or delete it to start anew"
    )


def read_checkpoint(path: Path) -> TrainingState:
    """Read a state.

    Raises:
        FileFormatError: not a checkpoint, damaged, or of a newer version.
    """
    from safetensors import SafetensorError, safe_open

    if not is_checkpoint(path):
        raise not_a_checkpoint(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
        if int(metadata["version"]) > VERSION:
            raise FileFormatError(f"{path} was written by a newer version of gloctm: update it")
        facts = json.loads(metadata["state"])
        return TrainingState(
            facts["batch"], facts["history"], tensors, facts["identity"], bool(facts.get("stopped", False))
        )
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f"{path} is damaged ({error}): delete it and start anew") from None


def check_identity(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raise InputError unless a checkpoint is of the training that is wanted."""
    different = [name for name in {**wanted, **found} if found.get(name) != wanted.get(name)]
    if different:
        told = ", ".join(
            name if name == "corpus" else f"{name} ({found.get(name)!r}, now {wanted.get(name)!r})"
            for name in different
        )
        raise InputError(
            f"{path} is of another training, different in {told}: give what it was begun with, or delete it to start "
            "anew"
        )
