"""Which missed calls make a task, whose, and what it says: decided from what SQLite has of them."""

from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select
from structlog.testing import capture_logs

from bridge.calls.agents import Agents, Identity
from bridge.calls.callback import Kind
from bridge.calls.fold.call import Call, CallStatus, Direction, Recording, fold
from bridge.calls.people.matching import Match, Person
from bridge.calls.texts import ENGLISH
from bridge.calls.transcripts.conversation import Spoken
from bridge.calls.transcripts.segments import Role, Segment, Speaker, Transcript
from bridge.errors import (
    BridgeError,
    InboxUnavailable,
    Standby,
    TwentyDenied,
    TwentyFailed,
    TwentyRefused,
    TwentyUnavailable,
)
from bridge.inbox.reminders import due_reminders
from bridge.inbox.rows import DueCall, Settled
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import callbacks, calls
from bridge.sync.stages.prepare import Prepared
from bridge.sync.stages.remind import Reminders, Reminding, day_of, is_missed
from bridge.twenty.people.members import Members
from bridge.twenty.writing.bisection import Batches
from bridge.twenty.writing.rich_text import rich_text
from bridge.twenty.writing.tasks import key_of
from tests.databases import begin
from tests.inbox.support import incoming, kept
from tests.support import LINKS, TEN, lines_of, new_sid, told

NUMBER, OTHER = "+33639980001", "+33639980002"
JANE, JOHN = Person("p1", "Jane Doe", owner_id="m1"), Person("p2", "John Doe")
DUE_IN = timedelta(hours=24)
EAST = timezone(timedelta(hours=14))
TODAY = date(2026, 11, 22)


class Twenty:
    """A workspace with one member; raises an error where an operation is sent that `fails`."""

    def __init__(self, error: Exception | None = None, fails: str = "WorkspaceMembers") -> None:
        self.made: list[dict[str, Any]] = []
        self.error = error
        self._fails = fails

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        if self.error and name == self._fails:
            raise self.error
        if name == "CreateTasks":
            self.made += variables["data"]
        if name != "WorkspaceMembers":
            return {"tasks": {"edges": []}}
        node = {"id": "m2", "userEmail": "Desk@Example.com", "name": {"firstName": "Desk", "lastName": ""}}
        return {"workspaceMembers": {"edges": [{"node": node}], "pageInfo": {"hasNextPage": False}}}

    async def execute_metadata(self, name: str, **_variables: Any) -> dict[str, Any]:
        raise NotImplementedError(name)


@pytest.fixture
async def inbox(sqlite_file: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as opened:
        yield opened


@pytest.fixture
async def reminders(inbox: Inbox) -> Reminders:
    members = Members(Agents())
    await members.refresh(Twenty())
    return Reminders(
        inbox=inbox, members=members, texts=ENGLISH, assignee="desk@example.com", due_in=DUE_IN, links=LINKS
    )


def missed(**more: Any) -> Call:
    return replace(fold(incoming("CA" + "1" * 32, NUMBER)), **more)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, True),
        ({"status": CallStatus.VOICEMAIL}, True),
        ({"status": CallStatus.COMPLETED}, False),
        ({"direction": Direction.OUTBOUND}, False),
        ({"ended": False}, False),
        # Its answer can still be under way.
        ({"certain": False}, False),
        # A customer who was left on hold, whoever called.
        ({"status": CallStatus.COMPLETED, "left_alone": True}, True),
        ({"direction": Direction.OUTBOUND, "left_alone": True}, True),
        ({"left_alone": True, "certain": False}, False),
    ],
)
def test_which_calls_are_missed(more: dict[str, Any], expected: bool) -> None:
    assert is_missed(missed(**more)) is expected


OF_JANE = Match(JANE)


def prepared(
    match: Match | None = OF_JANE, *, news: bool = True, call: Call | None = None, **due: Any
) -> Prepared:
    usual: dict[str, Any] = {"match": match, "former_id": None, "written": b"before", "settled_at": None}
    row = DueCall(root_sid="CA1", revision=1, callbacks=(), **usual, **due)
    write: Any = object()
    return Prepared(row, call or missed(), None, match, write, b"now" if news else b"before")


