"""The ends of a call: who can be moved, and what a conference needs so that no party waits alone."""

import pytest
from hypothesis import given

from bridge.calls.agent_call import agent_call
from bridge.calls.agents import Identity
from bridge.calls.callback import Kind
from bridge.calls.ends import (
    Change,
    changes,
    check_moves,
    ends_of,
    holder_of,
    is_asking,
    is_passed_on,
    own_end,
)
from bridge.calls.fold.outcome import ended
from bridge.calls.fold.parties import Evidence
from bridge.errors import CallConflict, NotInCall
from tests.calls.plays import ANNA, BOB, CAROL, Play, sid_of
from tests.calls.test_story import plays

BOTH = pytest.mark.parametrize("inbound", [True, False], ids=["in", "out"])


def evidence(play: Play) -> Evidence:
    return Evidence.of(play.told)


def needed(play: Play) -> set[tuple[str, str]]:
    names = {sid: party for party, sid in play.sids.items()}
    return {(names[change.sid], change.what) for change in changes(evidence(play))}


@BOTH
def test_a_call_of_two_needs_nothing_and_can_move(inbound: bool) -> None:
    play = Play(inbound)
    play.wait(20)
    assert needed(play) == set()
    customer, agent = check_moves(evidence(play), ends_of(evidence(play)), is_emergency=False)
    assert (customer.sid, agent.sid) == (play.sids["customer"], play.sids[ANNA])
    with pytest.raises(CallConflict) as refused:
        check_moves(evidence(play), ends_of(evidence(play)), is_emergency=True)
    assert refused.value.code == "call.emergency"


@BOTH
def test_while_the_second_of_two_is_on_the_way_in_none_is_alone(inbound: bool) -> None:
    for first in ("customer", ANNA):
        play = Play(inbound)
        play.wait(20)
        play.act("move", Customer=play.sids["customer"], Child="")
        play.moved = True
        play.join(first)
        assert needed(play) == set()


@BOTH
def test_a_customer_whom_the_agent_left_on_hold_is_not_kept_waiting(inbound: bool) -> None:
    play = Play(inbound)
    play.hold_customer()
    play.leave(ANNA)
    assert needed(play) == {("customer", "end")}


@BOTH
def test_who_was_asked_and_is_gone_gives_the_customer_back(inbound: bool) -> None:
    play = Play(inbound)
    play.move()
    play.hold_()
    play.call(BOB, "ask", answers=False)
    assert needed(play) == {("customer", "resume")}
    play.act("resume", Resumed=play.sids["customer"])
    assert needed(play) == set()


@BOTH
def test_what_happens_within_a_second_happens_in_its_order(inbound: bool) -> None:
    play = Play(inbound)
    play.wait(20)
    play.hold_customer()
    play.resume_customer()
    customer = ends_of(evidence(play)).customer
    assert customer
    assert not customer.held
    play.hold_customer()
    customer = ends_of(evidence(play)).customer
    assert customer
    assert customer.held


@BOTH
def test_a_hold_of_the_agents_own_stays(inbound: bool) -> None:
    play = Play(inbound)
    customer = play.sids["customer"]
    assert holder_of(evidence(play), customer) is None
    play.hold_customer()
    play.wait(600)
    assert needed(play) == set()
    assert (holder_of(evidence(play), customer), holder_of(evidence(play), sid_of(9))) == (ANNA, None)
    play.resume_customer()
    assert holder_of(evidence(play), customer) is None


@BOTH
def test_a_call_that_rings_cannot_move(inbound: bool) -> None:
    """Of a call in the customer is there, and no agent; of a call out it is the other way round."""
    rings = Evidence.of(c for c in Play(inbound).told if c.get("CallStatus") != "in-progress")
    with pytest.raises(CallConflict) as refused:
        check_moves(rings, ends_of(rings), is_emergency=False)
    assert refused.value.code == "call.not_answered"


