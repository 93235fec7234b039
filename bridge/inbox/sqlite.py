"""SQLite: durable, and with one way to begin a transaction."""

import asyncio
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bridge.errors import InboxUnavailable
from bridge.json_text import to_json

T = TypeVar("T")

LITTLE = 2**20
"""Bytes; with fewer free SQLite cannot even begin."""

TO_WRITE = {"bridge_begin": "BEGIN IMMEDIATE"}

BUSY_SECONDS = 4
"""How long a write waits for another process's; Twilio waits 15 s, tries included."""


def open_engine(url: str) -> AsyncEngine:
    """An engine for a file; makes the folder that it goes into.

    Raises InboxUnavailable rather than begin anew where there was a database.
    """
    file = Path(make_url(url).database or "")
    file.parent.mkdir(parents=True, exist_ok=True)
    _refuse_what_is_left_of(file)
    engine = create_async_engine(url, json_serializer=to_json, connect_args={"timeout": BUSY_SECONDS})
    _prepare_all(engine.sync_engine)
    return engine


def _prepare_all(engine: Engine) -> None:
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)


class OwnThread:
    """Whole transactions that write, one after the other, in a thread of their own."""

    def __init__(self, url: str) -> None:
        self._thread = ThreadPoolExecutor(1, "inbox")
        self._engine = create_engine(
            make_url(url).set(drivername="sqlite"),
            connect_args={"timeout": BUSY_SECONDS},
            execution_options=TO_WRITE,
        )
        _prepare_all(self._engine)
        self._connection: Connection | None = None

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """What the work gives, when it is on the disk."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        # Kept open: to take it from the pool and to give it back costs as much as a small commit.
        self._connection = self._connection or self._engine.connect()
        try:
            with self._connection.begin():
                return work(self._connection)
        except self._engine.dialect.loaded_dbapi.Error as problem:
            raise OperationalError(None, None, problem) from problem

    async def close(self) -> None:
        """Ends the connection and the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.close()
        self._engine.dispose()


def _refuse_what_is_left_of(file: Path) -> None:
    """SQLite would delete the log of a database that is gone, and with it the last commits."""
    log = file.with_name(f"{file.name}-wal")
    if _size(file) == 0 and _size(log) > 0:
        raise InboxUnavailable(
            f"The database {file} is gone or empty, but its log {log} is there. Restore the file from a "
            "backup, or move the log away to begin anew."
        )


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def advice(url: str) -> str:
    """What the file system says where SQLite only says that it cannot; or nothing."""
    folder = Path(make_url(url).database or "").absolute().parent
    if not os.access(folder, os.W_OK):
        return f" The folder {folder} may not be written: look at its owner and how the volume is mounted."
    if shutil.disk_usage(folder).free < LITTLE:
        return f" The disk is full, or nearly so: {folder}."
    return ""


def writing(engine: AsyncEngine) -> AsyncEngine:
    """The same engine, for transactions that write.

    A transaction that reads and then writes fails at once under a concurrent commit, whatever the
    timeout, unless it took the write lock when it began.
    """
    return engine.execution_options(**TO_WRITE)


def _prepare(connection: Any, _record: Any) -> None:
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


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("bridge_begin", "BEGIN"))
