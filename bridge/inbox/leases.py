"""Leases: under one name, one of all replicas acts at a time."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, delete, or_, update
from sqlalchemy.dialects import postgresql, sqlite

from bridge.errors import InboxUnavailable
from bridge.inbox.store import Inbox
from bridge.inbox.tables import leases

LONGEST = timedelta(minutes=2)
"""After that a name is free whose process died; a request to Twilio takes less, with its retries."""


@asynccontextmanager
async def lease(inbox: Inbox, name: str, *, keep: timedelta = timedelta()) -> AsyncIterator[bool]:
    """Whether this block holds the name: until it ends, and for `keep` after.

    A block that fails frees the name at once. Raises InboxUnavailable.
    """
    holder = secrets.token_bytes(16)
    if not await _taken(inbox, name, holder, now=datetime.now(UTC)):
        yield False
        return
    until = datetime.now(UTC)
    try:
        yield True
        until = datetime.now(UTC) + keep
    finally:
        own = and_(leases.c.name == name, leases.c.holder == holder)
        # What was done is done: where the database is away by now, the lease ends by itself.
        with suppress(InboxUnavailable):
            await inbox.change(update(leases).where(own).values(until=until))


async def _taken(inbox: Inbox, name: str, holder: bytes, *, now: datetime) -> bool:
    """One statement, so that one of several takes it; one that is tried again finds its own."""
    new = (postgresql if inbox.is_shared else sqlite).insert(leases)
    # After a clock jumped back, a name would otherwise be held for the length of the jump. Clocks of
    # replicas differ by less than LONGEST.
    is_free = or_(leases.c.until <= now, leases.c.until > now + 2 * LONGEST, leases.c.holder == holder)
    taking = new.values(name=name, holder=holder, until=now + LONGEST).on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": new.excluded.holder, "until": new.excluded.until},
        where=is_free,
    )
    return await inbox.change(taking) > 0


async def drop_ended_leases(inbox: Inbox, *, now: datetime) -> int:
    """Drops the rows of names that are free; how many."""
    return await inbox.change(delete(leases).where(leases.c.until < now - LONGEST))
