"""The token bucket, on a clock of its own."""

from bridge.twenty.budget import Budget


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
    assert 7 <= budget.wait_for() <= 7.1
    clock.now += 7.1
    assert budget.wait_for() == 0


async def test_the_smallest_budget_still_moves() -> None:
    clock = Clock()
    budget = Budget(1, clock=clock)
    await spend(budget, 1)
    clock.now += 61
    await spend(budget, 1)
