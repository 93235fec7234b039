"""Inboxes that earlier versions left are migrated and drained by this one: the same story in Twenty."""

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table, create_engine, insert, inspect, select, text

from bridge.calls.activity import record_id
from bridge.calls.texts import ENGLISH
from bridge.inbox.database import connect
from bridge.inbox.forgetting import Forgotten
from bridge.inbox.migrations.upgrade import upgrade
from bridge.inbox.store import Inbox, open_inbox
from bridge.sandbox.twenty import TwentySandbox
from bridge.sync.stages.prepare import Policy
from bridge.twenty.client.client import TwentyClient
from tests.inbox.past.code import ROOT, git
from tests.inbox.past.story import FORGET_KEY
from tests.inbox.past.workspace import State, dump_of, load
from tests.inbox.test_upgrade import revisions
from tests.postgres import Postgres
from tests.support import LINKS
from tests.sync.support import drain, worker_with

STORED = Path(__file__).parent / "stored"
RENAMED = "renamed"
NAMES = sorted(path.stem for path in STORED.glob("*.sql"))


@cache
def told_of(name: str) -> dict[str, Any]:
    """Beside each inbox: its commit, call SIDs by story, Twenty at that moment and in the end."""
    found: dict[str, Any] = json.loads(STORED.joinpath(f"{name}.json").read_text())
    return found


def test_there_is_one_of_each_revision_of_the_database_and_of_each_release() -> None:
    """What is missing is made by `python -m tests.inbox.past`."""
    tags = git("tag").splitlines() if ROOT.joinpath(".git").exists() else []
    assert {*revisions(), RENAMED, *tags} <= {*NAMES}


def restored(name: str, folder: Path) -> Path:
    """The SQLite file as the code of the time left it."""
    file = folder / f"{name}.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(STORED.joinpath(f"{name}.sql").read_text())
    file.chmod(0o600)
    return file


async def moved(file: Path, url: str) -> None:
    """The rows of a SQLite file in a PostgreSQL of the same revision."""
    source = create_engine(f"sqlite:///{file}")
    with source.connect() as old:
        (revision,) = old.execute(text("SELECT version_num FROM alembic_version")).one()
        names = [name for name in inspect(old).get_table_names() if name != "alembic_version"]
        rows = {name: _rows(old, name) for name in names}
    source.dispose()
    database = connect(url)
    try:
        await upgrade(database.writing, to=revision)
        async with database.writing.begin() as connection:
            await connection.run_sync(_fill, rows)
    finally:
        await database.close()


def _rows(connection: Connection, name: str) -> list[dict[str, Any]]:
    table = Table(name, MetaData(), autoload_with=connection)
    return [
        {key: _aware(value) for key, value in row._mapping.items()}
        for row in connection.execute(select(table))
    ]


def _aware(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _fill(connection: Connection, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    for name, found in rows.items():
        table = Table(name, MetaData(), autoload_with=connection)
        connection.execute(table.delete())
        if found:
            connection.execute(insert(table), found)
    connection.execute(
        text("SELECT setval(pg_get_serial_sequence('callbacks', 'id'), (SELECT MAX(id) FROM callbacks))")
    )


@asynccontextmanager
async def opened(url: str, client: TwentyClient) -> AsyncIterator[Inbox]:
    """Drained a day after it was left: all that waited for its next try is due."""
    async with open_inbox(url) as inbox:
        worker = worker_with(
            inbox,
            client,
            Policy(texts=ENGLISH, links=LINKS, region="FR"),
            forgotten=Forgotten(inbox, (FORGET_KEY,)),
            clock=lambda: datetime.now(UTC) + timedelta(days=1),
        )
        await drain(worker)
        yield inbox


def story(name: str, state: State) -> dict[str, Any]:
    """Of each call but the parked one: what Twenty shows of it, and how many rows link to it."""
    sids = told_of(name)["played"]
    records = {record["externalCallId"]: record for record in state["phoneCalls"]}
    assert len(records) == len(state["phoneCalls"])
    rows = [row["linkedRecordId"] for row in state["timelineActivities"]]
    return {
        which: _shown(records[sid]) | {"rows": rows.count(records[sid]["id"])} if sid in records else None
        for which, sid in sids.items()
        if which != "parked"
    }


def _shown(record: Mapping[str, Any]) -> dict[str, Any]:
    fields = ("direction", "status", "durationInSeconds", "startedAt", "answeredAt", "endedAt", "personId")
    found = {field: record.get(field) for field in fields}
    return found | {"deleted": "deletedAt" in record, "recorded": "recording" in record}


MENDED = ("0001", "0002", "0003", "0004", "0005")
"""Versions that brought back what a user had deleted, and put no row on the timeline of the person that a
user had chosen."""
TRIED_AGAIN = (*MENDED, "0006")
"""Versions that did not store under which schema of Twenty's a call was parked: it is tried once more."""


def wanted(name: str) -> dict[str, Any]:
    """What the code of the time made of it, but for what has been mended since."""
    found = story(name, told_of(name)["after"])
    if name in MENDED:
        found["deleted"] = story(name, told_of(name)["before"])["deleted"]
        found["corrected"]["rows"] = 1
    return found


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
async def test_each_is_drained_to_the_same_story(
    kind: str, twenty: TwentySandbox, client: TwentyClient, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    await load(twenty, [told_of(name)["before"] for name in NAMES])
    parked = {}
    for name in NAMES:
        url = f"sqlite+aiosqlite:///{(file := restored(name, tmp_path))}"
        if kind == "postgresql":
            server: Postgres = request.getfixturevalue("postgres_server")
            url = server.url(server.create_database())
            await moved(file, url)
        async with opened(url, client) as inbox:
            backlog = await inbox.backlog()
            parked[name] = backlog.parked
            assert backlog.due == 0
    became = await dump_of(twenty)
    assert parked == {name: int(name not in TRIED_AGAIN) for name in NAMES}
    assert {name: story(name, became) for name in NAMES} == {name: wanted(name) for name in NAMES}
    ids, before = _ids(became), _ids(*(told_of(name)["after"] for name in NAMES))
    assert before <= ids
    # A call that is written anew gets the note that its time's version wrote none of.
    sids = {sid for name in MENDED for sid in told_of(name)["played"].values()}
    assert ids - before <= {record_id("note", sid) for sid in sids}


def _ids(*states: State) -> set[str]:
    """Of people, notes and tasks."""
    return {
        str(one["id"]) for state in states for kind in ("people", "notes", "tasks") for one in state[kind]
    }
