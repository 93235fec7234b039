"""Twenty is gone while thousands of callbacks arrive; then it is back."""

import asyncio

import pytest

from bridge.calls.callback import Callback, Kind
from bridge.errors import TwentyUnavailable
from bridge.inbox.store import Inbox
from bridge.sandbox.twenty import TwentySandbox
from bridge.sync.worker import Worker
from tests.support import ask, create_person, new_sid, phone_calls, timeline, told
from tests.sync.support import drain

JANE = "+33612345678"
STATUSES = ("initiated", "ringing", "in-progress", "completed")


def leg(sid: str, number: int, *, until: int) -> list[Callback]:
    """The callbacks of a call's one leg, as far as it has come."""
    to = JANE if number % 10 == 0 else f"+3369{number:07}"
    return [
        told(
            Kind.STATUS,
            f"{sid[:-1]}f",
            at=number + step,
            parent=sid,
            From="+33159130001",
            To=to,
            CallStatus=status,
            SequenceNumber=str(step),
        )
        for step, status in enumerate(STATUSES[:until])
    ]


@pytest.mark.parametrize("calls", [1100, pytest.param(5500, marks=pytest.mark.slow)])
async def test_callbacks_wait_for_twenty(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, calls: int
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    going_on = {new_sid(): number for number in range(calls // 5)}
    over = {new_sid(): number for number in range(calls // 5, calls)}
    twenty.faults.down = True
    callbacks = [c for sid, number in going_on.items() for c in leg(sid, number, until=2)]
    callbacks += [c for sid, number in over.items() for c in leg(sid, number, until=4)]
    for first in range(0, len(callbacks), 2000):
        await asyncio.gather(*map(inbox.store, callbacks[first : first + 2000]))
        with pytest.raises(TwentyUnavailable):
            await worker.drain_once()
    assert (await inbox.backlog()).due == calls

    twenty.faults.clear()
    await worker.drain_once()
    written = await phone_calls(twenty)
    assert written.keys() <= over.keys()
    assert len(written) == 200

    await drain(worker)
    shown = await phone_calls_of_all(twenty, on_timeline=calls // 10)
    assert shown == len(going_on) + len(over)
    assert (await inbox.backlog()).due == 0


async def phone_calls_of_all(twenty: TwentySandbox, *, on_timeline: int) -> int:
    """How many there are, and none twice."""
    counted = await ask(twenty, "{ phoneCalls(first: 1) { totalCount } }")
    rows = await timeline(twenty)
    assert len({row["linkedRecordId"] for row in rows}) == len(rows) == on_timeline
    total: int = counted["phoneCalls"]["totalCount"]
    return total
