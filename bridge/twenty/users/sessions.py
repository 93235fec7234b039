"""Verified users of Twenty, cached for a short time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TypeVar

import structlog
from msgspec import Struct
from msgspec.structs import replace

from bridge import background
from bridge.errors import NotAuthenticated, TwentyError
from bridge.settings import TwentySettings
from bridge.twenty.client.client import Executes
from bridge.twenty.users.credentials import Credentials
from bridge.twenty.users.verification import User, open_verification

HOLDS_SECONDS = 60
"""How long a verification result, positive or negative, is cached."""

AWAY_SECONDS = 30 * 60
"""How long a positive result holds while Twenty is away: the lifetime of its access tokens."""

PAUSE_SECONDS = 5
"""Seconds between verifications of a cached user while Twenty is away."""

MOST = 10_000
"""Cached users, and cached refusals; beyond that the oldest is dropped."""

T = TypeVar("T")

Admit = Callable[[], AbstractAsyncContextManager[None]]

log = structlog.get_logger()


class VerifiedUser(Struct, frozen=True):
    """A verified user: `since` when, and when to ask Twenty again (POSIX times)."""

    user: User
    since: float
    ask_at: float


class Sessions:
    """Verifies users by their credentials; made by `open_sessions`.

    Concurrent requests with one token share one question to Twenty.
    """

    def __init__(
        self,
        verify: Callable[[Credentials], Awaitable[User | None]],
        *,
        clock: Callable[[], float] = time.time,
        most: int = MOST,
    ) -> None:
        self._verify = verify
        self._clock = clock
        self._most = most
        self._known: dict[bytes, VerifiedUser] = {}
        self._refused_until: dict[bytes, float] = {}
        self._asking: dict[bytes, asyncio.Task[User | None]] = {}

    async def user(self, credentials: Credentials, *, admit: Admit) -> User:
        """The user of these credentials. Raises NotAuthenticated, and TwentyError where Twenty is away.

        Unknown credentials are verified within `admit`, which can wait and can raise; those of a cached user
        are verified at once.
        """
        key, now = credentials.digest, self._clock()
        if credentials.expires <= now or self._refused_until.get(key, 0) > now:
            raise _refused()
        known = self._known.get(key)
        if known and now < known.ask_at:
            return known.user
        try:
            # One request can be cancelled while others wait for the same answer.
            user = await asyncio.shield(self._ask(key, credentials, nullcontext if known else admit))
        except TwentyError as error:
            if known is None or now > known.since + AWAY_SECONDS:
                raise
            log.warning("user.not_asked", reason=str(error))
            self._keep(self._known, key, replace(known, ask_at=self._clock() + PAUSE_SECONDS))
            return known.user
        if user is None:
            raise _refused()
        return user

    def knows(self, credentials: Credentials) -> bool:
        """Whether the user of these credentials is cached."""
        return credentials.digest in self._known

    async def close(self) -> None:
        """Cancels the verifications that are under way."""
        await background.stop(*self._asking.values())

    def _ask(self, key: bytes, credentials: Credentials, admit: Admit) -> asyncio.Task[User | None]:
        task = self._asking.get(key)
        if task is None:
            task = background.start(self._asked(key, credentials, admit), name="who is asking")
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key))
        return task

    async def _asked(self, key: bytes, credentials: Credentials, admit: Admit) -> User | None:
        async with admit():
            user = await self._verify(credentials)
        now = self._clock()
        if user is None:
            self._known.pop(key, None)
            self._keep(self._refused_until, key, now + HOLDS_SECONDS)
        else:
            ask_at = min(now + HOLDS_SECONDS, credentials.expires)
            self._keep(self._known, key, VerifiedUser(user, since=now, ask_at=ask_at))
        return user

    def _keep(self, kept: dict[bytes, T], key: bytes, value: T) -> None:
        kept.pop(key, None)
        kept[key] = value
        if len(kept) > self._most:
            del kept[next(iter(kept))]


@asynccontextmanager
async def open_sessions(settings: TwentySettings, client: Executes) -> AsyncIterator[Sessions]:
    """Verifies users of the workspace of `settings`, or else of `client`'s key."""
    async with open_verification(settings, client) as verification:
        sessions = Sessions(verification.user)
        try:
            yield sessions
        finally:
            await sessions.close()


def _refused() -> NotAuthenticated:
    return NotAuthenticated("Twenty does not know this token, or it has expired. Sign in to Twenty again.")
