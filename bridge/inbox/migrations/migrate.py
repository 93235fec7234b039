"""Runs Alembic only where the database lacks a migration: importing it takes a tenth of a start."""

from collections.abc import Sequence

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bridge.inbox.tables import metadata

NEWEST = "0016"
"""The revision of the newest migration."""


async def migrate(engine: AsyncEngine) -> None:
    """Runs the migrations that this database lacks. Raises InboxUnavailable and SQLAlchemyError."""
    async with engine.connect() as connection:
        there = await connection.run_sync(revision)
    if there != NEWEST:
        from bridge.inbox.migrations.upgrade import upgrade

        await upgrade(engine)


def revision(connection: Connection) -> str | None:
    """The database's Alembic revision; None where it has no tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def tables_of_ours(connection: Connection) -> Sequence[str]:
    """The tables that are called as the bridge's; of another program where the database has no revision."""
    return sorted(metadata.tables.keys() & set(inspect(connection).get_table_names()))
