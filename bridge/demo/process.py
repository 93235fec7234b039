"""`twenty-bridge` as a process of its own, as an operator runs it; the tests and benchmarks do, too."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bridge import background

START_SECONDS = 120
STOP_SECONDS = 120


class ProcessFailed(Exception):
    """A process did not do what it should; the message has its last words."""


@dataclass
class BridgeProcess:
    """`twenty-bridge serve` in a folder with its `config.yaml`; it can be killed and started again."""

    env: Mapping[str, str]
    folder: Path
    log: Path | None = None
    """Where what it logs is appended; without, nobody keeps it."""
    url: str = ""
    started_in: float = 0.0
    """Seconds from the start of the process to its readiness."""
    python: str = sys.executable
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)
    _reading: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """The process, while it runs."""
        return self._running.pid

    @property
    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise ProcessFailed("the bridge was not started")
        return self._process

    async def start(self) -> None:
        """Back when it is ready; raises ProcessFailed if it ends before."""
        began = time.perf_counter()
        self._process = await self._begin()
        entry = await asyncio.wait_for(self._ready(self._process), START_SECONDS)
        self.started_in = time.perf_counter() - began
        self.url = f"http://{entry['host']}:{entry['port']}"
        # A pipe that nobody reads would stop the bridge once it is full.
        self._reading = background.start(self._read_on(self._process), name="the log of the bridge")

    async def _begin(self) -> asyncio.subprocess.Process:
        return await command("serve", env=self.env, folder=self.folder, python=self.python)

    async def _ready(self, process: asyncio.subprocess.Process) -> dict[str, str]:
        told = b""
        while line := await self._line(process):
            told += line
            if line.startswith(b"{") and (entry := json.loads(line))["event"] == "bridge.ready":
                found: dict[str, str] = entry
                return found
        raise ProcessFailed(f"The bridge did not start:\n{told.decode()}")

    async def _read_on(self, process: asyncio.subprocess.Process) -> None:
        while await self._line(process):
            pass

    async def _line(self, process: asyncio.subprocess.Process) -> bytes:
        line = await process.stderr.readline() if process.stderr else b""
        if self.log:
            with self.log.open("ab") as log:
                log.write(line)
        return line

    async def kill(self) -> None:
        """kill -9."""
        self._running.kill()
        await self._ended()

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        if self._running.returncode is None:
            self._running.terminate()
        return await self._ended()

    async def _ended(self) -> int:
        async with asyncio.timeout(STOP_SECONDS):
            if self._reading:
                await self._reading
            return await self._running.wait()


@asynccontextmanager
async def running(
    env: Mapping[str, str], folder: Path, *, python: str = sys.executable
) -> AsyncIterator[BridgeProcess]:
    """The bridge, ready; stopped in order at the end."""
    bridge = BridgeProcess(env, folder, python=python)
    try:
        await bridge.start()
        yield bridge
    finally:
        await bridge.stop()


@dataclass(frozen=True, slots=True)
class SandboxTwenty:
    """A sandbox Twenty in a process of its own."""

    url: str
    api_key: str
    user_token: str
    readonly_key: str


@asynccontextmanager
async def sandbox_twenty(*options: str) -> AsyncIterator[SandboxTwenty]:
    """`twenty-bridge sandbox twenty`, with phoneCall and without a rate limit."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge.sandbox.twenty", "--json", "--provisioned"),
        *("--rate-limit", "off", *options),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        ready = await asyncio.wait_for(process.stdout.readline(), START_SECONDS) if process.stdout else b""
        yield SandboxTwenty(**json.loads(ready))
    finally:
        process.terminate()
        await process.wait()


async def run_to_end(*words: str, env: Mapping[str, str], folder: Path) -> tuple[int, str]:
    """The exit status of a command, and what it said on its standard error."""
    process = await command(*words, env=env, folder=folder)
    try:
        _, told = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    return await process.wait(), told.decode()


async def printed(*words: str, env: Mapping[str, str], folder: Path) -> str:
    """What a command prints; raises ProcessFailed with its standard error where it fails."""
    process = await command(*words, env=env, folder=folder, stdout=asyncio.subprocess.PIPE)
    out, error = await process.communicate()
    if await process.wait():
        raise ProcessFailed(error.decode())
    return out.decode()


async def command(
    *words: str,
    env: Mapping[str, str],
    folder: Path,
    stdout: int = asyncio.subprocess.DEVNULL,
    python: str = sys.executable,
) -> asyncio.subprocess.Process:
    """`twenty-bridge WORDS` in a folder, with its standard error to read."""
    return await asyncio.create_subprocess_exec(
        python,
        "-m",
        "bridge",
        *words,
        # Several may run at a time, on whatever ports are free.
        env={"BRIDGE_METRICS_PORT": "0", **env},
        cwd=folder,
        stdout=stdout,
        stderr=asyncio.subprocess.PIPE,
        # Ctrl-C is for whoever started it, and who then stops it in order.
        start_new_session=True,
    )
