"""Moves a call of two ends into its conference: the dialled leg by REST, the first one by its Dial's action.

Twilio requests that action when it has redirected the dialled leg.
https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import UTC, datetime

import structlog

from bridge.calls import control
from bridge.calls.agent_call import our_number
from bridge.calls.callback import Kind
from bridge.calls.ends import End, Ends, check_moves, ends_of
from bridge.calls.fold.acts import ACT, CHILD, CUSTOMER, Act, move_of
from bridge.calls.fold.parties import Evidence
from bridge.calls.fold.states import Direction
from bridge.calls.routing.lines import Lines
from bridge.errors import CallConflict, TwilioError, TwilioRefused, TwilioUnavailable
from bridge.inbox.store import Inbox
from bridge.twilio import forms, twiml
from bridge.twilio.rest import TwilioRest
from bridge.twilio.rest.conferences import TwilioConferences
from bridge.twilio.urls import CallbackUrls
from bridge.web.conferences.presence import Presence

NO_MORE = frozenset({20404, 21220})
"""Twilio's error code for a call that is over. https://www.twilio.com/docs/api/errors/21220"""

JOINING_SECONDS = 8.0
"""How long the two ends have to come into the conference; mostly they take one second."""

LOOK_SECONDS = 0.2

NOT_MOVED = "The call could not be moved into a conference; the two are still connected. Please try again."

log = structlog.get_logger()


