"""What the inbox was told of calls that Twilio remembers, and which calls it thinks go on."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, false, select, true, union

from bridge.calls.callback import Callback
from bridge.inbox.store import Inbox, callbacks_of
from bridge.inbox.tables import calls, due, kept

PAGE = 200


class Known:
    """What was told of some calls; `purged` are those whose callbacks were dropped."""

    def __init__(self, told: dict[str, list[Callback]], purged: set[str]) -> None:
        self._told = told
        self.purged = purged

    def __contains__(self, root_sid: object) -> bool:
        return root_sid in self._told or root_sid in self.purged

    def told(self, root_sid: str) -> Sequence[Callback]:
        """The callbacks of a call; none of one that nobody told of."""
        return self._told.get(root_sid, ())


async def known_of(inbox: Inbox, root_sids: Collection[str]) -> Known:
    """What the inbox was told of these calls."""
    told: dict[str, list[Callback]] = {}
    purged: set[str] = set()
    ordered = sorted(root_sids)
    for first in range(0, len(ordered), PAGE):
        these = ordered[first : first + PAGE]
        dropped = select(calls.c.root_sid).where(calls.c.root_sid.in_(these), calls.c.purged == true())
        async with inbox.reading() as connection:
            purged.update((await connection.scalars(dropped)).all())
            told.update(await callbacks_of(connection, these))
    return Known(told, purged)


async def which_are_known(inbox: Inbox, root_sids: Collection[str]) -> set[str]:
    """Those of which the inbox ever heard, purged ones too."""
    async with inbox.reading() as connection:
        found = select(calls.c.root_sid).where(calls.c.root_sid.in_(list(root_sids)))
        return set((await connection.scalars(found)).all())


async def going_on(inbox: Inbox, *, after: datetime, before: datetime, limit: int) -> list[str]:
    """Calls that nobody ended, of which something was last heard between these; the last ones first."""
    heard = and_(calls.c.due_at > after, calls.c.due_at < before)
    columns = select(calls.c.root_sid, calls.c.due_at).where(kept, heard)
    # One index serves those that Twenty shows as going on, another those that it does not show yet.
    either = union(
        columns.where(calls.c.open_since.is_not(None)),
        columns.where(due, calls.c.ended == false()),
    ).subquery()
    found = select(either.c.root_sid).order_by(either.c.due_at.desc()).limit(limit)
    async with inbox.reading() as connection:
        return list((await connection.scalars(found)).all())
