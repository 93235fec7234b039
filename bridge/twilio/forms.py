"""Twilio's forms → callbacks. Invalid forms raise CallbackInvalid; later code trusts the types.

https://www.twilio.com/docs/voice/twiml#request-parameters
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from bridge.calls.callback import ATTEMPT, FORWARDED, PREFLIGHT, Callback, Kind, digest_of
from bridge.calls.numbers import ANONYMOUS
from bridge.errors import CallbackInvalid
from bridge.twilio import binding
from bridge.twilio.urls import OWN_PARAMETERS, own_parameters

CALL_SID = re.compile(r"CA[0-9a-zA-Z]{32}", re.ASCII)
ATTEMPT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
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
ALLOWED = {"CallStatus": STATUSES, "DialCallStatus": STATUSES | {"answered"}}
NEEDED = {
    Kind.STATUS: ("CallStatus",),
    Kind.DIAL: ("DialCallStatus",),
    Kind.REFUSED: ("Reason",),
    Kind.TRANSFER: ("To", "Agent"),
    Kind.DISPOSITION: ("Agent", "Id"),
    Kind.DECLINED: ("Agent",),
}


OURS = frozenset({*OWN_PARAMETERS.values(), "Next", FORWARDED})
"""Parameters that only the bridge may add."""

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
"""What counts of a browser's voice request: Twilio's own, the widget's wishes, and what a token carries.

`Timestamp` is not: Twilio sends none with a voice request, so it would be the page that sets a call's time.
"""

NOTHING: Mapping[str, str] = MappingProxyType({})


def of_a_browser(parameters: Mapping[str, str]) -> dict[str, str]:
    """The form of a browser's voice request without what the page made up.

    Twilio forwards all parameters of `device.connect({params})`, and its signature covers them.
    https://www.twilio.com/docs/voice/sdks/javascript/twiml
    """
    kept = {name: value for name, value in parameters.items() if name in ASKED_BY_A_BROWSER}
    if not ATTEMPT_ID.fullmatch(kept.get(ATTEMPT, "")):
        kept.pop(ATTEMPT, None)
    return kept


def served(parameters: Mapping[str, str]) -> tuple[Mapping[str, str], list[str]]:
    """The form of a request that TwiML answers, and the names of what is left out of it.

    What is not needed to answer turns no caller away: parameters that Twilio does not send so are left out,
    and a caller without a number withholds it.
    """
    odd = [name for name, allowed in ALLOWED.items() if parameters.get(name, "") not in {"", *allowed}]
    if (parent := parameters.get("ParentCallSid")) and not CALL_SID.fullmatch(parent):
        odd.append("ParentCallSid")
    kept = {name: value for name, value in parameters.items() if name not in odd}
    if not kept.get("From", "").strip():
        kept["From"] = ANONYMOUS
    return kept, odd


def callback(
    kind: Kind,
    target: str,
    parameters: Mapping[str, str],
    *,
    received_at: datetime,
    answered: Mapping[str, str] = NOTHING,
) -> Callback:
    """The callback that a form of one kind is, posted to `target` (path with query).

    What the bridge wrote on the URL is among its parameters, and so is what it `answered`: that does not
    tell one delivery from another. Raises CallbackInvalid, naming the parameter, for what no Twilio would
    send.
    """
    call_sid = _sid(parameters, "CallSid")
    parent_sid = _sid(parameters, "ParentCallSid") if parameters.get("ParentCallSid") else None
    for name in NEEDED.get(kind, ()):
        if not parameters.get(name):
            raise CallbackInvalid(f"{name} is missing")
    for name, allowed in ALLOWED.items():
        if parameters.get(name) and parameters[name] not in allowed:
            raise CallbackInvalid(f"{name} is none of Twilio's: {parameters[name][:20]!r}")
    return Callback(
        kind=kind,
        call_sid=call_sid,
        parent_sid=parent_sid,
        parameters={**_without_ours(parameters), **own_parameters(target), **answered},
        received_at=received_at,
        digest=digest_of(kind, target, parameters),
    )


def _without_ours(parameters: Mapping[str, str]) -> Mapping[str, str]:
    if OURS.isdisjoint(parameters):
        return parameters
    return {name: value for name, value in parameters.items() if name not in OURS}


def _sid(parameters: Mapping[str, str], name: str) -> str:
    value = parameters.get(name, "")
    if not CALL_SID.fullmatch(value):
        raise CallbackInvalid(f"{name} is {'no call SID' if value else 'missing'}")
    return value
