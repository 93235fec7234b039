"""Rules that can disagree about a call of more than two ends: each pair of them in a script."""

from collections.abc import Callable
from datetime import datetime

import pytest
from msgspec.structs import replace

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.call import CallStatus, fold
from bridge.calls.fold.handling import handling
from bridge.calls.fold.parties import Evidence
from bridge.calls.texts import ENGLISH
from bridge.sync.stages.remind import is_missed
from tests.calls.conftest import COMPANY, CUSTOMER, MORNING, ROOT, callback, leg, stamp
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


CF = {"ConferenceSid": "CF1"}
VOICE_IN = callback(Kind.VOICE, From=CUSTOMER, To=COMPANY, CallStatus="ringing")
VOICE_OUT = callback(Kind.VOICE, From=f"client:{ANNA}", To=CUSTOMER, CallStatus="ringing")


def event(name: str, sid: str, *, at: float, **more: str) -> Callback:
    told = {"CallSid": sid, "StatusCallbackEvent": name, "Timestamp": stamp(at), **CF}
    return callback(Kind.CONFERENCE, told, at=at, SequenceNumber=str(round(at)), **more)


def act(at: float, name: str = "hold", **more: str) -> Callback:
    return callback(Kind.ACT, Act=name, at=at, **more)


def over(status: str = "completed", *, at: float) -> Callback:
    return callback(CallStatus=status, From=CUSTOMER, To=COMPANY, Timestamp=stamp(at), at=at)


def joined(n: int, status: str, *, at: float, act: str = "ask-1", **more: str) -> Callback:
    return leg(n, status, at=at, OfCall=ROOT, JoinedAs=act, **more)


@pytest.mark.parametrize(
    ("told", "rebuilt"),
    [
        ([event("conference-end", ROOT, at=60)], True),
        ([event("conference-end", ROOT, at=60), act(9)], False),
        ([event("participant-join", ROOT, at=9)], False),
        ([joined(1, "in-progress", at=9)], True),
        ([joined(1, "in-progress", at=9), act(9)], False),
        ([joined(1, "in-progress", at=9, act="")], False),
        ([joined(1, "in-progress", at=9), leg(2, "in-progress", at=1)], True),
        ([act(9)], False),
    ],
)
def test_which_story_is_known_by_twilios_log_alone(told: list[Callback], rebuilt: bool) -> None:
    story = fold([VOICE_IN, *told]).story
    assert story
    assert story.rebuilt is rebuilt


def ends(sid: str, *, at: float = 60) -> Callback:
    return event("conference-end", ROOT, at=at, CallSidEndingConference=sid)


@pytest.mark.parametrize(
    ("told", "ended_by"),
    [
        ([ends(ROOT), over(at=60)], CUSTOMER),
        ([ends(sid_of(1)), over(at=60)], "client:agent1"),
        ([ends(sid_of(9)), over(at=60)], None),
        ([event("conference-end", ROOT, at=60), over(at=60)], None),
        # Twilio's times are whole seconds; who left two seconds later was passed on out of the conference.
        ([ends(ROOT), over(at=62)], CUSTOMER),
        ([ends(ROOT), over(at=63)], None),
        ([ends(ROOT), over(at=63), act(9)], CUSTOMER),
        ([ends(ROOT)], CUSTOMER),
    ],
)
def test_who_ended_it(told: list[Callback], ended_by: str | None) -> None:
    story = fold([VOICE_IN, leg(1, "in-progress", at=8), *told]).story
    assert story
    assert story.ended_by == ended_by


@pytest.mark.parametrize(
    ("acts", "by"),
    [
        # The nearest act; of two that are as near the first by name.
        ([act(10, Agent=ANNA, Held=ROOT), act(30, Agent=BOB, Held=ROOT)], ANNA),
        ([act(13, Agent=ANNA, Held=ROOT), act(11, Agent=BOB, Held=ROOT)], BOB),
        ([act(10, Agent=BOB, Held=ROOT), act(10, "swap", Agent=ANNA, Held=ROOT)], ANNA),
        # Holds of other legs, and of no act, are another matter.
        ([act(12, Agent=ANNA, Held=ROOT), act(10, Agent=BOB, Held=sid_of(1))], ANNA),
        ([act(12, Agent=ANNA, Held=ROOT), act(10, Agent=BOB, Resumed=ROOT)], ANNA),
        ([act(10, Held=ROOT)], None),
        ([act(10, Held=ROOT), act(10, "swap", Agent=ANNA, Held=ROOT)], None),
        ([callback(Kind.NOTE, Agent=ANNA, Held=ROOT, at=10, Version="1")], None),
    ],
)
def test_who_held_the_customer(acts: list[Callback], by: str | None) -> None:
    reports = [event("participant-hold", ROOT, at=10), event("participant-unhold", ROOT, at=20)]
    story = fold([VOICE_IN, leg(1, "in-progress", at=8), *reports, *acts, over(at=60)]).story
    assert story
    assert story.holds[0].by == by


