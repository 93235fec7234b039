"""Group commit: the one writer of a process commits queued rows together, then releases their senders.

Within one transaction it inserts callbacks, each once, and makes their calls due.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence, Set
from functools import partial
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, literal_column, null, or_, select
from sqlalchemy.dialects import sqlite

from bridge import background
from bridge.calls.callback import Callback
from bridge.errors import InboxRefused, InboxUnavailable
from bridge.inbox.database import Database, Operation, Transaction, is_damage
from bridge.inbox.rows import Row, in_sqlite, readable, rows_of_agents, rows_of_jobs, stored
from bridge.inbox.tables import agent_calls, callbacks, calls, insert_into, transcript_jobs
from bridge.observability import metrics


class InsertCallbacks:
    """The `Insert` of the group commit: SQLAlchemy statements for PostgreSQL.

    With `transcribing` each recording that a callback reports is stored as a job, too.
    """

    def __init__(self, dialect_name: str = "postgresql", *, transcribing: bool = False) -> None:
        insert = partial(insert_into, dialect_name=dialect_name)
        self._transcribing = transcribing
        self._add_jobs = insert(transcript_jobs).on_conflict_do_nothing()
        self._put = (
            insert(callbacks)
            .on_conflict_do_nothing(index_elements=["digest"])
            .returning(callbacks.c.root_sid, callbacks.c.digest)
        )
        statement = insert(calls)
        self._upsert = statement.on_conflict_do_update(
            index_elements=["root_sid"],
            set_={
                "revision": calls.c.revision + statement.excluded.revision,
                "due_at": statement.excluded.due_at,
                "ended": or_(calls.c.ended, statement.excluded.ended),
                # News can cure what Twenty refused, or what failed.
                "parked_reason": null(),
                "not_before": null(),
                "deferrals": literal_column("0"),
            },
        )
        self._add_agents = insert(agent_calls).on_conflict_do_nothing()

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> list[Callback]:
        """Inserts the rows that are new; returns the duplicates, as they were stored first."""
        # Ordered by call, here and below, so that two replicas never deadlock.
        kept = self._insert(connection, sorted(rows, key=lambda row: (row["root_sid"], row["digest"])))
        if kept:
            self._make_due(connection, _told(rows, Counter(root_sid for root_sid, _ in kept)))
            if any(row["agents"] for row in rows) and (shared := rows_of_agents(rows, kept)):
                self._share(connection, shared)
            if self._transcribing and (jobs := rows_of_jobs(rows, kept)):
                connection.execute(self._add_jobs, jobs)
        if len(kept) == len(rows):
            return []
        return _recalled(connection, {row["digest"] for row in rows} - {digest for _, digest in kept})

    def _insert(self, connection: Connection, rows: Sequence[Row]) -> Sequence[tuple[str, bytes]]:
        return connection.execute(self._put, [stored(row) for row in rows]).all()

    def _make_due(self, connection: Connection, rows: Sequence[Row]) -> None:
        connection.execute(self._upsert, rows)

    def _share(self, connection: Connection, shared: Sequence[Row]) -> None:
        connection.execute(self._add_agents, shared)


class InsertInSqlite(InsertCallbacks):
    """The same statements as text, each for many rows, given to the driver.

    SQLAlchemy's execution took half of a small commit. The driver releases the interpreter's lock with each
    step of a statement, and then waits for the event loop, so that few steps are worth more than short ones.
    Raises the driver's own errors.
    """

    def __init__(self, *, transcribing: bool = False) -> None:
        super().__init__("sqlite", transcribing=transcribing)
        put = sqlite.insert(callbacks).on_conflict_do_nothing(index_elements=["digest"])
        self._put_rows = ManyRows(put, CALLBACK)
        self._upsert_rows = ManyRows(self._upsert, DUE)
        self._agents_rows = ManyRows(self._add_agents, AGENT_CALL)

    def _insert(self, connection: Connection, rows: Sequence[Row]) -> Sequence[tuple[str, bytes]]:
        cursor = connection.connection.cursor()
        inserted = self._put_rows.execute(cursor, rows)
        if inserted == len(rows):
            return [(row["root_sid"], row["digest"]) for row in rows]
        # Within one transaction the new rows have the last ids.
        newest = "SELECT root_sid, digest FROM callbacks ORDER BY id DESC LIMIT ?"
        return list(cursor.execute(newest, (inserted,)))

    def _make_due(self, connection: Connection, rows: Sequence[Row]) -> None:
        self._upsert_rows.execute(connection.connection.cursor(), rows)

    def _share(self, connection: Connection, shared: Sequence[Row]) -> None:
        self._agents_rows.execute(connection.connection.cursor(), shared)


CALLBACK = ("digest", "root_sid", "call_sid", "parent_sid", "kind", "parameters", "received_at")
DUE = ("root_sid", "revision", "due_at", "ended")
AGENT_CALL = ("root_sid", "agent", "at")

AT_ONCE = 32
"""Rows of one statement, at most; the driver's cache has those of every number prepared."""


