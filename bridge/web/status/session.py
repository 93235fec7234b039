"""A sign-in by a key, for one tab's hours: a cookie that says which key, and until when, under an HMAC."""

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from aiohttp import web
from pydantic import SecretStr

from bridge.calls.agents import Allowed
from bridge.web.authentication.caller import Caller
from bridge.web.authentication.keys import Key, Keys

COOKIE = "bridge-status"
LONGEST = 100

OPERATOR = Key(name="operator", digest=b"operator", agents=Allowed(), sees_status=True)
"""Who has the settings' secrets sees the status, too: `doctor --watch`. No digest of a key is as short."""
OPERATOR_LASTS = timedelta(minutes=1)


def secret_of(api_secret: SecretStr) -> bytes:
    """Signs the cookies of the status page."""
    return hmac.digest(api_secret.get_secret_value().encode(), b"status page", "sha256")


def operator_cookie(secret: bytes, now: datetime) -> str:
    """The value of the cookie with which an operator's command asks for the page, once."""
    until = int((now + OPERATOR_LASTS).timestamp())
    return f"{until}.{_signature(secret, OPERATOR, until)}"


def _signature(secret: bytes, key: Key, until: int) -> str:
    return hmac.digest(secret, b"status %d %s" % (until, key.digest), "sha256").hex()


class StatusSession:
    """Signs by `secret`. The key itself is neither in the cookie nor in a URL."""

    def __init__(self, keys: Keys, *, secret: bytes, lasts: timedelta, path: str, secure: bool) -> None:
        self._keys = keys
        self._secret = secret
        self._lasts = lasts
        self._path = path
        self._secure = secure

    def begin(self, response: web.StreamResponse, key: Key, now: datetime) -> None:
        """Sets the cookie."""
        until = int((now + self._lasts).timestamp())
        self._set(response, f"{until}.{self._signature(key, until)}", int(self._lasts.total_seconds()))

    def end(self, response: web.StreamResponse) -> None:
        """Removes the cookie."""
        self._set(response, "", 0)

    def caller(self, request: web.Request, now: datetime) -> Caller | None:
        """Who signed in; None where none did, it is over, or the key is there no longer or lost its right."""
        until, _, signature = request.cookies.get(COOKIE, "")[:LONGEST].partition(".")
        if not (until.isascii() and until.isdecimal()) or int(until) <= now.timestamp():
            return None
        held = [one for one in self._current(now) if self._is_by(one, int(until), signature)]
        return held[0].caller if held else None

    def _current(self, now: datetime) -> Iterable[Key]:
        return (*self._keys.with_status(now.date()), OPERATOR)

    def _is_by(self, key: Key, until: int, signature: str) -> bool:
        given = signature.encode("utf-8", "surrogateescape")
        return hmac.compare_digest(self._signature(key, until).encode(), given)

    def _signature(self, key: Key, until: int) -> str:
        return _signature(self._secret, key, until)

    def _set(self, response: web.StreamResponse, value: str, seconds: int) -> None:
        response.set_cookie(
            COOKIE,
            value,
            max_age=seconds,
            path=self._path,
            secure=self._secure,
            httponly=True,
            samesite="Strict",
        )
