"""Runs the jobs of transcription: claims one, gives its recording to the engine, stores what comes of it.

Every replica runs this; the lease decides who has a job. A process that dies leaves its job to the next one,
with the progress that the engine saved.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, time, timedelta
from typing import Any

import structlog
from msgspec.structs import replace

from bridge import background
from bridge.calls.transcripts.recorded import CallRecording, Selection, call_recording
from bridge.calls.transcripts.segments import Transcript
from bridge.errors import (
    BridgeError,
    InboxUnavailable,
    TranscriptError,
    TranscriptLost,
    TranscriptRefused,
    TranscriptTaken,
    TranscriptUnavailable,
    TwilioError,
    TwilioRefused,
)
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.erasing import erased, erasures_of
from bridge.inbox.transcripts.jobs import (
    LEASE,
    JobState,
    TranscriptJob,
    charge,
    claim_job,
    close_job,
    finish_job,
    next_due,
    postpone_job,
    release_jobs,
    renew_job,
    restart_job,
    save_piece,
    save_progress,
)
from bridge.observability import metrics
from bridge.transcripts.transcriber import Transcriber, Waiting

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
"""The pause after a failed attempt doubles from the one to the other."""

MOST_ATTEMPTS = 60
"""After which a job is parked: two days."""

MOST_WITHOUT_RECORDING = 8
"""Attempts while Twilio does not have the recording: 40 minutes, as it has it a moment after the call."""

POLL_SECONDS = 5.0
"""How often jobs are looked for that another process stored."""

AT_ONCE = 3
"""Jobs that a process works on: a recording at which the engine stalls does not keep the others waiting."""

LOOK_FOR_CALL = timedelta(minutes=2)
"""How often a recording whose call is not known yet looks for it."""

RENEW_SECONDS = LEASE.total_seconds() / 4

log = structlog.get_logger()


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts."""
    doublings = min(max(0, attempts - 1), 20)
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << doublings))


def pause_for(problem: BridgeError, attempts: int) -> timedelta:
    """At least as long as the engine asks for, and never longer than LONGEST_PAUSE."""
    asked = problem.retry_after if isinstance(problem, TranscriptUnavailable) else None
    return max(pause_after(attempts), min(LONGEST_PAUSE, timedelta(seconds=min(asked or 0, 1e6))))


def next_day(now: datetime) -> datetime:
    """When the next day's budget begins (UTC)."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


class _StoredProgress:
    """The engine's progress, stored beside its job."""

    def __init__(self, inbox: Inbox, job: TranscriptJob, engine: str) -> None:
        self._inbox, self._job = inbox, job
        self.text = job.progress if job.engine == engine else ""
        self.attempts = job.attempts

    async def save(self, text: str, *, is_piece: bool = False) -> None:
        """See `Progress`."""
        if is_piece:
            await save_piece(self._inbox, self._job, self._job.holder, text)
            self.attempts = 1
        else:
            await save_progress(self._inbox, self._job, self._job.holder, text)
        self.text = text


