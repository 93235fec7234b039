"""Whose call it is, and what is written of it: decided from what is stored and what Twenty shows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import replace

from bridge.calls.agents import Agents
from bridge.calls.callback import Kind
from bridge.calls.fold.call import CallStatus, fold
from bridge.calls.people.matching import Match, Person
from bridge.calls.texts import ENGLISH
from bridge.inbox.rows import UNCERTAIN, AttemptOutcome, DueCall
from bridge.observability import metrics
from bridge.sync.digests import NOTHING, WITHDRAWN, Digests, facts
from bridge.sync.stages.prepare import Policy, Preparation, Prepared, Unprepared, _fields, _had_note
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from bridge.twenty.writing.bisection import Batches, Refused
from bridge.twenty.writing.fields import (
    CLEARED,
    FIELDS,
    NEVER,
    THEIRS,
    Shown,
    mark,
    merge,
    phone_call,
    to_bytes,
)
from bridge.twenty.writing.plan import Chosen, Do, Write
from bridge.twenty.writing.writers import RecordState
from tests.calls.plays import Play
from tests.calls.test_story import held
from tests.inbox.support import incoming
from tests.support import LINKS, TEN, told

SID, OTHER_SID = "CA" + "1" * 32, "CA" + "2" * 32
NUMBER, OTHER_NUMBER = "+33639980001", "+33639980002"
JANE, JOHN, MARY = Person("p1", "Jane Doe"), Person("p2", "John Doe"), Person("p3", "Mary Major")


@dataclass
class Twenty:
    """A workspace in which these people have `NUMBER`, calls stand as `shown`, and `deleted` were people."""

    people: Sequence[Person] = (JANE,)
    shown: Mapping[str, RecordState] = field(default_factory=dict)
    deleted: Collection[str] = ()
    destroyed: Collection[str] = ()
    asked: list[set[str]] = field(default_factory=list)

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        if name == "ExistingPeople":
            there = [one for one in variables["ids"] if one not in self.destroyed]
            deleted = {one: TEN.isoformat() if one in self.deleted else None for one in there}
            nodes = [{"node": {"id": one, "deletedAt": at}} for one, at in deleted.items()]
            return {"people": {"edges": nodes}}
        people = [self._node(person) for person in self.people] if name == "FindPeople" else []
        connection = {"edges": [{"node": node} for node in people], "pageInfo": {"hasNextPage": False}}
        return {"people": connection, "workspaceMembers": connection}

    async def execute_metadata(self, name: str, **_variables: Any) -> dict[str, Any]:
        raise NotImplementedError(name)

    def _node(self, person: Person) -> dict[str, Any]:
        first, _, last = person.name.partition(" ")
        phones = {"primaryPhoneNumber": NUMBER[3:], "primaryPhoneCallingCode": "+33"}
        name = {"firstName": first, "lastName": last}
        return {"id": person.id, "name": name, "phones": phones, "createdAt": TEN.isoformat()}

    async def states(self, call_sids: Collection[str]) -> dict[str, RecordState]:
        self.asked.append(set(call_sids))
        return {sid: state for sid, state in self.shown.items() if sid in call_sids}

    async def write(self, writes: Sequence[Write]) -> Refused:
        raise NotImplementedError(writes)


def due(**more: Any) -> DueCall:
    """A call in from `NUMBER` that no agent took; Twenty has nothing of it."""
    new: dict[str, Any] = {"match": None, "former_id": None, "written": None, "settled_at": None}
    callbacks = tuple(incoming(SID, NUMBER))
    return DueCall(**{"root_sid": SID, "revision": 2, "callbacks": callbacks, **new, **more})


def written(match: Match | None, number: str | None = NUMBER, **more: Any) -> DueCall:
    """One that Twenty has, whose last write is uncertain."""
    return due(**{"match": match, "number": number, "written": b"1" * 16, "tried": True, **more})


def on(person: Person | None, person_id: str | None = None) -> RecordState:
    """A call that stands on a person."""
    return RecordState(
        deleted=False, says_person=True, person_id=person.id if person else person_id, person=person
    )


async def prepare(
    twenty: Twenty,
    *calls: DueCall,
    erased: set[str] | None = None,
    directory: Directory | None = None,
    **policy: Any,
) -> tuple[list[Prepared], list[Unprepared]]:
    async def erase(sids: Collection[str]) -> None:
        assert erased is not None
        erased.update(sids)

    preparation = Preparation(
        twenty,
        Batches(twenty),
        directory or Directory(region="FR"),
        Members(Agents()),
        Policy(texts=ENGLISH, links=LINKS, region="FR", **policy),
        erase_spoken=None if erased is None else erase,
    )
    return await preparation.prepare(twenty, calls, now=TEN)


async def one(twenty: Twenty, call: DueCall, **more: Any) -> Prepared:
    [prepared], unprepared = await prepare(twenty, call, **more)
    assert unprepared == []
    return prepared


BY_USER, TO_JOHN = Match(MARY, corrected=True), Match(JOHN, corrected=True)
OF_NOBODY = Match(None, corrected=True)
PEOPLE = pytest.mark.parametrize(
    ("call", "stands", "match", "chosen"),
    [
        # It was written to Jane, and is where it was, or nothing is known of its person.
        (written(Match(JANE)), on(JANE), Match(JANE), Chosen.KEPT),
        (written(Match(JANE)), RecordState(deleted=False), Match(JANE), Chosen.KEPT),
        # A user moved it, or took it off.
        (written(Match(JANE)), on(MARY), BY_USER, Chosen.KEPT),
        (written(Match(JANE)), on(None), OF_NOBODY, Chosen.KEPT),
        (written(Match(None)), on(MARY), BY_USER, Chosen.KEPT),
        # To a person who is deleted by now.
        (written(Match(JANE)), on(None, "p9"), Match(Person("p9", ""), corrected=True), Chosen.KEPT),
        # It was on John by a number that is not the other party's.
        (written(Match(JOHN), OTHER_NUMBER), on(JOHN), Match(JANE), Chosen.CORRECTED),
        (written(Match(JOHN), OTHER_NUMBER), on(MARY), BY_USER, Chosen.KEPT),
        (written(Match(JOHN), OTHER_NUMBER), on(None), OF_NOBODY, Chosen.KEPT),
        # But not where a user had chosen him, or it is not known by which number the bridge had.
        (
            written(Match(JOHN, corrected=True), OTHER_NUMBER),
            on(JOHN),
            Match(JOHN, corrected=True),
            Chosen.KEPT,
        ),
        (written(Match(JOHN), None), on(JOHN), Match(JOHN), Chosen.KEPT),
        # Its person was deleted, and Twenty's report was lost, or came while the call was written.
        (written(Match(JOHN)), on(None, "p2"), Match(JANE), Chosen.MATCHED),
        # Nobody else has its number; or a user had chosen the one who was deleted.
        (written(Match(None)), on(None, "p2"), Match(None), Chosen.KEPT),
        (
            written(Match(JOHN, corrected=True)),
            on(None, "p2"),
            Match(JOHN, corrected=True),
            Chosen.KEPT,
        ),
        # Its person was deleted: a user can have chosen another one meanwhile.
        (written(None, former_id="p2"), on(None, "p2"), Match(JANE), Chosen.MATCHED),
        (written(None, former_id="p2"), on(JOHN), Match(JANE), Chosen.MATCHED),
        (written(None, former_id="p2"), on(MARY), BY_USER, Chosen.KEPT),
        # An uncertain write brought it to Twenty, where a user moved it.
        (written(None, written=None), on(MARY), BY_USER, Chosen.KEPT),
        (written(None, written=None), on(JANE), Match(JANE), Chosen.MATCHED),
        (written(None, written=None), on(None), Match(JANE), Chosen.MATCHED),
    ],
)


@PEOPLE
async def test_whose_call_it_is(call: DueCall, stands: RecordState, match: Match, chosen: Chosen) -> None:
    prepared = await one(Twenty(shown={SID: stands}), call)
    assert prepared.match == match
    assert prepared.write
    assert prepared.write.plan.person is chosen
    assert prepared.write.activity.person_id == (match.person and match.person.id)


@pytest.mark.parametrize("destroyed", [False, True])
@pytest.mark.parametrize(
    ("call", "match", "chosen"),
    [
        (written(Match(JOHN)), Match(JANE), Chosen.MATCHED),
        (written(Match(JOHN), OTHER_NUMBER), Match(JANE), Chosen.CORRECTED),
        # A user had chosen the one who is gone.
        (written(Match(JOHN, corrected=True)), Match(JOHN, corrected=True), Chosen.KEPT),
        # Another one is gone, and a user took this call off its person.
        (written(Match(MARY)), OF_NOBODY, Chosen.KEPT),
    ],
)
async def test_a_call_whose_person_is_gone_was_not_taken_off_by_a_user(
    call: DueCall, match: Match, chosen: Chosen, *, destroyed: bool
) -> None:
    """Twenty shows it on no person, as where a user did."""
    gone = [JOHN.id]
    twenty = Twenty([JANE], {SID: on(None)}, deleted=gone, destroyed=gone if destroyed else ())
    prepared = await one(twenty, call)
    assert prepared.match == match
    assert prepared.write
    assert prepared.write.plan.person is chosen


@pytest.mark.parametrize(
    ("people", "stands", "outcome"),
    [
        ([JANE], None, "person"),
        ([JANE, JOHN], None, "several"),
        ([], None, "nobody"),
        ([JANE], on(MARY), "corrected"),
    ],
)
async def test_what_is_counted_of_a_match(
    people: list[Person], stands: RecordState | None, outcome: str
) -> None:
    names = ("person", "several", "nobody", "corrected")
    before = {name: metrics.MATCHES.count(name) for name in names}
    call, shown = (written(Match(JANE)), {SID: stands}) if stands else (due(), {})
    await one(Twenty(people, shown), call)
    after = {name: metrics.MATCHES.count(name) - before[name] for name in names}
    assert after == dict.fromkeys(names, 0) | {outcome: 1}


SHOWN = b"1" * 8 + bytes(8)
"""Digests of a call that was written: a record, and neither a note nor what an agent says of it."""


@pytest.mark.parametrize(
    ("call", "stands", "record", "row"),
    [
        (due(), None, Do.CREATE, Do.CREATE),
        (due(tried=True), None, Do.ENSURE, Do.ENSURE),
        (due(match=Match(JANE), written=SHOWN), on(JANE), Do.UPDATE, Do.UPDATE),
        (due(match=Match(JANE), written=UNCERTAIN), on(JANE), Do.UPDATE, Do.UPDATE),
        # It stood on no person so far, or on one who was deleted.
        (due(written=SHOWN), on(None), Do.UPDATE, Do.CREATE),
        (due(written=UNCERTAIN), on(None), Do.UPDATE, Do.ENSURE),
        (due(written=SHOWN, former_id="p2"), on(None, "p2"), Do.UPDATE, Do.UPDATE),
        # A user took it off.
        (due(match=Match(JANE), written=SHOWN, anew=True), on(None), Do.UPDATE, Do.GONE),
    ],
)
async def test_which_records_of_a_call_are_new(
    call: DueCall, stands: RecordState | None, record: Do, row: Do
) -> None:
    prepared = await one(Twenty(shown={SID: stands} if stands else {}), call)
    assert prepared.write
    plan = prepared.write.plan
    assert (plan.record, plan.row) == (record, row)
    # What an uncertain write put into a note is taken back.
    assert plan.note is (Do.GONE if call.written == UNCERTAIN else Do.LEAVE)


async def test_a_new_call_asks_for_nothing_and_one_that_twenty_shows_is_not_written_again() -> None:
    twenty = Twenty()
    first = await one(twenty, due())
    assert (first.outcome, first.number) == (AttemptOutcome.WRITTEN, NUMBER)
    settled = due(match=first.match, number=first.number, written=first.digest, fields=first.fields)
    second = await one(twenty, settled)
    assert (second.outcome, second.changed, second.digest) == (AttemptOutcome.UNCHANGED, None, first.digest)
    assert twenty.asked == []
    # Asked for anew, by its person or by its revision.
    for again in (replace(settled, anew=True), replace(settled, match=None), replace(settled, tried=True)):
        await one(twenty, again)
    assert twenty.asked == [{SID}] * 3


@pytest.mark.parametrize(
    ("call", "stands", "gone", "erased"),
    [
        (written(Match(JANE)), RecordState(deleted=True), True, {SID}),
        # Of another workspace, or of a backup: all are missing.
        (written(Match(JANE)), None, True, set()),
        # An uncertain write that never arrived.
        (written(Match(JANE), written=None), None, False, set()),
        (written(Match(JANE)), on(JANE), False, set()),
    ],
)
async def test_a_call_that_a_user_deleted_stays_deleted(
    call: DueCall, stands: RecordState | None, *, gone: bool, erased: set[str]
) -> None:
    found = set[str]()
    prepared = await one(Twenty(shown={SID: stands} if stands else {}), call, erased=found)
    assert (prepared.write is None, found) == (gone, erased)
    assert prepared.outcome is (AttemptOutcome.SKIPPED if gone else AttemptOutcome.WRITTEN)
    assert (prepared.match, prepared.digest is call.written) == (Match(JANE), gone)


async def test_calls_of_no_person_are_skipped_by_policy_but_for_those_that_a_user_moved() -> None:
    skipped = await one(Twenty([]), due(), unmatched="skip")
    assert (skipped.write, skipped.match, skipped.outcome) == (None, Match(None), AttemptOutcome.SKIPPED)
    moved = await one(Twenty([], {SID: on(None)}), written(Match(JANE)), unmatched="skip")
    assert moved.write
    assert (await one(Twenty(), due(), unmatched="skip")).write


async def test_a_call_that_cannot_be_read_concerns_itself_alone() -> None:
    broken = due(root_sid=OTHER_SID, callbacks=(object(),))
    [prepared], [unprepared] = await prepare(Twenty(), broken, due())
    assert (prepared.due.root_sid, unprepared.due) == (SID, broken)
    assert "AttributeError" in unprepared.reason


async def test_a_caller_without_a_number_is_on_no_person_and_a_party_that_is_not_known_stays_open() -> None:
    withheld = await one(Twenty(), due(callbacks=tuple(incoming(SID, "anonymous"))))
    assert (withheld.match, withheld.number) == (Match(None), None)
    recording = told(
        Kind.RECORDING, SID, RecordingSid="RE" + "1" * 32, RecordingUrl="https://api.twilio.com/RE1"
    )
    unknown = await one(Twenty(), due(callbacks=(recording,)))
    assert (unknown.match, unknown.number) == (None, None)
    assert unknown.write


async def test_of_a_call_that_is_matched_again_people_are_looked_up_anew() -> None:
    twenty, directory = Twenty([JANE]), Directory(region="FR")
    matches = []
    for people, call in (([JANE], due()), ([JOHN], due()), ([JOHN], due(settled_at=TEN)), ([], due())):
        twenty.people = people
        [prepared], _ = await prepare(twenty, call, directory=directory)
        matches.append(prepared.match)
    assert matches == [Match(JANE), Match(JANE), Match(JOHN), Match(JOHN)]


def preparation(members: Members | None = None) -> Preparation:
    twenty = Twenty()
    policy = Policy(texts=ENGLISH, links=LINKS, region="FR")
    return Preparation(twenty, Batches(twenty), Directory(region="FR"), members or Members(Agents()), policy)


async def test_a_call_with_news_asks_how_it_stands_and_one_that_cannot_be_in_twenty_does_not() -> None:
    twenty = Twenty()
    first = await one(twenty, due())
    settled = due(match=first.match, number=first.number, written=first.digest, fields=first.fields)
    news = (
        *settled.callbacks,
        told(
            Kind.RECORDING,
            SID,
            at=50,
            RecordingSid="RE" + "1" * 32,
            RecordingUrl="https://api.twilio.com/RE1",
        ),
    )
    await one(twenty, replace(settled, callbacks=news))
    assert twenty.asked == [{SID}]
    # Of one that stood on no person and is matched anew nothing has changed so far.
    lone = await one(Twenty([]), due())
    again = due(match=None, number=lone.number, written=lone.digest, fields=lone.fields)
    await one(twenty, again)
    assert twenty.asked == [{SID}] * 2
    # A process without transcripts erases none of a call that a user deleted.
    deleted = await one(Twenty(shown={SID: RecordState(deleted=True)}), replace(settled, anew=True))
    assert deleted.write is None


async def test_an_uncertain_write_can_have_been_of_any_of_the_last_states_of_its_call() -> None:
    """In the order in which callbacks arrived, in any order of the call."""
    callbacks = [
        told(
            Kind.RECORDING,
            SID,
            at=number,
            RecordingSid=f"RE{number:032}",
            RecordingUrl="https://api.twilio.com/RE1",
        )
        for number in range(1, 19)
    ]
    first = incoming(SID, NUMBER)[:1]
    call = due(callbacks=(*reversed(callbacks), *first))
    prepares = preparation()
    by_match = {
        None: replace(call, match=None),
        JANE.id: replace(call, match=Match(JANE)),
        JOHN.id: replace(call, match=None),
    }
    found = {
        person: prepares._attempted(one, Match(JOHN) if person == JOHN.id else None, None)
        for person, one in by_match.items()
    }
    for person, attempted in found.items():
        assert [len(activity.recordings) for activity in attempted] == [*range(2, 18)]
        assert {activity.person_id for activity in attempted} == {person}
    # The person whom it was written to, before the one whom it is matched with now.
    [*_, last] = prepares._attempted(by_match[JANE.id], Match(JOHN), None)
    assert last.person_id == JANE.id
    assert prepares._attempted(due(callbacks=tuple(first)), None, None) == []
    [only] = prepares._attempted(due(callbacks=tuple(incoming(SID, NUMBER))), None, None)
    assert only.status is not CallStatus.MISSED


FIRST = Digests(record=b"1" * 8, note=NOTHING, dispositions=NOTHING)
UNKNOWN = replace(FIRST, record=bytes(8))
KEPT = b"abc"


@pytest.mark.parametrize(
    ("shown", "marks", "had"),
    [
        (FIRST, {}, False),
        (replace(FIRST, note=b"note"), {}, True),
        # What is known of the note counts, and not the record's fields.
        (FIRST, {"transcript": KEPT}, False),
        (replace(FIRST, note=WITHDRAWN), {"transcript": KEPT}, False),
        (UNKNOWN, None, False),
        (UNKNOWN, {}, False),
        # Either field had text.
        (UNKNOWN, {"transcript": KEPT}, True),
        (UNKNOWN, {"recording": KEPT}, True),
        (UNKNOWN, {"handling": KEPT}, False),
        *((UNKNOWN, {"transcript": mark, "recording": mark}, False) for mark in (NEVER, CLEARED, THEIRS)),
    ],
)
def test_whether_a_note_with_text_was_written(
    shown: Digests, marks: dict[str, bytes] | None, *, had: bool
) -> None:
    known = None if marks is None else dict.fromkeys(FIELDS, NEVER) | marks
    assert _had_note(shown, known) is had


def test_the_stored_fields_are_those_of_the_record_and_then_the_facts_of_its_note() -> None:
    assert _fields(due()) == (None, None)
    marks = dict.fromkeys(FIELDS, KEPT)
    assert _fields(due(fields=to_bytes(marks) + b"fact")) == (marks, b"fact")


async def test_only_agents_of_refused_calls_are_left_out_and_only_where_members_cannot_be_read() -> None:
    members = Members(Agents(members={"alice": "a@example.com"}))
    prepares = preparation(members)
    first = await one(Twenty(), due())
    assert first.write
    by_alice = replace(
        first, write=replace(first.write, activity=replace(first.write.activity, agent_id="m1"))
    )
    unwritten = replace(first, write=None)
    refused = [by_alice, first, unwritten]
    assert not prepares.leave_agents_out(refused)
    assert members._gone == set()
    members.are_readable = False
    assert not prepares.leave_agents_out([first, unwritten])
    assert prepares.leave_agents_out(refused)
    assert members._gone == {"m1"}


@pytest.mark.parametrize(
    ("match", "is_written"),
    [(None, False), (Match(None), False), (Match(JANE), True), (OF_NOBODY, True), (BY_USER, True)],
)
@pytest.mark.parametrize("unmatched", ["skip", "log", "create"])
def test_which_calls_are_shown_without_a_person(
    match: Match | None, unmatched: Any, *, is_written: bool
) -> None:
    prepares = preparation()
    prepares._policy = replace(prepares._policy, unmatched=unmatched)
    call = due(fields=b"fields", written=b"before", tried=True)
    prepared = prepares._prepared(call, fold(call.callbacks), match, None, None, gone=False)
    assert (prepared.write is not None) is (is_written or unmatched != "skip")
    assert (prepared.match, prepared.number) == (match, NUMBER)
    if prepared.write is None:
        assert (prepared.digest, prepared.fields) == (b"before", b"fields")
    # What a user deleted stays with whom it was.
    gone = prepares._prepared(
        replace(call, match=Match(MARY)), fold(call.callbacks), match, None, None, gone=True
    )
    assert (gone.write, gone.match) == (None, Match(MARY))


@pytest.mark.parametrize(
    ("more", "took_over", "edited", "theirs"),
    [
        # For certain the bridge wrote another status than a record shows that a user edited.
        ({}, False, True, {"name", "status"}),
        # Any write that is uncertain can have been of the state before this one.
        ({"tried": True}, False, True, {"name"}),
        ({"written": UNCERTAIN}, False, True, {"name"}),
        ({"written": None, "tried": True}, False, True, {"name"}),
        ({}, True, True, {"name"}),
        ({"tried": True}, False, False, set()),
        ({}, False, False, set()),
    ],
)
async def test_which_fields_are_a_users(
    more: dict[str, Any], theirs: set[str], *, took_over: bool, edited: bool
) -> None:
    prepares = preparation()
    usual = due(match=Match(JANE), written=SHOWN)
    activity = prepares._activity(usual, fold(usual.callbacks), Match(JANE), None)
    record = phone_call(activity)
    before = {**merge(activity, None, None, unsure=False).marks, "status": mark("status", "BUSY")}
    call = replace(usual, fields=to_bytes(before) + facts(activity), **more)
    shows = Shown(record | {"status": "RINGING", "name": "A user's"}, edited=edited)
    state = replace(on(JANE), shown=shows)
    prepared = prepares._prepared(
        call, fold(call.callbacks), Match(JANE), state, None, gone=False, took_over=took_over
    )
    assert prepared.write
    assert prepared.write.merge.theirs == theirs
    # Without text, what an uncertain write put into a note is taken back.
    is_unsure = call.written is not None and (call.tried or call.written == UNCERTAIN)
    assert prepared.write.plan.note is (Do.GONE if is_unsure else Do.LEAVE)


def test_a_phone_that_tests_its_connection_makes_no_call() -> None:
    prepares, call = preparation(), due()
    tested = replace(fold(call.callbacks), preflight=True)
    prepared = prepares._prepared(call, tested, Match(JANE), None, None, gone=False)
    assert (prepared.write, prepared.match) == (None, Match(JANE))


class OneMember(Twenty):
    """A workspace with a member whose agent is Anna."""

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        node = {"id": "m1", "userEmail": "a@example.com", "name": {"firstName": "Anna", "lastName": "Doe"}}
        members = {"edges": [{"node": node}], "pageInfo": {"hasNextPage": False}}
        return {"workspaceMembers": members}


async def test_agents_of_a_call_have_their_names_whoever_said_something_of_it() -> None:
    members = Members(Agents(members={"anna": "a@example.com"}))
    await members.refresh(OneMember())
    held(play := Play(inbound=True))
    call = due(callbacks=tuple(play.told))
    activity = preparation(members)._activity(call, fold(call.callbacks), Match(JANE), None)
    assert activity.agent_id == "m1"
    assert activity.handling
    assert activity.handling.startswith("Answered by Anna Doe")
