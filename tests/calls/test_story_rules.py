"""Rules that can disagree about a call of more than two ends: each pair of them in a script."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from bridge.calls.callback import Kind
from bridge.calls.fold.call import CallStatus, fold
from bridge.calls.fold.handling import handling
from bridge.calls.fold.parties import Evidence
from bridge.calls.texts import ENGLISH
from bridge.sync.stages.remind import is_missed
from tests.calls.conftest import COMPANY, CUSTOMER, ROOT, callback, leg
from tests.calls.plays import ANNA, BOB, CAROL, Play, sid_of
from tests.calls.test_story import GONE, NAMES, SENT_ON, TALK, after_transfer, story


def the_agent_leaves_who_asked(play: Play) -> None:
    """Instead of completing: who is asked has the customer, whom the bridge takes off hold."""
    play.wait(30)
    play.hold_customer()
    play.call(BOB, "ask")
    play.wait(20)
    play.leave(ANNA)
    play.resume()
    play.wait(60)
    play.end("customer")


def the_customer_leaves_while_asking(play: Play) -> None:
    play.wait(30)
    play.hold_customer()
    play.call(BOB, "ask")
    play.wait(20)
    play.end("customer")


def the_customer_leaves_while_it_rings(play: Play) -> None:
    play.wait(30)
    play.hold_customer()
    play.call(BOB, "ask", answers=False)
    play.end("customer")


def the_second_leaves_the_customer_on_hold(play: Play) -> None:
    play.wait(30)
    play.hold_customer()
    play.call(BOB, "ask")
    play.act("complete", Resumed=play.sids["customer"])
    play.resume()
    play.leave(ANNA, "participant_updated_via_api")
    play.wait(20)
    play.hold_()
    play.wait(40)
    play.end(BOB)


def the_third_stays(play: Play) -> None:
    play.wait(30)
    play.call(CAROL, "add")
    play.wait(10)
    play.leave(ANNA)
    play.wait(40)
    play.end(CAROL)


def the_fourth_leaves_before_the_third(play: Play) -> None:
    play.wait(30)
    play.call(BOB, "add")
    play.call(CAROL, "add")
    play.leave(ANNA)
    play.wait(10)
    play.leave(CAROL)
    play.wait(10)
    play.end(BOB)


def the_supervisor_joins_after_listening(play: Play) -> None:
    play.wait(30)
    play.call(CAROL, "listen")
    play.wait(20)
    play.silent.discard(CAROL)
    play.event("participant-unmute", CAROL)
    play.wait(15)
    play.end("customer")


def the_third_is_there_during_a_hold(play: Play) -> None:
    play.wait(30)
    play.call(CAROL, "add")
    play.hold_customer()
    play.wait(20)
    play.leave(CAROL)
    play.resume_customer()
    play.wait(10)
    play.end("customer")


def held_and_asked_in_vain_twice(play: Play) -> None:
    play.wait(30)
    for party in (BOB, CAROL):
        play.hold_customer()
        play.call(party, "ask", answers=False)
        play.resume()
        play.wait(10)
    play.end(ANNA)


def passed_on_and_back(play: Play) -> None:
    """Bob gives the customer back to Anna's second leg."""
    play.wait(30)
    play.hold_customer()
    play.call(BOB, "ask")
    play.act("complete", Resumed=play.sids["customer"])
    play.resume()
    play.leave(ANNA, "participant_updated_via_api")
    play.wait(20)
    play.hold_()
    play.call(ANNA, "ask")
    play.resume()
    play.leave(BOB, "participant_updated_via_api")
    play.wait(25)
    play.end("customer")


@pytest.mark.parametrize("inbound", [True, False], ids=["in", "out"])
@pytest.mark.parametrize(
    ("script", "talks", "talk", "text", "alone"),
    [
        # Who ended their part, and who had the customer.
        (
            the_agent_leaves_who_asked,
            {ANNA: 30, BOB: 60},
            90,
            "{} by Anna (30 s), on hold 25 s, passed to Bob (1 min 0 s).",
            False,
        ),
        # Asked and answered, and not in the talk.
        (the_customer_leaves_while_asking, {ANNA: 30}, 30, "{} by Anna (30 s), on hold 25 s.", False),
        (
            the_customer_leaves_while_it_rings,
            {ANNA: 30},
            30,
            "{} by Anna (30 s), on hold 5 s. Also rung: Bob (no answer).",
            False,
        ),
        # Answered, passed on and taken: a task all the same, since the customer was left.
        (
            the_second_leaves_the_customer_on_hold,
            {ANNA: 30, BOB: 20},
            50,
            "{} by Anna (30 s), on hold 45 s (2 times), passed to Bob (20 s).",
            True,
        ),
        # Joined first, and then the one who has the call; the time together counts once.
        (
            the_third_stays,
            {ANNA: 45, CAROL: 50},
            85,
            "{} by Anna (45 s), passed to Carol (50 s).",
            False,
        ),
        # Passed to the last who had it; who left in between only joined.
        (
            the_fourth_leaves_before_the_third,
            {ANNA: 40, BOB: 25, CAROL: 10},
            60,
            "{} by Anna (40 s), passed to Bob (25 s), joined by Carol (10 s).",
            False,
        ),
        # Listening is no talk, joining is.
        (
            the_supervisor_joins_after_listening,
            {ANNA: 70, CAROL: 15},
            70,
            "{} by Anna (1 min 10 s), joined by Carol (15 s).",
            False,
        ),
        # In the conference, and on hold from the first second: no talk with the customer.
        (
            the_third_is_there_during_a_hold,
            {ANNA: 45},
            45,
            "{} by Anna (45 s), on hold 20 s.",
            False,
        ),
        (
            held_and_asked_in_vain_twice,
            {ANNA: 50},
            50,
            "{} by Anna (50 s), on hold 10 s (2 times). Also rung: Bob (no answer), Carol (no answer).",
            False,
        ),
        (
            passed_on_and_back,
            {ANNA: 55, BOB: 20},
            75,
            "{} by Anna (55 s), on hold 10 s (2 times), joined by Bob (20 s).",
            False,
        ),
    ],
)
def test_rules(
    script: Callable[[Play], None], talks: dict[str, int], talk: int, text: str, alone: bool, inbound: bool
) -> None:
    script(play := Play(inbound))
    call = fold(play.told)
    assert (call.status, call.ended, call.certain) == (CallStatus.COMPLETED, True, True)
    assert (story(call), call.talk_seconds) == (talks, talk)
    assert handling(call, NAMES, texts=ENGLISH) == text.format("Answered" if inbound else "Called")
    assert (call.left_alone, is_missed(call)) == (alone, alone)


