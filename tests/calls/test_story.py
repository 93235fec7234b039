"""Calls with more than two ends: the story is the script's, in any order of any of its callbacks."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.call import Call, CallStatus, Direction, fold
from bridge.calls.fold.conference import HOLDS
from bridge.calls.fold.handling import handling
from bridge.calls.fold.outcome import ended_from
from bridge.calls.fold.parties import Evidence
from bridge.calls.texts import ENGLISH, FRENCH
from bridge.sync.stages.remind import is_missed
from tests.calls.conftest import COMPANY, CUSTOMER, MORNING, callback, late, leg, shuffled, some_of
from tests.calls.plays import ANNA, BOB, CAROL, DAVE, Play, sid_of
from tests.cpu_time import assert_grows_linearly

NAMES = {ANNA: "Anna", BOB: "Bob", CAROL: "Carol"}


def story(call: Call) -> dict[str, int]:
    """Party → seconds with the customer."""
    assert call.story
    seconds: dict[str, int] = {}
    for talk in call.story.talks:
        name = talk.address.removeprefix("client:")
        seconds[name] = seconds.get(name, 0) + talk.seconds
    return seconds


def held(play: Play) -> None:
    play.wait(60)
    play.hold_customer()
    play.wait(40)
    play.resume_customer()
    play.wait(70)
    play.end("customer")


def passed_on(play: Play) -> None:
    play.wait(130)
    play.hold_customer()
    play.wait(15)
    play.call(BOB, "ask")
    play.wait(20)
    play.act("complete", Resumed=play.sids["customer"])
    play.resume()
    play.leave(ANNA, "participant_updated_via_api")
    play.wait(302)
    play.end(BOB)


def passed_on_in_the_last_second(play: Play) -> None:
    play.wait(130)
    play.hold_customer()
    play.call(BOB, "ask")
    play.act("complete", Participant=play.sids[BOB], Resumed=play.sids["customer"])
    play.resume()
    play.wait(1)
    play.leave(ANNA, "participant_updated_via_api")
    play.end("customer")


def cancelled(play: Play) -> None:
    play.wait(30)
    play.hold_customer()
    play.call(BOB, "ask")
    play.wait(20)
    play.act("cancel", Resumed=play.sids["customer"])
    play.leave(BOB, "participant_updated_via_api")
    play.resume()
    play.wait(30)
    play.end(ANNA)


def not_taken(play: Play) -> None:
    play.wait(30)
    play.hold_customer()
    play.call(BOB, "ask", answers=False)
    play.resume()
    play.wait(30)
    play.end(ANNA)


def swapped(play: Play) -> None:
    play.wait(30)
    play.hold_customer()
    play.call(BOB, "ask")
    play.wait(20)
    play.act("swap", Resumed=play.sids["customer"], Held=play.sids[BOB])
    play.hold_(BOB)
    play.resume()
    play.wait(25)
    play.act("swap", Held=play.sids["customer"], Resumed=play.sids[BOB])
    play.hold_()
    play.resume(BOB)
    play.wait(15)
    play.end("customer")


def third(play: Play) -> None:
    play.wait(30)
    play.call(CAROL, "add")
    play.wait(60)
    play.leave(CAROL)
    play.wait(30)
    play.end("customer")


def listened(play: Play) -> None:
    play.wait(30)
    play.call(CAROL, "listen")
    play.wait(60)
    play.end("customer")


def left_on_hold(play: Play) -> None:
    play.wait(30)
    play.hold_customer()
    play.wait(50)
    play.end(ANNA)


def gave_up_on_hold(play: Play) -> None:
    play.wait(30)
    play.hold_customer()
    play.wait(50)
    play.end("customer")


@pytest.mark.parametrize("inbound", [True, False], ids=["in", "out"])
@pytest.mark.parametrize(
    ("script", "talks", "talk", "text", "alone"),
    [
        (held, {ANNA: 130}, 130, "{} by Anna (2 min 10 s), on hold 40 s.", False),
        (
            passed_on,
            {ANNA: 130, BOB: 302},
            432,
            "{} by Anna (2 min 10 s), on hold 40 s, passed to Bob (5 min 2 s).",
            False,
        ),
        (
            passed_on_in_the_last_second,
            {ANNA: 131, BOB: 1},
            131,
            "{} by Anna (2 min 11 s), on hold 5 s, passed to Bob (1 s).",
            False,
        ),
        (cancelled, {ANNA: 60}, 60, "{} by Anna (1 min 0 s), on hold 25 s.", False),
        (
            not_taken,
            {ANNA: 60},
            60,
            "{} by Anna (1 min 0 s), on hold 5 s. Also rung: Bob (no answer).",
            False,
        ),
        (swapped, {ANNA: 55}, 55, "{} by Anna (55 s), on hold 40 s (2 times).", False),
        (third, {ANNA: 125, CAROL: 60}, 125, "{} by Anna (2 min 5 s), joined by Carol (1 min 0 s).", False),
        (listened, {ANNA: 95}, 95, "{} by Anna (1 min 35 s), listened to by Carol (1 min 0 s).", False),
        (left_on_hold, {ANNA: 30}, 30, "{} by Anna (30 s), on hold 50 s.", True),
        (gave_up_on_hold, {ANNA: 30}, 30, "{} by Anna (30 s), on hold 50 s.", False),
    ],
)
def test_scripts(
    script: Callable[[Play], None], talks: dict[str, int], talk: int, text: str, alone: bool, inbound: bool
) -> None:
    play = Play(inbound)
    script(play)
    call = fold(play.told)
    assert (call.status, call.ended, call.certain) == (CallStatus.COMPLETED, True, True)
    assert call.direction is (Direction.INBOUND if inbound else Direction.OUTBOUND)
    assert (call.other_party, call.from_ == CUSTOMER) == (CUSTOMER, inbound)
    assert (story(call), call.talk_seconds) == (talks, talk)
    assert handling(call, NAMES, texts=ENGLISH) == text.format("Answered" if inbound else "Called")
    assert (call.left_alone, is_missed(call)) == (alone, alone)


def test_the_story_in_french() -> None:
    play = Play(inbound=True)
    passed_on(play)
    told = "Pris par Anna (2 min 10 s), en attente 40 s, transféré à Bob (5 min 2 s)."
    assert handling(fold(play.told), NAMES, texts=FRENCH) == told


def test_agents_of_a_call_that_was_passed_on() -> None:
    for inbound in (True, False):
        play = Play(inbound)
        passed_on(play)
        assert fold(play.told).agents == (ANNA, BOB)


def test_a_colleague_who_was_only_asked_did_not_talk_with_the_customer() -> None:
    for inbound in (True, False):
        play = Play(inbound)
        cancelled(play)
        assert fold(play.told).agents == (ANNA,)


def test_a_hold_names_the_agent_who_asked_for_it() -> None:
    play = Play(inbound=True)
    held(play)
    call = fold(play.told)
    assert call.story
    assert [(hold.by, hold.seconds) for hold in call.story.holds] == [(ANNA, 40)]


@pytest.mark.parametrize("lost", ["participant-hold", "participant-unhold"])
def test_a_hold_of_which_twilios_report_was_lost(lost: str) -> None:
    play = Play(inbound=True)
    held(play)
    call = fold(c for c in play.told if c.get("StatusCallbackEvent") != lost)
    assert call.story
    assert (call.story.hold_seconds, call.talk_seconds) == (40, 130)


@pytest.mark.parametrize("lost", range(4))
def test_one_report_is_of_one_act(lost: int) -> None:
    play = Play(inbound=True)
    play.wait(60)
    for _ in range(2):
        play.hold_customer()
        play.wait(3)
        play.resume_customer()
        play.wait(3)
    play.end("customer")
    reports = [c for c in play.told if c.get("StatusCallbackEvent") in HOLDS]
    call = fold(c for c in play.told if c is not reports[lost])
    assert call.story
    assert [hold.seconds for hold in call.story.holds] == [3, 3]


def test_an_act_without_a_report_is_no_earlier_than_the_act_before_by_twilios_clock() -> None:
    play = Play(inbound=True)
    held(play)
    lost = [c for c in play.told if c.get("StatusCallbackEvent") != "participant-unhold"]
    held_at = next(c for c in lost if c.get("StatusCallbackEvent") == "participant-hold").timestamp
    assert held_at
    behind = {"hold": held_at - timedelta(seconds=9), "resume": held_at - timedelta(seconds=8)}
    call = fold(replace(c, received_at=behind.get(c.get("Act") or "", c.received_at)) for c in lost)
    assert call.story
    assert call.story.hold_seconds == 0


@pytest.mark.parametrize("seconds", [0, 20])
def test_who_was_removed_has_left_also_where_only_the_conferences_end_is_reported(seconds: int) -> None:
    play = Play(inbound=True)
    play.wait(60)
    play.call(CAROL, "add")
    play.wait(seconds)
    play.act("remove", Participant=play.sids[CAROL])
    play.wait(100)
    play.end("customer")
    call = fold(c for c in play.told if c.call_sid != play.sids[CAROL] or not c.get("ReasonParticipantLeft"))
    assert story(call).get(CAROL, 0) == seconds


def test_who_left_was_there_also_where_neither_joining_nor_the_end_of_the_leg_is_reported() -> None:
    play = Play(inbound=False)
    play.wait(60)
    play.call(CAROL, "add")
    play.wait(20)
    play.leave(CAROL)
    play.wait(30)
    play.end("customer")
    of_carol = [c for c in play.told if c.call_sid == play.sids[CAROL]]
    lost = [
        c
        for c in of_carol
        if c.get("StatusCallbackEvent") == "participant-join" or c.get("CallStatus") == "completed"
    ]
    assert len(lost) == 2
    assert story(fold(c for c in play.told if c not in lost))[CAROL] == 20


OURS = (Kind.ACT, Kind.TRANSFER)


@given(data=st.data())
def test_who_was_removed_is_never_the_one_to_whom_the_call_was_passed(data: st.DataObject) -> None:
    """Any of the reports about the third can be lost, and the bridge's clock can be wrong."""
    play = Play(data.draw(st.booleans()))
    play.wait(60)
    play.call(CAROL, "add")
    play.wait(seconds := data.draw(st.integers(0, 30)))
    play.act("remove", Participant=play.sids[CAROL])
    play.leave(CAROL, "participant_hung_up")
    play.wait(data.draw(st.integers(1, 100)))
    play.hold_customer()
    play.wait(data.draw(st.integers(1, 30)))
    play.resume_customer()
    play.end(ANNA)
    later = [c for c in play.told if c.call_sid == play.sids[CAROL] and c.get("CallStatus") != "ringing"]
    lost = data.draw(st.sets(st.sampled_from([c.digest for c in later])))
    wrong = data.draw(st.integers(-40, 40))
    told = [c for c in play.told if c.digest not in lost]
    call = fold(replace(c, received_at=c.received_at + timedelta(seconds=wrong)) for c in told)
    assert "passed to" not in (handling(call, NAMES, texts=ENGLISH) or "")
    assert abs(story(call).get(CAROL, seconds) - seconds) <= 1
    assert call.story
    assert abs(call.story.hold_seconds - play.hold) <= 1


