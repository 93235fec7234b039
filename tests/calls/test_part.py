"""What a call is for one agent's phone, by what was heard of it."""

from itertools import permutations

import pytest

from bridge.calls.agent_call import agent_call
from bridge.calls.agents import Identity
from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.call import fold
from bridge.calls.fold.handling import handling
from bridge.calls.fold.parties import Evidence
from bridge.calls.part import CallPart, PartState, part_of
from bridge.calls.texts import texts_for
from tests.calls.plays import ANNA, BOB, Play, sid_of
from tests.support import told

ROOT, FIRST, SECOND, BOBS = ("CA" + digit * 32 for digit in "1234")
CUSTOMER, COMPANY = "+33639980001", "+33159130001"
CAME_IN = told(Kind.VOICE, ROOT, From=CUSTOMER, To=COMPANY, CallStatus="ringing", Next="dial")
CALLS = told(Kind.VOICE, ROOT, From="client:alice", To=CUSTOMER, CallStatus="ringing")
DECLINED = told(Kind.DECLINED, ROOT, Agent="alice")
REFUSED = told(Kind.REFUSED, ROOT, From="client:alice", To="12", Reason="agent_limit", CallStatus="ringing")
OVER = told(Kind.STATUS, ROOT, From=CUSTOMER, To=COMPANY, CallStatus="completed")


def alice(sid: str, status: str, *, at: float = 0) -> Callback:
    return told(Kind.STATUS, sid, at=at, parent=ROOT, From=CUSTOMER, To="client:alice", CallStatus=status)


def bob(status: str) -> Callback:
    return told(Kind.STATUS, BOBS, parent=ROOT, From=CUSTOMER, To="client:bob", CallStatus=status)


def customer(status: str) -> Callback:
    return told(Kind.STATUS, BOBS, parent=ROOT, From=COMPANY, To=CUSTOMER, CallStatus=status)


def dialled(status: str, following: str) -> Callback:
    return told(Kind.DIAL, ROOT, DialCallStatus=status, CallStatus="ringing", Next=following)


@pytest.mark.parametrize(
    ("heard", "sid", "part"),
    [
        ([CAME_IN, alice(FIRST, "ringing")], FIRST, CallPart(PartState.RINGING, False)),
        ([alice(FIRST, "ringing")], FIRST, CallPart(PartState.RINGING, False)),
        ([CAME_IN, alice(FIRST, "in-progress")], FIRST, CallPart(PartState.TALKING, False)),
        ([CAME_IN, alice(FIRST, "completed")], FIRST, CallPart(PartState.TALKED, True)),
        ([CAME_IN, alice(FIRST, "canceled")], FIRST, CallPart(PartState.MISSED, False)),
        ([CAME_IN, alice(FIRST, "canceled"), OVER], FIRST, CallPart(PartState.MISSED, True)),
        (
            [CAME_IN, alice(FIRST, "canceled"), bob("in-progress")],
            FIRST,
            CallPart(PartState.ANSWERED_ELSEWHERE, True),
        ),
        # The next step rings on: whether it is missed is not known yet.
        (
            [CAME_IN, alice(FIRST, "no-answer"), dialled("no-answer", "dial")],
            FIRST,
            CallPart(PartState.MISSED, False),
        ),
        (
            [CAME_IN, alice(FIRST, "no-answer"), dialled("no-answer", "voicemail")],
            FIRST,
            CallPart(PartState.MISSED, True),
        ),
        ([CAME_IN, alice(FIRST, "busy")], FIRST, CallPart(PartState.DECLINED, True)),
        ([CAME_IN, alice(FIRST, "ringing"), DECLINED], FIRST, CallPart(PartState.DECLINED, True)),
        # Her other phone, on which she did not press a thing.
        (
            [CAME_IN, alice(FIRST, "busy"), alice(SECOND, "canceled"), DECLINED],
            SECOND,
            CallPart(PartState.DECLINED, True),
        ),
        (
            [CAME_IN, alice(FIRST, "in-progress"), alice(SECOND, "canceled")],
            SECOND,
            CallPart(PartState.ANSWERED_ELSEWHERE, True),
        ),
        (
            [CAME_IN, alice(FIRST, "in-progress"), alice(SECOND, "canceled")],
            ROOT,
            CallPart(PartState.TALKING, False),
        ),
        ([CALLS], ROOT, CallPart(PartState.CALLING, False)),
        ([CALLS, customer("in-progress")], ROOT, CallPart(PartState.TALKING, False)),
        ([CALLS, customer("completed")], ROOT, CallPart(PartState.TALKED, True)),
        ([CALLS, customer("busy")], ROOT, CallPart(PartState.BUSY, True)),
        ([CALLS, customer("no-answer")], ROOT, CallPart(PartState.NOT_ANSWERED, True)),
        ([CALLS, customer("failed")], ROOT, CallPart(PartState.FAILED, True)),
        ([CALLS, customer("failed"), dialled("failed", "")], ROOT, CallPart(PartState.FAILED, True)),
        ([CALLS, dialled("busy", "")], ROOT, CallPart(PartState.BUSY, True)),
        # Twilio dialled nobody: it refuses the caller ID, or the country.
        ([CALLS, dialled("failed", "")], ROOT, CallPart(PartState.REFUSED, True)),
        ([CALLS, customer("canceled")], ROOT, CallPart(PartState.CANCELED, True)),
        ([REFUSED], ROOT, CallPart(PartState.REFUSED, True)),
    ],
)
def test_what_a_call_is_for_alice(heard: list[Callback], sid: str, part: CallPart) -> None:
    for order in permutations(heard):
        assert part_of(Identity("alice"), sid, Evidence.of(order)) == part


