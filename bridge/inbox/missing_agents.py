"""Adds rows of `agent_calls` that are missing, so that each call stands in the lists of its agents.

During a rolling upgrade a replica of a version without that table stores callbacks, too.
"""

from collections.abc import Iterable
from datetime import datetime

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.agent_call import agents_named
from bridge.calls.callback import Callback
from bridge.inbox.rows import PAGE, fetched, readable
from bridge.inbox.store import Inbox
from bridge.inbox.tables import agent_calls, callbacks, calls, insert_into, kept

NEWEST = 20_000
"""How many callbacks are read at first: a second of work."""

OVERLAP = 1_000
"""Ids that are read again the next time: they could have been committed late."""

Rows = dict[tuple[str, str], datetime]

log = structlog.get_logger()


class MissingAgents:
    """Checks the newest callbacks, and then those that came since."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._position: int | None = None

    async def once(self, _now: datetime) -> int:
        """Adds the missing rows; returns how many. Raises InboxUnavailable."""
        added = 0
        position = await self._first() if self._position is None else max(0, self._position - OVERLAP)
        while page := await self._page(position):
            position, new = page
            added += await self._add(new)
        self._position = position
        if added:
            log.warning("inbox.agents_added", rows=added)
        return added

    async def _first(self) -> int:
        async with self._inbox.reading() as connection:
            return max(0, (await connection.scalar(select(func.max(callbacks.c.id))) or 0) - NEWEST)

    async def _page(self, position: int) -> tuple[int, list[Callback]] | None:
        found = select(callbacks).where(callbacks.c.id > position).order_by(callbacks.c.id).limit(PAGE)
        last = select(func.max(found.with_only_columns(callbacks.c.id).subquery().c.id))
        async with self._inbox.reading() as connection:
            end = await connection.scalar(last)
            return (end, readable(await fetched(connection, found, key=callbacks.c.id))) if end else None

    async def _add(self, new: Iterable[Callback]) -> int:
        named: Rows = {}
        for callback in new:
            for agent in agents_named(callback):
                named.setdefault((callback.root_sid, agent), callback.received_at)
        async with self._inbox.reading() as connection:
            missing = await _missing(connection, named)
        added: list[str] = []
        if missing:
            await self._inbox.write(lambda connection: _insert(connection, missing, added))
        return len(added)


async def _insert(connection: AsyncConnection, missing: Rows, added: list[str]) -> None:
    """Not for calls that were purged meanwhile: what is theirs was deleted once, for good."""
    is_shared = connection.dialect.name == "postgresql"
    found = select(calls.c.root_sid).where(calls.c.root_sid.in_({sid for sid, _ in missing}), kept)
    there = set(await connection.scalars(found.with_for_update(read=True) if is_shared else found))
    rows = [
        {"root_sid": sid, "agent": agent, "at": at}
        for (sid, agent), at in sorted(missing.items())
        if sid in there
    ]
    # The transaction is possibly retried.
    added[:] = [str(row["root_sid"]) for row in rows]
    if rows:
        insert = insert_into(agent_calls, connection.dialect.name)
        await connection.execute(insert.on_conflict_do_nothing(), rows)


async def _missing(connection: AsyncConnection, named: Rows) -> Rows:
    sids = sorted({sid for sid, _ in named})
    found = select(agent_calls.c.root_sid, agent_calls.c.agent).where(agent_calls.c.root_sid.in_(sids))
    there = {(row[0], row[1]) for row in await connection.execute(found)} if sids else set()
    return {key: at for key, at in named.items() if key not in there}
