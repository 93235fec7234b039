"""The action of a Dial that ended because a leg was moved: into the conference, or to another party."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import structlog
from aiohttp import web

from bridge.calls.agents import client_identity
from bridge.calls.callback import Kind
from bridge.calls.fold.acts import PASSED_BY, move_of, moved, passes_on
from bridge.calls.live_calls import LiveCalls
from bridge.calls.routing.lines import Lines
from bridge.errors import TwilioError
from bridge.inbox.queries import known_call
from bridge.inbox.store import Inbox
from bridge.observability import metrics
from bridge.twilio import twiml
from bridge.twilio.rest.conferences import TwilioConferences
from bridge.twilio.urls import ALIASES, CallbackUrls
from bridge.web.twilio.callbacks import answer, read, store_in_background

log = structlog.get_logger()

DIALS = ("/twilio/dial", *ALIASES["dial"])
"""Ends of the URLs of these actions."""

PASSED_ON = frozenset({"dial", "left"})
"""`Next` of an action after a blind transfer."""

LOOK_SECONDS = 4.0
"""How long Twilio is asked for a conference while it waits for TwiML."""


class MovedDials:
    """Answers these actions; any replica can get one, so a shared database is asked who moved the call."""

    def __init__(
        self,
        inbox: Inbox,
        live_calls: LiveCalls,
        lines: Lines,
        conferences: TwilioConferences,
        *,
        urls: CallbackUrls,
    ) -> None:
        self._inbox = inbox
        self._live_calls = live_calls
        self._lines = lines
        self._conferences = conferences
        self._urls = urls

    async def answer(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response | None:
        """TwiML for a leg that dialled another one, which was moved; None for any other Dial.

        Of a leg that dials anew Twilio ignores the answer.
        """
        root_sid = request.query.get("joins") or parameters.get("CallSid", "")
        following = await self._following(root_sid)
        # The Dial by which a party was passed on: the move before it was another's, unless it goes on again.
        is_passed_on = following in PASSED_ON and request.query.get("step") == "transfer"
        if not following or (is_passed_on and not await self._passes_on(root_sid, parameters)):
            return None
        store_in_background(self._inbox, read(Kind.DIAL, request, parameters, Next=following))
        metrics.TWIML.inc("moved")
        if following != "conference":
            return answer(twiml.EMPTY)
        return answer(self._conference(root_sid, parameters))

    async def after_failure(self, parameters: Mapping[str, str]) -> web.Response | None:
        """TwiML for such a leg, where Twilio got no answer to the action and requests the fallback URL.

        https://www.twilio.com/docs/usage/security/availability-reliability
        """
        failed = urlsplit(parameters.get("ErrorUrl", ""))
        query = dict(parse_qsl(failed.query))
        if not failed.path.endswith(DIALS) or query.get("step") == "conference":
            return None
        root_sid = query.get("joins") or parameters.get("CallSid", "")
        if await self._following(root_sid) != "conference":
            return None
        metrics.TWIML.inc("moved")
        return answer(self._conference(root_sid, parameters))

    async def left(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """A leg has left its conference, and is over."""
        named = {**parameters, "ParentCallSid": _parent(request, parameters)}
        await self._inbox.store(read(Kind.DIAL, request, named, Next="left"))
        return answer(twiml.EMPTY)

    async def _following(self, root_sid: str) -> str:
        """`Next` of the action; of a move that failed Twilio is asked whether it came about later."""
        following = await self._move(root_sid)
        if following != "stays":
            return following
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                sid = await self._conferences.sid_of(root_sid)
                return "conference" if sid and await self._conferences.participants(sid) else ""
        except (TwilioError, TimeoutError) as error:
            log.warning("conference.not_known", call_sid=root_sid, reason=str(error))
            return ""

    async def _move(self, call_sid: str) -> str:
        now = datetime.now(UTC)
        if (following := self._live_calls.move(call_sid, now)) or not self._inbox.is_shared:
            return following
        known = await known_call(self._inbox, call_sid)
        moves = [(c.received_at, move) for c in (known.callbacks if known else ()) if (move := move_of(c))]
        return moved(moves, now)

    async def _passes_on(self, call_sid: str, parameters: Mapping[str, str]) -> bool:
        leg_sid, now = parameters.get("DialCallSid", ""), datetime.now(UTC)
        if (found := self._live_calls.passes_on(call_sid, leg_sid, now)) or not self._inbox.is_shared:
            return found
        known = await known_call(self._inbox, call_sid)
        passed = [(c.received_at, by) for c in (known.callbacks if known else ()) if (by := c.get(PASSED_BY))]
        return passes_on(passed, leg_sid, now)

    def _conference(self, root_sid: str, parameters: Mapping[str, str]) -> str:
        """Of a call in the first leg is the customer's, which is recorded; of a call out it is the agent's.

        A party whom an agent called, and then passed on, is a customer who dials, too.
        """
        if root_sid != parameters.get("CallSid"):
            line = self._lines.of(parameters.get("From"))
            record = line.recording.outbound
        else:
            is_agent = client_identity(parameters.get("From")) is not None
            line = self._lines.of(None if is_agent else parameters.get("To"))
            record = line.recording.inbound and not is_agent
        return twiml.conference(
            root_sid, time_limit=line.longest_call_seconds, urls=self._urls, record=record
        )


def _parent(request: web.Request, parameters: Mapping[str, str]) -> str:
    call_sid = request.query.get("call", "")
    return "" if call_sid == parameters.get("CallSid") else call_sid or "not named"
