"""The stages in their order: what becomes of calls by what Twenty answers. On SQLite, without a Twenty."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from bridge.calls.activity import record_id
from bridge.calls.agents import Agents
from bridge.calls.callback import Callback, Kind
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
from bridge.sync.stages.isolation import Isolation
from bridge.sync.stages.pipeline import Pipeline, _is_lone
from bridge.sync.stages.prepare import Policy, Preparation, Prepared, Unprepared
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from bridge.twenty.writing.bisection import Batches, Refused
from bridge.twenty.writing.plan import Write
from bridge.twenty.writing.writers import KINDS, RecordState, Writes
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


Answer = Exception | Refused | Callable[[], Refused | Awaitable[Refused]]


@dataclass
class Writer:
    """Answers each batch by the next of these, and then takes all."""

    answers: list[Answer] = field(default_factory=list)
    written: list[set[str]] = field(default_factory=list)
    deleted: Collection[str] = ()
    """Calls that a user deleted."""

    async def write(self, writes: Sequence[Write]) -> Refused:
        self.written.append({write.sid for write in writes})
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Exception):
            raise answer
        answered = answer() if callable(answer) else answer
        return await answered if isinstance(answered, Awaitable) else answered

    async def states(self, call_sids: Collection[str]) -> dict[str, RecordState]:
        return {sid: RecordState(deleted=sid in self.deleted) for sid in call_sids}


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
    async with staged(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as stage:
        yield stage


@asynccontextmanager
async def staged(database_url: str) -> AsyncIterator[Stage]:
    twenty, writer, reminding = Twenty(), Writer(), Reminding()
    batches, directory = Batches(twenty), Directory(region="FR")
    policy = Policy(texts=ENGLISH, links=LINKS, region="FR")
    async with open_inbox(database_url) as inbox:
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
    ("answer", "reminds", "outcomes"),
    [
        ({}, True, ["written"]),
        # One call is at fault, and tasks of others do not wait for it.
        (TwentyFailed("unknown code"), True, ["failed"]),
        (ValueError("a bug"), True, []),
        (TwentyUnavailable("down"), False, ["failed"]),
        (TwentyOverLimit("busy"), False, ["failed"]),
        (TwentyDenied("no right", code="twenty.forbidden"), False, ["failed"]),
    ],
)
async def test_tasks_are_made_unless_twenty_takes_nothing(
    stage: Stage, answer: Exception | Refused, outcomes: list[str], *, reminds: bool
) -> None:
    sid = await stage.missed()
    stage.writer.answers = [answer]
    if isinstance(answer, Exception):
        with pytest.raises(type(answer)):
            await stage.pipeline.once()
    else:
        assert await stage.pipeline.once() == 1
    assert stage.reminding.rounds == int(reminds)
    assert await stage.outcomes(sid) == outcomes
    # A whole batch waits with the worker, but for one at which Twenty itself failed.
    waits = await stage.inbox.claim_deferred(9, now=TEN + timedelta(seconds=1))
    assert [due.root_sid for due in waits] == ([sid] if isinstance(answer, TwentyFailed) else [])
    assert await stage.state(sid) is (State.DUE if isinstance(answer, Exception) else State.SETTLED)


async def test_where_nothing_is_due_tasks_are_made_all_the_same(stage: Stage) -> None:
    assert (await stage.pipeline.once(), stage.reminding.rounds, stage.writer.written) == (0, 1, [])


async def test_what_twenty_refuses_is_parked_and_the_others_are_settled(stage: Stage) -> None:
    refused, taken = await stage.missed(), await stage.missed()
    stage.writer.answers = [{refused: TwentyRefused("status")}]
    assert await stage.pipeline.once() == 2
    assert [await stage.state(sid) for sid in (refused, taken)] == [State.PARKED, State.SETTLED]
    assert [await stage.outcomes(sid) for sid in (refused, taken)] == [["parked"], ["written"]]
    # No person is gone.
    assert stage.directory.changes == 0
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
    assert [await stage.outcomes(sid) for sid in (there, elsewhere)] == [["failed"], ["parked"]]
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


@pytest.mark.parametrize("database", ["sqlite_file", "postgres_url"])
async def test_people_whose_change_another_replica_reports_during_a_write_are_matched_anew(
    request: pytest.FixtureRequest, database: str
) -> None:
    """Of SQLite there is no other replica."""
    place, is_shared = request.getfixturevalue(database), database == "postgres_url"
    async with staged(place if is_shared else f"sqlite+aiosqlite:///{begin(place)}") as stage:
        janes = await stage.missed()

        async def report() -> Refused:
            await Checkpoints(stage.inbox).save(RELINKED, TEN)
            return {}

        stage.writer.answers = [report]
        await stage.pipeline.once()
        assert await stage.due() == ({janes} if is_shared else set())


async def test_a_call_that_has_its_person_makes_no_other_of_its_number_due(stage: Stage) -> None:
    of_nobody, of_jane = [await stage.missed(at=at) for at in range(2)]
    await stage.settled(of_nobody)
    await stage.settled(of_jane, match=Match(Person("p1", "Jane Doe")))
    await stage.inbox.store(told(Kind.RECORDING, of_jane, at=50, RecordingSid="RE1", RecordingUrl="/"))

    def change() -> Refused:
        stage.directory.forget()
        return {}

    stage.writer.answers = [change]
    await stage.pipeline.once()
    assert (stage.writer.written, await stage.due()) == ([{of_jane}], set())


async def test_a_call_that_a_user_deleted_is_not_matched_anew(stage: Stage) -> None:
    gone = await stage.missed()
    await stage.settled(gone, match=None)
    await stage.inbox.store(told(Kind.RECORDING, gone, at=50, RecordingSid="RE1", RecordingUrl="/"))
    stage.writer.deleted = {gone}

    def change() -> Refused:
        stage.directory.forget()
        return {}

    stage.writer.answers = [change]
    await stage.pipeline.once()
    assert (stage.writer.written, await stage.due()) == ([set()], set())
    assert await stage.outcomes(gone) == ["written", "skipped"]


class Noting(Preparation):
    """Notes what it is asked, and finds agents to leave out."""

    def __init__(self, real: Preparation) -> None:
        vars(self).update(vars(real))
        self.asked: list[Any] = []

    async def prepare(
        self, writes: Writes, claimed: Sequence[DueCall], *, now: datetime, took_over: bool = False
    ) -> tuple[list[Prepared], list[Unprepared]]:
        self.asked.append((now, took_over))
        return await super().prepare(writes, claimed, now=now, took_over=took_over)

    async def targets_gone(self, refused: Iterable[Prepared]) -> None:
        self.asked.append({p.due.root_sid for p in refused})
        await super().targets_gone(refused)

    def leave_agents_out(self, refused: Iterable[Prepared]) -> bool:
        self.asked.append([p.due.root_sid for p in refused])
        return True


@pytest.fixture
def noting(stage: Stage) -> Noting:
    stage.pipeline._preparation = noting = Noting(stage.pipeline._preparation)
    return noting


async def test_a_call_is_tried_with_people_read_anew_and_then_without_its_agents(
    stage: Stage, noting: Noting
) -> None:
    again, never, taken = [await stage.missed(at=at) for at in range(3)]
    gone = TargetGone("the agent was deleted")
    stage.writer.answers = [{again: gone, never: gone}, {again: gone, never: gone}, {never: gone}]
    await stage.pipeline.once()
    assert stage.writer.written == [{again, never, taken}, {again, never}, {again, never}]
    prepared = (TEN, False)
    assert noting.asked == [prepared, {again, never}, prepared, [again, never], prepared]
    states = [await stage.state(sid) for sid in (again, never, taken)]
    assert states == [State.SETTLED, State.PARKED, State.SETTLED]


async def test_the_first_batch_is_prepared_as_one_that_the_process_before_may_have_written(
    stage: Stage, noting: Noting
) -> None:
    for takes_over in (True, False):
        await stage.missed()
        if takes_over:
            stage.pipeline.take_over()
            stage.pipeline.writing._writer = stage.writer
        await stage.pipeline.once()
        stage.pipeline.writing.is_through()
    assert noting.asked == [(TEN, True), (TEN, False)]


async def test_calls_that_failed_before_come_after_new_ones_which_show_that_twenty_takes_calls(
    stage: Stage,
) -> None:
    bad = await stage.missed()
    await stage.inbox.defer([await stage.claimed(bad)], "unknown code", until=TEN, now=TEN)
    good = await stage.missed()
    failed = TwentyFailed("unknown code")
    stage.writer.answers = [{}, failed]
    assert await stage.pipeline.once() == 2
    assert stage.writer.written == [{good}, {bad}]
    assert [await stage.state(sid) for sid in (good, bad)] == [State.SETTLED, State.DUE]
    [waits] = await stage.inbox.claim_deferred(9, now=TEN + timedelta(seconds=2))
    assert (waits.root_sid, waits.deferrals) == (bad, 2)
    await stage.inbox.defer([waits], "unknown code", until=TEN, now=TEN)
    # Where none shows it, all may fail.
    stage.writer.answers = [failed]
    with pytest.raises(TwentyFailed):
        await stage.pipeline.once()


async def test_what_failed_by_itself_waits_longer_than_what_was_not_tried(stage: Stage) -> None:
    sids = [await stage.missed(at=at) for at in range(3)]
    for _ in range(7):
        due = [*await stage.inbox.claim(9), *await stage.inbox.claim_deferred(9, now=TEN)]
        await stage.inbox.defer(due, "before", until=TEN, now=TEN)
    calls = {call.root_sid: call for call in await stage.inbox.claim_deferred(9, now=TEN)}
    bad, untried, good = [calls[sid] for sid in sids]

    async def write(some: Sequence[DueCall]) -> None:
        raise NotImplementedError

    isolation = Isolation(write)
    isolation.failed, isolation.untried = {bad.root_sid: TwentyFailed("unknown code")}, [untried]
    with capture_logs() as logged:
        await stage.pipeline._defer(isolation, [bad, untried, good])
    assert [line["call_sid"] for line in logged] == [bad.root_sid]
    for seconds, ready in ((59, [good]), (60, [good, untried]), (128, [good, untried, bad])):
        claimed = await stage.inbox.claim_deferred(9, now=TEN + timedelta(seconds=seconds))
        assert [due.root_sid for due in claimed] == [call.root_sid for call in ready]
    errors = [call and call.error for call in [await known_call(stage.inbox, sid) for sid in sids]]
    assert errors == [f"{TwentyFailed.code}: unknown code", "bridge.error: its batch failed", "before"]


LEG = (
    told(Kind.STATUS, "CA" + "9" * 32, Direction="outbound-dial", To="client:alice", CallStatus="completed"),
)
CALL = tuple(incoming("CA" + "9" * 32, JANES))


@pytest.mark.parametrize(
    ("callbacks", "more", "is_lone"),
    [
        (LEG, {}, True),
        (CALL, {}, False),
        # What Twenty shows, or can show, as a call stays one until its call is known.
        (LEG, {"written": b"1"}, False),
        (LEG, {"tried": True}, False),
        (CALL, {"leg_of": "CA1"}, True),
        (LEG, {"leg_of": "CA1", "written": b"1"}, True),
        (CALL, {"leg_of": "CA1", "tried": True}, True),
    ],
)
def test_which_callbacks_are_of_a_leg_that_did_not_name_its_call(
    callbacks: tuple[Callback, ...], more: dict[str, Any], *, is_lone: bool
) -> None:
    usual: dict[str, Any] = {"match": None, "former_id": None, "written": None, "settled_at": None}
    due = DueCall(**{"root_sid": "CA9", "revision": 1, "callbacks": callbacks, **usual, **more})
    assert _is_lone(due) is is_lone


async def test_legs_that_twenty_shows_as_calls_are_due_once_their_call_was_written(stage: Stage) -> None:
    root, leg = await stage.missed(), new_sid()
    await stage.inbox.store(told(Kind.STATUS, leg, at=5, To="client:alice", CallStatus="completed"))
    await stage.settled(leg)
    await stage.inbox.store(told(Kind.DIAL, root, at=40, DialCallSid=leg, DialCallStatus="completed"))
    assert await stage.due() == {root}
    await stage.pipeline.once()
    assert (stage.writer.written, await stage.due()) == ([{root}], {leg})


def test_the_time_is_this_machines_unless_another_clock_is_given(stage: Stage) -> None:
    theirs, batches = stage.pipeline, Batches(stage.twenty)
    pipeline = Pipeline(
        stage.inbox,
        stage.twenty,
        batches=batches,
        directory=stage.directory,
        preparation=theirs._preparation,
        reminders=None,
        live=lambda: True,
    )
    now = datetime.now(UTC)
    assert now <= pipeline._clock() <= now + timedelta(minutes=1)


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
