"""Hostile requests to every operation of `openapi.yaml`, made from what it says of each.

Each is hostile in one place, and otherwise what the right sender would send: an agent or a supervisor with a
key, an operator, Twilio or Twenty with a right signature, a holder of a link.
"""

import hashlib
import hmac
import itertools
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from jsonschema import Draft202012Validator
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from bridge.calls.recording_links import RecordingLinks
from bridge.twenty.webhooks import SIGNATURE, TIMESTAMP
from tests.web.conftest import AUTH_TOKEN, PUBLIC_URL, SPECIFICATION, payload
from tests.web.hostile.recordings import CALL, LINK_KEY, RECORDING
from tests.web.hostile.row import Headers, request

NEW = "a call of its own: one with hundreds of callbacks takes as long as hundreds of calls"
SID = "CA" + "1" * 32
"""A call that Alice is in."""
ACCOUNT = "AC5a0db0c5a0db0c5a0db0c5a0db0c0001"
"""The sandbox's."""
AGENT, SUPERVISOR = "alice", "lead"
KEYS = tuple(f"tbk_an-invented-key-{number}" for number in range(80))
"""Limits count each holder of a key alone; what is tried here is not the limits."""
OPERATORS = tuple(f"tbk_an-invented-key-of-an-operator-{number}" for number in range(8))
WEBHOOK_SECRET = "an invented secret of Twenty's webhook"
UUID = "20202020-1c25-4d02-bf25-6aeccf7ea419"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

IN_PATHS = {
    "sid": SID,
    "participant": "CA" + "2" * 32,
    "number": "+33639980001",
    "id": UUID,
    "path": "main.js",
}
LINKS = RecordingLinks(PUBLIC_URL, ACCOUNT, keys=[LINK_KEY.encode()])
OF_LINKS = {
    "/recordings/{sid}": (RECORDING, LINKS.link(RECORDING)),
    "/transcripts/{sid}": (CALL, LINKS.transcript(CALL)),
}
IN_QUERIES = {
    "identity": AGENT,
    "show": "missed",
    "limit": "5",
    "before": "",
    "agent": AGENT,
    "with": "+33639980001",
    "person": UUID,
    "after": "0",
    "search": "jane",
    "company": UUID,
    "step": "0",
    "line": "+33159130001",
    "call": SID,
    "problem": "key",
}
QUERIES: Mapping[str, Mapping[str, str]] = {"/twilio/machine": {"call": NEW}}
"""Where what is stored belongs to the call of the query."""
USUAL = {"identity", "call", "search"}
"""Queries of requests that are hostile elsewhere."""
SIGNED = {"signature", "bodySHA256"}
"""Queries that are computed."""
IN_BODIES: Mapping[str, object] = {
    "identity": AGENT,
    "outcome": "Interested",
    "note": "Call back.",
    "version": 0,
    "to": "client:bob",
    "ask": False,
    "leave": False,
    "mode": "listen",
    "action": "pause",
    "status": "available",
    "secret": "tbl_an-invented-secret",
    "device": False,
    "sourceId": RECORDING,
    "eventName": "person.updated",
    "record": {"id": UUID, "phones": {"primaryPhoneNumber": "639980001", "primaryPhoneCallingCode": "+33"}},
}
BODIES: Mapping[str, Mapping[str, object]] = {"/twilio/transcripts": {"status": "completed"}}
"""Where a name means something else."""
FORMS: Mapping[str, str] = {
    "/twilio/voice": "browser-out-1-voice-request",
    "/twilio/dial": "browser-out-6-dial-action",
    "/twilio/recording": "browser-out-7-recording-completed",
    "/twilio/voicemail": "voicemail-2-record-action",
    "/twilio/transcription": "voicemail-3-transcription",
    "/twilio/conference": "conference-3-participant-hold",
}
FIELDS = (
    "CallSid",
    "ParentCallSid",
    "From",
    "To",
    "CallStatus",
    "Direction",
    "Timestamp",
    "CallDuration",
    "SequenceNumber",
    "RecordingSid",
    "RecordingUrl",
    "RecordingDuration",
    "TranscriptionText",
    "DialCallSid",
    "DialCallStatus",
    "DialCallDuration",
    "FriendlyName",
    "StatusCallbackEvent",
    "AnsweredBy",
    "StirVerstat",
    "Attempt",
)
"""What the bridge reads of a form; where the recorded one lacks it, it is added."""

