"""The database of an inbox: opened, brought up to date, used in transactions, closed."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import structlog
from msgspec import Struct, field
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bridge.errors import InboxRefused, InboxUnavailable
from bridge.inbox import postgresql, sqlite
from bridge.inbox.migrations.migrate import migrate
from bridge.inbox.sqlite import DatabaseFiles, FilesLost
from bridge.language.phrase import phrase

WAIT_SECONDS = 4.0
"""How long readers, and the task that closes all connections, wait for each other."""


class Readers:
    """A shared/exclusive lock: many readers, or none. Raises TimeoutError (an OSError) after WAIT_SECONDS."""

    def __init__(self) -> None:
        self._reading = 0
        self._open = asyncio.Event()
        self._open.set()
        self._none = asyncio.Event()
        self._none.set()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Holds the lock as one of many readers."""
        if not self._open.is_set():
            await asyncio.wait_for(self._open.wait(), WAIT_SECONDS)
        self._reading += 1
        self._none.clear()
        try:
            yield
        finally:
            self._reading -= 1
            if not self._reading:
                self._none.set()

    @asynccontextmanager
    async def none(self) -> AsyncIterator[None]:
        """Holds the lock exclusively: no reader until the block ends."""
        self._open.clear()
        try:
            await asyncio.wait_for(self._none.wait(), WAIT_SECONDS)
            yield
        finally:
            self._open.set()


PATIENCE_SECONDS = 4
"""How long a transaction is retried while the database is away, before it fails."""

AGAIN_SECONDS = 0.1

log = structlog.get_logger()

FAILURES = (SQLAlchemyError, sqlite3.Error, OSError)
"""The errors that using a database raises."""

T = TypeVar("T")

PRIMARY = 0xFF
"""Mask of SQLite's primary result code; the other bits are details."""


Operation = Callable[[AsyncConnection], Awaitable[None]]
Transaction = Callable[[], Awaitable[object]]


