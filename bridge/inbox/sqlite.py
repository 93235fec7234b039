"""SQLite: durable, and with one way to begin a transaction."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bridge.inbox.sqlite_file import DatabaseFiles, FilesLost, rescued
from bridge.json_text import to_json

T = TypeVar("T")
R = TypeVar("R")

TO_WRITE = {"bridge_begin": "BEGIN IMMEDIATE"}

BUSY_SECONDS = 4
"""How long a write waits for another process's; Twilio waits 15 s, tries included."""


def open_engine(url: str, files: DatabaseFiles) -> AsyncEngine:
    """An engine for a file; makes the folder that it goes into.

    Raises InboxUnavailable rather than begin anew where there was a database.
    """
    files.make()
    engine = create_async_engine(url, json_serializer=to_json, connect_args={"timeout": BUSY_SECONDS})
    _prepare_all(engine.sync_engine, files)
    return engine


def _prepare_all(engine: Engine, files: DatabaseFiles) -> None:
    event.listen(engine, "do_connect", partial(_begin_nothing_anew, files))
    event.listen(engine, "connect", partial(_prepare, files))
    event.listen(engine, "begin", _begin)


class OwnThread:
    """Whole transactions that write, one after the other, in a thread of their own."""

    def __init__(self, url: str, files: DatabaseFiles) -> None:
        self._files = files
        self._thread = ThreadPoolExecutor(1, "inbox")
        self._engine = create_engine(
            make_url(url).set(drivername="sqlite"),
            connect_args={"timeout": BUSY_SECONDS},
            execution_options=TO_WRITE,
        )
        _prepare_all(self._engine, files)
        self._connection: Connection | None = None

    async def transact(self, work: Callable[[Connection], T]) -> tuple[T, FilesLost | None]:
        """What the work gives, when it is committed, and whether it was to files that were lost."""
        return await self._run(self._transact, work)

    def _transact(self, work: Callable[[Connection], T]) -> tuple[T, FilesLost | None]:
        connection = self._connected()
        try:
            with connection.begin():
                done = work(connection)
        except self._engine.dialect.loaded_dbapi.Error as problem:
            raise OperationalError(None, None, problem) from problem
        self._files.opened()
        return done, self._files.lost()

    async def rescue(self) -> list[Path]:
        """Brings all that was committed to files that have their names; nobody reads meanwhile.

        Gives the files that were found there and put aside. Raises OSError where there is no room, or no
        folder. All connections are to be closed then: they still have the former files.
        """
        return await self._run(self._rescue)

    def _rescue(self) -> list[Path]:
        try:
            return rescued(self._connected(), self._files)
        except sqlite3.Error as problem:
            raise OSError(str(problem)) from problem

    async def disconnect(self) -> None:
        """Ends the connection; the next one may be to other files."""
        await self._run(self._disconnect)
        self._files.closed()

    async def close(self) -> None:
        """Ends the connection and the thread."""
        await self._run(self._disconnect)
        self._thread.shutdown()

    async def _run(self, work: Callable[..., R], *arguments: Any) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _connected(self) -> Connection:
        # Kept open: to take it from the pool and to give it back costs as much as a small commit.
        self._connection = self._connection or self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None
        self._engine.dispose()


def writing(engine: AsyncEngine) -> AsyncEngine:
    """The same engine, for transactions that write.

    A transaction that reads and then writes fails at once under a concurrent commit, whatever the
    timeout, unless it took the write lock when it began.
    """
    return engine.execution_options(**TO_WRITE)


def _begin_nothing_anew(files: DatabaseFiles, *_: Any) -> None:
    # SQLite would make the file again, and an empty one.
    files.check()


def _prepare(files: DatabaseFiles, connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late; `_begin` says it.
    connection.isolation_level = None
    cursor = connection.cursor()
    # A commit that was acknowledged is on the disk: https://www.sqlite.org/pragma.html#pragma_synchronous
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    # Pages of 4 KiB in the log before they are copied to their places. Few calls are neighbours in an index,
    # so to copy more at once is to copy less: a tenth of the cost with a million behind it, for 16 MB.
    cursor.execute("PRAGMA wal_autocheckpoint=4000")
    cursor.close()
    files.opened()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("bridge_begin", "BEGIN"))
