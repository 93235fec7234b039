"""Stage 5, remind: tasks for missed calls, for the member who looks after the caller."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

import structlog
from msgspec import Struct, field

from bridge.calls.activity import agents_in, moment, speaker_names
from bridge.calls.fold.call import Call, CallStatus, Direction, fold
from bridge.calls.fold.handling import duration
from bridge.calls.numbers import e164, is_withheld, readable
from bridge.calls.people.matching import Match, Person
from bridge.calls.recording_links import Link, RecordingLinks
from bridge.calls.texts import Texts
from bridge.calls.transcripts.conversation import Spoken, conversation_of
from bridge.errors import BridgeError, Duplicate, InboxUnavailable, Standby, TwentyDenied
from bridge.inbox.reminders import defer_reminders, due_reminders, reminded_calls, settle_reminders
from bridge.inbox.rows import DueCall
from bridge.inbox.store import Inbox
from bridge.sync.retry import deferral
from bridge.sync.stages.isolation import Isolation
from bridge.sync.stages.prepare import Prepared, SpokenIn, not_transcribed
from bridge.twenty.client.client import Executes
from bridge.twenty.people.members import Members
from bridge.twenty.schema.features import Feature, go_without
from bridge.twenty.writing.bisection import Batches
from bridge.twenty.writing.conversations import LONGEST_QUOTED, quoted
from bridge.twenty.writing.rich_text import Block, Inline, bullet, linked, plain, quotes
from bridge.twenty.writing.tasks import Reminder, key_of, remind, withdraw

log = structlog.get_logger()

DIALLED = re.compile(r"\+[0-9]{4,15}")

PAGES = 4
"""Batches of tasks a round; calls that are due come first."""

MOST_NAMED = 5
"""Calls that one line of the log names."""

MISSED = frozenset({CallStatus.MISSED, CallStatus.VOICEMAIL})


class _Task(Struct):
    """What is known of the task of a person and day."""

    person: Person
    calls: list[Call] = field(default_factory=list)
    is_new: bool = False
    is_known: bool = False
    """Whether an earlier call has it: it was made completely."""


class _Tasks:
    """The tasks that some calls concern, by key."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self.by_key: dict[str, _Task] = {}

    @property
    def person_ids(self) -> list[str]:
        return sorted({task.person.id for task in self.by_key.values()})

    def follow(self, call: Call, formerly: Sequence[str], person: Person | None) -> None:
        """Brings the tasks up to date that can have the call: of the person whose it is, and was."""
        for one in [*(Person(person_id, "") for person_id in formerly), *([person] if person else [])]:
            task = self.by_key.setdefault(self._key(one, call), _Task(one))
            if one.name:
                task.person = one

    def add(self, call: Call, person: Person, *, is_new: bool) -> None:
        """A missed call that was claimed; `is_new` where it has no task yet."""
        task = self.by_key[self._key(person, call)]
        task.calls.append(call)
        task.is_new |= is_new

    def add_known(self, call: Call, person: Person, *, is_claimed: bool) -> None:
        """A call that has a task."""
        if task := self.by_key.get(self._key(person, call)):
            task.is_known = True
            if not task.person.name:
                task.person = person
            if not is_claimed and is_missed(call):
                task.calls.append(call)

    def _key(self, person: Person, call: Call) -> str:
        return key_of(person.id, day_of(call, self._zone))


class TaskPlan(Struct):
    """What to do about tasks: `reminders` to make or rewrite, `withdrawn` by key.

    `with_task` has the SIDs of the calls that have a task afterwards.
    """

    reminders: list[Reminder] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=set)
    with_task: set[str] = field(default_factory=set)


