"""The inbox: puts callbacks in, hands due calls out, settles what Twenty has."""

import asyncio
import secrets
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge import background
from bridge.calls.callback import Callback, Kind
from bridge.errors import InboxUnavailable
from bridge.inbox.database import Database, Operation, open_database
from bridge.inbox.insert import InsertCallbacks, InsertInSqlite
from bridge.inbox.reading import KINDS, due_calls, fetched, readable, told_of
from bridge.inbox.rows import (
    UNCERTAIN,
    Backlog,
    DueCall,
    Outcome,
    Settled,
    attempt,
    row_of,
    settled_row_of,
    upsert_attempts,
)
from bridge.inbox.tables import callbacks, calls, deferred, due, kept, latest, marks, parked, unmatched
from bridge.inbox.writer import GroupCommit
from bridge.observability import metrics

MOST_RECENT = 30_000
"""What `recent` gives at the most: some thousands of calls."""

LONGEST_DEFERRAL = timedelta(hours=1)
"""For so long one call may be left alone."""

RELINKED = "people relinked"
"""The mark of when calls were last matched anew."""

CHECKED = "inbox checked"
"""The mark of when a write was last tried."""

STEP = 1000
"""Calls that are made due in one transaction: it holds SQLite's write lock for some milliseconds."""

LOOK_SECONDS = 1.0
"""How often the files are looked at while nothing is written."""

Listener = Callable[[Callback], None]

log = structlog.get_logger()


def _nobody(_callback: Callback) -> None:
    """Nobody listens."""


