"""Calls that a browser places are calls of the sandbox."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.twilio import Leg, Party, TwilioSandbox
from bridge.sandbox.twilio.signalling.browser import LARGEST_MESSAGE
from bridge.sandbox.twilio.signalling.sdp import silent_offer
from tests.sandbox.twilio.signalling.support import MOBILE, OWN, Office, Sdk, eventually, in_time, token
from tests.sandbox.twilio.support import App, dial, events

HOLDS = Party.answers(after=0, talks=None)


@pytest.fixture
async def alice(app: App, sandbox: TwilioSandbox, office: Office) -> Sdk:
    """Alice, registered; whom she calls answers at once and holds the line."""
    app.dial(f"<Number {events()}>{MOBILE}</Number>", callerId=OWN, action="/dial", answerOnBridge="true")
    sandbox.status_url = f"{app.url}/parent"
    sandbox.parties[MOBILE] = HOLDS
    return await office.online()


async def ended(sandbox: TwilioSandbox, sid: str) -> str:
    return (await in_time(sandbox.finished(sid))).status


async def test_a_call_and_its_end(app: App, sandbox: TwilioSandbox, alice: Sdk) -> None:
    sid = await alice.calls(To=MOBILE, note="ünï & =", empty="")
    [voice] = app.got("/voice")
    asked = {name: voice[name] for name in ("CallSid", "From", "To", "note", "empty", "Direction")}
    assert asked == {
        "CallSid": sid,
        "From": "client:alice",
        "To": MOBILE,
        "note": "ünï & =",
        "empty": "",
        "Direction": "inbound",
    }
    await alice.say("hangup", callsid=sid)
    assert (await alice.hears("hangup"))["callsid"] == sid
    played = await in_time(sandbox.finished(sid))
    assert (played.status, [leg.status for leg in played.legs], played.errors) == (
        "completed",
        ["completed"],
        [],
    )
    assert [s["CallStatus"] for s in app.got("/status")][-1] == "completed"
    assert app.got("/dial")[0]["DialCallStatus"] == "completed"
    assert app.got("/parent")[0]["CallStatus"] == "completed"


async def test_what_the_token_says_wins_and_twilio_wins_over_all(
    app: App, sandbox: TwilioSandbox, office: Office, alice: Sdk
) -> None:
    outgoing = {"application_sid": sandbox.app_sid, "params": {"workspace": "w1"}}
    await alice.listen(token(sandbox, grants={"identity": "alice", "voice": {"outgoing": outgoing}}))
    await alice.calls(To=MOBILE, workspace="forged", From="client:boss", CallSid="CAforged")
    [voice] = app.got("/voice")
    assert (voice["workspace"], voice["From"]) == ("w1", "client:alice")
    assert voice["CallSid"] in sandbox.account.calls


@pytest.mark.parametrize(
    ("party", "status"),
    [
        (Party.busy(after=0), "busy"),
        (Party.rejects(after=0), "busy"),
        (Party.failed(), "failed"),
        (Party.unreachable(), "no-answer"),
    ],
)
async def test_a_call_that_is_not_answered_never_looks_answered(
    sandbox: TwilioSandbox, alice: Sdk, party: Party, status: str
) -> None:
    sandbox.parties[MOBILE] = party
    await alice.invite(To=MOBILE)
    kinds = [told["type"] async for told in until_over(alice)]
    assert kinds == (["ringing", "hangup"] if party.rings else ["hangup"])
    [parent, child] = sandbox.account.calls.values()
    assert (parent.status, child.status) == (status, status)


async def until_over(sdk: Sdk) -> AsyncIterator[dict[str, Any]]:
    """What is heard, up to the hang-up; it names the call as the SDK knows it."""
    knows = "TJS1"
    while True:
        told = await sdk.next()
        yield told
        if told["type"] == "ringing":
            knows = told["payload"]["callsid"]
        if told["type"] == "hangup":
            assert told["payload"]["callsid"] == knows
            return


async def test_no_answer_takes_as_long_as_it_takes(sandbox: TwilioSandbox, alice: Sdk) -> None:
    sandbox.parties[MOBILE] = Party.no_answer()
    await alice.invite(To=MOBILE)
    sid = (await alice.hears("ringing"))["callsid"]
    sandbox.skip(29)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(alice.next(), 0.1)
    sandbox.skip(1)
    await alice.hears("hangup")
    assert await ended(sandbox, sid) == "no-answer"
    [_, child] = sandbox.account.calls.values()
    assert (child.ended_at or 0) - child.started_at == pytest.approx(30, abs=1)


async def test_early_media(sandbox: TwilioSandbox, alice: Sdk) -> None:
    sandbox.parties[MOBILE] = Party.answers(after=0, talks=None, early_media=True)
    await alice.invite(To=MOBILE)
    assert "a=setup:passive" in (await alice.hears("ringing"))["sdp"]
    await alice.hears("answer")


async def test_a_document_that_speaks_answers(app: App, sandbox: TwilioSandbox, office: Office) -> None:
    app.on("/voice", "<Response><Say>Not a number that you may call.</Say></Response>")
    alice = await office.online()
    sid = await alice.calls(To=MOBILE)
    sandbox.skip(60)
    await alice.hears("hangup")
    assert await ended(sandbox, sid) == "completed"


async def test_a_call_is_given_up_while_it_rings(sandbox: TwilioSandbox, alice: Sdk) -> None:
    sandbox.parties[MOBILE] = Party.no_answer()
    await alice.invite(To=MOBILE)
    sid = (await alice.hears("ringing"))["callsid"]
    await alice.say("hangup", callsid=sid)
    await alice.hears("hangup")
    [_, child] = sandbox.account.calls.values()
    assert child.status == "canceled"


async def test_a_call_is_given_up_before_it_rings(app: App, sandbox: TwilioSandbox, office: Office) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        asked.set()
        await go_on.wait()
        return dial(f"<Number>{MOBILE}</Number>", callerId=OWN, answerOnBridge="true")

    app.on("/voice", lambda _: slow())
    alice = await office.online()
    await alice.invite(To=MOBILE)
    await asked.wait()
    await alice.say("hangup", callsid="TJS1")
    await alice.say("register", media={"audio": True})
    await alice.hears("ready")
    go_on.set()
    assert (await alice.hears("hangup"))["callsid"] == "TJS1"
    assert [leg.status for leg in sandbox.account.calls.values()] == ["no-answer", "canceled"]


async def test_rest_ends_redirects_and_records(
    app: App, sandbox: TwilioSandbox, alice: Sdk, rest: aiohttp.ClientSession
) -> None:
    sid = await alice.calls(To=MOBILE)
    form = {"RecordingStatusCallback": f"{app.url}/recorded"}
    async with rest.post(f"Calls/{sid}/Recordings.json", data=form) as response:
        assert response.status == 201
    sandbox.skip(5)
    app.on("/elsewhere", dial("<Number>+33639980002</Number>", callerId=OWN))
    sandbox.parties["+33639980002"] = HOLDS
    async with rest.post(f"Calls/{sid}.json", data={"Url": f"{app.url}/elsewhere"}) as response:
        assert response.status == 200
    await eventually(lambda: any(leg.to.endswith("2") and leg.answered_at for leg in legs(sandbox)))
    async with rest.get(f"Calls/{sid}.json") as response:
        assert (await response.json())["status"] == "in-progress"
    async with rest.post(f"Calls/{sid}.json", data={"Status": "completed"}) as response:
        assert response.status == 200
    assert (await alice.hears("hangup"))["callsid"] == sid
    played = await in_time(sandbox.finished(sid))
    assert [leg.status for leg in played.legs] == ["completed", "completed"]
    [recorded] = app.got("/recorded")
    assert int(recorded["RecordingDuration"]) >= 4


def legs(sandbox: TwilioSandbox) -> list[Leg]:
    return list(sandbox.account.calls.values())


async def test_digits(sandbox: TwilioSandbox, alice: Sdk) -> None:
    sandbox.parties[MOBILE] = Party.no_answer()
    await alice.invite(To=MOBILE)
    await alice.say("dtmf", dtmf="7")  # before it rings the SDK knows no SID
    sid = (await alice.hears("ringing"))["callsid"]
    for digits in ("1w2#", "", "x", 5, "9" * 300):
        await alice.say("dtmf", callsid=sid, dtmf=digits)
    await alice.say("hangup", callsid=sid)
    await alice.hears("hangup")
    assert sandbox.account.calls[sid].digits == "71w2#"


async def test_call_messages_both_ways(sandbox: TwilioSandbox, alice: Sdk) -> None:
    sid = await alice.calls(To=MOBILE)
    message = {"content": {"a": 1}, "contenttype": "application/json", "messagetype": "user-defined-message"}
    await alice.say("message", callsid=sid, voiceeventsid="KX1", **message)
    assert await alice.hears("ack") == {"acktype": "message", "callsid": sid, "voiceeventsid": "KX1"}
    leg = sandbox.account.calls[sid]
    assert [kept["content"] for kept in leg.messages] == ['{"a": 1}']
    for code, changed in (
        (31210, {"messagetype": "other"}),
        (31212, {"content": "é" * LARGEST_MESSAGE}),
    ):
        await alice.say("message", callsid=sid, voiceeventsid="KX2", **{**message, **changed})
        refused = await alice.hears("error")
        assert (refused["error"]["code"], refused["voiceeventsid"], refused["callsid"]) == (code, "KX2", sid)
    sent = await sandbox.signalling.send(leg, {"content": "hello", "messagetype": "user-defined-message"})
    told = await alice.hears("message")
    assert (told["callsid"], told["content"], told["voiceeventsid"]) == (sid, "hello", sent)
    assert sent.startswith("KX")


async def test_a_lost_socket_and_the_way_back(sandbox: TwilioSandbox, office: Office, alice: Sdk) -> None:
    await alice.invite(To=MOBILE)
    await alice.hears("ringing")
    answer = await alice.hears("answer")
    sid = answer["callsid"]
    await sandbox.signalling.drop("client:alice")
    again = await office.connect()
    await again.listen(token(sandbox))
    await again.say("invite", callsid=sid, reconnect="another", sdp=alice.sdp, twilio={})
    assert (await again.hears("hangup"))["error"]["code"] == 31209
    await again.say("invite", callsid=sid, reconnect=answer["reconnect"], sdp=alice.sdp, twilio={})
    resumed = await again.hears("answer")
    assert (resumed["callsid"], resumed["reconnect"], "sdp" in resumed) == (sid, answer["reconnect"], False)
    await again.say("hangup", callsid=sid)
    await again.hears("hangup")
    assert await ended(sandbox, sid) == "completed"
    await again.say("invite", callsid=sid, reconnect=answer["reconnect"], sdp=alice.sdp, twilio={})
    assert (await again.hears("hangup"))["error"]["code"] == 31404


async def test_a_renewed_token_resumes_on_the_same_socket(sandbox: TwilioSandbox, alice: Sdk) -> None:
    await alice.invite(To=MOBILE)
    await alice.hears("ringing")
    answer = await alice.hears("answer")
    await alice.listen(token(sandbox))
    again = {"callsid": answer["callsid"], "reconnect": answer["reconnect"]}
    await alice.say("invite", **again, sdp=alice.sdp, twilio={})
    assert (await alice.hears("answer"))["callsid"] == answer["callsid"]
    assert not sandbox.account.calls[answer["callsid"]].is_over


async def test_another_device_takes_a_call_over(sandbox: TwilioSandbox, office: Office, alice: Sdk) -> None:
    await alice.invite(To=MOBILE)
    await alice.hears("ringing")
    answer = await alice.hears("answer")
    other = await office.online()
    again = {"callsid": answer["callsid"], "reconnect": answer["reconnect"]}
    await other.say("invite", **again, sdp=silent_offer(), twilio={})
    assert "a=setup:passive" in (await other.hears("answer"))["sdp"], "it is another peer connection"
    assert (await alice.hears("hangup"))["callsid"] == answer["callsid"]
    await alice.say("hangup", callsid=answer["callsid"])  # it is not its call any more
    await alice.say("register", media={"audio": True})
    await alice.hears("ready")
    assert not sandbox.account.calls[answer["callsid"]].is_over


async def test_a_device_that_does_not_come_back_has_hung_up(sandbox: TwilioSandbox, alice: Sdk) -> None:
    sandbox.signalling.switches.grace = 0.05
    await alice.listen(token(sandbox), reconnectTimeout=0)
    sid = await alice.calls(To=MOBILE)
    await sandbox.signalling.drop()
    assert await ended(sandbox, sid) == "completed"


async def test_a_caller_that_is_lost_before_the_answer_has_hung_up(
    sandbox: TwilioSandbox, alice: Sdk
) -> None:
    sandbox.parties[MOBILE] = Party.no_answer()
    await alice.invite(To=MOBILE)
    sid = (await alice.hears("ringing"))["callsid"]
    await sandbox.signalling.drop()
    assert await ended(sandbox, sid) == "no-answer"


async def test_ice_that_starts_anew_gets_a_description(sandbox: TwilioSandbox, alice: Sdk) -> None:
    sid = await alice.calls(To=MOBILE)
    await alice.say("reinvite", callsid=sid, sdp=silent_offer())
    assert "a=setup:passive" in (await alice.hears("answer"))["sdp"]


async def test_messages_in_another_order(sandbox: TwilioSandbox, alice: Sdk) -> None:
    sandbox.signalling.switches.ringing = sandbox.signalling.switches.reconnects = False
    await alice.invite(To=MOBILE)
    answer = await alice.hears("answer")
    assert answer["callsid"] in sandbox.account.calls
    assert "reconnect" not in answer
    await alice.say("hangup", callsid="TJS1")
    assert (await alice.hears("hangup"))["callsid"] == answer["callsid"]


async def test_calls_that_are_refused_with_words(sandbox: TwilioSandbox, alice: Sdk) -> None:
    sandbox.signalling.switches.refuse_calls = (31486, "busy here")
    await alice.invite(To=MOBILE)
    assert await alice.hears("hangup") == {
        "callsid": "TJS1",
        "error": {"code": 31486, "message": "busy here"},
    }
