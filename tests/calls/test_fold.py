"""Callbacks → Call: every recorded scenario, and what holds for any order of any of them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bridge.calls.callback import PLACE, Callback, Kind, digest_of
from bridge.calls.fold.call import CallStatus, Direction, fold
from bridge.calls.fold.handling import handling
from bridge.calls.fold.parties import Evidence
from bridge.calls.texts import ENGLISH
from tests.calls.conftest import (
    COMPANY,
    CUSTOMER,
    MORNING,
    ROOT,
    callback,
    late,
    leg,
    made_up,
    nonsense,
    reconciled,
    recorded,
    shuffled,
    some_of,
    stamp,
)

IN, OUT = Direction.INBOUND, Direction.OUTBOUND


def leg_of_dial(status: str, **more: str) -> Callback:
    """The Dial action that tells of the first leg."""
    return callback(Kind.DIAL, DialCallSid=f"CA{1:032}", DialCallStatus=status, at=68, **more)


OPEN = {CallStatus.RINGING, CallStatus.IN_PROGRESS}


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-22T{clock}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("payloads", "direction", "status", "other_party", "agent", "times", "talk"),
    [
        ("browser-out-[0-9]*", OUT, "COMPLETED", CUSTOMER, "agent1", "10:00:00 10:00:08 10:03:20", 192),
        ("browser-out-busy*", OUT, "BUSY", CUSTOMER, None, "10:05:12 - 10:05:12", None),
        ("inbound-[0-9]*", IN, "COMPLETED", CUSTOMER, "agent2", "11:00:01 11:00:09 11:02:09", 120),
        ("voicemail-*", IN, "VOICEMAIL", "anonymous", None, "12:00:12 - 12:01:00", None),
        ("voicemail-4*", IN, "MISSED", "anonymous", None, "12:00:12 - 12:01:00", None),
        ("outbound-api-*", OUT, "COMPLETED", CUSTOMER, None, "09:52:30 09:52:30 09:53:19", 49),
        ("keypad-withheld-*", IN, "RINGING", "+266696687", None, "10:00:00 - -", None),
        ("browser-out-[1-3]*", OUT, "RINGING", CUSTOMER, "agent1", "10:00:00 - -", None),
        ("browser-out-[1-4]*", OUT, "IN_PROGRESS", CUSTOMER, "agent1", "10:00:00 10:00:08 -", None),
        ("browser-out-5*", OUT, "COMPLETED", CUSTOMER, None, "10:00:08 10:00:08 10:03:20", 192),
        ("browser-out-6*", OUT, "COMPLETED", CUSTOMER, "agent1", "09:56:48 09:56:48 10:00:00", 192),
        ("browser-out-8*", OUT, "CANCELED", CUSTOMER, "agent1", "10:00:00 - 10:03:21", None),
        ("browser-out-[48]*", OUT, "COMPLETED", CUSTOMER, "agent1", "10:00:00 10:00:08 10:03:21", 193),
        ("inbound-[1-5]*", IN, "IN_PROGRESS", CUSTOMER, "agent2", "11:00:01 11:00:09 -", None),
        ("inbound-[56]*", IN, "COMPLETED", CUSTOMER, "agent2", "11:00:09 11:00:09 11:02:09", 120),
        ("inbound-5*", IN, "RINGING", CUSTOMER, None, "11:00:09 - -", None),
    ],
)
def test_recorded(
    payloads: str,
    direction: Direction,
    status: str,
    other_party: str,
    agent: str | None,
    times: str,
    talk: int | None,
) -> None:
    call = fold(recorded(payloads))
    assert (call.direction, call.status) == (direction, CallStatus[status])
    assert (call.other_party, call.agent, call.talk_seconds) == (other_party, agent, talk)
    assert [call.started_at, call.answered_at, call.ended_at] == [
        None if clock == "-" else at(clock) for clock in times.split()
    ]


def rung(n: int, outcome: str) -> list[Callback]:
    return [leg(n, "initiated"), leg(n, "ringing", at=1), leg(n, outcome, at=30)]


VOICE_IN = callback(Kind.VOICE, From=CUSTOMER, To=COMPANY, CallStatus="ringing")
VOICE_OUT = callback(Kind.VOICE, From="client:agent9", To=CUSTOMER, CallStatus="ringing")
ANSWERED = leg(1, "completed", at=70, CallDuration="60", From=COMPANY, To=CUSTOMER)
MACHINE = leg(1, "completed", at=70, CallDuration="60", From=COMPANY, To=CUSTOMER, AnsweredBy="machine_start")
FAX = leg(1, "completed", at=70, CallDuration="60", From=COMPANY, To=CUSTOMER, AnsweredBy="fax")
PARENT_ENDED = callback(
    at=71, CallStatus="completed", From=CUSTOMER, To=COMPANY, CallDuration="71", Timestamp=stamp(71)
)


def dial(status: str, **parameters: str) -> Callback:
    outcome = {"DialCallSid": f"CA{1:032}", "DialCallStatus": status, **parameters}
    return callback(Kind.DIAL, outcome, at=70)


@pytest.mark.parametrize(
    ("told", "status", "ended", "talk"),
    [
        ([VOICE_IN, *(c for n in range(1, 6) for c in rung(n, "no-answer"))], "RINGING", False, None),
        (
            [VOICE_IN, *(c for n in range(1, 6) for c in rung(n, "no-answer")), dial("no-answer")],
            "MISSED",
            True,
            None,
        ),
        ([VOICE_IN, PARENT_ENDED], "MISSED", True, None),
        ([VOICE_IN, PARENT_ENDED, *rung(1, "canceled"), ANSWERED], "COMPLETED", True, 60),
        (
            [VOICE_IN, callback(Kind.VOICEMAIL, at=80, RecordingDuration="0"), PARENT_ENDED],
            "MISSED",
            True,
            None,
        ),
        (
            [VOICE_IN, callback(Kind.VOICEMAIL, at=80, RecordingDuration="7"), PARENT_ENDED],
            "VOICEMAIL",
            True,
            None,
        ),
        (
            [VOICE_IN, *rung(2, "completed"), callback(Kind.VOICEMAIL, RecordingDuration="7")],
            "COMPLETED",
            True,
            0,
        ),
        ([VOICE_OUT, ANSWERED, dial("completed", DialBridged="true")], "COMPLETED", True, 60),
        ([VOICE_OUT, ANSWERED, dial("completed", DialBridged="false")], "MISSED", True, None),
        ([ANSWERED, dial("completed", DialBridged="false")], "MISSED", True, None),
        ([VOICE_OUT, dial("answered", DialCallDuration="5")], "COMPLETED", True, 5),
        ([VOICE_OUT, MACHINE], "VOICEMAIL", True, None),
        ([VOICE_OUT, FAX], "VOICEMAIL", True, None),
        ([VOICE_OUT, dial("busy")], "BUSY", True, None),
        ([VOICE_OUT, dial("no-answer")], "MISSED", True, None),
        ([VOICE_OUT, dial("canceled")], "CANCELED", True, None),
        ([VOICE_OUT, callback(Kind.DIAL, DialCallStatus="failed")], "FAILED", True, None),
        (
            [VOICE_OUT, callback(Kind.DIAL, DialCallStatus="failed", From="client:agent9")],
            "FAILED",
            True,
            None,
        ),
        ([callback(Kind.REFUSED, From="client:agent9", To="12", Reason="invalid")], "FAILED", True, None),
    ],
)
def test_outcome(told: list[Callback], status: str, ended: bool, talk: int | None) -> None:
    call = fold(told)
    assert (call.status, call.ended, call.talk_seconds) == (CallStatus[status], ended, talk)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (("no-answer", "busy"), "BUSY"),
        (("failed", "no-answer"), "MISSED"),
        (("canceled", "failed"), "FAILED"),
        (("canceled", "busy"), "BUSY"),
    ],
)
def test_of_several_who_were_called_in_vain_the_one_who_came_nearest_counts(
    statuses: tuple[str, str], status: str
) -> None:
    for one, other in (statuses, statuses[::-1]):
        called = [leg(1, one, at=9, To=CUSTOMER), leg(2, other, at=8, To=CUSTOMER)]
        assert fold([VOICE_OUT, *called]).status == CallStatus[status]


NEXT_RINGS = dial("no-answer", Next="dial")
MOBILE = "+33698765432"
OTHER_MOBILE = "+33639980003"
FORWARDED = {"From": CUSTOMER, "To": MOBILE, "CallDirection": "inbound"}
SENT_ON = callback(Kind.TRANSFER, To="client:agent2", Agent="agent1", Id="1", at=40)


@pytest.mark.parametrize(
    ("told", "status", "ended"),
    [
        # A plan of several steps goes on after the Dial of one.
        ([VOICE_IN, *rung(1, "no-answer"), NEXT_RINGS], "RINGING", False),
        ([VOICE_IN, *rung(1, "no-answer"), NEXT_RINGS, leg(2, "in-progress", at=40)], "IN_PROGRESS", False),
        ([VOICE_IN, *rung(1, "no-answer"), NEXT_RINGS, dial("no-answer", Next="end")], "MISSED", True),
        # Voicemail after a Dial: nobody is rung any more; a message improves it.
        ([VOICE_IN, *rung(1, "no-answer"), dial("no-answer", Next="voicemail")], "MISSED", True),
        (
            [
                VOICE_IN,
                dial("no-answer", Next="voicemail"),
                callback(Kind.VOICEMAIL, at=80, RecordingDuration="7"),
            ],
            "VOICEMAIL",
            True,
        ),
        (
            [VOICE_IN, callback(Kind.RECORDING, RecordingSource="RecordVerb", RecordingDuration="7")],
            "VOICEMAIL",
            True,
        ),
        ([VOICE_IN, callback(Kind.VOICEMAIL, Next="end", CallStatus="in-progress")], "MISSED", True),
        # Out of hours, in a number without status callback.
        ([callback(Kind.VOICE, From=CUSTOMER, CallStatus="ringing", Next="message")], "MISSED", True),
        # Forwarded to a number: a call in, even if its beginning was not heard.
        ([leg(1, "no-answer", FORWARDED)], "RINGING", False),
        ([leg(1, "completed", FORWARDED, CallDuration="60")], "COMPLETED", True),
        # A call in, as an agent was rung: beside a number, and where nothing else of it was heard.
        ([leg(1, "no-answer"), leg(2, "no-answer", To=MOBILE)], "RINGING", False),
        # All that was heard is what an agent did with it.
        ([callback(Kind.ACT, Act="hold")], "RINGING", False),
        # A transfer goes on when the first agent's leg is over, until the caller's is.
        ([VOICE_IN, leg(1, "in-progress"), SENT_ON, leg(1, "completed", at=40)], "IN_PROGRESS", False),
        (
            [VOICE_IN, SENT_ON, leg(1, "completed", at=40), dial("no-answer", Next="voicemail")],
            "COMPLETED",
            True,
        ),
        # A machine: the agent still listens to it.
        ([VOICE_OUT, leg(1, "in-progress", AnsweredBy="machine_start", To=CUSTOMER)], "IN_PROGRESS", False),
    ],
)
def test_steps(told: list[Callback], status: str, ended: bool) -> None:
    call = fold(told)
    assert (call.status, call.ended) == (CallStatus[status], ended)
    assert call.ended == (call.ended_at is not None)


def test_a_forwarded_call_is_from_the_caller() -> None:
    call = fold([leg(1, "completed", FORWARDED, CallDuration="60")])
    assert (call.direction, call.other_party, call.agent) == (IN, CUSTOMER, None)


BLANK = st.sampled_from(["", " ", "anonymous"])


@st.composite
def withheld(draw: st.DrawFn, kinds: Sequence[Kind]) -> list[Callback]:
    """A caller without a number is forwarded to one, which sees the company's, and sent on to another."""
    shown = {"From": COMPANY, "CallDirection": "inbound", "Shows": "line"}
    root = {"To": COMPANY, "CallStatus": "in-progress", "DialCallStatus": "no-answer"}
    resource = {"To": COMPANY, "Direction": "inbound"}
    told = [
        *(callback(kind, root, From=draw(BLANK), at=n) for n, kind in enumerate(kinds)),
        *(leg(1, status, shown, To=MOBILE) for status in ("ringing", "in-progress", "completed")),
        leg(2, "completed", {"CallDirection": "inbound"}, From=draw(BLANK)),
        reconciled({**resource, "CallStatus": "completed"}, until=70),
        leg(3, "completed", shown, To=OTHER_MOBILE),
    ]
    return draw(some_of(draw(st.permutations(told))))


