"""Erases transcripts with their calls; what an engine keeps elsewhere is noted until it is deleted there."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Kind
from bridge.inbox.rows import calls_of_legs, chunks
from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks, calls, summaries, transcript_erasures, transcript_jobs, transcripts
from bridge.inbox.transcripts.jobs import ERASED, JobState
from bridge.inbox.transcripts.results import drop_results_of

KEEPS_TEXT = ("twilio-classic",)
"""Engines that keep the text until it is deleted there; their progress names it, and has none of it."""


log = structlog.get_logger()


async def erase_spoken(inbox: Inbox, root_sids: Collection[str], *, now: datetime) -> None:
    """Erases what was said in calls whose record a user deleted: texts, summaries, results, begun work.

    The calls stay, and their jobs, which are omitted from now on: `retry_jobs` makes a call's due again. A
    process that works on one finds that it has it no longer. Raises InboxUnavailable.
    """
    for some in chunks(sorted(root_sids)):
        erased_of: list[str] = []

        async def operation(
            connection: AsyncConnection, some: Sequence[str] = some, erased_of: list[str] = erased_of
        ) -> None:
            # The bridge itself withdraws a leg that was shown as a call: what was said belongs to its call.
            legs = await calls_of_legs(connection, set(some))
            erased_of[:] = await _erase_spoken(connection, [s for s in some if s not in legs], now)

        await inbox.write(operation)
        if erased_of:
            log.info("transcripts.erased", call_sids=erased_of)


async def _erase_spoken(
    connection: AsyncConnection, root_sids: Collection[str], now: datetime
) -> Sequence[str]:
    """Those of these calls of which something was erased."""
    if connection.dialect.name == "sqlite":
        # Deleted data would stay in free pages of the file.
        await connection.exec_driver_sql("PRAGMA secure_delete=ON")
    chosen = select(calls.c.root_sid).where(calls.c.root_sid.in_(root_sids)).order_by(calls.c.root_sid)
    these = (await connection.scalars(chosen.with_for_update())).all()
    blanked = await _blank_transcriptions(connection, these)
    jobs = transcript_jobs.c
    omitted = JobState.OMITTED.value
    spoken = (jobs.root_sid.in_(these), or_(jobs.state != omitted, jobs.reason.is_distinct_from(ERASED)))
    found = set(await connection.scalars(select(jobs.root_sid).where(*spoken)))
    if found:
        await drop_results_of(connection, found)
        await _drop_texts(connection, found)
        values = {"state": omitted, "reason": ERASED, "progress": "", "engine": None, "changed_at": now}
        values |= {"holder": None, "held_until": None}
        await connection.execute(update(transcript_jobs).where(*spoken).values(**values))
    return sorted(found | blanked)


async def _blank_transcriptions(connection: AsyncConnection, root_sids: Collection[str]) -> set[str]:
    """Empties what Twilio's Record made of voicemails; the callbacks stay: a repeated one is known."""
    table = callbacks.c
    of_voicemails = (table.root_sid.in_(root_sids), table.kind == Kind.TRANSCRIPTION)
    found = select(table.id, table.root_sid, table.parameters).where(*of_voicemails)
    blanked: set[str] = set()
    for row_id, root_sid, parameters in (await connection.execute(found)).all():
        if isinstance(parameters, dict) and parameters.get("TranscriptionText"):
            emptied = {**parameters, "TranscriptionText": ""}
            await connection.execute(update(callbacks).where(table.id == row_id).values(parameters=emptied))
            blanked.add(root_sid)
    return blanked


async def drop_transcripts_of(connection: AsyncConnection, root_sids: Collection[str]) -> None:
    """Deletes the jobs, texts and summaries of these calls, and notes what is to be deleted elsewhere."""
    await _drop_texts(connection, root_sids)
    await connection.execute(delete(transcript_jobs).where(transcript_jobs.c.root_sid.in_(root_sids)))


async def _drop_texts(connection: AsyncConnection, root_sids: Collection[str]) -> None:
    jobs = transcript_jobs.c
    these = jobs.root_sid.in_(root_sids)
    # A process can have begun, and have died before it stored what: then that is all of the recording.
    remainder = case((jobs.progress == "", jobs.recording_sid), else_=jobs.progress)
    elsewhere = select(jobs.recording_sid, jobs.engine, remainder).where(these, jobs.engine.in_(KEEPS_TEXT))
    names = ["recording_sid", "engine", "progress"]
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    noted = insert(transcript_erasures).from_select(names, elsewhere)
    # It was transcribed again before the first was deleted there: then all of the recording is.
    both = {"progress": transcript_erasures.c.recording_sid}
    noted = noted.on_conflict_do_update(index_elements=["recording_sid"], set_=both)
    await connection.execute(noted)
    for table in (transcripts, summaries):
        await connection.execute(delete(table).where(table.c.root_sid.in_(root_sids)))


async def erasures_of(inbox: Inbox, engine: str) -> Sequence[tuple[str, str]]:
    """Recording SID and progress of what an engine has still to delete. Raises InboxUnavailable."""
    table = transcript_erasures.c
    found = select(table.recording_sid, table.progress).where(table.engine == engine)
    async with inbox.reading() as connection:
        return [(row[0], row[1]) for row in await connection.execute(found.order_by(table.recording_sid))]


async def erased(inbox: Inbox, recording_sid: str) -> None:
    """Forgets an erasure that was carried out. Raises InboxUnavailable."""
    await inbox.change(
        delete(transcript_erasures).where(transcript_erasures.c.recording_sid == recording_sid)
    )
