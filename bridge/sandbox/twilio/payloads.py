"""The parameters of what Twilio sends: the same names, in the same cases, as recorded ones.

https://www.twilio.com/docs/voice/twiml#request-parameters and
https://www.twilio.com/docs/voice/api/call-resource#statuscallback
"""

from math import ceil

from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.numbers import country
from bridge.sandbox.twilio.times import rfc2822

API_VERSION = "2010-04-01"


def base_parameters(leg: Leg, *, account_sid: str, home: str, application_sid: str = "") -> dict[str, str]:
    """What every request about a leg carries; `home` is the country that withheld callers get."""
    known = {"AccountSid": account_sid, "ApiVersion": API_VERSION, "CallSid": leg.sid}
    if leg.parent_sid:
        known["ParentCallSid"] = leg.parent_sid
    known |= {"Direction": leg.direction, "From": leg.from_, "Caller": leg.from_, "To": leg.to}
    if application_sid:
        return known | {"ApplicationSid": application_sid}
    known["Called"] = leg.to
    return known | _places(leg, home)


def _places(leg: Leg, home: str) -> dict[str, str]:
    """City, state, zip and country: of phone lines only, for each name that the number goes by."""
    if leg.direction == "inbound":
        roles = {"From": leg.from_, "To": leg.to}
    elif leg.direction == "outbound-dial" and not leg.to.startswith("client:"):
        roles = {"From": leg.from_, "To": leg.to, "Caller": leg.from_, "Called": leg.to}
    else:
        return {}
    places: dict[str, str] = {}
    for role, number in roles.items():
        places |= {f"{role}City": "", f"{role}State": "", f"{role}Zip": ""}
        places[f"{role}Country"] = country(number, home)
    if leg.direction == "inbound":
        places["StirVerstat"] = "TN-Validation-Passed-B"
    return places


def status_parameters(leg: Leg, *, at: float, sequence_number: int) -> dict[str, str]:
    """A status callback about a leg."""
    params = {
        **leg.base,
        "CallStatus": leg.status,
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence_number),
        "Timestamp": rfc2822(leg.clock.when(at)),
    }
    if leg.answered_by and leg.answered_at is not None:
        params["AnsweredBy"] = leg.answered_by
    return params | _outcome(leg) if leg.is_over else params


def _outcome(leg: Leg) -> dict[str, str]:
    """Durations and SIP code; a browser that was rung has no SIP code, and a duration only if it talked."""
    rings_browser = leg.direction == "outbound-dial" and leg.to.startswith("client:")
    outcome = {}
    if leg.status == "completed" or not rings_browser:
        seconds = leg.duration or 0
        outcome = {"CallDuration": str(seconds), "Duration": str(ceil(seconds / 60))}
    if leg.direction == "outbound-dial" and not rings_browser and leg.sip is not None:
        outcome["SipResponseCode"] = str(leg.sip)
    return outcome


def recording_url(api_url: str, account_sid: str, sid: str) -> str:
    """Where a recording is; with .mp3 or .wav behind it the media."""
    return f"{api_url}/{API_VERSION}/Accounts/{account_sid}/Recordings/{sid}"
