"""Runs Alembic only where the database lacks a migration: importing it takes a tenth of a start."""

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

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