@given(told=withheld([Kind.VOICE, Kind.STATUS, Kind.DIAL, Kind.VOICEMAIL]))
def test_whichever_callbacks_are_lost_a_withheld_caller_stays_one(told: list[Callback]) -> None:
    call = fold(told)
    says = any(c.parent_sid is None or "Shows" not in c.parameters for c in told)
    assert (call.direction, (call.other_party or "").strip()) == (IN, "anonymous" if says else "")
    assert call.from_ == call.other_party


@pytest.mark.parametrize("root", [{"From": ""}, {"From": "anonymous"}])
def test_a_leg_of_a_former_version_shows_a_number_of_ours(root: dict[str, str]) -> None:
    """Its URL does not say so."""
    forwarded = leg(1, "completed", From=COMPANY, To=MOBILE, CallDuration="60")
    call = fold([callback(Kind.STATUS, root, To=COMPANY, CallStatus="completed"), forwarded])
    assert (call.direction, call.other_party) == (IN, "anonymous")
    unsaid = fold(
        [callback(Kind.STATUS, To=COMPANY, CallStatus="completed"), leg(1, "ringing", From=COMPANY)]
    )
    assert (unsaid.direction, unsaid.other_party) == (IN, None)


@given(data=st.data())
def test_a_number_that_any_callback_tells_is_the_caller(data: st.DataObject) -> None:
    told = [
        callback(Kind.STATUS, {"From": ""}, To=COMPANY, CallStatus="ringing"),
        leg(1, "ringing", From=""),
        callback(Kind.STATUS, To=COMPANY, CallStatus="completed", From=CUSTOMER, at=9),
    ]
    assert fold(data.draw(shuffled(told))).other_party == CUSTOMER


