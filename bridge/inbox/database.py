"""The database of an inbox: opened, brought up to date, closed; what is wrong with it, in a sentence."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bridge.errors import InboxUnavailable
from bridge.inbox.engine import open_engine
from bridge.inbox.migrations.migrate import migrate


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[AsyncEngine]:
    """The database at a URL, brought up to date. Raises InboxUnavailable with what is wrong."""
    engine = _open(url)
    try:
        await _bring_up_to_date(engine)
        yield engine
    finally:
        await engine.dispose()


def _open(url: str) -> AsyncEngine:
    where = make_url(url).render_as_string(hide_password=True)
    try:
        return open_engine(url)
    except OSError as problem:
        raise InboxUnavailable(f"The folder of the database {where} cannot be made: {problem}") from problem
    except ModuleNotFoundError as missing:
        raise InboxUnavailable(
            f"The database {where} needs {missing.name}: install twenty-twilio-bridge[postgres]"
        ) from missing


async def _bring_up_to_date(engine: AsyncEngine) -> None:
    try:
        await migrate(engine)
    except (SQLAlchemyError, CommandError, OSError) as problem:
        where = engine.url.render_as_string(hide_password=True)
        raise InboxUnavailable(f"The database {where} cannot be opened: {_cause(problem)}") from problem


def _cause(problem: Exception) -> str:
    return str(getattr(problem, "orig", None) or problem)
