"""What turns out not to be so leaves Twenty, whatever the timing; what users did there stays."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bridge.calls.agents import Agents
from bridge.calls.callback import Callback, Kind
from bridge.calls.texts import FRENCH
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import callbacks, calls
from bridge.sandbox.twenty import NEWEST, OLDEST, TwentySandbox, twenty_sandbox
from bridge.sync.batch import Policy, Preparation
from bridge.sync.missed import Reminders
from bridge.sync.worker import Worker
from bridge.twenty.batches import Batches
from bridge.twenty.client import TwentyClient, open_client
from bridge.twenty.directory import Directory
from bridge.twenty.members import Members
from tests.support import LINKS, TEN, ask, create_person, lines_of, new_sid, nodes_of, told, twenty_settings
from tests.sync.support import drain

JANE, JOHN, LINE = "+33639980001", "+33639980002", "+33159130001"
ONE, OTHER = "RE" + "1" * 32, "RE" + "2" * 32
CALL = """{ phoneCalls(filter: {externalCallId: {eq: "%s"}}) { edges { node {
  id name direction status startedAt answeredAt endedAt durationInSeconds duration personId companyId agentId
  handling fromPhoneNumber { primaryPhoneNumber primaryPhoneCallingCode }
  toPhoneNumber { primaryPhoneNumber primaryPhoneCallingCode }
  recording { primaryLinkUrl primaryLinkLabel secondaryLinks } transcript { blocknote }
} } } }"""
NOTES = "{ notes { edges { node { id title bodyV2 { blocknote } } } } }"
TASKS = "{ tasks { edges { node { id title status bodyV2 { blocknote } } } } }"
ROWS = """{ timelineActivities(first: 100) { edges { node {
  happensAt targetPersonId linkedRecordId linkedRecordCachedName workspaceMemberId
} } } }"""
EDIT_CALL = "mutation ($id: UUID!, $d: PhoneCallUpdateInput!) { updatePhoneCall(id: $id, data: $d) { id } }"
EDIT_NOTE = "mutation ($id: UUID!, $d: NoteUpdateInput!) { updateNote(id: $id, data: $d) { id } }"
EDIT_TASK = "mutation ($id: UUID!, $d: TaskUpdateInput!) { updateTask(id: $id, data: $d) { id } }"
TRUNCATE = "mutation ($ids: [UUID!]!) { %s(filter: {id: {in: $ids}}) { id } }"


class Bridge:
    """A worker between an inbox and a sandbox Twenty, with Jane, John, and a member for each identity."""

    def __init__(
        self,
        twenty: TwentySandbox,
        inbox: Inbox,
        client: TwentyClient,
        emails: Sequence[str],
        generation: str,
    ) -> None:
        self.twenty, self.inbox = twenty, inbox
        self.generation = generation
        batches = Batches(client, size=200)
        members = Members(Agents(members={"alice": emails[0], "bob": emails[1]}))
        directory = Directory(region="FR", seconds=60)
        zone = ZoneInfo("Europe/Paris")
        policy = Policy(texts=FRENCH, links=LINKS, region="FR", zone=zone)
        self.worker = Worker(
            inbox,
            client,
            batches=batches,
            directory=directory,
            preparation=Preparation(client, batches, directory, members, policy),
            reminders=Reminders(
                inbox=inbox,
                members=members,
                texts=FRENCH,
                assignee=emails[0],
                due_in=timedelta(hours=24),
                zone=zone,
            ),
            live=lambda: True,
            clock=lambda: TEN,
        )

    async def put(self, *callbacks: Callback) -> None:
        for callback in callbacks:
            await self.inbox.put(callback)
        await drain(self.worker)

    async def call(self, sid: str) -> dict[str, Any]:
        (node,) = nodes_of(await ask(self.twenty, CALL % sid))
        return node

    async def edit(self, sid: str, field: str) -> bool:
        """A user writes in a field of the call; whether it shows something else then."""
        before = await self.call(sid)
        await ask(self.twenty, EDIT_CALL, id=before["id"], d={field: EDITS[field]})
        return bool((await self.call(sid))[field] != before[field])

    async def notes(self) -> list[dict[str, Any]]:
        return nodes_of(await ask(self.twenty, NOTES))

    async def tasks(self) -> list[dict[str, Any]]:
        return nodes_of(await ask(self.twenty, TASKS))

    async def shows(self, sid: str) -> dict[str, Any]:
        """All that Twenty shows of a call; ids of records that a call's own decides are left out."""
        call = await self.call(sid)
        rows = [
            row for row in nodes_of(await ask(self.twenty, ROWS)) if row.pop("linkedRecordId") == call["id"]
        ]
        del call["id"]
        call["transcript"] = lines_of(call["transcript"]["blocknote"])
        return {
            "call": call,
            "rows": rows,
            "notes": _texts(await self.notes()),
            "tasks": _texts(await self.tasks()),
        }

    async def clear(self) -> None:
        """Removes all notes and tasks, and what the inbox has, for the next world."""
        for table in (callbacks, calls):
            await self.inbox.change(delete(table))
        for plural in ("notes", "tasks"):
            found = nodes_of(await ask(self.twenty, f"{{ {plural} {{ edges {{ node {{ id }} }} }} }}"))
            if found:
                name = f"destroy{plural.title()}"
                await ask(self.twenty, TRUNCATE % name, ids=[one["id"] for one in found])