@pytest.mark.parametrize(
    ("prepared", "concerns"),
    [
        (prepared(), True),
        (prepared(news=False), False),
        (prepared(call=missed(certain=False)), False),
        (prepared(Match(None)), False),
        (prepared(None), False),
        # It is to be looked at already.
        (prepared(news=False, reminding=True), True),
        # It has a task: news of it, or that it is a leg of another call, change that.
        (prepared(reminded=True), True),
        (prepared(reminded=True, call=missed(status=CallStatus.COMPLETED)), True),
        (prepared(reminded=True, news=False), False),
        (prepared(reminded=True, news=False, leg_of="CA2"), True),
        (prepared(news=False, leg_of="CA2"), False),
    ],
)
async def test_whether_a_calls_task_is_looked_at(
    reminders: Reminders, prepared: Prepared, concerns: bool
) -> None:
    assert reminders.concern(prepared, now=TEN) is concerns


async def test_no_task_is_overdue_as_it_is_made_or_without_an_assignee(reminders: Reminders) -> None:
    start = missed().started_at
    assert reminders.concern(prepared(), now=start + DUE_IN - timedelta(seconds=1))
    assert not reminders.concern(prepared(), now=start + DUE_IN)
    assert reminders.concern(prepared(Match(JOHN)), now=TEN)
    for assignee in (None, "nobody@example.com"):
        without = replace(reminders, assignee=assignee)
        assert without.concern(prepared(), now=TEN)
        assert not without.concern(prepared(Match(JOHN)), now=TEN)


def test_the_day_of_a_call_is_the_offices(reminders: Reminders) -> None:
    assert [day_of(missed(), zone) for zone in (reminders.zone, EAST)] == [TODAY, date(2026, 11, 23)]


async def settle(
    inbox: Inbox, sid: str, *, person: Person | None = JANE, number: str = NUMBER, at: float = 0, **more: Any
) -> str:
    if sid not in {call.root_sid for call in await inbox.claim(50)}:
        await kept(inbox, *incoming(sid, number, at=at))
    [due] = [call for call in await inbox.claim(50) if call.root_sid == sid]
    new = Settled(root_sid=sid, revision=due.revision, number=number, match=Match(person), written=b"1")
    await inbox.settle([replace(new, **{"reminding": True, **more})], now=TEN)
    return sid


async def claimed(inbox: Inbox) -> list[DueCall]:
    return await due_reminders(inbox, 50, now=TEN)


def body(blocks: Any) -> list[str]:
    return lines_of(rich_text(blocks)["blocknote"])


async def test_all_missed_calls_of_a_person_and_day_are_one_task(inbox: Inbox, reminders: Reminders) -> None:
    late, early = new_sid(), new_sid()
    await settle(inbox, late, at=7200, number=OTHER)
    await settle(inbox, early, at=0)
    tomorrow = await settle(inbox, new_sid(), at=86_400)
    johns = await settle(inbox, new_sid(), person=Person("p2", ""))
    await settle(inbox, new_sid(), person=None)
    plan = await reminders.plan(await claimed(inbox), now=TEN)
    assert (plan.with_task, plan.withdrawn) == ({late, early, tomorrow, johns}, set())
    by_key = {one.key: one for one in plan.reminders}
    assert by_key.keys() == {key_of("p1", TODAY), key_of("p1", date(2026, 11, 23)), key_of("p2", TODAY)}
    janes = by_key[key_of("p1", TODAY)]
    assert (janes.person_id, janes.day, janes.title) == ("p1", TODAY, "Call back Jane Doe")
    assert (janes.assignee_id, janes.due_at) == ("m1", TEN + timedelta(hours=26))
    assert (janes.is_new, janes.unsure) == (True, True)
    assert body(janes.body) == [
        f"- Number to call: [+33 6 39 98 00 01](tel:{NUMBER})",
        f"- Number to call: [+33 6 39 98 00 02](tel:{OTHER})",
        "- Missed calls: 2",
        "- 2026-11-22 10:00 UTC",
        "- 2026-11-22 12:00 UTC",
    ]
    of_john = by_key[key_of("p2", TODAY)]
    assert (of_john.title, of_john.assignee_id) == ("Call back +33 6 39 98 00 01", "m2")


async def test_a_task_that_is_there_has_its_earlier_calls_too(inbox: Inbox, reminders: Reminders) -> None:
    await settle(inbox, new_sid(), reminding=False, reminded=True)
    await settle(inbox, new_sid(), at=60, person=Person("p1", "", owner_id="m1"))
    [plan] = (await reminders.plan(await claimed(inbox), now=TEN)).reminders
    assert (plan.is_new, plan.unsure, plan.title) == (True, False, "Call back Jane Doe")
    assert "- Missed calls: 2" in body(plan.body)


