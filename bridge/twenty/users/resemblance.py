"""Compares an unknown token with those that Twenty accepted: it selects a queue, never an answer.

Twenty publishes neither its keys nor what its tokens claim, so nothing here is proof. An attacker who knows
a user's id can imitate that user's tokens, and gets into that user's group alone.
"""

import hashlib
from collections.abc import Hashable, Iterator, Mapping
from enum import Enum, auto
from typing import Any, TypeVar

import jwt
from msgspec import Struct

from bridge.twenty.users.credentials import UNREADABLE, Credentials

OF_ONE_TOKEN = frozenset({"exp", "iat", "nbf", "jti"})
"""https://www.rfc-editor.org/rfc/rfc7519#section-4.1"""

SHORTEST_SHARED = 16
"""Shortest claim by which two tokens of one workspace are known: an id, not a `type`."""

MOST_FORMS = 64
MOST = 10_000
"""Remembered users, and addresses of users; beyond that the least recently seen one is dropped."""

K = TypeVar("K", bound=Hashable)


class VerificationQueue(Enum):
    """The queue of a verification; each has places of its own."""

    OF_USERS = auto()
    """It names a recently verified user, or looks like a user's and comes from a user's address."""
    FAMILIAR = auto()
    """It looks like tokens that Twenty accepts."""
    STRANGE = auto()


class Traits(Struct, frozen=True):
    """What credentials look like; `subject` is a digest of the user whom they name, if any."""

    form: bytes
    subject: bytes | None
    claims: Mapping[str, Any]

    def shares(self, other: "Traits") -> bool:
        """Whether both claim one long value under one name."""
        return any(other.claims.get(name) == value for name, value in _texts(self.claims, SHORTEST_SHARED))


class Resemblance:
    """Learns from the tokens that Twenty accepts, beginning with the bridge's own key."""

    def __init__(self, api_token: str) -> None:
        self._own = traits_of(api_token)
        self._forms: dict[bytes, None] = {}
        self._subjects: dict[bytes, None] = {}
        self._addresses: dict[str, None] = {}

    def accepted(self, credentials: Credentials, address: str) -> None:
        """Twenty accepted these credentials, sent from this address."""
        traits = traits_of(credentials.secret)
        _remember(self._forms, traits.form, most=MOST_FORMS)
        if traits.subject:
            _remember(self._subjects, traits.subject)
        _remember(self._addresses, address)

    def queue_of(self, credentials: Credentials, address: str) -> tuple[VerificationQueue, Hashable]:
        """The queue for a verification, and the group within it: groups take turns."""
        traits = traits_of(credentials.secret)
        if traits.subject in self._subjects:
            return VerificationQueue.OF_USERS, traits.subject
        if traits.form in self._forms or traits.shares(self._own):
            return (
                VerificationQueue.OF_USERS if address in self._addresses else VerificationQueue.FAMILIAR
            ), address
        return VerificationQueue.STRANGE, address


def traits_of(secret: str) -> Traits:
    """The traits of a JWT, with any signature; for another text its length and its kinds of characters."""
    try:
        read = jwt.decode_complete(secret, options={"verify_signature": False})
    except UNREADABLE:
        kinds = sorted({"a" if c.isalpha() else "1" if c.isdecimal() else c for c in secret})
        return Traits(_digest("word", len(secret), kinds), None, {})
    header, claims = read["header"], read["payload"]
    named = dict(_texts(claims))
    form = _digest("jwt", sorted(map(repr, header.items())), sorted(claims))
    return Traits(form, _digest("user", sorted(named.items())) if named else None, claims)


def _texts(claims: Mapping[str, Any], shortest: int = 1) -> Iterator[tuple[str, str]]:
    for name, value in claims.items():
        if name not in OF_ONE_TOKEN and isinstance(value, str) and len(value) >= shortest:
            yield name, value


def _digest(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()


def _remember(kept: dict[K, None], key: K, *, most: int = MOST) -> None:
    kept.pop(key, None)
    kept[key] = None
    if len(kept) > most:
        del kept[next(iter(kept))]
