"""Missed calls become tasks: one a person and day, for whoever looks after them.

A task that is still to do, and that no user edited, says what is known by now, and goes when none of its
calls was missed after all.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bridge.calls.activity import record_id
from bridge.errors import Duplicate, TwentyDenied
from bridge.twenty.client.client import Executes
from bridge.twenty.schema.features import Feature, go_without
from bridge.twenty.times import text
from bridge.twenty.writing.batches import Batches, Record, Refused
from bridge.twenty.writing.records import BY_KEY, mark
from bridge.twenty.writing.rich_text import Block, rich_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Calls of one person and `day` to return: by whom, until when, and what is known of them."""

    person_id: str
    day: date
    title: str
    body: tuple[Block, ...]
    assignee_id: str
    due_at: datetime
    is_new: bool = True
    """Whether the task is made where there is none; else it only follows what is known."""
    unsure: bool = False
    """Whether an earlier try of it may have been carried out in part."""

    @property
    def key(self) -> str:
        """The same for every call of a person that was missed on a day."""
        return key_of(self.person_id, self.day)

    @property
    def said(self) -> Record:
        """What the task says."""
        return {"id": _id("task", self.key), "title": self.title, "bodyV2": rich_text(self.body)}


def key_of(person_id: str, day: date) -> str:
    """What the ids of a person's task of a day are made of."""
    return f"{person_id}:{day}"


async def remind(batches: Batches, reminders: Sequence[Reminder]) -> Refused:
    """Creates the tasks that are not there yet, and rewrites those that say less than is known.

    One that was done, edited or deleted stays so. Which are there, deleted ones included, is one root field.
    """
    wanted = {reminder.key: reminder for reminder in reminders}
    ids = {key: _id("task", key) for key in wanted}
    there = await batches.existing("ExistingTasks", list(ids.values()))
    new = {key: _task(r) for key, r in wanted.items() if r.is_new and ids[key] not in there}
    refused = await batches.send("CreateTasks", new, existing="ExistingTasks")
    targets = {key: _target(wanted[key]) for key in new if key not in refused}
    targets |= await _left_out(
        batches,
        [
            r
            for r in reminders
            if r.unsure and (ids[r.key] in there or isinstance(refused.get(r.key), Duplicate))
        ],
    )
    news = {key: r.said for key, r in wanted.items() if _has_news(r, there.get(ids[key]))}
    refused |= await batches.send("UpsertTasks", news)
    return refused | await batches.send("UpsertTaskTargets", targets)


async def withdraw(client: Executes, keys: Collection[str]) -> None:
    """Destroys the tasks that are still to do and that no user edited; one root field."""
    if not keys:
        return
    try:
        await client.execute("WithdrawTasks", ids=sorted(_id("task", key) for key in keys))
    except TwentyDenied as denied:
        go_without(Feature.WITHDRAWALS, denied)


async def _left_out(batches: Batches, reminders: Sequence[Reminder]) -> dict[str, Record]:
    """Targets that are missing on tasks which may have been made a moment before a failure."""
    targets = {reminder.key: _target(reminder) for reminder in reminders}
    there = await batches.existing("ExistingTaskTargets", [target["id"] for target in targets.values()])
    return {key: target for key, target in targets.items() if target["id"] not in there}


def _has_news(reminder: Reminder, there: Mapping[str, object] | None) -> bool:
    """Whether a task is the bridge's to rewrite, and says something else."""
    if there is None or there["deletedAt"] is not None or there["status"] != "TODO":
        return False
    source: Mapping[str, object] = there["updatedBy"] or {}  # type: ignore[assignment]
    if source.get("source") != BY_KEY:
        return False
    said = reminder.said
    return there["title"] != said["title"] or _words(there["bodyV2"]) != _words(said["bodyV2"])


def _words(body: object) -> bytes:
    return mark("transcript", body)


def _task(reminder: Reminder) -> Record:
    return reminder.said | {
        "status": "TODO",
        "dueAt": text(reminder.due_at),
        "assigneeId": reminder.assignee_id,
    }


def _target(reminder: Reminder) -> Record:
    return {
        "id": _id("taskTarget", reminder.key),
        "taskId": _id("task", reminder.key),
        "targetPersonId": reminder.person_id,
    }


def _id(kind: str, key: str) -> str:
    return record_id(kind, key)
