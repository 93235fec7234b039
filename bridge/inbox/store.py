"""The inbox: stores callbacks, hands out due calls, settles what Twenty has."""

import asyncio
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import structlog
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    null,
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
from bridge.inbox.inserts import InsertInPostgresql, InsertInSqlite
from bridge.inbox.rows import (
    AttemptOutcome,
    Backlog,
    DueCall,
    Row,
    Settled,
    due_calls,
    row_of,
    settled_row_of,
)
from bridge.inbox.tables import (
    attempts,
    callbacks,
    calls,
    deferred,
    due,
    insert_into,
    kept,
    latest,
    marks,
    parked,
)
from bridge.inbox.writer import KEPT_WITHIN_SECONDS, GroupCommit
from bridge.observability import metrics

LONGEST_DEFERRAL = timedelta(hours=1)
"""The longest time for which a call is deferred."""

CHECKED = "inbox checked"
"""The checkpoint of the last test write."""

LOOK_SECONDS = 1.0
"""How often the database's files are checked while nothing is written."""

Listener = Callable[[Callback], None]

log = structlog.get_logger()


class Inbox:
    """The queue of callbacks and calls; `open_inbox` makes it.

    `listeners` are called with each callback at once, before it is on the disk. All methods that read or
    write raise InboxUnavailable where the database cannot be used.
    """

    def __init__(
        self, database: Database, *, listeners: Iterable[Listener] = (), transcribing: bool = False
    ) -> None:
        self._database = database
        self.listeners = list(listeners)
        self.news = asyncio.Event()
        """Set when a call has become due."""
        self.on_commit: list[Callable[[], None]] = []
        """Are called when callbacks were committed by this process."""
        insert = InsertInPostgresql if database.is_shared else InsertInSqlite
        self._insert = insert(transcribing=transcribing)
        self._add_attempts = _upsert_attempts(self.dialect_name)
        self._checking: asyncio.Future[None] | None = None
        self._writer = GroupCommit(database, insert=self._insert, committed=self._committed)

    @property
    def is_shared(self) -> bool:
        """Whether other processes can store callbacks, too."""
        return self._database.is_shared

    @property
    def dialect_name(self) -> str:
        """SQLAlchemy's name of the database's dialect."""
        return self._database.writing.dialect.name

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Accepts callbacks until the block ends; then writes those that were accepted."""
        self._writer.start()
        watching = background.keep_running(self._keep_files, name="inbox files")
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            await self._writer.close()

    async def _keep_files(self) -> None:
        """Restores files that were removed while nothing is written."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._database.lost():
                await asyncio.wait([self._writer.keep_files()])

    def _committed(self, known: Sequence[Callback]) -> None:
        # A duplicate is reported as it was stored first, with the time of its first arrival.
        try:
            for callback in known:
                self.hear(callback)
        finally:
            self.news.set()
            for tell in self.on_commit:
                tell()

    def hear(self, callback: Callback) -> None:
        """Tells each listener of a callback; the failure of one is logged."""
        for listener in self.listeners:
            try:
                listener(callback)
            # The callback is stored all the same.
            except Exception:
                log.exception("inbox.listener_failed", call_sid=callback.call_sid)

    async def store(self, callback: Callback) -> None:
        """Stores a callback; returns once it is on the disk. A duplicate changes nothing.

        Raises InboxUnavailable where it cannot be stored within `KEPT_WITHIN_SECONDS`.
        """
        metrics.CALLBACKS.inc(callback.kind)
        self.hear(callback)
        await self._writer.add(row_of(callback))

    def store_soon(self, callback: Callback) -> asyncio.Future[None]:
        """Queues a callback; the promise resolves once it is on the disk.

        Raises InboxUnavailable where the queue is full.
        """
        metrics.CALLBACKS.inc(callback.kind)
        self.hear(callback)
        return self._writer.add(row_of(callback))

    async def replace(self, callback: Callback, former: bytes | None) -> bool:
        """Stores a callback in the place of the one with the digest `former` (None: of none).

        False where that is not there any more, or where the callback itself is there already. Raises
        InboxUnavailable.
        """
        metrics.CALLBACKS.inc(callback.kind)
        is_stored = False

        def work(connection: Connection) -> None:
            nonlocal is_stored
            gone = delete(callbacks).where(callbacks.c.digest == former)
            # First the new one: SQLite gives the id of a deleted last row again, and readers go by ids.
            with connection.begin_nested() as attempt:
                is_stored = not self._insert(connection, [row_of(callback)])
                is_stored = is_stored and (former is None or connection.execute(gone).rowcount > 0)
                if not is_stored:
                    attempt.rollback()

        try:
            async with asyncio.timeout(KEPT_WITHIN_SECONDS):
                await self._writer.do(work)
        except TimeoutError as late:
            raise InboxUnavailable("the database did not answer in time") from late
        self._committed([])
        return is_stored

    async def claim(self, limit: int, *, live: bool = True) -> list[DueCall]:
        """Up to `limit` due calls that are not deferred: ended calls first, the longest due first.

        Without `live` only ended calls. Raises InboxUnavailable.
        """
        async with self.reading() as connection:
            # Calls before callbacks: a callback stored in between only makes the call due again.
            claimed = await due_calls(connection, _due(limit, ended=True))
            if live and len(claimed) < limit:
                claimed += await due_calls(connection, _due(limit - len(claimed), ended=False))
        return claimed

    async def claim_deferred(self, limit: int, *, live: bool = True, now: datetime) -> list[DueCall]:
        """Up to `limit` due calls whose deferral has ended, the earliest first. Raises InboxUnavailable."""
        # After a clock jumped back, a call would otherwise stay deferred for the length of the jump.
        ready = or_(calls.c.not_before <= now, calls.c.not_before > now + LONGEST_DEFERRAL)
        found = select(calls).where(due, ready).order_by(calls.c.not_before).limit(limit)
        async with self.reading() as connection:
            return await due_calls(connection, found if live else found.where(calls.c.ended == true()))

    async def settle(self, settled: Sequence[Settled], *, now: datetime) -> None:
        """Records what Twenty has. A call with callbacks newer than the settled revision stays due.

        Raises InboxUnavailable.
        """

        async def operation(connection: AsyncConnection) -> None:
            locked = await _locked(connection, [s.root_sid for s in settled])
            # In one order everywhere, so that two replicas never deadlock.
            ordered = sorted((s for s in settled if s.root_sid in locked), key=lambda s: s.root_sid)
            if not ordered:
                return
            await connection.execute(_SETTLE, [settled_row_of(s, now) for s in ordered])
            made = [_attempt(s.root_sid, s.revision, s.outcome, error=None, now=now) for s in ordered]
            await connection.execute(self._add_attempts, made)

        await self.write(operation)

    async def park(self, due_call: DueCall, reason: str, *, now: datetime) -> None:
        """Parks a call until an operator retries it or news arrives; one with news already stays due.

        Raises InboxUnavailable.
        """
        statement = (
            update(calls)
            .where(calls.c.root_sid == due_call.root_sid, calls.c.revision == due_call.revision, kept)
            .values(
                parked_reason=printable(reason), last_error=printable(reason), attempts=calls.c.attempts + 1
            )
            .returning(calls.c.root_sid)
        )
        await self._attempted(statement, [due_call], AttemptOutcome.PARKED, reason, now)

    async def failed(self, due_calls: Sequence[DueCall], error: str, *, now: datetime) -> None:
        """Records a failed attempt for those of these calls that are not settled; they stay due.

        Raises InboxUnavailable.
        """
        these = calls.c.root_sid.in_([call.root_sid for call in due_calls])
        statement = (
            update(calls)
            .where(these, due)
            .values(last_error=printable(error), attempts=calls.c.attempts + 1)
            .returning(calls.c.root_sid)
        )
        await self._attempted(statement, due_calls, AttemptOutcome.FAILED, error, now)

    async def defer(
        self, due_calls: Sequence[DueCall], error: str, *, until: datetime, now: datetime
    ) -> None:
        """Records a failed attempt and defers these calls until `until`; one with news is tried at once.

        Raises InboxUnavailable.
        """
        claimed = tuple_(calls.c.root_sid, calls.c.revision).in_(
            [(c.root_sid, c.revision) for c in due_calls]
        )
        unread = {call.root_sid: call.unread for call in due_calls if call.unread}
        statement = (
            update(calls)
            .where(claimed, due)
            .values(
                unread=case(unread, value=calls.c.root_sid) if unread else None,
                not_before=until,
                deferrals=calls.c.deferrals + 1,
                attempts=calls.c.attempts + 1,
                last_error=printable(error),
            )
            .returning(calls.c.root_sid)
        )
        await self._attempted(statement, due_calls, AttemptOutcome.FAILED, error, now)

    async def _attempted(
        self, statement: Any, due_calls: Sequence[DueCall], outcome: AttemptOutcome, error: str, now: datetime
    ) -> None:
        revisions = {call.root_sid: call.revision for call in due_calls}

        async def operation(connection: AsyncConnection) -> None:
            concerned = sorted((await connection.execute(statement)).scalars())
            made = [_attempt(s, revisions[s], outcome, error=printable(error), now=now) for s in concerned]
            if made:
                await connection.execute(self._add_attempts, made)

        await self.write(operation)

    async def backlog(self) -> Backlog:
        """How many calls wait for Twenty. Raises InboxUnavailable."""
        aside = select(func.count()).select_from(calls).where(parked)
        waiting = select(func.count()).select_from(calls).where(due)
        async with self.reading() as connection:
            return Backlog(
                due=await connection.scalar(waiting) or 0,
                parked=await connection.scalar(aside) or 0,
                oldest=await connection.scalar(_OLDEST),
            )

    async def oldest_due(self) -> datetime | None:
        """Since when the oldest ended call is due: one look into an index, however many calls are due."""
        async with self.reading(in_one_statement=True) as connection:
            oldest: datetime | None = await connection.scalar(_OLDEST)
        return oldest

    async def has_parked(self) -> bool:
        """Whether any call is parked."""
        async with self.reading(in_one_statement=True) as connection:
            return await connection.scalar(select(calls.c.root_sid).where(parked, kept).limit(1)) is not None

    async def check(self, now: datetime) -> None:
        """Raises InboxUnavailable if a callback could not be stored now."""
        # One write serves all concurrent health checks: they are unauthenticated, and callbacks wait for it.
        if self._checking is None or self._checking.done():
            self._checking = self._writer.do(partial(self._check, now))
        await asyncio.shield(self._checking)
        # A damaged file can accept one row and refuse the next: the last result for callbacks counts.
        if self._writer.damage:
            raise self._writer.damage

    def _check(self, now: datetime, connection: Connection) -> None:
        self._database.check_room()
        if not self._database.is_shared:
            self._try_a_callback(now, connection)
        connection.execute(latest(marks, connection.dialect.name, name=CHECKED, at=now))

    def _try_a_callback(self, now: datetime, connection: Connection) -> None:
        """Writes one to each table and index as any other callback, and rolls it back."""
        with connection.begin_nested() as attempt:
            self._insert(connection, [row_of(_made_up(now))])
            attempt.rollback()

    @asynccontextmanager
    async def reading(self, *, in_one_statement: bool = False) -> AsyncIterator[AsyncConnection]:
        """A connection to read by, for this room's other modules. Raises InboxUnavailable.

        On PostgreSQL `in_one_statement` saves the round trips of BEGIN and ROLLBACK.
        """
        try:
            async with self._database.read(in_one_statement=in_one_statement) as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error, OSError) as problem:
            raise InboxUnavailable(f"the database cannot be read: {self._database.why(problem)}") from problem

    async def write(self, operation: Operation) -> None:
        """Runs an operation in a transaction of its own, for this room's other modules.

        The operation has to be idempotent, as it is possibly retried. Raises InboxUnavailable.
        """
        await self._writer.run(operation)

    async def change(self, statement: Any) -> int:
        """Executes a statement in a transaction of its own; returns how many rows it changed.

        Raises InboxUnavailable.
        """
        changed = 0

        async def operation(connection: AsyncConnection) -> None:
            nonlocal changed
            changed = (await connection.execute(statement)).rowcount

        await self.write(operation)
        return changed


