"""Access tokens, checked as Twilio does when a browser connects.

https://www.twilio.com/docs/iam/access-tokens
"""

import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.sandbox.twilio.account import Account
from bridge.sandbox.twilio.errors import TokenRefused

DAY_SECONDS = 24 * 60 * 60
CONTENT_TYPE = "twilio-fpa;v=1"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token lets its browser do."""

    identity: str
    application_sid: str
    params: Mapping[str, str]
    incoming: bool = False
    expires: float = 0.0


def check_token(token: str, account: Account, *, now: float) -> Grant:
    """Whom a token is for and where their calls go; raises TokenRefused with Twilio's code."""
    grant = read_token(token, account, now=now)
    check_application(grant, account)
    return grant


def check_application(grant: Grant, account: Account) -> None:
    """Raises TokenRefused for a token that opens no call."""
    if grant.application_sid not in account.applications:
        raise TokenRefused(21218, grant.application_sid or "the token has no outgoing application")


def read_token(token: str, account: Account, *, now: float) -> Grant:
    """Whom a token is for, and what it lets them do; raises TokenRefused with Twilio's code."""
    header, payload, signed, signature = _parts(token)
    if header.get("typ") != "JWT" or header.get("alg") != "HS256" or header.get("cty") != CONTENT_TYPE:
        raise TokenRefused(20102, json.dumps(header))
    key = account.keys.get(str(payload.get("iss")))
    if key is None or payload.get("sub") != account.sid:
        raise TokenRefused(20103)
    if not hmac.compare_digest(hmac.digest(key.secret.encode(), signed, "sha256"), signature):
        raise TokenRefused(20107)
    _check_times(payload, now)
    return _grant(payload)


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    try:
        first, second, third = token.split(".")
        header, payload = json.loads(_decode(first)), json.loads(_decode(second))
        signature = _decode(third)
    except ValueError as error:
        raise TokenRefused(20101, "three parts of base64url, two of them JSON") from error
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise TokenRefused(20101, "header and payload are objects")
    return header, payload, f"{first}.{second}".encode(), signature


def _decode(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _check_times(payload: Mapping[str, Any], now: float) -> None:
    expires, valid_from = payload.get("exp"), payload.get("nbf", now)
    if not isinstance(expires, int | float) or expires <= now:
        raise TokenRefused(20104)
    if not isinstance(valid_from, int | float) or valid_from > now:
        raise TokenRefused(20105)
    if expires - max(valid_from, 0) > DAY_SECONDS:
        raise TokenRefused(20157)


def _grant(payload: Mapping[str, Any]) -> Grant:
    grants = payload.get("grants")
    if (
        not isinstance(grants, dict)
        or not isinstance(grants.get("voice"), dict)
        or not grants.get("identity")
    ):
        raise TokenRefused(20106)
    outgoing, incoming = _object(grants["voice"], "outgoing"), _object(grants["voice"], "incoming")
    params = {str(name): str(value) for name, value in _object(outgoing, "params").items()}
    return Grant(
        identity=str(grants["identity"]),
        application_sid=str(outgoing.get("application_sid", "")),
        params=params,
        incoming=incoming.get("allow") is True,
        expires=float(payload["exp"]),
    )


def _object(grants: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = grants.get(name) or {}
    if not isinstance(value, dict):
        raise TokenRefused(20106, name)
    return value
