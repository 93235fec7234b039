"""Access tokens for the phone widget.

https://www.twilio.com/docs/iam/access-tokens
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from bridge.twilio.binding import Binding

LONGEST = timedelta(hours=24)
"""Twilio refuses tokens that live longer; its library does not."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token, whose it is, and until when it holds."""

    token: str
    identity: str
    ttl: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssuer:
    """Signs access tokens with an API key's secret."""

    account_sid: str
    api_key: str
    api_secret: SecretStr
    app_sid: str
    ttl: timedelta
    binding: Binding
    region: str | None = None

    def issue(self, identity: str, *, incoming: bool, now: datetime) -> IssuedToken:
        """A token to call with and, where `incoming`, to be called with.

        `identity` is one that Twilio allows (`calls/identities.py`).
        """
        ttl = int(min(self.ttl, LONGEST).total_seconds())
        token = AccessToken(
            self.account_sid,
            self.api_key,
            self.api_secret.get_secret_value(),
            grants=[self._voice(identity, incoming=incoming)],
            identity=identity,
            nbf=int(now.timestamp()),
            valid_until=int(now.timestamp()) + ttl,
            region=self.region,
        )
        expires_at = datetime.fromtimestamp(int(now.timestamp()) + ttl, UTC)
        return IssuedToken(token.to_jwt(), identity, ttl, expires_at)

    def _voice(self, identity: str, *, incoming: bool) -> VoiceGrant:
        return VoiceGrant(
            incoming_allow=incoming,
            outgoing_application_sid=self.app_sid,
            outgoing_application_params=self.binding.parameters(identity),
        )
