"""The agent who sends a request: all identities of theirs, and whether they are a supervisor."""

from collections.abc import Collection, Mapping
from functools import cached_property

from aiohttp import web
from msgspec import Struct

from bridge.calls.agents import Agents, Identity
from bridge.settings.phone import Search
from bridge.twenty.people.members import Members
from bridge.web.authentication.authenticate import Authentication
from bridge.web.authentication.caller import Caller

SEARCHES: Mapping[Search, Collection[str]] = {
    "users": ("user",),
    "devices": ("user", "device"),
    "keys": ("user", "device", "key"),
}
"""Setting → the kinds of API callers who can search people."""


class Agent(Struct, frozen=True, dict=True):
    """An authenticated agent; `own` holds all their identities, first the one that they act as."""

    caller: Caller
    own: tuple[Identity, ...]
    is_supervisor: bool = False

    @cached_property
    def identity(self) -> Identity:
        """The identity that they act as."""
        return self.own[0]


class AgentAuthentication:
    """Authenticates agents; `supervisors` are named by e-mail or by identity."""

    def __init__(
        self,
        authentication: Authentication,
        agents: Agents,
        members: Members,
        *,
        supervisors: Collection[str] = (),
    ) -> None:
        self._authentication = authentication
        self._agents = agents
        self._members = members
        self._supervisors = supervisors

    async def agent(self, request: web.Request, asked: str | None) -> Agent:
        """The agent who sends the request, as identity `asked`. Raises RequestRefused and IdentityRefused."""
        return self.of(await self._authentication.authenticate(request), asked)

    def of(self, caller: Caller, asked: str | None) -> Agent:
        """The agent that an API caller acts as; raises IdentityRefused."""
        identity = caller.agent(asked)
        configured = self._agents.configured(caller.email.lower()) if caller.email else ()
        own = tuple(dict.fromkeys((*self._members.all_of(identity), *configured)))
        return Agent(caller, own, self._supervises(own))

    def identities(self, named: str) -> tuple[Identity, ...]:
        """All identities of the agent who has identity or e-mail `named`; empty if there is no such agent."""
        return self._members.identities([named])[named]

    def _supervises(self, own: tuple[Identity, ...]) -> bool:
        named = self._members.identities(self._supervisors).values()
        return any(not set(identities).isdisjoint(own) for identities in named)


def searches(caller: Caller, search: Search) -> bool:
    """Whether the settings let an API caller search people."""
    return caller.kind in SEARCHES[search]
