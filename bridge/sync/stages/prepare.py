"""Stage 2, prepare: due calls → what to write of them, with one look-up for all."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Literal, TypeVar

import structlog
from msgspec import Struct
from msgspec.structs import replace

from bridge.calls.activity import Activity, activity_of, agents_in
from bridge.calls.agents import Identity, client_identity
from bridge.calls.dispositions import dispositions
from bridge.calls.fold.call import Call, fold
from bridge.calls.numbers import Number, e164
from bridge.calls.people.caller_names import name_of_caller
from bridge.calls.people.matching import NO_PERSON, Candidate, Match, Person, Several, choose
from bridge.calls.recording_links import RecordingLinks
from bridge.calls.texts import Texts
from bridge.calls.transcripts.conversation import Spoken
from bridge.errors import ForgetKeyWrong
from bridge.inbox.forgetting import Forgotten
from bridge.inbox.rows import AttemptOutcome, DueCall
from bridge.observability import metrics
from bridge.sync.digests import FACTS, NOTHING, WITHDRAWN, Digests, facts
from bridge.twenty.client.client import Executes
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.lookup import NewPerson, create_people
from bridge.twenty.people.members import Members
from bridge.twenty.writing.bisection import Batches
from bridge.twenty.writing.fields import CLEARED, NEVER, THEIRS, Marks, merge, read_marks, to_bytes
from bridge.twenty.writing.plan import Before, Chosen, News, Note, Write, WriteState, plan_of
from bridge.twenty.writing.writers import RecordState, Writes

log = structlog.get_logger()

T = TypeVar("T")

ATTEMPTS = 16
"""How many earlier states of a call an uncertain write can have written, before a user edited the record."""

SpokenIn = Callable[[Mapping[str, datetime]], Awaitable[Mapping[str, Spoken]]]
"""Call SID → when it started; the answer has what was said in those that have a transcript."""


EraseSpoken = Callable[[Collection[str]], Awaitable[None]]
"""Erases what was said in these calls."""


async def not_transcribed(_started: Mapping[str, datetime]) -> Mapping[str, Spoken]:
    """For a bridge without transcripts."""
    return {}


class Policy(Struct, frozen=True, kw_only=True):
    """How calls are matched and shown.

    National numbers belong to `region` (ISO 3166), times are shown in `zone`. For `own_numbers`, those of the
    company and its agents, no person is created. With `proposes` the next steps of a summary become tasks.
    """

    texts: Texts
    links: RecordingLinks
    region: str
    zone: tzinfo = UTC
    several: Several = "oldest"
    unmatched: Literal["log", "create", "skip"] = "log"
    own_numbers: frozenset[str] = frozenset()
    proposes: bool = False


class Prepared(Struct, frozen=True):
    """A due call with its match, and what to write of it: None where Twenty is not to show it."""

    due: DueCall
    call: Call
    number: Number | None
    match: Match | None
    write: Write | None
    digest: bytes | None
    fields: bytes | None = None
    """The digests of the record's fields, as they are stored."""

    @property
    def changed(self) -> Write | None:
        """What to write; None where Twenty shows it already."""
        return self.write if self.digest != self.due.written else None

    @property
    def outcome(self) -> AttemptOutcome:
        """The outcome of the call once Twenty has taken what was to be written."""
        if self.write is None:
            return AttemptOutcome.SKIPPED
        return AttemptOutcome.WRITTEN if self.changed else AttemptOutcome.UNCHANGED


class Unprepared(Struct, frozen=True):
    """A due call that cannot be prepared: its data, or a defect of the bridge, is the `reason`."""

    due: DueCall
    reason: str


