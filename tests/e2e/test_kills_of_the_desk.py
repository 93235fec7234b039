"""kill -9 while notes are typed and availability changes: what was acknowledged stays, and is one note."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from bridge.demo.bridge import CONFIG, PUBLIC_URL, WIDGET_KEY, environment
from bridge.demo.process import BridgeProcess, running
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.postgres import postgres
from tests.support import ask, eventually, new_sid, nodes_of, until

KILLS = 4
HEADERS = {"Authorization": f"Bearer {WIDGET_KEY}"}
TITLES = "{ notes { edges { node { bodyV2 { markdown } } } } }"
STATUSES = ("away", "busy", "available")


@dataclass
class Desk:
    """An agent who types and changes availability, and tries again until it is acknowledged."""

    bridge: BridgeProcess
    sid: str
    agent: str = "alice"
    version: int = 0
    text: str = ""
    status: str = "available"
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, session: aiohttp.ClientSession, path: str, **body: object) -> Mapping[str, Any]:
        while True:
            try:
                url = f"{self.bridge.url}{path}"
                async with session.put(url, json={"identity": self.agent, **body}, headers=HEADERS) as answer:
                    assert answer.status in (200, 429, 503), await answer.text()
                    if answer.status == 200:
                        return dict(await answer.json())
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)

    async def goes_on(self) -> None:
        """Until what is typed from now on is acknowledged."""
        begun = self.version
        await eventually(lambda: self.version > begun)

    async def work(self) -> None:
        async with aiohttp.ClientSession() as session:
            number = 0
            while not self.done.is_set():
                number += 1
                self.text = f"{number} words"
                note = await self.put(
                    session, f"/api/calls/{self.sid}/note", note=self.text, version=self.version
                )
                # The same try, told twice, is one version.
                assert (note["version"], note["note"]) == (self.version + 1, self.text)
                self.version = note["version"]
                if number % 5 == 0:
                    status = STATUSES[number // 5 % 3]
                    said = await self.put(session, "/api/me/availability", status=status)
                    assert said["status"] == status
                    self.status = status


async def told(url: str, auth_token: str, form: Mapping[str, str]) -> None:
    """A status callback, as Twilio signs it."""
    path = "/twilio/status?direction=inbound"
    signature = RequestValidator(auth_token).compute_signature(PUBLIC_URL + path, form)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.post(url + path, data=urlencode(form), headers=headers),
    ):
        pass


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_nothing_is_lost_and_nothing_is_twice(
    twilio: TwilioSandbox,
    twenty: TwentySandbox,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    database: str,
) -> None:
    tmp_path.joinpath("config.yaml").write_text(CONFIG + "twenty: {requests_per_minute: 1000000}\n")
    env = environment(twilio, twenty, tmp_path)
    if database == "postgresql":
        env["BRIDGE_DATABASE_URL"] = request.getfixturevalue("postgres_url")
    bridge, chance = BridgeProcess(env, tmp_path), random.Random(7)
    await bridge.start()
    desk = await at_a_call(bridge, twilio)
    working = asyncio.create_task(desk.work())
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.2, 0.8))
        await bridge.kill()
        await bridge.start()
    desk.done.set()
    await working
    await is_kept(desk, bridge)
    await until(partial(are_in_twenty, twenty, desk), AssertionError, ValueError)
    assert await bridge.stop() == 0


async def test_the_database_of_two_replicas_is_killed(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> None:
    tmp_path.joinpath("config.yaml").write_text(CONFIG + "twenty: {requests_per_minute: 1000000}\n")
    async with AsyncExitStack() as stack:
        server = stack.enter_context(postgres(durable=True))
        env = {**environment(twilio, twenty, tmp_path), "BRIDGE_DATABASE_URL": server.url("postgres")}
        both = [await stack.enter_async_context(running(env, tmp_path)) for _ in range(2)]
        desks = [
            await at_a_call(bridge, twilio, agent)
            for bridge, agent in zip(both, ("alice", "bob"), strict=True)
        ]
        working = [asyncio.create_task(desk.work()) for desk in desks]
        await asyncio.sleep(random.Random(7).uniform(0.5, 1))
        server.kill()
        await asyncio.to_thread(server.start)
        for desk in desks:
            await desk.goes_on()
        for desk in desks:
            desk.done.set()
        await asyncio.gather(*working)
        for desk, other in zip(desks, reversed(both), strict=True):
            await until(partial(is_kept, desk, other), AssertionError)
        await until(partial(are_in_twenty, twenty, *desks), AssertionError, ValueError)


async def at_a_call(bridge: BridgeProcess, twilio: TwilioSandbox, agent: str = "alice") -> Desk:
    """An agent whose talk is over."""
    sid = new_sid()
    form = {"CallSid": new_sid(), "ParentCallSid": sid, "From": "+33612345678", "To": f"client:{agent}"}
    await told(bridge.url, twilio.auth_token, {**form, "CallStatus": "completed"})
    return Desk(bridge, sid, agent)


async def is_kept(desk: Desk, bridge: BridgeProcess) -> None:
    """What was acknowledged last stands at this replica."""
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        async with session.get(f"{bridge.url}/api/calls/{desk.sid}?identity={desk.agent}") as answer:
            note = (await answer.json())["note"]
        async with session.get(f"{bridge.url}/api/me?identity={desk.agent}") as answer:
            availability = (await answer.json())["availability"]["status"]
    assert (note["note"], note["version"], availability) == (desk.text, desk.version, desk.status)


async def are_in_twenty(twenty: TwentySandbox, *desks: Desk) -> None:
    """Each agent's note, once."""
    texts = [one["bodyV2"]["markdown"] for one in nodes_of(await ask(twenty, TITLES))]
    assert len(texts) == len(desks)
    assert all(any(desk.text in text for text in texts) for desk in desks)
