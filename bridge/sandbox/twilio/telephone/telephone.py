"""One telephone that is connected."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from bridge.sandbox.twilio.signalling.connection import Connection
from bridge.sandbox.twilio.signalling.ends import End
from bridge.sandbox.twilio.signalling.frames import BadFrame, Frame, read_flat
from bridge.sandbox.twilio.signalling.hub import Hub
from bridge.sandbox.twilio.signalling.sdp import BadDescription, check

OFFER_SECONDS = 3.0
WITHHELD = "anonymous"


class Telephone:
    """A device for the hub; its messages are flat: type and members are beside each other."""

    def __init__(self, hub: Hub, connection: Connection, *, number: str, company: str) -> None:
        self.name = uuid.uuid4().hex
        self.address = number
        self._company = company
        self._hub = hub
        self._connection = connection
        self._offers: dict[str, asyncio.Future[str]] = {}
        self._handlers: dict[str, Callable[[Frame], Awaitable[None]]] = {
            "dial": self._dial,
            "answer": self._answer,
            "offer": self._offered,
            "reject": self._reject,
            "hangup": self._hangup,
            "digits": self._digits,
        }

    async def open(self) -> None:
        """It rings from now on, unless its number is withheld."""
        self._hub.connect(self)
        self._hub.register(self, rings=self.address != WITHHELD)
        await self._send("ready", number=self.address, company=self._company)

    async def take(self, text: str) -> None:
        """A message came in."""
        try:
            frame = read_flat(text)
            if handle := self._handlers.get(frame.type):
                await handle(frame)
        except (BadFrame, BadDescription) as bad:
            await self._send("refused", why=str(bad))

    def close(self) -> None:
        """The page is gone: it does not come back for its calls."""
        self._hub.disconnect(self, grace=0)

    # What the page says.

    async def _dial(self, frame: Frame) -> None:
        sdp = check(frame.text("sdp"))
        try:
            leg = self._hub.exchange.dial_from_telephone(
                self.address, frame.text("to") or self._company, device=self.name
            )
        except ValueError as wrong:
            await self._send("refused", why=str(wrong))
            return
        self._hub.hold(leg, End(leg, self, offered=sdp, knows_sid=True))
        await self._send("dialled", sid=leg.sid)

    async def _answer(self, frame: Frame) -> None:
        end, sdp = self._end(frame), check(frame.text("sdp"))
        if end is None or not await self._hub.answer(end, sdp):
            await self._send("hangup", sid=frame.text("sid"))

    async def _offered(self, frame: Frame) -> None:
        waiting = self._offers.pop(frame.text("sid"), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(check(frame.text("sdp")))

    async def _reject(self, frame: Frame) -> None:
        if end := self._end(frame):
            self._hub.reject(end)

    async def _hangup(self, frame: Frame) -> None:
        if end := self._end(frame):
            self._hub.hang_up(end)

    async def _digits(self, frame: Frame) -> None:
        if end := self._end(frame):
            await self._hub.press(end, frame.text("digits"))

    def _end(self, frame: Frame) -> End | None:
        return self._hub.find(self, frame.text("sid"))

    # What it is told.

    async def ring(self, end: End, offer: str) -> None:
        """It is called."""
        await self._send("ring", sid=end.leg.sid, **{"from": end.leg.from_}, sdp=offer)

    async def cancel(self, end: End) -> None:
        """The caller gave up, or the time is over."""
        await self._send("cancel", sid=end.leg.sid)

    async def ringing(self, end: End, sdp: str | None) -> None:
        """The one whom it called rings."""
        await self._send("ringing", sid=end.leg.sid)

    async def answer(self, end: End, sdp: str) -> None:
        """Its call is picked up."""
        await self._send("answer", sid=end.leg.sid, sdp=sdp)

    async def hangup(self, end: End, error: dict[str, Any] | None = None) -> None:
        """The call is over."""
        await self._send("hangup", sid=end.leg.sid)

    async def offer(self, end: End) -> str | None:
        """The description that it called with; a new one once that is used up. None if none comes."""
        if end.described:
            waiting = self._offers[end.leg.sid] = asyncio.get_running_loop().create_future()
            await self._send("offer", sid=end.leg.sid)
            try:
                end.offered = await asyncio.wait_for(waiting, OFFER_SECONDS)
            except TimeoutError:
                return None
            end.described = False
        return end.offered

    async def connect(self, end: End, sdp: str) -> None:
        """The one whom its last offer was for."""
        end.described = True
        await self._send("connect", sid=end.leg.sid, sdp=sdp)

    async def press(self, end: End, digits: str) -> None:
        """The other side pressed digits."""
        await self._send("digits", sid=end.leg.sid, digits=digits)

    async def message(self, end: End, message: dict[str, Any]) -> None:
        """A telephone has no call messages."""

    async def drop(self) -> None:
        """Loses its connection."""
        self._connection.drop()

    async def leave(self) -> None:
        """Closes its connection."""
        await self._connection.close()

    async def _send(self, kind: str, **members: Any) -> None:
        await self._connection.send(json.dumps({"type": kind, **members}))
