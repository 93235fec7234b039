"""What operators see of the inbox, and what they set going again."""

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    RowMapping,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from bridge.inbox.known_call import KnownCall, State, known_call_of
from bridge.inbox.rows import Outcome
from bridge.inbox.store import Inbox, callbacks_of
from bridge.inbox.tables import attempts, calls, due, kept, listed, parked

PAGE = 200


IN_STATE: dict[State | None, tuple[ColumnElement[bool], ...]] = {
    None: (and_(kept, listed),),
    State.DUE: (and_(due, calls.c.ended == true()), and_(due, calls.c.ended == false())),
    State.PARKED: (and_(parked, kept),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of writing a call as of a revision, so many times."""

    revision: int
    outcome: Outcome
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
    """The calls in a state (due or parked; None: in any) heard of since then, the last heard of first.

    With `numbers` (E.164) those whose other party has one of them, or was not read out of them yet.
    """
    heard = [calls.c.due_at >= since] if since else []
    found = [select(calls).where(*heard, each) for each in _kinds(state, numbers)]
    page: Sequence[RowMapping] = ()
    while True:
        async with inbox.reading() as connection:
            page = (await connection.execute(_page(found, page))).mappings().all()
            told = await callbacks_of(connection, [row["root_sid"] for row in page])
        if not page:
            return
        for row in page:
            yield known_call_of(row, told[row["root_sid"]])


def _kinds(state: State | None, numbers: Collection[str]) -> Iterator[ColumnElement[bool]]:
    """Kinds of calls that have none in common; an index finds each."""
    wanted = IN_STATE[state]
    if not numbers:
        yield from wanted
        return
    for number in numbers:
        yield and_(calls.c.number == number, listed, or_(*wanted))
    for unread in wanted if state else (*IN_STATE[State.DUE], *IN_STATE[State.PARKED]):
        yield and_(calls.c.number.is_(None), unread)


def _page(found: Sequence[Select[Any]], shown: Sequence[RowMapping]) -> Select[Any]:
    """What comes after the rows that were shown: a page of each kind, of which the last heard of."""
    order = tuple_(calls.c.due_at, calls.c.root_sid)
    after = [order < _place(shown[-1])] if shown else []
    pages = [
        kind.where(*after).order_by(calls.c.due_at.desc(), calls.c.root_sid.desc()).limit(PAGE).subquery()
        for kind in found
    ]
    all_ = union_all(*(select(page) for page in pages)).subquery()
    return select(all_).order_by(all_.c.due_at.desc(), all_.c.root_sid.desc()).limit(PAGE)


def _place(row: RowMapping) -> ColumnElement[Any]:
    return tuple_(literal(row["due_at"], calls.c.due_at.type), literal(row["root_sid"]))


async def attempts_of(inbox: Inbox, root_sid: str) -> list[Attempt]:
    """What came of writing a call, in its order."""
    found = select(attempts).where(attempts.c.root_sid == root_sid).order_by(attempts.c.last_at)
    async with inbox.reading() as connection:
        return [_attempt(row) for row in await connection.execute(found)]


async def retry(inbox: Inbox, root_sid: str | None) -> int:
    """Makes a call due, or (None) all that are parked; how many."""
    one = [] if root_sid is None else [calls.c.root_sid == root_sid]
    return await inbox.make_due([*one, kept if one else and_(parked, kept)], deferrals=0)


async def outcomes(inbox: Inbox, root_sids: Sequence[str]) -> dict[str, int]:
    """Of these calls, how many wait, are parked, logged, logged and matched, and skipped, as of now."""
    shown = and_(~due, ~parked, calls.c.written.is_not(None))
    which = {
        "waiting": due,
        "parked": parked,
        "logged": shown,
        "matched": and_(shown, calls.c.person_id.is_not(None)),
        "skipped": and_(~due, ~parked, calls.c.written.is_(None)),
    }
    columns = [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in which.items()]
    told = dict.fromkeys(which, 0)
    async with inbox.reading() as connection:
        for first in range(0, len(root_sids), PAGE):
            these = calls.c.root_sid.in_(root_sids[first : first + PAGE])
            counted = (await connection.execute(select(*columns).where(these, kept))).mappings().one()
            told = {name: told[name] + (counted[name] or 0) for name in told}
    return told


def _attempt(row: Row[tuple[object, ...]]) -> Attempt:
    told = row._mapping
    return Attempt(
        revision=told["revision"],
        outcome=Outcome(told["outcome"]),
        error=told["error"],
        times=told["times"],
        first_at=told["first_at"],
        last_at=told["last_at"],
    )
