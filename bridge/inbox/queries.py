"""Queries of the inbox: for agents, operators, reconciliation, call limits and recordings.

All of them raise InboxUnavailable.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Row,
    RowMapping,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.legs import may_be_leg
from bridge.calls.people.matching import Match
from bridge.inbox.rows import (
    AttemptOutcome,
    callbacks_of,
    calls_of_legs,
    chunks,
    fetched,
    match_of,
    readable,
    reason,
)
from bridge.inbox.store import Inbox
from bridge.inbox.tables import attempts, callbacks, calls, due, kept, listed, of_leg, parked

log = structlog.get_logger()


class State(StrEnum):
    """A call's state in the queue."""

    DUE = "due"
    SETTLED = "settled"
    PARKED = "parked"
    PURGED = "purged"
    """Its callbacks were dropped: by age, or because a person's data was erased."""


class KnownCall(Struct, frozen=True, kw_only=True):
    """A call as the inbox has it; `heard_at` is the arrival of its last callback."""

    root_sid: str
    state: State
    heard_at: datetime
    settled_at: datetime | None
    attempts: int
    error: str | None
    match: Match | None
    callbacks: tuple[Callback, ...]


async def known_call(inbox: Inbox, sid: str) -> KnownCall | None:
    """The call with this SID, or with a leg of this SID; None where the inbox has neither."""
    async with inbox.reading() as connection:
        row = await _row(connection, sid)
        if row is None:
            leg_of = select(callbacks.c.root_sid).where(callbacks.c.call_sid == sid, of_leg).limit(1)
            root_sid = await connection.scalar(leg_of)
            row = await _row(connection, root_sid) if root_sid else None
        if row is None:
            return None
        stored = await callbacks_of(connection, [row["root_sid"]])
        if may_be_leg(stored[row["root_sid"]]):
            roots = await calls_of_legs(connection, [row["root_sid"]])
            row = await _row(connection, roots.get(row["root_sid"], row["root_sid"])) or row
            stored = await callbacks_of(connection, [row["root_sid"]])
        return known_call_of(row, sorted(stored[row["root_sid"]], key=lambda c: c.received_at))


async def _row(connection: AsyncConnection, sid: str) -> RowMapping | None:
    return (await connection.execute(select(calls).where(calls.c.root_sid == sid))).mappings().first()


def known_call_of(row: RowMapping, stored: Sequence[Callback]) -> KnownCall:
    """A row of `calls`, with its callbacks, as a known call."""
    return KnownCall(
        root_sid=row["root_sid"],
        state=_state(row),
        heard_at=row["due_at"],
        settled_at=row["settled_at"],
        attempts=row["attempts"],
        error=row["parked_reason"] or row["last_error"],
        match=match_of(row["match"]) if row["match"] else None,
        callbacks=tuple(stored),
    )


def readable_call(row: RowMapping, stored: Sequence[Callback]) -> KnownCall | None:
    """The same; None where the row cannot be read, which is logged."""
    try:
        return known_call_of(row, stored)
    # For example a person stored by a newer version.
    except Exception as problem:
        log.error("inbox.call_unreadable", call_sid=row["root_sid"], reason=reason(problem))
        return None


def _state(row: RowMapping) -> State:
    if row["purged"]:
        return State.PURGED
    if row["parked_reason"] is not None:
        return State.PARKED
    return State.DUE if row["revision"] > row["synced_revision"] else State.SETTLED


async def stored_digests(inbox: Inbox, digests: Collection[bytes]) -> set[bytes]:
    """Which of these callbacks are stored."""
    found: set[bytes] = set()
    async with inbox.reading() as connection:
        for some in chunks(sorted(digests)):
            wanted = select(callbacks.c.digest).where(callbacks.c.digest.in_(some))
            found |= set((await connection.execute(wanted)).scalars())
    return found


async def roots_of_legs(inbox: Inbox, sids: Collection[str]) -> dict[str, str]:
    """Leg SID → call SID, of those that a callback names together with their call."""
    found: dict[str, str] = {}
    async with inbox.reading() as connection:
        for some in chunks(sorted(sids)):
            found |= await calls_of_legs(connection, some)
    return found


LISTED = 200
"""Calls that a list reads at a time."""


class StoredCalls:
    """The callbacks of some calls; `purged` has the calls whose callbacks were dropped."""

    def __init__(self, stored: dict[str, list[Callback]], purged: set[str]) -> None:
        self._stored = stored
        self.purged = purged

    def __contains__(self, root_sid: object) -> bool:
        return root_sid in self._stored or root_sid in self.purged

    def stored(self, root_sid: str) -> Sequence[Callback]:
        """The callbacks of a call; empty for an unknown one."""
        return self._stored.get(root_sid, ())


