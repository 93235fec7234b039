"""The files of a SQLite database: those that were opened, room to grow, and their rescue."""

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from bridge.errors import InboxUnavailable

LITTLE = 2**20
"""Bytes; with fewer free SQLite cannot even begin, and a commit may have no room for its log."""

BESIDE = ("-wal", "-shm")
"""The log and its index. The newest commits are in the log alone: https://www.sqlite.org/wal.html"""

Identity = tuple[int, int]
"""Device and inode."""


class FilesLost(OSError):
    """A file of the database was removed or replaced while it was open; the message names it."""


class DatabaseFiles:
    """Where a database's files are, and which files SQLite opened there."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._opened: dict[Path, Identity] = {}

    def make(self) -> None:
        """Makes the folder. Raises InboxUnavailable rather than begin anew where there was a database."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self._refuse_what_is_left()

    def opened(self) -> None:
        """Remembers which files SQLite opened; it makes the log with the first transaction."""
        if len(self._opened) == 1 + len(BESIDE):
            return
        for file in (self.file, *self.beside):
            if file not in self._opened and (found := _identity(file)):
                self._opened[file] = found

    def closed(self) -> None:
        """All connections are closed: the next ones may open other files."""
        self._opened.clear()

    @property
    def beside(self) -> list[Path]:
        """The log and its index, which SQLite keeps where a symbolic link leads."""
        real = Path(os.path.realpath(self.file))
        return [real.with_name(real.name + suffix) for suffix in BESIDE]

    def is_opened(self, file: Path) -> bool:
        """Whether that file is there still, and the one that SQLite opened."""
        opened = self._opened.get(file)
        return opened is not None and _identity(file) == opened

    def lost(self) -> FilesLost | None:
        """Which file is gone, or another one; None while all are there.

        SQLite writes on to a file that has no name any more; with the process, all of that is lost.
        """
        for file, opened in self._opened.items():
            if _identity(file) != opened:
                return FilesLost(f"{file} was removed or replaced while it was open")
        return None

    def check(self) -> None:
        """Raises FilesLost."""
        if lost := self.lost():
            raise lost

    def check_room(self) -> None:
        """Raises OSError where there is too little, or no file."""
        self.check()
        if self._free() < LITTLE:
            raise OSError(errno.ENOSPC, "The disk is full, or nearly so", str(self._folder))

    def advice(self) -> str:
        """What the file system says where SQLite only says that it cannot; or nothing."""
        folder = self._folder
        if not os.access(folder, os.W_OK):
            return (
                f" The folder {folder} may not be written: look at its owner and how the volume is mounted."
            )
        if self._free() < LITTLE:
            return f" The disk is full, or nearly so: {folder}."
        return ""

    def if_damaged(self) -> str:
        """What to do about a file that SQLite finds damaged."""
        return (
            f"The file {self.file} is damaged; PRAGMA quick_check says where. Stop the bridge, move the "
            "file aside with its -wal and -shm (they may have what a backup lacks), put a backup in its "
            "place and start again: docs/how-to/backup.md."
        )

    def copying(self) -> Path:
        """An unused name in the place for a copy of the database, which `copied` makes valid."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        copy = self._beside("-copying")
        copy.unlink(missing_ok=True)
        return copy

    def copied(self) -> None:
        """The copy is whole: it takes the database's place now, or at the next start."""
        self._beside("-copying").rename(self._beside("-copy"))
        _sync(self._folder)

    def put_back(self) -> list[Path]:
        """A whole copy of what was open takes the place of what is there; what was found, put aside.

        It may be interrupted at any point, and is then completed by the next call.
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
        """SQLite would delete the log of a database that is gone, and with it the last commits."""
        log = self.beside[0]
        if _size(self.file) == 0 and _size(log) > 0:
            raise InboxUnavailable(
                f"The database {self.file} is gone or empty, but its log {log} is there. Restore the file "
                "from a backup, or move the log away to begin anew."
            )


def _identity(file: Path) -> Identity | None:
    try:
        found = file.stat()
    # A folder of its path may be gone, or a file by now.
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _sync(folder: Path) -> None:
    """A new name is on the disk: https://man7.org/linux/man-pages/man2/fsync.2.html"""
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
