"""SQLite: durable, and with one way to begin a transaction."""

import os
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bridge.errors import InboxUnavailable

LITTLE = 2**20
"""Bytes; with fewer free SQLite cannot even begin."""

LOG_PAGES = 4000
"""Of 4 KiB, in the log before they are copied to their places. Few calls are neighbours in an index, so to
copy more at once is to copy less: a tenth of what a callback costs with a million behind it, for 16 MB."""

BUSY_SECONDS = 4
"""How long a write waits for another process's; Twilio waits 15 s, tries included."""


def open_engine(url: str) -> AsyncEngine:
    """An engine for a file; makes the folder that it goes into.

    Raises InboxUnavailable rather than begin anew where there was a database.
    """
    file = Path(make_url(url).database or "")
    file.parent.mkdir(parents=True, exist_ok=True)
    _refuse_what_is_left_of(file)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


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
    return engine.execution_options(bridge_begin="BEGIN IMMEDIATE")


def _prepare(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late; `_begin` says it.
    connection.isolation_level = None
    cursor = connection.cursor()
    # A commit that was acknowledged is on the disk: https://www.sqlite.org/pragma.html#pragma_synchronous
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("bridge_begin", "BEGIN"))
