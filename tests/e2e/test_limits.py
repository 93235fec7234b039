"""Twenty's limits: how much it stores, how fast it answers, and agents whose look-ups spend that."""

import asyncio
import hashlib
import itertools
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest

from bridge.demo.bridge import CONFIG, environment, known_to
from bridge.demo.process import BridgeProcess
from bridge.sandbox.twenty import NEWEST, TwentySandbox, twenty_sandbox
from bridge.sandbox.twilio import Party, PlayedCall, TwilioSandbox
from bridge.sync.retry import FIRST
from tests.e2e.test_watching import logged, scraped
from tests.support import BOUND, create_person, eventually, phone_calls, settled, timeline, until

JANE = "+33612345678"
RETRY_SECONDS = 0.6
"""What the sandbox says in `retryAfterMs` where a minute's 100 are used up."""
AGENTS = [f"an-invented-key-of-agent-{number}" for number in range(8)]
HASHES = [hashlib.sha256(key.encode()).hexdigest() for key in AGENTS]
KEYS = ", ".join(f"{{name: agent-{n}, hash: 'sha256:{hashed}'}}" for n, hashed in enumerate(HASHES))


@pytest.fixture
async def twenty() -> AsyncIterator[TwentySandbox]:
    """A Twenty with the second version of the rate limit, at its default."""
    async with twenty_sandbox(provisioned=True, generation=NEWEST) as sandbox:
        yield sandbox


