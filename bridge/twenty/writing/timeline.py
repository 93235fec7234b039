"""Rows on the person's timeline that link to the call.

Up to Twenty 2.33 a row has a name, shows the title that was written with it, and can be upserted. From 2.34
on it has a type, shows the call's own title, and is created once; later only its person changes.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from bridge.calls.activity import record_id
from bridge.errors import Duplicate, TwentyRefused
from bridge.twenty.client.client import Executes
from bridge.twenty.schema.workspace import TimelineSchema
from bridge.twenty.writing.bisection import Batches, Record, Refused
from bridge.twenty.writing.plan import Do, Write, time


class Timeline(Protocol):
    """Writes rows; a row that a user deleted stays deleted. Raises TwentyError."""

    async def write(self, writes: Sequence[Write]) -> Refused:
        """Writes the rows of these calls; the answer has what Twenty refused, by call SID."""


def timeline_for(client: Executes, batches: Batches, schema: TimelineSchema) -> Timeline:
    """The writer of rows for this workspace."""
    return (TypedTimeline if schema.type_id else NamedTimeline)(client, batches, schema)


class NamedTimeline:
    """Rows with a name: one root field, and one more where some were written before."""

    def __init__(self, client: Executes, batches: Batches, schema: TimelineSchema) -> None:
        self._client = client
        self._batches = batches
        self._schema = schema

    async def write(self, writes: Sequence[Write]) -> Refused:
        """See `Timeline`."""
        await _remove(self._client, writes)
        placed = [w for w in writes if w.plan.row.writes]
        earlier = [w for w in placed if w.plan.row is not Do.CREATE]
        there = await self._batches.existing("ExistingTimelineActivities", [_id(w) for w in earlier])
        rows = {w.sid: self._row(w) for w in placed if _stays(w, there.get(_id(w)))}
        return await self._batches.send("UpsertTimelineActivities", rows)

    def _row(self, write: Write) -> Record:
        row = _row(write, self._schema) | {"name": "linked-phoneCall.created"}
        if write.plan.row is Do.UPDATE and not write.plan.moves:
            # Left out, so that a user's correction holds.
            del row["targetPersonId"]
        if "agentId" in write.merge.cleared and "workspaceMemberId" in self._schema.fields:
            row["workspaceMemberId"] = None
        return row


class TypedTimeline:
    """Rows of the app's type, or of the standard one `recordLinked`: one root field for new rows.

    And one for each person and each agent to whom written rows move.
    """

    def __init__(self, client: Executes, batches: Batches, schema: TimelineSchema) -> None:
        self._client = client
        self._batches = batches
        self._schema = schema

    async def write(self, writes: Sequence[Write]) -> Refused:
        """See `Timeline`."""
        await _remove(self._client, writes)
        placed = [w for w in writes if w.plan.row.writes]
        written = [w for w in placed if w.plan.row is Do.UPDATE]
        moved = await self._move([w for w in written if w.plan.moves])
        moved |= await self._change([w for w in written if _is_of_another_agent(w)], "workspaceMemberId")
        new = {w.sid: w for w in placed if w.plan.row is not Do.UPDATE}
        refused = await self._batches.create(
            "CreateTimelineActivities",
            {sid: self._row(w) for sid, w in new.items()},
            existing="ExistingTimelineActivities",
            unsure=[sid for sid, w in new.items() if w.plan.row is Do.ENSURE],
        )
        found = {sid: error for sid, error in refused.items() if isinstance(error, Duplicate)}
        moved |= await self._move(
            [new[sid] for sid, error in found.items() if _is_elsewhere(new[sid], error)]
        )
        return moved | {sid: error for sid, error in refused.items() if sid not in found}

    async def _move(self, writes: Sequence[Write]) -> Refused:
        return await self._change(writes, "targetPersonId")

    async def _change(self, writes: Sequence[Write], field: str) -> Refused:
        """Updates a field, in one root field for each value: an update leaves deleted rows deleted."""
        by_value = defaultdict[str | None, list[Write]](list)
        for write in writes:
            by_value[_row_of(write)[field]].append(write)
        refused: Refused = {}
        for value, changed in by_value.items():
            try:
                await self._client.execute(
                    "ChangeTimelineActivities", ids=[_id(write) for write in changed], data={field: value}
                )
            except TwentyRefused as error:
                refused |= dict.fromkeys([write.sid for write in changed], error)
        return refused

    def _row(self, write: Write) -> Record:
        return _row(write, self._schema) | {"timelineActivityTypeId": self._schema.type_id}


def _is_of_another_agent(write: Write) -> bool:
    """Whether the row's member changes: not once a user has put the call on a member of their own choice."""
    return "agentId" in write.merge.changed - write.merge.theirs


def _is_elsewhere(write: Write, duplicate: Duplicate) -> bool:
    """Whether the row that is there is on another person's timeline."""
    return duplicate.there is not None and duplicate.there["targetPersonId"] != write.activity.person_id


async def _remove(client: Executes, writes: Sequence[Write]) -> None:
    """Destroys rows of calls that have no person any more, so that their ids are free."""
    ids = [_id(w) for w in writes if w.plan.row is Do.GONE]
    if ids:
        await client.execute("DestroyTimelineActivities", ids=ids)


def _stays(write: Write, found: Record | None) -> bool:
    """Whether to write a row: no user deleted it."""
    if found is None:
        return write.plan.row is not Do.UPDATE
    return found["deletedAt"] is None


def _id(write: Write) -> str:
    return record_id("timelineActivity", write.sid)


def _row(write: Write, schema: TimelineSchema) -> Record:
    row = _row_of(write) | {"linkedObjectMetadataId": schema.object_id}
    return {name: value for name, value in row.items() if value is not None and name in schema.fields}


def _row_of(write: Write) -> Record:
    """The row's own fields; the timeline sorts by `createdAt`, so that is the call's time."""
    activity = write.activity
    return {
        "id": _id(write),
        "happensAt": time(activity.started_at),
        "createdAt": time(activity.started_at),
        "targetPersonId": activity.person_id,
        "workspaceMemberId": None if "agentId" in write.merge.theirs else activity.agent_id,
        "linkedRecordId": record_id("phoneCall", activity.call_sid),
        "linkedRecordCachedName": activity.title,
    }
