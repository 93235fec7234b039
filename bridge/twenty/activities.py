"""Writes activities: as phone calls with a row on the person's timeline, else as notes on the person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from bridge.calls.activity import Activity, record_id
from bridge.twenty.batches import Batches, Record, Refused
from bridge.twenty.schema import WorkspaceSchema


@dataclass(frozen=True, slots=True)
class Write:
    """An activity to write; `first` until Twenty has had the call, with its person, once."""

    activity: Activity
    first: bool


class Writes(Protocol):
    """One way to show calls in Twenty. A repeated write changes nothing."""

    async def write(self, writes: Sequence[Write]) -> Refused:
        """Writes what Twenty takes; what it refuses is in the answer, by call SID."""


class PhoneCalls:
    """Calls as records of the object `phoneCall`, two root fields a batch."""

    def __init__(self, batches: Batches, schema: WorkspaceSchema) -> None:
        self._batches = batches
        self._schema = schema

    async def write(self, writes: Sequence[Write]) -> Refused:
        """See `Writes`. The call before its timeline row: root fields of one request run in parallel."""
        records = {w.activity.call_sid: self._record(w) for w in writes}
        refused = await self._batches.send("UpsertPhoneCalls", records)
        if (object_id := self._schema.timeline_object_id) is None:
            return refused
        rows = {
            w.activity.call_sid: _timeline_row(w, object_id)
            for w in writes
            if w.activity.person_id and w.activity.call_sid not in refused
        }
        return refused | await self._batches.send("UpsertTimelineActivities", rows)

    def _record(self, write: Write) -> Record:
        record = _phone_call(write.activity)
        if write.first:
            # Left out of later writes, so that what a user corrected holds.
            record |= {"personId": write.activity.person_id, "companyId": write.activity.company_id}
        known = self._schema.phone_call_fields
        return {name: value for name, value in record.items() if value is not None and name in known}


class Notes:
    """Calls as notes on the person, for a workspace without `phoneCall`; two root fields a batch."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    async def write(self, writes: Sequence[Write]) -> Refused:
        """See `Writes`. A call of nobody's is a note on nobody."""
        notes = {w.activity.call_sid: _note(w.activity) for w in writes}
        refused = await self._batches.send("UpsertNotes", notes)
        targets = {
            w.activity.call_sid: _note_target(w.activity)
            for w in writes
            if w.activity.person_id and w.first and w.activity.call_sid not in refused
        }
        return refused | await self._batches.send("UpsertNoteTargets", targets)


def writer_for(batches: Batches, schema: WorkspaceSchema) -> Writes:
    """The best way that this workspace has."""
    return PhoneCalls(batches, schema) if schema.has_phone_calls else Notes(batches)


def _phone_call(activity: Activity) -> Record:
    return {
        "id": record_id("phoneCall", activity.call_sid),
        "externalCallId": activity.call_sid,
        "name": activity.title,
        "direction": activity.direction.value,
        "status": activity.status.value,
        "startedAt": _time(activity.started_at),
        "answeredAt": _time(activity.answered_at),
        "endedAt": _time(activity.ended_at),
        "durationInSeconds": activity.duration_seconds,
        "fromPhoneNumber": _phone(activity.from_number),
        "toPhoneNumber": _phone(activity.to_number),
        "recording": activity.recording_url and {"primaryLinkUrl": activity.recording_url},
    }


def _timeline_row(write: Write, object_id: str) -> Record:
    """A row that opens the call. The page sorts and dates by `createdAt`, so it is the call's time."""
    activity = write.activity
    row = {
        "id": record_id("timelineActivity", activity.call_sid),
        "name": "linked-phoneCall.created",
        "happensAt": _time(activity.started_at),
        "createdAt": _time(activity.started_at),
        "linkedObjectMetadataId": object_id,
        "linkedRecordId": record_id("phoneCall", activity.call_sid),
        "linkedRecordCachedName": activity.title,
    }
    return row | ({"targetPersonId": activity.person_id} if write.first else {})


def _note(activity: Activity) -> Record:
    return {
        "id": record_id("note", activity.call_sid),
        "title": activity.title,
        "bodyV2": {"markdown": _markdown(activity)},
        "createdAt": _time(activity.started_at),
    }


def _markdown(activity: Activity) -> str:
    """The facts that a `phoneCall` has fields for."""
    facts: Mapping[str, object] = {
        "Status": activity.status.value,
        "From": activity.from_number,
        "To": activity.to_number,
        "Started": _time(activity.started_at),
        "Ended": _time(activity.ended_at),
        "Seconds": activity.duration_seconds,
        "Recording": activity.recording_url,
        "Reason": activity.reason,
        "Call SID": activity.call_sid,
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items() if value is not None)


def _note_target(activity: Activity) -> Record:
    return {
        "id": record_id("noteTarget", activity.call_sid),
        "noteId": record_id("note", activity.call_sid),
        "targetPersonId": activity.person_id,
    }


def _phone(number: str | None) -> Record | None:
    return {"primaryPhoneNumber": number} if number else None


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
