"""Which signed deliveries of Twenty's webhook arrived: on the disk, for all replicas and for `doctor`."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.checkpoints import Marks
from bridge.inbox.store import Inbox
from bridge.inbox.tables import marks

MARK = "twenty delivered"
OF_A_PROBE = "twenty delivered probe "
"""Before the id of the person; the last probe's is remembered."""

APART = timedelta(seconds=5)
"""An import of people makes thousands of deliveries: one in so long is remembered."""


class Deliveries:
    """Remembers that a delivery arrived."""

    def __init__(self, inbox: Inbox) -> None:
        self._marks = Marks(inbox)
        self._remembered: datetime | None = None

    async def arrived(self, now: datetime) -> None:
        """Back when it is on the disk; InboxUnavailable when it cannot be."""
        # A clock that jumped back is a reason to remember, too.
        if self._remembered and self._remembered <= now < self._remembered + APART:
            return
        self._remembered = now
        await self._marks.put(MARK, now)

    async def arrived_of_probe(self, person_id: str) -> None:
        """Remembers the delivery that a probe waits for."""
        await self._marks.only(OF_A_PROBE + person_id, prefix=OF_A_PROBE)


async def last_delivery(connection: AsyncConnection) -> datetime | None:
    """When the last one arrived, at any replica; None where none did."""
    found: datetime | None = await connection.scalar(select(marks.c.at).where(marks.c.name == MARK))
    return found


async def is_delivered(connection: AsyncConnection, person_id: str) -> bool:
    """Whether a delivery of this probe's person arrived, at any replica."""
    found = await connection.scalar(select(marks.c.name).where(marks.c.name == OF_A_PROBE + person_id))
    return found is not None
