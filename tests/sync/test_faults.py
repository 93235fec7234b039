"""Twenty does what it should not: late, slow, wrong, changed under way. Nothing is lost or stays wrong."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bridge.calls.callback import Kind
from bridge.errors import TwentyUnavailable
from bridge.inbox.rows import Backlog
from bridge.inbox.store import Inbox
from bridge.sandbox.twenty import TwentySandbox
from bridge.sync.stages.write import LATE_SECONDS, UncertainWrites
from bridge.sync.worker import Worker
from bridge.twenty.client.client import TwentyClient, open_client
from bridge.twenty.provision import provision
from tests.support import (
    BOUND,
    TEN,
    ask,
    create_person,
    eventually,
    new_sid,
    outbound,
    phone_calls,
    told,
    twenty_settings,
    until,
)
from tests.sync.conftest import MakeWorker
from tests.sync.support import Settings, drain, it_is
from tests.twenty.provisioning import tell, workspace

JANE = "+33612345678"
MOVE = "mutation ($id: UUID!, $to: UUID!) { updatePhoneCall(id: $id, data: {personId: $to}) { id } }"


async def started(worker: Worker) -> None:
    """Asks the workspace what it has: the next that it is asked is of a call."""
    await worker._pipeline.writing.writer()
    await worker._pipeline._preparation._members.refresh(worker._pipeline._client)


def a_minute_passes(worker: Worker) -> None:
    uncertain = worker._pipeline.writing._uncertain
    uncertain._until = dict.fromkeys(uncertain._until, 0.0)


async def written_and_not_settled(inbox: Inbox, worker: Worker) -> None:
    """What a process leaves that is killed between the two."""
    writer = await worker._pipeline.writing.writer()
    prepared, _ = await worker._pipeline._preparation.prepare(writer, await inbox.claim(1), now=TEN)
    assert prepared[0].write
    assert await writer.write([prepared[0].write]) == {}


@pytest.mark.parametrize("dies", ["never", "before it repeats", "after it repeated"])
async def test_a_write_that_lands_late_does_not_stay(
    twenty: TwentySandbox, client: TwentyClient, inbox: Inbox, make_worker: MakeWorker, dies: str
) -> None:
    """Whoever sent it remembers, or is dead, and then whoever took over expects it."""
    worker = make_worker(client, Settings())
    await started(worker)
    sid = new_sid()
    ringing = told(
        Kind.STATUS, f"{sid[:-1]}f", parent=sid, From="+33159130001", To="12", CallStatus="ringing"
    )
    await inbox.store(ringing)
    await drain(worker)
    await inbox.store(
        replace(ringing, parameters={**ringing.parameters, "CallStatus": "in-progress"}, digest=b"2")
    )
    twenty.faults.late_writes_seconds = 10 * BOUND
    with pytest.raises(TwentyUnavailable):
        await worker.drain_once()
    twenty.faults.clear()
    if dies == "after it repeated":
        await drain(worker)
    if dies != "never":
        worker = make_worker(client, Settings())
        await started(worker)
    if dies == "after it repeated":
        # Nothing is due as the next process begins.
        await worker._lead_once()
    await inbox.store(outbound(sid, "12"))
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["status"] == "COMPLETED"

    async def has(status: str) -> None:
        assert (await phone_calls(twenty))[sid]["status"] == status

    twenty.faults.release()
    await until(lambda: has("IN_PROGRESS"), AssertionError)
    a_minute_passes(worker)
    await drain(worker)
    await has("COMPLETED")
    assert (await inbox.backlog()).due == 0


async def delete_call(twenty: TwentySandbox, sid: str) -> None:
    """A user deletes a call."""
    record = (await phone_calls(twenty))[sid]
    await ask(twenty, "mutation ($id: UUID!) { deletePhoneCall(id: $id) { id } }", id=record["id"])


async def test_a_call_in_doubt_that_a_user_deleted_stays_deleted(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    sid = new_sid()
    await inbox.store(outbound(sid, JANE))
    twenty.faults.cut = True
    with pytest.raises(TwentyUnavailable):
        await worker.drain_once()
    twenty.faults.clear()
    await drain(worker)
    await delete_call(twenty, sid)
    a_minute_passes(worker)
    await drain(worker)
    assert await phone_calls(twenty) == {}


async def test_a_new_call_that_twenty_creates_late_does_not_bring_back_what_a_user_deleted(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    await started(worker)
    await inbox.store(outbound(sid := new_sid(), JANE))
    twenty.faults.late_writes_seconds = 10 * BOUND
    with pytest.raises(TwentyUnavailable):
        await worker.drain_once()
    twenty.faults.clear()
    await drain(worker)
    await delete_call(twenty, sid)

    async def all_carried_out() -> None:
        assert sum(one.operation == "CreatePhoneCalls" for one in twenty.requests) == 2

    twenty.faults.release()
    await until(all_carried_out, AssertionError)
    assert await phone_calls(twenty) == {}
    a_minute_passes(worker)
    await drain(worker)
    assert await phone_calls(twenty) == {}


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_new_call_that_was_written_before_is_asked_for(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker, deleted: bool
) -> None:
    """The process that wrote it was killed before it settled it; then a user moved or deleted it."""
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    sid, other = new_sid(), new_sid()
    await inbox.store(outbound(sid, "12"))
    await written_and_not_settled(inbox, make_worker(client, Settings()))
    worker = make_worker(client, Settings())
    record = (await phone_calls(twenty))[sid]
    if deleted:
        await ask(twenty, "mutation ($id: UUID!) { deletePhoneCall(id: $id) { id } }", id=record["id"])
    else:
        await ask(twenty, MOVE, id=record["id"], to=jane)
    await inbox.store(outbound(other, "12"))
    await drain(worker)
    shown = {sid: call["personId"] for sid, call in (await phone_calls(twenty)).items()}
    assert shown == ({} if deleted else {sid: jane}) | {other: None}
    assert await inbox.backlog() == Backlog(due=0, parked=0, oldest=None)


async def test_a_write_without_an_answer_is_not_taken_for_a_user_s(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    """It wrote what the call was then, and not what it is now; a user edits that before it is repeated."""
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await inbox.store(outbound(sid := new_sid(), "12", seconds=60))
    await drain(worker)
    await inbox.store(outbound(sid, "12", seconds=61))
    twenty.faults.late_writes_seconds = 10 * BOUND
    with pytest.raises(TwentyUnavailable):
        await worker.drain_once()
    twenty.faults.clear()
    twenty.faults.release()

    async def lasts(seconds: int) -> dict[str, Any]:
        record = (await phone_calls(twenty))[sid]
        assert record["durationInSeconds"] == seconds
        return record

    record = await until(lambda: lasts(61), AssertionError)
    await ask(twenty, MOVE, id=record["id"], to=jane)
    await inbox.store(outbound(sid, "12", seconds=62))
    await drain(worker)
    assert (await lasts(62))["personId"] == jane


async def test_what_a_killed_process_wrote_is_not_taken_for_a_user_s(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await inbox.store(outbound(sid := new_sid(), "12", seconds=60))
    await drain(worker := make_worker(client, Settings()))
    await inbox.store(outbound(sid, "12", seconds=61))
    await written_and_not_settled(inbox, worker)
    record = (await phone_calls(twenty))[sid]
    assert record["durationInSeconds"] == 61
    await ask(twenty, MOVE, id=record["id"], to=jane)
    await inbox.store(outbound(sid, "12", seconds=62))
    await drain(make_worker(client, Settings()))
    record = (await phone_calls(twenty))[sid]
    assert (record["durationInSeconds"], record["personId"]) == (62, jane)


def test_what_is_in_doubt_is_so_for_a_while() -> None:
    doubts = UncertainWrites()
    doubts.note(["CA1", "CA2"], now=0)
    doubts.note(["CA2"], now=10)
    assert doubts.over(now=LATE_SECONDS - 1) == set()
    assert doubts.over(now=LATE_SECONDS) == {"CA1"}
    assert doubts.over(now=LATE_SECONDS + 10) == {"CA1", "CA2"}
    doubts.forget(["CA1"])
    assert doubts.over(now=LATE_SECONDS + 10) == {"CA2"}


@pytest.mark.parametrize("asked_first", ["who it is", "to write it"])
@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "<html>502 Bad Gateway</html>",
        "null",
        "[]",
        "{}",
        '{"data": null}',
        '{"data": {}}',
        '{"data": {"people": null, "createPhoneCalls": null}}',
        '{"data": {"people": 7, "createPhoneCalls": 7, "createTimelineActivities": 7}}',
        '{"errors": []}',
        '{"errors": "no"}',
        '{"errors": [{"message": 7}]}',
        '{"data": {"people": ',
    ],
)
async def test_an_answer_that_nobody_understands_costs_time_and_no_call(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, garbage: str, asked_first: str
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    sid = new_sid()
    await inbox.store(outbound(sid, JANE if asked_first == "who it is" else "12"))
    await started(worker)
    twenty.faults.garbage = garbage
    with pytest.raises(TwentyUnavailable):
        await worker.drain_once()
    assert (await inbox.backlog()).due == 1
    twenty.faults.clear()
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["status"] == "COMPLETED"


UPDATE_FIELD = "mutation ($i: UpdateOneFieldMetadataInput!) { updateOneField(input: $i) { id } }"
DELETE_FIELD = "mutation ($i: DeleteOneFieldInput!) { deleteOneField(input: $i) { id } }"


async def test_a_field_that_is_deleted_under_way_costs_time_and_no_call(
    twenty: TwentySandbox, client: TwentyClient, inbox: Inbox, worker: Worker
) -> None:
    before, after = new_sid(), new_sid()
    await inbox.store(outbound(before, JANE))
    await drain(worker)
    field = (await workspace(twenty)).field_id("durationInSeconds")
    await tell(twenty, UPDATE_FIELD, i={"id": field, "update": {"isActive": False}})
    await tell(twenty, DELETE_FIELD, i={"id": field})
    running = asyncio.create_task(worker.run())
    await inbox.store(outbound(after, JANE))
    await eventually(lambda: worker.reason == "twenty.schema")
    assert (await inbox.backlog()).due == 1
    await provision(client)
    await eventually(lambda: worker.reason is None)
    worker.stop()
    await running
    assert set(await phone_calls(twenty)) == {before, after}
    assert (await inbox.backlog()).due == 0


async def test_a_slow_twenty_is_not_waited_for_for_ever(
    twenty: TwentySandbox, inbox: Inbox, make_worker: MakeWorker
) -> None:
    await inbox.store(outbound(new_sid(), JANE))
    async with open_client(twenty_settings(twenty, timeout_seconds=1)) as impatient:
        worker = make_worker(impatient, Settings())
        twenty.faults.slow_seconds = 30
        with pytest.raises(TwentyUnavailable):
            await worker.drain_once()
        twenty.faults.clear()
        await drain(worker)
    assert len(await phone_calls(twenty)) == 1


async def test_a_stop_in_the_middle_of_a_write_leaves_nothing_behind(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    sids = [new_sid() for _ in range(300)]
    await asyncio.gather(*[inbox.store(outbound(sid, JANE)) for sid in sids])
    twenty.faults.slow_seconds = 0.3
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0.4)
    worker.stop()
    await running
    twenty.faults.clear()
    settled = len(sids) - (await inbox.backlog()).due
    assert settled in (0, 200)
    assert len(await phone_calls(twenty)) == settled
    await drain(worker)
    assert set(await phone_calls(twenty)) == set(sids)


JUMPS = [timedelta(0), timedelta(hours=5), timedelta(hours=-7), timedelta(days=-400), timedelta(days=400)]


async def test_a_clock_that_jumps_delays_no_call(twenty: TwentySandbox, inbox: Inbox, worker: Worker) -> None:
    """News arrive and are written under each time; what was settled in the future is written again."""
    sids = [new_sid() for _ in JUMPS]
    for step, jump in enumerate(JUMPS):
        it_is(worker, TEN + jump)
        for sid in sids:
            number = {"From": "+33159130001", "To": JANE, "SequenceNumber": str(step)}
            ringing = told(Kind.STATUS, f"{sid[:-1]}f", at=0, parent=sid, CallStatus="ringing", **number)
            await inbox.store(replace(ringing, received_at=TEN + jump))
        await drain(worker)
        assert (await inbox.backlog()).due == 0
    assert {call["status"] for call in (await phone_calls(twenty)).values()} == {"RINGING"}
    for sid, jump in zip(sids, JUMPS, strict=True):
        await inbox.store(replace(outbound(sid, JANE), received_at=TEN + jump))
    await drain(worker)
    shown = await phone_calls(twenty)
    assert {sid: call["status"] for sid, call in shown.items()} == dict.fromkeys(sids, "COMPLETED")


async def test_the_longest_due_is_not_behind_what_seems_to_come_from_the_future(inbox: Inbox) -> None:
    future, now = outbound(new_sid(), JANE), outbound(new_sid(), JANE)
    await inbox.store(replace(future, received_at=TEN + timedelta(days=400)))
    await inbox.store(now)
    assert [due.root_sid for due in await inbox.claim(1)] == [now.root_sid]
    assert len(await inbox.claim(2)) == 2
