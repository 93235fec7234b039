"""What is told of access tokens: the bridge's own, and ones with something wrong."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bridge.errors import NotUnderstood
from bridge.twilio import inspect
from bridge.twilio.binding import Binding
from bridge.twilio.inspect import Expected
from bridge.twilio.tokens import TokenIssuer
from tests.support import TEN

SECRET = "an invented secret of thirty-two characters"
EXPECTED = Expected(account_sid="AC1", api_key="SK1", api_secret=SECRET, app_sid="AP1")
ISSUER = TokenIssuer(
    account_sid="AC1",
    api_key="SK1",
    api_secret=SecretStr(SECRET),
    app_sid="AP1",
    ttl=timedelta(hours=1),
    binding=Binding(["an-invented-auth-token"]),
)
OURS = ISSUER.issue("alice", incoming=True, now=TEN).token


def changed(secret: str = SECRET, header: dict[str, str] | None = None, **claims: Any) -> str:
    """Our token with other claims, signed anew."""
    payload = jwt.decode(OURS, options={"verify_signature": False})
    head = {"cty": "twilio-fpa;v=1", "typ": "JWT"} | (header or {})
    return jwt.encode(payload | claims, secret, headers=head)


def problems(token: str, expected: Expected = EXPECTED) -> list[str]:
    return inspect.problems(inspect.read(token), expected, now=TEN + timedelta(minutes=1))


def test_nothing_is_wrong_with_ours() -> None:
    token = inspect.read(OURS)
    assert problems(OURS) == []
    assert inspect.is_checked(token, EXPECTED)
    assert token.time("exp") == TEN + timedelta(hours=1)
    assert token.application == "AP1"
    assert token.may_be_called
    assert inspect.read(changed(grants={"voice": {"outgoing": {"params": {"Agent": "a"}}}})).parameters == {
        "Agent": "a"
    }


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (changed(header={"cty": "other"}), "header's cty is 'other'"),
        (changed(sub="AC2"), "for the account AC2; ours is AC1"),
        (changed(iss="SK2"), "the signature is not checked"),
        (
            changed(secret="another secret of more than thirty-two characters"),
            "another secret made it",
        ),
        (OURS[:-2] + ("AA" if not OURS.endswith("AA") else "BB"), "another secret made it"),
        (changed(exp=int(TEN.timestamp())), "has expired, 60 s ago"),
        (changed(exp=None), "no expiry time"),
        (changed(exp=int(TEN.timestamp()) + 90_000), "more than a day"),
        (changed(nbf=int(TEN.timestamp()) + 90), "only in 30 s: the clock"),
        (changed(grants={"voice": {"outgoing": {"application_sid": "AP1"}}}), "names no identity"),
        (changed(grants={"identity": "a-b", "voice": {"outgoing": {"application_sid": "AP1"}}}), "'a-b'"),
        (changed(grants={"identity": "a"}), "no voice grant"),
        (changed(grants={"identity": "a", "voice": {"incoming": {"allow": True}}}), "no TwiML App"),
        (changed(grants={"identity": "a", "voice": {"outgoing": {"application_sid": "AP2"}}}), "ours is AP1"),
    ],
)
def test_what_is_wrong_is_named(token: str, said: str) -> None:
    (problem,) = problems(token)
    assert said in problem


def test_where_nothing_is_set_nothing_is_compared() -> None:
    assert problems(changed(iss="SK2", sub="AC2"), Expected()) == []
    assert not inspect.is_checked(inspect.read(OURS), replace(EXPECTED, api_secret=None))


def encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "é.é.é", f"{encoded(1)}.{encoded({})}.x", "x" * 5000])
def test_what_is_no_token_is_a_sentence(text: str) -> None:
    with pytest.raises(NotUnderstood, match="not a JWT"):
        inspect.read(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)


@given(st.dictionaries(st.sampled_from(["exp", "nbf", "grants", "iss", "sub"]), JSON))
def test_whatever_the_claims_are_something_is_told(claims: dict[str, Any]) -> None:
    token = f"{encoded({})}.{encoded(claims)}.AAAA"
    assert problems(token)
