"""What users did in Twenty stays done, on the oldest generation and the newest."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bridge.calls.callback import Kind
from bridge.calls.texts import ENGLISH
from bridge.inbox.queries import known_call
from bridge.inbox.requeue import relink, requeue_moved, requeue_uncertain
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import calls
from bridge.inbox.transcripts.erasing import erase_spoken
from bridge.sandbox.twenty import NEWEST, OLDEST, TwentySandbox, twenty_sandbox
from bridge.sync.corrections import Corrections
from bridge.sync.deletions import Deletions
from bridge.sync.stages.prepare import Policy
from bridge.sync.worker import Worker
from bridge.twenty.client.client import TwentyClient, open_client
from tests.databases import begin
from tests.support import (
    LINKS,
    TEN,
    ask,
    create_person,
    new_sid,
    nodes_of,
    outbound,
    phone_calls,
    timeline,
    told,
    twenty_settings,
)
from tests.sync.conftest import MakeWorker
from tests.sync.support import Settings, drain, worker_with
from tests.sync.test_without import Lacking

JANE, JOHN = "+33639980001", "+33639980002"
ROWS = """{ timelineActivities { edges { node {
  linkedRecordCachedName targetPersonId workspaceMemberId } } } }"""
CORRECT_ROW = """mutation ($id: UUID!, $d: TimelineActivityUpdateInput!) {
  updateTimelineActivity(id: $id, data: $d) { id } }"""
MOVE = "mutation ($id: UUID!, $d: PhoneCallUpdateInput!) { updatePhoneCall(id: $id, data: $d) { id } }"
DELETE_CALL = "mutation ($id: UUID!) { deletePhoneCall(id: $id) { id } }"
ALL_NOTES = "{ notes { edges { node { id } } } }"
DELETE_NOTE = "mutation ($id: UUID!) { deleteNote(id: $id) { id } }"
DESTROY_NOTE = "mutation ($id: UUID!) { destroyNote(id: $id) { id } }"
DESTROY_CALL = "mutation ($id: UUID!) { destroyPhoneCall(id: $id) { id } }"
DELETE_ROW = "mutation ($id: UUID!) { deleteTimelineActivity(id: $id) { id } }"
DELETE_NOTE = "mutation ($id: UUID!) { deleteNote(id: $id) { id } }"
DELETE_TASK = "mutation ($id: UUID!) { deleteTask(id: $id) { id } }"


@pytest.fixture
def database_url(sqlite_file: Path) -> str:
    return f"sqlite+aiosqlite:///{begin(sqlite_file)}"


async def put(inbox: Inbox, worker: Worker, *callbacks: Any) -> None:
    for callback in callbacks:
        await inbox.store(callback)
    await drain(worker)


def ringing(sid: str, to: str = JANE) -> Any:
    leg: Any = {"parent": sid, "From": "+33159130001", "To": to, "CallStatus": "ringing"}
    return told(Kind.STATUS, f"{sid[:-1]}f", **leg)


def missed(sid: str, caller: str = JANE) -> list[Any]:
    call: Any = {"From": caller, "To": "+33159130001", "Direction": "inbound"}
    return [
        told(Kind.VOICE, sid, CallStatus="ringing", **call),
        told(Kind.DIAL, sid, at=30, CallStatus="in-progress", DialCallStatus="no-answer", **call),
    ]


def message(sid: str) -> Any:
    recording: Any = {"RecordingSid": "RE" + "1" * 32, "RecordingDuration": "17"}
    return told(Kind.VOICEMAIL, sid, at=50, **recording)


def said(sid: str) -> Any:
    return told(Kind.TRANSCRIPTION, sid, at=60, RecordingSid="RE" + "1" * 32, TranscriptionText="Bonjour")


async def started(worker: Worker) -> None:
    await worker._pipeline.writing.writer()
    await worker._pipeline._preparation._members.refresh(worker._pipeline._client)


async def people(twenty: TwentySandbox) -> tuple[str, str]:
    return (
        await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE),
        await create_person(twenty, "John Doe", primaryPhoneNumber=JOHN),
    )


async def test_what_a_batch_costs(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, generation: str
) -> None:
    """Three root fields for new calls; one more where some were written before, one for titles in rows."""
    await people(twenty)
    await started(worker)
    early = [new_sid() for _ in range(100)]
    for sid in early:
        await inbox.store(ringing(sid))
    before = twenty.root_fields
    await drain(worker)
    assert twenty.root_fields - before == 3
    for number, sid in enumerate(early):
        await inbox.store(outbound(sid, JANE, seconds=number + 1))
        await inbox.store(outbound(new_sid(), JOHN, seconds=number + 1))
    before = twenty.root_fields
    assert await worker.drain_once() == 200
    assert twenty.root_fields - before == (5 if generation == OLDEST else 4)
    assert len(await phone_calls(twenty)) == len(await timeline(twenty)) == 200


async def test_a_row_follows_its_call_and_the_title_names_the_right_person(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    jane, john = await people(twenty)
    await put(inbox, worker, outbound(sid := new_sid(), JANE), outbound(other := new_sid(), JANE))
    record = (await phone_calls(twenty))[sid]
    await ask(twenty, MOVE, id=record["id"], d={"personId": john})
    await put(inbox, worker, outbound(sid, JANE, seconds=61))
    after = await phone_calls(twenty)
    assert (after[sid]["name"], after[sid]["personId"]) == ("Outbound call · John Doe · 1 min 1 s", john)
    rows = {row["linkedRecordId"]: row["targetPersonId"] for row in await timeline(twenty)}
    assert rows == {after[sid]["id"]: john, after[other]["id"]: jane}
    await ask(twenty, MOVE, id=record["id"], d={"personId": None})
    await put(inbox, worker, outbound(sid, JANE, seconds=62))
    assert (await phone_calls(twenty))[sid]["personId"] is None
    assert [row["linkedRecordId"] for row in await timeline(twenty)] == [after[other]["id"]]
    await ask(twenty, MOVE, id=record["id"], d={"personId": jane})
    await put(inbox, worker, outbound(sid, JANE, seconds=63))
    assert [row["targetPersonId"] for row in await timeline(twenty)] == [jane, jane]


class Meanwhile:
    """A client that has a user take a call away once the bridge has asked how it stands."""

    def __init__(self, client: TwentyClient, twenty: TwentySandbox, take_away: str, sid: str) -> None:
        self._client, self._twenty = client, twenty
        self._take_away, self._sid = take_away, sid

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        answer = await self._client.execute(name, **variables)
        there = await phone_calls(self._twenty) if name == "WrittenPhoneCalls" else {}
        if self._sid in there:
            await ask(self._twenty, self._take_away, id=there[self._sid]["id"])
        return answer

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        return await self._client.execute_metadata(name, **variables)


@pytest.mark.parametrize("take_away", [DELETE_CALL, DESTROY_CALL])
async def test_a_call_that_a_user_takes_away_while_it_is_written_stays_away(
    twenty: TwentySandbox,
    inbox: Inbox,
    client: TwentyClient,
    make_worker: MakeWorker,
    take_away: str,
    generation: str,
) -> None:
    await people(twenty)
    gone, *others = [new_sid() for _ in range(3)]
    worker = make_worker(Meanwhile(client, twenty, take_away, gone), Settings())
    await put(inbox, worker, *(outbound(sid, JANE) for sid in (gone, *others)))
    before = twenty.root_fields
    await put(inbox, worker, outbound(gone, JANE, seconds=61))
    # Of these two are this test's.
    assert twenty.root_fields - before == (6 if generation == OLDEST else 4)
    assert set(await phone_calls(twenty)) == set(others)
    await put(inbox, worker, *(outbound(sid, JANE, seconds=62) for sid in (gone, *others)))
    shown = await phone_calls(twenty)
    assert {sid: call["durationInSeconds"] for sid, call in shown.items()} == dict.fromkeys(others, 62)


async def test_a_move_is_followed_without_any_news_of_the_call(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, client: TwentyClient
) -> None:
    _, john = await people(twenty)
    await put(inbox, worker, outbound(sid := new_sid(), JANE))
    look = Corrections(inbox, client, affordable=lambda: True)
    now = TEN + timedelta(days=8)
    assert await look.once(now) == 0
    await ask(twenty, MOVE, id=(await phone_calls(twenty))[sid]["id"], d={"personId": john})
    assert await requeue_moved(inbox, {sid: john, new_sid(): john}) == 1
    await drain(worker)
    assert [row["targetPersonId"] for row in await timeline(twenty)] == [john]
    assert (await phone_calls(twenty))[sid]["name"].startswith("Outbound call · John Doe")
    spent = twenty.root_fields
    assert await requeue_moved(inbox, {sid: john}) == 0
    await drain(worker)
    assert twenty.root_fields == spent


async def test_the_look_finds_what_no_delivery_told(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, client: TwentyClient
) -> None:
    _, john = await people(twenty)
    await put(inbox, worker, outbound(sid := new_sid(), JANE))
    await ask(twenty, MOVE, id=(await phone_calls(twenty))[sid]["id"], d={"personId": john})
    spent = twenty.root_fields
    # The sandbox's records are of today.
    assert await Corrections(inbox, client, affordable=lambda: True).once(TEN) == 1
    assert twenty.root_fields - spent == 1
    await drain(worker)
    assert [row["targetPersonId"] for row in await timeline(twenty)] == [john]
    assert await Corrections(inbox, client, affordable=lambda: False).once(TEN) == 0


async def test_words_of_a_call_that_a_user_deleted_are_erased_without_any_delivery(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, client: TwentyClient
) -> None:
    """By the look at deleted calls, and at the next write; a restored call is written on."""

    async def erase(call_sids: Collection[str]) -> None:
        await erase_spoken(inbox, call_sids, now=TEN)

    async def texts(sid: str) -> list[str | None]:
        known = await known_call(inbox, sid)
        assert known
        return [one.get("TranscriptionText") for one in known.callbacks if one.kind is Kind.TRANSCRIPTION]

    looked_at, written, destroyed, stays = (new_sid() for _ in range(4))
    for sid in (looked_at, written, destroyed, stays):
        await put(inbox, worker, *missed(sid), message(sid), said(sid))
    records = {sid: one["id"] for sid, one in (await phone_calls(twenty)).items()}
    looks = Deletions(inbox, client, affordable=lambda: True)
    assert await looks.once(now := datetime.now(UTC)) == 0
    await ask(twenty, DELETE_CALL, id=records[looked_at])
    assert await Deletions(inbox, client, affordable=lambda: False).once(now) == 0
    spent = twenty.root_fields
    assert await looks.once(now) == 1
    assert twenty.root_fields == spent + 2
    assert (await texts(looked_at), await texts(stays)) == ([None], ["Bonjour"])
    worker._pipeline._preparation._erase_spoken = erase
    await ask(twenty, DELETE_CALL, id=records[written])
    await ask(twenty, DESTROY_CALL, id=records[destroyed])
    for sid in (written, destroyed, stays):
        await put(inbox, worker, told(Kind.STATUS, sid, at=90, CallStatus="completed", CallDuration="90"))
    # What is missing altogether can be another workspace's: only its delivery erases.
    assert [await texts(sid) for sid in (written, destroyed, stays)] == [[None], ["Bonjour"], ["Bonjour"]]


async def test_note_and_task_of_a_call_that_was_erased_lose_its_words(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    async def shown(kind: str) -> list[str]:
        found = nodes_of(
            await ask(twenty, f"{{ {kind} {{ edges {{ node {{ bodyV2 {{ markdown }} }} }} }} }}")
        )
        return ["Bonjour" if "Bonjour" in one["bodyV2"]["markdown"] else "" for one in found]

    members = nodes_of(await ask(twenty, "{ workspaceMembers { edges { node { userEmail } } } }"))
    worker = make_worker(client, Settings(assignee=members[0]["userEmail"]))
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    sid = new_sid()
    await put(inbox, worker, *missed(sid), message(sid), said(sid))
    assert (await shown("notes"), await shown("tasks")) == (["Bonjour"], ["Bonjour"])
    await ask(twenty, DELETE_CALL, id=(await phone_calls(twenty))[sid]["id"])
    looks = Deletions(inbox, client, affordable=lambda: True)
    assert await looks.once(datetime.now(UTC)) == 1
    await drain(worker)
    assert (await shown("notes"), await shown("tasks")) == ([], [""])
    spent = twenty.root_fields
    await looks.once(datetime.now(UTC))
    assert twenty.root_fields == spent + 1


async def test_the_look_goes_on_after_a_clock_was_set_back(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, client: TwentyClient
) -> None:
    looks = Corrections(inbox, client, affordable=lambda: True)
    now = datetime.now(UTC)
    await looks.once(now + timedelta(days=100))
    _, john = await people(twenty)
    await put(inbox, worker, outbound(sid := new_sid(), JANE))
    await ask(twenty, MOVE, id=(await phone_calls(twenty))[sid]["id"], d={"personId": john})
    assert await looks.once(now) == 1


@pytest.mark.parametrize("generation", [OLDEST])
async def test_a_row_that_a_user_corrected_keeps_its_person_and_its_member(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    """Newer generations have rows that no news of a call writes again."""
    _, john = await people(twenty)
    await put(inbox, worker, outbound(sid := new_sid(), JANE))
    (row,) = await timeline(twenty)
    member = nodes_of(await ask(twenty, "{ workspaceMembers { edges { node { id } } } }"))[0]["id"]
    chosen = {"targetPersonId": john, "workspaceMemberId": member}
    await ask(twenty, CORRECT_ROW, id=row["id"], d=chosen)
    await put(inbox, worker, outbound(sid, JANE, seconds=61))
    rows = nodes_of(await ask(twenty, ROWS))
    (after,) = [one for one in rows if one["linkedRecordCachedName"]]
    assert after["linkedRecordCachedName"] != row["linkedRecordCachedName"]
    assert {name: after[name] for name in chosen} == chosen


async def test_a_row_that_a_user_deleted_stays_so(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    _, john = await people(twenty)
    await put(inbox, worker, ringing(sid := new_sid()))
    (row,) = await timeline(twenty)
    await ask(twenty, DELETE_ROW, id=row["id"])
    await put(inbox, worker, outbound(sid, JANE))
    assert await timeline(twenty) == []
    await ask(twenty, MOVE, id=(await phone_calls(twenty))[sid]["id"], d={"personId": john})
    await put(inbox, worker, outbound(sid, JANE, seconds=61))
    assert await timeline(twenty) == []


async def test_a_late_person_gets_a_row_and_a_lost_write_makes_no_second_one(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    await put(inbox, worker, outbound(sid := new_sid(), JANE))
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await relink(inbox, None, since=TEN - timedelta(days=1))
    worker._pipeline._directory.forget()
    await drain(worker)
    assert [row["targetPersonId"] for row in await timeline(twenty)] == [jane]
    # As if the bridge had died between its write and its own commit.
    await inbox.change(update(calls).values(written=None, matched=False, match=None, settled_at=None))
    await put(inbox, worker, outbound(sid, JANE, seconds=61))
    assert [row["targetPersonId"] for row in await timeline(twenty)] == [jane]


async def test_a_note_that_shows_a_call_stays_deleted(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    await people(twenty)
    lacking = Lacking(client, ["UpsertTimelineActivities", "CreateTimelineActivities"])
    worker = make_worker(lacking, Settings())
    await put(inbox, worker, ringing(sid := new_sid()))
    (note,) = nodes_of(await ask(twenty, "{ notes { edges { node { id } } } }"))
    await ask(twenty, DELETE_NOTE, id=note["id"])
    for seconds in (60, 61):
        await put(inbox, worker, outbound(sid, JANE, seconds=seconds))
    assert nodes_of(await ask(twenty, "{ notes { edges { node { id } } } }")) == []
    assert (await phone_calls(twenty))[sid]["status"] == "COMPLETED"


@pytest.mark.parametrize("deleted", [False, True])
async def test_tasks_cost_three_root_fields_whatever_exists(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker, deleted: bool
) -> None:
    """A batch with ids that are there is not halved; a later change of a call follows in one or two more."""
    members = nodes_of(await ask(twenty, "{ workspaceMembers { edges { node { userEmail } } } }"))
    worker = make_worker(client, Settings(assignee=members[0]["userEmail"]))
    numbers = [f"+3363998{number:04}" for number in range(40)]
    for number in numbers:
        await create_person(twenty, f"Person {number}", primaryPhoneNumber=number)
    first = {new_sid(): number for number in numbers[::2]}
    for sid, number in first.items():
        await put(inbox, worker, *missed(sid, number))
    tasks = nodes_of(await ask(twenty, "{ tasks { edges { node { id } } } }"))
    assert len(tasks) == 20
    for task in tasks if deleted else ():
        await ask(twenty, DELETE_TASK, id=task["id"])
    for number in numbers:
        for callback in missed(new_sid(), number):
            await inbox.store(callback)
    spent = len(twenty.requests)
    await drain(worker)
    asked = [one.operation for one in twenty.requests[spent:] if "Task" in (one.operation or "")]
    rewritten = [] if deleted else ["UpsertTasks"]
    assert asked == ["ExistingTasks", "CreateTasks", *rewritten, "UpsertTaskTargets"]
    left = nodes_of(await ask(twenty, "{ tasks { edges { node { id } } } }"))
    assert len(left) == (20 if deleted else 40)
    spent = len(twenty.requests)
    for sid in first:
        await inbox.store(message(sid))
    await drain(worker)
    asked = [one.operation for one in twenty.requests[spent:] if "Task" in (one.operation or "")]
    assert asked == (["ExistingTasks"] if deleted else ["ExistingTasks", "UpsertTasks"])


@pytest.mark.parametrize("text", ["a\0b", "\0"])
async def test_a_character_that_twenty_cannot_store_costs_no_batch(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, text: str
) -> None:
    await people(twenty)
    sid, other = new_sid(), new_sid()
    said: Any = {"Agent": "alice", "Id": "1", "Outcome": text, "Note": text}
    heard: Any = {"TranscriptionText": text, "RecordingSid": "RE" + "1" * 32}
    await put(
        inbox,
        worker,
        *missed(sid),
        message(sid),
        told(Kind.TRANSCRIPTION, sid, at=70, **heard),
        told(Kind.DISPOSITION, sid, at=80, **said),
        outbound(other, JANE),
    )
    assert (await phone_calls(twenty)).keys() == {sid, other}


@asynccontextmanager
async def a_bridge(generation: str) -> AsyncIterator[tuple[TwentySandbox, Inbox, Worker]]:
    """For examples of hypothesis, which share no fixtures."""
    with TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'bridge.db'}"
        async with (
            twenty_sandbox(provisioned=True, rate_limit=False, generation=generation) as twenty,
            open_client(twenty_settings(twenty)) as client,
            open_inbox(url) as inbox,
        ):
            policy = Policy(texts=ENGLISH, links=LINKS, region="FR")
            yield twenty, inbox, worker_with(inbox, client, policy)


NEWS = st.sampled_from(["ended", "longer", "message", "said", "relinked", "in doubt", "ringing", "moved"])


async def happens(what: str, sid: str, step: int, inbox: Inbox) -> None:
    match what:
        case "ended" | "longer":
            await inbox.store(outbound(sid, JANE, seconds=60 + step))
        case "message":
            await inbox.store(message(sid))
        case "said":
            said: Any = {"Agent": "alice", "Id": str(step), "Outcome": "Sold", "Note": ""}
            await inbox.store(told(Kind.DISPOSITION, sid, at=90 + step, **said))
        case "relinked":
            await relink(inbox, None, since=TEN - timedelta(days=1))
        case "in doubt":
            await requeue_uncertain(inbox, [sid])
        case "moved":
            await requeue_moved(inbox, {sid: None})
        case _:
            await inbox.store(ringing(sid))


@settings(max_examples=10)
@given(
    version=st.sampled_from([OLDEST, NEWEST]),
    matched=st.booleans(),
    before=st.lists(NEWS, max_size=2),
    after=st.lists(st.tuples(NEWS, st.booleans()), min_size=1, max_size=5),
    destroyed=st.booleans(),
    distance=st.sampled_from([0, 1, 59, 61, 3600, 10**6]),
)
async def test_no_sequence_of_news_brings_a_deleted_call_back(
    version: str,
    matched: bool,
    before: list[str],
    after: list[tuple[str, bool]],
    destroyed: bool,
    distance: int,
) -> None:
    async with a_bridge(version) as (twenty, inbox, worker):
        if matched:
            await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
        await put(inbox, worker, ringing(sid := new_sid()))
        for step, what in enumerate(before):
            await happens(what, sid, step, inbox)
            await drain(worker)
        record = (await phone_calls(twenty))[sid]
        await ask(twenty, DELETE_CALL, id=record["id"])
        if destroyed:
            await ask(twenty, DESTROY_CALL, id=record["id"])
        rows = len(await timeline(twenty))
        for step, (what, drained) in enumerate(after):
            await inbox.change(
                update(calls)
                .where(calls.c.settled_at.is_not(None))
                .values(settled_at=TEN - timedelta(seconds=distance))
            )
            await happens(what, sid, 10 + step, inbox)
            if drained:
                await drain(worker)
        await drain(worker)
        assert await phone_calls(twenty) == {}
        assert len(await timeline(twenty)) == rows
        assert (await inbox.backlog()).due == 0


NOTE_NEWS = st.sampled_from(["words", "message", "in doubt", "relinked", "ended", "moved"])


async def happens_to_a_note(what: str, sid: str, step: int, inbox: Inbox) -> None:
    if what == "words":
        text = f"Call me back, {step}."
        await inbox.store(told(Kind.TRANSCRIPTION, sid, at=70 + step, TranscriptionText=text))
    else:
        await happens(what, sid, step, inbox)


@settings(max_examples=5)
@example(version=OLDEST, after=[("in doubt", True)], destroyed=True)
@given(
    version=st.sampled_from([OLDEST, NEWEST]),
    after=st.lists(st.tuples(NOTE_NEWS, st.booleans()), min_size=1, max_size=5),
    destroyed=st.booleans(),
)
async def test_no_sequence_of_news_brings_a_deleted_note_back(
    version: str, after: list[tuple[str, bool]], destroyed: bool
) -> None:
    async with a_bridge(version) as (twenty, inbox, worker):
        sid = new_sid()
        said = told(Kind.TRANSCRIPTION, sid, at=70, TranscriptionText="Call me back.")
        await put(inbox, worker, ringing(sid), message(sid), said)
        (note,) = nodes_of(await ask(twenty, ALL_NOTES))
        await ask(twenty, DELETE_NOTE, id=note["id"])
        if destroyed:
            await ask(twenty, DESTROY_NOTE, id=note["id"])
        for step, (what, drained) in enumerate(after):
            await happens_to_a_note(what, sid, step, inbox)
            if drained:
                await drain(worker)
        await drain(worker)
        assert nodes_of(await ask(twenty, ALL_NOTES)) == []
        assert (await inbox.backlog()).due == 0
