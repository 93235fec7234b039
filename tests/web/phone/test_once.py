"""What is asked for twice is done once."""

import asyncio

import pytest

from bridge.errors import TwilioUnavailable
from bridge.web.phone.once import Once


class Acting:
    """Counts how often it is done; waits until it may end, and fails so many times."""

    def __init__(self, *, failures: int = 0) -> None:
        self.times = 0
        self.failures = failures
        self.may_end = asyncio.Event()

    async def act(self) -> None:
        self.times += 1
        await self.may_end.wait()
        if self.times <= self.failures:
            raise TwilioUnavailable("away")


async def test_while_it_is_under_way_and_for_a_while_after() -> None:
    now = 0.0
    once, acting = Once(30, clock=lambda: now), Acting()
    both = asyncio.gather(once.run("a", acting.act), once.run("a", acting.act))
    await asyncio.sleep(0)
    acting.may_end.set()
    await both
    now = 29
    await once.run("a", acting.act)
    assert acting.times == 1
    await once.run("b", acting.act)
    now = 31
    await once.run("a", acting.act)
    assert acting.times == 3


async def test_what_failed_is_tried_again() -> None:
    once, acting = Once(30), Acting(failures=1)
    acting.may_end.set()
    with pytest.raises(TwilioUnavailable):
        await once.run("a", acting.act)
    await once.run("a", acting.act)
    assert acting.times == 2


async def test_who_goes_away_stops_nothing() -> None:
    once, acting = Once(30), Acting()
    first = asyncio.ensure_future(once.run("a", acting.act))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    acting.may_end.set()
    await once.run("a", acting.act)
    assert acting.times == 1
