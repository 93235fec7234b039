"""Calls that pages were sent before it was known with which person in Twenty they are."""

import asyncio

from bridge.inbox.agent_calls import matched_calls
from bridge.inbox.store import Inbox

MOST = 1_000
WATCHED_SECONDS = 600.0
"""How long a call is watched: the look-up takes seconds, unless Twenty is away."""


class Unmatched:
    """Watches calls until any replica has stored their person, or that there is none."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._until: dict[str, float] = {}

    def add(self, root_sid: str) -> None:
        """Watches a call; beyond MOST the one that was added first is dropped."""
        self._until.pop(root_sid, None)
        self._until[root_sid] = asyncio.get_running_loop().time() + WATCHED_SECONDS
        if len(self._until) > MOST:
            del self._until[next(iter(self._until))]

    async def matched(self) -> set[str]:
        """The watched calls whose person is known by now; they are not watched any more.

        Raises InboxUnavailable.
        """
        now = asyncio.get_running_loop().time()
        self._until = {sid: until for sid, until in self._until.items() if until > now}
        found = await matched_calls(self._inbox, list(self._until)) if self._until else set()
        for sid in found:
            self._until.pop(sid, None)
        return found
