"""What is wrong with one call concerns that call: it stops no other, and comes to Twenty when it can."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import text, update
from structlog.testing import capture_logs

from bridge.calls.activity import record_id
from bridge.calls.callback import Kind
from bridge.errors import BridgeError, InboxRefused, InboxUnavailable, TwentyFailed, TwentyUnavailable
from bridge.inbox.queries import State, known_call, recent_callbacks
from bridge.inbox.requeue import requeue_readable, unread_kinds
from bridge.inbox.rows import DueCall
from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks, calls
from bridge.sandbox.twenty import TwentySandbox
from bridge.sync.stages.isolation import Isolation
from bridge.sync.worker import Worker
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.client.errors import translate
from tests.support import TEN, create_person, eventually, new_sid, outbound, phone_calls, told
from tests.sync.conftest import MakeWorker
from tests.sync.support import Settings, drain, it_is

JANE = "+33639980001"
FAILED = [{"message": "unforeseen", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]


class Fails:
    """A client to whom Twenty answers an unknown code where an operation names one of these."""

    def __init__(self, client: TwentyClient, *named: str, operation: str = "") -> None:
        self._client = client
        self.named = named
        self._operation = operation

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        if self._operation in name and any(one in repr(variables) for one in self.named):
            raise translate(FAILED)
        return await self._client.execute(name, **variables)

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        return await self._client.execute_metadata(name, **variables)


async def calls_of(inbox: Inbox, count: int) -> list[str]:
    sids = [new_sid() for _ in range(count)]
    await asyncio.gather(*[inbox.store(outbound(sid, JANE)) for sid in sids])
    return sids


async def change(inbox: Inbox, sid: str, table: Any, **values: Any) -> None:
    await inbox.change(update(table).where(table.c.root_sid == sid).values(**values))


async def unreadable_time(inbox: Inbox, sid: str) -> None:
    """As a file that was mended by hand may hold."""
    statement = text("UPDATE callbacks SET received_at = 'once upon a time' WHERE root_sid = :sid")
    await inbox.change(statement.bindparams(sid=sid))


async def other_parameters(inbox: Inbox, sid: str) -> None:
    await change(inbox, sid, callbacks, parameters={"CallStatus": {"is": "new"}, "To": 7})


async def other_match(inbox: Inbox, sid: str) -> None:
    await change(inbox, sid, calls, match={"who": "another shape"}, matched=True)


async def no_callbacks(inbox: Inbox, sid: str) -> None:
    await inbox.change(callbacks.delete().where(callbacks.c.root_sid == sid))


@pytest.mark.parametrize("breaks", [unreadable_time, other_parameters, other_match, no_callbacks])
async def test_a_call_that_cannot_be_read_or_folded_is_parked_among_199(
    twenty: TwentySandbox,
    inbox: Inbox,
    worker: Worker,
    breaks: Callable[[Inbox, str], Any],
    database_url: str,
) -> None:
    if breaks is unreadable_time and database_url.startswith("postgresql"):
        pytest.skip("PostgreSQL takes no such time")
    sids = await calls_of(inbox, 200)
    await breaks(inbox, sids[77])
    await drain(worker)
    assert set(await phone_calls(twenty)) == set(sids) - {sids[77]}
    assert (await inbox.backlog()).parked == 1
    await recent_callbacks(inbox, TEN - timedelta(days=1))


@pytest.mark.parametrize("operation", ["CreatePhoneCalls", "TimelineActivities"])
@pytest.mark.parametrize("place", [0, 77, 199])
async def test_an_unknown_code_for_one_record_stops_no_other(
    twenty: TwentySandbox,
    inbox: Inbox,
    client: TwentyClient,
    make_worker: MakeWorker,
    place: int,
    operation: str,
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    sids = await calls_of(inbox, 200)
    record = record_id("phoneCall", sids[place])
    fails = Fails(client, record, operation=operation)
    worker = make_worker(fails, Settings())
    it_is(worker, TEN)
    await drain(worker)
    assert set(await phone_calls(twenty)) - {sids[place]} == set(sids) - {sids[place]}
    call = await known_call(inbox, sids[place])
    assert call
    assert call.state is State.DUE
    assert "INTERNAL_SERVER_ERROR" in str(call.error)
    later = await calls_of(inbox, 5)
    await drain(worker)
    assert set(later) <= set(await phone_calls(twenty))
    fails.named = ()
    it_is(worker, TEN + timedelta(hours=2))
    await drain(worker)
    assert sids[place] in await phone_calls(twenty)
    assert (await inbox.backlog()).due == 0


async def test_where_every_call_fails_it_is_not_the_calls(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    sids = await calls_of(inbox, 200)
    fails = Fails(client, *sids)
    worker = make_worker(fails, Settings())
    it_is(worker, TEN)
    await worker._pipeline.writing.writer()
    with pytest.raises(TwentyUnavailable):
        await worker.drain_once()
    assert (await inbox.backlog()).due == 200
    # Those behind are not held up.
    later = await calls_of(inbox, 3)
    await drain(worker)
    assert set(await phone_calls(twenty)) == set(later)
    fails.named = ()
    it_is(worker, TEN + timedelta(minutes=2))
    await drain(worker)
    assert set(await phone_calls(twenty)) == {*sids, *later}


async def test_a_lone_call_that_fails_holds_up_no_later_one(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    (bad,) = await calls_of(inbox, 1)
    worker = make_worker(Fails(client, bad), Settings())
    running = asyncio.create_task(worker.run())
    await eventually(lambda: worker.reason == "twenty.unavailable")
    (good,) = await calls_of(inbox, 1)
    await eventually(lambda: worker.reason is None)
    worker.stop()
    await running
    assert set(await phone_calls(twenty)) == {good}


async def test_a_kind_of_a_newer_version_is_kept_and_read_by_that_version(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sids = await calls_of(inbox, 3)
    newer = told(Kind.RECORDING, sids[0], at=90, RecordingUrl="https://api.twilio.com/RE1")
    await inbox.store(newer)
    await inbox.change(update(callbacks).where(callbacks.c.digest == newer.digest).values(kind="hologram"))
    (alone,) = await calls_of(inbox, 1)
    await change(inbox, alone, callbacks, kind="hologram")
    assert len(await recent_callbacks(inbox, TEN - timedelta(days=1))) == 3
    with capture_logs() as logged:
        await drain(worker)
        it_is(worker, TEN + timedelta(hours=1))
        await drain(worker)
    assert set(await phone_calls(twenty)) == set(sids)
    assert (await inbox.backlog()).parked == 0
    reports = [line["kind"] for line in logged if line["event"] == "inbox.callbacks_of_newer_version"]
    assert reports == ["hologram"]
    async with inbox.reading() as connection:
        assert await unread_kinds(connection) == {"hologram": 2}
    # As the newer version, which knows it, begins.
    await inbox.change(update(callbacks).where(callbacks.c.kind == "hologram").values(kind="recording"))
    monkeypatch.setattr("bridge.inbox.requeue.KINDS", frozenset({"hologram"}))
    assert await requeue_readable(inbox) == 2
    await drain(worker)
    assert set(await phone_calls(twenty)) == {*sids, alone}
    assert (await inbox.backlog()).due == 0


async def test_a_deferral_waits_longer_each_time_and_news_end_it(
    inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    bad, _ = await calls_of(inbox, 2)
    worker = make_worker(Fails(client, bad), Settings())
    waits, now = [], TEN
    for _ in range(14):
        it_is(worker, now)
        await calls_of(inbox, 1)
        await worker.drain_once()
        async with inbox.reading() as connection:
            until = await connection.scalar(
                calls.select().where(calls.c.root_sid == bad).with_only_columns(calls.c.not_before)
            )
        assert until
        waits.append((until - now).total_seconds())
        now = until
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == 3600
    await inbox.store(told(Kind.STATUS, bad, at=99, CallStatus="completed"))
    assert bad in {call.root_sid for call in await inbox.claim(10)}
    jumped_back = await inbox.claim_deferred(10, now=TEN - timedelta(days=400))
    assert jumped_back == []


def calls_named(names: Sequence[str]) -> list[DueCall]:
    blank = DueCall(
        root_sid="", revision=1, callbacks=(), match=None, former_id=None, written=None, settled_at=None
    )
    return [replace(blank, root_sid=name) for name in names]


@pytest.mark.parametrize(
    ("batch", "bad", "works", "tries", "failed"),
    [
        # All together first: where that goes well, there is nothing to find.
        ("a", "", False, "a", ""),
        ("abcdef", "", False, "abcdef", ""),
        ("abcdef", "", True, "abcdef", ""),
        # A single call is not tried again, and nothing says that it is at fault, unless others were written.
        ("a", "a", False, "a", None),
        ("a", "a", True, "a", "a"),
        # The last one, then the middle one: where both fail, all may.
        ("ab", "ab", False, "ab b a", None),
        ("abc", "abc", False, "abc c b", None),
        ("abcdef", "cf", False, "abcdef f c", None),
        ("abcdefg", "dg", False, "abcdefg g d", None),
        # One that was written tells of the others; neither is tried once more by itself.
        ("ab", "a", False, "ab b", "a"),
        ("ab", "b", False, "ab b a", "b"),
        ("abc", "c", False, "abc c b a", "c"),
        ("abcdef", "f", False, "abcdef f c ab de", "f"),
        ("abcdef", "a", False, "abcdef f ab a b cde", "a"),
        ("abcdef", "ad", False, "abcdef f ab a b cde c de d e", "ad"),
        # Others were written just now: halves at once.
        ("abcd", "d", True, "abcd ab cd c d", "d"),
        ("abc", "abc", True, "abc a bc b c", "abc"),
    ],
)
async def test_which_calls_of_a_batch_that_failed_are_tried_together(
    batch: str, bad: str, works: bool, tries: str, failed: str | None
) -> None:
    seen: list[str] = []
    error = TwentyFailed("unforeseen")

    async def write(some: Sequence[DueCall]) -> None:
        seen.append("".join(call.root_sid for call in some))
        if any(call.root_sid in bad for call in some):
            raise error

    isolation = Isolation(write, works=works)
    if failed is None:
        with pytest.raises(TwentyFailed):
            await isolation.run(calls_named(batch))
    else:
        await isolation.run(calls_named(batch))
    assert " ".join(seen) == tries
    assert isolation.failed == dict.fromkeys(failed or "", error)
    assert isolation.untried == []
    assert isolation.works is (works or failed is not None)


async def test_of_a_batch_with_many_calls_at_fault_the_rest_is_left_for_its_next_turn() -> None:
    tried: list[str] = []

    async def write(some: Sequence[DueCall]) -> None:
        tried.append("".join(call.root_sid for call in some))
        raise TwentyFailed("unforeseen")

    batch = calls_named([f"{n:03}" for n in range(200)])
    isolation = Isolation(write, works=True)
    await isolation.run(batch)
    assert len(tried) == 24
    assert isolation.failed
    left = [call for call in batch if call.root_sid not in isolation.failed]
    assert isolation.untried == left


@pytest.mark.parametrize(
    ("error", "is_one_calls"),
    [
        (TwentyFailed("unknown code"), True),
        (InboxRefused("a value that the database does not take"), True),
        (ValueError("a bug"), True),
        (TwentyUnavailable("down"), False),
        (InboxUnavailable("disk full"), False),
        (BridgeError("another"), False),
    ],
)
async def test_which_errors_one_call_can_have_caused(error: Exception, *, is_one_calls: bool) -> None:
    tries = 0

    async def write(some: Sequence[DueCall]) -> None:
        nonlocal tries
        tries += 1
        if some[0].root_sid == "a":
            raise error

    isolation = Isolation(write)
    if is_one_calls:
        await isolation.run(calls_named("ab"))
        assert (tries, isolation.failed) == (2, {"a": error})
    else:
        with pytest.raises(type(error)):
            await isolation.run(calls_named("ab"))
        assert (tries, isolation.failed) == (1, {})


@given(bad=st.sets(st.integers(0, 39)), size=st.integers(1, 40), works=st.booleans())
def test_each_call_is_written_fails_or_waits(bad: set[int], size: int, works: bool) -> None:
    batch = calls_named([f"{n:02}" for n in range(size)])
    written: list[str] = []
    tries = 0

    async def write(some: Any) -> None:
        nonlocal tries
        tries += 1
        if any(int(call.root_sid) in bad for call in some):
            raise TwentyFailed("unforeseen")
        written.extend(call.root_sid for call in some)

    isolation = Isolation(write, works=works)
    good = {call.root_sid for call in batch if int(call.root_sid) not in bad}
    try:
        asyncio.run(isolation.run(batch))
    except TwentyFailed:
        assert not works
        assert not written
        assert tries <= 3
        return
    untried = {call.root_sid for call in isolation.untried}
    assert tries <= 24
    assert len(written) == len(set(written))
    assert set(written) | (untried & good) == good
    assert not good & isolation.failed.keys()
    assert isolation.failed.keys() | untried | set(written) == {call.root_sid for call in batch}
