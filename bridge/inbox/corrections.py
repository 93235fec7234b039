"""Corrections: users who moved a call to another person in Twenty."""

from collections.abc import Mapping

from sqlalchemy import select, update

from bridge.inbox.rows import chunks
from bridge.inbox.store import Inbox
from bridge.inbox.tables import calls, due, kept


async def requeue_moved(inbox: Inbox, people: Mapping[str, str | None], *, by_api: bool = False) -> int:
    """Makes calls due whose person in Twenty differs from the one that was written; returns how many.

    `people` maps call SID → person id in Twenty. With `by_api` an API key made the change: possibly
    the bridge itself, whose own write is settled a moment later. Raises InboxUnavailable.
    """
    changed = 0
    for sids in chunks(sorted(people)):
        if found := await _differing(inbox, {sid: people[sid] for sid in sids}, by_api=by_api):
            following = calls.c.revision + 1
            changed += await inbox.change(
                update(calls)
                .where(calls.c.root_sid.in_(found), kept)
                .values(revision=following, anew_revision=following)
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