class Reminders(Struct, frozen=True, kw_only=True):
    """Decides which tasks there are to be: one a person and day, for the calls that were missed.

    `assignee` is the e-mail address of the member who gets the tasks of people whose company has no owner.
    """

    inbox: Inbox
    members: Members
    texts: Texts
    assignee: str | None
    due_in: timedelta
    links: RecordingLinks
    zone: tzinfo = UTC
    spoken_in: SpokenIn = not_transcribed

    def concern(self, p: Prepared, *, now: datetime) -> bool:
        """Whether the task of a call is to be made or brought up to date once the call is settled."""
        if p.due.reminding or (p.due.reminded and (p.changed or p.due.leg_of)):
            return True
        return bool(p.changed) and not p.due.reminded and self._makes_task(p.call, person_of(p.match), now)

    async def plan(self, claimed: Sequence[DueCall], *, now: datetime) -> TaskPlan:
        """What to do for calls that are settled, as the database has them now. Raises InboxUnavailable."""
        plan, tasks = TaskPlan(), _Tasks(self.zone)
        for due in claimed:
            call, person = fold(due.callbacks), None if due.leg_of else person_of(due.match)
            tasks.follow(call, due.formerly, person)
            if person and is_missed(call):
                makes = self._makes_task(call, person, now)
                tasks.add(call, person, is_new=makes and not due.reminded)
                plan.with_task |= {due.root_sid} if makes or due.reminded else set()
        mine = {due.root_sid for due in claimed}
        for one in await reminded_calls(self.inbox, tasks.person_ids):
            tasks.add_known(fold(one.callbacks), one.person, is_claimed=one.root_sid in mine)
        missed = [call for task in tasks.by_key.values() for call in task.calls]
        spoken = await self.spoken_in({call.sid: call.started_at for call in missed})
        for key, task in tasks.by_key.items():
            if task.calls:
                plan.reminders.append(self._reminder(task, spoken))
            else:
                plan.withdrawn.add(key)
        return plan

    def _makes_task(self, call: Call, person: Person | None, now: datetime) -> bool:
        """Whether a call makes a task; not one that would be overdue at once, as for calls of the past."""
        if not is_missed(call) or person is None or self._assignee(person) is None:
            return False
        return call.started_at + self.due_in > now

    def _reminder(self, task: _Task, spoken: Mapping[str, Spoken]) -> Reminder:
        person = task.person
        calls = sorted(task.calls, key=lambda call: (call.started_at, call.sid))
        parties = (party for call in calls if (party := call.other_party) and not is_withheld(party))
        numbers = list(dict.fromkeys(e164(party, "ZZ") or party for party in parties))
        caller = person.name or (readable(numbers[0]) if numbers else self.texts.withheld)
        return Reminder(
            person_id=person.id,
            day=day_of(calls[0], self.zone),
            title=self.texts.call_back.format(name=caller),
            body=tuple(self._body(person, numbers, calls, spoken)),
            assignee_id=self._assignee(person) or "",
            due_at=calls[-1].started_at + self.due_in,
            is_new=task.is_new,
            # It can be there though no call has it: an earlier try ended half-way.
            unsure=task.is_new and not task.is_known,
        )

    def _body(
        self, person: Person, numbers: Sequence[str], calls: Sequence[Call], spoken: Mapping[str, Spoken]
    ) -> Iterator[Block]:
        """The numbers to call, how often they called and when, and what they said."""
        for number in numbers:
            yield bullet(plain(f"{self.texts.number_to_call}: "), _number(number))
        yield bullet(plain(f"{self.texts.missed_calls}: {len(calls)}"))
        for call in calls:
            yield bullet(plain(" · ".join(self._facts(call))))
            yield from self._said(person, call, spoken.get(call.sid))

    def _said(self, person: Person, call: Call, spoken: Spoken | None) -> Iterator[Block]:
        if spoken is None:
            yield from quotes(call.transcript or "")
            return
        names = self.members.names({*call.agents, *agents_in(spoken)})
        conversation = conversation_of(
            spoken,
            name=speaker_names(call, person.name, names, texts=self.texts),
            texts=self.texts,
            page=self.links.transcript(call.sid),
        )
        yield from quoted(conversation, longest=LONGEST_QUOTED)

    def _facts(self, call: Call) -> Iterator[str]:
        yield moment(call.started_at, self.texts, self.zone)
        if call.status is CallStatus.VOICEMAIL:
            yield self.texts.voicemail
            if length := sum(recording.duration or 0 for recording in call.recordings):
                yield duration(length, self.texts)

    def _assignee(self, person: Person) -> str | None:
        return person.owner_id or (self.members.by_email(self.assignee) if self.assignee else None)


