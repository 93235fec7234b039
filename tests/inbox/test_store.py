"""The inbox keeps what it is told, hands out what is due, and forgets nothing on the way."""

import asyncio
import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bridge.calls.callback import Callback, Kind
from bridge.calls.people.matching import Match, Person
from bridge.errors import InboxRefused, InboxUnavailable
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.queries import recent_callbacks
from bridge.inbox.requeue import RELINKED, relink, relink_interrupted, unlink
from bridge.inbox.rows import DueCall, Settled
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.writer import MOST_ROWS
from tests.support import BOUND, TEN, new_sid, outbound, told

JANE = Person("8f7fd1c4-bf2c-4c2a-a9f2-6d14ba60cbd4", "Jane Doe", owner_id="a member")
JOHN = Person("another id", "John Doe")
JANES = "+33612345678"


def settled(due: DueCall, person: Person | None = None) -> Settled:
    return Settled(
        root_sid=due.root_sid,
        revision=due.revision,
        number=JANES,
        match=Match(person, (JOHN,)),
        written=b"0" * 16,
    )


async def test_a_callback_comes_back_as_it_was(inbox: Inbox) -> None:
    callback = outbound(new_sid(), "+33612345678")
    await inbox.store(callback)
    (due,) = await inbox.claim(200)
    assert due.callbacks == (callback,)
    assert (due.root_sid, due.revision, due.match) == (callback.root_sid, 1, None)


async def test_a_duplicate_changes_nothing(inbox: Inbox) -> None:
    callback = outbound(new_sid(), "+33612345678")
    later = replace(callback, received_at=TEN + timedelta(hours=1))
    await asyncio.gather(inbox.store(callback), inbox.store(later), inbox.store(callback))
    await inbox.store(later)
    (due,) = await inbox.claim(200)
    assert due.revision == 1
    assert len(due.callbacks) == 1


