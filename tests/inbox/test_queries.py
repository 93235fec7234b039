"""What operators see, and what they set going again."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from bridge.calls.callback import Kind
from bridge.calls.people.matching import Person
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.queries import LISTED, State, attempts_of, known_call, known_calls, outcomes
from bridge.inbox.requeue import STEP, count_unmatched, relink, requeue_readable, retry, unlink
from bridge.inbox.rows import Settled, calls_of_legs
from bridge.inbox.store import Inbox
from bridge.inbox.tables import calls
from tests.inbox.support import incoming, kept, settled
from tests.support import TEN, new_sid, outbound, told

JANE = Person("8f7fd1c4-bf2c-4c2a-a9f2-6d14ba60cbd4", "Jane Doe")
JANES, PAULS = "+33639980001", "+33639980002"


async def calls_in_each_state(inbox: Inbox) -> dict[State, str]:
    sids = {state: new_sid() for state in (State.SETTLED, State.PARKED, State.DUE)}
    await kept(inbox, *incoming(sids[State.SETTLED], JANES, at=0))
    await settled(inbox, person=JANE)
    await kept(inbox, *incoming(sids[State.PARKED], JANES, at=60))
    (due,) = await inbox.claim(200)
    await inbox.park(due, "INVALID_PHONE_NUMBER", now=TEN)
    await kept(inbox, *incoming(sids[State.DUE], JANES, at=120))
    return sids


@pytest.mark.parametrize(
    ("state", "since", "expected"),
    [
        (None, None, [State.DUE, State.PARKED, State.SETTLED]),
        (State.DUE, None, [State.DUE]),
        (State.PARKED, None, [State.PARKED]),
        (None, TEN + timedelta(seconds=80), [State.DUE, State.PARKED]),
        (State.DUE, TEN + timedelta(days=1), []),
    ],
)
async def test_calls_by_state_and_time(
    inbox: Inbox, state: State | None, since: object, expected: list[State]
) -> None:
    sids = await calls_in_each_state(inbox)
    found = [call async for call in known_calls(inbox, state=state, since=since)]  # type: ignore[arg-type]
    assert [(call.state, call.root_sid) for call in found] == [(s, sids[s]) for s in expected]
    assert all(call.callbacks for call in found)


@pytest.mark.parametrize("number", [1, LISTED + 1])
async def test_a_call_that_cannot_be_read_hides_no_other(inbox: Inbox, number: int) -> None:
    """Also where none of a page can be read."""
    first = await kept(inbox, *incoming(new_sid(), JANES, at=-60))
    for _ in range(number):
        await kept(inbox, *incoming(new_sid(), JANES, at=0))
    newer = {"who": "another shape"}
    await inbox.change(update(calls).where(calls.c.root_sid != first).values(match=newer))
    last = await kept(inbox, *incoming(new_sid(), JANES, at=60))
    with capture_logs() as logged:
        assert [call.root_sid async for call in known_calls(inbox)] == [last, first]
    assert [one["event"] for one in logged] == ["inbox.call_unreadable"] * number


async def test_a_call_whose_row_cannot_be_decoded_hides_no_other(inbox: Inbox) -> None:
    if inbox.is_shared:
        pytest.skip("PostgreSQL takes no such JSON")
    sids = [await kept(inbox, *incoming(new_sid(), JANES, at=at)) for at in (0, 60, 120)]
    statement = text("UPDATE calls SET match = '{' WHERE root_sid = :sid")
    await inbox.change(statement.bindparams(sid=sids[1]))
    assert [call.root_sid async for call in known_calls(inbox)] == [sids[2], sids[0]]


async def test_calls_of_a_number(inbox: Inbox) -> None:
    """Those that were not settled yet are among them, as their number is not known."""
    theirs = await kept(inbox, *incoming(new_sid(), PAULS, at=-60))
    await settled(inbox)
    sids = await calls_in_each_state(inbox)
    unread = [sids[State.DUE], sids[State.PARKED]]

    async def found(number: str, state: State | None = None) -> list[str]:
        return [call.root_sid async for call in known_calls(inbox, state=state, numbers={number})]

    assert await found(JANES) == [*unread, sids[State.SETTLED]]
    assert await found(PAULS) == [*unread, theirs]
    assert await found("+33639980009") == unread
    assert await found(PAULS, State.DUE) == unread[:1]
    assert await found(PAULS, State.PARKED) == unread[1:]


ROWS: list[dict[str, object]] = [
    {},
    {"synced_revision": 0},
    {"synced_revision": 0, "ended": True},
    {"parked_reason": "no such option"},
]
IN_STATE = {None: {0, 1, 2, 3}, State.DUE: {1, 2}, State.PARKED: {3}}
LISTS = [(state, numbers) for state in IN_STATE for numbers in ((), {JANES}, {JANES, PAULS})]


@pytest.mark.parametrize(("state", "numbers"), LISTS)
@pytest.mark.parametrize("seconds", [0, 1])
async def test_pages_have_each_call_once(
    inbox: Inbox, state: State | None, numbers: Collection[str], seconds: int
) -> None:
    """Of calls that were heard of at one moment, and one after the other."""
    expected = set()
    for kind, values in enumerate(ROWS):
        for number in (JANES, PAULS, None):
            sids = [new_sid() for _ in range(LISTED + 7)]
            at = [TEN + timedelta(seconds=seconds * ((n * 7919) % 1009)) for n in range(len(sids))]
            rows = [{"root_sid": sid, "due_at": when} for sid, when in zip(sids, at, strict=True)]
            await many(inbox, rows, number=number, **values)
            if kind in IN_STATE[state] and (not numbers or number in numbers or (number is None and kind)):
                expected |= set(zip(at, sids, strict=True))
    found = [call async for call in known_calls(inbox, state=state, numbers=numbers)]
    assert [(call.heard_at, call.root_sid) for call in found] == sorted(expected, reverse=True)


@pytest.mark.parametrize(("state", "numbers"), LISTS)
async def test_no_page_reads_the_whole_table(
    inbox: Inbox, state: State | None, numbers: Collection[str]
) -> None:
    if inbox.is_shared:
        pytest.skip("PostgreSQL plans by what the table holds")
    await calls_in_each_state(inbox)
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    event.listen(inbox._database.reading.sync_engine, "before_cursor_execute", note)
    assert [call async for call in known_calls(inbox, state=state, numbers=numbers)]
    pages = [one for one in asked if "FROM calls" in one[0] and "LIMIT" in one[0]]
    (whole,) = {statement for statement, _ in asked if "FROM calls" in statement} - dict(pages).keys()
    assert "WHERE calls.root_sid IN" in whole
    async with inbox.reading() as connection:
        for statement, values in pages:
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plan = [detail for detail in rows.scalars("detail") if " calls" in detail]
            assert plan
            assert [step for step in plan if "INDEX ix_calls_" not in step] == []
            # Only the newest first are read of what has no narrower index.
            assert not numbers or not [step for step in plan if "ix_calls_heard" in step]
    assert len(pages) == 2


async def many(inbox: Inbox, rows: Sequence[Mapping[str, object]], **values: object) -> None:
    """Settled calls, as they stand in the table."""
    settled_ = {"revision": 1, "synced_revision": 1, "due_at": TEN}

    async def operation(connection: AsyncConnection) -> None:
        await connection.execute(insert(calls), [{**settled_, **values, **row} for row in rows])

    await inbox.write(operation)


@pytest.mark.parametrize("count", [STEP - 1, STEP, 2 * STEP + 1])
async def test_many_calls_are_matched_anew_in_steps(inbox: Inbox, count: int) -> None:
    await many(inbox, [{"root_sid": new_sid()} for _ in range(count)], matched=True, number=JANES)
    callback = outbound(new_sid(), JANES)
    steps: list[int] = []
    since = TEN - timedelta(days=1)
    assert await count_unmatched(inbox, since=since) == count
    relinking = asyncio.create_task(relink(inbox, None, since=since, progress=steps.append))
    await inbox.store(callback)
    assert await relinking == sum(steps) == count
    assert max(steps) <= STEP
    assert await relink(inbox, None, since=since) == await count_unmatched(inbox, since=since) == 0
    assert (await inbox.backlog()).due == count + 1


PARKED = {"parked_reason": "no such option"}
OF_A_PERSON = {"matched": True, "person_id": JANE.id}


@pytest.mark.parametrize(
    ("row", "change"),
    [
        (PARKED, lambda inbox: retry(inbox, None)),
        (OF_A_PERSON, lambda inbox: unlink(inbox, JANE.id)),
        ({"unread": Kind.NOTE.value}, requeue_readable),
    ],
    ids=["retry", "unlink", "requeue_readable"],
)
async def test_no_step_is_long(
    inbox: Inbox, row: Mapping[str, object], change: Callable[[Inbox], Coroutine[None, None, int]]
) -> None:
    """A callback that arrives meanwhile waits for one step at the most."""
    count = 4 * STEP
    await many(inbox, [{"root_sid": new_sid(), **row} for _ in range(count)])
    transactions = [0]

    def changed(_connection: object, cursor: Any, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE calls"):
            transactions[-1] += cursor.rowcount

    engine = inbox._database.writing.sync_engine
    event.listen(engine, "after_cursor_execute", changed)
    event.listen(engine, "commit", lambda _connection: transactions.append(0))
    assert await change(inbox) == sum(transactions) == count
    assert max(transactions) <= STEP


async def test_steps_do_not_look_all_calls_up_again(inbox: Inbox) -> None:
    """The query sorts what is left: once for each step, 400,000 calls took more than eight minutes."""
    await many(inbox, [{"root_sid": new_sid()} for _ in range(5 * STEP)], matched=True, number=JANES)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(inbox._database.reading.sync_engine, "before_cursor_execute", note)
    assert await relink(inbox, None, since=TEN - timedelta(days=1)) == 5 * STEP
    assert len([statement for statement in asked if "FROM calls" in statement]) == 2


async def test_a_step_reads_no_call_but_its_own(inbox: Inbox) -> None:
    """By the index of people it read all calls without one at each step: 0.2 s with a million calls."""
    if inbox.is_shared:
        pytest.skip("PostgreSQL plans by what the table holds")
    await many(inbox, [{"root_sid": new_sid()}], matched=True, number=JANES)
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    event.listen(inbox._database.writing.sync_engine, "before_cursor_execute", note)
    assert await relink(inbox, None, since=TEN - timedelta(days=1)) == 1
    ((statement, values),) = [each for each in asked if each[0].startswith("UPDATE calls")]
    async with inbox.reading() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        assert "USING INDEX sqlite_autoindex_calls_1" in "".join(plan.scalars("detail"))


async def test_a_call_is_known_by_its_legs_too(inbox: Inbox) -> None:
    callback = outbound(new_sid(), JANES)
    await inbox.store(callback)
    for sid in (callback.root_sid, callback.call_sid):
        call = await known_call(inbox, sid)
        assert call
        assert (call.root_sid, call.callbacks) == (callback.root_sid, (callback,))
    assert await known_call(inbox, new_sid()) is None


@pytest.mark.parametrize(
    "foreign", ["ali\0ce", "\ud800x", "\U0001f600é", f'"DialCallSid": "CA{"0" * 32}"', "\\"]
)
async def test_foreign_text_in_a_dial_action_hides_no_leg_of_another(inbox: Inbox, foreign: str) -> None:
    root, leg = new_sid(), new_sid()
    await inbox.store(told(Kind.DIAL, new_sid(), CallerName=foreign, DialCallSid=new_sid()))
    await inbox.store(told(Kind.DIAL, root, CallerName=foreign, DialCallSid=leg))
    async with inbox.reading() as connection:
        assert await calls_of_legs(connection, [leg, f"CA{'0' * 32}"]) == {leg: root}


async def test_every_attempt_is_kept_and_repeated_ones_are_counted(inbox: Inbox) -> None:
    sid = new_sid()
    await kept(inbox, *incoming(sid, JANES))
    (due,) = await inbox.claim(200)
    for minute in range(3):
        await inbox.failed([due], f"down, {minute}", now=TEN + timedelta(minutes=minute))
    call = await known_call(inbox, sid)
    assert call
    assert (call.attempts, call.error) == (3, "down, 2")
    await settled(inbox, now=TEN + timedelta(minutes=5))
    await inbox.failed([due], "late", now=TEN + timedelta(minutes=6))
    await inbox.store(told(Kind.RECORDING, sid, RecordingUrl="https://api.twilio.com/RE1"))
    (due,) = await inbox.claim(200)
    await inbox.park(due, "INVALID_URL", now=TEN + timedelta(minutes=7))
    shown = [(a.revision, a.outcome, a.times, a.error) for a in await attempts_of(inbox, sid)]
    assert shown == [
        (2, "failed", 3, "down, 2"),
        (2, "written", 1, None),
        (3, "parked", 1, "INVALID_URL"),
    ]


@pytest.mark.parametrize("which", [State.PARKED, State.SETTLED, None])
async def test_retry_makes_due(inbox: Inbox, which: State | None) -> None:
    sids = await calls_in_each_state(inbox)
    inbox.news.clear()
    assert await retry(inbox, sids[which] if which else None) == 1
    assert inbox.news.is_set()
    due = {call.root_sid for call in await inbox.claim(200)}
    assert due == {sids[State.DUE], sids[which or State.PARKED]}


async def test_retry_of_what_nobody_knows(inbox: Inbox) -> None:
    assert await retry(inbox, new_sid()) == 0


async def test_outcomes_of_many_calls(inbox: Inbox) -> None:
    sids = await calls_in_each_state(inbox)
    skipped = new_sid()
    await kept(inbox, *incoming(skipped, JANES))
    (due,) = [call for call in await inbox.claim(200) if call.root_sid == skipped]
    none = Settled(root_sid=skipped, revision=due.revision, number=JANES, match=None, written=None)
    await inbox.settle([none], now=TEN)
    told = await outcomes(inbox, [*sids.values(), skipped, *(new_sid() for _ in range(500))])
    assert told == {"waiting": 1, "parked": 1, "logged": 1, "matched": 1, "skipped": 1}


async def test_marks_are_kept(inbox: Inbox) -> None:
    marks = Checkpoints(inbox)
    assert (await marks.get("a"), await marks.last_arrival()) == (None, None)
    await marks.save("a", TEN)
    later = TEN + timedelta(hours=1)
    await marks.save("a", later)
    assert await marks.get("a") == later
    assert await marks.existing(["a", "b"]) == {"a"}
    await inbox.store(outbound(new_sid(), JANES, seconds=60))
    assert await marks.last_arrival() == TEN + timedelta(seconds=60)


async def test_what_is_due_longest_is_found_in_an_index(inbox: Inbox) -> None:
    """`/ready` asks for it, of which anyone may ask as often as they like."""
    assert await inbox.oldest_due() is None
    ages = (3, 1, 2)
    for age in ages:
        await many(
            inbox, [{"root_sid": new_sid(), "due_at": TEN - timedelta(hours=age)}], revision=2, ended=True
        )
    await many(inbox, [{"root_sid": new_sid(), "due_at": TEN - timedelta(hours=9)}], revision=2)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(inbox._database.reading.sync_engine, "before_cursor_execute", note)
    assert await inbox.oldest_due() == TEN - timedelta(hours=max(ages)) == (await inbox.backlog()).oldest
    assert "count(" not in asked[0]


async def test_a_claim_of_nothing_asks_for_nothing_else(inbox: Inbox) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(inbox._database.reading.sync_engine, "before_cursor_execute", note)
    assert await inbox.claim_deferred(10, now=TEN) == []
    assert len([one for one in asked if one.startswith("SELECT")]) == 1
