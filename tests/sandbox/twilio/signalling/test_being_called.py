"""A device that is registered rings in place of its script."""

import asyncio

import aiohttp
import pytest

from bridge.sandbox.twilio import Party, PlayedCall, TwilioSandbox
from tests.sandbox.twilio.signalling.support import MOBILE, OWN, Office, Sdk, eventually, in_time
from tests.sandbox.twilio.support import App, dial, events

CLIENT = f"<Client {events()}>alice</Client>"


@pytest.fixture
async def alice(app: App, office: Office) -> Sdk:
    """Alice, registered; who calls the company reaches her."""
    app.dial(CLIENT, action="/dial", timeout="20")
    return await office.online()


def called(sandbox: TwilioSandbox, **more: float) -> asyncio.Task[PlayedCall]:
    return asyncio.create_task(sandbox.call_from_phone(MOBILE, **more))  # type: ignore[arg-type]


async def test_she_answers_and_hangs_up(app: App, sandbox: TwilioSandbox, alice: Sdk) -> None:
    call = called(sandbox)
    invite = await alice.rings()
    leg = sandbox.account.calls[invite["callsid"]]
    assert (leg.to, leg.status) == ("client:alice", "ringing")
    parameters = {"From": MOBILE, "To": "client:alice", "CallSid": leg.sid, "AccountSid": sandbox.account_sid}
    assert invite["parameters"].items() >= parameters.items()
    await alice.answer(invite)
    await eventually(lambda: leg.status == "in-progress")
    sandbox.skip(61)
    await alice.say("hangup", callsid=leg.sid)
    await alice.hears("hangup")
    played = await in_time(call)
    assert (played.status, played.legs[0].status) == ("completed", "completed")
    assert (played.legs[0].duration or 0) in {61, 62}
    assert [s["CallStatus"] for s in app.got("/status")] == [
        *("initiated", "ringing", "in-progress", "completed")
    ]


async def test_she_declines(app: App, sandbox: TwilioSandbox, alice: Sdk) -> None:
    call = called(sandbox)
    await alice.say("reject", callsid=(await alice.rings())["callsid"])
    played = await in_time(call)
    assert [leg.status for leg in played.legs] == ["busy"]
    assert app.got("/dial")[0]["DialCallStatus"] == "busy"
    await alice.say("register", media={"audio": True})
    await alice.hears("ready")  # and no cancel before it


async def test_she_lets_it_ring(sandbox: TwilioSandbox, alice: Sdk) -> None:
    call = called(sandbox)
    invite = await alice.rings()
    sandbox.skip(19)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(alice.next(), 0.1)
    sandbox.skip(1)
    assert (await alice.hears("cancel"))["callsid"] == invite["callsid"]
    assert [leg.status for leg in (await in_time(call)).legs] == ["no-answer"]


async def test_the_caller_gives_up(sandbox: TwilioSandbox, alice: Sdk) -> None:
    call = called(sandbox, caller_hangs_up_after=5)
    invite = await alice.rings()
    sandbox.skip(5)
    assert (await alice.hears("cancel"))["callsid"] == invite["callsid"]
    await alice.answer(invite)  # too late
    assert (await alice.hears("hangup"))["callsid"] == invite["callsid"]
    assert [leg.status for leg in (await in_time(call)).legs] == ["canceled"]


async def test_the_caller_hangs_up(sandbox: TwilioSandbox, alice: Sdk) -> None:
    call = called(sandbox, caller_hangs_up_after=50)
    invite = await alice.rings()
    await alice.answer(invite)
    await eventually(lambda: sandbox.account.calls[invite["callsid"]].answered_at is not None)
    sandbox.skip(50)
    assert (await alice.hears("hangup"))["callsid"] == invite["callsid"]
    assert (await in_time(call)).legs[0].status == "completed"


async def test_two_devices_of_one_agent(sandbox: TwilioSandbox, office: Office, alice: Sdk) -> None:
    second = await office.online()
    call = called(sandbox, caller_hangs_up_after=60)
    invites = [await alice.rings(), await second.rings()]
    assert invites[0]["callsid"] != invites[1]["callsid"]
    await second.answer(invites[1])
    assert (await alice.hears("cancel"))["callsid"] == invites[0]["callsid"]
    await alice.answer(invites[0])
    assert (await alice.hears("hangup"))["callsid"] == invites[0]["callsid"]
    sandbox.skip(60)
    await second.hears("hangup")
    assert [leg.status for leg in (await in_time(call)).legs] == ["canceled", "completed"]


async def test_both_answer_at_once(sandbox: TwilioSandbox, office: Office, alice: Sdk) -> None:
    second = await office.online()
    call = called(sandbox, caller_hangs_up_after=60)
    invites = [await alice.rings(), await second.rings()]
    await asyncio.gather(alice.answer(invites[0]), second.answer(invites[1]))
    await eventually(lambda: sum(leg.is_over for leg in sandbox.account.calls.values()) == 1)
    sandbox.skip(60)
    played = await in_time(call)
    assert sorted(leg.status for leg in played.legs) == ["canceled", "completed"]
    for sdk in (alice, second):
        await sdk.hears("hangup")  # after an answer no `cancel`


