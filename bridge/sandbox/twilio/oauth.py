"""OAuth apps of the account, and the access tokens that they have.

https://www.twilio.com/docs/iam/oauth-apps
"""

import hmac
import secrets
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class OAuth:
    """Client ids with their secrets; a token lives `life_seconds`.

    `fetched` counts the tokens; `revoke` ends those that were issued.
    """

    apps: dict[str, str] = field(default_factory=dict)
    life_seconds: int = 3600
    fetched: int = 0
    _tokens: dict[str, float] = field(default_factory=dict)

    def issue(self, client_id: str, secret: str) -> str | None:
        """An access token; None for an app that is not known."""
        known = self.apps.get(client_id)
        if known is None or not hmac.compare_digest(known.encode(), secret.encode()):
            return None
        self.fetched += 1
        token = secrets.token_urlsafe(48)
        self._tokens[token] = time.monotonic() + self.life_seconds
        return token

    def is_valid(self, token: str) -> bool:
        """Whether the token opens the REST API now."""
        return time.monotonic() < self._tokens.get(token, 0)

    def revoke(self) -> None:
        """Ends every token before its time."""
        self._tokens.clear()
