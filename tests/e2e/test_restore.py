"""docs/how-to/backup.md: a backup under load, restored in another folder or database, and started there.

All that was acknowledged before the backup began is in it; nothing stands in Twenty twice, although the
former bridge has written what came after the backup, too.
"""

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from bridge.demo.bridge import environment
from bridge.demo.process import BridgeProcess
from bridge.inbox.database import connect
from bridge.inbox.store import open_inbox
from bridge.inbox.tables import callbacks
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.docs.pages import blocks
from tests.e2e.load import PAUSE, Load, on_timelines, shown
from tests.inbox.past.story import CONFIG
from tests.postgres import Postgres
from tests.support import eventually, new_sid, until

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "backup.md"
CALLS = 10_000
"""More than are sent."""
SOME = 100
"""Callbacks that are acknowledged before the backup, and after it."""

Told = set[tuple[str, str]]


def lines(*programs: str) -> list[str]:
    """The page's commands that begin with one of these words."""
    typed = [command.typed for block in blocks(PAGE.read_text()) for command in block.commands]
    return [line for line in typed if line.startswith(programs)]


async def shell(typed: str, env: Mapping[str, str], folder: Path) -> None:
    """What an operator types."""
    process = await asyncio.create_subprocess_shell(
        typed, env=env, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, error = await process.communicate()
    assert process.returncode == 0, error.decode()


async def backed_up(bridge: BridgeProcess, *typed: str) -> Told:
    """What was acknowledged before the backup, of a bridge that is killed some time after it."""
    load = Load(bridge.env["TWILIO_AUTH_TOKEN"], [new_sid() for _ in range(CALLS)])
    await bridge.start()
    sending = asyncio.create_task(load.send(lambda: bridge.url, again=False, pause=PAUSE))
    await eventually(lambda: len(load.acknowledged) >= SOME)
    before = set(load.acknowledged)
    for line in typed:
        await shell(line, bridge.env, bridge.folder)
    after = len(load.acknowledged) + SOME
    await eventually(lambda: len(load.acknowledged) >= after)
    await bridge.kill()
    load.stop()
    await sending
    return before


async def restored(bridge: BridgeProcess, twenty: TwentySandbox, before: Told) -> None:
    """The bridge is whole, and brings Twenty up to date."""
    url = bridge.env["BRIDGE_DATABASE_URL"]
    assert before <= await stored(url)
    whole = Load("", [], acknowledged=before).wanted()
    await bridge.start()
    try:
        await until(lambda: is_shown(url, twenty, whole), AssertionError)
    finally:
        await bridge.stop()


async def stored(url: str) -> Told:
    """Call and status of each callback."""
    database = connect(url)
    try:
        async with database.reading.connect() as connection:
            found = await connection.execute(select(callbacks.c.root_sid, callbacks.c.parameters))
            return {(sid, parameters["CallStatus"]) for sid, parameters in found}
    finally:
        await database.close()


async def is_shown(url: str, twenty: TwentySandbox, whole: list[tuple[str, str, int | None]]) -> None:
    async with open_inbox(url) as inbox:
        assert (await inbox.backlog()).due == 0
    found, on_timeline = await shown(twenty), await on_timelines(twenty)
    assert whole
    assert set(whole) <= set(found)
    assert len({sid for sid, *_ in found}) == len(found)
    assert len(set(on_timeline)) == len(on_timeline)


@pytest.fixture
def here(twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path) -> BridgeProcess:
    """Not started; `twenty-bridge` is on its PATH."""
    return process(environment(twilio, twenty, tmp_path / "here"), tmp_path / "here")


def process(env: Mapping[str, str], folder: Path) -> BridgeProcess:
    folder.mkdir(mode=0o700)
    folder.joinpath("config.yaml").write_text(CONFIG)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return BridgeProcess({"BRIDGE_METRICS_PORT": "0", **env, "PATH": path}, folder)


async def test_sqlite(here: BridgeProcess, twenty: TwentySandbox) -> None:
    before = await backed_up(here, *lines("mkdir -p backup", "twenty-bridge backup"))
    folder = here.folder.with_name("elsewhere")
    url = f"sqlite+aiosqlite:///{folder / 'bridge.db'}"
    elsewhere = process({**here.env, "BRIDGE_DATABASE_URL": url}, folder)
    shutil.move(here.folder / "backup" / "bridge.db", folder / "bridge.db")
    assert [path.name for path in (here.folder / "backup").iterdir()] == []
    with closing(sqlite3.connect(folder / "bridge.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    await restored(elsewhere, twenty, before)


@pytest.fixture
def databases(postgres_server: Postgres) -> Iterator[tuple[str, str]]:
    """The page's names."""
    names = ("bridge", "restored")
    postgres_server.sql("DROP DATABASE IF EXISTS restored", "CREATE DATABASE bridge")
    yield names
    postgres_server.sql(*(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in names))


@pytest.mark.slow
async def test_postgresql(
    here: BridgeProcess, twenty: TwentySandbox, postgres_server: Postgres, databases: tuple[str, str]
) -> None:
    programs, (first, second) = postgres_server.server.bin_path, databases
    address = {"PGHOST": str(postgres_server.folder), "PGPORT": str(postgres_server.port)}
    psql = {**address, "PGUSER": "postgres", "PATH": f"{programs}:{here.env['PATH']}"}
    here.env = {**here.env, **psql, "BRIDGE_DATABASE_URL": postgres_server.url(first)}
    before = await backed_up(here, *lines("mkdir -p backup", "pg_dump"))
    for line in lines("createdb", "pg_restore"):
        await shell(line, here.env, here.folder)
    url = postgres_server.url(second)
    folder = here.folder.with_name("elsewhere")
    await restored(process({**here.env, "BRIDGE_DATABASE_URL": url}, folder), twenty, before)
