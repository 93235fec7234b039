"""The place of a SQLite database: the file that was opened is there still, and has room to grow."""

import errno
import os
import shutil
from pathlib import Path

from bridge.errors import InboxUnavailable

LITTLE = 2**20
"""Bytes; with fewer free SQLite cannot even begin, and a commit may have no room for its log."""


class Place:
    """Where a database's file is, and which file it was when it was opened."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._opened: tuple[int, int] | None = None

    def make(self) -> None:
        """Makes the folder. Raises InboxUnavailable rather than begin anew where there was a database."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._refuse_what_is_left()

    def opened(self) -> None:
        """Somebody has opened the file, which is there by now."""
        self._opened = self._opened or self._found()

    def check(self) -> None:
        """Raises OSError where the file is gone or another one.

        SQLite writes on to a file that has no name any more; with the process, all of that is lost.
        """
        if self._opened and self._found() != self._opened:
            raise FileNotFoundError(
                f"{self._file} was removed or replaced while it was open: what is written now would be lost. "
                "Bring it back, and restart the bridge"
            )

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
            f"The file {self._file} is damaged; PRAGMA quick_check says where. Stop the bridge, move the "
            "file aside with its -wal and -shm (they may have what a backup lacks), put a backup in its "
            "place and start again: docs/how-to/backup.md."
        )

    @property
    def _folder(self) -> Path:
        return self._file.absolute().parent

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free

    def _found(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _refuse_what_is_left(self) -> None:
        """SQLite would delete the log of a database that is gone, and with it the last commits."""
        log = self._file.with_name(f"{self._file.name}-wal")
        if _size(self._file) == 0 and _size(log) > 0:
            raise InboxUnavailable(
                f"The database {self._file} is gone or empty, but its log {log} is there. Restore the file "
                "from a backup, or move the log away to begin anew."
            )


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
