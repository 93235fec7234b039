"""The token bucket, on a clock of its own: no test waits, and none goes on for ever."""

import asyncio
import math
from collections.abc import Iterator
from itertools import pairwise

import pytest

from bridge.errors import TwentyOverLimit
from bridge.twenty.client.budget import Budget


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Waits(Exception):
    """A root field could not be taken at once."""


def take(budget: Budget, *, interactive: bool = False, within: float = math.inf) -> None:
    """Takes a root field at once. Raises Waits where it would have to wait."""
    taking = budget.take(interactive=interactive, within=within)
    try:
        taking.send(None)
    except StopIteration:
        return
    taking.close()
    raise Waits


def spend(budget: Budget, times: int, *, interactive: bool = False) -> None:
    for _ in range(times):
        assert budget.wait_for(interactive=interactive) == 0
        take(budget, interactive=interactive)


def spend_all(budget: Budget, *, interactive: bool = False) -> int:
    """Takes what is there; how much that was."""
    for times in range(10_000):
        if budget.wait_for(interactive=interactive) > 0:
            return times
        take(budget, interactive=interactive)
    pytest.fail("it never ends")


def until(end: float, clock: Clock) -> Iterator[None]:
    """Steps, each of which moves the clock on, until the end."""
    for _ in range(50_000):
        if clock.now >= end:
            return
        yield
    pytest.fail("the time stands still")


def test_a_minute_is_there_at_once_but_for_the_reserve() -> None:
    budget = Budget(100, clock=Clock())
    spend(budget, 90)
    assert budget.wait_for() > 0
    spend(budget, 10, interactive=True)
    assert budget.wait_for(interactive=True) > 0


@pytest.mark.parametrize(
    ("per_minute", "batches", "look_ups", "turn"), [(100, 90, 30, 1.2), (6, 5, 1, 4), (1, 1, 1, 120)]
)
def test_what_can_be_sent_at_once(per_minute: int, batches: int, look_ups: int, turn: float) -> None:
    for interactive, times in ((False, batches), (True, look_ups)):
        budget = Budget(per_minute, clock=Clock())
        spend(budget, times, interactive=interactive)
        assert budget.left() == per_minute - times
        assert budget.wait_for(interactive=interactive) > 0
    assert budget.wait_for(interactive=True) == pytest.approx(turn)


def test_optional_work_is_done_while_more_than_half_is_left() -> None:
    clock = Clock()
    budget = Budget(100, clock=clock)
    spend(budget, 49)
    assert (budget.ample(), budget.spare()) == (True, 1)
    spend(budget, 1)
    assert (budget.ample(), budget.spare(), budget.left()) == (False, 0, 50)
    clock.now += 0.6
    assert budget.ample()
    assert budget.left() == pytest.approx(51)
    clock.now += 0.6
    assert budget.left() == pytest.approx(52)


async def test_who_waits_lets_others_work_and_takes_nothing_when_cancelled() -> None:
    budget = Budget(1, clock=Clock())
    spend(budget, 1)
    waits = asyncio.create_task(budget.take())
    await asyncio.sleep(0)
    assert not waits.done()
    waits.cancel()
    await asyncio.wait([waits])
    assert (waits.cancelled(), budget.left()) == (True, 0)


async def test_room_for_a_batch_is_more_than_one_field_and_at_most_a_minutes_worth() -> None:
    clock = Clock()
    budget = Budget(20, clock=clock)
    spend(budget, 15)
    # Five are left, of which two are for interactive look-ups.
    assert budget.wait_for(3) == 0
    assert budget.wait_for(4) == pytest.approx(3)
    waits = asyncio.create_task(budget.room(4))
    await asyncio.sleep(0)
    assert not waits.done()
    waits.cancel()
    clock.now += 3
    await budget.room(4)
    assert budget.left() == pytest.approx(6)
    assert Budget(1, clock=Clock()).wait_for(4) == 0


async def test_who_has_less_time_than_the_wait_is_refused_at_once() -> None:
    budget = Budget(1, clock=Clock())
    spend(budget, 1)
    with pytest.raises(TwentyOverLimit) as refused:
        take(budget, within=59)
    assert refused.value.retry_after == pytest.approx(60)
    with pytest.raises(Waits):
        take(budget, within=60)


async def test_a_wait_of_less_than_a_second_is_one() -> None:
    budget = Budget(120, clock=Clock())
    spend_all(budget)
    assert budget.wait_for() == pytest.approx(0.5)
    with pytest.raises(Waits):
        take(budget)


def test_it_fills_at_its_rate_and_no_further_than_a_minute() -> None:
    clock = Clock()
    budget = Budget(60, clock=clock)
    spend(budget, 54)
    clock.now += 3
    spend(budget, 3)
    assert 0 < budget.wait_for() <= 1
    clock.now += 3600
    spend(budget, 54)
    assert budget.wait_for() > 0


