"""Polls once a second for callbacks that other replicas stored, so that call limits count across replicas."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial

import structlog
from sqlalchemy import ColumnElement, RowMapping, func, select

from bridge import background
from bridge.calls.callback import Callback
from bridge.errors import InboxUnavailable
from bridge.inbox.reading import PAGE, fetched, readable
from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks

LATE_SECONDS = 15.0
"""Longer than a transaction takes: an id still missing then was rolled back, or was a duplicate's."""

MOST_MISSING = 10_000


class SeenIds:
    """Which row ids were read: all up to `highest`, except those that can still appear.

    Ids are allocated before commit, so a gap can fill in later.
    """

    def __init__(self, highest: int) -> None:
        self.highest = highest
        self._missing: dict[int, float] = {}

    def missing(self, *, now: float) -> list[int]:
        """Ids below the highest that can still appear; `now` in seconds of a monotonic clock."""
        self._missing = {one: until for one, until in self._missing.items() if until > now}
        return list(self._missing)

    def add(self, ids: Iterable[int], *, now: float) -> None:
        """Adds ids that were read; the ids in between count as missing from now on."""
        for one in sorted(ids):
            if one <= self.highest:
                self._missing.pop(one, None)
                continue
            first = max(self.highest + 1, one - MOST_MISSING)
            self._missing |= dict.fromkeys(range(first, one), now + LATE_SECONDS)
            self.highest = one
        while len(self._missing) > MOST_MISSING:
            del self._missing[next(iter(self._missing))]


EVERY_SECONDS = 1.0

OVERLAP = 1000
"""How many ids before the newest row the first poll starts: rows can still be uncommitted."""

log = structlog.get_logger()


class CallbackPoller:
    """Reads the callbacks that this and other processes stored, each at least once."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._seen: SeenIds | None = None

    async def poll(self) -> list[Callback]:
        """The callbacks committed since the last poll. Raises InboxUnavailable."""
        if self._seen is None:
            self._seen = SeenIds(max(0, await self._newest() - OVERLAP))
        missing = self._seen.missing(now=asyncio.get_running_loop().time())
        rows = await self._rows(callbacks.c.id.in_(missing)) if missing else []
        while page := await self._rows(callbacks.c.id > self._seen.highest):
            rows += page
        return readable(rows)

    async def _newest(self) -> int:
        async with self._inbox.reading() as connection:
            return await connection.scalar(select(func.max(callbacks.c.id))) or 0

    async def _rows(self, which: ColumnElement[bool]) -> list[RowMapping]:
        found = select(callbacks).where(which).order_by(callbacks.c.id).limit(PAGE)
        async with self._inbox.reading() as connection:
            rows = await fetched(connection, found, key=callbacks.c.id)
        if self._seen:
            self._seen.add([row["id"] for row in rows], now=asyncio.get_running_loop().time())
        return rows


@asynccontextmanager
async def poll_replicas(inbox: Inbox, heard: Callable[[Callback], None]) -> AsyncIterator[None]:
    """Calls `heard` with other replicas' callbacks; does nothing on SQLite, which one process serves."""
    if not inbox.is_shared:
        yield
        return
    task = background.keep_running(partial(_follow, inbox, heard), name="other replicas")
    try:
        yield
    finally:
        await background.stop(task)


async def _follow(inbox: Inbox, heard: Callable[[Callback], None]) -> None:
    poller = CallbackPoller(inbox)
    while True:
        try:
            found = await poller.poll()
        except InboxUnavailable as error:
            log.warning("replicas.unavailable", reason=str(error))
            found = []
        except Exception:
            log.exception("replicas.poll_failed")
            found = []
        for callback in found:
            heard(callback)
        if found:
            # The worker of this process drains at once, and does not wait for its next poll.
            inbox.news.set()
        await asyncio.sleep(EVERY_SECONDS)