async def stored_calls(inbox: Inbox, root_sids: Collection[str]) -> StoredCalls:
    """The stored callbacks of these calls."""
    stored: dict[str, list[Callback]] = {}
    purged: set[str] = set()
    for these in chunks(sorted(root_sids)):
        dropped = select(calls.c.root_sid).where(calls.c.root_sid.in_(these), calls.c.purged == true())
        async with inbox.reading() as connection:
            purged.update((await connection.scalars(dropped)).all())
            stored.update(await callbacks_of(connection, these))
    return StoredCalls(stored, purged)


async def known_sids(inbox: Inbox, root_sids: Collection[str]) -> set[str]:
    """Those of these calls that the inbox has, purged ones included."""
    async with inbox.reading() as connection:
        found = select(calls.c.root_sid).where(calls.c.root_sid.in_(list(root_sids)))
        return set((await connection.scalars(found)).all())


MOST_RECENT = 30_000
"""The most callbacks that `recent_callbacks` returns: some thousands of calls."""


async def recent_callbacks(inbox: Inbox, since: datetime, *, page: int = 1000) -> list[Callback]:
    """The callbacks stored after `since`, oldest first; the newest MOST_RECENT of them."""
    found: list[Callback] = []
    before: int | None = None
    while len(found) < MOST_RECENT:
        # A page at a time: the database has its limit of time for each, not for all.
        async with inbox.reading() as connection:
            rows = await _last(connection, page, before=before)
        found += readable(row for row in rows if row["received_at"] > since)
        # Backwards by id: times have no index, and follow the ids but for moments.
        if not rows or rows[-1]["received_at"] <= since:
            break
        before = rows[-1]["id"]
    return found[::-1]


async def _last(connection: AsyncConnection, limit: int, *, before: int | None) -> list[RowMapping]:
    found = select(callbacks).order_by(callbacks.c.id.desc()).limit(limit)
    if before is not None:
        found = found.where(callbacks.c.id < before)
    return await fetched(connection, found, key=callbacks.c.id)


async def calls_in_progress(
    inbox: Inbox, *, after: datetime, before: datetime, now: datetime, limit: int
) -> list[str]:
    """Calls without an end whose last callback arrived between `after` and `before`, newest first.

    Also those whose last callback seems to arrive after `now`: the clock was set back.
    """
    heard = and_(calls.c.due_at > after, or_(calls.c.due_at < before, calls.c.due_at > now))
    columns = select(calls.c.root_sid, calls.c.due_at).where(kept, heard)
    # One index serves calls that Twenty shows as in progress, another those that it does not show yet.
    either = union(
        columns.where(calls.c.open_since.is_not(None)),
        columns.where(due, calls.c.ended == false()),
    ).subquery()
    found = select(either.c.root_sid).order_by(either.c.due_at.desc()).limit(limit)
    async with inbox.reading() as connection:
        return list((await connection.scalars(found)).all())


async def failed_since(inbox: Inbox, moment: datetime) -> list[str]:
    """Calls of which an attempt failed since then, if they are due or had news in the hour before.

    The two conditions have an index each.
    """
    tried = attempts.c.last_at > moment
    failed = exists().where(
        attempts.c.root_sid == calls.c.root_sid, attempts.c.outcome == AttemptOutcome.FAILED, tried
    )
    recent = select(calls.c.root_sid).where(calls.c.due_at > moment - timedelta(hours=1), failed)
    async with inbox.reading() as connection:
        found = union(recent, select(calls.c.root_sid).where(due, failed))
        return list((await connection.scalars(found)).all())


IN_STATE: dict[State | None, tuple[ColumnElement[bool], ...]] = {
    None: (and_(kept, listed),),
    State.DUE: (and_(due, calls.c.ended == true()), and_(due, calls.c.ended == false())),
    State.PARKED: (and_(parked, kept),),
}


class Attempt(Struct, frozen=True, kw_only=True):
    """Attempts at writing a revision of a call that had one outcome, `times` in number."""

    revision: int
    outcome: AttemptOutcome
    error: str | None
    times: int
    first_at: datetime
    last_at: datetime


async def known_calls(
    inbox: Inbox,
    *,
    state: State | None = None,
    since: datetime | None = None,
    numbers: Collection[str] = (),
) -> AsyncIterator[KnownCall]:
    """The calls in a state (due or parked; None: any) with a callback since `since`, the newest first.

    With `numbers` (E.164): those whose other party has one of them, or is not determined yet. A call that
    cannot be read is left out.
    """
    heard = [calls.c.due_at >= since] if since else []
    columns = select(calls.c.due_at, calls.c.root_sid)
    found = [columns.where(*heard, each) for each in _kinds(state, numbers)]
    page: Sequence[RowMapping] = ()
    while True:
        async with inbox.reading() as connection:
            page = (await connection.execute(_page(found, page))).mappings().all()
            if not page:
                return
            sids = [row["root_sid"] for row in page]
            whole = select(calls).where(calls.c.root_sid.in_(sids))
            rows = {row["root_sid"]: row for row in await fetched(connection, whole, key=calls.c.root_sid)}
            stored = await callbacks_of(connection, sids)
        for sid in sids:
            if sid in rows and (known := readable_call(rows[sid], stored[sid])):
                yield known