class ManyRows:
    """An INSERT of rows with these columns, for SQLite's driver."""

    def __init__(self, insert: Any, columns: Sequence[str]) -> None:
        self._columns = columns
        dialect = sqlite.dialect(paramstyle="named")
        one = str(insert.compile(dialect=dialect, column_keys=columns))
        before, _, after = one.partition(f"({', '.join(f':{name}' for name in columns)})")
        row = f"({', '.join('?' for _ in columns)})"
        self._statements = [before + ", ".join([row] * rows) + after for rows in range(AT_ONCE + 1)]

    def execute(self, cursor: Any, rows: Sequence[Row]) -> int:
        """Inserts the rows; returns how many were inserted or changed."""
        changed = 0
        for at in range(0, len(rows), AT_ONCE):
            some = rows[at : at + AT_ONCE]
            values = [in_sqlite(row[name]) for row in some for name in self._columns]
            changed += cursor.execute(self._statements[len(some)], values).rowcount
        return changed


def _told(rows: Sequence[Row], new: Counter[str]) -> list[Row]:
    """The rows of `calls`: how many callbacks are new, when they arrived, whether one ends the call."""
    arrived = {row["root_sid"]: row["received_at"] for row in rows}
    ended = {row["root_sid"] for row in rows if row["closes"]}
    return [
        {"root_sid": sid, "revision": new[sid], "due_at": arrived[sid], "ended": sid in ended}
        for sid in sorted(new)
    ]


def _recalled(connection: Connection, digests: Set[bytes]) -> list[Callback]:
    before = select(callbacks).where(callbacks.c.digest.in_(sorted(digests)))
    return readable(connection.execute(before).mappings())


KEPT_WITHIN_SECONDS = 8
"""Twilio waits 15 s in all; after an answer in time it can still retry or call the fallback URL."""