def _texts(found: Sequence[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return sorted((one["title"], lines_of(one["bodyV2"]["blocknote"])) for one in found)


@asynccontextmanager
async def a_bridge(generation: str) -> AsyncIterator[Bridge]:
    with TemporaryDirectory() as folder:
        async with (
            twenty_sandbox(provisioned=True, rate_limit=False, generation=generation) as twenty,
            open_client(twenty_settings(twenty)) as client,
            open_inbox(f"sqlite+aiosqlite:///{Path(folder) / 'bridge.db'}") as inbox,
        ):
            found = nodes_of(await ask(twenty, "{ workspaceMembers { edges { node { userEmail } } } }"))
            await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
            await create_person(twenty, "John Doe", primaryPhoneNumber=JOHN)
            yield Bridge(twenty, inbox, client, [one["userEmail"] for one in found], generation)


@pytest.fixture(params=[OLDEST, NEWEST])
async def bridge(request: pytest.FixtureRequest) -> AsyncIterator[Bridge]:
    async with a_bridge(request.param) as opened:
        yield opened


def leg_of(sid: str, leg: str) -> str:
    return f"{sid[:-1]}{leg}"


def callbacks_of(sid: str, names: Sequence[str]) -> list[Callback]:
    """The callbacks of a call in, of those names."""
    call: Any = {"From": JANE, "To": LINE, "Direction": "inbound"}
    alice: Any = {"From": JANE, "To": "client:alice"}
    bob: Any = {"From": JANE, "To": "client:bob"}
    forwarded: Any = {"From": JANE, "To": JOHN}
    a, b, f = (leg_of(sid, letter) for letter in "abf")
    rec: Any = {"RecordingSid": ONE, "RecordingUrl": f"https://api.twilio.com/{ONE}"}
    other: Any = {"RecordingSid": OTHER, "RecordingUrl": f"https://api.twilio.com/{OTHER}"}

    def stamp(at: int) -> Any:
        return {"Timestamp": f"Sun, 22 Nov 2026 10:{at // 60:02}:{at % 60:02} +0000"}

    def leg(which: str, address: Any, status: str, at: int, **more: str) -> Callback:
        return told(Kind.STATUS, which, at=at, parent=sid, CallStatus=status, **address, **stamp(at), **more)

    every = {
        "voice": told(Kind.VOICE, sid, CallStatus="ringing", **call),
        "rings alice": leg(a, alice, "ringing", 2),
        "rings bob": leg(b, bob, "ringing", 2),
        "rings forwarded": leg(f, forwarded, "ringing", 3),
        "alice answers": leg(a, alice, "in-progress", 10),
        "alice ended": leg(a, alice, "completed", 70, CallDuration="60"),
        "bob canceled": leg(b, bob, "canceled", 10),
        "forwarded ended": leg(f, forwarded, "completed", 80, CallDuration="40"),
        "a machine": leg(f, forwarded, "completed", 81, CallDuration="40", AnsweredBy="machine_start"),
        "alice was a machine": leg(
            a, alice, "completed", 71, CallDuration="60", AnsweredBy="machine_end_beep"
        ),
        "not bridged": told(
            Kind.DIAL,
            sid,
            at=72,
            DialCallSid=a,
            DialCallStatus="completed",
            DialBridged="false",
            DialCallDuration="60",
            CallStatus="in-progress",
            **call,
        ),
        "nobody answers": told(
            Kind.DIAL, sid, at=30, DialCallSid=b, DialCallStatus="no-answer", CallStatus="in-progress", **call
        ),
        "message": told(Kind.VOICEMAIL, sid, at=90, RecordingDuration="17", **rec),
        "recording": told(
            Kind.RECORDING, sid, at=91, RecordingDuration="59", RecordingStatus="completed", **other
        ),
        "absent": told(Kind.RECORDING, sid, at=92, RecordingStatus="absent", **rec),
        "other failed": told(Kind.RECORDING, sid, at=93, RecordingStatus="failed", **other),
        "said": told(Kind.TRANSCRIPTION, sid, at=95, TranscriptionText="Rappelez-moi.", RecordingSid=ONE),
        "blank": told(Kind.TRANSCRIPTION, sid, at=96, TranscriptionText="(blank)", RecordingSid=ONE),
        "ended": told(
            Kind.STATUS, sid, at=99, CallStatus="completed", CallDuration="99", **call, **stamp(99)
        ),
    }
    return [every[name] for name in names]


NAMES = [
    "voice", "rings alice", "rings bob", "rings forwarded", "alice answers", "alice ended", "bob canceled",
    "forwarded ended", "a machine", "alice was a machine", "not bridged", "nobody answers", "message",
    "recording", "absent", "other failed", "said", "blank", "ended",
]  # fmt: skip

World = tuple[list[str], list[bool]]
WORLDS = st.permutations(NAMES).flatmap(
    lambda order: st.tuples(
        st.integers(1, len(NAMES)).map(lambda most: order[:most]),
        st.lists(st.booleans(), min_size=len(NAMES), max_size=len(NAMES)),
    )
)


def _settled(bridge: Bridge, shown: dict[str, Any], sid: str) -> Any:
    """Without the call's SID; a typed row keeps what it was made with, and shows the call's own title."""
    for row in shown["rows"]:
        del row["happensAt"]
        if bridge.generation == NEWEST:
            del row["linkedRecordCachedName"]
    return json.loads(json.dumps(shown).replace(sid, "CA"))


def examples(most: int) -> settings:
    """So many worlds, all with one bridge."""
    return settings(
        max_examples=most, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )


@examples(8)
@given(world=WORLDS)
async def test_many_writes_show_what_one_does(bridge: Bridge, world: World) -> None:
    await many_writes_show_what_one_does(bridge, world)


@pytest.mark.slow
@examples(200)
@given(world=WORLDS)
async def test_many_writes_of_many_worlds(bridge: Bridge, world: World) -> None:
    await many_writes_show_what_one_does(bridge, world)


async def many_writes_show_what_one_does(bridge: Bridge, world: World) -> None:
    order, writes = world
    sid, once = new_sid(), new_sid()
    for callback, writes_now in zip(callbacks_of(sid, order), writes, strict=False):
        await bridge.inbox.put(callback)
        if writes_now:
            await drain(bridge.worker)
    await drain(bridge.worker)
    many = await bridge.shows(sid)
    await bridge.clear()
    await bridge.put(*callbacks_of(once, order))
    one = await bridge.shows(once)
    await bridge.clear()
    assert _settled(bridge, many, sid) == _settled(bridge, one, once)


EDITS: dict[str, Any] = {
    "name": "A name of ours",
    "recording": {"primaryLinkLabel": "Notes", "primaryLinkUrl": "https://files.example.com/1"},
    "transcript": {"markdown": "What I heard."},
    "handling": "Alice did it.",
    "answeredAt": "2026-11-22T10:00:01.000Z",
    "durationInSeconds": 7,
    "agentId": None,
}


@examples(6)
@given(world=WORLDS, field=st.sampled_from(sorted(EDITS)), at=st.integers(0, len(NAMES)))
async def test_what_a_user_wrote_in_a_field_stays(bridge: Bridge, world: World, field: str, at: int) -> None:
    order, writes = world
    sid, once = new_sid(), new_sid()
    told_of = callbacks_of(sid, order)
    await bridge.put(told_of[0])
    edited = False
    for number, (callback, writes_now) in enumerate(zip(told_of[1:], writes[1:], strict=False)):
        if number == at:
            edited = await bridge.edit(sid, field)
            theirs = (await bridge.call(sid))[field]
        await bridge.inbox.put(callback)
        if writes_now:
            await drain(bridge.worker)
    if at >= len(order) - 1:
        edited = await bridge.edit(sid, field)
        theirs = (await bridge.call(sid))[field]
    await drain(bridge.worker)
    many = await bridge.shows(sid)
    # Who empties what is empty has edited nothing: the bridge fills it in.
    assert not edited or (await bridge.call(sid))[field] == theirs
    await bridge.clear()
    await bridge.put(*callbacks_of(once, order))
    one = await bridge.shows(once)
    await bridge.clear()
    if edited:
        one["call"][field] = many["call"][field]
    assert _settled(bridge, many, sid)["call"] == _settled(bridge, one, once)["call"]


async def test_a_link_leaves_the_record_and_the_note(bridge: Bridge) -> None:
    sid = new_sid()
    await bridge.put(*callbacks_of(sid, ["voice", "nobody answers", "message", "said"]))
    assert (await bridge.call(sid))["recording"]["primaryLinkUrl"]
    (note,) = await bridge.notes()
    await bridge.put(*callbacks_of(sid, ["absent"]))
    assert (await bridge.call(sid))["recording"]["primaryLinkUrl"] == ""
    (after,) = await bridge.notes()
    assert after["id"] == note["id"]
    assert "RE1" not in after["bodyV2"]["blocknote"]


async def test_a_note_without_text_goes_unless_a_user_edited_it(bridge: Bridge) -> None:
    sid, edited = new_sid(), new_sid()
    for one in (sid, edited):
        await bridge.put(*callbacks_of(one, ["voice", "nobody answers", "message"]))
        if one == sid:
            (theirs,) = await bridge.notes()
    mine = {note["id"] for note in await bridge.notes()} - {theirs["id"]}
    await ask(bridge.twenty, EDIT_NOTE, id=mine.copy().pop(), d={"bodyV2": {"markdown": "I called back."}})
    for one in (sid, edited):
        await bridge.put(*callbacks_of(one, ["absent"]))
    (left,) = await bridge.notes()
    assert {left["id"]} == mine
    await bridge.put(*callbacks_of(sid, ["said"]))
    assert {note["id"] for note in await bridge.notes()} == mine | {theirs["id"]}


@pytest.mark.parametrize("edit", [None, {"status": "DONE"}, {"title": "Call her, please"}])
async def test_a_task_goes_when_the_call_was_answered_after_all(bridge: Bridge, edit: Any) -> None:
    sid = new_sid()
    await bridge.put(*callbacks_of(sid, ["voice", "nobody answers"]))
    (task,) = await bridge.tasks()
    if edit:
        await ask(bridge.twenty, EDIT_TASK, id=task["id"], d=edit)
    await bridge.put(*callbacks_of(sid, ["alice ended"]))
    assert len(await bridge.tasks()) == (1 if edit else 0)


async def test_a_task_says_whom_to_call_how_often_they_called_and_what_they_said(bridge: Bridge) -> None:
    first, second = new_sid(), new_sid()
    await bridge.put(*callbacks_of(first, ["voice", "nobody answers"]))
    await bridge.put(*callbacks_of(second, ["voice", "nobody answers", "message", "said"]))
    (task,) = await bridge.tasks()
    assert task["title"] == "Rappeler Jane Doe"
    assert lines_of(task["bodyV2"]["blocknote"]) == [
        "- Numéro à rappeler: [+33 6 39 98 00 01](tel:+33639980001)",
        "- Appels manqués: 2",
        "- 22/11/2026 11:00",
        "- 22/11/2026 11:00 · Message vocal · 17 s",
        "> Rappelez-moi.",
    ]
    await ask(bridge.twenty, EDIT_TASK, id=task["id"], d={"title": "Call her, please"})
    await bridge.put(*callbacks_of(new_sid(), ["voice", "nobody answers"]))
    (left,) = await bridge.tasks()
    assert (left["title"], left["bodyV2"]) == ("Call her, please", task["bodyV2"])


async def test_a_batch_of_new_calls_costs_three_root_fields_and_news_none_for_tasks(bridge: Bridge) -> None:
    await bridge.put(*callbacks_of(new_sid(), ["voice"]))
    sids = [new_sid() for _ in range(20)]
    for sid in sids:
        for callback in callbacks_of(sid, ["voice", "rings alice", "alice answers", "alice ended"]):
            await bridge.inbox.put(callback)
    spent = bridge.twenty.root_fields
    await drain(bridge.worker)
    assert bridge.twenty.root_fields - spent <= 3
    for sid in sids:
        await bridge.inbox.put(callbacks_of(sid, ["alice was a machine"])[0])
    asked = len(bridge.twenty.requests)
    await drain(bridge.worker)
    operations = [one.operation for one in bridge.twenty.requests[asked:]]
    assert operations.count("WrittenPhoneCalls") == 1


LONE = ["voice", "rings alice", "alice answers", "alice ended", "nobody answers", "dial", "ended"]


def _lone(callback: Callback, *, says_direction: bool) -> Callback:
    """A leg's callback that does not name its call."""
    more = {"Direction": "outbound-dial"} if says_direction else {}
    told_by_leg = {name: value for name, value in callback.parameters.items() if name != "ParentCallSid"}
    return replace(callback, parent_sid=None, parameters=told_by_leg | more)


def _with_its_dial(sid: str, names: Sequence[str]) -> list[Callback]:
    a = leg_of(sid, "a")
    dial = told(
        Kind.DIAL, sid, at=71, DialCallSid=a, DialCallStatus="completed", DialBridged="true",
        DialCallDuration="60", CallStatus="in-progress", From=JANE, To=LINE, Direction="inbound",
    )  # fmt: skip
    return [dial if name == "dial" else callbacks_of(sid, [name])[0] for name in names]


@examples(10)
@given(
    order=st.permutations(LONE),
    lone=st.sets(st.sampled_from([name for name in LONE if "alice" in name])),
    writes=st.lists(st.booleans(), min_size=len(LONE), max_size=len(LONE)),
    says_direction=st.booleans(),
)
async def test_a_leg_that_does_not_name_its_call_is_part_of_it(
    bridge: Bridge, order: list[str], lone: set[str], writes: list[bool], says_direction: bool
) -> None:
    sid, once = new_sid(), new_sid()
    for name, callback, writes_now in zip(order, _with_its_dial(sid, order), writes, strict=True):
        arrived = _lone(callback, says_direction=says_direction) if name in lone else callback
        await bridge.inbox.put(arrived)
        if writes_now:
            await drain(bridge.worker)
    await drain(bridge.worker)
    many = await bridge.shows(sid)
    assert nodes_of(await ask(bridge.twenty, CALL % leg_of(sid, "a"))) == []
    await bridge.clear()
    await bridge.put(*_with_its_dial(once, order))
    one = await bridge.shows(once)
    await bridge.clear()
    assert _settled(bridge, many, sid) == _settled(bridge, one, once)


async def test_a_leg_whose_call_is_not_known_is_no_call(bridge: Bridge) -> None:
    sid = new_sid()
    (rings,) = callbacks_of(sid, ["rings alice"])
    await bridge.put(_lone(rings, says_direction=True))
    assert nodes_of(await ask(bridge.twenty, CALL % leg_of(sid, "a"))) == []
