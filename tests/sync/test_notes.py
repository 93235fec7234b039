"""Notes of calls: messages with where to hear them, and what agents say came of a call."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Callback, Kind
from bridge.calls.dispositions import note_digest
from bridge.inbox.requeue import relink
from bridge.inbox.store import Inbox
from bridge.inbox.tables import calls
from bridge.sandbox.twenty import TwentySandbox
from bridge.sync.worker import Worker
from tests.support import (
    LINKS,
    TEN,
    ask,
    create_person,
    lines_of,
    new_sid,
    nodes_of,
    outbound,
    phone_calls,
    told,
)
from tests.sync.support import drain

JANE, JOHN = "+33612345678", "+33698765432"
RECORDING = "RE" + "1" * 32
NOTES = """{ notes(orderBy: [{createdAt: AscNullsLast}]) { edges { node { id title bodyV2 { blocknote }
  noteTargets { edges { node { id targetPersonId targetPhoneCallId } } } } } } }"""
CHANGE = "mutation ($id: UUID!, $data: NoteUpdateInput!) { updateNote(id: $id, data: $data) { id } }"
DELETE = "mutation ($id: UUID!) { deleteNote(id: $id) { id } }"
MOVE = "mutation ($id: UUID!, $data: PhoneCallUpdateInput!) { updatePhoneCall(id: $id, data: $data) { id } }"


async def notes(twenty: TwentySandbox) -> list[dict[str, Any]]:
    """Those that there are, each with `on`: the people and the calls that it is on."""
    found = nodes_of(await ask(twenty, NOTES))
    for note in found:
        targets = nodes_of({"targets": note.pop("noteTargets")})
        note["on"] = {t["targetPersonId"] or t["targetPhoneCallId"] for t in targets}
        note["text"] = "\n".join(lines_of(note.pop("bodyV2")["blocknote"]))
    return found


def message(sid: str, *, seconds: int = 17) -> list[Callback]:
    """Jane called, nobody took it, and she left a message."""
    call: Any = {"From": JANE, "To": "+33159130001", "Direction": "inbound"}
    recording: Any = {"RecordingSid": RECORDING, "RecordingUrl": f"https://api.twilio.com/{RECORDING}"}
    return [
        told(Kind.VOICE, sid, CallStatus="ringing", **call),
        told(Kind.DIAL, sid, at=30, CallStatus="in-progress", DialCallStatus="no-answer", **call),
        told(Kind.VOICEMAIL, sid, at=50, RecordingDuration=str(seconds), **recording),
    ]


def transcript(sid: str, text: str = "Call me back.") -> Callback:
    return told(Kind.TRANSCRIPTION, sid, at=70, TranscriptionText=text, RecordingSid=RECORDING)


def said(sid: str, outcome: str = "", note: str = "", *, by: str = "alice", at: float = 100) -> Callback:
    """What an agent says came of a call."""
    own = f"{by} {outcome} {note}"
    return told(Kind.DISPOSITION, sid, at=at, Agent=by, Id=own, Outcome=outcome, Note=note)


async def put(inbox: Inbox, worker: Worker, *callbacks: Callback) -> None:
    for callback in callbacks:
        await inbox.store(callback)
    await drain(worker)


async def long_ago(inbox: Inbox) -> None:
    """Makes what was settled older than it is."""

    async def operation(connection: AsyncConnection) -> None:
        await connection.execute(update(calls).values(settled_at=TEN - timedelta(hours=1)))

    await inbox.write(operation)


async def test_a_message_is_a_note_with_where_to_hear_it(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await put(inbox, worker, *message(sid := new_sid()))
    call = (await phone_calls(twenty))[sid]
    assert (call["status"], call["recording"]["primaryLinkUrl"]) == ("VOICEMAIL", LINKS.link(RECORDING))
    (note,) = await notes(twenty)
    assert note["title"] == "Voicemail · Jane Doe"
    assert note["on"] == {jane, call["id"]}
    assert LINKS.link(RECORDING) in note["text"]
    await put(inbox, worker, transcript(sid))
    (later,) = await notes(twenty)
    assert later["text"].startswith("> Call me back.")
    assert LINKS.link(RECORDING) in later["text"]
    assert (later["id"], later["on"]) == (note["id"], note["on"])


async def test_a_message_that_is_absent_leaves_no_link(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    sid = new_sid()
    absent = told(Kind.RECORDING, sid, at=51, RecordingSid=RECORDING, RecordingStatus="absent")
    await put(inbox, worker, *message(sid, seconds=0), absent)
    call = (await phone_calls(twenty))[sid]
    assert (call["status"], call["recording"]["primaryLinkUrl"]) == ("MISSED", "")
    assert await notes(twenty) == []


async def test_a_note_that_somebody_edited_is_left_to_them(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await put(inbox, worker, *message(sid := new_sid()))
    (note,) = await notes(twenty)
    await ask(twenty, CHANGE, id=note["id"], data={"bodyV2": {"markdown": "I called her back."}})
    await put(inbox, worker, transcript(sid))
    theirs, second = sorted(await notes(twenty), key=lambda found: found["id"] != note["id"])
    assert theirs["text"].strip() == "I called her back."
    assert second["text"].startswith("> Call me back.")
    assert second["on"] == theirs["on"] == {jane, (await phone_calls(twenty))[sid]["id"]}
    await put(inbox, worker, transcript(sid, "Call me back, please."))
    assert len(await notes(twenty)) == 2


async def test_a_note_that_was_deleted_stays_so(twenty: TwentySandbox, inbox: Inbox, worker: Worker) -> None:
    await put(inbox, worker, *message(sid := new_sid()))
    (note,) = await notes(twenty)
    await ask(twenty, DELETE, id=note["id"])
    await put(inbox, worker, transcript(sid))
    assert await notes(twenty) == []
    assert (await phone_calls(twenty))[sid]


async def test_what_does_not_concern_the_note_leaves_it(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    await put(inbox, worker, *message(sid := new_sid()), transcript(sid))
    (note,) = await notes(twenty)
    await ask(twenty, CHANGE, id=note["id"], data={"bodyV2": {"markdown": "Done."}})
    ended = told(Kind.STATUS, sid, at=90, From=JANE, CallStatus="completed", CallDuration="90")
    await put(inbox, worker, ended)
    assert [note["text"] for note in await notes(twenty)] == ["Done."]


async def test_a_message_of_nobodys_is_put_on_the_person_who_turns_up(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    await put(inbox, worker, *message(sid := new_sid()), said(sid, "Urgent"))
    call_id = (await phone_calls(twenty))[sid]["id"]
    assert [note["on"] for note in await notes(twenty)] == [{call_id}, {call_id}]
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await relink(inbox, [JANE], since=TEN)
    await drain(worker)
    assert [note["on"] for note in await notes(twenty)] == [{call_id, jane}, {call_id, jane}]


async def test_what_an_agent_said_is_a_note_on_person_and_call(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await put(inbox, worker, outbound(sid := new_sid(), JANE))
    spent = twenty.root_fields
    await put(inbox, worker, said(sid, "Interested", "Wants a quote for 3.\nBy *Friday*."))
    # How the call stands in Twenty is asked: a user may have moved or deleted it.
    assert twenty.root_fields - spent == 3
    (note,) = await notes(twenty)
    assert note["title"] == "Interested · Outbound call · Jane Doe · 1 min 0 s"
    assert note["text"] == "Wants a quote for 3.\nBy *Friday*.\n— alice"
    assert note["on"] == {jane, (await phone_calls(twenty))[sid]["id"]}


@pytest.mark.parametrize(
    ("outcome", "note", "title", "text"),
    [
        ("Sold", "", "Sold · Outbound call · +33 6 12 34 56 78 · 1 min 0 s", "— alice"),
        ("", "Two.", "Outbound call · +33 6 12 34 56 78 · 1 min 0 s", "Two.\n— alice"),
    ],
)
async def test_a_word_will_do(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, outcome: str, note: str, title: str, text: str
) -> None:
    await put(inbox, worker, outbound(sid := new_sid(), JANE), said(sid, outcome, note))
    (written,) = await notes(twenty)
    assert (written["title"], written["text"]) == (title, text)


async def test_each_agent_s_word_is_a_note_and_said_again_it_is_none(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    await put(inbox, worker, outbound(sid := new_sid(), JANE), said(sid, "Sold"))
    await put(
        inbox,
        worker,
        said(sid, "Sold", at=110),
        said(sid, "Sold", by="bob", at=120),
        said(sid, "Paid", at=130),
    )
    words = [note["title"].partition(" ·")[0] for note in await notes(twenty)]
    assert words == ["Sold", "Sold", "Paid"]


@pytest.mark.parametrize("change", [CHANGE, DELETE])
async def test_what_was_said_is_the_users_to_change_and_to_delete(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, change: str
) -> None:
    await put(inbox, worker, outbound(sid := new_sid(), JANE), said(sid, "Sold"))
    (note,) = await notes(twenty)
    more = {"data": {"title": "Sold twice"}} if change == CHANGE else {}
    await ask(twenty, change, id=note["id"], **more)
    await put(inbox, worker, said(sid, "Paid", at=130), outbound(sid, JANE, seconds=61))
    titles = [note["title"].partition(" ·")[0] for note in await notes(twenty)]
    assert titles == (["Sold twice", "Paid"] if change == CHANGE else ["Paid"])


async def test_what_is_said_late_is_put_on_whom_a_user_chose(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    john = await create_person(twenty, "John Doe", primaryPhoneNumber=JOHN)
    await put(inbox, worker, outbound(sid := new_sid(), JANE))
    call_id = (await phone_calls(twenty))[sid]["id"]
    await ask(twenty, MOVE, id=call_id, data={"personId": john})
    await long_ago(inbox)
    await put(inbox, worker, said(sid, "Sold"))
    (note,) = await notes(twenty)
    assert note["on"] == {john, call_id}
    assert (await phone_calls(twenty))[sid]["personId"] == john


async def test_two_hundred_dispositions_cost_two_root_fields(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    sids = [new_sid() for _ in range(200)]
    for sid in sids:
        await inbox.store(outbound(sid, JANE))
        await inbox.store(said(sid, "Sold"))
    await drain(worker)
    sent = [request.operation for request in twenty.requests if request.operation]
    assert (sent.count("CreateNotes"), sent.count("UpsertNoteTargets")) == (1, 1)
    assert len(await phone_calls(twenty)) == 200


async def typed(
    inbox: Inbox, worker: Worker, sid: str, text: str, version: int, *, outcome: str = ""
) -> None:
    """Alice's page saved what she has typed so far, and it went to Twenty."""
    new = Callback(
        kind=Kind.NOTE,
        call_sid=sid,
        parameters={
            "CallSid": sid,
            "Agent": "alice",
            "Version": str(version),
            "Outcome": outcome,
            "Note": text,
        },
        received_at=TEN + timedelta(seconds=200 + version),
        digest=note_digest(sid, "alice", version),
    )
    assert await inbox.replace(new, note_digest(sid, "alice", version - 1) if version > 1 else None)
    await drain(worker)


