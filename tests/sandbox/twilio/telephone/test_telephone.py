"""What a telephone's page says and hears, without a browser; and the routes that script the network."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.twilio import TwilioSandbox
from bridge.sandbox.twilio.signalling.sdp import silent_answer, silent_offer
from tests.sandbox.twilio.signalling.support import (
    MOBILE,
    OWN,
    SECONDS,
    Office,
    Sdk,
    eventually,
    in_time,
    opened,
)
from tests.sandbox.twilio.support import App


class Telephone:
    """The page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.sdp = silent_offer()

    async def say(self, kind: str, **members: Any) -> None:
        await self.socket.send_json({"type": kind, **members})

    async def hears(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(SECONDS):
            while not (told := await self.socket.receive_json()):
                await self.say("alive")
        assert told["type"] == kind, told
        return dict(told)


@pytest.fixture
async def office(sandbox: TwilioSandbox) -> AsyncIterator[Office]:
    async with opened(sandbox) as office:
        yield office


async def connect(office: Office, number: str = MOBILE, **headers: str) -> Telephone:
    url = f"{office.sandbox.url}/sandbox/telephone/line"
    return Telephone(await office.session.ws_connect(url, params={"number": number}, headers=headers))


@pytest.fixture
async def telephone(office: Office) -> Telephone:
    telephone = await connect(office)
    assert await telephone.hears("ready") == {"type": "ready", "number": MOBILE, "company": OWN}
    return telephone


@pytest.fixture
async def alice(office: Office) -> Sdk:
    return await office.online()


async def test_it_calls_and_is_put_through(
    app: App, sandbox: TwilioSandbox, telephone: Telephone, alice: Sdk
) -> None:
    app.dial("<Client>alice</Client>", answerOnBridge="true")
    await telephone.say("dial", to="", sdp=telephone.sdp)
    sid = (await telephone.hears("dialled"))["sid"]
    invite = await alice.rings()
    assert (invite["parameters"]["From"], app.got("/voice")[0]["To"]) == (MOBILE, OWN)
    assert (await telephone.hears("ringing"))["sid"] == sid
    await alice.answer(invite)
    assert "a=candidate:" in (await telephone.hears("answer"))["sdp"]
    await telephone.say("hangup", sid=sid)
    await telephone.hears("hangup")
    await alice.hears("hangup")
    assert (await in_time(sandbox.finished(sid))).status == "completed"


async def test_once_answered_it_offers_anew(
    app: App, sandbox: TwilioSandbox, telephone: Telephone, alice: Sdk
) -> None:
    app.on("/voice", "<Response><Pause length='1'/><Dial><Client>alice</Client></Dial></Response>")
    await telephone.say("dial", to=OWN, sdp=telephone.sdp)
    await telephone.hears("dialled")
    sandbox.skip(1)
    await telephone.hears("ringing")
    assert "a=candidate:" not in (await telephone.hears("answer"))["sdp"]
    sid = (await telephone.hears("offer"))["sid"]
    await telephone.say("offer", sid=sid, sdp=telephone.sdp)
    await alice.answer(await alice.rings())
    assert "a=candidate:" in (await telephone.hears("connect"))["sdp"]


async def test_it_is_called(app: App, sandbox: TwilioSandbox, telephone: Telephone, alice: Sdk) -> None:
    app.dial(f"<Number>{MOBILE}</Number>", callerId=OWN, answerOnBridge="true")
    await alice.invite(To=MOBILE)
    ring = await telephone.hears("ring")
    assert (ring["from"], "a=candidate:" in ring["sdp"]) == (OWN, True)
    await alice.hears("ringing")
    await telephone.say("answer", sid=ring["sid"], sdp=silent_answer(ring["sdp"]))
    sid = (await alice.hears("answer"))["callsid"]
    await alice.say("dtmf", callsid=sid, dtmf="42")
    assert (await telephone.hears("digits"))["digits"] == "42"
    await telephone.say("hangup", sid=ring["sid"])
    await telephone.hears("hangup")
    await alice.hears("hangup")
    await alice.invite("TJS2", To=MOBILE)
    ring = await telephone.hears("ring")
    await alice.hears("ringing")
    await telephone.say("reject", sid=ring["sid"])
    await alice.hears("hangup")
    assert sandbox.account.calls[ring["sid"]].status == "busy"


async def test_a_call_that_is_given_up(
    app: App, sandbox: TwilioSandbox, telephone: Telephone, alice: Sdk
) -> None:
    app.dial(f"<Number>{MOBILE}</Number>", callerId=OWN, answerOnBridge="true")
    await alice.invite(To=MOBILE)
    ring = await telephone.hears("ring")
    await alice.say("hangup", callsid="TJS1")
    assert (await telephone.hears("cancel"))["sid"] == ring["sid"]
    await telephone.say("answer", sid=ring["sid"], sdp=silent_answer(ring["sdp"]))
    await telephone.hears("hangup")
    assert sandbox.account.calls[ring["sid"]].status == "canceled"


async def test_its_page_is_closed(app: App, sandbox: TwilioSandbox, telephone: Telephone, alice: Sdk) -> None:
    app.dial(f"<Number>{MOBILE}</Number>", callerId=OWN, answerOnBridge="true")
    await alice.invite(To=MOBILE)
    ring = await telephone.hears("ring")
    await alice.hears("ringing")
    await telephone.say("answer", sid=ring["sid"], sdp=silent_answer(ring["sdp"]))
    await alice.hears("answer")
    await telephone.socket.close()
    await alice.hears("hangup")
    assert list(sandbox.account.devices) == ["client:alice"]


@pytest.mark.parametrize(
    ("ends", "digits"),
    [("digits", "#"), ("hangup", "hangup"), ("time", "")],
    ids=["key", "hang-up", "length"],
)
async def test_it_leaves_a_message(
    app: App, sandbox: TwilioSandbox, telephone: Telephone, ends: str, digits: str
) -> None:
    record = '<Record action="/message" finishOnKey="#" maxLength="120"/>'
    app.on("/voice", f"<Response><Say>Leave a message.</Say>{record}</Response>")
    await telephone.say("dial", sdp=telephone.sdp)
    sid = (await telephone.hears("dialled"))["sid"]
    await telephone.hears("ringing")
    await telephone.hears("answer")
    await telephone.say("digits", sid=sid, digits="#")  # while it is spoken to no key ends anything
    await eventually(lambda: sandbox.account.calls[sid].digits)
    line = sandbox.line(sandbox.account.calls[sid])
    sandbox.skip(2)
    await eventually(lambda: line.reached >= 1)  # the announcement is over
    sandbox.skip(10)
    if ends == "time":
        sandbox.skip(110)
    elif ends == "digits":
        await telephone.say("digits", sid=sid, digits="1")
        await telephone.say("digits", sid=sid, digits="#")
    else:
        await telephone.say("hangup", sid=sid)
    await telephone.hears("hangup")
    [message] = app.got("/message")
    assert message["Digits"] == digits
    assert int(message["RecordingDuration"]) in ({120} if ends == "time" else range(10, 13))


async def test_a_withheld_number_calls_and_is_not_called(
    sandbox: TwilioSandbox, office: Office, app: App
) -> None:
    withheld = await connect(office, "anonymous")
    await withheld.hears("ready")
    assert sandbox.account.devices == {}
    await withheld.say("dial", sdp=withheld.sdp)
    await withheld.hears("dialled")
    await eventually(lambda: app.got("/voice"))
    assert app.got("/voice")[0]["From"] == "anonymous"


async def test_what_is_refused(office: Office, telephone: Telephone) -> None:
    for kind, members in (
        ("dial", {"to": "+33639980009", "sdp": telephone.sdp}),
        ("dial", {"sdp": "v=0"}),
        ("answer", {"sid": "CA", "sdp": None}),
    ):
        await telephone.say(kind, **members)
        assert (await telephone.hears("refused"))["why"]
    for text in ("", "[]", '{"type": 1}', '{"type": "dial", "to": "\\ud800"}'):
        await telephone.socket.send_str(text)
        assert (await telephone.hears("refused"))["why"]
    for number, origin in (
        ("0639980001", ""),
        ("", ""),
        (MOBILE, "https://crm.example.com"),
        (MOBILE, "null"),
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await connect(office, number, **({"Origin": origin} if origin else {}))
        assert refused.value.status == (403 if origin else 400)


async def test_the_page_and_its_files(office: Office) -> None:
    page = f"{office.sandbox.url}/sandbox/telephone"
    async with office.session.get(page) as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "The customer's telephone" in await answer.text()
    for name, status in (("telephone.js", 200), ("telephone.css", 200), ("telephone.html", 404)):
        async with office.session.get(f"{page}/{name}") as answer:
            assert answer.status == status


async def test_another_process_scripts_the_network(
    sandbox: TwilioSandbox, office: Office, alice: Sdk, telephone: Telephone
) -> None:
    async def post(path: str, body: dict[str, Any]) -> int:
        async with office.session.post(f"{sandbox.url}/sandbox/{path}", json=body) as answer:
            return answer.status

    async with office.session.get(f"{sandbox.url}/sandbox/devices") as answer:
        shown = await answer.json()
    assert {(one["address"], one["rings"]) for one in shown["devices"]} == {
        ("client:alice", True),
        (MOBILE, True),
    }
    assert await post("network", {"drop": 0.3, "cut": True, "heartbeat": 1, "available": False}) == 200
    assert (sandbox.signalling.weather.drop, sandbox.signalling.weather.cut) == (0.3, True)
    assert (sandbox.signalling.switches.heartbeat, sandbox.signalling.switches.available) == (1, False)
    for wrong in ({"drop": -1}, {"drop": True}, {"cut": 1}, {"nothing": 1}, {"refuse_calls": 1}):
        assert await post("network", wrong) == 400
    assert await post("network", {"lose": "client:alice"}) == 200
    await eventually(lambda: list(sandbox.account.devices) == [MOBILE])
    assert await post("time", {"seconds": 30}) == 200
    for seconds in (-1, "30", None, 1e9):
        assert await post("time", {"seconds": seconds}) == 400
