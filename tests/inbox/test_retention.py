"""Old callbacks are dropped, calls never rewind."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Callback, Kind
from bridge.calls.people.matching import Person
from bridge.inbox.inserts import CALLBACK
from bridge.inbox.queries import State, known_call
from bridge.inbox.retention import BATCH, Retention, drop, purge
from bridge.inbox.rows import row_of
from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks
from tests.inbox.support import incoming, kept, settled
from tests.support import TEN, new_sid, told

JANE = Person("8f7fd1c4-bf2c-4c2a-a9f2-6d14ba60cbd4", "Jane Doe")
JANES = "+33612345678"
DAY = 86400


async def test_what_is_over_and_old_is_dropped(inbox: Inbox) -> None:
    old, new = new_sid(), new_sid()
    await kept(inbox, *incoming(old, JANES, at=-100 * DAY))
    await kept(inbox, *incoming(new, JANES, at=-10 * DAY))
    await settled(inbox, person=JANE)
    assert await Retention(inbox, timedelta(days=90)).once(TEN) == 1
    purged, known = await known_call(inbox, old), await known_call(inbox, new)
    assert purged
    assert (purged.state, purged.callbacks, purged.match) == (State.PURGED, (), None)
    assert known
    assert (known.state, len(known.callbacks)) == (State.SETTLED, 2)
    # The next round meets nothing that is old, and ends.
    assert await Retention(inbox, timedelta(days=90)).once(TEN) == 0


async def parked(inbox: Inbox, sid: str) -> None:
    (due,) = [call for call in await inbox.claim(200) if call.root_sid == sid]
    await inbox.park(due, "INVALID_PHONE_NUMBER", now=TEN)


async def test_what_is_due_or_parked_is_never_dropped(inbox: Inbox) -> None:
    sids = [new_sid() for _ in range(2)]
    for sid in sids:
        await kept(inbox, *incoming(sid, JANES, at=-100 * DAY))
    await parked(inbox, sids[0])
    assert await purge(inbox, before=TEN) == 0
    for sid in sids:
        call = await known_call(inbox, sid)
        assert call
        assert len(call.callbacks) == 2


@pytest.mark.parametrize("late", [[Kind.STATUS], [Kind.STATUS, Kind.DIAL, Kind.RECORDING]])
async def test_a_callback_weeks_late_does_not_rewind_a_call(inbox: Inbox, late: Sequence[Kind]) -> None:
    sid, other = new_sid(), new_sid()
    await kept(inbox, *incoming(sid, JANES, at=-100 * DAY))
    await settled(inbox)
    await purge(inbox, before=TEN)
    for kind in late:
        await inbox.store(told(kind, sid, CallStatus="ringing", DialCallStatus="busy"))
    await inbox.store(told(Kind.STATUS, new_sid(), parent=sid, CallStatus="ringing"))
    await kept(inbox, *incoming(other, JANES))
    assert [call.root_sid for call in await inbox.claim(200)] == [other]
    call = await known_call(inbox, sid)
    assert call
    assert (call.state, call.callbacks) == (State.PURGED, ())


async def test_late_and_other_callbacks_in_one_commit(inbox: Inbox) -> None:
    sid, other = new_sid(), new_sid()
    await kept(inbox, *incoming(sid, JANES, at=-100 * DAY))
    await settled(inbox)
    await purge(inbox, before=TEN)
    mixed: list[Callback] = [told(Kind.DIAL, sid, DialCallStatus="busy"), *incoming(other, JANES)]
    promises = [inbox.store_soon(callback) for callback in mixed]
    for promise in promises:
        await promise
    (due,) = await inbox.claim(200)
    assert (due.root_sid, due.revision, len(due.callbacks)) == (other, 2, 2)


async def test_a_call_that_was_heard_of_again_is_kept(inbox: Inbox) -> None:
    sid = new_sid()
    await kept(inbox, *incoming(sid, JANES, at=-100 * DAY))
    await inbox.store(told(Kind.RECORDING, sid, at=-DAY, RecordingUrl="https://api.twilio.com/RE1"))
    await settled(inbox)
    assert await purge(inbox, before=TEN - timedelta(days=90)) == 0


async def test_more_than_a_batch_with_parked_ones_before(inbox: Inbox) -> None:
    first = new_sid()
    await kept(inbox, *incoming(first, JANES, at=-100 * DAY))
    await parked(inbox, first)
    for n in range(BATCH):
        await kept(inbox, *incoming(new_sid(), JANES, at=n - 99 * DAY))
    await settled(inbox)
    assert await purge(inbox, before=TEN) == BATCH
    assert await purge(inbox, before=TEN) == 0


async def test_what_a_worker_holds_while_it_is_dropped_stays_dropped(inbox: Inbox) -> None:
    sid = new_sid()
    await kept(inbox, *incoming(sid, JANES))
    (due,) = await inbox.claim(200)
    await drop(inbox, [sid])
    await inbox.park(due, "INVALID_PHONE_NUMBER", now=TEN)
    await inbox.failed([due], "down", now=TEN)
    assert await settled(inbox, person=JANE) == []
    call = await known_call(inbox, sid)
    assert call
    assert (call.state, call.match, call.error) == (State.PURGED, None, None)


async def test_a_former_version_beside_cannot_rewind_it_either(inbox: Inbox) -> None:
    """Its statements are these: insert the callback, then count the call's revision up."""
    sid = new_sid()
    await kept(inbox, *incoming(sid, JANES))
    await drop(inbox, [sid])
    former = row_of(told(Kind.DIAL, sid, DialCallStatus="busy"))
    inserted: list[str] = []

    async def operation(connection: AsyncConnection) -> None:
        statement = (
            insert(callbacks)
            .values({name: former[name] for name in CALLBACK})
            .returning(callbacks.c.root_sid)
        )
        inserted.extend((await connection.execute(statement)).scalars())

    await inbox.write(operation)
    assert inserted == []