async def test_a_call_that_has_its_task_is_no_new_one_however_late_it_is(
    inbox: Inbox, reminders: Reminders
) -> None:
    sid = await settle(inbox, new_sid(), reminded=True)
    plan = await reminders.plan(await claimed(inbox), now=TEN + 2 * DUE_IN)
    [reminder] = plan.reminders
    assert (reminder.is_new, reminder.unsure, plan.with_task) == (False, False, {sid})
    assert "- Missed calls: 1" in body(reminder.body)
    overdue = await settle(inbox, new_sid(), person=JOHN)
    plan = await reminders.plan([c for c in await claimed(inbox) if c.root_sid == overdue], now=TEN + DUE_IN)
    assert plan.with_task == set()
    assert [one.is_new for one in plan.reminders] == [False]


async def test_a_task_has_the_name_of_its_person_whichever_call_tells_it(
    inbox: Inbox, reminders: Reminders
) -> None:
    nameless = Person("p1", "", owner_id="m1")
    for people in ((nameless, JANE, nameless), (JANE, nameless)):
        sids = [await settle(inbox, new_sid(), person=one, at=at) for at, one in enumerate(people)]
        calls = {due.root_sid: due for due in await claimed(inbox)}
        [plan] = (await reminders.plan([calls[sid] for sid in sids], now=TEN)).reminders
        assert plan.title == "Call back Jane Doe"
    # It was of Jane, and of John meanwhile.
    [plan] = (await reminders.plan([replace(calls[sids[0]], formerly=("p1",))], now=TEN)).reminders
    assert plan.title == "Call back Jane Doe"


async def test_what_a_task_says_of_callers_without_a_number_and_without_an_assignee(
    inbox: Inbox, reminders: Reminders
) -> None:
    early, late = sorted(new_sid() for _ in range(2))
    await settle(inbox, late, number="sip:bob@example.com", reminded=True)
    await settle(inbox, early, number="0639980001", reminded=True)
    # A call that has the task, and was answered after all, is no call to return.
    await settle(inbox, answered := new_sid(), reminding=False, reminded=True)
    leg: Any = {"CallStatus": "completed", "CallDuration": "60", "From": NUMBER, "To": "client:alice"}
    await inbox.store(told(Kind.STATUS, f"{answered[:-1]}f", at=90, parent=answered, **leg))
    await settle(inbox, answered, reminded=True, reminding=False)
    of_nobody = replace(reminders, assignee=None)
    calls = [replace(due, match=Match(replace(JANE, owner_id=None))) for due in await claimed(inbox)]
    [plan] = (await of_nobody.plan(calls, now=TEN)).reminders
    assert (plan.assignee_id, plan.is_new, plan.unsure) == ("", False, False)
    assert body(plan.body) == [
        "- Number to call: 0639980001",
        "- Number to call: sip:bob@example.com",
        "- Missed calls: 2",
        "- 2026-11-22 10:00 UTC",
        "- 2026-11-22 10:00 UTC",
    ]


@pytest.mark.parametrize("number", ["anonymous", "+266696687", ""])
async def test_a_caller_who_withheld_their_number_has_none_to_call(
    inbox: Inbox, reminders: Reminders, number: str
) -> None:
    """Whose person a user chose; also one who has no name."""
    await settle(inbox, new_sid(), person=replace(JANE, name=""), number=number)
    [plan] = (await reminders.plan(await claimed(inbox), now=TEN)).reminders
    assert plan.title == "Call back Withheld number"
    assert body(plan.body) == ["- Missed calls: 1", "- 2026-11-22 10:00 UTC"]


