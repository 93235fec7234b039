"""The disk and the threads of SQLite: a job of a thread runs whole, and a disk can be full."""

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path
from shutil import copy
from typing import Any

import aiosqlite.core
from sqlalchemy.engine import Engine

from tests.simulation.loop import Process, SimulatedLoop, current

MOST_PAGES = 4_294_967_294
"""SQLite's own bound: https://www.sqlite.org/pragma.html#pragma_max_page_count"""

_opened: list[tuple[Process | None, sqlite3.Connection]] = []


class Thread:
    """The thread of an aiosqlite connection: what it is sent becomes a job of the loop."""

    daemon = True

    def __init__(self, **_: Any) -> None:
        """Its queue does its work."""

    def start(self) -> None:
        """There is nothing to start."""


class Queue:
    """The queue of an aiosqlite connection."""

    def put_nowait(self, item: Any) -> None:
        """Hands a function to the simulated thread."""
        future, function = item
        loop = asyncio.get_running_loop()
        if not isinstance(loop, SimulatedLoop):
            raise TypeError("the loop is not simulated")
        if _concerns_none_but(function) and loop.is_idle(self):
            loop.carry_out(function, future)
        else:
            loop.submit(self, function, future)


NONE_BUT_THEIR_CURSOR = frozenset({"Connection.cursor", "Cursor.fetchall", "Cursor.close"})
"""Jobs that change nothing that others see, and see nothing that others change. Two thirds of all jobs.

What is fetched is as it was when the statement began. So an order in which something comes before such a job
has a twin in which it comes before the statement, or after; those are tried.
"""


def _concerns_none_but(job: Any) -> bool:
    return getattr(getattr(job, "func", None), "__qualname__", "") in NONE_BUT_THEIR_CURSOR


class Compiled:
    """The compiled statements of all engines: a new life of the bridge finds those of the former.

    Compiling them anew took a tenth of a run. An engine knows its statements by its own dialect; dialects of
    one kind that read and write JSON alike compile alike.
    """

    def __init__(self) -> None:
        """There are none yet."""
        self._statements: dict[tuple[Any, ...], Any] = {}

    def get(self, key: tuple[Any, ...]) -> Any:
        """As of a dictionary."""
        return self._statements.get(_alike(key))

    def __setitem__(self, key: tuple[Any, ...], statement: Any) -> None:
        self._statements[_alike(key)] = statement


def _alike(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *others = key
    return (type(dialect), dialect._json_serializer, dialect._json_deserializer, *others)


def _share_compiled() -> None:
    compiled = Compiled()
    shared: Any = Engine
    shared._compiled_cache = property(lambda _engine: compiled, lambda _engine, _its_own: None)


def install() -> None:
    """Replaces the threads of aiosqlite, and looks on as connections are opened."""
    _share_compiled()
    threads: Any = aiosqlite.core
    threads.Thread, threads.SimpleQueue = Thread, Queue
    connect = sqlite3.connect

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        # The loop waits in its own time: see `SimulatedLoop._work`.
        connection: sqlite3.Connection = connect(*arguments, **options | {"timeout": 0})
        _opened.append((process := current(), connection))
        if process and process.disk_is_full:
            _limit(connection, 1)
        return connection

    for module in (sqlite3, sqlite3.dbapi2):
        opening: Any = module
        opening.connect = connected


def fill(process: Process, *, full: bool) -> None:
    """From now on SQLite finds no room for another page (SQLITE_FULL), or finds room again."""
    process.disk_is_full = full
    for owner, connection in _opened:
        if owner is process:
            _limit(connection, 1 if full else MOST_PAGES)


def _limit(connection: sqlite3.Connection, pages: int) -> None:
    # It is possibly closed.
    with suppress(sqlite3.ProgrammingError):
        connection.execute(f"PRAGMA max_page_count={pages}").close()


def left_behind(database: Path, folder: Path) -> Path:
    """The files of a database as a process that is killed now leaves them, in another folder."""
    folder.mkdir()
    for name in (database.name, f"{database.name}-wal"):
        if (file := database.with_name(name)).exists():
            copy(file, folder / name)
    return folder / database.name
