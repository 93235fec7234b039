"""Requests to the sandbox, and so all that the bridge sends, are held to Twilio's description of its API."""

import re

import aiohttp
import pytest

from bridge.sandbox.twilio.rest.application import ROUTES
from bridge.sandbox.twilio.rest.described import described

SID = "0" * 32


def test_every_route_of_the_api_of_2010_is_described() -> None:
    routes = {f"{route.method} {re.sub(r'{[^}]*}', '{}', route.path)}" for route in ROUTES}
    assert {route for route in routes if "/2010-04-01/" in route and route.endswith(".json")} == set(
        described()
    )


@pytest.mark.parametrize(
    ("method", "path", "form", "wrong"),
    [
        ("POST", "Applications.json", {"VoiceUri": "https://a.example"}, "VoiceUri"),
        ("POST", "Applications.json", {"PublicApplicationConnectEnabled": "yes"}, "…Enabled is 'yes'"),
        ("POST", "Applications.json", {"SmsMethod": "PUT"}, "SmsMethod is 'PUT'"),
        ("POST", "Applications.json", {"SmsUrl": "ftp://a.example"}, "SmsUrl is 'ftp://a.example'"),
        ("POST", "Applications.json", [("FriendlyName", "a"), ("FriendlyName", "b")], "…Name is given twice"),
        ("GET", f"Recordings.json?CallSid=AC{SID}", None, f"CallSid is 'AC{SID}'"),
        ("GET", "Conferences.json?DateCreated>=2026-11-22T10:00", None, "…> is '2026-11-22T10:00'"),
        ("GET", "Calls.json?Status=rang", None, "Status is 'rang'"),
    ],
)
async def test_what_is_not_described_is_refused(
    rest: aiohttp.ClientSession, method: str, path: str, form: object, wrong: str
) -> None:
    path = path.replace("DateCreated>=", "DateCreated%3E=")
    async with rest.request(method, path, data=form) as response:
        answer = await response.json()
    assert (response.status, answer["code"]) == (400, 20001)
    assert answer["message"].endswith(wrong.removeprefix("…"))


async def test_a_body_is_a_form(rest: aiohttp.ClientSession) -> None:
    async with rest.post("Applications.json", json={}) as response:
        assert (await response.json())["message"].endswith("the body is application/json")
