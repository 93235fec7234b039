"""What commands and changes of people take with a million calls, and how long callbacks wait meanwhile.

`python -m benchmarks.growth --json` prints `{"sqlite"|"postgresql": {"calls", "<operation>": {"s",
"most_ms", "refused"}}}`: seconds that the operation takes (of a command, with its start), milliseconds that
the slowest of 50 callbacks a second waited meanwhile for its commit, and how many were refused with 503, as
the database did not answer in time. Half of the calls have no person, so `calls relink` makes them due.
`--postgresql` measures PostgreSQL as well; `--calls 100000` fewer calls. To fill a database takes minutes:
`--file PATH` fills a SQLite file where it is not there yet, and measures a copy of it; `--database URL`
measures a PostgreSQL database, which it fills where it has no calls, and leaves what it changed. An operation
that the database does not answer in time has `"failed"`.
"""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select, text

from benchmarks import command, databases, servers
from benchmarks.databases import POSTGRESQL, SQLITE, Dialect
from benchmarks.drain import callbacks_of_call, quiet
from benchmarks.requests import parameters_of_status
from bridge.errors import InboxUnavailable
from bridge.inbox.database import Database, open_database
from bridge.inbox.queries import outcomes, recent_callbacks, waiting
from bridge.inbox.requeue import relink, unlink
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import calls as calls_table

CALLS = 1_000_000
PER_SECOND = 50
REST_SECONDS = 5
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
BACKFILLED = 100_000
LOOKED_AT = 4000
SQLITE_URL = "sqlite+aiosqlite:///"
STRANGER = "+33639980000"
"""A number of which no call is."""

SECOND: dict[Dialect, str] = {
    SQLITE: "strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', '+' || (i * 20) || ' seconds')",
    POSTGRESQL: "timestamptz '2026-01-01' + i * interval '20 seconds'",
}
"""When the i-th call was last heard of: each at another time, as lists are in that order."""

_numbers = count(10**7)
Operation = Callable[[], Awaitable[object]]


async def measure(
    names: Sequence[str] = ("sqlite",),
    *,
    calls: int = CALLS,
    file: Path | None = None,
    database: str | None = None,
) -> dict[str, Any]:
    """The figures of each database, or of the one at a URL."""
    if database:
        if not await _has_calls(database):
            await fill(database, calls)
        return {"postgresql": {"calls": calls, **await _operate(database)}}
    found = {}
    for name in names:
        with ExitStack() as stack:
            if name == "sqlite":
                url = stack.enter_context(databases.sqlite())
                await _fill_file(Path(url.removeprefix(SQLITE_URL)), calls, file)
            else:
                server = stack.enter_context(databases.postgresql())
                url = server.url(server.create_database())
                await fill(url, calls)
            found[name] = {"calls": calls, **await _operate(url)}
    return found


async def _fill_file(new: Path, calls: int, file: Path | None) -> None:
    filled = file or new
    if not filled.exists():
        await fill(f"{SQLITE_URL}{filled}", calls)
    if file:
        shutil.copyfile(file, new)
        # Otherwise the first commits that are measured wait until the disk has the copy.
        os.sync()


async def _has_calls(url: str) -> bool:
    async with open_database(url) as database, database.read() as connection:
        return await connection.scalar(select(calls_table.c.root_sid).limit(1)) is not None


async def fill(url: str, calls: int) -> None:
    """Settled calls of one callback each; every other one has no person."""
    async with open_database(url) as database:
        dialect = POSTGRESQL if database.is_shared else SQLITE
        await _insert(database, dialect, calls)
        if database.is_shared:
            async with database.writing.connect() as connection:
                alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await alone.execute(text("VACUUM ANALYZE"))


async def _insert(database: Database, dialect: Dialect, calls: int) -> None:
    known = text(
        "INSERT INTO calls (root_sid, revision, synced_revision, due_at, ended, matched, number, person_id, "
        f"written, settled_at) SELECT sid || '0', 1, 1, {SECOND[dialect]}, true, true, "
        "'+336' || (10000000 + i), CASE WHEN i % 2 = 0 THEN 'person' || i END, "
        f"{dialect.digest}, {SECOND[dialect]} FROM ({dialect.calls}) AS numbered".replace(":%", r"\:%")
    )
    stored = text(
        "INSERT INTO callbacks (digest, root_sid, call_sid, parent_sid, kind, parameters, received_at) "
        f"SELECT {dialect.digest}, sid || '0', sid || 'f', sid || '0', 'status', {dialect.json}, due_at "
        "FROM (SELECT substr(root_sid, 1, 33) AS sid, due_at FROM calls ORDER BY due_at) AS known"
    )
    async with database.writing.begin() as connection:
        await connection.execute(known, {"calls": calls})
        await connection.execute(stored, {"parameters": json.dumps(parameters_of_status(3))})


