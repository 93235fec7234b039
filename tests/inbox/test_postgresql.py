"""What is PostgreSQL's own: connections that are lost, servers that restart, replicas that write at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import func, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Callback, Kind
from bridge.errors import InboxUnavailable, Standby
from bridge.inbox.drain_lock import open_drain_lock
from bridge.inbox.postgresql import alone
from bridge.inbox.retention import drop
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import agent_calls, transcript_jobs
from bridge.settings import InboxSettings
from tests.postgres import Postgres, postgres
from tests.proxy import Proxy, proxy
from tests.support import TEN, new_sid, outbound, told, until

JANE = "+33612345678"


@pytest.fixture
async def inbox(postgres_url: str) -> AsyncIterator[Inbox]:
    async with open_inbox(postgres_url) as opened:
        yield opened


async def test_a_read_sees_one_snapshot_and_a_commit_waits_for_the_disk(inbox: Inbox) -> None:
    async with inbox.reading() as connection:
        assert (await connection.exec_driver_sql("SHOW transaction_isolation")).scalar() == "repeatable read"
        assert (await connection.exec_driver_sql("SHOW transaction_read_only")).scalar() == "on"
        assert (await connection.exec_driver_sql("SHOW synchronous_commit")).scalar() == "on"


async def test_no_session_waits_for_locks_or_holds_its_own_for_long(inbox: Inbox) -> None:
    """And `pg_stat_activity` says whose it is."""
    names = ("application_name", "lock_timeout", "idle_in_transaction_session_timeout")

    async def look(connection: AsyncConnection) -> None:
        shown.append([(await connection.exec_driver_sql(f"SHOW {name}")).scalar() for name in names])

    shown: list[list[object]] = []
    await inbox.write(look)
    async with inbox.reading() as connection:
        await look(connection)
    assert shown == [["twenty-bridge", "3s", "5s"]] * 2


async def test_callbacks_of_any_number_are_stored_in_one_round_trip_and_a_question_takes_two(
    postgres_url: str,
) -> None:
    async with way_to(postgres_url) as (way, url), open_inbox(url, transcribing=True) as inbox:

        async def store(many: int) -> None:
            calls = [call_in_with_a_recording(new_sid()) for _ in range(many)]
            await asyncio.gather(*(inbox.store(callback) for call in calls for callback in call))

        async def round_trips(act: Awaitable[object]) -> int:
            before = way.round_trips
            await act
            return way.round_trips - before

        # The first one prepares the statement.
        await store(1)
        assert [await round_trips(store(many)) for many in (1, 5)] == [1, 1]
        assert [call.revision for call in await inbox.claim(10)] == [2] * 7
        async with inbox.reading() as connection:
            for table in (agent_calls, transcript_jobs):
                assert await connection.scalar(select(func.count()).select_from(table)) == 7
        for look in (inbox.has_parked, inbox.oldest_due):
            await look()
            assert await round_trips(look()) == 2


ENDING = b"SFATAL\0VFATAL\0C57P02\0Mterminating connection because of crash of another server process\0\0"
"""What each connection is told while PostgreSQL crashes, some milliseconds before it is closed."""


async def test_a_connection_that_the_server_is_about_to_end_is_replaced(postgres_url: str) -> None:
    async with way_to(postgres_url) as (way, url), open_inbox(url) as inbox:
        await inbox.store(outbound(new_sid(), JANE))
        await inbox.has_parked()
        way.say(b"E" + (4 + len(ENDING)).to_bytes(4, "big") + ENDING)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not await inbox.has_parked()


@asynccontextmanager
async def way_to(postgres_url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy, and the URL of the database through it."""
    there = make_url(postgres_url)
    async with proxy(host=str(there.query["host"]), port=int(str(there.query["port"]))) as way:
        url = there.set(host="127.0.0.1", port=way.port, query={}).render_as_string(hide_password=False)
        yield way, url


def call_in_with_a_recording(sid: str) -> Sequence[Callback]:
    return (
        told(Kind.VOICE, sid, From="client:alice", To=JANE),
        told(Kind.RECORDING, sid, RecordingSid=f"RE{sid[2:]}", RecordingStatus="completed"),
    )


async def test_two_replicas_that_are_told_the_same_keep_it_once(postgres_url: str, inbox: Inbox) -> None:
    """In opposite orders, so that they would wait for each other."""
    told = [outbound(new_sid(), JANE) for _ in range(500)]
    async with open_inbox(postgres_url) as other:
        puts = [inbox.store(callback) for callback in told] + [other.store(c) for c in reversed(told)]
        await asyncio.gather(*puts)
    assert [call.revision for call in await inbox.claim(1000)] == [1] * len(told)


async def test_a_lock_that_somebody_holds_for_a_moment_is_waited_for(inbox: Inbox, postgres_url: str) -> None:
    engine = alone(postgres_url)
    async with engine.connect() as other:
        await other.execute(text("LOCK TABLE callbacks"))
        put = asyncio.ensure_future(inbox.store(outbound(new_sid(), JANE)))
        _, waiting = await asyncio.wait([put], timeout=0.2)
        assert waiting
        await other.rollback()
        await put
    await engine.dispose()


