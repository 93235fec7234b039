"""Deletes at Twilio the transcripts of calls that were erased here, whichever engine is set now."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import structlog

from bridge.errors import TranscriptError
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.erasing import erased, erasures_of
from bridge.transcripts.engines.classic import ENGINE
from bridge.transcripts.transcriber import Transcriber

log = structlog.get_logger()

OpenEngine = Callable[[], AbstractAsyncContextManager[Transcriber]]


class TranscriptErasing:
    """Deletes what `twilio-classic` has kept; `open_engine` opens that engine."""

    def __init__(self, inbox: Inbox, open_engine: OpenEngine) -> None:
        self._inbox = inbox
        self._open_engine = open_engine

    async def once(self, _now: datetime) -> None:
        """Deletes what is to be deleted; the rest stays for the next round. Raises InboxUnavailable."""
        waiting = await erasures_of(self._inbox, ENGINE)
        if not waiting:
            return
        async with self._open_engine() as engine:
            for recording_sid, remainder in waiting:
                try:
                    await engine.erase(remainder)
                except TranscriptError as problem:
                    log.warning("transcript.not_erased", waiting=len(waiting), reason=str(problem))
                    return
                await erased(self._inbox, recording_sid)
        log.info("transcript.erased", count=len(waiting))
