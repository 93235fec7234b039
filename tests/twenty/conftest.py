"""Workspaces before `setup twenty`."""

from collections.abc import AsyncIterator

import pytest

from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox


@pytest.fixture
async def bare() -> AsyncIterator[TwentySandbox]:
    """A workspace as Twenty makes it."""
    async with twenty_sandbox(rate_limit=False) as sandbox:
        yield sandbox


@pytest.fixture(params=["bare", "with phoneCall"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[TwentySandbox]:
    """A workspace without the object phoneCall, and one with it."""
    async with twenty_sandbox(provisioned=request.param != "bare", rate_limit=False) as sandbox:
        yield sandbox
