"""Access to the phone: what an authenticated user can do with it, and why no call rings there."""

from collections.abc import Collection
from enum import StrEnum

from msgspec import Struct


class Lack(StrEnum):
    """Why a user's phone does not ring."""

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


class PhoneAccess(Struct, frozen=True, kw_only=True):
    """What a user can do with the phone; `lacks` say why not more."""

    agent: bool = False
    calls: bool = True
    lacks: tuple[Lack, ...] = ()

    @property
    def rings(self) -> bool:
        """Whether incoming calls ring them."""
        return not self.lacks


def phone_access(
    *, configured: bool, rung: Collection[str], own: Collection[str], incoming: bool
) -> PhoneAccess:
    """The access of a user who has the identities in `own`, where calls ring the identities in `rung`."""
    is_rung = not set(rung).isdisjoint(own)
    agent = configured or is_rung
    if not agent:
        return PhoneAccess(lacks=(Lack.NOT_AN_AGENT,))
    if not is_rung:
        return PhoneAccess(agent=True, lacks=(Lack.NOT_RUNG,))
    return PhoneAccess(agent=True, lacks=() if incoming else (Lack.CALLS_OUT_ONLY,))
