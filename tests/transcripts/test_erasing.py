"""What is erased here is deleted at Twilio, too, however long Twilio is away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bridge.calls.callback import Callback, Kind
from bridge.inbox.forgetting import erase
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.transcripts.erasing import erasures_of
from bridge.inbox.transcripts.jobs import charge, claim_job, save_progress
from bridge.sandbox.twilio import TwilioSandbox
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.transcribing import Service, Transcript
from bridge.transcripts.engines.classic import TwilioClassic
from bridge.transcripts.erasing import TranscriptErasing
from bridge.transcripts.transcriber import Transcriber
from bridge.twilio.transcripts.opening import open_transcripts
from tests.inbox.support import incoming, kept
from tests.support import TEN, new_sid, told, twilio_settings

HOLDER = b"1" * 16
LATER = TEN + timedelta(minutes=1)


def at_twilio(twilio: TwilioSandbox, call: str) -> Transcript:
    """A transcript of the recording of a call."""
    recording = Recording(sid="RE" + call[2:], call_sid=call, source="DialVerb", started=TEN, began_at=0)
    recording.finish(60)
    made = Transcript(service=Service(unique_name="bridge"), recording=recording, channel={})
    twilio.account.transcribing.transcripts[made.sid] = made
    return made


def recorded(call: str) -> Callback:
    given = {
        "RecordingSid": "RE" + call[2:],
        "RecordingUrl": "https://api.twilio.com/RE",
        "RecordingDuration": "60",
    }
    return told(Kind.RECORDING, call, at=40, **given)


async def job(inbox: Inbox, call: str, *, engine: str, progress: str) -> None:
    await kept(inbox, *incoming(call, "+33639980001"), recorded(call))
    claimed = await claim_job(inbox, HOLDER, now=LATER)
    assert claimed
    await charge(inbox, claimed, HOLDER, engine=engine, seconds=60, limit=6000, now=LATER)
    await save_progress(inbox, claimed, HOLDER, progress)


async def test_what_is_erased_here_is_deleted_at_twilio(twilio: TwilioSandbox, database_url: str) -> None:
    done, begun, elsewhere, other = (new_sid() for _ in range(4))
    saved, unsaved, stays = (at_twilio(twilio, call) for call in (done, begun, other))
    settings = twilio_settings(twilio)

    @asynccontextmanager
    async def opened() -> AsyncIterator[Transcriber]:
        async with open_transcripts(settings, pauses=()) as rest:
            yield TwilioClassic(rest.intelligence, service="")

    async with open_inbox(database_url, transcribing=True) as inbox:
        await job(inbox, done, engine="twilio-classic", progress=saved.sid)
        # Killed before it knew what it had begun.
        await job(inbox, begun, engine="twilio-classic", progress="")
        await job(inbox, elsewhere, engine="openai", progress="what was said")
        await job(inbox, other, engine="twilio-classic", progress=stays.sid)
        await erase(inbox, [done, begun, elsewhere])
        assert len(await erasures_of(inbox, "twilio-classic")) == 2
        erasing = TranscriptErasing(inbox, opened)
        twilio.rest.limited = 1
        await erasing.once(LATER)
        assert len(await erasures_of(inbox, "twilio-classic")) == 2
        # Deleted by hand meanwhile, or by a round that was killed after it.
        del twilio.account.transcribing.transcripts[saved.sid]
        await erasing.once(LATER)
        assert await erasures_of(inbox, "twilio-classic") == []
        assert list(twilio.account.transcribing.transcripts.values()) == [stays]
        assert unsaved.sid not in twilio.account.transcribing.transcripts
        await erasing.once(LATER)
