"""The client's address behind reverse proxies."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import structlog
from aiohttp import hdrs, web

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ONE_SITE = 64
"""The bits of an IPv6 address that identify a site; it can choose the others anew for each request."""

ENOUGH = 20
"""Requests before one address is taken for a proxy's."""

NEARLY_ALL = 0.9
"""The rest are the operator's own, past the proxy."""

log = structlog.get_logger()


class UnnamedProxy:
    """Whether (nearly) all requests come from one private address while no proxy is named.

    Twilio's own addresses are public, so such an address is a proxy's.
    """

    code = "proxy.not_trusted"

    def __init__(self) -> None:
        self.found = False
        self._requests: Counter[Address] = Counter()
        self.watches = True
        """Until it is known, by the first requests."""

    def saw(self, peer: Address) -> None:
        """Counts a request, while it `watches`."""
        self._requests[peer] += 1
        if not peer.is_private or len(self._requests) > ENOUGH:
            self.watches = False
        elif self._requests[peer] >= max(ENOUGH, NEARLY_ALL * self._requests.total()):
            self.tell(peer)

    def tell(self, peer: Address) -> None:
        """Warns once that this proxy is not named."""
        self.watches = False
        if not self.found:
            self.found = True
            log.warning(
                self.code,
                peer=str(peer),
                what="all clients of this proxy count as one address; server.trusted_proxies should name it",
            )


class Addresses:
    """Finds the address of a client; of `X-Forwarded-For` only what trusted proxies wrote counts."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)
        self._unnamed = UnnamedProxy()

    @property
    def reason(self) -> str | None:
        """The code of what is wrong with them."""
        return self._unnamed.code if self._unnamed.found else None

    def watch(self, request: web.Request) -> None:
        """Detects a proxy that the settings do not name."""
        if self._unnamed.watches and not self._trusted and (peer := _peer(request.remote or "")):
            self._unnamed.saw(peer)

    def of(self, request: web.Request) -> str:
        """The client's address; of IPv6 the network of its site."""
        peer = _peer(request.remote or "")
        if peer is None:
            return "unknown"
        if hdrs.X_FORWARDED_FOR not in request.headers:
            return site(peer)
        forwarded = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR))
        if not _within(peer, self._trusted):
            self._unnamed.tell(peer)
        return site(client_address(peer, forwarded, self._trusted))


def client_address(peer: Address, forwarded: str, trusted: Sequence[Network]) -> Address:
    """Who is behind the trusted proxies: each has added, on the right, from whom it had the request."""
    client = peer
    for entry in reversed(forwarded.split(",")):
        before = parse(entry)
        if before is None or not _within(client, trusted):
            return client
        client = before
    return client


@lru_cache(maxsize=4096)
def site(address: Address) -> str:
    """The address or network by which limits count."""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, ONE_SITE), strict=False))


def parse(text: str) -> Address | None:
    """An address, perhaps with a port: `192.0.2.1:4711`, `[2001:db8::1]:4711`; None for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


_peer = lru_cache(maxsize=4096)(parse)
"""Cached: peers come from the operating system, so a client cannot fill the cache with invented addresses."""
