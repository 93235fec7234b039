"""Turns: so many at once, by lot among groups, and none is lost, however its waiters end."""

import asyncio
from collections.abc import Hashable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import TooManyRequests
from bridge.web.operation.queueing import Turns


def turns(*, at_once: int = 1, most_waiting: int = 100, seconds: float = 60) -> Turns:
    return Turns("Too many", at_once=at_once, most_waiting=most_waiting, seconds=seconds)


async def has(turns: Turns, group: Hashable, until: asyncio.Event) -> Hashable:
    async with turns.turn(group):
        await until.wait()
    return group


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_group_of_one_does_not_wait_behind_a_group_of_many() -> None:
    """By lot, the one is among the first twenty but for one time in a million."""
    one_at_a_time, ends, served = turns(), asyncio.Event(), []

    async def served_as(group: str) -> None:
        served.append(await has(one_at_a_time, group, ends))

    async with asyncio.TaskGroup() as group:
        for each in ["first", *["many"] * 50, "one"]:
            group.create_task(served_as(each))
        await settle()
        ends.set()
    assert "one" in served[:21]
    assert len(served) == 52


async def test_one_of_the_largest_group_is_sent_away_where_too_many_wait() -> None:
    full, ends = turns(most_waiting=3), asyncio.Event()
    tasks = [asyncio.create_task(has(full, group, ends)) for group in ("a", "a", "a", "a", "b", "b")]
    await settle()
    ends.set()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(one, TooManyRequests) for one in ended) == 2
    assert "b" in ended


async def test_a_turn_that_does_not_come_in_time_is_refused() -> None:
    short, ends = turns(seconds=0), asyncio.Event()
    first = asyncio.create_task(has(short, "a", ends))
    await settle()
    with pytest.raises(TooManyRequests):
        await has(short, "a", ends)
    ends.set()
    assert await first == "a"


@given(
    at_once=st.integers(1, 3),
    waiting=st.integers(1, 4),
    steps=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["comes", "ends", "goes"])), max_size=30
    ),
)
@settings(deadline=None)
def test_no_turn_is_lost_and_none_is_given_twice(
    at_once: int, waiting: int, steps: list[tuple[str, str]]
) -> None:
    asyncio.run(no_turn_is_lost(turns(at_once=at_once, most_waiting=waiting), at_once, steps))


async def no_turn_is_lost(some: Turns, at_once: int, steps: list[tuple[str, str]]) -> None:
    served: list[asyncio.Event] = []
    most = 0

    async def comes(group: str) -> None:
        nonlocal most
        async with some.turn(group):
            ends = asyncio.Event()
            served.append(ends)
            most = max(most, len(served))
            try:
                await ends.wait()
            finally:
                served.remove(ends)

    tasks = []
    for number, (group, step) in enumerate(steps):
        if step == "comes":
            tasks.append(asyncio.create_task(comes(group)))
        elif step == "ends" and served:
            served[0].set()
        elif step == "goes" and tasks:
            tasks[number % len(tasks)].cancel()
        # Some steps fall into one moment.
        if number % 2:
            await settle()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most <= at_once
    ends = asyncio.Event()
    again = [asyncio.create_task(has(some, "a", ends)) for _ in range(at_once)]
    await settle()
    ends.set()
    assert await asyncio.gather(*again) == ["a"] * at_once