async def _operate(url: str) -> dict[str, dict[str, Any]]:
    sids = await _sids(url, BACKFILLED)
    with TemporaryDirectory() as folder:
        async with open_inbox(url, serves=True) as inbox:
            operations = _operations(_Command(url, Path(folder)), inbox, sids)
            return {name: await _measured(inbox, operation) for name, operation in operations.items()}


async def _sids(url: str, most: int) -> list[str]:
    # Without the limit of time that the bridge sets itself.
    async with open_database(url) as database, database.reading.connect() as connection:
        return list((await connection.scalars(select(calls_table.c.root_sid).limit(most))).all())


def _operations(run: "_Command", inbox: Inbox, sids: Sequence[str]) -> dict[str, Operation]:
    return {
        "at rest": lambda: asyncio.sleep(REST_SECONDS),
        "calls list": lambda: run("calls", "list"),
        "calls list --limit 2000": lambda: run("calls", "list", "--limit", "2000"),
        "calls list --number, a stranger's": lambda: run("calls", "list", "--number", STRANGER),
        "calls list --parked, none": lambda: run("calls", "list", "--parked"),
        "recent callbacks, at a start": lambda: recent_callbacks(inbox, LONG_AGO),
        "backfill's look at 4,000 calls": lambda: waiting(inbox, sids[:LOOKED_AT]),
        "outcomes of 100,000 calls": lambda: outcomes(inbox, sids),
        "a person changed": lambda: relink(inbox, ["+33610000001"], since=LONG_AGO),
        "a person was deleted": lambda: unlink(inbox, "person2"),
        "calls relink": lambda: run("calls", "relink"),
        "calls list, half of them due": lambda: run("calls", "list"),
        "calls list --due": lambda: run("calls", "list", "--due"),
    }


@dataclass(frozen=True, slots=True)
class _Command:
    """Runs `twenty-bridge` with a database, in a process of its own."""

    url: str
    folder: Path

    async def __call__(self, *words: str) -> None:
        self.folder.joinpath("config.yaml").write_text(servers.CONFIG)
        config = ("--config", str(self.folder / "config.yaml"))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bridge", *words, *config),
            env={**servers.environment(), "BRIDGE_DATABASE_URL": self.url},
            stdout=asyncio.subprocess.DEVNULL,
        )
        if await process.wait():
            raise CommandFailed(f"{' '.join(words)} ended with {process.returncode}")


async def _measured(inbox: Inbox, operation: Operation) -> dict[str, Any]:
    failed: dict[str, str] = {}
    async with _callbacks(inbox) as waits:
        began = time.perf_counter()
        try:
            await operation()
        except (InboxUnavailable, CommandFailed) as problem:
            failed = {"failed": str(problem)}
        took = time.perf_counter() - began
    return {"s": round(took, 3), "most_ms": round(max(waits.ms), 1), "refused": waits.refused, **failed}


class CommandFailed(Exception):
    """A command did not end with 0."""


@dataclass(slots=True)
class _Waits:
    ms: list[float] = field(default_factory=list)
    refused: int = 0


@asynccontextmanager
async def _callbacks(inbox: Inbox) -> AsyncIterator[_Waits]:
    """Callbacks come when they come, whether those before are stored or not; one at least."""
    waits, ended = _Waits(), asyncio.Event()
    sending = asyncio.create_task(_send_until(ended, inbox, waits))
    try:
        yield waits
    finally:
        ended.set()
        await sending


async def _send_until(ended: asyncio.Event, inbox: Inbox, waits: _Waits) -> None:
    async with asyncio.TaskGroup() as sent:
        sent.create_task(_send(inbox, waits))
        while not ended.is_set():
            await asyncio.sleep(1 / PER_SECOND)
            sent.create_task(_send(inbox, waits))


async def _send(inbox: Inbox, waits: _Waits) -> None:
    callback = callbacks_of_call(next(_numbers))[0]
    began = time.perf_counter()
    try:
        await inbox.store(callback)
    except InboxUnavailable:
        waits.refused += 1
    waits.ms.append((time.perf_counter() - began) * 1000)


def show(figures: dict[str, Any]) -> None:
    """A table."""
    for name, found in figures.items():
        print(f"{found['calls']:,} calls, {name:26}{'s':>10}{'callback, most ms':>20}{'refused':>10}")
        for operation, took in found.items():
            if operation != "calls":
                row = f"{took['s']:10.3f}{took['most_ms']:20.1f}{took['refused']:10}"
                print(f"{operation:44}{row}  {took.get('failed', '')}")


if __name__ == "__main__":
    quiet()
    parser = command.parser(__doc__)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--database")
    given = parser.parse_args()
    wanted = ("sqlite", "postgresql") if given.postgresql else ("sqlite",)
    measuring = measure(wanted, calls=given.calls, file=given.file, database=given.database)
    command.tell(asyncio.run(measuring), show, as_json=given.json)
