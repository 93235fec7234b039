"""Tasks come after settling: none makes a call be written again, none is lost, none is made twice."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from bridge.calls.callback import Kind
from bridge.errors import TwentyDenied, TwentyFailed, TwentyOverLimit, TwentyUnavailable
from bridge.inbox.reminders import due_reminders
from bridge.inbox.retention import purge
from bridge.inbox.store import Inbox
from bridge.sandbox.twenty import TwentySandbox
from bridge.sync.worker import Worker
from bridge.twenty.client.client import TwentyClient
from tests.support import TEN, ask, create_person, new_sid, nodes_of, phone_calls, told
from tests.sync.conftest import MakeWorker
from tests.sync.support import Settings, drain, it_is

JANE = "+33639980001"
LINE = "+33159130001"
TASKS = "{ tasks { edges { node { id title taskTargets { edges { node { targetPersonId } } } } } } }"


class Died(BaseException):
    """The process ends here."""


class Client:
    """A client that does something before and after each operation."""

    def __init__(
        self,
        client: TwentyClient,
        *,
        before: Callable[[str, Any], None] = lambda _name, _variables: None,
        after: Callable[[str, Any], None] = lambda _name, _variables: None,
    ) -> None:
        self._client = client
        self._before = before
        self._after = after

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        return await self._sent(self._client.execute, name, variables)

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        return await self._sent(self._client.execute_metadata, name, variables)

    async def _sent(
        self, send: Callable[..., Awaitable[dict[str, Any]]], name: str, variables: dict[str, Any]
    ) -> dict[str, Any]:
        self._before(name, variables)
        answer = await send(name, **variables)
        self._after(name, variables)
        return answer


@pytest.fixture
async def assignee(twenty: TwentySandbox) -> Settings:
    """A member who gets the tasks."""
    members = nodes_of(await ask(twenty, "{ workspaceMembers { edges { node { userEmail } } } }"))
    return Settings(assignee=members[0]["userEmail"])


async def put_missed(inbox: Inbox, caller: str = JANE) -> str:
    sid = new_sid()
    call: Any = {"From": caller, "To": LINE, "Direction": "inbound"}
    await inbox.store(told(Kind.VOICE, sid, CallStatus="ringing", **call))
    await inbox.store(
        told(Kind.DIAL, sid, at=30, CallStatus="in-progress", DialCallStatus="no-answer", **call)
    )
    return sid


async def put_answered(inbox: Inbox, sid: str) -> None:
    """It was answered after all."""
    call: Any = {"From": JANE, "To": LINE, "Direction": "inbound"}
    leg: Any = {"CallStatus": "completed", "CallDuration": "60", "From": JANE, "To": "client:alice"}
    await inbox.store(told(Kind.STATUS, f"{sid[:-1]}f", at=90, parent=sid, **leg))
    ended: Any = {"CallStatus": "in-progress", "DialCallStatus": "completed", "DialBridged": "true"}
    await inbox.store(told(Kind.DIAL, sid, at=91, DialCallSid=f"{sid[:-1]}f", **ended, **call))


async def people_of_tasks(twenty: TwentySandbox) -> list[str]:
    """The person of each task; a task without a target has none."""
    tasks = nodes_of(await ask(twenty, TASKS))
    return sorted(
        ",".join(one["targetPersonId"] for one in nodes_of({"t": task["taskTargets"]})) for task in tasks
    )


async def number_of_written(twenty: TwentySandbox) -> int:
    return sum(one.operation == "CreatePhoneCalls" for one in twenty.requests)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_process_that_dies_at_any_operation_loses_no_task_and_makes_none_twice(
    twenty: TwentySandbox,
    client: TwentyClient,
    inbox: Inbox,
    make_worker: MakeWorker,
    assignee: Settings,
    when: str,
) -> None:
    people: list[str] = []
    seen: list[str] = []
    while True:
        number = f"+3363998{len(people):04}"
        people.append(await create_person(twenty, f"Person {len(people)}", primaryPhoneNumber=number))
        operations = 0

        def count(name: str, _variables: Any) -> None:
            nonlocal operations
            operations += 1
            if operations == len(people):
                seen.append(name)
                raise Died

        sid = await put_missed(inbox, number)
        dies: Any = {when: count}
        try:
            await drain(make_worker(Client(client, **dies), assignee))
        except Died:
            await drain(make_worker(client, assignee))
        else:
            break
        assert await people_of_tasks(twenty) == sorted(people)
        assert (await phone_calls(twenty))[sid]["personId"] == people[-1]
    assert {"CreatePhoneCalls", "ExistingTasks", "CreateTasks", "UpsertTaskTargets"} <= set(seen)
    assert await people_of_tasks(twenty) == sorted(people)
    assert await due_reminders(inbox, 10, now=TEN + timedelta(days=1)) == []


@pytest.mark.parametrize("operation", ["ExistingTasks", "CreateTasks", "UpsertTaskTargets"])
@pytest.mark.parametrize(
    "error",
    [TwentyFailed("unknown code"), TwentyUnavailable("down"), TwentyOverLimit("busy"), ValueError("a bug")],
    ids=lambda error: type(error).__name__,
)
async def test_a_task_that_fails_is_tried_again_by_itself(
    twenty: TwentySandbox,
    client: TwentyClient,
    inbox: Inbox,
    make_worker: MakeWorker,
    assignee: Settings,
    operation: str,
    error: Exception,
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    fails = True

    def raise_it(name: str, _variables: Any) -> None:
        if fails and name == operation:
            raise error

    worker = make_worker(Client(client, before=raise_it), assignee)
    await put_missed(inbox)
    for minutes in range(3):
        it_is(worker, TEN + timedelta(minutes=2 * minutes))
        await drain(worker)
    assert await number_of_written(twenty) == 1
    backlog = await inbox.backlog()
    assert (backlog.due, backlog.parked, worker.reason) == (0, 0, None)
    fails = False
    it_is(worker, TEN + timedelta(minutes=10))
    await drain(worker)
    assert await people_of_tasks(twenty) == [jane]
    assert await number_of_written(twenty) == 1


async def test_a_task_that_fails_keeps_no_other_back(
    twenty: TwentySandbox, client: TwentyClient, inbox: Inbox, make_worker: MakeWorker, assignee: Settings
) -> None:
    numbers = [f"+3363998{number:04}" for number in range(9)]
    people = [await create_person(twenty, f"P {number}", primaryPhoneNumber=number) for number in numbers]
    fails = True

    def raise_it(name: str, variables: Any) -> None:
        if fails and name == "UpsertTaskTargets" and people[4] in repr(variables):
            raise TwentyFailed("unknown code")

    worker = make_worker(Client(client, before=raise_it), assignee)
    for number in numbers:
        await put_missed(inbox, number)
    await drain(worker)
    others = [person for person in people if person != people[4]]
    assert await people_of_tasks(twenty) == sorted(["", *others])
    fails = False
    it_is(worker, TEN + timedelta(hours=2))
    await drain(worker)
    assert await people_of_tasks(twenty) == sorted(people)


async def test_without_the_right_to_tasks_calls_are_written_and_the_task_comes_with_the_right(
    twenty: TwentySandbox, client: TwentyClient, inbox: Inbox, make_worker: MakeWorker, assignee: Settings
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    is_allowed = False

    def refuse(name: str, _variables: Any) -> None:
        if not is_allowed and name == "CreateTasks":
            raise TwentyDenied("no permission", code="twenty.forbidden")

    worker = make_worker(Client(client, before=refuse), assignee)
    for _ in range(2):
        sid = await put_missed(inbox)
        with pytest.raises(TwentyDenied):
            await worker.drain_once()
        assert sid in await phone_calls(twenty)
    assert (await inbox.backlog()).due == 0
    is_allowed = True
    await drain(worker)
    assert await people_of_tasks(twenty) == [jane]


async def test_a_call_that_was_answered_after_all_before_its_task_was_made_has_none(
    twenty: TwentySandbox, client: TwentyClient, inbox: Inbox, make_worker: MakeWorker, assignee: Settings
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    fails = True

    def raise_it(name: str, _variables: Any) -> None:
        # The task is there, only without its target.
        if fails and name == "UpsertTaskTargets":
            raise TwentyUnavailable("down")

    worker = make_worker(Client(client, before=raise_it), assignee)
    sid = await put_missed(inbox)
    await drain(worker)
    assert await people_of_tasks(twenty) == [""]
    fails = False
    await put_answered(inbox, sid)
    await drain(worker)
    assert await people_of_tasks(twenty) == []


async def test_of_a_call_that_is_forgotten_no_task_is_made(
    twenty: TwentySandbox, client: TwentyClient, inbox: Inbox, make_worker: MakeWorker, assignee: Settings
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)

    def raise_it(name: str, _variables: Any) -> None:
        if name == "ExistingTasks":
            raise TwentyUnavailable("down")

    await put_missed(inbox)
    await drain(make_worker(Client(client, before=raise_it), assignee))
    assert await purge(inbox, before=TEN + timedelta(days=1)) == 1
    worker: Worker = make_worker(client, assignee)
    it_is(worker, TEN + timedelta(hours=1))
    await drain(worker)
    assert await people_of_tasks(twenty) == []
