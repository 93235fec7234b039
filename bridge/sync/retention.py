"""Deletes old recordings at Twilio."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bridge.errors import TwilioRefused
from bridge.inbox.queries import known_sids
from bridge.inbox.store import Inbox
from bridge.twilio.rest.resources import RecordingResource

AT_ONCE = 200
"""Recordings whose calls one query looks up."""

MOST_A_ROUND = 5000
"""Recordings deleted in one round; the next round continues."""

log = structlog.get_logger()


class Deletes(Protocol):
    """The part of `TwilioRest` that is used here; each method raises TwilioError."""

    def recordings(self, *, created_before: datetime) -> AsyncIterator[RecordingResource]: ...

    async def delete_recording(self, sid: str) -> None: ...


class RecordingRetention:
    """Deletes recordings older than `keep`, only of calls that the inbox knows.

    Twilio's own list says what is due, so no state is kept here.
    """

    def __init__(self, inbox: Inbox, twilio: Deletes, keep: timedelta) -> None:
        self._inbox = inbox
        self._twilio = twilio
        self._keep = keep

    async def once(self, now: datetime) -> int:
        """Deletes what is due; how many. Raises TwilioError and InboxUnavailable."""
        # All are listed first: deletions shift Twilio's pages.
        due = [recording async for recording in self._due(now - self._keep)]
        for recording in due:
            await self._delete(recording)
        if due:
            log.info("recordings.deleted", recordings=len(due), days=self._keep.days)
        return len(due)

    async def _due(self, before: datetime) -> AsyncIterator[RecordingResource]:
        found, batch = 0, list[RecordingResource]()
        async for recording in self._twilio.recordings(created_before=before):
            batch.append(recording)
            if len(batch) == AT_ONCE:
                for known in await self._of_known_calls(batch):
                    yield known
                    found += 1
                batch = []
            if found >= MOST_A_ROUND:
                return
        for known in await self._of_known_calls(batch):
            yield known

    async def _of_known_calls(self, recordings: list[RecordingResource]) -> list[RecordingResource]:
        known = await known_sids(self._inbox, {recording.call_sid for recording in recordings})
        return [recording for recording in recordings if recording.call_sid in known]

    async def _delete(self, recording: RecordingResource) -> None:
        try:
            await self._twilio.delete_recording(recording.sid)
        except TwilioRefused as refused:
            # Another process deleted it first.
            if refused.status != 404:
                raise
        log.info("recording.deleted", recording_sid=recording.sid, call_sid=recording.call_sid)
