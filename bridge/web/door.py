"""Who is asking: somebody who holds a key or, only by explicit setting, anyone from our pages."""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from aiohttp import hdrs, web

from bridge.errors import NotAllowed, NotAuthenticated
from bridge.web.agents import Agents


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, under which `name` in logs, and whether they may be called.

    `identity` is whose they are beyond doubt; without, they say it themselves, and `agents` whom they may be.
    """

    kind: Literal["user", "key", "anonymous"]
    name: str
    incoming: bool
    identity: str | None = None
    agents: Agents

    def agent(self, asked: str | None) -> str:
        """The identity that they act as, where the request asks for this one; raises IdentityRefused."""
        return self.identity or self.agents.identity(asked)


class Door:
    """Tells who is asking."""

    def __init__(
        self,
        agents: Agents,
        *,
        widget_keys: Sequence[str],
        anonymous: bool,
        anonymous_incoming: bool,
        origins: Collection[str],
    ) -> None:
        self._agents = agents
        self._keys = [key.encode() for key in widget_keys]
        self._anonymous = anonymous
        self._anonymous_incoming = anonymous_incoming
        self._origins = frozenset(origins)

    async def who(self, request: web.Request, *, anonymous: bool = False) -> Caller:
        """Who is asking; raises RequestRefused.

        Nobody in particular may ask only where `anonymous` says so of this request, and the settings of all.
        """
        if hdrs.AUTHORIZATION in request.headers:
            return self._bearer(request.headers[hdrs.AUTHORIZATION])
        if anonymous and self._anonymous:
            return self._anyone(request)
        raise NotAuthenticated("Send a widget key: Authorization: Bearer …")

    def _bearer(self, authorization: str) -> Caller:
        scheme, _, given = authorization.partition(" ")
        token = given.strip().encode("utf-8", "surrogateescape")
        # All are compared: the time tells nothing of which one came near.
        known = sum(hmac.compare_digest(key, token) for key in self._keys)
        if scheme.lower() != "bearer" or not known:
            raise NotAuthenticated("The widget key is not one of the configured ones.")
        return Caller(kind="key", name="widget key", incoming=True, agents=self._agents)

    def _anyone(self, request: web.Request) -> Caller:
        if request.headers.get(hdrs.ORIGIN, "").lower() not in self._origins:
            raise NotAllowed("The page's origin is not one of the configured ones (cors.origins).")
        return Caller(
            kind="anonymous", name="anonymous", incoming=self._anonymous_incoming, agents=self._agents
        )
