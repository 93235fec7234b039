"""Tokens, registration, and what a device may say in which order."""

import time
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.sandbox.twilio import TwilioSandbox
from bridge.sandbox.twilio.signalling.browser import Browser
from tests.sandbox.twilio.signalling.support import MOBILE, OWN, Office, eventually, token
from tests.sandbox.twilio.support import App


async def test_a_device_registers(sandbox: TwilioSandbox, office: Office) -> None:
    sdk = await office.connect()
    told = await sdk.listen(token(sandbox))
    assert told["type"] == "connected"
    assert told["payload"]["token"] == {
        "identity": "alice",
        "ttl": pytest.approx(600, abs=2),
        "account_sid": sandbox.account_sid,
    }
    await sdk.say("register", media={"audio": True})
    await sdk.hears("ready")
    assert list(sandbox.account.devices) == ["client:alice"]
    await sdk.say("register", media={"audio": False})
    await sdk.hears("offline")
    assert sandbox.account.devices == {}


@pytest.mark.parametrize(
    ("code", "claims"),
    [
        (20104, {"exp": -1}),
        (31207, {"exp": 90_000}),
        (31204, {"nbf": 500}),
        (31203, {"iss": "SK00000000000000000000000000000000"}),
        (31203, {"sub": "AC00000000000000000000000000000000"}),
        (31201, {"grants": {"identity": "alice"}}),
        (31201, {"grants": {"voice": {}}}),
        (31201, {"grants": {"identity": "alice", "voice": {"outgoing": ["x"]}}}),
        (31201, {"grants": {"identity": "alice", "voice": {"incoming": "yes"}}}),
    ],
)
async def test_tokens_that_are_refused(
    sandbox: TwilioSandbox, office: Office, code: int, claims: dict[str, Any]
) -> None:
    """Times are seconds from now: the table is made long before a test of it runs."""
    now = int(time.time())
    claims = {name: now + value if name in ("exp", "nbf") else value for name, value in claims.items()}
    sdk = await office.connect()
    told = await sdk.listen(token(sandbox, **claims))
    assert (told["type"], told["payload"]["error"]["code"]) == ("error", code)
    await sdk.register(token(sandbox))  # a good one mends it, on the same socket


async def test_forms_of_tokens_that_are_refused(sandbox: TwilioSandbox, office: Office) -> None:
    sdk, good = await office.connect(), token(sandbox)
    header, payload, signature = good.split(".")
    for code, text in (
        (31102, ""),
        (20101, "a.b"),
        (20101, f"{header}.%.{signature}"),
        (31204, f"eyJhbGciOiJub25lIn0.{payload}."),
        (31202, f"{header}.{payload}.{signature[::-1]}"),
    ):
        told = await sdk.listen(text)
        assert told["payload"]["error"]["code"] == code, text


async def test_incoming_calls_must_be_allowed(sandbox: TwilioSandbox, office: Office) -> None:
    sdk = await office.connect()
    voice = {"outgoing": {"application_sid": sandbox.app_sid}}
    await sdk.listen(token(sandbox, grants={"identity": "alice", "voice": voice}))
    await sdk.say("register", media={"audio": True})
    assert (await sdk.hears("error"))["error"]["code"] == 31201
    assert sandbox.account.devices == {}


@pytest.mark.parametrize("outgoing", [{}, {"outgoing": {"application_sid": "AP" + "0" * 32}}])
async def test_outgoing_calls_need_an_application(
    sandbox: TwilioSandbox, office: Office, outgoing: dict[str, Any]
) -> None:
    sdk = await office.connect()
    voice = {"incoming": {"allow": True}, **outgoing}
    await sdk.register(token(sandbox, grants={"identity": "alice", "voice": voice}))
    await sdk.invite(To=MOBILE)
    told = await sdk.hears("hangup")
    assert (told["callsid"], told["error"]["code"]) == ("TJS1", 31002)
    assert sandbox.account.calls == {}


async def test_before_a_token_nothing_goes(sandbox: TwilioSandbox, office: Office) -> None:
    sdk = await office.connect()
    await sdk.say("register", media={"audio": True})
    assert (await sdk.hears("error"))["error"]["code"] == 31204
    await sdk.invite(To=MOBILE)
    assert (await sdk.hears("hangup"))["error"]["code"] == 31204
    assert (sandbox.account.devices, sandbox.account.calls) == ({}, {})


LASTS = 2.0
"""Seconds of a token that ends in a test, and in which a busy machine registers a device."""


async def test_a_device_whose_token_ended_rings_no_more(sandbox: TwilioSandbox, office: Office) -> None:
    sdk = await office.connect()
    await sdk.register(token(sandbox, exp=time.time() + LASTS))
    assert sandbox.account.devices
    await eventually(lambda: not sandbox.account.devices)
    await sdk.say("register", media={"audio": True})
    assert (await sdk.hears("error"))["error"]["code"] == 31205
    await sdk.invite(To=MOBILE)
    assert (await sdk.hears("hangup"))["error"]["code"] == 31205