def test_an_agents_own_end_is_theirs_and_neither_the_customers_nor_a_supervisors() -> None:
    play = Play(inbound=True)
    play.hold_customer()
    assert own_end(Identity(ANNA), evidence(play), ends_of(evidence(play))).sid == play.sids[ANNA]


@BOTH
def test_where_no_leg_of_who_is_asked_is_known_the_customer_waits_on(inbound: bool) -> None:
    """The bridge has stored the act, and Twilio has yet to call."""
    play = Play(inbound)
    play.hold_customer()
    play.wait(5)
    play.act("ask", To=f"client:{BOB}")
    assert needed(play) == set()
    assert is_asking(evidence(play))
    play.wait(5)
    play.act("cancel", Participant=sid_of(9))
    assert not is_asking(evidence(play))


@BOTH
def test_that_another_was_asked_before_and_is_gone_gives_the_customer_back_to_none(inbound: bool) -> None:
    """The bridge has stored whom the agent asks now, and Twilio has yet to call."""
    play = Play(inbound)
    play.hold_customer()
    play.call(BOB, "ask", answers=False)
    play.wait(5)
    play.act("cancel", Participant=play.sids[BOB])
    play.wait(5)
    play.act("ask", To=f"client:{CAROL}")
    assert needed(play) == set()


def test_a_customer_is_passed_on_until_the_call_moves_again() -> None:
    play = Play(inbound=True)
    assert not is_passed_on(evidence(play))
    for moves in range(4):
        play.wait(10)
        if moves % 2:
            play.act("move")
        else:
            play.tell(Kind.TRANSFER, Agent=ANNA, Id=str(moves), To=f"client:{BOB}")
        assert is_passed_on(evidence(play)) is (moves % 2 == 0)


def test_a_call_whose_end_the_conference_alone_reports_cannot_move() -> None:
    play = Play(inbound=True)
    play.move()
    play.end(ANNA)
    heard = Evidence.of(c for c in play.told if c.get("CallStatus") != "completed")
    with pytest.raises(CallConflict) as refused:
        check_moves(heard, ends_of(heard), is_emergency=False)
    assert refused.value.code == "call.over"


def test_the_last_of_two_conferences_counts_though_its_numbers_begin_anew() -> None:
    play = Play(inbound=True)
    play.hold_customer()
    play.event("participant-modify", ANNA, EndConferenceOnExit="true")
    play.wait(10)
    play.sequence = 0
    play.event("participant-join", ANNA, EndConferenceOnExit="false", ConferenceSid="CF" + "0" * 32)
    ends = ends_of(evidence(play))
    assert ends.conference_sid == "CF" + "0" * 32
    assert [end.ends_conference for end in ends.others] == [False]


def test_a_call_of_which_only_the_conference_is_known_needs_its_end() -> None:
    """Without the first leg's callbacks no customer is left to talk with."""
    play = Play(inbound=True)
    play.move()
    heard = Evidence.of(c for c in play.told if c.call_sid == sid_of(1))
    assert changes(heard) == [Change(sid_of(1), "end")]


@BOTH
def test_with_the_customer_the_others_leave(inbound: bool) -> None:
    play = Play(inbound)
    play.call(CAROL, "add")
    play.leave("customer")
    assert needed(play) == {(ANNA, "end"), (CAROL, "end")}


@BOTH
def test_a_supervisor_does_not_keep_a_call_alive(inbound: bool) -> None:
    play = Play(inbound)
    play.call(CAROL, "listen")
    play.leave(ANNA)
    assert needed(play) == {(CAROL, "end"), ("customer", "end")}
    with pytest.raises(NotInCall):
        own_end(Identity(CAROL), evidence(play), ends_of(evidence(play)))


def test_how_leaving_ends_a_conference_follows_who_is_in_it() -> None:
    play = Play(inbound=True)
    play.call(CAROL, "add")
    for party in (ANNA, CAROL):
        play.event("participant-modify", party, EndConferenceOnExit=str(party == ANNA).lower())
    assert needed(play) == {(ANNA, "lasting")}
    play.leave(CAROL)
    play.event("participant-modify", ANNA, EndConferenceOnExit="false")
    assert needed(play) == {(ANNA, "ending")}


