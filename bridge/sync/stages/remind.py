"""Missed calls → reminders for whoever looks after the caller."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

import structlog

from bridge.calls.activity import moment
from bridge.calls.fold.call import Call, CallStatus, Direction, fold
from bridge.calls.fold.handling import duration
from bridge.calls.numbers import e164, readable
from bridge.calls.people.matching import Person
from bridge.calls.recording_links import Link
from bridge.calls.texts import Texts
from bridge.errors import Duplicate, TwentyDenied
from bridge.inbox.queries import reminded_calls
from bridge.inbox.store import Inbox
from bridge.sync.stages.prepare import Prepared
from bridge.twenty.client.client import Executes
from bridge.twenty.people.members import Members
from bridge.twenty.schema.features import Feature, go_without
from bridge.twenty.writing.batches import Batches
from bridge.twenty.writing.rich_text import Block, Inline, bullet, linked, plain, quotes
from bridge.twenty.writing.tasks import Reminder, key_of, remind, withdraw

log = structlog.get_logger()

DIALLED = re.compile(r"\+[0-9]{4,15}")

MISSED = frozenset({CallStatus.MISSED, CallStatus.VOICEMAIL})


@dataclass(slots=True)
class Plan:
    """What to do about tasks: `reminders` to make or rewrite, `withdrawn` by key."""

    reminders: list[Reminder] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """Makes reminders; `assignee` is the e-mail of the member who gets those of nobody's companies."""

    inbox: Inbox
    members: Members
    texts: Texts
    assignee: str | None
    due_in: timedelta
    zone: tzinfo = UTC

    async def plan(self, prepared: Sequence[Prepared], *, now: datetime) -> Plan:
        """What comes of calls in that nobody took, from persons, as far as there is anybody to remind.

        None that would be overdue when it is made: history is not to be called back.
        """
        new = [p for p in self._fresh(prepared) if p.call.started_at + self.due_in > now]
        again = [p for p in prepared if p.due.reminded and (p.changed or p.due.leg_of)]
        keys = {self._key(p, person.id): person for p in new if (person := _person(p))}
        followed = {self._key(p, one.id): one for p in again for one in _persons(p)}
        if not keys and not followed:
            return Plan()
        missed = await self._missed(prepared, [*new, *again], {**followed, **keys})
        plan = Plan(withdrawn={key for key in followed if not missed.get(key)})
        unsure = {self._key(p, person.id) for p in new if p.due.tried and (person := _person(p))}
        for key, person in {**followed, **keys}.items():
            if calls := missed.get(key):
                plan.reminders.append(self._reminder(person, calls, is_new=key in keys, unsure=key in unsure))
        return plan

    def has_task(self, prepared: Prepared) -> bool:
        """Whether there is, or was, a task for the call; a later change of it makes none any more."""
        if prepared.due.leg_of:
            return False
        return _is_missed(prepared.call) and (prepared.due.reminded or bool(self._fresh([prepared])))

    def _fresh(self, prepared: Sequence[Prepared]) -> list[Prepared]:
        """Those of which there was no task, and is to be one."""
        fresh = [p for p in prepared if p.changed and not p.due.reminded and _is_missed(p.call)]
        return [p for p in fresh if (person := _person(p)) and self._assignee(person)]

    async def _missed(
        self, prepared: Sequence[Prepared], concerned: Iterable[Prepared], keys: dict[str, Person]
    ) -> dict[str, list[Call]]:
        """Key → the calls that are missed by what is known now, the first one first."""
        here = {p.due.root_sid for p in prepared}
        people = sorted({person.id for person in keys.values()})
        others = await reminded_calls(self.inbox, people)
        found: dict[str, list[Call]] = {}
        calls = [(person.id, p.call) for p in concerned if (person := _person(p))]
        calls += [(one.person_id, fold(one.callbacks)) for one in others if one.root_sid not in here]
        for person_id, call in sorted(calls, key=lambda pair: (pair[1].started_at, pair[1].sid)):
            if _is_missed(call):
                found.setdefault(key_of(person_id, self._day(call)), []).append(call)
        return found

    def _reminder(self, person: Person, calls: Sequence[Call], *, is_new: bool, unsure: bool) -> Reminder:
        parties = (call.other_party for call in calls if call.other_party)
        numbers = list(dict.fromkeys(e164(party, "ZZ") or party for party in parties))
        return Reminder(
            person_id=person.id,
            day=self._day(calls[0]),
            title=self.texts.call_back.format(name=person.name or readable(numbers[0])),
            body=tuple(self._body(numbers, calls)),
            assignee_id=self._assignee(person) or "",
            due_at=calls[-1].started_at + self.due_in,
            is_new=is_new,
            unsure=unsure,
        )

    def _body(self, numbers: Sequence[str], calls: Sequence[Call]) -> Iterator[Block]:
        """The numbers to call, how often they called and when, and what they said."""
        for number in numbers:
            yield bullet(plain(f"{self.texts.number_to_call}: "), _number(number))
        yield bullet(plain(f"{self.texts.missed_calls}: {len(calls)}"))
        for call in calls:
            yield bullet(plain(" · ".join(self._facts(call))))
            yield from quotes(call.transcript or "")

    def _facts(self, call: Call) -> Iterator[str]:
        yield moment(call.started_at, self.texts, self.zone)
        if call.status is CallStatus.VOICEMAIL:
            yield self.texts.voicemail
            if length := sum(recording.duration or 0 for recording in call.recordings):
                yield duration(length, self.texts)

    def _assignee(self, person: Person) -> str | None:
        return person.owner_id or (self.members.by_email(self.assignee) if self.assignee else None)

    def _key(self, prepared: Prepared, person_id: str) -> str:
        return key_of(person_id, self._day(prepared.call))

    def _day(self, call: Call) -> date:
        return call.started_at.astimezone(self.zone).date()


async def send(client: Executes, batches: Batches, plan: Plan) -> None:
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


def _number(number: str) -> Inline:
    """A link that calls it, where it is one."""
    shown = readable(number)
    return linked(Link(shown, f"tel:{number}")) if DIALLED.fullmatch(number) else plain(shown)


def _is_missed(call: Call) -> bool:
    # Of a call that its end alone told of, an answer may not have been heard of yet.
    return call.direction is Direction.INBOUND and call.ended and call.certain and call.status in MISSED


def _person(prepared: Prepared) -> Person | None:
    return prepared.match.person if prepared.match else None


def _persons(prepared: Prepared) -> Iterator[Person]:
    """Whose call it is, and whose it was when its task was made."""
    if before := prepared.due.match and prepared.due.match.person:
        yield before
    elif prepared.due.former_id:
        yield Person(prepared.due.former_id, "")
    if now := _person(prepared):
        yield now
