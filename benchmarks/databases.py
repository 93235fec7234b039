"""Databases to measure with: new ones, and ones with a history or a backlog."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.requests import parameters_of_status
from bridge.inbox.database import open_database
from tests.postgres import Postgres, postgres

CALLBACKS_A_CALL = 4
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Dialect:
    """What the two say differently: rows numbered to `:calls`, each with 31 random digits; 16 bytes; JSON."""

    calls: str
    digest: str
    json: str


SQLITE = Dialect(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :calls) "
    "SELECT i, 'CA' || substr(hex(randomblob(16)), 1, 31) AS sid FROM n",
    "randomblob(16)",
    ":parameters",
)
POSTGRESQL = Dialect(
    "SELECT i, 'CA' || substr(md5(random()::text || i), 1, 31) AS sid "
    "FROM generate_series(1, CAST(:calls AS integer)) AS i",
    "decode(md5(random()::text || sid), 'hex')",
    "CAST(CAST(:parameters AS text) AS json)",
)


@contextmanager
def sqlite() -> Iterator[str]:
    """The URL of a file that is not there yet."""
    with TemporaryDirectory() as folder:
        yield f"sqlite+aiosqlite:///{Path(folder) / 'bridge.db'}"


@contextmanager
def postgresql() -> Iterator[Postgres]:
    """A server that waits for the disk."""
    with postgres(durable=True) as server:
        yield server


def cpu_seconds(server: Postgres) -> float:
    """User and system time of the server: of those of its processes that live, and that ended."""
    postmaster, ticks = server.server.get_pid(), 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(stat.parent.name) == postmaster:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == postmaster:
            ticks += sum(map(int, fields[11:13]))
    return ticks / TICKS


async def fill(url: str, *, callbacks: int, due: bool) -> None:
    """Calls that ended, of four callbacks each: `due`, or settled."""
    async with open_database(url) as database:
        dialect = POSTGRESQL if database.is_shared else SQLITE
        async with database.writing.begin() as connection:
            if callbacks:
                await _fill(connection, dialect, callbacks // CALLBACKS_A_CALL, due=due)
        if database.is_shared:
            async with database.writing.connect() as connection:
                alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await alone.execute(text("VACUUM ANALYZE"))


async def _fill(connection: AsyncConnection, dialect: Dialect, calls: int, *, due: bool) -> None:
    synced, matched = (0, "false") if due else (CALLBACKS_A_CALL, "true")
    number, person = ("NULL", "NULL") if due else ("'+336' || i", "'somebody' || i")
    await connection.execute(
        _plain(
            "INSERT INTO calls "
            "(root_sid, revision, synced_revision, due_at, ended, matched, number, person_id) "
            f"SELECT sid || '0', {CALLBACKS_A_CALL}, {synced}, '2026-11-01 10:00:00+00', true, {matched}, "
            f"{number}, {person} FROM ({dialect.calls}) AS numbered"
        ),
        {"calls": calls},
    )
    for number_of_callback in range(CALLBACKS_A_CALL):
        await connection.execute(
            _plain(
                "INSERT INTO callbacks "
                "(digest, root_sid, call_sid, parent_sid, kind, parameters, received_at) "
                f"SELECT {dialect.digest}, sid || '0', sid || 'f', sid || '0', 'status', {dialect.json}, "
                "'2026-11-01 10:00:00+00' FROM (SELECT substr(root_sid, 1, 33) AS sid FROM calls) AS known"
            ),
            {"parameters": json.dumps(parameters_of_status(number_of_callback))},
        )


def _plain(statement: str) -> TextClause:
    return text(statement.replace("::", r"\:\:").replace("10:00:00", r"10\:00\:00"))
