"""Writes activities: as phone calls with a row on the person's timeline, else as notes on the person."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Protocol

from bridge.calls.activity import Activity, record_id
from bridge.calls.links import Link
from bridge.errors import TwentyDenied
from bridge.twenty.batches import Batches, Record, Refused
from bridge.twenty.client import Executes
from bridge.twenty.features import Feature, go_without
from bridge.twenty.markdown import plain
from bridge.twenty.notes import CallNotes, Write, time
from bridge.twenty.schema import WorkspaceSchema


class Writes(Protocol):
    """One way to show calls in Twenty. A repeated write changes nothing."""

    async def write(self, writes: Sequence[Write]) -> Refused:
        """Writes what Twenty takes; what it refuses is in the answer, by call SID."""

    async def standing(self, call_sids: Collection[str]) -> dict[str, str | None]:
        """Call SID → id of the person it stands on, of those that were written and not deleted since."""


class PhoneCalls:
    """Calls as records of the object `phoneCall`, with a row on the person's timeline.

    Two root fields a batch, and two more for notes where there are any, two for what agents said.
    """

    def __init__(self, client: Executes, batches: Batches, schema: WorkspaceSchema) -> None:
        self._client = client
        self._batches = batches
        self._schema = schema
        self._notes = CallNotes(client, batches, on_call=True)

    async def write(self, writes: Sequence[Write]) -> Refused:
        """See `Writes`. The call before what names it: root fields of one request run in parallel."""
        changed = [w for w in writes if w.record]
        records = {w.activity.call_sid: self._record(w) for w in changed}
        refused = await self._batches.send("UpsertPhoneCalls", records)
        refused |= await self._write_rows([w for w in changed if w.activity.call_sid not in refused])
        return refused | await self._write_notes([w for w in writes if w.activity.call_sid not in refused])

    async def standing(self, call_sids: Collection[str]) -> dict[str, str | None]:
        """See `Writes`."""
        return await _standing(self._client, "WrittenPhoneCalls", "phoneCall", call_sids)

    async def _write_rows(self, writes: Sequence[Write]) -> Refused:
        if (object_id := self._schema.timeline_object_id) is None:
            return {}
        rows = {w.activity.call_sid: _timeline_row(w, object_id) for w in writes if w.activity.person_id}
        try:
            return await self._batches.send("UpsertTimelineActivities", rows)
        except TwentyDenied as denied:
            go_without(Feature.TIMELINE, denied)
            # From here on the note is what shows.
            self._schema = replace(self._schema, timeline_object_id=None)
            return {}

    async def _write_notes(self, writes: Sequence[Write]) -> Refused:
        # Where the person's timeline takes no row, the note is what shows.
        no_rows = self._schema.timeline_object_id is None
        unseen = [w for w in writes if w.record and w.activity.person_id] if no_rows else []
        shown = {w.activity.call_sid for w in unseen}
        try:
            refused = await self._notes.write(unseen) if unseen else {}
            refused |= await self._notes.write_text([w for w in writes if w.activity.call_sid not in shown])
            return refused | await self._notes.write_dispositions(writes)
        except TwentyDenied as denied:
            go_without(Feature.NOTES_ON_CALLS, denied)
            return {}

    def _record(self, write: Write) -> Record:
        record = _phone_call(write.activity)
        if write.first:
            # Left out of later writes, so that what a user corrected holds.
            record |= {"personId": write.activity.person_id, "companyId": write.activity.company_id}
        known = self._schema.phone_call_fields
        return {name: value for name, value in record.items() if value is not None and name in known}


class Notes:
    """Calls as notes on the person, for a workspace without `phoneCall`; two root fields a batch."""

    def __init__(self, client: Executes, batches: Batches) -> None:
        self._client = client
        self._notes = CallNotes(client, batches, on_call=False)

    async def write(self, writes: Sequence[Write]) -> Refused:
        """See `Writes`. A call of nobody's is a note on nobody."""
        own = [replace(w, person_id=w.activity.person_id) for w in writes]
        refused = await self._notes.write([w for w in own if w.record])
        return refused | await self._notes.write_dispositions(own)

    async def standing(self, call_sids: Collection[str]) -> dict[str, str | None]:
        """See `Writes`. Whom a note is on is not asked."""
        return await _standing(self._client, "WrittenNotes", "note", call_sids)


def writer_for(client: Executes, batches: Batches, schema: WorkspaceSchema) -> Writes:
    """The best way that this workspace has."""
    return PhoneCalls(client, batches, schema) if schema.has_phone_calls else Notes(client, batches)


async def _standing(
    client: Executes, operation: str, kind: str, call_sids: Collection[str]
) -> dict[str, str | None]:
    ids = {record_id(kind, sid): sid for sid in call_sids}
    answer = await client.execute(operation, ids=list(ids), first=len(ids))
    (connection,) = answer.values()
    nodes = [edge["node"] for edge in connection["edges"]]
    return {ids[node["id"]]: node.get("personId") for node in nodes}


def _phone_call(activity: Activity) -> Record:
    return {
        "id": record_id("phoneCall", activity.call_sid),
        "externalCallId": activity.call_sid,
        "name": activity.title,
        "direction": activity.direction.value,
        "status": activity.status.value,
        "startedAt": time(activity.started_at),
        "answeredAt": time(activity.answered_at),
        "endedAt": time(activity.ended_at),
        "durationInSeconds": activity.duration_seconds,
        "duration": activity.duration,
        "fromPhoneNumber": _phone(activity.from_number),
        "toPhoneNumber": _phone(activity.to_number),
        "recording": _links(activity.recordings),
        "transcript": activity.transcript and {"markdown": plain(activity.transcript)},
        "agentId": activity.agent_id,
        "handling": activity.handling,
    }


def _links(links: Sequence[Link]) -> Record | None:
    if not links:
        return None
    first, *others = links
    field: Record = {"primaryLinkLabel": first.label, "primaryLinkUrl": first.url}
    if others:
        field["secondaryLinks"] = [{"label": other.label, "url": other.url} for other in others]
    return field


def _timeline_row(write: Write, object_id: str) -> Record:
    """A row that opens the call. The page sorts and dates by `createdAt`, so it is the call's time."""
    activity = write.activity
    row = {
        "id": record_id("timelineActivity", activity.call_sid),
        "name": "linked-phoneCall.created",
        "happensAt": time(activity.started_at),
        "createdAt": time(activity.started_at),
        "linkedObjectMetadataId": object_id,
        "linkedRecordId": record_id("phoneCall", activity.call_sid),
        "linkedRecordCachedName": activity.title,
    }
    if activity.agent_id:
        row["workspaceMemberId"] = activity.agent_id
    return row | ({"targetPersonId": activity.person_id} if write.first else {})


def _phone(number: str | None) -> Record | None:
    return {"primaryPhoneNumber": number} if number else None
