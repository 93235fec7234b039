"""Twilio's forms → callbacks. Invalid forms raise CallbackInvalid; later code trusts the types.

https://www.twilio.com/docs/voice/twiml#request-parameters
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from bridge.calls.callback import ATTEMPT, FORWARDED, OF_CALL, PREFLIGHT, TURN, Callback, Kind, digest_of
from bridge.calls.numbers import ANONYMOUS
from bridge.errors import CallbackInvalid
from bridge.twilio import binding
from bridge.twilio.urls import OWN_PARAMETERS, own_parameters

CALL_SID = re.compile(r"CA[0-9a-zA-Z]{32}", re.ASCII)
ATTEMPT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
STATUS = re.compile(r"[a-z][a-z-]{1,31}", re.ASCII)
"""One that Twilio adds later looks like this, too."""
STATUSES = frozenset(
    {
        "queued",
        "initiated",
        "ringing",
        "in-progress",
        "completed",
        "busy",
        "failed",
        "no-answer",
        "canceled",
    }
)
KNOWN = {"CallStatus": STATUSES, "DialCallStatus": STATUSES | {"answered"}}
NEEDED = {
    Kind.STATUS: ("CallStatus",),
    Kind.DIAL: ("DialCallStatus",),
    Kind.REFUSED: ("Reason",),
    Kind.TRANSFER: ("To", "Agent"),
    Kind.DISPOSITION: ("Agent", "Id"),
    Kind.DECLINED: ("Agent",),
    Kind.CONFERENCE: ("StatusCallbackEvent",),
    Kind.ACT: ("Act", "Id"),
}


OURS = frozenset({*OWN_PARAMETERS.values(), "Next", FORWARDED, TURN})
"""Parameters that only the bridge adds; they are removed from forms."""

ASKED_BY_A_BROWSER = frozenset(
    {
        ATTEMPT,
        PREFLIGHT,
        "AccountSid",
        "ApiVersion",
        "ApplicationSid",
        "CallSid",
        "CallStatus",
        "Called",
        "Caller",
        "CallerId",
        "Direction",
        "From",
        "To",
        binding.AGENT,
        binding.PROOF,
    }
)
"""The parameters of a browser's voice request that are read: Twilio's, the widget's, and those of the token.

`Timestamp` is not one: Twilio sends none with a voice request, so the page would set the call's time.
"""

NOTHING: Mapping[str, str] = MappingProxyType({})


def of_a_browser(parameters: Mapping[str, str]) -> dict[str, str]:
    """The form of a browser's voice request without unknown parameters, which the page can set.

    Twilio forwards all parameters of `device.connect({params})`, and its signature covers them.
    https://www.twilio.com/docs/voice/sdks/javascript/twiml
    """
    accepted = {name: value for name, value in parameters.items() if name in ASKED_BY_A_BROWSER}
    if not ATTEMPT_ID.fullmatch(accepted.get(ATTEMPT, "")):
        accepted.pop(ATTEMPT, None)
    return accepted


def served(parameters: Mapping[str, str]) -> tuple[Mapping[str, str], list[str]]:
    """The form of a request that TwiML answers, and the names of the parameters that are left out.

    An invalid parameter that is not needed for the answer does not fail the call: it is left out. A missing
    `From` counts as a withheld number.
    """
    odd = [name for name in KNOWN if (status := parameters.get(name)) and not STATUS.fullmatch(status)]
    if (parent := parameters.get("ParentCallSid")) and not CALL_SID.fullmatch(parent):
        odd.append("ParentCallSid")
    if odd:
        parameters = {name: value for name, value in parameters.items() if name not in odd}
    if not parameters.get("From", "").strip():
        parameters = {**parameters, "From": ANONYMOUS}
    return parameters, odd


def callback(
    kind: Kind,
    target: str,
    parameters: Mapping[str, str],
    *,
    received_at: datetime,
    answered: Mapping[str, str] = NOTHING,
) -> Callback:
    """Parses a form of one kind, posted to `target` (path with query), into a callback.

    The callback also has the parameters of the URL, which the bridge wrote, and `answered`, which does not
    count when two deliveries are compared. Raises CallbackInvalid, which names the parameter, for a value
    that Twilio never sends.
    """
    own = own_parameters(target) if "?" in target else NOTHING
    if OF_CALL in own:
        parameters = {**parameters, "ParentCallSid": own[OF_CALL]}
    call_sid = _sid(parameters, "CallSid")
    parent_sid = _sid(parameters, "ParentCallSid") if parameters.get("ParentCallSid") else None
    for name in NEEDED.get(kind, ()):
        if not parameters.get(name):
            raise CallbackInvalid(f"{name} is missing")
    for name in KNOWN:
        if parameters.get(name) and not STATUS.fullmatch(parameters[name]):
            raise CallbackInvalid(f"{name} is none of Twilio's: {parameters[name][:20]!r}")
    sent = parameters if OURS.isdisjoint(parameters) else _without_ours(parameters)
    return Callback(
        kind=kind,
        call_sid=call_sid,
        parent_sid=parent_sid,
        parameters={**sent, **own, **answered},
        received_at=received_at,
        digest=digest_of(kind, target, parameters),
    )


def unknown_status(callback: Callback) -> str:
    """A status that Twilio has added since, which says nothing to this version; empty where there is none."""
    statuses = ((callback.get(name) or "", known) for name, known in KNOWN.items())
    return next((status for status, known in statuses if status and status not in known), "")


def conference_callback(target: str, parameters: Mapping[str, str], *, received_at: datetime) -> Callback:
    """Parses what Twilio reports of a conference, which has the name of its call.

    https://www.twilio.com/docs/voice/twiml/conference#attributes-statusCallback
    """
    root_sid = _sid(parameters, "FriendlyName")
    # The conference's own events name no leg.
    leg_sid = parameters.get("CallSid") or root_sid
    named = {**parameters, "CallSid": leg_sid, "ParentCallSid": "" if leg_sid == root_sid else root_sid}
    return callback(Kind.CONFERENCE, target, named, received_at=received_at)


def _without_ours(parameters: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in parameters.items() if name not in OURS}


def _sid(parameters: Mapping[str, str], name: str) -> str:
    value = parameters.get(name, "")
    if not CALL_SID.fullmatch(value):
        raise CallbackInvalid(f"{name} is {'no call SID' if value else 'missing'}")
    return value
