"""Calls that the REST API places: somebody is rung first, then the document runs for them.

https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource
"""

from dataclasses import replace

from bridge.sandbox.twilio.calls.call import Call, HungUp, Redirected
from bridge.sandbox.twilio.calls.coming_and_going import depart
from bridge.sandbox.twilio.calls.ring import Rung, ring
from bridge.sandbox.twilio.calls.run import run_call
from bridge.sandbox.twilio.conferences import Conference, Participant
from bridge.sandbox.twilio.effects import Flow, Request
from bridge.sandbox.twilio.parties import Caller, Party
from bridge.sandbox.twilio.twiml import Document, Element


def run_outgoing(
    call: Call, step: Request | Document, *, party: Party, timeout: float, detection: str
) -> Flow[None]:
    """Rings the one who is called, then runs the call for them."""
    noun = Element("Number", {"machineDetection": detection} if detection else {})
    try:
        answered = yield from ring(call, [Rung(call.leg, noun, party)], timeout=timeout)
    except (HungUp, Redirected):
        return
    if answered is None:
        return
    hangs_up_at = None if party.talks is None else call.now + party.talks
    scripted = Caller(hangs_up_after=hangs_up_at, says=party.says, speaks=party.speaks)
    call.caller = Caller.live() if party.is_live else scripted
    if isinstance(step, Request):
        step = replace(step, params=_answered(call))
    yield from run_call(call, step)


def run_participant(
    call: Call,
    step: Document,
    *,
    conference: Conference,
    participant: Participant,
    party: Party,
    timeout: float,
    detection: str,
) -> Flow[None]:
    """Rings the one who is called into a conference; who does not come is told of as one who left."""
    yield from run_outgoing(call, step, party=party, timeout=timeout, detection=detection)
    if participant.leg.sid in conference.participants:
        status = call.leg.status
        yield from depart(call, conference, participant, reason="participant_add_failed", status=status)


def _answered(call: Call) -> dict[str, str]:
    more = {"AnsweredBy": call.leg.answered_by} if call.leg.answered_by else {}
    return call.parameters(**more)
