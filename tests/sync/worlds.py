"""Calls in worlds of their own: all that Twilio tells of one, in any order, and what Twenty shows of it."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bridge.calls.activity import record_id
from bridge.calls.agents import Agents
from bridge.calls.callback import Callback, Kind
from bridge.calls.texts import FRENCH
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import callbacks, calls
from bridge.sandbox.twenty import NEWEST, TwentySandbox, twenty_sandbox
from bridge.sync.stages.prepare import Policy
from bridge.twenty.client.client import TwentyClient, open_client
from bridge.twenty.people.members import Members
from tests.support import LINKS, TEN, ask, create_person, lines_of, new_sid, nodes_of, told, twenty_settings
from tests.sync.support import drain, worker_with

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
ROWS = """{ timelineActivities(filter: {linkedRecordId: {eq: "%s"}}) { edges { node {
  id happensAt targetPersonId linkedRecordId linkedRecordCachedName workspaceMemberId
} } } }"""
EDIT_CALL = "mutation ($id: UUID!, $d: PhoneCallUpdateInput!) { updatePhoneCall(id: $id, data: $d) { id } }"
EDIT_NOTE = "mutation ($id: UUID!, $d: NoteUpdateInput!) { updateNote(id: $id, data: $d) { id } }"
EDIT_TASK = "mutation ($id: UUID!, $d: TaskUpdateInput!) { updateTask(id: $id, data: $d) { id } }"
EVER = """{ %s(filter: {or: [{deletedAt: {is: NULL}}, {deletedAt: {is: NOT_NULL}}]}, first: 500) {
  edges { node { id } }
} }"""
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
        self.people: dict[str, str] = {}
        self.other_member = ""
        self.generation = generation
        self.worker = worker_with(
            inbox,
            client,
            Policy(texts=FRENCH, links=LINKS, region="FR", zone=ZoneInfo("Europe/Paris")),
            members=Members(Agents(members={"alice": emails[0], "bob": emails[1]})),
            assignee=emails[0],
            clock=lambda: TEN,
        )

    async def put(self, *callbacks: Callback) -> None:
        for callback in callbacks:
            await self.inbox.store(callback)
        await drain(self.worker)

    async def call(self, sid: str) -> dict[str, Any]:
        (node,) = nodes_of(await ask(self.twenty, CALL % sid))
        return node

    async def edit(self, sid: str, field: str, value: object) -> bool:
        """A user writes in a field of the call; whether it shows something else then."""
        before = await self.call(sid)
        await ask(self.twenty, EDIT_CALL, id=before["id"], d={field: value})
        return bool((await self.call(sid))[field] != before[field])

    async def notes(self) -> list[dict[str, Any]]:
        return nodes_of(await ask(self.twenty, NOTES))

    async def tasks(self) -> list[dict[str, Any]]:
        return nodes_of(await ask(self.twenty, TASKS))

    async def rows(self, sid: str) -> list[dict[str, Any]]:
        """Its rows on timelines."""
        call_id = record_id("phoneCall", sid)
        return nodes_of(await ask(self.twenty, ROWS % call_id))

    async def shows(self, sid: str) -> dict[str, Any]:
        """All that Twenty shows of a call; ids of records that a call's own decides are left out."""
        found = nodes_of(await ask(self.twenty, CALL % sid))
        rows = [
            {name: row[name] for name in row if name not in ("id", "linkedRecordId")}
            for row in await self.rows(sid)
        ]
        for call in found:
            del call["id"]
            call["transcript"] = lines_of(call["transcript"]["blocknote"])
        return {
            "call": found[0] if found else None,
            "rows": rows,
            "notes": _texts(await self.notes()),
            "tasks": _texts(await self.tasks()),
        }

    async def clear(self) -> None:
        """Removes all notes and tasks, and what the inbox has, for the next world."""
        for table in (callbacks, calls):
            await self.inbox.change(delete(table))
        for plural in ("notes", "tasks"):
            found = nodes_of(await ask(self.twenty, EVER % plural))
            if found:
                name = f"destroy{plural.title()}"
                await ask(self.twenty, TRUNCATE % name, ids=[one["id"] for one in found])


def _texts(found: Sequence[dict[str, Any]]) -> list[tuple[str, list[str], str]]:
    return sorted(
        (one["title"], lines_of(one["bodyV2"]["blocknote"]), one.get("status", "")) for one in found
    )


