"""Targets of a transfer: an agent, or a number that can be dialled."""

from collections.abc import Callable

from bridge.calls.agents import Agents, Identity
from bridge.calls.dialling.rules import Dialled
from bridge.errors import IdentityRefused
from bridge.twenty.people.members import Members


class Targets:
    """Parses a transfer target: an agent of the settings, a member of the workspace, or a number.

    `dial` parses a typed number to E.164 and extension, or raises NumberRefused.
    """

    def __init__(self, agents: Agents, members: Members, *, dial: Callable[[str], Dialled]) -> None:
        self._agents = agents
        self._members = members
        self._dial = dial

    def target(self, to: str) -> Dialled:
        """`client:identity`, or an E.164 number; raises IdentityRefused and NumberRefused."""
        scheme, _, agent = to.partition("client:")
        return self._dial(to) if scheme or not agent else Dialled(f"client:{self._identity(agent)}")

    def _identity(self, agent: str) -> Identity:
        """The identity to ring for an agent, who is named by identity or by e-mail."""
        for identity in self._members.identities([agent])[agent]:
            if self._agents.is_ours(identity):
                return identity
        raise IdentityRefused("to: There is no such agent.", code="transfer.target")
