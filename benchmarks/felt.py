"""What agents feel: how soon TwiML, a token and a look-up come while 200 pages are open and calls drain.

`python -m benchmarks.felt --json` prints `{"calls", "drained_calls_per_s", "quiet"|"busy": {"voice"|"token"|
"callers": {"p50_ms", "p99_ms"}}}`. Quiet is a bridge with nothing to do; busy is one with a hundred thousand
calls that Twenty does not have, which it drains into the sandbox, and 200 agents who hold event streams. Each
of the three is asked for ten times a second.
"""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from benchmarks import command, databases, desk, drain, requests, servers
from benchmarks.rounds import Figures, percentiles_ms
from benchmarks.servers import Server
from bridge.demo.process import SandboxTwenty, sandbox_twenty

CALLS = 100_000
SECONDS = 30
PER_SECOND = 10
WAITS_SECONDS = 120
DUE = "SELECT count(*) FROM calls WHERE revision > synced_revision"
_numbers = count(3 * 10**8)


async def measure(calls: int = CALLS, *, seconds: float = SECONDS) -> dict[str, Any]:
    """The figures."""
    async with sandbox_twenty() as twenty:
        _, quiet = await _felt(twenty, calls=0, agents=0, seconds=seconds)
        drained, busy = await _felt(twenty, calls=calls, agents=desk.AGENTS, seconds=seconds)
    return {"calls": calls, "drained_calls_per_s": drained, "quiet": quiet, "busy": busy}


async def _felt(
    twenty: SandboxTwenty, *, calls: int, agents: int, seconds: float
) -> tuple[int, dict[str, Figures]]:
    """How many calls a second were drained meanwhile, and how soon each was answered."""
    env = {"TWENTY_API_URL": twenty.url, "TWENTY_API_TOKEN": twenty.api_key}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        database = folder / "bridge.db"
        url = f"sqlite+aiosqlite:///{database}"
        await databases.fill(url, callbacks=calls * databases.CALLBACKS_A_CALL, due=True)
        bridge = await stack.enter_async_context(
            servers.bridge(folder, config=desk.CONFIG, BRIDGE_DATABASE_URL=url, **env)
        )
        session = await stack.enter_async_context(_session())
        office = desk.Office(session, bridge, bridge, 1)
        pages = [asyncio.create_task(office.page(f"agent{n}")) for n in range(agents)]
        async with asyncio.timeout(WAITS_SECONDS):
            while office.open < agents:
                await asyncio.sleep(0.1)
        before, began = _due(database), time.perf_counter()
        found = await _asked(session, bridge, seconds)
        drained = (before - _due(database)) / (time.perf_counter() - began)
        for page in pages:
            page.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
        return round(drained), found


def _session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))


async def _asked(session: aiohttp.ClientSession, bridge: Server, seconds: float) -> dict[str, Figures]:
    asks: dict[str, Callable[[], Awaitable[None]]] = {
        "voice": lambda: _post(session, bridge, requests.voice(next(_numbers))),
        "token": lambda: _post(session, bridge, requests.token(next(_numbers))),
        "callers": lambda: _look_up(session, bridge, next(_numbers)),
    }
    took = await asyncio.gather(*[_paced(ask, seconds) for ask in asks.values()])
    return {
        kind: {name: round(ms, 1) for name, ms in percentiles_ms(each).items()}
        for kind, each in zip(asks, took, strict=True)
    }


async def _paced(ask: Callable[[], Awaitable[None]], seconds: float) -> list[float]:
    """Asks at its pace, whether or not the former was answered; how long each took."""

    async def timed() -> float:
        began = time.perf_counter()
        await ask()
        return time.perf_counter() - began

    asked = []
    for _ in range(int(seconds * PER_SECOND)):
        asked.append(asyncio.create_task(timed()))
        await asyncio.sleep(1 / PER_SECOND)
    return await asyncio.gather(*asked)


async def _post(session: aiohttp.ClientSession, bridge: Server, request: requests.Request) -> None:
    async with session.post(bridge.url + request.path, data=request.body, headers=request.headers) as answer:
        answer.raise_for_status()
        await answer.read()


async def _look_up(session: aiohttp.ClientSession, bridge: Server, number: int) -> None:
    url = f"{bridge.url}/api/callers/+336{number % 10**8:08}"
    async with session.get(url, headers=desk.HEADERS) as answer:
        answer.raise_for_status()
        await answer.read()


def _due(database: Path) -> int:
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute(DUE).fetchone()[0])
    finally:
        connection.close()


def show(found: dict[str, Any]) -> None:
    """A table."""
    print(
        f"{found['calls']} calls to drain, {desk.AGENTS} open pages; {found['drained_calls_per_s']} calls/s"
    )
    print(f"{'':10}{'quiet p50':>12}{'p99 ms':>10}{'busy p50':>12}{'p99 ms':>10}")
    for kind, quiet in found["quiet"].items():
        busy = found["busy"][kind]
        print(f"{kind:10}{quiet['p50_ms']:12}{quiet['p99_ms']:10}{busy['p50_ms']:12}{busy['p99_ms']:10}")


if __name__ == "__main__":
    drain.quiet()
    command.run(__doc__, measure, show)
