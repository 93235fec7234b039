"""Ringing some people until one answers."""

from dataclasses import dataclass

from bridge.sandbox.twilio.calls.call import Call, HungUp, Redirected
from bridge.sandbox.twilio.calls.fetch import attribute_webhook
from bridge.sandbox.twilio.calls.ringing import Happening, plan_ringing
from bridge.sandbox.twilio.effects import Act, Flow, Notify, Request
from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.parties import Party
from bridge.sandbox.twilio.twiml import Element

_MACHINE = {"Enable": "machine_start", "DetectMessageEnd": "machine_end_beep"}
DETECTION_MILLISECONDS = "3200"
MOMENT = 1e-6
"""Seconds that are lost in sums of times."""


@dataclass(frozen=True, slots=True)
class Rung:
    """Somebody who is rung: the leg, the noun that asked for it, and what they do."""

    leg: Leg
    noun: Element
    party: Party


def ring(call: Call, rung: list[Rung], *, timeout: float) -> Flow[Rung | None]:
    """Plays the plan; the one who answered. Whoever still rings when the caller goes is canceled."""
    call.live = call.caller.is_live or any(one.party.is_live for one in rung)
    try:
        answered = yield from _play(call, rung, timeout)
    except (HungUp, Redirected):
        for one in rung:
            if not one.leg.is_over:
                yield from _cancel(call, one.leg)
        raise
    call.live = call.caller.is_live or (answered is not None and answered.party.is_live)
    return answered


def _play(call: Call, rung: list[Rung], timeout: float) -> Flow[Rung | None]:
    start = call.now
    parties = {position: one.party for position, one in enumerate(rung)}
    plan = plan_ringing(parties, start=start, timeout=timeout)
    played: set[tuple[int, str]] = set()
    while plan:
        # Who picks up and hangs up at once has picked up: what is due happens before what comes next.
        due = plan[0].at <= call.now + MOMENT
        command = None if due else (yield from call.wait(plan[0].at))
        if command is None:
            played.add((plan[0].position, plan[0].status))
            yield from _happen(call, rung, plan.pop(0))
            continue
        concerned = next(position for position, one in enumerate(rung) if one.leg.sid == command.sid)
        if isinstance(command, Act):
            parties[concerned] = _acting(parties[concerned], command, since=start)
        else:
            yield from _cancel(call, rung[concerned].leg)
            parties.pop(concerned, None)
        replanned = plan_ringing(parties, start=start, timeout=timeout)
        plan = [to_come for to_come in replanned if (to_come.position, to_come.status) not in played]
    return next((one for one in rung if one.leg.status == "in-progress"), None)


def _acting(party: Party, act: Act, *, since: float) -> Party:
    """What the device just did becomes the script of its party."""
    after = act.at - since - party.rings_after
    return party.answering(after=after) if act.does == "answers" else party.rejecting(after=after)


def _happen(call: Call, rung: list[Rung], happening: Happening) -> Flow[None]:
    one = rung[happening.position]
    one.leg.sip = happening.sip
    detection = one.noun.get("machineDetection")
    if happening.status == "in-progress" and detection:
        one.leg.answered_by = _MACHINE[detection] if one.party.is_machine else "human"
    yield from call.announce(one.leg, happening.status)
    if one.leg.answered_by:
        yield from _tell_detection(call, one)


def _tell_detection(call: Call, one: Rung) -> Flow[None]:
    target = attribute_webhook(call, one.noun, "amdStatusCallback")
    if target is not None:
        params = {
            "AccountSid": call.account.sid,
            "CallSid": one.leg.sid,
            "AnsweredBy": one.leg.answered_by or "unknown",
            "MachineDetectionDuration": DETECTION_MILLISECONDS,
        }
        yield Notify(call.now, Request("amd", target, params))


def _cancel(call: Call, leg: Leg) -> Flow[None]:
    leg.sip = 487
    yield from call.announce(leg, "canceled")
