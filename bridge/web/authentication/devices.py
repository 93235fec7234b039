"""Devices that signed in by a one-time link: each shows a key of its own, of which a hash is stored."""

from datetime import UTC, datetime

from bridge.calls.agents import Agents, Identity
from bridge.errors import NotAllowed, NotAuthenticated
from bridge.inbox import sign_ins
from bridge.inbox.store import Inbox
from bridge.web.authentication.caller import Caller
from bridge.web.authentication.keys import digest_of, random_key

LINK = "tbl_"
"""Begins the secrets of one-time links, so that one that was published by mistake is found."""

DEVICE = "tbd_"
"""Begins the keys of devices."""


class Devices:
    """The devices that are signed in, each as one of `agents`."""

    def __init__(self, inbox: Inbox, agents: Agents) -> None:
        self._inbox = inbox
        self._agents = agents

    async def caller(self, given: str) -> Caller | None:
        """The agent whose device shows this key; None for a key of another kind.

        Raises NotAuthenticated where the device is signed out, NotAllowed where the settings no longer name
        the agent, and InboxUnavailable.
        """
        if not given.startswith(DEVICE):
            return None
        found = await sign_ins.signed_in(self._inbox, digest_of(given), now=datetime.now(UTC))
        if found is None:
            raise NotAuthenticated(
                "This device is signed in no longer. Ask for a new link.", code="auth.signed_out"
            )
        identity = Identity(found.identity)
        if not self._agents.has_token(identity):
            raise NotAllowed(
                "The settings name you as an agent no longer (agents.names).", code="auth.no_agent"
            )
        return Caller(kind="device", name="device", incoming=True, identity=identity)


def new_link() -> str:
    """The secret of a new one-time link."""
    return random_key(LINK)


def new_key() -> str:
    """A new key of a device."""
    return random_key(DEVICE)
