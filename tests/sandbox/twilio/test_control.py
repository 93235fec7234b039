"""Another process scripts the sandbox over HTTP."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.twilio import TwilioSandbox
from tests.sandbox.twilio.support import App

MOBILE = "+33612345678"


@pytest.fixture
async def control(sandbox: TwilioSandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(sandbox.url) as session:
        yield session


async def test_settings_parties_and_a_call(
    app: App, sandbox: TwilioSandbox, control: aiohttp.ClientSession
) -> None:
    app.dial(f"<Number>{MOBILE}</Number>", callerId="+33159130001", action="/dial")
    settings = {
        "voice_url": "https://bridge.example/voice",
        "routes": {"https://bridge.example": app.url},
        "parties": {MOBILE: {"does": "answers", "after": 2, "talks": 30}},
    }
    async with control.post("/sandbox/settings", json=settings) as response:
        assert (await response.json())["voice_url"] == settings["voice_url"]
    call = {"from": "client:bob", "to": MOBILE, "parameters": {"personId": "7"}}
    async with control.post("/sandbox/calls", json=call) as response:
        played = await response.json()
        assert response.status == 201
    assert (played["status"], played["legs"][0]["duration"], played["errors"]) == ("completed", 30, [])
    assert [sent["kind"] for sent in played["deliveries"]] == ["voice", "action"]
    async with control.post("/sandbox/calls", json={"from": MOBILE, "says": "Hello"}) as response:
        assert (await response.json())["direction"] == "inbound"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"from": "+33699999999", "to": "+33699999998"}, "+33699999998: the account does not own it"),
        ({"to": MOBILE}, "from is missing"),
    ],
)
async def test_what_is_refused_is_told_in_words(control: aiohttp.ClientSession, body: Any, said: str) -> None:
    async with control.post("/sandbox/calls", json=body) as response:
        assert (response.status, await response.text()) == (400, said)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("settings", {"voice": "x"}),
        ("settings", {"parties": {MOBILE: {"does": "sings"}}}),
        ("settings", {"parties": {MOBILE: {"does": "busy", "talks": 3}}}),
        ("calls", {"to": MOBILE}),
        ("calls", {"from": "client:bob", "to": MOBILE, "volume": 11}),
        ("calls", {"token": "a.b.c", "to": MOBILE}),
        ("load", {"calls": 10, "speed": 3}),
        ("load", {"calls": 0}),
        ("load", []),
    ],
)
async def test_what_is_refused(control: aiohttp.ClientSession, path: str, body: Any) -> None:
    async with control.post(f"/sandbox/{path}", json=body) as response:
        assert response.status == 400
    async with control.post(f"/sandbox/{path}", data=json.dumps(body)) as response:
        assert response.status == 415


async def test_the_switches_of_the_rest_api(sandbox: TwilioSandbox, control: aiohttp.ClientSession) -> None:
    async with control.post("/sandbox/settings", json={"limited": 3, "media_auth": True}) as response:
        assert response.status == 200
    assert (sandbox.rest.limited, sandbox.rest.media_auth) == (3, True)


async def test_load(app: App, control: aiohttp.ClientSession) -> None:
    app.on("/voice", "<Response/>")
    async with control.post("/sandbox/load", json={"calls": 5, "rate": 1000}) as response:
        assert (await response.json())["acknowledged"] == 5


async def test_the_command_line_says_what_is_needed() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge.sandbox.twilio", "--json", "--auth-token", "secret"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    described = json.loads(await process.stdout.readline())
    async with aiohttp.ClientSession() as session, session.get(described["url"] + "/sandbox") as response:
        assert await response.json() == described
    assert described["auth_token"] == "secret"
    assert set(described) == {
        *("url", "account_sid", "auth_token", "api_key", "api_secret", "app_sid", "phone_number")
    }
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
