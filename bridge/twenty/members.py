"""Which member of the workspace an agent's identity is."""

import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping

from bridge.calls.identities import allowed_identity
from bridge.errors import TwentyDenied
from bridge.twenty.client import Executes
from bridge.twenty.features import Feature, go_without

VERIFIED = re.compile(r"wm_([0-9a-f]{32})")
"""The identity of a user whom Twenty vouched for: the id of the member, without dashes."""

HOLDS_SECONDS = 300


class Members:
    """Identity or e-mail → id of the workspace member; asked of Twenty now and then.

    `emails` says of identities whose they are; without, an identity that is a member's e-mail, with `_`
    for what Twilio does not allow in one, is that member's.
    """

    def __init__(self, *, emails: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self._emails = {identity: email.lower() for identity, email in emails.items()}
        self._clock = clock
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._until = float("-inf")

    async def refresh(self, client: Executes) -> None:
        """Asks Twenty who there is, if that was long ago. Raises TwentyError.

        A key that may not read members still logs calls, only not whose they were.
        """
        if self._clock() < self._until:
            return
        try:
            answer = await client.execute("WorkspaceMembers")
        except TwentyDenied as denied:
            go_without(Feature.AGENTS, denied)
            answer = {"workspaceMembers": {"edges": []}}
        nodes = [edge["node"] for edge in answer["workspaceMembers"]["edges"]]
        self._ids = {node["userEmail"].lower(): node["id"] for node in nodes if node.get("userEmail")}
        self._names = {node["id"]: _full_name(node.get("name") or {}) for node in nodes}
        self._until = self._clock() + HOLDS_SECONDS

    def by_email(self, email: str) -> str | None:
        """The member with that e-mail."""
        return self._ids.get(email.lower())

    def by_identity(self, identity: str) -> str | None:
        """The member who calls under an identity."""
        if verified := VERIFIED.fullmatch(identity):
            return str(uuid.UUID(verified[1]))
        if email := self._emails.get(identity):
            return self._ids.get(email)
        return next((i for e, i in self._ids.items() if allowed_identity(e) == identity.lower()), None)

    def names(self, identities: Iterable[str]) -> dict[str, str]:
        """Identity → what the member is called, of those that are one with a name."""
        members = {identity: self.by_identity(identity) for identity in identities}
        return {i: name for i, member_id in members.items() if (name := self._names.get(member_id or ""))}

    def identities(self, agents: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Agent as configured, by e-mail or by identity → the identities that they may be reached under."""
        return {agent: self._of_agent(agent) for agent in agents}

    def identities_of(self, member_id: str) -> tuple[str, ...]:
        """Those of a member: as configured, and as a user whom Twenty vouches for."""
        email = next((email for email, known in self._ids.items() if known == member_id), "")
        return (*self._configured(email), f"wm_{uuid.UUID(member_id).hex}")

    def _of_agent(self, agent: str) -> tuple[str, ...]:
        member_id = self.by_email(agent) if "@" in agent else self.by_identity(agent)
        known = self.identities_of(member_id) if member_id else self._configured(agent.lower())
        named = None if "@" in agent and known else allowed_identity(agent)
        return tuple(dict.fromkeys(identity for identity in (named, *known) if identity))

    def _configured(self, email: str) -> tuple[str, ...]:
        return tuple(identity for identity, known in self._emails.items() if known == email)


def _full_name(name: Mapping[str, str | None]) -> str:
    return " ".join(filter(None, (name.get("firstName"), name.get("lastName"))))
