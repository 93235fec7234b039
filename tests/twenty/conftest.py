"""Workspaces before `setup twenty`, and after."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.sandbox.twenty import NEWEST, OLDEST, TwentySandbox, twenty_sandbox
from tests.twenty.provisioning import mutations, run


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


@pytest.fixture(scope="session")
def set_up_once() -> dict[str, Path]:
    """Generation → database of a workspace after `setup twenty`; filled by the first test that needs it."""
    return {}


@pytest.fixture
async def ready(
    generation: str, set_up_once: dict[str, Path], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TwentySandbox]:
    """A workspace after `setup twenty`, which ran once for all tests of a process."""
    if generation not in set_up_once:
        made = tmp_path_factory.mktemp("ready") / "twenty.sqlite"
        async with twenty_sandbox(database=made, rate_limit=False, generation=generation) as sandbox:
            await run(sandbox)
            assert len(mutations(sandbox)) > 50
        set_up_once[generation] = made
    copied = shutil.copy(set_up_once[generation], tmp_path / "twenty.sqlite")
    async with twenty_sandbox(database=copied, rate_limit=False) as sandbox:
        yield sandbox
