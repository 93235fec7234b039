"""One batch: due calls → what to write of them, with one look-up for all."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal, TypeVar

import structlog

from bridge import metrics
from bridge.calls.activity import activity_of
from bridge.calls.agents import Identity, client_identity
from bridge.calls.call import Call, fold
from bridge.calls.caller_names import name_of_caller
from bridge.calls.dispositions import dispositions
from bridge.calls.links import RecordingLinks
from bridge.calls.matching import NOBODY, Candidate, Match, Person, Several, choose
from bridge.calls.numbers import Number, e164
from bridge.calls.texts import Texts
from bridge.errors import ForgetKeyWrong
from bridge.inbox.forgetting import Forgotten
from bridge.inbox.rows import DOUBTFUL, DueCall, Outcome
from bridge.sync.shown import NOTHING, Shown
from bridge.twenty.activities import Writes
from bridge.twenty.batches import Batches
from bridge.twenty.client import Executes
from bridge.twenty.directory import Directory
from bridge.twenty.members import Members
from bridge.twenty.notes import Write
from bridge.twenty.people import NewPerson, create_people

log = structlog.get_logger()

T = TypeVar("T")

LONG_AGO = timedelta(minutes=1)
"""A call that was settled before this may have been deleted by a user since, and then stays so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How calls are matched and shown: national numbers are of `region`, times are shown in `zone`."""

    texts: Texts
    links: RecordingLinks
    region: str
    zone: tzinfo = UTC
    several: Several = "oldest"
    nobody: Literal["log", "create", "skip"] = "log"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A due call, whom it was matched to by which number, and what Twenty shall show of it, if anything."""

    due: DueCall
    call: Call
    number: Number | None
    match: Match | None
    write: Write | None
    digest: bytes | None

    @property
    def changed(self) -> Write | None:
        """What to write, where Twenty has something else, or nothing, of this call."""
        return self.write if self.digest != self.due.written else None

    @property
    def outcome(self) -> Outcome:
        """What came of the call once Twenty took what was to be written of it."""
        if self.write is None:
            return Outcome.SKIPPED
        return Outcome.WRITTEN if self.changed else Outcome.UNCHANGED


@dataclass(frozen=True, slots=True)
class Unprepared:
    """A due call that cannot be prepared, and why: its data or this version of the bridge is at fault."""

    due: DueCall
    reason: str