class Preparation:
    """Prepares batches for one workspace; for people who are `forgotten` no person is created.

    `erase_spoken`, if any, is given the calls that users deleted in Twenty.
    """

    def __init__(
        self,
        client: Executes,
        batches: Batches,
        directory: Directory,
        members: Members,
        policy: Policy,
        *,
        forgotten: Forgotten | None = None,
        spoken_in: SpokenIn = not_transcribed,
        erase_spoken: EraseSpoken | None = None,
    ) -> None:
        self._client = client
        self._batches = batches
        self._directory = directory
        self._members = members
        self._policy = policy
        self._forgotten = forgotten
        self._spoken_in = spoken_in
        self._erase_spoken = erase_spoken
        numbers = (e164(own, policy.region) for own in policy.own_numbers)
        self._own_lines = frozenset(number.line for number in numbers if number)

    async def prepare(
        self, writes: Writes, claimed: Sequence[DueCall], *, now: datetime, took_over: bool = False
    ) -> tuple[list[Prepared], list[Unprepared]]:
        """Folds each call, and finds the person of those that are to be matched.

        Asks Twenty, in one root field, how the calls stand that it can have, so that what a user did to
        them stays done; in another one, where calls lost their person, who of these people is deleted.
        Where the process `took_over`, each of these calls can be one that the process before wrote and did
        not settle. Raises TwentyError and InboxUnavailable.
        """
        unprepared: list[Unprepared] = []
        folded = _each(claimed, self._folded, unprepared)
        claimed = [
            self._unless_mistaken(due, folded[sid]) if (sid := due.root_sid) in folded else due
            for due in claimed
        ]
        await self._members.refresh(self._client)
        spoken = await self._spoken_in({sid: call.started_at for sid, call in folded.items()})
        asks = _each(
            [due for due in claimed if due.root_sid in folded],
            lambda due: self._is_to_ask(due, folded[due.root_sid], spoken.get(due.root_sid)),
            unprepared,
        )
        due_calls = [due for due in claimed if due.root_sid in asks]
        asked = {root_sid for root_sid, asking in asks.items() if asking}
        states = await writes.states(asked) if asked else {}
        states |= await self._stood_on(due_calls, states)
        due_calls = [_unless_deleted(due, states.get(due.root_sid)) for due in due_calls]
        gone = {due.root_sid for due in due_calls if due.root_sid in asked and _is_gone(due, states)}
        # One that is missing altogether tells less: of another workspace, or a restored backup, all are.
        if self._erase_spoken and (deleted := {sid for sid in gone if sid in states}):
            await self._erase_spoken(deleted)
        matches = await self._match([due for due in due_calls if due.root_sid not in gone], folded, states)

        def prepared(due: DueCall) -> Prepared:
            return self._prepared(
                due,
                folded[due.root_sid],
                matches.get(due.root_sid, due.match),
                states.get(due.root_sid),
                spoken.get(due.root_sid),
                gone=due.root_sid in gone,
                took_over=took_over,
            )

        return list(_each(due_calls, prepared, unprepared).values()), unprepared

    async def targets_gone(self, refused: Iterable[Prepared]) -> None:
        """Of these calls Twenty refused a relation: what is cached of people and members is old.

        Raises TwentyError.
        """
        self._directory.forget()
        await self._members.recheck(self._client, _agents_of(refused))

    def leave_agents_out(self, refused: Iterable[Prepared]) -> bool:
        """Takes the agents of these calls, whose people were read anew, for gone; whether it took any.

        Only where the key may not read members, and so does not show who has left.
        """
        agents = frozenset() if self._members.are_readable else _agents_of(refused)
        self._members.leave_out(agents)
        return bool(agents)

    def _folded(self, due: DueCall) -> Call:
        call = fold(due.callbacks)
        # A number that cannot be parsed raises here, where it concerns this call alone.
        self._number(call)
        return call

    def _unless_mistaken(self, due: DueCall, call: Call) -> DueCall:
        """Drops a match that the bridge chose by a number that is not the other party's."""
        number = self._number(call)
        if due.match is None or due.match.corrected or due.number in (None, number):
            return due
        return replace(due, match=None, former_id=_id_of(due.match.person), mistaken=True)

    def _is_to_ask(self, due: DueCall, call: Call, spoken: Spoken | None) -> bool:
        """Whether the call can be in Twenty, and is to be written or matched."""
        if due.written is None and not due.tried:
            return False
        if due.match is None or due.tried or due.anew:
            return True
        return self._prepared(due, call, due.match, None, spoken, gone=False).changed is not None

    async def _stood_on(
        self, due_calls: Sequence[DueCall], states: Mapping[str, RecordState]
    ) -> dict[str, RecordState]:
        """The states of calls on a person who is deleted, with the id of that person.

        Twenty answers as if a user had taken the person off: both are null, the person and the id.
        https://github.com/twentyhq/twenty/pull/20260
        """
        lost = {due.root_sid: person_id for due in due_calls if (person_id := _lost_person(due, states))}
        if not lost:
            return {}
        found = await self._batches.existing("ExistingPeople", sorted(set(lost.values())))
        living = {person_id for person_id, node in found.items() if node["deletedAt"] is None}
        return {
            sid: replace(states[sid], person_id=person_id)
            for sid, person_id in lost.items()
            if person_id not in living
        }

    async def _match(
        self,
        due_calls: Sequence[DueCall],
        folded: Mapping[str, Call],
        states: Mapping[str, RecordState],
    ) -> dict[str, Match]:
        """Call SID → match, for calls that a user moved or that are to be matched anew."""
        matches = {
            due.root_sid: match
            for due in due_calls
            if (found := states.get(due.root_sid)) and (match := _corrected(due, found))
        }
        anew = [due for due in due_calls if due.match is None and due.root_sid not in matches]
        numbers = {due.root_sid: n for due in anew if (n := self._number(folded[due.root_sid]))}
        # A call whose other party is not known yet stays open; those with a number are looked up below.
        matches |= {due.root_sid: NO_PERSON for due in anew if folded[due.root_sid].other_party}
        # A call is matched anew because people changed: the cached answer is old.
        again = {due.root_sid for due in due_calls if due.settled_at}
        self._directory.drop({number for sid, number in numbers.items() if sid in again})
        candidates = await self._directory.find(self._client, set(numbers.values()))
        chosen = {sid: self._choose(number, candidates) for sid, number in numbers.items()}
        if self._policy.unmatched == "create":
            chosen |= await self._create(
                {sid: numbers[sid] for sid, match in chosen.items() if match == NO_PERSON}, folded
            )
        former = {due.root_sid: due.former_id for due in anew}
        matches |= {sid: _unless_moved(match, states.get(sid), former[sid]) for sid, match in chosen.items()}
        for match in matches.values():
            metrics.MATCHES.inc(_outcome(match))
        return matches

    def _choose(self, number: Number, candidates: Mapping[Number, list[Candidate]]) -> Match:
        return choose(number, candidates.get(number, []), several=self._policy.several)

    async def _create(self, numbers: Mapping[str, Number], folded: Mapping[str, Call]) -> dict[str, Match]:
        """Creates a person for each number that no person has."""
        if not numbers:
            return {}
        # The next look-up has to see the new people, even where creating fails half-way.
        self._directory.drop(set(numbers.values()))
        forgotten = await self._whom_to_forget(set(numbers.values()))
        named = [
            NewPerson(n, name_of_caller(folded[sid].caller_name, n))
            for sid, n in numbers.items()
            if n.is_valid and n.line not in self._own_lines and n not in forgotten
        ]
        created = await create_people(self._batches, named) if named else {}
        return {sid: Match(created[number]) for sid, number in numbers.items() if number in created}

    async def _whom_to_forget(self, numbers: set[Number]) -> Collection[str]:
        """The numbers that were forgotten; all of them where the key is wrong."""
        try:
            return await self._forgotten.among(numbers) if self._forgotten else ()
        except ForgetKeyWrong as wrong:
            log.error("people.not_created", reason=wrong.code, error=str(wrong))
            return numbers

    def _prepared(
        self,
        due: DueCall,
        call: Call,
        match: Match | None,
        state: RecordState | None,
        spoken: Spoken | None,
        *,
        gone: bool,
        took_over: bool = False,
    ) -> Prepared:
        number = self._number(call)
        unmatched = match is None or (match.person is None and not match.corrected)
        if gone or call.preflight or (unmatched and self._policy.unmatched == "skip"):
            return Prepared(due, call, number, due.match if gone else match, None, due.written, due.fields)
        activity = self._activity(due, call, match or NO_PERSON, spoken)
        before = Digests.read(due.written)
        shown = Digests.of(activity, certain=call.certain, before=before)
        records, kept_facts = _fields(due)
        unsure = due.tried or (due.written is not None and not before.is_known)
        there = state.shown if state else None
        is_possible = unsure or took_over
        attempted = self._attempted(due, match, spoken) if is_possible and there and there.edited else ()
        merged = merge(activity, records, there, unsure=is_possible, attempted=attempted)
        news = News(
            record=shown.record != before.record,
            note=_note_news(due, activity, before, shown, kept_facts, unsure=unsure),
            dispositions=shown.dispositions != before.dispositions,
        )
        plan = plan_of(
            activity, before=_before(due, before, records, state), news=news, person=_chosen(due, match)
        )
        write = Write(activity=activity, plan=plan, merge=merged)
        fields = to_bytes(merged.marks) + facts(activity)
        return Prepared(due, call, number, match, write, shown.to_bytes(), fields)

    def _attempted(self, due: DueCall, match: Match | None, spoken: Spoken | None) -> list[Activity]:
        """The call as of fewer of its callbacks: as a write whose outcome is unknown can have written it."""
        arrived = sorted(due.callbacks, key=lambda callback: callback.received_at)
        earlier = [arrived[:count] for count in range(1, len(arrived))][-ATTEMPTS:]
        person = due.match or match or NO_PERSON
        return [self._activity(due, fold(callbacks), person, spoken) for callbacks in earlier]

    def _activity(self, due: DueCall, call: Call, match: Match, spoken: Spoken | None) -> Activity:
        said = dispositions(due.callbacks)
        speaking = {Identity(one.agent) for one in said} | agents_in(spoken)
        return activity_of(
            call,
            match,
            agent_id=self._members.by_identity(call.agent) if call.agent else None,
            names=self._members.names(_identities(call) | speaking),
            links=self._policy.links,
            texts=self._policy.texts,
            region=self._policy.region,
            zone=self._policy.zone,
            said=said,
            spoken=spoken,
            proposes=self._policy.proposes,
        )

    def _number(self, call: Call) -> Number | None:
        """The other party's number, if a person can have it."""
        return e164(call.other_party, self._policy.region) if call.other_party else None


