"""Calls that a version without `agent_calls` stored stand in agents' lists all the same."""

import asyncio

from sqlalchemy import delete, select, update

from bridge.calls.callback import Kind
from bridge.inbox.agent_calls import calls_of_agents
from bridge.inbox.missing_agents import MissingAgents
from bridge.inbox.rows import PAGE
from bridge.inbox.store import Inbox
from bridge.inbox.tables import agent_calls, calls
from tests.inbox.support import COMPANY, incoming, kept
from tests.support import TEN, new_sid, told

CALLS = PAGE // 2 + 10
"""More than a page of callbacks."""


async def test_rows_that_are_missing_are_added_once(inbox: Inbox) -> None:
    async def rung(number: int) -> str:
        first, last = incoming(new_sid(), f"+3363998{number:04}", at=number)
        leg = told(
            Kind.STATUS,
            new_sid(),
            parent=first.root_sid,
            From=COMPANY,
            To="client:alice",
            CallStatus="ringing",
        )
        await kept(inbox, first, leg, last)
        return first.root_sid

    sids = await asyncio.gather(*map(rung, range(CALLS)))
    listed = await calls_of_agents(inbox, ["alice"], limit=CALLS)
    repair = MissingAgents(inbox)
    assert await repair.once(TEN) == 0
    await inbox.change(delete(agent_calls).where(agent_calls.c.root_sid.in_(sorted(sids)[::2])))
    assert await MissingAgents(inbox).once(TEN) == CALLS // 2 * 2
    assert await calls_of_agents(inbox, ["alice"], limit=CALLS) == listed
    late = await rung(CALLS)
    await inbox.change(delete(agent_calls).where(agent_calls.c.root_sid == late))
    assert [await repair.once(TEN) for _ in range(2)] == [2, 0]


async def test_a_call_that_is_purged_meanwhile_gets_no_rows(inbox: Inbox) -> None:
    """Retention deletes them once: rows that come later would stay for good."""
    first, last = incoming(new_sid(), "+33639980001")
    await kept(inbox, first, last)
    await inbox.change(delete(agent_calls))
    await inbox.change(update(calls).values(purged=True))
    assert await MissingAgents(inbox).once(TEN) == 0
    async with inbox.reading() as connection:
        assert not (await connection.execute(select(agent_calls))).all()
