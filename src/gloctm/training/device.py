"""Where torch computes, and with how many threads."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import torch

from gloctm.errors import InputError


def choose_device(device: str) -> torch.device:
    """Return the device of a name; for ``"auto"``, CUDA where there is any, else the CPU.

    Raises:
        InputError: the device can't be used here.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"device {device!r} can't be used here ({reason}): use auto, cpu or cuda") from None
    return chosen


def own_device(device: str) -> torch.device:
    """Return the device of one of the processes that ``torchrun`` started: a GPU of its own, or the CPU.

    Raises:
        InputError: this machine has fewer GPUs than processes, all would share one, or the device can't be used here.
    """
    chosen = choose_device(device)
    if chosen.type != "cuda":
        return chosen
    place, gpus = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if chosen.index is not None and int(os.environ.get("LOCAL_WORLD_SIZE", "1")) > 1:
        raise InputError(f"device is {device!r}, which several processes would share: use cuda, one GPU for each")
    if place >= gpus:
        raise InputError(f"this machine has {gpus} GPUs: start as many processes on it, or give device='cpu'")
    return torch.device("cuda", place) if chosen.index is None else chosen


def device_memory(device: torch.device) -> int | None:
    """Return the bytes of a GPU's memory; None for the CPU, whose memory is the machine's."""
    return int(torch.cuda.get_device_properties(device).total_memory) if device.type == "cuda" else None


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
