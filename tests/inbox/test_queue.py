"""What a claim hands out, and what settling, parking and deferring write: the conditions, on SQLite."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from bridge.calls.callback import Callback, Kind
from bridge.calls.people.matching import Match, Person
from bridge.errors import InboxUnavailable
from bridge.inbox.queries import (
    State,
    attempts_of,
    calls_in_progress,
    calls_of_recording,
    failed_since,
    known_call,
    known_calls,
    known_sids,
    parked_reasons,
    recent_callbacks,
    roots_of_legs,
    stored_calls,
    stored_digests,
    waiting,
)
from bridge.inbox.requeue import (
    count_unmatched,
    relink,
    relinked_at,
    requeue_joined,
    requeue_moved,
    requeue_uncertain,
    retry,
    unlink,
)
from bridge.inbox.retention import drop, purge
from bridge.inbox.rows import DueCall, Settled
from bridge.inbox.store import LONGEST_DEFERRAL, Inbox, open_inbox
from bridge.inbox.tables import callbacks, calls
from tests.databases import begin
from tests.inbox.support import kept
from tests.support import TEN, new_sid, outbound, told

JANE, JOHN = Person("p1", "Jane Doe"), Person("p2", "John Doe")
NUMBER, OTHER = "+33639980001", "+33639980002"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
async def inbox(sqlite_file: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as opened:
        yield opened


async def ended(inbox: Inbox, *, at: float = 0) -> str:
    """A call out that is over."""
    return await kept(inbox, outbound(new_sid(), NUMBER, seconds=int(at)))


async def going_on(inbox: Inbox, *, at: float = 0) -> str:
    return await kept(inbox, told(Kind.VOICE, new_sid(), at=at, From="client:alice", To=NUMBER))


async def news_of(inbox: Inbox, sid: str) -> None:
    await inbox.store(told(Kind.RECORDING, sid, at=900, RecordingUrl=f"https://api.twilio.com/{new_sid()}"))


def done(due: DueCall, **more: Any) -> Settled:
    new = Settled(
        root_sid=due.root_sid, revision=due.revision, number=NUMBER, match=Match(JANE), written=b"1" * 16
    )
    return replace(new, **more)


async def claimed(inbox: Inbox, sid: str) -> DueCall:
    [due] = [due for due in await inbox.claim(100) if due.root_sid == sid]
    return due


async def settle(inbox: Inbox, sid: str, *, now: datetime = TEN, **more: Any) -> None:
    await inbox.settle([done(await claimed(inbox, sid), **more)], now=now)


async def row(inbox: Inbox, sid: str) -> Any:
    async with inbox.reading() as connection:
        return (await connection.execute(calls.select().where(calls.c.root_sid == sid))).one()


async def due(inbox: Inbox) -> set[str]:
    return {call.root_sid for call in await inbox.claim(100)}


async def test_a_claim_is_full_of_calls_that_ended_before_any_that_goes_on(inbox: Inbox) -> None:
    live = [await going_on(inbox, at=at) for at in (3, 1, 2)]
    over = [await ended(inbox, at=at) for at in (20, 10)]
    in_order = [over[1], over[0], live[1], live[2], live[0]]
    for limit in range(1, 6):
        assert [call.root_sid for call in await inbox.claim(limit)] == in_order[:limit]


async def test_a_call_that_failed_comes_back_after_its_time_or_with_news(inbox: Inbox) -> None:
    late, soon, live, news = await ended(inbox), await ended(inbox), await going_on(inbox), await ended(inbox)
    minutes = {late: 20, soon: 10, live: 15, news: 30}
    claims = {sid: await claimed(inbox, sid) for sid in minutes}
    await news_of(inbox, news)
    for sid, call in claims.items():
        await inbox.defer([call], "a\0b", until=TEN + minutes[sid] * MINUTE, now=TEN)
    assert await due(inbox) == {news}
    deferred = await row(inbox, late)
    assert (deferred.deferrals, deferred.attempts, deferred.last_error) == (
        1,
        1,
        "a\N{REPLACEMENT CHARACTER}b",
    )
    assert (await row(inbox, news)).attempts == 0

    async def ready(at: int, *, limit: int = 10, live: bool = True) -> list[str]:
        found = await inbox.claim_deferred(limit, live=live, now=TEN + at * MINUTE)
        return [call.root_sid for call in found]

    assert [await ready(9), await ready(10), await ready(60)] == [[], [soon], [soon, live, late]]
    assert [await ready(60, limit=2), await ready(60, live=False)] == [[soon, live], [soon, late]]
    # After a clock jumped back by more than any call waits.
    back = -int(LONGEST_DEFERRAL / MINUTE)
    assert [await ready(back + 20), await ready(back + 12)] == [[], [live, late]]
    # Deferred again, and settled: the next failure is its first.
    [again] = await inbox.claim_deferred(1, now=TEN + 60 * MINUTE)
    assert again.deferrals == 1
    await inbox.settle([done(again, unread="hologram")], now=TEN)
    settled = await row(inbox, soon)
    assert (settled.deferrals, settled.attempts, settled.not_before, settled.last_error) == (0, 0, None, None)
    assert settled.unread == "hologram"


async def test_a_call_with_an_unknown_kind_is_deferred_under_its_name(inbox: Inbox) -> None:
    one, other = await ended(inbox), await ended(inbox)
    both = [replace(await claimed(inbox, one), unread="hologram"), await claimed(inbox, other)]
    await inbox.defer(both, "later", until=TEN, now=TEN)
    assert [(await row(inbox, sid)).unread for sid in (one, other)] == ["hologram", None]


async def test_settling_never_takes_a_call_back(inbox: Inbox) -> None:
    sid = await ended(inbox)
    before = await claimed(inbox, sid)
    await news_of(inbox, sid)
    await settle(inbox, sid, written=b"2" * 16)
    await inbox.settle([done(before)], now=TEN + MINUTE)
    assert ((await row(inbox, sid)).synced_revision, await due(inbox)) == (2, set())
    await inbox.settle([], now=TEN)


async def test_what_was_decided_anew_meanwhile_stays_so(inbox: Inbox) -> None:
    """A relink between claim and settling: what was chosen before proves nothing."""
    sid = await ended(inbox)
    await settle(inbox, sid, match=Match(None), number=OTHER, now=TEN + 60 * MINUTE)
    assert await retry(inbox, sid) == 1
    before = await claimed(inbox, sid)
    assert await relink(inbox, None, since=TEN - DAY) == 1
    await inbox.settle([done(before, match=Match(JOHN), fields=b"fields")], now=TEN)
    found = await row(inbox, sid)
    assert (found.matched, found.number, found.person_id, found.written) == (False, OTHER, None, b"1" * 16)
    assert (found.synced_revision, found.fields) == (before.revision, b"fields")
    [again] = await inbox.claim(10)
    assert (again.match, again.anew) == (None, True)
    await inbox.settle([done(again, match=Match(JOHN), written=b"2" * 16)], now=TEN)
    found = await row(inbox, sid)
    assert (found.matched, found.number, found.person_id, found.written) == (True, NUMBER, "p2", b"2" * 16)


async def test_parking_and_failing_leave_a_text_that_can_be_stored(inbox: Inbox) -> None:
    sid, fails = await ended(inbox), await ended(inbox)
    assert not await inbox.has_parked()
    await inbox.park(await claimed(inbox, sid), "no\0", now=TEN)
    assert await inbox.has_parked()
    await inbox.failed([await claimed(inbox, fails)], "no\0", now=TEN)
    parked, failed = await row(inbox, sid), await row(inbox, fails)
    text = "no\N{REPLACEMENT CHARACTER}"
    assert (parked.parked_reason, parked.last_error, parked.attempts) == (text, text, 1)
    assert (failed.parked_reason, failed.last_error, failed.attempts) == (None, text, 1)
    for one in (sid, fails):
        [attempt] = await attempts_of(inbox, one)
        assert (attempt.error, attempt.first_at, attempt.last_at) == (text, TEN, TEN)
    backlog = await inbox.backlog()
    assert (backlog.due, backlog.parked) == (1, 1)
    assert await parked_reasons(inbox) == [(text, 1)]
    assert await retry(inbox, None) == 1
    again = await row(inbox, sid)
    assert (again.parked_reason, again.deferrals) == (None, 0)
    assert not await inbox.has_parked()


async def test_the_most_frequent_reasons_come_first_then_by_name(inbox: Inbox) -> None:
    for reason in ("b", "c", "c", "a", *"defghijklm"):
        await inbox.park(await claimed(inbox, await ended(inbox)), reason, now=TEN)
    assert await parked_reasons(inbox) == [("c", 2), ("a", 1), ("b", 1), *((one, 1) for one in "defghij")]


async def test_moved_calls_are_due_where_twenty_shows_another_person(inbox: Inbox) -> None:
    janes, nobodys, waits, unwritten = sids = [await ended(inbox) for _ in range(4)]
    await settle(inbox, janes)
    await settle(inbox, nobodys, match=Match(None))
    await settle(inbox, waits)
    await news_of(inbox, waits)
    inbox.news.clear()
    assert await requeue_moved(inbox, {janes: "p1", nobodys: None, new_sid(): "p9"}) == 0
    assert not inbox.news.is_set()
    # By the bridge's own key: not what is under way, nor what it put on a person a moment ago.
    everywhere = dict.fromkeys(sids, "p9")
    assert await requeue_moved(inbox, everywhere, by_api=True) == 1
    assert (inbox.news.is_set(), await due(inbox)) == (True, {janes, waits, unwritten})
    assert (await claimed(inbox, janes)).anew
    assert await requeue_moved(inbox, everywhere) == 3
    assert await due(inbox) == set(sids)


async def test_an_uncertain_write_is_repeated_where_there_was_one(inbox: Inbox) -> None:
    written, unwritten, other = [await ended(inbox) for _ in range(3)]
    for sid in (written, other):
        await settle(inbox, sid)
    inbox.news.clear()
    await requeue_uncertain(inbox, [written, unwritten])
    assert (await due(inbox), inbox.news.is_set()) == ({written, unwritten}, True)
    again = await claimed(inbox, written)
    assert (again.anew, again.written is not None and any(again.written)) == (True, False)
    assert (await row(inbox, unwritten)).revision == 1


async def test_whose_calls_are_matched_anew(inbox: Inbox) -> None:
    janes, nobodys, numberless, others = [await ended(inbox) for _ in range(4)]
    await settle(inbox, janes)
    await settle(inbox, nobodys, match=Match(None))
    await settle(inbox, numberless, match=Match(None), number=None)
    await settle(inbox, others, match=Match(None), number=OTHER)
    assert await relinked_at(inbox) is None
    assert await count_unmatched(inbox, since=TEN - DAY) == 2
    assert [await count_unmatched(inbox, since=TEN + DAY)] == [0]
    seen: list[int] = []
    assert await relink(inbox, [NUMBER], since=TEN - DAY, progress=seen.append) == 1
    assert (await due(inbox), seen) == ({nobodys}, [1])
    assert (await claimed(inbox, nobodys)).match is None
    assert await relinked_at(inbox) is not None
    # A person who is gone: matched anew with the next news, and due now where it was.
    assert await unlink(inbox, "p1") == 1
    assert await due(inbox) == {nobodys}
    gone = await row(inbox, janes)
    assert (gone.matched, gone.person_id, gone.anew_revision) == (False, None, gone.revision)
    await requeue_joined(inbox, [])
    await requeue_joined(inbox, [janes])
    assert await due(inbox) == {nobodys, janes}


async def test_which_calls_seem_to_go_on(inbox: Inbox) -> None:
    old, shown, unshown, over, news, ahead = (
        await going_on(inbox, at=-5000),
        await going_on(inbox, at=10),
        await going_on(inbox, at=20),
        await ended(inbox, at=30),
        await going_on(inbox, at=40),
        await going_on(inbox, at=99_999),
    )
    await settle(inbox, shown, ended=False)
    await settle(inbox, over)
    await settle(inbox, news, ended=False)

    async def found(limit: int = 10) -> list[str]:
        after, before = TEN - timedelta(seconds=4000), TEN + timedelta(seconds=35)
        return await calls_in_progress(inbox, after=after, before=before, now=TEN + DAY / 2, limit=limit)

    assert await found() == [ahead, unshown, shown]
    assert await found(2) == [ahead, unshown]
    await drop(inbox, [shown, unshown])
    assert await found() == [ahead]
    assert old in await due(inbox)


async def test_calls_whose_write_failed_lately(inbox: Inbox) -> None:
    failed, before, settled, old, parked = [await ended(inbox, at=at) for at in (60, 61, 62, -9000, 64)]
    for sid in (failed, settled, old):
        await inbox.failed([await claimed(inbox, sid)], "down", now=TEN + MINUTE)
    await inbox.failed([await claimed(inbox, before)], "down", now=TEN - MINUTE)
    await inbox.park(await claimed(inbox, parked), "no", now=TEN + MINUTE)
    for sid in (settled, old):
        await settle(inbox, sid)
    assert set(await failed_since(inbox, TEN)) == {failed, settled}


async def test_what_is_known_of_some_calls(inbox: Inbox) -> None:
    one, erased = await ended(inbox), await ended(inbox)
    await drop(inbox, [erased])
    unknown = new_sid()
    sids = [one, erased, unknown]
    found = await stored_calls(inbox, sids)
    assert [sid in found for sid in sids] == [True, True, False]
    assert found.purged == {erased}
    assert [len(found.stored(sid)) for sid in sids] == [1, 0, 0]
    assert await known_sids(inbox, sids) == {one, erased}
    assert await waiting(inbox, sids) == [one]
    leg = f"{one[:-1]}f"
    # A Dial's action that names the call itself makes no leg of it.
    await inbox.store(told(Kind.DIAL, one, DialCallSid=one, DialCallStatus="completed"))
    assert await roots_of_legs(inbox, [leg, unknown, one]) == {leg: one}
    digest = found.stored(one)[0].digest
    assert await stored_digests(inbox, [digest, b"another"]) == {digest}


async def test_a_leg_that_named_no_call_is_known_as_its_call(inbox: Inbox) -> None:
    root, leg = new_sid(), new_sid()
    lone = told(Kind.STATUS, leg, at=5, CallStatus="ringing", Direction="outbound-dial", To="client:alice")
    await inbox.store(told(Kind.VOICE, root, CallStatus="ringing", From=NUMBER, To=OTHER))
    await inbox.store(lone)
    dialled = told(Kind.DIAL, root, at=9, DialCallSid=leg, DialCallStatus="completed")
    await inbox.store(dialled)
    found = await known_call(inbox, leg)
    assert found
    assert (found.root_sid, len(found.callbacks)) == (root, 3)
    assert [one.received_at for one in found.callbacks] == sorted(one.received_at for one in found.callbacks)


async def test_calls_of_numbers_have_those_whose_party_is_not_known_yet(inbox: Inbox) -> None:
    one, other, unread, parked = [await ended(inbox, at=at) for at in (1, 2, 3, 4)]
    await settle(inbox, one)
    await settle(inbox, other, number=OTHER)
    await inbox.park(await claimed(inbox, parked), "no", now=TEN)

    async def found(state: State | None = None) -> list[str]:
        return [call.root_sid async for call in known_calls(inbox, state=state, numbers=[NUMBER])]

    assert [await found(), await found(State.DUE), await found(State.PARKED)] == [
        [parked, unread, one],
        [unread],
        [parked],
    ]


def naming(kind: Kind, sid: str, recording: str, at: float) -> Callback:
    return told(kind, sid, at=at, RecordingSid=recording)


async def test_which_calls_a_recording_was_named_for(inbox: Inbox) -> None:
    one, other, recording = new_sid(), new_sid(), f"RE{'7' * 32}"
    for kind, sid, at in ((Kind.RECORDING, one, 5), (Kind.DIAL, one, 9), (Kind.STATUS, one, 12)):
        await inbox.store(naming(kind, sid, recording, at))
    await inbox.store(naming(Kind.VOICEMAIL, other, recording, 3))
    await inbox.store(naming(Kind.VOICEMAIL, new_sid(), f"RE{'8' * 32}", 3))
    seconds = {one: 9, other: 3}
    assert await calls_of_recording(inbox, recording) == {
        sid: TEN + timedelta(seconds=at) for sid, at in seconds.items()
    }


async def test_recent_callbacks_end_at_the_first_old_page(inbox: Inbox) -> None:
    sids = [await going_on(inbox, at=at) for at in (1, 2, 3, 4)]
    found = await recent_callbacks(inbox, TEN + timedelta(seconds=2), page=1)
    assert [one.call_sid for one in found] == sids[2:]
    await inbox.change(update(callbacks).where(callbacks.c.call_sid == sids[3]).values(kind="hologram"))
    assert [one.call_sid for one in await recent_callbacks(inbox, TEN)] == sids[:3]


async def test_one_callback_replaces_another_once(inbox: Inbox) -> None:
    sid, heard = new_sid(), list[Callback]()
    inbox.listeners.append(heard.append)
    first, second, third = [told(Kind.DISPOSITION, sid, at=at, Disposition=str(at)) for at in (1, 2, 3)]
    assert await inbox.replace(first, None)
    assert not await inbox.replace(first, None)
    inbox.news.clear()
    assert await inbox.replace(second, first.digest)
    assert inbox.news.is_set()
    # It is not there any more; what was to replace it is left out again.
    assert not await inbox.replace(third, first.digest)
    assert not await inbox.replace(second, second.digest)
    async with asyncio.timeout(5):
        found = await known_call(inbox, sid)
    assert found
    assert [one.parameters["Disposition"] for one in found.callbacks] == ["2"]
    assert heard == []


async def test_a_leg_that_twenty_shows_as_a_call_is_known_with_its_call(inbox: Inbox) -> None:
    root, shown, unseen = new_sid(), new_sid(), new_sid()
    for leg in (shown, unseen):
        await inbox.store(told(Kind.STATUS, leg, at=5, CallStatus="completed", Direction="outbound-dial"))
        await settle(inbox, leg, written=b"1" * 16 if leg == shown else None)
    for at, leg in enumerate((shown, unseen)):
        await inbox.store(told(Kind.DIAL, root, at=at, DialCallSid=leg, DialCallStatus="completed"))
    call = await claimed(inbox, root)
    assert (set(call.shown_legs), call.leg_of) == ({shown}, None)
    assert {one.call_sid: one.parent_sid for one in call.callbacks} == {root: None, shown: root, unseen: root}
    await requeue_joined(inbox, call.shown_legs)
    leg_again = await claimed(inbox, shown)
    assert (leg_again.leg_of, set(leg_again.shown_legs)) == (root, set())


async def test_a_call_that_was_refused_after_it_failed_is_not_tried_again_with_time(inbox: Inbox) -> None:
    sid = await ended(inbox)
    await inbox.defer([await claimed(inbox, sid)], "down", until=TEN, now=TEN)
    [again] = await inbox.claim_deferred(10, now=TEN)
    await inbox.park(again, "no", now=TEN)
    assert await inbox.claim_deferred(10, now=TEN) == []
    assert (await retry(inbox, None), await due(inbox)) == (1, {sid})


async def test_a_failure_that_comes_after_the_call_was_settled_changes_nothing(inbox: Inbox) -> None:
    """As of a process that another one has taken over from."""
    sid = await ended(inbox)
    late = await claimed(inbox, sid)
    await settle(inbox, sid)
    await inbox.defer([late], "down", until=TEN + DAY, now=TEN)
    await inbox.failed([late], "down", now=TEN)
    found = await row(inbox, sid)
    assert (found.not_before, found.deferrals, found.attempts, found.last_error) == (None, 0, 0, None)
    assert [one.outcome for one in await attempts_of(inbox, sid)] == ["written"]


@pytest.mark.parametrize(
    "problem", [SQLAlchemyError("closed"), sqlite3.OperationalError("disk I/O error"), OSError("no file")]
)
async def test_a_database_that_fails_while_it_is_read_is_unavailable(
    inbox: Inbox, problem: Exception
) -> None:
    with pytest.raises(InboxUnavailable, match=type(problem).__name__):
        async with inbox.reading():
            raise problem
    with pytest.raises(ValueError, match="a bug"):
        async with inbox.reading():
            raise ValueError("a bug")


async def test_a_call_of_one_callback_is_purged(inbox: Inbox) -> None:
    sid = await kept(inbox, told(Kind.STATUS, new_sid(), at=-9000, CallStatus="completed"))
    await settle(inbox, sid)
    assert await purge(inbox, before=TEN) == 1
    found = await known_call(inbox, sid)
    assert found
    assert found.state is State.PURGED
