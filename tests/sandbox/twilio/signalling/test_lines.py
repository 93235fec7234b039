"""A line of the mixer without a device: which sockets it leaves."""

import asyncio
import gc
import warnings

import pytest

pytest.importorskip("aiortc")

from bridge.sandbox.twilio.signalling.mixer import MixedLine, Mixer


@pytest.mark.parametrize("cancelled", [False, True])
@pytest.mark.parametrize("steps", range(12))
async def test_a_line_that_is_over_while_it_is_described_leaves_no_socket(
    cancelled: bool, steps: int
) -> None:
    line = MixedLine()
    describing = asyncio.create_task(line.offer())
    for _ in range(steps):
        await asyncio.sleep(0)
    if cancelled:
        describing.cancel()
    await line.close()
    await asyncio.wait([describing])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ResourceWarning)
        del line
        gc.collect()
    assert [str(one.message) for one in said] == []


@pytest.mark.parametrize("steps", range(4))
async def test_a_mixer_closes_a_line_whose_dropping_was_cancelled(steps: int) -> None:
    mixer = Mixer(lambda _name: ([], False))
    await mixer.offer("line")
    dropping = asyncio.create_task(mixer.drop("line"))
    for _ in range(steps):
        await asyncio.sleep(0)
    dropping.cancel()
    await asyncio.wait([dropping])
    await mixer.close()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ResourceWarning)
        del mixer, dropping
        gc.collect()
    assert [str(one.message) for one in said] == []
