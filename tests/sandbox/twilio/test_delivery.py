"""Webhooks are signed, timed out, retried and broken as Twilio's are."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from bridge.sandbox.twilio import Delivery, Party, TwilioSandbox
from bridge.sandbox.twilio.overrides import Overrides, split_overrides
from tests.sandbox.twilio.support import App, Connect, Received, by_kind, dial, events
from tests.support import unused_port

MOBILE = "+33612345678"


def dial_mobile(app: App, callback: str = "/status") -> None:
    noun = f"<Number {events(callback.replace('&', '&amp;'))}>{MOBILE}</Number>"
    app.dial(noun, callerId="+33159130001", action="/dial")


@pytest.mark.parametrize("chunked", [False, True])
async def test_signed_over_the_public_url(app: App, connect: Connect, chunked: bool) -> None:
    async with connect(app, delivery=Delivery(chunked=chunked)) as sandbox:
        public = "https://crm.example.com/phone"
        sandbox.routes = {public: f"{app.url}/behind"}
        sandbox.voice_url = f"{public}/voice?who=%2Bme#rc=2"
        app.on("/behind/voice", dial(f"<Number {events('status')}>{MOBILE}</Number>"))
        await sandbox.call_from_phone("+33698765432")
    voice, *statuses = app.received
    assert voice.url.endswith("/behind/voice?who=%2Bme")
    assert ("Content-Length" in voice.headers) is not chunked
    validator = RequestValidator(sandbox.auth_token)
    form = {name: value for name, value in voice.params.items() if name != "who"}
    assert validator.validate(f"{public}/voice?who=%2Bme", form, voice.headers["X-Twilio-Signature"])
    assert len({request.headers["I-Twilio-Idempotency-Token"] for request in app.received}) == 4
    for status in statuses:
        signature = status.headers["X-Twilio-Signature"]
        assert validator.validate(f"{public}/status", status.params, signature)


async def test_a_get_carries_its_parameters_in_the_signed_url(app: App, sandbox: TwilioSandbox) -> None:
    sandbox.account.applications[sandbox.app_sid].voice_method = "GET"
    app.on("/voice", "<Response/>")
    played = await sandbox.call_from_browser("bob", MOBILE)
    [voice] = app.received
    [delivered] = played.deliveries
    validator = RequestValidator(sandbox.auth_token)
    assert voice.body == b""
    assert validator.validate(delivered.url, {}, voice.headers["X-Twilio-Signature"])


@pytest.mark.parametrize(
    ("fragment", "overrides"),
    [
        ("", Overrides()),
        ("#rc=5&rp=all", Overrides(retries=5, policy=frozenset({"4xx", "5xx", "ct", "rt"}))),
        ("#rc=9", Overrides(retries=5)),
        ("#rp=5xx,ct", Overrides(policy=frozenset({"5xx", "ct"}))),
        ("#ct=1&rt=99999", Overrides(connect_timeout=0.1, read_timeout=15.0)),
        ("#tt=2000&e=dublin", Overrides(total_timeout=2.0)),
    ],
)
def test_overrides(fragment: str, overrides: Overrides) -> None:
    assert split_overrides(f"https://a.example/x?y=1{fragment}") == ("https://a.example/x?y=1", overrides)


@pytest.mark.parametrize(
    ("fragment", "status", "attempts"),
    [
        ("", 500, 1),
        ("", 404, 1),
        ("#rc=3&rp=5xx", 500, 4),
        ("#rc=3&rp=5xx", 404, 1),
        ("#rc=5&rp=all", 404, 6),
        ("#rc=0&rp=all", 500, 1),
    ],
)
async def test_what_is_retried(
    app: App, sandbox: TwilioSandbox, fragment: str, status: int, attempts: int
) -> None:
    dial_mobile(app, "/broken" + fragment)
    app.on("/broken", web.Response(status=status))
    played = await sandbox.call_from_browser("bob", MOBILE)
    statuses = by_kind(played, "status")
    assert [delivered.attempts for delivered in statuses] == [attempts] * 3
    assert [delivered.acknowledged_at for delivered in statuses] == [None] * 3
    assert [code for code, _ in played.errors] == [15003] * 3
    tokens = [request.headers["I-Twilio-Idempotency-Token"] for request in app.received]
    assert len(set(tokens)) == 5, "a retry keeps the token"


async def test_a_retry_that_succeeds(app: App, sandbox: TwilioSandbox) -> None:
    answers = iter([web.Response(status=503), web.Response(status=503)])
    dial_mobile(app, "/shaky#rc=2&rp=5xx")
    app.on("/shaky", lambda _: next(answers, web.Response(status=204)))
    played = await sandbox.call_from_browser("bob", MOBILE)
    assert [delivered.attempts for delivered in by_kind(played, "status")] == [3, 1, 1]
    assert played.errors == []


@pytest.mark.parametrize(("fragment", "attempts"), [("", 2), ("#rc=4", 5), ("#rp=5xx", 1)])
async def test_a_connection_that_fails_is_retried_once(
    app: App, sandbox: TwilioSandbox, fragment: str, attempts: int
) -> None:
    dial_mobile(app, f"http://127.0.0.1:{unused_port()}/{fragment}")
    played = await sandbox.call_from_browser("bob", MOBILE)
    assert [delivered.attempts for delivered in by_kind(played, "status")] == [attempts] * 3
    assert [code for code, _ in played.errors] == [11205] * 3


async def test_an_answer_that_takes_too_long_is_lost(app: App, sandbox: TwilioSandbox) -> None:
    async def never(_: Received) -> str:
        await asyncio.Event().wait()
        return ""

    dial_mobile(app, "/slow#rt=100")
    app.on("/slow", never)
    played = await sandbox.call_from_browser("bob", MOBILE)
    assert [delivered.failure for delivered in by_kind(played, "status")] == ["rt"] * 3


async def test_a_host_with_an_underscore_is_not_called(app: App, sandbox: TwilioSandbox) -> None:
    dial_mobile(app, "https://my_bridge.example/status")
    played = await sandbox.call_from_browser("bob", MOBILE)
    assert [code for code, _ in played.errors] == [11100] * 3


async def test_an_empty_answer_without_a_type_is_noted(app: App, sandbox: TwilioSandbox) -> None:
    async def bare(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(bare, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        dial_mobile(app, f"http://127.0.0.1:{port}/")
        played = await sandbox.call_from_browser("bob", MOBILE)
    assert {code for code, _ in played.errors} == {12300}


async def fates(
    app: App, connect: Connect, delivery: Delivery, calls: int = 5
) -> list[tuple[str, bool, bool, bool]]:
    """What came of the callbacks of some calls, without what differs by chance of its making."""
    app.received.clear()
    dial_mobile(app)
    async with connect(app, delivery=delivery) as sandbox:
        sandbox.parties[MOBILE] = Party.answers()
        played = [await sandbox.call_from_browser("bob", MOBILE) for _ in range(calls)]
    return [
        (sent.params["CallStatus"], sent.dropped, sent.duplicate, sent.signed)
        for call in played
        for sent in by_kind(call, "status")
    ]


BROKEN: dict[str, Any] = {
    "shuffle": True,
    "duplicate": 0.3,
    "drop": 0.2,
    "bad_signature": 0.0,
    "delay": 0.002,
}


async def test_the_same_seed_breaks_the_same(app: App, connect: Connect) -> None:
    first, again, other = [await fates(app, connect, Delivery(seed=seed, **BROKEN)) for seed in (1, 1, 2)]
    assert first == again != other


async def test_shuffled_is_out_of_order_but_complete(app: App, connect: Connect) -> None:
    sent = await fates(app, connect, Delivery(seed=3, shuffle=True))
    statuses = ["initiated", "ringing", "in-progress", "completed"]
    by_call = [[status for status, *_ in sent[at : at + 4]] for at in range(0, len(sent), 4)]
    assert all(sorted(call) == sorted(statuses) for call in by_call)
    assert any(call != statuses for call in by_call)


async def test_duplicates_are_the_same_delivery(app: App, connect: Connect) -> None:
    await fates(app, connect, Delivery(duplicate=1.0), calls=1)
    tokens = [r.headers["I-Twilio-Idempotency-Token"] for r in app.received if r.path == "/status"]
    assert len(tokens) == 8
    assert len(set(tokens)) == 4


async def test_dropped_ones_never_arrive(app: App, connect: Connect) -> None:
    sent = await fates(app, connect, Delivery(drop=1.0), calls=1)
    assert all(dropped for _, dropped, _, _ in sent)
    assert app.got("/status") == []


async def test_a_wrong_signature_is_wrong(app: App, connect: Connect) -> None:
    await fates(app, connect, Delivery(bad_signature=1.0), calls=1)
    async with connect(app) as sandbox:
        validator = RequestValidator(sandbox.auth_token)
    for request in app.received:
        url = f"{app.url}{request.path}"
        assert not validator.validate(url, request.params, request.headers["X-Twilio-Signature"])
