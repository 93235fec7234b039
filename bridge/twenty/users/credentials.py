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
"""What reading a word that is not a JWT raises."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The headers that Twenty knows its user by, and until when (POSIX time) they can hold at all.

    `secret` is the token or the cookie's value within them.
    """

    headers: Mapping[str, str] = field(repr=False)
    expires: float
    secret: str = field(repr=False)

    @property
    def digest(self) -> bytes:
        """What they are remembered by: they themselves are not kept."""
        return hashlib.sha256("\n".join(self.headers.values()).encode()).digest()


def bearer(token: str) -> Credentials | None:
    """Those of an access token; None for what is none, so that Twenty need not be asked."""
    expires = _expires(token)
    return None if expires is None else Credentials({"Authorization": f"Bearer {token}"}, expires, token)


def session(cookies: Mapping[str, str], *, origin: str) -> Credentials | None:
    """Those of a session's cookie, sent by a page of Twenty's own `origin`; None where there is none."""
    for name in SESSION_COOKIES:
        if (value := cookies.get(name)) and COOKIE_VALUE.fullmatch(value):
            expires = _expires(value)
            headers = {"Cookie": f"{name}={value}", "Origin": origin}
            return Credentials(headers, math.inf if expires is None else expires, value)
    return None


def _expires(token: str) -> float | None:
    """`exp`, read without any check: it only bounds how long Twenty's word is remembered."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        expires = float(claims["exp"])
    except UNREADABLE:
        return None
    return None if math.isnan(expires) else expires
