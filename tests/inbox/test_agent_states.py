"""What agents say of themselves: of two replicas' writes the later one stays, whichever comes first."""

from datetime import timedelta

from bridge.inbox.agent_states import AgentState, all_states, set_present, set_seen, set_status, states_of
from bridge.inbox.store import Inbox
from tests.support import TEN

HOUR = timedelta(hours=1)


async def test_what_was_said_later_stays_and_each_thing_by_itself(inbox: Inbox) -> None:
    await set_status(inbox, "alice", "away", since=TEN + HOUR, until=TEN + 2 * HOUR)
    await set_status(inbox, "alice", "available", since=TEN, until=None)
    await set_seen(inbox, "alice", at=TEN + HOUR)
    await set_seen(inbox, "alice", at=TEN)
    # A phone that closed counts as closed at once: what was written last stays.
    await set_present(inbox, [("bob", TEN + HOUR), ("alice", TEN + HOUR)])
    await set_present(inbox, [("alice", TEN)])
    await set_present(inbox, [])
    alice = AgentState(
        identity="alice",
        status="away",
        since=TEN + HOUR,
        until=TEN + 2 * HOUR,
        seen_at=TEN + HOUR,
        present_until=TEN,
    )
    bob = AgentState(identity="bob", present_until=TEN + HOUR)
    assert sorted(await all_states(inbox), key=lambda one: one.identity) == [alice, bob]
    assert await states_of(inbox, ["bob", "carol"]) == [bob]
    await set_status(inbox, "alice", "available", since=TEN + HOUR, until=None)
    await set_seen(inbox, "bob", at=TEN)
    [alice, bob] = sorted(await all_states(inbox), key=lambda one: one.identity)
    assert (alice.status, alice.until, bob.seen_at, bob.present_until) == (
        "available",
        None,
        TEN,
        TEN + HOUR,
    )
