"""Connections of uvicorn that are closed if they take too long, or if there are too many.

By itself, uvicorn closes a connection that is idle after an answer. It keeps one that sends no complete request head,
or that does not read its answer: a few hundred of these would keep everybody else out.
"""

from __future__ import annotations

import asyncio
import json
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol

from gloctm.server.access import client_of
from gloctm.server.guard import RETRY_AFTER
from gloctm.server.work import BUSY

#: Time for a complete request head, and to read some of an answer.
SECONDS = 10.0
# One address may have half of all connections.
_SHARE = 2
_BODY = json.dumps({"detail": BUSY}).encode()
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n"
    + f"Retry-After: {RETRY_AFTER}\r\nContent-Length: {len(_BODY)}\r\n\r\n".encode()
    + _BODY
)


def bounded_connections(most: int) -> type[asyncio.Protocol]:
    """Return an HTTP protocol for uvicorn whose connections have ten seconds for what is their client's turn.

    The client's turn is to send a complete request head, from the beginning or the last answer on, and to read some of
    an answer.

    Args:
        most: connections at once, half of them per address. Further ones are answered 503 and closed.
    """
    return type("Connection", (_Connection,), {"most": most, "seconds": SECONDS})


class _Connection(H11Protocol):
    most: int
    seconds: float
    address = ""
    # Runs while it is the client's turn.
    _timer: asyncio.TimerHandle | None = None
    _unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it, too
        super().connection_made(transport)
        self.address = client_of(self.client[0] if self.client else None)
        others = [cast(_Connection, each).address for each in self.connections]
        if len(others) > self.most or others.count(self.address) > max(self.most // _SHARE, 1):
            transport.write(_FULL)
            transport.close()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop()

    def _watch(self) -> None:
        """Run the timer if it is the client's turn, else stop it."""
        answered = self.cycle is None or self.cycle.response_complete
        if not (answered or self.flow.write_paused):
            self._stop()
        elif self._timer is None:
            self._unread = self.transport.get_write_buffer_size()
            self._timer = self.loop.call_later(self.seconds, self._end)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        if 0 < self.transport.get_write_buffer_size() < self._unread:
            # It still reads.
            self._watch()
        else:
            self.transport.abort()
