"""SQLite: its files and their rescue, engines with durable commits, and the thread that writes."""

import asyncio
import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bridge.errors import InboxUnavailable
from bridge.json_text import from_json, to_json
from bridge.language.phrase import Phrase, phrase

LITTLE = 2**20
"""Bytes; with fewer free SQLite cannot begin a transaction, or a commit has no room for its log."""

BESIDE = ("-wal", "-shm")
"""The log and its index. The newest commits are in the log alone: https://www.sqlite.org/wal.html"""

Identity = tuple[int, int]
"""Device and inode."""


class FilesLost(OSError):
    """A file of the database was removed or replaced while it was open; the message names it."""


def make_folder(folder: Path) -> None:
    """A folder for its owner alone, where there is none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def _make_file(file: Path) -> None:
    """An empty file for its owner alone, where there is none. SQLite gives log and index the same mode."""
    # SQLite says what is wrong where it cannot be made.
    with suppress(OSError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


class DatabaseFiles:
    """The paths of a database's files, and which files (by inode) SQLite opened there."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._opened: dict[Path, Identity] = {}

    def make(self) -> None:
        """Creates folder and file, for their owner alone.

        Raises InboxUnavailable where the file is gone and its log is left.
        """
        make_folder(self.file.parent)
        self._refuse_what_is_left()
        _make_file(self.file)

    def opened(self) -> None:
        """Remembers device and inode of the files that SQLite opened; the first write creates the log."""
        for file in (self.file, *self.beside):
            if file not in self._opened and (found := _identity(file)):
                self._opened[file] = found

    @property
    def all_known(self) -> bool:
        """Whether SQLite has opened all of them."""
        return len(self._opened) == 1 + len(BESIDE)

    def closed(self) -> None:
        """Forgets them: all connections are closed, and the next ones can open other files."""
        self._opened.clear()

    @property
    def beside(self) -> list[Path]:
        """The log and its index, which SQLite keeps beside the target of a symbolic link."""
        real = Path(os.path.realpath(self.file))
        return [real.with_name(real.name + suffix) for suffix in BESIDE]

    def is_opened(self, file: Path) -> bool:
        """Whether the file is still the one that SQLite opened."""
        opened = self._opened.get(file)
        return opened is not None and _identity(file) == opened

    def lost(self) -> FilesLost | None:
        """The error that names a removed or replaced file; None while all are there.

        SQLite goes on writing to a file without a name; when the process ends, those commits are lost.
        """
        for file, opened in self._opened.items():
            if _identity(file) != opened:
                return FilesLost(f"{file} was removed or replaced while it was open")
        return None

    def check(self) -> None:
        """Raises FilesLost where a file was removed or replaced."""
        if lost := self.lost():
            raise lost

    def check_room(self) -> None:
        """Raises OSError where the disk is nearly full, or a file was removed or replaced."""
        self.check()
        if self._free() < LITTLE:
            raise OSError(errno.ENOSPC, "The disk is full or nearly full", str(self._folder))

    def advice(self) -> str:
        """The reason in the file system where SQLite only says that it cannot open the file; else empty."""
        folder = self._folder
        if not os.access(folder, os.W_OK):
            return phrase(
                " The folder {folder} is not writable: check its owner and how the volume is mounted.",
                folder=folder,
            )
        if self._free() < LITTLE:
            return phrase(" The disk is full or nearly full: {folder}.", folder=folder)
        return ""

    def if_damaged(self) -> Phrase:
        """What the operator can do about a file that SQLite reports as damaged."""
        return phrase(
            "The file {file} is damaged; PRAGMA quick_check shows where. Stop the bridge, move the "
            "file aside with its -wal and -shm (they may have what a backup lacks), put a backup in its "
            "place and start again: docs/how-to/backup.md.",
            file=self.file,
        )

    def copying(self) -> Path:
        """An unused path for a copy of the database; `copied` marks the copy as complete."""
        make_folder(self.file.parent)
        copy = self._beside("-copying")
        copy.unlink(missing_ok=True)
        _make_file(copy)
        return copy

    def copied(self) -> None:
        """Marks the copy as complete: it replaces the database now, or at the next start."""
        self._beside("-copying").rename(self._beside("-copy"))
        _sync(self._folder)

    def put_back(self) -> list[Path]:
        """A complete copy replaces the database's files; returns the files that were moved aside.

        Interrupted at any point, it is completed by the next call.
        """
        copy = self._beside("-copy")
        if not copy.exists():
            return []
        found = [file for file in (self.file, *self.beside) if file.exists() or file.is_symlink()]
        aside = self._aside()
        put_aside = []
        for file in found:
            if self.is_opened(file):
                file.unlink()
                continue
            suffix = "" if file == self.file else file.name[-len(BESIDE[0]) :]
            put_aside.append(file.rename(aside.with_name(aside.name + suffix)))
        copy.rename(self.file)
        _sync(self._folder)
        return put_aside

    def _beside(self, suffix: str) -> Path:
        return self.file.with_name(self.file.name + suffix)

    def _aside(self) -> Path:
        number = 1
        while any(self._beside(f".found{number}{suffix}").exists() for suffix in ("", *BESIDE)):
            number += 1
        return self._beside(f".found{number}")

    @property
    def _folder(self) -> Path:
        return self.file.absolute().parent

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free

    def _refuse_what_is_left(self) -> None:
        """SQLite would delete the log of a missing database, and with it the last commits."""
        log = self.beside[0]
        if _size(self.file) == 0 and _size(log) > 0:
            raise InboxUnavailable(
                f"The database {self.file} is gone or empty, but its log {log} is there. Restore the file "
                "from a backup, or move the log away to start with an empty database."
            )


