"""The account's webhooks configuration: which webhook is signed with which key, and how often it is tried.

https://www.twilio.com/docs/usage/webhooks/webhooks-configuration
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate, count

from bridge.sandbox.twilio.overrides import FAILURES, Overrides

ALGORITHMS = ("HMAC_SHA1", "HMAC_SHA256")
AUTH_TOKEN, SHARED_KEY = "ACCOUNT_AUTH_TOKEN", "SHARED_KEY"

RETRIED_ON: Mapping[str, frozenset[str]] = {
    "HTTP_4XX": frozenset({"4xx"}),
    "HTTP_5XX": frozenset({"5xx"}),
    "CONNECTION_TIMEOUT": frozenset({"ct"}),
    "READ_TIMEOUT": frozenset({"rt"}),
    "ALL": FAILURES,
}

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_STRIDE = 37
"""Without a common divisor with 100: a split of 50 to 50 alternates instead of coming in two halves."""


def new_id(kind: str) -> str:
    """`webhooks_rule_…`: Twilio's ids of these resources end in 26 letters and digits."""
    return f"webhooks_{kind}_{''.join(secrets.choice(_LETTERS) for _ in range(26))}"


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(slots=True, kw_only=True)
class SharedKey:
    """A secret that signs webhooks; its owner sees it once."""

    friendly_name: str = ""
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    id: str = field(default_factory=lambda: new_id("sharedkey"))
    created: datetime = field(default_factory=_now)


@dataclass(slots=True, kw_only=True)
class Setting:
    """How a webhook is signed and tried; without a `shared_key_id` the auth token signs it.

    `type` is CUSTOMER, or SYSTEM for those that Twilio made.
    """

    friendly_name: str = ""
    description: str = ""
    shared_key_id: str = ""
    algorithm: str = "HMAC_SHA1"
    auth: Mapping[str, object] = field(default_factory=dict)
    connection: Mapping[str, int] = field(default_factory=dict)
    retry_count: int = 0
    retry_on: Sequence[str] = ()
    type: str = "CUSTOMER"
    id: str = field(default_factory=lambda: new_id("setting"))
    created: datetime = field(default_factory=_now)

    @property
    def overrides(self) -> Overrides:
        """How its requests are tried: what the URL's fragment asks for does not count."""
        known = Overrides()
        return Overrides(
            retries=self.retry_count,
            policy=frozenset().union(*(RETRIED_ON[name] for name in self.retry_on)),
            connect_timeout=self._seconds("connectTimeoutMs", known.connect_timeout),
            read_timeout=self._seconds("readTimeoutMs", known.read_timeout),
            total_timeout=self._seconds("totalTimeoutMs", known.total_timeout),
        )

    def _seconds(self, name: str, default: float) -> float:
        return self.connection[name] / 1000 if name in self.connection else default


@dataclass(slots=True, kw_only=True)
class Rule:
    """Which webhooks take which settings: `match` is a URL, the beginning of one, or "" for all others.

    `settings` are pairs of a Setting's id and its share of the requests in percent.
    """

    match_type: str
    match: str = ""
    settings: Sequence[tuple[str, int]] = ()
    friendly_name: str = ""
    description: str = ""
    id: str = field(default_factory=lambda: new_id("rule"))
    created: datetime = field(default_factory=_now)

    def applies_to(self, url: str) -> bool:
        """Whether it matches a URL, which has no fragment."""
        if self.match_type == "EXACT_MATCH":
            return url == self.match
        return url.startswith(self.match)

    @property
    def weight(self) -> tuple[bool, int]:
        """An exact match goes first, then the longest beginning."""
        return self.match_type == "EXACT_MATCH", len(self.match)


@dataclass(slots=True)
class Webhooks:
    """Rules, Settings and SharedKeys, by their ids."""

    shared_keys: dict[str, SharedKey] = field(default_factory=dict)
    settings: dict[str, Setting] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    operations: dict[str, str] = field(default_factory=dict)
    """By an operation's id, the id of the Rule that it was about."""
    _requests: Iterator[int] = field(default_factory=count)

    def setting_for(self, url: str) -> Setting | None:
        """The Setting of the Rule that matches best; None without one: all is as it ever was."""
        found = max(
            (rule for rule in self.rules.values() if rule.applies_to(url)),
            key=lambda rule: rule.weight,
            default=None,
        )
        if found is None:
            return None
        share = next(self._requests) * _STRIDE % 100
        totals = accumulate(percentage for _, percentage in found.settings)
        chosen = next(one for (one, _), total in zip(found.settings, totals, strict=True) if share < total)
        return self.settings[chosen]
