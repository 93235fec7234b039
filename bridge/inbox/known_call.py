"""A call as the inbox has it: what agents ask of one, and operators look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Callback
from bridge.calls.people.matching import Match
from bridge.inbox.lone_legs import calls_of_legs, may_be_leg
from bridge.inbox.rows import match_of
from bridge.inbox.store import Inbox, callbacks_of
from bridge.inbox.tables import callbacks, calls, of_leg


class State(StrEnum):
    """How far Twenty is with a call."""

    DUE = "due"
    SETTLED = "settled"
    PARKED = "parked"
    PURGED = "purged"
    """Its callbacks were dropped: by age, or because a person was forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCall:
    """A call as the inbox has it; `heard_at` is when the last callback arrived."""

    root_sid: str
    state: State
    heard_at: datetime
    settled_at: datetime | None
    attempts: int
    error: str | None
    match: Match | None
    callbacks: tuple[Callback, ...]


async def known_call(inbox: Inbox, sid: str) -> KnownCall | None:
    """The call with this SID, or with a leg of this SID."""
    async with inbox.reading() as connection:
        row = await _row(connection, sid)
        if row is None:
            leg_of = select(callbacks.c.root_sid).where(callbacks.c.call_sid == sid, of_leg).limit(1)
            root_sid = await connection.scalar(leg_of)
            row = await _row(connection, root_sid) if root_sid else None
        if row is None:
            return None
        told = await callbacks_of(connection, [row["root_sid"]])
        if may_be_leg(told[row["root_sid"]]):
            roots = await calls_of_legs(connection, [row["root_sid"]])
            row = await _row(connection, roots.get(row["root_sid"], row["root_sid"])) or row
            told = await callbacks_of(connection, [row["root_sid"]])
        return known_call_of(row, sorted(told[row["root_sid"]], key=lambda c: c.received_at))


async def _row(connection: AsyncConnection, sid: str) -> RowMapping | None:
    return (await connection.execute(select(calls).where(calls.c.root_sid == sid))).mappings().first()


def known_call_of(row: RowMapping, told: Sequence[Callback]) -> KnownCall:
    """The call of a row, with its callbacks."""
    return KnownCall(
        root_sid=row["root_sid"],
        state=_state(row),
        heard_at=row["due_at"],
        settled_at=row["settled_at"],
        attempts=row["attempts"],
        error=row["parked_reason"] or row["last_error"],
        match=match_of(row["match"]) if row["match"] else None,
        callbacks=tuple(told),
    )


def _state(row: RowMapping) -> State:
    if row["purged"]:
        return State.PURGED
    if row["parked_reason"] is not None:
        return State.PARKED
    return State.DUE if row["revision"] > row["synced_revision"] else State.SETTLED
