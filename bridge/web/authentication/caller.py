"""The caller of the API, and the identities that they can act as."""

from typing import Literal

from msgspec import Struct

from bridge.calls.agents import Allowed, Identity
from bridge.errors import IdentityRefused
from bridge.twenty.users.credentials import Credentials


class Caller(Struct, frozen=True, kw_only=True):
    """Who asks, under which `name` in logs, if they may be called, and how many tokens a minute they get.

    Either `identity` is whose they are beyond doubt, or they say it themselves, within `agents`. `email` and
    `credentials` are those of a user of Twenty. `sees_status` is the right to the status page.
    """

    kind: Literal["user", "key", "device", "anonymous"]
    name: str
    incoming: bool
    identity: Identity | None = None
    agents: Allowed | None = None
    per_minute: int | None = None
    email: str = ""
    sees_status: bool = False
    credentials: Credentials | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What limits count by: each user for themselves, and each key."""
        return self.kind, self.identity or self.name

    def agent(self, asked: str | None) -> Identity:
        """The identity that they act as, where the request asks for this one; raises IdentityRefused."""
        if self.identity is not None:
            return self.identity
        if self.agents is None:
            raise IdentityRefused("These credentials have no agent's identity.")
        return self.agents.identity(asked)
