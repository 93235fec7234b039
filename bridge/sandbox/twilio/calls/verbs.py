"""The small verbs: Say, Play, Pause, Redirect, Reject, Hangup."""

from bridge.sandbox.twilio.calls.call import Call, HungUp
from bridge.sandbox.twilio.calls.fetch import webhook
from bridge.sandbox.twilio.effects import Flow, Request
from bridge.sandbox.twilio.parties import speech_seconds
from bridge.sandbox.twilio.twiml import Element

PLAY_SECONDS = 5
"""How long a sound is; the sandbox does not fetch it."""


def say(call: Call, verb: Element) -> Flow[None]:
    """https://www.twilio.com/docs/voice/twiml/say"""
    yield from call.answer()
    if not verb.text:
        call.warn(13520, "it is empty")
        return
    call.played.spoken.append(verb.text)
    yield from _loop(call, verb, speech_seconds(verb.text))


def play(call: Call, verb: Element) -> Flow[None]:
    """https://www.twilio.com/docs/voice/twiml/play"""
    yield from call.answer()
    yield from _loop(call, verb, PLAY_SECONDS)


def _loop(call: Call, verb: Element, seconds: float) -> Flow[None]:
    times = verb.seconds("loop", 1)
    # loop="0" goes on until somebody ends it.
    yield from call.wait(call.now + seconds * (times or 1000), held=times == 0)


def pause(call: Call, verb: Element) -> Flow[None]:
    """https://www.twilio.com/docs/voice/twiml/pause: as the first verb it lets the phone ring on."""
    yield from call.wait(call.now + verb.seconds("length", 1))


def redirect(call: Call, verb: Element) -> Flow[Request]:
    """https://www.twilio.com/docs/voice/twiml/redirect"""
    yield from ()
    target = webhook(call, verb.text, verb.get("method"))
    return Request("redirect", target, call.parameters())


def reject(call: Call, verb: Element) -> Flow[None]:
    """https://www.twilio.com/docs/voice/twiml/reject: does not pick up, if that is still possible."""
    call.unanswered = "busy" if verb.get("reason") == "busy" else "no-answer"
    yield from ()
    raise HungUp


def hangup(call: Call, verb: Element) -> Flow[None]:
    """https://www.twilio.com/docs/voice/twiml/hangup: picks up first, unlike Reject."""
    del verb
    yield from call.answer()
    raise HungUp
