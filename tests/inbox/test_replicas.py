"""What one replica was told, the others know a moment later."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bridge.calls.callback import Callback, Kind
from bridge.calls.live_calls import LiveCalls
from bridge.inbox.postgresql import alone
from bridge.inbox.replicas import CallbackPoller, SeenIds, poll_replicas
from bridge.inbox.store import Inbox, open_inbox
from tests.databases import begin
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
    assert seen.missing(now=1) == [*range(10**9 - 10_000, 10**9)]
    assert seen.missing(now=14.9)
    assert seen.missing(now=15) == []
    assert seen.complete(now=15) == seen.highest == 10**9
    # The oldest of several gaps are given up first.
    seen = SeenIds(0)
    seen.add([10_000], now=0)
    assert len(seen.missing(now=1)) == 9_999
    seen.add([10_002, 10_004], now=0)
    assert seen.missing(now=1) == [*range(2, 10_000), 10_001, 10_003]
    assert seen.complete(now=1) == 1


def test_up_to_which_row_all_are_known() -> None:
    seen = SeenIds(2)
    steps = []
    for number, ids in enumerate(([1, 2], [6], [5, 3, 8], [4], [7])):
        seen.add(ids, now=number)
        steps.append((seen.complete(now=number), seen.highest, seen.missing(now=number)))
    assert steps == [
        (2, 2, []),
        (2, 6, [3, 4, 5]),
        (3, 8, [4, 7]),
        (6, 8, [7]),
        (8, 8, []),
    ]
    # Each from when it was passed over.
    seen.add([10], now=10)
    seen.add([12], now=11)
    assert [seen.missing(now=at) for at in (24.9, 25, 26)] == [[9, 11], [11], []]


async def test_a_poller_reads_each_row_once_and_knows_up_to_where(sqlite_file: Path) -> None:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:
        poller = CallbackPoller(inbox)
        assert (poller.position, await poller.poll(), poller.position) == (0, [], 0)
        told_of = [outbound(new_sid(), "+33639980001") for _ in range(3)]
        for one in told_of[:2]:
            await inbox.store(one)
        assert digests(await poller.poll()) == [one.digest for one in told_of[:2]]
        await inbox.store(told_of[2])
        assert digests(await poller.poll()) == [told_of[2].digest]
        assert (await poller.poll(), poller.position) == ([], 3)
        # A later poller begins with the last thousand.
        move = text("UPDATE callbacks SET id = id + :by WHERE id = :id")
        for by, row in ((1001, 3), (2, 2)):
            await inbox.change(move.bindparams(by=by, id=row))
            assert digests(await CallbackPoller(inbox).poll()) == [told_of[2].digest]
        await inbox.change(move.bindparams(by=1, id=4))
        assert digests(await CallbackPoller(inbox).poll()) == [one.digest for one in told_of[1:]]


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
