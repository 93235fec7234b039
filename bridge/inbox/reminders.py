"""Calls for which there is a task: what it says is of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bridge.calls.callback import Callback
from bridge.inbox.store import Inbox, callbacks_of
from bridge.inbox.tables import calls, kept

MOST = 100
"""Calls that are read: the last ones."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """A call of a person, for which there was a task when it was settled."""

    root_sid: str
    person_id: str
    callbacks: Sequence[Callback]


async def reminded_calls(inbox: Inbox, person_ids: Sequence[str]) -> list[Reminded]:
    """Those of these people. Raises InboxUnavailable."""
    found = (
        select(calls.c.root_sid, calls.c.person_id)
        .where(calls.c.person_id.in_(person_ids), calls.c.reminded, kept)
        .order_by(calls.c.due_at.desc())
        .limit(MOST * len(person_ids))
    )
    async with inbox.reading() as connection:
        rows = (await connection.execute(found)).all()
        told = await callbacks_of(connection, [sid for sid, _ in rows]) if rows else {}
    return [Reminded(sid, person_id, told[sid]) for sid, person_id in rows if told.get(sid)]