class Inbox:
    """The database's use by the rest of the bridge; made by `open_inbox`.

    `heard` is told of each callback at once, before it is on the disk: it is true anyhow.
    """

    def __init__(self, database: Database, *, heard: Listener = _nobody) -> None:
        self._database = database
        self._heard = heard
        self.news = asyncio.Event()
        """Set when a call has become due."""
        self._insert = InsertCallbacks() if database.is_shared else InsertInSqlite()
        self._add_attempts = upsert_attempts(database.writing.dialect.name)
        self._checking: asyncio.Future[None] | None = None
        self._writer = GroupCommit(database, insert=self._insert, committed=self._committed)

    @property
    def is_shared(self) -> bool:
        """Whether other processes may take callbacks, too."""
        return self._database.is_shared

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Takes callbacks until left; then writes what was promised."""
        self._writer.start()
        watching = background.keep_running(self._keep_files, name="inbox files")
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            await self._writer.close()

    async def _keep_files(self) -> None:
        """What is lost while nothing is written is restored, too."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._database.lost():
                await asyncio.wait([self._writer.keep_files()])

    def _committed(self, known: Sequence[Callback]) -> None:
        # What was kept before is no news of now, but of then.
        try:
            for callback in known:
                self._heard(callback)
        finally:
            self.news.set()

    def _hear(self, callback: Callback) -> None:
        try:
            self._heard(callback)
        # The callback is stored all the same.
        except Exception:
            log.exception("inbox.listener_failed", call_sid=callback.call_sid)

    async def put(self, callback: Callback) -> None:
        """Keep a callback; back when it is on the disk, InboxUnavailable when it cannot be.

        One that is there already changes nothing.
        """
        metrics.CALLBACKS.inc(callback.kind)
        self._hear(callback)
        await self._writer.add(row_of(callback))

    def put_soon(self, callback: Callback) -> asyncio.Future[None]:
        """Keep a callback without waiting for it; the promise tells how it went."""
        metrics.CALLBACKS.inc(callback.kind)
        self._hear(callback)
        return self._writer.add(row_of(callback))

    async def recent(self, since: datetime, *, page: int = 1000) -> list[Callback]:
        """The callbacks that were kept after `since`, in their order; of very many the last ones."""
        found: list[Callback] = []
        async with self.reading() as connection:
            before: int | None = None
            while len(found) < MOST_RECENT:
                rows = await self._last(connection, page, before=before)
                found += readable(row for row in rows if row["received_at"] > since)
                # Backwards by id: times have no index, and are in order but for moments.
                if not rows or rows[-1]["received_at"] <= since:
                    break
                before = rows[-1]["id"]
        return found[::-1]

    async def _last(self, connection: AsyncConnection, limit: int, *, before: int | None) -> list[RowMapping]:
        found = select(callbacks).order_by(callbacks.c.id.desc()).limit(limit)
        if before is not None:
            found = found.where(callbacks.c.id < before)
        return await fetched(connection, found, key=callbacks.c.id)

    async def claim(self, limit: int, *, live: bool = True) -> list[DueCall]:
        """Up to `limit` due calls: those that ended first, the longest due first; none that is deferred.

        Without `live` those that ended alone.
        """
        async with self.reading() as connection:
            # Calls before callbacks: news in between only mean that the call is found due again.
            claimed = await due_calls(connection, _due(limit, ended=True))
            if live and len(claimed) < limit:
                claimed += await due_calls(connection, _due(limit - len(claimed), ended=False))
        return claimed

    async def claim_deferred(self, limit: int, *, live: bool = True, now: datetime) -> list[DueCall]:
        """Up to `limit` due calls that were deferred until now: the longest ago first."""
        # A clock that jumped back would otherwise leave a call alone for as long as it jumped.
        ready = or_(calls.c.not_before <= now, calls.c.not_before > now + LONGEST_DEFERRAL)
        found = select(calls).where(due, ready).order_by(calls.c.not_before).limit(limit)
        async with self.reading() as connection:
            return await due_calls(connection, found if live else found.where(calls.c.ended == true()))

    async def settle(self, settled: Sequence[Settled], *, now: datetime) -> None:
        """Twenty has these. A call of which more arrived meanwhile stays due."""

        async def operation(connection: AsyncConnection) -> None:
            standing = await _locked(connection, [s.root_sid for s in settled])
            # In one order everywhere, so that two replicas never wait for each other.
            ordered = sorted((s for s in settled if s.root_sid in standing), key=lambda s: s.root_sid)
            if not ordered:
                return
            await connection.execute(_SETTLE, [settled_row_of(s, now) for s in ordered])
            made = [attempt(s.root_sid, s.revision, s.outcome, error=None, now=now) for s in ordered]
            await connection.execute(self._add_attempts, made)

        await self.write(operation)

    async def park(self, due_call: DueCall, reason: str, *, now: datetime) -> None:
        """Leave a call until a person or news mends it; one that has news already stays due."""
        statement = (
            update(calls)
            .where(calls.c.root_sid == due_call.root_sid, calls.c.revision == due_call.revision, kept)
            .values(
                parked_reason=printable(reason), last_error=printable(reason), attempts=calls.c.attempts + 1
            )
            .returning(calls.c.root_sid)
        )
        await self._attempted(statement, [due_call], Outcome.PARKED, reason, now)

    async def failed(self, due_calls: Sequence[DueCall], error: str, *, now: datetime) -> None:
        """Those of these that are not settled could not be written, by no fault of theirs; they stay due."""
        these = calls.c.root_sid.in_([call.root_sid for call in due_calls])
        statement = (
            update(calls)
            .where(these, due)
            .values(last_error=printable(error), attempts=calls.c.attempts + 1)
            .returning(calls.c.root_sid)
        )
        await self._attempted(statement, due_calls, Outcome.FAILED, error, now)

    async def defer(
        self, due_calls: Sequence[DueCall], error: str, *, until: datetime, now: datetime
    ) -> None:
        """These calls could not be written: they stay due, and are left alone until then.

        One that has news already is tried at once.
        """
        claimed = tuple_(calls.c.root_sid, calls.c.revision).in_(
            [(c.root_sid, c.revision) for c in due_calls]
        )
        statement = (
            update(calls)
            .where(claimed, due)
            .values(
                not_before=until,
                deferrals=calls.c.deferrals + 1,
                attempts=calls.c.attempts + 1,
                last_error=printable(error),
            )
            .returning(calls.c.root_sid)
        )
        await self._attempted(statement, due_calls, Outcome.FAILED, error, now)

    async def requeue_readable(self) -> int:
        """Makes calls due of which a former version could not read all, and this one can; how many."""
        statement = (
            update(calls)
            .where(calls.c.unread.in_(KINDS), kept)
            .values(revision=_NEXT, unread=None, not_before=None)
        )
        return await self.change(statement)

    async def _attempted(
        self, statement: Any, due_calls: Sequence[DueCall], outcome: Outcome, error: str, now: datetime
    ) -> None:
        revisions = {call.root_sid: call.revision for call in due_calls}

        async def operation(connection: AsyncConnection) -> None:
            concerned = sorted((await connection.execute(statement)).scalars())
            made = [attempt(s, revisions[s], outcome, error=printable(error), now=now) for s in concerned]
            if made:
                await connection.execute(self._add_attempts, made)

        await self.write(operation)

    async def mark_uncertain(self, root_sids: Collection[str]) -> None:
        """Makes calls due once more, whatever was written of them."""
        which = and_(calls.c.root_sid.in_(root_sids), calls.c.written.is_not(None), kept)
        await self.change(
            update(calls)
            .where(which)
            .values(revision=_NEXT, anew_revision=_NEXT, written=UNCERTAIN, not_before=None)
        )
        self.news.set()

    async def relink(self, numbers: Collection[str] | None, *, since: datetime) -> int:
        """Makes calls without a person due again, so that they are matched anew; how many.

        Those of these numbers (E.164; None: of any) of which something was heard after `since`.
        """
        wanted = [unmatched, calls.c.due_at > since]
        if numbers is not None:
            wanted.append(calls.c.number.in_(list(numbers)))
        await self.write(_people_changed)
        return await self.make_due(wanted, anew_revision=_NEXT, matched=False)

    async def requeue(self, root_sids: Collection[str]) -> None:
        """Makes these calls due: their legs told of them elsewhere."""
        if root_sids:
            await self.make_due([calls.c.root_sid.in_(sorted(root_sids)), kept])

    async def make_due(self, wanted: Sequence[ColumnElement[bool]], **values: Any) -> int:
        """Makes all these calls due, whatever they were refused for, and sets `values`; how many.

        In steps, between which callbacks are kept: there may be a million.
        """
        made, after = 0, ""
        while page := await self._page(wanted, after):
            statement = update(calls).where(calls.c.root_sid.in_(page), *wanted)
            made += await self.change(statement.values(_AGAIN | values))
            after = page[-1]
            self.news.set()
        return made

    async def _page(self, wanted: Sequence[ColumnElement[bool]], after: str) -> Sequence[str]:
        found = select(calls.c.root_sid).where(*wanted, calls.c.root_sid > after)
        async with self.reading() as connection:
            return (await connection.scalars(found.order_by(calls.c.root_sid).limit(STEP))).all()

    async def relinked_at(self) -> datetime | None:
        """When `relink` was last called, by any process."""
        async with self.reading() as connection:
            return await connection.scalar(select(marks.c.at).where(marks.c.name == RELINKED))

    async def unlink(self, person_id: str) -> int:
        """Forgets that calls are this person's, who is gone: their next write matches anew; how many."""
        statement = (
            update(calls)
            .where(calls.c.person_id == person_id)
            .values(
                # Both by one: what is settled stays so, and a write that is under way comes too late.
                revision=_NEXT,
                synced_revision=calls.c.synced_revision + 1,
                anew_revision=_NEXT,
                matched=False,
                person_id=None,
            )
        )
        return await self.change(statement)

    async def backlog(self) -> Backlog:
        """How far Twenty is behind."""
        over = select(func.min(calls.c.due_at)).where(due, calls.c.ended == true())
        aside = select(func.count()).select_from(calls).where(parked)
        waiting = select(func.count()).select_from(calls).where(due)
        async with self.reading() as connection:
            return Backlog(
                due=await connection.scalar(waiting) or 0,
                parked=await connection.scalar(aside) or 0,
                oldest=await connection.scalar(over),
            )

    async def has_parked(self) -> bool:
        """Whether any call is parked."""
        async with self.reading() as connection:
            return await connection.scalar(select(calls.c.root_sid).where(parked, kept).limit(1)) is not None

    async def check(self, now: datetime) -> None:
        """InboxUnavailable if a callback could not be kept now."""
        # One write for all who ask meanwhile: anybody may ask, and callbacks wait for it.
        if self._checking is None or self._checking.done():
            self._checking = self._writer.do(partial(self._check, now))
        await asyncio.shield(self._checking)
        # A damaged file may take one row and refuse the next: what callbacks were answered last counts.
        if self._writer.damage:
            raise self._writer.damage

    def _check(self, now: datetime, connection: Connection) -> None:
        self._database.check_room()
        if not self._database.is_shared:
            self._try_a_callback(now, connection)
        connection.execute(latest(marks, connection.dialect.name, name=CHECKED, at=now))

    def _try_a_callback(self, now: datetime, connection: Connection) -> None:
        """Writes one as any other is written, somewhere in each table and index, and takes it back."""
        with connection.begin_nested() as attempt:
            self._insert(connection, [row_of(_made_up(now))])
            attempt.rollback()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read by, for this room's other modules."""
        try:
            async with self._database.read() as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error, OSError) as problem:
            raise InboxUnavailable(f"the database cannot be read: {self._database.why(problem)}") from problem

    async def write(self, operation: Operation) -> None:
        """Does an operation in a transaction of its own, for this room's other modules."""
        await self._writer.run(operation)

    async def change(self, statement: Any) -> int:
        """Does a statement in a transaction of its own, as `write` does; how many rows it changed."""
        changed = 0

        async def operation(connection: AsyncConnection) -> None:
            nonlocal changed
            changed = (await connection.execute(statement)).rowcount

        await self.write(operation)
        return changed


