"""kill -9 at each request to Twilio that an act on a call makes: the call goes on, and its story is right.

Before the bridge stands a proxy that keeps requests for TwiML until it is back (deploy/Caddyfile does); all
other callbacks that Twilio sends meanwhile are lost.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.demo.bridge import CONFIG, WIDGET_KEY, environment, known_to
from bridge.demo.process import BridgeProcess
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Leg, Party, TwilioSandbox, twilio_sandbox
from tests.routing.conftest import JANE
from tests.support import ask, eventually, nodes_of, until

THIRD = "+33698765432"
HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "host"}
HEADERS = {"Authorization": f"Bearer {WIDGET_KEY}"}
FOR_TWIML = ("/twilio/voice", "/twilio/dial", "/twilio/hold", "/twilio/listening")
RECORDS = "{ phoneCalls { edges { node { status handling } } } }"
SETTINGS = (
    CONFIG.replace("[alice, bob]", "[alice, bob, carl]")
    + "phone: {supervisors: [carl]}\ntwenty: {requests_per_minute: 1000000}\nreconcile: {minutes: 0}\n"
    + "lines: {default: {ring: [{agents: [alice]}]}}\n"
)


EVERY = {
    "DELETE": "remove",
    "Twiml": "redirect",
    "Status": "hang up",
    "To": "invite",
    "Hold": "hold",
    "EndConferenceOnExit": "ending",
    "AnnounceUrl": "announce",
}
"""By its method, or by a parameter, what a request changes."""

FEW = {"redirect", "hang up", "remove"}


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSandbox]:
    """A Twilio for which a second takes a second: as for the bridge, whose clock times the acts."""
    async with twilio_sandbox(real_time=True) as sandbox:
        yield sandbox


@dataclass
class Killer:
    """Stands on both ways between Twilio and the bridge, which it kills once at each new request of an act.

    `after`: Twilio has done what was requested; otherwise it never hears of it. `at`: of which requests.
    """

    bridge: BridgeProcess
    twilio: TwilioSandbox
    after: bool
    at: Collection[str]
    session: aiohttp.ClientSession
    armed: bool = False
    kills: list[str] = field(default_factory=list)
    up: asyncio.Event = field(default_factory=asyncio.Event)
    _seen: set[tuple[str, ...]] = field(default_factory=set)

    def arm(self) -> None:
        """The next act begins."""
        self.armed, self._seen = True, set()

    async def to_twilio(self, request: web.Request) -> web.Response:
        body = await request.read()
        form = sorted(name for name, _ in parse_qsl(body.decode()))
        key = (request.method, request.path, *form)
        what = next((does for name, does in EVERY.items() if name in (request.method, *form)), "")
        kills = self.armed and what in self.at and key not in self._seen
        if kills:
            self._seen.add(key)
            self.up.clear()
        answer = None if kills and not self.after else await self._pass_on(self.twilio.url, request, body)
        if kills:
            self.kills.append(what)
            await self.bridge.kill()
        return answer or web.Response(status=502)

    async def to_bridge(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.path.startswith(FOR_TWIML):
            await self.up.wait()
        if not self.up.is_set():
            return web.Response(status=502)
        try:
            return await self._pass_on(self.bridge.url, request, body)
        except aiohttp.ClientError:
            return web.Response(status=502)

    async def _pass_on(self, url: str, request: web.Request, body: bytes) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
        target = url + request.raw_path
        async with self.session.request(request.method, target, data=body, headers=headers) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)


@dataclass
class Talk:
    """A call that goes on between Jane and Alice."""

    killer: Killer
    sid: str = ""
    acts: int = 0

    async def act(self, path: str, *, agent: str = "alice", **body: Any) -> None:
        """An act, sent again with its key until it is answered; the bridge is killed at each of its steps."""
        self.killer.arm()
        self.acts += 1
        while (status := await self._try(path, {"identity": agent, **body})) is None:
            await self.killer.bridge.start()
            self.killer.up.set()
            assert self.both_talk(), f"{path} ended the call at {self.killer.kills[-1]}"
        self.killer.armed = False
        assert status == "204", path

    async def _try(self, path: str, body: dict[str, Any]) -> str | None:
        url = f"{self.killer.bridge.url}/api/calls/{self.sid}/{path}"
        method = "DELETE" if path.startswith("participants/") else "POST"
        headers = {**HEADERS, "Idempotency-Key": f"act-{self.acts}"}
        try:
            async with self.killer.session.request(method, url, json=body, headers=headers) as answer:
                return await answer.text() or str(answer.status)
        except aiohttp.ClientError:
            return None

    def both_talk(self) -> bool:
        """Whether the customer and the agent, but for one who passes the call on blindly, are in the call."""
        return not any(self.leg(who).is_over for who in (JANE, self.agent) if who)

    agent: str | None = "alice"

    def leg(self, who: str) -> Leg:
        address = who if who.startswith("+") else f"client:{who}"
        legs = self.killer.twilio.account.calls.values()
        return [one for one in legs if address == (one.from_ if one.sid == self.sid else one.to)][-1]

    def held(self, who: str) -> bool:
        return self._is(who, "held")

    def inside(self, who: str) -> bool:
        return self._is(who, "connected")

    def _is(self, who: str, what: str) -> bool:
        rooms = self.killer.twilio.account.conferences.all()
        found = [one for room in rooms if (one := room.participants.get(self.leg(who).sid))]
        return any(getattr(one, what) for one in found)


@asynccontextmanager
async def killing(
    twilio: TwilioSandbox, twenty: TwentySandbox, folder: Path, *, after: bool, at: Collection[str]
) -> AsyncIterator[Killer]:
    folder.joinpath("config.yaml").write_text(SETTINGS)
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        bridge = BridgeProcess({}, folder, log=folder / "log")
        killer = Killer(bridge, twilio, after, at, session)
        rest, webhooks = web.Application(), web.Application()
        rest.router.add_route("*", "/{path:.*}", killer.to_twilio)
        webhooks.router.add_route("*", "/{path:.*}", killer.to_bridge)
        async with TestServer(rest) as rest_server, TestServer(webhooks) as webhook_server:
            url = str(rest_server.make_url("")).rstrip("/")
            bridge.env = {**environment(twilio, twenty, folder), "TWILIO_API_URL": url}
            await bridge.start()
            killer.up.set()
            known_to(twilio, listens_on=str(webhook_server.make_url("")).rstrip("/"))
            yield killer
            await bridge.stop()


@pytest.mark.parametrize(
    ("inbound", "after", "at", "kills"),
    [
        pytest.param(True, True, FEW, 4, id="in-few"),
        pytest.param(True, True, EVERY.values(), 19, id="in-done", marks=pytest.mark.slow),
        pytest.param(True, False, EVERY.values(), 19, id="in-not-done", marks=pytest.mark.slow),
        pytest.param(False, True, EVERY.values(), 19, id="out-done", marks=pytest.mark.slow),
        pytest.param(False, False, EVERY.values(), 19, id="out-not-done", marks=pytest.mark.slow),
    ],
)
async def test_the_call_goes_on(
    twilio: TwilioSandbox,
    twenty: TwentySandbox,
    tmp_path: Path,
    *,
    inbound: bool,
    after: bool,
    at: Collection[str],
    kills: int,
) -> None:
    holds = Party.answers(after=0, talks=None)
    twilio.parties |= dict.fromkeys(["client:alice", "client:bob", "client:carl", JANE, THIRD], holds)
    async with killing(twilio, twenty, tmp_path, after=after, at=at) as killer:
        talk = Talk(killer)
        placed = twilio.call_from_phone(JANE) if inbound else twilio.call_from_browser("alice", JANE)
        call = asyncio.create_task(placed)
        callee = "client:alice" if inbound else JANE
        legs = twilio.account.calls
        await eventually(
            lambda: any(one.to == callee and one.status == "in-progress" for one in legs.values())
        )
        talk.sid = next(one.parent_sid for one in legs.values() if one.to == callee and one.parent_sid)
        await until(partial(is_heard, talk), AssertionError)

        await talk.act("hold")
        assert talk.held(JANE)
        await talk.act("resume")
        assert not talk.held(JANE)
        await talk.act("transfer", to="client:bob", ask=True)
        await eventually(lambda: talk.inside("bob"))
        await talk.act("transfer/swap")
        assert (talk.held("bob"), talk.held(JANE)) == (True, False)
        await talk.act("transfer/cancel")
        await eventually(lambda: talk.leg("bob").is_over)
        assert not talk.held(JANE)
        await talk.act("participants", to=THIRD)
        await eventually(lambda: talk.inside(THIRD))
        await talk.act(f"participants/{talk.leg(THIRD).sid}")
        await eventually(lambda: talk.leg(THIRD).is_over)
        await talk.act("listen", agent="carl", mode="listen")
        await eventually(lambda: talk.inside("carl"))
        await talk.act("transfer", to="client:bob", ask=True)
        await eventually(lambda: talk.inside("bob"))
        talk.agent = "bob"
        await talk.act("transfer/complete")
        await eventually(lambda: talk.leg("alice").is_over)
        assert (talk.inside("bob"), talk.inside(JANE), talk.held(JANE)) == (True, True, False)
        last = "bob"
        if at is not FEW:
            talk.agent, last = None, THIRD
            await talk.act("transfer", agent="bob", to=THIRD)
            await eventually(lambda: talk.leg(THIRD).status == "in-progress")
            assert [leg.to for leg in legs.values()].count(THIRD) == 2, "added once, and called once"
        twilio.command(talk.leg(last), None)
        await eventually(lambda: talk.leg(JANE).is_over and talk.leg("carl").is_over)
        await call
        assert len(killer.kills) >= kills, killer.kills
        assert all(room.is_over for room in twilio.account.conferences.all())

        async def is_told() -> None:
            (record,) = nodes_of(await ask(twenty, RECORDS))
            assert record["status"] == "COMPLETED"
            for told in ("by alice", "on hold", "passed to bob", "listened to by carl"):
                assert told in record["handling"], record["handling"]
            # Who was passed on to hangs up at once: after less than a second there was no talk.
            assert record["handling"].count("passed to +33") <= (last == THIRD), record["handling"]

        await until(is_told, AssertionError, ValueError)


async def is_heard(talk: Talk) -> None:
    """The bridge knows that the call was answered."""
    url = f"{talk.killer.bridge.url}/api/calls/{talk.sid}?identity=alice"
    async with talk.killer.session.get(url, headers={**HEADERS, "Accept-Encoding": "identity"}) as answer:
        assert answer.status == 200
        assert (await answer.json())["can"]["hold"]
