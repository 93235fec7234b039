"""What one replica was told, the others know a moment later."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bridge.calls.callback import Callback, Kind
from bridge.calls.live_calls import LiveCalls
from bridge.inbox.postgresql import alone
from bridge.inbox.replicas import LATE_SECONDS, MOST_MISSING, CallbackPoller, SeenIds, poll_replicas
from bridge.inbox.store import Inbox, open_inbox
from tests.postgres import Postgres
from tests.support import TEN, eventually, new_sid, outbound, told


@given(st.permutations(range(1, 40)), st.data())
def test_every_row_is_seen_in_whatever_order_they_are_committed(
    order: list[int], data: st.DataObject
) -> None:
    seen, visible, found = SeenIds(0), set[int](), set[int]()
    while order:
        visible |= {order.pop() for _ in range(data.draw(st.integers(1, len(order))))}
        late = set(seen.missing(now=1)) & visible
        further = {one for one in visible if one > seen.highest}
        seen.add(late | further, now=1)
        found |= late | further
    assert found == set(range(1, 40))


def test_what_is_missing_is_not_looked_for_for_ever() -> None:
    seen = SeenIds(0)
    seen.add([3, 10**9], now=0)
    assert len(seen.missing(now=1)) == MOST_MISSING
    assert seen.missing(now=LATE_SECONDS) == []


@pytest.fixture
async def inboxes(postgres_url: str) -> AsyncIterator[tuple[Inbox, Inbox]]:
    """As two replicas have them."""
    async with open_inbox(postgres_url) as one, open_inbox(postgres_url) as other:
        yield one, other


async def test_who_calls_by_one_replica_is_in_a_call_at_the_other(inboxes: tuple[Inbox, Inbox]) -> None:
    one, other = inboxes
    live_calls = LiveCalls()
    async with poll_replicas(other, live_calls.add):
        await one.store(told(Kind.VOICE, new_sid(), From="client:alice", To="+33612345678"))
        await eventually(lambda: live_calls.in_call("alice", TEN))
        assert live_calls.placed_by("alice", TEN - timedelta(minutes=1)) == 1
    assert other.news.is_set()


async def test_a_row_that_is_committed_late_is_heard(inboxes: tuple[Inbox, Inbox], postgres_url: str) -> None:
    """Its id is lower than those of rows that were seen before."""
    one, other = inboxes
    poller, early, late = CallbackPoller(other), outbound(new_sid(), "+33612345678"), new_sid()
    await one.store(early)
    assert digests(await poller.poll()) == [early.digest]
    engine = alone(postgres_url)
    async with engine.connect() as slow:
        await slow.execute(
            text(
                "INSERT INTO callbacks (digest, root_sid, call_sid, kind, parameters, received_at) "
                "VALUES ('late', :sid, :sid, 'status', '{}', now())"
            ),
            {"sid": late},
        )
        after = outbound(new_sid(), "+33612345678")
        await one.store(after)
        assert digests(await poller.poll()) == [after.digest]
        await slow.commit()
    await engine.dispose()
    assert digests(await poller.poll()) == [b"late"]
    assert await poller.poll() == []


async def test_it_goes_on_after_the_database_was_away(
    inboxes: tuple[Inbox, Inbox], postgres_server: Postgres, postgres_database: str
) -> None:
    one, other = inboxes
    heard: list[Callback] = []
    async with poll_replicas(other, heard.append):
        await one.store(outbound(new_sid(), "+33612345678"))
        await eventually(lambda: len(heard) == 1)
        postgres_server.away(postgres_database)
        postgres_server.back(postgres_database)
        await one.store(outbound(new_sid(), "+33612345678"))
        await eventually(lambda: len(heard) == 2)


def digests(callbacks: list[Callback]) -> list[bytes]:
    return [callback.digest for callback in callbacks]
