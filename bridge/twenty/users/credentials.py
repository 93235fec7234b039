"""What the browser of a user of Twenty holds: an access token, or the cookie of a session."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import jwt

SESSION_COOKIES = ("__Host-twenty-session", "twenty-session")
"""Over https, and over http."""

COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]{1,4096}")
"""https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1"""

UNREADABLE = (jwt.InvalidTokenError, LookupError, ValueError, TypeError, OverflowError, RecursionError)
"""Errors that reading a text which is not a JWT raises."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The headers by which Twenty knows its user, and when they expire at the latest (POSIX time).

    `secret` is the token, or the cookie's value.
    """

    headers: Mapping[str, str] = field(repr=False)
    expires: float
    secret: str = field(repr=False)

    @property
    def digest(self) -> bytes:
        """The key of the cache: the credentials themselves are not stored."""
        return hashlib.sha256("\n".join(self.headers.values()).encode()).digest()


def bearer(token: str) -> Credentials | None:
    """The credentials of an access token; None where it is not a JWT, so that Twenty is not asked."""
    expires = _expires(token)
    return None if expires is None else Credentials({"Authorization": f"Bearer {token}"}, expires, token)


def session(cookies: Mapping[str, str], *, origin: str) -> Credentials | None:
    """The credentials of Twenty's session cookie, sent with Twenty's own `origin`; None without one."""
    for name in SESSION_COOKIES:
        if (value := cookies.get(name)) and COOKIE_VALUE.fullmatch(value):
            expires = _expires(value)
            headers = {"Cookie": f"{name}={value}", "Origin": origin}
            return Credentials(headers, math.inf if expires is None else expires, value)
    return None


def _expires(token: str) -> float | None:
    """`exp`, read without verification: it only bounds how long a result is cached."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        expires = float(claims["exp"])
    except UNREADABLE:
        return None
    return None if math.isnan(expires) else expires