async def _locked(connection: AsyncConnection, root_sids: Collection[str]) -> set[str]:
    """Those of these calls that are not purged, locked until this transaction ends."""
    locked = select(calls.c.root_sid).where(calls.c.root_sid.in_(root_sids), kept)
    if connection.dialect.name == "postgresql":
        locked = locked.order_by(calls.c.root_sid).with_for_update()
    return set((await connection.scalars(locked)).all())


# The worker asks this every few seconds: building the statement costs more than executing it.
@cache
def _due(limit: int, *, ended: bool) -> Select[Any]:
    fresh = select(calls).where(due, ~deferred, calls.c.ended == ended)
    return fresh.order_by(calls.c.due_at).limit(limit)


def _attempt(
    root_sid: str, revision: int, outcome: AttemptOutcome, *, error: str | None, now: datetime
) -> Row:
    """A row of `attempts`."""
    return {
        "root_sid": root_sid,
        "revision": revision,
        "outcome": outcome.value,
        "error": error,
        "times": 1,
        "first_at": now,
        "last_at": now,
    }


def _upsert_attempts(dialect_name: str) -> Any:
    """The statement that stores attempts; an outcome that repeats is counted, with its last error."""
    made = insert_into(attempts, dialect_name)
    return made.on_conflict_do_update(
        index_elements=["root_sid", "revision", "outcome"],
        set_={
            "times": attempts.c.times + 1,
            "last_at": made.excluded.last_at,
            "error": made.excluded.error,
        },
    )


