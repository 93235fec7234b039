"""What was said in calls, in Twenty: dialogues, summaries, and tasks that a model proposes."""

from typing import Any

from msgspec.structs import replace
from sqlalchemy import update

from bridge.calls.callback import Callback, Kind
from bridge.calls.transcripts.conversation import Spoken
from bridge.calls.transcripts.segments import Role, Segment, Speaker, Transcript
from bridge.calls.transcripts.summary import CallSummary, Point
from bridge.inbox.store import Inbox
from bridge.inbox.tables import calls
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sync.worker import Worker
from bridge.twenty.client.client import TwentyClient, open_client
from tests.support import (
    LINKS,
    ask,
    create_person,
    lines_of,
    new_sid,
    nodes_of,
    phone_calls,
    told,
    twenty_settings,
)
from tests.sync.conftest import MakeWorker
from tests.sync.support import Settings, drain
from tests.sync.test_notes import CHANGE, JANE, message, notes, put

AGENT, CUSTOMER = Speaker(Role.AGENT, "alice"), Speaker(Role.CUSTOMER, JANE)
WORDS = Transcript(
    segments=(
        Segment(AGENT, 1.2, 3, "Good morning."),
        Segment(CUSTOMER, 4, 9, "I want <b>two</b> of them, *please*."),
        Segment(CUSTOMER, 65, 66, "- Thanks."),
    ),
    language="en",
    engine="openai",
)
SUMMARY = CallSummary(
    about=(Point("Jane wants two of them.", 4),),
    agreed=(Point("She gets an offer."),),
    next_steps=tuple(Point(f"Step {n}.", 4) for n in range(5)),
    model="qwen3:8b",
    prompt="1",
)
DIALOGUE = [
    "alice (0:01): Good morning.",
    "Jane Doe (0:04): I want <b>two</b> of them, *please*.",
    "Jane Doe (1:05): - Thanks.",
]
SUMMARISED = [
    "### Summary",
    "- Jane wants two of them. (0:04)",
    "### Agreed",
    "- She gets an offer.",
    "### Next steps",
    *(f"- Step {n}. (0:04)" for n in range(5)),
    "Summary by qwen3:8b, prompt 1. Made by a machine and not checked; (?) follows a number that the "
    "transcript does not have.",
]
TEXTS = "{ phoneCalls { edges { node { id externalCallId transcript { blocknote } } } } }"
EDIT = "mutation ($id: UUID!, $data: PhoneCallUpdateInput!) { updatePhoneCall(id: $id, data: $data) { id } }"
MEMBERS = "{ workspaceMembers { edges { node { userEmail } } } }"
TASKS = """{ tasks(orderBy: [{title: AscNullsLast}]) { edges { node { id title status bodyV2 { blocknote }
  taskTargets { edges { node { targetPersonId targetPhoneCallId } } } } } } }"""
DELETE_TASK = "mutation ($id: UUID!) { deleteTask(id: $id) { id } }"


async def texts(twenty: TwentySandbox) -> dict[str, list[str]]:
    """Call SID → its transcript, a line a block."""
    found = nodes_of(await ask(twenty, TEXTS))
    return {one["externalCallId"]: lines_of((one["transcript"] or {}).get("blocknote")) for one in found}


async def tasks(twenty: TwentySandbox) -> list[dict[str, Any]]:
    found = nodes_of(await ask(twenty, TASKS))
    for task in found:
        targets = nodes_of({"targets": task.pop("taskTargets")})
        task["on"] = {t["targetPersonId"] or t["targetPhoneCallId"] for t in targets}
        task["text"] = lines_of(task.pop("bodyV2")["blocknote"])
    return found


def talk(sid: str) -> list[Callback]:
    """Alice calls Jane, and they talk."""
    parties: Any = {"From": "client:alice", "To": JANE, "Direction": "outbound-api"}
    return [
        told(Kind.VOICE, sid, CallStatus="ringing", From="client:alice", To=JANE, Direction="inbound"),
        told(Kind.STATUS, sid, at=90, CallStatus="completed", CallDuration="90", **parties),
    ]


async def again(inbox: Inbox, worker: Worker) -> None:
    """Makes all calls due, as a new transcript does."""
    await inbox.change(update(calls).values(revision=calls.c.revision + 1))
    await drain(worker)


