"""How often one network address may do something, without keeping the address.

Addresses are known only by a keyed hash whose key is made at start and never leaves the process,
so what is counted can't be told from outside and is gone when the gateway stops. Of several
gateways each counts for itself: the limits are generous and meant for floods.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from math import ceil
from time import monotonic

from gateway.errors import TooManyError

MOST_KEPT = 10_000
"""Of how many at once is remembered what they did; the longest quiet are forgotten first."""


class Limit:
    """At most `times` within any `seconds` for each; 0 times: no limit."""

    def __init__(
        self, times: int, seconds: float, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._times = times
        self._seconds = seconds
        self._clock = clock
        self._key = secrets.token_bytes(16)
        self._seen: OrderedDict[bytes, deque[float]] = OrderedDict()

    def take(self, who: str) -> None:
        """Count one; raises TooManyError, uncounted, when there have been too many."""
        if not self._times:
            return
        moment = self._clock()
        name = hashlib.blake2b(who.encode(), key=self._key, digest_size=16).digest()
        seen = self._seen.pop(name, None) or deque()
        while seen and seen[0] <= moment - self._seconds:
            seen.popleft()
        self._seen[name] = seen
        if len(seen) >= self._times:
            wait = max(1, ceil(seen[0] + self._seconds - moment))
            raise TooManyError("There have been too many of these; wait a while.", wait)
        seen.append(moment)
        while len(self._seen) > MOST_KEPT:
            self._seen.popitem(last=False)


def household(address: str) -> str:
    """Give what one subscriber has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ip_network(f"{address}/64", strict=False))
