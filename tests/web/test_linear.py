"""Every route takes CPU time in proportion to what is sent, in every field of every kind."""

import asyncio
import gc
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from twilio.request_validator import RequestValidator

from bridge.calls.activity import record_id
from bridge.twenty.webhooks import SIGNATURE, TIMESTAMP
from tests.cpu_time import AT_MOST, COARSE, TRIES
from tests.web.conftest import AUTH_TOKEN, KEY, PUBLIC_URL, Answer, Bridge, opened, payload

TIMES = 8
"""So many times the size takes about so many times as long; a square would take 64 times."""

PARTS = ("<", "(", " ", "a=", "x-", "0", "+1 ", ",", ";", "eyJ.", "é", "\n", "*_", "&", "%2B", "\u202e", "::")
FEW = (";", "<", "eyJ.", "+1 ")

Sending = Callable[[Bridge, str], Awaitable[Answer]]
"""Sends a request with a text in the field that is tried."""

FORM = "application/x-www-form-urlencoded"
SECRET = "an invented secret of Twenty's webhook"
SID = "CA" + "1" * 32


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def no_collections() -> Iterator[None]:
    """How often the garbage collector runs depends on what earlier tests left behind."""
    gc.disable()
    yield
    gc.enable()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bridge(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bridge]:
    """With all that a setting turns on, and a call that Alice is in; one for all that is tried."""
    async with opened(
        tmp_path_factory.mktemp("linear"),
        twenty={"webhook_secret": (SECRET,)},
        transcripts={"webhook": True},
        agents={"names": ("alice",)},
        phone={"search": "keys"},
        log={"requests": True},
    ) as bridge:
        await bridge.twilio(
            "/twilio/voice", payload("browser-out-1-voice-request", CallSid=SID, From="client:alice")
        )
        await bridge.twilio(
            "/twilio/status?agent=alice", payload("browser-out-5-status-completed", ParentCallSid=SID)
        )
        yield bridge


async def seconds_of(bridge: Bridge, send: Sending, text: str, *, least_of: int) -> float:
    """CPU time of the event loop, the client's included, for a request; the least of some."""
    took = []
    for _ in range(least_of):
        began = time.thread_time()
        answer = await send(bridge, text)
        took.append(time.thread_time() - began)
        assert answer.status < 500 or answer.status == 503, answer
        await asyncio.sleep(0)
    return min(took)


