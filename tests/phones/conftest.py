"""The bridge, in this process, between the two sandboxes, and agents' phones in a Chromium."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from tests.phones.office import Bridge, Office, office
from tests.support import BOUND, twenty_settings, twilio_settings
from tests.web.conftest import KEY, PUBLIC_URL, settings_with

Sections = Mapping[str, Mapping[str, object]]


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSandbox]:
    """A Twilio, which takes a page that a busy machine delays for none that is lost."""
    async with twilio_sandbox() as sandbox:
        sandbox.signalling.switches.silence = BOUND
        yield sandbox


@pytest.fixture
def sections() -> Sections:
    """Sections of the settings that a test changes."""
    return {}


@pytest.fixture
async def bridge(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path, sections: Sections
) -> AsyncIterator[Bridge]:
    """The bridge, whose page finds the sandbox."""
    known: dict[str, dict[str, Any]] = {
        "twilio": twilio_settings(twilio).model_dump(),
        "twenty": twenty_settings(twenty).model_dump(),
        "agents": {"names": ("alice", "bob")},
        "voice": {"language": "en-US"},
        "phone": {"signalling": f"ws://{twilio.signalling_host}"},
    }
    changed = {name: {**known.get(name, {}), **sections.get(name, {})} for name in {*known, *sections}}
    opened = Bridge(settings_with(changed, tmp_path / "bridge.db"))
    await opened.start()
    twilio.routes = {PUBLIC_URL: opened.url}
    twilio.voice_url = f"{PUBLIC_URL}/twilio/voice"
    twilio.status_url = f"{PUBLIC_URL}/twilio/status#rc=5&rp=all"
    yield opened
    await opened.stop()


@pytest.fixture
async def phones(bridge: Bridge, twilio: TwilioSandbox, tmp_path: Path) -> AsyncIterator[Office]:
    """Agents' phones."""
    async with office(bridge, twilio, tmp_path, KEY) as opened:
        yield opened
