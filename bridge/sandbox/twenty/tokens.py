"""Bearer tokens: JSON Web Tokens as the original issues them, signed with the sandbox's own secret."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import jwt

from bridge.sandbox.twenty.errors import Forbidden, NotAuthenticated

Kind = Literal["API_KEY", "ACCESS", "REFRESH", "LOGIN"]

LIFETIMES: dict[Kind, timedelta] = {
    "API_KEY": timedelta(days=3650),
    "ACCESS": timedelta(minutes=30),
    "REFRESH": timedelta(days=60),
    "LOGIN": timedelta(minutes=15),
}


@dataclass(frozen=True)
class Claims:
    """What a valid token says: of which kind it is, and whose."""

    kind: Kind
    subject: str


@dataclass(frozen=True)
class Issuer:
    """Signs and reads the tokens of one workspace."""

    secret: str
    workspace_id: str

    def issue(self, kind: Kind, subject: str, *, expires: datetime | None = None) -> tuple[str, datetime]:
        """A token and when it ends. `subject` is the id of the API key or of the user."""
        now = datetime.now(UTC)
        end = expires or now + LIFETIMES[kind]
        claims: dict[str, Any] = {"type": kind, "workspaceId": self.workspace_id, "iat": now, "exp": end}
        claims |= (
            {"sub": self.workspace_id, "jti": subject}
            if kind == "API_KEY"
            else {"sub": subject, "userId": subject}
        )
        return jwt.encode(claims, self.secret, algorithm="HS256"), end

    def read(self, token: str) -> Claims:
        """What the token says; raises NotAuthenticated where it is none of ours, or has expired."""
        try:
            claims = _signed(token, self.secret)
            kind: Kind = claims["type"]
            found = Claims(kind, claims["jti"] if kind == "API_KEY" else claims["userId"])
            expired = claims["exp"] <= datetime.now(UTC).timestamp()
        except (jwt.InvalidTokenError, KeyError):
            raise NotAuthenticated("Token invalid.") from None
        if expired:
            raise NotAuthenticated("Token has expired.")
        return found


@lru_cache(maxsize=256)
def _signed(token: str, secret: str) -> dict[str, Any]:
    """The claims of a token whose signature is ours; it may have expired. Raises jwt.InvalidTokenError."""
    claims: dict[str, Any] = jwt.decode(token, secret, algorithms=["HS256"], options={"verify_exp": False})
    return claims


def wrong_kind() -> Forbidden:
    """A token that is valid, but for something else."""
    return Forbidden(
        "Invalid token",
        sub_code="INVALID_JWT_TOKEN_TYPE",
        friendly={"id": "XyOToQ", "message": "An error occurred."},
    )


def revoked() -> Forbidden:
    """The token of an API key that was revoked."""
    return Forbidden(
        "This API Key is revoked",
        sub_code="FORBIDDEN_EXCEPTION",
        friendly={"id": "q5OVn+", "message": "You do not have permission to perform this action."},
    )
