"""CPU time a request: the bridge as it ships beside a bare aiohttp handler, in interleaved rounds.

`python -m benchmarks.http --json` prints one object:
`{"token"|"voice"|"status": {"<server>": {"cpu_us", "rps", "p50_ms", "p99_ms"}, "ratio_to_bare_aiohttp"}}`.
"""

import argparse
import asyncio
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import servers
from benchmarks.load import send
from benchmarks.requests import KINDS
from benchmarks.servers import Server

ROUNDS = 5
REQUESTS = 2000
CONNECTIONS = 32


async def measure() -> dict[str, Any]:
    """The figures, medians over the rounds."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        measured = [
            await stack.enter_async_context(servers.bridge(folder)),
            await stack.enter_async_context(servers.bare_aiohttp()),
        ]
        return {kind: await _compare(kind, measured) for kind in KINDS}


async def _compare(kind: str, measured: list[Server]) -> dict[str, Any]:
    rounds: dict[str, list[dict[str, float]]] = {server.name: [] for server in measured}
    for number in range(ROUNDS + 1):
        for server in measured:
            figures = await _round(kind, server, first=number * REQUESTS)
            # The first round warms up.
            if number:
                rounds[server.name].append(figures)
    medians = {
        name: {figure: round(median(r[figure] for r in found), 2) for figure in found[0]}
        for name, found in rounds.items()
    }
    ratio = medians["bridge"]["cpu_us"] / medians["bare_aiohttp"]["cpu_us"]
    return {**medians, "ratio_to_bare_aiohttp": round(ratio, 2)}


async def _round(kind: str, server: Server, *, first: int) -> dict[str, float]:
    requests = [KINDS[kind](number) for number in range(first, first + REQUESTS)]
    cpu, began = server.cpu_seconds(), time.perf_counter()
    took = await send(server.url, requests, connections=CONNECTIONS)
    wall = time.perf_counter() - began
    percentiles = quantiles(took, n=100)
    return {
        "cpu_us": (server.cpu_seconds() - cpu) / REQUESTS * 1e6,
        "rps": REQUESTS / wall,
        "p50_ms": percentiles[49] * 1000,
        "p99_ms": percentiles[98] * 1000,
    }


def show(figures: dict[str, Any]) -> None:
    """A table."""
    print(f"{'':8}{'server':16}{'CPU µs':>8}{'req/s':>8}{'p50 ms':>8}{'p99 ms':>8}{'ratio':>8}")
    for kind, found in figures.items():
        for name in ("bridge", "bare_aiohttp"):
            f = found[name]
            ratio = f"{found['ratio_to_bare_aiohttp']:.1f}" if name == "bridge" else "1"
            row = f"{f['cpu_us']:8.0f}{f['rps']:8.0f}{f['p50_ms']:8.1f}{f['p99_ms']:8.1f}{ratio:>8}"
            print(f"{kind:8}{name:16}{row}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    result = asyncio.run(measure())
    if parser.parse_args().json:
        print(json.dumps(result))
    else:
        show(result)