@asynccontextmanager
async def a_bridge(generation: str) -> AsyncIterator[Bridge]:
    with TemporaryDirectory() as folder:
        async with (
            twenty_sandbox(provisioned=True, rate_limit=False, generation=generation) as twenty,
            open_client(twenty_settings(twenty)) as client,
            open_inbox(f"sqlite+aiosqlite:///{Path(folder) / 'bridge.db'}") as inbox,
        ):
            found = nodes_of(await ask(twenty, "{ workspaceMembers { edges { node { id userEmail } } } }"))
            bridge = Bridge(twenty, inbox, client, [one["userEmail"] for one in found], generation)
            bridge.other_member = found[-1]["id"]
            for name, number in (("Jane Doe", JANE), ("John Doe", JOHN)):
                bridge.people[name] = await create_person(twenty, name, primaryPhoneNumber=number)
            yield bridge


def leg_of(sid: str, leg: str) -> str:
    return f"{sid[:-1]}{leg}"


def stamp(at: int) -> Any:
    return {"Timestamp": f"Sun, 22 Nov 2026 10:{at // 60:02}:{at % 60:02} +0000"}


def leg(sid: str, which: str, address: Any, status: str, at: int, **more: str) -> Callback:
    """The state of a leg that a call dialled."""
    told_of = {"CallStatus": status, **address, **stamp(at), **more}
    return told(Kind.STATUS, leg_of(sid, which), at=at, parent=sid, **told_of)


def dial(sid: str, at: int, which: str, status: str, call: Any, **more: str) -> Callback:
    """The action of a Dial that is over."""
    told_of = {"DialCallSid": leg_of(sid, which), "DialCallStatus": status, "CallStatus": "in-progress"}
    return told(Kind.DIAL, sid, at=at, **told_of, **call, **more)


def recordings(sid: str, call: Any) -> dict[str, Callback]:
    """All that Twilio answers of two recordings, and of what was said on them."""
    rec: Any = {"RecordingSid": ONE, "RecordingUrl": f"https://api.twilio.com/{ONE}"}
    other: Any = {"RecordingSid": OTHER, "RecordingUrl": f"https://api.twilio.com/{OTHER}"}

    def recording(at: int, status: str, **more: str) -> Callback:
        return told(Kind.RECORDING, sid, at=at, RecordingStatus=status, **more)

    return {
        "recording goes on": recording(88, "in-progress", RecordingDuration="-1", **other),
        "recording": recording(91, "completed", RecordingDuration="59", **other),
        "of no length": recording(91, "completed", RecordingDuration="0", **rec),
        "absent": recording(92, "absent", **rec),
        "other failed": recording(93, "failed", **other),
        "other is gone": recording(94, "absent", RecordingSid=OTHER),
        "said": told(Kind.TRANSCRIPTION, sid, at=95, TranscriptionText="Rappelez-moi.", RecordingSid=ONE),
        "blank": told(Kind.TRANSCRIPTION, sid, at=96, TranscriptionText="(blank)", RecordingSid=ONE),
        "not said": told(Kind.TRANSCRIPTION, sid, at=97, TranscriptionStatus="failed", RecordingSid=ONE),
        "ended": told(
            Kind.STATUS, sid, at=99, CallStatus="completed", CallDuration="99", **call, **stamp(99)
        ),
    }


def call_in(sid: str) -> dict[str, Callback]:
    """A call of Jane's that rings two agents and a number, and ends with a message."""
    call: Any = {"From": JANE, "To": LINE, "Direction": "inbound"}
    alice: Any = {"From": JANE, "To": "client:alice"}
    bob: Any = {"From": JANE, "To": "client:bob"}
    forwarded: Any = {"From": JANE, "To": JOHN}
    rec: Any = {"RecordingSid": ONE, "RecordingUrl": f"https://api.twilio.com/{ONE}"}
    machine: Any = {"AnsweredBy": "machine_start"}
    return {
        "voice": told(Kind.VOICE, sid, CallStatus="ringing", **call),
        "rings alice": leg(sid, "a", alice, "ringing", 2),
        "rings bob": leg(sid, "b", bob, "ringing", 2),
        "rings forwarded": leg(sid, "f", forwarded, "ringing", 3),
        "alice answers": leg(sid, "a", alice, "in-progress", 10),
        "alice ended": leg(sid, "a", alice, "completed", 70, CallDuration="60"),
        "bob canceled": leg(sid, "b", bob, "canceled", 10),
        "forwarded ended": leg(sid, "f", forwarded, "completed", 80, CallDuration="40"),
        "a machine": leg(sid, "f", forwarded, "completed", 81, CallDuration="40", **machine),
        "alice was a machine": leg(
            sid, "a", alice, "completed", 71, CallDuration="60", AnsweredBy="machine_end_beep"
        ),
        "not bridged": dial(sid, 72, "a", "completed", call, DialBridged="false", DialCallDuration="60"),
        "nobody answers": dial(sid, 30, "b", "no-answer", call),
        "message": told(Kind.VOICEMAIL, sid, at=90, RecordingDuration="17", **rec),
        **recordings(sid, call),
    }


