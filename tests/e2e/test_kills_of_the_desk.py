"""kill -9 while notes are typed and availability changes: what was acknowledged stays, and is one note."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from bridge.demo.bridge import CONFIG, PUBLIC_URL, WIDGET_KEY, environment
from bridge.demo.process import BridgeProcess
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.support import ask, new_sid, nodes_of, until

KILLS = 4
HEADERS = {"Authorization": f"Bearer {WIDGET_KEY}"}
TITLES = "{ notes { edges { node { bodyV2 { markdown } } } } }"
STATUSES = ("away", "busy", "available")


@dataclass
class Desk:
    """An agent who types and changes availability, and tries again until it is acknowledged."""

    bridge: BridgeProcess
    sid: str
    version: int = 0
    text: str = ""
    status: str = "available"
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, session: aiohttp.ClientSession, path: str, **body: object) -> Mapping[str, Any]:
        while True:
            try:
                url = f"{self.bridge.url}{path}"
                async with session.put(url, json={"identity": "alice", **body}, headers=HEADERS) as answer:
                    assert answer.status in (200, 429, 503), await answer.text()
                    if answer.status == 200:
                        return dict(await answer.json())
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)

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
    bridge, sid, chance = BridgeProcess(env, tmp_path), new_sid(), random.Random(7)
    await bridge.start()
    form = {"CallSid": new_sid(), "ParentCallSid": sid, "From": "+33612345678", "To": "client:alice"}
    await told(bridge.url, twilio.auth_token, {**form, "CallStatus": "completed"})
    desk = Desk(bridge, sid)
    working = asyncio.create_task(desk.work())
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.2, 0.8))
        await bridge.kill()
        await bridge.start()
    desk.done.set()
    await working
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        async with session.get(f"{bridge.url}/api/calls/{sid}?identity=alice") as answer:
            note = (await answer.json())["note"]
        async with session.get(f"{bridge.url}/api/me?identity=alice") as answer:
            availability = (await answer.json())["availability"]["status"]
    assert (note["note"], note["version"], availability) == (desk.text, desk.version, desk.status)

    async def is_one_note() -> None:
        (text,) = [one["bodyV2"]["markdown"] for one in nodes_of(await ask(twenty, TITLES))]
        assert desk.text in text

    await until(is_one_note, AssertionError, ValueError, within=60)
    assert await bridge.stop() == 0
