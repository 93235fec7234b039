"""Keeps conferences: no party is left in one alone, and none outlives its call."""

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any

import structlog

from bridge import background
from bridge.calls.callback import OF_CALL, Callback, Kind
from bridge.calls.ends import Change, changes, ends_of
from bridge.calls.fold.acts import RESUMED, Act
from bridge.calls.fold.outcome import ended
from bridge.calls.fold.parties import Evidence
from bridge.calls.live_calls import LiveCalls
from bridge.errors import InboxUnavailable, TwilioError, TwilioRefused
from bridge.inbox.queries import KnownCall, known_call, stored_digests
from bridge.inbox.replicas import lease
from bridge.inbox.store import Inbox
from bridge.inbox.unreadable import concerning
from bridge.twilio.rest import TwilioRest
from bridge.web.conferences.moving import Moving, quietly
from bridge.web.conferences.participants import Participants

AGAIN_SECONDS = 1.0
"""After so long a call is looked at again where an act on it goes on, or Twilio did not answer."""

LEASE_LASTS = timedelta(seconds=6)
"""How long a call waits for an act whose process died."""

log = structlog.get_logger()


def lease_of(root_sid: str) -> str:
    """The name under which one act or change at a time is made on a call."""
    return f"conference {root_sid}"


class Keeper:
    """Hears of callbacks (`hear`), and does what `calls.ends.changes` says that a conference needs.

    `every` is how often `sweep` is to be called.
    """

    def __init__(
        self,
        inbox: Inbox,
        rest: TwilioRest,
        moving: Moving,
        live_calls: LiveCalls,
        *,
        participants: Participants,
        every: timedelta,
    ) -> None:
        self._participants = participants
        self.every = every
        # Longer than the second of two takes to come in, and than a callback is under way.
        self._quiet_for = every * 2 / 3
        self._inbox = inbox
        self._rest = rest
        self._moving = moving
        self._live_calls = live_calls
        self._heard: dict[str, set[bytes]] = {}
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many calls have news that were not looked at."""
        return len(self._heard)

    def hear(self, callback: Callback) -> None:
        """Takes a callback that can change what a conference needs into account, before it is stored."""
        if callback.kind is Kind.CONFERENCE or callback.get(OF_CALL):
            self._heard.setdefault(callback.root_sid, set()).add(callback.digest)
            self._news.set()

    def _committed(self) -> None:
        if self._heard:
            self._news.set()

    async def run(self) -> None:
        """Keeps conferences until it is cancelled."""
        self._inbox.on_commit.append(self._committed)
        forgetting = background.start(self._forget_lost(), name="callbacks that were not stored")
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                for root_sid in await self._complete():
                    await self._look(root_sid)
        finally:
            self._inbox.on_commit.remove(self._committed)
            forgetting.cancel()

    async def _forget_lost(self) -> None:
        """Stops waiting for callbacks that were heard and never stored: Twilio possibly sent them elsewhere.

        The other news of their calls would wait with them.
        """
        before: set[bytes] = set()
        while True:
            # Longer than a callback waits for its commit.
            await asyncio.sleep(self.every.total_seconds())
            for digests in self._heard.values():
                digests.difference_update(before)
            before = set().union(*self._heard.values())
            self._news.set()

    async def _complete(self) -> list[str]:
        """The calls of which all is stored that was heard; the commit of the rest wakes this task again."""
        waited = set().union(*self._heard.values())
        try:
            stored = await stored_digests(self._inbox, waited) if waited else set()
        except InboxUnavailable as error:
            log.warning("conference.not_kept", reason=str(error))
            return []
        return [root_sid for root_sid, digests in self._heard.items() if digests <= stored]

    async def sweep(self, now: datetime) -> None:
        """Looks at all conferences that can go on, and at who is in them by Twilio's list."""
        for root_sid in self._live_calls.conferences(now):
            self._heard.setdefault(root_sid, set())
            with concerning(root_sid):
                await self._compare(root_sid, now)
        self._news.set()

    async def _look(self, root_sid: str) -> None:
        self._heard.pop(root_sid, None)
        try:
            with concerning(root_sid):
                if known := await self._known(root_sid):
                    await self._keep(known)
        except (TwilioError, InboxUnavailable) as error:
            log.warning("conference.not_kept", call_sid=root_sid, reason=str(error))
            self._later(root_sid)

    def _later(self, root_sid: str) -> None:
        background.start(self._again(root_sid), name="a conference, again")

    async def _again(self, root_sid: str) -> None:
        await asyncio.sleep(AGAIN_SECONDS)
        self._heard.setdefault(root_sid, set())
        self._news.set()

    async def _keep(self, known: KnownCall) -> None:
        if not changes(Evidence.of(known.callbacks)):
            return
        async with self._alone(known.root_sid) as is_held:
            if not is_held:
                self._later(known.root_sid)
                return
            known = await self._known(known.root_sid) or known
            evidence = Evidence.of(known.callbacks)
            for change in changes(evidence):
                await self._make(known.root_sid, evidence, change)

    async def _known(self, root_sid: str) -> KnownCall | None:
        """The call; None where it was erased: nothing is known of it any more."""
        known = await known_call(self._inbox, root_sid)
        return known if known and known.callbacks else None

    def _alone(self, root_sid: str) -> AbstractAsyncContextManager[bool]:
        return lease(self._inbox, lease_of(root_sid), lasts=LEASE_LASTS)

    async def _make(self, root_sid: str, evidence: Evidence, change: Change) -> None:
        log.info("conference.kept", call_sid=root_sid, leg_sid=change.sid, change=change.what)
        if change.what == "end":
            if not await _unless_gone(self._rest.update_call(change.sid, status="completed")):
                await self._moving.presence.learn_end(evidence, change.sid)
            return
        sid = ends_of(evidence).conference_sid or ""
        if change.what == "resume":
            await _unless_gone(self._moving.conferences.update(sid, change.sid, hold=False))
            await self._participants.pause_recording(evidence, change.sid, paused=False)
            await self._moving.store(root_sid, Act.RESUME, agent="", said={RESUMED: change.sid})
            return
        ends = change.what == "ending"
        await _unless_gone(self._moving.conferences.update(sid, change.sid, end_conference_on_exit=ends))

    async def _compare(self, root_sid: str, now: datetime) -> None:
        """Learns who is in a conference of which nothing was heard lately; none is left alone there."""
        try:
            known = await self._known(root_sid)
            if known is None or now - known.heard_at < self._quiet_for:
                return
            evidence = Evidence.of(known.callbacks)
            # Over, and every leg of it: most of the calls of the last hours.
            if ended(evidence) and not changes(evidence):
                return
            async with self._alone(root_sid) as is_held:
                if is_held:
                    await self._compare_alone(root_sid, evidence)
        except (TwilioError, InboxUnavailable) as error:
            log.warning("conference.not_kept", call_sid=root_sid, reason=str(error))

    async def _compare_alone(self, root_sid: str, evidence: Evidence) -> None:
        sid = await self._moving.conferences.sid_of(root_sid)
        present = await self._moving.conferences.participants(sid) if sid else []
        known_sid = sid or ends_of(evidence).conference_sid
        if known_sid:
            evidence = await self._moving.presence.learn_of(present, evidence, known_sid)
        if sid and len(present) < 2:
            await self._end_alone(sid, root_sid, evidence)

    async def _end_alone(self, sid: str, root_sid: str, evidence: Evidence) -> None:
        """Brings the other one of two in, who has not come; where that one is over, the conference ends."""
        ends = ends_of(evidence)
        first = [end for end in (ends.customer, *ends.others) if end and end.joined_as is None]
        absent = [end for end in first if not end.reported]
        if absent and await self._moving.bring(root_sid, evidence, absent):
            return
        log.warning("conference.left_alone", call_sid=root_sid)
        await quietly(self._moving.conferences.end(sid))


async def _unless_gone(asked: Coroutine[Any, Any, object]) -> bool:
    """False where the leg or the conference is gone. Raises TwilioError for anything else."""
    try:
        await asked
    except TwilioRefused as refused:
        log.info("conference.gone", reason=str(refused), number=refused.number)
        return False
    return True
