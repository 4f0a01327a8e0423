"""Running an app with uvicorn until it is interrupted."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from gloctm.errors import InputError, import_optional
from gloctm.server.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

# Connections that wait to be accepted.
_BACKLOG = 128
# Seconds after an answer until a connection without a further request is closed.
_IDLE = 5


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address or name; raise InputError if there is no such name."""
    return all(ipaddress.ip_address(address).is_loopback for _, address in _addresses(host, 0))


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that has a port for itself; connections can be made to it once it listens.

    Args:
        host: an address or name of this machine.
        port: 0 for a free one.

    Raises:
        InputError: nothing can listen there.
    """
    family, _ = _addresses(host, port)[0]
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise InputError(
            f"can't listen at port {port} of {host} ({error.strerror or error}): choose another one with --port"
        ) from None
    return bound


def url_of(bound: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = bound.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def serve(
    app: FastAPI,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits = DEFAULT_LIMITS,
    forwarded_allow_ips: str = "",
    ready: Callable[[str], None] | None = None,
) -> None:
    """Answer requests until Ctrl-C or SIGTERM, then finish those in progress, for at most a few seconds.

    Args:
        app: from ``create_app``.
        host: an address or name of this machine.
        port: 0 for a free one.
        limits: those of the app.
        forwarded_allow_ips: as uvicorn has it: addresses or networks, with commas between, of servers in front of this
            one. Of these alone ``X-Forwarded-For`` is believed, which says who asks; else they are one client.
        ready: called with the address once connections can be made.

    Raises:
        InputError: nothing can listen there, or something in ``forwarded_allow_ips`` is no address.
        KeyboardInterrupt: it was interrupted, and has ended in order.
        MissingDependencyError: uvicorn is not installed.

    Examples:
        >>> from gloctm import GloCTM
        >>> from gloctm.server import create_app, serve
        >>> app = create_app(GloCTM.load("model"))  # doctest: +SKIP
        >>> serve(app, ready=print)  # doctest: +SKIP
        http://127.0.0.1:8000/
    """
    with bind(host, port) as bound:
        serve_at(bound, app, limits=limits, forwarded_allow_ips=forwarded_allow_ips, ready=ready)


def serve_at(
    bound: socket.socket,
    app: FastAPI,
    *,
    limits: Limits = DEFAULT_LIMITS,
    forwarded_allow_ips: str = "",
    ready: Callable[[str], None] | None = None,
) -> None:
    """Answer requests at a socket from ``bind``, as ``serve`` does."""
    server = make_server(app, limits=limits, forwarded_allow_ips=forwarded_allow_ips)
    bound.listen(_BACKLOG)
    if ready is not None:
        ready(url_of(bound))
    server.run(sockets=[bound])


def check_proxies(addresses: str) -> str:
    """Return addresses and networks of servers in front; raise InputError if one is neither."""
    for address in filter(None, addresses.split(",")):
        try:
            ipaddress.ip_network(address.strip())
        except ValueError:
            # uvicorn would take a name as it is, and * from everybody, who could then be anybody.
            raise InputError(
                f"{address.strip()!r} is no address: give that of the server in front, such as 127.0.0.1"
            ) from None
    return addresses


def make_server(app: FastAPI, *, limits: Limits = DEFAULT_LIMITS, forwarded_allow_ips: str = "") -> uvicorn.Server:
    """Return the server of ``serve_at``, to run with sockets that listen; it ends once its ``should_exit`` is true."""
    web = import_optional("uvicorn", "The server", "fastapi uvicorn python-multipart")
    from gloctm.server.connections import bounded_connections

    config = web.Config(
        app,
        # Slower than others, but pure Python.
        http=bounded_connections(limits.connections),
        loop="asyncio",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        # Of all others, who could make up such headers, none is believed; nor is uvicorn's own variable asked.
        proxy_headers=bool(forwarded_allow_ips),
        forwarded_allow_ips=check_proxies(forwarded_allow_ips),
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=5,
    )
    server: uvicorn.Server = web.Server(config)
    return server


def _addresses(host: str, port: int) -> list[tuple[int, str]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise InputError(
            f"there is no host {host!r} here: give an address of this machine, such as 127.0.0.1"
        ) from None
    return [(family, str(address[0]).partition("%")[0]) for family, _, _, _, address in found]
