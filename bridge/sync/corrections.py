"""Looks for calls that users put on another person in Twenty: its webhook tells, but only once."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import structlog

from bridge.errors import TwentyDenied
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.corrections import requeue_moved
from bridge.inbox.store import Inbox
from bridge.twenty.client.client import Executes
from bridge.twenty.times import text

EVERY = timedelta(minutes=15)

FIRST_IN = 60.0
"""Seconds after a start, in which deliveries were lost."""

LOOKS_BACK = timedelta(days=3)
"""How far the first look goes back, and one after a long while."""

OVERLAP = timedelta(minutes=2)
"""Clocks differ, and a change shows when its transaction is over."""

PAGE = 1000
MARK = "calls looked at for corrections"

log = structlog.get_logger()


class Corrections:
    """One root field a round, as long as `affordable`: what users changed since the round before."""

    def __init__(self, inbox: Inbox, client: Executes, *, affordable: Callable[[], bool]) -> None:
        self._inbox = inbox
        self._client = client
        self._checkpoints = Checkpoints(inbox)
        self._affordable = affordable

    async def once(self, now: datetime) -> int:
        """How many calls became due. Raises TwentyError and InboxUnavailable."""
        if not self._affordable():
            return 0
        last = await self._checkpoints.get(MARK)
        since = max(last - OVERLAP, now - LOOKS_BACK) if last else now - LOOKS_BACK
        try:
            found = sum([await requeue_moved(self._inbox, people) async for people in self._changed(since)])
        except TwentyDenied as denied:
            if denied.code != "twenty.schema":
                raise
            # A workspace without the object: there is nothing to move.
            return 0
        await self._checkpoints.save(MARK, now)
        if found:
            log.info("calls.moved", calls=found)
        return found

    async def _changed(self, since: datetime) -> AsyncIterator[dict[str, str | None]]:
        """Call SID → person, of the calls that users changed; a page at a time."""
        after: str | None = None
        while True:
            answer = await self._client.execute(
                "ChangedPhoneCalls", since=text(since), first=PAGE, after=after
            )
            nodes = [edge["node"] for edge in answer["phoneCalls"]["edges"]]
            yield {node["externalCallId"]: node["personId"] for node in nodes if node["externalCallId"]}
            page = answer["phoneCalls"]["pageInfo"]
            if not page["hasNextPage"]:
                return
            after = page["endCursor"]
