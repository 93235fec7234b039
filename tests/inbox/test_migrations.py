"""The migrations make the tables that the code knows, and may run again."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bridge.inbox.database import open_database
from bridge.inbox.tables import metadata


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_they_make_the_tables_of_the_code(database_url: str) -> None:
    async with open_database(database_url):
        pass
    async with open_database(database_url) as database, database.reading.connect() as connection:
        assert await connection.run_sync(differences) == []


CALLS = {
    "ix_calls_due": "SELECT * FROM calls WHERE revision > synced_revision AND parked_reason IS NULL "
    "AND ended = 1 ORDER BY due_at LIMIT 200",
    "ix_calls_unmatched": "UPDATE calls SET matched = 0 WHERE matched = 1 AND person_id IS NULL "
    "AND number IS NOT NULL AND number IN ('+33612345678')",
    "ix_calls_parked": "SELECT count(*) FROM calls WHERE parked_reason IS NOT NULL",
    "ix_calls_person": "UPDATE calls SET matched = 0 WHERE person_id = 'a'",
}


@pytest.mark.parametrize(("index", "query"), CALLS.items())
async def test_queries_are_served_by_their_index(sqlite_file: Path, index: str, query: str) -> None:
    async with open_database(f"sqlite+aiosqlite:///{sqlite_file}"):
        pass
    with sqlite3.connect(sqlite_file) as connection:
        plan = str(connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall())
    connection.close()
    assert index in plan
    assert "TEMP B-TREE" not in plan
