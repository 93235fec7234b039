"""Jobs of summaries: due with the transcript, made once, and no call waits for them."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bridge.calls.callback import Kind
from bridge.calls.transcripts.summary import Point
from bridge.inbox.forgetting import erase
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.transcripts.jobs import JobState, claim_job, close_job, finish_job, retry_jobs
from bridge.inbox.transcripts.summaries import (
    SummaryState,
    claim_summary,
    close_summary,
    failed_summaries,
    retry_summaries,
    spoken_in,
    summary_job_of,
)
from bridge.sandbox.speech import Answer, SpeechSandbox, speech_sandbox
from bridge.settings import SummarySettings
from bridge.transcripts.summaries.chat import open_chat
from bridge.transcripts.summaries.jobs import ATTEMPTS, LONGEST_PAUSE, SummaryJobs
from bridge.transcripts.summaries.summarizer import Summarizer
from tests.databases import begin
from tests.inbox.support import incoming, kept, settled
from tests.support import TEN, eventually, new_sid, told
from tests.transcripts.summaries.test_summarizer import CALL, answer

HOLDER = b"1" * 16
LATER = TEN + timedelta(minutes=2)
MINUTE = timedelta(minutes=1)
BAD = "No JSON."


@pytest.fixture(params=["sqlite", "postgresql"])
async def inbox(request: pytest.FixtureRequest, sqlite_file: Path) -> AsyncIterator[Inbox]:
    sqlite = request.param == "sqlite"
    url = f"sqlite+aiosqlite:///{begin(sqlite_file)}" if sqlite else request.getfixturevalue("postgres_url")
    async with open_inbox(url, transcribing=True) as opened:
        yield opened


@pytest.fixture
async def server() -> AsyncIterator[SpeechSandbox]:
    async with speech_sandbox() as running:
        yield running


@pytest.fixture
async def jobs(inbox: Inbox, server: SpeechSandbox) -> AsyncIterator[SummaryJobs]:
    settings = SummarySettings.model_validate({"url": f"{server.url}/v1", "model": "qwen3:8b"})
    async with open_chat(settings) as chat:
        yield SummaryJobs(inbox, Summarizer(chat, language="en-US"))


async def recorded(inbox: Inbox, call: str, *numbers: int) -> None:
    """A settled call with so many recordings, whose jobs are due."""
    await kept(inbox, *incoming(call, "+33639980001"))
    for number in numbers:
        sid = f"RE{number}{call[3:]}"
        url = f"https://api.twilio.com/{sid}"
        own = {"RecordingSid": sid, "RecordingUrl": url, "RecordingDuration": "60"}
        await kept(inbox, told(Kind.RECORDING, call, at=40, **own))
    await settled(inbox)


async def transcribe(inbox: Inbox, *, now: datetime = LATER) -> None:
    """Finishes the transcript that is due first."""
    job = await claim_job(inbox, HOLDER, now=now)
    assert job
    await finish_job(inbox, job, HOLDER, CALL, starts_at=TEN + timedelta(seconds=5), now=now)


async def test_a_summary_is_made_once_all_recordings_are_transcribed(
    inbox: Inbox, jobs: SummaryJobs, server: SpeechSandbox
) -> None:
    await recorded(inbox, call := new_sid(), 1, 2, 3)
    assert await jobs.once(LATER) == 0
    await transcribe(inbox)
    await transcribe(inbox)
    assert await jobs.once(LATER) == 0
    parked = await claim_job(inbox, HOLDER, now=LATER)
    assert parked
    await close_job(inbox, parked, HOLDER, state=JobState.PARKED, reason="gone", now=LATER)
    await settled(inbox)
    server.says(answer())
    assert await jobs.once(LATER) == 1
    assert await jobs.once(LATER) == 0
    # Of two recordings, in the call's seconds.
    seconds = [line["second"] for line in json.loads(server.chatted[0].body["messages"][1]["content"])]
    assert min(seconds) == 6
    spoken = (await spoken_in(inbox, {call: TEN}))[call]
    assert spoken.summary
    assert spoken.summary.next_steps == (Point("Send the offer.", 10),)
    # The call is due, once.
    assert [due.root_sid for due in await settled(inbox)] == [call]
    assert await settled(inbox) == []
    # A transcript that comes later after all makes the summary anew.
    await retry_jobs(inbox, call, now=LATER)
    await transcribe(inbox, now=LATER + MINUTE)
    server.says(answer("Anew."))
    assert await jobs.once(LATER + MINUTE) == 1
    again = (await spoken_in(inbox, {call: TEN}))[call].summary
    assert again == replace(spoken.summary, about=(Point("Anew.", 4),))


async def test_a_bad_answer_is_asked_for_again_and_then_no_more(
    inbox: Inbox, jobs: SummaryJobs, server: SpeechSandbox
) -> None:
    await recorded(inbox, call := new_sid(), 1)
    await transcribe(inbox)
    await settled(inbox)
    now = LATER
    for _ in range(ATTEMPTS):
        server.says(BAD)
        assert await jobs.once(now) == 1
        assert await jobs.once(now) == 0
        now += timedelta(hours=2)
    assert await jobs.once(now) == 0
    assert len(server.chatted) == ATTEMPTS
    # The call has its transcript, and nothing that waits but for an operator.
    assert await failed_summaries(inbox) == 1
    assert (await spoken_in(inbox, {call: TEN}))[call].summary is None
    assert await settled(inbox) == []


async def test_what_failed_is_retried_and_a_silent_call_has_no_summary(
    inbox: Inbox, jobs: SummaryJobs, server: SpeechSandbox
) -> None:
    await recorded(inbox, failed := new_sid(), 1)
    await transcribe(inbox)
    job = await claim_summary(inbox, now=LATER)
    assert job
    await close_summary(inbox, job, state=SummaryState.FAILED, reason="bad", now=LATER)
    await recorded(inbox, silent := new_sid(), 1)
    heard = await claim_job(inbox, HOLDER, now=LATER)
    assert heard
    await finish_job(inbox, heard, HOLDER, replace(CALL, segments=()), starts_at=TEN, now=LATER)
    assert await jobs.once(LATER) == 1
    found = await summary_job_of(inbox, silent)
    assert found
    assert (found.state, await failed_summaries(inbox), len(server.chatted)) == (SummaryState.OMITTED, 1, 0)
    assert await retry_summaries(inbox, silent, now=LATER) == 0
    assert await retry_summaries(inbox, None, now=LATER) == 1
    server.says(answer())
    assert await jobs.once(LATER) == 1
    assert (await spoken_in(inbox, {failed: TEN}))[failed].summary


async def test_a_server_that_is_away_costs_no_attempt(
    inbox: Inbox, jobs: SummaryJobs, server: SpeechSandbox
) -> None:
    for _ in range(2):
        await recorded(inbox, new_sid(), 1)
        await transcribe(inbox)
    now = LATER
    for _ in range(2 * ATTEMPTS):
        server.chats.append(Answer.broken())
        assert await jobs.once(now) == 0
        # The other call does not ask a server that is away.
        assert await jobs.once(now + timedelta(seconds=1)) == 0
        now += LONGEST_PAUSE
    assert len(server.chatted) == 2 * ATTEMPTS
    server.chats.append(Answer.limited("90"))
    assert await jobs.once(now) == 0
    assert await jobs.once(now + timedelta(seconds=89)) == 0
    server.reply = lambda _asked: answer()
    assert await jobs.once(now + timedelta(seconds=91)) == 2


async def test_what_is_erased_or_outdated_meanwhile_is_not_stored(
    inbox: Inbox, jobs: SummaryJobs, server: SpeechSandbox
) -> None:
    for change in ("erased", "outdated"):
        await recorded(inbox, call := new_sid(), 1, 2)
        await transcribe(inbox)
        second = await claim_job(inbox, HOLDER, now=LATER)
        assert second
        await close_job(inbox, second, HOLDER, state=JobState.PARKED, reason="gone", now=LATER)
        goes_on = asyncio.Event()
        server.chats.append(Answer(until=goes_on))
        server.reply = lambda _asked: answer()
        asking = asyncio.create_task(jobs.once(LATER))
        await eventually(lambda: bool(server.chatted))
        server.chatted.clear()
        if change == "erased":
            await erase(inbox, [call])
        else:
            await retry_jobs(inbox, call, now=LATER)
            await transcribe(inbox)
        goes_on.set()
        # What is outdated is made again in the same round.
        assert await asking == (1 if change == "erased" else 2)
        assert (await summary_job_of(inbox, call) is None) is (change == "erased")
        spoken = await spoken_in(inbox, {call: TEN})
        assert {sid: one.summary is not None for sid, one in spoken.items()} == (
            {} if change == "erased" else {call: True}
        )


async def test_a_bridge_that_ends_in_the_middle_begins_again(
    inbox: Inbox, jobs: SummaryJobs, server: SpeechSandbox
) -> None:
    await recorded(inbox, call := new_sid(), 1)
    await transcribe(inbox)
    # As after kill -9: claimed, and never finished.
    assert await claim_summary(inbox, now=LATER)
    server.says(answer())
    assert await jobs.once(LATER) == 1
    assert (await spoken_in(inbox, {call: TEN}))[call].summary
    # Transcripts of long ago, of before summaries were switched on, are left alone.
    await recorded(inbox, new_sid(), 1)
    await transcribe(inbox)
    assert await jobs.once(LATER + timedelta(days=8)) == 0


async def test_a_model_that_stalls_at_one_call_is_asked_about_others(
    inbox: Inbox, jobs: SummaryJobs, server: SpeechSandbox
) -> None:
    for _ in range(2):
        await recorded(inbox, new_sid(), 1)
        await transcribe(inbox)
    goes_on = asyncio.Event()
    server.chats.append(Answer(until=goes_on))
    server.reply = lambda _asked: answer()
    stalled = asyncio.create_task(jobs.once(LATER))
    await eventually(lambda: bool(server.chatted))
    assert await jobs.once(LATER) == 1
    assert not stalled.done()
    goes_on.set()
    assert await stalled == 1
