"""JSON from outside: Twenty's and Twilio's webhooks and answers, transcripts, what a model writes."""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from bridge.calls.numbers import E164
from bridge.calls.transcripts.dialogue import dialogue
from bridge.calls.transcripts.merging import merged_channel
from bridge.calls.transcripts.segments import Role, Segment, Speaker, Transcript
from bridge.calls.transcripts.summary import CallSummary
from bridge.errors import (
    CallbackInvalid,
    NotUnderstood,
    SummaryFailed,
    TranscriptUnavailable,
    TwentyError,
    TwilioError,
)
from bridge.json_text import from_json, to_json
from bridge.transcripts.engines import openai
from bridge.transcripts.summaries import answer
from bridge.twenty import webhooks
from bridge.twenty.client.errors import translate
from bridge.twenty.people.changes import LONGEST_ID, PersonChanged, PersonGone
from bridge.twilio.rest.http import error_of, resource_of
from bridge.twilio.transcripts.results import account_in, result_of
from bridge.twilio.transcripts.sentences import LONGEST_SECONDS, Sentence, batch_result
from bridge.web.phone import bodies
from tests.fuzz import target
from tests.fuzz.target import Around, Target
from tests.fuzz.targets.forms import BODY

TRANSCRIPT = 4 * 1024 * 1024
GROWN = 256 * 1024
"""So far a transcript grows here, whose body may have four MiB: what is not linear shows long before."""

VALUES = (
    *(
        b"null",
        b"true",
        b"1e999",
        b"NaN",
        b"-1",
        b"1.5",
        b"[]",
        b"{}",
        b'""',
        b'"\\ud800"',
        b'"\\u0000"',
        b"1" * 40,
    ),
    *(b'":', b'","', b"},{", b"[[", b'{"'),
)


def quoted(*names: str) -> tuple[bytes, ...]:
    return tuple(f'"{name}":'.encode() for name in names)


def dumped(*values: Any) -> Callable[[], Iterator[bytes]]:
    return lambda: (json.dumps(value).encode() for value in values)


def _told(body: bytes) -> webhooks.Told | NotUnderstood:
    try:
        return webhooks.parse(body, region="FR")
    except NotUnderstood as invalid:
        return invalid


def _can_be_looked_up(body: bytes, told: webhooks.Told | NotUnderstood) -> None:
    match told:
        case PersonChanged():
            assert all(E164.fullmatch(number) for number in told.numbers or ())
        case webhooks.CallChanged():
            assert isinstance(told.call_sid, str)
            assert told.person_id is None or _is_an_id(told.person_id)
        case NotUnderstood():
            assert len(str(told)) < 100
    if isinstance(told, PersonChanged | PersonGone):
        assert _is_an_id(told.person_id)
    if told is not None and not isinstance(told, NotUnderstood):
        # Blanks and the order of names say nothing.
        again = json.dumps(json.loads(body), sort_keys=True, indent=1).encode()
        assert webhooks.parse(again, region="FR") == told


def _is_an_id(text: str) -> bool:
    return len(text) <= LONGEST_ID and text.isprintable()


def _result(body: bytes) -> Any:
    try:
        result = result_of(body)
    except CallbackInvalid as invalid:
        return invalid, account_in(body)
    return result, batch_result(result.body)


def _can_be_shown(body: bytes, found: Any) -> None:
    result, read = found
    assert re.fullmatch("(AC[0-9a-f]{32})?", account_in(body))
    if isinstance(result, CallbackInvalid):
        assert len(str(result)) < 200
        return
    assert re.fullmatch("(RE|GT)[0-9a-f]{32}", result.source_sid)
    sentences: Sequence[Sentence] = read.sentences or ()
    for one in sentences:
        assert one.channel in {1, 2}
        assert 0 <= one.start_seconds <= one.end_seconds <= LONGEST_SECONDS
        assert one.confidence is None or 0 <= one.confidence <= 1
        assert one.text == " ".join(one.text.split())
        assert one.text
        assert "\0" not in one.text
        one.text.encode()
    assert all(one.start_seconds <= other.start_seconds for one, other in pairwise(sentences))


