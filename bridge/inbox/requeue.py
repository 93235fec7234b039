"""What makes calls due again besides a callback: operators, changed people, corrections, uncertain writes.

All functions raise InboxUnavailable; those that return a number say how many calls became due.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, func, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.rows import KINDS, UNCERTAIN, chunks
from bridge.inbox.store import Inbox
from bridge.inbox.tables import Moment, calls, due, kept, listed, parked, unmatched, unread

RELINKED = "people relinked"
"""The checkpoint of the last relink."""

STEP = 1000
"""Calls that one transaction changes: it holds SQLite's write lock for some milliseconds."""

PAUSE_SECONDS = 0.12
"""Between these transactions: SQLite's writers poll for the lock, up to 100 ms apart, and would starve."""

LOOKED_UP = 50 * STEP
"""Calls that one query looks up on SQLite: no index has the conditions in this order, so it sorts."""

LOOKED_UP_IN_ORDER = 5 * STEP
"""On PostgreSQL, which goes along the index of `due_at`, and has its limit of time for each query."""

_NEXT = calls.c.revision + 1

_AGAIN: dict[str, Any] = {"revision": _NEXT, "parked_reason": None, "not_before": None}
"""The values that make a settled, parked or deferred call due."""

_ANEW = _AGAIN | {"anew_revision": _NEXT, "matched": False}
"""The values that make a call due that is to be matched again."""

AROUND = timedelta(minutes=70)
"""How far the time of a settlement that was under way can be from when people changed.

It waits for Twenty's limit, and for its commit; and the clock can be set by an hour meanwhile.
"""

LONGEST_DUE = timedelta(days=1)
"""How old the last callback of such a call can be: no older calls are read."""

Progress = Callable[[int], object]
"""Is given how many calls a step has changed."""


def _unwatched(_changed: int) -> None:
    """For changes that no person waits for."""


async def retry(inbox: Inbox, root_sid: str | None) -> int:
    """Makes a call due, or (None) all parked ones."""
    one = [] if root_sid is None else [calls.c.root_sid == root_sid]
    wanted = [*one, kept if one else and_(parked, kept)]
    return await _change(inbox, wanted, _AGAIN | {"deferrals": 0})


async def relink(
    inbox: Inbox, numbers: Collection[str] | None, *, since: datetime, progress: Progress = _unwatched
) -> int:
    """Makes calls without a person due, so that they are matched again.

    Only calls of these numbers (E.164; None: of any number) with a callback after `since`.
    """
    wanted = _unmatched_since(since)
    if numbers is not None:
        wanted.append(calls.c.number.in_(list(numbers)))
    # Informs the replica that drains, whose cache possibly says that these people do not exist.
    await Checkpoints(inbox).save(RELINKED, datetime.now(UTC))
    return await _change(inbox, wanted, _ANEW, progress)


async def relink_interrupted(inbox: Inbox) -> int:
    """Makes calls due that were settled without a person as people changed, or right after that.

    They can have been looked up before. The process that wrote them matches them again, unless it was killed.
    """
    at = await relinked_at(inbox)
    if at is None:
        return 0
    settled = calls.c.settled_at.between(at - AROUND, at + AROUND)
    return await _change(inbox, [listed, calls.c.due_at > at - LONGEST_DUE, settled, unmatched], _ANEW)


async def count_unmatched(inbox: Inbox, *, since: datetime) -> int:
    """How many calls `relink` makes due."""
    async with inbox.reading() as connection:
        counted = select(func.count()).select_from(calls).where(*_unmatched_since(since))
        return int(await connection.scalar(counted) or 0)


async def unmatched_among(inbox: Inbox, numbers: Collection[str], *, since: datetime) -> set[str]:
    """Those of these numbers (E.164) of which `relink` would make calls due."""
    found: set[str] = set()
    for some in chunks(sorted(numbers)):
        theirs = select(calls.c.number).where(*_unmatched_since(since), calls.c.number.in_(some)).distinct()
        async with inbox.reading() as connection:
            found.update((await connection.scalars(theirs)).all())
    return found


def _unmatched_since(since: datetime) -> list[ColumnElement[bool]]:
    return [unmatched, calls.c.due_at > since]