async def assert_linear(bridge: Bridge, send: Sending, largest: int, parts: tuple[str, ...]) -> None:
    """What took too long is timed again, by the least of three: the machine has other work."""
    for part in parts:
        for tried in range(TRIES):
            least_of = 3 if tried else 1
            small = await seconds_of(bridge, send, part * (largest // TIMES // len(part)), least_of=least_of)
            large = await seconds_of(bridge, send, part * (largest // len(part)), least_of=least_of)
            if large < AT_MOST * max(small, COARSE):
                break
        else:
            raise AssertionError(f"{part!r}: {large:.4f} s after {small:.4f} s")


FORMS: Mapping[str, str] = {
    "/twilio/voice": "browser-out-1-voice-request",
    "/twilio/dial": "browser-out-6-dial-action",
    "/twilio/status": "browser-out-5-status-completed",
    "/twilio/recording": "browser-out-7-recording-completed",
    "/twilio/voicemail": "voicemail-2-record-action",
    "/twilio/transcription": "voicemail-3-transcription",
    "/twilio/fallback": "browser-out-5-status-completed",
    "/twilio/announcement": "browser-out-5-status-completed",
    f"/twilio/machine?call={SID}": "browser-out-5-status-completed",
    "/twilio/conference": "conference-3-participant-hold",
    "/twilio/hold": "browser-out-5-status-completed",
    "/twilio/listening": "browser-out-5-status-completed",
}
FIELDS = (
    *(
        "From",
        "To",
        "Called",
        "Caller",
        "CallerName",
        "ForwardedFrom",
        "CallSid",
        "ParentCallSid",
        "CallStatus",
    ),
    *(
        "AccountSid",
        "Timestamp",
        "StirVerstat",
        "AddOns",
        "SpeechResult",
        "TranscriptionText",
        "RecordingUrl",
    ),
    *("RecordingSid", "RecordingDuration", "DialCallSid", "DialCallStatus", "Direction", "SipResponseCode"),
    *("ErrorMessage", "CallerId", "Digits", "AnsweredBy", "FromCity"),
    *("FriendlyName", "ConferenceSid", "StatusCallbackEvent", "SequenceNumber", "Hold", "ParticipantLabel"),
)


def in_form(path: str, *fields: str) -> Sending:
    base = payload(FORMS[path])
    return lambda bridge, text: bridge.twilio(path, {**base, **dict.fromkeys(fields, text)})


async def _in_field_name(bridge: Bridge, text: str) -> Answer:
    return await bridge.twilio("/twilio/status", {**payload(FORMS["/twilio/status"]), text: "1"})


async def _as_many_fields(bridge: Bridge, text: str) -> Answer:
    many = {f"F{number}": text[:20] for number in range(min(len(text), 450))}
    return await bridge.twilio("/twilio/status", {**payload(FORMS["/twilio/status"]), **many})


AUTHORIZED = {"Authorization": f"Bearer {KEY}"}


def in_path(method: str, begin: str, end: str = "", headers: Mapping[str, str] = AUTHORIZED) -> Sending:
    async def send(bridge: Bridge, text: str) -> Answer:
        quoted = quote(text, safe="")[:1_900]
        path = begin + quoted.rpartition("%")[0] + end if quoted[-2:-1] == "%" else begin + quoted + end
        return await bridge.request(method, path, headers=headers)

    return send


def in_header(path: str, name: str, value: str = "{}", method: str = "GET") -> Sending:
    async def send(bridge: Bridge, text: str) -> Answer:
        shown = "".join(character for character in text if " " < character < "\x7f")
        return await bridge.request(method, path, headers={name: value.format(shown)})

    return send


def of_page(name: str) -> Sending:
    """Past the check by the specification, which has a set of media types for one answer of these."""

    async def send(bridge: Bridge, text: str) -> Answer:
        shown = "".join(character for character in text if " " < character < "\x7f")
        async with bridge.client.get("/phone", headers={name: shown}) as response:
            return Answer(response.status, response.headers, await response.text())

    return send


def in_cookies(value: str) -> Sending:
    async def send(bridge: Bridge, text: str) -> Answer:
        shown = "".join(character for character in text if " " < character < "\x7f")
        headers = {"Cookie": value.format(shown), "Origin": PUBLIC_URL}
        return await bridge.get("/api/me", headers=headers)

    return send


def in_json(path: str, *, method: str = "POST", **body: object) -> Sending:
    """In the one value of the body that is Ellipsis."""

    async def send(bridge: Bridge, text: str) -> Answer:
        filled = {name: text if value is ... else value for name, value in body.items()}
        return await bridge.request(method, path, json={"identity": "alice", **filled}, headers=AUTHORIZED)

    return send


def as_body(path: str, begin: str, end: str) -> Sending:
    async def send(bridge: Bridge, text: str) -> Answer:
        headers = {**AUTHORIZED, "Content-Type": "application/json"}
        return await bridge.post(path, data=(begin + text + end).encode(), headers=headers)

    return send


def jwt(part: int) -> Sending:
    async def send(bridge: Bridge, text: str) -> Answer:
        claims = json.dumps({"sub": text, "type": "ACCESS", text: text}).encode()
        parts = [b'{"alg":"HS256"}', claims, text.encode()]
        parts[part] = parts[part] if part != 0 else json.dumps({"alg": text, "kid": text}).encode()
        token = ".".join(urlsafe_b64encode(each).decode().rstrip("=") for each in parts)[:7_900]
        return await bridge.get("/api/me", headers={"Authorization": f"Bearer {token}"})

    return send


async def _in_form_of_token(bridge: Bridge, text: str) -> Answer:
    return await bridge.post("/token", data={"identity": text}, headers=AUTHORIZED)


def from_twenty(made: Callable[[str], Mapping[str, object]]) -> Sending:
    async def send(bridge: Bridge, text: str) -> Answer:
        body, now = json.dumps(made(text)).encode(), str(int(time.time() * 1000))
        signature = hmac.digest(SECRET.encode(), f"{now}:".encode() + body, "sha256").hex()
        headers = {"Content-Type": "application/json", TIMESTAMP: now, SIGNATURE: signature}
        return await bridge.post("/twenty/webhook", data=body, headers=headers)

    return send


def person(text: str) -> Mapping[str, object]:
    more = [{"number": text[:100], "callingCode": "+33", "countryCode": "FR"}] * (len(text) // 100)
    phones = {"primaryPhoneNumber": text, "primaryPhoneCallingCode": text, "additionalPhones": more}
    return {"eventName": "person.updated", "record": {"id": text, "phones": phones, "name": text}}


def gone(text: str) -> Mapping[str, object]:
    return {"eventName": "person.deleted", "record": {"id": text}}


def call(text: str) -> Mapping[str, object]:
    record = {"id": record_id("phoneCall", text), "externalCallId": text, "personId": text}
    return {"eventName": "phoneCall.updated", "record": record, "updatedBy": {"source": text}}


def event(text: str) -> Mapping[str, object]:
    return {"eventName": text, "record": {text: text}}


async def _in_transcript(bridge: Bridge, text: str) -> Answer:
    said = [{"transcript": text[:200], "mediaChannel": 1}] * (len(text) // 200)
    body = json.dumps({"id": text, "sourceId": text, "status": text, "sentences": said}).encode()
    path = f"/twilio/transcripts?bodySHA256={sha256(body).hexdigest()}"
    signature = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + path, {})
    headers = {"Content-Type": "application/json", "X-Twilio-Signature": signature}
    return await bridge.post(path, data=BytesIO(body), headers=headers)


ACTIONS = f"/api/calls/{SID}"
FIELD, TARGET, HEAD, BODY = 12_000, 1_900, 7_200, 48_000

OTHERS: Mapping[str, tuple[Sending, int]] = {
    "name of a form's field": (_in_field_name, FIELD),
    "fields of a form": (_as_many_fields, 400),
    "form of a token": (_in_form_of_token, 20_000),
    "link of a recording": (in_path("GET", "/recordings/RE" + "1" * 32 + "?signature="), TARGET),
    "recording": (in_path("GET", "/recordings/RE"), TARGET),
    "range of a recording": (in_header("/recordings/RE" + "1" * 32, "Range", "bytes={}"), HEAD),
    "link of a transcript": (in_path("GET", "/transcripts/CA" + "1" * 32 + "?signature="), TARGET),
    "page of a transcript": (in_path("GET", "/transcripts/CA"), TARGET),
    "languages of a transcript": (
        in_header("/transcripts/CA" + "1" * 32 + "?signature=x", "Accept-Language"),
        HEAD,
    ),
    "caller": (in_path("GET", "/api/callers/"), TARGET),
    "number": (in_path("GET", "/api/numbers/"), TARGET),
    "identity in a query": (in_path("GET", "/api/me?identity="), TARGET),
    "call": (in_path("POST", "/api/calls/CA", "/hangup"), TARGET),
    "file of the page": (in_path("GET", "/phone/"), TARGET),
    "header of no use": (in_header("/ready", "X-Anything"), HEAD),
    "specification": (in_header("/openapi.yaml", "If-None-Match"), HEAD),
    "signing out": (in_header("/api/sign-out", "Authorization", "Bearer tbd_{}", "POST"), HEAD),
    "languages": (in_header("/status", "Accept-Language"), HEAD),
    "sign-in of the status page": (in_header("/status", "Cookie", "bridge-status={}"), HEAD),
    "no route": (in_path("GET", "/"), TARGET),
    "no route, below one": (in_path("POST", "/twilio/"), TARGET),
    "query of no use": (in_path("GET", "/health?"), TARGET),
    "query of a webhook": (in_path("POST", "/twilio/status?direction="), TARGET),
    "signature": (in_header("/twilio/status", "X-Twilio-Signature", method="POST"), HEAD),
    "signature settings": (
        in_header("/twilio/status", "X-Twilio-Webhooks-Signature-Settings", method="POST"),
        HEAD,
    ),
    "delivery": (in_header("/twilio/status", "I-Twilio-Idempotency-Token", method="POST"), HEAD),
    "content type": (in_header("/twilio/status", "Content-Type", "application/{}", "POST"), HEAD),
    "content type's parameter": (
        in_header("/twilio/status", "Content-Type", FORM + ";charset={}", "POST"),
        HEAD,
    ),
    "authorization": (in_header("/api/me", "Authorization"), HEAD),
    "bearer": (in_header("/api/me", "Authorization", "Bearer {}"), HEAD),
    "device's key": (in_header("/api/me", "Authorization", "Bearer tbd_{}"), HEAD),
    "header of a token": (jwt(0), 2_000),
    "claims of a token": (jwt(1), 2_000),
    "signature of a token": (jwt(2), 4_000),
    "cookies": (in_cookies("{}"), HEAD),
    "session": (in_cookies("tokenPair={}"), HEAD),
    "many cookies": (in_cookies("a=b; {}"), HEAD),
    "origin": (in_header("/capabilities", "Origin", "https://{}"), HEAD),
    "preflight": (in_header("/token", "Access-Control-Request-Headers", method="OPTIONS"), HEAD),
    "host": (in_header("/health", "Host"), 2_000),
    "forwarded": (in_header("/api/me", "X-Forwarded-For"), HEAD),
    "etag": (of_page("If-None-Match"), HEAD),
    "encoding": (of_page("Accept-Encoding"), HEAD),
    "identity": (in_json("/token", identity=...), BODY),
    "note": (in_json(f"{ACTIONS}/disposition", note=...), 9_900),
    "long note": (in_json(f"{ACTIONS}/disposition", note=...), BODY),
    "outcome": (in_json(f"{ACTIONS}/disposition", outcome=...), BODY),
    "typed note": (in_json(f"{ACTIONS}/note", method="PUT", note=..., version=0), 9_900),
    "calls of an agent": (in_path("GET", "/api/me/calls?identity=alice&before="), TARGET),
    "bearer at the status": (in_header("/status", "Authorization", "Bearer {}"), HEAD),
    "party of calls": (in_path("GET", "/api/me/calls?identity=alice&with="), TARGET),
    "person of calls": (in_path("GET", "/api/me/calls?identity=alice&person="), TARGET),
    "list of calls": (in_path("GET", "/api/me/calls?identity=alice&show="), TARGET),
    "time of what was seen": (in_json("/api/me/calls/seen", until=...), BODY),
    "availability": (in_json("/api/me/availability", method="PUT", status=...), BODY),
    "end of an absence": (in_json("/api/me/availability", method="PUT", status="away", until=...), BODY),
    "search of people": (in_path("GET", "/api/people?identity=alice&search="), TARGET),
    "person by id": (in_path("GET", "/api/people/", "?identity=alice"), TARGET),
    "phone call by id": (in_path("GET", "/api/phone-calls/", "?identity=alice"), TARGET),
    "events": (in_path("GET", "/api/events?identity="), TARGET),
    "agents": (in_path("GET", "/api/agents?identity="), TARGET),
    "transfer": (in_json(f"{ACTIONS}/transfer", to=...), BODY),
    "action": (in_json(f"{ACTIONS}/recording", action=...), BODY),
    "identity of an act": (in_json(f"{ACTIONS}/hangup", identity=...), BODY),
    "secret of a link": (in_json("/api/sign-in", secret=...), BODY),
    "no JSON": (as_body("/api/sign-in", "", ""), BODY),
    "deep JSON": (as_body("/api/sign-in", "[" * 20_000, ""), BODY),
    "number of JSON": (as_body("/token", '{"identity":', "}"), BODY),
    "key of JSON": (as_body("/token", '{"', '":1}'), BODY),
    "person of Twenty": (from_twenty(person), 6_000),
    "person who is gone": (from_twenty(gone), 6_000),
    "call of Twenty": (from_twenty(call), 6_000),
    "event of Twenty": (from_twenty(event), 6_000),
    "transcript": (_in_transcript, 150_000),
}


async def test_all_fields_of_a_form_at_once(bridge: Bridge) -> None:
    for path in FORMS:
        await assert_linear(bridge, in_form(path, *FIELDS[:6], *FIELDS[12:]), 500, FEW)


@pytest.mark.parametrize("what", OTHERS)
async def test_a_route_is_linear_in_what_is_not_a_form(bridge: Bridge, what: str) -> None:
    send, largest = OTHERS[what]
    await assert_linear(bridge, send, largest, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("path", FORMS)
async def test_a_route_is_linear_in_each_field(bridge: Bridge, path: str) -> None:
    for name in FIELDS:
        await assert_linear(bridge, in_form(path, name), FIELD, PARTS)


@pytest.mark.slow
@pytest.mark.parametrize("what", OTHERS)
async def test_a_route_is_linear_in_every_part(bridge: Bridge, what: str) -> None:
    send, largest = OTHERS[what]
    await assert_linear(bridge, send, largest, PARTS)


SAME = frozenset(
    {
        "/twiml/voice",
        "/webhook/twiml-handler",
        "/twiml/voice/status",
        "/api/twilio/token",
        "/webhook/twilio-token",
    }
)
"""Other names of routes that are tried."""


@dataclass(frozen=True)
class Noting(Bridge):
    """Notes what is asked for."""

    asked: set[str] = field(default_factory=lambda: {"/phone"})

    async def request(self, method: str, path: str, **more: Any) -> Answer:
        self.asked.add(path)
        return await super().request(method, path, **more)


async def test_every_route_is_tried(bridge: Bridge) -> None:
    noting = Noting(bridge.client, bridge.app, bridge.database, bridge.public_url)
    assert (await in_json(f"{ACTIONS}/disposition", note=...)(noting, "a")).status == 204
    for send in (*(in_form(path, "From") for path in FORMS), *(send for send, _ in OTHERS.values())):
        await send(noting, "a")
    for resource in bridge.app.router.resources():
        path = resource.canonical.partition("{")[0]
        assert path in SAME or any(asked.startswith(path) for asked in noting.asked), path
