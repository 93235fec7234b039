"""The transcripts of recordings, by call."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.transcripts.segments import Role, Segment, Speaker, Transcript
from bridge.inbox.rows import chunks
from bridge.inbox.store import Inbox
from bridge.inbox.tables import transcripts

StoredTranscript = tuple[datetime, Transcript]
"""When a recording started, and its transcript."""


async def transcripts_of(
    inbox: Inbox, root_sids: Collection[str]
) -> Mapping[str, Sequence[StoredTranscript]]:
    """Call SID → the transcripts of its recordings, in order of time; calls without any are left out.

    `merging.transcript_of_call` makes one of those of a call. Raises InboxUnavailable.
    """
    found: defaultdict[str, list[StoredTranscript]] = defaultdict(list)
    async with inbox.reading() as connection:
        for some in chunks(sorted(root_sids)):
            await _add(connection, some, found)
    return found


async def _add(
    connection: AsyncConnection, root_sids: Sequence[str], found: Mapping[str, list[StoredTranscript]]
) -> None:
    table = transcripts.c
    these = select(transcripts).where(table.root_sid.in_(root_sids))
    ordered = these.order_by(table.starts_at, table.recording_sid)
    for row in (await connection.execute(ordered)).mappings():
        found[row["root_sid"]].append((row["starts_at"], _transcript(row)))


def _transcript(row: RowMapping) -> Transcript:
    return Transcript(
        segments=tuple(map(_segment, row["segments"])),
        language=row["language"],
        engine=row["engine"],
        model=row["model"],
    )


def _segment(stored: Sequence[Any]) -> Segment:
    role, address, start, end, text, confidence = stored
    return Segment(Speaker(Role(role), address), start, end, text, confidence)
