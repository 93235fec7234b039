"""Who asks, and as whom they may call."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from bridge.calls.identities import RESERVED, allowed_identity
from bridge.errors import IdentityRefused


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, under which `name` in logs, if they may be called, and how many tokens a minute they get.

    Either `identity` is whose they are beyond doubt, or they say it themselves, within `agents`.
    """

    kind: Literal["user", "key", "anonymous"]
    name: str
    incoming: bool
    identity: str | None = None
    agents: Agents | None = None
    per_minute: int | None = None

    def agent(self, asked: str | None) -> str:
        """The identity that they act as, where the request asks for this one; raises IdentityRefused."""
        if self.identity is not None:
            return self.identity
        if self.agents is None:
            raise IdentityRefused("This caller acts as nobody.")
        return self.agents.identity(asked)
