"""Whether keeping and draining cost the same whatever the inbox has settled before.

Inboxes with 0, 10^5 and 10^6 settled callbacks, side by side in interleaved rounds: batches of 32 callbacks
are kept, claimed and settled, without Twenty. `python -m benchmarks.history --json` prints
`{"sqlite"|"postgresql": {"0"|"100000"|"1000000": {"keep_cpu_us", "drain_cpu_us"}, "keep_ratio",
"drain_ratio"}}`: CPU time a callback with the database's included, and what the longest history costs beside
none.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from statistics import median
from typing import Any

from benchmarks import databases
from benchmarks.drain import callbacks_of_call, quiet
from bridge.inbox.rows import Settled
from bridge.inbox.store import Inbox, open_inbox

HISTORIES = (0, 100_000, 1_000_000)
ROUNDS = 7
BATCHES = 25
CALLS_A_BATCH = 8
_numbers = count(10**7)


@dataclass
class Kept:
    """An inbox, how much is in it, and what its database uses beside this process."""

    inbox: Inbox
    history: int
    database: Callable[[], float]


async def measure() -> dict[str, Any]:
    """The figures, medians over the rounds."""
    figures = {}
    for name, opened in {"sqlite": _on_sqlite, "postgresql": _on_postgresql}.items():
        async with opened() as inboxes:
            figures[name] = await _compare(inboxes)
    return figures


@asynccontextmanager
async def _on_sqlite() -> AsyncIterator[list[Kept]]:
    async with AsyncExitStack() as stack:
        yield [
            await _open(stack, stack.enter_context(databases.sqlite()), history, lambda: 0.0)
            for history in HISTORIES
        ]


@asynccontextmanager
async def _on_postgresql() -> AsyncIterator[list[Kept]]:
    async with AsyncExitStack() as stack:
        server = stack.enter_context(databases.postgresql())
        yield [
            await _open(
                stack, server.url(server.create_database()), history, lambda: databases.cpu_seconds(server)
            )
            for history in HISTORIES
        ]


async def _open(stack: AsyncExitStack, url: str, history: int, database: Callable[[], float]) -> Kept:
    await databases.fill(url, callbacks=history, due=False)
    return Kept(await stack.enter_async_context(open_inbox(url)), history, database)


async def _compare(inboxes: list[Kept]) -> dict[str, Any]:
    rounds: dict[int, list[dict[str, float]]] = {one.history: [] for one in inboxes}
    for number in range(ROUNDS + 1):
        for one in inboxes:
            figures = await _round(one)
            # The first round warms up.
            if number:
                rounds[one.history].append(figures)
    medians = {
        str(history): {figure: round(median(r[figure] for r in found), 1) for figure in found[0]}
        for history, found in rounds.items()
    }
    none, longest = medians[str(HISTORIES[0])], medians[str(HISTORIES[-1])]
    ratios = {
        f"{what}_ratio": round(longest[f"{what}_cpu_us"] / none[f"{what}_cpu_us"], 3)
        for what in ("keep", "drain")
    }
    return medians | ratios


async def _round(one: Kept) -> dict[str, float]:
    used: dict[str, float] = {}
    callbacks = BATCHES * CALLS_A_BATCH * databases.CALLBACKS_A_CALL
    batches = [
        [c for _ in range(CALLS_A_BATCH) for c in callbacks_of_call(next(_numbers))] for _ in range(BATCHES)
    ]
    with _measured(one, "keep_cpu_us", used):
        for batch in batches:
            await asyncio.gather(*map(one.inbox.put, batch))
    with _measured(one, "drain_cpu_us", used):
        while due := await one.inbox.claim(200):
            settled = [
                Settled(root_sid=d.root_sid, revision=d.revision, number=None, match=None, written=bytes(16))
                for d in due
            ]
            await one.inbox.settle(settled, now=datetime.now(UTC))
    return {name: seconds / callbacks * 1e6 for name, seconds in used.items()}


@contextmanager
def _measured(one: Kept, name: str, used: dict[str, float]) -> Iterator[None]:
    began, database = time.process_time(), one.database()
    yield
    used[name] = time.process_time() - began + one.database() - database


def show(figures: dict[str, Any]) -> None:
    """A table."""
    print(f"{'':12}{'settled before':>16}{'keep, CPU µs':>16}{'drain, CPU µs':>16}")
    for name, found in figures.items():
        for history in map(str, HISTORIES):
            f = found[history]
            print(f"{name:12}{history:>16}{f['keep_cpu_us']:16.1f}{f['drain_cpu_us']:16.1f}")
        print(f"{'':12}{'ratio':>16}{found['keep_ratio']:16.2f}{found['drain_ratio']:16.2f}")


if __name__ == "__main__":
    quiet()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    result = asyncio.run(measure())
    if parser.parse_args().json:
        print(json.dumps(result))
    else:
        show(result)
