"""Which call a recording is of, by its SID alone."""

from datetime import datetime

from sqlalchemy import Text, cast, func, select

from bridge.calls.callback import Kind
from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks

NAMING = (Kind.RECORDING, Kind.VOICEMAIL, Kind.DIAL, Kind.TRANSCRIPTION)
"""The callbacks that name a recording."""


async def calls_of_recording(inbox: Inbox, sid: str) -> dict[str, datetime]:
    """Call SID → when a callback last named the recording. Raises InboxUnavailable.

    Every callback of these kinds is looked at, for none is indexed by it.
    """
    named = (
        select(callbacks.c.root_sid, func.max(callbacks.c.received_at))
        .where(callbacks.c.kind.in_([kind.value for kind in NAMING]))
        .where(cast(callbacks.c.parameters, Text).like(f"%{sid}%"))
        .group_by(callbacks.c.root_sid)
    )
    async with inbox.reading() as connection:
        return {row[0]: row[1] for row in await connection.execute(named)}
