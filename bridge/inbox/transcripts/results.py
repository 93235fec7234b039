"""Transcription results: stored as Twilio sent them, found by recording, dropped with their call."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Kind
from bridge.inbox.store import Inbox
from bridge.inbox.tables import (
    callbacks,
    insert_into,
    job_due,
    transcript_erasures,
    transcript_jobs,
    transcript_results,
)
from bridge.inbox.transcripts.jobs import ERASED, JobState


class StoredResult(Struct, frozen=True):
    """A stored result; `body` is JSON text."""

    source_sid: str
    received_at: datetime
    body: str


async def store_result(
    inbox: Inbox, *, source_sid: str, digest: bytes, body: str, received_at: datetime
) -> None:
    """Stores a result; returns once it is on the disk. A duplicate stores nothing.

    The job that waits for it, of its recording or with its transcript as progress, is due at once. A result
    of a recording that was erased is dropped. Raises InboxUnavailable.
    """

    async def operation(connection: AsyncConnection) -> None:
        if await _is_erased(connection, source_sid):
            return
        row = {"source_sid": source_sid, "digest": digest, "body": body, "received_at": received_at}
        await connection.execute(
            insert_into(transcript_results, connection.dialect.name)
            .values(**row)
            .on_conflict_do_nothing(index_elements=["digest"])
        )
        jobs = transcript_jobs.c
        # The engine's progress begins with what it waits for.
        begun = or_(jobs.progress == source_sid, jobs.progress.startswith(f"{source_sid} ", autoescape=True))
        waits = or_(jobs.recording_sid == source_sid, begun)
        await connection.execute(
            update(transcript_jobs)
            .where(job_due, waits, jobs.due_at > received_at)
            .values(due_at=received_at)
        )

    await inbox.write(operation)


async def _is_erased(connection: AsyncConnection, recording_sid: str) -> bool:
    """Whether its call was erased while Twilio transcribed it; what is transcribed again is not."""
    jobs, erasures = transcript_jobs.c, transcript_erasures.c
    job = select(jobs.state, jobs.reason).where(jobs.recording_sid == recording_sid)
    if found := (await connection.execute(job)).first():
        return tuple(found) == (JobState.OMITTED.value, ERASED)
    noted = select(erasures.recording_sid).where(erasures.recording_sid == recording_sid)
    return await connection.scalar(noted) is not None


async def results_of(inbox: Inbox, source_sids: Collection[str]) -> list[StoredResult]:
    """The results of these recordings or transcripts, in order of arrival. Raises InboxUnavailable."""
    table = transcript_results.c
    found = (
        select(table.source_sid, table.received_at, table.body)
        .where(table.source_sid.in_(source_sids))
        .order_by(table.id)
    )
    async with inbox.reading() as connection:
        return [StoredResult(row[0], row[1], row[2]) for row in await connection.execute(found)]


async def drop_results_before(inbox: Inbox, moment: datetime) -> int:
    """Deletes results that arrived before `moment`; returns how many. Raises InboxUnavailable."""
    return await inbox.change(delete(transcript_results).where(transcript_results.c.received_at < moment))


async def drop_results_of(connection: AsyncConnection, root_sids: Collection[str]) -> None:
    """Deletes the results of these calls' recordings; to be called before their callbacks are deleted."""
    query = select(callbacks.c.parameters).where(
        callbacks.c.root_sid.in_(root_sids), callbacks.c.kind.in_((Kind.RECORDING, Kind.VOICEMAIL, Kind.DIAL))
    )
    parameters = (await connection.scalars(query)).all()
    recordings = {sid for one in parameters if isinstance(one, dict) and (sid := one.get("RecordingSid"))}
    if recordings:
        await connection.execute(
            delete(transcript_results).where(transcript_results.c.source_sid.in_(recordings))
        )
