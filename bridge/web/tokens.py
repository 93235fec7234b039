"""Access tokens for the phone widget."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import structlog
from aiohttp import hdrs, web

from bridge import metrics
from bridge.errors import BridgeError, NotUnderstood, WrongContentType
from bridge.twilio.tokens import IssuedToken, TokenIssuer
from bridge.web.door import Door
from bridge.web.middleware import FORM

log = structlog.get_logger()


class Tokens:
    """The token endpoint."""

    def __init__(self, issuer: TokenIssuer, door: Door, *, phone_number: str) -> None:
        self._issuer = issuer
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
        caller = await self._door.who(request, anonymous=True)
        identity = caller.agent(await _asked_identity(request))
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