def test_a_talk_has_all_its_parts() -> None:
    """Whose leg, since when, until when; by the answer, then by the room; whoever is known by one number."""
    story = fold(
        [
            VOICE_IN,
            leg(1, "in-progress", at=8),
            *(event("participant-join", sid, at=10) for sid in (ROOT, sid_of(1))),
            event("participant-hold", ROOT, at=20),
            event("participant-unhold", ROOT, at=25),
            joined(2, "in-progress", at=30, From="", To="client:bob"),
            event("participant-join", sid_of(2), at=32),
            callback(Kind.STATUS, {**joined(3, "in-progress", at=33).parameters, "To": ""}, at=33),
            callback(
                Kind.STATUS, {**joined(4, "in-progress", at=34).parameters, "To": "", "From": ""}, at=34
            ),
            joined(5, "in-progress", at=35, act="listen-1", To="client:carol"),
            act(40, "complete", Participant=sid_of(2)),
            event("participant-leave", sid_of(1), at=41, ReasonParticipantLeft="participant_hung_up"),
            over(at=60),
        ]
    ).story
    assert story

    def seconds(moment: datetime) -> float:
        return (moment - MORNING).total_seconds()

    talks = [
        (
            one.sid,
            one.address,
            [(seconds(part.since), seconds(part.until)) for part in one.intervals],
            seconds(one.until),
            one.passed_on,
        )
        for one in (*story.talks, *story.listened)
    ]
    assert talks == [
        (sid_of(1), "client:agent1", [(8, 20), (25, 41)], 41, False),
        (sid_of(2), "client:bob", [(32, 60)], 60, True),
        (sid_of(3), "", [(33, 60)], 60, False),
        (sid_of(5), "client:carol", [(35, 60)], 60, False),
    ]
    assert [(hold.seconds, seconds(hold.interval.since)) for hold in story.holds] == [(5, 20)]
    assert (story.hold_seconds, story.left_alone, story.rebuilt) == (5, False, False)


@pytest.mark.parametrize(
    ("told", "alone"),
    [
        # Held, and the other left before the customer did.
        ([leg(1, "in-progress", at=8), act(20, Held=ROOT), leg(1, "completed", at=30), over(at=40)], True),
        # ... or at once, or before the hold; or the hold was over.
        ([leg(1, "in-progress", at=8), act(20, Held=ROOT), leg(1, "completed", at=40), over(at=40)], False),
        ([leg(1, "in-progress", at=8), act(20, Held=ROOT), leg(1, "completed", at=20), over(at=40)], False),
        (
            [
                *(leg(1, "in-progress", at=8), act(20, Held=ROOT), act(25, "resume", Resumed=ROOT)),
                *(leg(1, "completed", at=30), over(at=40)),
            ],
            False,
        ),
        # The customer hung up, by Twilio's report; the agent's leg ended a second before.
        (
            [
                *(leg(1, "in-progress", at=8), act(20, Held=ROOT), leg(1, "completed", at=39)),
                event("participant-leave", ROOT, at=40, ReasonParticipantLeft="participant_hung_up"),
                over(at=40),
            ],
            False,
        ),
        # The other ended the conference.
        (
            [
                *(leg(1, "in-progress", at=8), act(20, Held=ROOT)),
                event("conference-end", ROOT, at=40, CallSidEndingConference=sid_of(1)),
            ],
            True,
        ),
        # None had answered.
        (
            [
                *(leg(1, "no-answer", at=8), act(20, Held=ROOT)),
                event("conference-end", ROOT, at=40, CallSidEndingConference=sid_of(1)),
            ],
            False,
        ),
        ([leg(1, "in-progress", at=8), act(20, Held=ROOT), leg(1, "completed", at=30)], False),
        # Passed on in vain, as last; or before another one talked.
        ([*TALK, SENT_ON, leg(2, "failed", at=45), GONE], False),
        ([*TALK, SENT_ON, leg(2, "ringing", at=39), leg(2, "busy", at=45), GONE], False),
        ([*TALK, SENT_ON, leg(2, "ringing", at=40), leg(2, "busy", at=45), GONE], True),
        (
            [
                *(*TALK, SENT_ON, leg(2, "ringing", at=40), leg(2, "busy", at=45)),
                *(leg(3, "in-progress", at=50), leg(3, "completed", at=60), GONE),
            ],
            False,
        ),
        ([*TALK, SENT_ON, callback(Kind.STATUS, Step="transfer", DialCallStatus="busy"), GONE], False),
        ([*TALK, SENT_ON, callback(Kind.DIAL, Step="0", DialCallStatus="busy", at=70), GONE], False),
        ([*TALK, leg(2, "ringing", at=42), leg(2, "no-answer", at=70), GONE], False),
    ],
)
def test_when_a_customer_was_left_alone(told: list[Callback], alone: bool) -> None:
    for order in ([VOICE_IN, *told], [VOICE_IN, *told][::-1]):
        assert fold(order).left_alone is alone


