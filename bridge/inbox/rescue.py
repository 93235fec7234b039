"""Files of a SQLite database were lost under it: what the open connection still has gets its place again.

SQLite holds files that were removed or replaced open, and commits to them; with the process they are gone.
Connections of one process share the log's index, so a new one would read the new log by the old index:
all are closed before one is opened again. https://www.sqlite.org/howtocorrupt.html#unlink
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from bridge.inbox.sqlite_file import Place


def rescued(connection: Connection, place: Place) -> list[Path]:
    """Brings all that was committed to the database's place; the files found there that were put aside.

    Raises sqlite3.Error and OSError; the place is then as it was, or completed at the next start.
    """
    opened: Any = connection.connection.dbapi_connection
    if place.is_opened(place.file):
        _bring_home(opened, place)
        return []
    _copy(opened, place)
    return place.put_back()


def _bring_home(opened: sqlite3.Connection, place: Place) -> None:
    """The main file is there: the log that has lost its name is copied into it."""
    for file in place.beside:
        # With an older log beside it, a crash after the checkpoint would undo parts of it.
        if not place.is_opened(file):
            file.unlink(missing_ok=True)
    busy, _, _ = opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise OSError("another process reads the database: its log cannot be brought into it yet")


def _copy(opened: sqlite3.Connection, place: Place) -> None:
    copy = place.copying()
    with closing(sqlite3.connect(copy, isolation_level=None)) as target:
        opened.backup(target)
    place.copied()