SENT_ON = callback(Kind.TRANSFER, Agent="agent1", Id="1", To="client:agent2", at=40)
TALK = [
    callback(Kind.VOICE, From=CUSTOMER, To=COMPANY, CallStatus="ringing"),
    *(leg(1, "ringing", at=1), leg(1, "in-progress", at=10), leg(1, "completed", at=41, CallDuration="31")),
]


def after_transfer(status: str, following: str) -> Callback:
    told = {"DialCallSid": sid_of(2), "DialCallStatus": status, "Next": following, "Step": "transfer"}
    return callback(Kind.DIAL, told, at=70)


GONE = callback(Kind.STATUS, CallStatus="completed", From=CUSTOMER, To=COMPANY, at=75)


@pytest.mark.parametrize(
    ("later", "alone"),
    [
        ([SENT_ON, leg(2, "ringing", at=42), after_transfer("no-answer", "voicemail"), GONE], True),
        ([SENT_ON, leg(2, "ringing", at=42), leg(2, "no-answer", at=70), GONE], True),
        ([SENT_ON, after_transfer("busy", "message"), GONE], True),
        (
            [
                *(SENT_ON, leg(2, "ringing", at=42), leg(2, "in-progress", at=50)),
                *(leg(2, "completed", at=70, CallDuration="20"), after_transfer("completed", "end"), GONE),
            ],
            False,
        ),
        # Twilio's times are whole seconds, and the bridge's are not.
        ([late(SENT_ON, by=0.5), leg(2, "ringing", at=40), leg(2, "no-answer", at=60), GONE], True),
        ([after_transfer("completed", "end"), GONE], False),
        # Taken, though each report of the third leg was lost.
        ([SENT_ON, after_transfer("completed", "end"), GONE], False),
        # The transfer was asked for, but Twilio refused it.
        (
            [SENT_ON, callback(Kind.DIAL, DialCallSid=sid_of(1), DialCallStatus="completed", at=41), GONE],
            False,
        ),
    ],
)
def test_a_blind_transfer_that_no_agent_takes_makes_a_task(later: list[Callback], alone: bool) -> None:
    call = fold([*TALK, *later])
    assert (call.status, call.left_alone, is_missed(call)) == (CallStatus.COMPLETED, alone, alone)


