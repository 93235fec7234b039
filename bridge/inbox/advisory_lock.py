"""The drain lock of a PostgreSQL database: a session's advisory lock, on a connection of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge import background
from bridge.errors import Standby
from bridge.inbox import postgresql

LOCK = 7_283_461_002
"""Of PostgreSQL's advisory locks, the one that is held while draining."""

ANSWER_SECONDS = 2
"""A server that is silent for so long may have given the lock to another."""

TAKE = text("SELECT pg_try_advisory_lock(:lock), pg_backend_pid()")
WHO = text("SELECT pg_backend_pid()")

# https://www.postgresql.org/docs/current/view-pg-locks.html: how a lock of 64 bits stands there
END_SILENT = text(
    """
    SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity AS session USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND classid::bigint = :high AND objid::bigint = :low
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND session.usename = current_user
      AND session.state_change < clock_timestamp() - make_interval(secs => :seconds)
    """
).bindparams(high=LOCK >> 32, low=LOCK & 0xFFFF_FFFF)
"""Ends the session that holds the lock and was silent for too long."""

BEATS = 4
"""How often the holder speaks within the time after which it counts as gone."""

log = structlog.get_logger()

T = TypeVar("T")


class AdvisoryLock:
    """`DrainLock` in PostgreSQL. It ends with its session, and is then gone, not silently renewed.

    A holder that hangs, or vanished behind a proxy that keeps its connection, is silent. After
    `partition_seconds` of that the next to try ends its session: nobody drains for that long at the most.
    """

    def __init__(self, url: str, *, partition_seconds: int) -> None:
        self._partition_seconds = partition_seconds
        self._heartbeat: asyncio.Task[None] | None = None
        self._engine = postgresql.alone(url, **postgresql.keepalive(partition_seconds))
        self._connection: AsyncConnection | None = None
        self._one_at_a_time = asyncio.Lock()
        self._session: int | None = None
        """The server's process; another one would not hold the lock."""

    async def take(self) -> None:
        """See `DrainLock`."""
        if self._session is not None:
            await self.check()
            return
        if not await self._ask(self._try, within=postgresql.CONNECT_SECONDS + ANSWER_SECONDS):
            raise Standby("another process drains")
        self._heartbeat = self._heartbeat or background.keep_running(self._beat, name="drain lock")

    async def check(self) -> None:
        """See `DrainLock`. One round trip, because the server alone knows whether the session lives."""
        if self._connection is None or self._session is None:
            raise Standby("the lock is not held")
        who = partial(self._connection.scalar, WHO)
        # The library connects anew without a word, and then it is another session.
        if await self._ask(who, within=ANSWER_SECONDS) != self._session:
            await self._drop()
            raise Standby("the session that held the lock is gone")

    async def release(self) -> None:
        """See `DrainLock`."""
        if self._heartbeat:
            self._heartbeat.cancel()
            await asyncio.wait([self._heartbeat])
        await self._drop()
        await self._engine.dispose()

    async def _beat(self) -> None:
        """The worker may wait for Twenty longer than a holder may be silent."""
        while True:
            await asyncio.sleep(self._partition_seconds / BEATS)
            if self._session is not None:
                with suppress(Standby):
                    await self.check()

    async def _try(self) -> bool:
        if self._connection is None:
            connection = await self._engine.connect()
            self._connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        held, session = (await self._connection.execute(TAKE, {"lock": LOCK})).one()
        if not held:
            ended = (await self._connection.execute(END_SILENT, {"seconds": self._partition_seconds})).all()
            if ended:
                log.warning("drain.silent_session_ended", seconds=self._partition_seconds)
        self._session = session if held else None
        return bool(held)

    async def _ask(self, question: Callable[[], Awaitable[T]], *, within: float) -> T:
        """The answer; a connection that gives none in time is as good as gone."""
        try:
            async with self._one_at_a_time, asyncio.timeout(within):
                return await question()
        except (SQLAlchemyError, OSError) as problem:
            if self._session is not None:
                log.warning("drain.lock_lost", problem=type(problem).__name__)
            await self._drop()
            raise Standby(f"the database cannot be asked: {type(problem).__name__}") from problem

    async def _drop(self) -> None:
        """Without waiting for the server, which may not be there."""
        connection, self._connection, self._session = self._connection, None, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()
