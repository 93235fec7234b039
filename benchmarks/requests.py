"""The requests: correctly signed, and each one different, as replaying one would hide the cost of keeping."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import md5
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

from benchmarks.servers import AUTH_TOKEN, PUBLIC_URL, WIDGET_KEY
from bridge.twilio.binding import Binding


@dataclass(frozen=True)
class Request:
    """A POST."""

    path: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def wire(self) -> bytes:
        """As it goes over the connection."""
        headers = {**SENT_BY_ALL, **self.headers, "Content-Length": str(len(self.body))}
        lines = [
            f"POST {self.path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
            "",
            "",
        ]
        return "\r\n".join(lines).encode() + self.body


SENT_BY_ALL = {"Host": urlsplit(PUBLIC_URL).netloc, "User-Agent": "TwilioProxy/1.1", "Accept": "*/*"}
OF_AGENT1S_TOKEN = Binding([AUTH_TOKEN]).parameters("agent1")
_validator = RequestValidator(AUTH_TOKEN)
GEOGRAPHY = {
    f"{who}{what}": "" for who in ("From", "To", "Caller", "Called") for what in ("City", "State", "Zip")
}


def _signed(path: str, parameters: Mapping[str, str]) -> Request:
    signature = _validator.compute_signature(PUBLIC_URL + path, parameters)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return Request(path, urlencode(parameters).encode(), headers)


def token(number: int) -> Request:
    """The widget asks for a token."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {WIDGET_KEY}"}
    return Request("/api/twilio/token", json.dumps({"identity": f"agent{number}"}).encode(), headers)


def call_sid(number: int) -> str:
    """As random as Twilio's: the next call's is anywhere in an index."""
    return f"CA{md5(str(number).encode()).hexdigest()[:31]}0"


def voice(number: int) -> Request:
    """A browser calls out."""
    sid = call_sid(number)
    parameters = {
        "AccountSid": "AC" + "0" * 32,
        "ApiVersion": "2010-04-01",
        "CallSid": sid,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "From": "client:agent1",
        "Caller": "client:agent1",
        "To": f"+336{number % 10**8:08}",
        "ApplicationSid": "AP" + "0" * 32,
        **OF_AGENT1S_TOKEN,
    }
    return _signed("/twilio/voice", parameters)


def status(number: int) -> Request:
    """One of the four callbacks of a call's leg."""
    return _signed("/twilio/status", parameters_of_status(number))


def parameters_of_status(number: int) -> dict[str, str]:
    """The form of the n-th status callback: four a call, in order."""
    call, event = divmod(number, 4)
    return {
        "AccountSid": "AC" + "0" * 32,
        "ApiVersion": "2010-04-01",
        "CallSid": f"{call_sid(call)[:-1]}f",
        "ParentCallSid": call_sid(call),
        "Direction": "outbound-dial",
        "From": "+33159130001",
        "Caller": "+33159130001",
        "To": f"+336{call % 10**8:08}",
        "Called": f"+336{call % 10**8:08}",
        "CallbackSource": "call-progress-events",
        **GEOGRAPHY,
        "CallStatus": ("initiated", "ringing", "in-progress", "completed")[event],
        "SequenceNumber": str(event),
        "Timestamp": f"Sun, 22 Nov 2026 10:00:{event:02} +0000",
    }


KINDS: Mapping[str, Callable[[int], Request]] = {"token": token, "voice": voice, "status": status}