class Preparation:
    """Prepares batches for one workspace; `forgotten` tells of whom no person is to be made."""

    def __init__(
        self,
        client: Executes,
        batches: Batches,
        directory: Directory,
        members: Members,
        policy: Policy,
        *,
        forgotten: Forgotten | None = None,
    ) -> None:
        self._client = client
        self._batches = batches
        self._directory = directory
        self._members = members
        self._policy = policy
        self._forgotten = forgotten

    async def prepare(
        self, writes: Writes, claimed: Sequence[DueCall], *, now: datetime
    ) -> tuple[list[Prepared], list[Unprepared]]:
        """Folds each call, and finds the person of those that are to be matched.

        Raises TwentyError where Twenty cannot be asked.
        """
        unprepared: list[Unprepared] = []
        folded = _each(claimed, self._folded, unprepared)
        due_calls = [due for due in claimed if due.root_sid in folded]
        asked = {due.root_sid for due in due_calls if _may_have_changed(due, now)}
        standing = await writes.standing(asked) if asked else {}
        deleted = asked - standing.keys()
        matches = await self._match(
            [due for due in due_calls if due.match is None and due.root_sid not in deleted],
            folded,
            standing,
        )
        await self._members.refresh(self._client)

        def prepared(due: DueCall) -> Prepared:
            return self._prepared(
                due,
                folded[due.root_sid],
                due.match or matches.get(due.root_sid),
                standing=standing,
                gone=due.root_sid in deleted,
            )

        return list(_each(due_calls, prepared, unprepared).values()), unprepared

    def _folded(self, due: DueCall) -> Call:
        call = fold(due.callbacks)
        # A number that cannot be read shows here, where it concerns this call alone.
        self._number(call)
        return call

    async def _match(
        self, due_calls: Sequence[DueCall], folded: Mapping[str, Call], standing: Mapping[str, str | None]
    ) -> dict[str, Match]:
        """Call SID → match, of those whose other party is known; who has no number is nobody."""
        matches: dict[str, Match] = {}
        numbers: dict[str, Number] = {}
        for due in due_calls:
            corrected = standing.get(due.root_sid)
            if corrected and corrected != due.former_id:
                matches[due.root_sid] = Match(Person(corrected, ""), corrected=True)
            elif number := self._number(folded[due.root_sid]):
                numbers[due.root_sid] = number
            elif folded[due.root_sid].other_party:
                matches[due.root_sid] = NOBODY
        # Of a call that is matched anew, what was found before is what changed.
        again = {due.root_sid for due in due_calls if due.settled_at}
        self._directory.drop({number for sid, number in numbers.items() if sid in again})
        candidates = await self._directory.find(self._client, set(numbers.values()))
        chosen = {sid: self._choose(number, candidates) for sid, number in numbers.items()}
        if self._policy.nobody == "create":
            chosen |= await self._create(
                {sid: numbers[sid] for sid, match in chosen.items() if match == NOBODY}, folded
            )
        matches |= chosen
        for match in matches.values():
            metrics.MATCHES.inc(_outcome(match))
        return matches

    def _choose(self, number: Number, candidates: Mapping[Number, list[Candidate]]) -> Match:
        return choose(number, candidates.get(number, []), several=self._policy.several)

    async def _create(self, numbers: Mapping[str, Number], folded: Mapping[str, Call]) -> dict[str, Match]:
        """Somebody new for each number that nobody has."""
        if not numbers:
            return {}
        # Whatever becomes of it, the next look-up has to see it.
        self._directory.drop(set(numbers.values()))
        forgotten = await self._whom_to_forget(set(numbers.values()))
        named = [
            NewPerson(n, name_of_caller(folded[sid].caller_name, n))
            for sid, n in numbers.items()
            if n.is_valid and n not in forgotten
        ]
        created = await create_people(self._batches, named) if named else {}
        return {sid: Match(created[number]) for sid, number in numbers.items() if number in created}

    async def _whom_to_forget(self, numbers: set[Number]) -> Collection[str]:
        """Those who were forgotten; all, where nobody can tell."""
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
        *,
        standing: Mapping[str, str | None],
        gone: bool,
    ) -> Prepared:
        number = self._number(call)
        nobody = match is None or match.person is None
        if gone or (nobody and self._policy.nobody == "skip"):
            return Prepared(due, call, number, match, None, due.written)
        said = dispositions(due.callbacks)
        activity = activity_of(
            call,
            match or NOBODY,
            agent_id=self._members.by_identity(call.agent) if call.agent else None,
            names=self._members.names(_identities(call) | {Identity(one.agent) for one in said}),
            links=self._policy.links,
            texts=self._policy.texts,
            region=self._policy.region,
            zone=self._policy.zone,
            said=said,
        )
        shown, before = Shown.of(activity, certain=call.certain), Shown.read(due.written)
        write = Write(
            activity,
            first=due.match is None and not (match and match.corrected),
            # A user may have put the call on somebody else since.
            person_id=standing.get(due.root_sid, activity.person_id) if due.match else activity.person_id,
            record=shown.record != before.record,
            note=shown.note not in (before.note, NOTHING),
            noted=before.note != NOTHING,
            dispositions=shown.dispositions != before.dispositions,
        )
        return Prepared(due, call, number, match, write, shown.to_bytes())

    def _number(self, call: Call) -> Number | None:
        """The other party's number, where it is one that a person can have."""
        return e164(call.other_party, self._policy.region) if call.other_party else None


def _each(
    due_calls: Sequence[DueCall], make: Callable[[DueCall], T], unprepared: list[Unprepared]
) -> dict[str, T]:
    """Call SID → what is made of the call; what raises is its own, and goes to the unprepared."""
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


def _may_have_changed(due: DueCall, now: datetime) -> bool:
    """Whether a user may have deleted or moved what was written of the call."""
    if due.written is None or due.settled_at is None:
        return False
    return due.match is None or due.written == DOUBTFUL or abs(now - due.settled_at) > LONG_AGO


def _identities(call: Call) -> set[Identity]:
    """Of all agents who had to do with the call."""
    addresses = [call.other_party, *(leg.to for leg in call.legs)]
    return {identity for address in addresses if (identity := client_identity(address))}
