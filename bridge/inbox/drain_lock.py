"""Exactly one process drains a database: the one that holds this lock."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import structlog
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge import background
from bridge.errors import AlreadyServed, InboxUnavailable, Standby
from bridge.inbox import postgresql
from bridge.inbox.sqlite_file import DatabaseFiles
from bridge.settings import InboxSettings


class FileLock:
    """`DrainLock` on `DATABASE.lock`; the file stays, and has the process's number."""

    def __init__(self, database: str) -> None:
        self._named = Path(database)
        self._database = Path(os.path.realpath(database))
        self._path = self._database.with_name(f"{self._database.name}.lock")
        self._file: int | None = None
        self._identity: int | None = None

    async def take(self) -> None:
        """See `DrainLock`. Raises InboxUnavailable where the file cannot be made."""
        if self._file is not None:
            if self._stands():
                return
            # The files are others by now, which another process could lock.
            os.close(self._file)
            self._file = None
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            holder = os.pread(file, 20, 0).decode(errors="replace").strip()
            os.close(file)
            raise Standby(f"process {holder or 'another'}, by {self._path}") from taken
        if self._identity is None:
            DatabaseFiles(self._named).put_back()
        try:
            self._lock_database()
        except OSError as taken:
            os.close(file)
            raise Standby(f"another process, by another name of {self._database}") from taken
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    async def check(self) -> None:
        """See `DrainLock`."""
        if self._file is None:
            raise Standby(f"nobody has taken {self._path}")
        if not self._stands():
            raise Standby(f"{self._path} or its database was removed or replaced")

    async def release(self) -> None:
        """See `DrainLock`."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._identity is not None:
            fcntl.flock(self._identity, fcntl.LOCK_UN)

    def _stands(self) -> bool:
        """Whether what is locked has its names still."""
        held = {self._path: self._file, self._database: self._identity}
        return all(one is None or _is_at(path, one) for path, one in held.items())

    def _lock_database(self) -> None:
        log = self._database.with_name(f"{self._database.name}-wal")
        if log.exists() and not self._database.exists():
            # The inbox refuses to begin anew beside a log.
            return
        if self._identity is None or not _is_at(self._database, self._identity):
            # One that was open is never closed: that would end the `fcntl` locks which SQLite has by it.
            make = os.O_CREAT if self._identity is None else 0
            self._identity = os.open(self._database, os.O_RDWR | make | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._identity, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as problem:
            raise InboxUnavailable(
                f"The database's folder cannot be made or written, {self._path}: {problem.strerror}."
            ) from problem


def _is_at(path: Path, opened: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(opened))
    except OSError:
        return False


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


class DrainLock(Protocol):
    """Held or not; never waited for."""

    async def take(self) -> None:
        """Holds it from now on, or still; raises Standby where another process does."""

    async def check(self) -> None:
        """Raises Standby unless it is certain that it is held."""

    async def release(self) -> None:
        """Lets another have it."""


@asynccontextmanager
async def open_drain_lock(settings: InboxSettings) -> AsyncIterator[DrainLock]:
    """The lock of the settings' database, not taken yet; released at the end."""
    lock = _lock(settings)
    try:
        yield lock
    finally:
        await lock.release()


async def claim_file(lock: DrainLock, settings: InboxSettings) -> None:
    """Takes the lock where one server alone may be: on SQLite. Raises AlreadyServed."""
    file = _file(settings)
    if file is None:
        return
    try:
        await lock.take()
    except Standby as standby:
        raise AlreadyServed(
            f"The database {file} is served already ({standby}). "
            "One process serves a SQLite file; several can share a PostgreSQL (BRIDGE_DATABASE_URL)."
        ) from standby


def _lock(settings: InboxSettings) -> DrainLock:
    file = _file(settings)
    if file:
        return FileLock(file)
    return AdvisoryLock(
        settings.database_url.get_secret_value(), partition_seconds=settings.partition_seconds
    )


def _file(settings: InboxSettings) -> str | None:
    url = make_url(settings.database_url.get_secret_value())
    return url.database if url.get_backend_name() == "sqlite" else None
