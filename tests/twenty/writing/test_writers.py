"""What is asked of Twenty for each call of a batch, and what is taken back: without a server."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from bridge.calls.activity import Activity, record_id
from bridge.errors import TargetGone, TwentyDenied, TwentyRefused
from bridge.twenty.client.budget import Budget
from bridge.twenty.schema.workspace import TimelineSchema, WorkspaceSchema
from bridge.twenty.values import time_text
from bridge.twenty.writing.bisection import FEW, Batches, Record
from bridge.twenty.writing.fields import FIELDS, merge
from bridge.twenty.writing.plan import Before, Chosen, News, Note, Write, WriteState, plan_of
from bridge.twenty.writing.writers import Notes, PhoneCalls, take_back, writer_for
from tests.support import new_sid
from tests.twenty.writing.test_fields import CALL

NEW, UNSURE, WRITTEN = WriteState.NEW, WriteState.UNSURE, WriteState.WRITTEN
ROW_FIELDS = frozenset(
    {
        *("id", "name", "happensAt", "createdAt", "targetPersonId", "workspaceMemberId", "linkedRecordId"),
        *("linkedObjectMetadataId", "linkedRecordCachedName", "timelineActivityTypeId"),
    }
)
NAMED, TYPED = (TimelineSchema("the-object", ROW_FIELDS, type_id) for type_id in (None, "the-type"))
CALL_FIELDS = frozenset({"id", "externalCallId", "personId", "companyId", *FIELDS})


GONE: Record = {"deletedAt": "2026-11-22"}


class Server:
    """Notes what it is asked, has some records, and answers some operations with an error."""

    def __init__(self, there: dict[str, Record] | None = None, **errors: Exception) -> None:
        self.there = there or {}
        self.errors = errors
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        self.asked.append((name, variables))
        if name in self.errors:
            raise self.errors[name]
        if name == "UpdateNotes":
            return {"updateNotes": [{"id": one} for one in variables["ids"] if self.is_ours(one)]}
        nodes = [node for one, node in self.there.items() if one in variables.get("ids", ())]
        return {"found": {"edges": [{"node": node} for node in nodes]}} if "first" in variables else {}

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        raise NotImplementedError

    def is_ours(self, one: str) -> bool:
        """Whether a note is there as the bridge wrote it."""
        note = self.there.get(one, GONE)
        return note["deletedAt"] is None and note["updatedBy"]["source"] == "API"

    def told(self, name: str) -> list[Any]:
        """What this operation was asked with, each time."""
        return [variables for asked, variables in self.asked if asked == name]

    @property
    def operations(self) -> list[str]:
        """Those that were asked, in order."""
        return [name for name, _ in self.asked]


def write(
    state: WriteState = NEW,
    *,
    was: str | None = "p1",
    person: Chosen = Chosen.MATCHED,
    written: Activity | None = None,
    **fields: Any,
) -> Write:
    """A call of the person p1, unless `fields` say another, whose record and row are in this state.

    Where the call as it was `written` is given, Twenty has that for certain.
    """
    activity = replace(CALL, call_sid=new_sid(), **{"person_id": "p1", **fields})
    before = Before(person_id=was, call=state, row=state, note=state)
    plan = plan_of(
        activity, before=before, news=News(record=True, note=Note.NOTHING, dispositions=False), person=person
    )
    marks = merge(written, None, None, unsure=False).marks if written else None
    return Write(activity=activity, plan=plan, merge=merge(activity, marks, None, unsure=False))


def phone_calls(server: Server, timeline: TimelineSchema | None = NAMED, *, spare: float = 0) -> PhoneCalls:
    # Half of the minute's worth is not to spare.
    batches = Batches(server, Budget(int(2 * spare)) if spare else None)
    return PhoneCalls(server, batches, WorkspaceSchema(CALL_FIELDS, timeline))


def row_id(one: Write) -> str:
    return record_id("timelineActivity", one.sid)


@pytest.mark.parametrize(
    ("known", "spare"), [(0, 0), (1, 0), (FEW, 1), (FEW + 1, 1), (FEW + 1, FEW + 1), (9, 8.5), (9, 50)]
)
async def test_known_calls_are_updated_so_that_none_is_restored_and_written_at_once_where_that_is_too_dear(
    known: int, spare: float
) -> None:
    server = Server()
    new = [write(), write(UNSURE)]
    before = [write(WRITTEN, person=Chosen.KEPT, title=f"Call {number}") for number in range(known)]
    assert await phone_calls(server, spare=spare).write([*new, *before]) == {}
    is_many = known > max(FEW, spare)
    (sent,) = server.told("UpsertPhoneCalls" if is_many else "CreatePhoneCalls")
    updated = server.told("UpdatePhoneCalls")
    at_once = [*new, *(before if is_many else [])]
    assert [one["externalCallId"] for one in sent["data"]] == [one.sid for one in at_once]
    assert [one["id"] for one in sent["data"]] == [record_id("phoneCall", one.sid) for one in at_once]
    assert [one["ids"] for one in updated] == [
        [record_id("phoneCall", one.sid)] for one in before if one not in at_once
    ]
    assert all(
        one["data"].keys().isdisjoint({"id", "externalCallId", "personId"}) and one["data"]["status"]
        for one in updated
    )


async def test_many_known_calls_that_get_the_same_news_are_one_update_which_restores_none() -> None:
    server = Server()
    strangers = [write(WRITTEN, written=CALL, title="Jane Doe called") for _ in range(FEW + 2)]
    ended = write(WRITTEN, written=CALL, duration_seconds=7, person=Chosen.KEPT)
    as_before = write(WRITTEN, written=CALL, person=Chosen.KEPT)
    assert await phone_calls(server).write([*strangers, ended, as_before]) == {}
    alike, other = server.told("UpdatePhoneCalls")
    assert alike == {
        "ids": [record_id("phoneCall", one.sid) for one in strangers],
        "data": {"name": "Jane Doe called", "personId": "p1"},
    }
    assert (other["ids"], other["data"]) == ([record_id("phoneCall", ended.sid)], {"durationInSeconds": 7})
    assert "UpsertPhoneCalls" not in server.operations


async def test_of_calls_whose_common_update_is_refused_nothing_more_is_written() -> None:
    gone = TargetGone("person")
    calls = [write(WRITTEN, written=CALL) for _ in range(FEW + 1)]
    server = Server(UpdatePhoneCalls=gone)
    assert await phone_calls(server).write(calls) == {one.sid: gone for one in calls}
    assert server.told("UpsertTimelineActivities") == []


@pytest.mark.parametrize(
    ("chosen", "found", "sent"),
    [
        (Chosen.KEPT, {"person_id": "p1", "company_id": "c1"}, {}),
        (Chosen.MATCHED, {"person_id": "p1", "company_id": "c1"}, {"personId": "p1", "companyId": "c1"}),
        (Chosen.MATCHED, {"person_id": "p1"}, {"personId": "p1"}),
        (Chosen.MATCHED, {"person_id": None}, {}),
        (Chosen.CORRECTED, {"person_id": "p1"}, {"personId": "p1", "companyId": None}),
        (Chosen.CORRECTED, {"person_id": None}, {"personId": None, "companyId": None}),
    ],
)
async def test_whose_call_it_is_is_written_once_unless_it_was_a_wrong_number(
    chosen: Chosen, found: dict[str, Any], sent: dict[str, Any]
) -> None:
    server = Server()
    await phone_calls(server).write([write(person=chosen, **found)])
    (record,) = server.told("CreatePhoneCalls")[0]["data"]
    assert {name: record[name] for name in ("personId", "companyId") if name in record} == sent


async def test_a_field_that_the_workspace_does_not_have_is_left_out() -> None:
    server = Server()
    schema = WorkspaceSchema(CALL_FIELDS - {"companyId", "handling"}, None)
    await PhoneCalls(server, Batches(server), schema).write(
        [write(company_id="c1", handling="Alice did it.")]
    )
    (record,) = server.told("CreatePhoneCalls")[0]["data"]
    assert record["personId"] == "p1"
    assert record.keys().isdisjoint({"companyId", "handling"})


@pytest.mark.parametrize(("code", "is_optional"), [("twenty.schema", True), ("twenty.token", False)])
async def test_only_where_twenty_has_no_notes_on_calls_a_call_is_written_without(
    code: str, is_optional: bool
) -> None:
    server = Server(UpsertNotes=TwentyDenied("no", code=code))
    if is_optional:
        assert await phone_calls(server, None).write([write()]) == {}
    else:
        with pytest.raises(TwentyDenied):
            await phone_calls(server, None).write([write()])


async def test_of_a_call_whose_update_is_refused_nothing_more_is_written() -> None:
    refused = TwentyRefused("status")
    server = Server(UpdatePhoneCalls=refused)
    calls = [write(WRITTEN), write()]
    assert await phone_calls(server).write(calls) == {calls[0].sid: refused}
    (rows,) = server.told("UpsertTimelineActivities")
    assert [one["id"] for one in rows["data"]] == [row_id(calls[1])]


@pytest.mark.parametrize("is_denied", [True, False])
async def test_without_rows_on_the_timeline_a_note_shows_the_call_on_the_persons_page(
    is_denied: bool,
) -> None:
    denied = TwentyDenied("no such field", code="twenty.schema")
    server = Server(UpsertTimelineActivities=denied) if is_denied else Server()
    writer = phone_calls(server, NAMED if is_denied else None)
    calls = [write(), write(was=None, person_id=None)]
    for _ in range(2):
        assert await writer.write(calls) == {}
        notes, targets = (server.told(name).pop()["data"] for name in ("UpsertNotes", "UpsertNoteTargets"))
        note = record_id("note", calls[0].sid)
        assert [one["id"] for one in notes] == [note]
        assert [one["noteId"] for one in targets] == [note] * 2
        assert targets[0]["targetPersonId"] == "p1"
        assert targets[1]["targetPhoneCallId"] == record_id("phoneCall", calls[0].sid)
    assert server.operations.count("UpsertTimelineActivities") == is_denied


@pytest.mark.parametrize(
    ("state", "there", "is_written"),
    [
        (NEW, None, True),
        (UNSURE, None, True),
        (UNSURE, {"deletedAt": None}, True),
        (UNSURE, {"deletedAt": "2026-11-22"}, False),
        (WRITTEN, {"deletedAt": None}, True),
        (WRITTEN, {"deletedAt": "2026-11-22"}, False),
        # A user destroyed it.
        (WRITTEN, None, False),
    ],
)
@pytest.mark.parametrize("was", ["p1", "p2"])
async def test_a_named_row_that_a_user_deleted_stays_so(
    state: WriteState, there: Record | None, is_written: bool, was: str
) -> None:
    call = write(state, was=was, agent_id="m1")
    server = Server({row_id(call): {"id": row_id(call), **there}} if there else {})
    await phone_calls(server).write([call])
    rows = [row for asked in server.told("UpsertTimelineActivities") for row in asked["data"]]
    assert [row["id"] for row in rows] == ([row_id(call)] if is_written else [])
    for row in rows:
        # Left out where it was written before, so that a user's correction holds.
        person = None if state is WRITTEN and was == "p1" else "p1"
        assert (row.get("targetPersonId"), row["workspaceMemberId"]) == (person, "m1")
        assert (row["name"], row["linkedObjectMetadataId"]) == ("linked-phoneCall.created", "the-object")
        assert row["linkedRecordId"] == record_id("phoneCall", call.sid)
        assert "timelineActivityTypeId" not in row
        assert row["happensAt"] == row["createdAt"] == time_text(call.activity.started_at)
    assert server.operations.count("ExistingTimelineActivities") == (state is not NEW)


async def test_the_row_of_a_call_that_has_no_person_any_more_goes() -> None:
    for timeline in (NAMED, TYPED):
        server = Server()
        call = write(WRITTEN, was="p1", person=Chosen.CORRECTED, person_id=None)
        await phone_calls(server, timeline).write([call, write(was=None, person_id=None)])
        assert server.told("DestroyTimelineActivities") == [{"ids": [row_id(call)]}]
        assert not [name for name in server.operations if name.startswith(("UpsertT", "CreateT"))]


async def test_typed_rows_are_created_once_and_move_with_the_person() -> None:
    new, maybe, stays, is_hers = write(), write(UNSURE), write(WRITTEN), write(UNSURE)
    moves = [write(WRITTEN, was="p0") for _ in range(2)]
    there = {
        row_id(maybe): {"id": row_id(maybe), "targetPersonId": "p9"},
        row_id(is_hers): {"id": row_id(is_hers), "targetPersonId": "p1"},
    }
    server = Server(there)
    assert await phone_calls(server, TYPED).write([new, maybe, stays, is_hers, *moves]) == {}
    (created,) = server.told("CreateTimelineActivities")
    assert [(one["id"], one["timelineActivityTypeId"]) for one in created["data"]] == [
        (row_id(new), "the-type")
    ]
    assert server.told("ChangeTimelineActivities") == [
        {"ids": [row_id(one) for one in moves], "data": {"targetPersonId": "p1"}},
        # That was there already, on another person's timeline.
        {"ids": [row_id(maybe)], "data": {"targetPersonId": "p1"}},
    ]


async def test_a_typed_row_follows_the_agent_until_a_user_has_chosen_one() -> None:
    calls = [write(WRITTEN, agent_id=agent_id) for agent_id in ("m1", "m2", "m2")]
    changed = [replace(one, merge=replace(one.merge, changed=frozenset({"agentId"}))) for one in calls]
    theirs = replace(changed[2], merge=replace(changed[2].merge, theirs=frozenset({"agentId"})))
    server = Server()
    await phone_calls(server, TYPED).write([*changed[:2], theirs])
    assert server.told("ChangeTimelineActivities") == [
        {"ids": [row_id(changed[0])], "data": {"workspaceMemberId": "m1"}},
        {"ids": [row_id(changed[1])], "data": {"workspaceMemberId": "m2"}},
    ]
    refused = TwentyRefused("no such member")
    assert await phone_calls(Server(ChangeTimelineActivities=refused), TYPED).write(changed[:1]) == {
        changed[0].sid: refused
    }


async def test_an_agent_whom_no_call_has_any_more_leaves_its_named_row() -> None:
    call = write(WRITTEN)
    call = replace(call, merge=replace(call.merge, cleared=frozenset({"agentId"})))
    server = Server({row_id(call): {"id": row_id(call), "deletedAt": None}})
    await phone_calls(server).write([call])
    (row,) = server.told("UpsertTimelineActivities")[0]["data"]
    assert row["workspaceMemberId"] is None


async def test_how_calls_stand_is_asked_when_what_follows_can_be_sent_at_once() -> None:
    server, budget = Server(), Budget(20)
    writer = PhoneCalls(server, Batches(server, budget), WorkspaceSchema(CALL_FIELDS, NAMED))
    for _ in range(18 - FEW):
        await budget.take()
    asks = asyncio.create_task(writer.states([new_sid()]))
    await asyncio.sleep(0)
    assert server.asked == []
    asks.cancel()


async def test_how_calls_stand() -> None:
    sids = [new_sid() for _ in range(4)]
    person = {"name": {"firstName": "Jane", "lastName": "Doe"}}
    nodes: list[Record] = [
        {"deletedAt": None, "personId": "p1", "person": person},
        {"deletedAt": None, "personId": "p1", "person": None},
        {"deletedAt": "2026-11-22", "personId": None, "person": None},
    ]
    ids = [record_id("phoneCall", sid) for sid in sids]
    there = {one: {"id": one, "updatedBy": None, **node} for one, node in zip(ids, nodes, strict=False)}
    states = await phone_calls(Server(there)).states(sids)
    assert [(one.deleted, one.person_id, one.person and one.person.name) for one in states.values()] == [
        (False, "p1", "Jane Doe"),
        (False, "p1", None),
        (True, None, None),
    ]
    assert list(states) == sids[:3]
    assert all(one.says_person and one.shown for one in states.values())


@pytest.mark.parametrize(
    ("schema", "operation"), [(NAMED, "UpsertTimelineActivities"), (TYPED, "CreateTimelineActivities")]
)
async def test_what_a_row_does_not_have_is_left_out_of_it(schema: TimelineSchema, operation: str) -> None:
    """An upsert with null would empty what a user filled in."""
    server = Server()
    await phone_calls(server, schema).write([write(agent_id=None)])
    [row] = server.told(operation)[0]["data"]
    assert "workspaceMemberId" not in row
    assert None not in row.values()


async def test_without_the_object_calls_are_notes() -> None:
    server = Server()
    writer = writer_for(server, Batches(server), WorkspaceSchema(frozenset(), None))
    call = write()
    assert isinstance(writer, Notes)
    assert await writer.write([call]) == {}
    assert server.operations == ["UpsertNotes", "UpsertNoteTargets"]
    (target,) = server.told("UpsertNoteTargets")[0]["data"]
    assert (target["noteId"], target["targetPersonId"]) == (record_id("note", call.sid), "p1")


@pytest.mark.parametrize(("deleted_at", "deleted"), [(None, False), ("2026-11-22", True)])
async def test_how_calls_stand_as_notes(deleted_at: str | None, deleted: bool) -> None:
    sid = new_sid()
    note = record_id("note", sid)
    server = Server({note: {"id": note, "deletedAt": deleted_at}})
    states = await Notes(server, Batches(server)).states([sid, new_sid()])
    assert {one: (state.deleted, state.says_person) for one, state in states.items()} == {
        sid: (deleted, False)
    }


async def test_all_that_was_written_of_a_call_is_taken_back() -> None:
    server, sids = Server(), [new_sid(), new_sid()]
    await take_back(server, [])
    assert server.asked == []
    await take_back(server, sids)
    assert {name: set(variables["ids"]) for name, variables in server.asked} == {
        "DestroyTimelineActivities": {record_id("timelineActivity", sid) for sid in sids},
        "WithdrawNotes": {record_id("note", sid) for sid in sids},
        "WithdrawPhoneCalls": {record_id("phoneCall", sid) for sid in sids},
    }


async def test_a_role_that_cannot_delete_notes_takes_back_the_rest() -> None:
    server = Server(WithdrawNotes=TwentyDenied("no", code="twenty.forbidden"))
    await take_back(server, [new_sid()])
    assert server.operations == ["DestroyTimelineActivities", "WithdrawNotes", "WithdrawPhoneCalls"]
    with pytest.raises(TwentyDenied):
        await take_back(Server(WithdrawNotes=TwentyDenied("no", code="twenty.token")), [new_sid()])
