"""The database of an inbox: opened, brought up to date, closed; what is wrong with it, in a sentence."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from bridge.errors import InboxUnavailable
from bridge.inbox.engine import Database, cause, connect, is_damage
from bridge.inbox.migrations.migrate import migrate


@asynccontextmanager
async def open_database(
    url: str, *, serves: bool = False, must_exist: bool = False
) -> AsyncIterator[Database]:
    """The database at a URL, brought up to date. Raises InboxUnavailable with what is wrong."""
    if must_exist:
        _check_it_exists(url)
    database = _connect(url, serves=serves)
    try:
        await _bring_up_to_date(database, url)
        yield database
    finally:
        await database.close()


def missing_file(url: str) -> Path | None:
    """The file that a first start would make; None where it is there, or the database is no file."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite":
        return None
    file = Path(parts.database or "").absolute()
    return None if file.exists() else file


def _check_it_exists(url: str) -> None:
    if file := missing_file(url):
        raise InboxUnavailable(
            f"There is no database {file}. Run this in the folder where the bridge runs, or set "
            "BRIDGE_DATABASE_URL; the bridge makes its database at its first start."
        )


def _connect(url: str, *, serves: bool) -> Database:
    try:
        return connect(url, serves=serves)
    except OSError as problem:
        raise InboxUnavailable(
            f"The folder of the database {shown(url)} cannot be made: {problem}"
        ) from problem
    except ModuleNotFoundError as missing:
        raise InboxUnavailable(
            f"The database {shown(url)} needs {missing.name}: install twenty-twilio-bridge[postgres]"
        ) from missing


async def _bring_up_to_date(database: Database, url: str) -> None:
    try:
        await migrate(database.writing)
        if database.serves:
            await database.open()
    except (SQLAlchemyError, sqlite3.Error, InboxUnavailable, OSError) as problem:
        raise InboxUnavailable(
            f"The database {shown(url)} cannot be opened: {cause(problem)}.{_advice(database, problem)}"
        ) from problem


def _advice(database: Database, problem: Exception) -> str:
    if not database.place:
        return ""
    return f" {database.place.if_damaged()}" if is_damage(problem) else database.place.advice()


def shown(url: str) -> str:
    """A database's URL without its password."""
    return make_url(url).render_as_string(hide_password=True)