TEXTS: tuple[bytes, ...] = tuple(
    text if isinstance(text, bytes) else text.encode()
    for text in (
        "",
        " ",
        "\0",
        "a\0b",
        "\r\nX-Injected: 1",
        "\x1b[2J\x08",
        "\u202e\u2066abc\u200f",
        b"\xed\xa0\x80",  # a lone surrogate
        b"\xff\xfe",
        b"\xc0\xaf",  # a slash, as no encoder writes it
        "../../../../etc/passwd",
        "..\\..\\x",
        "'; drop table callbacks; --",
        "<script>alert(1)</script>",
        "${jndi:ldap://x}{{7*7}}%s%n{0}",
        "\u0661\u0662\u0663",
        "-1",
        "9" * 400,
        "1e400",
        "NaN",
        "null",
        "true",
        "2026-13-45T99:99:99Z",
        "9999-12-31T23:59:59+23:59",
        "client:",
        "sip:x@y",
        "+",
        "\U0001f600" * 60,
        "\u0301" * 120,
        "x" * 600,
    )
)
UNENCODED = (
    b"%",
    b"%zz",
    b"%00",
    b"..",
    b"%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    b"%252e%252e%252f",
    b"a;b=c",
    b"//x",
)
JSON_VALUES: tuple[str, ...] = (
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e400",
    "9" * 400,
    '""',
    '" "',
    "[]",
    "{}",
    '["a"]',
    '{"a": 1}',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\u202e\\u2066abc"',
    '"\\u001b[2J\\r\\nX: 1"',
    '"../../../etc/passwd"',
    '"9999-12-31T23:59:59+23:59"',
    '"0000-00-00T00:00:00Z"',
    '"' + "9" * 400 + '"',
    '"' + "x" * 60_000 + '"',
    '"' + "\U0001f600" * 3_000 + '"',
    "[" * 900 + "]" * 900,
)
NO_JSON: tuple[bytes, ...] = (
    b"null",
    b"[]",
    b'"a"',
    b"1",
    b"{",
    b"}{",
    b"\0",
    b"\xff",
    b"NaN",
    b'{"identity": NaN}',
    b'{"identity": "a\nb"}',
    b"[" * 30_000,
    b'{"a":' * 10_000,
    b'{"' + b"9" * 30_000 + b'":1}',
    b'{"identity": ' + b"9" * 30_000 + b"}",
    b'{"identity": "' + b"\\ud800" * 5_000 + b'"}',
    b"{" + b",".join(b'"%d":%d' % (number, number) for number in range(4_000)) + b"}",
)
NO_FORMS = (b"", b"&&&===", b"\xff", b"\0", b"a=%zz", b"a[b]=1&" * 600, b"a=" + b"x" * 70_000)
TOO_LARGE = b'{"identity": "' + b"x" * 70_000 + b'"}'
KINDS = (
    "",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/json; charset=utf-16",
    "application/json, text/plain",
    "*/*",
    ";;;",
    "x" * 3_000,
)
HEADERS: tuple[tuple[str, bytes], ...] = (
    ("Authorization", b"Bearer " + b"e30." * 800),
    ("Authorization", b"Bearer \xff\xfe"),
    ("Authorization", b"Basic !!!"),
    ("Cookie", b"bridge-status=\xff; =; ;;; tokenPair=%00; __Host-twenty-session={"),
    ("Cookie", b"bridge-status=99999999999.\xff"),
    ("Origin", b"null"),
    ("Origin", b"https://[::1"),
    ("Accept-Language", b"fr;q=1e400,*;q=-1,," + b"en;q=0." + b"9" * 3_000),
    ("Accept", b"text/html;q=NaN"),
    ("X-Forwarded-For", b"\xff, ,[::1, 999.1.1.1"),
    ("X-Forwarded-Host", b"evil.example.com"),
    ("Host", b"evil.example.com:99999"),
    ("Range", b"bytes=9" + b"9" * 400 + b"-,-1"),
    ("If-None-Match", b'W/"\xff", *'),
    ("Idempotency-Key", b"\xff"),
    ("Idempotency-Key", b"x" * 4_000),
    ("Content-Encoding", b"gzip"),
    ("Transfer-Encoding", b"gzip, chunked"),
    ("Expect", b"200-ok"),
    ("Expect", b"\xff"),
    ("Connection", b"upgrade, keep-alive, X-Twilio-Signature"),
    ("Upgrade", b"websocket"),
    ("X-Request-Id", b"\x1b[2J" + b"x" * 1_000),
    ("Content-Length", b"-1"),
    ("Content-Length", b"9" * 400),
)
METHODS = ("TRACE", "PROPFIND", "PATCH", "CONNECT", "get")