async def test_only_its_user_can_read_the_database(tmp_path: Path) -> None:
    file = tmp_path / "above" / "data" / "bridge.db"
    async with open_inbox(f"sqlite+aiosqlite:///{file}") as inbox:
        await inbox.store(told(Kind.STATUS, new_sid(), CallStatus="ringing"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert {"bridge.db", "bridge.db-wal", "bridge.db-shm"} <= set(modes)
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_a_database_that_others_may_read_stays_as_its_operator_made_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "bridge.db").touch(mode=0o640)
    async with open_inbox(f"sqlite+aiosqlite:///{tmp_path}/bridge.db"):
        assert stat.S_IMODE((tmp_path / "bridge.db-wal").stat().st_mode) == 0o640
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


async def test_all_legs_are_one_call(inbox: Inbox) -> None:
    parent = new_sid()
    await inbox.store(told(Kind.VOICE, parent, From="client:alice", To="+33612345678"))
    await inbox.store(told(Kind.STATUS, new_sid(), parent=parent, CallStatus="ringing"))
    (due,) = await inbox.claim(200)
    assert due.root_sid == parent
    assert due.revision == len(due.callbacks) == 2


async def test_recent_callbacks_come_in_their_order(inbox: Inbox) -> None:
    kept = [told(Kind.VOICE, new_sid(), at=at, From="client:alice") for at in range(10)]
    for callback in kept:
        await inbox.store(callback)
    assert await recent_callbacks(inbox, TEN - timedelta(hours=1), page=3) == kept
    assert await recent_callbacks(inbox, TEN + timedelta(seconds=4), page=3) == kept[5:]
    assert await recent_callbacks(inbox, TEN + timedelta(hours=1)) == []


async def test_who_listens_hears_at_once(database_url: str) -> None:
    heard: list[Callback] = []
    async with open_inbox(database_url, listeners=[heard.append]) as inbox:
        callback = outbound(new_sid(), JANES)
        promise = inbox.store_soon(callback)
        assert heard == [callback]
        await promise


async def test_who_listens_is_told_when_it_was_that_a_duplicate_came_first(database_url: str) -> None:
    callback = outbound(new_sid(), JANES)
    later = replace(callback, received_at=TEN + timedelta(days=1))
    heard: list[Callback] = []
    async with open_inbox(database_url, listeners=[heard.append]) as inbox:
        await inbox.store(callback)
        await inbox.store(later)
    assert heard == [callback, later, callback]


async def test_a_settled_call_is_due_again_when_news_arrive(inbox: Inbox) -> None:
    sid = new_sid()
    await inbox.store(told(Kind.VOICE, sid, From="client:alice"))
    (due,) = await inbox.claim(200)
    await inbox.settle([settled(due, JANE)], now=TEN)
    assert await inbox.claim(200) == []
    await inbox.store(outbound(sid, "+33612345678"))
    (again,) = await inbox.claim(200)
    assert (again.revision, again.match, again.written) == (2, Match(JANE, (JOHN,)), b"0" * 16)


async def test_settling_leaves_due_what_arrived_after_the_claim(inbox: Inbox) -> None:
    sid = new_sid()
    await inbox.store(told(Kind.VOICE, sid, From="client:alice"))
    (claimed,) = await inbox.claim(200)
    await inbox.store(outbound(sid, "+33612345678"))
    await inbox.settle([settled(claimed)], now=TEN)
    (still_due,) = await inbox.claim(200)
    assert still_due.revision == 2


async def test_a_parked_call_waits_for_news(inbox: Inbox) -> None:
    sid = new_sid()
    await inbox.store(told(Kind.VOICE, sid, From="client:alice"))
    (due,) = await inbox.claim(200)
    await inbox.park(due, "INVALID_PHONE_NUMBER", now=TEN)
    assert (await inbox.backlog()).due == 0
    await inbox.store(outbound(sid, "+33612345678"))
    assert (await inbox.backlog()).due == 1


async def test_a_call_with_news_is_not_parked_for_its_past(inbox: Inbox) -> None:
    sid = new_sid()
    await inbox.store(told(Kind.VOICE, sid, From="client:alice"))
    (due,) = await inbox.claim(200)
    await inbox.store(outbound(sid, "+33612345678"))
    await inbox.park(due, "INVALID_PHONE_NUMBER", now=TEN)
    assert (await inbox.backlog()).due == 1


async def test_the_longest_due_come_first_and_no_more_than_asked_for(inbox: Inbox) -> None:
    sids = [new_sid() for _ in range(5)]
    for seconds, sid in enumerate(reversed(sids)):
        await inbox.store(told(Kind.VOICE, sid, at=seconds, From="client:alice"))
    claimed = [due.root_sid for due in await inbox.claim(3)]
    assert claimed == list(reversed(sids))[:3]


async def test_those_that_ended_come_before_those_that_go_on(inbox: Inbox) -> None:
    ringing, over = new_sid(), new_sid()
    await inbox.store(told(Kind.VOICE, ringing, at=0, From="client:alice"))
    await inbox.store(outbound(over, JANES, seconds=60))
    assert [due.root_sid for due in await inbox.claim(200)] == [over, ringing]
    assert [due.root_sid for due in await inbox.claim(1)] == [over]
    assert [due.root_sid for due in await inbox.claim(200, live=False)] == [over]


@pytest.mark.parametrize(
    ("numbers", "since", "relinked"),
    [
        ({JANES}, TEN - timedelta(days=1), 1),
        (None, TEN - timedelta(days=1), 1),
        ({"+33698765432"}, TEN - timedelta(days=1), 0),
        ({JANES}, TEN + timedelta(days=1), 0),
    ],
)
async def test_a_call_without_a_person_is_matched_anew(
    inbox: Inbox, numbers: set[str] | None, since: datetime, relinked: int
) -> None:
    await inbox.store(outbound(new_sid(), JANES))
    await inbox.store(outbound(new_sid(), JANES))
    nobodys, janes = await inbox.claim(200)
    await inbox.settle([settled(nobodys), settled(janes, JANE)], now=TEN)
    assert await relink(inbox, numbers, since=since) == relinked
    found = await inbox.claim(200)
    assert [(due.root_sid, due.match) for due in found] == [(nobodys.root_sid, None)] * relinked


@pytest.mark.parametrize(("seconds", "again"), [(-4201, 0), (-3599, 1), (3601, 1), (4201, 0)])
async def test_a_call_that_was_settled_as_people_changed_is_matched_anew_by_the_next_process(
    inbox: Inbox, seconds: float, again: int
) -> None:
    await inbox.store(outbound(new_sid(), JANES))
    (due,) = await inbox.claim(200)
    await Checkpoints(inbox).save(RELINKED, TEN)
    # Its commit came after the relink, though the clock said another time.
    await inbox.settle([settled(due)], now=TEN + timedelta(seconds=seconds))
    assert await relink_interrupted(inbox) == again


async def test_calls_of_a_person_who_is_gone_are_matched_anew_when_there_is_news(inbox: Inbox) -> None:
    sid = new_sid()
    await inbox.store(told(Kind.VOICE, sid, From="client:alice"))
    (due,) = await inbox.claim(200)
    await inbox.settle([settled(due, JANE)], now=TEN)
    assert await unlink(inbox, JANE.id) == 1
    assert await inbox.claim(200) == []
    await inbox.store(outbound(sid, JANES))
    (again,) = await inbox.claim(200)
    assert (again.match, again.former_id) == (None, JANE.id)


async def test_many_at_once_are_all_kept(inbox: Inbox) -> None:
    callbacks = [outbound(new_sid(), "+33612345678", seconds=i) for i in range(1, 500)]
    await asyncio.gather(*map(inbox.store, callbacks))
    assert (await inbox.backlog()).due == len(callbacks)


async def test_a_long_queue_is_committed_in_parts(inbox: Inbox) -> None:
    """Where the database was away for long: all of it in one transaction would take longer than it may."""
    commits: list[None] = []
    inbox.on_commit.append(lambda: commits.append(None))
    callbacks = [outbound(new_sid(), "+33612345678") for _ in range(2 * MOST_ROWS + 1)]
    await asyncio.gather(*map(inbox.store, callbacks))
    assert len(commits) == 3
    assert (await inbox.backlog()).due == len(callbacks)


async def test_of_many_at_once_only_those_that_are_new_count(inbox: Inbox) -> None:
    callbacks = [outbound(new_sid(), "+33612345678", seconds=i) for i in range(1, 100)]
    await asyncio.gather(*map(inbox.store, callbacks[:50]))
    newer = [replace(callback, digest=callback.digest[::-1]) for callback in callbacks[:3]]
    await asyncio.gather(*map(inbox.store, [*callbacks, *newer, *callbacks[60:]]))
    claimed = {due.root_sid: due for due in await inbox.claim(200)}
    twice = {callback.root_sid for callback in newer}
    assert len(claimed) == len(callbacks)
    assert all(due.revision == len(due.callbacks) == 1 + (sid in twice) for sid, due in claimed.items())


async def test_it_is_all_there_after_a_restart(database_url: str) -> None:
    callback = outbound(new_sid(), "+33612345678")
    async with open_inbox(database_url) as inbox:
        await inbox.store(callback)
    async with open_inbox(database_url) as inbox:
        (due,) = await inbox.claim(200)
    assert due.callbacks == (callback,)


async def test_what_was_promised_is_written_before_it_closes(database_url: str) -> None:
    callbacks = [outbound(new_sid(), "+33612345678", seconds=i) for i in range(1, 100)]
    async with open_inbox(database_url) as inbox:
        promises = [inbox.store_soon(callback) for callback in callbacks]
    assert all(promise.done() and promise.exception() is None for promise in promises)
    async with open_inbox(database_url) as inbox:
        assert (await inbox.backlog()).due == len(callbacks)
        kept = inbox
    with pytest.raises(InboxUnavailable, match="closing"):
        kept.store_soon(callbacks[0])


async def test_a_put_that_was_given_up_disturbs_nobody(inbox: Inbox) -> None:
    gone = asyncio.ensure_future(inbox.store(outbound(new_sid(), "+33612345678")))
    await asyncio.sleep(0)
    gone.cancel()
    await inbox.store(told(Kind.VOICE, new_sid(), From="client:alice"))
    assert (await inbox.backlog()).due >= 1


def test_callbacks_of_this_file_differ() -> None:
    first, second = outbound(new_sid(), "+33612345678"), outbound(new_sid(), "+33612345678")
    assert isinstance(first, Callback)
    assert first.digest != second.digest


async def test_one_bad_operation_does_not_end_the_writer(inbox: Inbox) -> None:
    async def fail(_connection: object) -> None:
        raise ValueError("nobody foresaw this")

    with pytest.raises(InboxUnavailable, match="ValueError"):
        await inbox._writer.run(fail)
    await inbox.store(outbound(new_sid(), JANES))
    assert (await inbox.backlog()).due == 1


async def test_one_callback_that_the_database_refuses_costs_no_other(inbox: Inbox) -> None:
    good = [outbound(new_sid(), JANES) for _ in range(20)]
    bad = replace(good[0], call_sid="CA" + "0" * 80, parent_sid=None, digest=b"another digest..")
    if not inbox.is_shared:
        # SQLite takes texts of every length.
        bad = replace(bad, received_at=None)
    answers = await asyncio.gather(*map(inbox.store, [*good[:7], bad, *good[7:]]), return_exceptions=True)
    assert [type(answer) for answer in answers if answer] == [InboxRefused]
    assert len(await inbox.claim(200)) == 20


async def test_a_listener_that_raises_ends_nothing(database_url: str) -> None:
    def raises(_: Callback) -> None:
        raise ValueError("a listener's own mistake")

    callback = outbound(new_sid(), "+33639980001")
    async with open_inbox(database_url, listeners=[raises]) as inbox:
        for _ in range(3):
            await asyncio.wait_for(inbox.store(callback), BOUND)
        (due,) = await inbox.claim(10)
        assert due.root_sid == callback.root_sid


async def test_a_listener_that_raises_keeps_no_other_from_hearing(database_url: str) -> None:
    heard: list[Callback] = []

    def raises(_: Callback) -> None:
        raise ValueError("a listener's own mistake")

    wanted = [outbound(new_sid(), "+33639980001") for _ in range(5)]
    async with open_inbox(database_url, listeners=[raises, heard.append]) as inbox:
        await asyncio.wait_for(asyncio.gather(*map(inbox.store, wanted)), BOUND)
        assert {one.digest for one in heard} == {one.digest for one in wanted}
        # Those that were stored before are told as they were then.
        heard.clear()
        await asyncio.wait_for(asyncio.gather(*map(inbox.store, wanted)), BOUND)
        assert len(heard) == 2 * len(wanted)
