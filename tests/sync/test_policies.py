"""Whose a call is, by policy; and what else a call leaves in Twenty."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from bridge.calls.callback import Kind
from bridge.errors import TwentyDenied
from bridge.inbox.forgetting import Forgotten
from bridge.inbox.requeue import relink, unlink
from bridge.inbox.store import Inbox
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.twenty.client.client import TwentyClient, open_client
from tests.support import (
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
from tests.sync.support import Settings, drain

JANE = "+33612345678"
NOBODY = "+442079460018"


async def inbound(inbox: Inbox, sid: str, caller: str, **more: str) -> None:
    """A call in that nobody took."""
    call: Any = {"From": caller, "To": "+33159130001", "Direction": "inbound", **more}
    await inbox.store(told(Kind.VOICE, sid, CallStatus="ringing", **call))
    await inbox.store(
        told(Kind.DIAL, sid, at=30, CallStatus="in-progress", DialCallStatus="no-answer", **call)
    )


@pytest.mark.parametrize(
    ("several", "chosen", "title"),
    [
        ("oldest", "Jane Doe", "Outbound call · Jane Doe (also John Doe) · 1 min 0 s"),
        ("newest", "John Doe", "Outbound call · John Doe (also Jane Doe) · 1 min 0 s"),
        ("none", None, "Outbound call · +33 6 12 34 56 78 (also Jane Doe, John Doe) · 1 min 0 s"),
    ],
)
async def test_several_people_with_one_number(
    twenty: TwentySandbox,
    inbox: Inbox,
    client: TwentyClient,
    make_worker: MakeWorker,
    several: Any,
    chosen: str | None,
    title: str,
) -> None:
    people = {
        name: await create_person(twenty, name, primaryPhoneNumber=JANE) for name in ("Jane Doe", "John Doe")
    }
    sid = new_sid()
    await inbox.store(outbound(sid, JANE))
    await drain(make_worker(client, Settings(several=several)))
    call = (await phone_calls(twenty))[sid]
    assert (call["personId"], call["name"]) == (people.get(chosen or ""), title)


PEOPLE = "{ people { edges { node { id name { firstName lastName } phones { primaryPhoneNumber } } } } }"


async def test_nobody_is_created_twice(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    worker = make_worker(client, Settings(nobody="create"))
    sids = [new_sid() for _ in range(5)]
    for sid in sids[:4]:
        await inbox.store(outbound(sid, NOBODY))
    await drain(worker)
    await inbox.store(outbound(sids[4], NOBODY))
    await drain(make_worker(client, Settings(nobody="create")))
    (person,) = nodes_of(await ask(twenty, PEOPLE))
    assert person["name"] == {"firstName": "+44 20 7946 0018", "lastName": ""}
    assert {call["personId"] for call in (await phone_calls(twenty)).values()} == {person["id"]}


async def test_a_callers_name_is_the_persons(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    await inbound(inbox, new_sid(), NOBODY, CallerName="Ann Other")
    await drain(make_worker(client, Settings(nobody="create")))
    (person,) = nodes_of(await ask(twenty, PEOPLE))
    assert person["name"] == {"firstName": "Ann", "lastName": "Other"}


@pytest.mark.parametrize(
    "number", ["+10000000000", "+33000000000", "+12562533", "266696687", "+17378742833", "+464"]
)
async def test_nobody_is_created_of_what_is_nobodys_number(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker, number: str
) -> None:
    await inbound(inbox, new_sid(), number, CallerName="Ann Other")
    await drain(make_worker(client, Settings(nobody="create")))
    assert nodes_of(await ask(twenty, PEOPLE)) == []


@pytest.mark.parametrize("caller", ["+33159130001", "01 59 13 00 01", "+5491123456789"])
async def test_nobody_is_created_of_a_number_of_ours(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker, caller: str
) -> None:
    own = frozenset({"+33159130001", "+541123456789"})
    sid = new_sid()
    await inbox.store(outbound(sid, caller))
    await inbound(inbox, new_sid(), caller)
    await drain(make_worker(client, Settings(nobody="create", own_numbers=own)))
    assert nodes_of(await ask(twenty, PEOPLE)) == []
    assert (await phone_calls(twenty))[sid]["personId"] is None


@pytest.mark.parametrize("keys", [("0123456789abcdef",), (), ("another key of sixteen",)])
async def test_nobody_is_created_who_was_forgotten(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker, keys: tuple[str, ...]
) -> None:
    """Nor anybody, while nobody can tell who was."""
    await Forgotten(inbox, ["0123456789abcdef"]).remember(NOBODY, now=TEN)
    forgotten, other = new_sid(), new_sid()
    await inbox.store(outbound(forgotten, NOBODY))
    await inbox.store(outbound(other, JANE))
    await drain(make_worker(client, Settings(nobody="create", forget_keys=keys)))
    people = nodes_of(await ask(twenty, PEOPLE))
    known = [JANE[-9:]] if keys == ("0123456789abcdef",) else []
    assert [person["phones"]["primaryPhoneNumber"] for person in people] == known
    assert (await phone_calls(twenty)).keys() == {forgotten, other}


async def test_whom_a_user_deleted_is_not_created_again(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    await inbox.store(outbound(new_sid(), NOBODY))
    await drain(make_worker(client, Settings(nobody="create")))
    (person,) = nodes_of(await ask(twenty, PEOPLE))
    await ask(twenty, "mutation ($id: UUID!) { deletePerson(id: $id) { id } }", id=person["id"])
    sid = new_sid()
    await inbox.store(outbound(sid, NOBODY))
    await drain(make_worker(client, Settings(nobody="create")))
    assert nodes_of(await ask(twenty, PEOPLE)) == []
    assert (await phone_calls(twenty))[sid]["personId"] is None


@pytest.mark.parametrize(
    ("caller", "title"),
    [
        ("anonymous", "Missed call · Withheld number"),
        ("+266696687", "Missed call · Withheld number"),
        ("3179", "Missed call · 3179"),
        ("sip:jane@example.com", "Missed call · sip:jane@example.com"),
    ],
)
@pytest.mark.parametrize("nobody", ["log", "create", "skip"])
async def test_who_has_no_number_is_matched_to_nobody(
    twenty: TwentySandbox,
    inbox: Inbox,
    client: TwentyClient,
    make_worker: MakeWorker,
    caller: str,
    title: str,
    nobody: Any,
) -> None:
    sid = new_sid()
    await inbound(inbox, sid, caller)
    await drain(make_worker(client, Settings(nobody=nobody)))
    assert nodes_of(await ask(twenty, PEOPLE)) == []
    shown = {s: (call["name"], call["personId"]) for s, call in (await phone_calls(twenty)).items()}
    assert shown == ({} if nobody == "skip" else {sid: (title, None)})
    assert (await inbox.backlog()).due == 0


async def test_a_late_person_gets_the_call(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    worker = make_worker(client, Settings(cache_seconds=0))
    sid = new_sid()
    await inbox.store(outbound(sid, JANE))
    await drain(worker)
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    assert await relink(inbox, {JANE}, since=TEN) == 1
    await drain(worker)
    call = (await phone_calls(twenty))[sid]
    assert (call["personId"], call["name"]) == (jane, "Outbound call · Jane Doe · 1 min 0 s")
    assert [row["targetPersonId"] for row in await timeline(twenty)] == [jane]


UPDATE = "mutation ($id: UUID!, $d: PhoneCallUpdateInput!) { updatePhoneCall(id: $id, data: $d) { id } }"
DELETE = "mutation ($id: UUID!) { deletePhoneCall(id: $id) { id } }"


async def test_a_late_person_does_not_take_what_a_user_gave_to_another(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    worker = make_worker(client, Settings(cache_seconds=0))
    sid = new_sid()
    await inbox.store(outbound(sid, JANE))
    await drain(worker)
    paul = await create_person(twenty, "Paul Martin", primaryPhoneNumber="+33698765432")
    await ask(twenty, UPDATE, id=(await phone_calls(twenty))[sid]["id"], d={"personId": paul})
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await relink(inbox, {JANE}, since=TEN)
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["personId"] == paul


async def test_a_deleted_call_stays_deleted(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    worker = make_worker(client, Settings(cache_seconds=0))
    sid = new_sid()
    await inbox.store(outbound(sid, JANE))
    await drain(worker)
    await ask(twenty, DELETE, id=(await phone_calls(twenty))[sid]["id"])
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await relink(inbox, {JANE}, since=TEN)
    await drain(worker)
    assert await phone_calls(twenty) == {}
    assert (await inbox.backlog()).due == 0


async def test_whose_person_is_gone_is_matched_anew(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    worker = make_worker(client, Settings(cache_seconds=0))
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    sid = new_sid()
    await inbox.store(told(Kind.VOICE, sid, From="client:alice", To=JANE, CallStatus="ringing"))
    await drain(worker)
    await ask(twenty, "mutation ($id: UUID!) { deletePerson(id: $id) { id } }", id=jane)
    heir = await create_person(twenty, "Jane Roe", primaryPhoneNumber=JANE)
    await unlink(inbox, jane)
    await inbox.store(outbound(sid, JANE))
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["personId"] == heir


MEMBERS = "{ workspaceMembers { edges { node { id userEmail } } } }"
AGENTS = "{ phoneCalls { edges { node { externalCallId agentId } } } }"
LEAVE = "mutation ($id: UUID!) { destroyWorkspaceMember(id: $id) { id } }"


@pytest.mark.parametrize("how", ["map", "e-mail", "verified"])
async def test_a_call_is_its_agents(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker, how: str
) -> None:
    member = nodes_of(await ask(twenty, MEMBERS))[0]
    email: str = member["userEmail"]
    identity = {
        "map": "alice",
        "e-mail": email.replace("@", "_").replace(".", "_"),
        "verified": f"wm_{member['id'].replace('-', '')}",
    }[how]
    sid = new_sid()
    await inbox.store(told(Kind.VOICE, sid, From=f"client:{identity}", To=JANE, CallStatus="ringing"))
    await drain(make_worker(client, Settings(emails={"alice": email})))
    (call,) = nodes_of(await ask(twenty, AGENTS))
    assert call["agentId"] == member["id"]


class WithoutMembers:
    """A client whose key may not read members."""

    def __init__(self, client: TwentyClient) -> None:
        self.execute_metadata = client.execute_metadata
        self._client = client

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        if name == "WorkspaceMembers":
            raise TwentyDenied("no permission", code="twenty.forbidden")
        return await self._client.execute(name, **variables)


@pytest.mark.parametrize("readable", [True, False])
async def test_calls_of_an_agent_who_left_the_workspace_have_none(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker, *, readable: bool
) -> None:
    """One that Twenty had before, and one that is heard of afterwards: by a backfill, for example.

    The key may read the members, or not.
    """
    worker = make_worker(client if readable else WithoutMembers(client), Settings())
    stays, leaves = nodes_of(await ask(twenty, MEMBERS))[:2]
    earlier, later, other = new_sid(), new_sid(), new_sid()
    for sid, agent in ((earlier, leaves), (later, leaves), (other, stays)):
        identity = f"client:wm_{agent['id'].replace('-', '')}"
        await inbox.store(told(Kind.VOICE, sid, From=identity, To=JANE, CallStatus="ringing"))
        if sid == earlier:
            await drain(worker)
            await ask(twenty, LEAVE, id=leaves["id"])
            await inbox.store(outbound(sid, JANE))
    await drain(worker)
    assert (await inbox.backlog()).parked == 0
    calls = {call["externalCallId"]: call for call in nodes_of(await ask(twenty, AGENTS))}
    assert {sid: call["agentId"] for sid, call in calls.items()} == {
        earlier: None,
        later: None,
        other: stays["id"],
    }


async def test_calls_that_go_on_wait_while_they_may_not_be_written(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    worker = make_worker(client, Settings(live=False))
    sid = new_sid()
    await inbox.store(told(Kind.VOICE, sid, From="client:alice", To=JANE, CallStatus="ringing"))
    await drain(worker)
    assert await phone_calls(twenty) == {}
    await inbox.store(outbound(sid, JANE))
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["status"] == "COMPLETED"


TASKS = """{ tasks { edges { node { title status dueAt assigneeId
  taskTargets { edges { node { targetPersonId } } } } } } }"""


@pytest.mark.parametrize("owned", [True, False])
async def test_missed_calls_are_one_task_a_person_and_day(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker, owned: bool
) -> None:
    owner, other = nodes_of(await ask(twenty, MEMBERS))[:2]
    company = "mutation ($d: CompanyCreateInput!) { createCompany(data: $d) { id } }"
    made = await ask(twenty, company, d={"name": "Acme", "accountOwnerId": owner["id"]})
    data: dict[str, Any] = {"name": {"firstName": "Jane"}, "phones": {"primaryPhoneNumber": JANE}}
    data |= {"companyId": made["createCompany"]["id"]} if owned else {}
    person = await ask(twenty, "mutation ($d: PersonCreateInput!) { createPerson(data: $d) { id } }", d=data)
    worker = make_worker(client, Settings(assignee=other["userEmail"]))
    for _ in range(3):
        await inbound(inbox, new_sid(), JANE)
        await drain(worker)
    await inbound(inbox, new_sid(), "anonymous")
    await drain(worker)
    (task,) = nodes_of(await ask(twenty, TASKS))
    assert (task["title"], task["status"]) == ("Call back Jane", "TODO")
    assert task["assigneeId"] == (owner if owned else other)["id"]
    assert task["dueAt"] == "2026-11-23T10:00:00.000Z"
    assert nodes_of({"t": task["taskTargets"]}) == [{"targetPersonId": person["createPerson"]["id"]}]
    assert len(await phone_calls(twenty)) == 4


async def test_history_makes_no_tasks(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    """A call of the day before is past its due time; one of 23 hours ago is not."""
    member = nodes_of(await ask(twenty, MEMBERS))[0]
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    worker = make_worker(client, Settings(assignee=member["userEmail"]))
    for hours, tasks in ((25, 0), (23, 1)):
        await inbound(inbox, new_sid(), JANE, Timestamp=format_datetime(TEN - timedelta(hours=hours)))
        await drain(worker)
        assert len(nodes_of(await ask(twenty, TASKS))) == tasks
    assert len(await phone_calls(twenty)) == 2


NOTES = """{ notes { edges { node { title bodyV2 { markdown }
  noteTargets { edges { node { targetPersonId targetPhoneCallId } } } } } } }"""
TRANSCRIPTS = "{ phoneCalls { edges { node { status transcript { markdown } } } } }"


async def test_a_transcript_is_a_note_on_person_and_call(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    sid = new_sid()
    await inbound(inbox, sid, JANE)
    recording = {"RecordingSid": "RE" + "1" * 32, "RecordingUrl": "https://api.twilio.com/RE1"}
    await inbox.store(told(Kind.VOICEMAIL, sid, at=50, RecordingDuration="17", **recording))
    await inbox.store(told(Kind.TRANSCRIPTION, sid, at=60, TranscriptionText="Rappelez-moi.", **recording))
    await drain(make_worker(client, Settings()))
    (call,) = nodes_of(await ask(twenty, TRANSCRIPTS))
    assert call == {"status": "VOICEMAIL", "transcript": {"markdown": "Rappelez-moi.\n"}}
    (note,) = nodes_of(await ask(twenty, NOTES))
    assert note["bodyV2"]["markdown"].startswith("> Rappelez-moi.")
    record = (await phone_calls(twenty))[sid]["id"]
    targets = nodes_of({"t": note["noteTargets"]})
    assert {(t["targetPersonId"], t["targetPhoneCallId"]) for t in targets} == {(jane, None), (None, record)}


@pytest.fixture
async def typed() -> AsyncIterator[TwentySandbox]:
    """A Twenty whose timeline takes no row of ours."""
    async with twenty_sandbox(provisioned=True, rate_limit=False, generation="2.38") as sandbox:
        yield sandbox


class WithoutType:
    """A client to a workspace where the standard type of timeline rows is not in use."""

    def __init__(self, client: TwentyClient) -> None:
        self._client = client

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        return await self._client.execute(name, **variables)

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        answer = await self._client.execute_metadata(name, **variables)
        for one in answer.get("timelineActivityTypes", []):
            one["isActive"] = False
        return answer


async def test_where_the_timeline_takes_no_row_a_note_shows(
    typed: TwentySandbox, inbox: Inbox, make_worker: MakeWorker
) -> None:
    jane = await create_person(typed, "Jane Doe", primaryPhoneNumber=JANE)
    async with open_client(twenty_settings(typed)) as client:
        await inbox.store(outbound(new_sid(), JANE))
        await inbox.store(outbound(new_sid(), NOBODY))
        await drain(make_worker(WithoutType(client), Settings()))
    assert len(await phone_calls(typed)) == 2
    (note,) = nodes_of(await ask(typed, NOTES))
    assert note["title"] == "Outbound call · Jane Doe · 1 min 0 s"
    assert jane in {t["targetPersonId"] for t in nodes_of({"t": note["noteTargets"]})}


async def test_a_known_number_is_not_asked_for_again(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    worker = make_worker(client, Settings())
    for _ in range(3):
        await inbox.store(outbound(new_sid(), JANE))
        await drain(worker)
    assert [asked.operation for asked in twenty.requests].count("FindPeople") == 1


class Newcomer:
    """A client during whose look-up somebody is created, and Twenty's webhook tells of it, once."""

    def __init__(self, client: TwentyClient, twenty: TwentySandbox) -> None:
        self._client = client
        self._twenty = twenty
        self.came = asyncio.Event()
        self.tell: Callable[[], None] = lambda: None

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        answer = await self._client.execute(name, **variables)
        if name == "FindPeople" and not self.came.is_set():
            self.came.set()
            await create_person(self._twenty, "Jane Doe", primaryPhoneNumber=JANE)
            self.tell()
        return answer

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        return await self._client.execute_metadata(name, **variables)


async def test_who_comes_during_the_look_up_is_not_missed(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    newcomer = Newcomer(client, twenty)
    worker = make_worker(newcomer, Settings())
    newcomer.tell = worker._pipeline._directory.forget
    sid = new_sid()
    await inbox.store(outbound(sid, JANE))
    await drain(worker)
    assert (await phone_calls(twenty))[sid]["personId"]
