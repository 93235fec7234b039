"""The Voice SDK as the signalling server sees it: its messages, without a browser."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import jwt

from bridge.sandbox.twilio import TwilioSandbox
from bridge.sandbox.twilio.signalling.sdp import silent_answer, silent_offer

T = TypeVar("T")
HEADERS = {"cty": "twilio-fpa;v=1"}
SECONDS = 60.0
NO_FAREWELL = aiohttp.ClientWSTimeout(ws_close=0.2)
"""A sandbox that hangs answers no close."""
OWN = "+33159130001"
MOBILE = "+33639980001"


def token(sandbox: TwilioSandbox, identity: str = "alice", /, **changed: Any) -> str:
    """An access token that allows everything; other claims replace its own."""
    voice = {"incoming": {"allow": True}, "outgoing": {"application_sid": sandbox.app_sid}}
    claims = {
        "iss": sandbox.api_key,
        "sub": sandbox.account_sid,
        "exp": int(time.time()) + 600,
        "grants": {"identity": identity, "voice": voice},
    }
    return jwt.encode({**claims, **changed}, sandbox.api_secret, "HS256", headers=HEADERS)


@dataclass
class Sdk:
    """One connection; `ignored` are messages that a test passed over."""

    socket: aiohttp.ClientWebSocketResponse
    sdp: str = field(default_factory=silent_offer)
    ignored: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, kind: str, **payload: Any) -> None:
        await self.socket.send_str(json.dumps({"type": kind, "payload": payload, "version": "1.6"}))

    async def next(self) -> dict[str, Any]:
        """The next message that is no heartbeat."""
        async with asyncio.timeout(SECONDS):
            while (text := await self.socket.receive_str()) == "\n":
                await self.socket.send_str("\n")
        told: dict[str, Any] = json.loads(text)
        return told

    async def hears(self, kind: str) -> dict[str, Any]:
        """The payload of the next message, which is of this type."""
        told = await self.next()
        assert told["type"] == kind, told
        payload: dict[str, Any] = told["payload"]
        return payload

    async def listen(self, token: str, **more: Any) -> dict[str, Any]:
        browser = {"p": "browser", "v": "2.18.5", "plugin": "rtc"}
        await self.say("listen", token=token, browserinfo=browser, **{"reconnectTimeout": 30, **more})
        return await self.next()

    async def register(self, token: str) -> None:
        assert (await self.listen(token))["type"] == "connected"
        await self.say("register", media={"audio": True})
        await self.hears("ready")

    async def invite(self, name: str = "TJS1", **params: str) -> None:
        written = "&".join(f"{quote(key)}={quote(value)}" for key, value in params.items())
        twilio = {"params": written} if params else {}
        await self.say("invite", callsid=name, sdp=self.sdp, twilio=twilio)

    async def calls(self, **params: str) -> str:
        """Calls and is answered; the SID."""
        await self.invite(**params)
        ringing = await self.hears("ringing")
        answered = await self.hears("answer")
        assert answered["callsid"] == ringing["callsid"]
        return str(answered["callsid"])

    async def rings(self) -> dict[str, Any]:
        return await self.hears("invite")

    async def answer(self, invite: dict[str, Any]) -> None:
        await self.say("answer", callsid=invite["callsid"], sdp=silent_answer(invite["sdp"]))


@dataclass
class Office:
    """Opens connections to one sandbox."""

    sandbox: TwilioSandbox
    session: aiohttp.ClientSession
    opened: list[aiohttp.ClientWebSocketResponse] = field(default_factory=list)

    async def connect(self) -> Sdk:
        socket = await self.session.ws_connect(f"{self.sandbox.url}/signal", timeout=NO_FAREWELL)
        self.opened.append(socket)
        return Sdk(socket)

    async def online(self, identity: str = "alice") -> Sdk:
        """A device that is registered."""
        sdk = await self.connect()
        await sdk.register(token(self.sandbox, identity))
        return sdk


@asynccontextmanager
async def opened(sandbox: TwilioSandbox) -> AsyncIterator[Office]:
    """Closes what it opened: a socket that the sandbox dropped is left open by its session."""
    async with aiohttp.ClientSession() as session:
        office = Office(sandbox, session)
        yield office
        for socket in office.opened:
            await socket.close()


async def eventually(condition: Any) -> None:
    """Waits for what another task does; a socket is between."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - it is seen from outside
            await asyncio.sleep(0.005)


async def in_time(waited_for: Awaitable[T]) -> T:
    """What must come to an end soon."""
    async with asyncio.timeout(SECONDS):
        return await waited_for
