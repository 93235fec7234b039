"""Call-back tasks for missed calls: one a person and day.

A task that is still to do, and that no user edited, is rewritten with news, and withdrawn when none of its
calls was missed after all.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct

from bridge.calls.activity import record_id
from bridge.errors import Duplicate, TwentyDenied
from bridge.twenty.client.client import Executes
from bridge.twenty.schema.features import Feature, go_without
from bridge.twenty.values import time_text
from bridge.twenty.writing.bisection import Batches, Record, Refused
from bridge.twenty.writing.fields import BY_KEY, mark
from bridge.twenty.writing.rich_text import Block, rich_text


class Reminder(Struct, frozen=True, kw_only=True):
    """The task to return one person's missed calls of a `day`; `assignee_id` is a workspace member."""

    person_id: str
    day: date
    title: str
    body: tuple[Block, ...]
    assignee_id: str
    due_at: datetime
    is_new: bool = True
    """Whether the task is created where it does not exist; else it is only rewritten."""
    unsure: bool = False
    """Whether an earlier try can have been carried out in part."""

    @property
    def key(self) -> str:
        """One key for all missed calls of a person on a day."""
        return key_of(self.person_id, self.day)

    @property
    def said(self) -> Record:
        """The id, title and text of the task."""
        return {"id": _id("task", self.key), "title": self.title, "bodyV2": rich_text(self.body)}


def key_of(person_id: str, day: date) -> str:
    """The key of a person's task of a day; record ids derive from it."""
    return f"{person_id}:{day}"


async def remind(batches: Batches, reminders: Sequence[Reminder]) -> Refused:
    """Creates missing tasks, and rewrites those with old text; the answer has what Twenty refused, by key.

    A task that a user did, edited or deleted stays as it is. One root field asks which exist, deleted ones
    included. Raises TwentyError.
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
    """Destroys tasks that are still to do and that no user edited; one root field. Raises TwentyError."""
    if not keys:
        return
    try:
        await client.execute("WithdrawTasks", ids=sorted(_id("task", key) for key in keys))
    except TwentyDenied as denied:
        go_without(Feature.WITHDRAWALS, denied)


async def _left_out(batches: Batches, reminders: Sequence[Reminder]) -> dict[str, Record]:
    """The missing targets of tasks that an interrupted try created."""
    targets = {reminder.key: _target(reminder) for reminder in reminders}
    there = await batches.existing("ExistingTaskTargets", [target["id"] for target in targets.values()])
    return {key: target for key, target in targets.items() if target["id"] not in there}


def _has_news(reminder: Reminder, there: Mapping[str, object] | None) -> bool:
    """Whether the bridge can rewrite a task, and its text differs."""
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
        "dueAt": time_text(reminder.due_at),
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