def _result_with(field: bytes) -> Around:
    return Around(b'{"sourceId":"RE' + b"0" * 32 + b'",' + field, b"null]}")


ENGINE = openai.OpenAiTranscriber.__new__(openai.OpenAiTranscriber)
ENGINE._shapes = set()
SECONDS = 30.0
WHO = Speaker(Role.CUSTOMER, "+33639980001")


def _heard(body: bytes) -> Any:
    """The segments of an answer, alone and as two pieces of a recording that overlap."""
    try:
        heard = ENGINE._segments(openai._object(body), SECONDS)
    except TranscriptUnavailable as unavailable:
        return unavailable, []
    piece = [Segment(WHO, *one) for one in heard]
    return heard, merged_channel([(0.0, piece), (SECONDS - 5, piece)])


def _is_of_the_piece(body: bytes, found: Any) -> None:
    heard, merged = found
    if isinstance(heard, TranscriptUnavailable):
        assert len(str(heard)) < 200
        return
    assert sum(len(one[2]) for one in heard) <= SECONDS * openai.CHARACTERS_A_SECOND + 1000
    for start, end, text, confidence in heard:
        assert 0 <= start <= end <= SECONDS
        assert text == " ".join(text.split())
        text.encode()
        assert confidence is None or 0 <= confidence <= 1
    assert from_json(to_json(heard)) == [list(one) for one in heard]
    assert all(one[0] <= other[0] for one, other in pairwise(heard))
    words, said = _words(heard), _words((0, 0, one.text) for one in merged)
    assert len(said) <= 2 * len(words)
    assert set(said) <= set(words), (words, said)
    spoken = dialogue(Transcript(segments=tuple(merged), language="", engine="openai"))
    assert _words((0, 0, one.text) for one in spoken) == said


def _words(heard: Any) -> list[str]:
    return [character for one in heard for character in one[2] if not character.isspace()]


LINES = [
    answer.SpokenLine(2, "agent", "Good morning."),
    answer.SpokenLine(40, "agent", "I send the offer over 1200 euros tomorrow, call 06 39 98 00 01."),
]


def _summary(text: str) -> CallSummary | SummaryFailed:
    try:
        return answer.summary_of(text, LINES, ends_at=50.5, model="qwen3:8b", prompt="1")
    except SummaryFailed as failed:
        return failed


def _is_for_people(text: str, summary: CallSummary | SummaryFailed) -> None:
    if isinstance(summary, SummaryFailed):
        assert len(str(summary)) < 400
        return
    assert 0 < len(summary.about) <= answer.ABOUT
    assert len(summary.agreed) <= answer.AGREED
    assert len(summary.next_steps) <= answer.NEXT_STEPS
    assert CallSummary.from_json(json.loads(json.dumps(summary.to_json()))) == summary
    for point in summary.points:
        assert point.text.strip()
        assert len(point.text) <= answer.LONGEST_POINT * 3
        assert "://" not in point.text
        assert "\n" not in point.text
        assert point.second is None or 0 <= point.second <= 50
        for number in re.findall(r"[0-9]{3,}(?! \(\?\))(?![0-9])", point.text):
            assert any(number in whole for whole in ("1200", "0639980001", "06", "39", "98", "00", "01")) or (
                re.search(rf"{number}[0-9 .,'’:/\u00a0\u202f-]*\(\?\)", point.text)
            ), (number, point.text)


def _errors(text: str) -> Sequence[TwentyError | TwilioError]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    resource_of(text)
    return translate(value), *(error_of(status, text) for status in (301, 400, 403, 404, 429, 503))


