"""A meeting to play with."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bridge.sandbox.twilio import TwilioSandbox
from tests.sandbox.twilio.conferences.support import Meeting, room
from tests.sandbox.twilio.support import App, dial


@pytest.fixture
async def meeting(app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession) -> AsyncIterator[Meeting]:
    app.on("/room", dial(room(participantLabel="customer"), action="/dial", record="record-from-answer-dual"))
    meeting = Meeting(app, sandbox, rest)
    yield meeting
    for task in meeting.tasks:
        task.cancel()
    await asyncio.gather(*meeting.tasks, return_exceptions=True)
