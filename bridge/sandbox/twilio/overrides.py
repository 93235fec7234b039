"""Connection overrides: `#rc=5&rp=all` behind a webhook's URL.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import parse_qsl, urldefrag

from bridge.sandbox.twilio.errors import SandboxError

FAILURES: frozenset[str] = frozenset({"4xx", "5xx", "ct", "rt"})


@dataclass(frozen=True, slots=True)
class Overrides:
    """How one URL is tried; times in seconds. Without overrides a failed connection is retried once."""

    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 15.0


@lru_cache(maxsize=1024)
def split_overrides(url: str) -> tuple[str, Overrides]:
    """The URL that is requested and signed, and what its fragment asks for."""
    bare, fragment = urldefrag(url)
    overrides = Overrides()
    for name, value in parse_qsl(fragment):
        overrides = _override(overrides, name, value)
    return bare, overrides


def _override(known: Overrides, name: str, value: str) -> Overrides:
    match name:
        case "rc":
            return replace(known, retries=round(_bounded(value, low=0, high=5)))
        case "rp":
            return replace(known, policy=_policy(value))
        case "ct":
            return replace(known, connect_timeout=_bounded(value, low=100, high=10_000) / 1000)
        case "rt":
            return replace(known, read_timeout=_bounded(value, low=100, high=15_000) / 1000)
        case "tt":
            return replace(known, total_timeout=_bounded(value, low=100, high=15_000) / 1000)
        case _:
            return known  # `e` and `sni` choose an edge and a TLS detail: nothing to choose on one machine


def _policy(value: str) -> frozenset[str]:
    asked = frozenset(value.lower().split(","))
    if not asked <= FAILURES | {"all"}:
        raise SandboxError(11243, value)
    return FAILURES if "all" in asked else asked


def _bounded(value: str, *, low: float, high: float) -> float:
    if not value.isdigit():
        raise SandboxError(11100, f"connection override {value!r}")
    return min(max(float(value), low), high)
