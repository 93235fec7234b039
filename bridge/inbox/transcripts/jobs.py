"""Jobs of transcription: one a recording; claimed under a lease, finished together with their text.

A job is stored in the transaction that stores the callback naming its recording. While it is due, one process
at a time holds it; after the lease ends, as after a crash, any process can claim it. All functions raise
InboxUnavailable.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Callback
from bridge.calls.transcripts.segments import Segment, Transcript
from bridge.errors import TranscriptTaken
from bridge.inbox.rows import callbacks_of
from bridge.inbox.store import Inbox, printable
from bridge.inbox.tables import insert_into, job_due, transcript_jobs, transcript_usage, transcripts
from bridge.inbox.transcripts.call import is_ready, lock_call, make_call_due
from bridge.inbox.transcripts.summaries import request_summary

LEASE = timedelta(minutes=1)
"""How long a job stays with a process that no longer says that it works on it."""

ERASED = "Its call was deleted in Twenty."
"""The reason of an omitted job whose text was erased."""

_jobs = transcript_jobs.c
_FREE = {"holder": None, "held_until": None}


class JobState(StrEnum):
    """How far a job is."""

    DUE = "due"
    DONE = "done"
    OMITTED = "omitted"
    """The settings leave its recording out."""
    PARKED = "parked"
    """Another attempt cannot do better; an operator can retry it."""


class TranscriptJob(Struct, frozen=True, kw_only=True):
    """A job as it was claimed; `attempts` counts the claims, this one included."""

    recording_sid: str
    root_sid: str
    attempts: int
    engine: str | None
    progress: str
    charged: bool
    callbacks: tuple[Callback, ...]
    holder: bytes


class KnownJob(Struct, frozen=True, kw_only=True):
    """A job as operators see it; `seconds` of audio, where known."""

    recording_sid: str
    state: JobState
    due_at: datetime
    attempts: int
    engine: str | None
    seconds: int | None
    reason: str | None
    changed_at: datetime


class JobBacklog(Struct, frozen=True):
    """How many jobs are due and parked; `oldest` is since when the longest-waiting one is due."""

    due: int
    parked: int
    oldest: datetime | None


async def claim_job(inbox: Inbox, holder: bytes, *, now: datetime) -> TranscriptJob | None:
    """Takes the lease of the job that is due first; None where none is due, or others hold them all.

    Each claim has a `holder` of its own, so that one that lapsed is noticed within a process, too.
    """
    claimed: list[TranscriptJob] = []

    async def operation(connection: AsyncConnection) -> None:
        claimed.clear()
        ready = select(_jobs.recording_sid).where(job_due, is_ready(_jobs, now), _is_free(now))
        ready = ready.order_by(_jobs.due_at, _jobs.recording_sid).limit(1)
        # Without a wait: another process that holds the row is about to claim it.
        sid = await connection.scalar(ready.with_for_update(skip_locked=True))
        if sid is None:
            return
        values = {"holder": holder, "held_until": now + LEASE, "attempts": _jobs.attempts + 1}
        mine = update(transcript_jobs).where(_jobs.recording_sid == sid).values(**values)
        row = (await connection.execute(mine.returning(transcript_jobs))).mappings().one()
        stored = (await callbacks_of(connection, [row["root_sid"]]))[row["root_sid"]]
        claimed.append(
            TranscriptJob(
                recording_sid=sid,
                root_sid=row["root_sid"],
                attempts=row["attempts"],
                engine=row["engine"],
                progress=row["progress"],
                charged=row["charged"],
                holder=holder,
                callbacks=tuple(stored),
            )
        )

    await inbox.write(operation)
    return claimed[0] if claimed else None


def _is_free(now: datetime) -> Any:
    # After a clock jumped back, a lease would otherwise last for the length of the jump.
    return or_(_jobs.held_until.is_(None), _jobs.held_until < now, _jobs.held_until > now + 2 * LEASE)


async def release_jobs(inbox: Inbox) -> int:
    """Frees all leases: for the one process that serves a SQLite file, whose predecessor has ended."""
    held = update(transcript_jobs).where(_jobs.holder.is_not(None)).values(**_FREE)
    return await inbox.change(held)


async def next_due(inbox: Inbox, *, now: datetime) -> datetime | None:
    """When a job is due, or free, next; None where there is none."""
    at = case((_jobs.held_until > _jobs.due_at, _jobs.held_until), else_=_jobs.due_at)
    async with inbox.reading() as connection:
        found: datetime | None = await connection.scalar(select(func.min(at)).where(job_due))
    if found is None:
        return None
    return max(now, found if found.tzinfo else found.replace(tzinfo=UTC))


async def _change(inbox: Inbox, job: TranscriptJob, holder: bytes, values: Mapping[str, Any]) -> None:
    """Changes a job that this process holds; raises TranscriptTaken where it holds it no longer."""
    mine = and_(_jobs.recording_sid == job.recording_sid, _jobs.holder == holder, job_due)
    values = {name: printable(v) if isinstance(v, str) else v for name, v in values.items()}
    if not await inbox.change(update(transcript_jobs).where(mine).values(**values)):
        raise TranscriptTaken(f"Another process has the transcript of {job.recording_sid}.")


async def renew_job(inbox: Inbox, job: TranscriptJob, holder: bytes, *, now: datetime) -> None:
    """Prolongs the lease. Raises TranscriptTaken."""
    await _change(inbox, job, holder, {"held_until": now + LEASE})


async def save_progress(inbox: Inbox, job: TranscriptJob, holder: bytes, progress: str) -> None:
    """Stores how far the engine came. Raises TranscriptTaken."""
    await _change(inbox, job, holder, {"progress": progress})


async def save_piece(inbox: Inbox, job: TranscriptJob, holder: bytes, progress: str) -> None:
    """Stores a piece that is finished: attempts before it failed at that piece, and count no more.

    Raises TranscriptTaken.
    """
    await _change(inbox, job, holder, {"progress": progress, "attempts": 1})


async def postpone_job(
    inbox: Inbox,
    job: TranscriptJob,
    holder: bytes,
    *,
    until: datetime,
    reason: str | None,
    now: datetime,
    has_failed: bool = True,
) -> None:
    """Frees the job, which is due again then; without a `reason`, or a failure, it had no attempt.

    Raises TranscriptTaken.
    """
    values: dict[str, Any] = {"due_at": until, "reason": reason, "changed_at": now}
    values |= {} if reason and has_failed else {"attempts": 0}
    await _change(inbox, job, holder, {**values, **_FREE})


async def restart_job(
    inbox: Inbox,
    job: TranscriptJob,
    holder: bytes,
    *,
    until: datetime,
    reason: str,
    now: datetime,
    progress: str = "",
) -> None:
    """As `postpone_job`, with another `progress` than what the engine had begun: its seconds count anew."""
    values = {"due_at": until, "reason": reason, "changed_at": now, "progress": progress, "charged": False}
    await _change(inbox, job, holder, {**values, **_FREE})


async def close_job(
    inbox: Inbox, job: TranscriptJob, holder: bytes, *, state: JobState, reason: str, now: datetime
) -> None:
    """Ends a job without a transcript: it is omitted or parked. Raises TranscriptTaken."""
    values = {"state": state.value, "reason": reason, "changed_at": now}
    await _change(inbox, job, holder, {**values, **_FREE})


async def charge(
    inbox: Inbox, job: TranscriptJob, holder: bytes, *, engine: str, seconds: int, limit: int, now: datetime
) -> bool:
    """Counts a job's seconds of audio towards today's `limit` (UTC), once; False where they exceed it.

    Raises TranscriptTaken.
    """
    outcome: list[bool | None] = [None]

    async def operation(connection: AsyncConnection) -> None:
        mine = and_(_jobs.recording_sid == job.recording_sid, _jobs.holder == holder, job_due)
        outcome[0] = await connection.scalar(select(_jobs.charged).where(mine).with_for_update())
        if outcome[0] is False:
            outcome[0] = await _count(connection, seconds, limit=limit, now=now)
        if outcome[0]:
            # What another engine had begun is of no use.
            begun = case((_jobs.engine == engine, _jobs.progress), else_="")
            values = {"charged": True, "seconds": seconds, "engine": engine, "progress": begun}
            await connection.execute(update(transcript_jobs).where(mine).values(**values))

    await inbox.write(operation)
    if outcome[0] is None:
        raise TranscriptTaken(f"Another process has the transcript of {job.recording_sid}.")
    return outcome[0]


async def _count(connection: AsyncConnection, seconds: int, *, limit: int, now: datetime) -> bool:
    day = now.astimezone(UTC).date()
    table = transcript_usage.c
    await connection.execute(
        insert_into(transcript_usage, connection.dialect.name)
        .values(day=day, seconds=0)
        .on_conflict_do_nothing()
    )
    fits = and_(table.day == day, table.seconds + seconds <= limit)
    more = update(transcript_usage).where(fits).values(seconds=table.seconds + seconds)
    return (await connection.execute(more)).rowcount > 0


async def finish_job(
    inbox: Inbox,
    job: TranscriptJob,
    holder: bytes,
    transcript: Transcript,
    *,
    starts_at: datetime,
    now: datetime,
    remainder: str = "",
) -> None:
    """Stores the transcript of a recording that started then, and makes its call due, all at once.

    `remainder` is what stays of the engine's progress.

    Raises TranscriptTaken where another process has the job, or the call was erased meanwhile.
    """
    row = {
        "recording_sid": job.recording_sid,
        "root_sid": job.root_sid,
        "starts_at": starts_at,
        "segments": [_stored(segment) for segment in transcript.segments],
        "language": printable(transcript.language),
        "engine": transcript.engine,
        "model": printable(transcript.model),
        "created_at": now,
    }
    mine = and_(_jobs.recording_sid == job.recording_sid, _jobs.holder == holder, job_due)
    done = {"state": JobState.DONE.value, "reason": None, "progress": printable(remainder), "changed_at": now}
    finished = [False]

    async def operation(connection: AsyncConnection) -> None:
        await lock_call(connection, job.root_sid)
        changed = await connection.execute(update(transcript_jobs).where(mine).values({**done, **_FREE}))
        finished[0] = changed.rowcount > 0
        if not finished[0]:
            return
        new = insert_into(transcripts, connection.dialect.name).values(**row)
        await connection.execute(
            new.on_conflict_do_update(index_elements=["recording_sid"], set_=dict(new.excluded))
        )
        await request_summary(connection, job.root_sid, now=now)
        await make_call_due(connection, job.root_sid)

    await inbox.write(operation)
    if not finished[0]:
        raise TranscriptTaken(f"Another process has the transcript of {job.recording_sid}.")
    inbox.news.set()


def _stored(segment: Segment) -> list[Any]:
    return [
        segment.speaker.role.value,
        segment.speaker.address,
        round(segment.start_seconds, 2),
        round(segment.end_seconds, 2),
        printable(segment.text),
        segment.confidence,
    ]


async def jobs_of(inbox: Inbox, root_sid: str) -> Sequence[KnownJob]:
    """The jobs of a call, in order of their recordings' arrival."""
    found = select(transcript_jobs).where(_jobs.root_sid == root_sid)
    async with inbox.reading() as connection:
        rows = (await connection.execute(found.order_by(_jobs.due_at, _jobs.recording_sid))).mappings().all()
    return [
        KnownJob(
            recording_sid=row["recording_sid"],
            state=JobState(row["state"]),
            due_at=row["due_at"],
            attempts=row["attempts"],
            engine=row["engine"],
            seconds=row["seconds"],
            reason=row["reason"],
            changed_at=row["changed_at"],
        )
        for row in rows
    ]


