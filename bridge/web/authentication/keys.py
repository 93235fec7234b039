"""Keys: long random strings that authenticate a widget, a script or another client."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property

from msgspec import Struct

from bridge.calls.agents import Agents, Allowed
from bridge.errors import NotAuthenticated
from bridge.settings.access import AuthSettings
from bridge.web.authentication.caller import Caller

PREFIX = "tbk_"
"""Begins the keys that we make, so that one that was published by mistake is found."""

HASHED = "sha256:"


class Key(Struct, frozen=True, kw_only=True, dict=True):
    """A key under its name; `digest` is what `digest_of` makes of it, `last_day` one by UTC."""

    name: str
    digest: bytes
    agents: Allowed
    per_minute: int | None = None
    last_day: date | None = None
    sees_status: bool = False

    @cached_property
    def caller(self) -> Caller:
        """Who holds it: the same for each request."""
        return Caller(
            kind="key",
            name=self.name,
            incoming=True,
            agents=self.agents,
            per_minute=self.per_minute,
            sees_status=self.sees_status,
        )


class Keys:
    """All configured keys."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = tuple(keys)

    def held(self, given: str, *, today: date) -> Key | None:
        """The key with that text, None of one that is not ours. Raises NotAuthenticated for an old one."""
        digest = digest_of(given)
        # All are compared, so that the time does not depend on which one matches.
        held = [key for key in self._keys if hmac.compare_digest(key.digest, digest)]
        if not held:
            return None
        key = held[0]
        if key.last_day and key.last_day < today:
            raise NotAuthenticated(
                f"The key {key.name} expired on {key.last_day}. Ask for another one.", code="auth.expired"
            )
        return key

    def with_status(self, today: date) -> Iterator[Key]:
        """Those with the right to the status page that have not expired."""
        return (key for key in self._keys if key.sees_status and not (key.last_day and key.last_day < today))


def keys_of(auth: AuthSettings, agents: Agents) -> Keys:
    """The named keys, and those of the environment, each with the agents that its holder may act as."""
    named = [
        Key(
            name=key.name,
            digest=bytes.fromhex(key.hash.removeprefix(HASHED)),
            agents=agents.of_key(key.name),
            per_minute=key.per_minute,
            last_day=key.expires,
            sees_status=key.status,
        )
        for key in auth.keys
    ]
    unnamed = [
        Key(name=f"widget key {number}", digest=digest_of(key.get_secret_value()), agents=agents.allowed)
        for number, key in enumerate(auth.widget_keys, 1)
    ]
    return Keys([*named, *unnamed])


def new() -> str:
    """A new random key."""
    return random_key(PREFIX)


def random_key(prefix: str) -> str:
    """256 random bits, after a prefix that says what they are."""
    return prefix + secrets.token_urlsafe(32)


def hashed(key: str) -> str:
    """The hash of a key, for `config.yaml`; it cannot be used as the key."""
    return HASHED + digest_of(key).hex()


def digest_of(key: str) -> bytes:
    """A fast hash: 256 random bits cannot be guessed at any speed.

    A slow hash is for passwords; here it would let attackers keep the server busy with wrong keys.
    """
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
