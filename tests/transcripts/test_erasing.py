"""What is erased here is deleted at Twilio, too, however long Twilio is away."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta

from bridge.calls.callback import Callback, Kind
from bridge.inbox.forgetting import erase
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.transcripts.erasing import erase_spoken, erasures_of
from bridge.inbox.transcripts.jobs import charge, claim_job, retry_jobs, save_progress
from bridge.inbox.transcripts.results import results_of, store_result
from bridge.sandbox.twilio import TwilioSandbox
from bridge.sandbox.twilio.recordings import MessageText, Recording
from bridge.sandbox.twilio.transcribing import Service, Transcript
from bridge.transcripts.engines.classic import TwilioClassic
from bridge.transcripts.erasing import NothingKept, RecordErasing, TranscriptErasing
from bridge.transcripts.transcriber import Transcriber
from bridge.twilio.rest import open_rest
from bridge.twilio.transcripts.opening import open_transcripts
from tests.inbox.support import incoming, kept, settled
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
    saved, _, stays = (at_twilio(twilio, call) for call in (done, begun, other))
    settings = twilio_settings(twilio)

    @asynccontextmanager
    async def opened() -> AsyncIterator[Transcriber]:
        async with open_transcripts(settings, pauses=()) as rest:
            yield TwilioClassic(rest.intelligence, service="")

    async with open_inbox(database_url, transcribing=True) as inbox:
        await job(inbox, done, engine="twilio-classic", progress=f"{saved.sid} #2")
        # Killed before it knew what it had begun.
        await job(inbox, begun, engine="twilio-classic", progress="")
        await job(inbox, elsewhere, engine="openai", progress="what was said")
        await job(inbox, other, engine="twilio-classic", progress=stays.sid)
        await erase(inbox, [done, begun, elsewhere])
        assert len(await erasures_of(inbox, "twilio-classic", now=LATER)) == 2
        erasing = TranscriptErasing(inbox, {"twilio-classic": opened})
        twilio.rest.limited = 1
        await erasing.once(LATER)
        assert len(await erasures_of(inbox, "twilio-classic", now=LATER)) == 2
        # Deleted by hand meanwhile, or by a round that was killed after it.
        del twilio.account.transcribing.transcripts[saved.sid]
        await erasing.once(LATER)
        assert await erasures_of(inbox, "twilio-classic", now=LATER) == []
        assert list(twilio.account.transcribing.transcripts.values()) == [stays]
        # A start that was on its way when its call was erased, and that no process heard of any more.
        late = at_twilio(twilio, begun)
        await erasing.once(LATER + timedelta(seconds=59))
        assert late.sid in twilio.account.transcribing.transcripts
        await erasing.once(LATER + timedelta(seconds=60))
        assert list(twilio.account.transcribing.transcripts.values()) == [stays]
        for seconds in (660, 87_060):
            await erasing.once(LATER + timedelta(seconds=seconds))
        assert await erasures_of(inbox, "twilio-classic", now=LATER + timedelta(days=9)) == []


async def test_what_is_transcribed_again_is_not_looked_for_as_erased(
    twilio: TwilioSandbox, database_url: str
) -> None:
    call = new_sid()
    async with open_inbox(database_url, transcribing=True) as inbox:
        await job(inbox, call, engine="twilio-classic", progress="")
        await settled(inbox)
        await erase_spoken(inbox, [call], now=LATER)
        assert len(await erasures_of(inbox, "twilio-classic", now=LATER)) == 1
        await retry_jobs(inbox, call, now=LATER)
        again = await claim_job(inbox, HOLDER, now=LATER)
        assert again
        await charge(inbox, again, HOLDER, engine="twilio-classic", seconds=60, limit=6000, now=LATER)
        assert await erasures_of(inbox, "twilio-classic", now=LATER) == []
        await erase(inbox, [call])
        assert len(await erasures_of(inbox, "twilio-classic", now=LATER)) == 1


async def test_a_result_that_comes_after_its_call_was_erased_is_not_stored(database_url: str) -> None:
    forgotten, deleted, lives = (new_sid() for _ in range(3))

    async def arrives(call: str) -> bool:
        sid = "RE" + call[2:]
        await store_result(
            inbox, source_sid=sid, digest=secrets.token_bytes(16), body="{}", received_at=LATER
        )
        return bool(await results_of(inbox, [sid]))

    async with open_inbox(database_url, transcribing=True) as inbox:
        for call in (forgotten, deleted, lives):
            await job(inbox, call, engine="twilio-batch", progress="key id")
        await settled(inbox)
        await erase(inbox, [forgotten])
        await erase_spoken(inbox, [deleted], now=LATER)
        assert [await arrives(call) for call in (forgotten, deleted, lives)] == [False, False, True]
        # A user restored the call, and an operator has it transcribed once more.
        await retry_jobs(inbox, deleted, now=LATER)
        assert await arrives(deleted)
        erasing = TranscriptErasing(inbox, {"twilio-batch": lambda: nullcontext(NothingKept())})
        for seconds in (0, 60, 660, 87_060):
            await erasing.once(LATER + timedelta(seconds=seconds))
        assert await erasures_of(inbox, "twilio-batch", now=LATER + timedelta(days=9)) == []


async def test_texts_of_record_are_deleted_at_twilio(twilio: TwilioSandbox, database_url: str) -> None:
    forgotten, deleted, stays = (new_sid() for _ in range(3))
    texts = twilio.account.message_texts
    async with (
        open_inbox(database_url) as inbox,
        open_rest(twilio_settings(twilio), pauses=()) as rest,
    ):
        for call in (forgotten, deleted, stays):
            recording = Recording(
                sid="RE" + call[2:], call_sid=call, source="RecordVerb", started=TEN, began_at=0
            )
            recording.finish(9)
            text = MessageText(sid="TR" + call[2:], recording=recording, text="Bonjour")
            texts[text.sid] = text
            of_text = {"TranscriptionSid": text.sid, "TranscriptionText": text.text}
            message = told(Kind.TRANSCRIPTION, call, at=50, TranscriptionStatus="completed", **of_text)
            await kept(inbox, *incoming(call, "+33639980001"), message)
        await settled(inbox)
        await erase(inbox, [forgotten])
        await erase_spoken(inbox, [deleted], now=LATER)
        erasing = TranscriptErasing(inbox, {"twilio-record": lambda: nullcontext(RecordErasing(rest))})
        # Deleted by hand.
        del texts["TR" + deleted[2:]]
        twilio.rest.limited = 1
        await erasing.once(LATER)
        assert len(texts) == 2
        await erasing.once(LATER)
        assert list(texts) == ["TR" + stays[2:]]
        assert await erasures_of(inbox, "twilio-record", now=LATER) == []
