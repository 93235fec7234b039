"""Keeps conferences: no party is left in one alone, and none outlives its call."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog

from bridge import background
from bridge.calls.callback import OF_CALL, Callback, Kind
from bridge.calls.ends import Change, changes, ends_of
from bridge.calls.fold.acts import RESUMED, Act
from bridge.calls.fold.legs import FINAL
from bridge.calls.fold.parties import Evidence
from bridge.calls.live_calls import LiveCalls
from bridge.errors import InboxUnavailable, TwilioError, TwilioRefused
from bridge.inbox.queries import KnownCall, known_call
from bridge.inbox.replicas import lease
from bridge.inbox.store import Inbox
from bridge.twilio.rest import TwilioRest
from bridge.web.conferences.moving import Moving, quietly

AGAIN_SECONDS = 1.0
"""After so long a call is looked at again where an act on it goes on, or Twilio did not answer."""

ALONE_FOR = timedelta(seconds=20)
"""Longer than the second of two takes to come in."""

log = structlog.get_logger()


def lease_of(root_sid: str) -> str:
    """The name under which one act or change at a time is made on a call."""
    return f"conference {root_sid}"


class Keeper:
    """Hears of callbacks (`hear`), and does what `calls.ends.changes` says that a conference needs."""

    def __init__(self, inbox: Inbox, rest: TwilioRest, moving: Moving, live_calls: LiveCalls) -> None:
        self._inbox = inbox
        self._rest = rest
        self._moving = moving
        self._live_calls = live_calls
        self._heard: dict[str, set[bytes]] = {}
        self._news = asyncio.Event()

    def hear(self, callback: Callback) -> None:
        """Takes a callback that can leave a party alone into account, before it is stored."""
        is_leg = callback.get(OF_CALL) and callback.get("CallStatus") in FINAL
        if callback.kind is Kind.CONFERENCE or is_leg:
            self._heard.setdefault(callback.root_sid, set()).add(callback.digest)
            self._news.set()

    async def run(self) -> None:
        """Keeps conferences until it is cancelled."""
        self._inbox.on_commit.append(self._news.set)
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                for root_sid in list(self._heard):
                    await self._look(root_sid)
        finally:
            self._inbox.on_commit.remove(self._news.set)

    async def sweep(self, now: datetime) -> None:
        """Looks at all conferences that can go on, and at who is in them by Twilio's word."""
        for root_sid in self._live_calls.conferences(now):
            self._heard.setdefault(root_sid, set())
            await self._end_if_alone(root_sid, now)
        self._news.set()

    async def _look(self, root_sid: str) -> None:
        digests = self._heard[root_sid]
        try:
            known = await known_call(self._inbox, root_sid)
            stored = {callback.digest for callback in known.callbacks} if known else set()
            # Not all is committed yet; the commit wakes this task.
            if known is None or not digests <= stored:
                return
            del self._heard[root_sid]
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
        async with lease(self._inbox, lease_of(known.root_sid)) as is_held:
            if not is_held:
                self._later(known.root_sid)
                return
            known = await known_call(self._inbox, known.root_sid) or known
            evidence = Evidence.of(known.callbacks)
            for change in changes(evidence):
                await self._make(known.root_sid, evidence, change)

    async def _make(self, root_sid: str, evidence: Evidence, change: Change) -> None:
        log.info("conference.kept", call_sid=root_sid, leg_sid=change.sid, change=change.what)
        if change.what == "end":
            await _unless_gone(self._rest.update_call(change.sid, status="completed"))
            return
        sid = ends_of(evidence).conference_sid or ""
        if change.what == "resume":
            await _unless_gone(self._moving.conferences.update(sid, change.sid, hold=False))
            await self._moving.store(root_sid, Act.RESUME, agent="", said={RESUMED: change.sid})
            return
        ends = change.what == "ending"
        await _unless_gone(self._moving.conferences.update(sid, change.sid, end_conference_on_exit=ends))

    async def _end_if_alone(self, root_sid: str, now: datetime) -> None:
        """Ends a conference of one, also where the callback that says so was lost."""
        try:
            known = await known_call(self._inbox, root_sid)
            sid = await self._moving.conferences.sid_of(root_sid)
            if known is None or sid is None or now - known.heard_at < ALONE_FOR:
                return
            if len(await self._moving.conferences.participants(sid)) < 2:
                log.warning("conference.left_alone", call_sid=root_sid)
                await quietly(self._moving.conferences.end(sid))
        except (TwilioError, InboxUnavailable) as error:
            log.warning("conference.not_kept", call_sid=root_sid, reason=str(error))


async def _unless_gone(asked: Coroutine[Any, Any, object]) -> None:
    """Raises TwilioError unless the leg or the conference is gone."""
    try:
        await asked
    except TwilioRefused as refused:
        log.info("conference.gone", reason=str(refused), number=refused.number)
