"""Everything that an inbox does, it does on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.inbox.store import Inbox, open_inbox


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, sqlite_file: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{sqlite_file}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def inbox(database_url: str) -> AsyncIterator[Inbox]:
    """An empty one."""
    async with open_inbox(database_url) as opened:
        yield opened
