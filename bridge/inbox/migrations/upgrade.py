"""Runs migrations, one process at a time.

A migration may only add: during a rolling restart the former version still reads and writes its tables and
columns. They are removed one version later.
"""

import structlog
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bridge.errors import InboxUnavailable
from bridge.inbox.migrations.migrate import revision

log = structlog.get_logger()

LOCK = 7_283_461_001
"""The key of the advisory lock that is held while migrating."""


async def upgrade(engine: AsyncEngine, *, to: str = "head") -> None:
    """Runs the missing migrations in one transaction. Raises InboxUnavailable and SQLAlchemyError."""
    async with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            await _take_turns(connection)
        await connection.run_sync(_upgrade, to)


async def _take_turns(connection: AsyncConnection) -> None:
    """Waits without limit for another replica's migration, but not for tables: writers would queue."""
    await connection.execute(text("SET LOCAL lock_timeout = 0"))
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    await connection.execute(text("RESET lock_timeout"))


def revisions() -> set[str]:
    """All that this version knows."""
    return {one.revision for one in ScriptDirectory.from_config(configuration()).walk_revisions()}


def configuration() -> Config:
    """Alembic's configuration, with the folder of the migrations."""
    config = Config()
    config.set_main_option("script_location", "bridge:inbox/migrations")
    return config


def _upgrade(connection: Connection, to: str) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    there = revision(connection)
    try:
        if there is None:
            log.info("inbox.created", what="the database is new and empty")
        elif there not in revisions():
            # A newer version's migrations only add.
            log.warning("inbox.newer", revision=there, what="a newer version migrated this database")
            return
        command.upgrade(config, to)
    except CommandError as problem:
        raise InboxUnavailable(str(problem)) from problem
