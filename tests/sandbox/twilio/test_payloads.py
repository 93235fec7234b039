"""Every kind of request has the parameters, and the kinds of values, of a recorded one."""

import re
from pathlib import Path
from urllib.parse import parse_qsl

import aiohttp
import pytest

from bridge.sandbox.twilio import Party, PlayedCall, TwilioSandbox
from tests.sandbox.twilio.support import App, Recorded, events

MOBILE = "+33612345678"
KINDS = {
    "empty": r"",
    "sid": r"[A-Z]{2}[0-9a-f]{32}",
    "phone": r"\+\d{7,15}",
    "client": r"client:\w+",
    "integer": r"\d+",
    "boolean": r"true|false",
    "country": r"[A-Z]{2}",
    "date": r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+0000",
    "recording url": r"https?://[^/]+/2010-04-01/Accounts/AC[0-9a-f]{32}/Recordings/RE[0-9a-f]{32}",
    "version": r"\d{4}-\d{2}-\d{2}",
    "word": r"[A-Za-z-]+",
}


def kind(name: str, value: str) -> str:
    if name in {"CallStatus", "DialCallStatus", "Direction", "CallbackSource", "Digits", "StirVerstat"}:
        return value
    if name == "TranscriptionText":
        return "text"
    if name.endswith("Sid"):
        assert re.fullmatch(KINDS["sid"], value), f"{name}={value}"
        return value[:2]
    return next(kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, value))


def shape(params: dict[str, str]) -> dict[str, str]:
    return {name: kind(name, value) for name, value in params.items()}


@pytest.fixture
def recorded(payloads: Path) -> Recorded:
    def read(name: str) -> dict[str, str]:
        return shape(dict(parse_qsl((payloads / f"{name}.form").read_text().strip(), keep_blank_values=True)))

    return read


async def browser_out(app: App, sandbox: TwilioSandbox) -> PlayedCall:
    app.dial(
        f"<Number {events()}>{MOBILE}</Number>",
        callerId="+33159130001",
        action="/dial",
        record="record-from-answer-dual",
        recordingStatusCallback="/recording",
    )
    sandbox.status_url = f"{app.url}/parent"
    sandbox.parties[MOBILE] = Party.answers(after=7, talks=192)
    return await sandbox.call_from_browser("agent1", MOBILE)


async def test_browser_out(app: App, sandbox: TwilioSandbox, recorded: Recorded) -> None:
    await browser_out(app, sandbox)
    came = [shape(request.params) for request in app.received]
    assert came == [
        recorded("browser-out-1-voice-request"),
        recorded("browser-out-2-status-initiated"),
        recorded("browser-out-3-status-ringing"),
        recorded("browser-out-4-status-in-progress"),
        recorded("browser-out-5-status-completed"),
        recorded("browser-out-6-dial-action"),
        recorded("browser-out-7-recording-completed"),
        recorded("browser-out-8-parent-completed"),
    ]


async def test_the_same_values_too(app: App, sandbox: TwilioSandbox, payloads: Path) -> None:
    """The scenario of the recorded call comes out with its times, durations and codes."""
    await browser_out(app, sandbox)
    for request, file in zip(app.received, sorted(payloads.glob("browser-out-[0-9]-*.form")), strict=True):
        expected = dict(parse_qsl(file.read_text().strip(), keep_blank_values=True))
        invented = {name for name in expected if name.endswith(("Sid", "Url"))}
        assert {k: v for k, v in request.params.items() if k not in invented} == {
            k: v for k, v in expected.items() if k not in invented
        }


async def test_browser_out_busy(app: App, sandbox: TwilioSandbox, recorded: Recorded) -> None:
    app.dial(f"<Number {events()}>{MOBILE}</Number>", callerId="+33159130001")
    sandbox.parties[MOBILE] = Party.busy()
    await sandbox.call_from_browser("agent1", MOBILE)
    assert shape(app.got("/status")[-1]) == recorded("browser-out-busy-status")


async def test_inbound(app: App, sandbox: TwilioSandbox, recorded: Recorded) -> None:
    agents = "".join(f"<Client {events()}>agent{n}</Client>" for n in (1, 2))
    app.dial(agents, action="/dial")
    sandbox.parties = {"client:agent1": Party.answers(after=30), "client:agent2": Party.answers(after=8)}
    await sandbox.call_from_phone(MOBILE)
    statuses = [shape(params) for params in app.got("/status")]
    assert shape(app.got("/voice")[0]) == recorded("inbound-1-voice-request")
    assert statuses[2] == recorded("inbound-2-agent1-ringing")
    assert statuses[3] == recorded("inbound-3-agent2-ringing")
    assert statuses[4] == recorded("inbound-4-agent2-in-progress")
    assert statuses[5] == recorded("inbound-5-agent1-canceled")
    assert statuses[6] == recorded("inbound-6-agent2-completed")
    assert shape(app.got("/dial")[0]) == recorded("inbound-7-dial-action")


async def test_a_withheld_caller(app: App, sandbox: TwilioSandbox, recorded: Recorded) -> None:
    app.on("/voice", "<Response><Reject/></Response>")
    await sandbox.call_from_phone("+266696687")
    assert shape(app.got("/voice")[0]) == recorded("keypad-withheld-voice-request")


async def test_voicemail(app: App, sandbox: TwilioSandbox, recorded: Recorded) -> None:
    app.dial("<Client>agent1</Client>", action="/dial")
    app.on("/dial", '<Response><Record action="/message" transcribeCallback="/transcription"/></Response>')
    sandbox.status_url = f"{app.url}/parent"
    await sandbox.call_from_phone("anonymous", says="Bonjour, rappelez-moi s’il vous plaît.", speaks=17)
    assert shape(app.got("/dial")[0]) == recorded("voicemail-1-dial-action-no-answer")
    assert shape(app.got("/message")[0]) == recorded("voicemail-2-record-action")
    assert shape(app.got("/transcription")[0]) == recorded("voicemail-3-transcription")
    assert shape(app.got("/parent")[0]) == recorded("voicemail-4-parent-completed")


async def test_outbound_api(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession, recorded: Recorded
) -> None:
    app.on("/voice", "<Response><Say>Hello</Say><Pause length='60'/></Response>")
    sandbox.parties[MOBILE] = Party.answers(talks=49)
    form = {
        "To": MOBILE,
        "From": "+33159130001",
        "Url": f"{app.url}/voice",
        "StatusCallback": f"{app.url}/status",
        "StatusCallbackEvent": "initiated ringing answered completed",
        "MachineDetection": "Enable",
    }
    async with rest.post("Calls.json", data=form) as response:
        call = await response.json()
    played = await sandbox.finished(call["sid"])
    assert (played.status, played.duration) == ("completed", 49)
    assert shape(app.got("/status")[-1]) == recorded("outbound-api-completed-amd")
    assert app.got("/voice")[0]["AnsweredBy"] == "human"