@pytest.mark.parametrize("durations", [({"CallDuration": "30"}, {"CallDuration": "20"}), ({}, {})])
def test_a_transfer_is_one_call_with_both_agents(durations: tuple[dict[str, str], dict[str, str]]) -> None:
    told = [
        VOICE_IN,
        *(
            leg(1, "ringing", at=1),
            leg(1, "in-progress", at=10),
            leg(1, "completed", durations[0], at=40),
        ),
        SENT_ON,
        *(
            leg(2, "ringing", at=42),
            leg(2, "in-progress", at=50),
            leg(2, "completed", durations[1], at=70),
        ),
        dial("completed", DialCallSid=f"CA{2:032}", Next="end"),
    ]
    call = fold(told)
    assert (call.status, call.agents, call.agent) == (CallStatus.COMPLETED, ("agent1", "agent2"), "agent1")
    assert (call.talk_seconds, call.ring_seconds, call.ended_at) == (50, 9, at("10:01:10"))
    text = "Answered by agent1 after 9 s. Passed on to agent2."
    assert handling(call, {}, texts=ENGLISH) == text


@pytest.mark.parametrize(
    ("caller", "called", "dialled"),
    [(COMPANY, CUSTOMER, "client:agent1"), (COMPANY, "client:agent1", CUSTOMER)],
)
def test_a_call_that_the_rest_api_placed(caller: str, called: str, dialled: str) -> None:
    told = [
        callback(Kind.STATUS, Direction="outbound-api", From=caller, To=called, CallStatus="in-progress"),
        leg(1, "completed", {"From": caller, "To": dialled}, at=60, CallDuration="50"),
    ]
    call = fold(told)
    assert (call.direction, call.other_party, call.agent, call.ended) == (OUT, CUSTOMER, "agent1", False)