@pytest.mark.parametrize("inbound", [True, False], ids=["in", "out"])
@pytest.mark.parametrize(("by", "alone"), [("customer", False), (ANNA, True)])
def test_an_agent_who_held_at_once_has_answered(by: str, alone: bool, inbound: bool) -> None:
    """No second of talk, and no machine either: it is no voicemail."""
    play = Play(inbound)
    play.hold_customer()
    play.wait(40)
    play.end(by)
    call = fold(play.told)
    assert (call.status, call.ended, call.talk_seconds) == (CallStatus.COMPLETED, True, None)
    assert (call.left_alone, is_missed(call)) == (alone, alone)


@pytest.mark.parametrize("inbound", [True, False], ids=["in", "out"])
def test_who_was_passed_on_in_vain_has_gone_also_where_no_report_says_so(inbound: bool) -> None:
    play = Play(inbound)
    play.hold_customer()
    play.pass_on(answers=False)
    assert (play.told[-1].call_sid, play.told[-1].get("CallStatus")) == (play.sids["customer"], "completed")
    assert [fold(play.told[:-n]).ended for n in (1, 2)] == [True, False]


def test_an_agent_with_two_legs_is_named_once() -> None:
    """Anna's second phone rang, too; Bob took the call over, left, and joined again."""
    play = Play(inbound=True)
    other = {"From": CUSTOMER, "To": f"client:{ANNA}", "CallDirection": "inbound"}
    play.told.insert(
        2,
        callback(
            Kind.STATUS, {**other, "ParentCallSid": ROOT, "CallSid": sid_of(7)}, at=1, CallStatus="ringing"
        ),
    )
    play.told.append(
        callback(
            Kind.STATUS, {**other, "ParentCallSid": ROOT, "CallSid": sid_of(7)}, at=8, CallStatus="canceled"
        )
    )
    play.wait(52)
    play.hold_customer()
    play.call(BOB, "ask")
    play.act("complete", Participant=play.sids[BOB], Resumed=play.sids["customer"])
    play.resume()
    play.wait(10)
    play.leave(BOB)
    play.wait(10)
    play.call(BOB, "add")
    play.wait(10)
    play.leave(BOB)
    play.wait(10)
    play.end(ANNA)
    text = handling(fold(play.told), NAMES, texts=ENGLISH)
    assert text == "Answered by Anna (1 min 37 s), on hold 5 s, passed to Bob (20 s)."


def test_a_machine_that_was_put_on_hold_is_a_voicemail() -> None:
    play = Play(inbound=False)
    play.hold_customer()
    play.wait(40)
    play.end(ANNA)
    machine = {"AnsweredBy": "machine_start"}
    of_machine = [c for c in play.told if c.call_sid == play.sids["customer"] and c.kind is Kind.STATUS]
    told = [replace(c, parameters={**c.parameters, **machine}) if c in of_machine else c for c in play.told]
    assert (fold(told).status, fold(told).talk_seconds) == (CallStatus.VOICEMAIL, None)


def test_whom_the_agent_called_is_the_customer_that_the_bridge_named() -> None:
    """A call that another program placed can dial several numbers."""
    legs = [leg(n, "in-progress", {"From": COMPANY, "To": f"+3363998000{n}"}, at=n) for n in (1, 2)]
    for number in (1, 2):
        moved = callback(Kind.ACT, Act="move", Customer=legs[number - 1].call_sid, at=9)
        customer = Evidence.of([*legs, moved]).customer
        assert customer
        assert customer.to == f"+3363998000{number}"


def test_a_message_after_a_transfer_in_vain_is_a_talk_a_recording_and_a_task() -> None:
    message = {"RecordingSid": "RE1", "RecordingUrl": "https://api/RE1", "RecordingDuration": "20"}
    left = callback(Kind.VOICEMAIL, message, From=CUSTOMER, To=COMPANY, at=80, Next="end")
    sent_on = [SENT_ON, leg(2, "ringing", at=42), leg(2, "no-answer", at=70)]
    call = fold([*TALK, *sent_on, after_transfer("no-answer", "voicemail"), left, GONE])
    assert (call.status, call.talk_seconds) == (CallStatus.COMPLETED, 31)
    assert [(one.sid, one.duration) for one in call.recordings] == [("RE1", 20)]
    assert (call.left_alone, is_missed(call)) == (True, True)
