"""Authentication: a Twenty user, the holder of a key, or, only by explicit setting, an anonymous page."""

from collections.abc import Collection
from datetime import UTC, datetime

from aiohttp import hdrs, web
from msgspec import Struct

from bridge.calls.agents import Allowed
from bridge.errors import NotAllowed, NotAuthenticated
from bridge.web.authentication.caller import Caller
from bridge.web.authentication.devices import Devices
from bridge.web.authentication.keys import Keys
from bridge.web.authentication.users import Users


class Anyone(Struct, frozen=True, kw_only=True):
    """Anonymous access from pages of these origins; `per_minute` is their common limit."""

    origins: Collection[str]
    agents: Allowed
    incoming: bool
    per_minute: int

    def caller(self, request: web.Request) -> Caller:
        """Raises NotAllowed."""
        if request.headers.get(hdrs.ORIGIN, "").lower() not in self.origins:
            raise NotAllowed("The page's origin is not one of the configured ones (cors.origins).")
        return Caller(
            kind="anonymous",
            name="anonymous",
            incoming=self.incoming,
            agents=self.agents,
            per_minute=self.per_minute,
        )


class Authentication:
    """Authenticates requests; without `anyone` there is no anonymous access."""

    def __init__(self, *, keys: Keys, devices: Devices, users: Users, anyone: Anyone | None) -> None:
        self._keys = keys
        self._devices = devices
        self._users = users
        self._anyone = anyone

    async def authenticate(
        self, request: web.Request, *, anonymous: bool = False, opened: bool = False
    ) -> Caller:
        """The caller of the API; raises RequestRefused.

        Anonymous access needs both `anonymous` for this request and the setting `auth.anonymous`. `opened` is
        for pages that only show something: see `Users.credentials`.
        """
        token = bearer(request.headers.get(hdrs.AUTHORIZATION))
        if token is not None and (key := self._keys.held(token, today=datetime.now(UTC).date())):
            return key.caller
        if token is not None and (caller := await self._devices.caller(token)):
            return caller
        if shown := self._users.credentials(request, token, opened=opened):
            return await self._users.caller(request, shown)
        if token is not None:
            raise NotAuthenticated("This is neither a key of ours nor an access token of Twenty's.")
        if anonymous and self._anyone:
            return self._anyone.caller(request)
        raise NotAuthenticated(
            "Sign in to Twenty, or send a key in the header Authorization, as a Bearer token."
        )

    def sees_credentials(self, request: web.Request) -> bool:
        """Whether a request shows something that credentials may be; it is not checked."""
        return hdrs.AUTHORIZATION in request.headers or bool(self._users.credentials(request, None))


def bearer(authorization: str | None) -> str | None:
    """The key or token of an Authorization header, if there is one; raises NotAuthenticated."""
    if authorization is None:
        return None
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated("The Authorization header should be: Bearer, a space, and a key or a token.")
    return given.strip()
