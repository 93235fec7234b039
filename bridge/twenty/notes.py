"""Notes on a call and its person: what was said on it, where to hear it, and what came of it.

What a user did stays done: a note's person is written once, one that was deleted is not written again,
one that somebody edited is left to them and what is new is a second note, and what an agent said is created,
never changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.calls.activity import Activity, record_id
from bridge.calls.dispositions import Disposition
from bridge.errors import Duplicate, TwentyDenied
from bridge.twenty.batches import Batches, Record, Refused
from bridge.twenty.client import Executes
from bridge.twenty.features import Feature, go_without
from bridge.twenty.markdown import plain, quoted
from bridge.twenty.times import text

BY_KEY = "API"
"""Who writes by an API key, as the bridge does; whoever edits a note in Twenty is MANUAL."""

SECOND = "second"


@dataclass(frozen=True, slots=True)
class Write:
    """An activity to write; `first` until Twenty has had the call, with its person, once.

    `person_id` is whom the call is on as far as is known, which a user may have corrected. `record` tells
    that its record says something new, `note` that its note does, `noted` that there was one before,
    `dispositions` that there are new ones.
    """

    activity: Activity
    first: bool
    person_id: str | None
    record: bool = True
    note: bool = False
    noted: bool = False
    dispositions: bool = False


class CallNotes:
    """Writes notes; with `on_call` they are on the call's record, too."""

    def __init__(self, client: Executes, batches: Batches, *, on_call: bool) -> None:
        self._client = client
        self._batches = batches
        self._on_call = on_call

    async def write(self, writes: Sequence[Write]) -> Refused:
        """Writes each call's note; what is refused is in the answer, by call SID."""
        which = await self._which([w for w in writes if not w.first])
        refused = await self._upsert(writes, which)
        written = [w for w in writes if w.activity.call_sid not in refused]
        return refused | await self._send_targets(
            [_targets_of(w, which, with_person=w.first) for w in written]
        )

    async def write_text(self, writes: Sequence[Write]) -> Refused:
        """Writes the notes of those that have text, unless a user deleted it; two root fields, or three."""
        worth = [w for w in writes if w.note or (w.first and w.activity.has_text)]
        if not worth:
            return {}
        which = await self._which([w for w in worth if w.noted])
        standing = [w for w in worth if not w.noted or w.activity.call_sid in which]
        # One that a person was found for later is put on the person, and says what it said.
        refused = await self._upsert([w for w in standing if w.note], which)
        written = [w for w in standing if w.activity.call_sid not in refused]
        targets = [_targets_of(w, which, with_person=w.first or not w.noted) for w in written]
        return refused | await self._send_targets(targets)

    async def write_dispositions(self, writes: Sequence[Write]) -> Refused:
        """Creates what agents said as notes of its own; two root fields for all."""
        said = {
            f"{w.activity.call_sid} {one.id}": (w, one)
            for w in writes
            if w.dispositions or w.first
            for one in w.activity.dispositions
        }
        if not said:
            return {}
        notes = {key: _disposition_note(w.activity, one) for key, (w, one) in said.items()}
        tried = await self._batches.send("CreateNotes", notes)
        # It was written before: a user may have changed it since, or deleted it.
        refused = {key: error for key, error in tried.items() if not isinstance(error, Duplicate)}
        written = [
            _targets(w, f"disposition {one.id}") for key, (w, one) in said.items() if key not in refused
        ]
        return _by_call(refused) | await self._send_targets(written)

    async def _upsert(self, writes: Sequence[Write], which: Mapping[str, str]) -> Refused:
        notes = {w.activity.call_sid: note_of(w.activity, which.get(w.activity.call_sid, "")) for w in writes}
        return await self._batches.send("UpsertNotes", notes)

    async def _send_targets(self, notes: Sequence["_Targets"]) -> Refused:
        try:
            return await self._send(notes)
        except TwentyDenied as denied:
            if not self._on_call:
                raise
            go_without(Feature.NOTES_ON_CALLS, denied)
            self._on_call = False
            return await self._send(notes)

    async def _send(self, notes: Sequence["_Targets"]) -> Refused:
        targets = {
            f"{note.call_sid} {record['id']}": record
            for note in notes
            for record in note.records(on_call=self._on_call)
        }
        return _by_call(await self._batches.send("UpsertNoteTargets", targets))

    async def _which(self, writes: Sequence[Write]) -> dict[str, str]:
        """Call SID → which note of it may be written, of those whose note is still there."""
        if not writes:
            return {}
        ids = {record_id("note", w.activity.call_sid): w.activity.call_sid for w in writes}
        answer = await self._client.execute("WrittenNotes", ids=list(ids), first=len(ids))
        nodes = [edge["node"] for edge in answer["notes"]["edges"]]
        return {ids[n["id"]]: "" if n["updatedBy"]["source"] == BY_KEY else SECOND for n in nodes}


@dataclass(frozen=True, slots=True)
class _Targets:
    """What one note is on. Twenty does not join equal targets: their ids do."""

    call_sid: str
    which: str
    person_id: str | None

    def records(self, *, on_call: bool) -> Iterator[Record]:
        note = {"noteId": self._id("note")}
        if self.person_id:
            yield {"id": self._id("noteTarget"), **note, "targetPersonId": self.person_id}
        if on_call:
            call_id = record_id("phoneCall", self.call_sid)
            yield {"id": self._id("noteTarget phoneCall"), **note, "targetPhoneCallId": call_id}

    def _id(self, kind: str) -> str:
        return record_id(_named(kind, self.which), self.call_sid)


def _targets_of(write: Write, which: Mapping[str, str], *, with_person: bool) -> _Targets:
    note = which.get(write.activity.call_sid, "")
    return _targets(write, note, with_person=with_person or bool(note))


def _targets(write: Write, which: str = "", *, with_person: bool = True) -> _Targets:
    return _Targets(write.activity.call_sid, which, write.person_id if with_person else None)


def _named(kind: str, which: str) -> str:
    return f"{kind} {which}" if which else kind


def _by_call(refused: Refused) -> Refused:
    return {key.split()[0]: error for key, error in refused.items()}


def note_of(activity: Activity, which: str = "") -> Record:
    """The note of a call: what was said, and the facts that a `phoneCall` has fields for."""
    return {
        "id": record_id(_named("note", which), activity.call_sid),
        "title": activity.title,
        "bodyV2": {"markdown": _markdown(activity)},
        "createdAt": time(activity.started_at),
    }


def _disposition_note(activity: Activity, said: Disposition) -> Record:
    return {
        "id": record_id(f"note disposition {said.id}", activity.call_sid),
        "title": " · ".join(part for part in (said.outcome, activity.title) if part),
        "bodyV2": {
            "markdown": "\n\n".join(part for part in (plain(said.note), f"— {plain(said.agent)}") if part)
        },
        "createdAt": time(said.at),
    }


def _markdown(activity: Activity) -> str:
    links = [(link.label, f"<{link.url}>") for link in activity.recordings]
    facts = [*links, *((label, plain(value)) for label, value in activity.facts)]
    listed = "\n".join(f"- {label}: {value}" for label, value in facts)
    return f"{quoted(activity.transcript)}\n\n{listed}" if activity.transcript else listed


def time(moment: datetime | None) -> str | None:
    """A time as Twenty takes it."""
    return text(moment) if moment else None
