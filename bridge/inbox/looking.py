"""What operators see of the inbox, and what they set going again."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, RowMapping, Select, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Callback
from bridge.calls.matching import Match
from bridge.inbox.rows import Outcome, match_of
from bridge.inbox.store import Inbox, callbacks_of
from bridge.inbox.tables import attempts, callbacks, calls, due, kept, of_leg

PAGE = 200


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of writing a call as of a revision, so many times."""

    revision: int
    outcome: Outcome
    error: str | None
    times: int
    first_at: datetime
    last_at: datetime


WANTED = {
    State.DUE: due,
    State.PARKED: and_(calls.c.parked_reason.is_not(None), kept),
}


async def known_calls(
    inbox: Inbox, *, state: State | None = None, since: datetime | None = None
) -> AsyncIterator[KnownCall]:
    """The calls in a state (due or parked; None: in any) heard of since then, the last heard of first."""
    wanted: list[ColumnElement[bool]] = [WANTED[state] if state else kept]
    if since:
        wanted.append(calls.c.due_at >= since)
    found = select(calls).where(*wanted).order_by(calls.c.due_at.desc(), calls.c.root_sid).limit(PAGE)
    page: Sequence[RowMapping] = ()
    while True:
        async with inbox.reading() as connection:
            page = (await connection.execute(_after(found, page))).mappings().all()
            told = await callbacks_of(connection, [row["root_sid"] for row in page])
        if not page:
            return
        for row in page:
            yield _known(row, told[row["root_sid"]])


def _after(found: Select[Any], shown: Sequence[RowMapping]) -> Select[Any]:
    if not shown:
        return found
    heard, sid = shown[-1]["due_at"], shown[-1]["root_sid"]
    further = and_(calls.c.due_at == heard, calls.c.root_sid > sid)
    return found.where(or_(calls.c.due_at < heard, further))


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
        return _known(row, sorted(told[row["root_sid"]], key=lambda c: c.received_at))


async def _row(connection: AsyncConnection, sid: str) -> RowMapping | None:
    return (await connection.execute(select(calls).where(calls.c.root_sid == sid))).mappings().first()


async def attempts_of(inbox: Inbox, root_sid: str) -> list[Attempt]:
    """What came of writing a call, in its order."""
    found = select(attempts).where(attempts.c.root_sid == root_sid).order_by(attempts.c.last_at)
    async with inbox.reading() as connection:
        return [_attempt(row) for row in await connection.execute(found)]


async def retry(inbox: Inbox, root_sid: str | None) -> int:
    """Makes a call due, or (None) all that are parked; how many."""
    which = WANTED[State.PARKED] if root_sid is None else and_(calls.c.root_sid == root_sid, kept)
    statement = update(calls).where(which).values(revision=calls.c.revision + 1, parked_reason=None)
    changed = 0

    async def operation(connection: AsyncConnection) -> None:
        nonlocal changed
        changed = (await connection.execute(statement)).rowcount

    await inbox.write(operation)
    inbox.news.set()
    return changed


async def outcomes(inbox: Inbox, root_sids: Sequence[str]) -> dict[str, int]:
    """Of these calls, how many wait, are parked, logged, logged and matched, and skipped, as of now."""
    waits, stuck = due, calls.c.parked_reason.is_not(None)
    shown = and_(~waits, ~stuck, calls.c.written.is_not(None))
    which = {
        "waiting": waits,
        "parked": stuck,
        "logged": shown,
        "matched": and_(shown, calls.c.person_id.is_not(None)),
        "skipped": and_(~waits, ~stuck, calls.c.written.is_(None)),
    }
    columns = [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in which.items()]
    told = dict.fromkeys(which, 0)
    async with inbox.reading() as connection:
        for first in range(0, len(root_sids), PAGE):
            these = calls.c.root_sid.in_(root_sids[first : first + PAGE])
            counted = (await connection.execute(select(*columns).where(these, kept))).mappings().one()
            told = {name: told[name] + (counted[name] or 0) for name in told}
    return told


def _known(row: RowMapping, told: Sequence[Callback]) -> KnownCall:
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


def _attempt(row: Row[tuple[object, ...]]) -> Attempt:
    told = row._mapping
    return Attempt(
        revision=told["revision"],
        outcome=Outcome(told["outcome"]),
        error=told["error"],
        times=told["times"],
        first_at=told["first_at"],
        last_at=told["last_at"],
    )
