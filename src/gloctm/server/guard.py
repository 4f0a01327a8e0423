"""What every request goes through first: who asks, how often, how much, and whether there is room.

Pure ASGI, so that nothing of a body is read before it is known to be wanted.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Collection, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gloctm.server.access import has_token, host_name, same_origin
from gloctm.server.clients import RateLimiter, client_of
from gloctm.server.limits import Limits
from gloctm.server.work import BusyError, Deadline, Workers

# Asked often, by whoever watches over the server, and telling nothing.
_OPEN = ("/healthz", "/api/healthz")
# Seconds after which a place may be free.
RETRY_AFTER = "1"
BUSY = "the server has as many requests as it deals with at once: try again in a moment"
# A place is taken from the first byte of a body on: whoever sends more slowly than this, after a while to begin with,
# keeps others out.
SECONDS_TO_BEGIN = 5.0
BYTES_A_SECOND = 50_000
# What is written at a time, so that connections hold no copies of answers that their clients do not read.
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


class Guard:
    """Lets requests through to an app, or answers them itself.

    Args:
        app: what is guarded.
        limits: how much is taken on.
        hosts: names the server may be called by; None for any.
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

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
            refusal = self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, secured)
            elif scope["method"] == "POST":
                await self._with_place(scope, receive, secured)
            else:
                await self._app(scope, receive, secured)
        except Exception:
            # A failure of ours, told to whoever runs the server, and not to whoever asked.
            _log.exception("a request to %s failed", scope["path"])
            if not started:
                await _answer(500, "the server failed: its log says why")(scope, receive, secured)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        """Why a request is not even looked at, if so."""
        headers, path = Headers(scope=scope), scope["path"]
        if self._hosts is not None and host_name(headers.get("host")) not in self._hosts:
            # A page elsewhere may have its name lead to this machine.
            return _answer(400, "the server is not called by this name: use the address that it printed")
        if path in _OPEN:
            return None
        wait = self._clients.wait(client_of(scope["client"][0] if scope.get("client") else None))
        if wait:
            return _answer(429, "too many requests: send them more slowly", {"retry-after": str(math.ceil(wait))})
        if scope["method"] == "POST" and not same_origin(headers.get("origin"), headers.get("host")):
            return _answer(403, "requests from pages of other sites are not answered")
        if self._token is not None and not has_token(headers.get("authorization"), self._token):
            # A browser asks its user for the page's; scripts get their answer without any dialog.
            scheme = 'Basic realm="gloctm", charset="UTF-8"' if path == "/" else 'Bearer realm="gloctm"'
            return _answer(
                401, "a token is needed: send it as Authorization: Bearer TOKEN", {"www-authenticate": scheme}
            )
        return None

    async def _with_place(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        is_file = scope["path"].endswith("/file")
        expected = "multipart/form-data" if is_file else "application/json"
        if headers.get("content-type", "").partition(";")[0].strip().lower() != expected:
            await _answer(415, f"the request's content type must be {expected}")(scope, receive, send)
            return
        most = self._limits.upload_bytes if is_file else self._limits.body_bytes
        length = headers.get("content-length", "")
        if length.isdigit() and (len(length) > 18 or int(length) > most):
            await _answer(413, _too_large(most))(scope, receive, send)
            return
        try:
            with self._workers.place() as deadline:
                scope.setdefault("state", {})["deadline"] = deadline
                await self._app(scope, _limited(receive, most, deadline), send)
        except BusyError:
            await _answer(503, BUSY, {"retry-after": RETRY_AFTER})(scope, receive, send)


def _limited(receive: Receive, most: int, deadline: Deadline) -> Receive:
    """The same, but for a body that is too large or takes too long."""
    begun, total, whole = time.monotonic(), 0, False

    async def receive_limited() -> Message:
        nonlocal total, whole
        if whole:
            return await receive()
        allowed = SECONDS_TO_BEGIN + total / BYTES_A_SECOND - (time.monotonic() - begun)
        try:
            async with asyncio.timeout(max(min(allowed, deadline.remaining()), 0)):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, "the request comes in too slowly: send it anew") from None
        total += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if total > most:
            raise HTTPException(413, _too_large(most))
        return message

    return receive_limited


def _too_large(most: int) -> str:
    return f"the request has more than {most:,} bytes: send less at a time"


def _answer(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status, headers)
