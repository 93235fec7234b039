"""From the start of the process to its readiness, and the memory that it holds idle.

`python -m benchmarks.start --json` prints `{"ready_s", "idle_mb"}`, medians.
"""

import argparse
import asyncio
import json
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import servers

STARTS = 5


async def measure() -> dict[str, float]:
    """The figures, medians over fresh starts."""
    found = [await _start() for _ in range(STARTS)]
    return {
        "ready_s": round(median(s for s, _ in found), 2),
        "idle_mb": round(median(m for _, m in found), 1),
    }


async def _start() -> tuple[float, float]:
    with TemporaryDirectory() as folder:
        async with servers.bridge(Path(folder)) as server:
            return server.started_in, server.resident_mb()


def show(figures: dict[str, float]) -> None:
    """Two lines."""
    print(f"start to ready {figures['ready_s']} s\nidle memory    {figures['idle_mb']} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    result = asyncio.run(measure())
    if parser.parse_args().json:
        print(json.dumps(result))
    else:
        show(result)
