"""Which calls have a task, which are to get one and when: as the worker is told by SQLite."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bridge.calls.callback import Kind
from bridge.calls.people.matching import Match, Person
from bridge.inbox.reminders import (
    LONGEST_WAIT,
    defer_reminders,
    due_reminders,
    reminded_calls,
    settle_reminders,
)
from bridge.inbox.retention import drop
from bridge.inbox.rows import DueCall, Settled
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import calls
from tests.databases import begin
from tests.inbox.support import incoming, kept
from tests.support import TEN, new_sid, told

JANE, JOHN = Person("p1", "Jane Doe"), Person("p2", "John Doe")
NUMBER = "+33639980001"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def inbox(sqlite_file: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as opened:
        yield opened


async def settle(inbox: Inbox, sid: str, *, at: float = 0, minutes: int = 0, **more: Any) -> None:
    """A missed call that was written, and whose task is due since so many minutes after ten."""
    await kept(inbox, *incoming(sid, NUMBER, at=at))
    [due] = await inbox.claim(10)
    new = Settled(
        root_sid=sid, revision=due.revision, number=NUMBER, match=Match(JANE), written=b"1", reminding=True
    )
    await inbox.settle([replace(new, **more)], now=TEN + minutes * MINUTE)


async def row(inbox: Inbox, sid: str) -> tuple[bool, Any, Any]:
    """Whether a call has a task, since when that is to be looked at, and whose it can have been."""
    columns = calls.c.reminded, calls.c.remind_at, calls.c.remind_former
    async with inbox.reading() as connection:
        found = (
            await connection.execute(
                calls.select().where(calls.c.root_sid == sid).with_only_columns(*columns)
            )
        ).one()
    return found[0], found[1], found[2]


async def due(inbox: Inbox, minutes: int = 60, limit: int = 10) -> list[DueCall]:
    return await due_reminders(inbox, limit, now=TEN + minutes * MINUTE)


async def test_the_task_that_is_due_longest_comes_first_and_none_before_its_time(inbox: Inbox) -> None:
    sids = [new_sid() for _ in range(3)]
    for sid, minutes in zip(sids, (30, 10, 20), strict=True):
        await settle(inbox, sid, minutes=minutes)
    await settle(inbox, new_sid(), reminding=False)
    in_order = [sids[1], sids[2], sids[0]]
    assert [call.root_sid for call in await due(inbox)] == in_order
    assert [call.root_sid for call in await due(inbox, limit=2)] == in_order[:2]
    assert [call.root_sid for call in await due(inbox, 20)] == in_order[:2]
    assert await due(inbox, 9) == []
    # After a clock jumped back by more than a task ever waits.
    back = -int(LONGEST_WAIT / MINUTE)
    assert [call.root_sid for call in await due(inbox, back + 15)] == [sids[2], sids[0]]


async def test_a_task_is_done_as_of_what_was_claimed(inbox: Inbox) -> None:
    with_task, without, anew = [new_sid() for _ in range(3)]
    for sid in (with_task, without, anew):
        await settle(inbox, sid, formerly=("p2",))
    claimed = await due(inbox)
    # One of them is settled anew before the task is made.
    await inbox.store(told(Kind.RECORDING, anew, at=60, RecordingUrl="https://api.twilio.com/RE1"))
    [again] = await inbox.claim(10)
    newer = Settled(
        root_sid=anew, revision=again.revision, number=NUMBER, match=Match(JANE), written=b"2", reminding=True
    )
    await inbox.settle([newer], now=TEN + MINUTE)
    await settle_reminders(inbox, claimed, with_task={with_task, anew})
    assert await row(inbox, with_task) == (True, None, None)
    assert await row(inbox, without) == (False, None, None)
    assert await row(inbox, anew) == (False, TEN + MINUTE, None)
    assert [call.root_sid for call in await due(inbox)] == [anew]


async def test_what_is_written_of_a_task_leaves_an_erased_call_erased(inbox: Inbox) -> None:
    sid = new_sid()
    await settle(inbox, sid, formerly=("p2",))
    claimed = await due(inbox)
    await drop(inbox, [sid])
    await settle_reminders(inbox, claimed, with_task={sid})
    await defer_reminders(inbox, {sid: TEN})
    assert await row(inbox, sid) == (False, None, None)


async def test_a_task_that_failed_waits_and_no_other_one_does(inbox: Inbox) -> None:
    failed, other, done = [new_sid() for _ in range(3)]
    for sid in (failed, other, done):
        await settle(inbox, sid, reminding=sid != done)
    later = TEN + 30 * MINUTE
    await defer_reminders(inbox, {failed: later, done: later})
    at = [(await row(inbox, sid))[1] for sid in (failed, other, done)]
    assert at == [later, TEN, None]


async def test_the_calls_that_a_persons_task_is_about(inbox: Inbox) -> None:
    first, last, another, none, erased, moved = sids = [new_sid() for _ in range(6)]
    whose = {another: Match(JOHN), moved: Match(Person("p3", "Mary Major"))}
    for number, sid in enumerate(sids):
        match = whose.get(sid, Match(JANE))
        await settle(inbox, sid, at=100 * number, reminding=False, reminded=sid != none, match=match)
    await drop(inbox, [erased])
    found = await reminded_calls(inbox, [JANE.id, JOHN.id])
    assert [(one.root_sid, one.person) for one in found] == [(another, JOHN), (last, JANE), (first, JANE)]
    assert all(len(one.callbacks) == 2 for one in found)
    assert await reminded_calls(inbox, []) == []
    # Of a version that stored more of a person.
    stored = {"person": {"who": "another shape"}, "others": [], "corrected": False}
    await inbox.change(calls.update().where(calls.c.root_sid == last).values(match=stored))
    found = await reminded_calls(inbox, [JANE.id])
    assert [(one.root_sid, one.person) for one in found] == [(last, Person(JANE.id, "")), (first, JANE)]
    # Of a version that stored the person's id alone.
    await inbox.change(calls.update().where(calls.c.root_sid == moved).values(match=None))
    assert [one.person for one in await reminded_calls(inbox, ["p3"])] == [Person("p3", "")]
