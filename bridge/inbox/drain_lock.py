"""The drain lock: exactly one process drains a database.

On SQLite it is a lock on a file beside the database, on PostgreSQL an advisory lock of a session. Both end
with their process, however it ends.
"""

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
from bridge.inbox.sqlite import DatabaseFiles, make_folder
from bridge.language.phrase import phrase
from bridge.settings import InboxSettings


class FileLock:
    """`DrainLock` of a SQLite database: `flock` on `DATABASE.lock` and on the database itself.

    The first file contains the holder's process id, and stays. The second lock holds under every hard link
    and mount of the database. SQLite locks by `fcntl`, which is independent of `flock`.
    """

    def __init__(self, database: str) -> None:
        self._named = Path(database)
        self._database = Path(os.path.realpath(database))
        self._path = self._database.with_name(f"{self._database.name}.lock")
        self._file: int | None = None
        self._identity: int | None = None

    async def take(self) -> None:
        """See `DrainLock`. Raises InboxUnavailable where the file or its lock file cannot be opened."""
        if self._file is not None:
            if self._stands():
                return
            # The files were replaced; another process could lock the new ones.
            os.close(self._file)
            self._file = None
        file = self._open()
        try:
            self._lock_both(file)
        except BaseException:
            os.close(file)
            raise
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    async def check(self) -> None:
        """See `DrainLock`."""
        if self._file is None:
            raise Standby(f"{self._path} is not locked")
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
        """Whether the locked files still have their names."""
        held = {self._path: self._file, self._database: self._identity}
        return all(one is None or _is_at(path, one) for path, one in held.items())

    def _lock_both(self, file: int) -> None:
        try:
            self._lock_file(file)
            if self._identity is None:
                DatabaseFiles(self._named).put_back()
            self._lock_database()
        except OSError as problem:
            raise InboxUnavailable(
                phrase(
                    "The database {file} cannot be opened for writing: {problem}. Its owner has to be the "
                    "user that the bridge runs as.",
                    file=self._database,
                    problem=problem.strerror,
                )
            ) from problem

    def _lock_file(self, file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            name = os.pread(file, 20, 0).decode(errors="replace").strip() or phrase("another")
            raise Standby(phrase("process {name}, by {path}", name=name, path=self._path)) from taken

    def _lock_database(self) -> None:
        log = self._database.with_name(f"{self._database.name}-wal")
        if log.exists() and not self._database.exists():
            # The inbox refuses to start beside the log of a missing database.
            return
        if self._identity is None or not _is_at(self._database, self._identity):
            # Never closed once open: closing ends the `fcntl` locks that SQLite holds on the file.
            make = os.O_CREAT if self._identity is None else 0
            self._identity = os.open(self._database, os.O_RDWR | make | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._identity, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise Standby(
                phrase("another process, by another name of {file}", file=self._database)
            ) from taken

    def _open(self) -> int:
        try:
            make_folder(self._path.parent)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise InboxUnavailable(
                phrase(
                    "The database's folder cannot be created or written, {path}: {problem}.",
                    path=self._path,
                    problem=problem.strerror,
                )
            ) from problem


def _is_at(path: Path, opened: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(opened))
    except OSError:
        return False


LOCK = 7_283_461_002
"""The key of the advisory lock that is held while draining."""

ANSWER_SECONDS = 2
"""A server that does not answer for so long has possibly ended the session, and with it the lock."""

TAKE = text("SELECT pg_try_advisory_lock(:lock), pg_backend_pid()")
WHO = text("SELECT pg_backend_pid()")

# How a 64-bit key is shown: https://www.postgresql.org/docs/current/view-pg-locks.html
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
"""Ends the session that holds the lock and sent no statement for too long."""

BEATS = 4
"""Heartbeats of the holder within the time after which it counts as gone."""

log = structlog.get_logger()

T = TypeVar("T")


class AdvisoryLock:
    """`DrainLock` in PostgreSQL: a session's advisory lock, on a connection of its own.

    The lock ends with its session and is never silently renewed. A holder that hangs, or vanished behind a
    proxy that keeps its connection, sends no heartbeat. After `partition_seconds` the next process to try
    ends its session: the longest time in which no replica drains.
    """

    def __init__(self, url: str, *, partition_seconds: int) -> None:
        self._partition_seconds = partition_seconds
        self._heartbeat: asyncio.Task[None] | None = None
        self._engine = postgresql.alone(url, **postgresql.keepalive(partition_seconds))
        self._connection: AsyncConnection | None = None
        self._one_at_a_time = asyncio.Lock()
        self._session: int | None = None
        """The backend's process id; another backend does not hold the lock."""

    async def take(self) -> None:
        """See `DrainLock`."""
        if self._session is not None:
            await self.check()
            return
        if not await self._ask(self._try, within=postgresql.CONNECT_SECONDS + ANSWER_SECONDS):
            raise Standby("another process drains")
        self._heartbeat = self._heartbeat or background.keep_running(self._beat, name="drain lock")

    async def check(self) -> None:
        """See `DrainLock`. One round trip: only the server knows whether the session still exists."""
        if self._connection is None or self._session is None:
            raise Standby("the lock is not held")
        who = partial(self._connection.scalar, WHO)
        # SQLAlchemy reconnects silently, and the new session does not hold the lock.
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
        """Heartbeats, since the worker can wait for Twenty longer than `partition_seconds`."""
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
        """The answer to a question; a connection that does not answer in time is dropped. Raises Standby."""
        try:
            async with self._one_at_a_time, asyncio.timeout(within):
                return await question()
        except (SQLAlchemyError, OSError) as problem:
            if self._session is not None:
                log.warning("drain.lock_lost", problem=type(problem).__name__)
            await self._drop()
            raise Standby(f"the database does not answer: {type(problem).__name__}") from problem

    async def _drop(self) -> None:
        """Drops the connection without waiting for the server, which is possibly unreachable."""
        connection, self._connection, self._session = self._connection, None, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()


class DrainLock(Protocol):
    """A lock that is tried, never waited for."""

    async def take(self) -> None:
        """Takes the lock, or keeps it. Raises Standby where another process holds it."""

    async def check(self) -> None:
        """Raises Standby unless this process certainly holds the lock."""

    async def release(self) -> None:
        """Releases the lock."""


@asynccontextmanager
async def open_drain_lock(settings: InboxSettings) -> AsyncIterator[DrainLock]:
    """The lock of the settings' database, not taken yet; released when the block ends."""
    lock = _lock(settings)
    try:
        yield lock
    finally:
        await lock.release()


async def claim_file(lock: DrainLock, settings: InboxSettings) -> None:
    """Takes the lock on SQLite, which one server alone can serve. Raises AlreadyServed."""
    file = _file(settings)
    if file is None:
        return
    try:
        await lock.take()
    except Standby as standby:
        raise AlreadyServed(
            phrase(
                "The database {file} is already served ({holder}). One process serves a SQLite file; several "
                "can share a PostgreSQL (BRIDGE_DATABASE_URL).",
                file=file,
                holder=standby,
            )
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
