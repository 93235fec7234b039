"""Access tokens for phones, signed as Twilio's library signs them, at a tenth of the cost.

https://www.twilio.com/docs/iam/access-tokens
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from pydantic import SecretStr

from bridge.twilio.binding import Binding


class Hs256:
    """Signs payloads under one header."""

    def __init__(self, secret: str, header: Mapping[str, str]) -> None:
        self._header = _base64url(orjson.dumps({"typ": "JWT", "alg": "HS256", **header}))
        # The HMAC state of the key is made once, and each token copies it.
        self._key = hmac.new(secret.encode(), digestmod="sha256")

    def encode(self, payload: Mapping[str, Any]) -> str:
        """The token."""
        signed = self._header + b"." + _base64url(orjson.dumps(payload))
        mac = self._key.copy()
        mac.update(signed)
        return (signed + b"." + _base64url(mac.digest())).decode()


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


LONGEST = timedelta(hours=24)
"""Twilio refuses tokens that live longer."""


INCOMING: Mapping[str, Any] = {"incoming": {"allow": True}}
"""The part of a voice grant by which a phone rings."""


class IssuedToken(NamedTuple):
    """An access token, its identity, and when it expires."""

    token: str
    identity: str
    ttl: int
    expires_at: datetime


class TokenIssuer:
    """Signs access tokens with an API key's secret; they are equal to those of twilio's `AccessToken`."""

    def __init__(
        self,
        *,
        account_sid: str,
        api_key: str,
        api_secret: SecretStr,
        app_sid: str,
        ttl: timedelta,
        binding: Binding,
        region: str | None = None,
    ) -> None:
        self._account_sid = account_sid
        self._api_key = api_key
        self._app_sid = app_sid
        self._ttl = int(min(ttl, LONGEST).total_seconds())
        self._binding = binding
        header = {"cty": "twilio-fpa;v=1", **({"twr": region} if region else {})}
        self._signer = Hs256(api_secret.get_secret_value(), header)

    def issue(self, identity: str, *, incoming: bool, now: datetime) -> IssuedToken:
        """Issues a token for outgoing and, where `incoming`, for incoming calls.

        `identity` is one that Twilio allows (`calls/agents.py`).
        """
        began = int(now.timestamp())
        outgoing = {"application_sid": self._app_sid, "params": self._binding.parameters(identity)}
        voice = {"outgoing": outgoing, **(INCOMING if incoming else {})}
        payload = {
            "jti": f"{self._api_key}-{began}",
            "iss": self._api_key,
            "sub": self._account_sid,
            "nbf": began,
            "exp": began + self._ttl,
            "grants": {"identity": identity, "voice": voice},
        }
        expires_at = datetime.fromtimestamp(began + self._ttl, UTC)
        return IssuedToken(self._signer.encode(payload), identity, self._ttl, expires_at)
