"""Which tasks are created, rewritten and left to users: call-back tasks, and the next steps of a summary."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bridge.calls.activity import record_id
from bridge.calls.transcripts.conversation import Conversation, ProposedTask
from bridge.errors import Duplicate, TwentyDenied, TwentyRefused
from bridge.twenty.schema.workspace import WorkspaceSchema
from bridge.twenty.writing.bisection import Batches, Record
from bridge.twenty.writing.fields import merge
from bridge.twenty.writing.plan import Before, Chosen, News, Note, Write, WriteState, plan_of
from bridge.twenty.writing.proposals import ProposedTasks
from bridge.twenty.writing.rich_text import paragraph, plain
from bridge.twenty.writing.tasks import Reminder, key_of, remind, withdraw
from bridge.twenty.writing.writers import PhoneCalls
from tests.support import TEN, lines_of, new_sid
from tests.twenty.writing.test_conversations import PAGE
from tests.twenty.writing.test_fields import CALL
from tests.twenty.writing.test_writers import CALL_FIELDS, Server

DAY = date(2026, 11, 22)
KEY = key_of("p1", DAY)
TASK, TARGET = record_id("task", KEY), record_id("taskTarget", KEY)


def reminder(text: str = "Twice", **more: Any) -> Reminder:
    usual = {"person_id": "p1", "day": DAY, "title": "Call Jane", "assignee_id": "m1"}
    due_at = TEN + timedelta(hours=1)
    return Reminder(**{**usual, "body": (paragraph(plain(text)),), "due_at": due_at, **more})


def task(text: str = "Once", **more: Any) -> Record:
    said = reminder(text).said
    usual = {"deletedAt": None, "status": "TODO", "updatedBy": {"source": "API"}}
    return {"id": TASK, "title": said["title"], "bodyV2": said["bodyV2"], **usual, **more}


THERE: dict[str, Record] = {TASK: task(), TARGET: {"id": TARGET}}


@pytest.mark.parametrize(
    ("there", "wanted", "created", "rewritten", "targets"),
    [
        (None, {}, 1, 0, 1),
        (None, {"is_new": False}, 0, 0, 0),
        (task(), {}, 0, 1, 0),
        (task(), {"is_new": False}, 0, 1, 0),
        (task("Twice"), {}, 0, 0, 0),
        (task("Twice", title="Call"), {}, 0, 1, 0),
        # What users did with it stays.
        (task(status="DONE"), {}, 0, 0, 0),
        (task(deletedAt="2026-11-22"), {}, 0, 0, 0),
        (task(updatedBy={"source": "MANUAL"}), {}, 0, 0, 0),
        (task(updatedBy=None), {}, 0, 0, 0),
        # An earlier try ended between the task and its target.
        (task(), {"unsure": True}, 0, 1, 1),
    ],
)
async def test_a_task_is_created_once_and_rewritten_while_it_is_the_bridge_s(
    there: Record | None, wanted: dict[str, Any], created: int, rewritten: int, targets: int
) -> None:
    server = Server({TASK: there} if there else {})
    assert await remind(Batches(server), [reminder(**wanted)]) == {}
    asked = [server.told(name) for name in ("CreateTasks", "UpsertTasks", "UpsertTaskTargets")]
    assert [len(told) for told in asked] == [created, rewritten, targets]
    for told in asked[0]:
        (made,) = told["data"]
        assert (made["id"], made["title"], made["status"], made["assigneeId"]) == (
            TASK,
            "Call Jane",
            "TODO",
            "m1",
        )
        assert made["dueAt"].startswith("2026-11-22T11")
    for told in asked[1]:
        (changed,) = told["data"]
        # Its day, its agent and whether it is done stay.
        assert sorted(changed) == ["bodyV2", "id", "title"]
        assert lines_of(changed["bodyV2"]["blocknote"]) == ["Twice"]
    for told in asked[2]:
        assert told["data"] == [{"id": TARGET, "taskId": TASK, "targetPersonId": "p1"}]


async def test_a_target_that_is_there_is_not_written_again() -> None:
    server = Server(THERE)
    await remind(Batches(server), [reminder(unsure=True)])
    assert server.told("UpsertTaskTargets") == []


async def test_a_task_that_is_refused_gets_no_target_and_is_said_by_its_key() -> None:
    refused = TwentyRefused("no such member")
    server = Server(CreateTasks=refused)
    assert await remind(Batches(server), [reminder()]) == {KEY: refused}
    assert server.told("UpsertTaskTargets") == []


async def test_tasks_of_calls_that_were_answered_after_all_go() -> None:
    server = Server()
    await withdraw(server, [])
    assert server.asked == []
    await withdraw(server, [KEY])
    assert server.asked == [("WithdrawTasks", {"ids": [TASK]})]
    await withdraw(Server(WithdrawTasks=TwentyDenied("no", code="twenty.forbidden")), [KEY])
    with pytest.raises(TwentyDenied):
        await withdraw(Server(WithdrawTasks=TwentyDenied("no", code="twenty.token")), [KEY])


STEPS = tuple(ProposedTask(f"Step {n}", (f"At {n}.", "By a model.")) for n in range(2))
SPOKEN = Conversation(heading="", turns=(), summary=(), origin="", page=PAGE, proposed=STEPS)


def summed_up(*, note: Note = Note.TEXT, **fields: Any) -> Write:
    activity = replace(CALL, **{"call_sid": new_sid(), "conversation": SPOKEN, "person_id": "p1", **fields})
    news = News(record=False, note=note, dispositions=False)
    before = Before(person_id="p1", call=WriteState.WRITTEN, note=WriteState.WRITTEN)
    plan = plan_of(activity, before=before, news=news, person=Chosen.KEPT)
    return Write(activity=activity, plan=plan, merge=merge(activity, None, None, unsure=False))


def task_ids(call: Write, kind: str = "task") -> list[str]:
    return [record_id(f"{kind} proposed {number}", call.sid) for number in range(2)]


@pytest.mark.parametrize(("agent_id", "on_call"), [("m1", True), (None, False)])
async def test_the_next_steps_of_a_new_summary_become_tasks(agent_id: str | None, on_call: bool) -> None:
    call, server = summed_up(agent_id=agent_id), Server()
    others = [summed_up(note=Note.FACTS), summed_up(conversation=None)]
    await ProposedTasks(Batches(server), on_call=on_call).write([*others, call])
    (created,) = server.told("CreateTasks")
    assert [(one["id"], one["title"]) for one in created["data"]] == [
        (one, f"Step {number}") for number, one in enumerate(task_ids(call))
    ]
    assert lines_of(created["data"][0]["bodyV2"]["blocknote"]) == ["At 0.", "By a model."]
    assert [(one["status"], one.get("assigneeId")) for one in created["data"]] == [("TODO", agent_id)] * 2
    (targets,) = server.told("UpsertTaskTargets")
    named = [
        (one["taskId"], one.get("targetPersonId"), one.get("targetPhoneCallId")) for one in targets["data"]
    ]
    first, second = task_ids(call)
    in_twenty = record_id("phoneCall", call.sid)
    on_person = [(first, "p1", None), (second, "p1", None)]
    on_both = [(first, "p1", None), (first, None, in_twenty), (second, "p1", None), (second, None, in_twenty)]
    assert named == (on_both if on_call else on_person)


async def test_a_proposed_task_that_is_there_is_a_user_s_and_gets_what_target_it_lacks() -> None:
    call = summed_up()
    tasks, targets = task_ids(call), task_ids(call, "taskTarget")
    server = Server({one: {"id": one} for one in (*tasks, targets[0])})
    await ProposedTasks(Batches(server), on_call=False).write([call])
    assert server.told("CreateTasks") == []
    assert [[one["id"] for one in told["data"]] for told in server.told("UpsertTaskTargets")] == [targets[1:]]


async def test_of_a_call_whose_note_is_refused_no_task_is_proposed() -> None:
    """It is written again: with its tasks."""
    call, refused = summed_up(), TwentyRefused("a text")
    note = record_id("note", call.sid)
    there = {note: {"id": note, "deletedAt": None, "updatedBy": {"source": "API"}}}
    for server, proposed in ((Server(there), 1), (Server(there, UpdateNotes=refused), 0)):
        writer = PhoneCalls(server, Batches(server), WorkspaceSchema(CALL_FIELDS, None))
        assert await writer.write([call]) == ({} if proposed else {call.sid: refused})
        assert len(server.told("CreateTasks")) == proposed


async def test_a_call_is_written_without_the_tasks_that_twenty_refuses() -> None:
    call = summed_up()
    for error in (TwentyRefused("title"), TwentyDenied("no", code="twenty.schema")):
        server = Server(CreateTasks=error)
        await ProposedTasks(Batches(server), on_call=True).write([call])
        assert server.told("UpsertTaskTargets") == []
    denied = Server(CreateTasks=TwentyDenied("no", code="twenty.token"))
    with pytest.raises(TwentyDenied):
        await ProposedTasks(Batches(denied), on_call=True).write([call])
    silent = Server(CreateTasks=Duplicate("it is there"))
    await ProposedTasks(Batches(silent), on_call=True).write([])
    assert silent.asked == []