def _identity(file: Path) -> Identity | None:
    try:
        found = file.stat()
    # A folder of its path was removed, or is a file now.
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _sync(folder: Path) -> None:
    """Makes a new file name durable: https://man7.org/linux/man-pages/man2/fsync.2.html"""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def rescued(connection: Connection, files: DatabaseFiles) -> list[Path]:
    """Brings all that was committed to the database's place; the files found there that were put aside.

    Raises sqlite3.Error and OSError; the place is then as it was, or completed at the next start.
    """
    opened: Any = connection.connection.dbapi_connection
    if files.is_opened(files.file):
        _bring_home(opened, files)
        return []
    _copy(opened, files)
    return files.put_back()


def _bring_home(opened: sqlite3.Connection, files: DatabaseFiles) -> None:
    """The main file is there: the log that has lost its name is copied into it."""
    for file in files.beside:
        # With an older log beside it, a crash after the checkpoint would undo parts of it.
        if not files.is_opened(file):
            file.unlink(missing_ok=True)
    busy, _, _ = opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise OSError("another process reads the database: its log cannot be brought into it yet")


def _copy(opened: sqlite3.Connection, files: DatabaseFiles) -> None:
    copy = files.copying()
    with closing(sqlite3.connect(copy, isolation_level=None)) as target:
        opened.backup(target)
    files.copied()


T = TypeVar("T")
R = TypeVar("R")

TO_WRITE = {"bridge_begin": "BEGIN IMMEDIATE"}

PREPARED = 256
"""Statements that the writing connection keeps prepared: inserts of one row, of two, and so on."""

BUSY_SECONDS = 4
"""How long a write waits for another process's lock; Twilio waits 15 s in all."""


def open_engine(url: str, files: DatabaseFiles) -> AsyncEngine:
    """An engine for a file; creates its folder.

    Raises InboxUnavailable where the file is gone and its log is left.
    """
    files.make()
    engine = create_async_engine(
        url,
        json_serializer=to_json,
        json_deserializer=from_json,
        connect_args={"timeout": BUSY_SECONDS, "factory": Reader},
    )
    _prepare_all(engine.sync_engine, files)
    return engine


class Reader(sqlite3.Connection):
    """Closes itself where none else can: aiosqlite forgets what it opens while its awaiter is cancelled."""

    never_opened = sqlite3.ProgrammingError
    """Where its file could not be opened. At the end of a process no module is left to name it."""

    def __del__(self) -> None:
        try:
            self.close()
        except self.never_opened:
            return


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
            connect_args={"timeout": BUSY_SECONDS, "cached_statements": PREPARED},
            execution_options=TO_WRITE,
        )
        _prepare_all(self._engine, files)
        self._connection: Connection | None = None

    async def transact(self, work: Callable[[Connection], T]) -> tuple[T, FilesLost | None]:
        """Runs `work` in a transaction; returns its result, and the error that names lost files."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    def _transact(self, work: Callable[[Connection], T]) -> tuple[T, FilesLost | None]:
        connection = self._connection or self._connected()
        try:
            with connection.begin():
                done = work(connection)
        except self._engine.dialect.loaded_dbapi.Error as problem:
            raise OperationalError(None, None, problem) from problem
        if not self._files.all_known:
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
