"""Writes activities: as phone calls with a row on the person's timeline, else as notes on the person."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from bridge.calls.activity import Activity, record_id
from bridge.calls.links import Link
from bridge.errors import TwentyDenied
from bridge.twenty.batches import Batches, Record, Refused
from bridge.twenty.client import Executes
from bridge.twenty.features import Feature, go_without
from bridge.twenty.markdown import plain
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

    async def standing(self, call_sids: Collection[str]) -> dict[str, str | None]:
        """Call SID → id of the person it stands on, of those that were written and not deleted since."""


class PhoneCalls:
    """Calls as records of the object `phoneCall`, with a row on the person's timeline.

    Two root fields a batch, and two more for notes where there are any.
    """

    def __init__(self, client: Executes, batches: Batches, schema: WorkspaceSchema) -> None:
        self._client = client
        self._batches = batches
        self._schema = schema

    async def write(self, writes: Sequence[Write]) -> Refused:
        """See `Writes`. The call before what names it: root fields of one request run in parallel."""
        records = {w.activity.call_sid: self._record(w) for w in writes}
        refused = await self._batches.send("UpsertPhoneCalls", records)
        refused |= await self._write_rows([w for w in writes if w.activity.call_sid not in refused])
        noted = [w for w in writes if w.activity.call_sid not in refused and self._is_noted(w.activity)]
        return refused | await self._write_notes(noted)

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
        try:
            return await _write_notes(self._batches, writes, on_call=True)
        except TwentyDenied as denied:
            go_without(Feature.NOTES_ON_CALLS, denied)
            return {}

    def _is_noted(self, activity: Activity) -> bool:
        """Where there is text; and where the person's timeline takes no row, the note is what shows."""
        unseen = self._schema.timeline_object_id is None and activity.person_id
        return bool(activity.transcript or unseen)

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
        self._batches = batches

    async def write(self, writes: Sequence[Write]) -> Refused:
        """See `Writes`. A call of nobody's is a note on nobody."""
        return await _write_notes(self._batches, writes, on_call=False)

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


async def _write_notes(batches: Batches, writes: Sequence[Write], *, on_call: bool) -> Refused:
    notes = {w.activity.call_sid: _note(w.activity) for w in writes}
    refused = await batches.send("UpsertNotes", notes)
    targets = {
        f"{w.activity.call_sid} {target['id']}": target
        for w in writes
        if w.activity.call_sid not in refused
        for target in _note_targets(w, on_call=on_call)
    }
    lost = await batches.send("UpsertNoteTargets", targets)
    return refused | {key.split()[0]: error for key, error in lost.items()}


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
        "happensAt": _time(activity.started_at),
        "createdAt": _time(activity.started_at),
        "linkedObjectMetadataId": object_id,
        "linkedRecordId": record_id("phoneCall", activity.call_sid),
        "linkedRecordCachedName": activity.title,
    }
    if activity.agent_id:
        row["workspaceMemberId"] = activity.agent_id
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
        **{link.label: f"<{link.url}>" for link in activity.recordings},
        "Reason": activity.reason and plain(activity.reason),
        "Handling": activity.handling and plain(activity.handling),
        "Call SID": activity.call_sid,
    }
    listed = "\n".join(f"- {name}: {value}" for name, value in facts.items() if value is not None)
    return f"{_quoted(activity.transcript)}\n\n{listed}" if activity.transcript else listed


def _quoted(text: str) -> str:
    return "\n".join(f"> {plain(line)}" for line in text.splitlines())


def _note_targets(write: Write, *, on_call: bool) -> Iterator[Record]:
    """What the note is on. Twenty does not join equal targets: their ids do.

    The person is left out of later writes, as of the call itself, but for a transcript: it comes late.
    """
    activity = write.activity
    note = {"noteId": record_id("note", activity.call_sid)}
    if activity.person_id and (write.first or activity.transcript):
        target_id = record_id("noteTarget", activity.call_sid)
        yield {"id": target_id, **note, "targetPersonId": activity.person_id}
    if on_call:
        target_id = record_id("noteTarget phoneCall", activity.call_sid)
        yield {"id": target_id, **note, "targetPhoneCallId": record_id("phoneCall", activity.call_sid)}


def _phone(number: str | None) -> Record | None:
    return {"primaryPhoneNumber": number} if number else None


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
