"""The action of a Dial that ended because a leg was moved: into the conference, or to another party."""

from collections.abc import Mapping
from datetime import UTC, datetime

from aiohttp import web

from bridge.calls.agents import client_identity
from bridge.calls.callback import Kind
from bridge.calls.fold.acts import move_of, moved
from bridge.calls.live_calls import LiveCalls
from bridge.calls.routing.lines import Lines
from bridge.inbox.queries import known_call
from bridge.inbox.store import Inbox
from bridge.observability import metrics
from bridge.twilio import twiml
from bridge.twilio.urls import CallbackUrls
from bridge.web.twilio.callbacks import answer, read, store_in_background


class MovedDials:
    """Answers these actions; any replica can get one, so a shared database is asked who moved the call."""

    def __init__(self, inbox: Inbox, live_calls: LiveCalls, lines: Lines, *, urls: CallbackUrls) -> None:
        self._inbox = inbox
        self._live_calls = live_calls
        self._lines = lines
        self._urls = urls

    async def answer(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response | None:
        """TwiML for the first leg of a call that was moved, or its dialled one; None for any other Dial.

        Of a first leg that dials anew Twilio ignores the answer.
        """
        call_sid = parameters.get("CallSid", "")
        following = await self._move(call_sid)
        if not following:
            return None
        store_in_background(self._inbox, read(Kind.DIAL, request, parameters, Next=following))
        metrics.TWIML.inc("moved")
        if following != "conference":
            return answer(twiml.EMPTY)
        return answer(self._conference(call_sid, parameters))

    async def left(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """A leg has left its conference, and is over."""
        named = {**parameters, "ParentCallSid": _parent(request, parameters)}
        await self._inbox.store(read(Kind.DIAL, request, named, Next="left"))
        return answer(twiml.EMPTY)

    async def _move(self, call_sid: str) -> str:
        now = datetime.now(UTC)
        if (following := self._live_calls.move(call_sid, now)) or not self._inbox.is_shared:
            return following
        known = await known_call(self._inbox, call_sid)
        moves = [(c.received_at, move) for c in (known.callbacks if known else ()) if (move := move_of(c))]
        return moved(moves, now)

    def _conference(self, call_sid: str, parameters: Mapping[str, str]) -> str:
        # Of a call in the first leg is the customer's, whose is recorded; of a call out it is the agent's.
        is_agent = client_identity(parameters.get("From")) is not None
        line = self._lines.of(None if is_agent else parameters.get("To"))
        return twiml.conference(
            call_sid,
            time_limit=line.longest_call_seconds,
            urls=self._urls,
            record=line.recording.inbound and not is_agent,
        )


def _parent(request: web.Request, parameters: Mapping[str, str]) -> str:
    call_sid = request.query.get("call", "")
    return "" if call_sid == parameters.get("CallSid") else call_sid or "not named"
