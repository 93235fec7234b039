"""What is done again and again goes on whatever happens."""

import asyncio
from datetime import datetime, timedelta

import pytest

from bridge.errors import BridgeError, Standby, TwilioUnavailable
from bridge.sync.rounds import Rounds
from tests.support import BOUND

EVERY = timedelta(hours=1)


async def mine() -> None:
    """It is this process's turn."""


async def anothers() -> None:
    raise Standby("another process drains")


async def nothing(_now: datetime) -> None:
    """It went well."""


async def fails(_now: datetime) -> None:
    raise TwilioUnavailable("down")


async def breaks(_now: datetime) -> None:
    raise ValueError("nobody foresaw this")


@pytest.mark.parametrize(
    ("do", "lead", "seconds"),
    [
        (nothing, mine, 3600),
        (fails, mine, 60),
        (breaks, mine, 60),
        (nothing, anothers, 5),
        (breaks, anothers, 5),
    ],
)
async def test_when_it_is_done_next(do: object, lead: object, seconds: float) -> None:
    made = Rounds("a test", do, every=EVERY, lead=lead)  # type: ignore[arg-type]
    assert await made._once() == seconds


async def test_what_is_done_often_is_done_as_often_after_a_failure() -> None:
    assert await Rounds("a test", fails, every=timedelta(seconds=7), lead=mine)._once() == 7


async def test_it_is_done_again_until_it_is_cancelled() -> None:
    done, thrice = [], asyncio.Event()

    async def do(now: datetime) -> None:
        done.append(now)
        if len(done) == 3:
            thrice.set()
        if len(done) == 2:
            raise BridgeError("once")

    made = Rounds("a test", do, every=timedelta(0), lead=mine, first_in=0)
    running = asyncio.create_task(made.run())
    await asyncio.wait_for(thrice.wait(), BOUND)
    running.cancel()
    assert done == sorted(done)
