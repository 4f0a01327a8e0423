"""The processes that train one network together, each with some rows of every batch: what they have in common.

``torchrun`` starts them and says by variables of the environment which is which. One process alone needs none of this,
and pays nothing for it.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist
from torch import Tensor

from gloctm.errors import GloCTMError, InputError, TrainingError

if TYPE_CHECKING:
    from torch.distributed.distributed_c10d import Store

#: Minutes that processes wait for each other, to begin and within a step.
PATIENCE = 10.0
# Seconds between looks at what another process is to say.
_PAUSE = 0.05
# Where in the store the process is named that said why all of them end.
_REPORT = "report"


class Ranks:
    """The processes that train a network together, and which of them this is. These are one process alone.

    Sums are then what they are, and nothing is sent.

    Attributes:
        rank: which of the processes this is, from 0.
        world: how many there are.

    Example:
        >>> ranks = alone()
        >>> ranks.rank, ranks.world, ranks.rows(128), ranks.any(False)
        (0, 1, slice(0, 128, None), False)
    """

    rank = 0
    world = 1

    def sum_(self, tensor: Tensor) -> Tensor:
        """Sum a tensor over all processes, in place.

        Raises:
            TrainingError: one of the processes ended.
        """
        return tensor

    def sum_each(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return several tensors of one type summed over all processes, by one exchange."""
        if self.world == 1:
            return list(tensors)
        together = self.sum_(torch.cat([tensor.flatten() for tensor in tensors]))
        parts = torch.split(together, [tensor.numel() for tensor in tensors])
        return [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]

    def largest(self, number: int) -> int:
        """Return the largest of the processes' numbers.

        Raises:
            TrainingError: one of the processes ended.
        """
        return number

    def any(self, flag: bool) -> bool:
        """Return whether any process says so."""
        return bool(self.largest(int(flag)))

    def rows(self, batch_size: int) -> slice:
        """Return which rows of a batch are this process's, as ``numpy.array_split`` divides them.

        Example:
            >>> ranks = alone()
            >>> ranks.rank, ranks.world = 1, 3
            >>> ranks.rows(8)
            slice(3, 6, None)
        """
        each, more = divmod(batch_size, self.world)
        first = self.rank * each + min(self.rank, more)
        return slice(first, first + each + (self.rank < more))

    def texts(self, text: str) -> list[str]:
        """Return the texts that the processes give, by rank."""
        return [text]

    def from_first(self, make: Callable[[], str]) -> str:
        """Return a text that the first process makes, for however long it takes."""
        return make()

    def first_to_report(self) -> bool:
        """Return whether no other process has said yet why all of them end."""
        return True

    def leave(self) -> None:
        """Wait until the first process has come to this place, for however long it takes.

        Raises:
            TrainingError: one of the processes ended.
        """


def alone() -> Ranks:
    """Return the ranks of one process alone.

    Example:
        >>> alone().world
        1
    """
    return Ranks()


class _JoinedRanks(Ranks):
    """Some of several processes, by torch.distributed; texts go through its store."""

    def __init__(self, rank: int, world: int, store: Store, device: torch.device) -> None:
        self.rank, self.world = rank, world
        self._store, self._device = store, device
        self._exchanges = 0

    def sum_(self, tensor: Tensor) -> Tensor:
        with _noticing_losses(self.world):
            dist.all_reduce(tensor)
        return tensor

    def largest(self, number: int) -> int:
        told = torch.tensor(number, device=self._device)
        with _noticing_losses(self.world):
            dist.all_reduce(told, dist.ReduceOp.MAX)
        return int(told)

    def texts(self, text: str) -> list[str]:
        self._exchanges += 1
        keys = [f"text/{self._exchanges}/{rank}" for rank in range(self.world)]
        with _noticing_losses(self.world):
            self._store.set(keys[self.rank], text)
            return [self._awaited(key, 60 * PATIENCE) for key in keys]

    def from_first(self, make: Callable[[], str]) -> str:
        self._exchanges += 1
        key = f"first/{self._exchanges}"
        if self.rank == 0:
            text = make()
            with _noticing_losses(self.world):
                self._store.set(key, text)
            return text
        with _noticing_losses(self.world):
            return self._awaited(key)

    def first_to_report(self) -> bool:
        own = str(self.rank)
        try:
            return bool(self._store.compare_set(_REPORT, "", own) == own.encode())
        except RuntimeError:
            # The store has gone together with the process that kept it.
            return True

    def leave(self) -> None:
        self.from_first(str)
        with _noticing_losses(self.world):
            self._store.add("left", 1)
            # Where the first process keeps the store, the others have to hear of its end before it is gone.
            end = time.monotonic() + 10
            while self.rank == 0 and self._store.add("left", 0) < self.world and time.monotonic() < end:
                time.sleep(_PAUSE)

    def _awaited(self, key: str, seconds: float = math.inf) -> str:
        # Looked for again and again: a wait of the store's own would hear no interrupt.
        end = time.monotonic() + seconds
        while not self._store.check([key]):
            if self._store.check([_REPORT]):
                raise RuntimeError("another process has said why it ends")
            _pause_until(end)
        return str(self._store.get(key), "utf-8")


