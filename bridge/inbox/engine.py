"""Opens the database, durable and with one way to begin a transaction."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_SECONDS = 4
"""How long a write waits for another process's; Twilio waits 15 s, tries included."""


def open_engine(url: str) -> AsyncEngine:
    """An engine for SQLite or PostgreSQL; makes the folder that a SQLite file goes into."""
    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_pre_ping=True)
    Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def writing(engine: AsyncEngine) -> AsyncEngine:
    """The same engine, for transactions that write.

    On SQLite a transaction that reads and then writes fails at once under a concurrent commit,
    whatever the timeout, unless it took the write lock when it began.
    """
    return engine.execution_options(bridge_begin="BEGIN IMMEDIATE")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late; `_begin_sqlite` says it.
    connection.isolation_level = None
    cursor = connection.cursor()
    # A commit that was acknowledged is on the disk: https://www.sqlite.org/pragma.html#pragma_synchronous
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("bridge_begin", "BEGIN"))
