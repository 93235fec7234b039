"""Replicas on one PostgreSQL: in any order of their statements none undoes what another did.

Each outcome has to be one of those that the operations have one after the other.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import reduce
from itertools import permutations, product
from random import Random

import pytest

from bridge.inbox import postgresql
from bridge.inbox.database import open_database
from bridge.inbox.store import Inbox
from tests.inbox.one_call import ALL, BEFORE, Model, a_call, shown
from tests.inbox.schedules import Choose, Scheduler, every_schedule

REPLICAS = ("A", "B", "C")


@dataclass(frozen=True)
class House:
    """Replicas, and who decides which of them goes on."""

    replicas: Sequence[Inbox]
    scheduler: Scheduler

    async def play(self, before: str, names: Sequence[str], choose: Choose) -> None:
        """Lets each replica do one of these operations to a new call; checks what became of it."""
        stage, model = await a_call(self.replicas[0], before)
        beside = [
            replace(stage, inbox=inbox, heard=100 * place) for place, inbox in enumerate(self.replicas, 1)
        ]
        acts = {REPLICAS[n]: _carried_out(ALL[name][0](beside[n])) for n, name in enumerate(names)}
        await self.scheduler.run(acts, choose)
        assert await stage.seen() in _outcomes(model, names), f"{before}: {' beside '.join(names)}"
        await stage.leave()


async def _carried_out(act: object) -> None:
    await act  # type: ignore[misc]


def _outcomes(model: Model, names: Sequence[str]) -> list[Model]:
    return [
        shown(reduce(lambda call, name: ALL[name][1](call), order, model)) for order in permutations(names)
    ]


@pytest.fixture
async def house(postgres_url: str) -> AsyncIterator[House]:
    """Three replicas, each with its connections."""
    watcher = postgresql.reading(postgres_url)
    scheduler = Scheduler(watcher)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(watcher.dispose)
        replicas = []
        for name in REPLICAS:
            database = await stack.enter_async_context(open_database(postgres_url))
            scheduler.attach(name, database.reading, database.writing)
            replicas.append(inbox := Inbox(database))
            await stack.enter_async_context(inbox.writing())
        yield House(replicas, scheduler)


async def of_three(house: House, seed: int) -> None:
    chance = Random(seed)
    await house.play(chance.choice(BEFORE), [chance.choice([*ALL]) for _ in REPLICAS], chance.randrange)


async def test_of_three_at_once_any_order_of_statements_is_one_after_the_other(house: House) -> None:
    for seed in range(40):
        await of_three(house, seed)


@pytest.mark.slow
async def test_a_thousand_schedules_of_three(house: House) -> None:
    for seed in range(1000):
        await of_three(house, seed)


@pytest.mark.slow
@pytest.mark.parametrize("before", BEFORE)
async def test_all_orders_of_the_statements_of_two(
    house: House, before: str, request: pytest.FixtureRequest
) -> None:
    played = 0
    for names in product(ALL, ALL):
        for choose in every_schedule():
            await house.play(before, names, choose)
            played += 1
    request.node.user_properties.append(("schedules", played))