async def test_a_renewed_token_goes_on(sandbox: TwilioSandbox, office: Office) -> None:
    sdk = await office.connect()
    ends = time.time() + LASTS
    await sdk.register(token(sandbox, exp=ends))
    assert (await sdk.listen(token(sandbox)))["type"] == "connected"
    await eventually(lambda: time.time() > ends)
    await sdk.say("register", media={"audio": True})
    await sdk.hears("ready")
    assert sandbox.account.devices


async def test_a_token_of_another_identity_moves_the_device(sandbox: TwilioSandbox, office: Office) -> None:
    sdk = await office.online("alice")
    await sdk.listen(token(sandbox, "bob"))
    assert sandbox.account.devices == {}
    await sdk.say("register", media={"audio": True})
    await sdk.hears("ready")
    assert list(sandbox.account.devices) == ["client:bob"]


async def test_a_lost_device_rings_no_more(sandbox: TwilioSandbox, office: Office) -> None:
    first, second = await office.online(), await office.online()
    assert len(sandbox.account.devices["client:alice"]) == 2
    await first.socket.close()
    await eventually(lambda: len(sandbox.account.devices["client:alice"]) == 1)
    await sandbox.signalling.drop("client:alice")
    await eventually(lambda: not sandbox.account.devices)
    assert (await second.socket.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    assert sandbox.signalling.devices == {}


async def test_the_server_beats_and_gives_up_who_does_not_answer(
    sandbox: TwilioSandbox, office: Office
) -> None:
    sandbox.signalling.switches.heartbeat = 0.02
    sdk = await office.connect()
    assert await sdk.socket.receive_str() == "\n"
    while not sdk.socket.closed:
        await sdk.socket.receive()
    await eventually(lambda: not sandbox.signalling.devices)


async def test_an_unavailable_server(sandbox: TwilioSandbox, office: Office) -> None:
    sandbox.signalling.switches.available = False
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await office.connect()
    assert refused.value.status == 503


async def test_good_tokens_are_refused_for_a_test(sandbox: TwilioSandbox, office: Office) -> None:
    sdk = await office.connect()
    sandbox.signalling.switches.refuse_tokens = (20101, "a race")
    told = await sdk.listen(token(sandbox))
    assert (told["type"], told["payload"]["error"]["code"]) == ("error", 20101)
    sandbox.signalling.switches.refuse_tokens = None
    await sdk.register(token(sandbox))
    assert sandbox.account.devices


async def test_a_test_says_anything_to_a_page(sandbox: TwilioSandbox, office: Office) -> None:
    sdk = await office.online()
    [device] = sandbox.signalling.devices.values()
    assert isinstance(device, Browser)
    await device.send("close")
    assert await sdk.hears("close") == {}


async def test_frames_that_are_none(app: App, sandbox: TwilioSandbox, office: Office) -> None:
    sdk = await office.connect()
    for text in ("", "{", "[]", '"x"', '{"type": 1}', '{"type": "listen", "payload": []}', "[" * 100_000):
        await sdk.socket.send_str(text)
        assert (await sdk.hears("error"))["error"]["code"] == 31100, text[:20]
    await sdk.socket.send_bytes(b"\x00")
    await sdk.say("presence", of="someone")
    await sdk.register(token(sandbox))
    for sdp in ("", "v=0", "v=0\r\nm=audio 9 X\r\n", "\n" * 1000):
        await sdk.say("invite", callsid="TJS1", sdp=sdp, twilio={})
        assert (await sdk.hears("hangup"))["error"]["code"] == 31100, sdp
    app.dial(f"<Number>{MOBILE}</Number>", callerId=OWN)
    await sdk.say("hangup", callsid="TJSunknown")
    await sdk.say("reject", callsid="CAunknown")
    await sdk.say("dtmf", dtmf="1")
    await sdk.say("message", callsid="CAunknown", content={})
    await sdk.say("answer", callsid="CAunknown", sdp=sdk.sdp)
    assert await sdk.hears("hangup") == {"callsid": "CAunknown"}


KINDS = st.sampled_from(
    ["listen", "register", "invite", "answer", "reject", "hangup", "dtmf", "reinvite", "message", "x"]
)
NAMES = st.sampled_from(
    [
        *("token", "media", "callsid", "sdp", "twilio", "reconnect", "dtmf", "reconnectTimeout"),
        *("content", "contenttype", "messagetype", "voiceeventsid"),
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["TJS1", "user-defined-message", "v=0\nm=audio 9 U 0\na=ice-ufrag:a\na=fingerprint:b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames=st.lists(st.tuples(KINDS, st.dictionaries(NAMES, JSON, max_size=4)), max_size=6))
async def test_whatever_a_page_sends_the_connection_stands(
    sandbox: TwilioSandbox, office: Office, frames: list[tuple[str, dict[str, Any]]]
) -> None:
    sdk = await office.online()
    for kind, payload in frames:
        await sdk.say(kind, **payload)
    await sdk.say("listen", token="the last one")
    while (told := await sdk.next()) != {} and (told["payload"].get("error") or {}).get("code") != 20101:
        assert isinstance(told["payload"], dict)
    await sdk.socket.close()
