"""Work for the processor: in a few threads, with a bounded number of requests that wait for them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.exceptions import HTTPException

Result = TypeVar("Result")
#: What a client reads when there is no room.
BUSY = "the server has as many requests as it can work on: try again in a moment"


class OutOfTimeError(HTTPException):
    """The time for an answer is over, or the server stops."""

    def __init__(self) -> None:
        super().__init__(504, "the answer takes longer than the server allows: send less at a time")


class BusyError(HTTPException):
    """There is no room for a request, or for more of it."""

    def __init__(self) -> None:
        super().__init__(503, BUSY)


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


class Shares:
    """An amount that clients share: each has half of it at most, so that none keeps the others out.

    Args:
        most: for all clients.
        least: what each may have in any case.
    """

    def __init__(self, most: int, least: int = 1) -> None:
        self._most = most
        self._each = max(most // 2, least)
        self._held: Counter[str] = Counter()

    def full(self, client: str, amount: int = 1) -> bool:
        """Return whether an amount is more than a client may take."""
        # What one has beyond its half, by answers that are sent anyway, takes nothing from others.
        held = sum(min(each, self._each) for each in self._held.values())
        return held + amount > self._most or self._held[client] + amount > self._each

    @contextlib.contextmanager
    def of(self, client: str, amount: int = 0) -> Iterator[Callable[..., None]]:
        """Take an amount until the end of the block, and yield a function that takes more; BusyError without room."""
        taken = 0

        def take(more: int, *, anyway: bool = False) -> None:
            nonlocal taken
            if not anyway and self.full(client, more):
                raise BusyError
            taken += more
            self._held[client] += more

        take(amount)
        try:
            yield take
        finally:
            self._held[client] -= taken
            if not self._held[client]:
                del self._held[client]


class Workers:
    """A few threads, and a bounded number of places for requests.

    A request has its place from when its body is in until its work is done. A thread that works on after its time
    counts as active until it ends.

    Args:
        concurrent: number of threads.
        queue: number of places beyond these.
        seconds: time of a request, which begins with its place.
    """

    def __init__(self, concurrent: int, queue: int, seconds: float) -> None:
        self.places = Shares(concurrent + queue)
        self._concurrent = concurrent
        self._seconds = seconds
        self._stopping = threading.Event()
        self._free = asyncio.Semaphore(concurrent)

    def start(self) -> None:
        """Begin in an event loop, which may be another one than before."""
        self._stopping.clear()
        self._free = asyncio.Semaphore(self._concurrent)

    def stop(self) -> None:
        """Let no more work begin, and end work in progress at its next document."""
        self._stopping.set()

    async def run(
        self, work: Callable[[Deadline], Result], client: str, gone: Callable[[], Awaitable[bool]] | None = None
    ) -> Result:
        """Run work in a thread as soon as one is free.

        Args:
            work: what to do, within the deadline that it is given.
            client: who asks.
            gone: returns whether the client has left; called before the work begins.

        Raises:
            BusyError: there is no place, no thread became free in time, or the client has left.
            OutOfTimeError: the work took too long.
        """
        deadline = Deadline(time.monotonic() + self._seconds, self._stopping)
        begun = False

        async def threaded() -> Result:
            nonlocal begun
            async with self._free:
                if gone is not None and await gone():
                    raise BusyError
                deadline.check()
                begun = True
                # No limit but the one above, which holds until the thread ends.
                return await to_thread.run_sync(work, deadline, limiter=CapacityLimiter(1))

        with self.places.of(client, 1):
            working = asyncio.ensure_future(threaded())
            # Nobody waits for an error after the deadline: mark it as seen.
            working.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            done, _ = await asyncio.wait([working], timeout=deadline.remaining())
            if not done:
                raise OutOfTimeError if begun else BusyError
            return working.result()