class Reminding:
    """Brings the tasks of settled calls up to date, as the database says that they are due.

    It comes after settling, so that no task makes a call be written again, and a crash in between loses
    none. A task that fails waits by itself; it is deferred in the database.
    """

    def __init__(
        self,
        inbox: Inbox,
        client: Executes,
        batches: Batches,
        reminders: Reminders,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._inbox = inbox
        self._client = client
        self._batches = batches
        self._reminders = reminders
        self._clock = clock
        self._failures: Counter[str] = Counter()

    async def once(self) -> None:
        """Raises TwentyDenied, Standby and InboxUnavailable; what else fails is tried again later."""
        for _ in range(PAGES):
            claimed = await due_reminders(self._inbox, self._batches.size, now=self._clock())
            if broken := [due for due in claimed if due.problem]:
                await self._defer(broken, BridgeError("the call cannot be read"), alone=True)
            if due_calls := [due for due in claimed if not due.problem]:
                await self._isolated(due_calls)
            if len(claimed) < self._batches.size:
                return

    async def _isolated(self, due_calls: Sequence[DueCall]) -> None:
        isolation = Isolation(self._bring)
        try:
            await isolation.run(due_calls)
        except (TwentyDenied, Standby, InboxUnavailable):
            raise
        except Exception as error:
            await self._defer(due_calls, error, alone=False)
            return
        for due in due_calls:
            if its_error := isolation.failed.get(due.root_sid):
                await self._defer([due], its_error, alone=True)
        if isolation.untried:
            await self._defer(isolation.untried, BridgeError("its batch failed"), alone=False)

    async def _bring(self, due_calls: Sequence[DueCall]) -> None:
        await self._reminders.members.refresh(self._client)
        plan = await self._reminders.plan(due_calls, now=self._clock())
        await _send(self._client, self._batches, plan)
        await settle_reminders(self._inbox, due_calls, with_task=plan.with_task)
        for due in due_calls:
            del self._failures[due.root_sid]

    async def _defer(self, due_calls: Sequence[DueCall], error: Exception, *, alone: bool) -> None:
        now = self._clock()
        waits = {due.root_sid: deferral(self._failures[due.root_sid], alone=alone) for due in due_calls}
        self._failures.update(waits.keys())
        await defer_reminders(self._inbox, {sid: now + wait for sid, wait in waits.items()})
        is_ours = isinstance(error, BridgeError)
        log.warning(
            "task.deferred",
            call_sids=sorted(waits)[:MOST_NAMED],
            calls=len(waits),
            reason=f"{error.code}: {error}" if isinstance(error, BridgeError) else type(error).__name__,
            seconds=max(waits.values()).total_seconds(),
            exc_info=None if is_ours else error,
        )


async def _send(client: Executes, batches: Batches, plan: TaskPlan) -> None:
    """Makes, rewrites and withdraws tasks; a refused task is logged. Raises TwentyError."""
    try:
        refused = await remind(batches, plan.reminders) if plan.reminders else {}
        await withdraw(client, plan.withdrawn)
    except TwentyDenied as denied:
        go_without(Feature.TASKS, denied)
        return
    for key, error in refused.items():
        if not isinstance(error, Duplicate):
            log.warning("task.refused", key=key, reason=str(error))


def day_of(call: Call, zone: tzinfo) -> date:
    """The day to whose task a call belongs."""
    return call.started_at.astimezone(zone).date()


def _number(number: str) -> Inline:
    """A link that calls it, where it is one."""
    shown = readable(number)
    return linked(Link(shown, f"tel:{number}")) if DIALLED.fullmatch(number) else plain(shown)


def is_missed(call: Call) -> bool:
    """Whether a task reminds of the call: one in that no agent took, or whose customer was left alone."""
    missed = call.direction is Direction.INBOUND and call.status in MISSED
    # Where only the end of a call was reported, its answer can still be under way.
    return call.ended and call.certain and (missed or call.left_alone)


def person_of(match: Match | None) -> Person | None:
    """The person of a match, if there is one."""
    return match.person if match else None
