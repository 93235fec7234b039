"""Missed calls become tasks: one a person and day, for whoever looks after them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.calls.activity import record_id
from bridge.twenty.batches import Batches, Refused
from bridge.twenty.times import text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A call to return: to whom, by whom, until when."""

    person_id: str
    assignee_id: str
    title: str
    missed_at: datetime
    due_at: datetime

    @property
    def key(self) -> str:
        """The same for every call of a person that was missed on a day (UTC)."""
        return f"{self.person_id}:{self.missed_at.astimezone(UTC).date()}"


async def remind(batches: Batches, reminders: Sequence[Reminder]) -> Refused:
    """Creates the tasks that are not there yet; one that was done or deleted stays so."""
    wanted = {reminder.key: reminder for reminder in reminders}
    refused = await batches.send("CreateTasks", {key: _task(r) for key, r in wanted.items()})
    targets = {key: _target(r) for key, r in wanted.items() if key not in refused}
    return refused | await batches.send("UpsertTaskTargets", targets)


def _task(reminder: Reminder) -> dict[str, object]:
    return {
        "id": record_id("task", reminder.key),
        "title": reminder.title,
        "status": "TODO",
        "dueAt": text(reminder.due_at),
        "assigneeId": reminder.assignee_id,
    }


def _target(reminder: Reminder) -> dict[str, object]:
    return {
        "id": record_id("taskTarget", reminder.key),
        "taskId": record_id("task", reminder.key),
        "targetPersonId": reminder.person_id,
    }