def _each(
    due_calls: Sequence[DueCall], make: Callable[[DueCall], T], unprepared: list[Unprepared]
) -> dict[str, T]:
    """Call SID → result of `make`; a call for which it raises is added to `unprepared`."""
    made: dict[str, T] = {}
    for due in due_calls:
        try:
            made[due.root_sid] = make(due)
        except Exception as problem:
            log.exception("call.unprepared", call_sid=due.root_sid)
            reason = f"The bridge failed at this call: {type(problem).__name__}; the log has the traceback"
            unprepared.append(Unprepared(due, reason))
    return made


def _outcome(match: Match) -> str:
    if match.corrected:
        return "corrected"
    if match.others:
        return "several"
    return "person" if match.person else "nobody"


def _is_gone(due: DueCall, states: Mapping[str, RecordState]) -> bool:
    """Whether a user deleted or destroyed the call: it is not written again."""
    found = states.get(due.root_sid)
    return due.written is not None if found is None else found.deleted


def _unless_deleted(due: DueCall, state: RecordState | None) -> DueCall:
    """Drops a match with a person who was deleted: Twenty's report can be lost, or came in mid-write."""
    if due.match is None or due.match.corrected or state is None or not state.is_of_deleted_person:
        return due
    if state.person_id != _id_of(due.match.person):
        return due
    return replace(due, match=None, former_id=state.person_id)


