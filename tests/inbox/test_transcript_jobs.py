"""Jobs of transcription: stored with their callback, held by one process, finished together with the text."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bridge.calls.callback import Callback, Kind
from bridge.calls.transcripts.segments import Role, Segment, Speaker, Transcript
from bridge.errors import TranscriptTaken
from bridge.inbox.forgetting import erase
from bridge.inbox.queries import known_call
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.transcripts.erasing import Erasure, erase_spoken, erasures_of
from bridge.inbox.transcripts.jobs import (
    LEASE,
    JobBacklog,
    JobState,
    TranscriptJob,
    charge,
    claim_job,
    close_job,
    finish_job,
    job_backlog,
    jobs_of,
    next_due,
    postpone_job,
    release_jobs,
    renew_job,
    restart_job,
    retry_jobs,
    save_progress,
)
from bridge.inbox.transcripts.results import store_result
from bridge.inbox.transcripts.summaries import summaries_of, summary_job_of
from bridge.inbox.transcripts.texts import transcripts_of
from tests.inbox.support import incoming, kept, settled
from tests.support import TEN, new_sid, told

JANES = "+33639980001"
ONE, OTHER = b"1" * 16, b"2" * 16
LATER = TEN + timedelta(minutes=1)
SECOND = timedelta(seconds=1)
SAID = Transcript(
    segments=(
        Segment(Speaker(Role.CUSTOMER, JANES), 0.5, 2.25, "Bonjour \u200f\x00*x*", 0.5),
        Segment(Speaker(Role.AGENT, "anna"), 3, 4, "Oui", None),
    ),
    language="fr",
    engine="openai",
    model="m",
)
STORED = Transcript(
    segments=(
        Segment(Speaker(Role.CUSTOMER, JANES), 0.5, 2.25, "Bonjour \u200f\N{REPLACEMENT CHARACTER}*x*", 0.5),
        SAID.segments[1],
    ),
    language="fr",
    engine="openai",
    model="m",
)


@pytest.fixture
async def inbox(database_url: str) -> AsyncIterator[Inbox]:
    async with open_inbox(database_url, transcribing=True) as opened:
        yield opened


def recording_sid(call: str) -> str:
    return "RE" + call[2:]


def recorded(call: str, *, kind: Kind = Kind.RECORDING, seconds: int = 60, **more: str) -> Callback:
    sid = recording_sid(call)
    given = {
        "RecordingSid": sid,
        "RecordingUrl": f"https://api.twilio.com/{sid}",
        "RecordingDuration": str(seconds),
    }
    return told(kind, call, at=40, **given | more)


async def one_job(inbox: Inbox, holder: bytes = ONE) -> TranscriptJob:
    call = new_sid()
    await kept(inbox, *incoming(call, JANES), recorded(call))
    job = await claim_job(inbox, holder, now=LATER)
    assert job
    return job


async def test_a_job_comes_with_the_callback_that_names_a_recording(inbox: Inbox) -> None:
    calls = {name: new_sid() for name in ("recorded", "voicemail", "empty", "failed", "action")}
    for call in calls.values():
        await kept(inbox, *incoming(call, JANES))
    await kept(inbox, recorded(calls["recorded"], RecordingStatus="completed"))
    await kept(inbox, recorded(calls["recorded"], RecordingStatus="completed", again="1"))
    await kept(inbox, recorded(calls["voicemail"], kind=Kind.VOICEMAIL))
    await kept(inbox, recorded(calls["empty"], seconds=0))
    await kept(inbox, recorded(calls["failed"], RecordingStatus="failed"))
    await kept(inbox, recorded(calls["action"], kind=Kind.DIAL))
    made = {name: len(await jobs_of(inbox, call)) for name, call in calls.items()}
    assert made == {"recorded": 1, "voicemail": 1, "empty": 0, "failed": 0, "action": 0}
    assert (await job_backlog(inbox)).due == 2
    assert await claim_job(inbox, ONE, now=TEN) is None
    assert await next_due(inbox, now=TEN) == TEN + timedelta(seconds=40)


async def test_after_a_clock_was_set_back_no_job_waits_for_the_length_of_the_jump(inbox: Inbox) -> None:
    job = await one_job(inbox)
    ahead = LATER + timedelta(days=100)
    await postpone_job(inbox, job, ONE, until=ahead + LEASE, reason=None, now=ahead)
    assert await claim_job(inbox, OTHER, now=ahead) is None
    assert await claim_job(inbox, OTHER, now=LATER)


async def test_without_an_engine_there_are_no_jobs(database_url: str) -> None:
    async with open_inbox(database_url) as inbox:
        await kept(inbox, recorded(new_sid()))
        assert await job_backlog(inbox) == JobBacklog(0, 0, None)


async def test_one_of_many_processes_has_a_job(inbox: Inbox, database_url: str) -> None:
    for call in (calls := [new_sid() for _ in range(4)]):
        await kept(inbox, recorded(call))
    async with open_inbox(database_url) as second:
        claims = [claim_job(one, bytes([n]) * 16, now=LATER) for n in range(4) for one in (inbox, second)]
        claimed = [job for job in await asyncio.gather(*claims) if job]
    assert len({job.recording_sid for job in claimed}) == len(claimed) <= len(calls)
    while job := await claim_job(inbox, ONE, now=LATER):
        claimed.append(job)
    assert sorted(job.root_sid for job in claimed) == sorted(calls)


async def test_another_process_goes_on_after_the_lease(inbox: Inbox) -> None:
    job = await one_job(inbox)
    await save_progress(inbox, job, ONE, "half")
    await renew_job(inbox, job, ONE, now=LATER + LEASE)
    assert await claim_job(inbox, OTHER, now=LATER + 2 * LEASE - SECOND) is None
    taken = await claim_job(inbox, OTHER, now=LATER + 2 * LEASE + SECOND)
    assert taken
    assert (taken.recording_sid, taken.progress, taken.attempts) == (job.recording_sid, "half", 2)
    for late in (
        renew_job(inbox, job, ONE, now=LATER),
        save_progress(inbox, job, ONE, "mine"),
        postpone_job(inbox, job, ONE, until=LATER, reason=None, now=LATER),
        charge(inbox, job, ONE, engine="openai", seconds=1, limit=9, now=LATER),
        finish_job(inbox, job, ONE, SAID, starts_at=TEN, now=LATER),
    ):
        with pytest.raises(TranscriptTaken):
            await late
    assert await transcripts_of(inbox, [job.root_sid]) == {}
    assert await release_jobs(inbox) == 1
    assert await claim_job(inbox, ONE, now=LATER)


async def test_what_is_finished_makes_its_call_due_once(inbox: Inbox) -> None:
    job = await one_job(inbox)
    await settled(inbox)
    await finish_job(inbox, job, ONE, SAID, starts_at=TEN, now=LATER)
    (due,) = await settled(inbox)
    assert due.root_sid == job.root_sid
    assert await transcripts_of(inbox, [job.root_sid, new_sid()]) == {job.root_sid: [(TEN, STORED)]}
    with pytest.raises(TranscriptTaken):
        await finish_job(inbox, job, ONE, SAID, starts_at=TEN, now=LATER)
    assert await inbox.claim(9) == []
    assert [one.state for one in await jobs_of(inbox, job.root_sid)] == [JobState.DONE]
    assert await next_due(inbox, now=LATER) is None


async def test_a_day_has_its_budget(inbox: Inbox) -> None:
    async def fits(job: TranscriptJob, seconds: int, days: int = 0) -> bool:
        now = LATER + timedelta(days=days)
        return await charge(inbox, job, ONE, engine="openai", seconds=seconds, limit=100, now=now)

    first, second = await one_job(inbox), await one_job(inbox)
    assert await fits(first, 60)
    assert await fits(first, 60)  # once
    assert not await fits(second, 41)
    assert await fits(second, 40)
    third = await one_job(inbox)
    assert not await fits(third, 1)
    assert await fits(third, 100, days=1)
    await restart_job(inbox, third, ONE, until=LATER, reason="lost", now=LATER)
    again = await claim_job(inbox, ONE, now=LATER)
    assert again
    assert (again.progress, again.charged) == ("", False)
    assert not await fits(again, 1, days=1)


async def test_a_parked_job_waits_for_an_operator(inbox: Inbox) -> None:
    job = await one_job(inbox)
    await close_job(inbox, job, ONE, state=JobState.PARKED, reason="no \x00 speech", now=LATER)
    assert await claim_job(inbox, ONE, now=LATER + 9 * LEASE) is None
    (known,) = await jobs_of(inbox, job.root_sid)
    assert (known.state, known.reason) == (JobState.PARKED, "no \N{REPLACEMENT CHARACTER} speech")
    assert (await job_backlog(inbox)).parked == 1
    assert await retry_jobs(inbox, None, now=LATER) == 1
    assert await claim_job(inbox, ONE, now=LATER)


async def test_what_is_erased_takes_jobs_and_text_with_it(inbox: Inbox) -> None:
    done, running = await one_job(inbox), await one_job(inbox)
    await finish_job(inbox, done, ONE, SAID, starts_at=TEN, now=LATER)
    await erase(inbox, [done.root_sid, running.root_sid])
    assert await transcripts_of(inbox, [done.root_sid]) == {}
    assert await jobs_of(inbox, done.root_sid) == []
    with pytest.raises(TranscriptTaken):
        await finish_job(inbox, running, ONE, SAID, starts_at=TEN, now=LATER)
    await kept(inbox, recorded(running.root_sid))
    assert await jobs_of(inbox, running.root_sid) == []


async def test_a_call_that_a_user_deleted_keeps_its_callbacks_and_loses_its_words(inbox: Inbox) -> None:
    done, running, other = [await one_job(inbox) for _ in range(3)]
    await charge(inbox, done, ONE, engine="twilio-classic", seconds=60, limit=600, now=LATER)
    for job in (done, other):
        await finish_job(inbox, job, ONE, SAID, starts_at=TEN, now=LATER, remainder="GT1")
    await kept(inbox, told(Kind.TRANSCRIPTION, done.root_sid, at=50, TranscriptionText="Bonjour"))
    await save_progress(inbox, running, ONE, "what was said so far")
    await settled(inbox)
    asked = [done.root_sid, running.root_sid, new_sid()]
    for _ in range(2):
        await erase_spoken(inbox, asked, now=LATER)
    assert list(await transcripts_of(inbox, [*asked, other.root_sid])) == [other.root_sid]
    assert await erasures_of(inbox, "twilio-classic", now=LATER) == [Erasure(done.recording_sid, "GT1")]
    assert await summaries_of(inbox, asked) == {}
    assert await summary_job_of(inbox, done.root_sid) is None
    assert (await job_backlog(inbox)).due == 0
    # The process that works on it stops; a callback that comes twice brings no text back.
    for late in (
        renew_job(inbox, running, ONE, now=LATER),
        finish_job(inbox, running, ONE, SAID, starts_at=TEN, now=LATER),
    ):
        with pytest.raises(TranscriptTaken):
            await late
    await kept(inbox, told(Kind.TRANSCRIPTION, done.root_sid, at=50, TranscriptionText="Bonjour"))
    stored = await known_call(inbox, done.root_sid)
    assert stored
    transcriptions = [one for one in stored.callbacks if one.kind is Kind.TRANSCRIPTION]
    assert [one.get("TranscriptionText") for one in transcriptions] == [None]
    # Once more, where a user restored the call; and it is erased once more before Twilio was reached.
    assert await retry_jobs(inbox, done.root_sid, now=LATER) == 1
    again = await claim_job(inbox, ONE, now=LATER)
    assert again
    assert (again.progress, again.engine, again.charged) == ("", None, False)
    await charge(inbox, again, ONE, engine="twilio-classic", seconds=60, limit=600, now=LATER)
    await finish_job(inbox, again, ONE, SAID, starts_at=TEN, now=LATER, remainder="GT2")
    await erase_spoken(inbox, asked, now=LATER)
    assert await transcripts_of(inbox, asked) == {}
    (both,) = await erasures_of(inbox, "twilio-classic", now=LATER)
    assert (both.sid, both.remainder) == (done.recording_sid, done.recording_sid)


@pytest.mark.parametrize("progress", ["{gt}", "{gt} #2", "key id"])
async def test_a_result_makes_the_job_due_that_waits_for_it(inbox: Inbox, progress: str) -> None:
    job = await one_job(inbox)
    gt = "GT" + job.root_sid[2:]
    await save_progress(inbox, job, ONE, progress.format(gt=gt))
    await postpone_job(inbox, job, ONE, until=LATER + 9 * LEASE, reason=None, now=LATER)
    source = job.recording_sid if progress == "key id" else gt
    for sid in ("GT" + "0" * 32, source):
        assert await claim_job(inbox, ONE, now=LATER) is None
        await store_result(inbox, source_sid=sid, digest=sid.encode()[-16:], body="{}", received_at=LATER)
    assert await claim_job(inbox, ONE, now=LATER)


async def test_a_leg_that_the_bridge_withdraws_loses_nothing(inbox: Inbox) -> None:
    job = await one_job(inbox)
    await finish_job(inbox, job, ONE, SAID, starts_at=TEN, now=LATER)
    await kept(inbox, told(Kind.STATUS, job.root_sid, parent=new_sid(), CallStatus="completed"))
    await erase_spoken(inbox, [job.root_sid], now=LATER)
    assert list(await transcripts_of(inbox, [job.root_sid])) == [job.root_sid]
