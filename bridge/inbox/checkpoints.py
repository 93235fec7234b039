"""Checkpoints: where periodic work resumes, and which deliveries of Twenty's webhook arrived."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks, latest, marks


class Checkpoints:
    """The marks of an inbox, by name."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def get(self, name: str) -> datetime | None:
        """Where the mark is; None where nobody set it."""
        async with self._inbox.reading() as connection:
            return await connection.scalar(select(marks.c.at).where(marks.c.name == name))

    async def existing(self, names: Collection[str]) -> set[str]:
        """Which of these were set."""
        async with self._inbox.reading() as connection:
            return set((await connection.scalars(select(marks.c.name).where(marks.c.name.in_(names)))).all())

    async def save(self, name: str, at: datetime) -> None:
        """Sets a mark."""

        async def operation(connection: AsyncConnection) -> None:
            await connection.execute(latest(marks, connection.dialect.name, name=name, at=at))

        await self._inbox.write(operation)

    async def save_only(self, name: str, *, prefix: str) -> None:
        """Sets a mark, and removes the others whose names begin with the prefix."""

        async def operation(connection: AsyncConnection) -> None:
            others = marks.c.name.startswith(prefix, autoescape=True)
            await connection.execute(delete(marks).where(others, marks.c.name != name))
            now = datetime.now(UTC)
            await connection.execute(latest(marks, connection.dialect.name, name=name, at=now))

        await self._inbox.write(operation)

    async def last_arrival(self) -> datetime | None:
        """When the newest callback arrived."""
        newest = select(func.max(callbacks.c.id)).scalar_subquery()
        async with self._inbox.reading() as connection:
            return await connection.scalar(select(callbacks.c.received_at).where(callbacks.c.id == newest))


MARK = "twenty delivered"
OF_A_PROBE = "twenty delivered probe "
"""Before the id of the person; the last probe's is remembered."""

APART = timedelta(seconds=5)
"""An import of people makes thousands of deliveries: one in so long is remembered."""


class Deliveries:
    """Remembers that a delivery arrived."""

    def __init__(self, inbox: Inbox) -> None:
        self._checkpoints = Checkpoints(inbox)
        self._remembered: datetime | None = None

    async def arrived(self, now: datetime) -> None:
        """Back when it is on the disk; InboxUnavailable when it cannot be."""
        # A clock that jumped back is a reason to remember, too.
        if self._remembered and self._remembered <= now < self._remembered + APART:
            return
        self._remembered = now
        await self._checkpoints.save(MARK, now)

    async def arrived_of_probe(self, person_id: str) -> None:
        """Remembers the delivery that a probe waits for."""
        await self._checkpoints.save_only(OF_A_PROBE + person_id, prefix=OF_A_PROBE)


async def last_delivery(connection: AsyncConnection) -> datetime | None:
    """When the last one arrived, at any replica; None where none did."""
    found: datetime | None = await connection.scalar(select(marks.c.at).where(marks.c.name == MARK))
    return found


async def is_delivered(connection: AsyncConnection, person_id: str) -> bool:
    """Whether a delivery of this probe's person arrived, at any replica."""
    found = await connection.scalar(select(marks.c.name).where(marks.c.name == OF_A_PROBE + person_id))
    return found is not None
