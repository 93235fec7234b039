"""A call as one agent had it: what their phone lists, what they can do with it, and whose call it is."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

from bridge.calls.agent_call import (
    LONGEST,
    AgentCall,
    FoldedCall,
    agent_call,
    agents_named,
    as_colleague_had_it,
    call_for,
    in_it,
    line_name,
    of_another,
)
from bridge.calls.agents import LONGEST_IDENTITY, Identity
from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.parties import Evidence
from bridge.calls.part import PartState
from tests.calls.plays import ANNA, BOB, CAROL, Play
from tests.support import TEN, new_sid, told

ALICE, JANE = [Identity("alice"), Identity("alice_doe")], Identity("jane")
ROOT, FIRST, SECOND = ("CA" + digit * 32 for digit in "123")
CUSTOMER, COMPANY, MOBILE = "+33639980001", "+33159130001", "+33639980002"
CAME_IN = told(Kind.VOICE, ROOT, From=CUSTOMER, To=COMPANY, CallStatus="ringing", Next="dial")
OVER = told(Kind.STATUS, ROOT, at=90, From=CUSTOMER, To=COMPANY, CallStatus="completed")
HEARD = told(
    Kind.RECORDING, ROOT, at=80, RecordingSid="RE1", RecordingUrl="https://x/RE1", RecordingDuration="9"
)
SAID = told(Kind.TRANSCRIPTION, ROOT, at=81, TranscriptionText="Call me back.")
MESSAGE = told(Kind.VOICEMAIL, ROOT, at=70, RecordingDuration="9", CallStatus="in-progress", Next="end")


def at_phone(who: str, status: str, *, sid: str = FIRST, at: float = 0) -> Callback:
    return told(Kind.STATUS, sid, at=at, parent=ROOT, From=CUSTOMER, To=f"client:{who}", CallStatus=status)


def calls_out(*heard: Callback, to: str = CUSTOMER) -> list[Callback]:
    return [told(Kind.VOICE, ROOT, From="client:alice", To=to, CallStatus="ringing"), *heard]


def called(status: str, *, to: str = CUSTOMER) -> Callback:
    return told(Kind.STATUS, SECOND, parent=ROOT, From=COMPANY, To=to, CallStatus=status)


def typed(agent: str, note: str, *, at: float) -> Callback:
    return told(Kind.NOTE, ROOT, at=at, Agent=agent, Outcome="", Note=note, Version="1")


def for_alice(heard: list[Callback], **more: str) -> AgentCall:
    return agent_call(ALICE, heard, **more)


TALKS = [CAME_IN, at_phone("alice", "in-progress")]
ELSEWHERE = [CAME_IN, at_phone("alice", "canceled", sid=SECOND), at_phone("jane", "completed")]
MISSED = [CAME_IN, at_phone("alice", "no-answer")]
TO_A_COLLEAGUE = calls_out(called("in-progress", to="client:jane"), to="client:jane")
BY_ANOTHER_PROGRAM = [
    told(Kind.STATUS, ROOT, From=COMPANY, To=CUSTOMER, Direction="outbound-api", CallStatus="in-progress"),
    at_phone("alice", "in-progress"),
]
NOTHING: set[str] = set()
ALL = {"record", "transfer", "hangup", "note", "hold"}


@pytest.mark.parametrize(
    ("heard", "state", "can"),
    [
        (TALKS, "talking", ALL),
        ([CAME_IN, at_phone("alice", "ringing")], "ringing", {"note"}),
        ([*TALKS, at_phone("alice", "completed", at=9)], "talked", {"note"}),
        (ELSEWHERE, "answered_elsewhere", {"note"}),
        ([CAME_IN, at_phone("jane", "ringing")], "waiting", NOTHING),
        (calls_out(called("ringing")), "calling", ALL - {"hold"}),
        (calls_out(called("in-progress")), "talking", ALL),
        # An emergency call is never passed on.
        (calls_out(called("in-progress", to="112"), to="112"), "talking", ALL - {"transfer", "hold"}),
        (BY_ANOTHER_PROGRAM, "talking", ALL - {"transfer", "hold"}),
    ],
)
def test_what_an_agent_can_do(heard: list[Callback], state: str, can: set[str]) -> None:
    call = for_alice(heard)
    assert call.part.state is PartState(state)
    assert {name for name in ALL if getattr(call.can, name)} == can
    assert call.is_own == (can != NOTHING)


@pytest.mark.parametrize(
    ("heard", "line", "colleague", "number", "taken_by"),
    [
        (TALKS, COMPANY, None, CUSTOMER, None),
        (ELSEWHERE, COMPANY, None, CUSTOMER, "jane"),
        ([*TALKS, at_phone("jane", "in-progress", sid=SECOND, at=5)], COMPANY, None, CUSTOMER, None),
        (calls_out(called("in-progress")), COMPANY, None, CUSTOMER, None),
        (TO_A_COLLEAGUE, COMPANY, "jane", None, None),
    ],
)
def test_who_the_other_party_is(
    heard: list[Callback], line: str, colleague: str | None, number: str | None, taken_by: str | None
) -> None:
    call = for_alice(heard)
    assert (call.line, call.colleague, call.other_number, call.taken_by) == (
        line,
        colleague,
        number,
        taken_by,
    )


@pytest.mark.parametrize(
    ("heard", "hears", "is_message"),
    [
        ([*TALKS, at_phone("alice", "completed", at=9)], True, False),
        (TALKS, True, False),
        (ELSEWHERE, False, False),
        ([*MISSED, OVER], False, False),
        ([*MISSED, MESSAGE], True, True),
        (
            calls_out(
                told(Kind.STATUS, SECOND, parent=ROOT, To=CUSTOMER, CallStatus="completed", AnsweredBy="fax")
            ),
            True,
            False,
        ),
    ],
)
def test_who_talked_hears_the_recording_and_all_who_were_rung_hear_a_message(
    heard: list[Callback], hears: bool, is_message: bool
) -> None:
    call = for_alice([*heard, HEARD, SAID])
    assert [one.sid for one in call.recordings] == (["RE1"] if hears else [])
    assert (call.transcript, call.is_message) == ("Call me back." if hears else None, is_message)


@pytest.mark.parametrize(
    ("heard", "missed_at"),
    [
        ([*MISSED, OVER], 90),
        ([CAME_IN, OVER, at_phone("alice", "no-answer", at=95)], 95),
        # It rang on after that: each of the two was heard before the other could be known.
        ([*MISSED, at_phone("alice", "no-answer", at=95), OVER], 90),
        (MISSED, None),
        ([*ELSEWHERE, OVER], None),
        ([*TALKS, OVER], None),
    ],
)
def test_when_an_agent_missed_a_call(heard: list[Callback], missed_at: float | None) -> None:
    call = for_alice(heard)
    assert call.missed_at == (None if missed_at is None else TEN + timedelta(seconds=missed_at))
    assert call.is_missed == (missed_at is not None)


def recording(turn: int, status: str) -> Callback:
    return told(Kind.RECORDING, ROOT, at=turn, RecordingSid="RE1", RecordingStatus=status, Turn=str(turn))


def test_who_talks_sees_what_became_of_the_recording() -> None:
    changes = [recording(turn, "paused" if turn % 2 else "in-progress") for turn in range(1, 12)]
    assert [for_alice([*TALKS, *changes[:n]]).recording for n in (0, 9, 10)] == [
        None,
        "paused",
        "in-progress",
    ]
    assert for_alice([*TALKS, *changes[::-1]]).recording == "paused"
    assert for_alice([*TALKS, *changes, at_phone("alice", "completed", at=9)]).recording is None
    # Twilio's own report, which comes for each recording, is no agent's change.
    assert for_alice([*TALKS, HEARD]).recording is None


def test_who_is_in_a_call_of_several_sees_its_ends() -> None:
    play = Play(inbound=True)
    assert agent_call([Identity(ANNA)], play.told).ends is None
    play.call(BOB, "ask", answers=False)
    ends = agent_call([Identity(ANNA)], play.told).ends
    assert ends is not None
    assert {end.identity for end in ends.others} == {ANNA}
    for outside in (BOB, CAROL):
        assert agent_call([Identity(outside)], play.told).ends is None


def test_an_agent_with_two_identities_is_the_one_that_talks() -> None:
    rings, talks = at_phone("alice", "ringing"), at_phone("alice_doe", "in-progress", sid=SECOND)
    for own in (ALICE, ALICE[::-1]):
        assert in_it(own, Evidence.of([CAME_IN, rings, talks])) == "alice_doe"
        assert in_it(own, Evidence.of([CAME_IN, rings])) == "alice"
    assert in_it([JANE], Evidence.of([CAME_IN, rings])) is None
    other = for_alice([CAME_IN, at_phone("alice", "canceled"), talks])
    assert (other.part.state, other.taken_by) == (PartState.TALKING, None)


def test_a_supervisor_sees_it_as_the_agent_had_it_who_talked() -> None:
    assert agent_call([Identity("carol")], TALKS).part.state is PartState.TALKING
    assert agent_call([Identity("carol")], MISSED).part.state is PartState.WAITING
    # Of a line that is hers, too: it rang other phones.
    assert agent_call([Identity("carol")], [*MISSED, OVER]).missed_at == TEN + timedelta(seconds=90)
    assert [FoldedCall.of(heard).rang_none for heard in ([CAME_IN], MISSED)] == [True, False]
    assert [for_alice(heard).rang_none for heard in ([CAME_IN], MISSED)] == [True, False]


@pytest.mark.parametrize(
    ("heard", "own", "other"),
    [
        (TALKS, ALICE, None),
        (TALKS, [JANE], "alice"),
        (ELSEWHERE, ALICE, "jane"),
        (MISSED, ALICE, None),
        (MISSED, [JANE], "alice"),
        (
            [
                CAME_IN,
                told(Kind.STATUS, FIRST, parent=ROOT, From=CUSTOMER, To=MOBILE, CallStatus="ringing"),
                at_phone("alice", "ringing", sid=SECOND),
            ],
            [JANE],
            "alice",
        ),
        ([CAME_IN], [JANE], None),
    ],
)
def test_whose_call_it_rather_is(heard: list[Callback], own: list[Identity], other: str | None) -> None:
    folded = FoldedCall.of(heard)
    assert of_another(call_for(own, folded), own, folded) == other


def test_a_colleagues_call_is_to_read_with_a_note_but_not_to_hear() -> None:
    heard = [*ELSEWHERE, HEARD, SAID]
    notes = [typed("jane", "hers", at=60), typed("alice", "mine", at=50), typed("bob", "his", at=70)]
    for known, note in ((notes, "mine"), (notes[::2], "hers"), (notes[2:], "his"), ([], None)):
        call = as_colleague_had_it(ALICE, [JANE], FoldedCall.of([*heard, *known]))
        assert (call.note and call.note.note) == note
        assert (call.part.state, call.taken_by) == (PartState.TALKED, "jane")
        assert (call.recordings, call.transcript, any(astuple(call.can))) == ((), None, False)
    rang = as_colleague_had_it(ALICE, [JANE], FoldedCall.of([CAME_IN, at_phone("jane", "no-answer"), OVER]))
    assert rang.taken_by is None


TEXTS = st.text(max_size=12) | st.sampled_from(["client:ali\0ce", "client:\ud800", "+3315913\0", "jane.doe"])


@given(st.sampled_from(Kind), st.dictionaries(st.sampled_from(["From", "To", "Agent"]), TEXTS))
def test_names_are_short_printable_ascii(kind: Kind, form: dict[str, str]) -> None:
    for name in agents_named(replace(told(kind, new_sid()), parameters=form)):
        assert name.isascii()
        assert name.isprintable()
        assert 0 < len(name) <= LONGEST_IDENTITY + len("line:")


LONGEST_LINE = "1" * (LONGEST - len(line_name("")))


@pytest.mark.parametrize(
    ("kind", "form", "names"),
    [
        # However it is spelled, an agent is one.
        (Kind.STATUS, {"From": "client:jane_doe", "Agent": "jane.doe"}, ("jane_doe",)),
        (Kind.STATUS, {"From": COMPANY, "To": "client:jane", "PlacedBy": "bob"}, ("jane", "bob")),
        (Kind.VOICE, {"From": "client:jane", "To": "client:bob"}, ("jane", "bob")),
        # A call in is the line's, of which the same number has one name; a call out is not.
        (Kind.VOICE, {"From": CUSTOMER, "To": COMPANY}, (line_name(COMPANY),)),
        (Kind.VOICE, {"From": "client:jane", "To": COMPANY}, ("jane",)),
        (Kind.VOICE, {"From": CUSTOMER, "To": ""}, ()),
        (Kind.VOICE, {"From": CUSTOMER, "To": "+3315913\0"}, ()),
        (Kind.VOICE, {"From": CUSTOMER, "To": "+3315913é"}, ()),
        (Kind.STATUS, {"From": CUSTOMER, "To": COMPANY}, ()),
        (Kind.VOICE, {"From": CUSTOMER, "To": LONGEST_LINE}, (line_name(LONGEST_LINE),)),
        (Kind.VOICE, {"From": CUSTOMER, "To": f"{LONGEST_LINE}1"}, ()),
    ],
)
def test_whose_call_a_callback_says_it_is(kind: Kind, form: dict[str, str], names: tuple[str, ...]) -> None:
    assert agents_named(replace(told(kind, new_sid()), parameters=form)) == names
