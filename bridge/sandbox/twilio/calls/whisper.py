"""A document for the one who answers, before they are connected: `url` on a noun.

https://www.twilio.com/docs/voice/twiml/number#url
"""

from bridge.sandbox.twilio.calls.call import Call, HungUp, Redirected
from bridge.sandbox.twilio.calls.fetch import attribute_webhook, fetch_document
from bridge.sandbox.twilio.calls.ring import Rung
from bridge.sandbox.twilio.effects import Flow, Request
from bridge.sandbox.twilio.parties import speech_seconds
from bridge.sandbox.twilio.twiml import Document, Element

_HEARD = {"Say", "Play", "Pause"}


def whisper(call: Call, answered: Rung) -> Flow[bool]:
    """Plays the document of the noun, if it has one; whether the two are to be connected."""
    target = attribute_webhook(call, answered.noun, "url")
    if target is None:
        return True
    params = {**answered.leg.base, "CallStatus": answered.leg.status}
    try:
        document = yield from fetch_document(call, Request("whisper", target, params))
        accepted = document is not None and (yield from _play(call, document))
    except (HungUp, Redirected):
        yield from call.announce(answered.leg, "completed")
        raise
    if not accepted:
        yield from call.announce(answered.leg, "completed")
    return accepted


def _play(call: Call, document: Document) -> Flow[bool]:
    for verb in document.verbs:
        if verb.name in {"Hangup", "Reject"}:
            return False
        if verb.name not in _HEARD:
            call.warn(13201, verb.name)
            continue
        command = yield from call.wait(call.now + _seconds(call, verb))
        if command is not None:
            return False
    return True


def _seconds(call: Call, verb: Element) -> float:
    if verb.name == "Say":
        call.played.spoken.append(verb.text)
        return speech_seconds(verb.text)
    return float(verb.seconds("length", 1))
