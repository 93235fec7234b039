"""SQLite behind the sandbox: one connection in one thread, so that there is one writer."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar, cast

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


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.driver_connection)


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

    def image(self, work: Callable[[sa.Connection], None]) -> bytes:
        """What the database, in memory and empty, holds after the work; it is closed. For `copy`."""
        self._in_transaction(work)
        with self._engine.connect() as connection:
            made = _driver(connection).serialize()
        self._engine.dispose()
        return made

    async def copy(self, image: bytes) -> None:
        """Fill the database, which is empty."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._copy, image)

    def _copy(self, image: bytes) -> None:
        with closing(sqlite3.connect(":memory:")) as source, self._engine.connect() as connection:
            source.deserialize(image)
            source.backup(_driver(connection))

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()
