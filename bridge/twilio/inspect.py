"""Decodes an access token and lists what is wrong with it.

https://www.twilio.com/docs/iam/access-tokens
"""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
from msgspec import Struct

from bridge.calls.agents import identity_of
from bridge.errors import NotUnderstood
from bridge.twilio.tokens import LONGEST

CONTENT_TYPE = "twilio-fpa;v=1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The values that a token of this bridge has; None is not compared."""

    account_sid: str | None = None
    api_key: str | None = None
    api_secret: str | None = field(default=None, repr=False)
    app_sid: str | None = None


class Token(Struct, frozen=True):
    """A decoded token; its signature is not checked."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @property
    def grants(self) -> Mapping[str, Any]:
        """The `grants` claim; empty where there is none."""
        return _mapping(self.payload.get("grants"))

    @property
    def voice(self) -> Mapping[str, Any]:
        """The voice grant; empty where there is none."""
        return _mapping(self.grants.get("voice"))

    @property
    def application(self) -> str | None:
        """The SID of the TwiML App for outbound calls."""
        return _mapping(self.voice.get("outgoing")).get("application_sid")

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Parameters that Twilio adds to an outbound call's voice request; a browser cannot change them."""
        return _mapping(_mapping(self.voice.get("outgoing")).get("params"))

    @property
    def may_be_called(self) -> bool:
        """Whether the token allows inbound calls."""
        return bool(_mapping(self.voice.get("incoming")).get("allow"))

    def time(self, claim: str) -> datetime | None:
        """The time of a claim; None where it is missing or not a time."""
        value = self.payload.get(claim)
        try:
            return None if isinstance(value, bool) or value is None else datetime.fromtimestamp(value, UTC)
        except (TypeError, ValueError, OverflowError, OSError):
            return None


def read(text: str) -> Token:
    """Decodes a token without checking its signature; raises NotUnderstood where the text is not a JWT."""
    compact = text.strip()
    try:
        decoded = jwt.decode_complete(compact, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError) as problem:
        raise NotUnderstood(
            "That is not a JWT: three parts of base64url with dots between, two of them JSON objects."
        ) from problem
    return Token(
        decoded["header"], decoded["payload"], compact.rpartition(".")[0].encode(), decoded["signature"]
    )


def problems(token: Token, expected: Expected, *, now: datetime) -> list[str]:
    """The reasons why the token does not work, as far as they show without asking Twilio."""
    return [*_kind(token), *_origin(token, expected), *_times(token, now), *_allowed(token, expected)]


def is_checked(token: Token, expected: Expected) -> bool:
    """Whether the signature can be checked, which needs the secret of the key that signed."""
    return bool(expected.api_secret) and token.payload.get("iss") == expected.api_key


def _kind(token: Token) -> Iterator[str]:
    for name, wanted in (("typ", "JWT"), ("alg", "HS256"), ("cty", CONTENT_TYPE)):
        if token.header.get(name) != wanted:
            yield f"The header's {name} is {token.header.get(name)!r}; Twilio takes {wanted!r}."


def _origin(token: Token, expected: Expected) -> Iterator[str]:
    issuer, account = token.payload.get("iss"), token.payload.get("sub")
    if expected.account_sid and account != expected.account_sid:
        yield f"It is for the account {account}; ours is {expected.account_sid}."
    if expected.api_key and issuer != expected.api_key:
        yield f"The key {issuer} signed it, ours is {expected.api_key}: the signature is not checked."
    if is_checked(token, expected):
        mac = hmac.digest((expected.api_secret or "").encode(), token.signed, "sha256")
        if not hmac.compare_digest(mac, token.signature):
            yield "The signature does not match TWILIO_API_SECRET; another secret made it."


def _times(token: Token, now: datetime) -> Iterator[str]:
    begins, ends = token.time("nbf"), token.time("exp")
    if ends is None:
        yield "It has no expiry time (exp)."
    elif ends <= now:
        yield f"It has expired, {_seconds(now, ends)} s ago."
    elif begins and ends - begins > LONGEST:
        yield "It is valid for more than a day; Twilio refuses that."
    if begins and begins > now:
        yield f"It is valid only in {_seconds(begins, now)} s: the clock that made it is ahead of this one."


def _allowed(token: Token, expected: Expected) -> Iterator[str]:
    identity = token.grants.get("identity")
    if not isinstance(identity, str) or not identity:
        yield "It names no identity."
    elif identity_of(identity) != identity:
        yield f"The identity {identity!r} is not of letters, digits and _ alone, or is too long."
    if not token.voice:
        yield "It has no voice grant: it opens no call."
    elif not token.application:
        yield "Its voice grant names no TwiML App: calls out fail."
    elif expected.app_sid and token.application != expected.app_sid:
        yield f"Its calls out go through {token.application}; ours is {expected.app_sid}."


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _seconds(later: datetime, earlier: datetime) -> int:
    return round((later - earlier).total_seconds())
