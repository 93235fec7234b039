"""A rolling upgrade: the new version migrates while the old one runs, and several may begin at once."""

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from bridge.calls.callback import Kind
from bridge.errors import InboxUnavailable
from bridge.inbox import tables
from bridge.inbox.database import Database, connect
from bridge.inbox.migrations.migrate import NEWEST
from bridge.inbox.migrations.upgrade import configuration, upgrade
from bridge.inbox.store import open_inbox
from bridge.inbox.tables import callbacks
from tests.support import TEN, new_sid, told

Columns = dict[str, dict[str, tuple[str, bool]]]


def revisions() -> list[str]:
    """From the first to the newest."""
    return [one.revision for one in ScriptDirectory.from_config(configuration()).walk_revisions()][::-1]


@pytest.fixture
async def database(bare_database_url: str) -> AsyncIterator[Database]:
    opened = connect(bare_database_url)
    yield opened
    await opened.close()


def columns(connection: Connection) -> Columns:
    """Table → column → its type, and whether a row may leave it out."""
    seen = inspect(connection)
    return {
        table: {
            column["name"]: (
                str(column["type"]),
                column["nullable"] or column["default"] is not None or column["name"] == "id",
            )
            for column in seen.get_columns(table)
        }
        for table in seen.get_table_names()
        if table != "alembic_version"
    }


def unique(connection: Connection) -> dict[str, set[tuple[str, ...]]]:
    """Table → what may stand in it once."""
    seen = inspect(connection)
    found: dict[str, set[tuple[str, ...]]] = {}
    for table in seen.get_table_names():
        constraints = {tuple(one["column_names"]) for one in seen.get_unique_constraints(table)}
        indexes = {tuple(filter(None, i["column_names"])) for i in seen.get_indexes(table) if i["unique"]}
        found[table] = constraints | indexes
    return found


@pytest.mark.parametrize("before", revisions()[:-1])
async def test_a_migration_only_adds(database: Database, before: str) -> None:
    """What is new may be left out, what was there is there as it was."""
    await upgrade(database.writing, to=before)
    async with database.reading.connect() as connection:
        old, old_unique = await connection.run_sync(columns), await connection.run_sync(unique)
    await upgrade(database.writing)
    async with database.reading.connect() as connection:
        new, new_unique = await connection.run_sync(columns), await connection.run_sync(unique)
    for table, known in old.items():
        assert known.items() <= new[table].items()
        added = {name: needed for name, needed in new[table].items() if name not in known}
        assert all(may_be_left_out for _, may_be_left_out in added.values()), added
        assert new_unique[table] == old_unique[table]


FIRST_VERSION = [
    "INSERT INTO callbacks (digest, root_sid, call_sid, parent_sid, kind, parameters, received_at) "
    "VALUES ('{digest}', '{sid}', '{sid}', NULL, 'status', '{{\"CallStatus\": \"ringing\"}}', "
    "'2026-11-22 10:00:00') ON CONFLICT (digest) DO NOTHING RETURNING root_sid",
    "INSERT INTO calls (root_sid, revision, due_at, ended) VALUES ('{sid}', 1, '2026-11-22 10:00:00', false) "
    "ON CONFLICT (root_sid) DO UPDATE SET revision = calls.revision + excluded.revision, "
    "due_at = excluded.due_at, ended = calls.ended OR excluded.ended, parked_reason = NULL",
    "SELECT root_sid, revision, synced_revision, due_at, attempts, last_error, parked_reason, ended, "
    "matched, number, person_id, match, written, settled_at FROM calls "
    "WHERE revision > synced_revision AND parked_reason IS NULL AND ended = false ORDER BY due_at LIMIT 200",
    "SELECT id, digest, root_sid, call_sid, parent_sid, kind, parameters, received_at FROM callbacks "
    "WHERE root_sid IN ('{sid}')",
    "UPDATE calls SET synced_revision = 1, matched = true, number = '+33612345678', person_id = NULL, "
    "match = NULL, written = 'a digest', settled_at = '2026-11-22 10:00:00', attempts = 0, last_error = NULL "
    "WHERE root_sid = '{sid}'",
    "UPDATE calls SET revision = calls.revision + 1, matched = false, parked_reason = NULL "
    "WHERE matched AND person_id IS NULL AND number IN ('+33612345678')",
]
"""What the first version of the bridge sends, but for the parameters' places."""


