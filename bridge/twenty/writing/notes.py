"""Notes on a call and its person: transcript, recordings and dispositions.

What a user did stays done. A note's person is written once; a deleted note is not written again; a note that
a user edited is left to them, and news goes to a second note. Dispositions are created, and never changed;
notes that agents type are brought up to date.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from bridge.calls.activity import Activity, record_id
from bridge.calls.dispositions import Disposition
from bridge.errors import Duplicate, TwentyDenied, TwentyRefused
from bridge.twenty.client.client import Executes
from bridge.twenty.schema.features import Feature, go_without
from bridge.twenty.writing.bisection import Batches, Record, Refused
from bridge.twenty.writing.conversations import quoted, summary_blocks
from bridge.twenty.writing.fields import BY_KEY
from bridge.twenty.writing.plan import Do, Write, time
from bridge.twenty.writing.rich_text import Block, bullet, linked, paragraphs, plain, quotes, rich_text

SECOND = "second"
ORDER = ("", SECOND)
"""A note of the bridge's, and the one beside it where a user edited the first."""

Said = Mapping[str, tuple[Write, Disposition]]
"""What agents said, by call SID and its own id."""


class CallNotes:
    """Writes notes; with `on_call` they are on the call's record, too. The methods raise TwentyError.

    That record has the dialogue, so a note has it only of a message; without `on_call` a note has all.
    """

    def __init__(self, client: Executes, batches: Batches, *, on_call: bool) -> None:
        self._client = client
        self._batches = batches
        self._on_call = on_call
        self._is_whole = not on_call

    async def write(self, writes: Sequence[Write]) -> Refused:
        """Writes the note that shows each call; the answer has what Twenty refused, by call SID.

        Two root fields, and one more where some were written before.
        """
        return await self._write(await self._chosen({w.sid: (w, _of_call(w)) for w in writes}))

    async def write_text(self, writes: Sequence[Write]) -> Refused:
        """Writes the notes of calls with text, unless a user deleted them; withdraws empty notes."""
        wanted = {w.sid: (w, w.plan.note) for w in writes if w.plan.note.writes}
        wanted |= await self._withdraw([w for w in writes if w.plan.note is Do.GONE])
        chosen = await self._chosen(wanted)
        # Without new text a note that a user edited keeps its words; only its person follows the call.
        return await self._write(
            [n if n.write.plan.has_new_text else n.first() for n in chosen if n.is_worth]
        )

    async def _withdraw(self, writes: Sequence[Write]) -> Mapping[str, tuple[Write, Do]]:
        """Destroys notes that are empty now, so that their ids are free; one root field.

        Where the key's role cannot destroy, the answer has what to do instead, by call SID.
        """
        if not writes:
            return {}
        try:
            await withdraw_notes(self._client, [w.sid for w in writes])
        except TwentyDenied as denied:
            go_without(Feature.WITHDRAWALS, denied)
            return {w.sid: (w, Do.UPDATE) for w in writes}
        return {}

    async def write_dispositions(self, writes: Sequence[Write]) -> Refused:
        """Writes what agents said as notes of their own: two root fields for all, and three for those typed.

        What was said once is created and never changed. What an agent types is brought up to date.
        """
        said = {
            f"{w.sid} {one.id}": (w, one)
            for w in writes
            if w.plan.dispositions.writes
            for one in w.activity.dispositions
        }
        refused = await self._create({key: (w, one) for key, (w, one) in said.items() if not one.version})
        return refused | await self._revise({key: (w, one) for key, (w, one) in said.items() if one.version})

    async def _create(self, said: "Said") -> Refused:
        if not said:
            return {}
        tried = await self._batches.create(
            "CreateNotes",
            {key: _disposition_note(w.activity, one) for key, (w, one) in said.items()},
            existing="WrittenNotes",
            unsure=[key for key, (w, _) in said.items() if w.plan.dispositions is not Do.CREATE],
        )
        # It was written before: a user can have changed or deleted it since.
        refused = {key: error for key, error in tried.items() if not isinstance(error, Duplicate)}
        targets = [
            _targets(w, _said(one))
            for key, (w, one) in said.items()
            if key not in tried or (key not in refused and w.plan.moves)
        ]
        return _by_call(refused) | await self._send_targets(targets)

    async def _revise(self, typed: "Said") -> Refused:
        """Writes notes that agents type: one that a user deleted stays so, beside an edited one is a second.

        A note that its agent emptied is emptied, and not created.
        """
        if not typed:
            return {}
        ids = [
            _note_id(f"{which} {_said(one)}".strip(), w.sid) for w, one in typed.values() for which in ORDER
        ]
        there = await self._batches.existing("WrittenNotes", ids)
        found = {key: (w, one, _left(w, Do.ENSURE, there, of=_said(one))) for key, (w, one) in typed.items()}
        chosen = {
            key: (w, one, note)
            for key, (w, one, note) in found.items()
            if note and not (one.is_empty and note.is_new)
        }
        records = {
            key: _disposition_note(w.activity, one, which=note.which)
            for key, (w, one, note) in chosen.items()
        }
        refused = await self._bring(records, [key for key, (_, _, note) in chosen.items() if not note.is_new])
        return _by_call(refused) | await self._send_targets(
            [note.targets() for key, (_, _, note) in chosen.items() if key not in refused]
        )

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

    async def _chosen(self, wanted: Mapping[str, tuple[Write, Do]]) -> list["_Note"]:
        """The notes to write: one a call, except notes that a user deleted."""
        earlier = [w for w, do in wanted.values() if do is not Do.CREATE]
        ids = [_note_id(which, w.sid) for which in ("", SECOND) for w in earlier]
        there = await self._batches.existing("WrittenNotes", ids)
        found = [_left(w, do, there) for w, do in wanted.values()]
        return [note for note in found if note]

    async def _write(self, notes: Sequence["_Note"]) -> Refused:
        records = {
            n.write.sid: note_of(n.write.activity, n.which, whole=self._is_whole)
            for n in notes
            if not n.is_theirs
        }
        refused = await self._bring(records, [n.write.sid for n in notes if not (n.is_new or n.is_theirs)])
        return refused | await self._send_targets([n.targets() for n in notes if n.write.sid not in refused])

    async def _bring(self, records: Mapping[str, Record], known: Sequence[str]) -> Refused:
        """Writes new notes together, and updates those that are there one by one.

        A user can delete or edit a note after the bridge asked for it: an upsert would restore it, and lose
        the user's words. Too many updates for the rate limit are one upsert.
        """
        if not self._batches.affords(len(known)):
            return await self._batches.send("UpsertNotes", records)
        there = frozenset(known)
        new = {key: record for key, record in records.items() if key not in there}
        refused = await self._batches.send("UpsertNotes", new)
        for key in known:
            refused |= await self._update(key, records[key])
        return refused

    async def _update(self, key: str, record: Record) -> Refused:
        data = {"title": record["title"], "bodyV2": record["bodyV2"]}
        try:
            answer = await self._client.execute("UpdateNotes", ids=[record["id"]], data=data)
        except TwentyRefused as error:
            return {key: error}
        # The next batch asks how it stands.
        return {} if answer["updateNotes"] else {key: Duplicate("a user changed it meanwhile", there=record)}


