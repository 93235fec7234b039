"""Missed calls become tasks: one a person and day, for whoever looks after them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.calls.activity import record_id
from bridge.errors import Duplicate
from bridge.twenty.batches import Batches, Record, Refused
from bridge.twenty.times import text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A call to return: to whom, by whom, until when."""

    person_id: str
    assignee_id: str
    title: str
    missed_at: datetime
    due_at: datetime
    unsure: bool = False
    """Whether an earlier try of it may have been carried out in part."""

    @property
    def key(self) -> str:
        """The same for every call of a person that was missed on a day (UTC)."""
        return f"{self.person_id}:{self.missed_at.astimezone(UTC).date()}"


async def remind(batches: Batches, reminders: Sequence[Reminder]) -> Refused:
    """Creates the tasks that are not there yet; one that was done or deleted stays so.

    Which are there, deleted ones included, is one root field.
    """
    wanted = {reminder.key: reminder for reminder in reminders}
    tasks = {key: _task(r) for key, r in wanted.items()}
    refused = await batches.create("CreateTasks", tasks, existing="ExistingTasks")
    targets = {key: _target(r) for key, r in wanted.items() if key not in refused}
    targets |= await _left_out(
        batches, [r for r in reminders if r.unsure and isinstance(refused.get(r.key), Duplicate)]
    )
    return refused | await batches.send("UpsertTaskTargets", targets)


async def _left_out(batches: Batches, reminders: Sequence[Reminder]) -> dict[str, Record]:
    """Targets that are missing on tasks which may have been made a moment before a failure."""
    targets = {reminder.key: _target(reminder) for reminder in reminders}
    there = await batches.existing("ExistingTaskTargets", [target["id"] for target in targets.values()])
    return {key: target for key, target in targets.items() if target["id"] not in there}


def _task(reminder: Reminder) -> Record:
    return {
        "id": record_id("task", reminder.key),
        "title": reminder.title,
        "status": "TODO",
        "dueAt": text(reminder.due_at),
        "assigneeId": reminder.assignee_id,
    }


def _target(reminder: Reminder) -> Record:
    return {
        "id": record_id("taskTarget", reminder.key),
        "taskId": record_id("task", reminder.key),
        "targetPersonId": reminder.person_id,
    }
