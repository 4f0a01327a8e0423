"""Work that takes a processor: in a few threads, in turn, and only as much waiting as there is room for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


class OutOfTimeError(Exception):
    """The time for an answer is over, or the server stops."""


class BusyError(Exception):
    """More requests are waiting than there is room for."""


class Deadline:
    """Until when work may go on. Threads can't be stopped from outside: they ask now and then.

    Args:
        at: seconds of ``time.monotonic``.
        stopping: set when the server stops.
    """

    def __init__(self, at: float, stopping: threading.Event | None = None) -> None:
        self.at = at
        self._stopping = stopping

    def remaining(self) -> float:
        """Seconds left, 0 at least."""
        return max(self.at - time.monotonic(), 0.0)

    def check(self) -> None:
        """Raise OutOfTimeError if there is no time left."""
        if time.monotonic() >= self.at or (self._stopping is not None and self._stopping.is_set()):
            raise OutOfTimeError


class Workers:
    """A few threads, and a bounded number of requests that wait for them.

    A request has its place (``place``) from before its body is read until it is answered, and a thread (``run``) only
    for its work. A thread that works on after its time is counted until it ends.

    Args:
        concurrent: threads.
        queue: places beyond these.
        seconds: for a request, from its place on.
    """

    def __init__(self, concurrent: int, queue: int, seconds: float) -> None:
        self._concurrent = concurrent
        self._places = concurrent + queue
        self._seconds = seconds
        self._taken = 0
        self._stopping = threading.Event()
        self._pool: ThreadPoolExecutor | None = None
        self._free: asyncio.Semaphore | None = None

    def start(self) -> None:
        """Be ready; within a running event loop."""
        self._stopping.clear()
        self._free = asyncio.Semaphore(self._concurrent)
        self._pool = ThreadPoolExecutor(self._concurrent, thread_name_prefix="gloctm")

    def stop(self) -> None:
        """Let no more work begin, and what is under way end at its next document."""
        self._stopping.set()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = self._free = None

    @contextlib.contextmanager
    def place(self) -> Iterator[Deadline]:
        """A place for a request, and how long it has.

        Raises:
            BusyError: there is none.
        """
        if self._taken >= self._places:
            raise BusyError
        self._taken += 1
        try:
            yield Deadline(time.monotonic() + self._seconds, self._stopping)
        finally:
            self._taken -= 1

    async def run(
        self, work: Callable[[], Result], deadline: Deadline, gone: Callable[[], Awaitable[bool]] | None = None
    ) -> Result:
        """Do some work in a thread, once one is free.

        Args:
            work: what to do.
            deadline: until when to wait for it.
            gone: tells whether nobody waits for the answer any more; asked before the work begins.

        Raises:
            BusyError: no thread became free in time, or nobody waits.
            OutOfTimeError: the work took too long; or whatever the work raises.
        """
        if self._pool is None or self._free is None:
            self.start()
        pool, free = self._pool, self._free
        assert pool is not None
        assert free is not None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline.remaining()):
                await free.acquire()
        except TimeoutError:
            raise BusyError from None
        try:
            if gone is not None and await gone():
                raise BusyError
            deadline.check()
            future: Future[Result] = pool.submit(work)
        except BaseException:
            free.release()
            raise
        future.add_done_callback(lambda _: _in_loop(loop, free.release))
        waiting = asyncio.wrap_future(future)
        # Should it fail after its time, nobody asks what it was.
        waiting.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        done, _ = await asyncio.wait([waiting], timeout=deadline.remaining())
        if not done:
            raise OutOfTimeError
        return waiting.result()


def _in_loop(loop: asyncio.AbstractEventLoop, call: Callable[[], Any]) -> None:
    # The loop may have ended before the thread.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(call)
