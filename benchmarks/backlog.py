"""A bridge with a million callbacks that Twenty does not have yet: its memory, and its 204s while it drains.

`python -m benchmarks.backlog --json` prints `{"callbacks", "start_s", "idle_mb", "most_mb",
"drained_calls_per_s", "purged_calls_per_s", "quiet_p99_ms", "draining_p99_ms", "purging_p99_ms",
"draining_to_quiet", "purging_to_quiet"}`: memory with the backlog and at most while it drains, calls drained
a second into the sandbox, and the 99th percentile of a 204 at 20 callbacks a second: without a backlog, with
it, and while as many callbacks are purged that Twenty has.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from benchmarks import command, databases, requests, servers
from benchmarks.servers import Server
from bridge.demo.process import sandbox_twenty

CALLBACKS = 1_000_000
SECONDS = 30
PER_SECOND = 20
DUE, PURGED = "revision > synced_revision", "purged"
_numbers = count(4 * 10**8)


async def measure(callbacks: int = CALLBACKS, *, seconds: int = SECONDS) -> dict[str, Any]:
    """The figures, against one sandbox."""
    async with sandbox_twenty() as twenty:
        env = {"TWENTY_API_URL": twenty.url, "TWENTY_API_TOKEN": twenty.api_key}
        async with _bridge(env, callbacks=0) as (bridge, _):
            quiet = await _p99(bridge, seconds)
        async with _bridge(env, callbacks=callbacks) as (bridge, database):
            idle, before, began = bridge.resident_mb(), _count(database, DUE), time.perf_counter()
            most = asyncio.create_task(_most_memory(bridge, seconds))
            draining = await _p99(bridge, seconds)
            new = seconds * PER_SECOND / 4
            drained = (before + new - _count(database, DUE)) / (time.perf_counter() - began)
            started_in, most_mb = bridge.started_in, await most
        async with _bridge(env, callbacks=callbacks, due=False) as (bridge, database):
            began = time.perf_counter()
            purging = await _p99(bridge, seconds)
            purged = _count(database, PURGED) / (time.perf_counter() - began)
    return {
        "callbacks": callbacks,
        "start_s": round(started_in, 2),
        "idle_mb": round(idle),
        "most_mb": round(most_mb),
        "drained_calls_per_s": round(drained),
        "purged_calls_per_s": round(purged),
        "quiet_p99_ms": round(quiet, 1),
        "draining_p99_ms": round(draining, 1),
        "purging_p99_ms": round(purging, 1),
        "draining_to_quiet": round(draining / quiet, 1),
        "purging_to_quiet": round(purging / quiet, 1),
    }


@asynccontextmanager
async def _bridge(
    env: dict[str, str], *, callbacks: int, due: bool = True
) -> AsyncIterator[tuple[Server, Path]]:
    """With so many callbacks of calls that Twenty lacks, or that it has and that are old."""
    with TemporaryDirectory() as folder, databases.sqlite() as url:
        await databases.fill(url, callbacks=callbacks, due=due)
        keep = "inbox: {keep_days: 1}\n"
        async with servers.bridge(Path(folder), config=keep, BRIDGE_DATABASE_URL=url, **env) as bridge:
            yield bridge, Path(url.removeprefix("sqlite+aiosqlite:///"))


def _count(database: Path, which: str) -> int:
    """How many calls are so."""
    connection = sqlite3.connect(database)
    try:
        (found,) = connection.execute(f"SELECT COUNT(*) FROM calls WHERE {which}").fetchone()
    finally:
        connection.close()
    return int(found)


async def _p99(bridge: Server, seconds: int) -> float:
    """Milliseconds; callbacks come when they come, whether those before are answered or not."""
    async with aiohttp.ClientSession(bridge.url) as session:
        sending = []
        for _ in range(seconds * PER_SECOND):
            sending.append(asyncio.create_task(_send(session)))
            await asyncio.sleep(1 / PER_SECOND)
        took = await asyncio.gather(*sending)
    return quantiles(took, n=100)[98] * 1000


async def _send(session: aiohttp.ClientSession) -> float:
    request = requests.status(next(_numbers))
    began = time.perf_counter()
    async with session.post(request.path, data=request.body, headers=request.headers) as answer:
        await answer.read()
    if answer.status != 204:
        raise RuntimeError(f"{request.path}: {answer.status}")
    return time.perf_counter() - began


async def _most_memory(bridge: Server, seconds: int) -> float:
    most = 0.0
    for _ in range(seconds * 5):
        most = max(most, bridge.resident_mb())
        await asyncio.sleep(0.2)
    return most


def show(figures: dict[str, Any]) -> None:
    """A table."""
    for name, value in figures.items():
        print(f"{name:20} {value}")


if __name__ == "__main__":
    parser = command.parser(__doc__)
    parser.add_argument("--callbacks", type=int, default=CALLBACKS)
    given = parser.parse_args()
    command.tell(asyncio.run(measure(given.callbacks)), show, as_json=given.json)