async def test_what_is_typed_is_one_note_brought_up_to_date(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await put(inbox, worker, outbound(sid := new_sid(), JANE), said(sid, "Sold"))
    await typed(inbox, worker, sid, "Wants a qu", 1)
    await typed(inbox, worker, sid, "Wants a quote for 3.", 2, outcome="Interested")
    note, once = await notes(twenty)
    assert (once["title"].partition(" ·")[0], note["title"].partition(" ·")[0]) == ("Sold", "Interested")
    assert note["text"] == "Wants a quote for 3.\n— alice"
    assert note["on"] == {jane, (await phone_calls(twenty))[sid]["id"]}


async def test_what_is_emptied_before_it_was_written_is_no_note_and_after_it_an_empty_one(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker
) -> None:
    await put(inbox, worker, outbound(first := new_sid(), JANE), outbound(second := new_sid(), JOHN))
    await typed(inbox, worker, first, "", 1)
    assert await notes(twenty) == []
    await typed(inbox, worker, second, "The wrong customer", 1)
    await typed(inbox, worker, second, "", 2)
    assert [note["text"] for note in await notes(twenty)] == ["— alice"]


@pytest.mark.parametrize("change", [CHANGE, DELETE])
async def test_a_typed_note_is_the_users_to_change_and_to_delete(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, change: str
) -> None:
    await put(inbox, worker, outbound(sid := new_sid(), JANE))
    await typed(inbox, worker, sid, "One", 1, outcome="Sold")
    (note,) = await notes(twenty)
    more = {"data": {"title": "Sold twice"}} if change == CHANGE else {}
    await ask(twenty, change, id=note["id"], **more)
    await typed(inbox, worker, sid, "One, and two", 2, outcome="Paid")
    await typed(inbox, worker, sid, "One, two, and three", 3, outcome="Paid")
    found = {note["title"].partition(" ·")[0]: note["text"] for note in await notes(twenty)}
    second = {"Sold twice": "One\n— alice", "Paid": "One, two, and three\n— alice"}
    assert found == (second if change == CHANGE else {})