@pytest.mark.parametrize("act", ["add", "ask"])
def test_while_a_party_is_rung_no_agent_ends_the_conference_by_leaving(act: str) -> None:
    """The party comes in at a moment that no one knows before; one who leaves in it ends no call."""
    play = Play(inbound=True)
    play.move()
    play.event("participant-modify", ANNA, EndConferenceOnExit="true")
    play.call(CAROL, act, answers=False)
    *rings, _ = play.told
    assert changes(Evidence.of(rings)) == [Change(sid_of(1), "lasting")]
    play.event("participant-modify", ANNA, EndConferenceOnExit="false")
    assert needed(play) == {(ANNA, "ending")}
    # Who leaves while the party is rung lets go of the customer as before.
    play.told[:] = [*rings, play.told[-1]]
    play.leave(ANNA)
    assert needed(play) == {(CAROL, "end"), ("customer", "end")}


def test_a_supervisor_who_is_rung_changes_nothing() -> None:
    play = Play(inbound=True)
    play.move()
    play.event("participant-modify", ANNA, EndConferenceOnExit="true")
    play.call(CAROL, "listen", answers=False)
    assert changes(Evidence.of(play.told[:-1])) == []


@given(play=plays())
def test_a_call_that_is_over_ends_for_all_and_one_that_goes_on_for_none(play: Play) -> None:
    for n in range(1, len(play.told) + 1):
        heard = Evidence.of(play.told[:n])
        wanted = changes(heard)
        ends = ends_of(heard)
        if ended(heard):
            assert {change.what for change in wanted} <= {"end"}
        elif ends.present:
            assert Change(ends.customer.sid if ends.customer else "", "end") not in wanted


@pytest.mark.parametrize("inbound", [True, False])
def test_who_took_a_call_over_is_not_asked_any_more(inbound: bool) -> None:
    """So they can ask another, or pass it on blindly, also where no report says that the first agent left."""
    play = Play(inbound)
    play.hold_customer()
    play.call(BOB, "ask")
    assert (asked := ends_of(Evidence.of(play.told)).asked)
    assert asked.identity == BOB
    play.act("complete", Participant=play.sids[BOB], Resumed=play.sids["customer"])
    assert ends_of(Evidence.of(play.told)).asked is None
    play.wait(5)
    play.call(CAROL, "ask")
    assert (asked := ends_of(Evidence.of(play.told)).asked)
    assert asked.identity == CAROL


@BOTH
def test_a_party_who_is_called_after_the_ask_was_taken_back_is_hung_up(inbound: bool) -> None:
    """Twilio's answer to the call was lost, and so the ask was cancelled without the leg's name."""
    play = Play(inbound)
    play.move()
    play.call(BOB, "ask")
    named = {"Id": f"ask-{play.at - 5}", "To": f"client:{BOB}"}
    assert needed(play) == set()
    play.act("cancel", Resumed=play.sids["customer"], Failed=named["Id"])
    assert needed(play) == {(BOB, "end")}
    play.wait(1)
    play.act("ask", **named, Again="1")
    assert needed(play) == set()


def test_who_listens_or_is_asked_does_not_lead_the_call_and_who_has_taken_it_over_does() -> None:
    play = Play(inbound=True)
    play.wait(20)
    play.hold_customer()
    play.call(BOB, "ask")
    play.call(CAROL, "listen")

    def leads() -> set[str]:
        calls = {who: agent_call([Identity(who)], play.told) for who in (ANNA, BOB, CAROL)}
        assert all(call.can.hangup for call in calls.values())
        return {who for who, call in calls.items() if call.can.hold and call.can.transfer and call.can.record}

    assert leads() == {ANNA}
    play.act("complete", Participant=play.sids[BOB], Resumed=play.sids["customer"])
    assert leads() == {ANNA, BOB}
