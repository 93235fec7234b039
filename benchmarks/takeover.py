"""How long nobody drains after the replica that did is killed.

`python -m benchmarks.takeover --json` prints `{"kills", "median_s", "longest_s"}`: from `kill -9` until the
other replica's `/ready` says that it drains.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from benchmarks import command, databases
from benchmarks.servers import CONFIG, environment
from bridge.demo.process import BridgeProcess, running

KILLS = 10
LOOK_SECONDS = 0.02
STANDBY = "drain.standby"


async def measure(kills: int = KILLS) -> dict[str, Any]:
    """The figures."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        folder.joinpath("config.yaml").write_text(CONFIG)
        server = stack.enter_context(databases.postgresql())
        env = environment(BRIDGE_DATABASE_URL=server.url("postgres"))
        drains, stands_by = [await stack.enter_async_context(running(env, folder)) for _ in range(2)]
        took = []
        for _ in range(kills):
            await _until(stands_by, standby=True)
            began = time.perf_counter()
            await drains.kill()
            await _until(stands_by, standby=False)
            took.append(time.perf_counter() - began)
            await drains.start()
            drains, stands_by = stands_by, drains
        return {"kills": kills, "median_s": round(median(took), 2), "longest_s": round(max(took), 2)}


async def _until(bridge: BridgeProcess, *, standby: bool) -> None:
    async with aiohttp.ClientSession(bridge.url) as session:
        while True:
            async with session.get("/ready") as answer:
                if (STANDBY in (await answer.json())["reasons"]) is standby:
                    return
            await asyncio.sleep(LOOK_SECONDS)


def show(figures: dict[str, Any]) -> None:
    """A line."""
    print(f"take-over after kill -9: median {figures['median_s']} s, longest {figures['longest_s']} s")


if __name__ == "__main__":
    command.run(__doc__, measure, show)
