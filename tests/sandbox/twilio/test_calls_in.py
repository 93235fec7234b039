"""Calls from a phone: ring groups, voicemail, what the caller hears."""

import pytest

from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.sandbox.twilio.support import App, events

CALLER = "+33612345678"
VOICEMAIL = (
    '<Response><Say>Leave a message</Say><Record action="/message" maxLength="120" '
    'transcribe="true" transcribeCallback="/transcription" recordingStatusCallback="/recording"/>'
    "<Say>Nothing was heard</Say></Response>"
)


def ring_agents(app: App, *names: str, **attributes: str) -> None:
    nouns = "".join(f"<Client {events()}>{name}</Client>" for name in names)
    app.dial(nouns, action="/dial", **attributes)


async def test_the_first_to_answer_wins(app: App, sandbox: TwilioSandbox) -> None:
    ring_agents(app, "agent1", "agent2", "agent3")
    sandbox.parties = {
        "client:agent1": Party.answers(after=9),
        "client:agent2": Party.answers(after=8, talks=120),
        "client:agent3": Party.unreachable(),
    }
    played = await sandbox.call_from_phone(CALLER)
    assert [leg.status for leg in played.legs] == ["canceled", "completed", "no-answer"]
    assert [leg.duration for leg in played.legs] == [0, 120, 0]
    order = [(s["To"][-6:], s["CallStatus"]) for s in app.got("/status")]
    assert order[-3:] == [("agent2", "in-progress"), ("agent1", "canceled"), ("agent2", "completed")]
    [action] = app.got("/dial")
    assert (action["DialCallSid"], action["DialCallDuration"]) == (played.legs[1].sid, "120")


async def test_the_caller_is_shown_to_the_agents_and_data_reaches_the_browser(
    app: App, sandbox: TwilioSandbox
) -> None:
    app.dial('<Client><Identity>agent1</Identity><Parameter name="person" value="42"/></Client>')
    played = await sandbox.call_from_phone(CALLER)
    [leg] = played.legs
    assert (leg.to, leg.from_, dict(leg.parameters)) == ("client:agent1", CALLER, {"person": "42"})
    assert played.errors == []


async def test_nobody_answers_and_a_message_is_left(app: App, sandbox: TwilioSandbox) -> None:
    ring_agents(app, "agent1", timeout="20")
    app.on("/dial", VOICEMAIL)
    sandbox.status_url = f"{app.url}/parent"
    text = "Bonjour, rappelez-moi s’il vous plaît."
    played = await sandbox.call_from_phone(CALLER, says=text, speaks=17)

    assert app.got("/dial")[0]["DialCallStatus"] == "no-answer"
    [message] = app.got("/message")
    assert (message["RecordingDuration"], message["Digits"]) == ("17", "hangup")
    assert message["CallStatus"] == "completed"
    [transcription] = app.got("/transcription")
    assert transcription["TranscriptionText"] == text
    assert transcription["RecordingSid"] == message["RecordingSid"]
    [recording] = app.got("/recording")
    assert recording["RecordingSource"] == "RecordVerb"
    [parent] = app.got("/parent")
    assert parent["CallStatus"] == "completed"
    assert played.spoken == ["Leave a message"]
    assert played.errors == []


async def test_a_key_ends_the_message_and_the_call_goes_on(app: App, sandbox: TwilioSandbox) -> None:
    app.on("/voice", '<Response><Record action="/message" finishOnKey="#"/></Response>')
    app.on("/message", "<Response><Say>Thank you</Say></Response>")
    played = await sandbox.call_from_phone(CALLER, says="Hello there", presses="#")
    assert app.got("/message")[0]["Digits"] == "#"
    assert app.got("/message")[0]["CallStatus"] == "in-progress"
    assert played.spoken == ["Thank you"]


async def test_silence_is_no_message(app: App, sandbox: TwilioSandbox) -> None:
    app.on("/voice", VOICEMAIL)
    played = await sandbox.call_from_phone(CALLER)
    assert played.spoken == ["Leave a message", "Nothing was heard"]
    assert app.got("/message") == []
    assert sandbox.account.recordings == {}


@pytest.mark.parametrize(("seconds", "status"), [(1, "failed"), (2, "completed"), (120, "completed")])
async def test_what_can_be_transcribed(app: App, sandbox: TwilioSandbox, seconds: int, status: str) -> None:
    app.on("/voice", VOICEMAIL)
    played = await sandbox.call_from_phone(CALLER, says="Hm", speaks=seconds)
    assert app.got("/transcription")[0]["TranscriptionStatus"] == status
    assert [code for code, _ in played.errors] == ([] if status == "completed" else [13617])


async def test_a_message_is_cut_at_its_longest(app: App, sandbox: TwilioSandbox) -> None:
    app.on("/voice", '<Response><Record action="/message" maxLength="10"/></Response>')
    await sandbox.call_from_phone(CALLER, says="Well", speaks=60)
    assert app.got("/message")[0]["RecordingDuration"] == "10"


@pytest.mark.parametrize(
    ("twiml", "status", "duration"),
    [
        ("<Reject/>", "no-answer", 0),
        ('<Reject reason="busy"/>', "busy", 0),
        ("<Hangup/>", "completed", 0),
        ("", "completed", 0),
        ('<Pause length="9"/><Reject reason="busy"/>', "busy", 0),
        ('<Say>one two three four five</Say><Pause length="9"/><Hangup/>', "completed", 11),
        ('<Play loop="2">/ring.mp3</Play>', "completed", 10),
    ],
)
async def test_what_the_caller_finally_saw(
    app: App, sandbox: TwilioSandbox, twiml: str, status: str, duration: int
) -> None:
    app.on("/voice", f"<Response>{twiml}</Response>")
    played = await sandbox.call_from_phone(CALLER)
    assert (played.status, played.duration, played.errors) == (status, duration, [])


async def test_redirect_goes_on_with_another_document(app: App, sandbox: TwilioSandbox) -> None:
    app.on("/voice", '<Response><Redirect method="GET">/next?a=1</Redirect><Say>never</Say></Response>')
    app.on("/next", "<Response><Say>here</Say></Response>")
    played = await sandbox.call_from_phone(CALLER)
    assert played.spoken == ["here"]
    assert app.received[-1].method == "GET"
    assert app.received[-1].params["CallSid"] == played.sid


async def test_a_loop_of_redirects_ends(app: App, sandbox: TwilioSandbox) -> None:
    app.on("/voice", "<Response><Redirect>/voice</Redirect></Response>")
    played = await sandbox.call_from_phone(CALLER)
    assert [code for code, _ in played.errors] == [11215]


async def test_a_number_of_its_own(app: App, sandbox: TwilioSandbox) -> None:
    number = sandbox.account.add_number("+33159130002")
    number.voice_url = f"{app.url}/second"
    app.on("/second", "<Response/>")
    played = await sandbox.call_from_phone(CALLER, "+33159130002")
    assert played.errors == []
    assert app.got("/second")[0]["To"] == "+33159130002"
    with pytest.raises(ValueError, match="does not own"):
        await sandbox.call_from_phone(CALLER, "+33159130009")