class Batch:
    """The rows of one transaction, each with a promise that resolves once it is committed."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.promises: list[asyncio.Future[None]] = []
        self._late: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, row: Row) -> asyncio.Future[None]:
        """Adds a row.

        After `KEPT_WITHIN_SECONDS` the promise fails with InboxUnavailable; the row can still be committed.
        """
        loop = asyncio.get_running_loop()
        # One timer for the batch: a timer per row costs more than the wait.
        self._late = self._late or loop.call_later(KEPT_WITHIN_SECONDS, self._give_up)
        promise: asyncio.Future[None] = loop.create_future()
        self.rows.append(row)
        self.promises.append(promise)
        return promise

    def over(self) -> None:
        """Cancels the time limit: the batch was committed, or failed."""
        if self._late:
            self._late.cancel()

    def _give_up(self) -> None:
        _answer(self.promises, InboxUnavailable("the database did not answer in time"))


GATHER_SECONDS = 0.002
"""How long to gather rows when the last commit had several. A lone callback never waits."""

LONGEST_QUEUE = 20_000
"""Rows that can wait for a commit; further senders get InboxUnavailable and have to retry."""

log = structlog.get_logger()


class Insert(Protocol):
    """Writes rows within a transaction; returns the stored callbacks of those that were duplicates."""

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> Sequence[Callback]: ...


class GroupCommit:
    """Commits rows by `insert`, and each operation by itself, one transaction after the other.

    A promise resolves when its transaction is on the disk, or fails with InboxUnavailable. `committed` is
    called after each commit of rows with the callbacks that had been stored before.
    """

    def __init__(
        self,
        database: Database,
        *,
        insert: Insert,
        committed: Callable[[Sequence[Callback]], None],
    ) -> None:
        self._database = database
        self._insert = insert
        self._committed = committed
        self._batch = Batch()
        self._operations: list[tuple[Transaction, asyncio.Future[None]]] = []
        self._news = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self.damage: InboxUnavailable | None = None
        """Why the last rows were not stored, where the database file is damaged."""

    def start(self) -> None:
        """Starts the writer's task."""
        self._task = background.keep_running(self._run, name="inbox writer")

    async def close(self) -> None:
        """Writes what is queued, and ends the task."""
        self._closing = True
        self._news.set()
        if self._task:
            await self._task

    def add(self, row: Row) -> asyncio.Future[None]:
        """Queues a row; the promise resolves once it is committed.

        Raises InboxUnavailable where the inbox is closing or full.
        """
        if self._closing or len(self._batch) >= LONGEST_QUEUE:
            raise InboxUnavailable("the inbox is closing" if self._closing else "the inbox is full")
        self._news.set()
        return self._batch.add(row)

    def run(self, operation: Operation) -> asyncio.Future[None]:
        """Queues an operation, in a transaction of its own; the promise resolves once it is committed."""
        return self._promise(partial(self._database.operate, operation))

    def do(self, work: Callable[[Connection], object]) -> asyncio.Future[None]:
        """Queues work that runs as the rows' inserts do: as one function, in a transaction of its own."""
        return self._promise(partial(self._database.transact, work))

    def keep_files(self) -> asyncio.Future[None]:
        """Queues a check of the database's files, which restores removed ones."""
        return self._promise(self._database.keep_files)

    def _promise(self, transact: Transaction) -> asyncio.Future[None]:
        if self._closing:
            raise InboxUnavailable("the inbox is closing")
        promise: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._operations.append((transact, promise))
        self._news.set()
        return promise

    async def _run(self) -> None:
        crowded = False
        while not (self._closing and not self._batch and not self._operations):
            await self._news.wait()
            if crowded and not self._closing:
                await asyncio.sleep(GATHER_SECONDS)
            self._news.clear()
            batch, self._batch = self._batch, Batch()
            operations, self._operations = self._operations, []
            crowded = len(batch) > 1
            if batch:
                await self._keep(batch.rows, batch.promises)
                batch.over()
            for transact, promise in operations:
                _answer([promise], await self._database.carry_out(transact))

    async def _keep(self, rows: Sequence[Row], promises: Sequence[asyncio.Future[None]]) -> None:
        insert = partial(self._insert, rows=rows)
        known: Sequence[Callback] = ()

        async def transact() -> None:
            nonlocal known
            known = await self._database.transact(insert)

        failure = await self._database.carry_out(transact)
        if isinstance(failure, InboxRefused) and len(rows) > 1:
            # Bisect, so that one bad row does not fail the others.
            middle = len(rows) // 2
            await self._keep(rows[:middle], promises[:middle])
            await self._keep(rows[middle:], promises[middle:])
            return
        _answer(promises, failure)
        self.damage = failure if failure and is_damage(failure.__cause__) else None
        if failure is None:
            self._report(known)
        else:
            metrics.CALLBACKS_NOT_KEPT.inc(by=len(rows))

    def _report(self, known: Sequence[Callback]) -> None:
        try:
            self._committed(known)
        # The rows are on the disk; a failing listener must not end the one writer.
        except Exception:
            log.exception("inbox.listener_failed")


def _answer(promises: Sequence[asyncio.Future[None]], failure: Exception | None) -> None:
    """Resolves promises, or fails them."""
    for promise in promises:
        # It was answered before, or its sender has given up.
        if promise.done():
            continue
        if failure:
            promise.set_exception(failure)
        else:
            promise.set_result(None)
