"""What makes calls due again besides a callback: operators, changed people, corrections, uncertain writes.

All functions raise InboxUnavailable; those that return a number say how many calls became due.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.rows import KINDS, UNCERTAIN, chunks
from bridge.inbox.store import Inbox
from bridge.inbox.tables import calls, due, kept, parked, unmatched, unread

RELINKED = "people relinked"
"""The checkpoint of the last relink."""

STEP = 1000
"""Calls that one transaction makes due: it holds SQLite's write lock for some milliseconds."""

PAUSE_SECONDS = 0.12
"""Between these transactions: SQLite's writers poll for the lock, up to 100 ms apart, and would starve."""

LOOKED_UP = 50 * STEP
"""Calls that one query looks up for them: no index has the conditions in the order of SIDs, so it sorts."""

_NEXT = calls.c.revision + 1

_AGAIN: dict[str, Any] = {"revision": _NEXT, "parked_reason": None, "not_before": None}
"""The values that make a settled, parked or deferred call due."""


async def retry(inbox: Inbox, root_sid: str | None) -> int:
    """Makes a call due, or (None) all parked ones."""
    one = [] if root_sid is None else [calls.c.root_sid == root_sid]
    return await _make_due(inbox, [*one, kept if one else and_(parked, kept)], deferrals=0)


async def relink(inbox: Inbox, numbers: Collection[str] | None, *, since: datetime) -> int:
    """Makes calls without a person due, so that they are matched again.

    Only calls of these numbers (E.164; None: of any number) with a callback after `since`.
    """
    wanted = [unmatched, calls.c.due_at > since]
    if numbers is not None:
        wanted.append(calls.c.number.in_(list(numbers)))
    # Informs the replica that drains, whose cache possibly says that these people do not exist.
    await Checkpoints(inbox).save(RELINKED, datetime.now(UTC))
    return await _make_due(inbox, wanted, anew_revision=_NEXT, matched=False)


async def relinked_at(inbox: Inbox) -> datetime | None:
    """When any process last called `relink`."""
    return await Checkpoints(inbox).get(RELINKED)


async def unlink(inbox: Inbox, person_id: str) -> int:
    """Removes a deleted person from their calls, whose next write matches again; returns how many."""
    statement = (
        update(calls)
        .where(calls.c.person_id == person_id)
        .values(
            # Both by one: a settled call stays settled; a write in progress settles an older revision.
            revision=_NEXT,
            synced_revision=calls.c.synced_revision + 1,
            anew_revision=_NEXT,
            matched=False,
            person_id=None,
        )
    )
    return await inbox.change(statement)


async def requeue_moved(inbox: Inbox, people: Mapping[str, str | None], *, by_api: bool = False) -> int:
    """Makes calls due whose person in Twenty differs from the one that was written.

    `people` maps call SID → person id in Twenty. With `by_api` an API key made the change: possibly
    the bridge itself, whose own write is settled a moment later.
    """
    changed = 0
    for sids in chunks(sorted(people)):
        if found := await _differing(inbox, {sid: people[sid] for sid in sids}, by_api=by_api):
            changed += await inbox.change(
                update(calls)
                .where(calls.c.root_sid.in_(found), kept)
                .values(revision=_NEXT, anew_revision=_NEXT)
            )
    if changed:
        inbox.news.set()
    return changed


async def _differing(inbox: Inbox, people: Mapping[str, str | None], *, by_api: bool) -> list[str]:
    known = select(calls.c.root_sid, calls.c.person_id).where(
        calls.c.root_sid.in_(list(people)), calls.c.written.is_not(None), kept
    )
    if by_api:
        known = known.where(calls.c.person_id.is_not(None), ~due)
    async with inbox.reading() as connection:
        rows = (await connection.execute(known)).all()
    return sorted(sid for sid, person_id in rows if person_id != people[sid])


async def requeue_uncertain(inbox: Inbox, root_sids: Collection[str]) -> None:
    """Makes written calls due again after an uncertain write, so that they are written once more."""
    which = and_(calls.c.root_sid.in_(root_sids), calls.c.written.is_not(None), kept)
    await inbox.change(
        update(calls)
        .where(which)
        .values(revision=_NEXT, anew_revision=_NEXT, written=UNCERTAIN, not_before=None)
    )
    inbox.news.set()


async def requeue_readable(inbox: Inbox) -> int:
    """Makes calls due with callbacks that only this newer version can read."""
    statement = (
        update(calls)
        .where(calls.c.unread.in_(KINDS), kept)
        .values(revision=_NEXT, unread=None, not_before=None)
    )
    return await inbox.change(statement)


async def unread_kinds(connection: AsyncConnection) -> dict[str, int]:
    """Kinds of callbacks that only a newer version reads → how many calls have them."""
    counted = select(calls.c.unread, func.count()).where(unread, calls.c.unread.not_in(KINDS))
    rows = await connection.execute(counted.group_by(calls.c.unread).order_by(calls.c.unread))
    return {row[0]: row[1] for row in rows}


async def requeue_joined(inbox: Inbox, root_sids: Collection[str]) -> None:
    """Makes these calls due, because callbacks of their legs arrived without naming them."""
    if root_sids:
        await _make_due(inbox, [calls.c.root_sid.in_(sorted(root_sids)), kept])


async def _make_due(inbox: Inbox, wanted: Sequence[ColumnElement[bool]], **values: Any) -> int:
    """Makes all these calls due, parked ones too, and sets `values`.

    In steps of STEP calls, so that callbacks are stored in between.
    """
    made, after = 0, ""
    while page := await _page(inbox, wanted, after):
        for first in range(0, len(page), STEP):
            if after or first:
                await _give_way(inbox)
            these = calls.c.root_sid.in_(page[first : first + STEP])
            made += await inbox.change(update(calls).where(these, *wanted).values(_AGAIN | values))
            inbox.news.set()
        after = page[-1]
    return made


async def _give_way(inbox: Inbox) -> None:
    """Leaves SQLite's lock to other processes that wait for it."""
    if not inbox.is_shared:
        await asyncio.sleep(PAUSE_SECONDS)


async def _page(inbox: Inbox, wanted: Sequence[ColumnElement[bool]], after: str) -> Sequence[str]:
    found = select(calls.c.root_sid).where(*wanted, calls.c.root_sid > after)
    async with inbox.reading() as connection:
        return (await connection.scalars(found.order_by(calls.c.root_sid).limit(LOOKED_UP))).all()