async def relinked_at(inbox: Inbox) -> datetime | None:
    """When any process last called `relink`."""
    return await Checkpoints(inbox).get(RELINKED)


async def unlink(inbox: Inbox, person_id: str) -> int:
    """Removes a deleted person from their calls, whose next write matches again; returns how many."""
    return await _change(
        inbox,
        [calls.c.person_id == person_id],
        {
            # Both by one: a settled call stays settled; a write in progress settles an older revision.
            "revision": _NEXT,
            "synced_revision": calls.c.synced_revision + 1,
            "anew_revision": _NEXT,
            "matched": False,
            "person_id": None,
        },
    )


async def unlink_deleted(inbox: Inbox, people: Mapping[str, datetime]) -> int:
    """Removes people from their calls who were deleted, person id → when; how many calls became due.

    Due are those that were written about then or since, possibly with a person who was not there any more.
    The others are matched again when they are written next.
    """
    made_due = 0
    for person_id in await _with_calls(inbox, people):
        written_since = calls.c.settled_at >= people[person_id] - AROUND
        these = [calls.c.person_id == person_id, calls.c.written.is_not(None), written_since, kept]
        made_due += await _change(inbox, these, _ANEW | {"person_id": None})
        await unlink(inbox, person_id)
    return made_due


async def _with_calls(inbox: Inbox, people: Collection[str]) -> list[str]:
    """Those of these people who have calls."""
    found: list[str] = []
    for some in chunks(sorted(people)):
        theirs = select(calls.c.person_id).where(calls.c.person_id.in_(some)).distinct()
        async with inbox.reading() as connection:
            found += (await connection.scalars(theirs)).all()
    return found


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
    wanted = [calls.c.unread.in_(KINDS), kept]
    return await _change(inbox, wanted, {"revision": _NEXT, "unread": None, "not_before": None})


async def unread_kinds(connection: AsyncConnection) -> dict[str, int]:
    """Kinds of callbacks that only a newer version reads → how many calls have them."""
    counted = select(calls.c.unread, func.count()).where(unread, calls.c.unread.not_in(KINDS))
    rows = await connection.execute(counted.group_by(calls.c.unread).order_by(calls.c.unread))
    return {row[0]: row[1] for row in rows}


async def requeue_joined(inbox: Inbox, root_sids: Collection[str]) -> None:
    """Makes these calls due, because callbacks of their legs arrived without naming them."""
    if root_sids:
        await _change(inbox, [calls.c.root_sid.in_(sorted(root_sids)), kept], _AGAIN)


async def _change(
    inbox: Inbox,
    wanted: Sequence[ColumnElement[bool]],
    values: Mapping[str, Any],
    progress: Progress = _unwatched,
) -> int:
    """Sets these values of all these calls, in steps of STEP calls: callbacks are stored in between."""
    # By root_sid alone: an index with one of the conditions would be read in full at each step.
    still_wanted = case((and_(*wanted), 1), else_=0) == 1
    changed, last = 0, None
    while page := await _page(inbox, wanted, last):
        for first in range(0, len(page), STEP):
            if last or first:
                await _give_way(inbox)
            these = calls.c.root_sid.in_([row["root_sid"] for row in page[first : first + STEP]])
            step = await inbox.change(update(calls).where(these, still_wanted).values(values))
            inbox.news.set()
            progress(step)
            changed += step
        last = page[-1]
    return changed


async def _give_way(inbox: Inbox) -> None:
    """Leaves SQLite's lock to other processes that wait for it."""
    if not inbox.is_shared:
        await asyncio.sleep(PAUSE_SECONDS)


async def _page(
    inbox: Inbox, wanted: Sequence[ColumnElement[bool]], last: RowMapping | None
) -> Sequence[RowMapping]:
    """The calls after the last one; those that stand together in the table, one after the other."""
    found = select(calls.c.root_sid, calls.c.due_at).where(*wanted)
    order = (calls.c.due_at, calls.c.root_sid)
    if last:
        found = found.where(tuple_(*order) > tuple_(literal(last["due_at"], Moment), last["root_sid"]))
    most = LOOKED_UP_IN_ORDER if inbox.is_shared else LOOKED_UP
    async with inbox.reading() as connection:
        return (await connection.execute(found.order_by(*order).limit(most))).mappings().all()
