"""What is taken out of log lines, and what is left in them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.observability.redactor import REDACTED, Redactor

SECRETS = ("9f86d081884c7d659a2feaa0c55ad015", 'quo"ted\\ sécret', "with a/slash&more")
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
redact = Redactor(SECRETS)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("nothing of note", "nothing of note"),
        (f"x{SECRETS[0]}y", "x[redacted]y"),
        ("?a=with%20a/slash%26more", "?a=[redacted]"),
        ("?a=with%20a%2Fslash%26more", "?a=[redacted]"),
        (f"asked with {JWT}, and no", "asked with [redacted], and no"),
        ("Authorization: Bearer abc123", "Authorization: Bearer [redacted]"),
        ("bearer 0123456789abcdef", "bearer [redacted]"),
        ("Basic QUM6c2VjcmV0", "Basic [redacted]"),
        ('{"authorization": "Bearer a b c", "n": 1}', '{"authorization": "[redacted]", "n": 1}'),
        ('{"X-Twilio-Signature": "RSOYDt4T/1c="}', '{"X-Twilio-Signature": "[redacted]"}'),
        ('{"token": null, "secret": 12, "n": [1]}', '{"token": null, "secret": 12, "n": [1]}'),
        ('{"token": {"a": 1}, "secret": [1]}', '{"token": {"a": 1}, "secret": [1]}'),
        ('{"e": "{\\"token\\": \\"a b\\"}"}', '{"e": "{\\"token\\": \\"[redacted]\\"}"}'),
        ("""{"e": "{'password': 'two words'}"}""", """{"e": "{'password': '[redacted]'}"}"""),
        ('{"e": "no token: ", "level": "info"}', '{"e": "no token: ", "level": "info"}'),
        ('{"e": "no token=", "level": "info"}', '{"e": "no token=", "level": "info"}'),
        ('{"e": "a\\ntoken: abc\\nbearer 0123456789"}', '{"e": "a\\ntoken: [redacted]\\nbearer [redacted]"}'),
        ('{"e": "token: \\u001fabc"}', '{"e": "token: \\u001fabc"}'),
        ("asked with tbk_0123456789abcdef-_x, and no", "asked with [redacted], and no"),
        ("by /phone#sign-in=tbl_0123456789abcdef-_x", "by /phone#sign-in=[redacted]"),
        ("tbd_0123456789abcdef-_x is signed out", "[redacted] is signed out"),
        ("api_key=abc&x=1", "api_key=[redacted]&x=1"),
        ("password='two words' x=1", "password='[redacted]' x=1"),
        ("TWILIO_AUTH_TOKEN=abc", "TWILIO_AUTH_TOKEN=[redacted]"),
        ("Set-Cookie: tokenPair=x", "Set-Cookie: [redacted]"),
        ("postgresql://bridge:pa55@db:5432/b", "postgresql://[redacted]@db:5432/b"),
        ("https://phone.example.com:8443/a@b", "https://phone.example.com:8443/a@b"),
        ("call +33612345678 now", "call +336…678 now"),
        ("call +33 6 12 34 56 78 now", "call +336…678 now"),
        ("/api/callers/%2B33612345678", "/api/callers/+336…678"),
        ("+336…678", "+336…678"),
        ("2026-11-22T10:00:00+01:00", "2026-11-22T10:00:00+01:00"),
        *[
            (line, line)
            for line in (
                "Rate limit exceeded for apiKey: 100 requests per 60s.",
                '{"error": "Rate limit exceeded for apiKey: 10,000 requests per 1s."}',
                "{'message': 'Limit for token: 5 per 60 s'}",
                "user token: 1 request per 1s",
            )
        ],
        ("apiKey: 100requests", "apiKey: [redacted]"),
        ("apiKey: 100 apples", "apiKey: [redacted] apples"),
        ("apiKey=4f2a requests", "apiKey=[redacted] requests"),
        ("password: 1234567890123 requests", "password: [redacted] requests"),
        ('{"event": "token.issued", "route": "/token"}', '{"event": "token.issued", "route": "/token"}'),
        ('{"call_sid": "CA0123456789abcdef0123456789abcdef"}',) * 2,
    ],
)
def test_line(line: str, left: str) -> None:
    assert redact(line) == left


def test_full_numbers() -> None:
    assert Redactor(full_numbers=True)("call +33612345678, token=x") == "call +33612345678, token=[redacted]"


def test_a_secret_that_holds_another_is_taken_out_whole() -> None:
    assert Redactor(["abcdef", "abcdefghi"])("xabcdefghix") == "x[redacted]x"


TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
SECRET = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), min_size=8, max_size=40).filter(
    # One that is JSON's own punctuation, or a word of ours, would be an operator's joke.
    lambda secret: len({c for c in secret if c.isalnum()}) > 4 and secret not in REDACTED
)
NAMES = st.sampled_from(["event", "token", "Authorization", "url", "x"])


@st.composite
def events(draw: st.DrawFn) -> tuple[str, Any]:
    """A secret, and something that has it in it somewhere."""
    secret = draw(SECRET)
    with_it = st.tuples(TEXT, TEXT).map(secret.join)
    told = st.sampled_from(["{}", "token: {}", "https://u:{}@host", "+{}"]).flatmap(
        lambda form: with_it.map(form.format)
    )
    leaves = told | told.map(lambda text: repr({"password": text})) | st.integers() | st.none()
    nested = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
    )
    return secret, draw(st.dictionaries(NAMES, nested, max_size=5))


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in texts_in(part)]
    if isinstance(value, list):
        return [text for part in value for text in texts_in(part)]
    return [value] if isinstance(value, str) else []


@given(events())
def test_no_line_tells_a_secret_and_all_stay_json(told: tuple[str, Any]) -> None:
    secret, event = told
    line = Redactor([secret])(json.dumps(event, ensure_ascii=False))
    left = json.loads(line)
    assert not [text for text in texts_in(left) if secret in text or repr(secret)[1:-1] in text]


@given(st.dictionaries(TEXT | NAMES, TEXT | st.integers() | st.floats(allow_nan=False, allow_infinity=False)))
def test_whatever_is_logged_stays_json(event: dict[str, Any]) -> None:
    json.loads(redact(json.dumps(event, ensure_ascii=False)))
