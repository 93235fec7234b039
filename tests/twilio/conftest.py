"""A Twilio, and the bridge's client of its REST API."""

from collections.abc import AsyncIterator

import pytest

from bridge.sandbox.twilio import Party, TwilioSandbox, twilio_sandbox
from bridge.twilio.rest import TwilioRest, open_rest
from tests.support import TEN, twilio_settings


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSandbox]:
    """A Twilio at ten, where one mobile phone is answered."""
    async with twilio_sandbox(start=TEN) as sandbox:
        sandbox.parties["+33612345678"] = Party.answers(talks=60)
        yield sandbox


@pytest.fixture
async def rest(twilio: TwilioSandbox) -> AsyncIterator[TwilioRest]:
    """The bridge's client, which does not wait long."""
    async with open_rest(twilio_settings(twilio), pauses=(0, 0)) as opened:
        yield opened
