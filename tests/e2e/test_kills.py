"""kill -9 and SIGTERM at random points, again and again: what was acknowledged ends in Twenty, once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from bridge.demo.bridge import CONFIG, environment
from bridge.demo.process import BridgeProcess
from bridge.inbox.store import open_inbox
from bridge.inbox.tables import callbacks
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.e2e.load import PAUSE, Load, on_timelines, shown
from tests.support import create_person, eventually, new_sid, until

FEW, MANY = 10_000, 100_000
"""More calls than can be sent meanwhile."""

LONGEST_LIFE = 1.0
"""Seconds that a process has, at the most: within them it takes and drains some hundred calls."""

UNLIMITED = "twenty: {requests_per_minute: 1000000}\n"

slow = pytest.mark.slow


async def killed(bridge: BridgeProcess) -> None:
    """In the middle of everything."""
    await bridge.kill()


async def stopped(bridge: BridgeProcess) -> None:
    """In the middle of everything, but in order."""
    assert await bridge.stop() == 0


@pytest.mark.parametrize(
    ("database", "end", "times", "callbacks_at_least", "seed"),
    [
        pytest.param("sqlite", killed, 6, 500, 1, id="sqlite-half-a-dozen"),
        pytest.param("postgresql", killed, 4, 300, 2, id="postgresql-four"),
        pytest.param("sqlite", stopped, 2, 300, 5, id="sqlite-terms"),
        pytest.param("sqlite", killed, 200, 20_000, 3, id="sqlite-200", marks=slow),
        pytest.param("postgresql", killed, 200, 20_000, 4, id="postgresql-200", marks=slow),
        pytest.param("sqlite", stopped, 50, 5000, 6, id="sqlite-50-terms", marks=slow),
    ],
)
async def test_what_was_acknowledged_ends_in_twenty_once(
    twilio: TwilioSandbox,
    twenty: TwentySandbox,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    database: str,
    end: Callable[[BridgeProcess], Awaitable[None]],
    times: int,
    callbacks_at_least: int,
    seed: int,
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber="+33612345678")
    tmp_path.joinpath("config.yaml").write_text(CONFIG + UNLIMITED)
    env = environment(twilio, twenty, tmp_path)
    if database == "postgresql":
        env["BRIDGE_DATABASE_URL"] = request.getfixturevalue("postgres_url")
    calls, pause = (FEW, PAUSE) if times < 10 else (MANY, 0)
    bridge, load = BridgeProcess(env, tmp_path), Load(twilio.auth_token, [new_sid() for _ in range(calls)])
    await bridge.start()
    sending = asyncio.create_task(load.send(lambda: bridge.url, again=True, seed=seed, pause=pause))
    chance = random.Random(seed)
    for _ in range(times):
        await asyncio.sleep(chance.uniform(0, LONGEST_LIFE))
        await end(bridge)
        await bridge.start()
    assert not sending.done(), "the load ended before the ends did"
    await eventually(lambda: len(load.acknowledged) >= callbacks_at_least, within=600)
    load.stop()
    await sending

    async def holds() -> None:
        assert await shown(twenty) == load.wanted()

    await until(holds, AssertionError, within=120)
    await bridge.stop()
    rows = await on_timelines(twenty)
    assert len(rows) == len(set(rows)) == len(load.wanted())
    assert await kept(env["BRIDGE_DATABASE_URL"]) == load.acknowledged


async def kept(url: str) -> set[tuple[str, str]]:
    """Call SID and status of every callback in the inbox."""
    async with open_inbox(url) as inbox, inbox.reading() as connection:
        rows = (await connection.execute(select(callbacks.c.root_sid, callbacks.c.parameters))).all()
        return {(sid, parameters["CallStatus"]) for sid, parameters in rows}