@pytest.mark.parametrize(
    ("speaker", "person", "name"),
    [
        (Speaker(Role.AGENT, "alice"), JANE, "Desk"),
        # The call's agent, where the transcript does not say which.
        (Speaker(Role.AGENT, ""), JANE, "Desk"),
        (Speaker(Role.CUSTOMER, NUMBER), JANE, "Jane Doe"),
        (Speaker(Role.CUSTOMER, NUMBER), Person("p1", ""), "+33 6 39 98 00 01"),
    ],
)
async def test_who_said_what_in_a_missed_call(
    reminders: Reminders, speaker: Speaker, person: Person, name: str
) -> None:
    members = Members(Agents(members={"alice": "desk@example.com"}))
    await members.refresh(Twenty())
    words = [Segment(speaker, 1, 3, "Hello."), Segment(speaker, 70, 90, "x" * 2001)]
    spoken = Spoken(Transcript(segments=tuple(words), language="en", engine="openai"))
    call = missed(agents=(Identity("alice"),))
    lines = body([*replace(reminders, members=members)._said(person, call, spoken)])
    assert lines[0].startswith(f"> {name} (0:01): Hello.")
    # Of a long message the beginning, and where all of it is.
    assert sum(line.count("x") for line in lines) <= 2001
    assert LINKS.transcript(call.sid) in lines[-1]


def test_a_message_is_as_long_as_its_recordings(reminders: Reminders) -> None:
    def facts(*seconds: int | None) -> list[str]:
        recordings = tuple(
            Recording(sid=f"RE{number}", url="/", duration=one) for number, one in enumerate(seconds)
        )
        return [*reminders._facts(missed(status=CallStatus.VOICEMAIL, recordings=recordings))][1:]

    assert facts() == facts(None) == facts(0) == ["Voicemail"]
    assert facts(60, None, 17) == ["Voicemail", "1 min 17 s"]


@pytest.mark.parametrize(
    ("error", "is_raised"),
    [
        (TwentyDenied("no right", code="twenty.forbidden"), True),
        (Standby("another process drains"), True),
        (InboxUnavailable("disk full"), True),
        (TwentyUnavailable("down"), False),
        (TwentyFailed("unknown code"), False),
        (ValueError("a bug"), False),
    ],
)
async def test_which_errors_stop_tasks_and_which_are_tried_again_later(
    inbox: Inbox, reminders: Reminders, error: Exception, *, is_raised: bool
) -> None:
    sids = sorted([await settle(inbox, new_sid(), at=at) for at in range(7)])
    twenty = Twenty(error, "ExistingTasks")
    reminding = Reminding(inbox, twenty, Batches(twenty), reminders, clock=lambda: TEN)
    with capture_logs() as logged:
        if is_raised:
            with pytest.raises(type(error)):
                await reminding.once()
        else:
            await reminding.once()
    is_ours = isinstance(error, BridgeError)
    line = {
        "event": "task.deferred",
        "log_level": "warning",
        "call_sids": sids[:5],
        "calls": 7,
        "reason": f"{error.code}: {error}" if isinstance(error, BridgeError) else "ValueError",
        "seconds": 1.0,
        "exc_info": None if is_ours else error,
    }
    assert [one for one in logged if one["event"] == "task.deferred"] == ([] if is_raised else [line])
    assert len(await claimed(inbox)) == (7 if is_raised else 0)


async def test_tasks_that_fail_together_wait_a_minute_at_most_and_anew_after_a_success(
    inbox: Inbox, reminders: Reminders
) -> None:
    await settle(inbox, sid := new_sid())
    twenty, now = Twenty(TwentyUnavailable("down")), TEN
    members = Members(Agents())
    reminding = Reminding(
        inbox, twenty, Batches(twenty), replace(reminders, members=members), clock=lambda: now
    )

    async def waits() -> float:
        await reminding.once()
        async with inbox.reading() as connection:
            at = await connection.scalar(select(calls.c.remind_at).where(calls.c.root_sid == sid))
        return (at - now).total_seconds() if at else 0

    seconds = []
    for _ in range(8):
        seconds.append(await waits())
        now += timedelta(seconds=seconds[-1])
    assert seconds == [1, 2, 4, 8, 16, 32, 60, 60]
    twenty.error = None
    assert await waits() == 0
    twenty.error, reminding._reminders = (
        TwentyUnavailable("down"),
        replace(reminders, members=Members(Agents())),
    )
    await inbox.store(told(Kind.RECORDING, sid, at=99, RecordingSid="RE1", RecordingUrl="/"))
    await settle(inbox, sid, reminded=True)
    assert await waits() == 1


