"""What several replicas of one database share: the callbacks that each stored, and leases.

Each polls once a second for callbacks that others stored, so that call limits count across replicas. Under a
lease's name one of all replicas acts at a time.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, or_, select, update

from bridge import background
from bridge.calls.callback import Callback
from bridge.errors import InboxUnavailable
from bridge.inbox.rows import PAGE, fetched, readable
from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks, insert_into, leases

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

    def complete(self, *, now: float) -> int:
        """Up to which id no callback can appear any more."""
        return min(self.missing(now=now), default=self.highest + 1) - 1

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

    @property
    def position(self) -> int:
        """An id up to which all callbacks were read; 0 before the first poll."""
        return self._seen.complete(now=asyncio.get_running_loop().time()) if self._seen else 0

    async def poll(self) -> list[Callback]:
        """The callbacks committed since the last poll. Raises InboxUnavailable."""
        if self._seen is None:
            self._seen = SeenIds(max(0, await self._newest() - OVERLAP))
        now, highest = asyncio.get_running_loop().time(), self._seen.highest
        missing = self._seen.missing(now=now)
        rows = await self._rows(callbacks.c.id.in_(missing)) if missing else []
        while page := await self._rows(callbacks.c.id > highest):
            rows += page
            highest = page[-1]["id"]
        # Only now: where a later page fails, the next poll reads all of them.
        self._seen.add([row["id"] for row in rows], now=now)
        return readable(rows)

    async def _newest(self) -> int:
        async with self._inbox.reading() as connection:
            return await connection.scalar(select(func.max(callbacks.c.id))) or 0

    async def _rows(self, which: ColumnElement[bool]) -> list[RowMapping]:
        found = select(callbacks).where(which).order_by(callbacks.c.id).limit(PAGE)
        async with self._inbox.reading(in_one_statement=True) as connection:
            return await fetched(connection, found, key=callbacks.c.id)


@asynccontextmanager
async def poll_replicas(inbox: Inbox, listener: Callable[[Callback], None]) -> AsyncIterator[None]:
    """Calls `listener` with other replicas' callbacks; does nothing on SQLite, which one process serves."""
    if not inbox.is_shared:
        yield
        return
    task = background.keep_running(partial(_follow, inbox, listener), name="other replicas")
    try:
        yield
    finally:
        await background.stop(task)


async def _follow(inbox: Inbox, listener: Callable[[Callback], None]) -> None:
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
            listener(callback)
        if found:
            # The worker of this process drains at once, and does not wait for its next poll.
            inbox.news.set()
        await asyncio.sleep(EVERY_SECONDS)


LONGEST = timedelta(minutes=2)
"""After that a name is free whose process died; a request to Twilio takes less, with its retries."""

PROCESS_BYTES = 8

PROCESS = secrets.token_bytes(PROCESS_BYTES)
"""The beginning of the holders of this process. SQLite serves one process: there all others have died."""


@asynccontextmanager
async def lease(
    inbox: Inbox, name: str, *, keep: timedelta = timedelta(), lasts: timedelta = LONGEST
) -> AsyncIterator[bool]:
    """Whether this block holds the name: until it ends, and for `keep` after.

    The name of a process that died is free after `lasts`; a block that takes longer renews its lease. A block
    that fails frees the name at once. Raises InboxUnavailable.
    """
    holder = PROCESS + secrets.token_bytes(16 - PROCESS_BYTES)
    if not await _taken(inbox, name, holder, until=datetime.now(UTC) + lasts):
        yield False
        return
    own = and_(leases.c.name == name, leases.c.holder == holder)
    renewing = background.start(_renewed(inbox, own, lasts), name="a lease") if lasts < LONGEST else None
    until = datetime.now(UTC)
    try:
        yield True
        until = datetime.now(UTC) + keep
    finally:
        if renewing:
            await background.stop(renewing)
        # What was done is done: where the database is away by now, the lease ends by itself.
        with suppress(InboxUnavailable):
            await inbox.change(update(leases).where(own).values(until=until))


async def _renewed(inbox: Inbox, own: ColumnElement[bool], lasts: timedelta) -> None:
    while True:
        await asyncio.sleep(lasts.total_seconds() / 3)
        with suppress(InboxUnavailable):
            await inbox.change(update(leases).where(own).values(until=datetime.now(UTC) + lasts))


async def _taken(inbox: Inbox, name: str, holder: bytes, *, until: datetime) -> bool:
    """One statement, so that one of several takes it; one that is tried again finds its own."""
    now = datetime.now(UTC)
    new = insert_into(leases, inbox.dialect_name)
    # After a clock jumped back, a name would otherwise be held for the length of the jump. Clocks of
    # replicas differ by less than LONGEST.
    is_free = or_(leases.c.until <= now, leases.c.until > now + 2 * LONGEST, leases.c.holder == holder)
    if not inbox.is_shared:
        is_free = or_(is_free, func.substr(leases.c.holder, 1, PROCESS_BYTES) != PROCESS)
    taking = new.values(name=name, holder=holder, until=until).on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": new.excluded.holder, "until": new.excluded.until},
        where=is_free,
    )
    return await inbox.change(taking) > 0


async def drop_ended_leases(inbox: Inbox, *, now: datetime) -> int:
    """Drops the rows of free names; returns how many. Raises InboxUnavailable."""
    return await inbox.change(delete(leases).where(leases.c.until < now - LONGEST))
