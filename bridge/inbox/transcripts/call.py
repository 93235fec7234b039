"""The call of a transcript, within the transaction that changes it."""

from sqlalchemy import null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.tables import calls, kept


async def lock_call(connection: AsyncConnection, root_sid: str) -> None:
    """Locks the call's row before others of it, as erasing does, so that the two never deadlock."""
    await connection.execute(select(calls.c.root_sid).where(calls.c.root_sid == root_sid).with_for_update())


async def make_call_due(connection: AsyncConnection, root_sid: str) -> None:
    """The call has news for Twenty; also one that is parked."""
    again = {"revision": calls.c.revision + 1, "parked_reason": null(), "not_before": null(), "deferrals": 0}
    await connection.execute(update(calls).where(calls.c.root_sid == root_sid, kept).values(**again))