@pytest.mark.parametrize(
    ("told", "certain"),
    [
        ([VOICE_IN, leg(1, "ringing"), PARENT_ENDED], False),
        ([VOICE_IN, *rung(1, "no-answer"), PARENT_ENDED], True),
        ([VOICE_IN, leg(1, "ringing"), PARENT_ENDED, dial("no-answer", Next="end")], True),
        ([VOICE_IN, PARENT_ENDED], True),
    ],
)
def test_whether_an_answer_may_not_have_been_heard_of(told: list[Callback], certain: bool) -> None:
    assert (fold(told).ended, fold(told).certain) == (True, certain)


BROKEN_OFF = [
    leg(1, "ringing"),
    leg(1, "in-progress", at=8),
    leg(1, "no-answer", at=68),
    callback(
        Kind.STATUS, {"From": CUSTOMER, "To": COMPANY}, at=69, CallStatus="completed", Timestamp=stamp(69)
    ),
]


@pytest.mark.parametrize(
    ("told", "status", "talk"),
    [
        (BROKEN_OFF, "COMPLETED", 60),
        ([*BROKEN_OFF[:2], leg(1, "canceled", at=9), BROKEN_OFF[3]], "MISSED", None),
        ([*BROKEN_OFF, leg_of_dial("no-answer")], "MISSED", None),
        ([*BROKEN_OFF, leg_of_dial("completed", DialBridged="false")], "MISSED", None),
    ],
)
def test_a_talk_whose_dial_action_was_lost(told: list[Callback], status: str, talk: int | None) -> None:
    call = fold(told)
    assert (call.status, call.talk_seconds) == (CallStatus(status), talk)


