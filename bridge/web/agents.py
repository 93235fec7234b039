"""As whom somebody may call: the identities that there are."""

import re
from collections.abc import Collection

from bridge.errors import IdentityRefused
from bridge.twilio.tokens import allowed_identity

RESERVED = "wm_"
"""Begins the identities of users whom Twenty vouches for."""


class Agents:
    """Identities by name and by pattern, both matched whole; `default` is whose a request without one is."""

    def __init__(self, *, names: Collection[str], pattern: str | None, default: str | None) -> None:
        self._names = frozenset(names)
        self._pattern = re.compile(pattern) if pattern else None
        self._default = default

    def identity(self, asked: str | None) -> str:
        """The identity to issue for the one that was asked for; raises IdentityRefused."""
        asked = asked or self._default
        if not asked:
            raise IdentityRefused('Say who calls: {"identity": "…"}.')
        identity = allowed_identity(asked)
        if identity is None or not self._knows(asked):
            raise IdentityRefused("The identity is none of the configured agents'.")
        # After the unallowed characters are gone, or `wm-…` would get through.
        if identity.startswith(RESERVED):
            raise IdentityRefused(f"Identities that begin with {RESERVED} are kept for users of Twenty.")
        return identity

    def _knows(self, asked: str) -> bool:
        return asked in self._names or bool(self._pattern and self._pattern.fullmatch(asked))
