"""What it costs to keep a callback before the 204, at 1, 32 and 256 connections, beside others.

The bridge on SQLite and on PostgreSQL (which wait for the disk), Express with Twilio's own middleware, which
keeps nothing, and Express doing the same work on a PostgreSQL of its own, in interleaved rounds.
`python -m benchmarks.durable --json` prints `{"1"|"32"|"256": {"<server>": {"callbacks_per_s", "cpu_us",
"database_cpu_us", "p50_ms", "p99_ms"}, "sqlite_to_express", "postgresql_to_express",
"postgresql_to_same_work"}}`, ratios of CPU time, the database's included: `postgresql_to_same_work` is how
many callbacks the bridge keeps for each that Express keeps in the same time.
"""

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import command, databases, peers, requests, servers
from benchmarks.load import send
from benchmarks.peers import Peer
from benchmarks.rounds import Figures, medians, percentiles_ms
from benchmarks.servers import Server

ROUNDS = 3
REQUESTS = {1: 500, 32: 2000, 256: 4000}
_numbers = count()


@dataclass(frozen=True)
class Measured:
    """A server, and what its database uses beside it."""

    server: Server
    database: Callable[[], float] = lambda: 0.0


async def measure(
    requests_at: Mapping[int, int] = REQUESTS, *, rounds: int = ROUNDS, peer: Peer = peers.express
) -> dict[str, Any]:
    """The figures, medians over the rounds; `requests_at` says how many requests at so many connections."""
    async with AsyncExitStack() as stack:
        measured = await _servers(stack, peer)
        return {str(n): await _compare(measured, n, many, rounds) for n, many in requests_at.items()}


async def _servers(stack: AsyncExitStack, peer: Peer) -> dict[str, Measured]:
    postgres = stack.enter_context(databases.postgresql())
    on = {"sqlite": {}, "postgresql": {"BRIDGE_DATABASE_URL": postgres.url("postgres")}}
    found = {}
    for name, more in on.items():
        folder = Path(stack.enter_context(TemporaryDirectory()))
        bridge = await stack.enter_async_context(servers.bridge(folder, **more))
        used = partial(databases.cpu_seconds, postgres) if more else Measured.database
        found[name] = Measured(bridge, used)
    try:
        found["express"] = Measured(await stack.enter_async_context(peer()))
        if peer is peers.express:
            found["same_work"] = await _same_work(stack)
    except peers.NotHere as reason:
        print(reason, file=sys.stderr)
    return found


async def _same_work(stack: AsyncExitStack) -> Measured:
    postgres = stack.enter_context(databases.postgresql())
    url = postgres.url("postgres").replace("+asyncpg", "")
    server = await stack.enter_async_context(peers.express_same_work(url))
    return Measured(server, partial(databases.cpu_seconds, postgres))


async def _compare(measured: dict[str, Measured], connections: int, many: int, rounds: int) -> dict[str, Any]:
    figures = await medians(measured, partial(_round, connections, many), rounds=rounds)
    if "express" not in figures:
        return {**figures}
    used = {name: one["cpu_us"] + one["database_cpu_us"] for name, one in figures.items()}
    ratios = {f"{name}_to_express": used[name] / used["express"] for name in ("sqlite", "postgresql")}
    if "same_work" in used:
        ratios["postgresql_to_same_work"] = used["same_work"] / used["postgresql"]
    return figures | {name: round(ratio, 2) for name, ratio in ratios.items()}


async def _round(connections: int, many: int, one: Measured, _number: int) -> Figures:
    wanted = [requests.status(next(_numbers)) for _ in range(many)]
    cpu, database, began = one.server.cpu_seconds(), one.database(), time.perf_counter()
    took = await send(one.server.url, wanted, connections=connections)
    wall = time.perf_counter() - began
    return {
        "callbacks_per_s": len(wanted) / wall,
        "cpu_us": (one.server.cpu_seconds() - cpu) / len(wanted) * 1e6,
        "database_cpu_us": (one.database() - database) / len(wanted) * 1e6,
        **percentiles_ms(took),
    }


def show(figures: dict[str, Any]) -> None:
    """A table."""
    names = ("callbacks_per_s", "cpu_us", "database_cpu_us", "p50_ms", "p99_ms")
    print(f"{'at once':8}{'server':12}" + "".join(f"{name:>16}" for name in names) + f"{'to express':>12}")
    for connections, found in figures.items():
        for server in (name for name in found if "_to_" not in name):
            row = "".join(f"{found[server][name]:16.1f}" for name in names)
            print(f"{connections:8}{server:12}{row}{found.get(f'{server}_to_express', ''):12}")


if __name__ == "__main__":
    command.run(__doc__, measure, show)
