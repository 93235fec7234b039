"""Access tokens for the phone widget."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from bridge.errors import (
    BridgeError,
    NotUnderstood,
    NotVerified,
    TooManyRequests,
    WrongContentType,
)
from bridge.network.errors import media_type
from bridge.observability import context, metrics
from bridge.twilio.tokens import IssuedToken, TokenIssuer
from bridge.web.authentication.authenticate import Authentication
from bridge.web.authentication.caller import Caller
from bridge.web.authentication.client_address import Addresses
from bridge.web.authentication.rates import Rate
from bridge.web.parsing import FORM

OUTCOMES: Mapping[type[BridgeError], str] = {
    TooManyRequests: "limited",
    NotVerified: "unavailable",
}
"""Error → outcome in the metric; other errors count as refused."""


class Rates:
    """Limits of tokens per minute: for one agent, one client address, and one key."""

    def __init__(self, addresses: Addresses, *, per_agent: int, per_address: int) -> None:
        self._addresses = addresses
        self._per_agent = per_agent
        self._per_address = per_address
        self._to_address = Rate("Too many tokens go to your address")
        self._for_agent = Rate("Too many tokens are requested for this agent")
        self._to_caller = Rate("Too many tokens are requested with this key")

    def take(self, request: web.Request, caller: Caller, identity: str) -> None:
        """Counts one token; raises TooManyRequests.

        Only authenticated requests count, so that other clients at the same address cannot use up the limit.
        """
        self._to_address.take(self._addresses.of(request), per_minute=self._per_address)
        # Per API caller too: one that can name any agent does not use up the tokens of the agent itself.
        self._for_agent.take((caller.name, identity), per_minute=self._per_agent)
        if caller.per_minute:
            self._to_caller.take(caller.name, per_minute=caller.per_minute)


class Tokens:
    """The token endpoint."""

    def __init__(
        self, issuer: TokenIssuer, authentication: Authentication, rates: Rates, *, phone_number: str
    ) -> None:
        self._issuer = issuer
        self._authentication = authentication
        self._rates = rates
        self._phone_number = phone_number

    async def issue(self, request: web.Request) -> web.Response:
        """Answers with an access token for an identity.

        https://www.twilio.com/docs/iam/access-tokens
        """
        try:
            answer = await self._issue(request)
        except BridgeError as error:
            metrics.TOKENS.inc(OUTCOMES.get(type(error), "refused"))
            raise
        metrics.TOKENS.inc("issued")
        return answer

    async def _issue(self, request: web.Request) -> web.Response:
        caller = await self._authentication.authenticate(request, anonymous=True)
        # A caller whose identity is known cannot choose one: what the widget sends is ignored.
        asked = None if caller.identity else await _asked_identity(request)
        identity = caller.agent(asked)
        self._rates.take(request, caller, identity)
        issued = self._issuer.issue(identity, incoming=caller.incoming, now=datetime.now(UTC))
        # These fields are added to the access log of the request.
        context.bind(identity=identity, to=caller.name, incoming=caller.incoming)
        return web.Response(
            body=orjson.dumps(self._body(issued), option=orjson.OPT_UTC_Z), content_type="application/json"
        )

    def _body(self, issued: IssuedToken) -> dict[str, object]:
        return {
            "token": issued.token,
            "identity": issued.identity,
            "phoneNumber": self._phone_number,
            "ttl": issued.ttl,
            "expiresAt": issued.expires_at,
            "success": True,
        }


async def _asked_identity(request: web.Request) -> str | None:
    """`identity` of a JSON object or a form; None where the body is empty or has none."""
    body = await request.read()
    if not body.strip():
        return None
    kind = media_type(request.headers)
    if kind == FORM:
        return dict(parse_qsl(body.decode("utf-8", "replace"))).get("identity")
    if kind != "application/json":
        raise WrongContentType(f"The body should be application/json or {FORM}.")
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise NotUnderstood(f"The body is not valid JSON: {where}.") from problem
    identity = values.get("identity") if isinstance(values, dict) else 0
    if not isinstance(identity, str | None):
        raise NotUnderstood('The body should be an object with a text in it: {"identity": "…"}.')
    return identity
