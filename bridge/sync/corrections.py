"""Finds calls that users moved to another person in Twenty; its webhook reports them, but only once."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bridge.errors import TwentyDenied
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.requeue import requeue_moved
from bridge.inbox.store import Inbox
from bridge.twenty.client.answers import next_page
from bridge.twenty.client.client import Executes
from bridge.twenty.values import PAGE, time_text

EVERY = timedelta(minutes=15)

FIRST_IN = 60.0
"""Seconds after a start: while the bridge was down, deliveries were lost."""

LOOKS_BACK = timedelta(days=3)
"""How far back the first round asks, and one after a long pause."""

OVERLAP = timedelta(minutes=2)
"""Asked for twice: clocks differ, and a change is visible only after its transaction."""

MARK = "calls looked at for corrections"

log = structlog.get_logger()


class Corrections:
    """Asks for what users changed since the last round: one root field, only while `affordable`."""

    def __init__(self, inbox: Inbox, client: Executes, *, affordable: Callable[[], bool]) -> None:
        self._inbox = inbox
        self._client = client
        self._checkpoints = Checkpoints(inbox)
        self._affordable = affordable

    async def once(self, now: datetime) -> int:
        """Makes moved calls due; how many. Raises TwentyError and InboxUnavailable."""
        if not self._affordable():
            return 0
        last = await self._checkpoints.get(MARK)
        since = now - LOOKS_BACK
        # After a clock jumped back, nothing is known of the time since then.
        if last and last <= now:
            since = max(since, last - OVERLAP)
        try:
            found = sum([await requeue_moved(self._inbox, people) async for people in self._changed(since)])
        except TwentyDenied as denied:
            if denied.code != "twenty.schema":
                raise
            # The workspace has no phoneCall object, so no call can have moved.
            return 0
        await self._checkpoints.save(MARK, now)
        if found:
            log.info("calls.moved", calls=found)
        return found

    async def _changed(self, since: datetime) -> AsyncIterator[dict[str, str | None]]:
        """Yields call SID → person id, a page at a time."""
        async for nodes in pages_of(self._client, "ChangedPhoneCalls", since=since):
            yield {node["externalCallId"]: node["personId"] for node in nodes if node["externalCallId"]}


async def pages_of(client: Executes, operation: str, *, since: datetime) -> AsyncIterator[list[Any]]:
    """Yields the nodes of an operation on phone calls, a page at a time. Raises TwentyError."""
    after: str | None = None
    while True:
        answer = await client.execute(operation, since=time_text(since), first=PAGE, after=after)
        yield [edge["node"] for edge in answer["phoneCalls"]["edges"]]
        after = next_page(answer["phoneCalls"], after)
        if after is None:
            return
