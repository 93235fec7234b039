"""Twilio's own library talks to the sandbox as to Twilio."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.sandbox.twilio.support import App

MOBILE = "+33612345678"


@pytest.fixture
def client(sandbox: TwilioSandbox) -> Iterator[Client]:
    client = Client(sandbox.account_sid, sandbox.auth_token)
    client.api.base_url = client.voice.base_url = sandbox.url
    yield client
    client.http_client.session.close()


async def in_thread(work: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(work)


async def test_listing_calls(app: App, sandbox: TwilioSandbox, client: Client) -> None:
    app.on("/voice", "<Response><Reject/></Response>")
    placed = [(await sandbox.call_from_phone(MOBILE)).sid for _ in range(5)]
    since = datetime(2026, 11, 22, 9, tzinfo=timezone(timedelta(0)))
    found = await in_thread(lambda: client.calls.list(start_time_after=since, page_size=2))
    assert [call.sid for call in found] == placed[::-1]
    assert found[0].start_time == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert await in_thread(lambda: client.calls.list(end_time_before=since)) == []


async def test_provisioning(sandbox: TwilioSandbox, client: Client) -> None:
    def provision() -> tuple[Any, Any, Any, Any]:
        app = client.applications.create(friendly_name="Bridge", voice_url="https://b.example/v")
        [number] = client.incoming_phone_numbers.list(phone_number=sandbox.phone_number)
        number = number.update(voice_application_sid=app.sid)
        key = client.new_keys.create(friendly_name="Bridge")
        return app, number, key, client.applications.list(friendly_name="Bridge")

    app, number, key, found = await in_thread(provision)
    assert number.voice_application_sid == app.sid == found[0].sid
    assert sandbox.account.keys[key.sid].secret == key.secret


async def test_placing_and_ending(app: App, sandbox: TwilioSandbox, client: Client) -> None:
    app.on("/voice", "<Response><Say>Hello</Say><Pause length='4'/></Response>")
    sandbox.parties[MOBILE] = Party.answers(talks=None)
    call = await in_thread(
        lambda: client.calls.create(
            to=MOBILE,
            from_=sandbox.phone_number,
            url=f"{app.url}/voice",
            status_callback=f"{app.url}/status",
            status_callback_event=["answered", "completed"],
        )
    )
    played = await sandbox.finished(call.sid)
    assert played.spoken == ["Hello"]
    assert [s["CallStatus"] for s in app.got("/status")] == ["in-progress", "completed"]
    with pytest.raises(TwilioRestException) as refused:
        await in_thread(lambda: client.calls(call.sid).update(status="completed"))
    assert refused.value.code == 21220


async def test_permissions(client: Client) -> None:
    france = await in_thread(lambda: client.voice.v1.dialing_permissions.countries("FR").fetch())
    assert france.low_risk_numbers_enabled