def test_a_call_out_that_is_passed_on_blindly_is_one_call() -> None:
    told = Play(inbound=False)
    told.wait(60)
    told.tell(Kind.TRANSFER, Agent=ANNA, Id="1", To=f"client:{BOB}", Customer=sid_of(1))
    told.tell(Kind.DIAL, told.first, DialCallSid=sid_of(1), DialCallStatus="completed", Next="left")
    told.status(sid_of(0)[:2] + "a" * 32, "completed", told.first)
    assert not fold(told.told).ended
    ends = {
        "From": COMPANY,
        "To": f"client:{BOB}",
        "OfCall": "CA" + "a" * 32,
        "ParentCallSid": "CA" + "a" * 32,
    }
    told.status(sid_of(2), "ringing", ends)
    told.wait(9)
    told.status(sid_of(2), "in-progress", ends)
    told.wait(100)
    told.status(sid_of(2), "completed", ends)
    told.status(sid_of(1), "completed", told.dialled)
    call = fold(told.told)
    assert (call.status, call.ended, call.other_party) == (CallStatus.COMPLETED, True, CUSTOMER)
    assert (call.talk_seconds, story(call), call.agents) == (160, {ANNA: 60, BOB: 100}, (ANNA, BOB))


def test_who_passed_a_call_on_has_left_it_also_where_the_end_of_their_leg_is_not_reported() -> None:
    play = Play(inbound=False)
    play.wait(60)
    play.pass_on(answers=True)
    play.wait(100)
    # The customer is passed on again, in vain.
    play.dial_of(play.sids["customer"], DialCallStatus="completed", Next="left")
    play.over_leg(DAVE)
    play.over_leg("customer")
    told = [c for c in play.told if c.call_sid != play.sids[ANNA] or c.get("CallStatus") != "completed"]
    assert len(told) < len(play.told)
    assert story(fold(told)) == {ANNA: 60, DAVE: 100}


