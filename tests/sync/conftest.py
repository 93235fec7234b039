"""A worker between a real inbox and a sandbox Twenty."""

from collections.abc import AsyncIterator

import pytest

from bridge.calls.texts import ENGLISH
from bridge.inbox.store import Inbox, open_inbox
from bridge.sync.worker import Worker
from bridge.twenty.client import TwentyClient


@pytest.fixture
async def inbox(database_url: str) -> AsyncIterator[Inbox]:
    async with open_inbox(database_url) as opened:
        yield opened


@pytest.fixture
def worker(inbox: Inbox, client: TwentyClient) -> Worker:
    return Worker(inbox, client, texts=ENGLISH, region="FR", batch=200)
