"""The bridge as a process of its own, between the two sandboxes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.demo.bridge import CONFIG, environment, known_to
from bridge.demo.process import BridgeProcess, running
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from tests.databases import begin


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSandbox]:
    """A Twilio."""
    async with twilio_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def bridge(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> AsyncIterator[BridgeProcess]:
    """The bridge, ready, and known to that Twilio."""
    folder = tmp_path / "bridge"
    folder.mkdir(mode=0o700)
    folder.joinpath("config.yaml").write_text(CONFIG)
    begin(folder / "bridge.db")
    async with running(environment(twilio, twenty, folder), folder) as process:
        known_to(twilio, listens_on=process.url)
        yield process
