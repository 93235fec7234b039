"""What other replicas were told: looked for about each second, so that limits hold for all together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial

import structlog
from sqlalchemy import ColumnElement, RowMapping, func, select

from bridge import background
from bridge.calls.callback import Callback
from bridge.errors import InboxUnavailable
from bridge.inbox.reading import fetched, readable
from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks

LATE_SECONDS = 15.0
"""Longer than a transaction takes: what is missing for so long was given up, or was a duplicate."""

MOST_MISSING = 10_000


class SeenIds:
    """Ids up to `highest` were seen, but for those that may still come."""

    def __init__(self, highest: int) -> None:
        self.highest = highest
        self._missing: dict[int, float] = {}

    def missing(self, *, now: float) -> list[int]:
        """Ids below the highest that may still come; `now` in seconds, of any clock that does not jump."""
        self._missing = {one: until for one, until in self._missing.items() if until > now}
        return list(self._missing)

    def add(self, ids: Iterable[int], *, now: float) -> None:
        """Takes note of ids; those in between that are not among them are missing from now on."""
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
PAGE = 1000

OVERLAP = 1000
"""How far before the newest row the first look goes: rows may be on their way."""

log = structlog.get_logger()


class CallbackPoller:
    """The callbacks that this or any other process kept, in pages, each once or more."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._seen: SeenIds | None = None

    async def poll(self) -> list[Callback]:
        """Those that have turned up since the last look. Raises InboxUnavailable."""
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
    """Tells of other replicas' callbacks; of a database that no other process serves there are none."""
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
            # Whoever drains need not wait for its own look at what is due.
            inbox.news.set()
        await asyncio.sleep(EVERY_SECONDS)
