"""Runs Alembic only where the database lacks a migration: importing it takes a tenth of a start."""

from collections.abc import Sequence

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bridge.errors import InboxUnavailable
from bridge.inbox.tables import callbacks, calls, metadata
from bridge.language.phrase import phrase

NEWEST = "0016"
"""The revision of the newest migration."""


async def migrate(engine: AsyncEngine) -> None:
    """Runs the migrations that this database lacks. Raises InboxUnavailable and SQLAlchemyError."""
    async with engine.connect() as connection:
        there = await connection.run_sync(revision)
        if there is not None and await connection.run_sync(is_of_another_program):
            raise InboxUnavailable(
                phrase(
                    "The database has the migrations of another program (alembic_version {there}) and no "
                    "tables of the bridge: give the bridge a database of its own (BRIDGE_DATABASE_URL).",
                    there=there,
                )
            )
    if there != NEWEST:
        from bridge.inbox.migrations.upgrade import upgrade

        await upgrade(engine)


def revision(connection: Connection) -> str | None:
    """The database's Alembic revision; None where it has no tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def is_of_another_program(connection: Connection) -> bool:
    """Whether a database that has a revision lacks the tables that each revision of ours has."""
    return not {calls.name, callbacks.name} <= set(tables_of_ours(connection))


def tables_of_ours(connection: Connection) -> Sequence[str]:
    """The tables that are called as the bridge's; of another program where the database has no revision."""
    return sorted(metadata.tables.keys() & set(inspect(connection).get_table_names()))
