"""Calls are logged without what a workspace does not have; and what is validated is what is sent."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse

from bridge.calls.callback import Kind
from bridge.errors import TwentyDenied
from bridge.inbox.store import Inbox
from bridge.sandbox.twenty import OLDEST, TwentySandbox
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.people.normalise import PersonPhones, Rewrite, plan, rewrite
from bridge.twenty.schema.features import GIVEN
from tests.support import ask, create_person, new_sid, nodes_of, outbound, phone_calls, timeline, told
from tests.sync.conftest import MakeWorker
from tests.sync.support import Settings, drain

JANE = "+33612345678"
NOBODY = "+442079460018"
TYPED = {"primaryPhoneNumber": "06 12 34 56 78", "primaryPhoneCountryCode": "FR"}
ROWS = ("UpsertTimelineActivities", "CreateTimelineActivities")
"""What writes rows on the timeline: the first on the oldest generation, the second on the newest."""


class Lacking:
    """A client to a workspace that refuses some operations; it keeps what it was given to send."""

    def __init__(self, client: TwentyClient, lacks: Collection[str], code: str = "twenty.schema") -> None:
        self._client = client
        self._lacks = lacks
        self._code = code
        self.sent: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        self._refuse(name)
        self.sent[name].append(variables)
        return await self._client.execute(name, **variables)

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        self._refuse(name)
        return await self._client.execute_metadata(name, **variables)

    def _refuse(self, name: str) -> None:
        if name in self._lacks:
            raise TwentyDenied(f"{name}: no such thing here", code=self._code)


@pytest.fixture
async def member(twenty: TwentySandbox) -> str:
    """The e-mail of a member."""
    members = nodes_of(await ask(twenty, "{ workspaceMembers { edges { node { userEmail } } } }"))
    email: str = members[0]["userEmail"]
    return email


async def voicemail(inbox: Inbox, sid: str, caller: str) -> None:
    """A call in that left a message, after an agent's phone rang."""
    call: Any = {"From": caller, "To": "+33159130001", "Direction": "inbound"}
    await inbox.store(told(Kind.VOICE, sid, CallStatus="ringing", **call))
    rang: Any = {"From": caller, "To": "client:alice", "CallStatus": "no-answer"}
    await inbox.store(told(Kind.STATUS, f"{sid[:-1]}f", at=30, parent=sid, **rang))
    await inbox.store(
        told(Kind.DIAL, sid, at=30, CallStatus="in-progress", DialCallStatus="no-answer", **call)
    )
    recording: Any = {"RecordingSid": "RE" + "1" * 32, "RecordingUrl": "https://api.twilio.com/RE1"}
    await inbox.store(told(Kind.VOICEMAIL, sid, at=50, RecordingDuration="17", **recording))
    await inbox.store(told(Kind.TRANSCRIPTION, sid, at=60, TranscriptionText="Rappelez-moi.", **recording))


def settings(member: str) -> Settings:
    """With everything that a call can leave in Twenty."""
    return Settings(nobody="create", emails={"alice": member}, assignee=member)


async def left(twenty: TwentySandbox) -> dict[str, int]:
    """How much there is of what a call leaves."""
    counts = {"timeline": len(await timeline(twenty))}
    for kind in ("tasks", "notes", "people"):
        (connection,) = (await ask(twenty, f"{{ {kind} {{ totalCount }} }}")).values()
        counts[kind] = connection["totalCount"]
    return counts


ALL = {"timeline": 2, "tasks": 2, "notes": 2, "people": 2}


