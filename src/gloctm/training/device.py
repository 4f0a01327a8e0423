"""Where torch computes, and with how many threads."""

from __future__ import annotations

import contextlib
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
