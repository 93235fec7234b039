"""Recordings that Twilio answers with 404: their links leave Twenty, as after Twilio's own `absent`."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from bridge.calls.callback import Callback, Kind, digest_of
from bridge.errors import InboxUnavailable
from bridge.inbox.queries import calls_of_recording
from bridge.inbox.store import Inbox

STILL_MADE = timedelta(minutes=15)
"""Until this long after its callback a recording can still be missing at Twilio."""

MOST_REMEMBERED = 10_000

log = structlog.get_logger()


class GoneRecordings:
    """Stores that recordings are gone; one look-up at a time, and one for each recording."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._told: set[str] = set()
        self._lock = asyncio.Lock()

    async def tell(self, sid: str) -> None:
        """Stores that the recording is gone, of each call that has it."""
        try:
            async with self._lock:
                if sid not in self._told and await self._put(sid, datetime.now(UTC)):
                    self._remember(sid)
        except InboxUnavailable as error:
            log.warning("recording.gone_not_kept", recording_sid=sid, reason=str(error))

    async def _put(self, sid: str, now: datetime) -> bool:
        named = await calls_of_recording(self._inbox, sid)
        if any(at > now - STILL_MADE for at in named.values()):
            return False
        for root_sid in named:
            await self._inbox.store(absent(sid, root_sid, now))
            log.info("recording.gone", recording_sid=sid, call_sid=root_sid)
        return True

    def _remember(self, sid: str) -> None:
        if len(self._told) >= MOST_REMEMBERED:
            self._told.clear()
        self._told.add(sid)


def absent(sid: str, root_sid: str, now: datetime) -> Callback:
    """The form that Twilio posts for a recording that is absent."""
    parameters = {"CallSid": root_sid, "RecordingSid": sid, "RecordingStatus": "absent"}
    return Callback(
        kind=Kind.RECORDING,
        call_sid=root_sid,
        parameters=parameters,
        received_at=now,
        digest=digest_of(Kind.RECORDING, f"/recordings/{sid}", parameters),
    )
