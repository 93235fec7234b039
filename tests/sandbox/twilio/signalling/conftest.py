"""Devices beside the sandbox and its application."""

from collections.abc import AsyncIterator

import pytest

from bridge.sandbox.twilio import TwilioSandbox
from tests.sandbox.twilio.signalling.support import Office, opened


@pytest.fixture
async def office(sandbox: TwilioSandbox) -> AsyncIterator[Office]:
    async with opened(sandbox) as office:
        yield office