async def withdraw_notes(client: Executes, call_sids: Collection[str]) -> None:
    """Destroys the notes of these calls that no user edited; one root field. Raises TwentyError."""
    await client.execute("WithdrawNotes", ids=[_note_id(which, sid) for which in ORDER for sid in call_sids])


def _of_call(write: Write) -> Do:
    """What to do with the note that shows a call: the bridge may have shown it by other means before."""
    return Do.CREATE if write.plan.record is Do.CREATE else Do.ENSURE


def _left(write: Write, do: Do, there: Mapping[str, Record], *, of: str = "") -> "_Note | None":
    """Which note `of` a call the bridge can write; None where a user deleted it, or edited both."""
    names = [f"{which} {of}".strip() for which in ORDER]
    first, second = (there.get(_note_id(name, write.sid)) for name in names)
    if first is None:
        return None if do is Do.UPDATE else _Note(write, names[0], is_new=True)
    if first["deletedAt"] is not None:
        return None
    if _is_ours(first):
        return _Note(write, names[0])
    if second is None or (second["deletedAt"] is None and _is_ours(second)):
        return _Note(write, names[1], is_new=second is None)
    return None


def _is_ours(note: Record) -> bool:
    source: str = note["updatedBy"]["source"]
    return source == BY_KEY


class _Note(Struct, frozen=True):
    """A note of a call to write: the first or the second; `is_theirs` where a user edited it."""

    write: Write
    which: str = ""
    is_new: bool = False
    is_theirs: bool = False

    @property
    def is_worth(self) -> bool:
        """Whether it is to be written: a second note only for new text or another person."""
        return self.write.plan.has_new_text or self.write.plan.moves or not self.which

    def first(self) -> "_Note":
        """The call's first note."""
        return replace(self, which="", is_new=False, is_theirs=True) if self.which else self

    def targets(self) -> "_Targets":
        return _targets(self.write, self.which, with_person=self.is_new or self.write.plan.moves)


class _Targets(Struct, frozen=True):
    """The person and call of one note. Twenty does not merge equal targets; deterministic ids do."""

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


def _targets(write: Write, which: str = "", *, with_person: bool = True) -> _Targets:
    return _Targets(write.sid, which, write.activity.person_id if with_person else None)


def _named(kind: str, which: str) -> str:
    return f"{kind} {which}" if which else kind


def _note_id(which: str, call_sid: str) -> str:
    return record_id(_named("note", which), call_sid)


def _by_call(refused: Refused) -> Refused:
    return {key.split()[0]: error for key, error in refused.items()}


def note_of(activity: Activity, which: str = "", *, whole: bool = True) -> Record:
    """The note of a call: summary, transcript, recordings, and what a `phoneCall` has fields for.

    Unless it is to be `whole`, it has the dialogue of a message only.
    """
    return {
        "id": _note_id(which, activity.call_sid),
        "title": activity.title,
        "bodyV2": rich_text(_body(activity, whole=whole)),
        "createdAt": time(activity.started_at),
    }


def _said(one: Disposition) -> str:
    return f"disposition {one.id}"


def _disposition_note(activity: Activity, said: Disposition, *, which: str = "") -> Record:
    return {
        "id": _note_id(which or _said(said), activity.call_sid),
        "title": " · ".join(part for part in (said.outcome, activity.title) if part),
        "bodyV2": rich_text([*paragraphs(said.note), *paragraphs(f"— {said.agent}")]),
        # What is typed changes, and stands where it began.
        "createdAt": time(activity.started_at if said.version else said.at),
    }


def _body(activity: Activity, *, whole: bool) -> Iterator[Block]:
    if conversation := activity.conversation:
        yield from summary_blocks(conversation)
        yield from quoted(conversation) if whole or activity.is_message else ()
    else:
        yield from quotes(activity.transcript or "")
    yield from (bullet(linked(link)) for link in activity.recordings)
    yield from (bullet(plain(f"{label}: {value}")) for label, value in activity.facts)
