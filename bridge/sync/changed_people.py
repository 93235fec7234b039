"""Finds people whom users added, changed or deleted in Twenty; its webhook reports each only once.

Without the webhook, too, calls find a person who is added later.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from bridge.errors import TwentyDenied
from bridge.inbox.requeue import relink, unlink_deleted, unmatched_among
from bridge.inbox.store import Inbox
from bridge.sync.looking_back import LookingBack
from bridge.twenty.client.client import Executes
from bridge.twenty.people.changes import PersonChanged, changed_person
from bridge.twenty.schema.features import Feature, go_without

MARK = "people looked at"

LOOKS_BACK = timedelta(days=3)
"""How far back the first round asks."""

AT_ONCE = 50
"""People who are read without a pause: their numbers take some 0.2 ms each."""

log = structlog.get_logger()


class ChangedPeople:
    """Asks for people changed since the last round: one root field, only while `affordable`.

    Calls without a person since `late` ago are linked to one who has their number now. `region` is where
    numbers without any country are at home; `forget` empties the cache of look-ups.
    """

    def __init__(
        self,
        inbox: Inbox,
        client: Executes,
        *,
        affordable: Callable[[], bool],
        region: str,
        late: timedelta,
        forget: Callable[[], None],
    ) -> None:
        self._inbox = inbox
        self._affordable = affordable
        self._region = region
        self._late = late
        self._forget = forget
        self._people = LookingBack(
            inbox,
            client,
            "ChangedPeople",
            mark=MARK,
            looks_back=LOOKS_BACK,
            at_most=max(late, LOOKS_BACK),
        )

    async def once(self, now: datetime) -> int:
        """Makes calls due whose person changed; how many. Raises TwentyError and InboxUnavailable."""
        if not self._affordable():
            return 0
        due = 0
        try:
            async for nodes in self._people.pages(now):
                due += await self._due_for(nodes, now)
        except TwentyDenied as denied:
            go_without(Feature.LATE_PEOPLE, denied)
        if due:
            log.info("people.changed", calls_due=due)
        return due

    async def _due_for(self, nodes: Sequence[Any], now: datetime) -> int:
        if nodes:
            # Before calls become due, or they would be matched with what was known before.
            self._forget()
        gone = await self._gone([node for node in nodes if node["deletedAt"]])
        return gone + await self._changed([node for node in nodes if not node["deletedAt"]], now - self._late)

    async def _gone(self, nodes: Sequence[Any]) -> int:
        deleted = {node["id"]: datetime.fromisoformat(node["deletedAt"]) for node in nodes}
        return await unlink_deleted(self._inbox, deleted)

    async def _changed(self, nodes: Sequence[Any], since: datetime) -> int:
        numbers: set[str] = set()
        async for person in self._read(nodes):
            alike = person.alike
            if alike is None:
                # Of one who has hundreds of numbers, the calls of any number are matched again.
                return await relink(self._inbox, None, since=since)
            numbers |= alike
        wanted = await unmatched_among(self._inbox, numbers, since=since)
        return await relink(self._inbox, wanted, since=since) if wanted else 0

    async def _read(self, nodes: Sequence[Any]) -> AsyncIterator[PersonChanged]:
        for count, node in enumerate(nodes):
            if count % AT_ONCE == 0:
                await asyncio.sleep(0)
            yield changed_person(node, region=self._region)
