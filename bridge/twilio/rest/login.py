"""Authentication at Twilio's REST API: by a key's SID and secret, or by OAuth.

https://www.twilio.com/docs/iam/oauth-apps
"""

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
import structlog

from bridge.errors import TwilioDenied, TwilioError, TwilioUnavailable
from bridge.language.phrase import phrase
from bridge.network.client import bound_to, open_session
from bridge.network.errors import why
from bridge.settings.systems import TwilioAccount

SHARE_OF_LIFE = 0.8
"""When this much of an access token's life is over, the next request gets a new one."""

SHORTEST_LIFE_SECONDS = 60
"""Twilio's shortest; also assumed where the answer does not say how long the token lives."""

PAUSE_SECONDS = 15
"""Between attempts to renew a token that still holds."""

SECONDS = 10
"""For one answer of Twilio's."""

log = structlog.get_logger()


class Login(Protocol):
    """Credentials for the REST API."""

    async def authorization(self) -> str:
        """The Authorization header; raises TwilioDenied and TwilioUnavailable."""

    def renew(self, authorization: str) -> bool:
        """After Twilio answered 401 to this header: whether `authorization` now returns another one."""


class BasicLogin:
    """The account's SID and auth token, or an API key's SID and secret."""

    def __init__(self, name: str, password: str) -> None:
        self._header = "Basic " + b64encode(f"{name}:{password}".encode()).decode()

    async def authorization(self) -> str:
        """See `Login`: the same header for every request."""
        return self._header

    def renew(self, authorization: str) -> bool:
        """See `Login`: there is no other header."""
        return authorization != self._header


class OAuthLogin:
    """Client credentials: one access token for all requests, renewed before it ends.

    `seconds` is how long the OAuth server may take. twilio's own provider calls `logging.basicConfig` and
    renews only after the end.
    """

    def __init__(
        self, session: aiohttp.ClientSession, *, client_id: str, secret: str, url: str, seconds: float
    ) -> None:
        self._session = session
        self._form = urlencode(
            {"client_id": client_id, "client_secret": secret, "grant_type": "client_credentials"}
        )
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._header = ""
        self._renew_at = 0.0
        self._ends_at = 0.0
        self._renewing = asyncio.Lock()
        self._attempts = 0
        self._failure: TwilioError | None = None

    async def authorization(self) -> str:
        """See `Login`: the token does not expire soon; one renewal serves all waiting requests."""
        seen = self._attempts
        async with self._renewing:
            if time.monotonic() >= self._renew_at:
                if self._attempts != seen and self._failure:
                    raise self._failure
                await self._renew()
            return self._header

    async def _renew(self) -> None:
        try:
            token, seconds = await self._fetch()
        except TwilioError as failure:
            self._attempts += 1
            self._failure = failure
            self._keep_what_holds(failure)
            return
        self._attempts += 1
        self._failure = None
        self._header = f"Bearer {token}"
        now = time.monotonic()
        self._renew_at, self._ends_at = now + seconds * SHARE_OF_LIFE, now + seconds

    def _keep_what_holds(self, failure: TwilioError) -> None:
        """Uses the current token until it expires; raises `failure` where it expired or was revoked."""
        now = time.monotonic()
        if now >= self._ends_at:
            raise failure
        log.warning("twilio.oauth.not_renewed", reason=str(failure), seconds_left=round(self._ends_at - now))
        self._renew_at = min(now + PAUSE_SECONDS, self._ends_at)

    def renew(self, authorization: str) -> bool:
        """Forgets a token that Twilio revoked."""
        if authorization == self._header:
            self._renew_at = self._ends_at = 0.0
        return True

    async def _fetch(self) -> tuple[str, float]:
        """The access token and how many seconds it lives."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            async with self._session.post(
                self._url, data=self._form, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as answer:
                status, body = answer.status, _object(await answer.text(errors="replace"))
        except (aiohttp.ClientError, TimeoutError, OSError) as away:
            raise TwilioUnavailable(
                phrase("Twilio's OAuth server cannot be reached: {reason}", reason=why(away))
            ) from away
        if status in {400, 401, 403}:
            raise TwilioDenied(phrase("Twilio refuses TWILIO_CLIENT_ID with TWILIO_CLIENT_SECRET"))
        token, seconds = body.get("access_token"), body.get("expires_in")
        if status != 200 or not isinstance(token, str) or not token.isprintable() or not token:
            raise TwilioUnavailable(
                phrase("Twilio's OAuth server answered {status} without an access token", status=status)
            )
        return token, seconds if isinstance(seconds, int) and seconds > 0 else SHORTEST_LIFE_SECONDS


def open_twilio(api_url: str) -> aiohttp.ClientSession:
    """A session to this API and its neighbours: the address of a next page is Twilio's own."""
    return open_session(**bound_to(api_url, domain="twilio.com"))


@asynccontextmanager
async def open_login(settings: TwilioAccount) -> AsyncIterator[Login]:
    """One login for all clients of a process, so that one access token serves them."""
    async with open_twilio(settings.api_url) as session:
        yield login_of(settings, session)


def login_of(settings: TwilioAccount, session: aiohttp.ClientSession, *, seconds: float = SECONDS) -> Login:
    """The login of the settings: OAuth, else an API key, else the auth token."""
    if settings.client_id and settings.client_secret:
        return OAuthLogin(
            session,
            client_id=settings.client_id,
            secret=settings.client_secret.get_secret_value(),
            url=f"{neighbour(settings.api_url, 'oauth')}/v2/token",
            seconds=seconds,
        )
    return BasicLogin(*settings.rest_credentials)


def neighbour(api_url: str, name: str) -> str:
    """The URL of another API: `voice.twilio.com` for `api.twilio.com`; unchanged for other servers."""
    is_twilio = api_url.startswith("https://api.") and api_url.endswith(".twilio.com")
    return api_url.replace("https://api.", f"https://{name}.", 1) if is_twilio else api_url


def _object(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
