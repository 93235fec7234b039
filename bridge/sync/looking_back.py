"""Asks Twenty for what changed since the last round: its webhook reports a change once, and can be lost."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.store import Inbox
from bridge.twenty.client.answers import next_page
from bridge.twenty.client.client import Executes
from bridge.twenty.values import PAGE, time_text

EVERY = timedelta(minutes=15)

FIRST_IN = 60.0
"""Seconds after a start: while the bridge was down, deliveries were lost."""

OVERLAP = timedelta(minutes=2)
"""Asked for twice: a change is visible only after its transaction."""

CHANGED_AT = ("updatedAt", "deletedAt")


class LookingBack:
    """Reads what an operation finds changed since it was last read, by Twenty's clock.

    What changed before `looks_back` ago is read where it was not read before, unless that is `at_most`.
    """

    def __init__(
        self,
        inbox: Inbox,
        client: Executes,
        operation: str,
        *,
        mark: str,
        looks_back: timedelta,
        at_most: timedelta | None = None,
    ) -> None:
        self._checkpoints = Checkpoints(inbox)
        self._client = client
        self._operation = operation
        self._mark = mark
        self._looks_back = looks_back
        self._at_most = at_most

    async def pages(self, now: datetime) -> AsyncIterator[list[Any]]:
        """Yields the changed nodes, a page at a time. Raises TwentyError and InboxUnavailable.

        They count as read once the last page was taken.
        """
        since = self._since(await self._checkpoints.get(self._mark), now)
        newest = since + OVERLAP
        async for nodes in _pages_of(self._client, self._operation, since=since):
            yield nodes
            newest = max([newest, *(at for node in nodes for at in _changed_at(node))])
        await self._checkpoints.save(self._mark, newest)

    def _since(self, last: datetime | None, now: datetime) -> datetime:
        # One that is ahead is of a clock that was wrong: nothing is known of the time since then.
        since = last - OVERLAP if last and last <= now else now - self._looks_back
        return max(since, now - self._at_most) if self._at_most else since


def _changed_at(node: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(at) for name in CHANGED_AT if (at := node.get(name))]


async def _pages_of(client: Executes, operation: str, *, since: datetime) -> AsyncIterator[list[Any]]:
    after: str | None = None
    while True:
        answer = await client.execute(operation, since=time_text(since), first=PAGE, after=after)
        (connection,) = answer.values()
        yield [edge["node"] for edge in connection["edges"]]
        after = next_page(connection, after)
        if after is None:
            return
