"""What runs a call waits for everything that forks off it, and then goes on."""

import asyncio

import pytest

from bridge.sandbox.twilio.runner import join


async def work() -> None:
    """Is done in one turn of the event loop."""


async def test_a_task_that_was_done_before_is_waited_for_once() -> None:
    """No callback of it is needed: from Python 3.12 on none would run meanwhile, and the wait never end."""
    task = asyncio.create_task(work())
    await task
    tasks = {task}

    await join(tasks)

    assert not tasks


async def test_a_task_that_fails_is_told() -> None:
    async def fail() -> None:
        raise ValueError("a call broke off")

    with pytest.raises(ValueError, match="a call broke off"):
        await join({asyncio.create_task(fail()), asyncio.create_task(work())})
