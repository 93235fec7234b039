"""What is noted of erased words, and when it is looked for: the conditions, on SQLite."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.calls.callback import Callback, Kind
from bridge.inbox.queries import known_call
from bridge.inbox.reminders import due_reminders
from bridge.inbox.retention import drop
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.transcripts.erasing import (
    BATCH,
    CLASSIC,
    LOOKS,
    NOTES,
    RECORD,
    Erasure,
    erase_spoken,
    erased,
    erasures_of,
)
from bridge.inbox.transcripts.jobs import JobState, charge, close_job, finish_job, jobs_of, save_progress
from bridge.inbox.transcripts.results import drop_results_before, results_of, store_result
from tests.databases import begin
from tests.inbox.support import incoming, kept, settled
from tests.inbox.test_transcript_jobs import JANES, LATER, ONE, SAID, one_job, recording_sid
from tests.support import TEN, new_sid, told

AT = int(TEN.timestamp())


@pytest.fixture
async def inbox(sqlite_file: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}", transcribing=True) as opened:
        yield opened


@pytest.mark.parametrize(
    ("stored", "remainder", "looks", "due_at", "after"),
    [
        ("GT1", "GT1", 0, 0, None),
        # All of a recording is looked for at once, and later for what was on its way.
        ("RE1 3", "RE1", 3, 0, f"RE1 2 {AT + LOOKS[0]}"),
        (f"RE1 2 {AT}", "RE1", 2, AT, f"RE1 1 {AT + LOOKS[1]}"),
        (f"RE1 1 {AT}", "RE1", 1, AT, f"RE1 0 {AT + LOOKS[2]}"),
        (f"RE1 0 {AT}", "RE1", 0, AT, None),
        # Of a version that looks once, and of one that looks more often.
        ("RE1", "RE1", 0, 0, None),
        ("RE1 9", "RE1", 9, 0, f"RE1 8 {AT + LOOKS[0]}"),
        # The words of another engine mean what they mean to it.
        ("key 3 5", "key 3 5", 0, 0, None),
    ],
)
def test_how_often_what_is_erased_is_looked_for(
    stored: str, remainder: str, looks: int, due_at: int, after: str | None
) -> None:
    erasure = Erasure("RE1", stored)
    assert (erasure.remainder, erasure.looks, erasure.due_at) == (remainder, looks, due_at)
    assert erasure.after(TEN) == after


def transcribed(call: str, text: str = "Bonjour") -> Callback:
    """As Twilio's `<Record transcribe>` reports the text of a message."""
    return told(Kind.TRANSCRIPTION, call, at=50, TranscriptionText=text, TranscriptionSid=f"TR{call[2:]}")


async def said_in(inbox: Inbox, call: str) -> list[str | None]:
    found = await known_call(inbox, call)
    assert found
    return [one.get("TranscriptionText") for one in found.callbacks if one.kind is Kind.TRANSCRIPTION]


async def test_of_a_message_that_twilio_wrote_down_nothing_is_left(inbox: Inbox) -> None:
    deleted, silent, _ = calls = [new_sid() for _ in range(3)]
    for call in calls:
        await kept(inbox, *incoming(call, JANES), transcribed(call, "" if call == silent else "Bonjour"))
    await settled(inbox)
    await erase_spoken(inbox, [deleted, silent], now=LATER)
    assert [await said_in(inbox, call) for call in calls] == [[None], [None], ["Bonjour"]]
    # Twilio keeps the text, and a note in Twenty has it; of a silent one there is none.
    text = f"TR{deleted[2:]}"
    assert await erasures_of(inbox, RECORD, now=LATER) == [Erasure(text, text)]
    assert await erasures_of(inbox, NOTES, now=LATER) == [Erasure(deleted, deleted)]
    # The callbacks stay: one that is repeated brings no text back.
    await kept(inbox, transcribed(deleted))
    assert await said_in(inbox, deleted) == [None]
    assert await due_reminders(inbox, 9, now=LATER) == []


