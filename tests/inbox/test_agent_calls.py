"""An agent's calls beside a busy line's: none of theirs drops out, and what rang others is not read."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from bridge.calls.agent_call import line_name
from bridge.calls.callback import Callback, Kind
from bridge.calls.people.matching import Person
from bridge.inbox.agent_calls import (
    Keyset,
    Page,
    Party,
    agents_of_calls,
    calls_by_sid,
    calls_of,
    calls_of_agents,
    calls_with,
    changed_since,
    heard_of_agent,
    heard_page,
    heard_with_numbers,
    matched_calls,
)
from bridge.inbox.queries import KnownCall
from bridge.inbox.store import Inbox
from bridge.inbox.tables import agent_calls, calls
from tests.inbox.support import COMPANY, incoming, kept, settled
from tests.support import TEN, new_sid, told

LINE = line_name(COMPANY)
EVER = TEN - timedelta(days=1)
JANE = "+33639980001"


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
    rung=st.lists(st.sampled_from([(), ("alice",), ("bob",), ("alice", "bob")]), max_size=12),
    limit=st.integers(1, 5),
)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_have_each_call_of_the_agent_and_each_that_rang_none(
    inbox: Inbox, rung: list[tuple[str, ...]], limit: int
) -> None:
    await inbox.change(delete(agent_calls))
    wanted = [
        sid
        for at, agents in enumerate(rung)
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


def sids(page: Page) -> list[str]:
    return [call.root_sid for _, call in page.calls]


async def test_a_call_that_rang_two_is_listed_once_where_the_later_one_was_heard_of(inbox: Inbox) -> None:
    early = await rang(inbox, "alice", at=0)
    both = await rang(inbox, "alice", at=1)
    between = await rang(inbox, "bob", at=2)
    await inbox.store(rings(both, "bob", 3))
    others = await rang(inbox, "carol", at=4)
    agents = ["alice", "bob"]
    assert sids(await calls_of_agents(inbox, agents, limit=9)) == [both, between, early]
    assert sids(await calls_of_agents(inbox, ["alice"], limit=9)) == [both, early]
    first = await calls_of_agents(inbox, agents, limit=2)
    assert (sids(first), first.last) == ([both, between], first.calls[-1][0])
    rest = await calls_of_agents(inbox, agents, limit=2, before=first.last)
    # Its place at the first of the two agents belongs to no page.
    assert sids(rest) == [early]
    assert await calls_of_agents(inbox, agents, limit=2, before=rest.last) == Page([], None)
    lately = await calls_of_agents(inbox, agents, limit=9, since=TEN + timedelta(seconds=1))
    assert sids(lately) == [both, between]
    assert await agents_of_calls(inbox, [both, others]) == {
        both: {"alice", "bob", LINE},
        others: {"carol", LINE},
    }


async def test_the_calls_with_a_person_by_number_by_id_and_before_twenty_has_them(inbox: Inbox) -> None:
    by_number = await kept(inbox, *incoming(new_sid(), JANE, at=0))
    await settled(inbox)
    by_id = await kept(inbox, *incoming(new_sid(), "+33639980002", at=1))
    await settled(inbox, person=Person("p1", "Jane Doe"))
    await kept(inbox, *incoming(new_sid(), "+33639980003", at=2))
    await settled(inbox, person=Person("p2", "John Doe"))
    of_bob = await rang(inbox, "bob", at=3)
    waits = await kept(inbox, *incoming(new_sid(), JANE, at=4))
    await kept(inbox, *incoming(new_sid(), "+33639980004", at=5))

    async def found(party: Party, *agents: str, **more: Any) -> Page:
        wanted: dict[str, Any] = {"of_all": False, "limit": 9, **more}
        return await calls_with(inbox, party, agents, is_with=is_janes, **wanted)

    def is_janes(call: KnownCall) -> bool:
        return call.callbacks[0].get("From") == JANE

    jane, number = Party([JANE], "p1"), Party([JANE])
    assert sids(await found(jane, LINE)) == [waits, of_bob, by_id, by_number]
    assert sids(await found(number, LINE)) == [waits, of_bob, by_number]
    # What others' calls are not written yet is not read.
    assert sids(await found(jane, "bob")) == [of_bob]
    assert sids(await found(jane, "bob", of_all=True)) == [of_bob, by_id, by_number]
    pages = [await found(jane, LINE, limit=2)]
    for _ in range(2):
        pages.append(await found(jane, LINE, limit=2, before=pages[-1].last))
    assert [sids(page) for page in pages] == [[waits, of_bob], [by_id, by_number], []]
    assert [page.last is None for page in pages] == [False, False, True]
    assert await matched_calls(inbox, [by_number, by_id, waits]) == {by_number, by_id}
    heard = await heard_with_numbers(inbox, [JANE], since=TEN, limit=9)
    assert heard[0].root_sid == by_number
    assert len(heard) == 4


async def test_a_leg_that_did_not_name_its_call_is_that_call(inbox: Inbox) -> None:
    root, leg, gone = new_sid(), new_sid(), new_sid()
    await kept(inbox, *incoming(root, JANE))
    await inbox.store(told(Kind.STATUS, leg, From=COMPANY, To="client:alice", CallStatus="ringing"))
    await inbox.store(told(Kind.DIAL, root, at=9, DialCallSid=leg, DialCallStatus="completed", From=JANE))
    await kept(inbox, *incoming(gone, JANE))
    await inbox.change(update(calls).where(calls.c.root_sid == gone).values(purged=True))
    found = await calls_by_sid(inbox, [leg, gone, new_sid()])
    assert {sid: call.root_sid for sid, call in found.items()} == {leg: root}
    assert [call.root_sid for call in await calls_of(inbox, [root, leg])] == [root]


async def test_what_changed_since_is_not_read_where_it_is_too_much(inbox: Inbox) -> None:
    ones = [await rang(inbox, "alice", at=at) for at in range(2)]
    await rang(inbox, "bob", at=3)
    for limit, found in ((2, set(ones)), (1, None)):
        changed = await changed_since(inbox, ["alice"], position=0, limit=limit)
        assert (changed if changed is None else set(changed)) == found
    # Each call has three callbacks.
    assert await changed_since(inbox, ["alice"], position=3, limit=9) == ones[1:]
    assert await changed_since(inbox, ["alice"], position=6, limit=9) == []