async def test_a_deadlock_costs_time_and_no_callback(inbox: Inbox, postgres_url: str) -> None:
    first, second = sorted([outbound(new_sid(), JANE), outbound(new_sid(), JANE)], key=lambda c: c.digest)
    await asyncio.gather(inbox.store(first), inbox.store(second))
    sids = sorted([first.root_sid, second.root_sid])
    engine = alone(postgres_url)
    touch = text("UPDATE calls SET attempts = 0 WHERE root_sid = :sid")
    async with engine.connect() as other:
        await other.execute(touch, {"sid": sids[1]})
        news = [outbound(sid, JANE, seconds=61) for sid in sids]
        puts = [asyncio.ensure_future(inbox.store(callback)) for callback in news]
        await asyncio.wait(puts, timeout=0.2)
        # The writer has the first row and waits for the second; whom PostgreSQL chooses, gives way.
        try:
            await other.execute(touch, {"sid": sids[0]})
        finally:
            await other.rollback()
        await asyncio.gather(*puts)
    await engine.dispose()
    assert [call.revision for call in await inbox.claim(10)] == [2, 2]


async def test_calls_that_are_purged_are_locked_in_the_order_of_their_sids(
    inbox: Inbox, postgres_url: str
) -> None:
    """As everywhere, so that two that lock several never wait for each other: rows can lie in any order."""
    low, high = sorted(new_sid() for _ in range(2))
    for sid in (high, low):
        await inbox.store(outbound(sid, JANE))
    engine = alone(postgres_url)
    async with engine.connect() as other:
        row = "SELECT root_sid FROM calls WHERE root_sid = '{}' FOR UPDATE NOWAIT"
        await other.exec_driver_sql(row.format(low))
        dropping = asyncio.ensure_future(drop(inbox, [high, low]))

        async def waits() -> None:
            assert await other.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))

        await until(waits, AssertionError)
        assert await other.scalar(text(row.format(high))) == high
        await other.rollback()
        assert await dropping == 2
    await engine.dispose()


async def test_a_database_that_comes_back_in_time_costs_no_callback(
    inbox: Inbox, postgres_server: Postgres, postgres_database: str
) -> None:
    await inbox.store(outbound(new_sid(), JANE))
    assert len(await inbox.claim(10)) == 1
    postgres_server.away(postgres_database)
    put = asyncio.ensure_future(inbox.store(outbound(new_sid(), JANE)))
    _, waiting = await asyncio.wait([put], timeout=0.3)
    assert waiting
    postgres_server.back(postgres_database)
    await put
    assert len(await inbox.claim(10)) == 2


async def test_a_database_that_stays_away_is_told_and_then_it_goes_on(
    inbox: Inbox, postgres_server: Postgres, postgres_database: str
) -> None:
    await inbox.store(outbound(new_sid(), JANE))
    postgres_server.away(postgres_database)
    with pytest.raises(InboxUnavailable):
        await inbox.store(outbound(new_sid(), JANE))
    with pytest.raises(InboxUnavailable):
        await inbox.claim(10)
    with pytest.raises(InboxUnavailable):
        await inbox.check(TEN)
    postgres_server.back(postgres_database)
    await inbox.store(outbound(new_sid(), JANE))
    assert len(await inbox.claim(10)) >= 2


@pytest.fixture
def durable() -> Iterator[Postgres]:
    """A server of its own, which waits for the disk."""
    with postgres(durable=True) as server:
        yield server


async def test_a_crash_of_the_server_loses_nothing_that_was_kept(durable: Postgres) -> None:
    kept, url = set[str](), durable.url("postgres")

    async def tell(inbox: Inbox) -> None:
        for _ in range(200):
            callback = outbound(new_sid(), JANE)
            try:
                await inbox.store(callback)
            except InboxUnavailable:
                continue
            kept.add(callback.root_sid)

    async with open_inbox(url) as inbox:
        telling = [asyncio.ensure_future(tell(inbox)) for _ in range(4)]
        while len(kept) < 100:  # noqa: ASYNC110 - until those who tell have come so far
            await asyncio.sleep(0)
        await asyncio.to_thread(durable.control, "restart", "-m", "immediate")
        await asyncio.gather(*telling)
        found = {call.root_sid for call in await inbox.claim(1000)}
    assert len(kept) > 200
    assert kept <= found


async def test_a_network_that_is_gone_hangs_nobody(tcp_postgres_url: str) -> None:
    there = make_url(tcp_postgres_url)
    async with proxy(host=there.host or "", port=there.port or 0) as way:
        url = there.set(port=way.port).render_as_string(hide_password=False)
        settings = InboxSettings.model_validate({"database_url": url})
        async with open_inbox(url) as inbox, open_drain_lock(settings) as lock:
            await lock.take()
            await inbox.store(outbound(new_sid(), JANE))
            way.freeze()
            for attempt in (lock.check, lock.check, lock.take):
                with pytest.raises(Standby):
                    await attempt()
            with pytest.raises(InboxUnavailable):
                await inbox.store(outbound(new_sid(), JANE))
            way.thaw()
            await inbox.store(outbound(new_sid(), JANE))
            await until(lock.take, Standby)
            await lock.check()


async def test_a_replica_that_vanished_halfway_holds_no_call_back(tcp_postgres_url: str) -> None:
    there, callback = make_url(tcp_postgres_url), outbound(new_sid(), JANE)
    async with open_inbox(tcp_postgres_url) as inbox, proxy(host="127.0.0.1", port=there.port or 0) as way:
        await inbox.store(callback)
        vanished = alone(there.set(port=way.port).render_as_string(hide_password=False))
        async with vanished.connect() as connection:
            await connection.execute(text("UPDATE calls SET attempts = 0"))
            way.freeze()
            news = outbound(callback.root_sid, JANE, seconds=61)
            try:
                await until(lambda: inbox.store(news), InboxUnavailable)
            finally:
                way.thaw()
                await connection.invalidate()
        await vanished.dispose()
