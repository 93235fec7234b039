"""SQLite: engines with durable commits and explicit BEGIN, and the thread that writes."""

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
"""How long a write waits for another process's lock; Twilio waits 15 s in all."""


def open_engine(url: str, files: DatabaseFiles) -> AsyncEngine:
    """An engine for a file; creates its folder.

    Raises InboxUnavailable where the file is gone and its log is left.
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
    """A thread with one open connection that runs writing transactions, one after the other."""

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
        """Runs `work` in a transaction; returns its result, and the error that names lost files."""
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
        """Writes all that was committed to files under the database's names; no connection reads meanwhile.

        Returns the files that were found there and moved aside. Raises OSError where there is no room or no
        folder. Close all connections afterwards: they still have the former files open.
        """
        return await self._run(self._rescue)

    def _rescue(self) -> list[Path]:
        try:
            return rescued(self._connected(), self._files)
        except sqlite3.Error as problem:
            raise OSError(str(problem)) from problem

    async def disconnect(self) -> None:
        """Closes the connection; the next one can open other files."""
        await self._run(self._disconnect)
        self._files.closed()

    async def close(self) -> None:
        """Closes the connection and ends the thread."""
        await self._run(self._disconnect)
        self._thread.shutdown()

    async def _run(self, work: Callable[..., R], *arguments: Any) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _connected(self) -> Connection:
        # Kept open: a round trip to the pool costs as much as a small commit.
        self._connection = self._connection or self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None
        self._engine.dispose()


def writing(engine: AsyncEngine) -> AsyncEngine:
    """The same engine, for transactions that write.

    A transaction that reads and then writes fails at once under a concurrent commit, with any timeout,
    unless it took the write lock when it began.
    """
    return engine.execution_options(**TO_WRITE)


def _begin_nothing_anew(files: DatabaseFiles, *_: Any) -> None:
    # SQLite would create a new, empty file.
    files.check()


def _prepare(files: DatabaseFiles, connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late; `_begin` sends it.
    connection.isolation_level = None
    cursor = connection.cursor()
    # A commit that was acknowledged is on the disk: https://www.sqlite.org/pragma.html#pragma_synchronous
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    # Pages of 4 KiB in the log before a checkpoint. SIDs are random, so that commits share few index pages:
    # with a million calls a checkpoint of many commits costs a tenth of many small ones, for 16 MB of log.
    cursor.execute("PRAGMA wal_autocheckpoint=4000")
    cursor.close()
    files.opened()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("bridge_begin", "BEGIN"))
