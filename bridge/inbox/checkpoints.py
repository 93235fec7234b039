"""Marks: how far something came that goes on where it ended."""

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks, latest, marks


class Marks:
    """The marks of an inbox, by name."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def get(self, name: str) -> datetime | None:
        """Where the mark is; None where nobody set it."""
        async with self._inbox.reading() as connection:
            return await connection.scalar(select(marks.c.at).where(marks.c.name == name))

    async def those(self, names: Collection[str]) -> set[str]:
        """Which of these were set."""
        async with self._inbox.reading() as connection:
            return set((await connection.scalars(select(marks.c.name).where(marks.c.name.in_(names)))).all())

    async def put(self, name: str, at: datetime) -> None:
        """Sets a mark."""

        async def operation(connection: AsyncConnection) -> None:
            await connection.execute(latest(marks, connection.dialect.name, name=name, at=at))

        await self._inbox.write(operation)

    async def only(self, name: str, *, prefix: str) -> None:
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
