"""`<Dial>`: rings people, lets them talk, and asks the action what then.

https://www.twilio.com/docs/voice/twiml/dial
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.sandbox.twilio.calls.call import Call, HungUp, Redirected
from bridge.sandbox.twilio.calls.fetch import attribute_webhook, fetch_document
from bridge.sandbox.twilio.calls.nouns import caller_shown, new_legs
from bridge.sandbox.twilio.calls.ring import Rung, ring
from bridge.sandbox.twilio.calls.talk import talk
from bridge.sandbox.twilio.calls.whisper import whisper
from bridge.sandbox.twilio.effects import Flow, Request
from bridge.sandbox.twilio.errors import TwimlError
from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.payloads import recording_url
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.twiml import Element


@dataclass(slots=True)
class Outcome:
    """How a `<Dial>` went: what its action is told."""

    status: str = "failed"
    leg: Leg | None = None
    bridged: bool = False
    recording: Recording | None = None


def dial(call: Call, verb: Element) -> Flow[Request | None]:
    """Rings, talks, and goes on with the action or the next verb."""
    if not verb.is_true("answerOnBridge"):
        yield from call.answer()
    outcome = Outcome()
    try:
        yield from _dial_all(call, verb, outcome)
    except Redirected:
        raise  # no action: the REST API has taken the call elsewhere
    except HungUp:
        yield from _tell_hung_up(call, verb, outcome)
        raise
    if call.leg.answered_at is None:
        call.unanswered = outcome.status
    return _action(call, verb, outcome, call.leg.status)


def _dial_all(call: Call, verb: Element, outcome: Outcome) -> Flow[None]:
    """All nouns at once, or one after the other; until one is talked to."""
    try:
        from_ = caller_shown(call.account, call.leg, verb)
    except TwimlError as error:
        call.report(error)
        return
    nouns = verb.children
    groups = [[noun] for noun in nouns] if verb.is_true("sequential") else [list(nouns)]
    for group in groups:
        answered = yield from _dial_group(call, verb, outcome, _place(call, group, from_))
        if answered:
            return


def _place(call: Call, nouns: Sequence[Element], from_: str) -> list[Rung]:
    """The legs of each noun that can be dialled."""
    rung = []
    for noun in nouns:
        try:
            legs = new_legs(call, noun, from_=from_)
        except TwimlError as error:
            call.report(error)
        else:
            rung += [Rung(leg, noun, call.account.party(leg.to)) for leg in legs]
    return rung


def _dial_group(call: Call, verb: Element, outcome: Outcome, rung: list[Rung]) -> Flow[bool]:
    """Rings some at once; whether one of them answered."""
    if not rung:
        return False
    outcome.leg, outcome.status = rung[-1].leg, "canceled"
    answered = yield from ring(call, rung, timeout=verb.seconds("timeout", 30))
    if answered is None:
        last = max(rung, key=lambda one: one.leg.ended_at or 0.0)
        outcome.leg, outcome.status = last.leg, last.leg.status
        return False
    outcome.leg, outcome.status = answered.leg, "completed"
    accepted = yield from whisper(call, answered)
    if accepted:
        outcome.bridged = True
        yield from call.answer()
        yield from talk(call, verb, answered, outcome)
    return True


def _tell_hung_up(call: Call, verb: Element, outcome: Outcome) -> Flow[None]:
    """The action is asked even when the caller is gone; nobody hears what it answers."""
    request = _action(call, verb, outcome, call.ending)
    if request is not None:
        yield from fetch_document(call, request)


def _action(call: Call, verb: Element, outcome: Outcome, call_status: str) -> Request | None:
    target = attribute_webhook(call, verb, "action")
    if target is None:
        return None
    params = call.parameters(DialCallStatus=outcome.status)
    params["CallStatus"] = call_status
    if outcome.leg is not None:
        params["DialCallSid"] = outcome.leg.sid
        if outcome.leg.answered_at is not None:
            params["DialCallDuration"] = str(int(call.now) - int(outcome.leg.answered_at))
            params["DialBridged"] = str(outcome.bridged).lower()
    if outcome.recording is not None and outcome.recording.duration:
        account = call.account
        params["RecordingUrl"] = recording_url(account.api_url, account.sid, outcome.recording.sid)
    return Request("action", target, params)
