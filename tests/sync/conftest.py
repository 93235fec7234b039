"""A worker between a real inbox and a sandbox Twenty."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.calls.agents import Agents
from bridge.calls.texts import ENGLISH
from bridge.inbox.forgetting import Forgotten
from bridge.inbox.store import Inbox, open_inbox
from bridge.sandbox.twenty import NEWEST, OLDEST
from bridge.sync.stages.prepare import Policy
from bridge.sync.worker import Worker
from bridge.twenty.client.client import Executes, TwentyClient
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from tests.databases import begin
from tests.support import LINKS, TEN
from tests.sync.support import Settings, worker_with


@pytest.fixture(params=[OLDEST, NEWEST])
def generation(request: pytest.FixtureRequest) -> str:
    """The oldest Twenty and the newest; each database is tried with one of them."""
    return str(request.param)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, generation: str, sqlite_file: Path) -> str:
    """An empty database: SQLite beside the oldest Twenty, PostgreSQL beside the newest."""
    if generation == OLDEST:
        return f"sqlite+aiosqlite:///{begin(sqlite_file)}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def inbox(database_url: str) -> AsyncIterator[Inbox]:
    async with open_inbox(database_url) as opened:
        yield opened


MakeWorker = Callable[[Executes, Settings], Worker]


@pytest.fixture
def make_worker(inbox: Inbox) -> MakeWorker:
    """Makes a worker with settings of its own."""

    began = datetime.now(UTC)

    def make(client: Executes, settings: Settings) -> Worker:
        policy = Policy(
            texts=ENGLISH,
            links=LINKS,
            region="FR",
            several=settings.several,
            unmatched=settings.nobody,
            own_numbers=settings.own_numbers,
            proposes=settings.proposes,
        )
        return worker_with(
            inbox,
            client,
            policy,
            members=Members(Agents(members=settings.emails)),
            directory=Directory(region="FR", seconds=settings.cache_seconds),
            assignee=settings.assignee,
            forgotten=Forgotten(inbox, settings.forget_keys),
            spoken=settings.spoken,
            live=lambda: settings.live,
            clock=lambda: TEN + (datetime.now(UTC) - began),
        )

    return make


@pytest.fixture
def worker(make_worker: MakeWorker, client: TwentyClient) -> Worker:
    """A worker as it is where nobody set anything."""
    return make_worker(client, Settings())
