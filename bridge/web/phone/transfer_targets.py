"""To whom a caller may be sent on: an agent, or a number that may be dialled."""

from collections.abc import Callable

from bridge.calls.agents import Agents, Identity
from bridge.calls.dialling.rules import Dialled
from bridge.errors import IdentityRefused
from bridge.twenty.people.members import Members


class Targets:
    """Whom `agents` know, members of the workspace, and numbers.

    `dial` gives the E.164 number to dial for what was typed, and its extension, or raises NumberRefused.
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
        """As whom an agent, named by identity or by e-mail, is rung."""
        for identity in self._members.identities([agent])[agent]:
            if self._agents.is_ours(identity):
                return identity
        raise IdentityRefused("to: There is no such agent.")
