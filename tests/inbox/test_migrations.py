"""The migrations make the tables that the code knows, and may run again."""

import sqlite3
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bridge.inbox.engine import open_engine
from bridge.inbox.migrations.migrate import migrate
from bridge.inbox.tables import metadata


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_they_make_the_tables_of_the_code(database_url: str) -> None:
    engine = open_engine(database_url)
    await migrate(engine)
    await migrate(engine)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_due_calls_are_found_by_their_index(database_url: str, tmp_path: Path) -> None:
    engine = open_engine(database_url)
    await migrate(engine)
    await engine.dispose()
    with sqlite3.connect(tmp_path / "bridge.db") as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT * FROM calls "
            "WHERE revision > synced_revision AND parked_reason IS NULL ORDER BY due_at LIMIT 200"
        ).fetchall()
    connection.close()
    assert "ix_calls_due" in str(plan)
