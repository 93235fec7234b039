"""Stage 1, claim: the calls that are due."""

from collections.abc import Callable
from datetime import datetime

from bridge.inbox.rows import DueCall
from bridge.inbox.store import Inbox


class Claim:
    """Reads batches of up to `size` due calls; without `live` only calls that have ended."""

    def __init__(
        self, inbox: Inbox, *, size: int, live: Callable[[], bool], clock: Callable[[], datetime]
    ) -> None:
        self._inbox = inbox
        self._size = size
        self._live = live
        self._clock = clock

    async def fresh(self) -> list[DueCall]:
        """Calls with news that did not fail since. Raises InboxUnavailable."""
        return await self._inbox.claim(self._size, live=self._live())

    async def deferred(self) -> list[DueCall]:
        """Calls that failed before, and whose waiting time is over. Raises InboxUnavailable."""
        return await self._inbox.claim_deferred(self._size, live=self._live(), now=self._clock())
