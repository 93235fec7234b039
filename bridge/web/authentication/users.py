"""Authenticates users of Twenty: Twenty verifies them, and the settings say which of them are allowed."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from functools import partial

import structlog
from aiohttp import hdrs, web

from bridge.errors import NotAllowed, NotListed, NotVerified, TwentyError
from bridge.twenty.users import credentials
from bridge.twenty.users.credentials import Credentials
from bridge.twenty.users.resemblance import Resemblance, VerificationQueue
from bridge.twenty.users.sessions import Sessions
from bridge.web.authentication.caller import Caller
from bridge.web.authentication.client_address import Addresses
from bridge.web.authentication.rates import Rate
from bridge.web.operation.queueing import Turns

AT_ONCE: Mapping[VerificationQueue, int] = {
    VerificationQueue.OF_USERS: 4,
    VerificationQueue.FAMILIAR: 4,
    VerificationQueue.STRANGE: 2,
}
"""Concurrent checks at Twenty; one takes Twenty about 20 ms."""

MOST_WAITING = 64
"""Waiting checks of one queue: few of the requests in work (`server.concurrent_requests`)."""

CHECKS_PER_MINUTE = 30
"""Of one address, for tokens that do not look like a user's."""

WAITS_SECONDS = 3

NOT_A_MEMBER = "You are not a member of the workspace that this bridge serves."

log = structlog.get_logger()


class Users:
    """Lets members of the workspace in: all of them, or those whose e-mail is one of `members`.

    `origin` is that of the public URL, whose pages alone may use Twenty's session. Unknown tokens that do not
    look like a user's are taken to Twenty `checks_per_minute` times for one address; those that do wait for
    one of the places that are kept for them.
    """

    def __init__(
        self,
        sessions: Sessions,
        addresses: Addresses,
        resemblance: Resemblance,
        *,
        origin: str,
        members: Collection[str],
        checks_per_minute: int = CHECKS_PER_MINUTE,
    ) -> None:
        self._sessions = sessions
        self._addresses = addresses
        self._resemblance = resemblance
        self._origin = origin
        self._members = frozenset(email.lower() for email in members)
        self._checks = Rate("Too many unknown tokens come from your address")
        self._checks_per_minute = checks_per_minute
        self._turns = {
            queue: Turns(
                "Too many ask at once who they are",
                at_once=at_once,
                most_waiting=MOST_WAITING,
                seconds=WAITS_SECONDS,
            )
            for queue, at_once in AT_ONCE.items()
        }

    def credentials(
        self, request: web.Request, token: str | None, *, opened: bool = False
    ) -> Credentials | None:
        """What a user shows: a bearer token, or without one a session's cookie; None where it is neither.

        `opened` is for a page that only shows something: the session counts where the user opened it, too.
        """
        if token is not None:
            return credentials.bearer(token)
        # A browser sends the cookie with requests of any page: these headers prove that it is ours.
        if not (self._is_asked_by_our_page(request) or (opened and _is_opened_by_user(request))):
            return None
        return credentials.session(request.cookies, origin=self._origin)

    def _is_asked_by_our_page(self, request: web.Request) -> bool:
        """By its Origin, which browsers leave out of a GET to the page's own origin: then they say that."""
        origin = request.headers.get(hdrs.ORIGIN)
        # https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
        same = request.headers.get("Sec-Fetch-Site") == "same-origin"
        return origin == self._origin or (origin is None and same and request.method == hdrs.METH_GET)

    async def caller(self, request: web.Request, shown: Credentials) -> Caller:
        """Who shows that; raises NotAuthenticated, NotAllowed, TooManyRequests, NotVerified."""
        address, known = self._addresses.of(request), self._sessions.knows(shown)
        try:
            user = await self._sessions.user(shown, admit=partial(self._admitted, shown, address))
        except TwentyError as error:
            log.warning("user.not_verified", reason=str(error), code=error.code)
            raise NotVerified("Twenty, which knows who you are, does not answer now; try again.") from error
        if user.identity is None:
            raise NotAllowed(NOT_A_MEMBER, code="auth.not_a_member")
        if self._members and user.email.lower() not in self._members:
            raise NotListed(user.identity, user.email)
        if not known:
            self._resemblance.accepted(shown, address)
        return Caller(
            kind="user",
            name="user of Twenty",
            incoming=True,
            identity=user.identity,
            email=user.email,
            sees_status=True,
            credentials=shown,
        )

    @asynccontextmanager
    async def _admitted(self, shown: Credentials, address: str) -> AsyncIterator[None]:
        """A place for a check at Twenty; raises TooManyRequests."""
        queue, group = self._resemblance.queue_of(shown, address)
        if queue is VerificationQueue.STRANGE:
            self._checks.take(address, per_minute=self._checks_per_minute)
        async with self._turns[queue].turn(group):
            yield


def _is_opened_by_user(request: web.Request) -> bool:
    """By its address, a bookmark or another program: no page is behind it."""
    opened = request.headers.get("Sec-Fetch-Site") == "none" and hdrs.ORIGIN not in request.headers
    return opened and request.method == hdrs.METH_GET
