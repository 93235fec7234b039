"""SQLite behind the sandbox: one connection in one thread, so that there is one writer."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

T = TypeVar("T")


def _configure(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")  # a sandbox may lose its last second with the machine
    # LIKE tells capitals apart, as in PostgreSQL; ILIKE lowers both sides, beyond ASCII too.
    connection.execute("PRAGMA case_sensitive_like = ON")
    connection.create_function("lower", 1, lambda text: text and str(text).lower(), deterministic=True)


class Store:
    """Runs work on the database, one piece after the other, each in a transaction."""

    def __init__(self, database: str | Path) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-twenty")
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(database)),
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
        )
        sa.event.listen(self._engine, "connect", _configure)

    async def run(self, work: Callable[[sa.Connection], T]) -> T:
        """What the work gives; what it wrote is undone if it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._in_transaction, work)

    def _in_transaction(self, work: Callable[[sa.Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()
