"""What a request spends its CPU time on: the samples of a profiler, by the part of the bridge they fell into.

`python -m benchmarks.parts --json` prints `{"token"|"voice"|"status": {"<part>": µs a request}}`. A sample
counts for the innermost part that it is in: a regular expression of the redactor's is the log's. What runs
outside the interpreter's lock, SQLite's thread with its commits and the kernel, is the rest of the CPU time
by the system's clock. It needs py-spy, which installs itself at a locked version when it is first used, and
the right to trace another process; without, a line on the standard error says so.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import command, peers, servers
from benchmarks.load import send
from benchmarks.requests import KINDS
from benchmarks.servers import Server

PROFILER = Path(__file__).parent / "profiler"
REQUESTS = 6000
CONNECTIONS = 32
SAMPLES_A_SECOND = 500
BEGINS_SECONDS = 1.0
SETTLES_SECONDS = 10
"""A start looks for work that was left, and compares Twenty's schema: that is no part of a request."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "log": ("bridge/observability/logs.py", "bridge/observability/redactor.py", "structlog/"),
    "metrics": ("bridge/observability/metrics.py", "prometheus_client/"),
    "verify": ("bridge/twilio/signature.py", "bridge/web/twilio/signed.py"),
    "parse": ("bridge/web/parsing.py", "bridge/twilio/forms.py", "bridge/calls/callback.py"),
    "keep": ("bridge/inbox/", "bridge/wiring/calls.py", "bridge/calls/live_calls.py", "sqlalchemy/"),
    "answer": ("bridge/twilio/twiml.py", "bridge/twilio/tokens.py", "bridge/web/phone/tokens.py"),
    "decide": ("bridge/calls/", "phonenumbers/", "bridge/web/authentication/", "bridge/web/twilio/"),
    "middlewares": ("bridge/web/",),
    "aiohttp": ("aiohttp/", "yarl/", "multidict/"),
    "sockets, the event loop": ("asyncio/",),
}
"""Part → where its frames are; the first that fits."""

OUTSIDE = "SQLite and kernel, outside the interpreter's lock"
OTHERS = "others"


async def measure() -> dict[str, dict[str, float]]:
    """The figures; empty where there is no profiler."""
    try:
        profiler = await _installed()
    except peers.NotHere as reason:
        print(reason, file=sys.stderr)
        return {}
    return {kind: await _of(kind, profiler) for kind in KINDS}


async def _installed() -> Path:
    await peers.install(PROFILER)
    return PROFILER / ".venv" / "bin" / "py-spy"


async def _of(kind: str, profiler: Path) -> dict[str, float]:
    requests = [KINDS[kind](number) for number in range(2 * REQUESTS)]
    with TemporaryDirectory() as folder:
        async with servers.bridge(Path(folder)) as bridge:
            await asyncio.sleep(SETTLES_SECONDS)
            await send(bridge.url, requests[:REQUESTS], connections=CONNECTIONS)
            stacks = Path(folder, "stacks")
            recording = await _recording(profiler, bridge, stacks)
            cpu = bridge.cpu_seconds()
            await send(bridge.url, requests[REQUESTS:], connections=CONNECTIONS)
            used = (bridge.cpu_seconds() - cpu) / REQUESTS * 1e6
            recording.send_signal(2)
            await recording.wait()
            return by_part(stacks.read_text() if stacks.exists() else "", used)


async def _recording(profiler: Path, server: Server, into: Path) -> asyncio.subprocess.Process:
    recording = await asyncio.create_subprocess_exec(
        *(str(profiler), "record", "--gil", "--format", "raw", "--rate", str(SAMPLES_A_SECOND)),
        *("--output", str(into), "--pid", str(server.pid)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await asyncio.sleep(BEGINS_SECONDS)
    return recording


def by_part(stacks: str, used: float) -> dict[str, float]:
    """CPU µs by part, of the profiler's lines (`outer;inner;innermost count`) and the CPU time of all."""
    samples = Counter[str]()
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        samples[_part(stack.split(";"))] += int(count)
    micros = {part: count / SAMPLES_A_SECOND / REQUESTS * 1e6 for part, count in samples.items()}
    # On a busy machine a sample may be of a process that waits for a core.
    scale = min(1.0, used / (sum(micros.values()) or 1))
    found = {part: round(micros.get(part, 0) * scale, 1) for part in (*PARTS, OTHERS)}
    return {**found, OUTSIDE: round(max(0.0, used - sum(found.values())), 1), "all": round(used, 1)}


def _part(stack: list[str]) -> str:
    for frame in reversed(stack):
        for part, places in PARTS.items():
            if any(f"({place}" in frame or f"/{place}" in frame for place in places):
                return part
    return OTHERS


def show(figures: Mapping[str, Any]) -> None:
    """A table."""
    if not figures:
        return
    print(f"| CPU µs a request | {' | '.join(figures)} |\n| --- |{' ---: |' * len(figures)}")
    for part in next(iter(figures.values())):
        print(f"| {part} | {' | '.join(f'{found[part]:.0f}' for found in figures.values())} |")


if __name__ == "__main__":
    command.run(__doc__, measure, show)
