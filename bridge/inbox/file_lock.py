"""The drain lock of a SQLite database: `flock` on a file beside it and on the database itself.

Both end with the process. The first tells who holds it; the second is the file's own, by whichever hard
link or mount it is opened. SQLite locks by `fcntl`, of which `flock` knows nothing.
"""

import fcntl
import os
from pathlib import Path

from bridge.errors import InboxUnavailable, Standby
from bridge.inbox.sqlite_file import Place


class FileLock:
    """`DrainLock` on `DATABASE.lock`; the file stays, and has the process's number."""

    def __init__(self, database: str) -> None:
        self._named = Path(database)
        self._database = Path(os.path.realpath(database))
        self._path = self._database.with_name(f"{self._database.name}.lock")
        self._file: int | None = None
        self._identity: int | None = None

    async def take(self) -> None:
        """See `DrainLock`. Raises InboxUnavailable where the file cannot be made."""
        if self._file is not None:
            if self._stands():
                return
            # The files are others by now, which another process could lock.
            os.close(self._file)
            self._file = None
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            holder = os.pread(file, 20, 0).decode(errors="replace").strip()
            os.close(file)
            raise Standby(f"process {holder or 'another'}, by {self._path}") from taken
        if self._identity is None:
            Place(self._named).put_back()
        try:
            self._lock_database()
        except OSError as taken:
            os.close(file)
            raise Standby(f"another process, by another name of {self._database}") from taken
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    async def check(self) -> None:
        """See `DrainLock`."""
        if self._file is None:
            raise Standby(f"nobody has taken {self._path}")
        if not self._stands():
            raise Standby(f"{self._path} or its database was removed or replaced")

    async def release(self) -> None:
        """See `DrainLock`."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._identity is not None:
            fcntl.flock(self._identity, fcntl.LOCK_UN)

    def _stands(self) -> bool:
        """Whether what is locked has its names still."""
        held = {self._path: self._file, self._database: self._identity}
        return all(one is None or _is_at(path, one) for path, one in held.items())

    def _lock_database(self) -> None:
        log = self._database.with_name(f"{self._database.name}-wal")
        if log.exists() and not self._database.exists():
            # The inbox refuses to begin anew beside a log.
            return
        if self._identity is None or not _is_at(self._database, self._identity):
            # One that was open is never closed: that would end the `fcntl` locks which SQLite has by it.
            make = os.O_CREAT if self._identity is None else 0
            self._identity = os.open(self._database, os.O_RDWR | make | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._identity, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as problem:
            raise InboxUnavailable(
                f"The database's folder cannot be made or written, {self._path}: {problem.strerror}."
            ) from problem


def _is_at(path: Path, opened: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(opened))
    except OSError:
        return False