async def test_a_call_has_its_dialogue_then_the_summary_above_it_and_a_note(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    spoken: dict[str, Spoken] = {}
    worker = make_worker(client, Settings(spoken=spoken, proposes=True))
    await put(inbox, worker, *talk(sid := new_sid()))
    assert await texts(twenty) == {sid: []}
    spoken[sid] = Spoken(WORDS)
    await again(inbox, worker)
    assert await texts(twenty) == {sid: DIALOGUE}
    assert await notes(twenty) == []
    spoken[sid] = Spoken(WORDS, SUMMARY)
    await again(inbox, worker)
    assert await texts(twenty) == {sid: [*SUMMARISED, "### Transcript", *DIALOGUE]}
    call = (await phone_calls(twenty))[sid]
    (note,) = await notes(twenty)
    assert note["on"] == {jane, call["id"]}
    lines = note["text"].splitlines()
    assert lines[: len(SUMMARISED)] == SUMMARISED
    assert not any("Good morning" in line for line in lines)
    # Three next steps, and no more, are proposed as tasks.
    proposed = await tasks(twenty)
    assert [task["title"] for task in proposed] == [f"Proposed: Step {n}." for n in range(3)]
    assert {frozenset(task["on"]) for task in proposed} == {frozenset({jane, call["id"]})}
    assert proposed[0]["text"][1].startswith("Proposed by qwen3:8b, prompt 1,")
    # One that a user deleted stays deleted; another summary doubles none.
    await ask(twenty, DELETE_TASK, id=proposed[0]["id"])
    spoken[sid] = Spoken(WORDS, replace(SUMMARY, about=(Point("Anew."),)))
    await again(inbox, worker)
    assert [task["title"] for task in await tasks(twenty)] == ["Proposed: Step 1.", "Proposed: Step 2."]
    assert (await texts(twenty))[sid][1] == "- Anew."


async def test_a_message_is_read_on_the_call_in_the_note_and_in_the_task(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    (member, *_) = nodes_of(await ask(twenty, MEMBERS))
    spoken: dict[str, Spoken] = {}
    worker = make_worker(client, Settings(spoken=spoken, assignee=member["userEmail"]))
    await put(inbox, worker, *message(sid := new_sid()))
    (task,) = await tasks(twenty)
    assert task["title"] == "Call back Jane Doe"
    long = Segment(CUSTOMER, 75, 95, "again " * 500)
    message_words = replace(WORDS, segments=(*WORDS.segments[1:], long))
    spoken[sid] = Spoken(message_words)
    await again(inbox, worker)
    said = [*DIALOGUE[1:], f"Jane Doe (1:15): {'again ' * 500}".rstrip()]
    assert (await texts(twenty))[sid] == said
    (note,) = await notes(twenty)
    assert note["text"].splitlines()[:3] == [f"> {line}" for line in said]
    (task,) = await tasks(twenty)
    # The task has the beginning, and a link to the rest.
    assert task["text"][-3:-1] == [f"> {line}" for line in DIALOGUE[1:]]
    assert task["text"][-1] == f"[The whole transcript]({LINKS.transcript(sid)})"


async def test_a_text_that_a_user_edited_stays(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    spoken = {(sid := new_sid()): Spoken(WORDS, SUMMARY)}
    worker = make_worker(client, Settings(spoken=spoken))
    await put(inbox, worker, *talk(sid))
    call = (await phone_calls(twenty))[sid]
    (note,) = await notes(twenty)
    await ask(twenty, EDIT, id=call["id"], data={"transcript": {"markdown": "My words."}})
    await ask(twenty, CHANGE, id=note["id"], data={"bodyV2": {"markdown": "My note."}})
    spoken[sid] = Spoken(WORDS, replace(SUMMARY, about=(Point("Anew."),)))
    await again(inbox, worker)
    assert await texts(twenty) == {sid: ["My words."]}
    first, second = sorted(await notes(twenty), key=lambda one: one["text"] != "My note.")
    assert first["text"] == "My note."
    assert "- Anew." in second["text"]
    assert await tasks(twenty) == []


async def test_a_workspace_without_calls_has_all_of_it_in_the_note(
    inbox: Inbox, make_worker: MakeWorker, generation: str
) -> None:
    spoken = {(sid := new_sid()): Spoken(WORDS, SUMMARY)}
    async with (
        twenty_sandbox(rate_limit=False, generation=generation) as bare,
        open_client(twenty_settings(bare)) as client,
    ):
        await create_person(bare, "Jane Doe", primaryPhoneNumber=JANE)
        await put(inbox, make_worker(client, Settings(spoken=spoken, proposes=True)), *talk(sid))
        (note,) = nodes_of(await ask(bare, "{ notes { edges { node { bodyV2 { blocknote } } } } }"))
        proposed = nodes_of(await ask(bare, "{ tasks { edges { node { title } } } }"))
    lines = lines_of(note["bodyV2"]["blocknote"])
    assert lines[: len(SUMMARISED) + 3] == [*SUMMARISED, *(f"> {line}" for line in DIALOGUE)]
    assert len(proposed) == 3
