"""Checkpoints: where periodic work resumes, and which deliveries of Twenty's webhook arrived."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks, latest, marks


class Checkpoints:
    """The checkpoints of an inbox, by name. All methods raise InboxUnavailable."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def get(self, name: str) -> datetime | None:
        """The time of a checkpoint; None where it was never saved."""
        async with self._inbox.reading() as connection:
            return await connection.scalar(select(marks.c.at).where(marks.c.name == name))

    async def existing(self, names: Collection[str]) -> set[str]:
        """Those of these checkpoints that were saved."""
        async with self._inbox.reading() as connection:
            return set((await connection.scalars(select(marks.c.name).where(marks.c.name.in_(names)))).all())

    async def save(self, name: str, at: datetime) -> None:
        """Saves a checkpoint."""

        async def operation(connection: AsyncConnection) -> None:
            await connection.execute(latest(marks, connection.dialect.name, name=name, at=at))

        await self._inbox.write(operation)

    async def save_only(self, name: str, *, prefix: str) -> None:
        """Saves a checkpoint as of now, and removes the others whose names begin with the prefix."""

        async def operation(connection: AsyncConnection) -> None:
            others = marks.c.name.startswith(prefix, autoescape=True)
            await connection.execute(delete(marks).where(others))
            now = datetime.now(UTC)
            await connection.execute(latest(marks, connection.dialect.name, name=name, at=now))

        await self._inbox.write(operation)

    async def last_arrival(self) -> datetime | None:
        """When the newest callback arrived; None where there is none."""
        newest = select(func.max(callbacks.c.id)).scalar_subquery()
        async with self._inbox.reading() as connection:
            return await connection.scalar(select(callbacks.c.received_at).where(callbacks.c.id == newest))


MARK = "twenty delivered"
OF_A_PROBE = "twenty delivered probe "
"""Prefix of the person's id; only the last probe's is stored."""

APART = timedelta(seconds=5)
"""An import of people makes thousands of deliveries: at most one per interval is stored."""


class Deliveries:
    """Stores when a signed delivery of Twenty's webhook arrived."""

    def __init__(self, inbox: Inbox) -> None:
        self._checkpoints = Checkpoints(inbox)
        self._remembered: datetime | None = None

    async def arrived(self, now: datetime) -> None:
        """Stores an arrival; returns once it is on the disk. Raises InboxUnavailable."""
        # After a clock jumped back, store it again.
        if self._remembered and self._remembered <= now < self._remembered + APART:
            return
        self._remembered = now
        await self._checkpoints.save(MARK, now)

    async def arrived_of_probe(self, person_id: str) -> None:
        """Stores the delivery that a probe waits for. Raises InboxUnavailable."""
        await self._checkpoints.save_only(OF_A_PROBE + person_id, prefix=OF_A_PROBE)


async def last_delivery(connection: AsyncConnection) -> datetime | None:
    """When the last delivery arrived, at any replica; None where none did."""
    found: datetime | None = await connection.scalar(select(marks.c.at).where(marks.c.name == MARK))
    return found


async def is_delivered(connection: AsyncConnection, person_id: str) -> bool:
    """Whether a delivery of this probe's person arrived, at any replica."""
    found = await connection.scalar(select(marks.c.name).where(marks.c.name == OF_A_PROBE + person_id))
    return found is not None
