"""`POST /Conferences/{}/Participants`: has a party rung, and brings it into a conference.

https://www.twilio.com/docs/voice/api/conference-participant-resource#create-a-participant
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from bridge.sandbox.twilio.conferences import Conference, Settings
from bridge.sandbox.twilio.errors import RestError, TwimlError
from bridge.sandbox.twilio.legs import Webhook
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.calls import callee, shown_caller, status_subscription
from bridge.sandbox.twilio.rest.forms import read_form, read_list
from bridge.sandbox.twilio.rest.known import CREATE_PARTICIPANT
from bridge.sandbox.twilio.rest.participants import is_true
from bridge.sandbox.twilio.rest.show import show_participant
from bridge.sandbox.twilio.sandbox import TwilioSandbox
from bridge.sandbox.twilio.twiml import Document, Element
from bridge.sandbox.twilio.twiml.schema import NOUNS, is_label

_RINGS = range(5, 601)
_ROOM = {"WaitUrl": "waitUrl", "WaitMethod": "waitMethod"}
_RECORDING = {
    "RecordingTrack": "recordingTrack",
    "RecordingStatusCallback": "recordingStatusCallback",
    "RecordingStatusCallbackMethod": "recordingStatusCallbackMethod",
    "TimeLimit": "timeLimit",
}


async def create_participant(request: web.Request) -> web.Response:
    """The conference is that of a SID or of a name; one of a new name begins."""
    sandbox = request.app[SANDBOX]
    form = await read_form(request, CREATE_PARTICIPANT)
    _check(form)
    address, _, query = form.get("To", "").partition("?")
    to = callee(sandbox.account, {**form, "To": address})
    from_ = shown_caller(sandbox.account, form, to=to)
    conference = await _conference(request, sandbox, form)
    _check_part(conference, form)
    participant = sandbox.invite(
        conference,
        _part(form),
        to=to,
        from_=from_,
        parameters=dict(parse_qsl(query, keep_blank_values=True)),
        step=await _document(request, conference, form),
        subscription=status_subscription(form, await read_list(request, "StatusCallbackEvent")),
        timeout=float(form.get("Timeout", 60)),
        detection=form.get("MachineDetection", ""),
    )
    return web.json_response(show_participant(sandbox.account, conference, participant), status=201)


def _check(form: Mapping[str, str]) -> None:
    """Refuses values that Twilio does not take."""
    timeout = form.get("Timeout", "60")
    if not timeout.isdigit() or int(timeout) not in _RINGS:
        raise RestError(400, 20001, f"Timeout={timeout}")
    if not is_label(form.get("Label", "")):
        raise RestError(400, 16024, form["Label"])
    for name, attribute in (("Beep", "beep"), ("MaxParticipants", "maxParticipants"), ("Region", "region")):
        if name in form and not NOUNS["Conference"][attribute].takes(form[name]):
            raise RestError(400, 20001, f"{name}={form[name]}")


async def _conference(request: web.Request, sandbox: TwilioSandbox, form: Mapping[str, str]) -> Conference:
    directory, name = sandbox.account.conferences, request.match_info["ConferenceSid"]
    events = await read_list(request, "ConferenceStatusCallbackEvent")
    recorded = await read_list(request, "ConferenceRecordingStatusCallbackEvent")
    settings = Settings(
        webhook=_webhook(form, "ConferenceStatusCallback"),
        events=frozenset(events or ["start", "end"]),
        most=int(form.get("MaxParticipants", 250)),
        records=form.get("ConferenceRecord") in {"record-from-start", "true"},
        recording_webhook=_webhook(form, "ConferenceRecordingStatusCallback"),
        recording_events=frozenset(recorded or ["completed"]),
        region=form.get("Region", "us1"),
    )
    try:
        return directory.open(name, settings, at=sandbox.now())
    except TwimlError as error:
        raise RestError(404, 20404, name) from error


def _webhook(form: Mapping[str, str], name: str) -> Webhook | None:
    return Webhook(form[name], form.get(f"{name}Method", "POST")) if form.get(name) else None


def _check_part(conference: Conference, form: Mapping[str, str]) -> None:
    if conference.named(form.get("Label", "")):
        raise RestError(400, 16026, form["Label"])
    if len(conference.participants) >= conference.settings.most:
        raise RestError(400, 16020, conference.name)
    if not is_true(form, "Coaching"):
        return
    try:
        conference.check_coached(form.get("CallSidToCoach", ""))
    except TwimlError as error:
        raise RestError(400, error.code, form.get("CallSidToCoach", "")) from error


def _part(form: Mapping[str, str]) -> dict[str, Any]:
    return {
        "label": form.get("Label", ""),
        "muted": is_true(form, "Muted"),
        "coached": form.get("CallSidToCoach", "") if is_true(form, "Coaching") else "",
        "starts": form.get("StartConferenceOnEnter", "true").lower() == "true",
        "ends": is_true(form, "EndConferenceOnExit"),
        "waits_with_music": form.get("WaitUrl", "music") != "",
    }


async def _document(request: web.Request, conference: Conference, form: Mapping[str, str]) -> Document:
    """What the one who answers runs: a `<Dial>` into the conference."""
    room = {attribute: form[name] for name, attribute in _ROOM.items() if name in form}
    dial = {attribute: form[name] for name, attribute in _RECORDING.items() if name in form}
    if is_true(form, "Record"):
        dual = form.get("RecordingChannels") == "dual"
        dial["record"] = "record-from-answer-dual" if dual else "record-from-answer"
        if events := await read_list(request, "RecordingStatusCallbackEvent"):
            dial["recordingStatusCallbackEvent"] = " ".join(events)
    noun = Element("Conference", room, conference.sid)
    return Document((Element("Dial", dial, children=(noun,)),))
