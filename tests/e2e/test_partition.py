"""The host of the replica that drains vanishes: PostgreSQL hears nothing of it, no FIN and no RST."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.demo.bridge import CONFIG, environment, known_to
from bridge.demo.process import START_SECONDS, running
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.e2e.network import Host, another_host
from tests.e2e.test_replicas import JANE, until_reasons, until_written
from tests.postgres import Postgres, postgres
from tests.support import unused_port

SECONDS = 6
PARTED = CONFIG + f"inbox: {{partition_seconds: {SECONDS}}}\ntwenty: {{timeout_seconds: {SECONDS - 1}}}\n"

Logged = Callable[[], Awaitable[dict[str, str]]]

TAKEN_OVER_WITHIN = 60
"""Much longer than it should be, and much shorter than the two hours that Linux would take."""


@pytest.fixture
def host() -> Iterator[Host]:
    """Another host."""
    with another_host() as made:
        yield made


@pytest.fixture
def reachable(host: Host) -> Iterator[Postgres]:
    """A server that both hosts reach."""
    with postgres() as server:
        listening = replace(server, port=unused_port(host.here))
        listening.listen(host.here)
        yield listening


async def test_another_replica_takes_over_from_a_host_that_vanished(
    host: Host, reachable: Postgres, twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> None:
    tmp_path.joinpath("config.yaml").write_text(PARTED)
    url = reachable.tcp_url("postgres", host=host.here)
    env = environment(twilio, twenty, tmp_path) | {"BRIDGE_DATABASE_URL": url, "BRIDGE_METRICS_PORT": "0"}
    async with _running_on(host, env, tmp_path) as logged, running(env, tmp_path) as second:
        await until_reasons(second, ["drain.standby"])
        host.vanish()
        twilio.parties[JANE] = Party.answers(talks=60)
        known_to(twilio, listens_on=second.url)
        call = await twilio.call_from_browser("alice", JANE)
        await until_written(twenty, {call.sid}, within=TAKEN_OVER_WITHIN)
        await until_reasons(second, [])
        async with asyncio.timeout(TAKEN_OVER_WITHIN):
            while (await logged())["event"] != "drain.lock_lost":
                pass


@asynccontextmanager
async def _running_on(host: Host, env: dict[str, str], folder: Path) -> AsyncIterator[Logged]:
    """A bridge on that host, ready; gives what it logs, one after the other."""
    process = await asyncio.create_subprocess_exec(
        *host.command(sys.executable, "-m", "bridge", "serve"),
        env=env,
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )

    async def logged() -> dict[str, str]:
        line = await process.stderr.readline() if process.stderr else b""
        assert line, "the bridge ended"
        entry: dict[str, str] = json.loads(line)
        return entry

    try:
        async with asyncio.timeout(START_SECONDS):
            while (await logged())["event"] != "bridge.ready":
                pass
        yield logged
    finally:
        process.kill()
        await process.wait()
