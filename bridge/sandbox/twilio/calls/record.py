"""`<Record>`: a message of the caller. https://www.twilio.com/docs/voice/twiml/record"""

from bridge.sandbox.sound import Conversation, Said
from bridge.sandbox.twilio.calls.call import Call, HungUp
from bridge.sandbox.twilio.calls.fetch import attribute_webhook, fetch_document
from bridge.sandbox.twilio.calls.recording import finish_recording, start_recording
from bridge.sandbox.twilio.effects import Flow, Request
from bridge.sandbox.twilio.legs import Webhook
from bridge.sandbox.twilio.payloads import recording_url
from bridge.sandbox.twilio.recordings import MessageText, Recording
from bridge.sandbox.twilio.sids import new_sid
from bridge.sandbox.twilio.twiml import Element

TRANSCRIBED_SECONDS = range(2, 121)


def record(call: Call, verb: Element) -> Flow[Request | None]:
    """Takes a message; an empty one goes on with the next verb, without a request."""
    yield from call.answer()
    began_at = call.now
    try:
        digits = yield from _listen(call, verb)
    except HungUp:
        yield from _keep(call, verb, began_at=began_at, digits="hangup")
        raise
    if digits is None:
        return None
    return (yield from _keep(call, verb, began_at=began_at, digits=digits))


def _listen(call: Call, verb: Element) -> Flow[str | None]:
    """Waits for the end of the message; the key that ended it, if one did. None: nothing was said."""
    longest = verb.seconds("maxLength", 3600)
    speaks = min(call.caller.speaks, longest)
    if not call.caller.says or not speaks:
        yield from call.wait(call.now + min(verb.seconds("timeout", 5), longest))
        return None
    keys = verb.get("finishOnKey", "1234567890*#")
    if call.caller.is_live:
        return (yield from _listen_live(call, call.now + speaks, keys))
    yield from call.wait(call.now + speaks)
    if call.caller.presses and call.caller.presses in keys:
        return call.caller.presses
    raise HungUp


def _listen_live(call: Call, until: float, keys: str) -> Flow[str]:
    """A device speaks until it presses one of the keys, hangs up, or the longest message is over."""
    call.listens = True
    try:
        while (act := (yield from call.wait(until, held=True))) is not None:
            pressed = next((key for key in getattr(act, "digits", "") if key in keys), "")
            if pressed:
                return pressed
    finally:
        call.listens = False
    return ""


def _keep(call: Call, verb: Element, *, began_at: float, digits: str) -> Flow[Request | None]:
    """Makes the recording, asks the action, tells about recording and transcription."""
    heard_until = call.now
    if int(heard_until - began_at) < 1 or not call.caller.says:
        return None
    recording = start_recording(call, verb, source="RecordVerb", at=began_at, channels=1, track="inbound")
    recording.conversation = _message(call) or recording.conversation
    finish_recording(call, recording, at=heard_until)
    _transcribe(call, verb, recording)
    # Without an action the same document is asked again.
    action = attribute_webhook(call, verb, "action") or Webhook(call.document_url, verb.get("method", "POST"))
    status = "completed" if digits == "hangup" else call.leg.status
    params = call.parameters(**_parameters(call, recording), Digits=digits)
    request = Request("record-action", action, {**params, "CallStatus": status})
    if digits == "hangup":
        yield from fetch_document(call, request)
        return None
    return request


def _message(call: Call) -> Conversation | None:
    return None if call.caller.is_live else Conversation([Said(1, 0.5, call.caller.says)])


def _parameters(call: Call, recording: Recording) -> dict[str, str]:
    return {
        "RecordingSid": recording.sid,
        "RecordingUrl": recording_url(call.account.api_url, call.account.sid, recording.sid),
        "RecordingDuration": str(recording.duration),
    }


def _transcribe(call: Call, verb: Element, recording: Recording) -> None:
    target = attribute_webhook(call, verb, "transcribeCallback")
    if not target and not verb.is_true("transcribe"):
        return
    succeeds = recording.duration in TRANSCRIBED_SECONDS
    if not succeeds:
        call.warn(13617, f"{recording.duration} s")
    made = MessageText(sid=new_sid("TR"), recording=recording, text=call.caller.says if succeeds else "")
    call.account.message_texts[made.sid] = made
    if target is None:
        return
    params = {
        **call.leg.base,
        "TranscriptionSid": made.sid,
        "TranscriptionStatus": made.status,
        "TranscriptionText": made.text,
        "RecordingSid": recording.sid,
        "RecordingUrl": recording_url(call.account.api_url, call.account.sid, recording.sid),
    }
    call.later.append(Request("transcription", target, params))
