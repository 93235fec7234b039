"""Next steps as tasks: made once with new text, on person and call, and left to users from then on."""

from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from bridge.calls.activity import record_id
from bridge.calls.recording_links import Link
from bridge.calls.transcripts.conversation import Conversation, ProposedTask
from bridge.errors import Duplicate, TwentyDenied, TwentyRefused
from bridge.twenty.writing.bisection import Batches
from bridge.twenty.writing.fields import merge
from bridge.twenty.writing.plan import Before, Chosen, News, Note, Write, plan_of
from bridge.twenty.writing.proposals import ProposedTasks
from tests.support import lines_of, new_sid
from tests.twenty.writing.test_fields import CALL
from tests.twenty.writing.test_writers import Server

STEPS = (ProposedTask("Send the offer", ("By Monday.", "To Jane.")), ProposedTask("Call back", ()))
SAID = Conversation(
    heading="Dialogue",
    turns=(),
    summary=(),
    origin="",
    page=Link("Dialogue", "https://bridge.example/dialogue"),
    proposed=STEPS,
)


def write(note: Note = Note.TEXT, **fields: Any) -> Write:
    """A call of p1 and its agent whose summary has two steps."""
    new = {"call_sid": new_sid(), "person_id": "p1", "agent_id": "m1", "conversation": SAID}
    activity = replace(CALL, **{**new, **fields})
    news = News(record=False, note=note, dispositions=False)
    plan = plan_of(activity, before=Before(person_id="p1"), news=news, person=Chosen.KEPT)
    return Write(activity=activity, plan=plan, merge=merge(activity, None, None, unsure=False))


def ids(kind: str, call: Write) -> list[str]:
    return [record_id(f"{kind} proposed {number}", call.sid) for number in range(len(STEPS))]


def sent(server: Server, operation: str) -> list[Any]:
    return [record for asked in server.told(operation) for record in asked["data"]]


async def propose(server: Server, *calls: Write, on_call: bool = True) -> None:
    await ProposedTasks(Batches(server), on_call=on_call).write(calls)


@pytest.mark.parametrize("on_call", [True, False])
async def test_each_step_is_a_task_of_its_own(on_call: bool) -> None:
    server, call = Server(), write()
    await propose(server, call, on_call=on_call)
    tasks = sent(server, "CreateTasks")
    assert [task["id"] for task in tasks] == ids("task", call)
    assert [task["title"] for task in tasks] == ["Send the offer", "Call back"]
    assert lines_of(tasks[0]["bodyV2"]["blocknote"]) == ["By Monday.", "To Jane."]
    assert {(task["status"], task["assigneeId"]) for task in tasks} == {("TODO", "m1")}
    of_person = [
        {"id": one, "taskId": task, "targetPersonId": "p1"}
        for one, task in zip(ids("taskTarget", call), ids("task", call), strict=True)
    ]
    call_id = record_id("phoneCall", call.sid)
    of_call = [
        {"id": one, "taskId": task, "targetPhoneCallId": call_id}
        for one, task in zip(
            [record_id(f"taskTarget phoneCall proposed {number}", call.sid) for number in (0, 1)],
            ids("task", call),
            strict=True,
        )
    ]
    targets = sorted(sent(server, "UpsertTaskTargets"), key=repr)
    assert targets == sorted([*of_person, *(of_call if on_call else [])], key=repr)


async def test_a_call_of_no_person_and_no_agent_has_tasks_all_the_same() -> None:
    server, call = Server(), write(person_id=None, agent_id=None)
    await propose(server, call)
    assert all("assigneeId" not in task for task in sent(server, "CreateTasks"))
    assert all("targetPersonId" not in target for target in sent(server, "UpsertTaskTargets"))


async def test_without_new_text_nothing_is_proposed() -> None:
    server = Server()
    await propose(
        server, write(Note.FACTS), write(conversation=None), write(conversation=replace(SAID, proposed=()))
    )
    assert server.asked == []


async def test_what_is_there_stays_and_gets_the_target_that_an_earlier_try_left_out() -> None:
    call, new = write(), write()
    tasks, targets = ids("task", call), ids("taskTarget", call)
    there = [*tasks, targets[0]]
    server = Server({one: {"id": one} for one in there})
    await propose(server, call, new, on_call=False)
    assert [task["id"] for task in sent(server, "CreateTasks")] == ids("task", new)
    found = {target["id"] for target in sent(server, "UpsertTaskTargets")}
    assert found == {*ids("taskTarget", new), targets[1]}


@pytest.mark.parametrize(("error", "is_told"), [(TwentyRefused("title"), True), (Duplicate("title"), False)])
async def test_a_task_that_is_refused_is_told_and_has_no_target(error: TwentyRefused, is_told: bool) -> None:
    call = write(conversation=replace(SAID, proposed=STEPS[:1]))
    server = Server(CreateTasks=error)
    with capture_logs() as logged:
        await propose(server, call, on_call=False)
    assert [line["call_sid"] for line in logged] == ([call.sid] if is_told else [])
    assert bool(sent(server, "UpsertTaskTargets")) is not is_told


async def test_without_the_right_to_tasks_calls_are_written() -> None:
    await propose(Server(CreateTasks=TwentyDenied("no", code="twenty.schema")), write())
    with pytest.raises(TwentyDenied):
        await propose(Server(CreateTasks=TwentyDenied("no", code="twenty.token")), write())
