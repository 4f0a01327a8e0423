"""How often a client may ask: a token bucket for each, for a bounded number of clients."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

# A few hundred bytes each. Of more clients than these, the one longest not seen is forgotten.
MOST_CLIENTS = 10_000


class RateLimiter:
    """Buckets that fill at a steady rate; each request takes one from its client's.

    Args:
        rate: requests a second; 0 for no limit.
        burst: how many a full bucket holds.
        clock: seconds, never going backwards.
        most_clients: how many buckets are kept.
    """

    def __init__(
        self,
        rate: float,
        burst: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        most_clients: int = MOST_CLIENTS,
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._most_clients = most_clients
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """How many clients are remembered."""
        return len(self._buckets)

    def wait(self, client: str) -> float:
        """Take one request from a client's bucket: 0 if there was one, else the seconds until there will be."""
        if not self._rate:
            return 0.0
        now = self._clock()
        held, since = self._buckets.get(client, (float(self._burst), now))
        held = min(held + (now - since) * self._rate, float(self._burst))
        missing = max(1.0 - held, 0.0)
        self._buckets[client] = (held if missing else held - 1.0, now)
        self._buckets.move_to_end(client)
        while len(self._buckets) > self._most_clients:
            self._buckets.popitem(last=False)
        return missing / self._rate


def client_of(address: str | None) -> str:
    """Whom an address counts as: of IPv6 the whole network of 64 bits, which one household has for itself."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if parsed.version == 4 or parsed.ipv4_mapped is not None:
        return str(parsed if parsed.version == 4 else parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
