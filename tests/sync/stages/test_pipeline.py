"""The stages in their order: what becomes of calls by what Twenty answers. On SQLite, without a Twenty."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from bridge.calls.activity import record_id
from bridge.calls.agents import Agents
from bridge.calls.callback import Kind
from bridge.calls.people.matching import Match, Person
from bridge.calls.texts import ENGLISH
from bridge.errors import (
    Duplicate,
    TargetGone,
    TwentyDenied,
    TwentyFailed,
    TwentyOverLimit,
    TwentyRefused,
    TwentyUnavailable,
)
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.queries import State, attempts_of, known_call
from bridge.inbox.requeue import RELINKED
from bridge.inbox.rows import AttemptOutcome, DueCall, Settled
from bridge.inbox.store import Inbox, open_inbox
from bridge.sync.stages.pipeline import Pipeline
from bridge.sync.stages.prepare import Policy, Preparation
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from bridge.twenty.writing.bisection import Batches, Refused
from bridge.twenty.writing.plan import Write
from bridge.twenty.writing.writers import KINDS, RecordState
from tests.databases import begin
from tests.inbox.support import incoming, kept
from tests.support import LINKS, TEN, new_sid, told

JANES, JOHNS = "+33639980001", "+33639980002"
LATE = 61
"""Seconds after which no earlier write takes effect."""


@dataclass
class Twenty:
    """A workspace without people; notes what else is sent to it."""

    sent: list[tuple[str, Any]] = field(default_factory=list)

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        self.sent.append((name, variables.get("ids")))
        nothing = {"edges": [], "pageInfo": {"hasNextPage": False}}
        types = {"phoneCall": None, "timelineActivity": None}
        return {"people": nothing, "workspaceMembers": nothing, **types}

    async def execute_metadata(self, name: str, **_variables: Any) -> dict[str, Any]:
        raise NotImplementedError(name)

    def asked(self, name: str) -> int:
        return sum(operation == name for operation, _ in self.sent)


Answer = Exception | Refused | Callable[[], Refused]


@dataclass
class Writer:
    """Answers each batch by the next of these, and then takes all."""

    answers: list[Answer] = field(default_factory=list)
    written: list[set[str]] = field(default_factory=list)

    async def write(self, writes: Sequence[Write]) -> Refused:
        self.written.append({write.sid for write in writes})
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    async def states(self, call_sids: Collection[str]) -> dict[str, RecordState]:
        return {sid: RecordState(deleted=False) for sid in call_sids}


@dataclass
class Reminding:
    rounds: int = 0

    async def once(self) -> None:
        self.rounds += 1


@dataclass
class Stage:
    inbox: Inbox
    twenty: Twenty
    writer: Writer
    directory: Directory
    reminding: Reminding
    pipeline: Pipeline

    async def missed(self, number: str = JANES, *, at: float = 0) -> str:
        return await kept(self.inbox, *incoming(new_sid(), number, at=at))

    async def claimed(self, sid: str) -> DueCall:
        [due] = [due for due in await self.inbox.claim(50) if due.root_sid == sid]
        return due

    async def settled(self, sid: str, **more: Any) -> None:
        """As an earlier process has settled it, without a person."""
        due = await self.claimed(sid)
        usual = Settled(
            root_sid=sid, revision=due.revision, number=JANES, match=Match(None), written=b"1" * 16
        )
        await self.inbox.settle([replace(usual, **more)], now=TEN)

    async def due(self) -> set[str]:
        return {due.root_sid for due in await self.inbox.claim(50)}

    async def state(self, sid: str) -> State:
        call = await known_call(self.inbox, sid)
        assert call
        return call.state

    async def outcomes(self, sid: str) -> list[AttemptOutcome]:
        return [attempt.outcome for attempt in await attempts_of(self.inbox, sid)]


@pytest.fixture
async def stage(sqlite_file: Path) -> AsyncIterator[Stage]:
    twenty, writer, reminding = Twenty(), Writer(), Reminding()
    batches, directory = Batches(twenty), Directory(region="FR")
    policy = Policy(texts=ENGLISH, links=LINKS, region="FR")
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:
        pipeline = Pipeline(
            inbox,
            twenty,
            batches=batches,
            directory=directory,
            preparation=Preparation(twenty, batches, directory, Members(Agents()), policy),
            reminders=None,
            live=lambda: True,
            clock=lambda: TEN,
        )
        pipeline._reminding = reminding  # type: ignore[assignment]
        pipeline.writing._writer, pipeline.writing._writer_until = writer, float("inf")
        pipeline.writing.is_through()
        yield Stage(inbox, twenty, writer, directory, reminding, pipeline)


async def test_who_takes_over_looks_again_at_what_the_process_before_left(stage: Stage) -> None:
    readable, relinked, failed, other = [await stage.missed(at=at) for at in range(4)]
    await stage.settled(readable, unread=Kind.NOTE.value, match=Match(Person("p1", "Jane Doe")))
    await stage.settled(other, match=Match(Person("p1", "Jane Doe")))
    await stage.settled(relinked)
    await stage.inbox.failed([await stage.claimed(failed)], "down", now=TEN)
    # People changed while that call was under way.
    await Checkpoints(stage.inbox).save(RELINKED, TEN)
    await stage.pipeline.begin()
    assert await stage.due() == {failed}
    stage.pipeline.take_over()
    assert stage.directory.changes == 1
    await stage.pipeline.begin()
    assert await stage.due() == {failed, readable, relinked}
    late = asyncio.get_running_loop().time() + LATE
    assert stage.pipeline.writing._uncertain.over(now=late) == {failed}


@pytest.mark.parametrize(
    ("answer", "reminds"),
    [
        ({}, True),
        # One call is at fault, and tasks of others do not wait for it.
        (TwentyFailed("unknown code"), True),
        (ValueError("a bug"), True),
        (TwentyUnavailable("down"), False),
        (TwentyOverLimit("busy"), False),
        (TwentyDenied("no right", code="twenty.forbidden"), False),
    ],
)
async def test_tasks_are_made_unless_twenty_takes_nothing(
    stage: Stage, answer: Exception | Refused, *, reminds: bool
) -> None:
    sid = await stage.missed()
    stage.writer.answers = [answer]
    if isinstance(answer, Exception):
        with pytest.raises(type(answer)):
            await stage.pipeline.once()
    else:
        assert await stage.pipeline.once() == 1
    assert stage.reminding.rounds == int(reminds)
    assert await stage.state(sid) is (State.DUE if isinstance(answer, Exception) else State.SETTLED)


async def test_where_nothing_is_due_tasks_are_made_all_the_same(stage: Stage) -> None:
    assert (await stage.pipeline.once(), stage.reminding.rounds, stage.writer.written) == (0, 1, [])


async def test_what_twenty_refuses_is_parked_and_the_others_are_settled(stage: Stage) -> None:
    refused, taken = await stage.missed(), await stage.missed()
    stage.writer.answers = [{refused: TwentyRefused("status")}]
    assert await stage.pipeline.once() == 2
    assert [await stage.state(sid) for sid in (refused, taken)] == [State.PARKED, State.SETTLED]
    assert [await stage.outcomes(sid) for sid in (refused, taken)] == [["parked"], ["written"]]
    assert await stage.due() == set()


async def test_a_call_whose_person_is_gone_is_matched_anew_once(stage: Stage) -> None:
    again, never, taken = [await stage.missed(at=at) for at in range(3)]
    gone = TargetGone("the person was deleted")
    stage.writer.answers = [{again: gone, never: gone}, {never: gone}]
    await stage.pipeline.once()
    assert stage.writer.written == [{again, never, taken}, {again, never}]
    assert stage.directory.changes == 1
    states = [await stage.state(sid) for sid in (again, never, taken)]
    assert states == [State.SETTLED, State.PARKED, State.SETTLED]


async def test_a_call_that_an_earlier_write_brought_to_twenty_asks_how_it_stands(stage: Stage) -> None:
    there, elsewhere = await stage.missed(), await stage.missed()
    stage.writer.answers = [
        {there: Duplicate("exists", there={"id": "1"}), elsewhere: Duplicate("another record's")}
    ]
    await stage.pipeline.once()
    assert [await stage.state(sid) for sid in (there, elsewhere)] == [State.DUE, State.PARKED]
    [due] = await stage.inbox.claim(9)
    assert (due.root_sid, due.tried) == (there, True)
    await stage.pipeline.once()
    assert stage.writer.written == [{there, elsewhere}, {there}]
    assert await stage.state(there) is State.SETTLED


async def test_people_who_change_during_a_write_are_matched_anew(stage: Stage) -> None:
    janes, withheld = await stage.missed(), await stage.missed("anonymous")

    def change() -> Refused:
        stage.directory.forget()
        return {}

    stage.writer.answers = [change]
    await stage.pipeline.once()
    assert await stage.due() == {janes}
    await stage.pipeline.once()
    assert (await stage.due(), await stage.state(withheld)) == (set(), State.SETTLED)


async def test_a_schema_is_read_for_the_sake_of_refused_calls_alone(stage: Stage) -> None:
    """What Twenty refused it can take now: an option of a field is back."""
    stage.pipeline.writing._writer_until = 0.0
    await stage.pipeline.once()
    assert stage.twenty.asked("WorkspaceSchema") == 0
    sid = await stage.missed()
    await stage.inbox.park(await stage.claimed(sid), "status", now=TEN)
    await stage.pipeline.once()
    assert (stage.twenty.asked("WorkspaceSchema"), await stage.due()) == (1, {sid})


async def test_one_call_that_fails_waits_by_itself_and_longer_each_time(stage: Stage) -> None:
    bad, good = await stage.missed(at=1), await stage.missed()
    # Together, then the last one, the first one, and the last one once more as half of them.
    failed = TwentyFailed("unknown code")
    stage.writer.answers = [failed, failed, {}]
    await stage.pipeline.once()
    assert [await stage.state(sid) for sid in (bad, good)] == [State.DUE, State.SETTLED]
    assert await stage.due() == set()
    [waits] = await stage.inbox.claim_deferred(9, now=TEN + timedelta(seconds=1))
    assert (waits.root_sid, waits.deferrals) == (bad, 1)


async def test_a_kind_of_a_newer_version_is_told_once_and_broken_calls_are_parked(stage: Stage) -> None:
    newer, broken = await stage.missed(), await stage.missed()
    sql = "UPDATE callbacks SET {} WHERE root_sid = '{}'"
    async with stage.inbox._database.writing.begin() as connection:
        await connection.exec_driver_sql(sql.format("kind = 'hologram'", newer))
        await connection.exec_driver_sql(sql.format("received_at = 'once'", broken))
    with capture_logs() as logged:
        await stage.pipeline.once()
        await stage.missed()
        await stage.pipeline.once()
    told_of = [line["kind"] for line in logged if line["event"] == "inbox.callbacks_of_newer_version"]
    assert told_of == ["hologram"]
    assert [await stage.state(sid) for sid in (newer, broken)] == [State.DUE, State.PARKED]
    assert await stage.due() == set()


async def test_a_leg_that_was_shown_as_a_call_is_taken_back_and_its_call_written_anew(stage: Stage) -> None:
    root, shown, unseen, lone = await stage.missed(), new_sid(), new_sid(), new_sid()
    for leg in (shown, unseen):
        await stage.inbox.store(told(Kind.STATUS, leg, at=5, To="client:alice", CallStatus="completed"))
    await stage.settled(root)
    await stage.settled(shown)
    for at, leg in enumerate((shown, unseen)):
        await stage.inbox.store(
            told(Kind.DIAL, root, at=40 + at, DialCallSid=leg, DialCallStatus="completed")
        )
        await stage.inbox.store(told(Kind.RECORDING, leg, at=50, RecordingSid=f"RE{leg[2:]}"))
    await stage.settled(root)
    # A leg whose call is not known yet waits for it.
    to: Any = {"Direction": "outbound-dial", "To": "client:alice"}
    await stage.inbox.store(told(Kind.STATUS, lone, CallStatus="completed", **to))
    assert await stage.due() == {shown, unseen, lone}
    assert await stage.pipeline.once() == 3
    assert [ids for name, ids in stage.twenty.sent if name in KINDS] == [
        [record_id(kind, shown)] for kind in KINDS.values()
    ]
    assert await stage.due() == {root}
    assert stage.writer.written in ([], [set()])
    assert [await stage.outcomes(leg) for leg in (unseen, lone)] == [["skipped"]] * 2