_KEYS, _OPERATORS, _ADDRESSES = itertools.cycle(KEYS), itertools.cycle(OPERATORS), itertools.count()
_SIDS = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A request before it is signed; `place` is what is hostile in it."""

    method: str
    route: str
    place: str = "nothing"
    path: bytes = b""
    query: tuple[tuple[str, bytes], ...] = ()
    more_query: bytes = b""
    headers: tuple[tuple[str, bytes], ...] = ()
    kind: str = ""
    body: bytes = b""
    form: Mapping[str, str | bytes] | None = None
    """Twilio's, in the place of the body; the SID of the call is another one each time."""
    must_refuse: str = ""
    """What a refusal has to name, where the specification does not allow what is sent."""

    @property
    def operation(self) -> Mapping[str, Any]:
        """As the specification has it."""
        found: Mapping[str, Any] = SPECIFICATION["paths"][self.route][self.method.lower()]
        return found

    def ready(self) -> "Asking":
        """With its body, and the SIDs of its own calls."""
        query = tuple(
            (name, _sid().encode() if value == NEW.encode() else value) for name, value in self.query
        )
        if self.form is None:
            return replace(self, query=query)
        fields = {name: _sid() if value == NEW else value for name, value in self.form.items()}
        return replace(self, query=query, body=urlencode(fields).encode(), form=None)

    def encoded(self) -> bytes:
        """The bytes on the wire, with credentials of the right sender."""
        query = urlencode([*self.query, *self._hash()]).encode() + self.more_query
        target = self.path + (b"?" + query if query else b"")
        kind = [("Content-Type", self.kind)] if self.kind else []
        named = {name.lower() for name, _ in self.headers}
        own = [pair for pair in [*self._credentials(target), *kind] if pair[0].lower() not in named]
        shown = [(name, value.decode("latin-1")) for name, value in self.headers]
        return request(self.method, target.decode("latin-1"), [*own, *shown], self.body)

    def _hash(self) -> list[tuple[str, bytes]]:
        if self.route != "/twilio/transcripts" or self.kind != JSON:
            return []
        return [("bodySHA256", hashlib.sha256(self.body).hexdigest().encode())]

    def _credentials(self, target: bytes) -> Headers:
        schemes = {name for option in self.operation.get("security", []) for name in option}
        if "twilioSignature" in schemes:
            return [("X-Twilio-Signature", self._twilios(target))]
        if "twentySignature" in schemes:
            return self._twentys()
        if self.route == "/status":
            own = [("Origin", PUBLIC_URL)] if self.method == "POST" else []
            return [("Authorization", f"Bearer {next(_OPERATORS)}"), *own, _from()]
        return [("Authorization", f"Bearer {next(_KEYS)}"), _from()] if "key" in schemes else [_from()]

    def _twilios(self, target: bytes) -> str:
        form = {} if self.kind == JSON else parse_qsl(self.body.decode("utf-8", "replace"), True)
        url = PUBLIC_URL + target.decode("latin-1")
        found: str = RequestValidator(AUTH_TOKEN).compute_signature(url, MultiDict(form))
        return found

    def _twentys(self) -> Headers:
        now = str(int(time.time() * 1000))
        signed = hmac.digest(WEBHOOK_SECRET.encode(), f"{now}:".encode() + self.body, "sha256").hex()
        return [(TIMESTAMP, now), (SIGNATURE, signed)]