@pytest.mark.parametrize("lost", ["conference-end", "participant-leave"])
def test_a_customer_who_hung_up_on_hold_was_not_left(lost: str) -> None:
    play = Play(inbound=True)
    play.hold_customer()
    play.wait(40)
    play.end("customer")
    assert not fold(c for c in play.told if c.get("StatusCallbackEvent") != lost).left_alone


STEPS = st.sampled_from(
    [
        *("hold", "resume", "ask", "ask in vain", "complete", "cancel", "add", "listen", "leave"),
        *("pass on", "pass on in vain"),
    ]
)
MAY_END = st.sampled_from(["customer", ANNA])


@st.composite
def plays(draw: st.DrawFn) -> Play:
    """A random plan, acted out: what is not possible at a time is left out."""
    play = Play(draw(st.booleans()))
    for step in draw(st.lists(STEPS, max_size=12)):
        play.wait(draw(st.integers(21, 90)))
        if play.over or not _do(play, step):
            break
    if not play.over:
        play.wait(draw(st.integers(1, 90)))
        play.end(draw(st.sampled_from(sorted(play.connected))))
    return play


def _do(play: Play, step: str) -> bool:
    """False where the plan ends there."""
    customer_held, asked = "customer" in play.on_hold, BOB in play.in_room
    free = ANNA in play.connected and BOB not in play.sids
    if step == "hold" and not customer_held and ANNA in play.connected:
        play.hold_customer()
    elif step == "resume" and customer_held:
        play.resume_customer()
    elif step in ("ask", "ask in vain") and free:
        if not customer_held:
            play.hold_customer()
        play.call(BOB, "ask", answers=step == "ask")
    elif step == "complete" and asked and ANNA in play.in_room:
        if customer_held:
            play.act("complete", Participant=play.sids[BOB], Resumed=play.sids["customer"])
            play.resume()
        play.leave(ANNA, "participant_updated_via_api")
    elif step == "cancel" and asked and ANNA in play.in_room:
        play.act("cancel")
        play.leave(BOB, "participant_updated_via_api")
    elif step in ("add", "listen") and CAROL not in play.sids and ANNA in play.connected:
        play.call(CAROL, step)
    elif step == "leave" and CAROL in play.in_room:
        play.leave(CAROL)
    elif step.startswith("pass on") and play.connected == {"customer", ANNA}:
        play.pass_on(answers=step == "pass on")
        return False
    return True


