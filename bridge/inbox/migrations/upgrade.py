"""Brings the database up to date, one process at a time.

A migration may only add: what the former version reads and writes must stay as it is, for during a rolling
restart it still runs. What is to go, goes a version later.
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
"""Of PostgreSQL's advisory locks, the one that is held while migrating."""


async def upgrade(engine: AsyncEngine, *, to: str = "head") -> None:
    """Runs the migrations that this database lacks, all in one transaction or none."""
    async with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            await _take_turns(connection)
        await connection.run_sync(_upgrade, to)


async def _take_turns(connection: AsyncConnection) -> None:
    """Waits for another's migration, however long; but for no table, as all would wait behind us."""
    await connection.execute(text("SET LOCAL lock_timeout = 0"))
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    await connection.execute(text("RESET lock_timeout"))


def configuration() -> Config:
    """Where Alembic finds the migrations."""
    config = Config()
    config.set_main_option("script_location", "bridge:inbox/migrations")
    return config


def _upgrade(connection: Connection, to: str) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    there = revision(connection)
    try:
        if there is None:
            log.warning("inbox.created", what="there was none in this database")
        elif there not in {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}:
            # It may only have added.
            log.warning("inbox.newer", revision=there, what="a newer version of the bridge was here")
            return
        command.upgrade(config, to)
    except CommandError as problem:
        raise InboxUnavailable(str(problem)) from problem
