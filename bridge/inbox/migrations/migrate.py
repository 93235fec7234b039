"""Brings the database up to date at start, one process at a time."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bridge.inbox.engine import writing

LOCK = 7_283_461_001
"""Of PostgreSQL's advisory locks, the one that is held while migrating."""


async def migrate(engine: AsyncEngine) -> None:
    """Runs the migrations that this database lacks, all in one transaction or none."""
    async with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "bridge:inbox/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
