"""To whom a caller may be sent on: an agent, or a number that may be dialled."""

import re
from collections.abc import Callable, Iterable, Sequence

from bridge.calls.numbers import client_identity
from bridge.errors import IdentityRefused
from bridge.twenty.members import Members
from bridge.web.agents import Agents

USER = re.compile(r"wm_[0-9a-f]{32}", re.ASCII)
"""The identity of a user of Twenty."""


class Targets:
    """Whom `agents` know, members of the workspace, and numbers.

    `number` gives the E.164 number to dial for what was typed, or raises NumberRefused.
    """

    def __init__(self, agents: Iterable[Agents], members: Members, *, number: Callable[[str], str]) -> None:
        self._agents: Sequence[Agents] = tuple(agents)
        self._members = members
        self._number = number

    def target(self, to: str) -> str:
        """`client:identity`, or an E.164 number; raises IdentityRefused and NumberRefused."""
        agent = client_identity(to)
        return self._number(to) if agent is None else f"client:{self._identity(agent)}"

    def _identity(self, agent: str) -> str:
        """As whom an agent, named by identity or by e-mail, is rung."""
        rung_as, *_ = self._members.identities([agent])[agent]
        if USER.fullmatch(rung_as):
            return rung_as
        for agents in self._agents:
            try:
                return agents.identity(agent)
            except IdentityRefused:
                pass
        raise IdentityRefused("to: There is no such agent.")
