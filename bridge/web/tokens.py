"""Access tokens for the phone widget: who asks, as whom, and what they get."""

import hmac
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import structlog
from aiohttp import hdrs, web

from bridge import metrics
from bridge.errors import (
    BridgeError,
    IdentityRefused,
    NotAllowed,
    NotAuthenticated,
    NotUnderstood,
    WrongContentType,
)
from bridge.twilio.tokens import IssuedToken, TokenIssuer, allowed_identity
from bridge.web.middleware import FORM

RESERVED = "wm_"
"""Begins the identities of users whom Twenty vouches for."""

log = structlog.get_logger()


class Agents:
    """The identities that there are."""

    def __init__(self, *, names: Collection[str], pattern: str | None, default: str | None) -> None:
        self._names = frozenset(names)
        self._pattern = re.compile(pattern) if pattern else None
        self._default = default

    def identity(self, asked: str | None) -> str:
        """The identity to issue for the one that was asked for; raises IdentityRefused."""
        asked = asked or self._default
        if not asked:
            raise IdentityRefused('Say who calls: {"identity": "…"}.')
        identity = allowed_identity(asked)
        if identity is None or not self._knows(asked):
            raise IdentityRefused("The identity is none of the configured agents'.")
        # After the unallowed characters are gone, or `wm-…` would get through.
        if identity.startswith(RESERVED):
            raise IdentityRefused(f"Identities that begin with {RESERVED} are kept for users of Twenty.")
        return identity

    def _knows(self, asked: str) -> bool:
        return asked in self._names or bool(self._pattern and self._pattern.fullmatch(asked))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for a token, and whether they may be called."""

    name: str
    incoming: bool


class Door:
    """Who may have a token: whoever holds a widget key; by explicit setting, anyone from our pages."""

    def __init__(
        self,
        *,
        widget_keys: Sequence[str],
        anonymous: bool,
        anonymous_incoming: bool,
        origins: Collection[str],
    ) -> None:
        self._keys = [key.encode() for key in widget_keys]
        self._anonymous = anonymous
        self._anonymous_incoming = anonymous_incoming
        self._origins = frozenset(origins)

    def admit(self, request: web.Request) -> Caller:
        """Raises NotAuthenticated or NotAllowed."""
        if not self._anonymous or hdrs.AUTHORIZATION in request.headers:
            return self.admit_key(request)
        if request.headers.get(hdrs.ORIGIN, "").lower() not in self._origins:
            raise NotAllowed("The page's origin is not one of the configured ones (cors.origins).")
        return Caller("anonymous", self._anonymous_incoming)

    def admit_key(self, request: web.Request) -> Caller:
        """Only who holds a widget key, whatever else is set; raises NotAuthenticated."""
        authorization = request.headers.get(hdrs.AUTHORIZATION)
        if authorization is None:
            raise NotAuthenticated("Send a widget key: Authorization: Bearer …")
        scheme, _, given = authorization.partition(" ")
        token = given.strip().encode("utf-8", "surrogateescape")
        # All are compared: the time tells nothing of which one came near.
        known = sum(hmac.compare_digest(key, token) for key in self._keys)
        if scheme.lower() != "bearer" or not known:
            raise NotAuthenticated("The widget key is not one of the configured ones.")
        return Caller("widget key", incoming=True)


class Tokens:
    """The token endpoint."""

    def __init__(self, issuer: TokenIssuer, agents: Agents, door: Door, *, phone_number: str) -> None:
        self._issuer = issuer
        self._agents = agents
        self._door = door
        self._phone_number = phone_number

    async def issue(self, request: web.Request) -> web.Response:
        """Answers with a token for an identity."""
        try:
            answer = await self._issue(request)
        except BridgeError:
            metrics.TOKENS.inc("refused")
            raise
        metrics.TOKENS.inc("issued")
        return answer

    async def _issue(self, request: web.Request) -> web.Response:
        caller = self._door.admit(request)
        identity = self._agents.identity(await _asked_identity(request))
        issued = self._issuer.issue(identity, incoming=caller.incoming, now=datetime.now(UTC))
        log.info("token.issued", identity=identity, to=caller.name, incoming=caller.incoming)
        return web.json_response(self._body(issued), headers={hdrs.CACHE_CONTROL: "no-store"})

    def _body(self, issued: IssuedToken) -> dict[str, object]:
        return {
            "token": issued.token,
            "identity": issued.identity,
            "phoneNumber": self._phone_number,
            "ttl": issued.ttl,
            "expiresAt": issued.expires_at.isoformat().replace("+00:00", "Z"),
            "success": True,
        }


async def _asked_identity(request: web.Request) -> str | None:
    """`identity` of a JSON object or a form; None where the body is empty or has none."""
    body = await request.read()
    if not body.strip():
        return None
    if request.content_type == FORM:
        return dict(parse_qsl(body.decode("utf-8", "replace"))).get("identity")
    if request.content_type != "application/json":
        raise WrongContentType(f"The body should be application/json or {FORM}.")
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise NotUnderstood("The body is no JSON.") from problem
    identity = values.get("identity") if isinstance(values, dict) else 0
    if not isinstance(identity, str | None):
        raise NotUnderstood('The body should be an object with a text in it: {"identity": "…"}.')
    return identity
