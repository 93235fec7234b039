"""People whom users added, changed or deleted are found also where Twenty's webhook did not tell."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.calls.people.matching import Person
from bridge.calls.texts import ENGLISH
from bridge.errors import TwentyDenied
from bridge.inbox.requeue import unlink_deleted
from bridge.inbox.store import Inbox, open_inbox
from bridge.sandbox.twenty import TwentySandbox
from bridge.sync.changed_people import ChangedPeople
from bridge.sync.stages.prepare import Policy
from bridge.sync.worker import Worker
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.people.changes import MOST_NUMBERS
from bridge.twenty.people.directory import Directory
from bridge.twenty.values import time_text
from tests.databases import begin
from tests.inbox.support import incoming, kept, settled
from tests.support import LINKS, TEN, ask, create_person, new_sid, outbound, phone_calls
from tests.sync.support import drain, it_is, worker_with
from tests.sync.test_looking_back import Twenty
from tests.virtual_time import run

JANE, JOHN = "+33639980001", "+33639980002"
DELETE_PERSON = "mutation ($id: UUID!) { deletePerson(id: $id) { id } }"
ADD_NUMBER = "mutation ($id: UUID!, $d: PersonUpdateInput!) { updatePerson(id: $id, data: $d) { id } }"
A_WEEK = timedelta(days=7)


@pytest.fixture
def database_url(sqlite_file: Path) -> str:
    return f"sqlite+aiosqlite:///{begin(sqlite_file)}"


@pytest.fixture
def directory() -> Directory:
    return Directory(region="FR")


@pytest.fixture
def worker(inbox: Inbox, client: TwentyClient, directory: Directory) -> Worker:
    policy = Policy(texts=ENGLISH, links=LINKS, region="FR")
    return worker_with(inbox, client, policy, directory=directory)


@pytest.fixture
def looking(inbox: Inbox, client: TwentyClient, directory: Directory) -> ChangedPeople:
    return people_of(inbox, client, directory)


def people_of(inbox: Inbox, client: TwentyClient, directory: Directory) -> ChangedPeople:
    return ChangedPeople(
        inbox,
        client,
        affordable=lambda: True,
        region="FR",
        late=timedelta(days=20_000),  # the calls here are of TEN, Twenty's records of today
        forget=directory.forget,
    )


async def put(inbox: Inbox, worker: Worker, sid: str, to: str, *, seconds: int = 30) -> None:
    await inbox.store(outbound(sid, to, seconds=seconds))
    await drain(worker)


async def persons(twenty: TwentySandbox) -> dict[str, str | None]:
    return {sid: call["personId"] for sid, call in (await phone_calls(twenty)).items()}


async def test_a_person_who_is_added_or_gets_a_number_gets_their_calls(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, looking: ChangedPeople
) -> None:
    """For one root field a round."""
    john = await create_person(twenty, "John Doe")
    for sid, number in {(of_jane := new_sid()): JANE, (of_john := new_sid()): JOHN}.items():
        await put(inbox, worker, sid, number)
    now = datetime.now(UTC)
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    phones = {"primaryPhoneNumber": "+33159130009", "additionalPhones": [{"number": JOHN}]}
    await ask(twenty, ADD_NUMBER, id=john, d={"phones": phones})
    spent = twenty.root_fields
    assert await looking.once(now) == 2
    assert twenty.root_fields - spent == 1
    await drain(worker)
    assert await persons(twenty) == {of_jane: jane, of_john: john}
    # They are asked for once more, within the overlap, and have no call without a person left.
    assert await looking.once(datetime.now(UTC)) == 0


async def test_a_call_that_was_written_with_a_person_who_was_deleted_gets_another(
    twenty: TwentySandbox, inbox: Inbox, worker: Worker, looking: ChangedPeople
) -> None:
    """The look-up was remembered; a call of before stays as it is until it has news."""
    gone = await create_person(twenty, "Jane Smith", primaryPhoneNumber=JANE)
    it_is(worker, TEN)
    await put(inbox, worker, before := new_sid(), JANE)
    it_is(worker, datetime.now(UTC))
    await ask(twenty, DELETE_PERSON, id=gone)
    other = await create_person(twenty, "Jane Roe", primaryPhoneNumber=JANE)
    await put(inbox, worker, after := new_sid(), JANE)
    assert await persons(twenty) == dict.fromkeys((before, after), gone)
    assert await looking.once(datetime.now(UTC)) == 1
    await drain(worker)
    assert await persons(twenty) == {before: gone, after: other}
    await put(inbox, worker, before, JANE, seconds=31)
    assert await persons(twenty) == {before: other, after: other}


async def test_who_was_deleted_is_removed_from_their_own_calls_alone(sqlite_file: Path) -> None:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:
        sids = [new_sid() for _ in range(3)]
        for sid, person in zip(sids, ("p1", "p2", "p2"), strict=True):
            await kept(inbox, *incoming(sid, JANE))
            await settled(inbox, person=Person(person, "Jane Doe"))
        assert await unlink_deleted(inbox, {"p1": TEN + timedelta(hours=2), "p3": TEN}) == 0
        assert await inbox.claim(10) == []
        assert await unlink_deleted(inbox, {"p1": TEN, "p2": TEN}) == 2
        due = await inbox.claim(10)
        assert {(call.root_sid, call.match) for call in due} == {(sid, None) for sid in sids[1:]}


async def test_one_who_has_hundreds_of_numbers_gets_calls_of_any(sqlite_file: Path) -> None:
    hundreds = {"additionalPhones": [{"number": f"+331591300{n:03}"} for n in range(MOST_NUMBERS + 1)]}
    changed = [{"id": "p1", "deletedAt": None, "phones": phones} for phones in (hundreds, None)]
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:
        await kept(inbox, *incoming(sid := new_sid(), JANE))
        await settled(inbox)
        looking = ChangedPeople(
            inbox,
            Twenty([changed]),
            affordable=lambda: True,
            region="FR",
            late=A_WEEK,
            forget=lambda: None,
        )
        # The call of TEN is too old a week later.
        assert await looking.once(TEN + A_WEEK + timedelta(hours=1)) == 0
        assert await looking.once(TEN + timedelta(hours=1)) == 1
        assert [call.root_sid for call in await inbox.claim(10)] == [sid]


async def test_of_each_who_changed_the_calls_are_due_that_they_can_have(sqlite_file: Path) -> None:
    def changed(person: str, number: str, deleted: datetime | None = None) -> dict[str, Any]:
        phones = {"primaryPhoneNumber": number}
        return {"id": person, "phones": phones, "deletedAt": deleted and time_text(deleted)}

    happened: list[str] = []
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:

        async def put(number: str, person: Person | None = None, at: float = 0) -> str:
            await kept(inbox, *incoming(sid := new_sid(), number, at=at))
            await settled(inbox, person=person)
            return sid

        of_gone = await put("+33639980009", Person("p1", "Jane Doe"))
        of_new, others = await put(JANE), await put(JOHN)
        affordable = False
        looking = ChangedPeople(
            inbox,
            twenty := Twenty(),
            affordable=lambda: affordable,
            region="FR",
            late=A_WEEK,
            forget=lambda: happened.append("forgotten"),
        )
        later = TEN + timedelta(hours=1)
        # One who is deleted has no calls any more, with any number on the record.
        twenty.pages = [[changed("p1", JOHN, TEN)], [changed("p2", "06 39 98 00 01")]]
        assert (await looking.once(later), twenty.asked) == (0, [])
        affordable = True
        with capture_logs() as logged:
            assert await looking.once(later) == 2
        assert {call.root_sid for call in await inbox.claim(10)} == {of_gone, of_new}
        assert happened == ["forgotten"] * 2
        assert [(line["event"], line["calls_due"]) for line in logged] == [("people.changed", 2)]
        await settled(inbox)
        # No person changed: what is remembered of people is right.
        twenty.pages = [[]]
        with capture_logs() as logged:
            assert await looking.once(later) == 0
        assert (happened, logged) == (["forgotten"] * 2, [])
        assert others not in {call.root_sid for call in await inbox.claim(10)}


def test_others_run_while_thousands_of_numbers_are_read() -> None:
    nodes = [{"id": f"p{number}", "phones": None} for number in range(101)]
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(asyncio.get_running_loop().time())
            await asyncio.sleep(0)

    async def main() -> None:
        nothing: Any = None
        looking = ChangedPeople(
            nothing, nothing, affordable=bool, region="FR", late=A_WEEK, forget=lambda: None
        )
        ticking = asyncio.create_task(tick())
        assert len([person async for person in looking._read(nodes)]) == len(nodes)
        ticking.cancel()

    run(main())
    # Before each fifty, and without a wait.
    assert ticks == [0.0] * 3


async def test_a_workspace_whose_people_cannot_be_asked_for_goes_without(sqlite_file: Path) -> None:
    """Where its schema lacks a field that the round asks; every other denial is told."""
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:
        twenty = Twenty(error=TwentyDenied('Cannot query field "phones"', code="twenty.schema"))
        looking = ChangedPeople(
            inbox, twenty, affordable=lambda: True, region="FR", late=A_WEEK, forget=lambda: None
        )
        assert await looking.once(TEN) == 0
        twenty.error = TwentyDenied("This key may not.", code="twenty.forbidden")
        with pytest.raises(TwentyDenied):
            await looking.once(TEN)
