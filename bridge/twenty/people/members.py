"""Maps agents' identities to members of the workspace."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from bridge.calls.agents import Agents, Identity, Member, Roster
from bridge.errors import TwentyDenied
from bridge.twenty.client.answers import next_page
from bridge.twenty.client.client import Executes
from bridge.twenty.schema.features import Feature, go_without
from bridge.twenty.values import full_name

HOLDS_SECONDS = 300


class Members:
    """Agents and their workspace members, which are read again every five minutes."""

    def __init__(self, agents: Agents, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._roster = Roster(agents)
        self._clock = clock
        self._until = float("-inf")
        self.are_readable = True
        """Whether the key was allowed to read the members when they were read last."""
        self._gone: frozenset[str] = frozenset()
        """Ids that identities still name, of members who have left the workspace."""

    async def refresh(self, client: Executes) -> None:
        """Reads the members, if they are older than `HOLDS_SECONDS`. Raises TwentyError.

        With a key that is not allowed to read members, calls are logged without their agents.
        """
        if self._clock() >= self._until:
            await self._read(client)

    async def recheck(self, client: Executes, member_ids: Collection[str]) -> None:
        """Reads the members anew: which of these ids, that Twenty may have refused, are none's any more.

        Raises TwentyError.
        """
        if member_ids and (members := await self._read(client)):
            self._gone = (self._gone | {*member_ids}) - {member.id for member in members}

    def leave_out(self, member_ids: Collection[str]) -> None:
        """Takes these ids for those of members who have left, until a list of members has them."""
        self._gone |= {*member_ids}

    async def _read(self, client: Executes) -> Sequence[Member]:
        """The members; none where the key is not allowed to read them."""
        try:
            members = await workspace_members(client)
            self.are_readable = True
        except TwentyDenied as denied:
            go_without(Feature.AGENTS, denied)
            members = []
            self.are_readable = False
        self._roster = Roster(self._roster.agents, members)
        self._until = self._clock() + HOLDS_SECONDS
        self._gone -= {member.id for member in members}
        return members

    def by_email(self, email: str) -> str | None:
        """The id of the member with that e-mail address."""
        return self._roster.by_email(email)

    def by_identity(self, identity: Identity) -> str | None:
        """The id of the member who calls under an identity; None for one who has left, as far as is known."""
        member_id = self._roster.by_identity(identity)
        return None if member_id in self._gone else member_id

    def names(self, identities: Iterable[Identity]) -> dict[str, str]:
        """Identity → the member's name, of identities whose member has one."""
        return self._roster.names(identities)

    def identities(self, agents: Iterable[str]) -> dict[str, tuple[Identity, ...]]:
        """Agent as configured (e-mail address or identity) → the identities to ring."""
        return {agent: self._roster.identities(agent) for agent in agents}

    def caller_ids(self, identity: Identity) -> Sequence[str]:
        """The numbers (E.164) that an agent shows instead of the company's."""
        return self._roster.caller_ids(identity)

    def all_of(self, identity: Identity) -> tuple[Identity, ...]:
        """All identities of the agent who has this one: that one first."""
        return tuple(dict.fromkeys(self._roster.all_of(identity)))

    def identities_of(self, member_id: str) -> tuple[Identity, ...]:
        """The identities of a member."""
        return self._roster.identities_of(member_id)


async def workspace_members(client: Executes) -> list[Member]:
    """All members of the workspace, page by page. Raises TwentyError."""
    members: list[Member] = []
    after: str | None = None
    while True:
        page = (await client.execute("WorkspaceMembers", after=after))["workspaceMembers"]
        members += [_member(edge["node"]) for edge in page["edges"]]
        after = next_page(page, after)
        if after is None:
            return members


def _member(node: Mapping[str, Any]) -> Member:
    return Member(node["id"], (node.get("userEmail") or "").lower(), full_name(node.get("name")))
