"""Twilio's webhooks as forms: parsed as urllib parses them, signed as Twilio signs, folded in any order."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

from multidict import MultiDict
from twilio.request_validator import RequestValidator

from bridge.calls.callback import Callback, Kind, parse_timestamp
from bridge.calls.fold.call import Call, fold
from bridge.errors import CallbackInvalid, NotUnderstood
from bridge.json_text import from_json, to_json
from bridge.twilio import forms, signature
from bridge.twilio.urls import CallbackUrls, own_parameters
from bridge.web import parsing
from tests.fuzz import target
from tests.fuzz.target import Around, Target

FIELD, BODY, TARGET = 16 * 1024, 64 * 1024, 2048
MOST = 500
MORNING = datetime(2026, 11, 22, 10, tzinfo=UTC)
SIDS = tuple(f"CA{number:032}" for number in range(4))

NAMES = (
    *("CallSid", "ParentCallSid", "CallStatus", "DialCallStatus", "DialCallSid", "From", "To", "Direction"),
    *("Timestamp", "CallDuration", "DialCallDuration", "RecordingSid", "RecordingUrl", "RecordingStatus"),
    *("RecordingDuration", "StatusCallbackEvent", "FriendlyName", "Hold", "Muted", "SequenceNumber"),
    *("AnsweredBy", "SipResponseCode", "ForwardedFrom", "TranscriptionText", "Agent", "Act", "Id", "Reason"),
    *("ConferenceSid", "ReasonParticipantLeft", "EndConferenceOnExit", "CallerName", "StartTime", "Turn"),
)
VALUES = (
    *forms.STATUSES,
    *("answered", "inbound", "outbound-api", "outbound-dial", "client%3Aalice", "%2B33639980001"),
    *("join", "leave", "hold", "mute", "conference-end", "participant-leave", "participant-join"),
    *("Sun%2C+22+Nov+2026+10%3A00%3A08+%2B0000", "transfer", "ask", "complete", "machine_start", "human"),
)
WORDS = tuple(word.encode() for word in (*(f"&{name}=" for name in NAMES), *VALUES, *SIDS))


def _pairs(body: bytes) -> list[tuple[str, str]] | None:
    try:
        return parsing.pairs(body, most=MOST)
    except NotUnderstood:
        return None


def _as_urllib_has_them(body: bytes, pairs: list[tuple[str, str]] | None) -> None:
    try:
        expected = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST)
    except ValueError:
        assert pairs is None
        return
    assert pairs == expected


def _form(data: bytes) -> dict[str, str]:
    return dict(_pairs(data) or ())


def _callbacks(form: Mapping[str, str]) -> list[Callback]:
    found = []
    for kind in Kind:
        try:
            found.append(forms.callback(kind, "/twilio/status?agent=a%26b", form, received_at=MORNING))
        except CallbackInvalid:
            continue
    with suppress(CallbackInvalid):
        found.append(forms.conference_callback("/twilio/conference", form, received_at=MORNING))
    return found


def _can_be_stored(form: Mapping[str, str], callbacks: list[Callback]) -> None:
    backwards = _callbacks(dict(reversed(list(form.items()))))
    assert [one.digest for one in backwards] == [one.digest for one in callbacks]
    assert [one.delivery for one in backwards] == [one.delivery for one in callbacks]
    for one in callbacks:
        assert forms.CALL_SID.fullmatch(one.root_sid)
        assert len(one.digest) == 16
        assert one.parameters.get("PlacedBy") in {"a&b", None}
        assert from_json(to_json(dict(one.parameters))) == dict(one.parameters)
        assert one.timestamp is None or one.timestamp.tzinfo is UTC
    answered, odd = forms.served(form)
    assert answered["From"].strip()
    assert not answered.keys() & odd
    assert forms.served(answered) == (answered, [])
    asked = forms.of_a_browser(form)
    assert asked.keys() <= forms.ASKED_BY_A_BROWSER
    assert forms.of_a_browser(asked) == asked


def _events(data: bytes) -> list[Callback]:
    """A form a line, of one call; its first byte is the kind, its second the minute of its arrival."""
    found = []
    for line in data.split(b"\n")[:24]:
        kind = list(Kind)[line[0] % len(Kind)] if line else Kind.STATUS
        at = MORNING + timedelta(seconds=20 * (line[1] if len(line) > 1 else 0))
        form = {"CallSid": SIDS[0], **_form(line[2:])}
        if form["CallSid"] != SIDS[0]:
            form["ParentCallSid"] = SIDS[0]
        else:
            form.pop("ParentCallSid", None)
        try:
            found.append(forms.callback(kind, "/twilio/status", form, received_at=at))
        except CallbackInvalid:
            continue
    return found


def _folded(callbacks: list[Callback]) -> Call | None:
    return fold(callbacks) if callbacks else None


def _same_in_any_order(callbacks: list[Callback], call: Call | None) -> None:
    if call is None:
        return
    assert fold([*callbacks[::-1], callbacks[0]]) == call
    assert fold(sorted(callbacks, key=lambda one: one.digest)) == call
    assert not call.ended or call.status.name not in {"RINGING", "IN_PROGRESS"}
    assert call.sid == SIDS[0]
    moments = [at for at in (call.started_at, call.answered_at, call.ended_at) if at]
    assert all(one.tzinfo for one in moments)
    assert all(one <= other for one, other in pairwise(moments)), moments
    assert call.talk_seconds is None or call.talk_seconds >= 0
    assert call.ring_seconds is None or call.ring_seconds >= 0


def _stories() -> Iterator[bytes]:
    kinds = list(Kind)
    at = {"status": Kind.STATUS, "dial": Kind.DIAL, "voice": Kind.VOICE, "recording": Kind.RECORDING}
    stories: dict[str, list[bytes]] = {}
    for path in sorted(target.PAYLOADS.glob("*.form")):
        kind = next((kind for word, kind in at.items() if word in path.name), Kind.STATUS)
        if path.name.startswith("conference"):
            kind = Kind.CONFERENCE
        form = _form(path.read_bytes().strip())
        root = form.get("ParentCallSid") or form.get("CallSid", "")
        listed = stories.setdefault(path.name.partition("-")[0], [])
        text = path.read_text().strip().replace(root, SIDS[0])
        listed.append(bytes([kinds.index(kind), len(listed)]) + text.encode())
    for listed in stories.values():
        yield b"\n".join(listed)


AUTH_TOKENS = ("12345", "another one")
SIGNED = signature.Validator(AUTH_TOKENS, {"webhooks_sharedkey_1": "shared"})
TWILIOS = RequestValidator(AUTH_TOKENS[0])


def _request(data: bytes) -> tuple[str, list[tuple[str, str]]]:
    """The path with query in the first line, the form in the second."""
    path, _, body = data.partition(b"\n")
    shown = "".join(chr(byte) for byte in path[:TARGET] if 0x20 < byte < 0x7F)
    return f"https://crm.example.com/{shown}", _pairs(body) or []


def _signed(request: tuple[str, list[tuple[str, str]]]) -> bool:
    url, pairs = request
    return SIGNED.is_valid(url, pairs, "not one", SIGNED.signers())


def _as_twilio_signs(request: tuple[str, list[tuple[str, str]]], valid: bool) -> None:
    assert not valid
    url, pairs = request
    form: Any = MultiDict(pairs)
    made = TWILIOS.compute_signature(url, form)
    signers = SIGNED.signers()
    assert SIGNED.is_valid(url, pairs, made, signers) == TWILIOS.validate(url, form, made)
    assert not SIGNED.is_valid(url, [*pairs, ("x", "changed")], made, signers) or ("x", "changed") in pairs
    settings = url.removeprefix("https://crm.example.com/")
    assert signature.names_in(settings) == sorted(set(signature.names_in(settings)))


URLS = CallbackUrls("https://crm.example.com/phone")


def _own(text: str) -> dict[str, str]:
    return own_parameters(text)


def _come_back(text: str, own: dict[str, str]) -> None:
    assert set(own) <= forms.OURS
    agent = text.encode("utf-8", "ignore").decode()
    url = URLS.status_of(agent)
    assert url.isascii()
    assert own_parameters(url.partition("#")[0]).get("PlacedBy", "") == agent
    url = URLS.status_joining(SIDS[0], agent)
    assert own_parameters(url.partition("#")[0]).get("JoinedAs", "") == agent
    assert own_parameters(url.partition("#")[0])["OfCall"] == SIDS[0]


def _time(text: str) -> datetime | None:
    return parse_timestamp(text)


def _is_a_time_in_utc(text: str, moment: datetime | None) -> None:
    if moment:
        assert moment.tzinfo is UTC
        # As PostgreSQL and JSON have it.
        assert datetime.fromisoformat(moment.isoformat()) == moment


TARGETS = {
    "form": Target(
        read=target.as_bytes,
        work=_pairs,
        holds=_as_urllib_has_them,
        seeds=target.forms,
        largest=BODY,
        words=(*WORDS, b"%E9", b"%", b"+", b"&&", b"%00", "é".encode()),
    ),
    "callback": Target(
        read=_form,
        work=_callbacks,
        holds=_can_be_stored,
        seeds=target.forms,
        largest=FIELD,
        words=WORDS,
        grows=tuple(Around(b"CallSid=" + SIDS[0].encode() + b"&" + name.encode() + b"=") for name in NAMES),
    ),
    "story": Target(
        read=_events,
        work=_folded,
        holds=_same_in_any_order,
        seeds=_stories,
        largest=FIELD,
        words=(*WORDS, b"\n"),
    ),
    "signature": Target(
        read=_request,
        work=_signed,
        holds=_as_twilio_signs,
        seeds=lambda: (b"twilio/status?agent=alice\n" + form for form in target.forms()),
        largest=BODY,
        words=(b":443/", b"[", b"]", b"@", b"#", b"?", b"//", b"key=", b",algorithm=HMAC_SHA256"),
        grows=(Around(), Around(b"twilio/status\n")),
    ),
    "url": Target(
        work=_own,
        holds=_come_back,
        seeds=lambda: (url.encode() for url in URLS.all),
        largest=TARGET,
        words=(b"?agent=", b"&joins=", b"&as=", b"&step=", b"#", b";", b"%2B", b"+"),
        grows=(Around(), Around(b"/twilio/status?")),
    ),
    "timestamp": Target(
        work=_time,
        holds=_is_a_time_in_utc,
        seeds=lambda: iter(
            (b"Sun, 22 Nov 2026 10:00:08 +0000", b"22 Nov 26 10:00 PST", b"1 Jan 1 0:0 +0001")
        ),
        largest=FIELD,
        words=(b"-2359", b"9999", b"24:00:60", b" GMT"),
    ),
}
"""By name."""
