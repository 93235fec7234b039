"""Exactly one process drains a database: whoever holds this lock.

On SQLite it is a lock on a file beside the database, on PostgreSQL an advisory lock of a session. Both end
with their process, however it ends.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from sqlalchemy import make_url

from bridge.errors import AlreadyServed, Standby
from bridge.inbox.advisory_lock import AdvisoryLock
from bridge.inbox.file_lock import FileLock
from bridge.settings import InboxSettings


class DrainLock(Protocol):
    """Held or not; never waited for."""

    async def take(self) -> None:
        """Holds it from now on, or still; raises Standby where another process does."""

    async def check(self) -> None:
        """Raises Standby unless it is certain that it is held."""

    async def release(self) -> None:
        """Lets another have it."""


@asynccontextmanager
async def open_drain_lock(settings: InboxSettings) -> AsyncIterator[DrainLock]:
    """The lock of the settings' database, not taken yet; released at the end."""
    lock = _lock(settings)
    try:
        yield lock
    finally:
        await lock.release()


async def claim_file(lock: DrainLock, settings: InboxSettings) -> None:
    """Takes the lock where one server alone may be: on SQLite. Raises AlreadyServed."""
    file = _file(settings)
    if file is None:
        return
    try:
        await lock.take()
    except Standby as standby:
        raise AlreadyServed(
            f"The database {file} is served already ({standby}). "
            "One process serves a SQLite file; several can share a PostgreSQL (BRIDGE_DATABASE_URL)."
        ) from standby


def _lock(settings: InboxSettings) -> DrainLock:
    file = _file(settings)
    if file:
        return FileLock(file)
    return AdvisoryLock(
        settings.database_url.get_secret_value(), partition_seconds=settings.partition_seconds
    )


def _file(settings: InboxSettings) -> str | None:
    url = make_url(settings.database_url.get_secret_value())
    return url.database if url.get_backend_name() == "sqlite" else None