class Database(Struct):
    """A SQLite file or a PostgreSQL database: engines to read and to write, and its transactions."""

    reading: AsyncEngine
    writing: AsyncEngine
    autocommit_reading: AsyncEngine | None = None
    autocommit_writing: AsyncEngine | None = None
    """For single statements on PostgreSQL, which are transactions by themselves."""
    own_thread: sqlite.OwnThread | None = None
    files: DatabaseFiles | None = None
    serves: bool = False
    """Whether this process serves the file, and restores it; other processes can hold an older one open."""
    _readers: Readers = field(default_factory=Readers)
    _failing_since: float | None = None

    @property
    def is_shared(self) -> bool:
        """Whether several processes can serve it."""
        return self.writing.dialect.name == "postgresql"

    @property
    def answers_within(self) -> float | None:
        """Seconds after which a transaction counts as lost; None where the driver has its own time-out."""
        return postgresql.ANSWER_SECONDS if self.is_shared else None

    def passes(self, problem: Exception) -> bool:
        """Whether the same transaction can succeed when it is retried."""
        return self.is_shared and postgresql.passes(problem)

    @asynccontextmanager
    async def read(self, *, in_one_statement: bool = False) -> AsyncIterator[AsyncConnection]:
        """A connection to read by: statements see one snapshot, which a single one does by itself.

        Raises OSError and SQLAlchemyError.
        """
        engine = (in_one_statement and self.autocommit_reading) or self.reading
        async with (
            self._readers.one(),
            asyncio.timeout(self.answers_within),
            engine.connect() as connection,
        ):
            yield connection

    async def carry_out(self, transact: Transaction) -> InboxUnavailable | None:
        """Carries a transaction out, with retries; returns why it failed, or None."""
        try:
            await self._patiently(transact)
        # The one writer must survive every error: without it no callback is stored any more.
        except Exception as problem:
            if isinstance(problem, (SQLAlchemyError, OSError)):
                log.error("inbox.not_written", cause=cause(problem), **self._advice(problem))
            else:
                log.exception("inbox.failed")
            kind = InboxRefused if refuses_data(problem) else InboxUnavailable
            failure = kind(f"the database cannot be written: {self.why(problem)}")
            failure.__cause__ = problem
            return failure
        return None

    def _advice(self, problem: Exception) -> dict[str, str]:
        return {"what": self.why(problem)} if is_damage(problem) else {}

    async def _patiently(self, transact: Transaction) -> None:
        """Retries after a lost connection, a restart of the server or a deadlock, while the senders wait.

        The transaction was possibly committed all the same, so every operation has to be idempotent.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                await transact()
            except Exception as problem:
                now = loop.time()
                self._failing_since = self._failing_since or now
                if now - self._failing_since > PATIENCE_SECONDS or not self.passes(problem):
                    raise
                log.warning("inbox.tries_again", problem=type(problem).__name__)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self._failing_since = None
                return

    async def operate(self, operation: Operation) -> None:
        """Runs an operation in a transaction of its own, which is then committed to files that stay."""
        async with asyncio.timeout(self.answers_within), self.writing.begin() as connection:
            await operation(connection)
        await self.keep_files()

    async def transact(self, work: Callable[[Connection], T], *, in_one_statement: bool = False) -> T:
        """Runs `work` in a transaction and returns its result; committed when this returns.

        On SQLite one thread runs it as a whole: passing each statement to a thread costs more than the
        statement. PostgreSQL commits work that writes `in_one_statement` with it, without BEGIN and COMMIT.
        """
        if self.own_thread:
            done, lost = await self.own_thread.transact(work)
            if lost:
                await self._rescue(self.own_thread, lost)
            return done
        engine = (in_one_statement and self.autocommit_writing) or self.writing
        async with asyncio.timeout(self.answers_within), engine.begin() as connection:
            return await connection.run_sync(work)

    def lost(self) -> FilesLost | None:
        """The error that names a removed or replaced file; None where all are there, and on PostgreSQL."""
        return self.files.lost() if self.files else None

    async def open(self) -> None:
        """Opens the file to write, so that it can be restored if it is removed."""
        await self.transact(lambda _: None)

    async def keep_files(self) -> None:
        """Restores files that were removed or replaced while open. Raises OSError where that fails."""
        if self.own_thread and (lost := self.lost()):
            await self._rescue(self.own_thread, lost)

    async def _rescue(self, own_thread: sqlite.OwnThread, lost: FilesLost) -> None:
        if not self.serves:
            raise lost
        try:
            async with self._readers.none():
                put_aside = await own_thread.rescue()
                await self.reading.dispose()
                await own_thread.disconnect()
        except (OSError, SQLAlchemyError) as problem:
            raise FilesLost(f"{lost}, and cannot be restored: {cause(problem)}") from problem
        log.error("inbox.files_restored", lost=str(lost), put_aside=[str(file) for file in put_aside])

    def check_room(self) -> None:
        """Raises OSError where the disk is full. PostgreSQL reports that itself."""
        if self.files:
            self.files.check_room()

    def why(self, problem: BaseException) -> str:
        """The kind of error; where the file is damaged, what SQLite said and what to do."""
        if self.files and is_damage(problem):
            return f"{cause(problem)}. {self.files.if_damaged()}"
        return type(problem).__name__

    async def close(self) -> None:
        """Restores removed files, then closes all connections."""
        try:
            await self.keep_files()
        except OSError as problem:
            log.error("inbox.not_written", cause=cause(problem))
        if self.own_thread:
            await self.own_thread.close()
        await self.reading.dispose()
        await self.writing.dispose()


def connect(url: str, *, serves: bool = False) -> Database:
    """The database at a URL; no connection is opened yet. Raises InboxUnavailable without its driver."""
    if url.startswith("sqlite"):
        files = DatabaseFiles(Path(make_url(url).database or ""))
        engine = sqlite.open_engine(url, files)
        own_thread = sqlite.OwnThread(url, files)
        return Database(engine, sqlite.writing(engine), own_thread=own_thread, files=files, serves=serves)
    try:
        reading, writing = postgresql.reading(url), postgresql.writing(url)
        return Database(reading, writing, postgresql.autocommit(reading), postgresql.autocommit(writing))
    except ModuleNotFoundError as missing:
        raise InboxUnavailable(
            phrase(
                "PostgreSQL needs the package {package}: {command}",
                package=missing.name,
                command=_installing(str(missing.name)),
            )
        ) from None


def _installing(package: str) -> str:
    """The command for this environment; those of uv have no pip."""
    if find_spec("pip"):
        return f"{sys.executable} -m pip install {package}"
    return f"uv pip install --python {sys.executable} {package}"


def is_damage(problem: BaseException | None) -> bool:
    """Whether SQLite reports a damaged file. https://www.sqlite.org/rescode.html"""
    origin = getattr(problem, "orig", None) or problem
    code = getattr(origin, "sqlite_errorcode", None)
    return code is not None and code & PRIMARY in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def refuses_data(problem: BaseException) -> bool:
    """Whether the database, its driver or an operation rejects the data itself."""
    origin = getattr(problem, "orig", None) or problem
    if isinstance(problem, (DataError, IntegrityError)) or isinstance(origin, _OF_DATA):
        return True
    # https://www.postgresql.org/docs/current/errcodes-appendix.html: data exceptions, integrity
    return str(getattr(origin, "sqlstate", None) or "")[:2] in ("22", "23")


