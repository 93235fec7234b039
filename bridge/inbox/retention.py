"""Drops the callbacks of calls that are over and done with; the row of the call stays, and keeps nothing.

A call that is due or parked is never purged. On SQLite the file does not shrink: what is freed is used
again, so it stays as large as `inbox.keep_days` of calls are.
"""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.store import Inbox
from bridge.inbox.tables import attempts, callbacks, calls, parked
from bridge.inbox.transcripts import drop_results_before, drop_results_of

BATCH = 50
"""Callbacks that are looked at for one transaction: it holds SQLite's write lock for some milliseconds."""

PAUSE_SECONDS = 0.05
"""Between two of them; callbacks that arrive go first."""


async def purge(inbox: Inbox, *, before: datetime) -> int:
    """Purges calls of which nothing was heard since; how many."""
    done = and_(
        calls.c.due_at < before,
        calls.c.revision <= calls.c.synced_revision,
        ~parked,
    )
    purged, after = 0, 0
    # Callbacks are numbered as they arrive, so the old ones are the first: no index is needed to find them.
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
    """Drops all that is known of those of these calls `where` it holds; how many that were.

    SQLite leaves in the file what is dropped, until something else stands there, unless told to `scrub`.
    """
    dropped: list[str] = []

    async def operation(connection: AsyncConnection) -> None:
        if scrub and connection.dialect.name == "sqlite":
            await connection.exec_driver_sql("PRAGMA secure_delete=ON")
        asked = calls.c.root_sid.in_(root_sids)
        chosen = select(calls.c.root_sid).where(asked if where is None else and_(asked, where))
        if connection.dialect.name == "postgresql":
            chosen = chosen.order_by(calls.c.root_sid).with_for_update()
        # A transaction may be tried again.
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
            unread=None,
        )
    )
    await drop_results_of(connection, root_sids)
    await connection.execute(delete(callbacks).where(callbacks.c.root_sid.in_(root_sids)))
    await connection.execute(delete(attempts).where(attempts.c.root_sid.in_(root_sids)))


class Retention:
    """Purges what is older than `keep`."""

    def __init__(self, inbox: Inbox, keep: timedelta) -> None:
        self._inbox = inbox
        self._keep = keep

    async def once(self, now: datetime) -> int:
        """How many calls were purged."""
        await drop_results_before(self._inbox, now - self._keep)
        return await purge(self._inbox, before=now - self._keep)