@pytest.mark.parametrize("text", ["(blank)", " (Blank)\n", " "])
def test_a_silent_recording_has_no_transcript(text: str) -> None:
    assert fold([callback(Kind.TRANSCRIPTION, TranscriptionText=text)]).transcript is None


def test_five_rung_agents_are_one_call_with_five_legs() -> None:
    call = fold([VOICE_IN, *(c for n in range(1, 6) for c in rung(n, "no-answer")), dial("no-answer")])
    assert [leg.status for leg in call.legs] == ["no-answer"] * 5
    assert (call.agent, call.other_party, call.to) == (None, CUSTOMER, COMPANY)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        # Of a status that Twilio adds one day nothing is known: any other one is more.
        (("queued", "dreaming"), "queued"),
        (("dreaming",), "dreaming"),
        (("dreaming", "asleep"), "dreaming"),
        (("no-answer", "busy", "ringing"), "busy"),
    ],
)
def test_the_best_that_was_reported_of_a_leg_is_its_status(statuses: tuple[str, ...], status: str) -> None:
    for order in (statuses, statuses[::-1]):
        [found] = fold([leg(1, one, at=at) for at, one in enumerate(order)]).legs
        assert found.status == status


def test_whom_an_agent_asked_or_added_is_not_whom_they_called() -> None:
    asked = leg(
        1, "in-progress", at=9, From="client:agent9", To="client:agent2", OfCall=ROOT, JoinedAs="ask-1"
    )
    customer = leg(2, "in-progress", at=20, From=COMPANY, To=CUSTOMER)
    call = fold([VOICE_OUT, asked, customer])
    assert (call.other_party, call.from_, call.direction) == (CUSTOMER, COMPANY, OUT)


def test_a_refused_number_says_why() -> None:
    assert (
        fold([callback(Kind.REFUSED, From="client:agent9", To="12", Reason="invalid")]).refused == "invalid"
    )


@pytest.mark.parametrize(
    ("told", "recordings"),
    [
        (recorded("browser-out-6*"), [("REddddddddddddddddddddddddddddddd1", None)]),
        (recorded("browser-out-[67]*"), [("REddddddddddddddddddddddddddddddd1", 191)]),
        (recorded("voicemail-[23]*"), [("REddddddddddddddddddddddddddddddd2", 17)]),
        # Reported more than once: what is known of its length, and the longest.
        (
            [
                callback(Kind.RECORDING, {"RecordingSid": "RE1", "RecordingUrl": "https://r/RE1", **length})
                for length in ({"RecordingDuration": "0"}, {}, {"RecordingDuration": "9"})
            ],
            [("RE1", 9)],
        ),
        # One that is empty is left out, and one of which nothing is known is not.
        (
            [
                callback(Kind.RECORDING, RecordingUrl="https://r/RE1/", RecordingDuration="0"),
                callback(Kind.RECORDING, RecordingUrl="https://r/RE2/"),
            ],
            [("RE2", None)],
        ),
        (
            [
                callback(Kind.RECORDING, RecordingSid="RE1", RecordingUrl="https://r/RE1"),
                callback(Kind.RECORDING, RecordingSid="RE1", RecordingStatus="failed"),
            ],
            [],
        ),
    ],
)
def test_recordings(told: list[Callback], recordings: list[tuple[str, int | None]]) -> None:
    assert [(r.sid, r.duration) for r in fold(told).recordings] == recordings