_OF_DATA = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    ValueError,
    TypeError,
    OverflowError,
)


def cause(problem: BaseException) -> str:
    """The first line of the database's message; later lines can quote stored data."""
    text = str(getattr(problem, "orig", None) or problem)
    return (text.splitlines() or [type(problem).__name__])[0].rpartition(">: ")[2]


@asynccontextmanager
async def open_database(
    url: str, *, serves: bool = False, must_exist: bool = False
) -> AsyncIterator[Database]:
    """The database at a URL, brought up to date. Raises InboxUnavailable with what is wrong."""
    if must_exist:
        _check_it_exists(url)
    database = _connect(url, serves=serves)
    try:
        await _bring_up_to_date(database, url)
        yield database
    finally:
        await database.close()


def missing_file(url: str) -> Path | None:
    """The SQLite file that does not exist yet; None where it does, or the database is PostgreSQL."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite":
        return None
    file = Path(parts.database or "").absolute()
    try:
        return None if file.exists() else file
    except OSError:
        # A folder on its way is closed to this user, which opening it reports.
        return None


def _check_it_exists(url: str) -> None:
    if file := missing_file(url):
        raise InboxUnavailable(
            phrase(
                "There is no database {file}. Run this in the folder where the bridge runs, or set "
                "BRIDGE_DATABASE_URL; the bridge creates its database at its first start.",
                file=file,
            )
        )


def _connect(url: str, *, serves: bool) -> Database:
    try:
        return connect(url, serves=serves)
    except OSError as problem:
        raise InboxUnavailable(
            phrase(
                "The folder of the database {url} cannot be created: {problem}",
                url=without_password(url),
                problem=problem,
            )
        ) from problem


async def _bring_up_to_date(database: Database, url: str) -> None:
    try:
        await migrate(database.writing)
        if database.serves:
            await database.open()
    except (SQLAlchemyError, sqlite3.Error, InboxUnavailable, OSError) as problem:
        raise InboxUnavailable(
            phrase(
                "The database {url} cannot be opened: {problem}.{advice}",
                url=without_password(url),
                problem=cause(problem),
                advice=_advice(database, problem),
            )
        ) from problem


def _advice(database: Database, problem: Exception) -> str:
    if not database.files:
        is_away = isinstance(problem, OSError)
        return phrase(" Start the server, or set BRIDGE_DATABASE_URL.") if is_away else ""
    if not is_damage(problem):
        return database.files.advice()
    return phrase(" {advice}", advice=database.files.if_damaged())


def without_password(url: str) -> str:
    """A database's URL without its password."""
    return make_url(url).render_as_string(hide_password=True)