def _say_what_is_wrong(text: str, errors: Sequence[TwentyError | TwilioError]) -> None:
    for error in errors:
        assert len(str(error)) <= 500, len(str(error))
        waits = getattr(error, "retry_after", None)
        assert waits is None or (math.isfinite(waits) and waits >= 0)
        limit = getattr(error, "limit", None)
        assert limit is None or 0 <= limit <= 10**12
    # What it says of a limit is its message as it is.
    assert hasattr(errors[0], "limit") or "QUOTA" in text or not re.search(r"[0-9]{8}", str(errors[0]))
    assert resource_of(text).isalpha()


KINDS: Sequence[type[BaseModel]] = (
    *(bodies.DispositionRequest, bodies.NoteRequest, bodies.RecordingRequest, bodies.SignInAsked),
    *(bodies.TransferRequest, bodies.ParticipantRequest, bodies.ListenRequest),
)


def _bodies(body: bytes) -> Sequence[BaseModel | str]:
    return [_body(kind, body) for kind in KINDS]


def _body(kind: type[BaseModel], body: bytes) -> BaseModel | str:
    try:
        return kind.model_validate_json(body)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False, include_context=False)[0]
        return ".".join(str(part) for part in first["loc"]) + first["msg"]


def _are_bounded(body: bytes, read: Sequence[BaseModel | str]) -> None:
    for one in read:
        if isinstance(one, str):
            assert len(one) < 300
            continue
        for name, value in cast("Mapping[str, object]", one.model_dump()).items():
            assert name == "identity" or len(str(value)) <= bodies.LONGEST_NOTE
            assert name not in {"note", "outcome"} or not re.search(
                "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", str(value)
            )
        assert type(one).model_validate_json(one.model_dump_json()) == one


PHONES = b'{"eventName":"person.updated","record":{"id":"1","phones":{'
SENTENCE = {
    "audioChannelIndex": 1,
    "startTimeSeconds": 1.5,
    "endTimeSeconds": "2",
    "text": "Hello",
    "confidence": 0.9,
}
SEGMENTS = [
    {"start": 0, "end": 4.2, "text": " Good morning.", "avg_logprob": -0.2, "no_speech_prob": 0.01},
    {"start": 24.8, "end": 29.9, "text": "Here is Marie, from Lyon.", "avg_logprob": -0.4},
]
POINT = {"text": "**Pay** at [our bank](https://evil.example/pay) 1200", "second": 40}