async def callbacks_of(
    connection: AsyncConnection, root_sids: Collection[str]
) -> defaultdict[str, list[Callback]]:
    """Call SID → its callbacks."""
    return (await told_of(connection, root_sids)).by_call


async def _people_changed(connection: AsyncConnection) -> None:
    """Tells the replica that drains, which may have looked for these people a moment ago."""
    await connection.execute(latest(marks, connection.dialect.name, name=RELINKED, at=datetime.now(UTC)))


async def _locked(connection: AsyncConnection, root_sids: Collection[str]) -> set[str]:
    """Those of these calls that were not dropped, and now cannot be before this transaction is over."""
    standing = select(calls.c.root_sid).where(calls.c.root_sid.in_(root_sids), kept)
    if connection.dialect.name == "postgresql":
        standing = standing.order_by(calls.c.root_sid).with_for_update()
    return set((await connection.scalars(standing)).all())


def _due(limit: int, *, ended: bool) -> Select[Any]:
    fresh = select(calls).where(due, ~deferred, calls.c.ended == ended)
    return fresh.order_by(calls.c.due_at).limit(limit)


def printable(error: str) -> str:
    """A text that every database takes: PostgreSQL has no NUL, and no encoding has half a surrogate pair."""
    return error.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


_NEXT = calls.c.revision + 1

