"""Who may ask, and how often: names of hosts, origins of pages, the token, and the rate of a client."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import urlsplit

from gloctm.errors import InputError

#: Names of a server that only this machine reaches.
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
# Fewer characters can be guessed.
_SHORTEST_TOKEN = 16
_TOKEN = re.compile(r"[!-~]+")
# A few hundred bytes each. Beyond this number, the client that was not seen for longest is forgotten.
_MOST_CLIENTS = 10_000


def check_token(token: str) -> None:
    """Raise InputError if a token is too short, or has characters that a header can't hold."""
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise InputError("the token has other characters than ASCII letters, digits and signs: leave them out")
    if len(token) < _SHORTEST_TOKEN:
        raise InputError(
            f"the token has {len(token)} characters and could be guessed: use {_SHORTEST_TOKEN} or more, for example "
            "from python -c 'import secrets; print(secrets.token_urlsafe())'"
        )


def check_name(name: str) -> str:
    """Return a name of the server in lower case; raise InputError if it is more than a name."""
    plain = name.strip().lower().rstrip(".")
    if not plain or host_name(plain) != plain:
        raise InputError(f"{name!r:.60} is not the name of a server: write the name alone, as in topics.example.org")
    return plain


def host_name(host: str | None) -> str:
    """Return the name in a Host header, without the port; empty if there is none."""
    try:
        return (urlsplit(f"//{host or ''}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def same_origin(origin: str | None, host: str | None) -> bool:
    """Return whether a request comes from this server's own page, or from a program, which names no origin."""
    try:
        return origin is None or (bool(host) and urlsplit(origin).netloc.lower() == str(host).lower())
    except ValueError:
        return False


def has_token(authorization: str | None, token: str) -> bool:
    """Return whether an Authorization header has the token: as Bearer, or as the password of a browser's own dialog.

    The comparison takes the same time for any header.
    """
    scheme, _, given = (authorization or "").partition(" ")
    given = given.strip()
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, ValueError):
            given = ""
    elif scheme.lower() != "bearer":
        given = ""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())


def client_of(address: str | None) -> str:
    """Return the client that an address belongs to: for IPv6 its network of 64 bits, which is one household's."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


class RateLimiter:
    """One bucket per client, which fills at a steady rate; each request takes one from its client's bucket.

    Args:
        rate: requests per second; 0 for no limit.
        burst: size of a bucket.
        clock: returns seconds and never goes backwards.
        most_clients: number of buckets that are kept.
    """

    def __init__(
        self,
        rate: float,
        burst: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        most_clients: int = _MOST_CLIENTS,
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._most_clients = most_clients
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of clients that are remembered."""
        return len(self._buckets)

    def wait(self, client: str) -> float:
        """Take a request from a client's bucket and return 0, or return the seconds until there is one."""
        if not self._rate:
            return 0.0
        now = self._clock()
        held, since = self._buckets.get(client, (float(self._burst), now))
        held = min(held + (now - since) * self._rate, float(self._burst))
        missing = max(1.0 - held, 0.0)
        self._buckets[client] = (held if missing else held - 1.0, now)
        self._buckets.move_to_end(client)
        if len(self._buckets) > self._most_clients:
            self._buckets.popitem(last=False)
        return missing / self._rate