def test_a_transcript() -> None:
    assert fold(recorded("voicemail-*")).transcript == "Bonjour, rappelez-moi s’il vous plaît."
    assert fold(recorded("browser-out-[0-9]*")).transcript is None


@pytest.mark.parametrize(
    ("garbage", "talk"),
    [("soon", 0), ("-5", 0), ("9" * 5000, 0), ("", 0), ("٣", 0), ("60", 60)],
)
def test_a_duration_that_is_none(garbage: str, talk: int) -> None:
    assert fold([VOICE_OUT, leg(1, "completed", at=9, CallDuration=garbage)]).talk_seconds == talk


@given(data=st.data())
def test_any_order_and_duplicates_are_the_same_call(data: st.DataObject) -> None:
    told = data.draw(made_up().flatmap(some_of) | nonsense())
    assert fold(data.draw(shuffled(told))) == fold(told)


@given(told=made_up().flatmap(some_of) | nonsense())
def test_what_a_former_version_kept_under_another_digest_counts_once(told: list[Callback]) -> None:
    again = [late(replace(c, digest=c.digest[PLACE:] + b"last"), by=9) for c in told]
    assert fold([*told, *again]) == fold(told)


def test_of_two_copies_of_one_moment_the_same_one_counts_in_any_order() -> None:
    first = leg(1, "ringing")
    copy = replace(first, digest=first.digest[PLACE:] + b"last")
    assert Evidence.of([copy, first]) == Evidence.of([first, copy])


@given(told=made_up().flatmap(some_of) | nonsense())
def test_what_the_evidence_holds_is_what_its_callbacks_show(told: list[Callback]) -> None:
    evidence = Evidence.of(told)
    asked = (evidence.customer, evidence.talked, evidence.from_, evidence.to)
    again = replace(evidence)
    assert asked == (again.customer, again.talked, again.from_, again.to)
    for kind in Kind:
        assert list(evidence.of_kind(kind)) == [c for c in evidence.callbacks if c.kind is kind]


@pytest.mark.parametrize(
    ("target", "parameters", "digest"),
    [
        (
            "/twilio/status?as=1",
            {"CallSid": ROOT, "CallStatus": "ringing"},
            "da7e10b1f7889acfb1ce4fe318ff4643",
        ),
        (
            "/twilio/status",
            {"CallSid": "CA" + "b" * 32, "ParentCallSid": ROOT},
            "da7e10b109e65b5f8c6b63b33947faa5",
        ),
    ],
)
def test_a_delivery_has_the_name_that_earlier_versions_gave_it(
    target: str, parameters: dict[str, str], digest: str
) -> None:
    """So that what Twilio sends again after an upgrade counts once."""
    assert digest_of(Kind.STATUS, target, parameters).hex() == digest


@given(data=st.data())
def test_a_call_that_ended_never_reopens(data: st.DataObject) -> None:
    told = data.draw(made_up().flatmap(st.permutations))
    calls = [fold(told[:n]) for n in range(1, len(told) + 1)]
    ended = next((n for n, call in enumerate(calls) if call.ended), len(calls))
    assert all(call.ended and call.status not in OPEN for call in calls[ended:])
    assert calls[-1].ended


@pytest.mark.parametrize(
    ("told", "later"),
    [
        ([VOICE_OUT, *rung(1, "busy")], leg(2, "ringing", at=31)),
        ([VOICE_OUT, PARENT_ENDED], leg(1, "ringing", at=31)),
        ([VOICE_OUT, dial("busy")], leg(2, "ringing", at=71)),
        ([VOICE_IN, ANSWERED], MACHINE),
        ([VOICE_IN, ANSWERED], leg(2, "ringing", at=80)),
    ],
)
def test_what_comes_later_does_not_reopen(told: list[Callback], later: Callback) -> None:
    assert fold(told).ended
    call = fold([*told, later])
    assert call.ended
    assert call.status not in OPEN


def test_an_answer_that_is_heard_of_after_the_end() -> None:
    answer = leg(1, "in-progress", {"Timestamp": ""}, at=100)
    call = fold([VOICE_OUT, leg(1, "completed", at=70), answer])
    assert (call.answered_at, call.ended_at) == (at("10:01:10"), at("10:01:10"))


