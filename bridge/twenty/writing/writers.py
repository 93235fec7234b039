"""Writes activities: as phone calls with a row on the person's timeline, else as notes on the person."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from bridge.calls.activity import record_id
from bridge.calls.people.matching import Person
from bridge.errors import Duplicate, TwentyDenied, TwentyRefused
from bridge.twenty.client.client import Executes
from bridge.twenty.schema.features import Feature, go_without
from bridge.twenty.schema.workspace import WorkspaceSchema
from bridge.twenty.values import full_name
from bridge.twenty.writing.bisection import FEW, Batches, Record, Refused
from bridge.twenty.writing.fields import Shown
from bridge.twenty.writing.notes import CallNotes
from bridge.twenty.writing.plan import Chosen, Do, Write
from bridge.twenty.writing.proposals import ProposedTasks
from bridge.twenty.writing.timeline import timeline_for

KEYS = frozenset({"id", "externalCallId"})
"""What a record is found by: an update leaves it as it is."""


class RecordState(Struct, frozen=True, kw_only=True):
    """How a call stands in Twenty; `person` is None where the person of `person_id` is deleted.

    Twenty itself gives no `person_id` of a deleted person, as if the call were on no person.
    Without `says_person` its person was not asked for.
    """

    deleted: bool
    says_person: bool = False
    person_id: str | None = None
    person: Person | None = None
    shown: Shown | None = None
    """The fields of its record; None where calls are notes."""

    @property
    def is_of_deleted_person(self) -> bool:
        """Whether it stands on a person who was deleted."""
        return self.person_id is not None and self.person is None


class Writes(Protocol):
    """One way to show calls in Twenty; writes are idempotent. Both methods raise TwentyError."""

    async def write(self, writes: Sequence[Write]) -> Refused:
        """Writes these; the answer has what Twenty refused, by call SID."""

    async def states(self, call_sids: Collection[str]) -> dict[str, RecordState]:
        """Call SID → how it stands, of calls that are there or were deleted; one root field."""


class _Update(Struct, frozen=True):
    """Known calls that get the same values."""

    sids: list[str]
    data: Record


class PhoneCalls:
    """Calls as records of the object `phoneCall`, with a row on the person's timeline.

    Two root fields a batch, and two more for notes where there are any, two for what agents said. Of a batch
    with several known calls up to `FEW` more, or what the rate limit has to spare: see `_write_records`.
    """

    def __init__(self, client: Executes, batches: Batches, schema: WorkspaceSchema) -> None:
        self._client = client
        self._batches = batches
        self._fields = schema.phone_call_fields
        self._timeline = timeline_for(client, batches, schema.timeline) if schema.timeline else None
        self._notes = CallNotes(client, batches, on_call=True)
        self._proposals = ProposedTasks(batches, on_call=True)

    async def write(self, writes: Sequence[Write]) -> Refused:
        """See `Writes`. The record is written before rows and notes that refer to it."""
        changed = [w for w in writes if w.plan.record.writes]
        refused = await self._write_records(changed)
        refused |= await self._write_rows([w for w in changed if w.sid not in refused])
        return refused | await self._write_notes([w for w in writes if w.sid not in refused])

    async def states(self, call_sids: Collection[str]) -> dict[str, RecordState]:
        """See `Writes`."""
        found = await _found(self._batches, "WrittenPhoneCalls", "phoneCall", call_sids)
        return {
            sid: RecordState(
                deleted=node["deletedAt"] is not None,
                says_person=True,
                person_id=node["personId"],
                person=_person(node),
                shown=Shown.of(node),
            )
            for sid, node in found.items()
        }

    async def _write_records(self, writes: Sequence[Write]) -> Refused:
        """Updates known calls, and creates new ones in one root field.

        A user can delete a call after the bridge asked how it stands, or before Twenty carries out a write
        that it got long ago: an upsert would restore it. An update takes one root field for each call, or for
        all that get the same news. A batch that needs more than `FEW` of them, and more than the rate limit
        has to spare, is upserted as a whole.
        """
        known = [w for w in writes if w.plan.record is Do.UPDATE]
        updates = self._updates(known)
        if not self._batches.affords(len(updates)):
            return await self._batches.send("UpsertPhoneCalls", {w.sid: self._record(w) for w in writes})
        refused = await self._create([w for w in writes if w.plan.record is not Do.UPDATE])
        for update in updates:
            refused |= await self._update(update)
        return refused

    def _updates(self, writes: Sequence[Write]) -> list[_Update]:
        """One update for each call, or for all of many that get the same news."""
        if len(writes) <= FEW:
            return [_Update([write.sid], _without_keys(self._record(write))) for write in writes]
        updates: dict[str, _Update] = {}
        for write in writes:
            data = _without_keys(self._news(write))
            updates.setdefault(json.dumps(data, sort_keys=True), _Update([], data)).sids.append(write.sid)
        return [update for update in updates.values() if update.data]

    async def _create(self, writes: Sequence[Write]) -> Refused:
        """Creates new calls; one that is there after all is refused as Duplicate."""
        records = {w.sid: self._record(w) for w in writes}
        refused = await self._batches.send("CreatePhoneCalls", records, existing="WrittenPhoneCalls")
        # A record that has the call's SID and another id, made by other means: an upsert goes by the SID.
        alike = {sid for sid, error in refused.items() if isinstance(error, Duplicate) and not error.there}
        return {sid: error for sid, error in refused.items() if sid not in alike} | await self._batches.send(
            "UpsertPhoneCalls", {sid: records[sid] for sid in alike}
        )

    async def _update(self, update: _Update) -> Refused:
        ids = [record_id("phoneCall", sid) for sid in update.sids]
        try:
            await self._client.execute("UpdatePhoneCalls", ids=ids, data=update.data)
        except TwentyRefused as error:
            return dict.fromkeys(update.sids, error)
        return {}

    async def _write_rows(self, writes: Sequence[Write]) -> Refused:
        if self._timeline is None:
            return {}
        try:
            return await self._timeline.write(writes)
        except TwentyDenied as denied:
            go_without(Feature.TIMELINE, denied)
            # From now on a note shows the call on the person's page.
            self._timeline = None
            return {}

    async def _write_notes(self, writes: Sequence[Write]) -> Refused:
        # Without rows on the timeline a note shows the call on the person's page.
        unseen = (
            [] if self._timeline else [w for w in writes if w.plan.record.writes and w.activity.person_id]
        )
        shown = {w.sid for w in unseen}
        try:
            refused = await self._notes.write(unseen) if unseen else {}
            refused |= await self._notes.write_text([w for w in writes if w.sid not in shown])
            refused |= await self._notes.write_dispositions(writes)
        except TwentyDenied as denied:
            go_without(Feature.NOTES_ON_CALLS, denied)
            refused = {}
        await self._proposals.write([w for w in writes if w.sid not in refused])
        return refused

    def _record(self, write: Write) -> Record:
        record = write.merge.record(self._fields)
        if write.plan.person is not Chosen.KEPT:
            # Left out of later writes, so that a user's correction holds.
            record |= {name: value for name, value in self._person(write) if name in self._fields}
        return record

    def _news(self, write: Write) -> Record:
        """What differs from what Twenty has for certain."""
        unchanged = write.merge.kept
        return {name: value for name, value in self._record(write).items() if name not in unchanged}

    def _person(self, write: Write) -> Iterator[tuple[str, str | None]]:
        chosen = {"personId": write.activity.person_id, "companyId": write.activity.company_id}
        return (
            (name, value) for name, value in chosen.items() if value or write.plan.person is Chosen.CORRECTED
        )


class Notes:
    """Calls as notes on the person, for a workspace without `phoneCall`; two root fields a batch."""

    def __init__(self, client: Executes, batches: Batches) -> None:
        self._batches = batches
        self._notes = CallNotes(client, batches, on_call=False)
        self._proposals = ProposedTasks(batches, on_call=False)

    async def write(self, writes: Sequence[Write]) -> Refused:
        """See `Writes`. A call without a person is a note without a person."""
        refused = await self._notes.write([w for w in writes if w.plan.record.writes])
        refused |= await self._notes.write_dispositions(writes)
        await self._proposals.write([w for w in writes if w.sid not in refused])
        return refused

    async def states(self, call_sids: Collection[str]) -> dict[str, RecordState]:
        """See `Writes`. The person of a note is not asked for."""
        found = await _found(self._batches, "WrittenNotes", "note", call_sids)
        return {sid: RecordState(deleted=node["deletedAt"] is not None) for sid, node in found.items()}


def writer_for(client: Executes, batches: Batches, schema: WorkspaceSchema) -> Writes:
    """Phone calls where the workspace has the object, else notes."""
    return PhoneCalls(client, batches, schema) if schema.has_phone_calls else Notes(client, batches)


async def _found(
    batches: Batches, operation: str, kind: str, call_sids: Collection[str]
) -> Mapping[str, Record]:
    """Asks when what follows can be sent at once: the answer would age while a write waits."""
    await batches.room(1 + FEW)
    ids = {record_id(kind, sid): sid for sid in call_sids}
    return {ids[one]: node for one, node in (await batches.existing(operation, list(ids))).items()}


def _without_keys(record: Record) -> Record:
    return {name: value for name, value in record.items() if name not in KEYS}


def _person(node: Record) -> Person | None:
    if not (node["personId"] and node["person"]):
        return None
    return Person(node["personId"], full_name(node["person"]["name"]))


KINDS = {
    "DestroyTimelineActivities": "timelineActivity",
    "WithdrawNotes": "note",
    "WithdrawPhoneCalls": "phoneCall",
}


async def take_back(client: Executes, call_sids: Collection[str]) -> None:
    """Deletes the records of these calls, so that a user can restore them; three root fields for all.

    A note that a user edited stays. Raises TwentyError.
    """
    for operation, kind in KINDS.items() if call_sids else ():
        try:
            await client.execute(operation, ids=sorted(record_id(kind, sid) for sid in call_sids))
        except TwentyDenied as denied:
            go_without(Feature.WITHDRAWALS, denied)
