"""Missed calls → reminders for whoever looks after the caller."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.calls.call import CallStatus, Direction
from bridge.calls.texts import Texts
from bridge.sync.batch import Prepared
from bridge.twenty.members import Members
from bridge.twenty.tasks import Reminder

MISSED = frozenset({CallStatus.MISSED, CallStatus.VOICEMAIL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """Makes reminders; `assignee` is the e-mail of the member who gets those of nobody's companies."""

    members: Members
    texts: Texts
    assignee: str | None
    due_in: timedelta

    def of(self, prepared: Sequence[Prepared], *, now: datetime) -> list[Reminder]:
        """Those of calls in that nobody took, from persons, as far as there is anybody to remind.

        None that would be overdue when it is made: history is not to be called back.
        """
        return [reminder for _, reminder in self._made(prepared) if reminder.due_at > now]

    def made(self, prepared: Sequence[Prepared]) -> set[str]:
        """The calls of which a later change makes no reminder any more."""
        return {sid for sid, _ in self._made(prepared)}

    def _made(self, prepared: Sequence[Prepared]) -> list[tuple[str, Reminder]]:
        fresh = [p for p in prepared if p.changed and not p.due.reminded]
        return [(p.due.root_sid, reminder) for p in fresh if (reminder := self._reminder(p))]

    def _reminder(self, prepared: Prepared) -> Reminder | None:
        call, person = prepared.call, prepared.match and prepared.match.person
        missed = call.direction is Direction.INBOUND and call.ended and call.status in MISSED
        # Of a call that its end alone told of, an answer may not have been heard of yet.
        if not missed or not call.certain or not person:
            return None
        assignee_id = person.owner_id or (self.members.by_email(self.assignee) if self.assignee else None)
        if assignee_id is None:
            return None
        return Reminder(
            person_id=person.id,
            assignee_id=assignee_id,
            title=self.texts.call_back.format(name=person.name),
            missed_at=call.started_at,
            due_at=call.started_at + self.due_in,
            unsure=prepared.due.tried,
        )
