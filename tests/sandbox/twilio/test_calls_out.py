"""Calls from the browser to a phone."""

import pytest

from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.sandbox.twilio.support import App, events

MOBILE = "+33612345678"


def dial_mobile(app: App, **attributes: str) -> None:
    attributes = {"callerId": "+33159130001", "action": "/dial", **attributes}
    app.dial(f"<Number {events()}>{MOBILE}</Number>", **attributes)


async def test_a_conversation_as_it_was_recorded(app: App, sandbox: TwilioSandbox) -> None:
    dial_mobile(app)
    sandbox.status_url = f"{app.url}/parent"
    sandbox.parties[MOBILE] = Party.answers(after=7, talks=192)
    played = await sandbox.call_from_browser("agent1", MOBILE)

    statuses = app.got("/status")
    assert [(s["CallStatus"], s["SequenceNumber"], s["Timestamp"][-14:-6]) for s in statuses] == [
        ("initiated", "0", "10:00:00"),
        ("ringing", "1", "10:00:01"),
        ("in-progress", "2", "10:00:08"),
        ("completed", "3", "10:03:20"),
    ]
    assert statuses[-1]["CallDuration"] == "192"
    [action] = app.got("/dial")
    assert action["DialCallStatus"] == "completed"
    assert action["DialCallSid"] == played.legs[0].sid == statuses[0]["CallSid"]
    assert action["CallStatus"] == "in-progress"
    [parent] = app.got("/parent")
    assert (parent["CallSid"], parent["CallDuration"], parent["Duration"]) == (played.sid, "201", "4")
    assert (played.status, played.duration, played.errors) == ("completed", 201, [])
    assert played.direction == "inbound"


@pytest.mark.parametrize(
    ("party", "status", "sip", "seen"),
    [
        (Party.busy(), "busy", "486", ["initiated", "ringing", "busy"]),
        (Party.rejects(), "busy", "603", ["initiated", "ringing", "busy"]),
        (Party.no_answer(), "no-answer", "487", ["initiated", "ringing", "no-answer"]),
        (Party.failed(), "failed", "503", ["initiated", "failed"]),
        (Party.unreachable(), "no-answer", "480", ["initiated", "no-answer"]),
        (Party.answers(after=40), "no-answer", "487", ["initiated", "ringing", "no-answer"]),
    ],
)
async def test_nobody_talks(
    app: App, sandbox: TwilioSandbox, party: Party, status: str, sip: str, seen: list[str]
) -> None:
    dial_mobile(app)
    sandbox.parties[MOBILE] = party
    await sandbox.call_from_browser("agent1", MOBILE)
    statuses = app.got("/status")
    assert [s["CallStatus"] for s in statuses] == seen
    assert statuses[-1]["SipResponseCode"] == sip
    assert statuses[-1]["CallDuration"] == "0"
    [action] = app.got("/dial")
    assert action["DialCallStatus"] == status
    assert "DialBridged" not in action


async def test_whoever_was_not_scripted_lets_it_ring(app: App, sandbox: TwilioSandbox) -> None:
    dial_mobile(app)
    played = await sandbox.call_from_browser("agent1", MOBILE)
    assert played.legs[0].status == "no-answer"


async def test_the_caller_gives_up_while_it_rings(app: App, sandbox: TwilioSandbox) -> None:
    dial_mobile(app)
    sandbox.parties[MOBILE] = Party.answers(after=20)
    played = await sandbox.call_from_browser("agent1", MOBILE, caller_hangs_up_after=10)
    assert [s["CallStatus"] for s in app.got("/status")] == ["initiated", "ringing", "canceled"]
    [action] = app.got("/dial")
    assert (action["DialCallStatus"], action["CallStatus"]) == ("canceled", "completed")
    assert (played.status, played.duration) == ("completed", 10)


async def test_the_caller_hangs_up_first(app: App, sandbox: TwilioSandbox) -> None:
    dial_mobile(app)
    sandbox.parties[MOBILE] = Party.answers(after=4, talks=500)
    played = await sandbox.call_from_browser("agent1", MOBILE, caller_hangs_up_after=65)
    assert played.legs[0].duration == 60
    assert app.got("/dial")[0]["DialCallDuration"] == "60"


async def test_the_time_limit_ends_it(app: App, sandbox: TwilioSandbox) -> None:
    dial_mobile(app, timeLimit="30")
    sandbox.parties[MOBILE] = Party.answers(talks=500)
    played = await sandbox.call_from_browser("agent1", MOBILE)
    assert played.legs[0].duration == 30