@pytest.fixture
async def bridge(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> AsyncIterator[BridgeProcess]:
    """The bridge with its default budget, a key for each agent, and its log in a file."""
    folder = tmp_path / "bridge"
    folder.mkdir()
    folder.joinpath("config.yaml").write_text(f"{CONFIG}auth: {{keys: [{KEYS}]}}\n")
    bridge = BridgeProcess(environment(twilio, twenty, folder), folder, log=tmp_path / "log")
    try:
        await bridge.start()
        known_to(twilio, listens_on=bridge.url)
        yield bridge
    finally:
        await bridge.stop()


async def calls_out(twilio: TwilioSandbox, number: int) -> list[PlayedCall]:
    """Calls that are over; Twilio's requests were all acknowledged."""
    twilio.parties[JANE] = Party.answers(talks=60)
    played = [await twilio.call_from_browser("alice", JANE) for _ in range(number)]
    assert [sent for call in played for sent in call.deliveries if not sent.acknowledged] == []
    return played


async def all_written(bridge: BridgeProcess, twenty: TwentySandbox, played: Sequence[PlayedCall]) -> None:
    """Each call stands in Twenty and on a timeline once, and none was parked on the way."""
    database = bridge.folder / "bridge.db"
    await eventually(lambda: settled(database), within=2 * BOUND)
    with closing(sqlite3.connect(database)) as connection:
        parked = connection.execute("select parked_reason from calls where parked_reason is not null")
        assert parked.fetchall() == []
    assert "activity.parked" not in {line["event"] for line in logged(bridge)}
    found = await phone_calls(twenty)
    assert found.keys() == {call.sid for call in played}
    assert {record["status"] for record in found.values()} == {"COMPLETED"}
    rows = [row["linkedRecordId"] for row in await timeline(twenty)]
    assert sorted(rows) == sorted(record["id"] for record in found.values())


async def reasons(bridge: BridgeProcess) -> list[str]:
    """Why calls wait, by `/ready`, which says that callbacks are kept."""
    async with aiohttp.ClientSession() as session, session.get(f"{bridge.url}/ready") as answer:
        told = await answer.json()
    assert (answer.status, told["ready"]) == (200, True)
    return [reason for reason in told["reasons"] if reason.startswith(("twenty.", "drain."))]


async def until_nothing_waits(bridge: BridgeProcess) -> None:
    """The last pass of the worker ends a moment after Twenty shows its calls."""

    async def holds() -> None:
        assert await reasons(bridge) == []

    await until(holds, AssertionError)


def waits_of(bridge: BridgeProcess, reason: str) -> list[float]:
    """How long the worker has waited for this so far, each time, in seconds."""
    lines = [line for line in logged(bridge) if line["event"] == "worker.waits"]
    return [line["seconds"] for line in lines if line["reason"] == reason]


async def test_a_quota_that_is_used_up_stops_the_writing_and_loses_nothing(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    twenty.faults.quota_exhausted = True
    played = await calls_out(twilio, 5)
    await eventually(lambda: len(waits_of(bridge, "twenty.quota_exhausted")) >= 2)
    # As an operator sees it, in all three places.
    assert await reasons(bridge) == ["twenty.quota_exhausted"]
    counted = await scraped(bridge)
    assert counted["twenty_bridge_draining",] == 0
    assert counted["twenty_bridge_waits_for", "twenty.quota_exhausted"] == 1
    assert {line["level"] for line in logged(bridge) if line["event"] == "worker.waits"} == {"error"}
    # Calls go on meanwhile.
    played += await calls_out(twilio, 2)
    assert await phone_calls(twenty) == {}
    assert await timeline(twenty) == []
    twenty.faults.clear()
    await all_written(bridge, twenty, played)
    await until_nothing_waits(bridge)


async def test_over_the_limit_the_bridge_asks_again_when_twenty_says(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    twenty.faults.over_limit = True
    asked_before = len(twenty.requests)
    played = await calls_out(twilio, 5)
    await eventually(lambda: len(waits_of(bridge, "twenty.over_limit")) >= 4)
    # What asks for the schema alone is not limited.
    times = [
        asked.at
        for asked in twenty.requests[asked_before:]
        if asked.path == "/graphql" and not asked.root_fields[0].startswith("__")
    ]
    twenty.faults.clear()
    assert min(after - before for before, after in itertools.pairwise(times)) >= RETRY_SECONDS
    # An outage gets more patience with each refusal.
    assert set(waits_of(bridge, "twenty.over_limit")) == {FIRST.total_seconds()}
    await all_written(bridge, twenty, played)


async def spend(twenty: TwentySandbox) -> None:
    """What another program does with the bridge's key, until nothing is left."""
    body = {"query": "{ people(first: 1) { totalCount } }"}
    headers = {"Authorization": f"Bearer {twenty.api_key}"}
    async with aiohttp.ClientSession(twenty.url, headers=headers) as session:
        while True:
            async with session.post("/graphql", json=body) as answer:
                if errors := (await answer.json()).get("errors"):
                    assert errors[0]["extensions"]["code"] == "RATE_LIMITED"
                    return


async def test_a_limit_that_another_program_used_up_delays_and_parks_nothing(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await spend(twenty)
    played = await calls_out(twilio, 20)
    await all_written(bridge, twenty, played)
    assert waits_of(bridge, "twenty.over_limit")


def numbers() -> Iterator[str]:
    """Each one once."""
    return (f"+33698{number:06}" for number in range(1_000_000))


REFUSED_SECONDS = 0.5
"""Before a page asks again: so many at once are still fifty questions a second, of which one is answered."""


@asynccontextmanager
async def looking_up(
    bridge: BridgeProcess, keys: Sequence[str], *, at_once: int
) -> AsyncIterator[Counter[int]]:
    """A page that never stops to ask who has a number; the answers so far, by status."""
    answers: Counter[int] = Counter()
    waiting = numbers()

    async def ask(session: aiohttp.ClientSession, key: str) -> None:
        for number in waiting:
            headers = {"Authorization": f"Bearer {key}"}
            async with session.get(f"{bridge.url}/api/callers/{number}", headers=headers) as answer:
                answers[answer.status] += 1
            if answer.status != 200:
                await asyncio.sleep(REFUSED_SECONDS)

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(session, key)) for key in keys for _ in range(at_once // len(keys))]
        yield answers
        for task in tasks:
            task.cancel()


@pytest.mark.parametrize("keys", [AGENTS[:1], AGENTS], ids=["one agent", "several agents"])
async def test_look_ups_of_callers_keep_no_call_from_twenty(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox, keys: Sequence[str]
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    async with looking_up(bridge, keys, at_once=24) as answers:
        # The flood has spent its share, and is refused.
        await eventually(lambda: answers[200] > 0 and answers[429] + answers[503] > 100)
        played = await calls_out(twilio, 10)
        await all_written(bridge, twenty, played)
        await until_nothing_waits(bridge)
    assert answers.keys() <= {200, 429, 503}
