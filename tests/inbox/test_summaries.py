"""Jobs of summaries: which is due, for which transcripts, and what is left of one that failed. On SQLite."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bridge.calls.transcripts.summary import CallSummary, Point
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import transcript_jobs
from bridge.inbox.transcripts.jobs import JobState, claim_job, finish_job
from bridge.inbox.transcripts.summaries import (
    STALE,
    SummaryJob,
    SummaryState,
    claim_summary,
    close_summary,
    failed_summaries,
    finish_summary,
    postpone_summary,
    retry_summaries,
    summaries_of,
    summary_job_of,
)
from tests.databases import begin
from tests.inbox.support import settled
from tests.inbox.test_transcript_jobs import LATER, ONE, SAID, one_job
from tests.support import TEN

MINUTE = timedelta(minutes=1)
SUMMARY = CallSummary(about=(Point("An offer", 3),), model="m", prompt="1")


@pytest.fixture
async def inbox(sqlite_file: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}", transcribing=True) as opened:
        yield opened


async def transcribed(inbox: Inbox, *, minutes: float = 0) -> str:
    """A call whose one recording was transcribed, and that Twenty has."""
    job = await one_job(inbox)
    await finish_job(inbox, job, ONE, SAID, starts_at=TEN, now=LATER + minutes * MINUTE)
    await settled(inbox)
    return job.root_sid


async def transcribed_again(inbox: Inbox, call: str) -> None:
    """As of another recording of the call."""
    again = {"state": JobState.DUE.value, "due_at": LATER}
    await inbox.change(update(transcript_jobs).where(transcript_jobs.c.root_sid == call).values(**again))
    job = await claim_job(inbox, ONE, now=LATER)
    assert job
    await finish_job(inbox, job, ONE, SAID, starts_at=TEN, now=LATER)
    await settled(inbox)


async def claimed(inbox: Inbox, minutes: float = 0, *besides: str) -> SummaryJob:
    job = await claim_summary(inbox, now=LATER + minutes * MINUTE, besides=besides)
    assert job
    return job


async def due(inbox: Inbox) -> list[str]:
    return [call.root_sid for call in await inbox.claim(9)]


async def test_the_call_that_waits_longest_is_first_and_one_that_is_old_is_left(inbox: Inbox) -> None:
    later, first = await transcribed(inbox, minutes=0.9), await transcribed(inbox, minutes=0.5)
    await transcribed(inbox, minutes=-STALE / MINUTE)
    assert await claim_summary(inbox, now=LATER) is None
    assert (await claimed(inbox, 0.5)).root_sid == first
    assert (await claimed(inbox, 1, first)).root_sid == later
    assert await claim_summary(inbox, now=LATER + MINUTE, besides=[first, later]) is None


async def test_a_summary_of_fewer_transcripts_than_there_are_is_not_stored(inbox: Inbox) -> None:
    call = await transcribed(inbox)
    outdated = await claimed(inbox)
    await transcribed_again(inbox, call)
    assert not await finish_summary(inbox, outdated, SUMMARY, now=LATER)
    assert (await summaries_of(inbox, [call]), await due(inbox)) == ({}, [])
    newer = await claimed(inbox)
    assert (newer.revision, newer.attempts) == (outdated.revision + 1, 1)
    inbox.news.clear()
    assert await finish_summary(inbox, newer, SUMMARY, now=LATER)
    assert (await summaries_of(inbox, [call]), await due(inbox)) == ({call: SUMMARY}, [call])
    assert inbox.news.is_set()


async def test_one_that_fails_waits_and_ends_without_a_summary_until_it_is_retried(inbox: Inbox) -> None:
    call = await transcribed(inbox)
    await finish_summary(inbox, await claimed(inbox), SUMMARY, now=LATER)
    await transcribed_again(inbox, call)
    for counts, attempts in ((True, 1), (False, 1), (True, 2)):
        job = await claimed(inbox)
        await postpone_summary(inbox, job, until=LATER, reason="busy", counts=counts, now=LATER)
        known = await summary_job_of(inbox, call)
        assert known
        assert (known.attempts, known.reason, known.state) == (attempts, "busy", SummaryState.DUE)
    job = await claimed(inbox)
    await postpone_summary(inbox, job, until=LATER + MINUTE, reason="busy", counts=True, now=LATER)
    assert await claim_summary(inbox, now=LATER) is None
    # What was said before is not shown any more: it is of fewer recordings.
    await close_summary(inbox, await claimed(inbox, 1), state=SummaryState.FAILED, reason="no", now=LATER)
    assert (await summaries_of(inbox, [call]), await failed_summaries(inbox)) == ({}, 1)
    assert await claim_summary(inbox, now=LATER + MINUTE) is None
    assert [await retry_summaries(inbox, sid, now=LATER) for sid in ("CA0", call, None)] == [0, 1, 0]
    assert ((await claimed(inbox)).attempts, await failed_summaries(inbox)) == (1, 0)
