"""Users of Twenty at the door: Twenty vouches for them, and the settings say which of them may come in."""

from collections.abc import Collection
from functools import partial

import structlog
from aiohttp import hdrs, web

from bridge.errors import CannotVouch, NotAllowed, TwentyError
from bridge.twenty import credentials
from bridge.twenty.credentials import Credentials
from bridge.twenty.sessions import Sessions
from bridge.web.addresses import Addresses
from bridge.web.agents import Caller
from bridge.web.rates import Rate

log = structlog.get_logger()


class Users:
    """Lets members of the workspace in: all of them, or those whose e-mail is one of `members`.

    `origin` is that of the public URL, whose pages alone may use Twenty's session. From one address no
    more than `checks_per_minute` unknown tokens are taken to Twenty.
    """

    def __init__(
        self,
        sessions: Sessions,
        addresses: Addresses,
        *,
        origin: str,
        members: Collection[str],
        checks_per_minute: int,
    ) -> None:
        self._sessions = sessions
        self._addresses = addresses
        self._origin = origin
        self._members = frozenset(email.lower() for email in members)
        self._checks = Rate("Too many tokens that nobody knows come from your address")
        self._checks_per_minute = checks_per_minute

    def credentials(self, request: web.Request, token: str | None) -> Credentials | None:
        """What a user shows: a bearer token, or without one a session's cookie; None where it is neither."""
        if token is not None:
            return credentials.bearer(token)
        # A browser sends the cookie whichever page asks: that ours did, only its Origin says.
        if request.headers.get(hdrs.ORIGIN) != self._origin:
            return None
        return credentials.session(request.cookies, origin=self._origin)

    async def caller(self, request: web.Request, shown: Credentials) -> Caller:
        """Who shows that; raises NotAuthenticated, NotAllowed, TooManyRequests, CannotVouch."""
        try:
            user = await self._sessions.user(shown, before_asking=partial(self._take, request))
        except TwentyError as error:
            log.warning("user.not_verified", reason=str(error), code=error.code)
            raise CannotVouch("Twenty, which knows who you are, does not answer now; try again.") from error
        if user.identity is None:
            raise NotAllowed("You are not a member of the workspace that this bridge serves.")
        if self._members and user.email.lower() not in self._members:
            raise NotAllowed("You are none of those who may call (auth.members).")
        return Caller(kind="user", name="user of Twenty", incoming=True, identity=user.identity)

    def _take(self, request: web.Request) -> None:
        self._checks.take(self._addresses.of(request), per_minute=self._checks_per_minute)