def test_a_moved_call_goes_on_without_the_agent_who_placed_it() -> None:
    play = Play(inbound=False)
    play.wait(20)
    play.hold_customer()
    play.call(BOB, "ask")
    parts = {who: part_of(Identity(who), "", Evidence.of(play.told)) for who in (ANNA, BOB)}
    assert parts == dict.fromkeys((ANNA, BOB), CallPart(PartState.TALKING, False))
    play.leave(ANNA, "participant_updated_via_api")
    parts = {who: part_of(Identity(who), "", Evidence.of(play.told)) for who in (ANNA, BOB)}
    assert parts == {ANNA: CallPart(PartState.TALKED, True), BOB: CallPart(PartState.TALKING, False)}


@pytest.mark.parametrize("act", ["add", "ask"])
@pytest.mark.parametrize("inbound", [False, True])
def test_who_was_called_into_a_call_in_vain_has_no_part_in_what_follows(act: str, inbound: bool) -> None:
    """Nor do they count it as missed while the call goes on; called once more, they are rung."""
    play = Play(inbound)
    play.hold_customer()
    play.call(BOB, act, answers=False)
    call = agent_call([Identity(BOB)], play.told, sid=play.sids[BOB])
    assert (call.part.ended, call.is_missed) == (True, False)
    play.wait(5)
    play.act(act, To=f"client:{BOB}")
    again = {**play.ends[BOB], "JoinedAs": f"{act}-{play.at}"}
    play.status(sid_of(9), "ringing", again)
    assert part_of(Identity(BOB), "", Evidence.of(play.told)) == CallPart(PartState.RINGING, ended=False)


def test_who_was_asked_in_vain_to_take_a_call_out_over_missed_it() -> None:
    """The agent who asked talks: that is no answer elsewhere, as it is of a call in."""
    for inbound, state in ((False, PartState.MISSED), (True, PartState.ANSWERED_ELSEWHERE)):
        play = Play(inbound)
        play.wait(20)
        play.hold_customer()
        play.call(BOB, "ask", answers=False)
        assert part_of(Identity(BOB), "", Evidence.of(play.told)).state is state
        rings = Evidence.of(play.told[:-1])
        assert part_of(Identity(BOB), "", rings) == CallPart(PartState.RINGING, False)


def test_a_decline_is_recorded_as_one_whatever_her_other_phone_did() -> None:
    heard = [CAME_IN, alice(FIRST, "ringing"), alice(SECOND, "no-answer"), bob("no-answer"), DECLINED, OVER]
    said = handling(fold(heard), {"alice": "Alice"}, texts=texts_for("en-US", {}))
    assert said is not None
    assert "Alice (declined)" in said
    assert "bob (no answer)" in said


ELSEWHERE = CallPart(PartState.ANSWERED_ELSEWHERE, True)
PASSED_ON = told(Kind.TRANSFER, ROOT, at=20, To="client:alice", Agent="bob")
TAKEN = [CAME_IN, bob("in-progress"), PASSED_ON, bob("completed")]


@pytest.mark.parametrize(
    ("heard", "sid", "part"),
    [
        ([], SECOND, CallPart(PartState.RINGING, False)),
        # It rang her first, and she declined: now a colleague passes the call on to her.
        ([alice(FIRST, "busy"), DECLINED], SECOND, CallPart(PartState.RINGING, False)),
        ([alice(FIRST, "canceled")], ROOT, CallPart(PartState.RINGING, False)),
        # The report that it stopped to ring is lost.
        ([alice(FIRST, "ringing")], FIRST, ELSEWHERE),
        ([alice(SECOND, "in-progress", at=25)], SECOND, CallPart(PartState.TALKING, False)),
        ([alice(SECOND, "busy", at=25)], SECOND, CallPart(PartState.DECLINED, True)),
        ([told(Kind.STATUS, ROOT, at=30, CallStatus="completed")], SECOND, ELSEWHERE),
    ],
)
def test_a_caller_who_is_passed_on_rings_at_the_colleague(
    heard: list[Callback], sid: str, part: CallPart
) -> None:
    every = [*TAKEN, *heard, alice(SECOND, "ringing", at=21)]
    assert part_of(Identity("alice"), sid, Evidence.of(every)) == part


def test_the_agent_who_placed_a_call_and_passed_it_on_can_get_it_back() -> None:
    play = Play(inbound=False)
    play.wait(20)
    play.hold_customer()
    play.call(BOB, "ask")
    play.act("complete", Participant=play.sids[BOB], Resumed=play.sids["customer"])
    play.leave(ANNA, "participant_updated_via_api")
    play.wait(20)
    play.call(ANNA, "ask")
    back = play.sids[ANNA]
    rings, talks = Evidence.of(play.told[:-2]), Evidence.of(play.told)
    for sid in (back, ""):
        assert part_of(Identity(ANNA), sid, rings) == CallPart(PartState.RINGING, False)
        assert part_of(Identity(ANNA), sid, talks) == CallPart(PartState.TALKING, False)
