"""kill -9 between the start of a transcript at Twilio and its webhook: it arrives, and is paid for once."""

import asyncio
from pathlib import Path

import pytest

from bridge.demo.bridge import CONFIG, environment, known_to
from bridge.demo.process import BridgeProcess
from bridge.inbox.store import open_inbox
from bridge.inbox.transcripts.texts import transcripts_of
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from bridge.sandbox.twilio.transcribing import Service
from tests.e2e.test_transcript_kills import report, until_done
from tests.support import eventually, new_sid

TRANSCRIPTS = """\
transcripts: {%s}
lines: {default: {recording: {inbound: true, announcement: true}}}
"""


@pytest.mark.parametrize(
    ("engine", "is_classic"),
    [("engine: twilio-batch, language: fr", False), ("engine: twilio-classic, service: bridge", True)],
)
async def test_a_transcript_at_twilio_is_paid_once_whenever_the_bridge_is_killed(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path, engine: str, *, is_classic: bool
) -> None:
    state, call = twilio.account.transcribing, new_sid()
    if is_classic:
        service = Service(unique_name="bridge")
        service.settings["WebhookUrl"] = "https://phone.example.com/twilio/transcripts"
        state.services[service.sid] = service
    held = state.switches.until = asyncio.Event()
    tmp_path.joinpath("config.yaml").write_text(CONFIG + TRANSCRIPTS % engine)
    env = environment(twilio, twenty, tmp_path)
    bridge = BridgeProcess(env, tmp_path)
    await bridge.start()
    await report(twilio, bridge, call)
    recording_sid = "RE" + call[2:]
    await eventually(lambda: state.billed(recording_sid) == 1)
    await bridge.kill()
    await bridge.start()
    known_to(twilio, listens_on=bridge.url)
    held.set()
    await twilio.worked()
    assert [one.status_code for one in state.deliveries] == [204]
    await until_done(env["BRIDGE_DATABASE_URL"], [call])
    await bridge.stop()
    assert state.billed(recording_sid) == 1
    async with open_inbox(env["BRIDGE_DATABASE_URL"]) as inbox:
        [(_, made)] = (await transcripts_of(inbox, [call]))[call]
    assert [one.text for one in made.segments] == ["Hello Anna", "Hello Marie"]