@pytest.mark.parametrize(
    ("lacks", "code", "missing"),
    [
        ((), "twenty.schema", {}),
        (["WorkspaceMembers"], "twenty.schema", {"tasks": 0}),
        (["WorkspaceMembers"], "twenty.forbidden", {"tasks": 0}),
        (["CreateTasks"], "twenty.schema", {"tasks": 0}),
        (["UpsertTaskTargets"], "twenty.schema", {}),
        (["UpsertNotes"], "twenty.schema", {"notes": 0}),
        (["UpsertNoteTargets"], "twenty.schema", {}),
        (ROWS, "twenty.schema", {"timeline": 0}),
        (["Objects"], "twenty.schema", {"timeline": 0}),
        (["CreatePeople"], "twenty.schema", {"people": 1, "timeline": 1, "tasks": 1}),
        (["CreateTasks", "UpsertNotes", "Objects"], "twenty.schema", {"tasks": 0, "notes": 0, "timeline": 0}),
    ],
)
async def test_calls_are_logged_without(
    twenty: TwentySandbox,
    inbox: Inbox,
    client: TwentyClient,
    make_worker: MakeWorker,
    member: str,
    lacks: Collection[str],
    code: str,
    missing: dict[str, int],
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    sids = [new_sid(), new_sid()]
    for sid, caller in zip(sids, (JANE, NOBODY), strict=True):
        await voicemail(inbox, sid, caller)
    await drain(make_worker(Lacking(client, lacks, code), settings(member)))
    assert set(await phone_calls(twenty)) == set(sids)
    assert await left(twenty) == ALL | missing
    assert (await inbox.backlog()).due == 0


@pytest.mark.parametrize(
    ("lacks", "code", "due"),
    [
        (["FindPeople"], "twenty.schema", 1),
        (["CreatePhoneCalls"], "twenty.schema", 1),
        # The call is settled; its task waits.
        (["CreateTasks"], "twenty.forbidden", 0),
        (ROWS, "twenty.unauthenticated", 1),
    ],
)
async def test_without_the_rest_it_stops(
    inbox: Inbox,
    client: TwentyClient,
    make_worker: MakeWorker,
    member: str,
    lacks: Collection[str],
    code: str,
    due: int,
) -> None:
    await voicemail(inbox, new_sid(), JANE)
    with pytest.raises(TwentyDenied):
        await drain(make_worker(Lacking(client, lacks, code), settings(member)))
    assert (await inbox.backlog()).due == due


async def test_where_a_row_is_refused_a_note_shows(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    lacking = Lacking(client, ROWS)
    worker = make_worker(lacking, Settings())
    for _ in range(2):
        await inbox.store(outbound(new_sid(), JANE))
        await drain(worker)
    assert await left(twenty) == {"timeline": 0, "tasks": 0, "notes": 2, "people": 1}


async def test_what_is_sent_is_what_is_validated(
    twenty: TwentySandbox,
    inbox: Inbox,
    client: TwentyClient,
    make_worker: MakeWorker,
    member: str,
    generation: str,
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await voicemail(inbox, new_sid(), JANE)
    await voicemail(inbox, sid := new_sid(), NOBODY)
    await inbox.store(told(Kind.DISPOSITION, sid, Agent="alice", Id="1", Outcome="Sold", Note="Two of them."))
    sends = Lacking(client, ())
    worker = make_worker(sends, settings(member))
    await drain(worker)
    # A second missed call of hers that day is told in the task of the first; an agent types a note in parts.
    await voicemail(inbox, new_sid(), JANE)
    for version in ("1", "2"):
        await inbox.store(told(Kind.NOTE, sid, Agent="alice", Outcome="", Note=version, Version=version))
        await drain(worker)
    rewritten = plan(PersonPhones(jane, "Jane Doe", TYPED), region="FR")
    assert isinstance(rewritten, Rewrite)
    await rewrite(sends, jane, rewritten.data)
    validated: defaultdict[str, set[str]] = defaultdict(set)
    for given in (one for one in GIVEN if one.typed in (None, generation != OLDEST)):
        validated[given.operation] |= set(selected(given.fields))
    sent = {
        operation: {path for one in variables for path in paths(one.get("data") or one.get("filter"))}
        for operation, variables in sends.sent.items()
        if operation in validated or "data" in variables[0]
    }
    assert sent.keys() == validated.keys()
    assert [(one, fields - validated[one]) for one, fields in sent.items() if fields - validated[one]] == []


def paths(value: Any, prefix: str = "") -> Iterator[str]:
    """`{"name": {"firstName": …}}` → `name.firstName`; through lists."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, f"{prefix}.{name}" if prefix else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for item in value:
            yield from paths(item, prefix)
    else:
        yield prefix


def selected(fields: str) -> Iterator[str]:
    """`name { firstName }` → `name.firstName`."""
    (operation,) = parse(f"{{ {fields} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    return _selected(operation.selection_set, "")


def _selected(selection_set: SelectionSetNode, prefix: str) -> Iterator[str]:
    for node in selection_set.selections:
        assert isinstance(node, FieldNode)
        path = f"{prefix}{node.name.value}"
        yield from _selected(node.selection_set, f"{path}.") if node.selection_set else [path]