@given(play=plays())
def test_the_story_is_the_script(play: Play) -> None:
    call = fold(play.told)
    assert (call.ended, call.status) == (True, CallStatus.COMPLETED)
    assert call.talk_seconds == play.talk
    if play.is_taken is not None:
        assert call.left_alone is not play.is_taken
    if play.moved or (play.is_taken is not None and not play.inbound):
        assert call.story
        assert story(call) == {party: n for party, n in play.talked.items() if n}
        assert (call.story.hold_seconds, len(call.story.holds)) == (play.hold, play.holds)
        by = f"client:{play.ended_by}" if play.ended_by in (ANNA, BOB, CAROL) else CUSTOMER
        assert call.story.ended_by == (by if play.is_taken is None else None)


def facts(call: Call) -> dict[str, object]:
    """What Twenty shows of a call, and what makes a task."""
    ended_by = call.story.ended_by if call.story else None
    holds = [(hold.seconds, hold.by) for hold in call.story.holds] if call.story else []
    told = {"talks": story(call), "ended by": ended_by, "holds": holds} if call.story else {}
    # How long a call of two rang, one report alone can say.
    handled = handling(call, NAMES, texts=ENGLISH) if call.story else None
    return told | {
        "ended": call.ended,
        "status": call.status,
        "talk": call.talk_seconds,
        "alone": call.left_alone,
        "handling": handled,
    }


@given(play=plays(), data=st.data())
def test_one_lost_or_late_callback_changes_nothing(play: Play, data: st.DataObject) -> None:
    """All that one of Twilio's says is also in the others, but that a customer passed on in vain has gone."""
    one = data.draw(st.sampled_from([c for c in play.told if c.kind not in OURS]))
    late = replace(one, received_at=one.received_at + timedelta(minutes=data.draw(st.integers(0, 30))))
    rest = [c for c in play.told if c is not one]
    expected = facts(fold(play.told))
    assert facts(fold([*rest, late])) == expected
    is_only_end = play.is_taken is False and one is play.told[-1]
    assert facts(fold(rest)) == expected | ({"alone": False} if is_only_end else {})


@given(data=st.data())
def test_any_order_and_duplicates_are_the_same_story(data: st.DataObject) -> None:
    told = data.draw(plays().flatmap(lambda play: some_of(play.told)))
    assert fold(data.draw(shuffled(told))) == fold(told)


@given(data=st.data())
def test_a_call_that_moved_goes_on_until_the_customer_is_gone(data: st.DataObject) -> None:
    play = data.draw(plays())
    calls = [fold(play.told[:n]) for n in range(1, len(play.told) + 1)]
    ended = next(n for n, call in enumerate(calls) if call.ended)
    assert all(call.ended for call in calls[ended:])
    if play.moved and play.ended_by == "customer":
        # Agents come and go: only what the customer's leaving brings ends the call.
        left = next(
            n for n, c in enumerate(play.told) if c.get("ReasonParticipantLeft") and _is_customer(c, play)
        )
        assert ended >= left


@pytest.mark.parametrize("inbound", [True, False])
@pytest.mark.parametrize("script", [held, passed_on, cancelled])
def test_a_call_has_been_over_since_the_last_time_that_it_ended(
    script: Callable[[Play], None], inbound: bool
) -> None:
    """Callbacks arrive in any order, so an end can come before what shows that the call had moved."""
    script(play := Play(inbound))
    notes = [callback(Kind.NOTE, Agent=ANNA, Note="Wants two", Version=str(n)) for n in range(3)]
    for seed in range(50):
        told = [*play.told, *notes]
        Random(seed).shuffle(told)
        arrived = [replace(one, received_at=MORNING + timedelta(seconds=n)) for n, one in enumerate(told)]
        ended = [fold(arrived[: n + 1]).ended for n in range(len(arrived))]
        last = max(n for n in range(len(arrived)) if ended[n] and not (n and ended[n - 1]))
        assert ended_from(Evidence.of(arrived)) == arrived[last].received_at


def test_when_a_call_of_many_callbacks_ended_is_found_in_few_looks() -> None:
    first = [callback(Kind.VOICE, From=CUSTOMER, To=COMPANY), callback(Kind.DIAL, DialCallStatus="no-answer")]

    def ends(size: int) -> Callable[[], object]:
        later = [callback(Kind.TRANSCRIPTION, TranscriptionSid=str(n)) for n in range(size)]
        told = [*first, *later]
        arrived = [replace(one, received_at=MORNING + timedelta(seconds=n)) for n, one in enumerate(told)]
        evidence = Evidence.of(arrived)
        assert ended_from(evidence) == arrived[1].received_at
        return lambda: ended_from(evidence)

    assert_grows_linearly(ends, (50, 400))


def _is_customer(callback: Callback, play: Play) -> bool:
    return callback.call_sid == play.sids["customer"]
