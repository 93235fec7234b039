"""What single callbacks show of a call: each rule of the fold, by the least that it needs."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.call import Call, CallStatus, Direction, Recording, fold
from bridge.calls.fold.handling import handling, name_of
from bridge.calls.fold.legs import caller_of, first, seconds
from bridge.calls.fold.outcome import closes, ended_from, is_last
from bridge.calls.fold.parties import Evidence
from bridge.calls.texts import ENGLISH
from tests.calls.conftest import COMPANY, CUSTOMER, MORNING, ROOT, callback, late, leg, reconciled, stamp
from tests.calls.plays import ANNA, BOB, CAROL, Play, sid_of

IN, OUT = Direction.INBOUND, Direction.OUTBOUND
VOICE_IN = callback(Kind.VOICE, From=CUSTOMER, To=COMPANY, CallStatus="ringing")
VOICE_OUT = callback(Kind.VOICE, From="client:anna", To=CUSTOMER, CallStatus="ringing")
TO_CUSTOMER = {"From": COMPANY, "To": CUSTOMER}


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else MORNING + timedelta(seconds=seconds)


def dial(n: int | None, status: str, *, at: float = 70, **more: str) -> Callback:
    named = {"DialCallSid": sid_of(n)} if n else {}
    return callback(Kind.DIAL, {"DialCallStatus": status, **named}, at=at, **more)


def root(status: str, *, at: float = 80, **more: str) -> Callback:
    return callback(Kind.STATUS, more, CallStatus=status, Timestamp=stamp(at), at=at)


def times(call: Call) -> list[datetime | None]:
    return [call.started_at, call.answered_at, call.ended_at]


# What each field is of.


@pytest.mark.parametrize(
    ("told", "transcript", "caller_name", "extension", "refused"),
    [
        ([VOICE_IN], None, None, "", None),
        ([callback(Kind.TRANSCRIPTION, TranscriptionText=" Hello. ")], "Hello.", None, "", None),
        ([callback(Kind.RECORDING, TranscriptionText="Hello.")], None, None, "", None),
        ([callback(Kind.TRANSCRIPTION)], None, None, "", None),
        (
            [callback(Kind.TRANSCRIPTION), callback(Kind.TRANSCRIPTION, TranscriptionText="Hello.")],
            "Hello.",
            None,
            "",
            None,
        ),
        ([callback(Kind.VOICE, From=CUSTOMER, To=COMPANY, CallerName="JANE")], None, "JANE", "", None),
        ([callback(Kind.VOICE, From="client:anna", To=CUSTOMER, CallerName="JANE")], None, None, "", None),
        ([callback(Kind.VOICE, From="client:anna", To=f"{CUSTOMER} x12")], None, None, "12", None),
        ([callback(Kind.VOICE, From="client:anna", To="hello")], None, None, "", None),
        ([callback(Kind.VOICE, From="client:anna")], None, None, "", None),
        ([callback(Kind.STATUS, From="client:anna", To=f"{CUSTOMER} x12")], None, None, "", None),
        ([callback(Kind.VOICE, From=CUSTOMER, To=f"{COMPANY} x12")], None, None, "", None),
        ([callback(Kind.REFUSED, From="client:anna", Reason="country")], None, None, "", "country"),
        ([callback(Kind.STATUS, From="client:anna", Reason="country")], None, None, "", None),
    ],
)
def test_what_is_said(
    told: list[Callback], transcript: str | None, caller_name: str | None, extension: str, refused: str | None
) -> None:
    call = fold(told)
    found = (call.transcript, call.caller_name, call.extension, call.refused)
    assert found == (transcript, caller_name, extension, refused)


def recording(url: str | None, **more: str) -> Callback:
    return callback(Kind.RECORDING, ({"RecordingUrl": url} if url else {}) | more)


@pytest.mark.parametrize(
    ("told", "recordings"),
    [
        ([recording("https://x/RE2", RecordingSid="RE1")], [Recording("RE1", "https://x/RE2", None)]),
        ([recording("https://x/RE2/")], [Recording("RE2", "https://x/RE2/", None)]),
        ([recording("RE2")], [Recording("RE2", "RE2", None)]),
        ([recording(None, RecordingSid="RE1", RecordingDuration="9")], []),
        *(
            (
                [recording("https://x/RE1"), recording(None, RecordingSid="RE1", RecordingStatus=status)],
                [] if status != "completed" else [Recording("RE1", "https://x/RE1", None)],
            )
            for status in ("absent", "failed", "completed")
        ),
        # Of two that are as long, the later URL.
        (
            [recording(f"https://x/{n}", RecordingSid="RE1", RecordingDuration="9") for n in (2, 3, 1)],
            [Recording("RE1", "https://x/3", 9)],
        ),
        (
            [
                recording("https://x/9", RecordingSid="RE1"),
                recording("https://x/1", RecordingSid="RE1", RecordingDuration="1"),
            ],
            [Recording("RE1", "https://x/1", 1)],
        ),
        ([recording("https://x/RE1", RecordingDuration="0")], []),
        (
            [recording(f"https://x/RE{n}", RecordingDuration="9") for n in (2, 1)],
            [Recording(f"RE{n}", f"https://x/RE{n}", 9) for n in (1, 2)],
        ),
    ],
)
def test_recordings(told: list[Callback], recordings: list[Recording]) -> None:
    for order in (told, told[::-1]):
        assert list(fold(order).recordings) == recordings


# Legs.


@pytest.mark.parametrize(
    ("told", "found"),
    [
        # Status callbacks of a child, and a Dial's action, report a leg; nothing else does.
        ([callback(Kind.RECORDING, leg(1, "completed").parameters)], []),
        ([callback(Kind.STATUS, {"CallSid": sid_of(1), "ParentCallSid": ROOT})], []),
        ([callback(Kind.VOICE, DialCallSid=sid_of(1), DialCallStatus="completed")], []),
        ([callback(Kind.DIAL, DialCallSid=sid_of(1))], []),
        ([dial(1, "completed", Next="conference")], []),
        ([dial(1, "completed", Next="left")], []),
        ([dial(1, "answered", DialCallDuration="5")], [(sid_of(1), "completed", 5)]),
        ([dial(None, "failed")], [(f"dial of {ROOT}", "failed", None)]),
        # The longest duration that was reported.
        (
            [leg(1, "completed", CallDuration="60"), dial(1, "completed", DialCallDuration="61")],
            [(sid_of(1), "completed", 61)],
        ),
        ([leg(2, "busy"), leg(1, "ringing")], [(sid_of(1), "ringing", None), (sid_of(2), "busy", None)]),
    ],
)
def test_what_reports_a_leg(told: list[Callback], found: list[tuple[str, str, int | None]]) -> None:
    for order in (told, told[::-1]):
        assert [(one.sid, one.status, one.duration) for one in fold(order).legs] == found


@pytest.mark.parametrize(
    ("told", "status", "rung", "answered", "over"),
    [
        # The time of the answer is the report's; without one it is reckoned for a leg that was talked on.
        (
            [leg(1, "in-progress", at=8), leg(1, "completed", at=70, CallDuration="60")],
            "completed",
            None,
            8,
            70,
        ),
        ([leg(1, "completed", at=70, CallDuration="60")], "completed", None, 10, 70),
        ([leg(1, "busy", at=70, CallDuration="60")], "busy", None, None, 70),
        ([leg(1, "completed", at=70)], "completed", None, None, 70),
        ([leg(1, "in-progress", at=8, CallDuration="5")], "in-progress", None, 8, None),
        (
            [leg(1, "queued", at=1), leg(1, "initiated", at=2), leg(1, "ringing", at=3)],
            "ringing",
            1,
            None,
            None,
        ),
        # Of ten seconds on it was a talk.
        ([leg(1, "in-progress", at=8), leg(1, "no-answer", at=18)], "completed", None, 8, 18),
        ([leg(1, "in-progress", at=8), leg(1, "no-answer", at=17)], "no-answer", None, 8, 17),
        ([leg(1, "no-answer", at=30)], "no-answer", None, None, 30),
        # What Twilio answers when it is asked has no time of the ringing nor of the answer.
        (
            [reconciled({**leg(1, "in-progress").parameters}, at=8)],
            "in-progress",
            None,
            None,
            None,
        ),
    ],
)
def test_a_legs_times(
    told: list[Callback], status: str, rung: float | None, answered: float | None, over: float | None
) -> None:
    for order in (told, told[::-1]):
        (found,) = fold(order).legs
        assert found.status == status
        assert (found.rung_at, found.answered_at, found.ended_at) == (at(rung), at(answered), at(over))


@pytest.mark.parametrize(
    ("told", "joined_as", "from_", "bridged", "answered_by"),
    [
        ([leg(1, "ringing")], None, CUSTOMER, True, None),
        ([leg(1, "ringing", OfCall=ROOT)], "", CUSTOMER, True, None),
        ([leg(1, "ringing", JoinedAs="ask-1")], None, CUSTOMER, True, None),
        (
            [leg(1, "ringing", OfCall=ROOT, JoinedAs="ask-1"), leg(1, "busy", OfCall=ROOT, JoinedAs="ask-2")],
            "ask-2",
            CUSTOMER,
            True,
            None,
        ),
        ([leg(1, "ringing", Shows="line")], None, None, True, None),
        ([leg(1, "ringing", From="")], None, "", True, None),
        ([leg(1, "ringing"), dial(1, "completed", DialBridged="False")], None, CUSTOMER, False, None),
        ([leg(1, "ringing"), dial(1, "completed", DialBridged="True")], None, CUSTOMER, True, None),
        ([leg(1, "ringing", AnsweredBy="human")], None, CUSTOMER, True, "human"),
    ],
)
def test_what_else_is_said_of_a_leg(
    told: list[Callback], joined_as: str | None, from_: str | None, bridged: bool, answered_by: str | None
) -> None:
    for order in (told, told[::-1]):
        (found,) = fold(order).legs
        facts = (found.joined_as, found.from_, found.bridged, found.answered_by)
        assert facts == (joined_as, from_, bridged, answered_by)
        assert found.joined == (joined_as is not None)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("9" * 9, 999_999_999),
        ("1" + "0" * 9, None),
        ("", None),
        (None, None),
        ("-1", None),
    ],
)
def test_seconds(text: str | None, number: int | None) -> None:
    assert seconds(text) == number


def test_the_first_that_is_something() -> None:
    assert [first(values) for values in ([], [None, ""], ["", "a", "b"])] == [None, None, "a"]
    assert [caller_of(values) for values in ([], [None], [None, ""], ["", "a"])] == [None, None, "", "a"]


# Who called whom.


@pytest.mark.parametrize(
    ("told", "direction", "known"),
    [
        ([VOICE_IN], IN, True),
        ([VOICE_OUT], OUT, True),
        ([callback(Kind.RECORDING)], OUT, False),
        # By what the bridge says.
        ([callback(Kind.RECORDING, CallDirection="outbound")], OUT, True),
        ([callback(Kind.RECORDING, CallDirection="outbound"), callback(Kind.STATUS)], OUT, True),
        ([callback(Kind.RECORDING, CallDirection="inbound"), VOICE_OUT], IN, True),
        ([callback(Kind.DIAL, Step="0"), VOICE_OUT], IN, True),
        ([callback(Kind.DIAL, Step="0")], IN, True),
        ([callback(Kind.DIAL, Step="conference"), VOICE_OUT], OUT, True),
        ([callback(Kind.DIAL, Step="conference")], OUT, False),
        ([callback(Kind.DIAL, Step="0", OfCall=ROOT)], OUT, False),
        # By the caller: a browser has an identity.
        ([callback(Kind.STATUS, From="")], IN, True),
        ([callback(Kind.STATUS, From="anonymous")], IN, True),
        # By the legs that ring: an agent's, whom no agent calls.
        ([leg(1, "ringing")], IN, True),
        ([leg(1, "ringing", From="client:bob")], OUT, True),
        ([leg(1, "ringing", TO_CUSTOMER)], OUT, True),
        ([dial(None, "failed")], OUT, False),
        # Who joined later says nothing of that.
        ([leg(1, "ringing", OfCall=ROOT), leg(2, "ringing", TO_CUSTOMER)], OUT, True),
        ([leg(1, "ringing", OfCall=ROOT)], OUT, False),
        # Another program's.
        ([callback(Kind.STATUS, Direction="outbound-api", From=CUSTOMER)], OUT, True),
    ],
)
def test_the_direction(told: list[Callback], direction: Direction, known: bool) -> None:
    for order in (told, told[::-1]):
        evidence = Evidence.of(order)
        assert (evidence.direction, evidence.knows_direction) == (direction, known)


PLACED = {"Direction": "outbound-api", "From": COMPANY}


def placed(to: str) -> Callback:
    return callback(Kind.STATUS, PLACED, To=to, CallStatus="in-progress")


@pytest.mark.parametrize(
    ("told", "from_", "to", "agents"),
    [
        ([VOICE_IN, leg(1, "in-progress")], CUSTOMER, COMPANY, ["agent1"]),
        ([VOICE_OUT], "client:anna", CUSTOMER, ["anna"]),
        ([VOICE_OUT, leg(1, "ringing", TO_CUSTOMER)], COMPANY, CUSTOMER, ["anna"]),
        # Of a colleague who did not take it nothing is said, nor of one whose request was lost.
        (
            [callback(Kind.VOICE, From="client:anna", To="client:bob", CallStatus="ringing")],
            "client:anna",
            "client:bob",
            ["anna"],
        ),
        ([leg(1, "ringing", From="client:anna", To="client:bob")], "client:anna", "client:bob", ["anna"]),
        (
            [VOICE_OUT, leg(1, "in-progress", TO_CUSTOMER), leg(2, "in-progress", OfCall=ROOT)],
            COMPANY,
            CUSTOMER,
            ["anna", "agent2"],
        ),
        # Another program called an agent and then the customer, or the other way round, or agents alone.
        (
            [
                callback(Kind.STATUS, PLACED, To="client:anna", CallStatus="in-progress"),
                leg(1, "ringing", TO_CUSTOMER),
            ],
            COMPANY,
            CUSTOMER,
            ["anna"],
        ),
        (
            [
                callback(Kind.STATUS, PLACED, To=CUSTOMER, CallStatus="in-progress"),
                leg(1, "in-progress", From=COMPANY),
            ],
            COMPANY,
            CUSTOMER,
            ["agent1"],
        ),
        (
            [
                callback(Kind.STATUS, PLACED, To="client:anna", CallStatus="ringing"),
                leg(1, "ringing", From=COMPANY),
            ],
            COMPANY,
            "client:anna",
            ["anna"],
        ),
        (
            [callback(Kind.RECORDING, PLACED), leg(1, "in-progress", From=COMPANY)],
            None,
            "client:agent1",
            [],
        ),
        ([callback(Kind.RECORDING, PLACED)], None, None, []),
    ],
)
def test_who_called_whom(told: list[Callback], from_: str | None, to: str | None, agents: list[str]) -> None:
    for order in (told, told[::-1]):
        call = fold(order)
        assert (call.from_, call.to, list(call.agents)) == (from_, to, agents)


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ([VOICE_OUT, dial(None, "failed")], "by_twilio"),
        ([VOICE_OUT, dial(1, "failed")], None),
        ([VOICE_OUT, dial(None, "busy")], None),
        ([VOICE_OUT, dial(None, "failed"), leg(1, "failed", TO_CUSTOMER)], None),
        ([VOICE_IN, dial(None, "failed")], None),
        ([dial(None, "failed")], None),
        ([callback(Kind.STATUS, PLACED, To=CUSTOMER), dial(None, "failed")], None),
        ([VOICE_OUT, dial(None, "failed"), callback(Kind.ACT, Act="hold")], None),
        ([VOICE_OUT, callback(Kind.STATUS, DialCallStatus="failed"), leg(1, "failed", TO_CUSTOMER)], None),
        ([VOICE_OUT, dial(None, "failed"), callback(Kind.REFUSED, Reason="country")], "country"),
    ],
)
def test_whom_twilio_did_not_dial(told: list[Callback], refused: str | None) -> None:
    assert fold(told).refused == refused


@pytest.mark.parametrize(
    ("told", "has_more_ends"),
    [
        ([VOICE_IN], False),
        ([callback(Kind.CONFERENCE)], True),
        ([callback(Kind.ACT, Act="hold")], True),
        ([dial(1, "completed", Next="conference")], True),
        ([dial(1, "completed", Next="left")], True),
        ([dial(1, "completed", Next="dial")], False),
        ([callback(Kind.TRANSFER)], False),
        ([callback(Kind.TRANSFER, Customer=sid_of(1))], True),
        ([leg(1, "ringing", OfCall=ROOT)], True),
        ([leg(1, "ringing")], False),
    ],
)
def test_which_calls_have_more_than_two_ends(told: list[Callback], has_more_ends: bool) -> None:
    evidence = Evidence.of([VOICE_OUT, *told])
    assert evidence.has_more_ends is has_more_ends
    assert (evidence.story is not None) is has_more_ends


def test_callbacks_that_arrive_at_once_have_one_order() -> None:
    told = [leg(1, "ringing"), leg(2, "ringing"), VOICE_IN]
    expected = Evidence.of(told).callbacks
    assert Evidence.of(told[::-1]).callbacks == Evidence.of([*told[1:], told[0]]).callbacks == expected
    assert [one.digest for one in expected] == sorted(one.digest for one in told)
    assert fold([callback(Kind.DECLINED), callback(Kind.DECLINED, Agent="bob")]).declined == {"bob"}
    assert Evidence.of([late(VOICE_IN, by=5), VOICE_IN]).callbacks == (VOICE_IN,)


# Whether it is over, and how it ended.


@pytest.mark.parametrize(
    ("one", "last", "ends"),
    [
        (dial(1, "completed"), True, True),
        (callback(Kind.REFUSED), True, True),
        (callback(Kind.VOICE), False, False),
        *(
            (callback(Kind.DIAL, Next=following), False, False)
            for following in ("dial", "conference", "left")
        ),
        *(
            (callback(Kind.VOICE, Next=following), True, True)
            for following in ("end", "voicemail", "message")
        ),
        (callback(Kind.VOICEMAIL), False, True),
        (callback(CallStatus="ringing"), False, False),
        *(
            (callback(CallStatus=status), False, True)
            for status in ("completed", "busy", "failed", "no-answer", "canceled")
        ),
    ],
)
def test_what_ends_a_call(one: Callback, last: bool, ends: bool) -> None:
    assert (is_last(one), closes(one)) == (last, ends)


HOLD = callback(Kind.ACT, Act="hold")
MESSAGE = callback(Kind.RECORDING, RecordingSource="RecordVerb", RecordingDuration="7", at=9)


@pytest.mark.parametrize(
    ("told", "status", "ended"),
    [
        # Of the legs, else of the call's own, the best reason.
        ([VOICE_OUT, leg(1, "busy", TO_CUSTOMER), root("canceled")], CallStatus.BUSY, True),
        ([VOICE_OUT, root("busy")], CallStatus.BUSY, True),
        ([VOICE_OUT, root("no-answer")], CallStatus.MISSED, True),
        ([VOICE_OUT, root("failed")], CallStatus.FAILED, True),
        ([VOICE_OUT, root("completed")], CallStatus.CANCELED, True),
        ([VOICE_OUT, leg(1, "ringing", TO_CUSTOMER), root("completed")], CallStatus.CANCELED, True),
        ([VOICE_IN, root("busy")], CallStatus.MISSED, True),
        # A message: of a recording after the tone, or the action of <Record>.
        ([VOICE_IN, MESSAGE], CallStatus.VOICEMAIL, True),
        ([VOICE_IN, callback(Kind.STATUS, MESSAGE.parameters)], CallStatus.RINGING, False),
        ([VOICE_IN, callback(Kind.RECORDING, RecordingDuration="7")], CallStatus.RINGING, False),
        ([VOICE_IN, callback(Kind.VOICEMAIL, RecordingDuration="7")], CallStatus.VOICEMAIL, True),
        ([VOICE_IN, callback(Kind.VOICEMAIL)], CallStatus.RINGING, False),
        ([VOICE_IN, callback(Kind.ACT, Act="hold"), MESSAGE], CallStatus.VOICEMAIL, True),
        # Of a call that moved only the customer's leaving, or what the bridge answered, is the end.
        ([VOICE_IN, HOLD, dial(1, "no-answer")], CallStatus.RINGING, False),
        (
            [VOICE_IN, HOLD, dial(1, "no-answer", Next="end")],
            CallStatus.MISSED,
            True,
        ),
        ([VOICE_IN, callback(Kind.ACT, Act="hold"), root("completed")], CallStatus.MISSED, True),
        ([callback(Kind.ACT, Act="hold"), leg(1, "completed")], CallStatus.COMPLETED, True),
        ([callback(Kind.ACT, Act="hold")], CallStatus.RINGING, False),
        # After a transfer the first agent's end is not the call's.
        ([VOICE_IN, leg(1, "completed")], CallStatus.COMPLETED, True),
        ([VOICE_IN, callback(Kind.TRANSFER), leg(1, "completed")], CallStatus.IN_PROGRESS, False),
        # Another program's call goes on while its first leg does.
        (
            [callback(Kind.STATUS, PLACED, To=CUSTOMER, CallStatus="in-progress"), leg(1, "busy")],
            CallStatus.RINGING,
            False,
        ),
    ],
)
def test_how_it_ended(told: list[Callback], status: CallStatus, ended: bool) -> None:
    for order in (told, told[::-1]):
        call = fold(order)
        assert (call.status, call.ended, call.ended_at is not None) == (status, ended, ended)


def test_a_customer_on_hold_while_a_machine_was_asked_has_talked_all_the_same() -> None:
    play = Play(inbound=False)
    play.hold_customer()
    play.call(BOB, "ask")
    play.told[:] = [
        replace(one, parameters={**one.parameters, "AnsweredBy": "machine_start"})
        if one.call_sid == play.sids[BOB] and one.kind is Kind.STATUS
        else one
        for one in play.told
    ]
    play.end(ANNA)
    assert fold(play.told).status is CallStatus.COMPLETED


# When.

RANG = leg(1, "no-answer", at=30)


@pytest.mark.parametrize(
    ("told", "started", "answered", "ended"),
    [
        ([VOICE_IN, root("completed", at=30)], 30, None, 30),
        ([VOICE_IN, root("completed", at=30, CallDuration="20")], 10, None, 30),
        ([leg(1, "completed", at=70, CallDuration="60")], 10, 10, 70),
        ([leg(1, "in-progress", at=8, CallDuration="5")], 8, 8, None),
        (
            [reconciled({"CallStatus": "completed", "From": CUSTOMER}, at=5, until=70)],
            5,
            None,
            70,
        ),
        ([callback(Kind.RECONCILED, StartTime="soon", Timestamp=stamp(9), at=60)], 9, None, None),
        ([callback(Kind.STATUS, StartTime=stamp(5), Timestamp=stamp(9), at=60)], 9, None, None),
        # A report without a time has that of its arrival, which can be before the others.
        (
            [leg(1, "ringing", at=20), leg(1, "in-progress", {"Timestamp": ""}, at=15)],
            15,
            15,
            None,
        ),
        (
            [VOICE_OUT, leg(1, "ringing", TO_CUSTOMER, at=20), dial(1, "busy", at=15)],
            15,
            None,
            15,
        ),
        # An end that came with the bridge's answer; a Dial after which the next rings is none.
        (
            [
                VOICE_IN,
                leg(1, "no-answer", at=30),
                dial(1, "no-answer", at=90, Next="dial"),
                dial(1, "no-answer", at=60, Next="end"),
            ],
            30,
            None,
            60,
        ),
        (
            [VOICE_IN, leg(1, "no-answer", at=30), leg(2, "busy", at=20), dial(1, "no-answer", at=60)],
            20,
            None,
            30,
        ),
        # By the legs that talked, else by the call's own.
        ([VOICE_OUT, leg(1, "busy", TO_CUSTOMER, at=9), root("completed", at=12)], 9, None, 12),
        ([VOICE_OUT, leg(1, "completed", TO_CUSTOMER, at=9), root("completed", at=12)], 9, None, 9),
    ],
)
def test_when(told: list[Callback], started: float, answered: float | None, ended: float | None) -> None:
    for order in (told, told[::-1]):
        assert times(fold(order)) == [at(started), at(answered), at(ended)]


@pytest.mark.parametrize(
    ("told", "talk", "ring"),
    [
        # A leg's own duration; else by its times, else none; never less than nothing.
        ([leg(1, "completed", at=70, CallDuration="0")], 0, None),
        ([leg(1, "in-progress", at=8), leg(1, "completed", at=70)], 62, None),
        ([leg(1, "completed", at=70)], 0, None),
        ([leg(1, "in-progress", at=10), leg(1, "completed", at=5)], 0, None),
        ([leg(1, "in-progress", at=8), root("completed", at=30), VOICE_IN], 22, None),
        (
            [leg(1, "completed", at=70, CallDuration="5"), leg(2, "completed", at=90, CallDuration="7")],
            12,
            None,
        ),
        ([VOICE_IN, leg(1, "busy", at=9), root("completed", at=30)], None, None),
        # From the first that rang to the answer, else to the last that stopped; who did not ring counts not.
        ([VOICE_IN, leg(1, "ringing", at=2), leg(2, "ringing", at=5), leg(2, "in-progress", at=9)], None, 7),
        ([VOICE_IN, leg(1, "ringing", at=2), leg(1, "busy", at=6), leg(2, "failed", at=50)], None, 4),
        (
            [
                *(VOICE_IN, leg(1, "ringing", at=2), leg(1, "busy", at=6)),
                *(leg(2, "ringing", at=3), leg(2, "no-answer", at=33)),
            ],
            None,
            31,
        ),
        ([VOICE_IN, leg(1, "ringing", at=12), leg(1, "in-progress", at=9)], None, 0),
        ([VOICE_IN, leg(1, "ringing", at=2)], None, None),
    ],
)
def test_how_long(told: list[Callback], talk: int | None, ring: int | None) -> None:
    for order in (told, told[::-1]):
        call = fold(order)
        assert (call.talk_seconds, call.ring_seconds) == (talk, ring)


def test_notes_are_no_end() -> None:
    told = [VOICE_IN, dial(None, "no-answer", at=10)]
    notes = [callback(Kind.NOTE, Agent="anna", Version=str(n), at=20 + n) for n in range(3)]
    assert ended_from(Evidence.of([*told, *notes])) == at(10)
    assert ended_from(Evidence.of([VOICE_IN, *notes])) is None


# What Twenty shows.


def test_agents_who_rang_at_once_are_named_in_their_order() -> None:
    rang = [leg(n, status, at=when) for n in (1, 2) for status, when in (("ringing", 2), ("no-answer", 9))]
    call = fold([VOICE_IN, *rang, leg(3, "ringing", at=1), leg(3, "busy", at=5), root("completed", at=9)])
    names = {"agent1": "Zoe", "agent2": "Adam"}
    said = "Rung for 8 s: agent3 (declined), Adam (no answer), Zoe (no answer)."
    assert handling(call, names, texts=ENGLISH) == said


def test_all_to_whom_a_call_was_passed_on_are_named_once() -> None:
    talked = [leg(n, "completed", at=10 * n, CallDuration="5") for n in (1, 2, 3)]
    again = leg(4, "completed", To="client:agent2", at=40, CallDuration="5")
    call = fold([VOICE_IN, callback(Kind.TRANSFER), *talked, again, root("completed", at=50)])
    said = "Answered by agent1 after 0 s. Passed on to agent2, agent3."
    assert handling(call, {}, texts=ENGLISH) == said
    assert (name_of(None, {}), name_of("client:agent1", {"agent1": "Ann"})) == ("", "Ann")


def test_who_listened_in_the_end_is_not_said_to_have_rung() -> None:
    play = Play(inbound=True)
    play.call(CAROL, "listen", answers=False)
    play.wait(5)
    play.call(CAROL, "listen")
    play.wait(30)
    play.end("customer")
    said = "Answered by anna (45 s), listened to by carol (30 s)."
    assert handling(fold(play.told), {}, texts=ENGLISH) == said


@pytest.mark.parametrize("inbound", [True, False])
def test_whom_a_call_out_rang_in_vain_is_not_listed_and_whom_an_agent_asked_is(inbound: bool) -> None:
    play = Play(inbound)
    play.told.append(callback(Kind.STATUS, {**leg(8, "busy", To="client:dave").parameters}, at=3))
    play.wait(10)
    play.hold_customer()
    play.call(BOB, "ask", answers=False)
    play.end(ANNA)
    also = "dave (declined), bob (no answer)" if inbound else "bob (no answer)"
    begins = "Answered" if inbound else "Called"
    said = f"{begins} by anna (10 s), on hold 5 s. Also rung: {also}."
    assert handling(fold(play.told), {}, texts=ENGLISH) == said
