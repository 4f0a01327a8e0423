"""Engines of this machine: one process, or several that end with the one that began them."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from pickle import PicklingError
from typing import Any, Self, TypeVar

from gloctm.checks import check_int, check_memory
from gloctm.engine.stage import ONE_CORE, Resources
from gloctm.errors import InputError

T = TypeVar("T")
R = TypeVar("R")

# Worker processes without work end after this time.
IDLE_SECONDS = 60
# How often a worker process checks that its parent still exists.
WATCH_SECONDS = 2
# Items that wait for a worker, per worker.
_WAITING = 2
# A worker that has loaded what tokenizes one language, at least.
_PROCESS_BYTES = 100_000_000
# Each worker has a core, so the libraries in it need no threads.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class _ThisMachine:
    """What engines of this machine have in common: what this process has and sees, they have and see."""

    def check(self, folder: Path, reads: Iterable[Path] = (), packages: Iterable[str] = ()) -> None:
        """Check nothing."""

    def in_use(self) -> str:
        """Return nothing."""
        return ""


@dataclass(frozen=True)
class Serial(_ThisMachine):
    """Runs one item after another in this process."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def run(
        self,
        work: Callable[[T], R],
        items: Iterable[T],
        resources: Resources = ONE_CORE,
    ) -> Iterator[tuple[T, R]]:
        """Yield each item with its result, in order."""
        for item in items:
            yield item, work(item)


@dataclass
class Processes(_ThisMachine):
    """Runs items in several processes of this machine.

    In a ``with`` block, the processes serve one run after another and end with the block; otherwise each run starts
    and ends its own.

    Attributes:
        number: how many processes.
    """

    number: int
    _kept: bool = field(default=False, init=False, repr=False, compare=False)
    _executor: Any = field(default=None, init=False, repr=False, compare=False)

    def __enter__(self) -> Self:
        self._kept = True
        return self

    def __exit__(self, *error: object) -> None:
        self._kept = False
        self._end(kill=False)

    def run(
        self,
        work: Callable[[T], R],
        items: Iterable[T],
        resources: Resources = ONE_CORE,
    ) -> Iterator[tuple[T, R]]:
        """Yield each item with its result, as they are done.

        Raises:
            InputError: a process was ended from outside, or an item can't be sent to one.
        """
        from concurrent.futures import FIRST_COMPLETED, Future, wait

        waiting = iter(items)
        running: dict[Future[R], T] = {}
        try:
            with worker_errors("a function of your own can't be sent to other processes"):
                while True:
                    for item in islice(waiting, (1 + _WAITING) * self.number - len(running)):
                        running[self._started().submit(work, item)] = item
                    if not running:
                        return
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        result = future.result()
                        yield running.pop(future), result
        finally:
            # What still runs is of no use after an error or an interrupt.
            if running or not self._kept:
                self._end(kill=bool(running))

    def _started(self) -> Any:
        if self._executor is None:
            from joblib.externals.loky import get_reusable_executor

            initializer, arguments = watcher()
            self._executor = get_reusable_executor(
                max_workers=self.number,
                timeout=IDLE_SECONDS,
                initializer=initializer,
                initargs=arguments,
                env=dict.fromkeys(_THREADS, "1"),
            )
        return self._executor

    def _end(self, *, kill: bool) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=kill)
            self._executor = None


@contextlib.contextmanager
def worker_errors(unsendable: str) -> Iterator[None]:
    """Turn errors of worker processes into sentences.

    Args:
        unsendable: begins the sentence about what can't be sent to a worker.

    Raises:
        InputError: a process was ended from outside, or something can't be sent to one.
    """
    from joblib.externals.loky.process_executor import BrokenProcessPool

    try:
        yield
    except BrokenProcessPool:
        raise InputError(
            "a worker process ended unexpectedly, perhaps for lack of memory: use fewer processes (processes=1 needs "
            "the least memory)"
        ) from None
    except PicklingError as error:
        reason = str(error.__cause__ or error).strip('"\n').splitlines()[-1]
        raise InputError(f"{unsendable} ({reason}): use processes=1") from None


def watcher() -> tuple[Callable[..., None], tuple[Any, ...]]:
    """Return what a worker process runs first, and its arguments: the process ends once this one is gone."""
    return _end_with, (os.getpid(), WATCH_SECONDS)


def _end_with(parent: int, interval: float) -> None:
    """End this worker process once its parent is gone; it would wait forever after a parent that was killed.

    On Windows, which gives orphans no other parent, this has no effect.
    """
    if os.name != "posix":
        return
    first = os.getppid()

    def watch() -> None:
        # Both: a killed parent may linger until it is waited for, and may be gone before this process looks.
        while os.getppid() == first and _is_there(parent):
            time.sleep(interval)
        # Not sys.exit(), which ends no more than this thread.
        os._exit(1)

    threading.Thread(target=watch, name="gloctm-parent-watch", daemon=True).start()


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def check_processes(processes: int | None, otherwise: str) -> int | None:
    """Return a number of processes as ``int``; raise InputError if it is none, or more than this machine has room for.

    Args:
        processes: as given; None stays None.
        otherwise: what else may be given, see ``check_int``.
    """
    if processes is None:
        return None
    number = check_int("processes", processes, 1, otherwise)
    check_memory(f"processes is {number:,}", number * _PROCESS_BYTES, "lower it, at best to the number of cores")
    return number


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
