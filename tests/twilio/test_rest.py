"""The client of Twilio's REST API, on a Twilio that answers as Twilio does."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from aiohttp import web

from bridge.errors import TwilioDenied, TwilioRefused, TwilioUnavailable
from bridge.observability import metrics
from bridge.sandbox.twilio import Party, TwilioSandbox
from bridge.sandbox.twilio.conferences import Settings
from bridge.twilio.rest import TwilioRest, open_rest
from bridge.twilio.rest.http import resource_of
from tests.support import BOUND, TEN, twilio_settings, unused_port

MOBILE = "+33612345678"
TWIML = "<Response><Say>Hello</Say><Pause length='4'/></Response>"
NOBODY = "CA" + "0" * 32


async def placed(rest: TwilioRest, twilio: TwilioSandbox, twiml: str = TWIML) -> str:
    """A call that the API places; its SID."""
    library = await rest.library()
    call = await library.calls.create_async(to=MOBILE, from_=twilio.phone_number, twiml=twiml)
    sid: str = call.sid
    return sid


async def holding(rest: TwilioRest, twilio: TwilioSandbox) -> str:
    """A call of two who talk until somebody ends it; its SID."""
    twilio.parties |= {MOBILE: Party.answers(talks=None), "client:bob": Party.answers(talks=None)}
    sid = await placed(rest, twilio, "<Response><Dial><Client>bob</Client></Dial></Response>")
    async with asyncio.timeout(BOUND):
        while [leg async for leg in rest.calls(parent_sid=sid) if leg.status == "in-progress"] == []:
            pass
    return sid


async def test_calls_come_page_by_page(rest: TwilioRest, twilio: TwilioSandbox) -> None:
    sids = [await placed(rest, twilio) for _ in range(5)]
    for sid in sids:
        await twilio.finished(sid)
    assert [call.sid async for call in rest.calls(page_size=2)] == sids[::-1]
    call = await rest.call(sids[0])
    assert (call.from_, call.to, call.status) == (twilio.phone_number, MOBILE, "completed")
    assert call.start_time == TEN
    assert call.duration
    assert call.parent_call_sid is None


@pytest.mark.parametrize(
    ("after", "before", "found"),
    [
        (TEN, None, True),
        (TEN + timedelta(seconds=1), None, False),
        (None, TEN, False),
        (None, TEN + timedelta(seconds=1), True),
        # Ten in London is noon in Cairo, and not later.
        (datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=2))), None, True),
        (datetime(2026, 11, 22, 12, tzinfo=UTC), None, False),
    ],
)
async def test_calls_of_a_time(
    rest: TwilioRest, twilio: TwilioSandbox, after: datetime, before: datetime, *, found: bool
) -> None:
    sid = await placed(rest, twilio)
    await twilio.finished(sid)
    listed = [call.sid async for call in rest.calls(started_after=after, started_before=before)]
    assert listed == ([sid] if found else [])


async def test_a_call_of_one_leg_has_no_children(rest: TwilioRest, twilio: TwilioSandbox) -> None:
    sid = await placed(rest, twilio)
    await twilio.finished(sid)
    assert [call.sid async for call in rest.calls(parent_sid=sid)] == []


async def test_a_call_is_sent_elsewhere_and_ended(rest: TwilioRest, twilio: TwilioSandbox) -> None:
    sid = await holding(rest, twilio)
    await rest.update_call(sid, twiml="<Response><Say>Goodbye</Say></Response>")
    assert (await twilio.finished(sid)).spoken[-1] == "Goodbye"
    with pytest.raises(TwilioRefused) as refused:
        await rest.update_call(sid, status="completed")
    assert (refused.value.number, refused.value.status) == (21220, 400)


async def test_recording(rest: TwilioRest, twilio: TwilioSandbox) -> None:
    sid = await holding(rest, twilio)
    with pytest.raises(TwilioRefused, match=r".") as refused:
        await rest.update_recording(sid, "paused", sid="RE" + "0" * 32)
    assert refused.value.status == 404
    made = await rest.start_recording(
        sid, channels="dual", callback_url="https://b.example/r", events=["completed", "absent"]
    )
    assert (made.call_sid, made.channels) == (sid, 2)
    for status in ("paused", "in-progress", "stopped"):
        assert (await rest.update_recording(sid, status, sid=made.sid)).status == status
    assert [one.sid async for one in rest.recordings(call_sid=sid)] == [made.sid]
    await rest.delete_recording(made.sid)
    assert [one.sid async for one in rest.recordings()] == []
    with pytest.raises(TwilioRefused):
        await rest.delete_recording(made.sid)
    await rest.update_call(sid, status="completed")


async def test_one_too_many_is_asked_again(rest: TwilioRest, twilio: TwilioSandbox) -> None:
    twilio.rest.limited = 2
    with pytest.raises(TwilioRefused) as refused:
        await rest.call(NOBODY)
    assert refused.value.status == 404
    twilio.rest.limited = 3
    with pytest.raises(TwilioUnavailable, match="429"):
        await rest.call(NOBODY)


async def test_a_wrong_secret_is_denied(twilio: TwilioSandbox) -> None:
    async with open_rest(twilio_settings(twilio, api_secret="wrong")) as rest:
        with pytest.raises(TwilioDenied) as denied:
            [call async for call in rest.calls()]
    assert "wrong" not in str(denied.value)


async def test_nobody_there(twilio: TwilioSandbox) -> None:
    async with open_rest(twilio_settings(twilio, api_url=f"http://127.0.0.1:{unused_port()}")) as rest:
        with pytest.raises(TwilioUnavailable, match="cannot be reached"):
            await rest.call(NOBODY)


@asynccontextmanager
async def answering(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A server in Twilio's place; its URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "body", "content_type", "error"),
    [
        (500, "oh", "text/plain", TwilioUnavailable),
        (503, "{}", "application/json", TwilioUnavailable),
        (200, "<html>", "text/html", TwilioUnavailable),
        (200, "", "application/json", TwilioUnavailable),
        (200, "null", "application/json", TwilioUnavailable),
        (200, '{"calls": [{"sid"', "application/json", TwilioUnavailable),
        (200, '{"calls": null}', "application/json", TwilioUnavailable),
        (200, "[" * 20_000, "application/json", TwilioUnavailable),
        (302, "", "text/plain", TwilioUnavailable),
        (400, "no json", "text/plain", TwilioRefused),
        (400, "[1]", "application/json", TwilioRefused),
        (403, '{"message": "no", "code": 20003}', "application/json", TwilioDenied),
    ],
)
async def test_answers_that_are_no_success(
    twilio: TwilioSandbox, status: int, body: str, content_type: str, error: type[Exception]
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type=content_type)

    async with answering(answer) as url, open_rest(twilio_settings(twilio, api_url=url)) as rest:
        with pytest.raises(error):
            [call async for call in rest.calls()]


async def test_an_answer_says_how_far_the_clocks_are_apart(twilio: TwilioSandbox) -> None:
    hour_ago = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"calls": []}, headers={"Date": hour_ago})

    async with answering(answer) as url, open_rest(twilio_settings(twilio, api_url=url)) as rest:
        assert rest.clock_ahead == timedelta()
        assert [call async for call in rest.calls()] == []
        assert timedelta(hours=1) <= rest.clock_ahead < timedelta(hours=1, seconds=BOUND)


async def test_whatever_the_process_s_environment_says(
    twilio: TwilioSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TWILIO_EDGE", "TWILIO_REGION", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.setitem(os.environ, name, "elsewhere")
    async with open_rest(twilio_settings(twilio)) as rest:
        assert [call async for call in rest.calls()] == []


async def test_requests_are_counted_by_resource(rest: TwilioRest, twilio: TwilioSandbox) -> None:
    before = metrics.TWILIO_REQUESTS.count("Calls", "200"), metrics.TWILIO_REQUESTS.count("Calls", "429")
    twilio.rest.limited = 1
    assert [call async for call in rest.calls()] == []
    after = metrics.TWILIO_REQUESTS.count("Calls", "200"), metrics.TWILIO_REQUESTS.count("Calls", "429")
    assert after == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(
    ("url", "resource"),
    [
        ("https://api.twilio.com/2010-04-01/Accounts/AC1/Calls/CA1.json", "Calls"),
        ("https://webhooks.twilio.com/v1/Webhooks/Rules?pageSize=50", "Webhooks"),
        ("https://api.twilio.com/2010-04-01/Accounts/AC1/Whatever.json?Page=1", "none"),
        ("https://api.twilio.com/2010-04-01/Accounts/AC1.json", "none"),
    ],
)
def test_a_label_has_only_resources_that_the_bridge_asks_for(url: str, resource: str) -> None:
    assert resource_of(url) == resource


async def test_conferences_of_a_time(rest: TwilioRest, twilio: TwilioSandbox) -> None:
    """By days, as Twilio filters them."""
    for days in (-1, 0, 1, 9):
        room = twilio.account.conferences.open(f"{days}", Settings(), at=TEN + timedelta(days=days))
        room.status = "completed"
    found = [one.friendly_name async for one in rest.conferences(since=TEN, until=TEN)]
    assert found == ["0"]
    assert [one.friendly_name async for one in rest.conferences(name="9")] == ["9"]