def _sid() -> str:
    return f"CA{next(_SIDS):032x}"


def _from() -> tuple[str, str]:
    """Another address each time."""
    number = next(_ADDRESSES)
    return "X-Forwarded-For", f"198.51.{number // 250 % 250}.{number % 250}"


OPERATIONS = [
    (method.upper(), route) for route, operations in SPECIFICATION["paths"].items() for method in operations
]


def plain(method: str, route: str) -> Asking:
    """The request without anything hostile. Raises KeyError for a parameter that has no example here."""
    operation = SPECIFICATION["paths"][route][method.lower()]
    parameters = [*operation.get("parameters", [])]
    names = [one["name"] for one in parameters if one["in"] == "query"]
    sid, link = OF_LINKS.get(route, (SID, ""))
    examples = {**IN_QUERIES, **QUERIES.get(route, {})}
    query = [(name, examples[name].encode()) for name in names if name in USUAL]
    if link:
        query.append(("signature", link.rpartition("=")[2].encode()))
    assert set(names) <= IN_QUERIES.keys() | SIGNED, (route, names)
    content = _content(operation)
    kind = next((kind for kind in (JSON, FORM) if kind in content), "")
    body = json.dumps(example(route, content[JSON]["schema"])).encode() if kind == JSON else b""
    of_call = form(route) if kind == FORM and route != "/status" else None
    values = {**IN_PATHS, "sid": sid}
    path = _filled(route, values).encode()
    return Asking(
        method=method, route=route, path=path, query=tuple(query), kind=kind, body=body, form=of_call
    )


def _filled(path: str, values: Mapping[str, str] = IN_PATHS) -> str:
    return re.sub(r"{(\w+)}", lambda found: quote(values[found[1]]), path)


