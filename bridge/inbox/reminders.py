"""Tasks for missed calls: whose task is to be brought up to date, and which calls a task is about."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from msgspec import Struct
from sqlalchemy import RowMapping, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Callback
from bridge.calls.people.matching import Person
from bridge.inbox.rows import DueCall, callbacks_of, due_calls, fetched, match_of, reason
from bridge.inbox.store import Inbox
from bridge.inbox.tables import calls, kept

log = structlog.get_logger()

MOST = 100
"""Calls of one person that are read: the last ones."""

LONGEST_WAIT = timedelta(hours=1)
"""How long a task that failed waits at the most."""


class Reminded(Struct, frozen=True):
    """A call of a person, for which there is a task."""

    root_sid: str
    person: Person
    callbacks: Sequence[Callback]


async def reminded_calls(inbox: Inbox, person_ids: Sequence[str]) -> list[Reminded]:
    """The calls of these people for which there is a task. Raises InboxUnavailable."""
    found = (
        select(calls.c.root_sid, calls.c.person_id, calls.c.match)
        .where(calls.c.person_id.in_(person_ids), calls.c.reminded, kept)
        .order_by(calls.c.due_at.desc())
        .limit(MOST * len(person_ids))
    )
    async with inbox.reading() as connection:
        rows = await fetched(connection, found, key=calls.c.root_sid)
        stored = await callbacks_of(connection, [row["root_sid"] for row in rows]) if rows else {}
    return [
        Reminded(row["root_sid"], _person(row), stored[row["root_sid"]])
        for row in rows
        if stored.get(row["root_sid"])
    ]


def _person(row: RowMapping) -> Person:
    try:
        found = match_of(row["match"]).person if row["match"] else None
    # For example a person stored by a newer version.
    except Exception as problem:
        log.error("inbox.call_unreadable", call_sid=row["root_sid"], reason=reason(problem))
        found = None
    return found or Person(row["person_id"], "")


async def due_reminders(inbox: Inbox, limit: int, *, now: datetime) -> list[DueCall]:
    """Up to `limit` settled calls whose task is to be made or brought up to date, the longest due first.

    Raises InboxUnavailable.
    """
    # A clock that jumped back would otherwise delay a task for as long as it jumped.
    ready = or_(calls.c.remind_at <= now, calls.c.remind_at > now + LONGEST_WAIT)
    found = select(calls).where(ready, kept).order_by(calls.c.remind_at).limit(limit)
    async with inbox.reading() as connection:
        return await due_calls(connection, found)


async def settle_reminders(inbox: Inbox, claimed: Sequence[DueCall], *, with_task: Collection[str]) -> None:
    """Twenty has the tasks of these calls as of their settled revisions; those `with_task` have one now.

    A call that was settled anew meanwhile stays due. Raises InboxUnavailable.
    """
    rows = [
        {"sid": call.root_sid, "as_of": call.synced_revision, "has_task": call.root_sid in with_task}
        for call in sorted(claimed, key=lambda call: call.root_sid)
    ]

    async def operation(connection: AsyncConnection) -> None:
        await connection.execute(_SETTLE, rows)

    await inbox.write(operation)


async def defer_reminders(inbox: Inbox, until: Mapping[str, datetime]) -> None:
    """Call SID → when its task is tried again. Raises InboxUnavailable."""
    rows = [{"sid": sid, "at": until[sid]} for sid in sorted(until)]

    async def operation(connection: AsyncConnection) -> None:
        await connection.execute(_DEFER, rows)

    await inbox.write(operation)


_SETTLE = (
    update(calls)
    .where(calls.c.root_sid == bindparam("sid"), calls.c.synced_revision == bindparam("as_of"), kept)
    .values(reminded=bindparam("has_task"), remind_at=None, remind_former=None)
)

_DEFER = (
    update(calls)
    .where(calls.c.root_sid == bindparam("sid"), calls.c.remind_at.is_not(None))
    .values(remind_at=bindparam("at"))
)
