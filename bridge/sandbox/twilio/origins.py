"""From a public URL to where it is served: the proxy that stands before the bridge."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from bridge.sandbox.twilio.errors import TwimlError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def local_url(url: str, routes: Mapping[str, str]) -> str:
    """Where a public URL really goes: the longest route that it begins with is exchanged."""
    for public in sorted(routes, key=len, reverse=True):
        prefix = public.rstrip("/")
        rest = url[len(prefix) :]
        if url.startswith(prefix) and (not rest or rest[0] in "/?"):
            return routes[public].rstrip("/") + rest
    return url


def check_url(url: str) -> None:
    """Refuses what Twilio cannot call; host names with an underscore are such."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "_" in parts.hostname:
        raise TwimlError(11100, url)


def is_loopback(url: str) -> bool:
    """Whether a URL stays on this machine."""
    return urlsplit(url).hostname in LOOPBACK
