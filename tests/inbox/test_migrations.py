"""The migrations make the tables that the code knows, and may run again."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, TextClause, bindparam, inspect, text

from bridge.inbox.database import connect, open_database
from bridge.inbox.migrations.migrate import NEWEST
from bridge.inbox.migrations.upgrade import configuration
from bridge.inbox.store import open_inbox
from bridge.inbox.tables import Moment, metadata
from tests.support import TEN, new_sid, outbound


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def keys(connection: Connection) -> dict[str, list[str]]:
    """Table → its primary key, which Alembic does not compare."""
    seen = inspect(connection)
    return {table: seen.get_pk_constraint(table)["constrained_columns"] for table in metadata.tables}


async def test_they_make_the_tables_of_the_code(bare_database_url: str) -> None:
    async with open_database(bare_database_url):
        pass
    async with open_database(bare_database_url) as database, database.reading.connect() as connection:
        assert await connection.run_sync(differences) == []
        of_code = {
            name: [column.name for column in table.primary_key] for name, table in metadata.tables.items()
        }
        assert await connection.run_sync(keys) == of_code


def test_the_newest_is_known() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == NEWEST


OPENS = """
import asyncio, sys
from bridge.inbox.store import open_inbox as open_database
async def opened():
    async with open_database(sys.argv[1]):
        pass
asyncio.run(opened())
print(*("sqlalchemy.dialects.postgresql" in sys.modules, "alembic" in sys.modules))
"""


def test_alembic_is_imported_only_to_migrate_and_nothing_of_postgresql_for_sqlite(sqlite_file: Path) -> None:
    words = [sys.executable, "-c", OPENS, f"sqlite+aiosqlite:///{sqlite_file}"]
    told = [subprocess.run(words, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert [answer.split()[-2:] for answer in told] == [["True", "True"], ["False", "False"]]


CALLS = {
    "ix_calls_due": "SELECT * FROM calls WHERE revision > synced_revision AND parked_reason IS NULL "
    "AND ended = 1 ORDER BY due_at LIMIT 200",
    "ix_calls_unmatched": "UPDATE calls SET matched = 0 WHERE matched = 1 AND person_id IS NULL "
    "AND number IS NOT NULL AND number IN ('+33612345678')",
    "ix_calls_parked": "SELECT count(*) FROM calls WHERE parked_reason IS NOT NULL",
    "ix_calls_person": "UPDATE calls SET matched = 0 WHERE person_id = 'a'",
    "ix_calls_open": "SELECT root_sid, due_at FROM calls WHERE purged IS 0 AND due_at < 'now' "
    "AND open_since IS NOT NULL",
    "ix_calls_heard": "SELECT * FROM calls WHERE purged IS 0 AND root_sid > '' "
    "AND (due_at, root_sid) < ('now', 'CA1') ORDER BY due_at DESC, root_sid DESC LIMIT 200",
    "ix_callbacks_root_sid": "DELETE FROM callbacks WHERE root_sid IN ('a', 'b')",
    "USING INTEGER PRIMARY KEY": "SELECT id, root_sid, received_at FROM callbacks WHERE id > 7 "
    "ORDER BY id LIMIT 50",
    "USING PRIMARY KEY": "DELETE FROM attempts WHERE root_sid IN ('a', 'b')",
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


async def test_calls_of_a_former_version_go_on(bare_database_url: str) -> None:
    """Its rows are there when the tables change, and its statements still run beside the new ones."""
    sids = [new_sid(), new_sid()]
    database = connect(bare_database_url)
    async with database.writing.begin() as connection:
        await connection.run_sync(upgrade, "0001")
        await connection.execute(*former(sids[0]))
        await connection.run_sync(upgrade, "head")
        await connection.execute(*former(sids[1]))
    await database.close()
    async with open_inbox(bare_database_url) as inbox:
        await inbox.store(outbound(sids[0], "+33612345678"))
        await inbox.store(outbound(sids[1], "+33612345678"))
        assert {(call.root_sid, call.revision) for call in await inbox.claim(200)} == {(s, 2) for s in sids}


def upgrade(connection: Connection, revision: str) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def former(sid: str) -> tuple[TextClause, dict[str, object]]:
    """How the first version told of a call."""
    statement = "INSERT INTO calls (root_sid, revision, due_at, ended) VALUES (:sid, 1, :at, false)"
    return text(statement).bindparams(bindparam("at", type_=Moment)), {"sid": sid, "at": TEN}
