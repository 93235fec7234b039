"""Screen pops: what they cost, how long they hold, and how long anybody waits."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridge.calls.numbers import Number
from bridge.errors import TwentyUnavailable
from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.client.client import TwentyClient, open_client
from bridge.twenty.people.callers import HOLDS_SECONDS, Callers, open_callers
from bridge.twenty.people.directory import Directory
from tests.support import create_person, eventually, twenty_settings

JANE = Number("+33612345678")


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def callers(client: TwentyClient, twenty: TwentySandbox, clock: Clock) -> AsyncIterator[Callers]:
    directory = Directory(region="FR", seconds=10, clock=clock)
    opened = Callers(client.interactive(), directory, twenty_url=twenty.url, several="oldest", clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
async def jane(twenty: TwentySandbox) -> str:
    return await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)


async def name_of(callers: Callers, number: Number = JANE) -> str | None:
    person = (await callers.screen_pop(number)).person
    return person.name if person else None


@pytest.mark.parametrize(
    ("seconds", "root_fields"),
    [(0, 0), (HOLDS_SECONDS - 1, 0), (HOLDS_SECONDS + 1, 3)],
)
@pytest.mark.usefixtures("jane")
async def test_it_holds_for_a_while(
    callers: Callers, twenty: TwentySandbox, clock: Clock, seconds: float, root_fields: int
) -> None:
    await name_of(callers)
    before = twenty.root_fields
    clock.now += seconds
    assert await name_of(callers) == "Jane Doe"
    assert twenty.root_fields - before == root_fields


@pytest.mark.usefixtures("jane")
async def test_all_phones_that_ring_at_once_share_one_look_up(
    callers: Callers, twenty: TwentySandbox
) -> None:
    before = twenty.root_fields
    assert set(await asyncio.gather(*[name_of(callers) for _ in range(20)])) == {"Jane Doe"}
    assert twenty.root_fields - before == 3


async def test_it_is_forgotten_when_people_change(
    callers: Callers, twenty: TwentySandbox, clock: Clock
) -> None:
    assert await name_of(callers) is None
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    assert await name_of(callers) is None
    clock.now += 11  # the directory's time is over
    callers.forget()
    assert await name_of(callers) == "Jane Doe"


@pytest.mark.usefixtures("jane")
async def test_nobody_waits_longer_than_they_want_and_the_next_one_finds_the_answer(
    callers: Callers, twenty: TwentySandbox
) -> None:
    twenty.faults.slow_seconds = 0.2
    with pytest.raises(TwentyUnavailable, match=r"within 0\.05 s"):
        await callers.screen_pop(JANE, within=0.05)
    before = twenty.root_fields
    assert await name_of(callers) == "Jane Doe"
    assert twenty.root_fields - before <= 3


@pytest.mark.usefixtures("jane")
async def test_a_failure_does_not_hold(callers: Callers, twenty: TwentySandbox) -> None:
    twenty.faults.down = True
    with pytest.raises(TwentyUnavailable):
        await callers.screen_pop(JANE)
    twenty.faults.clear()
    assert await name_of(callers) == "Jane Doe"


async def test_a_failure_that_nobody_waited_for_is_no_complaint(
    callers: Callers, twenty: TwentySandbox
) -> None:
    twenty.faults.set(slow_seconds=0.1, status=502)
    with pytest.raises(TwentyUnavailable):
        await callers.screen_pop(JANE, within=0.01)
    twenty.faults.clear()
    await eventually(lambda: not [t for t in asyncio.all_tasks() if t.get_name() == "screen pop"])


@pytest.mark.usefixtures("jane")
async def test_batches_leave_enough_for_it(twenty: TwentySandbox) -> None:
    async with open_client(twenty_settings(twenty, requests_per_minute=30)) as client:
        while client.budget.wait_for() == 0:
            await client.budget.take()
        directory = Directory(region="FR", seconds=10)
        async with open_callers(client, directory, twenty_url=twenty.url, several="oldest") as callers:
            assert await name_of(callers) == "Jane Doe"
        assert client.budget.left() < 30 / 10, "it takes what batches leave"
