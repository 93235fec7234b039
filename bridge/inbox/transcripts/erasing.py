"""Erases transcripts with their calls; what an engine keeps elsewhere is noted until it is deleted there."""

from collections.abc import Collection, Sequence

from sqlalchemy import case, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.store import Inbox
from bridge.inbox.tables import summaries, transcript_erasures, transcript_jobs, transcripts

KEEPS_TEXT = ("twilio-classic",)
"""Engines that keep the text until it is deleted there; their progress names it, and has none of it."""


async def drop_transcripts_of(connection: AsyncConnection, root_sids: Collection[str]) -> None:
    """Deletes the jobs, texts and summaries of these calls, and notes what is to be deleted elsewhere."""
    jobs = transcript_jobs.c
    these = jobs.root_sid.in_(root_sids)
    # A process can have begun, and have died before it stored what: then that is all of the recording.
    remainder = case((jobs.progress == "", jobs.recording_sid), else_=jobs.progress)
    elsewhere = select(jobs.recording_sid, jobs.engine, remainder).where(these, jobs.engine.in_(KEEPS_TEXT))
    names = ["recording_sid", "engine", "progress"]
    await connection.execute(insert(transcript_erasures).from_select(names, elsewhere))
    await connection.execute(delete(transcript_jobs).where(these))
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
