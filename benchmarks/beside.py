"""CPU time of the bridge beside that of another checkout of it: what a change took away.

`python -m benchmarks.beside /path/to/the/other --json` prints `{"token"|"voice"|"status": {"cpu_us",
"other_cpu_us", "ratio", "spread"}}`: medians of short rounds in turns, `ratio` that of this one's CPU time to
the other's, and `spread` between the quartiles of the rounds' ratios. What else runs on the machine moves
both, so that the ratio holds to a hundredth or two where the times differ by half.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from benchmarks import command, servers
from benchmarks.load import send
from benchmarks.requests import KINDS
from benchmarks.servers import Server

ROUNDS = 10
REQUESTS = 1000
CONNECTIONS = 32
SETTLES_SECONDS = 0.05


async def measure(
    other: Path, kinds: Sequence[str] = tuple(KINDS), *, rounds: int = ROUNDS
) -> dict[str, Any]:
    """The figures."""
    async with AsyncExitStack() as stack:
        ours = await _open(stack)
        theirs = await _open(stack, PYTHONPATH=str(other.resolve()))
        return {kind: await _compare(kind, ours, theirs, rounds) for kind in kinds}


async def _open(stack: AsyncExitStack, **more: str) -> Server:
    folder = Path(stack.enter_context(TemporaryDirectory()))
    return await stack.enter_async_context(servers.bridge(folder, **more))


async def _compare(kind: str, ours: Server, theirs: Server, rounds: int) -> dict[str, float]:
    took: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        # The first of a round finds the caches as the other left them: they take turns at that, too.
        order = (ours, theirs) if number % 2 else (theirs, ours)
        used = {server.pid: await _round(server, kind, number) for server in order}
        took.append((used[ours.pid], used[theirs.pid]))
    return _figures(took[1:])


async def _round(server: Server, kind: str, number: int) -> float:
    requests = [KINDS[kind](n) for n in range(number * REQUESTS, (number + 1) * REQUESTS)]
    cpu = server.cpu_seconds()
    await send(server.url, requests, connections=CONNECTIONS)
    await asyncio.sleep(SETTLES_SECONDS)
    return (server.cpu_seconds() - cpu) / REQUESTS * 1e6


def _figures(took: Sequence[tuple[float, float]]) -> dict[str, float]:
    ratios = [ours / theirs for ours, theirs in took]
    low, _, high = quantiles(ratios, n=4)
    return {
        "cpu_us": round(median(ours for ours, _ in took), 1),
        "other_cpu_us": round(median(theirs for _, theirs in took), 1),
        "ratio": round(median(ratios), 3),
        "spread": round(high - low, 3),
    }


def show(figures: dict[str, dict[str, float]]) -> None:
    """A table."""
    print(f"{'':8}{'CPU µs':>10}{'other':>10}{'ratio':>8}{'spread':>8}")
    for kind, found in figures.items():
        print(
            f"{kind:8}{found['cpu_us']:10.0f}{found['other_cpu_us']:10.0f}{found['ratio']:8.3f}{found['spread']:8.3f}"
        )


if __name__ == "__main__":
    asked = command.parser(__doc__)
    asked.add_argument("other", type=Path)
    asked.add_argument("--kinds", nargs="+", default=list(KINDS))
    given = asked.parse_args()
    command.tell(uvloop.run(measure(given.other, given.kinds)), show, as_json=given.json)