def call_out(sid: str) -> dict[str, Callback]:
    """A call that Alice places to Jane: talked on, not, or with a machine; recorded, or refused."""
    call: Any = {"From": "client:alice", "To": JANE, "Direction": "inbound"}
    jane: Any = {"From": LINE, "To": JANE, "PlacedBy": "alice"}
    rec: Any = {"RecordingSid": ONE, "RecordingUrl": f"https://api.twilio.com/{ONE}"}
    return {
        "voice": told(Kind.VOICE, sid, CallStatus="ringing", **call),
        "initiated": leg(sid, "a", jane, "initiated", 1),
        "rings": leg(sid, "a", jane, "ringing", 2),
        "answered": leg(sid, "a", jane, "in-progress", 10),
        "talked": leg(sid, "a", jane, "completed", 70, CallDuration="60"),
        "busy": leg(sid, "a", jane, "busy", 12),
        "no answer": leg(sid, "a", jane, "no-answer", 40),
        "a machine": leg(sid, "a", jane, "in-progress", 14, AnsweredBy="machine_end_beep"),
        "bridged": dial(sid, 71, "a", "completed", call, DialBridged="true", DialCallDuration="60", **rec),
        "not bridged": dial(sid, 72, "a", "completed", call, DialBridged="false", DialCallDuration="60"),
        "not answered": dial(sid, 41, "a", "no-answer", call),
        "refused": told(Kind.REFUSED, sid, at=1, Reason="country", **call),
        **recordings(sid, call),
    }


def sent_on(sid: str) -> dict[str, Callback]:
    """A call of Jane's that Alice takes and sends on to Bob, and Bob to John's number."""
    call: Any = {"From": JANE, "To": LINE, "Direction": "inbound"}
    alice, bob = (
        {"From": JANE, "To": f"client:{agent}", "CallDirection": "inbound"} for agent in ("alice", "bob")
    )
    john: Any = {"From": LINE, "To": JOHN, "CallDirection": "inbound", "Shows": "line"}
    transfer: Any = {"Step": "transfer"}
    return {
        "voice": told(Kind.VOICE, sid, CallStatus="ringing", **call),
        "alice answers": leg(sid, "a", alice, "in-progress", 10),
        "to bob": told(Kind.TRANSFER, sid, at=20, To="client:bob", Agent="alice", Id="1"),
        "alice ended": leg(sid, "a", alice, "completed", 20, CallDuration="10"),
        "rings bob": leg(sid, "b", bob, "ringing", 21),
        "bob answers": leg(sid, "b", bob, "in-progress", 25),
        "to john": told(Kind.TRANSFER, sid, at=40, To=JOHN, Agent="bob", Id="2"),
        "bob ended": leg(sid, "b", bob, "completed", 40, CallDuration="15"),
        "bob declines": leg(sid, "b", bob, "busy", 23),
        "rings john": leg(sid, "c", john, "ringing", 41),
        "john ended": leg(sid, "c", john, "completed", 80, CallDuration="35"),
        "a machine": leg(sid, "c", john, "completed", 80, CallDuration="35", AnsweredBy="machine_start"),
        "first dial": dial(sid, 20, "a", "completed", call, DialBridged="true", Step="0"),
        "bob's dial": dial(sid, 40, "b", "completed", {**call, **transfer}, DialBridged="true"),
        "bob not bridged": dial(sid, 41, "b", "completed", {**call, **transfer}, DialBridged="false"),
        "john's dial": dial(sid, 81, "c", "no-answer", {**call, **transfer}),
        **recordings(sid, call),
    }


WAYS: dict[str, Callable[[str], dict[str, Callback]]] = {"in": call_in, "out": call_out, "sent on": sent_on}


def callbacks_of(sid: str, names: Sequence[str], way: str = "in") -> list[Callback]:
    """The callbacks of a call of one way, of those names."""
    every = WAYS[way](sid)
    return [every[name] for name in names]


@dataclass(frozen=True)
class World:
    """The order in which some of a call's callbacks arrive, and after which of them Twenty is written to."""

    way: str
    order: tuple[str, ...]
    writes: tuple[bool, ...]

    def callbacks(self, sid: str) -> list[Callback]:
        """What arrives of this call."""
        return callbacks_of(sid, self.order, self.way)


@st.composite
def worlds(draw: st.DrawFn, *ways: str) -> World:
    """Of calls of these ways."""
    way = draw(st.sampled_from(ways))
    names = list(WAYS[way](new_sid()))
    order = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    writes = draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
    return World(way, tuple(order), tuple(writes))


def settled(bridge: Bridge, shown: dict[str, Any], sid: str) -> Any:
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
