"""`<Dial>`: rings people, lets them talk, and asks the action what then.

https://www.twilio.com/docs/voice/twiml/dial
"""

from collections.abc import Sequence

from bridge.sandbox.twilio.calls.call import Call, HungUp, Redirected
from bridge.sandbox.twilio.calls.conference import confer
from bridge.sandbox.twilio.calls.nouns import caller_shown, new_legs
from bridge.sandbox.twilio.calls.outcome import Outcome, action, tell_in_vain
from bridge.sandbox.twilio.calls.ring import Rung, ring
from bridge.sandbox.twilio.calls.talk import talk
from bridge.sandbox.twilio.calls.whisper import whisper
from bridge.sandbox.twilio.effects import Flow, Request
from bridge.sandbox.twilio.errors import TwimlError
from bridge.sandbox.twilio.twiml import Element


def dial(call: Call, verb: Element) -> Flow[Request | None]:
    """Rings, talks, and goes on with the action or the next verb."""
    rooms = [noun for noun in verb.children if noun.name == "Conference"]
    if rooms or not verb.is_true("answerOnBridge"):
        yield from call.answer()
    outcome = Outcome()
    try:
        if rooms:
            yield from confer(call, verb, rooms[0], outcome)
        else:
            yield from _dial_all(call, verb, outcome)
    except Redirected:
        yield from tell_in_vain(call, verb, outcome, call.leg.status)
        raise
    except HungUp:
        yield from tell_in_vain(call, verb, outcome, call.ending)
        raise
    if call.leg.answered_at is None:
        call.unanswered = outcome.status
    return action(call, verb, outcome, call.leg.status)


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