async def job_backlog(inbox: Inbox) -> JobBacklog:
    """How many recordings wait for an engine."""
    async with inbox.reading() as connection:
        return JobBacklog(
            due=await connection.scalar(select(func.count()).select_from(transcript_jobs).where(job_due))
            or 0,
            parked=await count_parked(connection),
            oldest=await connection.scalar(select(func.min(_jobs.due_at)).where(job_due)),
        )


async def count_parked(connection: AsyncConnection) -> int:
    """How many recordings are parked."""
    parked = _jobs.state == JobState.PARKED.value
    return await connection.scalar(select(func.count()).select_from(transcript_jobs).where(parked)) or 0


async def retry_jobs(inbox: Inbox, root_sid: str | None, *, now: datetime) -> int:
    """Makes a call's parked and omitted jobs due again, or (None) all parked ones; returns how many."""
    states = [JobState.PARKED.value, *([JobState.OMITTED.value] if root_sid else [])]
    which = [_jobs.state.in_(states), *([_jobs.root_sid == root_sid] if root_sid else [])]
    again: dict[str, Any] = {"state": JobState.DUE.value, "due_at": now, "attempts": 0, "changed_at": now}
    again |= {"charged": False, **_FREE}
    return await inbox.change(update(transcript_jobs).where(*which).values(**again))
