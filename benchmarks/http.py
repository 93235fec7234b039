"""CPU time a request: the bridge as it ships beside what people run today, in interleaved rounds.

`python -m benchmarks.http --json` prints
`{"token"|"voice"|"status": {"<server>": {"cpu_us", "rps", "p50_ms", "p99_ms"}, "ratio_to_express",
"ratio_to_express_same_work", "ratio_to_bare_aiohttp"}}`.

The bridge authorizes, verifies, counts, logs, and keeps each status callback on SQLite before its 204.
Express and FastAPI with Twilio's libraries verify, and keep and log nothing ("Express, bare"); "Express, same
work" does what the bridge does (`peers/same_work`). The bare aiohttp handler reads and answers "ok": the
floor. `cpu_us` is the CPU time of all of a server's threads, by the operating system's clock. A ratio is the
requests that the bridge answers in a second of CPU time by those that the other does: `"ratio_to_express": 6`
says that the bridge answers six where Express answers one. A peer that cannot run here is left out, its ratio
with it, and a line on the standard error says so.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import command, equality, peers, servers
from benchmarks.load import send
from benchmarks.peers import Peer
from benchmarks.requests import KINDS, Request
from benchmarks.rounds import Figures, medians, percentiles_ms
from benchmarks.servers import Server

ROUNDS = 5
REQUESTS = 4000
CONNECTIONS = 32
SETTLES_SECONDS = 0.1
"""What a server does after its last answer is counted too."""


PEERS = (peers.express, peers.express_same_work, peers.fastapi)


async def measure(
    beside: Sequence[Peer] = PEERS, *, rounds: int = ROUNDS, requests: int = REQUESTS
) -> dict[str, Any]:
    """The figures, medians over the rounds."""
    async with AsyncExitStack() as stack:
        measured = await _servers(stack, beside)
        return {kind: await _compare(kind, measured, rounds, requests) for kind in KINDS}


async def _servers(stack: AsyncExitStack, beside: Sequence[Peer]) -> dict[str, Server]:
    folder = Path(stack.enter_context(TemporaryDirectory()))
    found = [await stack.enter_async_context(servers.bridge(folder))]
    for peer in beside:
        try:
            found.append(await stack.enter_async_context(peer()))
        except peers.NotHere as reason:
            print(reason, file=sys.stderr)
    for server in found:
        await equality.hold(server)
    found.append(await stack.enter_async_context(servers.bare_aiohttp()))
    return {server.name: server for server in found}


async def _compare(kind: str, measured: dict[str, Server], rounds: int, requests: int) -> dict[str, Any]:
    numbers = count()
    prepared = [[KINDS[kind](next(numbers)) for _ in range(requests)] for _ in range(rounds + 1)]

    async def play(server: Server, number: int) -> Figures:
        return await _round(server, prepared[number])

    figures = await medians(measured, play, rounds=rounds, digits=2)
    return {**figures, **ratios(figures)}


def ratios(figures: dict[str, Figures]) -> Figures:
    """Requests for the same CPU time, beside the others."""
    return {
        f"ratio_to_{peer}": round(figures[peer]["cpu_us"] / figures["bridge"]["cpu_us"], 2)
        for peer in ("express", "express_same_work", "bare_aiohttp")
        if peer in figures
    }


async def _round(server: Server, requests: Sequence[Request]) -> Figures:
    cpu, began = server.cpu_seconds(), time.perf_counter()
    took = await send(server.url, requests, connections=CONNECTIONS)
    wall = time.perf_counter() - began
    await asyncio.sleep(SETTLES_SECONDS)
    used = server.cpu_seconds() - cpu
    return {
        "cpu_us": used / len(requests) * 1e6,
        "rps": len(requests) / wall,
        **percentiles_ms(took),
    }


NAMES = {
    "bridge": "bridge",
    "express": "Express, bare",
    "express_same_work": "Express, same work",
    "fastapi": "FastAPI",
    "bare_aiohttp": "aiohttp, bare",
}


def show(figures: dict[str, Any]) -> None:
    """The table of docs/performance.md; its last columns are requests for the CPU time of one of theirs."""
    print("| | | CPU µs a request | a second | p50, p99 ms | for Express, bare | for Express, same work |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for kind, found in figures.items():
        for name, f in ((name, f) for name, f in found.items() if name in NAMES):
            cells = [
                f"{f['cpu_us']:.0f}",
                f"{f['rps']:.0f}",
                f"{f['p50_ms']:.1f}, {f['p99_ms']:.1f}",
                *(_for_one(f, found.get(peer)) for peer in ("express", "express_same_work")),
            ]
            print(f"| {kind if name == 'bridge' else ''} | {NAMES[name]} | {' | '.join(cells)} |")


def _for_one(figures: Figures, peer: Figures | None) -> str:
    return f"{peer['cpu_us'] / figures['cpu_us']:.1f}" if peer else ""


if __name__ == "__main__":
    command.run(__doc__, measure, show)