TARGETS = {
    "twenty-webhook": Target(
        read=target.as_bytes,
        work=_told,
        holds=_can_be_looked_up,
        seeds=target.twenty_webhooks,
        largest=BODY,
        words=(
            *quoted("eventName", "record", "id", "phones", "additionalPhones", "number", "callingCode"),
            *quoted("primaryPhoneNumber", "externalCallId", "personId", "updatedBy", "source", "countryCode"),
            *(f'"{one}"'.encode() for one in (*webhooks.CHANGED, *webhooks.CALL, *webhooks.GONE)),
            *VALUES,
        ),
        grows=(
            Around(PHONES + b'"primaryPhoneNumber":"', b'"}}}'),
            Around(PHONES + b'"additionalPhones":[', b"null]}}}"),
            Around(PHONES + b'"primaryPhoneCallingCode":"', b'"}}}'),
            Around(),
        ),
    ),
    "transcript-result": Target(
        read=target.as_bytes,
        work=_result,
        holds=_can_be_shown,
        seeds=dumped(
            {"sourceId": "RE" + "0" * 32, "status": "COMPLETED", "sentences": [SENTENCE, SENTENCE]},
            {"transcript_sid": "GT" + "a" * 32, "account_sid": "AC" + "0" * 32},
            {"sourceId": "RE" + "0" * 32, "transcription": {"status": "FAILED", "sentences": []}},
            [SENTENCE],
        ),
        largest=GROWN,
        words=(
            *quoted("sentences", "transcript", "media_channel", "start_time", "end_time", "sentence_index"),
            *quoted("resolvedConfiguration", "accountSid", "transcription", "sourceId"),
            *VALUES,
        ),
        grows=(
            _result_with(b'"sentences":['),
            Around(b'{"sourceId":"', b'"}'),
            Around(b'"accountId":"AC'),
            Around(),
        ),
    ),
    "speech-answer": Target(
        read=target.as_bytes,
        work=_heard,
        holds=_is_of_the_piece,
        seeds=dumped(
            {"language": "en", "segments": SEGMENTS},
            {"text": "All in one."},
            {"segments": SEGMENTS[::-1], "text": ""},
            {"segments": [{"start": 20, "end": 30, "text": "你好 Lyon 早上好"}] * 3},
        ),
        largest=GROWN,
        words=(*quoted("segments", "text", "start", "end", "avg_logprob", "no_speech_prob"), *VALUES),
        grows=(Around(b'{"segments":[', b"null]}"), Around(b'{"text":"', b'"}'), Around()),
    ),
    "summary": Target(
        work=_summary,
        holds=_is_for_people,
        seeds=dumped(
            {
                "about": [POINT],
                "agreed": [POINT],
                "next_steps": [{"text": "Call 0899 70 01 75.", "second": None}],
            },
            {
                "about": [{"text": "# 1. **_x_** <a href=b>c</a> www.a.b", "second": 2.5}],
                "agreed": [],
                "next_steps": [],
            },
        ),
        largest=BODY,
        words=(
            *quoted("about", "agreed", "next_steps", "text", "second"),
            *VALUES,
            b"**",
            b"](",
            b"://",
            b"<a",
        ),
        grows=(
            Around(b'{"agreed":[],"next_steps":[],"about":[{"second":1,"text":"', b'"}]}'),
            Around(b'{"agreed":[],"next_steps":[],"about":[', b'{"second":1,"text":"a"}]}'),
        ),
    ),
    "error-answer": Target(
        work=_errors,
        holds=_say_what_is_wrong,
        seeds=lambda: (
            json.dumps(value).encode()
            for value in (
                [
                    {
                        "message": "Limit reached (100 tokens per 60000 ms)",
                        "extensions": {"subCode": "LIMIT_REACHED"},
                    }
                ],
                [{"message": "a duplicate entry +33639980001", "extensions": {"code": "BAD_USER_INPUT"}}],
                [
                    {
                        "extensions": {
                            "code": "RATE_LIMITED",
                            "limit": 100,
                            "windowSeconds": 60,
                            "retryAfterMs": 7,
                        }
                    }
                ],
                {"code": 21211, "message": "Invalid number", "status": 400},
                {"detail": "https://api.twilio.com/2010-04-01/Accounts/AC0/Calls/CA0.json"},
            )
        ),
        largest=BODY,
        words=(
            *quoted(
                "message", "extensions", "code", "subCode", "limit", "windowSeconds", "retryAfterMs", "detail"
            ),
            *(b"FORBIDDEN", b"BAD_USER_INPUT", b"QUOTA_EXHAUSTED", b"per 60s", b"/Accounts/AC0/"),
            *VALUES,
        ),
        grows=(
            Around(b'[{"message":"', b'"}]'),
            Around(b'[{"extensions":{"code":"', b'"}}]'),
            Around(b'{"message":"', b'"}'),
            Around(),
        ),
    ),
    "phone-body": Target(
        read=target.as_bytes,
        work=_bodies,
        holds=_are_bounded,
        seeds=dumped(
            {"identity": "alice", "note": "a\tb\n\u0000", "outcome": " sold ", "version": 1},
            {
                "to": "client:bob",
                "ask": True,
                "action": "pause",
                "secret": "s",
                "mode": "whisper",
                "device": False,
            },
        ),
        largest=BODY,
        words=(
            *quoted("identity", "note", "outcome", "version", "to", "ask", "action", "secret", "mode"),
            *VALUES,
        ),
        grows=(Around(b'{"note":"', b'"}'), Around(b'{"to":"', b'"}'), Around()),
    ),
}
"""By name."""