def _lost_person(due: DueCall, states: Mapping[str, RecordState]) -> str | None:
    """The person on whom the bridge put a call that Twenty shows on no person."""
    state = states.get(due.root_sid)
    if state is None or state.deleted or not state.says_person or state.person_id is not None:
        return None
    if due.match:
        return _id_of(due.match.person)
    return due.former_id if due.mistaken else None


def _corrected(due: DueCall, state: RecordState) -> Match | None:
    """The person to whom a user moved the call; None where no user did."""
    if not state.says_person:
        return None
    if due.mistaken:
        # The bridge chose by a wrong number; a user can have taken that person off again.
        return None if state.person_id == due.former_id else _match_in_twenty(state)
    if due.match is None:
        # It has no match, as its person is gone or was never found: a user chose the person who stands there.
        moved = state.person and due.written and state.person_id != due.former_id
        return Match(state.person, corrected=True) if moved else None
    if state.person_id == _id_of(due.match.person):
        return None
    if due.match == NO_PERSON and state.is_of_deleted_person:
        # It stood on that person before, and no other has the number.
        return None
    return _match_in_twenty(state)


def _match_in_twenty(state: RecordState) -> Match:
    """The person whom a user put the call on, or no person, as a match that later writes keep."""
    if state.person_id is None:
        return Match(None, corrected=True)
    return Match(state.person or Person(state.person_id, ""), corrected=True)


