"""A training's whole state in one file, so that it can go on where it was stopped, to the same result bit for bit.

The file is safetensors, with the numbers that are no tensors as JSON in its metadata. It is written under another name
and renamed: a process killed at any moment leaves the checkpoint before. Torch is imported where it is used.
"""

from __future__ import annotations

import errno
import json
import os
import re
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gloctm.errors import CheckpointWarning, FileFormatError, InputError, TrainingInterrupted
from gloctm.files.atomic import atomic_path
from gloctm.files.digests import UNSEALED, check_seal, seal_file
from gloctm.files.leftovers import followed
from gloctm.files.plain import open_plain, size_of

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "gloctm-checkpoint"
VERSION = 1
# A history of a million epochs is far shorter.
_LONGEST_HEADER = 1 << 30


@dataclass(frozen=True)
class CheckpointPolicy:
    """Where and when checkpoints are written.

    Attributes:
        path: the file.
        minutes: the longest time between two; 0 writes one after every step.
        resume: whether to go on from the checkpoint, where there is one.
    """

    path: Path
    minutes: float
    resume: bool

    def state_to_resume(self) -> TrainingState | None:
        """Read the state to go on from; None where there is no file.

        Raises:
            InputError: there is a checkpoint, but ``resume`` is not given.
            FileFormatError: the file is damaged or no checkpoint.
        """
        if not self.path.exists():
            return None
        if not is_checkpoint(self.path):
            raise not_a_checkpoint(self.path)
        if not self.resume:
            raise not_to_be_resumed(self.path)
        return read_checkpoint(self.path)


@dataclass(frozen=True)
class TrainingState:
    """The state of a training.

    Attributes:
        batch: batches done of the current epoch.
        history: the epochs done.
        tensors: by name: the network's, the optimizer's, states of generators (that of shuffling at the epoch's begin,
            those of noise now), sums of the epoch's losses.
        identity: what must be the same for the training to go on: settings, seed, corpus, kind of device.
        stopped: whether a callback has ended it.
    """

    batch: int
    history: list[dict[str, float]]
    tensors: dict[str, Tensor]
    identity: dict[str, Any]
    stopped: bool = False


class CheckpointWriter:
    """Writes a training's state when it is due.

    Args:
        policy: None writes nothing.
        state: returns the state, or raises TrainingError where nothing could go on from it.
        writes: whether this process writes; of several that train together, one does.
    """

    def __init__(
        self, policy: CheckpointPolicy | None, state: Callable[[], TrainingState], *, writes: bool = True
    ) -> None:
        self._policy, self._state, self._writes = policy, state, writes
        self._last = time.monotonic()

    def is_due(self) -> bool:
        """Return whether the time has come."""
        if self._policy is None or not self._writes:
            return False
        return time.monotonic() - self._last >= 60 * self._policy.minutes

    def write(self) -> None:
        """Write a checkpoint, if any are wanted."""
        if self._policy is not None and self._writes:
            write_checkpoint(self._policy.path, self._state())
            self._last = time.monotonic()

    def write_or_warn(self) -> None:
        """Write a checkpoint where it is not the last chance: with a full disk, training goes on and tries later."""
        try:
            self.write()
        except OSError as error:
            self._last = time.monotonic()
            assert self._policy is not None
            warn_of_unwritten(self._policy.path, error)

    def interruption(self, kind: type[KeyboardInterrupt], done: str) -> TrainingInterrupted:
        """Return the exception that says where the work is."""
        assert self._policy is not None
        return TrainingInterrupted(
            f"training was stopped after {done}; {self._policy.path} holds all that was done: go on with resume=True",
            terminated=kind is not KeyboardInterrupt,
        )


def write_checkpoint(path: Path, state: TrainingState) -> None:
    """Write a state, in place of the one before."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    facts = {name: getattr(state, name) for name in ("batch", "history", "identity", "stopped")}
    metadata = {"format": FORMAT, "version": str(VERSION), "state": json.dumps(facts), "sha256": UNSEALED}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors.items()}
    with atomic_path(path) as temporary:
        try:
            # From where the tensors are: as bytes first, it would take their size in memory once more.
            save_file(tensors, temporary, metadata)
        except SafetensorError as error:
            raise _as_os_error(error, path) from None
        seal_file(temporary)


def _as_os_error(error: Exception, path: Path) -> OSError:
    """Return the operating system's error behind what safetensors says of a file that could not be written."""
    number = re.search(r"os error (\d+)", str(error))
    code = int(number[1]) if number else errno.EIO
    return OSError(code, os.strerror(code), str(path))


def is_checkpoint(path: Path) -> bool:
    """Return whether a file begins as a checkpoint does; it may be damaged."""
    with open_plain(followed(path)) as stream:
        size = int.from_bytes(stream.read(8), "little")
        header = stream.read(min(size, _LONGEST_HEADER, size_of(stream)))
    return f'"format":"{FORMAT}"'.encode() in header.replace(b" ", b"")


def read_checkpoint(path: Path) -> TrainingState:
    """Read a state.

    Raises:
        FileFormatError: the file is no checkpoint, damaged, or of a newer version.
    """
    from safetensors import SafetensorError, safe_open

    from gloctm.files.schema import check_content
    from gloctm.training.schema import State

    if not is_checkpoint(path):
        raise not_a_checkpoint(path)
    try:
        with open_plain(followed(path)) as stream, safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if not check_seal(stream, metadata.get("sha256")):
                raise ValueError("its SHA-256 differs")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
        if int(metadata["version"]) > VERSION:
            raise FileFormatError(f"{path} was written by a newer version of gloctm: update it")
        facts = json.loads(metadata["state"])
        check_content(facts, State, str(path), "delete it and start again")
        return TrainingState(
            facts["batch"], facts["history"], tensors, facts["identity"], bool(facts.get("stopped", False))
        )
    except FileFormatError:
        raise
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f"{path} is damaged ({error}): delete it and start again") from None


def check_identity(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raise InputError unless a checkpoint belongs to the training that is wanted."""
    different = [name for name in {**wanted, **found} if found.get(name) != wanted.get(name)]
    if different:
        listed = ", ".join(
            name if name == "corpus" else f"{name} ({found.get(name)!r}, now {wanted.get(name)!r})"
            for name in different
        )
        raise InputError(
            f"{path} is of another training, different in {listed}: give what it was begun with, or delete it to start "
            "again"
        )


def not_a_checkpoint(path: Path, method: str = "") -> FileFormatError:
    """Return the error for a file that is no checkpoint of a method."""
    return FileFormatError(
        f"{path} is not the checkpoint of a training{method}, or is damaged: name another file, or delete it to start "
        "again"
    )


def not_to_be_resumed(path: Path) -> InputError:
    """Return the error for a checkpoint that is there although the training is to begin."""
    return InputError(f"{path} holds the state of a training: go on with resume=True, or delete it to start again")


def warn_of_unwritten(path: Path, error: OSError) -> None:
    """Warn that a checkpoint could not be written; the one before is kept."""
    warnings.warn(
        f"the checkpoint {path} could not be written ({error.strerror or error}): training goes on; make room, or a "
        "kill will lose what was done since the last",
        CheckpointWarning,
        stacklevel=3,
    )
