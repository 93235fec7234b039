"""Which note of a call is written, and on whom: what users did with the notes that are there decides it."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bridge.calls.activity import record_id
from bridge.calls.dispositions import Disposition
from bridge.calls.fold.call import CallStatus
from bridge.calls.recording_links import Link
from bridge.calls.transcripts.conversation import Conversation, Turn
from bridge.errors import Duplicate, TwentyDenied, TwentyRefused
from bridge.twenty.writing.bisection import FEW, Batches, Record
from bridge.twenty.writing.fields import merge
from bridge.twenty.writing.notes import CallNotes, note_of
from bridge.twenty.writing.plan import Before, Chosen, News, Note, Write, WriteState, plan_of
from tests.support import lines_of, new_sid
from tests.twenty.writing.test_fields import CALL
from tests.twenty.writing.test_writers import Server

NEW, UNSURE, WRITTEN = WriteState.NEW, WriteState.UNSURE, WriteState.WRITTEN
NOTES: dict[str, Record] = {
    "ours": {"deletedAt": None, "updatedBy": {"source": "API"}},
    "theirs": {"deletedAt": None, "updatedBy": {"source": "MANUAL"}},
    "deleted": {"deletedAt": "2026-11-22", "updatedBy": {"source": "API"}},
}


def write(state: WriteState, note: Note, *, was: str = "p1", said: tuple[Disposition, ...] = ()) -> Write:
    """Of a caller's message to p1's call, whose person was another one where `was` says so."""
    activity = replace(CALL, call_sid=new_sid(), person_id="p1", dispositions=said)
    before = Before(person_id=was, call=WRITTEN, note=state, dispositions=state)
    news = News(record=False, note=note, dispositions=bool(said))
    plan = plan_of(activity, before=before, news=news, person=Chosen.KEPT)
    return Write(activity=activity, plan=plan, merge=merge(activity, None, None, unsure=False))


def ids(kind: str, sid: str, of: str = "") -> dict[str, str]:
    """The ids of the first and the second note, or of what belongs to them."""
    return {
        record_id(f"{kind} {which} {of}".replace("  ", " ").strip(), sid): which for which in ("", "second")
    }


def server_with(call: Write, *there: str | None, of: str = "") -> Server:
    """Which has the first and the second note of a call in these states."""
    states = zip(ids("note", call.sid, of), there, strict=False)
    return Server({one: {"id": one, **NOTES[state]} for one, state in states if state})


def written(server: Server, call: Write, of: str = "") -> tuple[list[str], list[str]]:
    """Which of the notes were written, and which were put on the person."""
    records = [one["id"] for asked in server.told("UpsertNotes") for one in asked["data"]]
    records += [one for asked in server.told("UpdateNotes") for one in asked["ids"]]
    targets = [one for asked in server.told("UpsertNoteTargets") for one in asked["data"]]
    on_person = [one for one in targets if one.get("targetPersonId") == "p1"]
    return (
        [ids("note", call.sid, of)[one] for one in records],
        [ids("note", call.sid, of)[one["noteId"]] for one in on_person],
    )


NONE: list[str] = []


@pytest.mark.parametrize(
    ("state", "there", "note", "was", "notes", "on_person"),
    [
        (NEW, (), Note.TEXT, "p1", [""], [""]),
        (UNSURE, (), Note.TEXT, "p1", [""], [""]),
        (UNSURE, ("ours",), Note.TEXT, "p1", [""], NONE),
        (WRITTEN, ("ours",), Note.TEXT, "p1", [""], NONE),
        (WRITTEN, ("ours",), Note.FACTS, "p1", [""], NONE),
        # A user destroyed it, or deleted it.
        (WRITTEN, (), Note.TEXT, "p1", NONE, NONE),
        (WRITTEN, ("deleted",), Note.TEXT, "p1", NONE, NONE),
        # A user edited it: new text goes beside it, and facts alone are not worth that.
        (WRITTEN, ("theirs",), Note.TEXT, "p1", ["second"], ["second"]),
        (WRITTEN, ("theirs", "ours"), Note.TEXT, "p1", ["second"], NONE),
        (WRITTEN, ("theirs", "theirs"), Note.TEXT, "p1", NONE, NONE),
        (WRITTEN, ("theirs", "deleted"), Note.TEXT, "p1", NONE, NONE),
        (WRITTEN, ("theirs",), Note.FACTS, "p1", NONE, NONE),
        # The call has got another person: the note follows, with a user's words.
        (WRITTEN, ("ours",), Note.NOTHING, "p2", [""], [""]),
        (WRITTEN, ("theirs",), Note.NOTHING, "p2", NONE, [""]),
        (WRITTEN, ("theirs",), Note.TEXT, "p2", ["second"], ["second"]),
    ],
)
async def test_which_note_is_written(
    state: WriteState,
    there: tuple[str, ...],
    note: Note,
    was: str,
    notes: list[str],
    on_person: list[str],
) -> None:
    call = write(state, note, was=was)
    server = server_with(call, *there)
    assert await CallNotes(server, Batches(server), on_call=True).write_text([call]) == {}
    assert written(server, call) == (notes, on_person)
    assert server.operations.count("WrittenNotes") == (state is not NEW)
    for asked in server.told("UpsertNoteTargets"):
        assert record_id("phoneCall", call.sid) in [one.get("targetPhoneCallId") for one in asked["data"]]


class Changing(Server):
    """Where a user changes each note as soon as the bridge has asked for it."""

    becomes = "deleted"

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        answer = await super().execute(name, **variables)
        if name == "WrittenNotes":
            self.there = dict.fromkeys(self.there, NOTES[self.becomes])
        return answer


@pytest.mark.parametrize("becomes", ["deleted", "theirs"])
async def test_what_a_user_does_between_question_and_write_stays_so(becomes: str) -> None:
    calls = [write(WRITTEN, Note.TEXT) for _ in range(FEW)]
    server = Changing({one: row for call in calls for one, row in server_with(call, "ours").there.items()})
    server.becomes = becomes
    refused = await CallNotes(server, Batches(server), on_call=False).write(calls)
    # So that the next batch asks how they stand.
    assert [isinstance(one, Duplicate) and bool(one.there) for one in refused.values()] == [True] * FEW
    assert "UpsertNotes" not in server.operations
    many = [*calls, write(WRITTEN, Note.TEXT)]
    server = Changing({one: row for call in many for one, row in server_with(call, "ours").there.items()})
    assert await CallNotes(server, Batches(server), on_call=False).write(many) == {}
    (upserted,) = server.told("UpsertNotes")
    assert len(upserted["data"]) == len(many)


@pytest.mark.parametrize("is_denied", [True, False])
async def test_a_note_that_has_nothing_to_say_any_more_goes_or_is_emptied(is_denied: bool) -> None:
    call = write(WRITTEN, Note.EMPTY)
    server = server_with(call, "ours")
    if is_denied:
        server.errors["WithdrawNotes"] = TwentyDenied("no", code="twenty.forbidden")
    await CallNotes(server, Batches(server), on_call=True).write_text([call])
    assert server.told("WithdrawNotes") == [{"ids": list(ids("note", call.sid))}]
    assert written(server, call)[0] == ([""] if is_denied else [])


async def test_where_calls_take_no_notes_the_person_does() -> None:
    call = write(NEW, Note.TEXT)
    server = Server(UpsertNoteTargets=TwentyDenied("no such field", code="twenty.schema"))
    with pytest.raises(TwentyDenied):
        await CallNotes(server, Batches(server), on_call=True).write_text([call])
    asked = [[sorted(one) for one in told["data"]] for told in server.told("UpsertNoteTargets")]
    on_person = ["id", "noteId", "targetPersonId"]
    assert asked == [[on_person, ["id", "noteId", "targetPhoneCallId"]], [on_person]]


def said(version: int = 0, *, note: str = "Monday", outcome: str = "Call back") -> Disposition:
    at = CALL.started_at + timedelta(hours=1)
    return Disposition(id="1", outcome=outcome, note=note, agent="Ann", at=at, version=version)


@pytest.mark.parametrize(
    ("state", "there", "was", "created", "on_person"),
    [
        (NEW, None, "p1", 1, True),
        (UNSURE, None, "p1", 1, True),
        (WRITTEN, "ours", "p1", 0, False),
        (WRITTEN, "deleted", "p1", 0, False),
        (WRITTEN, "ours", "p2", 0, True),
    ],
)
async def test_what_an_agent_said_once_is_created_once(
    state: WriteState, there: str | None, was: str, created: int, on_person: bool
) -> None:
    call = write(state, Note.NOTHING, was=was, said=(said(),))
    server = server_with(call, there, of="disposition 1")
    assert await CallNotes(server, Batches(server), on_call=True).write_dispositions([call]) == {}
    notes = [one for asked in server.told("CreateNotes") for one in asked["data"]]
    assert len(notes) == created
    for note in notes:
        assert note["title"] == f"Call back · {CALL.title}"
        assert lines_of(note["bodyV2"]["blocknote"]) == ["Monday", "— Ann"]
        assert note["createdAt"].startswith(f"{said().at:%Y-%m-%dT%H}")
    assert bool(written(server, call, "disposition 1")[1]) == on_person


@pytest.mark.parametrize(
    ("there", "one", "notes"),
    [
        ((), said(1), [""]),
        (("ours",), said(2), [""]),
        (("theirs",), said(2), ["second"]),
        (("theirs", "ours"), said(3), ["second"]),
        (("deleted",), said(2), NONE),
        # A note that its agent emptied is emptied, and not created.
        (("ours",), said(2, note="", outcome=""), [""]),
        ((), said(1, note="", outcome=""), NONE),
    ],
)
async def test_what_an_agent_types_is_brought_up_to_date(
    there: tuple[str, ...], one: Disposition, notes: list[str]
) -> None:
    call = write(UNSURE, Note.NOTHING, said=(one,))
    server = server_with(call, *there, of="disposition 1")
    assert await CallNotes(server, Batches(server), on_call=True).write_dispositions([call]) == {}
    assert written(server, call, "disposition 1")[0] == notes
    assert server.told("CreateNotes") == []
    for asked in server.told("UpsertNotes"):
        # It stands where it began.
        assert asked["data"][0]["createdAt"].startswith(f"{CALL.started_at:%Y-%m-%dT%H}")


async def test_a_note_that_gets_no_place_on_its_person_is_refused_with_its_call() -> None:
    calls = [write(NEW, Note.TEXT) for _ in range(2)]
    refused = TwentyRefused("no such person")
    server = Server(UpsertNoteTargets=refused)
    answer = await CallNotes(server, Batches(server), on_call=False).write_text(calls)
    assert answer == {call.sid: refused for call in calls}


@pytest.mark.parametrize(
    ("is_message", "whole", "has_dialogue"),
    [(True, True, True), (True, False, True), (False, True, True), (False, False, False)],
)
def test_beside_a_record_that_has_it_a_note_has_the_dialogue_of_a_message_alone(
    *, is_message: bool, whole: bool, has_dialogue: bool
) -> None:
    turn = Turn("Jane", "0:42", "Call me.")
    page = Link("Dialogue", "https://bridge.example/dialogue")
    said = Conversation(heading="Dialogue", turns=(turn,), summary=(), origin="", page=page)
    call = replace(CALL, conversation=said, status=CALL.status if is_message else CallStatus.COMPLETED)
    assert call.is_message is is_message
    lines = lines_of(note_of(call, whole=whole)["bodyV2"]["blocknote"])
    assert ("> Jane (0:42): Call me." in lines) is has_dialogue


async def test_what_twenty_refuses_is_said_by_call() -> None:
    calls = [write(NEW, Note.NOTHING, said=(said(),)) for _ in range(2)]
    server = Server(CreateNotes=Duplicate("it is there"))
    assert await CallNotes(server, Batches(server), on_call=True).write_dispositions(calls) == {}
    silent = Server()
    assert await CallNotes(silent, Batches(silent), on_call=True).write_dispositions([]) == {}
    assert silent.asked == []


def test_a_note_has_the_recordings_and_the_facts() -> None:
    call = replace(CALL, transcript="Call me back.\n\nSoon.", facts=(("Caller", "Withheld"),))
    note = note_of(call)
    assert (note["id"], note["title"]) == (record_id("note", call.call_sid), call.title)
    label = call.recordings[0].label
    assert lines_of(note["bodyV2"]["blocknote"]) == [
        "> Call me back.",
        "> Soon.",
        f"- [{label}]({call.recordings[0].url})",
        "- Caller: Withheld",
    ]