async def test_a_round_makes_four_batches_of_tasks(inbox: Inbox, reminders: Reminders) -> None:
    """Calls that are due come first."""
    for at in range(10):
        await settle(inbox, new_sid(), at=at, person=Person(f"p{at}", "Jane Doe", owner_id="m1"))
    twenty = Twenty()
    reminding = Reminding(inbox, twenty, batches := Batches(twenty), reminders, clock=lambda: TEN)
    batches.size = 2
    made = []
    for _ in range(2):
        await reminding.once()
        made.append(len(twenty.made))
    assert made == [8, 10]


async def test_a_task_that_twenty_refuses_is_told_and_not_tried_again(
    inbox: Inbox, reminders: Reminders
) -> None:
    await settle(inbox, new_sid())
    twenty = Twenty(TwentyRefused("title"), "CreateTasks")
    reminding = Reminding(inbox, twenty, Batches(twenty), reminders, clock=lambda: TEN)
    with capture_logs() as logged:
        await reminding.once()
    refused = {"key": key_of("p1", TODAY), "reason": "title"}
    assert [one for one in logged if one["event"] == "task.refused"] == [
        {"event": "task.refused", "log_level": "warning", **refused}
    ]
    assert await claimed(inbox) == []


async def test_a_task_goes_with_its_last_missed_call(inbox: Inbox, reminders: Reminders) -> None:
    """It was answered after all, or is another person's, or was a leg of another call."""
    answered = new_sid()
    await settle(inbox, answered, reminding=False, reminded=True)
    leg: Any = {"CallStatus": "completed", "CallDuration": "60", "From": NUMBER, "To": "client:alice"}
    await inbox.store(told(Kind.STATUS, f"{answered[:-1]}f", at=90, parent=answered, **leg))
    await settle(inbox, answered, reminded=True)
    moved = await settle(inbox, new_sid(), person=JOHN, reminded=True, formerly=("p3",))
    plan = await reminders.plan(await claimed(inbox), now=TEN)
    assert plan.withdrawn == {key_of("p1", TODAY), key_of("p3", TODAY)}
    assert ([one.person_id for one in plan.reminders], plan.with_task) == (["p2"], {moved})
    [due] = [call for call in await claimed(inbox) if call.root_sid == moved]
    plan = await reminders.plan([replace(due, leg_of="CA2")], now=TEN)
    assert (plan.withdrawn, plan.with_task) == ({key_of("p3", TODAY)}, set())


async def test_what_a_caller_said_stands_below_the_call(inbox: Inbox, reminders: Reminders) -> None:
    sid = new_sid()
    recording: Any = {"RecordingSid": "RE" + "1" * 32, "RecordingUrl": "https://api.twilio.com/RE1"}
    await kept(inbox, *incoming(sid, NUMBER))
    await inbox.store(told(Kind.VOICEMAIL, sid, at=31, RecordingDuration="77", **recording))
    await inbox.store(told(Kind.TRANSCRIPTION, sid, at=32, TranscriptionText="Call me.", **recording))
    await settle(inbox, sid)
    asked: list[set[str]] = []

    async def spoken_in(started: Mapping[str, datetime]) -> Mapping[str, Spoken]:
        asked.append(set(started))
        return {}

    plan = await replace(reminders, spoken_in=spoken_in).plan(await claimed(inbox), now=TEN)
    [reminder] = plan.reminders
    lines = body(reminder.body)
    assert lines[1:] == ["- Missed calls: 1", "- 2026-11-22 10:00 UTC · Voicemail · 1 min 17 s", "> Call me."]
    assert asked == [{sid}]


async def test_a_call_that_cannot_be_read_keeps_no_task_back(inbox: Inbox, reminders: Reminders) -> None:
    broken = await settle(inbox, new_sid())
    await settle(inbox, new_sid(), person=JOHN)
    await inbox.change(callbacks.delete().where(callbacks.c.root_sid == broken))
    twenty, now = Twenty(), TEN
    reminding = Reminding(inbox, twenty, Batches(twenty), reminders, clock=lambda: now)
    await reminding.once()
    assert ([task["title"] for task in twenty.made], await claimed(inbox)) == (["Call back John Doe"], [])
    # It is tried again, later each time.
    for waits in (1, 2, 4):
        seconds = timedelta(seconds=waits)
        assert await due_reminders(inbox, 50, now=now + seconds - timedelta(milliseconds=1)) == []
        now += seconds
        assert [due.root_sid for due in await due_reminders(inbox, 50, now=now)] == [broken]
        await reminding.once()
    assert len(twenty.made) == 1