@dataclass(frozen=True)
class Share:
    """The rows of a batch that one of several processes computes with.

    Attributes:
        ranks: the processes.
        batch_size: documents of each language in the whole batch.

    Example:
        >>> Share(alone(), 8).rows
        slice(0, 8, None)
    """

    ranks: Ranks
    batch_size: int

    @cached_property
    def rows(self) -> slice:
        """Which rows of the batch they are."""
        return self.ranks.rows(self.batch_size)


@contextlib.contextmanager
def joined_ranks(device: torch.device) -> Iterator[Ranks]:
    """Join the other processes that ``torchrun`` started, for as long as the block lasts.

    Where the block of one process ends by an error of this package, the others learn of it.

    Without ``torchrun``'s variables, and where it started one process, there is nobody to join. Gloo carries the sums
    between CPUs, NCCL those between GPUs. A process group that exists, such as that of Ray Train, is used and kept.

    Args:
        device: where this process's tensors are.

    Raises:
        InputError: torch was built without torch.distributed.
        TrainingError: the others did not come within ``PATIENCE``.

    Example:
        >>> with joined_ranks(torch.device("cpu")) as ranks:
        ...     ranks.world
        1
    """
    if dist.is_available() and dist.is_initialized():
        if dist.get_world_size() == 1:
            yield alone()
            return
        with _telling_others(_in_process_group(device)) as ranks:
            yield ranks
        return
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or not {"RANK", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys():
        yield alone()
        return
    if not dist.is_available():
        raise InputError("this torch has no torch.distributed: install another one, or train in one process")
    place, patience = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}", timedelta(minutes=PATIENCE)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    # Not there in a torch without torch.distributed.
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    try:
        store, rank, world = next(rendezvous("env://", timeout=patience))
        store = PrefixStore(_session(store, rank, world), store)
        backend = "nccl" if device.type == "cuda" else "gloo"
        group = PrefixStore("group", store)
        dist.init_process_group(backend, store=group, rank=rank, world_size=world, timeout=patience)
        ranks = _JoinedRanks(rank, world, store, device)
        # The first exchange connects them.
        ranks.any(False)
    except (RuntimeError, TrainingError) as error:
        raise TrainingError(
            f"the processes that train together did not meet at {place}: check that all of them are started, and that "
            "they can reach each other"
        ) from error
    try:
        with _telling_others(ranks):
            yield ranks
    finally:
        dist.destroy_process_group()


@contextlib.contextmanager
def _telling_others(ranks: Ranks) -> Iterator[Ranks]:
    # Not of interruptions: all stop at one step, and the first process speaks of it.
    try:
        yield ranks
    except GloCTMError:
        ranks.first_to_report()
        raise


def _in_process_group(device: torch.device) -> Ranks:
    """Return the ranks of the process group that this process is in; texts go through a store of their own."""
    rank, world = dist.get_rank(), dist.get_world_size()
    host, patience = os.environ.get("MASTER_ADDR", "localhost"), timedelta(minutes=PATIENCE)
    new = dist.TCPStore  # type: ignore[attr-defined]  # its stub does not export it
    store = new(host, 0, is_master=True, wait_for_workers=False, timeout=patience) if rank == 0 else None
    port = torch.tensor(store.port if store else 0, device=device)
    with _noticing_losses(world):
        dist.all_reduce(port, dist.ReduceOp.MAX)
        store = store or new(host, int(port), is_master=False, timeout=patience)
    return _JoinedRanks(rank, world, store, device)


def _session(store: Store, rank: int, world: int) -> str:
    """Agree on a name for what is said from now on: what was said before a restart may still be in the store."""
    own, end = uuid.uuid4().hex, time.monotonic() + 60 * PATIENCE
    if rank == 0:
        while store.add(f"arrived/{own}", 0) < world - 1:
            for other in range(1, world):
                if store.check([f"hello/{other}"]):
                    store.set(f"session/{other}", f"{str(store.get(f'hello/{other}'), 'utf-8')} {own}")
            _pause_until(end)
        return own
    store.set(f"hello/{rank}", own)
    while True:
        if store.check([f"session/{rank}"]):
            greeted, session = str(store.get(f"session/{rank}"), "utf-8").split()
            if greeted == own:
                store.add(f"arrived/{session}", 1)
                return session
        _pause_until(end)


def _pause_until(end: float) -> None:
    if time.monotonic() > end:
        raise RuntimeError("the others did not come")
    time.sleep(_PAUSE)


@contextlib.contextmanager
def _noticing_losses(world: int) -> Iterator[None]:
    """Say in a sentence what torch says when it can't reach a process."""
    try:
        yield
    except RuntimeError as error:
        raise TrainingError(
            f"one of the {world} processes that train together ended or can't be reached: start them again with "
            "resume=True, which goes on from the last checkpoint"
        ) from error
