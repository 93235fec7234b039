"""What tests of several rooms share: a Twenty, the bridge's client to it, a database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.twenty.client import TwentyClient, open_client
from tests.support import twenty_settings

# Machines are noisy: an example that takes long is no failure.
hypothesis_settings.register_profile("noisy", deadline=None)
hypothesis_settings.load_profile("noisy")


@pytest.fixture
async def twenty() -> AsyncIterator[TwentySandbox]:
    """A Twenty with the object phoneCall, and no limit."""
    async with twenty_sandbox(provisioned=True, rate_limit=False) as sandbox:
        yield sandbox


@pytest.fixture
async def client(twenty: TwentySandbox) -> AsyncIterator[TwentyClient]:
    """The bridge's client to that Twenty."""
    async with open_client(twenty_settings(twenty)) as opened:
        yield opened


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """A SQLite file that is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}"
