"""Deletes old recordings at Twilio."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bridge.errors import TwilioRefused
from bridge.inbox.queries import known_sids, roots_of_legs
from bridge.inbox.store import Inbox
from bridge.twilio.rest.resources import CallResource, RecordingResource

AT_ONCE = 200
"""Recordings whose calls one query looks up."""

MOST_A_ROUND = 5000
"""Recordings deleted in one round; the next round continues."""

MOST_ASKED = 200
"""Calls that Twilio is asked for in one round."""

log = structlog.get_logger()


class Deletes(Protocol):
    """The part of `TwilioRest` that is used here; each method raises TwilioError."""

    def recordings(self, *, created_before: datetime) -> AsyncIterator[RecordingResource]: ...

    async def delete_recording(self, sid: str) -> None: ...

    async def call(self, sid: str) -> CallResource: ...


class RecordingRetention:
    """Deletes recordings older than `keep`, only of calls that the inbox knows.

    Twilio's own list says what is due, so no state is kept here.
    """

    def __init__(self, inbox: Inbox, twilio: Deletes, keep: timedelta) -> None:
        self._inbox = inbox
        self._twilio = twilio
        self._keep = keep
        self._others: set[str] = set()
        """Call SIDs of other applications' recordings, as long as Twilio lists these."""
        self._seen: set[str] = set()
        self._to_ask: int

    async def once(self, now: datetime) -> int:
        """Deletes what is due; how many. Raises TwilioError and InboxUnavailable."""
        self._to_ask = MOST_ASKED
        self._seen = set()
        # All are listed first: deletions shift Twilio's pages.
        due = await self._due(now - self._keep)
        for recording in due:
            await self._delete(recording)
        if due:
            log.info("recordings.deleted", recordings=len(due), days=self._keep.days)
        return len(due)

    async def _due(self, before: datetime) -> list[RecordingResource]:
        due, batch = list[RecordingResource](), list[RecordingResource]()
        async for recording in self._twilio.recordings(created_before=before):
            batch.append(recording)
            if len(batch) == AT_ONCE:
                due += await self._of_known_calls(batch)
                batch = []
            if len(due) >= MOST_A_ROUND:
                return due
        due += await self._of_known_calls(batch)
        # All were listed: what was not among them is no longer at Twilio.
        self._others = self._seen
        return due

    async def _of_known_calls(self, recordings: list[RecordingResource]) -> list[RecordingResource]:
        sids = {recording.call_sid for recording in recordings}
        known = await known_sids(self._inbox, sids)
        roots = await self._roots(sids - known)
        of_known = await known_sids(self._inbox, set(roots.values()))
        self._others |= {leg for leg, root in roots.items() if root not in of_known}
        self._seen |= sids & self._others
        ours = known | {leg for leg, root in roots.items() if root in of_known}
        return [recording for recording in recordings if recording.call_sid in ours]

    async def _roots(self, sids: Collection[str]) -> dict[str, str]:
        """Leg SID → call SID: of a call out that became a conference, the dialled leg is recorded."""
        roots = await roots_of_legs(self._inbox, sids)
        # The inbox has purged its legs, or it is another application's: Twilio is asked once.
        asked = sorted(set(sids) - roots.keys() - self._others)[: self._to_ask]
        self._to_ask -= len(asked)
        for sid in asked:
            if parent := await self._parent(sid):
                roots[sid] = parent
            else:
                self._others.add(sid)
        return roots

    async def _parent(self, sid: str) -> str | None:
        try:
            return (await self._twilio.call(sid)).parent_call_sid
        except TwilioRefused:
            return None

    async def _delete(self, recording: RecordingResource) -> None:
        try:
            await self._twilio.delete_recording(recording.sid)
        except TwilioRefused as refused:
            # Another process deleted it first.
            if refused.status != 404:
                raise
        log.info("recording.deleted", recording_sid=recording.sid, call_sid=recording.call_sid)
