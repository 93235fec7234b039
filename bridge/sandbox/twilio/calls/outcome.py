"""How a `<Dial>` went, and what its action is told."""

from dataclasses import dataclass

from bridge.sandbox.twilio.calls.call import Call
from bridge.sandbox.twilio.calls.fetch import attribute_webhook, fetch_document
from bridge.sandbox.twilio.effects import Flow, Request
from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.payloads import recording_url
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.twiml import Element


@dataclass(slots=True)
class Outcome:
    """How a `<Dial>` went: what its action is told.

    `moved`: the REST API took the one who was rung elsewhere, so that no duration is told. `skips_action`:
    the call goes on with the next verb.
    """

    status: str = "failed"
    leg: Leg | None = None
    bridged: bool = False
    moved: bool = False
    skips_action: bool = False
    recording: Recording | None = None


def tell_in_vain(call: Call, verb: Element, outcome: Outcome, call_status: str) -> Flow[None]:
    """The action is asked even when the caller is gone or redirected; its answer is ignored."""
    request = action(call, verb, outcome, call_status)
    if request is not None:
        yield from fetch_document(call, request)


def action(call: Call, verb: Element, outcome: Outcome, call_status: str) -> Request | None:
    """The request that decides how the call goes on; None if the next verb does."""
    target = attribute_webhook(call, verb, "action")
    if target is None or outcome.skips_action:
        return None
    params = call.parameters(DialCallStatus=outcome.status)
    params["CallStatus"] = call_status
    if outcome.leg is not None:
        params |= _of_leg(call, outcome, outcome.leg)
    if outcome.recording is not None and outcome.recording.duration:
        account = call.account
        params["RecordingUrl"] = recording_url(account.api_url, account.sid, outcome.recording.sid)
    return Request("action", target, params)


def _of_leg(call: Call, outcome: Outcome, leg: Leg) -> dict[str, str]:
    params = {"DialCallSid": leg.sid}
    if leg.answered_at is None:
        return params
    if not outcome.moved:
        params["DialCallDuration"] = str(int(call.now) - int(leg.answered_at))
    return params | {"DialBridged": str(outcome.bridged).lower()}