async def test_the_statements_of_the_first_version_still_work(
    database: Database, bare_database_url: str
) -> None:
    sids = [new_sid() for _ in range(2)]
    await upgrade(database.writing, to="0001")
    async with database.writing.begin() as connection:
        await run(connection, sids[0])
    await upgrade(database.writing)
    async with database.writing.begin() as connection:
        await run(connection, sids[1])
        await run(connection, sids[0])
    async with open_inbox(bare_database_url) as inbox:
        assert {call.root_sid for call in await inbox.claim(10)} == set(sids)


async def run(connection: AsyncConnection, sid: str) -> None:
    for statement in FIRST_VERSION:
        await connection.execute(text(statement.format(sid=sid, digest=sid[-16:]).replace(":", r"\:")))


async def test_an_older_version_goes_on_where_a_newer_one_was(
    database: Database, bare_database_url: str
) -> None:
    await upgrade(database.writing)
    async with database.writing.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        for table in tables.metadata.tables:
            added = f"ALTER TABLE {table} ADD COLUMN of_tomorrow INTEGER NOT NULL DEFAULT 7"
            await connection.execute(text(added))
    with capture_logs() as logged:
        async with open_inbox(bare_database_url) as inbox:
            await inbox.store(told(Kind.VOICE, new_sid(), From="client:alice"))
            (claimed,) = await inbox.claim(10)
            await inbox.park(claimed, "as any change", now=TEN)
    assert [line["revision"] for line in logged if line["event"] == "inbox.newer"] == ["9999"]
    async with database.reading.connect() as connection:
        kept = (
            await connection.execute(text("SELECT version_num, of_tomorrow FROM alembic_version, calls"))
        ).all()
    assert kept == [("9999", 7)]


@pytest.mark.parametrize("there", ["1a2b3c", NEWEST, "0003"])
async def test_a_database_with_another_programs_migrations_is_refused_and_left_alone(
    database: Database, bare_database_url: str, there: str
) -> None:
    async with database.writing.begin() as connection:
        await connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        await connection.execute(text("INSERT INTO alembic_version VALUES (:there)"), {"there": there})
    with pytest.raises(InboxUnavailable, match=f"another program .alembic_version {there}"):
        async with open_inbox(bare_database_url):
            pass
    async with database.reading.connect() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == ["alembic_version"]


OPENS = """
import asyncio, sys
from datetime import UTC, datetime
from bridge.inbox.store import open_inbox
from bridge.inbox.tables import callbacks

async def main():
    async with open_inbox(sys.argv[1]) as inbox:
        await inbox.check(datetime.now(UTC))

asyncio.run(main())
"""


async def test_three_processes_may_begin_with_an_empty_database(bare_database_url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPENS, bare_database_url, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    ended = await asyncio.gather(*[process.communicate() for process in processes])
    assert [process.returncode for process in processes] == [0] * 3, [told for _, told in ended]


@pytest.mark.parametrize("text_of", ["client:ali\0ce", "client:\ud800x", "client:", "client:a b"])
async def test_foreign_text_in_a_callback_keeps_no_bridge_from_the_agents_of_calls(
    database: Database, bare_database_url: str, text_of: str
) -> None:
    first, second = new_sid(), new_sid()
    await upgrade(database.writing, to="0012")
    async with database.writing.begin() as connection:
        for callback in (
            told(Kind.STATUS, first, From=text_of, CallerName=text_of, Agent="alice"),
            told(Kind.STATUS, second, From="client:bob", To="+33639980001"),
        ):
            await connection.execute(
                insert(callbacks).values(
                    digest=callback.digest,
                    root_sid=callback.call_sid,
                    call_sid=callback.call_sid,
                    kind=callback.kind,
                    parameters=dict(callback.parameters),
                    received_at=callback.received_at,
                )
            )
    async with open_inbox(bare_database_url) as inbox, inbox.reading() as connection:
        found = await connection.execute(text("SELECT root_sid, agent FROM agent_calls ORDER BY agent"))
        assert [tuple(row) for row in found] == [(first, "alice"), (second, "bob")]