@pytest.mark.parametrize(
    ("party", "status"),
    [(Party.answers(talks=9), "completed"), (Party.busy(), "busy"), (Party.no_answer(), "no-answer")],
)
async def test_with_answer_on_bridge_the_caller_hears_the_outcome(
    app: App, sandbox: TwilioSandbox, party: Party, status: str
) -> None:
    dial_mobile(app, answerOnBridge="true")
    app.on("/dial", "<Response/>")
    sandbox.parties[MOBILE] = party
    played = await sandbox.call_from_browser("agent1", MOBILE)
    assert played.status == status
    assert played.duration == (10 if status == "completed" else 0)


async def test_only_the_events_that_were_asked_for_are_counted(app: App, sandbox: TwilioSandbox) -> None:
    app.dial(f"<Number {events(which='ringing completed')}>{MOBILE}</Number>", callerId="+33159130001")
    await sandbox.call_from_browser("agent1", MOBILE)
    assert [(s["CallStatus"], s["SequenceNumber"]) for s in app.got("/status")] == [
        ("ringing", "0"),
        ("no-answer", "1"),
    ]


async def test_one_after_the_other(app: App, sandbox: TwilioSandbox) -> None:
    nouns = "".join(f"<Number {events()}>+3361234567{n}</Number>" for n in range(3))
    app.dial(nouns, callerId="+33159130001", sequential="true", action="/dial", timeout="20")
    sandbox.parties = {"+33612345670": Party.busy(), "+33612345671": Party.answers(talks=5)}
    played = await sandbox.call_from_browser("agent1", MOBILE)
    assert [leg.status for leg in played.legs] == ["busy", "completed"]
    assert played.legs[1].started_at == played.legs[0].ended_at == 2
    assert app.got("/dial")[0]["DialCallSid"] == played.legs[1].sid


@pytest.mark.parametrize(("detect", "machine", "human"), [("Enable", "machine_start", "human")])
async def test_machine_detection(
    app: App, sandbox: TwilioSandbox, detect: str, machine: str, human: str
) -> None:
    noun = f'<Number machineDetection="{detect}" amdStatusCallback="/amd" {events()}>{MOBILE}</Number>'
    app.dial(noun, callerId="+33159130001")
    for party, answered_by in ((Party.machine(), machine), (Party.answers(), human)):
        sandbox.parties[MOBILE] = party
        await sandbox.call_from_browser("agent1", MOBILE)
        assert app.got("/status")[-1]["AnsweredBy"] == answered_by
        assert app.got("/amd")[-1]["AnsweredBy"] == answered_by


async def test_without_detection_a_machine_looks_like_a_person(app: App, sandbox: TwilioSandbox) -> None:
    dial_mobile(app)
    sandbox.parties[MOBILE] = Party.machine()
    await sandbox.call_from_browser("agent1", MOBILE)
    assert app.got("/status")[-1]["CallStatus"] == "completed"
    assert "AnsweredBy" not in app.got("/status")[-1]


async def test_what_the_browser_sends_along_cannot_replace_what_twilio_says(
    app: App, sandbox: TwilioSandbox
) -> None:
    app.on("/voice", "<Response/>")
    await sandbox.call_from_browser("bob", MOBILE, parameters={"personId": "7", "From": "client:eve"})
    [voice] = app.got("/voice")
    assert (voice["personId"], voice["From"], voice["To"]) == ("7", "client:bob", MOBILE)


async def test_a_whisper_that_hangs_up_never_bridges(app: App, sandbox: TwilioSandbox) -> None:
    app.dial(f'<Number url="/whisper">{MOBILE}</Number>', callerId="+33159130001", action="/dial")
    app.on("/whisper", "<Response><Say>Press nothing</Say><Hangup/></Response>")
    sandbox.parties[MOBILE] = Party.answers()
    played = await sandbox.call_from_browser("agent1", MOBILE)
    assert app.got("/dial")[0]["DialBridged"] == "false"
    assert played.spoken == ["Press nothing"]


@pytest.mark.parametrize("asked", ["record-from-answer", "record-from-ringing-dual"])
async def test_recording_a_conversation(app: App, sandbox: TwilioSandbox, asked: str) -> None:
    dial_mobile(
        app,
        record=asked,
        recordingStatusCallback="/recording",
        recordingStatusCallbackEvent="in-progress completed",
    )
    sandbox.parties[MOBILE] = Party.answers(after=4, talks=60)
    played = await sandbox.call_from_browser("agent1", MOBILE)
    started, completed = app.got("/recording")
    assert (started["RecordingStatus"], completed["RecordingStatus"]) == ("in-progress", "completed")
    assert completed["RecordingDuration"] == ("64" if "ringing" in asked else "59")
    assert completed["RecordingChannels"] == ("2" if "dual" in asked else "1")
    assert completed["CallSid"] == played.sid
    kinds = [delivered.kind for delivered in played.deliveries]
    assert kinds.index("action") < len(kinds) - 1 - kinds[::-1].index("recording")
