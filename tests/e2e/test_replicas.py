"""Several bridges on one PostgreSQL, and the one that a SQLite file bears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.calls.texts import ENGLISH
from bridge.demo.bridge import CONFIG, WIDGET_KEY, environment, known_to
from bridge.demo.process import BridgeProcess, run_to_end, running
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.e2e.balancer import balancer
from tests.e2e.load import PAUSE, Load, on_timelines, post_signed, shown
from tests.postgres import Postgres
from tests.support import BOUND, create_person, eventually, new_sid, phone_calls, until

JANE = "+33612345678"
CALLS = 10_000
"""More than are sent while both restart."""


@pytest.fixture
async def replicas(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path, postgres_url: str
) -> AsyncIterator[tuple[BridgeProcess, BridgeProcess]]:
    """Two bridges on one database; the first one drains."""
    tmp_path.joinpath("config.yaml").write_text(CONFIG)
    env = environment(twilio, twenty, tmp_path) | {"BRIDGE_DATABASE_URL": postgres_url}
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(running(env, tmp_path)) for _ in range(2)]
        yield first, second


async def reasons(bridge: BridgeProcess) -> list[str]:
    """Of a bridge that is ready."""
    async with aiohttp.ClientSession(bridge.url) as session, session.get("/ready") as answer:
        assert answer.status == 200
        found: list[str] = (await answer.json())["reasons"]
        return found


async def until_reasons(bridge: BridgeProcess, wanted: list[str]) -> None:
    async def holds() -> None:
        assert await reasons(bridge) == wanted

    await until(holds, AssertionError)


async def until_written(twenty: TwentySandbox, sids: set[str], *, within: float = BOUND) -> None:
    """Until Twenty shows these calls as over."""

    async def holds() -> None:
        assert sids <= {sid for sid, call in (await phone_calls(twenty)).items() if call["endedAt"]}

    await until(holds, AssertionError, within=within)


async def test_both_take_callbacks_and_one_drains_until_it_dies(
    replicas: tuple[BridgeProcess, BridgeProcess], twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    first, second = replicas
    await until_reasons(first, [])
    await until_reasons(second, ["drain.standby"])
    twilio.parties[JANE] = Party.answers(talks=60)
    known_to(twilio, listens_on=second.url)
    one = await twilio.call_from_browser("alice", JANE)
    await until_written(twenty, {one.sid})

    await first.kill()
    another = await twilio.call_from_browser("alice", JANE)
    await until_written(twenty, {one.sid, another.sid})
    await until_reasons(second, [])

    await first.start()
    await until_reasons(first, ["drain.standby"])


LOSE_THE_LOCK = """SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database
WHERE locktype = 'advisory' AND datname = '{}'"""


async def test_who_lost_the_lock_in_the_middle_of_a_batch_writes_no_more(
    twilio: TwilioSandbox,
    twenty: TwentySandbox,
    tmp_path: Path,
    postgres_server: Postgres,
    postgres_database: str,
) -> None:
    tmp_path.joinpath("config.yaml").write_text(CONFIG)
    url = postgres_server.url(postgres_database)
    env = environment(twilio, twenty, tmp_path) | {"BRIDGE_DATABASE_URL": url}
    first, sid = BridgeProcess(env, tmp_path, log=tmp_path / "log"), new_sid()
    await first.start()
    async with running(env, tmp_path) as second:
        await until_reasons(second, ["drain.standby"])
        twenty.faults.slow_seconds = BOUND
        await hangs_up(first, sid)
        await eventually(lambda: twenty.faults.waiting > 0)
        twenty.faults.clear()
        await asyncio.to_thread(postgres_server.sql, LOSE_THE_LOCK.format(postgres_database))
        await until_reasons(second, [])
        await until_written(twenty, {sid})
        twenty.faults.release()
        await until_reasons(first, ["drain.standby"])
    assert await first.stop() == 0
    assert first.log is not None
    assert "activity.written" not in first.log.read_text()


async def test_a_rolling_restart_under_load_refuses_nothing(
    replicas: tuple[BridgeProcess, BridgeProcess], twenty: TwentySandbox
) -> None:
    first, second = replicas
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    load = Load(first.env["TWILIO_AUTH_TOKEN"], [new_sid() for _ in range(CALLS)])
    async with balancer(lambda: [first.url, second.url]) as (url, answered):
        sending = asyncio.create_task(load.send(lambda: url, again=False, pause=PAUSE))
        for bridge in replicas:
            before = len(load.acknowledged)
            await eventually(lambda before=before: len(load.acknowledged) > before + 50)  # type: ignore[misc]
            assert await bridge.stop() == 0
            await bridge.start()
        assert not sending.done(), "the load ended before the restarts did"
        load.stop()
        await sending
    assert load.refused == {}
    assert len(answered) == 4

    async def holds() -> None:
        assert await shown(twenty) == load.wanted()
        # A call is written first, and its row on the timeline after it.
        assert len(await on_timelines(twenty)) >= len(load.wanted())

    await until(holds, AssertionError)
    rows = await on_timelines(twenty)
    assert len(rows) == len(set(rows)) == len(load.wanted())


LIMITED = """\
agents: {names: [alice, bob]}
dialling: {countries: [FR], agent_calls_at_once: 1, agent_calls_a_minute: 2}
server: {port: 0}
log: {json_lines: true}
"""


async def test_limits_hold_for_all_replicas_together(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path, postgres_url: str
) -> None:
    """What one was told counts at the other a moment later, also that a call is over."""
    tmp_path.joinpath("config.yaml").write_text(LIMITED)
    env = environment(twilio, twenty, tmp_path) | {"BRIDGE_DATABASE_URL": postgres_url}
    async with running(env, tmp_path) as first, running(env, tmp_path) as second:
        one, another = new_sid(), new_sid()
        assert "<Dial" in await calls_out(first, one)
        await until(partial(sees_in_a_call, second, True), AssertionError)
        assert ENGLISH.at_once in await calls_out(second, new_sid())
        await hangs_up(first, one)
        await until(partial(sees_in_a_call, second, False), AssertionError)
        assert "<Dial" in await calls_out(second, another)
        await until(partial(sees_in_a_call, first, True), AssertionError)
        await hangs_up(second, another)
        await until(partial(sees_in_a_call, first, False), AssertionError)
        assert ENGLISH.agent_limit in await calls_out(first, new_sid())


async def sees_in_a_call(bridge: BridgeProcess, is_in_a_call: bool) -> None:
    """What a replica knows of Alice by what it has heard of the other one."""
    headers = {"Authorization": f"Bearer {WIDGET_KEY}"}
    asked: Any = {"params": {"identity": "alice"}, "headers": headers}
    async with (
        aiohttp.ClientSession(bridge.url) as session,
        session.get("/api/agents", **asked) as answer,
    ):
        (alice,) = [one for one in (await answer.json())["agents"] if one["me"]]
        assert alice["inCall"] is is_in_a_call


OUT = {"From": "client:alice", "To": JANE, "Direction": "inbound", "CallStatus": "ringing"}


async def calls_out(bridge: BridgeProcess, sid: str) -> str:
    """The TwiML for a call of Alice's."""
    return await post_signed(bridge.url, "/twilio/voice", {**OUT, "CallSid": sid}, bridge.env)


async def hangs_up(bridge: BridgeProcess, sid: str) -> None:
    """Her call is over."""
    await post_signed(
        bridge.url, "/twilio/dial", {**OUT, "CallSid": sid, "DialCallStatus": "busy"}, bridge.env
    )


async def test_a_second_server_on_a_file_says_so_and_ends(bridge: BridgeProcess) -> None:
    status, told = await asyncio.wait_for(run_to_end("serve", env=bridge.env, folder=bridge.folder), BOUND)
    assert status == 2
    assert f"bridge.db is already served (process {bridge.pid}, by " in told
    assert "Traceback" not in told
    await bridge.kill()
    await bridge.start()
    assert await reasons(bridge) == []
