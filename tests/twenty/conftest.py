"""Workspaces before `setup twenty`."""

from collections.abc import AsyncIterator

import pytest

from bridge.sandbox.twenty import NEWEST, OLDEST, TwentySandbox, twenty_sandbox


@pytest.fixture(params=[OLDEST, NEWEST])
def generation(request: pytest.FixtureRequest) -> str:
    """The oldest Twenty and the newest."""
    return str(request.param)


@pytest.fixture
async def bare(generation: str) -> AsyncIterator[TwentySandbox]:
    """A workspace as Twenty makes it."""
    async with twenty_sandbox(rate_limit=False, generation=generation) as sandbox:
        yield sandbox


@pytest.fixture(params=["bare", "with phoneCall"])
async def either(request: pytest.FixtureRequest, generation: str) -> AsyncIterator[TwentySandbox]:
    """A workspace without the object phoneCall, and one with it."""
    provisioned = request.param != "bare"
    async with twenty_sandbox(provisioned=provisioned, rate_limit=False, generation=generation) as sandbox:
        yield sandbox