async def test_one_declines_and_the_other_answers(sandbox: TwilioSandbox, office: Office, alice: Sdk) -> None:
    second = await office.online()
    call = called(sandbox, caller_hangs_up_after=60)
    await alice.say("reject", callsid=(await alice.rings())["callsid"])
    invite = await second.rings()
    await eventually(lambda: any(leg.status == "busy" for leg in sandbox.account.calls.values()))
    await second.answer(invite)
    await eventually(lambda: sandbox.account.calls[invite["callsid"]].answered_at is not None)
    sandbox.skip(60)
    assert [leg.status for leg in (await in_time(call)).legs] == ["busy", "completed"]


async def test_both_decline(app: App, sandbox: TwilioSandbox, office: Office, alice: Sdk) -> None:
    second = await office.online()
    call = called(sandbox)
    for sdk in (alice, second):
        await sdk.say("reject", callsid=(await sdk.rings())["callsid"])
    assert [leg.status for leg in (await in_time(call)).legs] == ["busy", "busy"]
    assert app.got("/dial")[0]["DialCallStatus"] == "busy"


async def test_a_device_and_a_script_at_once(app: App, sandbox: TwilioSandbox, alice: Sdk) -> None:
    app.dial(f"{CLIENT}<Client>bob</Client>")
    sandbox.parties["client:bob"] = Party.answers(after=4, talks=30)
    call = called(sandbox)
    invite = await alice.rings()
    sandbox.skip(6)
    assert (await alice.hears("cancel"))["callsid"] == invite["callsid"]
    assert [leg.status for leg in (await in_time(call)).legs] == ["canceled", "completed"], (
        "and no more time is waited"
    )


async def test_after_the_ringing_a_script_goes_on_at_once(
    app: App, sandbox: TwilioSandbox, alice: Sdk
) -> None:
    app.on("/dial", "<Response><Say>Leave a message.</Say><Record action='/message'/></Response>")
    call = asyncio.create_task(sandbox.call_from_phone(MOBILE, says="Call me back, please.", speaks=600))
    await alice.say("reject", callsid=(await alice.rings())["callsid"])
    played = await in_time(call)
    assert app.got("/message")[0]["RecordingDuration"] == "600"
    assert played.status == "completed"


async def test_a_ringing_device_is_lost(sandbox: TwilioSandbox, alice: Sdk) -> None:
    call = called(sandbox)
    await alice.rings()
    await sandbox.signalling.drop()
    await eventually(lambda: not sandbox.account.devices)
    sandbox.skip(20)
    assert [leg.status for leg in (await in_time(call)).legs] == ["no-answer"]


async def test_parameters_are_decoded_as_the_sdk_does(app: App, sandbox: TwilioSandbox, alice: Sdk) -> None:
    parameters = '<Parameter name="person" value="J&amp;ne = 100 % é+"/><Parameter name="b" value=""/>'
    app.dial(f"<Client><Identity>alice</Identity>{parameters}</Client>")
    call = called(sandbox)
    invite = await alice.rings()
    assert invite["parameters"]["Params"] == "person=J%26ne%20%3D%20100%20%25%20%C3%A9%2B&b="
    await alice.say("reject", callsid=invite["callsid"])
    await in_time(call)


async def test_two_browsers_talk(app: App, sandbox: TwilioSandbox, office: Office, alice: Sdk) -> None:
    bob = await office.online("bob")
    app.dial("<Client>bob</Client>", answerOnBridge="true")
    await alice.invite(To="client:bob")
    invite = await bob.rings()
    assert (await alice.hears("ringing"))["callsid"] in sandbox.account.calls
    assert alice.sdp.split("a=ice-ufrag:")[1][:8] in invite["sdp"], "it is Alice's own description"
    assert "127.0.0.1" in invite["sdp"].split("a=candidate:")[1]
    await bob.answer(invite)
    answer = await alice.hears("answer")
    assert "a=candidate:" in answer["sdp"]
    await bob.say("hangup", callsid=invite["callsid"])
    await bob.hears("hangup")
    await alice.hears("hangup")


async def test_rest_rings_a_device(
    app: App, sandbox: TwilioSandbox, alice: Sdk, rest: aiohttp.ClientSession
) -> None:
    app.on("/voice", dial(f"<Number>{MOBILE}</Number>", callerId=OWN))
    sandbox.parties[MOBILE] = Party.answers(after=0, talks=None)
    form = {"To": "client:alice", "From": OWN, "Url": f"{app.url}/voice"}
    async with rest.post("Calls.json", data=form) as response:
        sid = (await response.json())["sid"]
    invite = await alice.rings()
    assert invite["callsid"] == sid
    await alice.answer(invite)
    await eventually(
        lambda: any(leg.to == MOBILE and leg.answered_at for leg in sandbox.account.calls.values())
    )
    async with rest.post(f"Calls/{sid}.json", data={"Status": "completed"}):
        await alice.hears("hangup")
    assert (await in_time(sandbox.finished(sid))).status == "completed"