class Moving:
    """Moves calls, each once; `is_emergency_number` says so of one."""

    def __init__(
        self,
        inbox: Inbox,
        rest: TwilioRest,
        lines: Lines,
        *,
        urls: CallbackUrls,
        is_emergency_number: Callable[[str], bool],
        seconds: float = JOINING_SECONDS,
    ) -> None:
        self._inbox = inbox
        self._rest = rest
        self.conferences = TwilioConferences(rest)
        self._lines = lines
        self.presence = Presence(inbox, rest, self.conferences)
        self._urls = urls
        self.is_emergency_number = is_emergency_number
        self._seconds = seconds

    def check(self, evidence: Evidence, ends: Ends) -> tuple[End, End]:
        """The customer's end and the one that talks with it; raises CallConflict where it cannot move."""
        return check_moves(evidence, ends, is_emergency=self.is_emergency(evidence))

    def is_emergency(self, evidence: Evidence) -> bool:
        """Whether any party of the call is an emergency number."""
        called = (leg.to for leg in evidence.legs if leg.to)
        return any(self.is_emergency_number(number) for number in (evidence.other_party or "", *called))

    async def conference_of(self, root_sid: str, evidence: Evidence, *, agent: str) -> str:
        """The SID of the call's conference, into which it is moved where it is not in it yet.

        Raises CallConflict, TwilioError and InboxUnavailable; the two are then still connected, or over.
        """
        ends = ends_of(evidence)
        customer, other = self.check(evidence, ends)
        if ends.is_conference and ends.conference_sid:
            return ends.conference_sid
        if sid := await self._entered(root_sid, evidence):
            return await self._rejoined(sid, root_sid, evidence, (customer, other))
        child = customer if other.sid == root_sid else other
        said = {CUSTOMER: customer.sid, CHILD: child.sid}
        await self.store(root_sid, Act.MOVE, agent=agent, said=said)
        try:
            await self._redirect(root_sid, child, evidence)
            return await self._both(root_sid, evidence, (customer, other))
        except (TwilioError, CallConflict):
            await self.store(root_sid, Act.MOVE_FAILED, agent=agent)
            raise

    async def _entered(self, root_sid: str, evidence: Evidence) -> str | None:
        """The SID of a conference that an earlier try has made; the bridge possibly stopped meanwhile.

        To redirect a leg that is in it would end it for all.
        """
        if not any(move_of(callback) == "conference" for callback in evidence.callbacks):
            return None
        sid = await self.conferences.sid_of(root_sid)
        return sid if sid and await self.conferences.participants(sid) else None

    async def _rejoined(self, sid: str, root_sid: str, evidence: Evidence, ends: tuple[End, End]) -> str:
        await self._both(root_sid, evidence, ends)
        await self.presence.learn(evidence, sid)
        return sid

    async def store(
        self, root_sid: str, act: Act, *, agent: str, act_id: str = "", said: dict[str, str] | None = None
    ) -> None:
        """Stores an act, for every replica and for the story of the call. Raises InboxUnavailable."""
        by = {"Agent": agent} if agent else {}
        own = {"CallSid": root_sid, ACT: act.value, "Id": act_id or f"{act}-{secrets.token_hex(8)}"}
        callback = forms.callback(Kind.ACT, "", {**own, **by, **(said or {})}, received_at=datetime.now(UTC))
        await self._inbox.store(callback)

    async def _redirect(self, root_sid: str, end: End, evidence: Evidence) -> None:
        document = self._document(root_sid, end, evidence)
        try:
            await self._rest.update_call(end.sid, twiml=document)
        except TwilioRefused as refused:
            if refused.number not in NO_MORE:
                raise
            # Its Dial has ended by itself, and the action has possibly sent the first leg into an empty room.
            await quietly(self._rest.update_call(root_sid, status="completed"))
            raise CallConflict(control.OVER, code="call.over") from refused
        except TwilioUnavailable as unknown:
            # Twilio possibly did it: the conference shows it.
            log.warning("conference.redirect_unknown", call_sid=root_sid, reason=str(unknown))

    def _document(self, root_sid: str, end: End, evidence: Evidence) -> str:
        line = self._lines.of(our_number(evidence))
        is_customer = evidence.customer is not None and end.sid == evidence.customer.sid
        is_in = evidence.direction is Direction.INBOUND
        wanted = line.recording.inbound if is_in else line.recording.outbound
        return twiml.conference(
            root_sid,
            time_limit=line.longest_call_seconds,
            urls=self._urls,
            record=wanted and is_customer,
        )

    async def _both(self, root_sid: str, evidence: Evidence, ends: tuple[End, End]) -> str:
        """Waits until both are in the conference; who is not is sent there once more."""
        sids = {end.sid for end in ends}
        sid, inside = await self._look(root_sid, sids)
        if sid and sids <= inside:
            return sid
        if sid is None or not inside:
            raise TwilioUnavailable(NOT_MOVED)
        if not await self.bring(root_sid, evidence, [end for end in ends if end.sid not in inside]):
            # One has hung up meanwhile: as in any call of two, that ends it.
            await quietly(self.conferences.end(sid))
            raise CallConflict(control.OVER, code="call.over")
        sid, inside = await self._look(root_sid, sids)
        if sid and sids <= inside:
            return sid
        raise TwilioUnavailable(NOT_MOVED)

    async def bring(self, root_sid: str, evidence: Evidence, ends: Iterable[End]) -> bool:
        """Sends legs into the conference that no Dial connects any more; False where one of them is over."""
        for end in ends:
            try:
                await self._rest.update_call(end.sid, twiml=self._document(root_sid, end, evidence))
            except TwilioError as error:
                if getattr(error, "number", None) in NO_MORE:
                    return False
                log.info("conference.not_changed", reason=str(error))
        return True

    async def _look(self, root_sid: str, sids: Collection[str]) -> tuple[str | None, set[str]]:
        """The conference and who of these is in it, once all are or the time is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._seconds
        sid: str | None = None
        inside: set[str] = set()
        while not (sid and set(sids) <= inside):
            sid = sid or await self.conferences.sid_of(root_sid)
            if sid:
                inside = {one.call_sid for one in await self.conferences.participants(sid)}
            if set(sids) <= inside or loop.time() > until:
                break
            await asyncio.sleep(LOOK_SECONDS)
        return sid, inside


async def quietly(asked: Awaitable[object]) -> None:
    """Waits for a request to Twilio whose failure changes nothing; it is logged."""
    try:
        await asked
    except TwilioError as error:
        log.info("conference.not_changed", reason=str(error))
