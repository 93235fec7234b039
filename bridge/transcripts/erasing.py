"""Deletes at Twilio what is kept there of calls that were erased here, whichever engine is set now."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

import structlog

from bridge.errors import TranscriptError, TranscriptRefused, TwilioError, TwilioRefused
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.erasing import Erasure, erased, erasures_of

log = structlog.get_logger()


class Erases(Protocol):
    """The part of `Transcriber` that is used here."""

    async def erase(self, remainder: str) -> None: ...


OpenEraser = Callable[[], AbstractAsyncContextManager[Erases]]


class DeletesTexts(Protocol):
    """The part of `TwilioRest` that is used here; raises TwilioError."""

    async def delete_transcription(self, sid: str) -> None: ...


class NothingKept:
    """Deletes nothing: of `twilio-batch` only what it posts later is not wanted, for a while."""

    async def erase(self, remainder: str) -> None:
        """Nothing is kept."""


class RecordErasing:
    """Deletes the texts that `<Record transcribe>` made of voicemails."""

    def __init__(self, twilio: DeletesTexts) -> None:
        self._twilio = twilio

    async def erase(self, remainder: str) -> None:
        """One that is not there is success. Raises TwilioError."""
        try:
            await self._twilio.delete_transcription(remainder)
        except TwilioRefused as refused:
            if refused.status != 404:
                raise


class TranscriptErasing:
    """Deletes what these engines have kept, each opened where there is something."""

    def __init__(self, inbox: Inbox, engines: Mapping[str, OpenEraser]) -> None:
        self._inbox = inbox
        self._engines = engines

    async def once(self, now: datetime) -> None:
        """Deletes what is to be deleted; the rest stays for the next round. Raises InboxUnavailable."""
        for engine, opened in self._engines.items():
            waiting = await erasures_of(self._inbox, engine, now=now)
            if not waiting:
                continue
            async with opened() as eraser:
                count = await self._erase(eraser, waiting, now)
            log.info("transcript.erased", engine=engine, count=count, left=len(waiting) - count)

    async def _erase(self, eraser: Erases, waiting: Sequence[Erasure], now: datetime) -> int:
        """How many it deleted; one that is refused keeps no other waiting."""
        count = 0
        for one in waiting:
            try:
                await eraser.erase(one.remainder)
            except (TranscriptError, TwilioError) as problem:
                log.warning("transcript.not_erased", sid=one.sid, reason=str(problem))
                if not isinstance(problem, TranscriptRefused | TwilioRefused):
                    break
            else:
                await erased(self._inbox, one, now=now)
                count += 1
        return count
