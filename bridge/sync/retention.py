"""Recordings are deleted at Twilio when they have been kept for long enough."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bridge.errors import TwilioRefused
from bridge.inbox.queries import known_sids
from bridge.inbox.store import Inbox
from bridge.twilio.rest.resources import RecordingResource

AT_ONCE = 200
"""Recordings whose calls are looked for together."""

MOST_A_ROUND = 5000
"""What is left over waits for the next round."""

log = structlog.get_logger()


class Deletes(Protocol):
    """What is asked of Twilio; all of it raises TwilioError. See `TwilioRest`."""

    def recordings(self, *, created_before: datetime) -> AsyncIterator[RecordingResource]: ...

    async def delete_recording(self, sid: str) -> None: ...


class RecordingRetention:
    """Deletes recordings that are older than `keep`, of calls that the inbox knows and of no others.

    What is due is what Twilio still has, so nothing is remembered here.
    """

    def __init__(self, inbox: Inbox, twilio: Deletes, keep: timedelta) -> None:
        self._inbox = inbox
        self._twilio = twilio
        self._keep = keep

    async def once(self, now: datetime) -> int:
        """How many were deleted. Raises TwilioError and InboxUnavailable; what was deleted then stays so."""
        # All are found first: Twilio's pages move when something of them is deleted.
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
            # Somebody else was quicker.
            if refused.status != 404:
                raise
        log.info("recording.deleted", recording_sid=recording.sid, call_sid=recording.call_sid)