def _unless_moved(match: Match, state: RecordState | None, former_id: str | None) -> Match:
    """The match, or the person to whom a user moved a call that an uncertain write brought to Twenty."""
    if state is None or state.person is None:
        return match
    if state.person_id in (_id_of(match.person), former_id):
        return match
    return Match(state.person, corrected=True)


def _chosen(due: DueCall, match: Match | None) -> Chosen:
    if due.match is not None or (match and match.corrected):
        return Chosen.KEPT
    return Chosen.CORRECTED if due.mistaken else Chosen.MATCHED


def _note_news(
    due: DueCall,
    activity: Activity,
    before: Digests,
    shown: Digests,
    kept_facts: bytes | None,
    *,
    unsure: bool,
) -> Note:
    if activity.has_text:
        if shown.note != before.note:
            return Note.TEXT
        return Note.FACTS if facts(activity) != kept_facts else Note.NOTHING
    stands = before.has_note or (unsure and due.written is not None)
    return Note.EMPTY if stands else Note.NOTHING


def _before(due: DueCall, shown: Digests, marks: Marks | None, state: RecordState | None) -> Before:
    """What is known of the call's records in Twenty."""
    person_id = _id_of(due.match.person) if due.match else due.former_id
    settled = due.written is not None
    unsure = due.tried or (settled and not shown.is_known)
    return Before(
        person_id=person_id,
        call=WriteState.of(written=settled or _has_record(state), unsure=unsure),
        row=WriteState.of(written=settled and person_id is not None, unsure=unsure),
        note=WriteState.of(written=_had_note(shown, marks), unsure=unsure or shown.note == WITHDRAWN),
        dispositions=WriteState.of(written=shown.dispositions != NOTHING, unsure=unsure),
    )


def _has_record(state: RecordState | None) -> bool:
    """Whether Twenty shows a record of the call, by whatever write."""
    return state is not None and state.shown is not None


def _had_note(shown: Digests, marks: Marks | None) -> bool:
    """Whether the last write that was confirmed wrote a note with text: one that is missing was destroyed.

    An uncertain write erases the digest of the note; the record's fields still say whether there was text.
    """
    if shown.is_known or marks is None:
        return shown.has_note
    return any(marks[name] not in (NEVER, CLEARED, THEIRS) for name in ("transcript", "recording"))


def _fields(due: DueCall) -> tuple[Marks | None, bytes | None]:
    """The stored digests of the record's fields, and of its note's facts."""
    if due.fields is None:
        return None, None
    return read_marks(due.fields[:-FACTS]), due.fields[-FACTS:]


def _agents_of(prepared: Iterable[Prepared]) -> set[str]:
    """The members whom the calls are to name as their agents."""
    return {agent_id for p in prepared if p.write and (agent_id := p.write.activity.agent_id)}


def _id_of(person: Person | None) -> str | None:
    return person.id if person else None


def _identities(call: Call) -> set[Identity]:
    """The identities of all agents of the call."""
    addresses = [call.other_party, *(leg.to for leg in call.legs)]
    return {identity for address in addresses if (identity := client_identity(address))}
