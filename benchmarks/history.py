"""Whether keeping and draining cost the same whatever the inbox has settled before.

Inboxes with 0, 10^5 and 10^6 settled callbacks, side by side in interleaved rounds. `python -m
benchmarks.history --json` prints `{"sqlite"|"postgresql": {"0"|"100000"|"1000000": {"ingest_cpu_us",
"keep_cpu_us", "drain_cpu_us"}, "ingest_ratio", "keep_ratio", "drain_ratio"}}`: CPU time a callback with the
database's included, and what the longest history costs beside none. `ingest` is from the request to its 204,
32 connections at once; `keep` is what of it the inbox does; `drain` is to claim and settle, without Twenty.
`--only sqlite` and `--histories 0 100000` do a part of it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import command, databases, requests, servers
from benchmarks.drain import callbacks_of_call, quiet
from benchmarks.load import send
from benchmarks.rounds import Figures, medians
from benchmarks.servers import Server
from bridge.inbox.rows import Settled
from bridge.inbox.store import Inbox, open_inbox

HISTORIES = (0, 100_000, 1_000_000)
ROUNDS = 7
BATCHES = 25
CALLS_A_BATCH = 8
CALLS_A_ROUND = BATCHES * CALLS_A_BATCH
CALLS_INGESTED = 600
_numbers = count(10**7)


@dataclass
class Kept:
    """An inbox, how much is in it, and what its database uses beside this process."""

    url: str
    inbox: Inbox
    history: int
    database: Callable[[], float]


async def measure(
    names: Sequence[str] = ("sqlite", "postgresql"),
    histories: Sequence[int] = HISTORIES,
    *,
    rounds: int = ROUNDS,
) -> dict[str, Any]:
    """The figures, medians over the rounds."""
    opened = {"sqlite": _on_sqlite, "postgresql": _on_postgresql}
    figures = {}
    for name in names:
        async with opened[name](histories) as inboxes:
            figures[name] = await _compare(inboxes, rounds)
    return figures


@asynccontextmanager
async def _on_sqlite(histories: Sequence[int]) -> AsyncIterator[list[Kept]]:
    async with AsyncExitStack() as stack:
        yield [
            await _open(stack, stack.enter_context(databases.sqlite()), history, lambda: 0.0)
            for history in histories
        ]


@asynccontextmanager
async def _on_postgresql(histories: Sequence[int]) -> AsyncIterator[list[Kept]]:
    async with AsyncExitStack() as stack:
        server = stack.enter_context(databases.postgresql())
        yield [
            await _open(
                stack, server.url(server.create_database()), history, lambda: databases.cpu_seconds(server)
            )
            for history in histories
        ]


async def _open(stack: AsyncExitStack, url: str, history: int, database: Callable[[], float]) -> Kept:
    await databases.fill(url, callbacks=history, due=False)
    return Kept(url, await stack.enter_async_context(open_inbox(url)), history, database)


async def _compare(inboxes: list[Kept], rounds: int) -> dict[str, Any]:
    kept = await medians({str(one.history): one for one in inboxes}, _round, rounds=rounds)
    async with AsyncExitStack() as stack:
        served = {str(one.history): (one, await _bridge(stack, one)) for one in inboxes}
        ingested = await medians(served, _ingest, rounds=rounds)
    figures = {history: ingested[history] | kept[history] for history in kept}
    none, longest = figures[str(inboxes[0].history)], figures[str(inboxes[-1].history)]
    ratios = {
        f"{what}_ratio": round(longest[f"{what}_cpu_us"] / none[f"{what}_cpu_us"], 3)
        for what in ("ingest", "keep", "drain")
    }
    return figures | ratios


async def _bridge(stack: AsyncExitStack, one: Kept) -> Server:
    folder = Path(stack.enter_context(TemporaryDirectory()))
    return await stack.enter_async_context(servers.bridge(folder, BRIDGE_DATABASE_URL=one.url))


async def _ingest(served: tuple[Kept, Server], _number: int) -> Figures:
    one, server = served
    sent = [requests.status(4 * next(_numbers) + n) for _ in range(CALLS_INGESTED) for n in range(4)]
    began, database = server.cpu_seconds(), one.database()
    await send(server.url, sent, connections=32)
    used = server.cpu_seconds() - began + one.database() - database
    return {"ingest_cpu_us": used / len(sent) * 1e6}


async def _round(one: Kept, _number: int) -> Figures:
    used: Figures = {}
    batches = [
        [c for _ in range(CALLS_A_BATCH) for c in callbacks_of_call(next(_numbers))] for _ in range(BATCHES)
    ]
    with _measured(one, "keep_cpu_us", used):
        for batch in batches:
            await asyncio.gather(*map(one.inbox.store, batch))
    with _measured(one, "drain_cpu_us", used):
        while due := await one.inbox.claim(200):
            settled = [
                Settled(root_sid=d.root_sid, revision=d.revision, number=None, match=None, written=bytes(16))
                for d in due
            ]
            await one.inbox.settle(settled, now=datetime.now(UTC))
    callbacks = CALLS_A_ROUND * databases.CALLBACKS_A_CALL
    return {name: seconds / callbacks * 1e6 for name, seconds in used.items()}


@contextmanager
def _measured(one: Kept, name: str, used: Figures) -> Iterator[None]:
    began, database = time.process_time(), one.database()
    yield
    used[name] = time.process_time() - began + one.database() - database


def show(figures: dict[str, Any]) -> None:
    """A table."""
    parts = ("ingest", "keep", "drain")
    print(f"{'CPU µs a callback':20}{'settled before':>16}" + "".join(f"{part:>10}" for part in parts))
    for name, found in figures.items():
        for history in filter(str.isdecimal, found):
            row = "".join(f"{found[history][f'{part}_cpu_us']:10.1f}" for part in parts)
            print(f"{name:20}{history:>16}{row}")
        print(f"{'':20}{'ratio':>16}" + "".join(f"{found[f'{part}_ratio']:10.2f}" for part in parts))


if __name__ == "__main__":
    quiet()
    parser = command.parser(__doc__)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--histories", nargs="+", type=int, default=HISTORIES)
    given = parser.parse_args()
    names = [given.only] if given.only else ["sqlite", "postgresql"]
    command.tell(asyncio.run(measure(names, given.histories)), show, as_json=given.json)