class TranscriptJobs:
    """Transcribes the recordings of `selection` by one engine, so many seconds of audio a day (UTC)."""

    def __init__(
        self,
        inbox: Inbox,
        transcriber: Transcriber,
        selection: Selection,
        *,
        seconds_per_day: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._inbox = inbox
        self._transcriber = transcriber
        self._selection = selection
        self._limit = seconds_per_day
        self._clock = clock
        self._news = asyncio.Event()
        inbox.on_commit.append(self._news.set)

    async def run(self) -> None:
        """Runs until cancelled, so many jobs at once."""
        if not self._inbox.is_shared:
            # The one process that serves the file: who held them is gone.
            await release_jobs(self._inbox)
        async with asyncio.TaskGroup() as slots:
            slots.create_task(self._run(self.erase))
            for _ in range(AT_ONCE):
                slots.create_task(self._run(self._drain))

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            self._news.clear()
            try:
                await work()
                pause = await self._pause()
            except InboxUnavailable as problem:
                log.warning("transcripts.waiting", reason=problem.code)
                pause = POLL_SECONDS
            await self._wait(pause)

    async def _drain(self) -> None:
        while await self.once():
            pass

    async def _pause(self) -> float:
        now = self._clock()
        due = await next_due(self._inbox, now=now)
        longest = POLL_SECONDS if self._inbox.is_shared else 60.0
        return longest if due is None else min(longest, max(0.05, (due - now).total_seconds()))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass

    async def once(self) -> bool:
        """Works on the job that is due first; False where none is. Raises InboxUnavailable."""
        job = await claim_job(self._inbox, secrets.token_bytes(16), now=self._clock())
        if job is None:
            return False
        # There can be another one, for a slot that waits.
        self._news.set()
        try:
            await self._guarded(job)
        except TranscriptTaken:
            log.info("transcript.taken", call_sid=job.root_sid, recording_sid=job.recording_sid)
        return True

    async def erase(self) -> None:
        """Deletes what the engine keeps elsewhere of erased calls; what fails is tried again later.

        Raises InboxUnavailable.
        """
        for one in await erasures_of(self._inbox, self._transcriber.engine, now=self._clock()):
            try:
                await self._transcriber.erase(one.remainder)
            except (TranscriptError, TwilioError) as problem:
                log.warning("transcript.not_erased", recording_sid=one.sid, reason=str(problem))
            except Exception:
                log.exception("transcript.not_erased", recording_sid=one.sid)
            else:
                await erased(self._inbox, one, now=self._clock())
                log.info("transcript.erased", recording_sid=one.sid)

    async def _guarded(self, job: TranscriptJob) -> None:
        """One bad recording concerns its call alone: other jobs go on."""
        try:
            await self._work(job)
        except (TranscriptTaken, InboxUnavailable):
            raise
        except Exception as unexpected:
            log.exception("transcript.failed", call_sid=job.root_sid, recording_sid=job.recording_sid)
            await self._retry(
                job, BridgeError(f"Unexpected error ({type(unexpected).__name__}); see the log.")
            )

    async def _work(self, job: TranscriptJob) -> None:
        recording, now = call_recording(job.callbacks, job.recording_sid), self._clock()
        if recording is not None and recording.waits_for_call(now):
            reason = "No callback shows the direction of its call yet."
            await self._postpone(job, now + LOOK_FOR_CALL, reason, "waiting")
            return
        objection = self._selection.objection(recording) if recording else "The recording failed."
        if recording is None or objection:
            await self._close(job, JobState.OMITTED, objection or "")
        elif await self._is_affordable(job, recording):
            await self._transcribe(job, recording)

    async def _is_affordable(self, job: TranscriptJob, recording: CallRecording) -> bool:
        seconds, now = max(1, recording.recorded.seconds), self._clock()
        engine, limit = self._transcriber.engine, self._limit
        if await charge(self._inbox, job, job.holder, engine=engine, seconds=seconds, limit=limit, now=now):
            return True
        if seconds > self._limit:
            await self._close(job, JobState.PARKED, "It is longer than transcripts.minutes_per_day.")
        else:
            await self._postpone(job, next_day(now), "transcripts.minutes_per_day is used up.", "budget")
        return False

    async def _transcribe(self, job: TranscriptJob, recording: CallRecording) -> None:
        progress = _StoredProgress(self._inbox, job, self._transcriber.engine)
        try:
            made = await self._leased(job, self._transcriber.transcribe(recording.recorded, progress))
        except TranscriptLost as lost:
            await self._retry(job, lost)
        except TranscriptRefused as refused:
            await self._close(job, JobState.PARKED, str(refused))
        except (TranscriptUnavailable, TwilioError) as problem:
            await self._retry(replace(job, attempts=progress.attempts), problem)
        else:
            await self._store(job, recording, made, progress.text)

    async def _store(
        self, job: TranscriptJob, recording: CallRecording, made: Transcript | Waiting, progress: str
    ) -> None:
        now = self._clock()
        if isinstance(made, Waiting):
            until = now + timedelta(seconds=made.seconds)
            await postpone_job(self._inbox, job, job.holder, until=until, reason=None, now=now)
            return
        recorded = recording.recorded
        await finish_job(
            self._inbox,
            job,
            job.holder,
            made,
            starts_at=recorded.starts_at,
            now=now,
            remainder=self._transcriber.remainder(progress),
        )
        metrics.TRANSCRIPT_JOBS.inc("done")
        metrics.TRANSCRIBED_SECONDS.inc(by=recorded.seconds)
        log.info(
            "transcript.stored",
            call_sid=job.root_sid,
            recording_sid=job.recording_sid,
            segments=len(made.segments),
            language=made.language,
        )

    async def _leased(self, job: TranscriptJob, work: Coroutine[Any, Any, Transcript | Waiting]) -> Any:
        """The result of the work, during which the lease is renewed. Raises TranscriptTaken."""
        task = background.start(work, name="transcript")
        try:
            while not (await asyncio.wait([task], timeout=RENEW_SECONDS))[0]:
                await renew_job(self._inbox, job, job.holder, now=self._clock())
            return await task
        finally:
            if not task.done():
                await background.stop(task)

    async def _retry(self, job: TranscriptJob, problem: BridgeError) -> None:
        most = MOST_WITHOUT_RECORDING if isinstance(problem, TwilioRefused) else MOST_ATTEMPTS
        said = str(problem) or problem.code
        if job.attempts >= most:
            await self._close(job, JobState.PARKED, f"{said} ({job.attempts} attempts)")
        elif isinstance(problem, TranscriptLost):
            now = self._clock()
            until = now + pause_after(job.attempts)
            await restart_job(
                self._inbox, job, job.holder, until=until, reason=said, progress=problem.progress, now=now
            )
            self._report(job, "restarted", said)
        else:
            until = self._clock() + pause_for(problem, job.attempts)
            await self._postpone(job, until, said, "retried")

    async def _postpone(self, job: TranscriptJob, until: datetime, reason: str, outcome: str) -> None:
        now = self._clock()
        has_failed = outcome == "retried"
        await postpone_job(
            self._inbox, job, job.holder, until=until, reason=reason, now=now, has_failed=has_failed
        )
        self._report(job, outcome, reason)

    async def _close(self, job: TranscriptJob, state: JobState, reason: str) -> None:
        await close_job(self._inbox, job, job.holder, state=state, reason=reason, now=self._clock())
        self._report(job, state.value, reason)

    def _report(self, job: TranscriptJob, outcome: str, reason: str) -> None:
        metrics.TRANSCRIPT_JOBS.inc(outcome)
        log.info(
            "transcript.not_made",
            outcome=outcome,
            call_sid=job.root_sid,
            recording_sid=job.recording_sid,
            attempts=job.attempts,
            reason=reason,
        )
