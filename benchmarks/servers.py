"""The servers that are measured, each a process of its own, and what the system says of them."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")

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
CONFIG = "server: {port: 0}\nagents: {pattern: 'agent[0-9]+'}\n"


@dataclass(frozen=True)
class Server:
    """A process that listens on loopback."""

    name: str
    port: int
    pid: int
    started_in: float
    """Seconds from the start of the process to its readiness."""

    def cpu_seconds(self) -> float:
        """User and system time of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mb(self) -> float:
        """Memory that it holds."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE / 2**20


@asynccontextmanager
async def bridge(folder: Path) -> AsyncIterator[Server]:
    """The bridge as it ships, on SQLite in a folder."""
    folder.joinpath("config.yaml").write_text(CONFIG)
    async with _process("-m", "bridge", "serve", cwd=folder, env=SETTINGS) as (process, began):
        assert process.stderr
        while line := await process.stderr.readline():
            entry = json.loads(line)
            if entry["event"] == "bridge.ready":
                break
        else:
            raise RuntimeError("the bridge did not start")
        took = time.perf_counter() - began
        reading = asyncio.create_task(_discard(process.stderr))
        yield Server("bridge", entry["port"], process.pid, took)
    await reading


@asynccontextmanager
async def bare_aiohttp() -> AsyncIterator[Server]:
    """The floor."""
    async with _process("-m", "benchmarks.bare", cwd=Path.cwd(), env={}) as (process, began):
        assert process.stdout
        port = int(await process.stdout.readline())
        yield Server("bare_aiohttp", port, process.pid, time.perf_counter() - began)


@asynccontextmanager
async def _process(
    *words: str, cwd: Path, env: Mapping[str, str]
) -> AsyncIterator[tuple[asyncio.subprocess.Process, float]]:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=cwd,
        env={**os.environ, **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process, began
    finally:
        process.terminate()
        await process.wait()


async def _discard(stream: asyncio.StreamReader) -> None:
    while await stream.readline():
        pass
