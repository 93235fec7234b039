"""A copy of SQLite's database as of one moment, made while the bridge goes on writing."""

import errno
import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, make_url

from bridge.errors import CannotBackUp
from bridge.language.phrase import phrase


def back_up(url: str, to: Path) -> Path:
    """Copies the database at a URL to a file that is not there yet; the file that was copied.

    All that was committed before is in the copy. Raises CannotBackUp; there is then no new file.
    """
    parts = make_url(url)
    if not parts.drivername.startswith("sqlite"):
        raise CannotBackUp(
            phrase("PostgreSQL is backed up by its own program: {command}", command=pg_dump(parts, to))
        )
    file = Path(parts.database or "")
    _check_readable(file)
    _check_free(to)
    # A backup that is cut short leaves no file that looks like a whole one.
    part = to.with_name(f"{to.name}.part")
    try:
        with _opened(file) as source:
            _copy(source, part)
        part.rename(to)
        _to_disk(to.absolute().parent)
    except (OSError, sqlite3.Error) as problem:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        # Of SQLite's errors the one that is no more special is that of a damaged file, which is copied.
        is_damage = type(problem) is sqlite3.DatabaseError
        raise (_unreadable(file, problem) if is_damage else _unwritable(to, problem)) from problem
    return file


def _check_readable(file: Path) -> None:
    try:
        if not file.exists():
            raise CannotBackUp(phrase("{file} is not there; the first start makes it.", file=file))
    except OSError as problem:
        raise _unreadable(file, problem) from problem
    if not os.access(file, os.R_OK):
        raise _unreadable(file, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def _check_free(to: Path) -> None:
    try:
        if to.exists():
            raise CannotBackUp(phrase("{file} exists; name another file, or move it away.", file=to))
    except OSError as problem:
        raise _unwritable(to, problem) from problem


def _unreadable(file: Path, problem: Exception) -> CannotBackUp:
    return CannotBackUp(phrase("{file} cannot be read: {problem}", file=file, problem=problem))


def _unwritable(file: Path, problem: Exception) -> CannotBackUp:
    return CannotBackUp(phrase("{file} cannot be written: {problem}", file=file, problem=problem))


def pg_dump(url: URL, to: Path) -> str:
    """The command that dumps a PostgreSQL database; it asks for the password where one is needed."""
    host = url.host or url.query.get("host", "")
    options = {"--host": host, "--port": url.port or url.query.get("port", ""), "--username": url.username}
    words = [str(word) for option, value in options.items() if value for word in (option, value)]
    return shlex.join(["pg_dump", "--format", "custom", "--file", str(to), *words, url.database or ""])


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Raises CannotBackUp where it cannot be opened, as by another user."""
    with ExitStack() as stack:
        try:
            source = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
            stack.enter_context(closing(source))
            source.execute("PRAGMA schema_version")
        except sqlite3.Error as problem:
            raise _unreadable(file, problem) from problem
        yield source


def _copy(source: sqlite3.Connection, part: Path) -> None:
    # In a folder of several users another one can have laid a file or a link there.
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
    # One step is one snapshot: on a write-ahead log it holds no writer up, and no writer makes it begin anew.
    # https://www.sqlite.org/backup.html
    with closing(sqlite3.connect(part, isolation_level=None)) as target:
        source.backup(target)
        # Without a log of its own: the copy is one file.
        target.execute("PRAGMA journal_mode = DELETE")
        (found,) = target.execute("PRAGMA quick_check").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    _to_disk(part)


def _to_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