def _kinds(state: State | None, numbers: Collection[str]) -> Iterator[ColumnElement[bool]]:
    """Disjoint conditions, each of which one index serves."""
    wanted = IN_STATE[state]
    if not numbers:
        yield from wanted
        return
    for number in numbers:
        yield and_(calls.c.number == number, listed, or_(*wanted))
    for unread in wanted if state else (*IN_STATE[State.DUE], *IN_STATE[State.PARKED]):
        yield and_(calls.c.number.is_(None), unread)


def _page(found: Sequence[Select[Any]], shown: Sequence[RowMapping]) -> Select[Any]:
    """The page after the rows that were shown: a page of each kind, and the newest of all these."""
    order = tuple_(calls.c.due_at, calls.c.root_sid)
    after = [order < _place(shown[-1])] if shown else []
    pages = [
        kind.where(*after).order_by(calls.c.due_at.desc(), calls.c.root_sid.desc()).limit(LISTED).subquery()
        for kind in found
    ]
    all_ = union_all(*(select(page) for page in pages)).subquery()
    return select(all_).order_by(all_.c.due_at.desc(), all_.c.root_sid.desc()).limit(LISTED)


def _place(row: RowMapping) -> ColumnElement[Any]:
    return tuple_(literal(row["due_at"], calls.c.due_at.type), literal(row["root_sid"]))


MOST_REASONS = 10


async def parked_reasons(inbox: Inbox) -> list[tuple[str, int]]:
    """Why calls are parked, and how many for each reason: the most frequent ones."""
    count = func.count()
    found = select(calls.c.parked_reason, count).where(parked, kept).group_by(calls.c.parked_reason)
    async with inbox.reading() as connection:
        rows = await connection.execute(
            found.order_by(count.desc(), calls.c.parked_reason).limit(MOST_REASONS)
        )
        return [(row[0], row[1]) for row in rows]


async def attempts_of(inbox: Inbox, root_sid: str) -> list[Attempt]:
    """The attempts at writing a call, oldest first."""
    found = select(attempts).where(attempts.c.root_sid == root_sid).order_by(attempts.c.last_at)
    async with inbox.reading() as connection:
        return [_attempt(row) for row in await connection.execute(found)]


async def outcomes(inbox: Inbox, root_sids: Sequence[str]) -> dict[str, int]:
    """How many of these calls are waiting, parked, logged, matched (of the logged) and skipped now."""
    shown = and_(~due, ~parked, calls.c.written.is_not(None))
    which = {
        "waiting": due,
        "parked": parked,
        "logged": shown,
        "matched": and_(shown, calls.c.person_id.is_not(None)),
        "skipped": and_(~due, ~parked, calls.c.written.is_(None)),
    }
    columns = [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in which.items()]
    counts = dict.fromkeys(which, 0)
    for some in chunks(root_sids):
        these = calls.c.root_sid.in_(some)
        # The database has its limit of time for each chunk, not for all.
        async with inbox.reading() as connection:
            counted = (await connection.execute(select(*columns).where(these, kept))).mappings().one()
        counts = {name: counts[name] + (counted[name] or 0) for name in counts}
    return counts


async def waiting(inbox: Inbox, root_sids: Sequence[str]) -> list[str]:
    """Those of these calls that wait for Twenty."""
    found: list[str] = []
    for some in chunks(root_sids):
        these = select(calls.c.root_sid).where(calls.c.root_sid.in_(some), due)
        async with inbox.reading() as connection:
            found += (await connection.scalars(these)).all()
    return found


def _attempt(row: Row[tuple[object, ...]]) -> Attempt:
    values = row._mapping
    return Attempt(
        revision=values["revision"],
        outcome=AttemptOutcome(values["outcome"]),
        error=values["error"],
        times=values["times"],
        first_at=values["first_at"],
        last_at=values["last_at"],
    )


NAMING = (Kind.RECORDING, Kind.VOICEMAIL, Kind.DIAL, Kind.TRANSCRIPTION)
"""The callbacks that name a recording."""


async def calls_of_recording(inbox: Inbox, sid: str) -> dict[str, datetime]:
    """Call SID → when a callback last named the recording.

    It reads every callback of these kinds, since no index has the recording's SID.
    """
    named = (
        select(callbacks.c.root_sid, func.max(callbacks.c.received_at))
        .where(callbacks.c.kind.in_([kind.value for kind in NAMING]))
        .where(cast(callbacks.c.parameters, Text).like(f"%{sid}%"))
        .group_by(callbacks.c.root_sid)
    )
    async with inbox.reading() as connection:
        return {row[0]: row[1] for row in await connection.execute(named)}
