"""A browser with Twilio's Voice SDK: what it says, and what it is told."""

import asyncio
import hmac
import json
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from bridge.sandbox.twilio.errors import TokenRefused
from bridge.sandbox.twilio.signalling import refusals
from bridge.sandbox.twilio.signalling.connection import Connection
from bridge.sandbox.twilio.signalling.ends import End
from bridge.sandbox.twilio.signalling.frames import (
    HEARTBEAT,
    BadFrame,
    Frame,
    as_error,
    read_frame,
    read_parameters,
    write_frame,
    write_parameters,
)
from bridge.sandbox.twilio.signalling.hub import Hub
from bridge.sandbox.twilio.signalling.sdp import BadDescription, check, fingerprint, silent_answer
from bridge.sandbox.twilio.tokens import Grant, check_application, read_token

LARGEST_MESSAGE = 10_000
MESSAGE_TYPES = frozenset({"user-defined-message"})
LONGEST_RECONNECT = 30.0
PLACE = {"region": "US_EAST_VIRGINIA", "edge": "ashburn", "home": "us1", "gateway": "sandbox"}
"""Where the signalling server says that it is."""
_DIGITS = re.compile(r"[0-9*#wWA-Da-d]{1,256}")


class Browser:
    """One connection of the SDK, from its first `listen` to its loss."""

    def __init__(self, hub: Hub, connection: Connection) -> None:
        self.name = uuid.uuid4().hex
        self.address = ""
        self._grace = 0.0
        self._hub = hub
        self._connection = connection
        self._grant: Grant | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._handlers: dict[str, Callable[[Frame], Awaitable[None]]] = {
            "listen": self._listen,
            "register": self._register,
            "invite": self._invite,
            "answer": self._answer,
            "reject": self._reject,
            "hangup": self._hangup,
            "dtmf": self._dtmf,
            "reinvite": self._reinvite,
            "message": self._message,
        }

    async def take(self, text: str) -> None:
        """A frame came in."""
        if text == HEARTBEAT:
            return
        try:
            frame = read_frame(text)
        except BadFrame as bad:
            await self._refuse(as_error(refusals.MALFORMED, str(bad)))
            return
        if handle := self._handlers.get(frame.type):
            await handle(frame)

    def close(self) -> None:
        """The connection is lost."""
        if self._expiry is not None:
            self._expiry.cancel()
        self._hub.disconnect(self, grace=max(self._grace, self._hub.switches.grace))

    # What the SDK says.

    async def _listen(self, frame: Frame) -> None:
        token, now = frame.text("token"), time.time()
        if not token:
            await self._refuse(as_error(refusals.TOKEN_MISSING, "listen without a token"))
            return
        if self._hub.switches.refuse_tokens is not None:
            await self._refuse(as_error(*self._hub.switches.refuse_tokens))
            return
        try:
            grant = read_token(token, self._hub.exchange.account, now=now)
        except TokenRefused as refused:
            await self._refuse(refusals.refusal(refused))
            return
        self._admit(grant, left=grant.expires - now)
        self._grace = _reconnect_timeout(frame)
        told = {"identity": grant.identity, "ttl": int(grant.expires - now)}
        token_told = {**told, "account_sid": self._hub.exchange.account.sid}
        await self._send("connected", **PLACE, token=token_told)

    def _admit(self, grant: Grant, *, left: float) -> None:
        address = f"client:{grant.identity}"
        if self.address and address != self.address:
            self._hub.register(self, rings=False)
        self.address, self._grant = address, grant
        if self._expiry is not None:
            self._expiry.cancel()
        self._expiry = asyncio.get_running_loop().call_later(left, self._expire)

    def _expire(self) -> None:
        self._hub.register(self, rings=False)

    async def _register(self, frame: Frame) -> None:
        if self._hub.switches.refuse_tokens is not None:
            await self._refuse(as_error(*self._hub.switches.refuse_tokens))
        elif self._grant is None:
            await self._refuse(as_error(refusals.INVALID_TOKEN, "register without a valid token"))
        elif frame.object("media").get("audio") is not True:
            self._hub.register(self, rings=False)
            await self._send("offline")
        elif self._grant.expires <= time.time():
            await self._refuse(as_error(refusals.EXPIRED, "the access token has expired"))
        elif not self._grant.incoming:
            await self._refuse(as_error(refusals.AUTHORIZATION, "the token does not allow incoming calls"))
        elif self._hub.switches.ready:
            self._hub.register(self, rings=True)
            await self._send("ready")

    async def _invite(self, frame: Frame) -> None:
        name = frame.text("callsid")
        try:
            sdp = check(frame.text("sdp"))
        except BadDescription as bad:
            await self._decline(name, as_error(refusals.MALFORMED, f"the description {bad}"))
            return
        if "reconnect" in frame.payload:
            await self._resume(frame, name, sdp)
        elif (refused := self._refusal()) is not None:
            await self._decline(name, refused)
        elif self._grant is not None and self._hub.find(self, name) is None:
            leg = self._hub.exchange.dial_from_browser(self._grant, read_parameters(frame), device=self.name)
            self._hub.hold(leg, End(leg, self, name=name, offered=sdp))

    def _refusal(self) -> dict[str, Any] | None:
        """Why this browser cannot call now."""
        if self._hub.switches.refuse_calls is not None:
            return as_error(*self._hub.switches.refuse_calls)
        if self._grant is None:
            return as_error(refusals.INVALID_TOKEN, "invite without a valid token")
        if self._grant.expires <= time.time():
            return as_error(refusals.EXPIRED, "the access token has expired")
        try:
            check_application(self._grant, self._hub.exchange.account)
        except TokenRefused as refused:
            return as_error(refusals.CONNECTION_DECLINED, f"{refused.code}: {refused.message}")
        return None

    async def _resume(self, frame: Frame, call_sid: str, sdp: str) -> None:
        end = self._hub.ends.get(call_sid)
        if end is None:
            await self._decline(call_sid, as_error(refusals.NOT_FOUND, "the call is over"))
            return
        if self._grant is None or not hmac.compare_digest(
            frame.text("reconnect").encode(), end.reconnect.encode()
        ):
            await self._decline(call_sid, as_error(refusals.RECONNECT_REFUSED, "another reconnect token"))
            return
        former = end.device
        self._hub.resume(end, self)
        if former is not self:
            await former.hangup(end)
        is_same = fingerprint(sdp) == fingerprint(end.offered)
        end.offered = sdp
        more = {} if is_same else {"sdp": await self._hub.describe(end)}
        await self._send("answer", callsid=call_sid, **self._token_of(end), **more)

    async def _answer(self, frame: Frame) -> None:
        end = self._hub.find(self, frame.text("callsid"))
        try:
            sdp = check(frame.text("sdp"))
        except BadDescription as bad:
            await self._decline(frame.text("callsid"), as_error(refusals.MALFORMED, f"the description {bad}"))
            return
        if end is None or not await self._hub.answer(end, sdp):
            await self._send("hangup", callsid=frame.text("callsid"))

    async def _reject(self, frame: Frame) -> None:
        if end := self._hub.find(self, frame.text("callsid")):
            self._hub.reject(end)

    async def _hangup(self, frame: Frame) -> None:
        if end := self._hub.find(self, frame.text("callsid")):
            self._hub.hang_up(end)

    async def _dtmf(self, frame: Frame) -> None:
        end = self._hub.find(self, frame.text("callsid")) or self._dialling(frame)
        if end is not None and _DIGITS.fullmatch(frame.text("dtmf")):
            await self._hub.press(end, frame.text("dtmf"))

    def _dialling(self, frame: Frame) -> End | None:
        """The call that this browser places: digits that come before its SID is known name none."""
        if "callsid" in frame.payload:
            return None
        mine = [end for end in self._hub.ends.values() if end.device is self and end.is_caller]
        return mine[-1] if mine else None

    async def _reinvite(self, frame: Frame) -> None:
        """ICE starts anew: relay and mixer are found again, a silent description is given again."""
        end = self._hub.find(self, frame.text("callsid"))
        if end is None or self._hub.mixer is not None or end.relay is not None:
            return
        if end.peer is not None and end.peer.relay is not None:
            return
        with suppress(BadDescription):
            sdp = silent_answer(check(frame.text("sdp")))
            await self._send("answer", callsid=end.leg.sid, sdp=sdp)

    async def _message(self, frame: Frame) -> None:
        call_sid, sid = frame.text("callsid"), frame.text("voiceeventsid")
        end = self._hub.find(self, call_sid)
        if end is None:
            return
        if refused := _unsendable(frame):
            await self._send("error", callsid=call_sid, voiceeventsid=sid, error=refused)
            return
        names = ("content", "contenttype", "messagetype", "voiceeventsid")
        end.leg.messages.append({name: _as_text(frame.payload.get(name)) for name in names})
        await self._send("ack", acktype="message", callsid=call_sid, voiceeventsid=sid)

    # What it is told.

    async def ring(self, end: End, offer: str) -> None:
        """An incoming call."""
        leg = end.leg
        parameters = {"From": leg.from_, "To": leg.to, "CallSid": leg.sid}
        parameters |= {"AccountSid": self._hub.exchange.account.sid, "ApiVersion": leg.base["ApiVersion"]}
        if leg.parameters:
            parameters["Params"] = write_parameters(leg.parameters)
        told = {"callsid": leg.sid, "sdp": offer, "parameters": parameters}
        await self._send("invite", **told, **self._token_of(end))

    async def cancel(self, end: End) -> None:
        """The caller gave up, another device answered, or the time was over: no reason is given."""
        await self._send("cancel", callsid=end.leg.sid)

    async def ringing(self, end: End, sdp: str | None) -> None:
        """The callee rings."""
        await self._send("ringing", callsid=end.leg.sid, **({} if sdp is None else {"sdp": sdp}))

    async def answer(self, end: End, sdp: str) -> None:
        """The call is picked up."""
        await self._send("answer", callsid=end.leg.sid, sdp=sdp, **self._token_of(end))

    async def hangup(self, end: End, error: dict[str, Any] | None = None) -> None:
        """The call is over."""
        await self._send("hangup", callsid=end.call_sid, **({} if error is None else {"error": error}))

    async def offer(self, end: End) -> str | None:
        """What the browser offered when it called: it takes a single description in the whole call."""
        return None if end.described or not end.is_caller else end.offered

    async def connect(self, end: End, sdp: str) -> None:
        """The SDK reads no second description."""

    async def press(self, end: End, digits: str) -> None:
        """The SDK is not told of digits."""

    async def message(self, end: End, message: dict[str, Any]) -> None:
        """A call message."""
        await self._send("message", callsid=end.leg.sid, **message)

    async def drop(self) -> None:
        """Loses the connection."""
        self._connection.drop()

    async def leave(self) -> None:
        """Closes the connection."""
        await self._connection.close()

    async def send(self, kind: str, **payload: Any) -> None:
        """Any message, for tests of a page."""
        await self._send(kind, **payload)

    def _token_of(self, end: End) -> dict[str, str]:
        return {"reconnect": end.reconnect} if self._hub.switches.reconnects else {}

    async def _refuse(self, error: dict[str, Any]) -> None:
        await self._send("error", error=error)

    async def _decline(self, call_sid: str, error: dict[str, Any]) -> None:
        if call_sid:
            await self._send("hangup", callsid=call_sid, error=error)
        else:
            await self._refuse(error)

    async def _send(self, kind: str, **payload: Any) -> None:
        await self._connection.send(write_frame(kind, payload))


def _reconnect_timeout(frame: Frame) -> float:
    value = frame.payload.get("reconnectTimeout")
    if not isinstance(value, int | float) or not value > 0:
        return 0.0
    return float(min(value, LONGEST_RECONNECT))


def _unsendable(frame: Frame) -> dict[str, Any] | None:
    if frame.text("messagetype") not in MESSAGE_TYPES:
        return as_error(refusals.MESSAGE_TYPE, "Call Message Event Type is invalid.")
    if len(_as_text(frame.payload.get("content")).encode()) > LARGEST_MESSAGE:
        return as_error(refusals.MESSAGE_SIZE, "Call Message Event Payload size exceeded.")
    return None


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