def printable(error: str) -> str:
    """A text that every database stores: without NUL (PostgreSQL) and without unpaired surrogates."""
    return error.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


_OLDEST = select(func.min(calls.c.due_at)).where(due, calls.c.ended == true())


def _unless_anew(column: str, parameter: str) -> ColumnElement[Any]:
    """The settled value; or the present one, where a relink or a correction came after the claim."""
    of_now = calls.c[column]
    found = bindparam(parameter, type_=of_now.type)
    return case((calls.c.anew_revision > bindparam("revision_written"), of_now), else_=found)


_SETTLE = (
    update(calls)
    .where(calls.c.root_sid == bindparam("sid"))
    .values(
        # Never back: a later revision was possibly settled while this write was in progress.
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
        remind_at=bindparam("its_task_due", type_=calls.c.remind_at.type),
        remind_former=bindparam("its_former", type_=calls.c.remind_former.type),
        # Constants of the statement, not parameters of each row.
        attempts=literal_column("0"),
        last_error=null(),
        not_before=null(),
        deferrals=literal_column("0"),
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
    url: str,
    *,
    listeners: Iterable[Listener] = (),
    serves: bool = False,
    must_exist: bool = False,
    transcribing: bool = False,
) -> AsyncIterator[Inbox]:
    """The inbox at a database URL, migrated; on exit it writes all accepted callbacks.

    The one process that `serves` a SQLite file restores it if it is removed or replaced. With `transcribing`
    recordings that callbacks report become jobs of transcription. Raises InboxUnavailable where the database
    cannot be opened, or does not exist and `must_exist`.
    """
    async with open_database(url, serves=serves, must_exist=must_exist) as database:
        inbox = Inbox(database, listeners=listeners, transcribing=transcribing)
        async with inbox.writing():
            yield inbox
