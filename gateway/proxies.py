"""Who is asking when proxies stand between; a header counts only from those that are trusted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from aiohttp import hdrs, web

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](?::\d+)?|(?P<four>[^:]+):\d+")


def parse_networks(text: str) -> tuple[Network, ...]:
    """Give addresses and networks that commas part; raises ValueError when one is neither."""
    return tuple(ip_network(part.strip()) for part in text.split(",")) if text.strip() else ()


def client_address(request: web.Request, trusted: Sequence[Network]) -> str:
    """Give the address that a request comes from, empty when there is none.

    Anyone can write an X-Forwarded-For header, and a proxy adds to its end what it saw itself.
    So it is read from the end: the first that is no trusted proxy is who was seen. What stands
    before it is only said, and what stands before something that is no address is too.
    """
    peer = request.remote or ""
    seen = _parse(peer)
    if seen is None:
        return peer
    forwarded = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, []))
    hops = [part.strip() for part in forwarded.split(",") if part.strip()]
    while hops and any(seen in network for network in trusted):
        told = _parse(hops.pop())
        if told is None:
            break
        seen = told
    return str(seen)


def _parse(text: str) -> Address | None:
    found = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address((found["six"] or found["four"]) if found else text)
    except ValueError:
        return None
    # A socket for both kinds gives IPv4 addresses in the clothes of IPv6.
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
