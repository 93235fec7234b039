"""The REST API ends, redirects and records calls that are running."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.twilio import Leg, Party, PlayedCall, TwilioSandbox
from tests.sandbox.twilio.support import App, Connect, dial, events, until

MOBILE = "+33612345678"
OWN = "+33159130001"
HOLDS = Party.answers(after=3, talks=None)


@pytest.fixture
async def talking(app: App, sandbox: TwilioSandbox) -> AsyncIterator[asyncio.Task[PlayedCall]]:
    """A call out of the browser that nobody in the scenario ends."""
    noun = f"<Number {events()}>{MOBILE}</Number>"
    app.dial(noun, callerId=OWN, action="/dial", record="record-from-answer", recordingStatusCallback="/rec")
    sandbox.status_url = f"{app.url}/parent"
    sandbox.parties[MOBILE] = HOLDS
    task = asyncio.create_task(sandbox.call_from_browser("agent1", MOBILE))
    await until(lambda: any(s["CallStatus"] == "in-progress" for s in app.got("/status")))
    yield task
    task.cancel()


def legs(sandbox: TwilioSandbox) -> list[Leg]:
    return list(sandbox.account.calls.values())


async def update(rest: aiohttp.ClientSession, leg: Leg, status: int = 200, **form: str) -> Any:
    async with rest.post(f"Calls/{leg.sid}.json", data=form) as response:
        assert response.status == status, await response.text()
        return await response.json()


@pytest.mark.parametrize("which", [0, 1])
async def test_ending_either_leg_ends_both(
    app: App,
    sandbox: TwilioSandbox,
    rest: aiohttp.ClientSession,
    talking: asyncio.Task[PlayedCall],
    which: int,
) -> None:
    shown = await update(rest, legs(sandbox)[which], Status="completed")
    assert shown["status"] == "in-progress"
    played = await talking
    assert (played.status, played.legs[0].status) == ("completed", "completed")
    assert (played.legs[0].duration or 0) >= 1
    [action] = app.got("/dial")
    assert action["DialCallStatus"] == "completed"
    assert action["CallStatus"] == ("completed" if which == 0 else "in-progress")


async def test_the_parent_is_redirected_to_somebody_else(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession, talking: asyncio.Task[PlayedCall]
) -> None:
    app.on("/elsewhere", dial("<Client>agent2</Client>", action="/dial"))
    first_answer = "<Response><Say>Goodbye</Say></Response>"
    app.on("/dial", lambda _: first_answer if len(app.got("/dial")) == 1 else "<Response/>")
    sandbox.parties["client:agent2"] = Party.answers(talks=20)
    await update(rest, legs(sandbox)[0], Url=f"{app.url}/elsewhere")
    played = await talking
    assert [(leg.to, leg.status) for leg in played.legs] == [
        (MOBILE, "completed"),
        ("client:agent2", "completed"),
    ]
    assert len({leg.parent_sid for leg in played.legs}) == 1
    first, second = app.got("/dial")
    assert (first["DialCallSid"], second["DialCallSid"]) == tuple(leg.sid for leg in played.legs)
    assert played.spoken == [], "what the first action answers is ignored"


async def test_the_child_is_redirected_and_rings_grandchildren(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession, talking: asyncio.Task[PlayedCall]
) -> None:
    child = legs(sandbox)[1]
    sandbox.parties["client:agent2"] = Party.answers(talks=20)
    await update(rest, child, Twiml="<Response><Dial><Client>agent2</Client></Dial></Response>")
    played = await talking
    grandchild = played.legs[1]
    assert (grandchild.parent_sid, grandchild.to) == (child.sid, "client:agent2")
    assert app.got("/dial")[0]["DialCallStatus"] == "completed"
    assert played.status == "completed"
    final = [s for s in app.got("/status") if s["CallStatus"] == "completed"]
    assert [s["CallSid"] for s in final] == [child.sid]
    assert (child.duration or 0) >= 20


async def test_a_ringing_agent_is_taken_out(app: App, connect: Connect) -> None:
    app.dial("".join(f"<Client {events()}>agent{n}</Client>" for n in (1, 2)), action="/dial")
    async with connect(app, real_time=True) as sandbox:
        sandbox.parties = {
            "client:agent1": Party.answers(after=500),
            "client:agent2": Party.answers(after=500),
        }
        task = asyncio.create_task(sandbox.call_from_phone(MOBILE))
        await until(lambda: len(app.got("/status")) == 2)
        parent, *agents = legs(sandbox)
        for leg in [*agents, parent]:
            sandbox.command(leg, None)
        played = await task
    assert [leg.status for leg in played.legs] == ["canceled", "canceled"]
    assert played.status == "completed"


async def test_what_cannot_be_updated(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession, talking: asyncio.Task[PlayedCall]
) -> None:
    await update(rest, legs(sandbox)[0], Status="completed")
    played = await talking
    answer = await update(rest, played.legs[0], 400, Status="completed")
    assert answer["code"] == 21220
    answer = await update(rest, sandbox.account.calls[played.sid], 400, Url="https://a.example")
    assert answer["code"] == 21220


async def test_recordings_are_paused_stopped_and_started(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession, talking: asyncio.Task[PlayedCall]
) -> None:
    parent = legs(sandbox)[0]
    await until(lambda: sandbox.line(parent).now() > 4)
    [recording] = sandbox.account.recordings_of(parent.sid)
    path = f"Calls/{parent.sid}/Recordings"
    for sid, status in (
        (recording.sid, "paused"),
        ("Twilio.CURRENT", "in-progress"),
        (recording.sid, "stopped"),
    ):
        async with rest.post(f"{path}/{sid}.json", data={"Status": status}) as response:
            assert (response.status, (await response.json())["status"]) == (200, status)
    async with rest.post(f"{path}/{recording.sid}.json", data={"Status": "paused"}) as response:
        assert response.status == 404
    form = {
        "RecordingStatusCallback": f"{app.url}/second",
        "RecordingChannels": "dual",
        "RecordingStatusCallbackEvent": "absent",
    }
    async with rest.post(f"{path}.json", data=form) as response:
        assert response.status == 201
    await update(rest, parent, Status="completed")
    await talking
    [first], [second] = app.got("/rec"), app.got("/second")
    assert first["RecordingSid"] == recording.sid
    assert (second["RecordingSource"], second["RecordingChannels"]) == ("StartCallRecordingAPI", "2")
    assert second["RecordingStatus"] == "absent", "it was on for less than a second"


@pytest.mark.parametrize("party", [Party.busy(), Party.no_answer(), Party.failed()])
async def test_a_call_of_the_api_that_nobody_answers_asks_for_no_document(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession, party: Party
) -> None:
    sandbox.parties[MOBILE] = party
    form = {"To": MOBILE, "From": OWN, "Url": f"{app.url}/voice", "StatusCallback": f"{app.url}/status"}
    async with rest.post("Calls.json", data=form) as response:
        sid = (await response.json())["sid"]
    played = await sandbox.finished(sid)
    assert played.status == party.outcome
    assert app.got("/voice") == []
    assert [s["CallStatus"] for s in app.got("/status")] == [party.outcome]


async def test_a_call_of_the_api_leaves_a_message(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession
) -> None:
    sandbox.parties["client:bob"] = Party.answers(talks=90, says="Who is this", speaks=8)
    twiml = '<Response><Record action="/message"/></Response>'.replace("/message", f"{app.url}/message")
    async with rest.post("Calls.json", data={"To": "client:bob", "From": OWN, "Twiml": twiml}) as response:
        sid = (await response.json())["sid"]
    await sandbox.finished(sid)
    assert app.got("/message")[0]["RecordingDuration"] == "8"


async def test_in_real_time_a_second_takes_a_second(app: App, connect: Connect) -> None:
    app.on("/voice", "<Response><Pause length='1'/></Response>")
    async with connect(app, real_time=True) as sandbox:
        began = asyncio.get_running_loop().time()
        await sandbox.call_from_phone(MOBILE)
        assert asyncio.get_running_loop().time() - began > 0.9
