"""Retention: purges the callbacks of old settled calls; the emptied row of the call stays.

A due or parked call is never purged. On SQLite the file does not shrink: freed pages are reused, so that its
size stays that of `inbox.keep_days` of calls.
"""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.store import Inbox
from bridge.inbox.tables import (
    agent_calls,
    attempts,
    callbacks,
    calls,
    parked,
)
from bridge.inbox.transcripts.erasing import drop_transcripts_of
from bridge.inbox.transcripts.results import drop_results_before, drop_results_of

BATCH = 50
"""Callbacks per transaction, which holds SQLite's write lock for some milliseconds."""

PAUSE_SECONDS = 0.05
"""Pause between two transactions, in which arriving callbacks are stored."""


async def purge(inbox: Inbox, *, before: datetime) -> int:
    """Purges settled calls without a callback since `before`; returns how many. Raises InboxUnavailable."""
    done = and_(
        calls.c.due_at < before,
        calls.c.revision <= calls.c.synced_revision,
        ~parked,
    )
    purged, after = 0, 0
    # Callbacks have ids in order of arrival, so the oldest come first without another index.
    while page := await _page(inbox, after):
        old = {root_sid for _, root_sid, received_at in page if received_at < before}
        if not old:
            break
        purged += await drop(inbox, old, where=or_(done, calls.c.purged == true()))
        after = page[-1][0]
        await asyncio.sleep(PAUSE_SECONDS)
    return purged


async def _page(inbox: Inbox, after: int) -> list[tuple[int, str, datetime]]:
    found = (
        select(callbacks.c.id, callbacks.c.root_sid, callbacks.c.received_at)
        .where(callbacks.c.id > after)
        .order_by(callbacks.c.id)
        .limit(BATCH)
    )
    async with inbox.reading() as connection:
        return [(row[0], row[1], row[2]) for row in await connection.execute(found)]


async def drop(
    inbox: Inbox,
    root_sids: Collection[str],
    *,
    where: ColumnElement[bool] | None = None,
    scrub: bool = False,
) -> int:
    """Deletes all data of those of these calls for which `where` holds; returns how many.

    SQLite leaves deleted data in free pages of the file; `scrub` overwrites it. Raises InboxUnavailable.
    """
    dropped: list[str] = []

    async def operation(connection: AsyncConnection) -> None:
        if scrub and connection.dialect.name == "sqlite":
            await connection.exec_driver_sql("PRAGMA secure_delete=ON")
        asked = calls.c.root_sid.in_(root_sids)
        chosen = select(calls.c.root_sid).where(asked if where is None else and_(asked, where))
        if connection.dialect.name == "postgresql":
            chosen = chosen.order_by(calls.c.root_sid).with_for_update()
        # The transaction is possibly retried.
        dropped[:] = (await connection.execute(chosen)).scalars()
        if dropped:
            await _drop(connection, dropped)

    await inbox.write(operation)
    return len(dropped)


async def _drop(connection: AsyncConnection, root_sids: Collection[str]) -> None:
    await connection.execute(
        update(calls)
        .where(calls.c.root_sid.in_(root_sids))
        .values(
            purged=True,
            synced_revision=calls.c.revision,
            parked_reason=None,
            last_error=None,
            matched=False,
            number=None,
            person_id=None,
            match=None,
            written=None,
            fields=None,
            open_since=None,
            not_before=None,
            remind_at=None,
            remind_former=None,
            unread=None,
        )
    )
    await drop_results_of(connection, root_sids)
    await drop_transcripts_of(connection, root_sids)
    await connection.execute(delete(callbacks).where(callbacks.c.root_sid.in_(root_sids)))
    await connection.execute(delete(agent_calls).where(agent_calls.c.root_sid.in_(root_sids)))
    await connection.execute(delete(attempts).where(attempts.c.root_sid.in_(root_sids)))


class Retention:
    """Purges calls and transcription results older than `keep`."""

    def __init__(self, inbox: Inbox, keep: timedelta) -> None:
        self._inbox = inbox
        self._keep = keep

    async def once(self, now: datetime) -> int:
        """Purges once; returns how many calls. Raises InboxUnavailable."""
        await drop_results_before(self._inbox, now - self._keep)
        return await purge(self._inbox, before=now - self._keep)