def test_a_call_that_no_agent_took_ended_with_the_last_ring_or_with_the_bridges_answer() -> None:
    rang = [VOICE_IN, *rung(1, "no-answer")]
    assert fold([*rang, dial("no-answer")]).ended_at == at("10:00:30")
    assert fold([*rang, dial("no-answer", Next="end")]).ended_at == at("10:01:10")


@given(told=made_up().flatmap(some_of) | nonsense())
def test_times_are_in_order(told: list[Callback]) -> None:
    call = fold(told)
    times = [t for t in (call.started_at, call.answered_at, call.ended_at) if t]
    assert times == sorted(times)
    assert call.ended == (call.ended_at is not None)


@given(told=made_up())
def test_all_that_twilio_tells_gives_the_whole_call(told: list[Callback]) -> None:
    call = fold(told)
    talked = any(c.get("DialBridged") == "true" for c in told)
    assert (call.status is CallStatus.COMPLETED) == talked
    assert call.started_at == MORNING
    assert call.talk_seconds == (max(int(c.get("CallDuration") or 0) for c in told) if talked else None)


def test_twilios_retry_counts_from_its_first_arrival() -> None:
    late = replace(VOICE_IN, received_at=at("10:20:00"))
    assert fold([late, VOICE_IN]).started_at == MORNING


def child(n: int, status: str, **more: str) -> dict[str, str]:
    return {
        "CallSid": f"CA{n:032}",
        "ParentCallSid": ROOT,
        "From": CUSTOMER,
        "To": f"client:agent{n}",
        "CallStatus": status,
        **more,
    }


ASKED_PARENT = {"From": CUSTOMER, "To": COMPANY, "Direction": "inbound"}
ASKED = [
    reconciled({**ASKED_PARENT, "CallStatus": "completed", "CallDuration": "71"}, until=71),
    reconciled(child(1, "no-answer"), at=1, until=10),
    reconciled(child(2, "completed", CallDuration="60"), at=1, until=70),
]


def test_a_call_that_only_twilio_remembers() -> None:
    call = fold(ASKED)
    assert (call.direction, call.status, call.other_party, call.agent) == (
        IN,
        "COMPLETED",
        CUSTOMER,
        "agent2",
    )
    assert (call.started_at, call.answered_at, call.ended_at) == (MORNING, at("10:00:10"), at("10:01:10"))
    assert call.talk_seconds == 60


@pytest.mark.parametrize(
    ("lost", "until", "status"),
    [("completed", 70, "COMPLETED"), ("no-answer", 12, "MISSED"), ("no-answer", 70, "COMPLETED")],
)
def test_what_twilio_remembers_closes_what_nobody_ended(lost: str, until: float, status: str) -> None:
    told = [VOICE_IN, leg(2, "initiated", at=1), leg(2, "ringing", at=2), leg(2, "in-progress", at=10)]
    asked = [ASKED[0], reconciled(child(2, lost, CallDuration=str(int(until) - 10)), at=1, until=until)]
    call = fold([*told, *asked])
    assert call.ended
    assert call.status is CallStatus(status)
    assert call.answered_at == (at("10:00:10") if status == "COMPLETED" else None)


def test_a_call_that_twilio_says_goes_on_is_open_and_its_answer_is_not_dated() -> None:
    going_on = {"CallStatus": "in-progress", "Timestamp": stamp(0)}
    asked = [reconciled({**ASKED_PARENT, **going_on}), reconciled(child(2, "in-progress"), at=1)]
    call = fold([VOICE_IN, *asked])
    assert (call.status, call.ended, call.answered_at) == (CallStatus.IN_PROGRESS, False, None)
    assert fold([VOICE_IN, *asked, *ASKED]) == fold([VOICE_IN, *ASKED])


@pytest.mark.parametrize(
    ("asked", "preflight"),
    [({"Preflight": "true"}, True), ({"Preflight": "true", "To": CUSTOMER}, False), ({}, False)],
)
def test_a_call_to_no_number_that_says_so_only_measures(asked: dict[str, str], preflight: bool) -> None:
    voice = callback(Kind.VOICE, {"From": "client:alice", "To": "", **asked})
    assert fold([voice, callback(CallStatus="completed", From="client:alice", To="")]).preflight is preflight
