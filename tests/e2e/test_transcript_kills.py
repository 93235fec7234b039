"""kill -9 anywhere between a recording and its transcript: it arrives, once, and is hardly paid for twice."""

import asyncio
import random
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bridge.demo.bridge import CONFIG, environment
from bridge.demo.process import BridgeProcess
from bridge.inbox.store import open_inbox
from bridge.inbox.transcripts.jobs import JobState, jobs_of
from bridge.inbox.transcripts.texts import transcripts_of
from bridge.sandbox.sound import Conversation, Said
from bridge.sandbox.speech import Answer, SpeechSandbox, speech_sandbox
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from bridge.sandbox.twilio.recordings import Recording
from bridge.transcripts.jobs import AT_ONCE
from tests.e2e.load import signed
from tests.support import TEN, eventually, new_sid

TRANSCRIPTS = """\
transcripts: {{engine: openai, url: '{url}/v1'}}
lines: {{default: {{recording: {{inbound: true, announcement: true}}}}}}
"""
PATH = "/twilio/recording?direction=inbound"
CALLS = 12
KILLS = 5
BOTH = Conversation([Said(1, 0, "Hello Anna"), Said(2, 2, "Hello Marie")])


def recorded(twilio: TwilioSandbox, call: str) -> dict[str, str]:
    """A recording that Twilio has, and what it reports of it."""
    recording = Recording("RE" + call[2:], call, "DialVerb", TEN, 0, channels=2, conversation=BOTH)
    recording.finish(6)
    twilio.account.keep_recording(recording)
    return {"CallSid": call, **recording.parameters(api_url=twilio.url, account_sid=twilio.account_sid)}


async def report(twilio: TwilioSandbox, bridge: BridgeProcess, call: str) -> None:
    """Reports a recording until the bridge acknowledges it, as Twilio does with `#rc=5&rp=all`."""
    form = recorded(twilio, call)
    headers = signed(PATH, form, auth_token=twilio.auth_token)
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.post(bridge.url + PATH, data=form, headers=headers) as answer:
                    if answer.status == 204:
                        return
            except (aiohttp.ClientError, OSError):
                pass
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
async def test_a_transcript_arrives_once_whenever_the_bridge_is_killed(
    request: pytest.FixtureRequest,
    twilio: TwilioSandbox,
    twenty: TwentySandbox,
    tmp_path: Path,
    database: str,
) -> None:
    calls, chance = [new_sid() for _ in range(CALLS)], random.Random(23)
    async with speech_sandbox() as speech:
        tmp_path.joinpath("config.yaml").write_text(CONFIG + TRANSCRIPTS.format(url=speech.url))
        env = environment(twilio, twenty, tmp_path)
        if database == "postgresql":
            env["BRIDGE_DATABASE_URL"] = request.getfixturevalue("postgres_url")
        bridge = BridgeProcess(env, tmp_path)
        await bridge.start()
        # The first kill comes while the server works on the second channel.
        never = asyncio.Event()
        speech.transcripts.extend([Answer(), Answer(until=never)])
        reporting = asyncio.gather(*(report(twilio, bridge, call) for call in calls))
        await eventually(lambda: len(speech.transcribed) >= 2)
        for _ in range(KILLS):
            await bridge.kill()
            await bridge.start()
            await asyncio.sleep(chance.uniform(0, 0.3))
        await reporting
        url = env["BRIDGE_DATABASE_URL"]
        await eventually(lambda: _all_done(speech), within=150)
        await until_done(url, calls)
        await bridge.stop()
        # Each channel once; a kill meets as many at most as are worked on at once.
        assert 2 * CALLS <= len(speech.transcribed) <= 2 * CALLS + KILLS * AT_ONCE
    async with open_inbox(url) as inbox:
        texts = await transcripts_of(inbox, calls)
    assert sorted(texts) == sorted(calls)
    for ((_, made),) in texts.values():
        assert [s.text for s in made.segments] == ["Hello Anna", "Hello Marie"]
        assert len(made.speakers) == 2


def _all_done(speech: SpeechSandbox) -> bool:
    return len(speech.transcribed) >= 2 * CALLS


async def until_done(url: str, calls: list[str]) -> None:
    """Waits until no job is due; with PostgreSQL a killed bridge's leases have to end first."""
    ends = datetime.now(UTC).timestamp() + 150
    async with open_inbox(url) as inbox:
        while datetime.now(UTC).timestamp() < ends:
            states = {job.state for call in calls for job in await jobs_of(inbox, call)}
            if states == {JobState.DONE}:
                return
            await asyncio.sleep(0.1)
    pytest.fail("not all recordings were transcribed")
