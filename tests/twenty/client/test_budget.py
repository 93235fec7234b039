"""The token bucket, on a clock of its own."""

import asyncio
from itertools import pairwise

import pytest

from bridge.errors import TwentyOverLimit
from bridge.twenty.client.budget import Budget


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def spend(budget: Budget, times: int, *, interactive: bool = False) -> None:
    for _ in range(times):
        assert budget.wait_for(interactive=interactive) == 0
        await budget.take(interactive=interactive)


async def test_a_minute_is_there_at_once_but_for_the_reserve() -> None:
    budget = Budget(100, clock=Clock())
    await spend(budget, 90)
    assert budget.wait_for() > 0
    await spend(budget, 10, interactive=True)
    assert budget.wait_for(interactive=True) > 0


@pytest.mark.parametrize(
    ("per_minute", "batches", "look_ups", "turn"), [(100, 90, 30, 1.2), (6, 5, 1, 4), (1, 1, 1, 120)]
)
async def test_what_can_be_sent_at_once(per_minute: int, batches: int, look_ups: int, turn: float) -> None:
    for interactive, times in ((False, batches), (True, look_ups)):
        budget = Budget(per_minute, clock=Clock())
        await spend(budget, times, interactive=interactive)
        assert budget.left() == per_minute - times
        assert budget.wait_for(interactive=interactive) > 0
    assert budget.wait_for(interactive=True) == pytest.approx(turn)


async def test_optional_work_is_done_while_more_than_half_is_left() -> None:
    clock = Clock()
    budget = Budget(100, clock=clock)
    await spend(budget, 49)
    assert budget.ample()
    await spend(budget, 1)
    assert (budget.ample(), budget.left()) == (False, 50)
    clock.now += 0.6
    assert budget.ample()
    assert budget.left() == pytest.approx(51)


async def test_who_waits_lets_others_work_and_takes_nothing_when_cancelled() -> None:
    budget = Budget(1, clock=Clock())
    await spend(budget, 1)
    waits = asyncio.create_task(budget.take())
    await asyncio.sleep(0)
    assert not waits.done()
    waits.cancel()
    await asyncio.wait([waits])
    assert (waits.cancelled(), budget.left()) == (True, 0)
    with pytest.raises(TwentyOverLimit) as refused:
        await budget.take(within=59)
    assert refused.value.retry_after == pytest.approx(60)


async def test_it_fills_at_its_rate_and_no_further_than_a_minute() -> None:
    clock = Clock()
    budget = Budget(60, clock=clock)
    await spend(budget, 54)
    clock.now += 3
    await spend(budget, 3)
    assert 0 < budget.wait_for() <= 1
    clock.now += 3600
    await spend(budget, 54)
    assert budget.wait_for() > 0


async def test_the_servers_word_counts() -> None:
    clock = Clock()
    budget = Budget(60, clock=clock)
    budget.exhausted()
    assert budget.wait_for() == pytest.approx(7 / 0.7)
    clock.now += 10.1
    assert budget.wait_for() == 0


class Server:
    """Allows so many a minute, and holds a minute's worth."""

    def __init__(self, per_minute: float, clock: Clock) -> None:
        self._bucket = Budget(round(per_minute), clock=clock)

    def takes(self) -> bool:
        taken = self._bucket.wait_for(interactive=True) == 0
        if taken:
            self._bucket._tokens -= 1
        return taken


@pytest.mark.parametrize("allowed", [100, 90, 60, 30])
async def test_under_a_backlog_few_requests_are_refused(allowed: int) -> None:
    """Two hours at a server that allows what is set, or less, because others spend, too."""
    clock = Clock()
    budget, server = Budget(100, clock=clock), Server(allowed, clock)
    asked = refused = 0
    while clock.now < 7_200:
        clock.now += budget.wait_for() + 1e-6
        await budget.take()
        asked += 1
        if not server.takes():
            refused += 1
            budget.exhausted()
            clock.now += 1  # the worker waits before it tries again
    assert refused <= asked / 100
    assert asked - refused >= allowed / 60 * 7_200 * 0.75


