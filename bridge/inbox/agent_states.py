"""What agents say of themselves: whether they take calls, what they have seen, that their phone is open.

All functions raise InboxUnavailable.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.store import Inbox
from bridge.inbox.tables import agent_states, insert_into


class AgentState(Struct, frozen=True, kw_only=True):
    """A row; `status` is unset where the agent never said whether they take calls."""

    identity: str
    status: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    seen_at: datetime | None = None
    present_until: datetime | None = None


async def all_states(inbox: Inbox) -> list[AgentState]:
    """Of all agents."""
    async with inbox.reading(in_one_statement=True) as connection:
        rows = (await connection.execute(select(agent_states))).mappings()
        return [AgentState(**row) for row in rows]


async def states_of(inbox: Inbox, identities: Collection[str]) -> list[AgentState]:
    """Of these identities."""
    found = select(agent_states).where(agent_states.c.identity.in_(sorted(identities)))
    async with inbox.reading(in_one_statement=True) as connection:
        return [AgentState(**row) for row in (await connection.execute(found)).mappings()]


async def set_status(
    inbox: Inbox, identity: str, status: str, *, since: datetime, until: datetime | None
) -> None:
    """Sets whether an agent takes calls; what was set later stays."""
    await _upsert(inbox, [{"identity": identity, "status": status, "since": since, "until": until}], "since")


async def set_seen(inbox: Inbox, identity: str, *, at: datetime) -> None:
    """Missed calls up to then count as seen; those that were seen stay so."""
    await _upsert(inbox, [{"identity": identity, "seen_at": at}], "seen_at")


async def set_present(inbox: Inbox, until: Sequence[tuple[str, datetime]]) -> None:
    """Until when the phones of these identities count as open."""
    rows = [{"identity": identity, "present_until": at} for identity, at in sorted(until)]
    if rows:
        await _upsert(inbox, rows, None)


async def _upsert(inbox: Inbox, rows: Sequence[dict[str, Any]], newest: str | None) -> None:
    """Writes these columns; of two writes the one with the larger `newest` stays."""

    async def operation(connection: AsyncConnection) -> None:
        new = insert_into(agent_states, connection.dialect.name)
        values: dict[str, Any] = {name: new.excluded[name] for name in rows[0] if name != "identity"}
        if newest:
            is_older = agent_states.c[newest] > new.excluded[newest]
            values = {
                name: case((is_older, agent_states.c[name]), else_=value) for name, value in values.items()
            }
        statement = new.on_conflict_do_update(index_elements=["identity"], set_=values)
        await connection.execute(statement, list(rows))

    await inbox.write(operation)