@pytest.mark.parametrize(
    ("engine", "progress", "is_done", "stored"),
    [
        (CLASSIC, "GT1", True, "GT1"),
        (CLASSIC, "GT1 #2", False, "GT1 #2"),
        # A process has possibly begun without having stored what.
        (CLASSIC, "", False, "{recording} 3"),
        # Batch transcription keeps no text; one that it makes now is posted later.
        (BATCH, "key id", False, "{recording} 3"),
        (BATCH, "key id", True, None),
        ("openai", "what was said", False, None),
    ],
)
async def test_what_an_engine_keeps_of_a_call_that_is_forgotten(
    inbox: Inbox, engine: str, progress: str, stored: str | None, *, is_done: bool
) -> None:
    job = await one_job(inbox)
    await charge(inbox, job, ONE, engine=engine, seconds=9, limit=99, now=LATER)
    await save_progress(inbox, job, ONE, progress)
    if is_done:
        await finish_job(inbox, job, ONE, SAID, starts_at=TEN, now=LATER, remainder=progress)
    await drop(inbox, [job.root_sid])
    recording = recording_sid(job.root_sid)
    noted = [one for name in (CLASSIC, BATCH) for one in await erasures_of(inbox, name, now=LATER)]
    expected = [] if stored is None else [Erasure(recording, stored.format(recording=recording))]
    assert noted == expected
    for one in noted:
        await erased(inbox, one, now=LATER)
    again = [one for name in (CLASSIC, BATCH) for one in await erasures_of(inbox, name, now=LATER)]
    assert again == []
    if stored and stored.startswith("{"):
        later = LATER + timedelta(seconds=LOOKS[0])
        [once_more] = await erasures_of(inbox, engine, now=later)
        assert once_more.looks == len(LOOKS) - 1


async def store(inbox: Inbox, source: str, digest: bytes, minutes: int = 0) -> None:
    at = LATER + timedelta(minutes=minutes)
    await store_result(inbox, source_sid=source, digest=digest, body=digest.decode(), received_at=at)


async def test_results_come_in_their_order_once_and_go_with_time(inbox: Inbox) -> None:
    one, other = "RE" + "1" * 32, "RE" + "2" * 32
    for number, source in enumerate((other, one, one)):
        for _ in range(2):
            await store(inbox, source, b"%16d" % -number, minutes=number)
    assert [int(found.body) for found in await results_of(inbox, [one, other])] == [0, -1, -2]
    assert [int(found.body) for found in await results_of(inbox, [one])] == [-1, -2]
    assert await drop_results_before(inbox, LATER + timedelta(minutes=1)) == 1
    assert [found.source_sid for found in await results_of(inbox, [one, other])] == [one, one]


async def test_which_results_come_too_late(inbox: Inbox) -> None:
    """Not those of a recording that was left out for another reason, or is not known."""
    erased_, omitted, forgotten = [await one_job(inbox) for _ in range(3)]
    await close_job(inbox, omitted, ONE, state=JobState.OMITTED, reason="too short", now=LATER)
    await charge(inbox, forgotten, ONE, engine=BATCH, seconds=9, limit=99, now=LATER)
    await settled(inbox)
    await erase_spoken(inbox, [erased_.root_sid], now=LATER)
    await drop(inbox, [forgotten.root_sid])
    assert [job.state for job in await jobs_of(inbox, erased_.root_sid)] == [JobState.OMITTED]
    sources = [job.recording_sid for job in (erased_, omitted, forgotten)] + ["RE" + "9" * 32]
    for number, source in enumerate(sources):
        await store(inbox, source, b"%16d" % number)
    assert [found.source_sid for found in await results_of(inbox, sources)] == [sources[1], sources[3]]


@pytest.mark.parametrize("kind", [Kind.RECORDING, Kind.VOICEMAIL, Kind.DIAL])
async def test_results_go_with_their_call_whichever_callback_names_the_recording(
    inbox: Inbox, kind: Kind
) -> None:
    call, other = new_sid(), "RE" + "9" * 32
    await kept(inbox, *incoming(call, JANES), told(kind, call, at=40, RecordingSid=recording_sid(call)))
    for number, source in enumerate((recording_sid(call), other)):
        await store(inbox, source, b"%16d" % number)
    await drop(inbox, [call])
    assert [found.source_sid for found in await results_of(inbox, [recording_sid(call), other])] == [other]