def _content(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    body = operation.get("requestBody", {})
    body = (
        SPECIFICATION["components"]["requestBodies"][body["$ref"].rpartition("/")[2]]
        if "$ref" in body
        else body
    )
    found: Mapping[str, Any] = body.get("content", {})
    return found


def properties(schema: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Those of an object."""
    if "$ref" in schema:
        schema = SPECIFICATION["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found: Mapping[str, Mapping[str, Any]] = schema["properties"]
    return found


def example(route: str, schema: Mapping[str, Any]) -> dict[str, object]:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    own = {**IN_BODIES, "until": until, **BODIES.get(route, {})}
    if route.endswith("/listen"):
        own["identity"] = SUPERVISOR
    return {name: own[name] for name in properties(schema)}


@cache
def form(route: str) -> Mapping[str, str | bytes]:
    """As it was recorded."""
    same = {"/twiml/voice": "/twilio/voice", "/webhook/twiml-handler": "/twilio/voice"}
    same |= {"/twiml/voice/status": "/twilio/dial"}
    name = FORMS.get(same.get(route, route), "browser-out-5-status-completed")
    found = payload(name)
    return {**found, "FriendlyName" if "FriendlyName" in found else "CallSid": NEW}


def requests_to(method: str, route: str, *, whole: bool = True) -> Iterator[Asking]:
    """All that is hostile, for one operation; else one of each place, other ones for each operation.

    Of the fields of Twilio's forms, which many operations share, a fifth has one.
    """
    turn = OPERATIONS.index((method, route))
    for number, (place, group) in enumerate(itertools.groupby(_all_to(method, route), key=_place)):
        found = list(group)
        if whole:
            yield from found
        elif not place.startswith("field "):
            step = max(1, len(found) // (2 if place in {"body", "header"} else 1))
            yield from found[turn * 7 % step :: step]
        elif (turn + number) % 5 == 0:
            yield found[(turn * 7 + number) % len(found)]


def _place(asking: Asking) -> str:
    return "header" if asking.place.startswith("header ") else asking.place


def _all_to(method: str, route: str) -> Iterator[Asking]:
    base = plain(method, route)
    yield from _in_path(base)
    yield from _in_query(base)
    for name, value in HEADERS:
        yield replace(base, place=f"header {name}", headers=((name, value),))
    content = _content(base.operation)
    if JSON in content:
        yield from _in_json(base, content[JSON]["schema"])
    if FORM in content:
        yield from _in_form(replace(base, kind=FORM))


def _in_path(base: Asking) -> Iterator[Asking]:
    for name in re.findall(r"{(\w+)}", base.route):
        for value in (*(quote(text, safe="").encode() for text in TEXTS), *UNENCODED):
            before, after = base.route.split(f"{{{name}}}")
            path = _filled(before).encode() + value + _filled(after).encode()
            yield replace(base, place=f"path {name}", path=path)


def _in_query(base: Asking) -> Iterator[Asking]:
    names = [one["name"] for one in base.operation.get("parameters", []) if one["in"] == "query"]
    for name in names:
        others = tuple(pair for pair in base.query if pair[0] != name)
        for text in TEXTS:
            yield replace(base, place=f"query {name}", query=(*others, (name, text)))
        yield replace(base, place=f"query {name}", query=(*base.query, *((name, b"x"),) * 40))
    for more in (b"&&&=&=", b"&a[b][c]=1", b"&%00=%ff", b"&" + b"a=1&" * 400, b"&" + b"x" * 2_100):
        yield replace(base, place="query", more_query=more)


def _in_json(base: Asking, schema: Mapping[str, Any]) -> Iterator[Asking]:
    usual: dict[str, object] = json.loads(base.body)
    for body in (
        *NO_JSON,
        TOO_LARGE,
        b"\xef\xbb\xbf" + base.body,
        base.body.decode().encode("utf-16"),
        base.body + b"x",
    ):
        yield replace(base, place="body", body=body)
    for kind in KINDS:
        yield replace(base, place="content type", kind=kind)
    for name, described in properties(schema).items():
        validator = Draft202012Validator({"components": SPECIFICATION["components"], **described})
        for text in JSON_VALUES:
            others = ", ".join(
                f"{json.dumps(key)}: {json.dumps(value)}" for key, value in usual.items() if key != name
            )
            body = f'{{{others}{", " if others else ""}"{name}": {text}}}'.encode()
            yield replace(
                base,
                place=f"body {name}",
                body=body,
                must_refuse=name if _is_against(validator, text) else "",
            )
        twice = base.body[:-1] + f', "{name}": [1]}}'.encode()
        yield replace(base, place=f"body {name} twice", body=twice)


def _is_against(validator: Draft202012Validator, text: str) -> bool:
    try:
        return not validator.is_valid(json.loads(text))
    except (ValueError, RecursionError):
        return True


def _in_form(base: Asking) -> Iterator[Asking]:
    usual = base.form or {}
    whole = urlencode(usual).encode()
    for body in (*NO_FORMS, whole + b"&" + whole):
        yield replace(base, place="body", body=body, form=None)
    for kind in (*KINDS, JSON):
        yield replace(base, place="content type", kind=kind)
    for name in FIELDS if base.form else properties(_content(base.operation)[FORM]["schema"]):
        for text in (*TEXTS, b"x" * 60_000):
            yield replace(base, place=f"field {name}", form={**usual, name: text})
