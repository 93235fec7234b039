"""Many calls of all kinds, shuffled and doubled: each stands once in Twenty, as it was scripted."""

import pytest

from benchmarks.soak import soak


@pytest.mark.parametrize(
    ("calls", "seed"), [(150, 1), pytest.param(10_000, 2, marks=pytest.mark.slow)], ids=["sample", "whole"]
)
async def test_each_call_ends_as_it_was_scripted(calls: int, seed: int) -> None:
    result = await soak(calls, seed)
    assert result["wrong"] == []
    assert result["not_acknowledged"] == 0
