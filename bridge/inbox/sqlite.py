"""SQLite: durable, and with one way to begin a transaction."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_SECONDS = 4
"""How long a write waits for another process's; Twilio waits 15 s, tries included."""


def open_engine(url: str) -> AsyncEngine:
    """An engine for a file; makes the folder that it goes into."""
    Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


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
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("bridge_begin", "BEGIN"))
