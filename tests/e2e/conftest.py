"""The bridge as a process of its own, between the two sandboxes."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.demo.bridge import PUBLIC_URL, environment
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox


@dataclass
class BridgeProcess:
    """`twenty-bridge serve`, which can be killed and started again."""

    env: dict[str, str]
    folder: Path
    url: str = ""
    process: asyncio.subprocess.Process | None = None
    _reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Back when it is ready."""
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bridge", "serve"),
            env=self.env,
            cwd=self.folder,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            entry = await self._entry("bridge.ready")
        self.url = f"http://{entry['host']}:{entry['port']}"
        self._reading = asyncio.create_task(self._read_on())

    async def kill(self) -> None:
        """kill -9."""
        assert self.process
        self.process.kill()
        await self._ended()

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self.process
        if self.process.returncode is None:
            self.process.terminate()
        return await self._ended()

    async def _ended(self) -> int:
        assert self.process
        assert self._reading
        async with asyncio.timeout(30):
            await self._reading
            return await self.process.wait()

    async def _entry(self, event: str) -> dict[str, str]:
        assert self.process
        assert self.process.stderr
        told = b""
        while line := await self.process.stderr.readline():
            told += line
            if line.startswith(b"{") and (entry := json.loads(line))["event"] == event:
                found: dict[str, str] = entry
                return found
        raise AssertionError(told.decode())

    async def _read_on(self) -> None:
        assert self.process
        assert self.process.stderr
        while await self.process.stderr.readline():
            pass


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSandbox]:
    """A Twilio whose application asks the bridge."""
    async with twilio_sandbox() as sandbox:
        sandbox.voice_url = f"{PUBLIC_URL}/twilio/voice"
        sandbox.status_url = f"{PUBLIC_URL}/twilio/status#rc=5&rp=all"
        yield sandbox


@pytest.fixture
async def bridge(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> AsyncIterator[BridgeProcess]:
    """The bridge, ready, and known to Twilio by its public URL."""
    folder = tmp_path / "bridge"
    folder.mkdir()
    folder.joinpath("config.yaml").write_text("agents: {names: [alice, bob]}\nserver: {port: 0}\n")
    running = BridgeProcess(environment(twilio, twenty, folder), folder)
    await running.start()
    twilio.routes = {PUBLIC_URL: running.url}
    yield running
    await running.stop()
