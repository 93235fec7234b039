"""What can happen to one call of an inbox, and a model of it: a few lines for each operation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from bridge.calls.callback import Kind
from bridge.calls.people.matching import Match, Person
from bridge.inbox import requeue
from bridge.inbox.forgetting import erase
from bridge.inbox.retention import drop
from bridge.inbox.rows import UNCERTAIN, AttemptOutcome, DueCall, Settled
from bridge.inbox.store import Inbox
from bridge.inbox.tables import attempts, callbacks, calls
from tests.support import TEN, new_sid, told

JANES = "+33639980000"
_numbers = count(1)
DIGEST = b"0" * 16


@dataclass(frozen=True)
class Model:
    """A call as it has to be; `anew` tells that what a write under way found out is out of date."""

    callbacks: int = 1
    due: bool = True
    matched: bool = False
    person: bool = False
    number: bool = False
    written: bytes | None = None
    parked: bool = False
    purged: bool = False
    news: bool = False
    anew: bool = False


def put(call: Model) -> Model:
    if call.purged:
        return call
    return replace(call, callbacks=call.callbacks + 1, due=True, parked=False, news=True)


def relink(call: Model) -> Model:
    if not call.matched or call.person or not call.number:
        return call
    return replace(call, due=True, matched=False, parked=False, news=True, anew=True)


def unlink(call: Model) -> Model:
    if not call.person:
        return call
    return replace(call, matched=False, person=False, news=call.due or call.news, anew=True)


def doubt(call: Model) -> Model:
    if call.written is None:
        return call
    return replace(call, due=not call.parked, written=UNCERTAIN, news=True, anew=True)


def dropped(call: Model) -> Model:
    return Model(callbacks=0, due=False, purged=True)


def purge(call: Model) -> Model:
    return call if call.due or call.parked else dropped(call)


def again(call: Model) -> Model:
    return call if call.purged else replace(call, due=True, parked=False, news=True)


def settle(*, jane: bool) -> Callable[[Model], Model]:
    def settled(call: Model) -> Model:
        if call.purged:
            return call
        call = replace(call, due=call.news and not call.parked)
        if call.anew:
            return call
        return replace(call, matched=True, person=jane, number=True, written=DIGEST)

    return settled


def park(call: Model) -> Model:
    return call if call.purged or call.news else replace(call, due=False, parked=True)


def failed(call: Model) -> Model:
    return call


@dataclass
class Stage:
    """One call in a database, and what was claimed of it."""

    inbox: Inbox
    sid: str = field(default_factory=new_sid)
    person: Person = field(default_factory=lambda: Person(str(uuid4()), "Jane Doe"))
    number: str = field(default_factory=lambda: f"+33639980{next(_numbers):03}")
    claimed: DueCall | None = None
    heard: int = 0

    async def put(self) -> None:
        self.heard += 1
        sequence = str(self.heard)
        await self.inbox.store(
            told(
                Kind.STATUS,
                self.sid,
                at=self.heard,
                CallStatus="ringing",
                To=self.number,
                SequenceNumber=sequence,
            )
        )

    async def claim(self) -> None:
        self.claimed = next(call for call in await self.inbox.claim(100_000) if call.root_sid == self.sid)

    async def settle(self, *, jane: bool) -> None:
        assert self.claimed
        settled = Settled(
            root_sid=self.sid,
            revision=self.claimed.revision,
            number=self.number,
            match=Match(self.person if jane else None),
            written=DIGEST,
            outcome=AttemptOutcome.WRITTEN,
        )
        await self.inbox.settle([settled], now=TEN)

    async def park(self) -> None:
        assert self.claimed
        await self.inbox.park(self.claimed, f"Invalid value {self.number}", now=TEN)

    async def failed(self) -> None:
        assert self.claimed
        await self.inbox.failed([self.claimed], f"Invalid value {self.number}", now=TEN)

    async def purge(self) -> None:
        done = (calls.c.revision <= calls.c.synced_revision) & calls.c.parked_reason.is_(None)
        await drop(self.inbox, [self.sid], where=done)

    async def leave(self) -> None:
        """The next claim finds this call no more: each takes all that are due."""
        await erase(self.inbox, [self.sid])

    async def seen(self) -> Model:
        async with self.inbox.reading() as connection:
            row = (
                (await connection.execute(select(calls).where(calls.c.root_sid == self.sid))).mappings().one()
            )
            kept = await connection.scalar(
                select(func.count()).select_from(callbacks).where(callbacks.c.root_sid == self.sid)
            )
            tried = await connection.scalar(
                select(func.count()).select_from(attempts).where(attempts.c.root_sid == self.sid)
            )
        if row["purged"]:
            assert not tried
            assert [row["match"], row["last_error"], row["not_before"]] == [None] * 3
        parked = row["parked_reason"] is not None
        return Model(
            callbacks=kept or 0,
            due=row["revision"] > row["synced_revision"] and not parked and not row["purged"],
            matched=bool(row["matched"]),
            person=row["person_id"] is not None,
            number=row["number"] is not None,
            written=row["written"],
            parked=parked,
            purged=bool(row["purged"]),
        )


Operation = tuple[Callable[[Stage], Awaitable[Any]], Callable[[Model], Model]]

MEANWHILE: dict[str, Operation] = {
    "put": (Stage.put, put),
    "relink": (lambda s: requeue.relink(s.inbox, {s.number}, since=TEN - timedelta(days=1)), relink),
    "unlink": (lambda s: requeue.unlink(s.inbox, s.person.id), unlink),
    "doubt": (lambda s: requeue.requeue_uncertain(s.inbox, [s.sid]), doubt),
    "retry": (lambda s: requeue.retry(s.inbox, s.sid), again),
    "erase": (lambda s: erase(s.inbox, [s.sid]), dropped),
    "purge": (Stage.purge, purge),
}
AFTERWARDS: dict[str, Operation] = {
    "settle without a person": (lambda s: s.settle(jane=False), settle(jane=False)),
    "settle Jane": (lambda s: s.settle(jane=True), settle(jane=True)),
    "park": (Stage.park, park),
    "failed": (Stage.failed, failed),
}
ALL = MEANWHILE | AFTERWARDS
LONGEST = "Jane"
BEFORE = ("new", "without a person", LONGEST)
"""What was written of a call before."""


async def a_call(inbox: Inbox, before: str) -> tuple[Stage, Model]:
    """A call that is due and claimed, with this history."""
    stage, model = Stage(inbox), Model()
    await stage.put()
    await stage.claim()
    if before != "new":
        jane = before == "Jane"
        await stage.settle(jane=jane)
        model = settle(jane=jane)(model)
        await stage.put()
        await stage.claim()
        model = replace(put(model), news=False)
    return stage, model


def shown(model: Model) -> Model:
    """The part of a model that stands in the call's row."""
    return replace(model, news=False, anew=False)
