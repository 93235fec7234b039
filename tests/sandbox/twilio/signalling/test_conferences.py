"""Devices in conferences: what their signalling says."""

import asyncio

import aiohttp

from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.sandbox.twilio.conferences.support import Meeting, room
from tests.sandbox.twilio.signalling.support import MOBILE, OWN, Office, eventually
from tests.sandbox.twilio.support import App, dial, events
from tests.support import BOUND

HOLDS = Party.answers(after=0, talks=None)


def moving(app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession) -> Meeting:
    """Who is called holds the line; both can be moved into a conference."""
    app.dial(f"<Number {events()}>{MOBILE}</Number>", callerId=OWN, action="/dial")
    app.on("/dial", dial(room()))
    app.on("/room", dial(room()))
    sandbox.parties[MOBILE] = HOLDS
    return Meeting(app, sandbox, rest)


async def test_a_browser_stays_in_its_call(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession, office: Office
) -> None:
    meeting = moving(app, sandbox, rest)
    anna, bob = await office.online("anna"), await office.online("bob")
    sid = await anna.calls(To=MOBILE)
    await eventually(lambda: [leg.status for leg in meeting.legs] == ["in-progress"] * 2)
    customer = meeting.legs[1]
    await meeting.post(f"Calls/{customer.sid}.json", Url=f"{app.url}/room")
    await eventually(lambda: meeting.size == 2)
    invited = await meeting.invite("client:bob?line=sales")
    rung = await bob.rings()
    assert rung["callsid"] == invited["call_sid"]
    assert rung["parameters"]["Params"] == "line=sales"
    await bob.answer(rung)
    await eventually(lambda: meeting.size == 3)
    assert meeting.conference.is_live
    await meeting.change(sid, 200, Hold="true")
    await meeting.kick(invited["call_sid"])
    assert (await bob.hears("hangup"))["callsid"] == invited["call_sid"]
    await anna.say("hangup", callsid=sid)
    assert (await anna.hears("hangup"))["callsid"] == sid
    await eventually(lambda: [p.leg for p in meeting.conference.connected] == [customer])
    meeting.hang_up(customer)
    await asyncio.wait_for(sandbox.finished(sid), BOUND)
    assert meeting.conference.is_over


async def test_one_who_declines_does_not_come(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession, office: Office
) -> None:
    meeting = Meeting(app, sandbox, rest)
    bob = await office.online("bob")
    told = {"ConferenceStatusCallback": f"{app.url}/conference", "ConferenceStatusCallbackEvent": "leave"}
    invited = await meeting.invite("client:bob", 201, **told)
    await bob.say("reject", callsid=(await bob.rings())["callsid"])
    await asyncio.wait_for(sandbox.finished(invited["call_sid"]), BOUND)
    [left] = meeting.told("participant-leave")
    assert (left["ParticipantCallStatus"], left["ReasonParticipantLeft"]) == (
        "busy",
        "participant_add_failed",
    )
