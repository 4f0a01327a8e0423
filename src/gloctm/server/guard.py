"""What every request goes through first: who asks, how often, how much, and whether there is room.

Pure ASGI, so that nothing of a body is read before it is known to be wanted.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gloctm.files.atomic import storable
from gloctm.server.access import RateLimiter, client_of, has_token, host_name, same_origin
from gloctm.server.limits import Limits
from gloctm.server.work import BUSY, Shares, Workers

# Monitors ask these often, and the answer reveals nothing.
_OPEN = ("/healthz", "/api/healthz")
# Seconds after which a place may be free.
RETRY_AFTER = "1"
# A body that comes more slowly than this, after some seconds to begin with, is given up.
SECONDS_TO_BEGIN = 5.0
BYTES_PER_SECOND = 50_000
# Bytes written at a time, so that connections hold no copies of answers that their clients do not read.
_PIECE = 65_536
_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_log = logging.getLogger("gloctm.server")


def problem(
    status: int, sentence: str, headers: Mapping[str, str] | None = None, more: Mapping[str, Any] | None = None
) -> JSONResponse:
    """Return the answer to a request that is refused; ``more`` is what it has besides the sentence."""
    if status == 503:
        headers = {"retry-after": RETRY_AFTER}
    # A sentence may quote the user's text.
    return JSONResponse({"detail": storable(sentence), **(more or {})}, status, headers)


class Guard:
    """Lets requests through to an app, or answers them itself.

    Args:
        app: what is guarded.
        limits: how much may be asked.
        hosts: names of the server; None for any.
        token: what requests must carry; None for nothing.
        workers: has the places for requests that take work.
    """

    def __init__(
        self, app: ASGIApp, *, limits: Limits, hosts: Collection[str] | None, token: str | None, workers: Workers
    ) -> None:
        self._app = app
        self._limits = limits
        self._hosts = None if hosts is None else frozenset(name.lower().strip("[]") for name in hosts)
        self._token = token
        self._workers = workers
        self._clients = RateLimiter(limits.rate, limits.burst)
        # Bytes of bodies, and of answers that are not sent yet; the largest body always has room.
        self._memory = Shares(limits.memory, max(limits.upload_bytes, limits.body_bytes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        client = client_of(scope["client"][0] if scope.get("client") else None)

        async def secured(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                await send(message)
                return
            body = message.get("body", b"")
            for start in range(0, len(body) - _PIECE, _PIECE):
                await send({**message, "body": body[start : start + _PIECE], "more_body": True})
            await send({**message, "body": body[max(len(body) - 1, 0) // _PIECE * _PIECE :]})

        try:
            if refusal := self._refusal(scope, client):
                await refusal(scope, receive, secured)
            elif scope["method"] == "POST":
                with self._memory.of(client) as take:
                    await self._bounded(scope, receive, secured, client, take)
            else:
                await self._app(scope, receive, secured)
        except Exception:
            # The log tells the operator; the client learns nothing of it.
            _log.exception("a request to %s failed", scope["path"])
            if not started:
                await problem(500, "the server failed: its log says why")(scope, receive, secured)

    def _refusal(self, scope: Scope, client: str) -> JSONResponse | None:
        """Return the answer to a request that is refused by its head; None if it is not."""
        headers, path = Headers(scope=scope), scope["path"]
        if self._hosts is not None and host_name(headers.get("host")) not in self._hosts:
            # A page of another site may point its own name to this machine.
            return problem(400, "the server does not have this name: use the address that it printed")
        if path in _OPEN:
            return None
        if wait := self._clients.wait(client):
            return problem(429, "too many requests: send them more slowly", {"retry-after": str(math.ceil(wait))})
        if scope["method"] == "POST" and not same_origin(headers.get("origin"), headers.get("host")):
            return problem(403, "the request comes from a page of another site: send it from this server's own page")
        if self._token is not None and not has_token(headers.get("authorization"), self._token):
            # The browser opens its dialog for the page alone, not for requests of scripts.
            scheme = 'Basic realm="gloctm", charset="UTF-8"' if path == "/" else 'Bearer realm="gloctm"'
            sentence = "the server needs a token: send it as Authorization: Bearer TOKEN"
            return problem(401, sentence, {"www-authenticate": scheme})
        return None

    async def _bounded(
        self, scope: Scope, receive: Receive, send: Send, client: str, take: Callable[..., None]
    ) -> None:
        """Answer a request with a body, which is taken in only if it is wanted, fits and comes in time."""
        headers = Headers(scope=scope)
        is_file = scope["path"].endswith("/file")
        expected = "multipart/form-data" if is_file else "application/json"
        most = self._limits.upload_bytes if is_file else self._limits.body_bytes
        length = headers.get("content-length", "")
        too_large = f"the request has more than {most:,} bytes: send less at a time"
        begun, total, whole = time.monotonic(), 0, False

        async def receive_bounded() -> Message:
            nonlocal total, whole
            if whole:
                return await receive()
            allowed = SECONDS_TO_BEGIN + total / BYTES_PER_SECOND - (time.monotonic() - begun)
            try:
                async with asyncio.timeout(max(allowed, 0)):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, "the request arrives too slowly: send it again") from None
            take(size := len(message.get("body", b"")))
            total += size
            whole = not message.get("more_body", False)
            if total > most:
                raise HTTPException(413, too_large)
            return message

        async def send_counted(message: Message) -> None:
            # Not refused, since the work is done: it leaves less room for further bodies.
            take(len(message.get("body", b"")), anyway=True)
            await send(message)

        if headers.get("content-type", "").partition(";")[0].strip().lower() != expected:
            answer = problem(415, f"the request has another content type: it must be {expected}")
        elif length.isdigit() and (len(length) > 18 or int(length) > most):
            answer = problem(413, too_large)
        elif self._workers.places.full(client):
            answer = problem(503, BUSY)
        else:
            await self._app(scope, receive_bounded, send_counted)
            return
        await answer(scope, receive, send)
