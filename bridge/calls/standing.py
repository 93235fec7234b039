"""Whether someone who may sign in is an agent: whom calls ring, and why they do not."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Lack(StrEnum):
    """What keeps someone from being an agent with a phone that rings."""

    NOT_ALLOWED = "not_allowed"
    NOT_AN_AGENT = "not_an_agent"
    NOT_RUNG = "not_rung"
    CALLS_OUT_ONLY = "calls_out_only"


WHY = {
    Lack.NOT_ALLOWED: (
        "You may not use this phone: the settings name who may (auth.members), and you are not one of them."
    ),
    Lack.NOT_AN_AGENT: (
        "You are not set up as an agent: the settings do not name you (agents.names), so no call rings here."
    ),
    Lack.NOT_RUNG: "No line rings you: the ring plans in the settings (lines) name others.",
    Lack.CALLS_OUT_ONLY: "This sign-in is for calls out: no call rings here.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What someone may do; `lacks` say why not more."""

    agent: bool = False
    calls: bool = True
    lacks: tuple[Lack, ...] = ()

    @property
    def rings(self) -> bool:
        """Whether calls in ring them."""
        return not self.lacks


def standing(*, configured: bool, rung: Collection[str], own: Collection[str], incoming: bool) -> Standing:
    """Of someone with these identities of their `own`, where calls ring the identities in `rung`."""
    is_rung = not set(rung).isdisjoint(own)
    agent = configured or is_rung
    if not agent:
        return Standing(lacks=(Lack.NOT_AN_AGENT,))
    if not is_rung:
        return Standing(agent=True, lacks=(Lack.NOT_RUNG,))
    return Standing(agent=True, lacks=() if incoming else (Lack.CALLS_OUT_ONLY,))
