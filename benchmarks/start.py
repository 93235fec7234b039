"""From the start of the process to its readiness; the memory that it holds; what is installed and imported.

`python -m benchmarks.start --json` prints `{"ready_s", "first_ready_s", "idle_mb", "loaded_mb",
"installed_mb", "installed": {"<package>": mb}, "imported": {"<package>": {"ms", "mb"}}}`.

`ready_s` is the median of starts on a database that is there, `first_ready_s` of those that make it.
`idle_mb` is held, on a database that is there, when the start's own work is done; `loaded_mb` after 24,000
requests of all kinds, whose calls went to a sandbox Twenty. All of these, and what is installed, are of a
clean environment: the wheel and the versions of `requirements.lock`, bytecode included. Imported is what each
package's own modules take until the bridge is ready, measured from within, which slows it, in the environment
of the benchmark. Of both, the heaviest are named.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from benchmarks import command, servers, size
from benchmarks.load import send
from benchmarks.requests import KINDS
from bridge.demo.process import sandbox_twenty

STARTS = 5
SETTLES_SECONDS = 8
"""Five seconds after its start the bridge compares Twenty's schema with what it will send."""

REQUESTS = 8000
HEAVIEST = 12

Figure = TypeVar("Figure")


async def measure() -> dict[str, Any]:
    """The figures."""
    async with size.clean_environment() as environment:
        python, installed = str(environment), size.installed_mb(environment)
        started = await starts(STARTS, python=python)
        held = await memory(requests=REQUESTS, settles=SETTLES_SECONDS, python=python)
    took = await imports()
    return {
        **started,
        **held,
        "installed_mb": round(sum(installed.values()), 1),
        "installed": _heaviest(installed, lambda mb: mb),
        "imported": _heaviest(took, lambda used: used["mb"]),
    }


async def starts(times: int, *, python: str = sys.executable) -> dict[str, float]:
    """Seconds to readiness, medians."""
    first, again = zip(*[await _start_twice(python) for _ in range(times)], strict=True)
    return {"ready_s": round(median(again), 2), "first_ready_s": round(median(first), 2)}


async def _start_twice(python: str) -> tuple[float, float]:
    with TemporaryDirectory() as folder:
        async with servers.bridge(Path(folder), python=python) as first:
            pass
        async with servers.bridge(Path(folder), python=python) as again:
            return first.started_in, again.started_in


async def memory(*, requests: int, settles: float, python: str = sys.executable) -> dict[str, float]:
    """Megabytes idle, and after so many requests of each kind."""
    with TemporaryDirectory() as folder:
        async with sandbox_twenty() as twenty:
            env = {"TWENTY_API_URL": twenty.url, "TWENTY_API_TOKEN": twenty.api_key}
            async with servers.bridge(Path(folder), python=python, **env):
                pass
            async with servers.bridge(Path(folder), python=python, **env) as server:
                await asyncio.sleep(settles)
                idle = server.resident_mb()
                for kind in KINDS.values():
                    await send(server.url, [kind(number) for number in range(requests)], connections=32)
                return {"idle_mb": round(idle, 1), "loaded_mb": round(server.resident_mb(), 1)}


async def imports() -> dict[str, dict[str, float]]:
    """What each package takes until the bridge is ready, with a database that is there."""
    with TemporaryDirectory() as folder:
        database = f"sqlite+aiosqlite:///{Path(folder, 'bridge.db')}"
        async with servers.bridge(Path(folder), BRIDGE_DATABASE_URL=database):
            pass
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "benchmarks.imports",
                "serve",
                "--config",
                str(Path(folder, "config.yaml")),
            ),
            env=servers.environment(BRIDGE_METRICS_PORT="0", BRIDGE_DATABASE_URL=database),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        while process.stderr and b"bridge.ready" not in (line := await process.stderr.readline()):
            if not line:
                raise RuntimeError("the bridge did not start")
        process.terminate()
        told, _ = await process.communicate()
        found: dict[str, dict[str, float]] = json.loads(told)
        return found


def _heaviest(figures: Mapping[str, Figure], weight: Callable[[Figure], float]) -> dict[str, Figure]:
    named = sorted(figures, key=lambda name: weight(figures[name]), reverse=True)
    return {name: figures[name] for name in named[:HEAVIEST]}


def show(figures: dict[str, Any]) -> None:
    """A few lines, and who is heaviest."""
    print(f"start to ready {figures['ready_s']} s; with a new database {figures['first_ready_s']} s")
    print(f"memory idle {figures['idle_mb']} MB, loaded {figures['loaded_mb']} MB")
    print(f"installed {figures['installed_mb']} MB: " + _named(figures["installed"], "{:.1f}"))
    imported = {
        name: f"{used['mb']:.1f} MB in {used['ms']:.0f} ms" for name, used in figures["imported"].items()
    }
    print("imported: " + _named(imported, "{}"))


def _named(figures: Mapping[str, Any], form: str) -> str:
    return ", ".join(f"{name} {form.format(figure)}" for name, figure in figures.items())


if __name__ == "__main__":
    command.run(__doc__, measure, show)
