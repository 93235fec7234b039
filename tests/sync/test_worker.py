"""From the inbox to the person's page."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.calls.callback import Kind
from bridge.errors import TwentyDenied, TwentyUnavailable
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.queries import calls_in_progress
from bridge.inbox.requeue import RELINKED, relink
from bridge.inbox.store import Inbox
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sync.worker import Worker
from bridge.twenty.client.client import TwentyClient, open_client
from bridge.twenty.provision import provision
from tests.support import (
    TEN,
    ask,
    create_person,
    eventually,
    new_sid,
    nodes_of,
    outbound,
    phone_calls,
    timeline,
    told,
    twenty_settings,
)
from tests.sync.conftest import MakeWorker
from tests.sync.support import Settings, drain

JANE = "+33612345678"
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


async def test_a_call_stands_on_its_person(twenty: TwentySandbox, inbox: Inbox, worker: Worker) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    sid = new_sid()
    await inbox.store(outbound(sid, JANE, seconds=192))
    await drain(worker)
    call = (await phone_calls(twenty))[sid]
    assert call["name"] == "Outbound call · Jane Doe · 3 min 12 s"
    assert (call["status"], call["direction"], call["personId"]) == ("COMPLETED", "OUTBOUND", jane)
    assert call["toPhoneNumber"] == {"primaryPhoneNumber": "612345678", "primaryPhoneCallingCode": "+33"}
    (row,) = await timeline(twenty)
    assert (row["targetPersonId"], row["linkedRecordId"]) == (jane, call["id"])
    assert row["linkedRecordCachedName"] == call["name"]
    assert row["createdAt"] == row["happensAt"] == call["startedAt"]


async def test_a_call_of_nobodys_is_logged_too(twenty: TwentySandbox, inbox: Inbox, worker: Worker) -> None:
    sid = new_sid()
    await inbox.store(outbound(sid, "+442079460018"))
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["personId"] is None
    assert await timeline(twenty) == []


async def test_two_hundred_calls_are_three_root_fields(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await asyncio.gather(*[inbox.store(outbound(new_sid(), JANE, seconds=i + 1)) for i in range(200)])
    # The workspace is asked now and then what and whom it has.
    await worker._pipeline.writing.writer()
    await worker._pipeline._preparation._members.refresh(worker._pipeline._client)
    before = twenty.root_fields
    assert await worker.drain_once() == 200
    assert twenty.root_fields - before == 3
    assert len(await phone_calls(twenty)) == len(await timeline(twenty)) == 200


async def test_a_call_that_goes_on_is_one_record(twenty: TwentySandbox, inbox: Inbox, worker: Worker) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    sid, seen = new_sid(), []
    leg: dict[str, Any] = {"parent": sid, "From": "+33159130001", "To": JANE}
    for at, status in enumerate(("initiated", "ringing", "in-progress", "completed")):
        await inbox.store(told(Kind.STATUS, f"{sid[:-1]}f", at=at, CallStatus=status, **leg))
        await drain(worker)
        seen.append((await phone_calls(twenty))[sid]["status"])
    assert seen == ["RINGING", "RINGING", "IN_PROGRESS", "COMPLETED"]
    assert (await phone_calls(twenty))[sid]["personId"] == jane
    assert len(await timeline(twenty)) == 1


async def test_what_changes_nothing_is_not_written(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    sid = new_sid()
    await inbox.store(outbound(sid, JANE))
    await drain(worker)
    before = twenty.root_fields
    await inbox.store(told(Kind.RECORDING, sid, at=61, RecordingSid="RE1", RecordingStatus="absent"))
    await drain(worker)
    assert twenty.root_fields == before
    assert (await inbox.backlog()).due == 0


async def test_a_call_whose_leg_can_still_be_answered_stays_open_and_makes_no_task(
    twenty: TwentySandbox, client: TwentyClient, inbox: Inbox, make_worker: MakeWorker
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    members = nodes_of(await ask(twenty, "{ workspaceMembers { edges { node { userEmail } } } }"))
    worker = make_worker(client, Settings(assignee=members[0]["userEmail"]))
    sid = new_sid()
    call: Any = {"From": JANE, "To": "+33159130001"}
    leg: Any = {"parent": sid, "From": JANE, "To": "client:alice"}
    await inbox.store(told(Kind.VOICE, sid, CallStatus="ringing", **call))
    await inbox.store(told(Kind.STATUS, f"{sid[:-1]}f", at=1, CallStatus="ringing", **leg))
    await inbox.store(told(Kind.STATUS, sid, at=30, CallStatus="completed", **call))
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["status"] == "MISSED"
    assert (await open_and_tasks(inbox, twenty)) == ([sid], 0)
    await inbox.store(told(Kind.STATUS, f"{sid[:-1]}f", at=31, CallStatus="no-answer", **leg))
    await drain(worker)
    assert (await open_and_tasks(inbox, twenty)) == ([], 1)


async def open_and_tasks(inbox: Inbox, twenty: TwentySandbox) -> tuple[list[str], int]:
    """The calls that are asked for at Twilio, and how many tasks there are."""
    now = datetime.now(UTC)
    going_on = await calls_in_progress(inbox, after=EARLIEST, before=now, now=now, limit=9)
    return going_on, len(nodes_of(await ask(twenty, "{ tasks { edges { node { id } } } }")))


async def test_a_correction_in_twenty_holds(twenty: TwentySandbox, inbox: Inbox, worker: Worker) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    paul = await create_person(twenty, "Paul Martin", primaryPhoneNumber="+33698765432")
    sid = new_sid()
    await inbox.store(told(Kind.VOICE, sid, From="client:alice", To=JANE, CallStatus="ringing"))
    await drain(worker)
    call = (await phone_calls(twenty))[sid]
    move = "mutation ($id: UUID!, $d: PhoneCallUpdateInput!) { updatePhoneCall(id: $id, data: $d) { id } }"
    await ask(twenty, move, id=call["id"], d={"personId": paul})
    await inbox.store(outbound(sid, JANE))
    await drain(worker)
    after = (await phone_calls(twenty))[sid]
    assert (after["status"], after["personId"]) == ("COMPLETED", paul)


async def test_who_has_had_the_number_longest_is_chosen(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    first = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await create_person(twenty, "John Doe", additionalPhones=[{"number": JANE}])
    sid = new_sid()
    await inbox.store(outbound(sid, JANE))
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["personId"] == first


async def test_nobody_is_chosen_before_the_number_is_known(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    sid = new_sid()
    await inbox.store(
        told(Kind.RECORDING, sid, RecordingUrl="https://api.twilio.com/RE1", RecordingSid="RE1")
    )
    await drain(worker)
    await inbox.store(outbound(sid, JANE))
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["personId"] == jane


@pytest.mark.parametrize(
    "faults",
    [
        {"down": True},
        {"status": 503},
        {"cut": True},
        {"over_limit": True},
        {"key_revoked": True},
    ],
)
async def test_an_outage_costs_nothing_but_time(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, faults: dict[str, Any]
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    sids = [new_sid() for _ in range(10)]
    for sid in sids:
        await inbox.store(outbound(sid, JANE))
    twenty.faults.set(**faults)
    with pytest.raises((TwentyUnavailable, TwentyDenied)):
        await worker.drain_once()
    assert (await inbox.backlog()).due == 10
    twenty.faults.clear()
    await drain(worker)
    assert set(await phone_calls(twenty)) == set(sids)
    assert len(await timeline(twenty)) == 10
    assert (await inbox.backlog()).due == 0


async def test_a_refused_call_is_parked_and_the_others_are_written(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    sids = [new_sid() for _ in range(20)]
    for sid in sids:
        await inbox.store(outbound(sid, JANE))
    twenty.faults.poison = sids[7]
    await drain(worker)
    assert set(await phone_calls(twenty)) == set(sids) - {sids[7]}
    assert (await inbox.backlog()).due == 0
    twenty.faults.clear()
    await inbox.store(told(Kind.STATUS, sids[7], at=70, CallStatus="completed", From="client:alice", To=JANE))
    await drain(worker)
    assert set(await phone_calls(twenty)) == set(sids)


class Meddler:
    """A client that lets somebody delete a person between the look-up and the write, once."""

    def __init__(self, client: TwentyClient, twenty: TwentySandbox, person_id: str) -> None:
        self._client = client
        self._twenty = twenty
        self._person_id: str | None = person_id

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        if name == "CreatePhoneCalls" and self._person_id:
            destroy = "mutation ($id: UUID!) { destroyPerson(id: $id) { id } }"
            await ask(self._twenty, destroy, id=self._person_id)
            self._person_id = None
        return await self._client.execute(name, **variables)

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        return await self._client.execute_metadata(name, **variables)


async def test_a_person_who_is_gone_is_matched_anew(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    heir = await create_person(twenty, "Jane Roe", primaryPhoneNumber=JANE)
    sid = new_sid()
    await inbox.store(outbound(sid, JANE))
    worker = make_worker(Meddler(client, twenty, jane), Settings())
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["personId"] == heir


class Deletes:
    """A client that has a user delete a person right after the bridge created the call."""

    def __init__(self, client: TwentyClient, twenty: TwentySandbox, person_id: str) -> None:
        self._client = client
        self._twenty = twenty
        self._person_id = person_id

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        answer = await self._client.execute(name, **variables)
        if name == "CreatePhoneCalls":
            delete = "mutation ($id: UUID!) { deletePerson(id: $id) { id } }"
            await ask(self._twenty, delete, id=self._person_id)
        return answer

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        return await self._client.execute_metadata(name, **variables)


async def test_a_person_who_is_deleted_while_a_call_is_first_written_does_not_keep_it(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    worker = make_worker(Deletes(client, twenty, jane), Settings())
    await inbox.store(outbound(sid := new_sid(), JANE))
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["personId"] == jane
    # A report of that comes too early to find the call, if it comes at all.
    for seconds in (61, 62):
        await inbox.store(outbound(sid, JANE, seconds=seconds))
        await drain(worker)
    heir = await create_person(twenty, "Jane Roe", primaryPhoneNumber=JANE)
    assert await relink(inbox, {JANE}, since=TEN) == 1
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["personId"] == heir


async def test_a_call_is_matched_anew_where_its_process_was_killed_before_that(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    """People changed after the look-up; the process settled the call, and was killed."""
    await inbox.store(outbound(sid := new_sid(), JANE))
    await drain(make_worker(client, Settings()))
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    for at, person in ((TEN - timedelta(hours=2), None), (TEN, jane)):
        await Checkpoints(inbox).save(RELINKED, at)
        await make_worker(client, Settings())._lead_once()
        assert (await phone_calls(twenty))[sid]["personId"] == person


NOTES = """{ notes { edges { node { title bodyV2 { markdown }
  noteTargets { edges { node { id targetPersonId } } } } } } }"""


async def test_without_phone_calls_it_is_a_note_and_after_set_up_a_phone_call(
    inbox: Inbox, make_worker: MakeWorker, generation: str
) -> None:
    sandbox = twenty_sandbox(rate_limit=False, generation=generation)
    async with sandbox as bare, open_client(twenty_settings(bare)) as client:
        jane = await create_person(bare, "Jane Doe", primaryPhoneNumber=JANE)
        worker = make_worker(client, Settings())
        sid = new_sid()
        for seconds in (192, 193):
            await inbox.store(outbound(sid, JANE, seconds=seconds))
            await drain(worker)
        (note,) = nodes_of(await ask(bare, NOTES))
        assert note["title"] == "Outbound call · Jane Doe · 3 min 13 s"
        assert f"Call SID: {sid}" in note["bodyV2"]["markdown"]
        (target,) = nodes_of({"t": note["noteTargets"]})
        assert target["targetPersonId"] == jane

        heir = await create_person(bare, "Paul Martin", primaryPhoneNumber="+33698765432")
        move = (
            "mutation ($id: UUID!, $d: NoteTargetUpdateInput!) { updateNoteTarget(id: $id, data: $d) { id } }"
        )
        await ask(bare, move, id=target["id"], d={"targetPersonId": heir})
        await inbox.store(outbound(sid, JANE, seconds=194))
        await drain(worker)
        (note,) = nodes_of(await ask(bare, NOTES))
        assert note["title"] == "Outbound call · Jane Doe · 3 min 14 s"
        assert [t["targetPersonId"] for t in nodes_of({"t": note["noteTargets"]})] == [heir]

        await provision(client)
        worker._pipeline.writing._writer_until = 0
        later = new_sid()
        await inbox.store(outbound(later, JANE))
        await drain(worker)
        assert set(await phone_calls(bare)) == {later}


async def test_it_runs_until_stopped_and_survives_an_outage(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    twenty.faults.status = 503
    running = asyncio.create_task(worker.run())
    await inbox.store(outbound(new_sid(), JANE))
    await eventually(lambda: worker.reason == "twenty.unavailable")
    twenty.faults.clear()
    await eventually(lambda: worker.reason is None)
    worker.stop()
    await running
    assert (await inbox.backlog()).due == 0
    assert len(await phone_calls(twenty)) == 1
