"""Summaries of calls, and the jobs that make them: one a call, due as soon as it has a transcript.

The leader alone makes summaries, so a job has no lease: after a crash it is still due, and the
next leader makes the summary anew. All functions raise InboxUnavailable.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.transcripts.conversation import Spoken
from bridge.calls.transcripts.merging import transcript_of_call
from bridge.calls.transcripts.segments import Transcript
from bridge.calls.transcripts.summary import CallSummary
from bridge.inbox.rows import chunks
from bridge.inbox.store import Inbox
from bridge.inbox.tables import insert_into, job_due, summaries, summary_due, transcript_jobs
from bridge.inbox.transcripts.call import is_ready, lock_call, make_call_due
from bridge.inbox.transcripts.texts import StoredTranscript, transcripts_of

STALE = timedelta(days=7)
"""Older transcripts are not summarised: of the time before summaries were switched on, most likely."""

_jobs = summaries.c


class SummaryState(StrEnum):
    """How far a call's summary is."""

    DUE = "due"
    DONE = "done"
    FAILED = "failed"
    """The model cannot do it: the call is shown without."""
    OMITTED = "omitted"
    """There is nothing to summarise."""


class SummaryJob(Struct, frozen=True, kw_only=True):
    """A job as it was claimed: for the transcripts as of `revision`; `attempts` counts this one, too."""

    root_sid: str
    revision: int
    attempts: int


class KnownSummary(Struct, frozen=True, kw_only=True):
    """A job as operators see it."""

    state: SummaryState
    due_at: datetime
    attempts: int
    reason: str | None
    changed_at: datetime


async def request_summary(connection: AsyncConnection, root_sid: str, *, now: datetime) -> None:
    """Makes a call's summary due, within the transaction that stores a transcript of it."""
    new = insert_into(summaries, connection.dialect.name).values(
        root_sid=root_sid, due_at=now, changed_at=now
    )
    again = {
        "revision": _jobs.revision + 1,
        "state": SummaryState.DUE.value,
        "due_at": now,
        "attempts": 0,
        "changed_at": now,
    }
    await connection.execute(new.on_conflict_do_update(index_elements=["root_sid"], set_=again))


async def claim_summary(inbox: Inbox, *, now: datetime, besides: Collection[str] = ()) -> SummaryJob | None:
    """Counts an attempt of the job that is due first; None where none is due `besides` those of these calls.

    A call waits until each of its recordings is transcribed, or is not going to be.
    """
    waits = exists().where(transcript_jobs.c.root_sid == _jobs.root_sid, job_due)
    ready = select(_jobs.root_sid).where(
        summary_due,
        is_ready(_jobs, now),
        _jobs.changed_at > now - STALE,
        ~waits,
        _jobs.root_sid.not_in(list(besides)),
    )
    claimed: list[SummaryJob] = []

    async def operation(connection: AsyncConnection) -> None:
        claimed.clear()
        sid = await connection.scalar(ready.order_by(_jobs.due_at, _jobs.root_sid).limit(1))
        if sid is not None:
            mine = update(summaries).where(_jobs.root_sid == sid).values(attempts=_jobs.attempts + 1)
            row = (await connection.execute(mine.returning(_jobs.revision, _jobs.attempts))).one()
            claimed.append(SummaryJob(root_sid=sid, revision=row[0], attempts=row[1]))

    await inbox.write(operation)
    return claimed[0] if claimed else None


async def finish_summary(inbox: Inbox, job: SummaryJob, summary: CallSummary, *, now: datetime) -> bool:
    """Stores a summary, and makes its call due; False where another transcript came meanwhile."""
    values = {"state": SummaryState.DONE.value, "summary": summary.to_json(), "reason": None}
    stored = [False]

    async def operation(connection: AsyncConnection) -> None:
        await lock_call(connection, job.root_sid)
        changed = await connection.execute(_of(job).values(changed_at=now, **values))
        stored[0] = changed.rowcount > 0
        if stored[0]:
            await make_call_due(connection, job.root_sid)

    await inbox.write(operation)
    if stored[0]:
        inbox.news.set()
    return stored[0]


async def postpone_summary(
    inbox: Inbox, job: SummaryJob, *, until: datetime, reason: str, counts: bool, now: datetime
) -> None:
    """The job is due again then; without `counts` this attempt was none."""
    attempts = job.attempts - (0 if counts else 1)
    await inbox.change(_of(job).values(due_at=until, reason=reason, attempts=attempts, changed_at=now))


async def close_summary(
    inbox: Inbox, job: SummaryJob, *, state: SummaryState, reason: str, now: datetime
) -> None:
    """Ends the job without a summary: it failed, or is omitted."""
    await inbox.change(_of(job).values(state=state.value, summary=None, reason=reason, changed_at=now))


async def failed_summaries(inbox: Inbox) -> int:
    """How many calls a model could not summarise."""
    async with inbox.reading() as connection:
        return await count_failed(connection)


async def count_failed(connection: AsyncConnection) -> int:
    """As `failed_summaries`, within a connection."""
    failed = _jobs.state == SummaryState.FAILED.value
    return await connection.scalar(select(func.count()).select_from(summaries).where(failed)) or 0


async def retry_summaries(inbox: Inbox, root_sid: str | None, *, now: datetime) -> int:
    """Makes a call's summary that failed due again, or (None) all of them; returns how many."""
    which = [_jobs.state == SummaryState.FAILED.value, *([_jobs.root_sid == root_sid] if root_sid else [])]
    again = {"state": SummaryState.DUE.value, "due_at": now, "attempts": 0, "changed_at": now}
    return await inbox.change(update(summaries).where(*which).values(**again))


def _of(job: SummaryJob) -> Any:
    return update(summaries).where(_jobs.root_sid == job.root_sid, _jobs.revision == job.revision)


async def summary_job_of(inbox: Inbox, root_sid: str) -> KnownSummary | None:
    """The job of a call's summary, if it has one."""
    async with inbox.reading() as connection:
        found = await connection.execute(select(summaries).where(_jobs.root_sid == root_sid))
        row = found.mappings().first()
    if row is None:
        return None
    return KnownSummary(
        state=SummaryState(row["state"]),
        due_at=row["due_at"],
        attempts=row["attempts"],
        reason=row["reason"],
        changed_at=row["changed_at"],
    )


async def summaries_of(inbox: Inbox, root_sids: Collection[str]) -> dict[str, CallSummary]:
    """Call SID → its summary, of those that have one."""
    found: dict[str, CallSummary] = {}
    async with inbox.reading() as connection:
        for some in chunks(sorted(root_sids)):
            asked = select(_jobs.root_sid, _jobs.summary)
            rows = await connection.execute(asked.where(_jobs.root_sid.in_(some), _jobs.summary.is_not(None)))
            found |= {row[0]: CallSummary.from_json(row[1]) for row in rows}
    return found


async def spoken_in(inbox: Inbox, started: Mapping[str, datetime]) -> dict[str, Spoken]:
    """Call SID → what was said, of calls that `started` then; those without a transcript are left out.

    Where a call has one recording, the seconds are that recording's, where people listen; else the call's.
    """
    stored = await transcripts_of(inbox, started)
    made = await summaries_of(inbox, stored) if stored else {}
    return {
        sid: Spoken(transcript, made.get(sid))
        for sid, recordings in stored.items()
        if (transcript := _transcript(started[sid], recordings))
    }


def _transcript(started_at: datetime, recordings: Sequence[StoredTranscript]) -> Transcript | None:
    if len(recordings) == 1:
        ((_, transcript),) = recordings
        return transcript
    return transcript_of_call(started_at, recordings)
