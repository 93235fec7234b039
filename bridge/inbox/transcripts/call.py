"""What jobs of transcripts and of summaries share: when one is ready, and its call within a transaction."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.tables import calls, kept

CLOCKS_APART = timedelta(minutes=1)
"""How far the clocks of replicas can be apart."""


async def lock_call(connection: AsyncConnection, root_sid: str) -> None:
    """Locks the call's row before others of it, as erasing does, so that the two never deadlock."""
    await connection.execute(select(calls.c.root_sid).where(calls.c.root_sid == root_sid).with_for_update())


async def make_call_due(connection: AsyncConnection, root_sid: str) -> None:
    """The call has news for Twenty; also one that is parked."""
    again = {"revision": calls.c.revision + 1, "parked_reason": null(), "not_before": null(), "deferrals": 0}
    await connection.execute(update(calls).where(calls.c.root_sid == root_sid, kept).values(**again))


def is_ready(jobs: Any, now: datetime) -> ColumnElement[bool]:
    """Whether a job's time has come; `jobs` are the columns of its table."""
    # After a clock jumped back, a job would otherwise wait for the length of the jump.
    return or_(jobs.due_at <= now, jobs.changed_at > now + CLOCKS_APART)
