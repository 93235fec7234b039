"""Everything that an inbox does, it does on both databases."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.inbox.store import Inbox, open_inbox
from tests.databases import begin
from tests.postgres import Postgres, postgres
from tests.support import unused_port


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, sqlite_file: Path) -> str:
    """An empty database of either kind, with its tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{begin(sqlite_file)}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, sqlite_file: Path) -> str:
    """A database of either kind that was never opened."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{sqlite_file}"
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.url(request.getfixturevalue("bare_postgres_database"))


@pytest.fixture
async def inbox(database_url: str) -> AsyncIterator[Inbox]:
    """An empty one."""
    async with open_inbox(database_url) as opened:
        yield opened


@pytest.fixture
def tcp_postgres_url() -> Iterator[str]:
    """A server of its own that listens on loopback."""
    with postgres() as server:
        listening = replace(server, port=unused_port())
        listening.listen()
        yield listening.tcp_url("postgres")
