"""Under systemd: what the bridge tells it, and what it makes of SIGHUP."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bridge.demo.bridge import CONFIG, environment
from bridge.demo.process import BridgeProcess
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.support import BOUND, eventually

WATCHDOG_SECONDS = 0.2


@pytest.fixture
async def systemd(tmp_path: Path) -> AsyncIterator[socket.socket]:
    """Where systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


async def heard(systemd: socket.socket, states: list[str]) -> None:
    """All along, as systemd: a socket takes ten states, and then the bridge waits for its reader."""
    while not states or states[-1] != "STOPPING=1":
        states.append((await asyncio.get_running_loop().sock_recv(systemd, 100)).decode())


def says(log: Path, text: str) -> bool:
    return text in log.read_text()


async def test_systemd_hears_that_it_is_ready_runs_and_stops_and_other_signals_kill_nothing(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path, systemd: socket.socket
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    given = environment(twilio, twenty, tmp_path)
    watched = {"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": str(int(WATCHDOG_SECONDS * 1e6))}
    bridge = BridgeProcess(given | watched, tmp_path, log=tmp_path / "log")
    states: list[str] = []
    hearing = asyncio.create_task(heard(systemd, states))
    await bridge.start()
    try:
        await eventually(lambda: len(states) >= 3)
        for text, said in (
            (CONFIG, "settings.unchanged"),
            (f"{CONFIG}\nvoice: {{ring_seconds: 31}}\n", '"sections":["voice"]'),
            ("voice: {ring_seconds: ever}\n", "voice.ring_seconds: should be a whole number"),
        ):
            config.write_text(text)
            os.kill(bridge.pid, signal.SIGHUP)
            await eventually(partial(says, tmp_path / "log", said))
        for unused in (signal.SIGUSR1, signal.SIGUSR2):
            os.kill(bridge.pid, unused)
            await eventually(partial(says, tmp_path / "log", f'"name":"{unused.name}"'))
    finally:
        assert await bridge.stop() == 0
    async with asyncio.timeout(BOUND):
        await hearing
    first, *alive, last = states
    assert (first, set(alive), last) == ("READY=1", {"WATCHDOG=1"}, "STOPPING=1")