_AGAIN: dict[str, Any] = {"revision": _NEXT, "parked_reason": None, "not_before": None}
"""What makes a call due that was settled, parked or deferred."""


def _unless_anew(column: str, parameter: str) -> ColumnElement[Any]:
    """What was found out of a call, unless it was to be found out anew since it was claimed."""
    of_now = calls.c[column]
    found = bindparam(parameter, type_=of_now.type)
    return case((calls.c.anew_revision > bindparam("revision_written"), of_now), else_=found)


_SETTLE = (
    update(calls)
    .where(calls.c.root_sid == bindparam("sid"))
    .values(
        # Never back: a settled call may have moved on while this write was under way.
        synced_revision=case(
            (calls.c.synced_revision > bindparam("revision_written"), calls.c.synced_revision),
            else_=bindparam("revision_written"),
        ),
        matched=_unless_anew("matched", "is_matched"),
        number=_unless_anew("number", "its_number"),
        person_id=_unless_anew("person_id", "its_person_id"),
        match=_unless_anew("match", "its_match"),
        written=_unless_anew("written", "digest"),
        fields=bindparam("its_fields", type_=calls.c.fields.type),
        settled_at=bindparam("at"),
        open_since=bindparam("goes_on_since"),
        reminded=bindparam("is_reminded"),
        attempts=0,
        last_error=None,
        not_before=None,
        deferrals=0,
        unread=bindparam("kind_unread"),
    )
)


def _made_up(now: datetime) -> Callback:
    return Callback(
        kind=Kind.STATUS,
        call_sid=f"CA{secrets.token_hex(16)}",
        parameters={},
        received_at=now,
        digest=secrets.token_bytes(16),
    )


@asynccontextmanager
async def open_inbox(
    url: str, *, heard: Listener = _nobody, serves: bool = False, must_exist: bool = False
) -> AsyncIterator[Inbox]:
    """The inbox at a database URL, brought up to date; closes when all that was promised is written.

    The one process that `serves` a SQLite file restores it where it is removed or replaced. Raises
    InboxUnavailable where it cannot be opened, or `must_exist` and does not.
    """
    async with open_database(url, serves=serves, must_exist=must_exist) as database:
        inbox = Inbox(database, heard=heard)
        async with inbox.writing():
            yield inbox