def logged(n: int, since: float, until: float, **more: str) -> Callback:
    """A leg by Twilio's log: it was answered at `since`."""
    return leg(n, "completed", at=until, CallDuration=str(round(until - since)), **more)


def asked(n: int, since: float, until: float, *, by: str, act: str = "ask-1") -> Callback:
    return logged(n, since, until, From=f"client:{by}", OfCall=ROOT, JoinedAs=act)


@pytest.mark.parametrize(
    ("told", "talks"),
    [
        # Who was asked has the customer once the agent who asked has left.
        ([logged(1, 10, 60), asked(2, 40, 100, by="agent1"), over(at=100)], {1: 50, 2: 40}),
        ([logged(1, 10, 60), asked(2, 70, 100, by="agent1"), over(at=100)], {1: 50, 2: 30}),
        ([logged(1, 10, 60), asked(2, 40, 55, by="agent1"), over(at=100)], {1: 50}),
        # Of two legs of that agent the later one; another agent's says nothing.
        (
            [
                logged(1, 10, 60),
                logged(3, 10, 50, To="client:agent1"),
                asked(2, 40, 100, by="agent1"),
                over(at=100),
            ],
            {1: 50, 3: 40, 2: 40},
        ),
        (
            [logged(1, 10, 60), logged(3, 10, 90), asked(2, 40, 100, by="agent1"), over(at=100)],
            {1: 50, 3: 80, 2: 40},
        ),
        # Where none is known by that name, all who were not asked themselves.
        ([logged(1, 10, 60), asked(2, 40, 100, by="nobody"), over(at=100)], {1: 50, 2: 40}),
        (
            [logged(1, 10, 60), asked(2, 40, 100, by="nobody"), asked(3, 50, 80, by="nobody"), over(at=100)],
            {1: 50, 2: 40, 3: 20},
        ),
        # Who was added talks at once.
        ([logged(1, 10, 60), asked(2, 40, 100, by="agent1", act="add-1"), over(at=100)], {1: 50, 2: 60}),
        # Who asked had not answered.
        ([leg(1, "no-answer", at=9), asked(2, 40, 100, by="agent1"), over(at=100)], {2: 60}),
    ],
)
def test_who_talked_by_twilios_log_alone(told: list[Callback], talks: dict[int, int]) -> None:
    story = fold([VOICE_IN, *told]).story
    assert story
    assert {one.sid: one.seconds for one in story.talks} == {sid_of(n): s for n, s in talks.items()}


def test_who_talked_in_a_call_out_by_twilios_log_alone() -> None:
    """The agent who called is the one on the call's own leg."""
    customer = logged(1, 10, 100, From=COMPANY, To=CUSTOMER)
    anna = callback(
        From=f"client:{ANNA}",
        To=CUSTOMER,
        CallStatus="completed",
        Timestamp=stamp(60),
        at=60,
        CallDuration="60",
    )
    story = fold([anna, customer, asked(2, 40, 100, by=ANNA)]).story
    assert story
    assert {one.sid: one.seconds for one in story.talks} == {ROOT: 50, sid_of(2): 40}


def test_an_agent_whose_customer_is_not_known_talks_with_none() -> None:
    story = fold([VOICE_OUT, event("participant-join", sid_of(9), at=5)]).story
    assert story
    assert (story.talks, story.holds, story.ended_by) == ((), (), None)
    machine = leg(1, "in-progress", at=8, From=COMPANY, To=CUSTOMER, AnsweredBy="machine_start")
    story = fold([VOICE_OUT, machine, act(20, Held=sid_of(1))]).story
    assert story
    assert story.talks == ()


def test_an_agent_who_was_passed_by_has_left_with_the_action_of_the_dial() -> None:
    """Also where the report of the leg's end is lost; what the customer's next Dial answered is later."""
    sent = callback(Kind.TRANSFER, Agent=ANNA, Customer=sid_of(1), To="client:bob", at=40)
    left = [callback(Kind.DIAL, DialCallStatus="completed", Next="left", at=at) for at in (41, 90)]
    talked = leg(1, "in-progress", at=8, From=COMPANY, To=CUSTOMER)
    for told in ([sent, *left], [sent, *left[::-1]]):
        story = fold([VOICE_OUT, talked, *told]).story
        assert story
        assert [(one.sid, one.seconds) for one in story.talks] == [(ROOT, 33)]
    story = fold([VOICE_OUT, talked, *left, act(9, Held="CA9")]).story
    assert story
    assert story.talks[0].until.year == 9999