def test_the_servers_word_counts() -> None:
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
def test_under_a_backlog_few_requests_are_refused(allowed: int) -> None:
    """Two hours at a server that allows what is set, or less, because others spend, too."""
    clock = Clock()
    budget, server = Budget(100, clock=clock), Server(allowed, clock)
    asked = refused = 0
    for _ in until(7_200, clock):
        clock.now += budget.wait_for() + 1e-6
        take(budget)
        asked += 1
        if not server.takes():
            refused += 1
            budget.exhausted()
            clock.now += 1  # the worker waits before it tries again
    assert refused <= asked / 100
    assert asked - refused >= allowed / 60 * 7_200 * 0.75


@pytest.mark.parametrize("looks_every", [15, 28_800])
def test_a_quiet_night_mends_what_was_refused(looks_every: int) -> None:
    """Whether or not somebody looks meanwhile, as a scrape of the metrics does."""
    clock = Clock()
    budget = Budget(100, clock=clock)
    for _ in range(20):
        budget.exhausted()
    for _ in until(28_800, clock):
        clock.now += looks_every
        budget.left()
    spend(budget, 90)
    assert budget.wait_for() == pytest.approx(60 / 100)


@pytest.mark.parametrize(
    ("refusals", "rate"), [(1, 0.7), (2, 0.49), (3, 0.343), (8, 0.7**8), (9, 0.05), (30, 0.05)]
)
def test_each_refusal_slows_it_but_not_to_a_stop(refusals: int, rate: float) -> None:
    budget = Budget(60, clock=Clock())
    for _ in range(refusals):
        budget.exhausted()
    assert budget.wait_for() == pytest.approx(7 / rate)


def test_refusals_of_what_was_sent_before_a_wait_slow_it_once() -> None:
    clock = Clock()
    budget = Budget(60, clock=clock)
    for seconds in (0, 4, 5):
        clock.now += seconds
        budget.exhausted(retry_after=10)
    clock.now += 10
    spend(budget, 1)
    assert budget.wait_for() == pytest.approx(1 / 0.7, rel=0.01)


def test_after_a_refusal_the_rate_recovers_with_what_is_taken() -> None:
    clock = Clock()
    budget = Budget(60, clock=clock)
    budget.exhausted()
    for _ in range(101):
        clock.now += budget.wait_for() + 1e-9
        take(budget)
    assert budget.wait_for() == pytest.approx(1 / (0.7 + 101 * 0.0007))


def test_the_smallest_budget_still_moves() -> None:
    clock = Clock()
    budget = Budget(1, clock=clock)
    spend(budget, 1)
    clock.now += 61
    spend(budget, 1)


@pytest.mark.parametrize("retry_after", [0.0, 0.25, 2.0, 7.5, 60.0, 600.0])
@pytest.mark.parametrize("refusals", [1, 3, 30])
def test_it_waits_as_long_as_the_server_says_and_hardly_longer(retry_after: float, refusals: int) -> None:
    clock = Clock()
    budget = Budget(100, clock=clock)
    for _ in range(refusals):
        budget.exhausted(retry_after=retry_after)
    for interactive in (True, False):
        assert budget.wait_for(interactive=interactive) == pytest.approx(retry_after)
    clock.now += retry_after + 1e-6
    spend(budget, 1)
    # In a longer wait more than one has come together.
    assert (budget.wait_for() > 0) == (retry_after < 10)


def test_the_longer_of_two_waits_counts() -> None:
    clock = Clock()
    budget = Budget(100, clock=clock)
    budget.exhausted(retry_after=30)
    clock.now += 5
    budget.exhausted(retry_after=1)
    assert budget.wait_for(interactive=True) == pytest.approx(25)


def test_no_server_makes_it_wait_for_days() -> None:
    budget = Budget(100, clock=Clock())
    budget.exhausted(retry_after=1e9)
    assert budget.wait_for() <= 3600


@pytest.mark.parametrize("per_minute", [6, 60, 100, 1000])
def test_look_ups_without_end_leave_batches_their_turn(per_minute: int) -> None:
    """As many look-ups as ever can be, for ten minutes, beside a backlog."""
    clock = Clock()
    budget = Budget(per_minute, clock=clock)
    batches: list[float] = [0.0]
    look_ups = 0
    for _ in until(600, clock):
        clock.now += 0.05
        look_ups += spend_all(budget, interactive=True)
        batches += [clock.now] * spend_all(budget)
    longest = max(after - before for before, after in pairwise([*batches, clock.now]))
    assert longest < max(60, 3 * 60 / per_minute)
    assert len(batches) > per_minute * 10 * 0.4
    assert look_ups < per_minute * 10 * 0.55 + per_minute


async def test_who_is_not_served_in_time_gives_the_place_back() -> None:
    clock = Clock()
    budget = Budget(100, clock=clock)
    spend_all(budget, interactive=True)
    before = budget.left()
    for _ in range(1000):
        with pytest.raises(TwentyOverLimit):
            take(budget, interactive=True, within=0.5)
    assert budget.left() == before
    clock.now += 2
    take(budget, interactive=True, within=0.5)
