"""The servers that are measured, each a process of its own, and what the system says of them."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.memory import resident_mb
from bridge import background
from bridge.demo.process import running

PUBLIC_URL = "https://phone.example.com"
AUTH_TOKEN = "an-auth-token-for-the-benchmark"
WIDGET_KEY = "a-widget-key-for-the-benchmark"
SETTINGS = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
    "TWILIO_API_KEY": "SK" + "0" * 32,
    "TWILIO_API_SECRET": "an-api-secret-for-the-benchmark-0123456789",
    "TWILIO_APP_SID": "AP" + "0" * 32,
    "TWILIO_PHONE_NUMBER": "+33159130001",
    # Nobody is there: what is measured is to verify, to keep and to answer.
    "TWENTY_API_URL": "http://127.0.0.1:1",
    "TWENTY_API_TOKEN": "key",
    "BRIDGE_PUBLIC_URL": PUBLIC_URL,
    "BRIDGE_WIDGET_KEYS": WIDGET_KEY,
}
CONFIG = """\
server: {port: 0}
agents: {pattern: 'agent[0-9]+'}
# One agent calls, and one address asks, as none does. The limits are counted all the same.
dialling:
  {agent_calls_a_minute: 100000, agent_calls_an_hour: 100000, agent_calls_at_once: 100000,
   calls_a_minute: 100000, calls_an_hour: 100000}
# The sandbox has no limit, and the wait for it is not what is measured.
twenty: {requests_per_minute: 1000000}
# Nor are the limits of agents and addresses: all comes from one.
tokens: {per_agent: 100000, per_address: 100000}
"""


@dataclass(frozen=True)
class Server:
    """A process that listens on loopback."""

    name: str
    url: str
    pid: int
    started_in: float
    """Seconds from the start of the process to its readiness."""

    def cpu_seconds(self) -> float:
        """User and system time of all its threads, those that ended too, to the microsecond."""
        # The CPU clock of another process (clock_getcpuclockid); /proc has ticks of 10 ms.
        return time.clock_gettime(~self.pid << 3 | 2)

    def resident_mb(self) -> float:
        """Memory that it holds."""
        return resident_mb(self.pid)


def environment(**more: str) -> dict[str, str]:
    """The settings of all that is measured, and `more`."""
    return {**os.environ, **SETTINGS, **more}


@asynccontextmanager
async def bridge(
    folder: Path, *, config: str = "", python: str = sys.executable, **more: str
) -> AsyncIterator[Server]:
    """The bridge as it ships, on SQLite in a folder; more of `config.yaml`, and of the environment."""
    folder.joinpath("config.yaml").write_text(CONFIG + config)
    async with running(environment(**more), folder, python=python) as process:
        yield Server("bridge", process.url, process.pid, process.started_in)


@asynccontextmanager
async def bare_aiohttp() -> AsyncIterator[Server]:
    """The floor."""
    async with printing_its_url("bare_aiohttp", sys.executable, "-m", "benchmarks.bare") as server:
        yield server


@asynccontextmanager
async def printing_its_url(name: str, *words: str, **more: str) -> AsyncIterator[Server]:
    """A server that says on its first line where it listens; its log, as that of the bridge, is read."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *words,
        env=environment(NODE_ENV="production", NODE_NO_WARNINGS="1", **more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    reading = background.start(_read_on(process), name=f"the log of {name}")
    try:
        url = (await process.stdout.readline()).decode().strip() if process.stdout else ""
        if not url:
            raise RuntimeError(f"{name} did not start")
        yield Server(name, url, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        await process.wait()
        await reading


async def _read_on(process: asyncio.subprocess.Process) -> None:
    while process.stderr and await process.stderr.readline():
        pass