@pytest.mark.parametrize("looks_every", [15, 28_800])
async def test_a_quiet_night_mends_what_was_refused(looks_every: int) -> None:
    """Whether or not somebody looks meanwhile, as a scrape of the metrics does."""
    clock = Clock()
    budget = Budget(100, clock=clock)
    for _ in range(20):
        budget.exhausted()
    while clock.now < 28_800:
        clock.now += looks_every
        budget.left()
    await spend(budget, 90)
    assert budget.wait_for() == pytest.approx(60 / 100)


@pytest.mark.parametrize(
    ("refusals", "rate"), [(1, 0.7), (2, 0.49), (3, 0.343), (8, 0.7**8), (9, 0.05), (30, 0.05)]
)
async def test_each_refusal_slows_it_but_not_to_a_stop(refusals: int, rate: float) -> None:
    budget = Budget(60, clock=Clock())
    for _ in range(refusals):
        budget.exhausted()
    assert budget.wait_for() == pytest.approx(7 / rate)


async def test_refusals_of_what_was_sent_before_a_wait_slow_it_once() -> None:
    clock = Clock()
    budget = Budget(60, clock=clock)
    for seconds in (0, 4, 5):
        clock.now += seconds
        budget.exhausted(retry_after=10)
    clock.now += 10
    await spend(budget, 1)
    assert budget.wait_for() == pytest.approx(1 / 0.7, rel=0.01)


async def test_after_a_refusal_the_rate_recovers_with_what_is_taken() -> None:
    clock = Clock()
    budget = Budget(60, clock=clock)
    budget.exhausted()
    for _ in range(101):
        clock.now += budget.wait_for() + 1e-9
        await budget.take()
    assert budget.wait_for() == pytest.approx(1 / (0.7 + 101 * 0.0007))


async def test_the_smallest_budget_still_moves() -> None:
    clock = Clock()
    budget = Budget(1, clock=clock)
    await spend(budget, 1)
    clock.now += 61
    await spend(budget, 1)


@pytest.mark.parametrize("retry_after", [0.0, 0.25, 2.0, 7.5, 60.0, 600.0])
@pytest.mark.parametrize("refusals", [1, 3, 30])
async def test_it_waits_as_long_as_the_server_says_and_hardly_longer(
    retry_after: float, refusals: int
) -> None:
    clock = Clock()
    budget = Budget(100, clock=clock)
    for _ in range(refusals):
        budget.exhausted(retry_after=retry_after)
    for interactive in (True, False):
        assert budget.wait_for(interactive=interactive) == pytest.approx(retry_after)
    clock.now += retry_after + 1e-6
    await spend(budget, 1)


async def test_the_longer_of_two_waits_counts() -> None:
    clock = Clock()
    budget = Budget(100, clock=clock)
    budget.exhausted(retry_after=30)
    clock.now += 5
    budget.exhausted(retry_after=1)
    assert budget.wait_for(interactive=True) == pytest.approx(25)


async def test_no_server_makes_it_wait_for_days() -> None:
    budget = Budget(100, clock=Clock())
    budget.exhausted(retry_after=1e9)
    assert budget.wait_for() <= 3600


@pytest.mark.parametrize("per_minute", [6, 60, 100, 1000])
async def test_look_ups_without_end_leave_batches_their_turn(per_minute: int) -> None:
    """As many look-ups as ever can be, for ten minutes, beside a backlog."""
    clock = Clock()
    budget = Budget(per_minute, clock=clock)
    batches: list[float] = [0.0]
    look_ups = 0
    while clock.now < 600:
        clock.now += 0.05
        while budget.wait_for(interactive=True) == 0:
            await budget.take(interactive=True)
            look_ups += 1
        while budget.wait_for() == 0:
            await budget.take()
            batches.append(clock.now)
    longest = max(after - before for before, after in pairwise([*batches, clock.now]))
    assert longest < max(60, 3 * 60 / per_minute)
    assert len(batches) > per_minute * 10 * 0.4
    assert look_ups < per_minute * 10 * 0.55 + per_minute


async def test_who_is_not_served_in_time_gives_the_place_back() -> None:
    clock = Clock()
    budget = Budget(100, clock=clock)
    while budget.wait_for(interactive=True) == 0:
        await budget.take(interactive=True)
    before = budget.left()
    for _ in range(1000):
        with pytest.raises(TwentyOverLimit):
            await budget.take(interactive=True, within=0.5)
    assert budget.left() == before
    clock.now += 2
    await budget.take(interactive=True, within=0.5)
