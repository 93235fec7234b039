"""Makes the summaries that are due, on the leader."""

import asyncio
from datetime import datetime, timedelta

import structlog

from bridge.calls.fold.call import fold
from bridge.errors import InboxUnavailable, SummaryFailed, SummaryUnavailable
from bridge.inbox.queries import known_call
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.summaries import (
    SummaryJob,
    SummaryState,
    claim_summary,
    close_summary,
    finish_summary,
    postpone_summary,
    spoken_in,
)
from bridge.observability import metrics
from bridge.transcripts.summaries.summarizer import Summarizer

ATTEMPTS = 3
"""How often a model is asked about one call where its answer cannot be used."""
FIRST_WAIT = timedelta(minutes=1)
"""Before another attempt; it grows tenfold."""
CRASHES = 10
"""Attempts in whose middle the bridge ended."""
MOST_AT_ONCE = 20
"""Jobs of one round: whose turn it is, is asked between rounds."""
LONGEST_PAUSE = timedelta(minutes=10)
"""While the model's server is away."""

log = structlog.get_logger()


class SummaryJobs:
    """Runs jobs with one summarizer. What fails costs a call nothing: Twenty shows it without a summary."""

    def __init__(self, inbox: Inbox, summarizer: Summarizer) -> None:
        self._inbox = inbox
        self._summarizer = summarizer
        self._failures = 0
        self._not_before: datetime | None = None
        self._claiming = asyncio.Lock()
        self._claimed: set[str] = set()

    async def once(self, now: datetime) -> int:
        """Works on jobs that are due, unless the server is away; how many. Raises InboxUnavailable.

        It can be called while it still waits for the model: each works on other jobs.
        """
        if self._not_before and now < self._not_before:
            return 0
        for done in range(MOST_AT_ONCE):
            if not await self._next(now):
                return done
        return MOST_AT_ONCE

    async def _next(self, now: datetime) -> bool:
        """Works on the job that is due first; False where there is none, or the server is away."""
        async with self._claiming:
            job = await claim_summary(self._inbox, now=now, besides=self._claimed)
            if job is None:
                return False
            self._claimed.add(job.root_sid)
        try:
            return await self._run(job, now)
        finally:
            self._claimed.discard(job.root_sid)

    async def _run(self, job: SummaryJob, now: datetime) -> bool:
        """Works on a job; whether the server was there."""
        try:
            if job.attempts > CRASHES:
                raise SummaryFailed("the bridge ended in the middle of each attempt")
            await self._summarize(job, now)
        except SummaryUnavailable as away:
            await self._pause(job, away, now)
            return False
        except SummaryFailed as failed:
            await self._give_up(job, str(failed), now)
        except InboxUnavailable:
            raise
        except Exception as problem:
            # One bad transcript concerns its call alone.
            log.exception("summary.failed", call_sid=job.root_sid)
            await self._give_up(job, type(problem).__name__, now)
        self._failures, self._not_before = 0, None
        return True

    async def _summarize(self, job: SummaryJob, now: datetime) -> None:
        known = await known_call(self._inbox, job.root_sid)
        if known is None or not known.callbacks:
            await self._omit(job, "the call was erased", now)
            return
        started = fold(known.callbacks).started_at
        spoken = (await spoken_in(self._inbox, {job.root_sid: started})).get(job.root_sid)
        if spoken is None or not any(one.text.strip() for one in spoken.transcript.segments):
            await self._omit(job, "the call has no words", now)
            return
        summary = await self._summarizer.summarize(spoken.transcript)
        stored = await finish_summary(self._inbox, job, summary, now=now)
        metrics.SUMMARIES.inc("made" if stored else "outdated")
        log.info("summary.made", call_sid=job.root_sid, model=summary.model, is_current=stored)

    async def _omit(self, job: SummaryJob, reason: str, now: datetime) -> None:
        await close_summary(self._inbox, job, state=SummaryState.OMITTED, reason=reason, now=now)
        metrics.SUMMARIES.inc("omitted")

    async def _pause(self, job: SummaryJob, away: SummaryUnavailable, now: datetime) -> None:
        wait = min(timedelta(seconds=away.retry_after or 2**self._failures * 10), LONGEST_PAUSE)
        self._failures = min(self._failures + 1, 10)
        self._not_before = now + wait
        await postpone_summary(self._inbox, job, until=now + wait, reason=str(away), counts=False, now=now)
        metrics.SUMMARIES.inc("unavailable")
        log.warning("summary.unavailable", call_sid=job.root_sid, reason=str(away), seconds=wait.seconds)

    async def _give_up(self, job: SummaryJob, reason: str, now: datetime) -> None:
        """For good after some attempts."""
        is_last = job.attempts >= ATTEMPTS
        if is_last:
            await close_summary(self._inbox, job, state=SummaryState.FAILED, reason=reason, now=now)
        else:
            until = now + FIRST_WAIT * 10 ** (job.attempts - 1)
            await postpone_summary(self._inbox, job, until=until, reason=reason, counts=True, now=now)
        metrics.SUMMARIES.inc("failed")
        log.warning("summary.failed", call_sid=job.root_sid, reason=reason, is_last=is_last)
