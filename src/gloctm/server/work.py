"""Work for the processor: in a few threads, with a bounded number of requests that wait for them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
#: What a client reads when there is no room.
BUSY = "the server has as many requests as it can work on: try again in a moment"


class OutOfTimeError(Exception):
    """The time for an answer is over, or the server stops."""

    def __init__(self) -> None:
        super().__init__("the answer takes longer than the server allows: send less at a time")


class BusyError(Exception):
    """More requests wait than there is room for."""

    def __init__(self) -> None:
        super().__init__(BUSY)


class Deadline:
    """The end of a request's time. Threads can't be stopped from outside, so the work checks it.

    Args:
        at: seconds of ``time.monotonic``.
        stopping: set when the server stops.
    """

    def __init__(self, at: float, stopping: threading.Event | None = None) -> None:
        self.at = at
        self._stopping = stopping

    def remaining(self) -> float:
        """Return the seconds that are left, at least 0."""
        return max(self.at - time.monotonic(), 0.0)

    def check(self) -> None:
        """Raise OutOfTimeError if no time is left."""
        if time.monotonic() >= self.at or (self._stopping is not None and self._stopping.is_set()):
            raise OutOfTimeError


class Workers:
    """A few threads, and a bounded number of places for requests.

    A request has its place (``place``) from before its body is read until it is answered, and a thread (``run``) only
    for its work. A thread that works on after its time counts as active until it ends.

    Args:
        concurrent: number of threads.
        queue: number of places beyond these.
        seconds: time of a request, which begins with its place.
    """

    def __init__(self, concurrent: int, queue: int, seconds: float) -> None:
        self._concurrent = concurrent
        self._places = concurrent + queue
        self._seconds = seconds
        self._taken = 0
        self._stopping = threading.Event()
        self._running: tuple[ThreadPoolExecutor, asyncio.Semaphore] | None = None

    def start(self) -> tuple[ThreadPoolExecutor, asyncio.Semaphore]:
        """Make the threads, within a running event loop."""
        self._stopping.clear()
        pool = ThreadPoolExecutor(self._concurrent, thread_name_prefix="gloctm")
        self._running = pool, asyncio.Semaphore(self._concurrent)
        return self._running

    def stop(self) -> None:
        """Let no more work begin, and end work in progress at its next document."""
        self._stopping.set()
        if self._running is not None:
            self._running[0].shutdown(wait=False, cancel_futures=True)
            self._running = None

    @contextlib.contextmanager
    def place(self) -> Iterator[Deadline]:
        """Hold a place for a request, and yield its deadline; raise BusyError if there is none."""
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
        """Run work in a thread as soon as one is free.

        Args:
            work: what to do.
            deadline: of the request.
            gone: returns whether the client has left; called before the work begins.

        Raises:
            BusyError: no thread became free in time, or the client has left.
            OutOfTimeError: the work took too long.
        """
        pool, free = self._running or self.start()
        try:
            async with asyncio.timeout(deadline.remaining()):
                await free.acquire()
        except TimeoutError:
            raise BusyError from None
        try:
            if gone is not None and await gone():
                raise BusyError
            deadline.check()
            working = asyncio.get_running_loop().run_in_executor(pool, work)
        except BaseException:
            free.release()
            raise

        def end(ended: asyncio.Future[Result]) -> None:
            free.release()
            if not ended.cancelled():
                # Nobody waits for an error after the deadline: mark it as seen.
                ended.exception()

        working.add_done_callback(end)
        done, _ = await asyncio.wait([working], timeout=deadline.remaining())
        if not done:
            raise OutOfTimeError
        return working.result()
