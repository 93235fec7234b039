"""An agent's calls beside a busy line's: none of theirs drops out, and what rang others is not read."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bridge.calls.agent_call import line_name
from bridge.calls.callback import Callback, Kind
from bridge.inbox.agent_calls import Keyset, heard_of_agent, heard_page
from bridge.inbox.store import Inbox
from bridge.inbox.tables import agent_calls
from tests.inbox.support import COMPANY, incoming, kept
from tests.support import TEN, new_sid, told

LINE = line_name(COMPANY)
EVER = TEN - timedelta(days=1)


async def rang(inbox: Inbox, *agents: str, at: float) -> str:
    """A call in that rang these agents."""
    sid = new_sid()
    return await kept(inbox, *incoming(sid, "+33639980001", at=at), *(rings(sid, one, at) for one in agents))


def rings(sid: str, agent: str, at: float) -> Callback:
    return told(Kind.STATUS, new_sid(), parent=sid, at=at, To=f"client:{agent}", CallStatus="ringing")


async def test_a_busy_line_crowds_out_no_call_of_the_agent(inbox: Inbox) -> None:
    own = [await rang(inbox, "alice", at=number) for number in range(3)]
    waiting = await rang(inbox, at=3)
    for number in range(4, 20):
        await rang(inbox, "bob", at=number)
    heard = await heard_of_agent(inbox, ["alice"], [LINE], since=EVER, limit=3)
    assert [one.root_sid for one in heard] == [*own[::-1], waiting]


@given(
    calls=st.lists(st.sampled_from([(), ("alice",), ("bob",), ("alice", "bob")]), max_size=12),
    limit=st.integers(1, 5),
)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_have_each_call_of_the_agent_and_each_that_rang_none(
    inbox: Inbox, calls: list[tuple[str, ...]], limit: int
) -> None:
    await inbox.change(delete(agent_calls))
    wanted = [
        sid
        for at, agents in enumerate(calls)
        if (sid := await rang(inbox, *agents, at=at)) and (not agents or "alice" in agents)
    ]
    found: list[str] = []
    before: Keyset | None = None
    while True:
        page = await heard_page(inbox, ["alice"], [LINE], limit=limit, before=before)
        found += [one.root_sid for _, one in page.calls]
        if (before := page.last) is None:
            break
    assert found == wanted[::-1]
