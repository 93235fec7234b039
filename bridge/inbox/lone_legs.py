"""Callbacks of a dialled leg that do not name its call: they join the call as soon as anything names both.

What names both is a callback of the leg that has a ParentCallSid, or the action of the Dial that made it.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Callback, Kind
from bridge.inbox.tables import callbacks, of_leg

RECENT = 20_000
"""Callbacks among which the action of a Dial is looked for: the last ones. It has no index."""

OF_A_LEG = frozenset({Kind.STATUS, Kind.RECONCILED, Kind.RECORDING, Kind.TRANSCRIPTION})

FIRST = ("inbound", "outbound-api")
"""The directions of the legs that calls begin with."""


def may_be_leg(told: Sequence[Callback]) -> bool:
    """Whether these, which name no call, may be of a leg that was dialled: nothing says otherwise."""
    return bool(told) and all(
        c.kind in OF_A_LEG and c.parent_sid is None and not (c.get("Direction") or "").startswith(FIRST)
        for c in told
    )


def is_leg(told: Sequence[Callback]) -> bool:
    """Whether these, which name no call, say themselves that they are of a leg that was dialled."""
    return may_be_leg(told) and any(c.get("Direction") == "outbound-dial" for c in told)


def legs_named(told: Sequence[Callback]) -> set[str]:
    """The legs that the callbacks of a call name."""
    named = {c.call_sid for c in told if c.parent_sid}
    return named | {sid for c in told if c.kind is Kind.DIAL and (sid := c.get("DialCallSid"))}


async def calls_of_legs(connection: AsyncConnection, leg_sids: Collection[str]) -> dict[str, str]:
    """Leg → its call, of those that anything names with it."""
    named = select(callbacks.c.call_sid, callbacks.c.root_sid).where(
        callbacks.c.call_sid.in_(leg_sids), of_leg
    )
    found = {row[0]: row[1] for row in await connection.execute(named)}
    return found | await _dialled(connection, set(leg_sids) - found.keys())


async def _dialled(connection: AsyncConnection, leg_sids: Collection[str]) -> dict[str, str]:
    if not leg_sids:
        return {}
    leg: Any = callbacks.c.parameters["DialCallSid"].as_string()
    if connection.dialect.name == "sqlite":
        # One damaged row must not hide the others.
        leg = case((func.json_valid(callbacks.c.parameters) == 1, leg))
    recent = select(func.max(callbacks.c.id) - RECENT).scalar_subquery()
    actions = select(leg, callbacks.c.root_sid).where(
        callbacks.c.id > recent, callbacks.c.kind == Kind.DIAL.value, leg.in_(leg_sids)
    )
    return {row[0]: row[1] for row in await connection.execute(actions) if row[0] != row[1]}
