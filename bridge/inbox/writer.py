"""Group commit: the one writer of a process commits queued rows together, then releases their senders."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy import Connection

from bridge import background
from bridge.calls.callback import Callback
from bridge.errors import InboxRefused, InboxUnavailable
from bridge.inbox.database import Database, Operation, Transaction, is_damage
from bridge.inbox.rows import Row
from bridge.observability import metrics

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

MOST_ROWS = 1000
"""Of one transaction. All that queued up while the database was away would take longer than it may."""

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
            for first in range(0, len(batch), MOST_ROWS):
                some = slice(first, first + MOST_ROWS)
                await self._keep(batch.rows[some], batch.promises[some])
            batch.over()
            for transact, promise in operations:
                _answer([promise], await self._database.carry_out(transact))

    async def _keep(self, rows: Sequence[Row], promises: Sequence[asyncio.Future[None]]) -> None:
        insert = partial(self._insert, rows=rows)
        known: Sequence[Callback] = ()

        async def transact() -> None:
            nonlocal known
            known = await self._database.transact(insert, in_one_statement=True)

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
