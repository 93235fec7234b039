"""A line of the mixer without a device: which sockets it leaves."""

import asyncio
import gc
import warnings
from itertools import product

import pytest

pytest.importorskip("aiortc")

from bridge.sandbox.twilio.signalling.mixer import MixedLine, Mixer

STEPS = range(12)
"""How far the description of a line comes: it takes fewer."""


async def test_a_line_that_is_over_while_it_is_described_leaves_no_socket() -> None:
    """Collected once for all of them: a collection takes longer than a line."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ResourceWarning)
        for steps, cancelled in product(STEPS, (False, True)):
            await _described(steps=steps, cancelled=cancelled)
        gc.collect()
    assert [str(one.message) for one in said] == []


async def _described(*, steps: int, cancelled: bool) -> None:
    line = MixedLine()
    describing = asyncio.create_task(line.offer())
    await _pass(steps)
    if cancelled:
        describing.cancel()
    await line.close()
    await asyncio.wait([describing])


async def test_a_mixer_closes_a_line_whose_dropping_was_cancelled() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ResourceWarning)
        for steps in range(4):
            await _dropped(steps=steps)
        gc.collect()
    assert [str(one.message) for one in said] == []


async def _dropped(*, steps: int) -> None:
    mixer = Mixer(lambda _name: ([], False))
    await mixer.offer("line")
    dropping = asyncio.create_task(mixer.drop("line"))
    await _pass(steps)
    dropping.cancel()
    await asyncio.wait([dropping])
    await mixer.close()


async def _pass(steps: int) -> None:
    for _ in range(steps):
        await asyncio.sleep(0)
